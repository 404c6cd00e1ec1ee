//! What is wrong with the tools that a server offers.

use std::collections::HashSet;

use super::Finding;
use crate::look::Look;

/// The longest description, in characters, that every model is given whole.
const DESCRIPTION: usize = 1024;
/// The longest name that every client takes, with the server's before it.
const NAME: usize = 64;
/// From so many tools on, some clients leave some out.
const TOOLS: usize = 40;

pub(super) fn findings(target: &str, seen: &Look) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut names = HashSet::new();
    for tool in &seen.tools {
        let subject = format!("{target}: tool `{}`", tool.name);
        if !names.insert(&tool.name) {
            findings.push(Finding::error(
                &subject,
                "is there more than once".into(),
                "give one of them another name: a client can only call one".into(),
            ));
        }
        let is_safe = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
        if tool.name.len() > NAME || tool.name.is_empty() || !tool.name.chars().all(is_safe) {
            let next = format!("use letters, digits, `_` and `-`, at most {NAME}");
            findings.push(Finding::warning(&subject, "has a name that some clients refuse".into(), next));
        }
        match tool.description.as_deref().map(|text| text.trim().chars().count()) {
            None | Some(0) => findings.push(Finding::warning(
                &subject,
                "has no description".into(),
                "say what it does and when to use it: models choose by that".into(),
            )),
            Some(length) if length > DESCRIPTION => findings.push(Finding::warning(
                &subject,
                format!("has a description of {length} characters, of which some clients cut off all after {DESCRIPTION}"),
                "put details into the descriptions of the arguments, or into the instructions".into(),
            )),
            Some(_) => {}
        }
        if tool.input_schema.get("type").and_then(|kind| kind.as_str()) != Some("object") {
            findings.push(Finding::error(
                &subject,
                "has an input schema whose type is not `object`".into(),
                "arguments are always an object: say so at the schema's root".into(),
            ));
        }
    }
    if seen.tools.len() > TOOLS {
        let cause = format!("offers {} tools; some clients show only the first {TOOLS}", seen.tools.len());
        let next = "part it into several servers, or switch off what is not used".into();
        findings.push(Finding::warning(target, cause, next));
    }
    findings
}
