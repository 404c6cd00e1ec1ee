//! What instances say to each other: who says it, and what.

use std::str;

use toolwright_core::change::Change;

/// The channels.
pub(super) const CHANGES: &str = "changes";
pub(super) const TASKS: &str = "tasks";
pub(super) const SESSIONS: &str = "sessions";

const RESOURCE: &str = "resource:";

/// A message from an instance.
pub(super) fn message(from: &str, text: &str) -> String {
    format!("{from}\n{text}")
}

/// What another instance than ours said.
pub(super) fn from_others<'a>(message: &'a [u8], ours: &str) -> Option<&'a str> {
    let (from, text) = str::from_utf8(message).ok()?.split_once('\n')?;
    (from != ours).then_some(text)
}

/// How other instances are told of a change, if they are.
pub(super) fn written(change: &Change) -> Option<String> {
    Some(match change {
        Change::Tools => "tools".into(),
        Change::Prompts => "prompts".into(),
        Change::Resources => "resources".into(),
        Change::Resource(uri) => format!("{RESOURCE}{uri}"),
        Change::Everything => "everything".into(),
        // Of tasks their store tells.
        _ => return None,
    })
}

/// What a newer instance says that we do not know may be anything.
pub(super) fn read(text: &str) -> Change {
    match text {
        "tools" => Change::Tools,
        "prompts" => Change::Prompts,
        "resources" => Change::Resources,
        _ => text.strip_prefix(RESOURCE).map_or(Change::Everything, |uri| Change::Resource(uri.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_written_and_read() {
        let resource = Change::Resource("file:///a\nb".into());
        for change in [Change::Tools, Change::Prompts, Change::Resources, resource, Change::Everything] {
            assert_eq!(read(&written(&change).unwrap()), change);
        }
        assert_eq!(written(&Change::Task("id".into())), None);
        assert_eq!(read("prices"), Change::Everything);
    }

    #[test]
    fn what_an_instance_says_itself_it_does_not_hear() {
        let message = message("a", "x\ny");
        assert_eq!(from_others(message.as_bytes(), "b"), Some("x\ny"));
        assert_eq!(from_others(message.as_bytes(), "a"), None);
        assert_eq!(from_others(b"nothing", "a"), None);
    }
}
