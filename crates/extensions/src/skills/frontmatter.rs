//! The head of a `SKILL.md`: YAML between two lines of three dashes.

use serde_json::{Map, Value};

use super::skill::InvalidSkill;

/// The head as JSON, whatever its author wrote in it, with a name and a description that are legal.
///
/// <https://agentskills.io/specification>
pub(super) fn read(text: &str) -> Result<Map<String, Value>, InvalidSkill> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let yaml = head(text).ok_or_else(|| {
        InvalidSkill::new(
            "`SKILL.md` begins with its head: `---`, `name: …`, `description: …`, `---`, a line each",
        )
    })?;
    let options = serde_saphyr::options! { strict_booleans: true };
    let head: Value = serde_saphyr::from_str_with_options(yaml, options)
        .map_err(|error| InvalidSkill::new(format!("the head of `SKILL.md` is not YAML: {error}")))?;
    let Value::Object(head) = head else {
        return Err(InvalidSkill::new("the head of `SKILL.md` has members: `name: …`, `description: …`"));
    };
    if !head.get("name").and_then(Value::as_str).is_some_and(is_name) {
        return Err(InvalidSkill::new(
            "`name` in the head of `SKILL.md` has 1 to 64 characters of a-z 0-9 and single dashes between them",
        ));
    }
    let description = head.get("description").and_then(Value::as_str).map(|text| text.chars().count());
    if !description.is_some_and(|length| (1..=1024).contains(&length)) {
        return Err(InvalidSkill::new("`description` in the head of `SKILL.md` has 1 to 1024 characters"));
    }
    Ok(head)
}

fn head(text: &str) -> Option<&str> {
    let first = text.split_inclusive('\n').next()?;
    if first.trim_end_matches(['\r', '\n']) != "---" {
        return None;
    }
    let start = first.len();
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some(&text[start..at]);
        }
        at += line.len();
    }
    None
}

fn is_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() <= 64 && name.chars().all(legal) && name.split('-').all(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_head_is_told_as_it_was_written() {
        let text = "---\r\nname: a-b1\ndescription: >-\n  Two\n  lines\nallowed-tools: [x]\nmetadata:\n  version: \"2.1\"\n  \
            count: 3\n  on: yes\n---  \nbody\n---\n";
        let head = read(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            Value::Object(head),
            json!({
                "name": "a-b1", "description": "Two lines", "allowed-tools": ["x"],
                "metadata": {"version": "2.1", "count": 3, "on": "yes"}
            })
        );
    }

    #[test]
    fn a_head_that_is_none_is_refused() {
        let long = format!("---\nname: {}\ndescription: d\n---\n", "a".repeat(65));
        for text in [
            "",
            "---",
            "name: a\ndescription: b\n",
            "---\nname: a\ndescription: b\n",
            "---\n- a\n---\n",
            "---\nname: a\n---\n",
            "---\nname: A\ndescription: b\n---\n",
            "---\nname: a--b\ndescription: b\n---\n",
            "---\nname: -a\ndescription: b\n---\n",
            "---\nname: a\ndescription: ''\n---\n",
            "---\nname: [\n---\n",
            "---\nname: 7\ndescription: b\n---\n",
            &long,
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_head_that_grows_without_end_is_refused() {
        let mut bomb = "---\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = format!("*a{}, ", level - 1).repeat(10);
            bomb.push_str(&format!("a{level}: &a{level} [{}]\n", before.trim_end_matches(", ")));
        }
        assert!(read(&(bomb + "name: a\ndescription: b\n---\n")).is_err());
    }
}
