//! All that a server offers, checked and indexed, with its lists, each written once for each dialect.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value, json};
use toolwright_types::capability::{
    PromptsCapability, ResourcesCapability, ServerCapabilities, ToolsCapability,
};
use toolwright_types::dialect::Dialect;
use toolwright_types::method::Feature;
use toolwright_types::tasks::EXTENSION;

use crate::answer::{Answer, Tails};
use crate::cache::Cache;
use crate::component::{Component, Prompt, Resource, Template, Tool};
use crate::context::States;
use crate::extension::Extensions;
use crate::input::{InputSpec, MAX_ARGUMENTS};
use crate::listing::{self, Pages, Paging};
use crate::mirror::{self, Mirrored};
use crate::uri_template::UriTemplate;

/// Why a set of components cannot be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidCatalog(Vec<String>);

impl fmt::Display for InvalidCatalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for InvalidCatalog {}

/// Which list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    Tools,
    Resources,
    Templates,
    Prompts,
}

impl List {
    pub(crate) const COUNT: usize = 4;
}

/// Found by name: what is looked for comes from outside, but what is kept is the server's own.
type Index<T> = HashMap<String, T, foldhash::fast::RandomState>;

/// What a server offers at one moment; it is replaced, never changed.
pub(crate) struct Catalog {
    pub(crate) tools: Vec<Tool>,
    pub(crate) resources: Vec<Resource>,
    /// The most specific first.
    pub(crate) templates: Vec<(UriTemplate, Template)>,
    pub(crate) prompts: Vec<Prompt>,
    tools_by_name: Index<usize>,
    resources_by_uri: Index<usize>,
    prompts_by_name: Index<usize>,
    /// By tool, of those that have any.
    mirrored: Index<Arc<[Mirrored]>>,
    /// Announced before, when there was something of it: what a client was told of stays there to be asked for.
    announced: Vec<Feature>,
    paging: Paging,
    tails: Arc<Tails>,
    lists: [[OnceLock<Pages>; List::COUNT]; Dialect::COUNT],
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog").field("tools", &self.tools).finish_non_exhaustive()
    }
}

impl Catalog {
    pub(crate) fn new(
        components: Vec<Component>,
        states: &States,
        extensions: &Extensions,
        paging: Paging,
        tails: Arc<Tails>,
    ) -> Result<Self, InvalidCatalog> {
        let (mut tools, mut resources, mut templates, mut prompts) = (vec![], vec![], vec![], vec![]);
        let components = extensions.extend(components);
        let mut faults = extensions.faults(&components);
        let mut mirrored = Index::default();
        for component in components {
            match component {
                Component::Tool(tool) => {
                    check_input("tool", &tool.listed.name, &tool.input, states, &mut faults);
                    mirrored.extend(check_tool(&tool, &mut faults));
                    tools.push(tool);
                }
                Component::Resource(resource) => {
                    check_input("resource", resource.key(), &resource.input, states, &mut faults);
                    check_cache(resource.key(), resource.cache, &resource.input, &mut faults);
                    resources.push(resource);
                }
                Component::Template(template) => {
                    check_input("resource", template.key(), &template.input, states, &mut faults);
                    check_cache(template.key(), template.cache, &template.input, &mut faults);
                    match template.uri.clone() {
                        Ok(uri) => {
                            check_variables(&template, &uri, &mut faults);
                            templates.push((uri, template));
                        }
                        Err(fault) => faults.push(format!("resource `{}`: {fault}", template.key())),
                    }
                }
                Component::Prompt(prompt) => {
                    check_input("prompt", &prompt.listed.name, &prompt.input, states, &mut faults);
                    prompts.push(prompt);
                }
            }
        }
        templates.sort_by_key(|(uri, _)| std::cmp::Reverse(uri.literal_len()));
        check_unique("template", templates.iter().map(|(_, template)| template.key()), &mut faults);
        let catalog = Self {
            tools_by_name: index("tool", tools.iter().map(Tool::key), &mut faults),
            resources_by_uri: index("resource", resources.iter().map(Resource::key), &mut faults),
            prompts_by_name: index("prompt", prompts.iter().map(Prompt::key), &mut faults),
            tools,
            resources,
            templates,
            prompts,
            mirrored,
            announced: Vec::new(),
            paging,
            tails,
            lists: Default::default(),
        };
        if faults.is_empty() { Ok(catalog) } else { Err(InvalidCatalog(faults)) }
    }

    pub(crate) fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools_by_name.get(name).map(|&index| &self.tools[index])
    }

    /// The arguments of a tool that HTTP clients repeat in headers, if it has any.
    pub(crate) fn mirrored(&self, tool: &str) -> Option<&Arc<[Mirrored]>> {
        if self.mirrored.is_empty() { None } else { self.mirrored.get(tool) }
    }

    pub(crate) fn resource(&self, uri: &str) -> Option<&Resource> {
        self.resources_by_uri.get(uri).map(|&index| &self.resources[index])
    }

    pub(crate) fn prompt(&self, name: &str) -> Option<&Prompt> {
        self.prompts_by_name.get(name).map(|&index| &self.prompts[index])
    }

    pub(crate) fn components(&self) -> Vec<Component> {
        let tools = self.tools.iter().cloned().map(Component::Tool);
        let resources = self.resources.iter().cloned().map(Component::Resource);
        let templates = self.templates.iter().map(|(_, template)| Component::Template(template.clone()));
        let prompts = self.prompts.iter().cloned().map(Component::Prompt);
        tools.chain(resources).chain(templates).chain(prompts).collect()
    }

    /// One page of a list as a whole result, written when first asked for.
    pub(crate) fn page(&self, list: List, dialect: &'static Dialect, cursor: Option<&str>) -> Option<&[u8]> {
        let pages = &self.lists[dialect.index()][list as usize];
        pages.get_or_init(|| self.write(list, dialect)).page(cursor)
    }

    /// The name of a list, and each of its items in the words of a dialect.
    fn items(&self, list: List, dialect: &'static Dialect) -> (&'static str, Vec<Value>) {
        match list {
            List::Tools => {
                ("tools", self.tools.iter().map(|tool| listing::tool(&tool.listed, dialect)).collect())
            }
            List::Resources => {
                ("resources", self.resources.iter().map(|one| listing::plain(&one.listed, dialect)).collect())
            }
            List::Templates => (
                "resourceTemplates",
                self.templates.iter().map(|(_, one)| listing::plain(&one.listed, dialect)).collect(),
            ),
            List::Prompts => {
                ("prompts", self.prompts.iter().map(|one| listing::plain(&one.listed, dialect)).collect())
            }
        }
    }

    /// A list without pages.
    pub(crate) fn whole(&self, list: List, dialect: &'static Dialect) -> Value {
        let (member, items) = self.items(list, dialect);
        json!({ member: items })
    }

    fn write(&self, list: List, dialect: &'static Dialect) -> Pages {
        let (member, items) = self.items(list, dialect);
        Pages::new(member, items, self.paging.size, |result| {
            let mut out = Vec::new();
            // Only a value that is no JSON can fail here, and this one is.
            let _ = Answer::new(&mut out, dialect, &self.tails).cacheable(result, self.paging.cache);
            out
        })
    }

    /// Keeps announcing what the catalog before this one announced.
    pub(crate) fn follow(&mut self, before: &Self) {
        let features =
            [Feature::Tools, Feature::Resources, Feature::Prompts, Feature::Completions, Feature::Tasks];
        self.announced = features.into_iter().filter(|feature| before.has(*feature)).collect();
    }

    /// Whether anything can be asked of a feature (rule S42: only what is announced can).
    pub(crate) fn has(&self, feature: Feature) -> bool {
        self.announced.contains(&feature) || self.offers(feature)
    }

    fn offers(&self, feature: Feature) -> bool {
        match feature {
            Feature::Tools => !self.tools.is_empty(),
            Feature::Resources => !(self.resources.is_empty() && self.templates.is_empty()),
            Feature::Prompts => !self.prompts.is_empty(),
            Feature::Completions => {
                let inputs = self.prompts.iter().map(|prompt| &prompt.input);
                let mut inputs = inputs.chain(self.templates.iter().map(|(_, template)| &template.input));
                inputs.any(|input| input.args.iter().any(|arg| arg.completer.is_some()))
            }
            Feature::Tasks => self.tools.iter().any(|tool| tool.task.is_some()),
            _ => true,
        }
    }

    /// What is announced.
    pub(crate) fn capabilities(&self, dialect: &Dialect) -> ServerCapabilities {
        let has = |feature| self.has(feature);
        ServerCapabilities {
            logging: Some(Default::default()),
            completions: (dialect.completions && has(Feature::Completions)).then(Default::default),
            prompts: has(Feature::Prompts).then_some(PromptsCapability { list_changed: Some(true) }),
            resources: has(Feature::Resources)
                .then_some(ResourcesCapability { subscribe: Some(true), list_changed: Some(true) }),
            extensions: (dialect.stateless && has(Feature::Tasks))
                .then(|| Map::from_iter([(EXTENSION.to_owned(), json!({}))])),
            tools: has(Feature::Tools).then_some(ToolsCapability { list_changed: Some(true) }),
            ..Default::default()
        }
    }
}

/// Rule S46.
fn check_tool_name(name: &str, faults: &mut Vec<String>) {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || name.len() > 128 || !name.chars().all(legal) {
        faults.push(format!("tool `{name}`: a name has 1 to 128 characters of A-Z a-z 0-9 _ - ."));
    }
}

/// Checks the name, and finds what clients repeat in headers.
fn check_tool(tool: &Tool, faults: &mut Vec<String>) -> Option<(String, Arc<[Mirrored]>)> {
    check_tool_name(tool.key(), faults);
    let mut found_faults = Vec::new();
    let schema = serde_json::to_value(&tool.listed.input_schema).unwrap_or_default();
    let found = mirror::find(&schema, &mut found_faults);
    faults.extend(found_faults.into_iter().map(|fault| format!("tool `{}`: {fault}", tool.name())));
    (!found.is_empty()).then(|| (tool.name().to_owned(), found.into()))
}

fn check_input(kind: &str, name: &str, input: &InputSpec, states: &States, faults: &mut Vec<String>) {
    let missing = input.states.iter().filter(|(id, _)| !states.has(*id));
    for (_, state) in missing {
        faults.push(format!("{kind} `{name}` needs `State<{state}>`: give it with `Server::state`"));
    }
    if input.args.len() > MAX_ARGUMENTS {
        faults
            .push(format!("{kind} `{name}` has over {MAX_ARGUMENTS} arguments: take one `Args<T>` instead"));
    }
    faults.extend(input.fault.iter().map(|fault| format!("{kind} `{name}`: {fault}")));
}

/// Rule S65: what may be given to anyone must not look at who asks.
fn check_cache(name: &str, cache: Cache, input: &InputSpec, faults: &mut Vec<String>) {
    if cache.is_public() && input.sees_the_call {
        faults.push(format!(
            "resource `{name}` takes a `Context` or what is made from one, so its contents may depend on who asks: \
             take `public` off, or the parameter"
        ));
    }
}

fn check_variables(template: &Template, uri: &UriTemplate, faults: &mut Vec<String>) {
    let arguments = |name: &str| template.input.args.iter().any(|arg| arg.name == name);
    let variables = uri.variables();
    for variable in variables.iter().filter(|variable| !arguments(&variable.name)) {
        faults.push(format!("resource `{}` has no parameter `{}`", template.key(), variable.name));
    }
    let bound = |name: &str| variables.iter().any(|variable| variable.name == name);
    for arg in template.input.args.iter().filter(|arg| arg.required && !bound(arg.name)) {
        faults.push(format!("resource `{}`: parameter `{}` is not in the URI", template.key(), arg.name));
    }
}

fn check_unique<'a>(kind: &str, keys: impl Iterator<Item = &'a str>, faults: &mut Vec<String>) {
    let mut seen = HashSet::new();
    for key in keys {
        if !seen.insert(key) {
            faults.push(format!("two {kind}s are called `{key}`"));
        }
    }
}

fn index<'a>(
    kind: &str,
    keys: impl Iterator<Item = &'a str> + Clone,
    faults: &mut Vec<String>,
) -> Index<usize> {
    check_unique(kind, keys.clone(), faults);
    keys.enumerate().map(|(index, key)| (key.to_owned(), index)).collect()
}
