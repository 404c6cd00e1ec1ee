//! The arguments of a call, deserialised one by one into the handler's own types.
//!
//! The fast way is one scan that finds each argument's text and one typed parse of that text. Only an argument
//! that does not parse, or whose schema says more than its type, is looked at a second time.

use std::any::TypeId;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value, value::RawValue};
use toolwright_types::meta::Text;

use crate::check::{Check, MAX_PROBLEMS, Patterns, Problem, expected, shorten_name, unknown};
use crate::completion::{self, Completer};
use crate::context::{Context, State, States};
use crate::dialog::Dialog;
use crate::error::BoxError;
use crate::request::Request;

mod missing;
mod unique;

use missing::Missing;
use unique::Unique;

/// The most parameters a handler can have; more belong into one `Args<T>`.
pub const MAX_ARGUMENTS: usize = 16;

/// What is known of one argument.
#[derive(Debug, Clone, Default)]
pub struct Arg {
    pub(crate) name: &'static str,
    pub(crate) description: Option<&'static str>,
    pub(crate) default: Option<Value>,
    pub(crate) has_default: bool,
    pub(crate) keywords: Vec<(&'static str, Value)>,
    pub(crate) completer: Option<Completer>,
    /// Filled in by the type.
    pub(crate) schema: Value,
    pub(crate) required: bool,
    constrained: bool,
}

impl Arg {
    /// An argument of this name.
    pub fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    /// What it is for, in the words of its doc comment.
    #[must_use]
    pub fn description(mut self, text: &'static str) -> Self {
        self.description = Some(text);
        self
    }

    /// It may be left out; the value is announced if it can be written as JSON.
    #[must_use]
    pub fn or(mut self, value: Option<Value>) -> Self {
        self.default = value;
        self.has_default = true;
        self
    }

    /// A further keyword of its schema, such as `maximum`.
    #[must_use]
    pub fn keyword(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.keywords.push((key, value.into()));
        self
    }

    /// Where suggestions for its value come from.
    #[must_use]
    pub fn complete(mut self, completer: Completer) -> Self {
        self.completer = Some(completer);
        self
    }
}

/// What a handler takes: its arguments, and the state that must be there.
#[derive(Default)]
pub struct InputSpec {
    pub(crate) args: Vec<Arg>,
    pub(crate) states: Vec<(TypeId, &'static str)>,
    /// The handler takes the call itself, or what is made from it.
    pub(crate) sees_the_call: bool,
    /// All arguments as one: the only argument then.
    whole: Option<Arg>,
    /// What the arguments' schemas refer to.
    definitions: Map<String, Value>,
    strict: bool,
    /// The whole schema, once it is prepared.
    root: Value,
    patterns: Patterns,
    /// What is wrong with the schema.
    pub(crate) fault: Option<String>,
}

impl fmt::Debug for InputSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.args.iter().map(|arg| arg.name)).finish()
    }
}

impl InputSpec {
    /// Reads values only as the type they are: `"10"` is no integer.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Adds an argument of type `T`, and gives its place.
    pub(crate) fn argument<T: DeserializeOwned + schemars::JsonSchema>(&mut self, mut arg: Arg) -> usize {
        let (schema, constrained) = crate::schema::of_input::<T>();
        let schema = crate::schema::embed(schema, arg.name, &mut self.definitions);
        arg.constrained = constrained || !arg.keywords.is_empty();
        arg.required = !arg.has_default && T::deserialize(Missing).is_err();
        arg.completer = arg.completer.or_else(|| completion::of_schema(&schema));
        arg.schema = describe(schema, &arg);
        self.args.push(arg);
        self.args.len() - 1
    }

    /// Takes all arguments as one `T`.
    pub(crate) fn whole<T: schemars::JsonSchema>(&mut self) {
        let (schema, constrained) = crate::schema::of_input::<T>();
        self.whole = Some(Arg { schema, constrained, required: true, ..Arg::default() });
    }

    /// Needs state of type `T`.
    pub(crate) fn state<T: 'static>(&mut self) {
        self.states.push((TypeId::of::<T>(), std::any::type_name::<T>()));
    }

    /// The JSON Schema of the arguments.
    pub(crate) fn schema(&self) -> Value {
        if let Some(whole) = &self.whole {
            return whole.schema.clone();
        }
        let properties: Map<_, _> =
            self.args.iter().map(|arg| (arg.name.to_owned(), arg.schema.clone())).collect();
        let required: Vec<_> = self.args.iter().filter(|arg| arg.required).map(|arg| arg.name).collect();
        let mut schema = serde_json::json!({"type": "object", "additionalProperties": false});
        if !properties.is_empty() {
            schema["properties"] = Value::Object(properties);
        }
        if !required.is_empty() {
            schema["required"] = required.into();
        }
        if !self.definitions.is_empty() {
            schema["$defs"] = Value::Object(self.definitions.clone());
        }
        schema
    }

    /// Prepares what a check needs.
    pub(crate) fn prepared(mut self) -> Arc<Self> {
        self.root = self.schema();
        self.fault = self.patterns.compile(&self.root).err();
        Arc::new(self)
    }
}

fn describe(mut schema: Value, arg: &Arg) -> Value {
    if let Value::Object(members) = &mut schema {
        if let Some(text) = arg.description {
            let own = members.get("description").and_then(Value::as_str);
            let text = own.map_or_else(|| text.to_owned(), |own| format!("{text}\n{own}"));
            members.insert("description".into(), text.into());
        }
        if let Some(default) = &arg.default {
            members.insert("default".into(), default.clone());
        }
        for (key, value) in &arg.keywords {
            members.insert((*key).into(), value.clone());
        }
    }
    schema
}

/// Where an argument's value is.
#[derive(Debug, Clone, Default)]
pub(crate) enum Slot<'a> {
    #[default]
    Absent,
    /// In the request's text.
    Json(&'a RawValue),
    /// Elsewhere, such as in a URI; boxed, as it is rare and large.
    Value(Box<Value>),
}

/// The arguments of one call, and what is wrong with them.
pub struct Input<'a> {
    spec: &'a InputSpec,
    request: &'a Request<'a>,
    states: &'a Arc<States>,
    raw: Option<&'a RawValue>,
    slots: [Slot<'a>; MAX_ARGUMENTS],
    pub(crate) problems: Vec<Problem>,
    pub(crate) failure: Option<BoxError>,
    pub(crate) context: Option<Context>,
    /// What the call brings with it from its earlier rounds: nothing, for nearly all.
    pub(crate) dialog: Option<Box<Dialog>>,
}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("request", self.request).finish_non_exhaustive()
    }
}

impl<'a> Input<'a> {
    pub(crate) fn new(spec: &'a InputSpec, request: &'a Request<'a>, states: &'a Arc<States>) -> Self {
        Self {
            spec,
            request,
            states,
            raw: None,
            slots: Default::default(),
            problems: Vec::new(),
            failure: None,
            context: None,
            dialog: None,
        }
    }

    /// Finds each argument in the raw text of an object.
    pub(crate) fn read(&mut self, raw: Option<&'a RawValue>) {
        self.raw = raw;
        let Some(raw) = raw.filter(|_| self.spec.whole.is_none()) else { return };
        if let Err(error) = serde_json::Deserializer::from_str(raw.get()).deserialize_map(Split(self)) {
            self.problem("", format!("expected an object: {error}"));
        }
    }

    /// Gives an argument a value that did not stand in the request's arguments.
    pub(crate) fn set(&mut self, index: usize, value: Value) {
        if let Some(slot) = self.slots.get_mut(index) {
            *slot = Slot::Value(Box::new(value));
        }
    }

    /// One argument, or none when something is wrong with it.
    pub(crate) fn take<T: DeserializeOwned>(&mut self, index: usize) -> Option<T> {
        let spec = self.spec;
        let arg = spec.args.get(index)?;
        match std::mem::take(self.slots.get_mut(index)?) {
            Slot::Absent => self.missing(arg),
            Slot::Json(raw) if arg.constrained => self.careful(arg, raw.get()),
            Slot::Json(raw) => serde_json::from_str(raw.get()).ok().or_else(|| self.careful(arg, raw.get())),
            Slot::Value(value) if arg.constrained => self.checked(arg, *value),
            // A type may read more than its schema announces, such as an enum in any case.
            Slot::Value(value) => T::deserialize(&*value).ok().or_else(|| self.checked(arg, *value)),
        }
    }

    /// One argument with a default for when it is left out or `null`.
    pub(crate) fn take_or<T: DeserializeOwned>(
        &mut self,
        index: usize,
        default: impl FnOnce() -> T,
    ) -> Option<T> {
        match self.slots.get(index) {
            None | Some(Slot::Absent) => Some(default()),
            Some(Slot::Json(raw)) if raw.get() == "null" => Some(default()),
            Some(_) => self.take(index),
        }
    }

    /// All arguments as one value.
    pub(crate) fn take_whole<T: DeserializeOwned>(&mut self) -> Option<T> {
        let spec = self.spec;
        let whole = spec.whole.as_ref()?;
        let text = self.raw.map_or("{}", RawValue::get);
        if whole.constrained {
            return self.careful(whole, text);
        }
        serde_json::from_str(text).ok().or_else(|| self.careful(whole, text))
    }

    /// The call itself, made when first asked for.
    pub(crate) fn context(&mut self) -> &Context {
        self.context.get_or_insert_with(|| {
            let dialog = self.dialog.take().map_or_else(Dialog::default, |dialog| *dialog);
            Context::new(self.request, self.states, dialog)
        })
    }

    /// Shared state; that it is there was checked when the server was built.
    pub(crate) fn state<T: Send + Sync + 'static>(&self) -> Option<State<T>> {
        self.states.get()
    }

    fn missing<T: DeserializeOwned>(&mut self, arg: &Arg) -> Option<T> {
        let value = T::deserialize(Missing).ok();
        if value.is_none() {
            self.problem(arg.name, format!("required: expected {}", expected(&arg.schema)));
        }
        value
    }

    fn careful<T: DeserializeOwned>(&mut self, arg: &'a Arg, text: &str) -> Option<T> {
        match serde_json::from_str(text) {
            Ok(Unique(value)) => self.checked(arg, value),
            Err(error) => {
                self.problem(arg.name, error.to_string());
                None
            }
        }
    }

    fn checked<T: DeserializeOwned>(&mut self, arg: &'a Arg, value: Value) -> Option<T> {
        if value.is_null() && !arg.required {
            return serde_json::from_value(value).ok().or_else(|| self.missing(arg));
        }
        self.check_and_read(&arg.schema, value, arg.name)
    }

    fn check_and_read<T: DeserializeOwned>(
        &mut self,
        schema: &'a Value,
        mut value: Value,
        path: &str,
    ) -> Option<T> {
        let lenient = !self.spec.strict;
        let mut check =
            Check { root: &self.spec.root, patterns: &self.spec.patterns, lenient, problems: Vec::new() };
        check.value(schema, &mut value, path);
        if !check.problems.is_empty() {
            self.problems.append(&mut check.problems);
            return None;
        }
        match serde_json::from_value(value) {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(path, error.to_string());
                None
            }
        }
    }

    fn problem(&mut self, path: &str, message: String) {
        // A caller can be wrong more often than anybody would read.
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem { path: shorten_name(path).to_owned(), message });
        }
    }
}

/// Puts the members of an object into their slots.
struct Split<'s, 'a>(&'s mut Input<'a>);

impl<'a> Visitor<'a> for Split<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the arguments")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<(), A::Error> {
        let input = self.0;
        while let Some(name) = members.next_key_seed(Text)? {
            let Some(index) = input.spec.args.iter().position(|arg| arg.name == name) else {
                members.next_value::<IgnoredAny>()?;
                if input.problems.len() < MAX_PROBLEMS {
                    let known = input.spec.args.iter().map(|arg| arg.name);
                    input.problem(&name, unknown(&name, known));
                }
                continue;
            };
            let value = Slot::Json(members.next_value()?);
            if matches!(input.slots.get(index), Some(Slot::Absent)) {
                input.slots[index] = value;
            } else {
                input.problem(&name, "given twice".into());
            }
        }
        Ok(())
    }
}
