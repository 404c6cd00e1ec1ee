//! What a server can do beyond the protocol: extensions, each under an id of its own, off unless it is added.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning>

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use toolwright_types::jsonrpc::{ErrorObject, code};
use toolwright_types::method::Facts;

use crate::cache::Cache;
use crate::component::Component;
use crate::context::Context;
use crate::error::{BoxError, Error, Result};
use crate::request::{Request, read_or_default, undeclared};

/// An extension of the protocol: what it is called, what it announces, what it adds.
///
/// It does nothing until it is given to `Server::extension`. A change that breaks clients needs a new id. What a client
/// says within an extension is as untrusted as everything else it says.
///
/// ```
/// use serde_json::{Map, Value, json};
/// use toolwright::Component;
/// use toolwright::extension::{Extension, ExtensionMethod};
/// use toolwright::prelude::*;
///
/// /// Tells clients what a call costs.
/// struct Prices;
///
/// impl Extension for Prices {
///     const ID: &'static str = "com.example/prices";
///
///     fn settings(&self) -> Map<String, Value> {
///         Map::from_iter([("currency".to_owned(), "EUR".into())])
///     }
///
///     fn extend(&self, component: Component) -> Component {
///         match component {
///             Component::Tool(tool) => tool.meta("com.example/price", 0.01).into(),
///             other => other,
///         }
///     }
///
///     fn methods(&self) -> Vec<ExtensionMethod> {
///         vec![ExtensionMethod::new("prices/total", async |calls: Map<String, Value>| {
///             Ok(json!({"total": 0.01 * calls.len() as f64}))
///         })]
///     }
/// }
///
/// /// Adds two numbers; dearer for those who do not know the price.
/// #[tool]
/// fn add(a: i64, b: i64, ctx: &Context) -> i64 {
///     if ctx.extension::<Prices>().is_none() {
///         ctx.info("this call costs a cent");
///     }
///     a + b
/// }
/// # fn main() -> toolwright::Result {
/// let service = Server::new("calculator").tools(toolset![add]).extension(Prices).build()?;
/// # let _ = service;
/// # Ok(())
/// # }
/// ```
pub trait Extension: Send + Sync + 'static {
    /// The id, `vendor/name`, with a domain turned round as the vendor: `com.example/prices`.
    const ID: &'static str;

    /// What is announced under the id.
    fn settings(&self) -> Map<String, Value> {
        Map::new()
    }

    /// The tools, resources and prompts it adds.
    fn components(&self) -> Vec<Component> {
        Vec::new()
    }

    /// What becomes of each component of the server, such as a further member of `_meta`.
    ///
    /// It is asked again when the server is changed: what it did once it finds done.
    fn extend(&self, component: Component) -> Component {
        component
    }

    /// What is wrong with what the server offers, each a sentence; a server with any of it is not built.
    fn faults(&self, components: &[Component]) -> Vec<String> {
        let _ = components;
        Vec::new()
    }

    /// The methods it adds to those of the protocol.
    fn methods(&self) -> Vec<ExtensionMethod> {
        Vec::new()
    }
}

type Answering = Pin<Box<dyn Future<Output = Result<Map<String, Value>>> + Send>>;
type Run = dyn Fn(&Request<'_>) -> Result<Answering, ErrorObject> + Send + Sync;

/// A method of an extension: a name, and an async function from its parameters to the members of its result.
#[derive(Clone)]
pub struct ExtensionMethod {
    name: &'static str,
    pub(crate) cache: Option<Cache>,
    declared: bool,
    run: Arc<Run>,
}

impl fmt::Debug for ExtensionMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ExtensionMethod").field(&self.name).finish()
    }
}

impl ExtensionMethod {
    /// A method of this name. The result must be told as a JSON object.
    ///
    /// Parameters that do not fit, and errors that are shown, such as `Error::not_found`, are answered with `-32602`.
    pub fn new<P, R, F>(name: &'static str, answer: impl Fn(P) -> F + Send + Sync + 'static) -> Self
    where
        P: DeserializeOwned,
        R: Serialize,
        F: Future<Output = Result<R>> + Send + 'static,
    {
        let run = move |request: &Request<'_>| -> Result<Answering, ErrorObject> {
            let answering = answer(request.read()?);
            Ok(Box::pin(async move {
                match serde_json::to_value(answering.await?)? {
                    Value::Object(members) => Ok(members),
                    _ => Err(Error::msg(format!("the result of `{name}` is no object"))),
                }
            }))
        };
        Self { name, cache: None, declared: false, run: Arc::new(run) }
    }

    /// The result may be kept for so long; without this it carries no hint at all.
    #[must_use]
    pub fn cache(mut self, cache: Cache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Only for clients that declared the extension: others are told that they have to.
    #[must_use]
    pub fn for_declared(mut self) -> Self {
        self.declared = true;
        self
    }
}

impl Context {
    /// What the client declared of an extension, or none if it did not declare it: the settings, often empty.
    ///
    /// It says what the client can do, not what it may.
    pub fn extension<E: Extension>(&self) -> Option<Map<String, Value>> {
        declared(self.client_capabilities().extensions, E::ID)
    }
}

fn declared(extensions: Option<Map<String, Value>>, id: &str) -> Option<Map<String, Value>> {
    match extensions?.remove(id)? {
        Value::Object(settings) => Some(settings),
        _ => None,
    }
}

/// An extension of whatever type.
trait Added: Send + Sync {
    fn extend(&self, component: Component) -> Component;
    fn faults(&self, components: &[Component]) -> Vec<String>;
}

impl<E: Extension> Added for E {
    fn extend(&self, component: Component) -> Component {
        Extension::extend(self, component)
    }

    fn faults(&self, components: &[Component]) -> Vec<String> {
        Extension::faults(self, components)
    }
}

/// The extensions of a server, in the order they were added.
#[derive(Default)]
pub(crate) struct Extensions {
    added: Vec<Box<dyn Added>>,
    ids: Vec<&'static str>,
    announced: Map<String, Value>,
    methods: Vec<(&'static str, ExtensionMethod)>,
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.ids).finish()
    }
}

impl Extensions {
    /// Adds one; gives its components.
    pub(crate) fn add<E: Extension>(&mut self, extension: E) -> Vec<Component> {
        self.ids.push(E::ID);
        self.announced.insert(E::ID.to_owned(), extension.settings().into());
        self.methods.extend(extension.methods().into_iter().map(|method| (E::ID, method)));
        let components = extension.components();
        self.added.push(Box::new(extension));
        components
    }

    /// Lets each do what it does to components.
    pub(crate) fn extend(&self, components: Vec<Component>) -> Vec<Component> {
        let extend = |component| self.added.iter().fold(component, |component, one| one.extend(component));
        components.into_iter().map(extend).collect()
    }

    /// What is wrong with them, and with what they look at.
    pub(crate) fn faults(&self, components: &[Component]) -> Vec<String> {
        let mut faults = Vec::new();
        for (index, id) in self.ids.iter().enumerate() {
            if !is_id(id) {
                faults.push(format!(
                    "extension `{id}`: an id is a vendor and a name, as in `com.example/prices`"
                ));
            }
            if self.ids[..index].contains(id) {
                faults.push(format!("extension `{id}` is added twice"));
            }
        }
        for (index, (id, method)) in self.methods.iter().enumerate() {
            let name = method.name;
            if Facts::of(name).is_some() {
                faults.push(format!("extension `{id}`: the method `{name}` is the protocol's own"));
            }
            if self.methods[..index].iter().any(|(_, other)| other.name == name) {
                faults.push(format!("extension `{id}`: there is a method `{name}` already"));
            }
        }
        for component in components {
            if let Component::Tool(tool) = component
                && let Some(id) = tool.needs.filter(|id| !self.ids.contains(id))
            {
                faults.push(format!(
                    "tool `{}` needs the extension `{id}`: add it with `Server::extension`",
                    tool.name()
                ));
            }
        }
        faults.extend(self.added.iter().flat_map(|one| one.faults(components)));
        faults
    }

    /// What is announced of them, if there are any.
    pub(crate) fn announced(&self) -> Option<&Map<String, Value>> {
        (!self.announced.is_empty()).then_some(&self.announced)
    }

    pub(crate) fn method(&self, name: &str) -> Option<&'static str> {
        self.methods.iter().find(|(_, method)| method.name == name).map(|(_, method)| method.name)
    }

    /// Begins to answer a method; also says how long the answer may be kept.
    pub(crate) fn begin(
        &self,
        name: &str,
        request: &Request<'_>,
    ) -> Result<(Answering, Option<Cache>), ErrorObject> {
        let found = self.methods.iter().find(|(_, method)| method.name == name);
        let (id, method) =
            found.ok_or_else(|| ErrorObject::new(code::METHOD_NOT_FOUND, "method not found"))?;
        if method.declared {
            check_declared(id, request)?;
        }
        Ok(((method.run)(request)?, method.cache))
    }
}

fn check_declared(id: &str, request: &Request<'_>) -> Result<(), ErrorObject> {
    #[derive(Default, serde::Deserialize)]
    struct Declared {
        #[serde(default)]
        extensions: Option<Map<String, Value>>,
    }
    let client: Declared = read_or_default(request.client_capabilities);
    if declared(client.extensions, id).is_some() {
        return Ok(());
    }
    let why = format!("only for clients that declare the extension `{id}`");
    if !request.dialect.stateless {
        return Err(ErrorObject::new(code::METHOD_NOT_FOUND, why));
    }
    Err(undeclared(why, &json!({"extensions": {id: {}}})))
}

/// Names with letters at their ends, joined by dots, then a slash and one more name.
fn is_id(id: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let is_label = |label: &str| {
        label.starts_with(|c: char| c.is_ascii_alphabetic())
            && label.ends_with(|c: char| c.is_ascii_alphanumeric())
            && label.chars().all(inside)
    };
    let is_name = |name: &str| {
        let ends = |c: char| c.is_ascii_alphanumeric();
        name.starts_with(ends)
            && name.ends_with(ends)
            && name.chars().all(|c| inside(c) || matches!(c, '_' | '.'))
    };
    id.split_once('/').is_some_and(|(vendor, name)| vendor.split('.').all(is_label) && is_name(name))
}

/// What an extension's method answers, as it is written.
pub(crate) async fn written(
    answering: Answering,
    cache: Option<Cache>,
) -> impl FnOnce(&mut crate::answer::Answer<'_>) -> Result<(), BoxError> {
    let members = answering.await;
    move |answer: &mut crate::answer::Answer<'_>| answer.members(members?, cache)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_vendor_and_a_name() {
        for id in ["com.example/prices", "io.modelcontextprotocol/ui", "a/b", "com.my-firm/a_b.c-2"] {
            assert!(is_id(id), "{id}");
        }
        for id in [
            "prices",
            "/prices",
            "com.example/",
            "com..example/a",
            "com.example/a/b",
            "1.com/a",
            "a b/c",
            "",
            "é/a",
        ] {
            assert!(!is_id(id), "{id}");
        }
    }
}
