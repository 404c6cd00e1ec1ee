//! What the server says of itself: tools with annotations and schemas, resources, the prompt.

use serde_json::{Value, json};

use super::client::{Client, Era};

/// Name, read-only, destructive, idempotent.
type Hints = (&'static str, Option<bool>, Option<bool>, Option<bool>);

const TOOLS: [Hints; 9] = [
    ("get_order_details", Some(true), None, None),
    ("list_orders_by_status", Some(true), None, None),
    ("search_orders", Some(true), None, None),
    ("check_refund_eligibility", Some(true), None, None),
    ("create_order", None, Some(false), Some(false)),
    ("update_order_status", None, Some(true), Some(true)),
    ("add_order_note", None, Some(false), Some(false)),
    ("cancel_order", None, Some(true), Some(true)),
    ("delete_order", None, Some(true), Some(true)),
];

fn listed(era: Era) -> Vec<Value> {
    let mut result = Client::of_tutorial(era).request("tools/list", json!({})).unwrap();
    serde_json::from_value(result["tools"].take()).unwrap()
}

fn tool(name: &str) -> Value {
    listed(Era::Modern).into_iter().find(|tool| tool["name"] == name).unwrap()
}

#[test]
fn every_tool_is_listed_with_its_annotations() {
    for era in Era::BOTH {
        let tools = listed(era);
        assert_eq!(tools.len(), TOOLS.len());
        for (tool, (name, read_only, destructive, idempotent)) in tools.iter().zip(TOOLS) {
            assert_eq!(tool["name"], name);
            assert!(tool["title"].is_string());
            let hint = |key: &str| tool["annotations"][key].as_bool();
            assert_eq!(hint("readOnlyHint"), read_only, "{name}");
            assert_eq!(hint("destructiveHint"), destructive, "{name}");
            assert_eq!(hint("idempotentHint"), idempotent, "{name}");
            assert_eq!(hint("openWorldHint"), Some(false), "{name}");
        }
    }
}

#[test]
fn every_description_says_when_to_use_the_tool_and_its_example_works() {
    for tool in listed(Era::Modern) {
        let (name, text) = (tool["name"].as_str().unwrap(), tool["description"].as_str().unwrap());
        assert!(text.contains("Use it "), "{name}: {text}");
        let (_, example) = text.split_once("Example: ").unwrap_or_else(|| panic!("{name}: {text}"));
        let mut client = Client::of_tutorial(Era::Modern);
        client.call(name, serde_json::from_str(example).unwrap());
    }
}

#[test]
fn required_arguments_are_those_without_a_default() {
    let required = [
        json!(["order_id"]),
        json!(["status"]),
        Value::Null,
        json!(["order_id"]),
        json!(["customer_email", "total_amount"]),
        json!(["order_id", "status"]),
        json!(["order_id", "note"]),
        json!(["order_id"]),
        json!(["order_id"]),
    ];
    for (tool, required) in listed(Era::Legacy).iter().zip(required) {
        let schema = &tool["inputSchema"];
        assert_eq!(schema["required"], required, "{}", tool["name"]);
        assert_eq!((&schema["type"], &schema["additionalProperties"]), (&json!("object"), &json!(false)));
        assert_eq!(tool["outputSchema"]["type"], "object");
    }
}

#[test]
fn limits_defaults_and_choices_stand_in_the_schemas() {
    let list = &tool("list_orders_by_status")["inputSchema"]["properties"];
    let limit = |schema: &Value| ["default", "minimum", "maximum"].map(|key| schema[key].as_u64());
    assert_eq!(limit(&list["limit"]), [Some(50), Some(1), Some(200)]);
    assert_eq!(list["status"]["enum"][2], "SHIPPED");
    let search = &tool("search_orders")["inputSchema"]["properties"];
    assert_eq!(limit(&search["limit"]), [Some(20), Some(1), Some(200)]);
    assert_eq!(search.as_object().unwrap().len(), 8);
    let create = &tool("create_order")["inputSchema"]["properties"];
    assert_eq!(
        (&create["status"]["default"], &create["is_refundable"]["default"]),
        (&json!("PENDING"), &json!(true))
    );
    assert_eq!(create["order_id"]["pattern"], "^[Oo][Rr][Dd]-[0-9]{1,18}$");
    assert_eq!(tool("add_order_note")["inputSchema"]["properties"]["note"]["maxLength"], 2000);
}

#[test]
fn resources_and_the_prompt_are_listed() {
    for era in Era::BOTH {
        let mut client = Client::of_tutorial(era);
        let resources = client.request("resources/list", json!({})).unwrap();
        assert_eq!(resources["resources"][0]["uri"], "orders://summary");
        let templates = client.request("resources/templates/list", json!({})).unwrap();
        assert_eq!(templates["resourceTemplates"][0]["uriTemplate"], "orders://{order_id}");
        let prompts = client.request("prompts/list", json!({})).unwrap();
        let prompt = &prompts["prompts"][0];
        assert_eq!(
            (&prompt["name"], &prompt["arguments"][0]["required"]),
            (&json!("refund_reply"), &json!(true))
        );
    }
}

#[test]
fn the_server_says_who_it_is_and_how_to_use_it() {
    let mut client = Client::of_tutorial(Era::Modern);
    let about = client.request("server/discover", json!({})).unwrap();
    let server = &about["_meta"]["io.modelcontextprotocol/serverInfo"];
    assert_eq!(
        (&server["name"], &server["version"]),
        (&json!("OrderManager"), &json!(env!("CARGO_PKG_VERSION")))
    );
    assert!(about["instructions"].as_str().unwrap().contains("check_refund_eligibility"));
    for feature in ["tools", "resources", "prompts", "completions"] {
        assert!(about["capabilities"][feature].is_object(), "{feature}");
    }
}
