//! The options of `#[tool]`, `#[resource]` and `#[prompt]`.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, Lit, LitStr, Path, Token};

use super::Kind;
use crate::attrs::{self, Faults, Given, Opt};

/// What the attribute says.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) uri: Option<LitStr>,
    pub(crate) name: Option<LitStr>,
    pub(crate) title: Option<LitStr>,
    pub(crate) description: Option<String>,
    pub(crate) mime_type: Option<LitStr>,
    pub(crate) icon: Option<LitStr>,
    pub(crate) tags: Vec<LitStr>,
    pub(crate) meta: Vec<(LitStr, Lit)>,
    pub(crate) hints: Vec<(&'static str, bool)>,
    pub(crate) timeout: Option<TokenStream>,
    pub(crate) ui: Option<LitStr>,
    pub(crate) ttl: Option<TokenStream>,
    pub(crate) public: bool,
    pub(crate) blocking: bool,
    pub(crate) inline: bool,
    pub(crate) strict: bool,
    pub(crate) task: Option<Task>,
    pub(crate) no_output_schema: bool,
    pub(crate) root: Option<Path>,
}

const SHARED: [&str; 9] =
    ["name", "title", "description", "icon", "tags", "meta", "blocking", "inline", "crate"];
const TOOL: [&str; 9] = [
    "read_only",
    "destructive",
    "idempotent",
    "open_world",
    "timeout",
    "strict",
    "no_output_schema",
    "ui",
    "task",
];

const RESOURCE: [&str; 3] = ["mime_type", "ttl", "public"];

/// `task`, `task(required)`, `task(deferred)` or both.
#[derive(Default)]
pub(crate) struct Task {
    pub(crate) required: bool,
    pub(crate) deferred: bool,
}

impl Task {
    fn read(option: &Opt, faults: &mut Faults) -> Self {
        let mut task = Self::default();
        if matches!(option.value, Given::Flag) {
            return task;
        }
        for word in option.list::<Ident>("required, deferred", faults) {
            match word.to_string().as_str() {
                "required" => task.required = true,
                "deferred" => task.deferred = true,
                _ => faults.at(&word, "a task is `required`, `deferred` or both"),
            }
        }
        task
    }
}

/// `"example.com/key" = "value"`.
struct Pair(LitStr, Lit);

impl Parse for Pair {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok(Self(key, input.parse()?))
    }
}

impl Options {
    pub(crate) fn read(kind: Kind, args: TokenStream, is_async: bool, faults: &mut Faults) -> Self {
        let whole = args.clone();
        let (leading, given) = attrs::read(args, faults);
        let mut options = Self::default();
        match (kind, leading) {
            (Kind::Resource, uri) => options.uri = uri,
            (Kind::Tool | Kind::Prompt, Some(text)) => {
                let text_tokens = quote::quote!(#text);
                faults
                    .at(&text, format!("write options by name: `#[{}(name = {text_tokens})]`", kind.word()));
            }
            _ => {}
        }
        for option in &given {
            options.set(kind, option, faults);
        }
        if kind == Kind::Resource && options.uri.is_none() && faults.is_empty() {
            let fault = "a resource needs a URI: `#[resource(\"orders://{order_id}\")]`";
            faults.add(match whole.is_empty() {
                true => syn::Error::new(proc_macro2::Span::call_site(), fault),
                false => syn::Error::new_spanned(&whole, fault),
            });
        }
        let public = given.iter().find(|option| option.name == "public");
        if let (Some(public), false) = (public, given.iter().any(|option| option.name == "ttl")) {
            faults.at(&public.name, "say how long the contents may be kept, too: `ttl = \"60s\", public`");
        }
        let pace = given.iter().rfind(|option| option.name == "blocking" || option.name == "inline");
        if options.blocking && options.inline {
            faults.at(pace.map(|option| &option.name), "a function is `blocking` or `inline`, not both");
        } else if is_async && let Some(option) = pace {
            let fault = "an async function never holds up others; take this off, or take `async` off";
            faults.at(&option.name, fault);
        }
        options
    }

    fn set(&mut self, kind: Kind, option: &Opt, faults: &mut Faults) {
        match (option.name.to_string().as_str(), kind) {
            ("name", _) => self.name = option.string(faults),
            ("title", _) => self.title = option.string(faults),
            ("description", _) => self.description = option.string(faults).map(|text| text.value()),
            ("icon", _) => self.icon = option.string(faults),
            ("tags", _) => self.tags = option.list("\"a\", \"b\"", faults),
            ("meta", _) => {
                let pairs = option.list::<Pair>("\"example.com/key\" = \"value\"", faults);
                self.meta = pairs.into_iter().map(|Pair(key, value)| (key, value)).collect();
            }
            ("blocking", _) => {
                option.flag(faults);
                self.blocking = true;
            }
            ("inline", _) => {
                option.flag(faults);
                self.inline = true;
            }
            ("crate", _) => self.root = option.path(faults),
            ("uri", Kind::Resource) => {
                faults.at(
                    &option.name,
                    "the URI stands first and alone: `#[resource(\"orders://{order_id}\")]`",
                );
            }
            ("mime_type", Kind::Resource) => self.mime_type = option.string(faults),
            ("ttl", Kind::Resource) => self.ttl = attrs::duration(option, faults),
            ("public", Kind::Resource) => {
                option.flag(faults);
                self.public = true;
            }
            ("read_only", Kind::Tool) => self.hint("read_only_hint", option, faults),
            ("destructive", Kind::Tool) => self.hint("destructive_hint", option, faults),
            ("idempotent", Kind::Tool) => self.hint("idempotent_hint", option, faults),
            ("open_world", Kind::Tool) => self.hint("open_world_hint", option, faults),
            ("timeout", Kind::Tool) => self.timeout = attrs::duration(option, faults),
            ("ui", Kind::Tool) => self.ui = option.string(faults),
            ("strict", Kind::Tool) => {
                option.flag(faults);
                self.strict = true;
            }
            ("task", Kind::Tool) => self.task = Some(Task::read(option, faults)),
            ("no_output_schema", Kind::Tool) => {
                option.flag(faults);
                self.no_output_schema = true;
            }
            _ => {
                let mut known = SHARED.to_vec();
                match kind {
                    Kind::Tool => known.extend(TOOL),
                    Kind::Resource => known.extend(RESOURCE),
                    Kind::Prompt => {}
                }
                attrs::unknown(option, &known, faults);
            }
        }
    }

    fn hint(&mut self, field: &'static str, option: &Opt, faults: &mut Faults) {
        if let Some(truth) = option.truth(faults) {
            self.hints.push((field, truth));
        }
    }
}
