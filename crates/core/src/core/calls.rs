//! The calls that reach a function of the user's.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;
use toolwright_types::completion::Reference;

use super::{
    Answer, Arc, BoxError, Catalog, Core, ErrorObject, Input, InputSpec, Later, Outcome, Request, Subject,
    code, shorten_name, unknown,
};
use crate::answer::Place;
use crate::completion::{Completer, Typed, rank};
use crate::uri_template::Matched;

#[derive(Deserialize)]
struct CompleteParams<'a> {
    r#ref: Reference,
    #[serde(borrow)]
    argument: TypedArgument<'a>,
    #[serde(default)]
    context: Option<CompleteContext>,
}

#[derive(Deserialize)]
struct TypedArgument<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    value: Cow<'a, str>,
}

#[derive(Default, Deserialize)]
struct CompleteContext {
    #[serde(default)]
    arguments: BTreeMap<String, String>,
}

impl Core {
    pub(super) fn call_tool(
        &self,
        catalog: &Catalog,
        request: &Request<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Outcome, ErrorObject> {
        let name = request.text("name", request.params.name)?;
        let arguments = request.params.arguments;
        if arguments.is_some_and(|arguments| !arguments.get().starts_with('{')) {
            return Err(ErrorObject::new(code::INVALID_PARAMS, "`arguments` must be an object"));
        }
        let tool = catalog.tool(&name).ok_or_else(|| {
            let known = catalog.tools.iter().map(|tool| tool.name());
            unknown_name("tool", &name, known)
        })?;
        let mut input = Input::new(&tool.input, request, &self.states);
        input.dialog = self.recall(request)?;
        input.read(arguments);
        if let Some(support) = tool.task {
            return self.call_task(support, tool, request, &mut input, self.answer(request, out));
        }
        let subject = Subject::tool(tool, self.timeout);
        Ok(self.start(subject, &*tool.handler, &mut input, self.answer(request, out)))
    }

    pub(super) fn read_resource(
        &self,
        catalog: &Catalog,
        request: &Request<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Outcome, ErrorObject> {
        let uri = request.text("uri", request.params.uri)?;
        let place = |mime_type: &Option<String>, cache| Place {
            uri: uri.clone().into_owned(),
            mime_type: mime_type.clone(),
            cache,
        };
        if let Some(resource) = catalog.resource(&uri) {
            let mut input = Input::new(&resource.input, request, &self.states);
            input.dialog = self.recall(request)?;
            input.read(None);
            let subject = Subject::resource(place(&resource.listed.mime_type, resource.cache), self.timeout);
            return Ok(self.start(subject, &*resource.handler, &mut input, self.answer(request, out)));
        }
        for (template_uri, template) in &catalog.templates {
            let Some(values) = template_uri.matches(&uri) else { continue };
            let mut input = Input::new(&template.input, request, &self.states);
            input.dialog = self.recall(request)?;
            for (variable, value) in template_uri.variables().iter().zip(values) {
                let Some(index) = template.input.args.iter().position(|arg| arg.name == variable.name) else {
                    continue;
                };
                match value {
                    Some(Matched::One(text)) => input.set(index, text.into()),
                    Some(Matched::Many(texts)) => input.set(index, texts.into()),
                    None => {}
                }
            }
            let subject = Subject::resource(place(&template.listed.mime_type, template.cache), self.timeout);
            return Ok(self.start(subject, &*template.handler, &mut input, self.answer(request, out)));
        }
        Err(request.dialect.not_found(&uri))
    }

    pub(super) fn get_prompt(
        &self,
        catalog: &Catalog,
        request: &Request<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Outcome, ErrorObject> {
        let name = request.text("name", request.params.name)?;
        let arguments = request.params.arguments;
        let prompt = catalog.prompt(&name).ok_or_else(|| {
            let known = catalog.prompts.iter().map(|prompt| prompt.key());
            unknown_name("prompt", &name, known)
        })?;
        let mut input = Input::new(&prompt.input, request, &self.states);
        input.dialog = self.recall(request)?;
        input.read(arguments);
        let subject = Subject::prompt(&prompt.listed.name, self.timeout);
        Ok(self.start(subject, &*prompt.handler, &mut input, self.answer(request, out)))
    }

    pub(super) fn complete(&self, catalog: &Catalog, request: &Request<'_>) -> Result<Outcome, ErrorObject> {
        let CompleteParams { r#ref: reference, argument, context } = request.read()?;
        let completer = completer(catalog, &reference, &argument.name)?;
        let typed =
            Typed { value: argument.value.into_owned(), arguments: context.unwrap_or_default().arguments };
        let work = Box::pin(async move {
            let values = match completer {
                Some(completer) => completer.suggest(typed.clone()).await,
                None => Ok(Vec::new()),
            };
            move |answer: &mut Answer<'_>| -> Result<(), BoxError> {
                answer.object(&json!({"completion": rank(values?, &typed.value)}))
            }
        });
        let name = format!("completion of {}", shorten_name(&argument.name));
        let subject = Subject::prompt(&name, self.timeout);
        Ok(Outcome::Later(Later::new(
            subject.into_owned(),
            work,
            None,
            request.dialect,
            Arc::clone(&self.tails),
        )))
    }

    fn answer<'a>(&'a self, request: &Request<'_>, out: &'a mut Vec<u8>) -> Answer<'a> {
        Answer::new(out, request.dialect, &self.tails)
    }
}

/// Nothing of a kind has this name; the nearest that has one is told.
fn unknown_name<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a str>) -> ErrorObject {
    let message = format!("{kind} `{}`: {}", shorten_name(name), unknown(name, known));
    ErrorObject::new(code::INVALID_PARAMS, message)
}

/// Where suggestions for an argument come from, if anything is known of it.
fn completer(
    catalog: &Catalog,
    reference: &Reference,
    argument: &str,
) -> Result<Option<Completer>, ErrorObject> {
    let invalid = |what: String| ErrorObject::new(code::INVALID_PARAMS, what);
    let input: &InputSpec = match reference {
        Reference::Prompt { name, .. } => match catalog.prompt(name) {
            Some(prompt) => &prompt.input,
            None => return Err(invalid(format!("unknown prompt `{}`", shorten_name(name)))),
        },
        Reference::Resource { uri } => {
            let mut templates = catalog.templates.iter();
            match templates.find(|(template, _)| template.as_str() == uri || template.matches(uri).is_some())
            {
                Some((_, template)) => &template.input,
                None if catalog.resource(uri).is_some() => return Ok(None),
                None => return Err(invalid(format!("unknown resource `{}`", shorten_name(uri)))),
            }
        }
        _ => return Err(invalid("unknown kind of reference".into())),
    };
    let arg = input.args.iter().find(|arg| arg.name == argument);
    let arg = arg.ok_or_else(|| {
        let known = input.args.iter().map(|arg| arg.name);
        unknown_name("argument", argument, known)
    })?;
    Ok(arg.completer.clone())
}
