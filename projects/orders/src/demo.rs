//! The demo: this program started as a client would start it, real calls, and their answers to read.

mod page;
mod peer;

use std::io::{self, Write};

use serde_json::{Value, json};
use toolwright::types::version::ProtocolVersion;

use super::connect;
use page::{call, heading, table, text};
use peer::{Answer, Peer};

/// Shows the server at work, then how to connect to it.
pub(crate) fn run(out: &mut impl Write) -> io::Result<()> {
    let program = std::env::current_exe()?;
    // A database in memory: nothing is left behind, however the demo ends.
    let args = ["serve", "--db", ":memory:", "--seed"];
    writeln!(out, "This is a real conversation with `orders {}`, in a process of its own.", args.join(" "))?;
    writeln!(out, "Lines with > are what a client sends; below each is what came back.")?;

    let mut tour = Tour { peer: Peer::start(&program, &args)?, out };
    tour.introduction()?;
    tour.looking()?;
    tour.mistakes()?;
    let order = tour.changing()?;
    tour.resources(&order)?;
    tour.older_clients()?;
    let Tour { peer, out } = tour;
    if !peer.end()? {
        return Err(io::Error::other("the server failed when it was told to end"));
    }

    heading(out, "Connect your own client")?;
    connect::write(out)
}

/// The conversation, and where it is shown.
struct Tour<'a, W> {
    peer: Peer,
    out: &'a mut W,
}

impl<W: Write> Tour<'_, W> {
    fn introduction(&mut self) -> io::Result<()> {
        heading(self.out, "Who is there?")?;
        let about = self.ask("server/discover", json!({}))?;
        let known = list(&about["supportedVersions"]).iter().map(cell).collect::<Vec<_>>();
        text(self.out, &format!("Speaks MCP {}.", known.join(", ")))?;
        text(self.out, about["instructions"].as_str().unwrap_or_default())?;

        heading(self.out, "What can it do?")?;
        let tools = self.ask("tools/list", json!({}))?;
        let rows: Vec<_> = list(&tools["tools"]).iter().map(tool_row).collect();
        table(self.out, ["tool", "what it does", "title"], &rows)
    }

    fn looking(&mut self) -> io::Result<()> {
        heading(self.out, "Look at orders")?;
        let one = self.tool("get_order_details", json!({"order_id": "ORD-101"}))?;
        self.orders(&[one])?;
        let shipped = self.tool("list_orders_by_status", json!({"status": "shipped"}))?;
        self.orders(list(&shipped["orders"]))?;
        let hers = self.tool("search_orders", json!({"customer_email": "alice@example.com", "limit": 1}))?;
        self.orders(list(&hers["orders"]))?;
        text(self.out, &format!("There are more: next_cursor is {}.", hers["next_cursor"]))?;

        heading(self.out, "May it be refunded?")?;
        for id in ["ORD-101", "ORD-103"] {
            let verdict = self.tool("check_refund_eligibility", json!({ "order_id": id }))?;
            let word = if verdict["eligible"] == true { "Yes" } else { "No" };
            text(self.out, &format!("{word}: {}", cell(&verdict["reason"])))?;
        }
        Ok(())
    }

    fn mistakes(&mut self) -> io::Result<()> {
        heading(self.out, "A mistake in the arguments: what the model reads")?;
        self.tool("list_orders_by_status", json!({"status": "LOST", "limit": "many"}))?;
        heading(self.out, "A step that the rules forbid")?;
        self.tool("update_order_status", json!({"order_id": "ORD-102", "status": "DELIVERED"}))?;
        Ok(())
    }

    fn changing(&mut self) -> io::Result<Value> {
        heading(self.out, "Create, update, note, cancel")?;
        let new =
            json!({"customer_email": "dora@example.com", "total_amount": 19.99, "idempotency_key": "demo-1"});
        let order = self.tool("create_order", new.clone())?;
        self.orders(std::slice::from_ref(&order))?;
        let again = self.tool("create_order", new)?;
        if again == order {
            text(self.out, "The same order: the key says that it is the same request.")?;
        }
        let id = order["order_id"].clone();
        let note = "Customer asked for delivery after 6 pm.";
        for (tool, arguments) in [
            ("update_order_status", json!({"order_id": id, "status": "PROCESSING"})),
            ("add_order_note", json!({"order_id": id, "note": note})),
            ("cancel_order", json!({"order_id": id, "reason": "Ordered twice."})),
        ] {
            let order = self.tool(tool, arguments)?;
            let notes: Vec<_> = list(&order["notes"]).iter().map(|note| note["text"].to_string()).collect();
            let notes = if notes.is_empty() { "none".to_owned() } else { notes.join(", ") };
            text(self.out, &format!("Now {}; notes: {notes}", cell(&order["status"])))?;
        }
        Ok(id)
    }

    fn resources(&mut self, id: &Value) -> io::Result<()> {
        heading(self.out, "Resources: the same data, for a client to attach")?;
        let uri = format!("orders://{}", cell(id));
        let order = self.read(&uri)?;
        text(self.out, &format!("{order:#}"))?;
        let summary = self.read("orders://summary")?;
        let row = |sum: &Value| ["status", "orders", "total_amount"].map(|field| cell(&sum[field]));
        let mut rows: Vec<_> = list(&summary["by_status"]).iter().map(row).collect();
        rows.push(["all".to_owned(), cell(&summary["orders"]), cell(&summary["total_amount"])]);
        table(self.out, ["status", "orders", "amount"], &rows)
    }

    fn older_clients(&mut self) -> io::Result<()> {
        heading(self.out, "The same server for an older client")?;
        let version = ProtocolVersion::V2025_06_18.as_str();
        let client = json!({"name": "orders-demo", "version": env!("CARGO_PKG_VERSION")});
        let params = json!({"protocolVersion": version, "capabilities": {}, "clientInfo": client});
        call(self.out, "initialize", &params)?;
        let answer = self.peer.exchange("initialize", &params)?;
        let about = self.result(answer)?;
        let server = &about["serverInfo"];
        let (name, number) = (cell(&server["name"]), cell(&server["version"]));
        text(self.out, &format!("{name} {number} speaks MCP {} with it.", cell(&about["protocolVersion"])))?;
        self.peer.notify("notifications/initialized")?;
        let arguments = json!({"order_id": "ORD-103"});
        call(self.out, "get_order_details", &arguments)?;
        let answer = self
            .peer
            .exchange("tools/call", &json!({"name": "get_order_details", "arguments": arguments}))?;
        let order = self.result(answer)?["structuredContent"].take();
        self.orders(&[order])
    }

    /// Calls a tool; what it says to the model when it fails is shown.
    fn tool(&mut self, name: &str, arguments: Value) -> io::Result<Value> {
        call(self.out, name, &arguments)?;
        let answer = self.peer.ask("tools/call", json!({"name": name, "arguments": arguments}))?;
        let mut result = self.result(answer)?;
        if result["isError"] == true {
            text(self.out, &cell(&result["content"][0]["text"]))?;
        }
        Ok(result["structuredContent"].take())
    }

    /// Reads a resource that is JSON.
    fn read(&mut self, uri: &str) -> io::Result<Value> {
        let read = self.ask("resources/read", json!({ "uri": uri }))?;
        Ok(serde_json::from_str(read["contents"][0]["text"].as_str().unwrap_or_default())?)
    }

    /// Asks and shows that it asks.
    fn ask(&mut self, method: &str, params: Value) -> io::Result<Value> {
        call(self.out, method, &params)?;
        let answer = self.peer.ask(method, params)?;
        self.result(answer)
    }

    /// The result; an error of the protocol, which the demo never causes, ends it.
    fn result(&self, answer: Answer) -> io::Result<Value> {
        answer.map_err(|error| io::Error::other(format!("the server refused: {error}")))
    }

    fn orders(&mut self, orders: &[Value]) -> io::Result<()> {
        let fields = ["order_id", "customer_email", "status", "total_amount", "is_refundable"];
        let rows: Vec<_> = orders.iter().map(|order| fields.map(|field| cell(&order[field]))).collect();
        table(self.out, ["order", "customer", "status", "amount", "refundable"], &rows)
    }
}

fn tool_row(tool: &Value) -> [String; 3] {
    let hints = &tool["annotations"];
    let kind = match (&hints["readOnlyHint"], &hints["destructiveHint"]) {
        (Value::Bool(true), _) => "looks",
        (_, Value::Bool(false)) => "adds",
        _ => "cannot be undone",
    };
    [cell(&tool["name"]), kind.to_owned(), cell(&tool["title"])]
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A value as a person reads it: amounts with two decimals, truths as yes and no.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(truth) => if *truth { "yes" } else { "no" }.to_owned(),
        Value::Number(number) if !number.is_f64() => number.to_string(),
        Value::Number(number) => number.as_f64().map_or_else(String::new, |amount| format!("{amount:.2}")),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_for_people() {
        for (value, written) in [
            (json!("x"), "x"),
            (json!(true), "yes"),
            (json!(120.5), "120.50"),
            (json!(7), "7"),
            (json!(null), ""),
        ] {
            assert_eq!(cell(&value), written);
        }
    }

    #[test]
    fn a_tool_is_told_by_what_it_does() {
        let row =
            |hints: Value| tool_row(&json!({"name": "a", "title": "A", "annotations": hints}))[1].clone();
        assert_eq!(row(json!({"readOnlyHint": true})), "looks");
        assert_eq!(row(json!({"destructiveHint": false})), "adds");
        assert_eq!(row(json!({"destructiveHint": true})), "cannot be undone");
    }
}
