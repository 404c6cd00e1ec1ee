//! Whatever can be returned.

use std::collections::HashMap;

use serde_json::{Value, json};
use toolwright::prelude::*;

use super::{call, text};

type Anyhow<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A list of returned types, and a tool for each.
macro_rules! returning {
    ($($name:ident: $ty:ty = $value:expr;)*) => {
        $(
            /// Returns a value.
            #[tool]
            fn $name() -> $ty {
                $value
            }
        )*

        const NAMES: &[&str] = &[$(stringify!($name)),*];

        fn server() -> Server {
            Server::new("returns").tools(toolset![$($name),*])
        }
    };
}
returning! {
    unit: () = ();
    integer: i64 = 7;
    float: f64 = 0.5;
    truth: bool = true;
    letter: &'static str = "a";
    string: String = "a".to_owned();
    list: Vec<u8> = vec![1, 2];
    option: Option<u8> = None;
    map: HashMap<String, u8> = HashMap::from([("a".to_owned(), 1)]);
    pair: (u8, String) = (1, "a".to_owned());
    value: Value = json!({"a": 1});
    as_json: Json<Vec<u8>> = Json(vec![1]);
    image: Image = Image::png(vec![1]);
    audio: Audio = Audio::wav(vec![1]);
    file: File = File::new("x:///a", vec![1], "text/plain");
    output: ToolOutput = ToolOutput::new().text("a");
    result: Result<u8> = Ok(1);
    nothing: Result = Ok(());
    alias: Anyhow<Vec<u8>> = Ok(vec![1]);
    with_io: std::io::Result<String> = Ok("a".to_owned());
    with_text: Result<u8, String> = Ok(1);
    with_word: Result<u8, &'static str> = Ok(1);
    with_static: Result<&'static str> = Ok("a");
}

/// Fails with a text.
#[tool]
async fn failing() -> Result<u8, String> {
    Err("secret".to_owned())
}

/// A tool without a return type.
#[tool]
async fn silent() {}

#[tokio::test]
async fn each_returned_type_is_told() {
    for name in NAMES {
        let result = call(server(), name, json!({})).await;
        assert!(result["isError"] != json!(true), "{name}: {result}");
        assert!(result["content"].is_array(), "{name}: {result}");
    }
    assert_eq!(text(server(), "integer", json!({})).await, "7");
    assert_eq!(text(server(), "with_static", json!({})).await, "a");
}

#[tokio::test]
async fn an_error_that_is_a_text_is_masked() {
    let result = call(Server::new("returns").tools(toolset![failing, silent]), "failing", json!({})).await;
    assert_eq!(result["isError"], json!(true));
    assert!(!result.to_string().contains("secret"), "{result}");
}
