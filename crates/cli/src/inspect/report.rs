//! What was found, for people, for pages and for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};
use toolwright::types::tools::Tool;

use super::cost;
use super::lint::Finding;
use crate::arguments;
use crate::ask::Offers;
use crate::show::{plain, signature};

/// A server, looked at from all sides.
pub(super) struct Report {
    pub(super) offers: Offers,
    /// Tokens, tool by tool.
    pub(super) costs: Vec<usize>,
    pub(super) findings: Vec<Finding>,
}

impl Report {
    fn total(&self) -> usize {
        self.costs.iter().sum()
    }

    /// What the server says it can do.
    fn capabilities(&self) -> Vec<String> {
        let all = serde_json::to_value(&self.offers.facts.capabilities).unwrap_or_default();
        let of = |(name, value): (&String, &Value)| {
            let more: Vec<_> =
                value.as_object().into_iter().flatten().filter(|(_, value)| **value == true).collect();
            let more: Vec<_> = more.into_iter().map(|(name, _)| name.as_str()).collect();
            if more.is_empty() { name.clone() } else { format!("{name} ({})", more.join(", ")) }
        };
        all.as_object().into_iter().flatten().map(of).collect()
    }

    /// A table.
    pub(super) fn text(&self) -> String {
        let Offers { facts, tools, resources, templates, prompts } = &self.offers;
        let mut text = String::new();
        let (name, version) = (&facts.server.name, &facts.server.version);
        let _ = writeln!(text, "{name} {version} (protocol {})", facts.version);
        let _ = writeln!(text, "can do: {}", self.capabilities().join(", "));
        if let Some(instructions) = facts.instructions.as_deref().and_then(|text| text.lines().next()) {
            let _ = writeln!(text, "says: {instructions}");
        }
        let rows = tools.iter().zip(&self.costs);
        let rows = rows.map(|(tool, cost)| {
            [signature(tool), hints(tool), cost.to_string(), first_line(&tool.description)]
        });
        table(&mut text, ["TOOL", "HINTS", "TOKENS", "DESCRIPTION"], rows);
        let rows = resources.iter().map(|one| {
            [one.uri.clone(), one.mime_type.clone().unwrap_or_default(), first_line(&one.description)]
        });
        table(&mut text, ["RESOURCE", "TYPE", "DESCRIPTION"], rows);
        let rows = templates.iter().map(|one| {
            [
                one.uri_template.clone(),
                one.mime_type.clone().unwrap_or_default(),
                first_line(&one.description),
            ]
        });
        table(&mut text, ["TEMPLATE", "TYPE", "DESCRIPTION"], rows);
        let rows = prompts.iter().map(|one| {
            let arguments = one.arguments.iter().flatten();
            let arguments = arguments
                .map(|one| format!("{}{}", one.name, if one.required == Some(true) { "" } else { "?" }));
            [
                format!("{}({})", one.name, arguments.collect::<Vec<_>>().join(", ")),
                first_line(&one.description),
            ]
        });
        table(&mut text, ["PROMPT", "DESCRIPTION"], rows);
        let rows = self.findings.iter().map(|finding| {
            [
                finding.level.name().to_owned(),
                finding.rule.to_owned(),
                finding.place.clone(),
                finding.advice.clone(),
            ]
        });
        table(&mut text, ["FINDING", "RULE", "WHERE", "ADVICE"], rows);
        let counts = (tools.len(), self.total(), cost::HOW, self.findings.len());
        let _ = write!(
            text,
            "\n{} tools, about {} tokens ({})\n{} findings\n",
            counts.0, counts.1, counts.2, counts.3
        );
        plain(&text)
    }

    /// A page.
    pub(super) fn markdown(&self) -> String {
        let Offers { facts, tools, resources, templates, prompts } = &self.offers;
        let mut text = format!("# {} {}\n", facts.server.name, facts.server.version);
        if let Some(instructions) = &facts.instructions {
            let _ = write!(text, "\n{instructions}\n");
        }
        let _ = write!(
            text,
            "\nProtocol {}. Can do: {}. Its tools are about {} tokens ({}).\n",
            facts.version,
            self.capabilities().join(", "),
            self.total(),
            cost::HOW
        );
        for (index, tool) in tools.iter().enumerate() {
            let title = if index == 0 { "\n## Tools\n" } else { "" };
            let description = tool.description.as_deref().unwrap_or_default();
            let _ = write!(text, "{title}\n### `{}`\n\n{description}\n", tool.name);
            let properties = tool.input_schema.get("properties").and_then(Value::as_object);
            for (index, name) in properties.into_iter().flat_map(|all| all.keys()).enumerate() {
                let gap = if index == 0 { "\n" } else { "" };
                let _ = writeln!(text, "{gap}- {}", arguments::described(name, &tool.input_schema));
            }
        }
        let resources = resources.iter().map(|one| (&one.uri, &one.description));
        let prompts = prompts.iter().map(|one| (&one.name, &one.description));
        let templates = templates.iter().map(|one| (&one.uri_template, &one.description));
        section(&mut text, "Resources", resources);
        section(&mut text, "Resource templates", templates);
        section(&mut text, "Prompts", prompts);
        for (index, finding) in self.findings.iter().enumerate() {
            let title = if index == 0 { "\n## Findings\n\n" } else { "" };
            let (level, rule) = (finding.level.name(), finding.rule);
            let _ = writeln!(text, "{title}- {level} `{rule}` {}: {}", finding.place, finding.advice);
        }
        plain(&text)
    }

    /// Everything.
    pub(super) fn json(&self) -> Value {
        let mut json = self.offers.json();
        json["capabilities"] = json!(self.offers.facts.capabilities);
        let tools = self.offers.tools.iter().zip(&self.costs);
        let tools: serde_json::Map<_, _> =
            tools.map(|(tool, cost)| (tool.name.clone(), json!(cost))).collect();
        json["tokens"] = json!({"total": self.total(), "tools": tools, "how": cost::HOW});
        let finding = |one: &Finding| json!({"level": one.level.name(), "rule": one.rule, "where": one.place, "advice": one.advice});
        json["findings"] = self.findings.iter().map(finding).collect();
        json
    }
}

fn first_line(text: &Option<String>) -> String {
    text.as_deref().and_then(|text| text.lines().next()).unwrap_or_default().trim().to_owned()
}

fn hints(tool: &Tool) -> String {
    let Some(hints) = &tool.annotations else { return "-".into() };
    let all = [
        (hints.read_only_hint, "read-only"),
        (hints.destructive_hint, "destructive"),
        (hints.idempotent_hint, "idempotent"),
        (hints.open_world_hint, "open-world"),
    ];
    let said: Vec<_> =
        all.iter().filter(|(is_said, _)| *is_said == Some(true)).map(|(_, name)| *name).collect();
    if said.is_empty() { "-".into() } else { said.join(" ") }
}

fn section<'a>(
    text: &mut String,
    title: &str,
    items: impl Iterator<Item = (&'a String, &'a Option<String>)>,
) {
    for (index, (name, description)) in items.enumerate() {
        let title = if index == 0 { format!("\n## {title}\n\n") } else { String::new() };
        let _ = writeln!(text, "{title}- `{name}`: {}", first_line(description));
    }
}

/// Columns as wide as what stands in them, up to a limit; the last one as long as it is.
fn table<const N: usize>(text: &mut String, head: [&str; N], rows: impl Iterator<Item = [String; N]>) {
    const WIDEST: usize = 60;
    let rows: Vec<[String; N]> = rows.collect();
    if rows.is_empty() {
        return;
    }
    let length = |text: &str| text.chars().count();
    let width = |column: usize| {
        let longest = rows.iter().map(|row| length(&row[column])).filter(|length| *length <= WIDEST).max();
        longest.unwrap_or(0).max(length(head[column]))
    };
    let widths: [usize; N] = std::array::from_fn(width);
    text.push('\n');
    let head = head.map(str::to_owned);
    for row in std::iter::once(&head).chain(&rows) {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let _ = write!(line, "{cell:<width$}  ", width = widths[column]);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}
