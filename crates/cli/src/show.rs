//! Answers for people.

use std::fmt::Write as _;

use toolwright::types::content::{Content, ResourceContents};
use toolwright::types::prompts::PromptMessage;
use toolwright::types::tools::Tool;

use crate::ask::Offers;

/// What a server is and offers.
pub(crate) fn offers(Offers { facts, tools, resources, templates, prompts }: &Offers) -> String {
    let (name, version) = (plain(&facts.server.name), plain(&facts.server.version));
    let mut text = format!("{name} {version} (protocol {})\n", facts.version);
    let tools = tools.iter().map(|tool| (signature(tool), tool.description.as_deref()));
    section(&mut text, "Tools", tools);
    let resources = resources.iter().map(|resource| (resource.uri.clone(), resource.description.as_deref()));
    section(&mut text, "Resources", resources);
    let templates =
        templates.iter().map(|template| (template.uri_template.clone(), template.description.as_deref()));
    section(&mut text, "Resource templates", templates);
    section(
        &mut text,
        "Prompts",
        prompts.iter().map(|prompt| (prompt.name.clone(), prompt.description.as_deref())),
    );
    text
}

fn section<'a>(text: &mut String, title: &str, items: impl Iterator<Item = (String, Option<&'a str>)>) {
    for (index, (name, description)) in items.enumerate() {
        if index == 0 {
            let _ = write!(text, "\n{title}\n");
        }
        let _ = writeln!(text, "  {}", plain(&name));
        if let Some(first) = description.and_then(|description| description.lines().next()) {
            let _ = writeln!(text, "      {}", plain(first));
        }
    }
}

/// A tool with its arguments; those that may be left out have a question mark.
pub(crate) fn signature(tool: &Tool) -> String {
    let properties = tool.input_schema.get("properties").and_then(|all| all.as_object());
    let required = tool.input_schema.get("required").and_then(|all| all.as_array());
    let argument = |name: &String| {
        let is_required = required.is_some_and(|all| all.iter().any(|required| required == name));
        format!("{name}{}", if is_required { "" } else { "?" })
    };
    let arguments: Vec<_> = properties.into_iter().flat_map(|all| all.keys()).map(argument).collect();
    format!("{}({})", tool.name, arguments.join(", "))
}

/// The result of a tool.
pub(crate) fn content(content: &[Content]) -> String {
    content.iter().map(|block| format!("{}\n", block_text(block))).collect()
}

/// The contents of a resource.
pub(crate) fn contents(contents: &[ResourceContents]) -> String {
    contents.iter().map(|one| format!("{}\n", resource_text(one))).collect()
}

/// The messages of a prompt.
pub(crate) fn messages(messages: &[PromptMessage]) -> String {
    let say = |message: &PromptMessage| format!("{:?}: {}\n", message.role, block_text(&message.content));
    messages.iter().map(say).collect()
}

fn block_text(block: &Content) -> String {
    match block {
        Content::Text(text) => plain(&text.text),
        Content::Image(image) => blob(&image.mime_type, &image.data),
        Content::Audio(audio) => blob(&audio.mime_type, &audio.data),
        Content::ResourceLink(link) => format!("[resource {}]", plain(&link.uri)),
        Content::Resource(resource) => resource_text(&resource.resource),
        _ => "[something that is not known here]".into(),
    }
}

fn resource_text(contents: &ResourceContents) -> String {
    let value = serde_json::to_value(contents).unwrap_or_default();
    match value["text"].as_str() {
        Some(text) => plain(text),
        None => blob(text(&value["uri"]), text(&value["blob"])),
    }
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn blob(kind: &str, data: &str) -> String {
    format!("[{}, {} characters of Base64]", plain(kind), data.len())
}

/// Text without what a terminal would obey: a server must not move the cursor.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t')).collect()
}
