//! The list of known breaches, which may only shrink.

use super::finding::Finding;

/// Where the list is, from the root.
pub(super) const LIST: &str = "xtask/ratchet.txt";

/// Rules with a limit are counted by the largest offender, the others by the number of offenders.
const MEASURED: [&str; 2] = ["body", "function"];

struct Entry<'a> {
    line: usize,
    path: &'a str,
    rule: &'a str,
    limit: usize,
}

/// Drops the findings that the list knows; adds one for each entry that is wrong or too generous.
pub(super) fn apply(list: &str, findings: Vec<Finding>) -> Vec<Finding> {
    let (entries, mut complaints) = parse(list);
    let mut open = findings;
    for entry in entries {
        let value = value(&entry, &open);
        let complaint = |advice: String| Finding::new(LIST, entry.line, "ratchet", advice);
        if value == 0 {
            complaints.push(complaint(format!(
                "{} no longer breaks `{}`: delete this line",
                entry.path, entry.rule
            )));
        } else if value < entry.limit {
            complaints
                .push(complaint(format!("{} `{}` is down to {value}: write that", entry.path, entry.rule)));
        }
        if value <= entry.limit {
            open.retain(|finding| !entry.covers(finding));
        }
    }
    open.append(&mut complaints);
    open
}

impl Entry<'_> {
    fn covers(&self, finding: &Finding) -> bool {
        finding.path == self.path && finding.rule == self.rule
    }
}

fn value(entry: &Entry<'_>, findings: &[Finding]) -> usize {
    let known = findings.iter().filter(|finding| entry.covers(finding));
    if MEASURED.contains(&entry.rule) {
        known.map(|finding| finding.size).max().unwrap_or(0)
    } else {
        known.count()
    }
}

fn parse(list: &str) -> (Vec<Entry<'_>>, Vec<Finding>) {
    let (mut entries, mut complaints) = (Vec::new(), Vec::new());
    for (line, text) in list.lines().enumerate() {
        let text = text.split('#').next().unwrap_or_default().trim();
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            [] => {}
            [path, rule, limit] if limit.parse::<usize>().is_ok() => {
                entries.push(Entry { line, path, rule, limit: limit.parse().unwrap_or(0) });
            }
            _ => complaints.push(Finding::new(LIST, line, "ratchet", "an entry is `path rule limit`")),
        }
    }
    (entries, complaints)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(list: &str) -> Vec<&'static str> {
        let long = Finding::new("a.rs", 0, "body", "long").sized(450);
        let versions = (0..2).map(|line| Finding::new("b.rs", line, "versions", "no"));
        let findings = std::iter::once(long).chain(versions).collect();
        apply(list, findings).iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn exact_entries_are_accepted() {
        assert_eq!(left("# why\na.rs body 450\nb.rs versions 2 # until then\n"), Vec::<&str>::new());
    }

    #[test]
    fn an_entry_can_only_shrink() {
        assert_eq!(left("a.rs body 460\nb.rs versions 2\n"), ["ratchet"]);
        assert_eq!(left("a.rs body 440\nb.rs versions 2\n"), ["body"]);
    }

    #[test]
    fn an_entry_without_a_breach_is_an_error() {
        assert_eq!(left("a.rs body 450\nb.rs versions 2\nc.rs body 500\n"), ["ratchet"]);
    }
}
