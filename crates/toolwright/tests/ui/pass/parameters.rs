//! Whatever can stand in a signature.

use std::path::Path;

use serde_json::json;
use toolwright::prelude::*;
use toolwright::{Context, Extract};

use super::{listed, text};

/// Lends text, a list and a path.
#[tool]
fn lent(name: &str, marks: &[i64], path: &Path) -> String {
    format!("{name} {} {}", marks.len(), path.display())
}

/// Takes what may be left out.
#[tool]
fn left_out(name: Option<String>, #[arg(default = "day")] unit: &str, #[arg(default)] days: u32) -> String {
    format!("{name:?} {unit} {days}")
}

/// Takes what the server gives.
#[tool]
async fn given(a: State<u32>, b: &State<u32>, ctx: Context, lent: &Context, mut times: u32) -> String {
    times += *a + **b;
    format!("{times} {}", ctx.trace_parent() == lent.trace_parent())
}

/// Named numbers, as a struct.
#[derive(Deserialize, JsonSchema)]
struct Pair {
    left: i64,
    right: i64,
}

/// Takes all arguments at once.
#[tool]
fn whole(Args(Pair { left, right }): Args<Pair>) -> i64 {
    left + right
}

/// Takes a struct as one argument.
#[tool]
fn part(pair: &Pair) -> i64 {
    pair.left - pair.right
}

/// Whether the call is traced.
struct Traced(bool);

impl Extract for Traced {
    fn extract(ctx: &Context) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(ctx.trace_parent().is_some()))
    }
}

/// Takes a type that knows where it comes from.
#[tool]
fn extracted(Traced(traced): Traced, again: &Traced) -> bool {
    traced && again.0
}

/// Lends with lifetimes that have names.
#[tool]
fn named<'a, 'b>(left: &'a str, right: &'b str, cow: std::borrow::Cow<'a, str>) -> String
where
    'a: 'b,
{
    format!("{left}{right}{cow}")
}

/// Takes names that are words of the language.
#[tool]
fn words(r#type: String, r#gen: u32, r#async: bool, _unused: Option<u32>) -> String {
    [r#type.to_string(), r#gen.to_string(), r#async.to_string()].join(" ")
}

/// Keeps the attributes of others.
#[tool]
fn attributed(
    #[allow(unused_variables, reason = "it is the attribute that counts")] unread: u32,
    #[cfg(not(any()))] read: u32,
) -> u32 {
    read
}

/// Has as many as there can be.
#[tool]
#[allow(clippy::too_many_arguments, reason = "all that are allowed")]
fn many(
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
    g: u8,
    h: u8,
    i: u8,
    j: u8,
    k: u8,
    l: u8,
    m: u8,
    n: u8,
    o: u8,
    p: u8,
) -> u8 {
    a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p
}

fn server() -> Server {
    let tools = toolset![lent, left_out, given, whole, part, extracted, named, words, attributed, many];
    Server::new("parameters").state(40_u32).tools(tools)
}

#[test]
fn an_annotated_function_can_be_called() {
    assert_eq!(lent("a", &[1, 2], Path::new("/tmp")), "a 2 /tmp");
    assert_eq!(whole(Args(Pair { left: 1, right: 2 })), 3);
    assert_eq!(words("t".into(), 1, true, None), "t 1 true");
    assert_eq!(many(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), 16);
}

#[tokio::test]
async fn each_parameter_comes_by_its_value() {
    let pair = json!({"left": 5, "right": 3});
    let cases = [
        ("lent", json!({"name": "n", "marks": [1], "path": "/x"}), "n 1 /x"),
        ("left_out", json!({}), "None day 0"),
        ("given", json!({"times": 2}), "82 true"),
        ("whole", pair.clone(), "8"),
        ("part", json!({ "pair": pair }), "2"),
        ("extracted", json!({}), "false"),
        ("named", json!({"left": "a", "right": "b", "cow": "c"}), "abc"),
        ("words", json!({"type": "t", "gen": 1, "async": false}), "t 1 false"),
        ("attributed", json!({"unread": 1, "read": 2}), "2"),
    ];
    for (tool, arguments, expected) in cases {
        assert_eq!(text(server(), tool, arguments).await, expected, "{tool}");
    }
}

#[tokio::test]
async fn raw_names_are_plain_on_the_wire() {
    let tools = listed(server()).await;
    let properties = tools["words"]["inputSchema"]["properties"].as_object().unwrap();
    assert_eq!(properties.keys().collect::<Vec<_>>(), ["type", "gen", "async", "unused"]);
    assert!(tools["given"]["inputSchema"]["properties"].as_object().unwrap().len() == 1);
}
