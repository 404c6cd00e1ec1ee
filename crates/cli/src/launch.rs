//! How a server is started or reached.

use std::time::Duration;

use serde_json::{Value, json};
use toolwright::Client;
use toolwright::client::{Command, Options, Target};

use crate::outcome::Failure;
use crate::show;

/// How a server is started or reached, as a client's settings say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Launch {
    Command { command: String, args: Vec<String>, env: Vec<(String, String)> },
    Url { url: String, headers: Vec<(String, String)> },
}

impl Launch {
    /// A text that is a URL, without headers.
    pub(crate) fn of_url(text: &str) -> Option<Self> {
        let is_url = text.starts_with("http://") || text.starts_with("https://");
        is_url.then(|| Self::Url { url: text.to_owned(), headers: Vec::new() })
    }

    /// What to connect to.
    pub(crate) fn target(&self) -> Target {
        match self {
            Self::Command { command, args, env } => {
                let mut start = Command::new(command).args(args);
                for (name, value) in env {
                    start = start.env(name, value);
                }
                start.into()
            }
            Self::Url { url, headers } => {
                let with = |target: Target, (name, value): &(String, String)| target.header(name, value);
                headers.iter().fold(Target::url(url), with)
            }
        }
    }

    /// With `${NAME}` and `${env:NAME}` replaced by variables, as clients do it.
    ///
    /// # Errors
    ///
    /// Names what only the client itself can fill in.
    pub(crate) fn filled(&self, variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let one = |text: &String| filled(text, &variable);
        Ok(match self {
            Self::Command { command, args, env } => Self::Command {
                command: one(command)?,
                args: args.iter().map(one).collect::<Result<_, _>>()?,
                env: filled_pairs(env, &variable)?,
            },
            Self::Url { url, headers } => {
                Self::Url { url: one(url)?, headers: filled_pairs(headers, &variable)? }
            }
        })
    }

    /// The command line or the URL, without variables and headers, which may hold secrets.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Url { url, .. } => show::plain(url),
            Self::Command { command, args, .. } => {
                let words = std::iter::once(command).chain(args).map(|word| quoted(word));
                show::plain(&words.collect::<Vec<_>>().join(" "))
            }
        }
    }

    /// The same for programs; of variables and headers only the names.
    pub(crate) fn json(&self) -> Value {
        let names = |pairs: &[(String, String)]| -> Vec<String> {
            pairs.iter().map(|(name, _)| name.clone()).collect()
        };
        match self {
            Self::Command { command, args, env } => {
                json!({"command": command, "args": args, "env": names(env)})
            }
            Self::Url { url, headers } => json!({"url": url, "headers": names(headers)}),
        }
    }
}

/// How our client behaves when it only looks whether a server works.
pub(crate) fn looking(seconds: u64) -> Options {
    Client::options().name("toolwright", env!("CARGO_PKG_VERSION")).timeout(Duration::from_secs(seconds))
}

/// Names and values, as they are typed: `NAME=VALUE`, or with another letter between them.
pub(crate) fn pairs(given: &[String], by: char, advice: &str) -> Result<Vec<(String, String)>, Failure> {
    let pair = |text: &String| match text.split_once(by) {
        Some((name, value)) if !name.trim().is_empty() => {
            let value = if by == ':' { value.trim() } else { value };
            Ok((name.trim().to_owned(), value.to_owned()))
        }
        // What was typed may be a secret.
        _ => Err(Failure::wrong(advice)),
    };
    given.iter().map(pair).collect()
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./=:@%+,\\".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The same of values behind their names.
pub(crate) fn filled_pairs(
    pairs: &[(String, String)],
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<Vec<(String, String)>, String> {
    pairs.iter().map(|(name, value)| Ok((name.clone(), filled(value, variable)?))).collect()
}

/// A text in which `${NAME}` stands for a variable.
fn filled(text: &str, variable: &impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let (mut whole, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else { break };
        let (name, default) =
            name.split_once(":-").map_or((name, None), |(name, default)| (name, Some(default)));
        let value = variable(name.strip_prefix("env:").unwrap_or(name));
        let value = value.or(default.map(str::to_owned));
        let missing =
            || format!("`${{{name}}}` has no value here: only the client may be able to fill it in");
        whole.push_str(before);
        whole.push_str(&value.ok_or_else(missing)?);
        rest = after;
    }
    Ok(whole + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_and_the_missing_are_named() {
        let variable = |name: &str| (name == "TOKEN").then(|| "t".to_owned());
        for (text, expected) in [
            ("a ${TOKEN} b", Ok("a t b")),
            ("${env:TOKEN}${TOKEN}", Ok("tt")),
            ("${NONE:-x}", Ok("x")),
            ("$TOKEN ${", Ok("$TOKEN ${")),
            ("${input:key}", Err("input:key")),
        ] {
            match (filled(text, &variable), expected) {
                (Ok(is), Ok(expected)) => assert_eq!(is, expected),
                (Err(why), Err(part)) => assert!(why.contains(part), "{why}"),
                (is, _) => panic!("{text}: {is:?}"),
            }
        }
    }

    #[test]
    fn what_is_shown_can_be_typed_and_holds_no_secret() {
        let launch = Launch::Command {
            command: "/bin/a b".into(),
            args: vec!["--db=x".into(), String::new(), "it's".into()],
            env: vec![("TOKEN".into(), "secret".into())],
        };
        assert_eq!(launch.shown(), r"'/bin/a b' --db=x '' 'it'\''s'");
        assert!(!launch.json().to_string().contains("secret"));
    }
}
