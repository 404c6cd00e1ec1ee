//! The calculator: plain numbers, structured results, and errors that help.

use serde_json::{Value, json};

use crate::client::{Client, ERAS, Era};

fn start(era: Era) -> Client {
    Client::start(era, env!("CARGO_BIN_EXE_calculator"), &[], &[])
}

/// Legacy clients know only objects as structured content, so a number comes in one.
fn number(client: &mut Client, tool: &str, arguments: Value) -> f64 {
    let content = client.success(tool, arguments);
    let value = if client.era() == Era::Legacy { &content["result"] } else { &content };
    value.as_f64().unwrap_or_else(|| panic!("{content}"))
}

#[test]
fn numbers_are_calculated_in_both_eras() {
    for era in ERAS {
        let mut client = start(era);
        assert_eq!(number(&mut client, "add", json!({"a": 2, "b": 3})), 5.0);
        assert_eq!(number(&mut client, "subtract", json!({"a": 2, "b": 3})), -1.0);
        assert_eq!(number(&mut client, "multiply", json!({"a": 2, "b": 3})), 6.0);
        assert_eq!(number(&mut client, "divide", json!({"a": 3, "b": 2})), 1.5);
        // A model that sends text for a number is understood.
        assert_eq!(number(&mut client, "add", json!({"a": "2", "b": 3})), 5.0);
    }
}

#[test]
fn what_is_left_out_has_its_default() {
    let mut client = start(Era::Modern);
    assert_eq!(number(&mut client, "power", json!({"base": 7})), 49.0);
    assert_eq!(number(&mut client, "round", json!({"value": 2.345})), 2.35);
    assert_eq!(number(&mut client, "round", json!({"value": 2.345, "rounding": "down"})), 2.34);
    let found = client.success("statistics", json!({"values": [1, 2, 3]}));
    assert_eq!(found, json!({"count": 3, "sum": 6.0, "mean": 2.0, "median": 2.0, "min": 1.0, "max": 3.0}));
}

#[test]
fn a_failure_says_what_to_do() {
    for era in ERAS {
        let mut client = start(era);
        let told = client.failure("divide", json!({"a": 1, "b": 0}));
        assert_eq!(told, "cannot divide 1 by zero; give another divisor");
        let told = client.failure("power", json!({"base": 10, "exponent": 999}));
        assert_eq!(told, "the result is too large for a number");
    }
}

#[test]
fn all_wrong_arguments_are_told_at_once() {
    let mut client = start(Era::Modern);
    let told = client.failure("round", json!({"value": "many", "places": 99, "rounding": "sideways"}));
    for part in ["value:", "places: expected an integer from 0 to 12", "nearest"] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let told = client.failure("statistics", json!({"values": []}));
    assert!(told.contains("values:"), "{told}");
}

#[test]
fn the_schema_tells_what_the_signature_says() {
    let mut client = start(Era::Modern);
    let listed = client.request("tools/list", json!({}));
    let tools = listed["result"]["tools"].as_array().unwrap();
    let round = tools.iter().find(|tool| tool["name"] == "round").unwrap();
    let places = &round["inputSchema"]["properties"]["places"];
    assert_eq!((&places["minimum"], &places["maximum"]), (&json!(0), &json!(12)));
    assert_eq!(places["default"], 2);
    assert_eq!(places["description"], "Decimal places to keep.");
    assert_eq!(round["inputSchema"]["properties"]["rounding"]["default"], "nearest");
    assert_eq!(round["inputSchema"]["required"], json!(["value"]));
    assert_eq!(round["annotations"]["readOnlyHint"], true);
}
