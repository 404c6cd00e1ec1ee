//! The machine that settings are looked for on: its system, its variables, its folders.

use std::path::{Path, PathBuf};

/// Which conventions paths follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Os {
    Linux,
    Mac,
    Windows,
}

/// What decides where a file is.
pub(crate) struct Machine {
    pub(crate) os: Os,
    /// The current folder.
    pub(crate) folder: PathBuf,
    variable: Variables,
}

/// What a variable holds.
type Variables = Box<dyn Fn(&str) -> Option<String>>;

/// Where a file is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Where {
    At(PathBuf),
    /// A pattern fits more than one.
    Several(Vec<PathBuf>),
    Nowhere,
}

impl Machine {
    /// This one.
    pub(crate) fn here() -> Self {
        let os = match std::env::consts::OS {
            "macos" => Os::Mac,
            "windows" => Os::Windows,
            _ => Os::Linux,
        };
        let folder = std::env::current_dir().unwrap_or_default();
        Self { os, folder, variable: Box::new(|name| std::env::var(name).ok()) }
    }

    /// The first of these files that exists, or else the first that could.
    pub(crate) fn find(&self, paths: &[&str]) -> Where {
        self.first(paths.iter().filter_map(|path| {
            let (base, rest) = path.split_once('/')?;
            Some((self.base(base)?, rest.to_owned()))
        }))
    }

    /// The same in the current folder.
    pub(crate) fn in_folder(&self, paths: &[&str]) -> Where {
        self.first(paths.iter().map(|path| (self.folder.clone(), (*path).to_owned())))
    }

    fn first(&self, paths: impl Iterator<Item = (PathBuf, String)>) -> Where {
        let mut first = None;
        for (base, rest) in paths {
            if let Some((before, after)) = rest.split_once('*') {
                // An app that is installed has its file there and nowhere else.
                let mut fitting = fitting(&base, before, after);
                match fitting.len() {
                    0 => continue,
                    1 => return Where::At(fitting.remove(0)),
                    _ => return Where::Several(fitting),
                }
            }
            let path = under(&base, &rest);
            if path.exists() {
                return Where::At(path);
            }
            first = first.or(Some(path));
        }
        first.map_or(Where::Nowhere, Where::At)
    }

    fn base(&self, base: &str) -> Option<PathBuf> {
        let variable = |name: &str| {
            let value = (self.variable)(name).filter(|value| !value.is_empty());
            value.map(PathBuf::from)
        };
        let home = || match self.os {
            Os::Windows => variable("USERPROFILE"),
            _ => variable("HOME"),
        };
        match base {
            "~" => home(),
            "$XDG_CONFIG_HOME" => variable("XDG_CONFIG_HOME").or_else(|| Some(home()?.join(".config"))),
            "$APPDATA" => variable("APPDATA").or_else(|| Some(home()?.join("AppData").join("Roaming"))),
            "$LOCALAPPDATA" => {
                variable("LOCALAPPDATA").or_else(|| Some(home()?.join("AppData").join("Local")))
            }
            _ => variable(base.strip_prefix('$')?),
        }
    }
}

fn under(base: &Path, rest: &str) -> PathBuf {
    rest.split('/').fold(base.to_path_buf(), |path, name| path.join(name))
}

/// The paths that a pattern with one star, at the end of a folder's name, stands for.
fn fitting(base: &Path, before: &str, after: &str) -> Vec<PathBuf> {
    let (folder, begins) = before.rsplit_once('/').unwrap_or(("", before));
    let folder = if folder.is_empty() { base.to_path_buf() } else { under(base, folder) };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let fits = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with(begins);
    let mut found: Vec<_> =
        entries.filter(fits).map(|entry| under(&entry.path(), after.trim_start_matches('/'))).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::super::{CLIENTS, find};
    use super::*;

    fn machine(os: Os, variables: &[(&'static str, &str)]) -> Machine {
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let variable = move |name: &str| Some(variables.iter().find(|(known, _)| *known == name)?.1.clone());
        Machine { os, folder: "/none".into(), variable: Box::new(variable) }
    }

    /// Where a client's file is, with `/` whatever system this is.
    fn file(machine: &Machine, id: &str) -> String {
        let place = find(id).unwrap().place(machine, false).unwrap();
        place.file.to_string_lossy().replace('\\', "/")
    }

    fn files(machine: &Machine) -> Vec<String> {
        let known = CLIENTS.iter().filter(|client| client.id != "json");
        known.map(|client| format!("{} {}", client.id, file(machine, client.id))).collect()
    }

    #[test]
    fn files_on_linux() {
        let home = machine(Os::Linux, &[("HOME", "/h")]);
        assert_eq!(
            files(&home),
            [
                "claude-desktop /h/.config/Claude/claude_desktop_config.json",
                "claude-code /h/.claude.json",
                "cursor /h/.cursor/mcp.json",
                "vscode /h/.config/Code/User/mcp.json",
                "windsurf /h/.codeium/windsurf/mcp_config.json",
                "zed /h/.config/zed/settings.json",
                "gemini-cli /h/.gemini/settings.json",
                "codex /h/.codex/config.toml",
                "goose /h/.config/goose/config.yaml",
                "lm-studio /h/.lmstudio/mcp.json",
                "opencode /h/.config/opencode/opencode.json",
                "copilot-cli /h/.copilot/mcp-config.json",
                "cline /h/.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
                "kiro /h/.kiro/settings/mcp.json",
                "antigravity /h/.gemini/config/mcp_config.json",
                "inspector /h/.mcp-inspector/mcp.json",
            ]
        );
        let named =
            [("HOME", "/h"), ("XDG_CONFIG_HOME", "/x"), ("CODEX_HOME", "/c"), ("CLAUDE_CONFIG_DIR", "/d")];
        let named = machine(Os::Linux, &named);
        assert_eq!(file(&named, "zed"), "/x/zed/settings.json");
        assert_eq!(file(&named, "codex"), "/c/config.toml");
        assert_eq!(file(&named, "claude-code"), "/d/.claude.json");
    }

    #[test]
    fn files_on_macos() {
        let home = machine(Os::Mac, &[("HOME", "/Users/me")]);
        assert_eq!(
            files(&home),
            [
                "claude-desktop /Users/me/Library/Application Support/Claude/claude_desktop_config.json",
                "claude-code /Users/me/.claude.json",
                "cursor /Users/me/.cursor/mcp.json",
                "vscode /Users/me/Library/Application Support/Code/User/mcp.json",
                "windsurf /Users/me/.codeium/windsurf/mcp_config.json",
                "zed /Users/me/.config/zed/settings.json",
                "gemini-cli /Users/me/.gemini/settings.json",
                "codex /Users/me/.codex/config.toml",
                "goose /Users/me/.config/goose/config.yaml",
                "lm-studio /Users/me/.lmstudio/mcp.json",
                "opencode /Users/me/.config/opencode/opencode.json",
                "copilot-cli /Users/me/.copilot/mcp-config.json",
                "cline /Users/me/Library/Application Support/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
                "kiro /Users/me/.kiro/settings/mcp.json",
                "antigravity /Users/me/.gemini/config/mcp_config.json",
                "inspector /Users/me/.mcp-inspector/mcp.json",
            ]
        );
    }

    #[test]
    fn files_on_windows() {
        let home = machine(Os::Windows, &[("USERPROFILE", "C:/me"), ("APPDATA", "C:/me/Roam")]);
        assert_eq!(
            files(&home),
            [
                "claude-desktop C:/me/Roam/Claude/claude_desktop_config.json",
                "claude-code C:/me/.claude.json",
                "cursor C:/me/.cursor/mcp.json",
                "vscode C:/me/Roam/Code/User/mcp.json",
                "windsurf C:/me/.codeium/windsurf/mcp_config.json",
                "zed C:/me/Roam/Zed/settings.json",
                "gemini-cli C:/me/.gemini/settings.json",
                "codex C:/me/.codex/config.toml",
                "goose C:/me/Roam/Block/goose/config/config.yaml",
                "lm-studio C:/me/.lmstudio/mcp.json",
                "opencode C:/me/.config/opencode/opencode.json",
                "copilot-cli C:/me/.copilot/mcp-config.json",
                "cline C:/me/Roam/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
                "kiro C:/me/.kiro/settings/mcp.json",
                "antigravity C:/me/.gemini/config/mcp_config.json",
                "inspector C:/me/.mcp-inspector/mcp.json",
            ]
        );
    }

    #[test]
    fn the_app_from_the_store_has_its_own_file_and_two_of_them_are_asked_about() {
        let local = tempfile::tempdir().unwrap();
        let package = |name: &str| {
            let path = local.path().join("Packages").join(name);
            std::fs::create_dir_all(path).unwrap();
        };
        let root = local.path().to_string_lossy().into_owned();
        let store = machine(Os::Windows, &[("LOCALAPPDATA", &root), ("APPDATA", "C:/roam")]);
        package("Other_1");
        assert_eq!(file(&store, "claude-desktop"), "C:/roam/Claude/claude_desktop_config.json");
        package("Claude_1");
        let found = file(&store, "claude-desktop");
        assert!(
            found.ends_with("Packages/Claude_1/LocalCache/Roaming/Claude/claude_desktop_config.json"),
            "{found}"
        );
        package("Claude_2");
        let why = find("claude-desktop").unwrap().place(&store, false).unwrap_err().why;
        assert!(why.contains("Claude_1") && why.contains("Claude_2") && why.contains("--file"), "{why}");
    }

    #[test]
    fn of_several_files_the_one_that_exists_is_meant() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().to_string_lossy().into_owned();
        let machine = machine(Os::Linux, &[("HOME", &root)]);
        std::fs::create_dir(home.path().join(".codeium")).unwrap();
        std::fs::write(home.path().join(".codeium/mcp_config.json"), "{}").unwrap();
        assert!(file(&machine, "windsurf").ends_with(".codeium/mcp_config.json"));
    }

    #[test]
    fn without_a_home_there_is_no_file() {
        let why = find("zed").unwrap().place(&machine(Os::Linux, &[]), false).unwrap_err().why;
        assert!(why.contains("set HOME"), "{why}");
    }
}
