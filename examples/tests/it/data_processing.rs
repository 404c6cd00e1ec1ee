//! Tables: summaries, filters, progress and cancellation.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::client::{Client, ERAS, Era, folder};

const SALES: &str = "city,price,note\nParis,10,\nRome,2.5,gift\nParis,-1,\nOslo,,\"a \"\"b\"\", c\"\n";

fn start(era: Era, folder: &Path) -> Client {
    let env = [("DATA_FOLDER", folder.to_str().unwrap())];
    Client::start(era, env!("CARGO_BIN_EXE_data_processing"), &[], &env)
}

fn with_table(name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let folder = folder(name);
    fs::write(folder.join("table.csv"), content).unwrap();
    folder
}

fn many_rows(count: usize) -> String {
    let mut table = String::from("id,name\n");
    for id in 0..count {
        writeln!(table, "{id},name {}", id % 7).unwrap();
    }
    table
}

#[test]
fn every_column_is_summarised_in_both_eras() {
    let folder = with_table("data-summary", SALES);
    for era in ERAS {
        let mut client = start(era, &folder);
        let summary = client.success("summarize_table", json!({"file": "table.csv"}));
        assert_eq!(summary["rows"], 4);
        let [city, price, note] = summary["columns"].as_array().unwrap().as_slice() else {
            panic!("{summary}")
        };
        assert_eq!((&city["name"], &city["count"], &city["missing"]), (&json!("city"), &json!(4), &json!(0)));
        assert_eq!(city["most_frequent"][0], json!({"value": "Paris", "count": 2}));
        assert_eq!(city["numbers"], Value::Null);
        assert_eq!((&price["count"], &price["missing"]), (&json!(3), &json!(1)));
        assert_eq!((&price["numbers"]["min"], &price["numbers"]["max"]), (&json!(-1.0), &json!(10.0)));
        let mean = price["numbers"]["mean"].as_f64().unwrap();
        assert!((mean - 11.5 / 3.0).abs() < 1e-9, "{mean}");
        assert_eq!(price["most_frequent"], Value::Null);
        assert_eq!(note["most_frequent"][0]["value"], "a \"b\", c");
    }
}

#[test]
fn rows_are_filtered_by_a_condition() {
    let folder = with_table("data-filter", SALES);
    let mut client = start(Era::Modern, &folder);
    let mut filter = |column: &str, comparison: &str, value: &str| {
        let arguments = json!({"file": "table.csv", "column": column, "comparison": comparison, "value": value, "limit": 1});
        client.success("filter_rows", arguments)
    };
    let found = filter("city", "equals", "Paris");
    assert_eq!(found["rows"], json!([["Paris", "10", ""]]));
    assert_eq!(found["matching"], 2);
    assert_eq!(found["header"], json!(["city", "price", "note"]));
    assert_eq!(filter("price", "less_than", "3")["matching"], 2);
    assert_eq!(filter("price", "more_than", "3")["matching"], 1);
    assert_eq!(filter("note", "contains", "b")["rows"][0][0], "Oslo");
}

#[test]
fn a_malformed_table_is_told_by_its_line() {
    let folder = with_table("data-malformed", "a,b\n1,2\n3\n");
    fs::write(folder.join("binary.csv"), b"a,b\n1,\xff\n").unwrap();
    fs::write(folder.join("empty.csv"), "").unwrap();
    fs::write(folder.join("open.csv"), "a,b\n1,\"2\n3,4\n").unwrap();
    let mut client = start(Era::Modern, &folder);
    let mut told = |file: &str| client.failure("summarize_table", json!({"file": file}));
    assert_eq!(told("table.csv"), "line 3 has 1 fields, but the header has 2");
    assert_eq!(told("binary.csv"), "line 2 is not UTF-8 text");
    assert_eq!(told("empty.csv"), "the table is empty: it has no header");
    assert_eq!(told("none.csv"), "there is no table `none.csv`");
    assert_eq!(told("../data-malformed/table.csv"), "there is no table `../data-malformed/table.csv`");
    // A quote that is never closed makes one field of all that follows.
    let summary = client.success("summarize_table", json!({"file": "open.csv"}));
    assert_eq!(summary["rows"], 1);
}

#[test]
fn a_wrong_question_is_told_with_what_there_is() {
    let folder = with_table("data-question", SALES);
    let mut client = start(Era::Modern, &folder);
    let question = |column: &str, value: &str| json!({"file": "table.csv", "column": column, "comparison": "less_than", "value": value});
    let told = client.failure("filter_rows", question("town", "3"));
    assert_eq!(told, "there is no column `town`; there are: city, price, note");
    assert!(client.failure("filter_rows", question("price", "few")).contains("`few` is no number"));
    let told = client.failure("filter_rows", json!({"file": 1, "limit": 0, "comparison": "like"}));
    for part in ["file:", "column:", "limit:", "comparison:", "value:"] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let told = client.failure("summarize_table", json!({"file": "table.csv", "delimiter": "→"}));
    assert_eq!(told, "the delimiter has to be an ASCII character");
}

#[test]
fn progress_grows_before_the_answer_comes() {
    let folder = with_table("data-progress", many_rows(5_500));
    for era in ERAS {
        let mut client = start(era, &folder);
        let arguments = json!({"file": "table.csv"});
        let params =
            json!({"name": "summarize_table", "arguments": arguments, "_meta": {"progressToken": "p1"}});
        let answer = client.request("tools/call", params);
        assert_eq!(answer["result"]["structuredContent"]["rows"], 5_500, "{answer}");
        let told = &client.notifications;
        assert_eq!(told.len(), 5, "one for each thousand rows: {told:?}");
        assert!(told.iter().all(|message| message["method"] == "notifications/progress"));
        assert!(told.iter().all(|message| message["params"]["progressToken"] == "p1"));
        let done: Vec<_> =
            told.iter().map(|message| message["params"]["progress"].as_f64().unwrap()).collect();
        assert!(done.is_sorted_by(|a, b| a < b), "{done:?}");
        assert!(told.iter().all(|message| message["params"]["total"].as_f64().unwrap() > done[4]));
        assert_eq!(told[0]["params"]["message"], "1000 rows");
    }
}

#[test]
fn nobody_who_did_not_ask_is_told_of_progress() {
    let folder = with_table("data-silence", many_rows(2_500));
    let mut client = start(Era::Modern, &folder);
    client.success("summarize_table", json!({"file": "table.csv"}));
    assert!(client.notifications.is_empty(), "{:?}", client.notifications);
}

#[test]
fn a_cancelled_computation_ends_in_the_middle() {
    let folder = with_table("data-cancel", many_rows(1_000_000));
    for era in ERAS {
        let mut client = start(era, &folder);
        let arguments = json!({"file": "table.csv"});
        let params =
            json!({"name": "summarize_table", "arguments": arguments, "_meta": {"progressToken": 1}});
        let id = client.send("tools/call", params);
        client.notification("notifications/progress");
        client.notify("notifications/cancelled", json!({"requestId": id}));
        let line = client.log_line("the call was cancelled");
        let rows: usize = line.split_once("after ").unwrap().1.split(' ').next().unwrap().parse().unwrap();
        assert!(rows < 1_000_000, "{line}");
        // The next answer is that of the next request: the cancelled one has none.
        let next = client.send("tools/list", json!({}));
        loop {
            let message = client.receive();
            assert_ne!(message["id"], id, "{message}");
            if message["id"] == next {
                break;
            }
        }
    }
}
