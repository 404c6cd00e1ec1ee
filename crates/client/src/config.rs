//! Servers by name, as programs such as Claude Desktop keep them in a file.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::process::Command;
use crate::target::Target;

/// Servers by name: what stands below `mcpServers` in the files of Claude, Cursor and others (`servers` in VS Code's).
///
/// In commands, arguments, variables, folders, URLs and headers, `${NAME}` and `${env:NAME}` stand for a variable of the
/// environment, `${NAME:-text}` for that or else the text. They are looked up when a server is connected to.
///
/// ```
/// use toolwright_client::Config;
///
/// let config = Config::parse(
///     r#"{"mcpServers": {
///         "files": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "${HOME}"]},
///         "orders": {"url": "https://orders.example/mcp", "headers": {"X-Team": "${TEAM:-none}"}}
///     }}"#,
/// )?;
/// assert_eq!(config.names(), ["files", "orders"]);
/// # Ok::<(), toolwright_client::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    servers: Vec<(String, Entry)>,
}

#[derive(Clone, Deserialize)]
struct Entry {
    command: Option<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    cwd: Option<String>,
    #[serde(alias = "serverUrl", alias = "httpUrl")]
    url: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    disabled: bool,
}

impl std::fmt::Debug for Entry {
    /// Without arguments, variables and headers: they may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry")
            .field("command", &self.command)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`Error::Gone`], when it cannot be read or understood; the text names the file.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let name = path.as_ref().display();
        let text = std::fs::read_to_string(&path).map_err(|error| Error::Gone(format!("{name}: {error}")))?;
        Self::parse(&text).map_err(|error| Error::Gone(format!("{name}: {error}")))
    }

    /// Reads the text of such a file.
    ///
    /// # Errors
    ///
    /// [`Error::Gone`], when it is no JSON, or lists no servers.
    pub fn parse(text: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct File {
            #[serde(alias = "servers", rename = "mcpServers")]
            servers: Map<String, Value>,
        }
        let File { servers } = serde_json::from_str(text).map_err(|error| Error::Gone(error.to_string()))?;
        let mut read = Vec::new();
        for (name, entry) in servers {
            let entry = serde_json::from_value::<Entry>(entry)
                .map_err(|error| Error::Gone(format!("the server `{name}`: {error}")))?;
            if !entry.disabled {
                read.push((name, entry));
            }
        }
        Ok(Self { servers: read })
    }

    /// The servers' names, in their order in the file, without those that are `disabled`.
    pub fn names(&self) -> Vec<&str> {
        self.servers.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// One of the servers, to connect to.
    ///
    /// # Errors
    ///
    /// [`Error::Gone`], when there is no such server, it has neither a command nor a URL, or a variable is not set.
    pub fn target(&self, name: &str) -> Result<Target> {
        let Some((_, entry)) = self.servers.iter().find(|(named, _)| named == name) else {
            let names = self.names().join(", ");
            return Err(Error::Gone(format!("there is no server `{name}`; there are: {names}")));
        };
        entry.target(&|name| std::env::var(name).ok())
    }
}

impl Entry {
    fn target(&self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Target> {
        let expand = |text: &String| expanded(text, variable);
        match (&self.command, &self.url) {
            (Some(program), None) => {
                let mut command = Command::new(expand(program)?);
                for arg in &self.args {
                    command = command.arg(expand(arg)?);
                }
                for (name, value) in &self.env {
                    command = command.env(name, expand(value)?);
                }
                if let Some(folder) = &self.cwd {
                    command = command.current_dir(expand(folder)?);
                }
                Ok(command.into())
            }
            (None, Some(url)) => {
                let mut target = Target::url(expand(url)?);
                for (name, value) in &self.headers {
                    target = target.header(name, expand(value)?);
                }
                Ok(target)
            }
            _ => Err(Error::Gone("it needs a `command`, or else a `url`".into())),
        }
    }
}

/// A text with the values of the variables that it names.
fn expanded(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<String> {
    let (mut done, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        let Some((named, behind)) = after.split_once('}') else { break };
        let named = named.strip_prefix("env:").unwrap_or(named);
        let (name, default) = named.split_once(":-").map_or((named, None), |(name, text)| (name, Some(text)));
        let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if name.is_empty() || !is_name(name) {
            return Err(Error::Gone(format!(
                "`${{{named}}}` is not known: only variables of the environment are"
            )));
        }
        let value = variable(name).or_else(|| default.map(str::to_owned)).ok_or_else(|| {
            Error::Gone(format!("the variable `{name}` is not set; set it, or write `${{{name}:-text}}`"))
        })?;
        done.push_str(before);
        done.push_str(&value);
        rest = behind;
    }
    done.push_str(rest);
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_expanded_once() {
        let variable = |name: &str| match name {
            "HOME" => Some("/home/me".to_owned()),
            "ODD" => Some("${HOME}".to_owned()),
            _ => None,
        };
        for (text, expected) in [
            ("plain $HOME {x}", "plain $HOME {x}"),
            ("${HOME}/a ${env:HOME}", "/home/me/a /home/me"),
            ("${ODD}", "${HOME}"),
            ("${NONE:-a b}${HOME:-x}", "a b/home/me"),
            ("${HOME", "${HOME"),
        ] {
            assert_eq!(expanded(text, &variable).unwrap(), expected, "{text}");
        }
        for (text, why) in [
            ("a ${NONE}", "the variable `NONE` is not set; set it, or write `${NONE:-text}`"),
            ("${input:key}", "`${input:key}` is not known: only variables of the environment are"),
        ] {
            assert_eq!(expanded(text, &variable).unwrap_err().to_string(), why);
        }
    }

    #[test]
    fn what_is_wrong_in_a_file_is_told_with_the_name_of_the_server() {
        for (text, why) in [
            ("{", "EOF"),
            ("{}", "missing field `mcpServers`"),
            (r#"{"mcpServers": {"a": {"args": 3}}}"#, "the server `a`: invalid type"),
        ] {
            assert!(Config::parse(text).unwrap_err().to_string().contains(why), "{text}");
        }
        let config = Config::parse(
            r#"{"servers": {"a": {"type": "stdio"}, "b": {"command": "x", "disabled": true}, "c": {"command": "x"}}}"#,
        );
        let config = config.unwrap();
        assert_eq!(config.names(), ["a", "c"]);
        assert_eq!(config.target("a").unwrap_err().to_string(), "it needs a `command`, or else a `url`");
        assert_eq!(config.target("b").unwrap_err().to_string(), "there is no server `b`; there are: a, c");
    }
}
