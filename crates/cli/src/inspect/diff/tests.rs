//! Which changes break a client.

use serde_json::{Value, json};

use super::{Change, changes};

fn offers(input: Value, output: Value) -> Value {
    json!({"tools": [{"name": "t", "inputSchema": input, "outputSchema": output}]})
}

/// The differences between two input schemas: whether they break, and what they are.
fn input(before: Value, now: Value) -> Vec<(bool, String)> {
    told(&offers(before, json!({})), &offers(now, json!({})))
}

fn told(before: &Value, now: &Value) -> Vec<(bool, String)> {
    let pair = |Change { is_breaking, what }| (is_breaking, what);
    changes(before, now).into_iter().map(pair).collect()
}

fn argument(schema: Value) -> Value {
    json!({"type": "object", "properties": {"a": schema}})
}

#[test]
fn nothing_changed_is_no_change() {
    let same = argument(json!({"anyOf": [{"type": "string"}, {"$ref": "#/$defs/X"}]}));
    assert_eq!(input(same.clone(), same), []);
}

#[test]
fn a_removed_tool_breaks_and_a_new_one_does_not() {
    let (with, without) = (offers(json!({}), json!({})), json!({"tools": []}));
    assert_eq!(told(&with, &without), [(true, "tool t was removed".into())]);
    assert_eq!(told(&without, &with), [(false, "tool t is new".into())]);
}

#[test]
fn arguments_break_when_less_is_taken() {
    let narrowed = [
        (json!({"type": "number"}), json!({"type": "integer"})),
        (json!({}), json!({"type": "integer"})),
        (json!({"type": ["string", "null"]}), json!({"type": "string"})),
        (json!({"enum": ["x", "y"]}), json!({"enum": ["x"]})),
        (json!({"type": "string"}), json!({"type": "string", "enum": ["x"]})),
        (json!({"maximum": 9}), json!({"maximum": 8})),
        (json!({}), json!({"minLength": 1})),
        (json!({}), json!({"pattern": "^x"})),
        (json!({"items": {"type": "number"}}), json!({"items": {"type": "integer"}})),
    ];
    for (wide, narrow) in narrowed {
        let there = input(argument(wide.clone()), argument(narrow.clone()));
        assert!(matches!(there.as_slice(), [(true, _)]), "{wide} {narrow} {there:?}");
        let back = input(argument(narrow.clone()), argument(wide.clone()));
        assert!(matches!(back.as_slice(), [(false, _)]), "{narrow} {wide} {back:?}");
    }
    let (text, number) = (json!({"type": "string"}), json!({"type": "integer"}));
    assert!(input(argument(text.clone()), argument(number.clone()))[0].0);
    assert!(input(argument(number), argument(text))[0].0);
}

#[test]
fn a_new_required_argument_breaks_and_an_optional_one_does_not() {
    let none = json!({"type": "object"});
    let optional = argument(json!({"type": "string"}));
    let mut required = optional.clone();
    required["required"] = json!(["a"]);
    assert_eq!(
        input(none.clone(), required.clone()),
        [(true, "tool t: argument a is new and required".into())]
    );
    assert_eq!(input(none.clone(), optional.clone()), [(false, "tool t: argument a is new".into())]);
    assert_eq!(
        input(optional.clone(), required.clone()),
        [(true, "tool t: argument a is required now".into())]
    );
    assert_eq!(input(required, optional.clone()), [(false, "tool t: argument a is optional now".into())]);
    assert_eq!(input(optional, none), [(true, "tool t: argument a was removed".into())]);
}

#[test]
fn results_break_when_more_may_come() {
    let result = |schema: Value| offers(json!({}), argument(schema));
    let (text, either) = (result(json!({"type": "string"})), result(json!({"type": ["string", "null"]})));
    assert!(told(&text, &either)[0].0);
    assert!(!told(&either, &text)[0].0);
    let none = offers(json!({}), json!({"type": "object"}));
    assert_eq!(told(&text, &none), [(true, "tool t: result a was removed".into())]);
    assert!(!told(&none, &text)[0].0);
}

#[test]
fn a_schema_behind_a_reference_is_compared() {
    let refers = |schema: Value| json!({"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": schema}});
    let there = input(refers(json!({"type": "string"})), refers(json!({"type": "boolean"})));
    assert_eq!(there, [(true, "tool t: argument a: its type was string and is boolean".into())]);
}

#[test]
fn prompts_and_resources_are_compared_too() {
    let offers = |required: bool, uri: &str| {
        json!({"tools": [], "prompts": [{"name": "p", "arguments": [{"name": "a", "required": required}]}],
               "resources": [{"uri": uri, "name": "r"}]})
    };
    let expected = [
        (true, "prompt p: argument a is required now".into()),
        (true, "resource x:1 was removed".into()),
        (false, "resource x:2 is new".into()),
    ];
    assert_eq!(told(&offers(false, "x:1"), &offers(true, "x:2")), expected);
}
