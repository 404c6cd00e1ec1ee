//! Everything a server can say: each kind of content, result, notification and component once.
//!
//! The official schemas are held against what it writes, in every version of the protocol.

use toolwright::prelude::*;
use toolwright::types::content::{
    Annotations, Content, EmbeddedResource, ResourceContents, ResourceLink, Role, TextContent,
};

/// A point.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Point {
    /// To the right.
    x: i32,
    /// Upwards.
    y: Option<f64>,
}

/// Gives a point.
#[tool(inline, read_only, title = "The point")]
fn point() -> Point {
    Point { x: 1, y: None }
}

/// Gives a list.
#[tool(inline, icon = "https://example.com/list.png", meta("example.com/k" = "v"))]
fn list() -> Vec<Point> {
    vec![Point { x: 1, y: Some(0.5) }]
}

/// Gives a number.
#[tool(inline)]
fn scalar() -> i64 {
    7
}

/// Gives nothing, or a number.
#[tool(inline)]
fn nothing() -> Option<u8> {
    None
}

/// A choice.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "one of the two is enough to show")]
enum Either {
    Point(Point),
    Number(i64),
}

/// Gives one of two.
#[tool(inline)]
fn either() -> Either {
    Either::Point(Point { x: 2, y: None })
}

/// A tree, which refers to itself.
#[derive(Serialize, JsonSchema)]
struct Tree {
    children: Vec<Self>,
}

/// Gives trees.
#[tool(inline)]
fn forest() -> Vec<Tree> {
    vec![Tree { children: vec![Tree { children: vec![] }] }]
}

/// Gives any JSON.
#[tool(inline)]
fn json() -> Json<Vec<u8>> {
    Json(vec![1])
}

/// Gives a picture.
#[tool(inline)]
fn image() -> Image {
    Image::png(vec![1, 2])
}

/// Gives sound.
#[tool(inline)]
fn audio() -> Audio {
    Audio::wav(vec![3])
}

/// Gives a file.
#[tool(inline)]
fn file() -> File {
    File::new("x:///a", vec![1], "text/plain")
}

/// Gives all kinds of content.
#[tool(inline)]
fn media() -> ToolOutput {
    let annotations = Some(Annotations {
        audience: Some(vec![Role::User]),
        priority: Some(0.5),
        last_modified: Some("2026-07-28T10:00:00Z".into()),
    });
    let link = ResourceLink {
        uri: "note://1".into(),
        name: "note".into(),
        title: Some("Note".into()),
        size: Some(3),
        annotations: annotations.clone(),
        ..Default::default()
    };
    let embedded = EmbeddedResource {
        resource: ResourceContents::text("note://1", "hi"),
        annotations: None,
        meta: None,
    };
    ToolOutput::new()
        .text("media")
        .content(Content::Text(TextContent { text: "for you".into(), annotations, meta: None }))
        .content(Image::png(vec![1, 2]))
        .content(Audio::wav(vec![3]))
        .content(Content::ResourceLink(link))
        .content(Content::Resource(embedded))
        .structured("said in full".into())
        .meta("example.com/k", 1)
}

/// Reports and logs.
#[tool]
async fn report(ctx: Context) -> &'static str {
    ctx.progress(1.0, 2.0, "half");
    ctx.progress(2.0, None, "");
    ctx.debug("d");
    ctx.info("i");
    ctx.warning("w");
    ctx.error("e");
    "reported"
}

/// A note.
#[resource("note://all", title = "Notes", mime_type = "application/json", icon = "https://example.com/n.png")]
fn notes() -> Vec<u8> {
    vec![1, 2]
}

/// One note.
#[resource("note://{id}")]
fn note(id: String) -> String {
    id
}

/// Greets.
#[prompt(title = "Greeting")]
fn greet(name: String) -> Vec<Message> {
    vec![Message::user(format!("Hello {name}")), Message::assistant(Audio::wav(vec![3]))]
}

#[toolwright::main]
fn main() -> toolwright::Result {
    Server::new("showcase")
        .version("1.2.3")
        .tools(toolset![
            point, list, scalar, nothing, either, forest, json, image, audio, file, media, report, notes,
            note, greet
        ])
        .run()
}
