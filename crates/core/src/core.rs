//! The one dispatch root: a call goes in, its result is written into a buffer.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use serde_json::{Map, Value};
use toolwright_types::capability::ServerCapabilities;
use toolwright_types::dialect::Dialect;
use toolwright_types::icon::Implementation;
use toolwright_types::jsonrpc::{ErrorObject, code};
use toolwright_types::method::{Feature, Method};

use crate::answer::{Answer, Tails};
use crate::cache::Cache;
use crate::catalog::{Catalog, InvalidCatalog, List};
use crate::change::Changes;
use crate::check::{shorten_name, unknown};
use crate::component::Component;
use crate::context::States;
use crate::dialog::{AskLimits, Dialog, Seal};
use crate::error::BoxError;
use crate::extension::{self, Extension, Extensions};
use crate::handler::{Handler, Started};
use crate::input::{Input, InputSpec};
use crate::later::Later;
use crate::listing::Paging;
use crate::mirror::Mirrored;
use crate::request::Request;
use crate::subject::Subject;
use crate::task::{Life, TaskHost};

mod calls;
mod tasks;

/// What became of a call.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The result stands in the buffer.
    Complete,
    /// The call failed as the protocol has it; the buffer is as it was.
    Failed(ErrorObject),
    /// The handler waits for something: poll it.
    Later(Later),
}

/// What a server is made of, before it serves.
#[derive(Default)]
pub struct Parts {
    /// What it says it is.
    pub server: Implementation,
    /// Its tools, resources, templates and prompts.
    pub components: Vec<Component>,
    /// How many items a page of a list has.
    pub page_size: usize,
    /// How long lists may be kept.
    pub cache: Cache,
    /// The longest a call may take, if its tool does not say.
    pub timeout: Duration,
    pub(crate) states: States,
    pub(crate) extensions: Extensions,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("server", &self.server)
            .field("components", &self.components)
            .finish_non_exhaustive()
    }
}

impl Parts {
    /// Adds shared state; a second value of one type replaces the first.
    pub fn state<T: Send + Sync + 'static>(&mut self, value: T) {
        self.states.insert(value);
    }

    /// Adds an extension, with what it offers.
    pub fn extension(&mut self, extension: impl Extension) {
        self.components.extend(self.extensions.add(extension));
    }

    /// Sets how many reports of progress a call may send in a second.
    pub fn reports(&mut self, most: u32) {
        self.states.reports = most;
    }

    /// Where changes will be told.
    pub fn changes(&self) -> &Changes {
        &self.states.changes
    }

    /// Sets who keeps and runs the tasks that calls become.
    pub fn tasks(&mut self, host: Arc<dyn TaskHost>) {
        self.states.tasks = Some(host);
    }

    /// Sets what seals the memory of calls that ask, and what asking may cost.
    pub fn asking(&mut self, seal: Arc<dyn Seal>, limits: AskLimits) {
        self.states.seal = Some(seal);
        self.states.ask = limits;
    }
}

/// A stateless, re-entrant engine of calls: it knows no era, no transport and no session.
#[derive(Debug)]
pub struct Core {
    server: Implementation,
    catalog: ArcSwap<Catalog>,
    changing: Mutex<()>,
    states: Arc<States>,
    extensions: Extensions,
    tails: Arc<Tails>,
    paging: Paging,
    timeout: Duration,
}

impl Core {
    /// Checks and indexes what is to be served.
    ///
    /// # Errors
    ///
    /// [`InvalidCatalog`] names everything that cannot be served: two components of one name, state that was not
    /// given, names the protocol does not allow.
    pub fn new(parts: Parts) -> Result<Self, InvalidCatalog> {
        let Parts { server, components, page_size, cache, timeout, states, extensions } = parts;
        let tails = Arc::new(Tails::new(&server));
        let paging = Paging { size: page_size.max(1), cache };
        let catalog = Catalog::new(components, &states, &extensions, paging, Arc::clone(&tails))?;
        Ok(Self {
            server,
            catalog: ArcSwap::from_pointee(catalog),
            changing: Mutex::new(()),
            states: Arc::new(states),
            extensions,
            tails,
            paging,
            timeout,
        })
    }

    /// What the server says it is.
    pub fn server(&self) -> &Implementation {
        &self.server
    }

    /// What is announced to a client of this dialect.
    pub fn capabilities(&self, dialect: &Dialect) -> ServerCapabilities {
        let mut capabilities = self.catalog.load().capabilities(dialect);
        if let Some(announced) = self.extensions.announced() {
            capabilities.extensions.get_or_insert_default().extend(announced.clone());
        }
        capabilities
    }

    /// The name of a method that an extension adds, if one does.
    pub fn extension_method(&self, name: &str) -> Option<&'static str> {
        self.extensions.method(name)
    }

    /// Whether a feature is announced.
    pub fn has(&self, feature: Feature) -> bool {
        self.catalog.load().has(feature)
    }

    /// Where changes are told.
    pub fn changes(&self) -> &Changes {
        &self.states.changes
    }

    /// Whether a URI names a resource that is offered.
    pub fn has_resource(&self, uri: &str) -> bool {
        let catalog = self.catalog.load();
        catalog.resource(uri).is_some()
            || catalog.templates.iter().any(|(template, _)| template.matches(uri).is_some())
    }

    /// The arguments of a tool that HTTP clients repeat in headers, if it has any.
    pub fn mirrored(&self, tool: &str) -> Option<Arc<[Mirrored]>> {
        self.catalog.load().mirrored(tool).cloned()
    }

    /// A list as it is told in a dialect, all of it: a JSON object with a member `tools`, `prompts` and so on.
    pub fn listed(&self, method: Method, dialect: &'static Dialect) -> Value {
        let list = match method {
            Method::ListTools => List::Tools,
            Method::ListResources => List::Resources,
            Method::ListResourceTemplates => List::Templates,
            Method::ListPrompts => List::Prompts,
            _ => return Value::Null,
        };
        self.catalog.load().whole(list, dialect)
    }

    /// The names of the tools, in their order.
    pub fn tool_names(&self) -> Vec<String> {
        self.catalog.load().tools.iter().map(|tool| tool.name().to_owned()).collect()
    }

    /// Changes what is offered, all at once: calls in flight end with what they began with.
    ///
    /// # Errors
    ///
    /// [`InvalidCatalog`] as in [`Core::new`]; nothing is changed then.
    pub fn change(&self, change: impl FnOnce(&mut Vec<Component>)) -> Result<(), InvalidCatalog> {
        // Of two changes at once neither may be lost.
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.catalog.load();
        let mut components = before.components();
        change(&mut components);
        let tails = Arc::clone(&self.tails);
        let mut catalog = Catalog::new(components, &self.states, &self.extensions, self.paging, tails)?;
        catalog.follow(&before);
        self.catalog.store(Arc::new(catalog));
        Ok(())
    }

    /// Serves one call: writes its result behind what `out` holds, unless it fails or waits.
    pub fn handle(&self, request: &Request<'_>, out: &mut Vec<u8>) -> Outcome {
        let catalog = self.catalog.load();
        let outcome = match request.method {
            Method::CallTool => self.call_tool(&catalog, request, out),
            Method::ReadResource => self.read_resource(&catalog, request, out),
            Method::GetPrompt => self.get_prompt(&catalog, request, out),
            Method::Complete => self.complete(&catalog, request),
            Method::GetTask | Method::UpdateTask | Method::CancelTask => self.task(request),
            Method::ListTools => self.list(&catalog, List::Tools, request, out),
            Method::ListResources => self.list(&catalog, List::Resources, request, out),
            Method::ListResourceTemplates => self.list(&catalog, List::Templates, request, out),
            Method::ListPrompts => self.list(&catalog, List::Prompts, request, out),
            Method::Extension(name) => self.extended(name, request),
            _ => Err(ErrorObject::new(code::METHOD_NOT_FOUND, "method not found")),
        };
        outcome.unwrap_or_else(Outcome::Failed)
    }

    /// Writes a result that was made elsewhere, such as that of `server/discover`, in the words of a dialect.
    pub fn write(
        &self,
        dialect: &'static Dialect,
        result: Map<String, Value>,
        cacheable: bool,
        out: &mut Vec<u8>,
    ) {
        let cache = cacheable.then_some(self.paging.cache);
        // A map of strings to JSON is JSON, and a buffer takes all there is.
        let _ = Answer::new(out, dialect, &self.tails).members(result, cache);
    }

    fn extended(&self, name: &'static str, request: &Request<'_>) -> Result<Outcome, ErrorObject> {
        let (answering, cache) = self.extensions.begin(name, request)?;
        let work = Box::pin(extension::written(answering, cache));
        let subject = Subject::prompt(name, self.timeout);
        Ok(Outcome::Later(Later::new(subject, work, None, request.dialect, Arc::clone(&self.tails))))
    }

    fn list(
        &self,
        catalog: &Catalog,
        list: List,
        request: &Request<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Outcome, ErrorObject> {
        let cursor = request.params.cursor.map(|cursor| request.text("cursor", Some(cursor))).transpose()?;
        let page = catalog.page(list, request.dialect, cursor.as_deref());
        let page = page.ok_or_else(|| ErrorObject::new(code::INVALID_PARAMS, "unknown cursor"))?;
        Answer::new(out, request.dialect, &self.tails).prepared(page);
        Ok(Outcome::Complete)
    }

    /// What a call brings with it from its earlier rounds: nothing, for nearly all.
    fn recall(&self, request: &Request<'_>) -> Result<Option<Box<Dialog>>, ErrorObject> {
        let params = request.params;
        let has_any = params.input_responses.is_some() || params.request_state.is_some();
        if !has_any || !request.dialect.stateless {
            return Ok(None);
        }
        Dialog::of(request, self.states.seal.as_deref()).map(|dialog| Some(Box::new(dialog)))
    }

    /// Starts a handler and says what became of it.
    fn start(
        &self,
        subject: Subject<'_>,
        handler: &dyn Handler,
        input: &mut Input<'_>,
        mut answer: Answer<'_>,
    ) -> Outcome {
        answer.place = subject.place.clone();
        // Only an async handler asks, and so has anything from a memory; it begins where it is polled.
        let first = input.dialog.as_mut().and_then(|dialog| dialog.first.take());
        let started = catch_unwind(AssertUnwindSafe(|| handler.start(input, &mut answer)));
        if let Some(context) = &input.context
            && !matches!(started, Ok(Started::Later(_)))
        {
            context.finish();
        }
        match started {
            Ok(Started::Done(Ok(()))) => Outcome::Complete,
            Ok(Started::Done(Err(error))) => subject.fail(error, &mut answer).into(),
            Ok(Started::Rejected) => match input.failure.take() {
                Some(error) => subject.fail(error, &mut answer).into(),
                None => subject.reject(&input.problems, &mut answer).into(),
            },
            Ok(Started::Later(work)) => {
                let dialect = answer.dialect;
                let tails = Arc::clone(&self.tails);
                let later = Later::new(subject.into_owned(), work, input.context.take(), dialect, tails);
                Outcome::Later(later.after(first))
            }
            Err(_) => subject.panicked(&mut answer).into(),
        }
    }
}

impl From<Result<(), ErrorObject>> for Outcome {
    fn from(result: Result<(), ErrorObject>) -> Self {
        result.map_or_else(Self::Failed, |()| Self::Complete)
    }
}
