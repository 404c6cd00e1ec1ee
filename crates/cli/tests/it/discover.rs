//! `discover`, `client:name` and `doctor`, in a home of their own.

use serde_json::json;

use crate::home::Home;

#[test]
fn the_servers_of_all_files_are_listed_and_a_broken_file_is_told() {
    let home = Home::new();
    for line in ["install claude-code notes", "install goose notes", "install json --project notes"] {
        assert_eq!(home.run(line).0, 0);
    }
    home.write(".cursor/mcp.json", "{");
    let old = home.read(".claude.json");
    let folder = home.path("project").canonicalize().unwrap();
    let local = json!({(folder.to_str().unwrap()): {"mcpServers": {"mine": {"type": "http", "url": "https://a.example"}}}});
    home.write(".claude.json", &old.replacen('{', &format!("{{\"projects\": {local},"), 1));
    home.write(".config/opencode/opencode.json", r#"{"mcp": {"odd": {"command": 1}}}"#);
    let (code, said, errors) = home.run("discover");
    assert_eq!((code, errors.as_str()), (5, ""));
    for part in [
        "HOME/.claude.json\n  claude-code:mine  https://a.example  (this folder only)\n",
        "  claude-code:notes  HOME/bin/notes\n",
        "HOME/.config/goose/config.yaml\n  goose:notes  HOME/bin/notes\n",
        "HOME/project/mcp.json\n  json:notes  HOME/bin/notes\n",
        "opencode:odd  an entry that is not understood\n",
        "HOME/.cursor/mcp.json\n  cannot be read: line 1, column 1",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let (_, found) = home.json("discover --json");
    assert_eq!(found["servers"].as_array().unwrap().len(), 5);
    assert_eq!(found["servers"][0]["scope"], "local");
    assert_eq!(found["broken"][0]["file"], "HOME/.cursor/mcp.json");
}

#[test]
fn a_home_without_clients_says_how_to_add_one() {
    let (code, said, _) = Home::new().run("discover");
    assert_eq!(code, 0);
    assert!(said.contains("`toolwright install CLIENT -- COMMAND`"), "{said}");
}

#[test]
fn a_known_server_is_a_target_of_every_command() {
    let home = Home::new();
    home.run("install codex notes");
    let (code, said, errors) = home.run("list codex:notes");
    assert_eq!((code, errors.as_str()), (0, ""));
    assert!(said.contains("asks 1") && said.contains("grow(size)"), "{said}");
    assert_eq!(home.run("call codex:notes grow size=1"), (0, "grown\n".into(), String::new()));
    let (code, _, errors) = home.run("list codex:note");
    assert_eq!(code, 2);
    assert!(errors.contains("did you mean `codex:notes`?"), "{errors}");
    let entry = r#"{"mcpServers": {"x": {"command": "${NONE}/x"}}}"#;
    home.write(".cursor/mcp.json", entry);
    assert!(home.run("list cursor:x").2.contains("`${NONE}` has no value here"));
}

#[test]
fn a_server_without_faults_is_well_in_every_version_it_speaks() {
    let home = Home::new();
    home.run("install codex notes");
    let (code, said, _) = home.run("doctor codex:notes");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("ok       codex:notes: speaks 2025-11-25\n"), "{said}");
    assert!(
        said.contains("warning  codex:notes: tool ask: no-description\n         → say when a model"),
        "{said}"
    );
    let (code, said) = home.json("doctor --json codex:notes");
    assert_eq!((code, &said["protocolVersions"]), (0, &json!(["2025-11-25"])));
    assert_eq!(said["tools"], json!(["ask", "wait", "grow"]));
}

#[test]
fn each_fault_is_found_with_its_cause_and_a_next_step() {
    let home = Home::new();
    let long = "x".repeat(2000);
    let tools = format!(
        r#"[{{"name":"a","description":"{long}","inputSchema":{{"type":"object"}}}},{{"name":"a","description":"d","inputSchema":{{}}}},{{"name":"b c","description":"d","inputSchema":{{"type":"object"}}}}]"#
    );
    let script = format!(
        r#"echo 'Starting up'; while IFS= read -r line; do id=$(printf %s "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p'); case "$line" in
*'"initialize"'*) echo "{{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{{\"tools\":{{}}}},\"serverInfo\":{{\"name\":\"odd\",\"version\":\"1\"}}}}}}" ;;
*tools/list*) printf '{{"jsonrpc":"2.0","id":%s,"result":{{"tools":%s}}}}\n' "$id" '{tools}' ;;
*'"id"'*) echo "{{\"jsonrpc\":\"2.0\",\"id\":$id,\"error\":{{\"code\":-32601,\"message\":\"no\"}}}}" ;; esac; done"#
    );
    home.program("odd", &script);
    home.write("plain", "not a program");
    home.write(
        ".cursor/mcp.json",
        &json!({"mcpServers": {
            "odd": {"command": "odd"}, "gone": {"command": "/none/x"}, "plain": {"command": home.path("plain")},
            "secret": {"url": "https://${input:host}/"},
        }})
        .to_string(),
    );
    home.write(".codex/config.toml", "[");
    let (code, said, _) = home.run("doctor");
    assert_eq!(code, 5);
    for part in [
        "error    HOME/.codex/config.toml: cannot be read: line 1",
        "ok       HOME/.cursor/mcp.json: can be read",
        "ok       cursor:odd: odd 1, protocol 2025-06-18, 3 tools",
        "cursor:odd: `odd` is found by PATH",
        "→ write its whole path: HOME/bin/odd",
        "error    cursor:odd: standard output has what is no message: \"Starting up\"",
        "error    cursor:odd: tool a: same-name\n         → two tools have this name",
        "warning  cursor:odd: tool a: long-description\n         → 2000 characters are more",
        "error    cursor:odd: tool a: no-object",
        "warning  cursor:odd: tool b c: odd-name",
        "→ `/none/x` is not there: build it, or mend the path",
        "`chmod +x` makes it one",
        "`${input:host}` has no value here",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let (code, said) = home.json("doctor --json");
    assert_eq!(code, 5);
    let findings = said["findings"].as_array().unwrap();
    assert!(findings.iter().all(|one| one["cause"] != "" && one["next"] != ""), "{said}");
}

#[test]
fn a_server_that_cannot_be_reached_has_its_own_exit_code() {
    let home = Home::new();
    home.program("mute", "echo 'no licence' >&2; exit 3");
    let (code, said, _) = home.run_words(&["doctor", "mute"]);
    assert_eq!(code, 3);
    assert!(said.contains("no licence") && said.contains("1 error"), "{said}");
    let (code, _, errors) = home.run("doctor codex:x");
    assert_eq!(code, 2);
    assert!(errors.contains("Codex CLI knows no server `x`"), "{errors}");
}
