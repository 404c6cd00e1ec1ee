//! The server that the official conformance suite asks for: its names and texts are the suite's.
//!
//! `cargo xtask conformance` runs the suite against it.

mod asking;
mod tasks;

use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;

use schemars::{Schema, SchemaGenerator, json_schema};
use toolwright::Service;
use toolwright::prelude::*;
use toolwright::skills::{Skill, Skills};
use toolwright::types::content::{Content, EmbeddedResource, ResourceContents};

/// The server itself, for the tools that change what it offers.
static SERVICE: OnceLock<Service> = OnceLock::new();

/// Long enough for a client to tell one report from the next.
const MOMENT: Duration = Duration::from_millis(50);

/// One red pixel.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDAT\
    x\xdac\xf8\xcf\xc0\0\0\x03\x01\x01\0\xf7\x03AC\0\0\0\0IEND\xaeB`\x82";

/// A thousandth of a second of silence.
const WAV: &[u8] = b"RIFF,\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0@\x1f\0\0@\x1f\0\0\x01\0\x08\0\
    data\x08\0\0\0\x80\x80\x80\x80\x80\x80\x80\x80";

/// A resource's text inside a message.
fn embedded(uri: &str, mime_type: &str, text: &str) -> Content {
    let mut resource = ResourceContents::text(uri, text);
    resource.mime_type = Some(mime_type.to_owned());
    Content::Resource(EmbeddedResource { resource, annotations: None, meta: None })
}

/// Answers with text.
#[tool]
fn test_simple_text() -> &'static str {
    "This is a simple text response for testing."
}

/// Answers with a picture.
#[tool]
fn test_image_content() -> Image {
    Image::png(PNG)
}

/// Answers with sound.
#[tool]
fn test_audio_content() -> Audio {
    Audio::wav(WAV)
}

/// Answers with a resource.
#[tool]
fn test_embedded_resource() -> Content {
    embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")
}

/// Answers with text, a picture and a resource.
#[tool]
fn test_multiple_content_types() -> ToolOutput {
    let resource =
        embedded("test://mixed-content-resource", "application/json", r#"{"test":"data","value":123}"#);
    ToolOutput::new().text("Multiple content types test:").content(Image::png(PNG)).content(resource)
}

/// Logs three times.
#[tool(blocking)]
fn test_tool_with_logging(ctx: Context) -> &'static str {
    ctx.info("Tool execution started");
    sleep(MOMENT);
    ctx.info("Tool processing data");
    sleep(MOMENT);
    ctx.info("Tool execution completed");
    "Logged three messages."
}

/// Logs once, so that it can be seen who hears of it.
#[tool]
fn test_logging_tool(ctx: Context) -> &'static str {
    ctx.info("The logging tool was called");
    "Logged one message."
}

/// Reports progress three times.
#[tool(blocking)]
fn test_tool_with_progress(ctx: Context) -> &'static str {
    for done in [0.0, 50.0, 100.0] {
        ctx.progress(done, 100.0, format!("Completed step {done} of 100"));
        sleep(MOMENT);
    }
    "Reported progress three times."
}

/// Always fails.
#[tool]
fn test_error_handling() -> Result<String> {
    Err(tool_error!("This tool intentionally returns an error for testing"))
}

/// Needs a client that can sample
#[tool]
fn test_missing_capability(ctx: Context) -> Result<&'static str> {
    if ctx.client_capabilities().sampling.is_none() {
        return Err(toolwright::Error::missing_capability("sampling"));
    }
    Ok("The client can sample.")
}

/// Ends its stream, so that the client must come back for the answer
#[tool(blocking)]
fn test_reconnection(ctx: Context) -> &'static str {
    ctx.hang_up();
    sleep(Duration::from_millis(100));
    "Reconnected."
}

/// Says a little while it works, and asks for nothing.
#[tool(blocking)]
fn test_streaming_elicitation(ctx: Context) -> &'static str {
    ctx.progress(1.0, 2.0, "half way");
    sleep(MOMENT);
    "Streamed."
}

/// Takes an argument that a client also sends as a header, over HTTP.
#[tool]
fn test_custom_header(#[arg(header = "Region")] region: String) -> String {
    format!("The region is {region}.")
}

/// How to reach somebody.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Contact {
    name: Option<String>,
    address: Option<Address>,
    contact_method: Option<String>,
    phone: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
struct Address {
    street: Option<String>,
    city: Option<String>,
}

/// Says more than can be derived: what a client reads is this schema, word for word.
impl JsonSchema for Contact {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Contact".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "$defs": {
                "address": {
                    "$anchor": "addressDef",
                    "type": "object",
                    "properties": {"street": {"type": "string"}, "city": {"type": "string"}}
                }
            },
            "properties": {
                "name": {"type": "string"},
                "address": {"$ref": "#/$defs/address"},
                "contactMethod": {"type": "string", "enum": ["phone", "email"]},
                "phone": {"type": "string"},
                "email": {"type": "string"}
            },
            "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
            "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
            "then": {"required": ["phone"]},
            "else": {"required": ["email"]},
            "additionalProperties": false
        })
    }
}

/// Takes arguments whose schema uses the wider vocabulary of JSON Schema 2020-12.
#[tool]
fn json_schema_2020_12_tool(Args(contact): Args<Contact>) -> String {
    let Contact { name, address, contact_method, phone, email } = contact;
    let address = address.map(|Address { street, city }| [street, city]);
    let known = [name, contact_method, phone, email].into_iter().chain(address.into_iter().flatten());
    format!("Known: {}.", Vec::from_iter(known.flatten()).join(", "))
}

/// Comes and goes.
#[tool]
fn test_dynamic_tool() -> &'static str {
    "Here for now."
}

/// Comes and goes.
#[prompt]
fn test_dynamic_prompt() -> &'static str {
    "Here for now."
}

/// Adds a tool, or takes it away again.
#[tool]
fn test_trigger_tool_change() -> Result<&'static str> {
    let service = SERVICE.get().ok_or_else(|| Error::msg("the server does not serve yet"))?;
    if !service.remove_tool("test_dynamic_tool") {
        service.add(toolset![test_dynamic_tool])?;
    }
    Ok("Changed the tools.")
}

/// Adds a prompt, or takes it away again.
#[tool]
fn test_trigger_prompt_change() -> Result<&'static str> {
    let service = SERVICE.get().ok_or_else(|| Error::msg("the server does not serve yet"))?;
    if !service.remove_prompt("test_dynamic_prompt") {
        service.add(toolset![test_dynamic_prompt])?;
    }
    Ok("Changed the prompts.")
}

/// Text that never changes.
#[resource("test://static-text", mime_type = "text/plain")]
fn static_text() -> &'static str {
    "This is the content of the static text resource."
}

/// A picture that never changes.
#[resource("test://static-binary", mime_type = "image/png")]
fn static_binary() -> Image {
    Image::png(PNG)
}

/// Can be subscribed to.
#[resource("test://watched-resource", mime_type = "text/plain")]
fn watched_resource() -> &'static str {
    "Watched resource content."
}

/// What the template's resources say.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TemplateData {
    id: String,
    template_test: bool,
    data: String,
}

/// One of many.
#[resource("test://template/{id}/data")]
fn template_data(id: String) -> Json<TemplateData> {
    Json(TemplateData { data: format!("Data for ID: {id}"), id, template_test: true })
}

/// Says one thing.
#[prompt]
fn test_simple_prompt() -> &'static str {
    "This is a simple prompt for testing."
}

/// Whatever is typed, these are suggested.
async fn suggest(_typed: &str) -> Vec<String> {
    ["test-one", "test-two", "other"].map(String::from).into()
}

/// Says its arguments.
#[prompt]
fn test_prompt_with_arguments(
    /// The first.
    #[arg(complete = suggest)]
    arg1: String,
    /// The second.
    arg2: String,
) -> String {
    format!("Prompt with arguments: arg1='{arg1}', arg2='{arg2}'")
}

/// Shows a resource.
#[prompt]
fn test_prompt_with_embedded_resource(
    /// Which to show.
    #[arg(rename = "resourceUri")]
    uri: String,
) -> Vec<Message> {
    let resource = embedded(&uri, "text/plain", "Embedded resource content for testing.");
    vec![Message::user(resource), Message::user("Please process the embedded resource above.")]
}

/// Shows a picture.
#[prompt]
fn test_prompt_with_image() -> Vec<Message> {
    vec![Message::user(Image::png(PNG)), Message::user("Please analyze the image above.")]
}

/// A skill with a folder in it, for the suite to look into.
fn skills() -> toolwright::Result<Skills> {
    let manifest = "---\nname: judge-a-server\ndescription: How to judge a server by the conformance suite\n\
        license: MIT\nmetadata:\n  version: \"1.0\"\n---\nSee `references/scenarios.md`.\n";
    let skill = Skill::new(manifest)?.file("references/scenarios.md", "One scenario after another.\n")?;
    Ok(Skills::new().skill(skill))
}

#[toolwright::main]
fn main() -> toolwright::Result {
    let service = Server::new("everything")
        .version(env!("CARGO_PKG_VERSION"))
        .tools(toolset![
            // The suite calls whichever tool is listed first, without arguments.
            test_simple_text,
            test_image_content,
            test_audio_content,
            test_embedded_resource,
            test_multiple_content_types,
            test_tool_with_logging,
            test_logging_tool,
            test_tool_with_progress,
            test_error_handling,
            test_missing_capability,
            test_reconnection,
            test_streaming_elicitation,
            test_custom_header,
            json_schema_2020_12_tool,
            test_trigger_tool_change,
            test_trigger_prompt_change,
        ])
        .tools(asking::tools())
        .extension(skills()?)
        .tools(tasks::tools())
        .tools(toolset![static_text, static_binary, watched_resource, template_data])
        .tools(toolset![
            test_simple_prompt,
            test_prompt_with_arguments,
            test_prompt_with_embedded_resource,
            test_prompt_with_image,
        ])
        .build()?;
    SERVICE.get_or_init(|| service).run()
}
