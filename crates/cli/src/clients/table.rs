//! The table of clients.

use super::Client;
use crate::settings::Format;

const PLAIN: &str = r#"{"command": "$COMMAND", "args": "$ARGS", "env": "$ENV"}"#;
const PLAIN_URL: &str = r#"{"url": "$URL", "headers": "$HEADERS"}"#;
const TYPED: &str = r#"{"type": "stdio", "command": "$COMMAND", "args": "$ARGS", "env": "$ENV"}"#;
const TYPED_URL: &str = r#"{"type": "http", "url": "$URL", "headers": "$HEADERS"}"#;

const SERVER_URL: &str = r#"{"serverUrl": "$URL", "headers": "$HEADERS"}"#;

/// In JSON, in `mcpServers`, for no client in particular.
const JSON: Client = Client {
    id: "json",
    title: "a file mcp.json",
    linux: &[],
    mac: &[],
    windows: &[],
    project: &["mcp.json"],
    format: Format::Json,
    key: "mcpServers",
    folders: None,
    command: PLAIN,
    url: Some(PLAIN_URL),
    link: None,
    next: "Give the file to the client.",
};

/// All clients that are known.
pub(crate) const CLIENTS: &[Client] = &[
    Client {
        id: "claude-desktop",
        title: "Claude Desktop",
        linux: &["$XDG_CONFIG_HOME/Claude/claude_desktop_config.json"],
        mac: &["~/Library/Application Support/Claude/claude_desktop_config.json"],
        // The app from the store has a file system of its own.
        windows: &[
            "$LOCALAPPDATA/Packages/Claude_*/LocalCache/Roaming/Claude/claude_desktop_config.json",
            "$APPDATA/Claude/claude_desktop_config.json",
        ],
        project: &[],
        url: None,
        next: "Restart Claude Desktop. Its logs: ~/Library/Logs/Claude/mcp-server-NAME.log on macOS, \
               %APPDATA%\\Claude\\logs on Windows.",
        ..JSON
    },
    Client {
        id: "claude-code",
        title: "Claude Code",
        linux: &["$CLAUDE_CONFIG_DIR/.claude.json", "~/.claude.json"],
        mac: &["$CLAUDE_CONFIG_DIR/.claude.json", "~/.claude.json"],
        windows: &["$CLAUDE_CONFIG_DIR/.claude.json", "~/.claude.json"],
        project: &[".mcp.json"],
        folders: Some("projects"),
        command: TYPED,
        url: Some(TYPED_URL),
        next: "Look with `claude mcp list`; a session that is open learns it by /mcp. A project's server waits for \
               your approval there.",
        ..JSON
    },
    Client {
        id: "cursor",
        title: "Cursor",
        linux: &["~/.cursor/mcp.json"],
        mac: &["~/.cursor/mcp.json"],
        windows: &["~/.cursor/mcp.json"],
        project: &[".cursor/mcp.json"],
        link: Some("cursor://anysphere.cursor-deeplink/mcp/install?name=$NAME&config=$BASE64"),
        next: "Switch it on in Cursor Settings → MCP. Its log: Output → MCP Logs.",
        ..JSON
    },
    Client {
        id: "vscode",
        title: "VS Code",
        linux: &["$XDG_CONFIG_HOME/Code/User/mcp.json"],
        mac: &["~/Library/Application Support/Code/User/mcp.json"],
        windows: &["$APPDATA/Code/User/mcp.json"],
        project: &[".vscode/mcp.json"],
        key: "servers",
        command: TYPED,
        url: Some(TYPED_URL),
        link: Some("vscode:mcp/install?$JSON"),
        next: "Start it with the command `MCP: List Servers`, which shows its output as well.",
        ..JSON
    },
    Client {
        id: "windsurf",
        title: "Windsurf",
        linux: &["~/.codeium/windsurf/mcp_config.json", "~/.codeium/mcp_config.json"],
        mac: &["~/.codeium/windsurf/mcp_config.json", "~/.codeium/mcp_config.json"],
        windows: &["~/.codeium/windsurf/mcp_config.json", "~/.codeium/mcp_config.json"],
        project: &[],
        url: Some(SERVER_URL),
        next: "Press Refresh in Windsurf Settings → Cascade → MCP servers.",
        ..JSON
    },
    Client {
        id: "zed",
        title: "Zed",
        linux: &["$XDG_CONFIG_HOME/zed/settings.json"],
        mac: &["$XDG_CONFIG_HOME/zed/settings.json"],
        windows: &["$APPDATA/Zed/settings.json"],
        project: &[".zed/settings.json"],
        key: "context_servers",
        command: r#"{"source": "custom", "command": "$COMMAND", "args": "$ARGS", "env": "$ENV"}"#,
        next: "Zed has read it already: see the agent panel's settings. Its log: the command `zed: open log`.",
        ..JSON
    },
    Client {
        id: "gemini-cli",
        title: "Gemini CLI",
        linux: &["~/.gemini/settings.json"],
        mac: &["~/.gemini/settings.json"],
        windows: &["~/.gemini/settings.json"],
        project: &[".gemini/settings.json"],
        url: Some(TYPED_URL),
        next: "Look with `gemini mcp list`, in a folder that Gemini CLI trusts.",
        ..JSON
    },
    Client {
        id: "codex",
        title: "Codex CLI",
        linux: &["$CODEX_HOME/config.toml", "~/.codex/config.toml"],
        mac: &["$CODEX_HOME/config.toml", "~/.codex/config.toml"],
        windows: &["$CODEX_HOME/config.toml", "~/.codex/config.toml"],
        project: &[".codex/config.toml"],
        format: Format::Toml,
        key: "mcp_servers",
        url: Some(r#"{"url": "$URL", "http_headers": "$HEADERS"}"#),
        next: "Look with `codex mcp list`. A project's server counts only in a folder that Codex trusts.",
        ..JSON
    },
    Client {
        id: "goose",
        title: "Goose",
        linux: &["$XDG_CONFIG_HOME/goose/config.yaml"],
        mac: &["$XDG_CONFIG_HOME/goose/config.yaml"],
        windows: &["$APPDATA/Block/goose/config/config.yaml"],
        project: &[".goose/config.yaml"],
        format: Format::Yaml,
        key: "extensions",
        command: r#"{"name": "$NAME", "type": "stdio", "cmd": "$COMMAND", "args": "$ARGS", "envs": "$ENV",
                     "enabled": true, "timeout": 300}"#,
        url: Some(
            r#"{"name": "$NAME", "type": "streamable_http", "uri": "$URL", "headers": "$HEADERS",
                "enabled": true, "timeout": 300}"#,
        ),
        next: "Start a new Goose session. Its logs: ~/.local/state/goose/logs.",
        ..JSON
    },
    Client {
        id: "lm-studio",
        title: "LM Studio",
        linux: &["~/.lmstudio/mcp.json"],
        mac: &["~/.lmstudio/mcp.json"],
        windows: &["~/.lmstudio/mcp.json"],
        project: &[],
        link: Some("lmstudio://add_mcp?name=$NAME&config=$BASE64"),
        next: "Switch it on in LM Studio's Program tab.",
        ..JSON
    },
    Client {
        id: "opencode",
        title: "OpenCode",
        linux: &["$XDG_CONFIG_HOME/opencode/opencode.json", "$XDG_CONFIG_HOME/opencode/opencode.jsonc"],
        mac: &["$XDG_CONFIG_HOME/opencode/opencode.json", "$XDG_CONFIG_HOME/opencode/opencode.jsonc"],
        windows: &["$XDG_CONFIG_HOME/opencode/opencode.json", "$XDG_CONFIG_HOME/opencode/opencode.jsonc"],
        project: &["opencode.json", "opencode.jsonc"],
        key: "mcp",
        command: r#"{"type": "local", "command": "$COMMAND_LINE", "environment": "$ENV", "enabled": true}"#,
        url: Some(r#"{"type": "remote", "url": "$URL", "headers": "$HEADERS", "enabled": true}"#),
        next: "Start a new OpenCode session.",
        ..JSON
    },
    Client {
        id: "copilot-cli",
        title: "GitHub Copilot CLI",
        linux: &["~/.copilot/mcp-config.json"],
        mac: &["~/.copilot/mcp-config.json"],
        windows: &["~/.copilot/mcp-config.json"],
        // It reads `.mcp.json`, too: what Claude Code has there.
        project: &[".github/mcp.json"],
        command: r#"{"type": "stdio", "command": "$COMMAND", "args": "$ARGS", "env": "$ENV", "tools": ["*"]}"#,
        url: Some(r#"{"type": "http", "url": "$URL", "headers": "$HEADERS", "tools": ["*"]}"#),
        next: "Look with /mcp in a new session of `copilot`.",
        ..JSON
    },
    Client {
        id: "cline",
        title: "Cline",
        linux: &[
            "$XDG_CONFIG_HOME/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
            "~/.cline/data/settings/cline_mcp_settings.json",
        ],
        mac: &[
            "~/Library/Application Support/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
            "~/.cline/data/settings/cline_mcp_settings.json",
        ],
        windows: &[
            "$APPDATA/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
            "~/.cline/data/settings/cline_mcp_settings.json",
        ],
        project: &[],
        command: r#"{"command": "$COMMAND", "args": "$ARGS", "env": "$ENV", "disabled": false}"#,
        url: Some(r#"{"type": "streamableHttp", "url": "$URL", "headers": "$HEADERS", "disabled": false}"#),
        next: "Cline has read it already: see its MCP Servers, Configure.",
        ..JSON
    },
    Client {
        id: "kiro",
        title: "Kiro",
        linux: &["~/.kiro/settings/mcp.json"],
        mac: &["~/.kiro/settings/mcp.json"],
        windows: &["~/.kiro/settings/mcp.json"],
        project: &[".kiro/settings/mcp.json"],
        next: "Look at Kiro's panel MCP Servers. Its log: Output → Kiro - MCP Logs.",
        ..JSON
    },
    Client {
        id: "antigravity",
        title: "Antigravity",
        linux: &["~/.gemini/config/mcp_config.json"],
        mac: &["~/.gemini/config/mcp_config.json"],
        windows: &["~/.gemini/config/mcp_config.json"],
        project: &[],
        url: Some(SERVER_URL),
        next: "Press Refresh at Manage MCP Servers, in the agent panel.",
        ..JSON
    },
    Client {
        id: "inspector",
        title: "MCP Inspector",
        linux: &["~/.mcp-inspector/mcp.json"],
        mac: &["~/.mcp-inspector/mcp.json"],
        windows: &["~/.mcp-inspector/mcp.json"],
        project: &[],
        command: TYPED,
        url: Some(TYPED_URL),
        next: "Start it with `npx @modelcontextprotocol/inspector`.",
        ..JSON
    },
    JSON,
];
