//! The smallest server, in both eras.

use serde_json::json;

use crate::client::{Client, ERAS};

#[test]
fn a_person_is_greeted() {
    for era in ERAS {
        let mut client = Client::start(era, env!("CARGO_BIN_EXE_hello"), &[], &[]);
        let result = client.call("greet", json!({"name": "Ada"}));
        assert_eq!(result["content"][0]["text"], "Hello, Ada!", "{era:?}");
        assert!(client.failure("greet", json!({})).contains("name: required"));
        assert_eq!(client.end(), "", "nothing goes wrong, so nothing is logged");
    }
}
