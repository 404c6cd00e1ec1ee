//! `install` and `uninstall`, in a home of their own.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::home::Home;

const CLIENTS: [(&str, &str); 16] = [
    ("claude-desktop", ".config/Claude/claude_desktop_config.json"),
    ("claude-code", ".claude.json"),
    ("cursor", ".cursor/mcp.json"),
    ("vscode", ".config/Code/User/mcp.json"),
    ("windsurf", ".codeium/windsurf/mcp_config.json"),
    ("zed", ".config/zed/settings.json"),
    ("gemini-cli", ".gemini/settings.json"),
    ("codex", ".codex/config.toml"),
    ("goose", ".config/goose/config.yaml"),
    ("lm-studio", ".lmstudio/mcp.json"),
    ("opencode", ".config/opencode/opencode.json"),
    ("copilot-cli", ".copilot/mcp-config.json"),
    ("cline", ".config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"),
    ("kiro", ".kiro/settings/mcp.json"),
    ("antigravity", ".gemini/config/mcp_config.json"),
    ("inspector", ".mcp-inspector/mcp.json"),
];

#[test]
fn every_client_gets_its_own_entry_in_its_own_file_which_works_and_goes_again() {
    let mut golden = String::new();
    for (client, file) in CLIENTS {
        let home = Home::new();
        let (code, said, errors) = home.run(&format!("install {client} --env A=b -- notes --db x"));
        assert_eq!((code, errors.as_str()), (0, ""), "{client}");
        assert!(said.contains(&format!("`notes` now stands in HOME/{file}.\nIt works: asks 1")), "{said}");
        assert!(said.contains("protocol 2025-11-25, 3 tools"), "{said}");
        assert_eq!(home.files(), [file]);
        let mode = std::fs::metadata(home.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{client}");
        golden += &format!("== {client}: {file}\n{}\n", home.neutral(&home.read(file)));
        let before = home.read(file);
        let (code, said, _) = home.run(&format!("install {client} --env A=b -- notes --db x"));
        assert_eq!(code, 0);
        assert!(said.starts_with(&format!("`notes` is already there, in HOME/{file}.\nIt works")), "{said}");
        assert_eq!(home.read(file), before);
        let (code, said, _) = home.run(&format!("uninstall {client} notes"));
        assert_eq!((code, said), (0, format!("`notes` no longer stands in HOME/{file}.\n")));
        assert!(!home.read(file).contains("notes"), "{}", home.read(file));
    }
    insta::assert_snapshot!("commands", golden);
}

#[test]
fn a_url_is_written_as_each_client_wants_it() {
    let mut golden = String::new();
    for (client, file) in CLIENTS {
        let home = Home::new();
        let words = [
            "install",
            client,
            "--no-check",
            "--name",
            "far",
            "--header",
            "X-Key: k",
            "https://a.example/mcp",
        ];
        let (code, _, errors) = home.run_words(&words);
        if client == "claude-desktop" {
            assert_eq!(code, 2);
            assert!(errors.contains("Settings → Connectors"), "{errors}");
            assert_eq!(home.files(), Vec::<String>::new());
            continue;
        }
        assert_eq!((code, errors.as_str()), (0, ""));
        golden += &format!("== {client}\n{}\n", home.read(file));
    }
    insta::assert_snapshot!("urls", golden);
}

#[test]
fn a_project_has_files_of_its_own() {
    let files = [
        ("claude-code", ".mcp.json"),
        ("cursor", ".cursor/mcp.json"),
        ("vscode", ".vscode/mcp.json"),
        ("zed", ".zed/settings.json"),
        ("gemini-cli", ".gemini/settings.json"),
        ("codex", ".codex/config.toml"),
        ("goose", ".goose/config.yaml"),
        ("opencode", "opencode.json"),
        ("copilot-cli", ".github/mcp.json"),
        ("kiro", ".kiro/settings/mcp.json"),
        ("json", "mcp.json"),
    ];
    for (client, file) in files {
        let home = Home::new();
        let (code, _, errors) = home.run(&format!("install {client} --project notes"));
        assert_eq!((code, errors.as_str()), (0, ""), "{client}");
        assert_eq!(home.files(), [format!("project/{file}")]);
    }
    let (code, _, errors) = Home::new().run("install windsurf --project notes");
    assert_eq!(code, 2);
    assert!(errors.contains("Windsurf has no settings in projects"), "{errors}");
}

#[test]
fn json_and_print_show_an_entry_and_write_nothing() {
    let home = Home::new();
    let (code, said, _) = home.run("install json notes -v");
    let expected = "{\n  \"mcpServers\": {\n    \"notes\": {\n      \"command\": \"HOME/bin/notes\",\n      \
                    \"args\": [\"-v\"]\n    }\n  }\n}\n";
    assert_eq!((code, said.as_str()), (0, expected));
    let (code, said, _) = home.run("install codex --print notes");
    assert_eq!((code, said.as_str()), (0, "[mcp_servers.notes]\ncommand = \"HOME/bin/notes\"\nargs = []\n"));
    let (_, said) = home.json("install zed --print --json notes");
    assert_eq!(said["entry"]["source"], "custom");
    assert_eq!(home.files(), Vec::<String>::new());
}

/// A name, and an entry in base64 or in JSON, each in letters that a link can have.
#[test]
fn a_link_says_what_the_entry_says_and_changes_nothing() {
    let home = Home::new();
    let config = "eyJjb21tYW5kIjoibnB4IiwiYXJncyI6WyIteSIsIm5vdGVzPz4%2FIl0sImVudiI6eyJBIjoiYiJ9fQ%3D%3D";
    for (client, link) in [
        ("cursor", format!("cursor://anysphere.cursor-deeplink/mcp/install?name=my%20notes&config={config}")),
        ("lm-studio", format!("lmstudio://add_mcp?name=my%20notes&config={config}")),
        (
            "vscode",
            "vscode:mcp/install?%7B%22name%22%3A%22my%20notes%22%2C%22type%22%3A%22stdio%22%2C%22command%22%3A%22\
             npx%22%2C%22args%22%3A%5B%22-y%22%2C%22notes%3F%3E%3F%22%5D%2C%22env%22%3A%7B%22A%22%3A%22b%22%7D%7D"
                .to_owned(),
        ),
    ] {
        let words = ["install", client, "--link", "--name", "my notes", "--env", "A=b", "--", "npx", "-y", "notes?>?"];
        assert_eq!(home.run_words(&words), (0, format!("{link}\n"), String::new()), "{client}");
    }
    let (code, said, _) = home.run("install vscode --link --name far https://a.example/mcp");
    let url = "vscode:mcp/install?%7B%22name%22%3A%22far%22%2C%22type%22%3A%22http%22%2C%22url%22%3A%22\
               https%3A%2F%2Fa.example%2Fmcp%22%7D\n";
    assert_eq!((code, said.as_str()), (0, url));
    assert!(home.run("install cursor --link bin/none-of-these").2.contains("give its whole path"));
    assert!(
        home.json("install cursor --link --json notes").1["link"].as_str().unwrap().starts_with("cursor://")
    );
    let (code, _, errors) = home.run("install zed --link npx");
    assert_eq!(code, 2);
    assert!(errors.contains("Zed knows no links that add servers; cursor, vscode, lm-studio do"), "{errors}");
    assert_eq!(home.files(), Vec::<String>::new());
}

#[test]
fn what_was_there_stays_and_the_former_text_is_kept() {
    let home = Home::new();
    let old = "// Zed\n{\n  \"theme\": \"One\", // mine\n  \"context_servers\": {\n    \"a\": {\"url\": \"u\"}, // a\n  },\n}\n";
    let file = ".config/zed/settings.json";
    let real = home.write("dotfiles/zed.json", old);
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::create_dir_all(home.path(".config/zed")).unwrap();
    symlink("../../dotfiles/zed.json", home.path(file)).unwrap();
    assert_eq!(home.run("install zed notes").0, 0);
    let new = home.read(file);
    for line in
        ["// Zed", "  \"theme\": \"One\", // mine", "    \"a\": {\"url\": \"u\"}, // a", "HOME/bin/notes"]
    {
        assert!(home.neutral(&new).contains(line), "{line}: {new}");
    }
    assert!(std::fs::symlink_metadata(home.path(file)).unwrap().is_symlink());
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(home.read("dotfiles/zed.json.bak"), old);
    assert_eq!(home.run("uninstall zed notes").0, 0);
    assert_eq!(home.read(file), old);
    assert_eq!(home.files(), [file, "dotfiles/zed.json", "dotfiles/zed.json.bak"]);
}

#[test]
fn a_file_that_cannot_be_read_is_refused_and_stays() {
    for (client, file, broken, place) in [
        ("cursor", ".cursor/mcp.json", "{\n  \"mcpServers\": {,}\n}", "mcp.json: line 2, column 18"),
        ("codex", ".codex/config.toml", "a = 1\nb = = 2\n", "config.toml: line 2, column 5"),
        ("goose", ".config/goose/config.yaml", "a: 1\n  b: 2\n", "config.yaml: line 2"),
        ("cursor", ".cursor/mcp.json", "{\"mcpServers\": []}", "`mcpServers` is there and is no object"),
    ] {
        let home = Home::new();
        home.write(file, broken);
        for line in [format!("install {client} notes"), format!("uninstall {client} notes")] {
            let (code, said, errors) = home.run(&line);
            if line.starts_with("install") || code == 6 {
                assert_eq!((code, said.as_str()), (6, ""), "{errors}");
                assert!(errors.contains(place) && errors.contains("stays as it was"), "{errors}");
            }
            assert_ne!(code, 0, "{line}");
        }
        assert_eq!(
            (home.files().as_slice(), home.read(file).as_str()),
            ([file.to_owned()].as_slice(), broken)
        );
    }
}

#[test]
fn a_dry_run_shows_the_difference_and_changes_nothing() {
    let home = Home::new();
    let (code, said, _) = home.run("install cursor --dry-run notes");
    assert_eq!((code, home.files()), (0, Vec::new()));
    assert!(said.contains("+++ HOME/.cursor/mcp.json") && said.contains("+    \"notes\": {"), "{said}");
    home.run("install cursor notes");
    let (code, said, _) = home.run("uninstall cursor notes --dry-run");
    assert_eq!((code, home.files()), (0, vec![".cursor/mcp.json".to_owned()]));
    assert!(said.contains("-    \"notes\": {") && home.read(".cursor/mcp.json").contains("notes"), "{said}");
}

#[test]
fn another_server_of_that_name_is_not_lost_unasked() {
    let home = Home::new();
    home.run("install codex notes");
    let (code, _, errors) = home.run("install codex notes -v");
    assert_eq!(code, 2);
    assert!(errors.contains("`--replace` takes its place, `--name`"), "{errors}");
    assert_eq!(home.run("install codex --name other notes -v").0, 0);
    assert_eq!(home.run("install codex --replace notes -v").0, 0);
    let text = home.read(".codex/config.toml");
    assert_eq!(text.matches("args = [\"-v\"]").count(), 2, "{text}");
    let (code, _, errors) = home.run("uninstall codex note");
    assert_eq!(code, 2);
    assert!(errors.contains("did you mean `notes`?"), "{errors}");
}

#[test]
fn hostile_names_and_arguments_go_through_every_file() {
    let hostile = ["__proto__", "a \"b\" 'c'", "x\ny\t\\", "é日本 ${", "- [#]: {}"];
    for (client, _) in CLIENTS {
        let home = Home::new();
        for name in hostile {
            let named = format!("--name={name}");
            let words = [&["install", client, &named, "--json", "--", "notes"][..], &hostile].concat();
            let (code, said, errors) = home.run_words(&words);
            assert_eq!(code, 0, "{client} {name}: {errors}");
            assert!(said.contains("\"state\": \"written\""), "{said}");
        }
        let (_, found) = home.json("discover --json");
        let servers = found["servers"].as_array().unwrap();
        let names: Vec<&str> = servers.iter().map(|server| server["name"].as_str().unwrap()).collect();
        assert_eq!(names, hostile, "{client}");
        assert!(
            servers.iter().all(|server| server["launch"]["args"] == serde_json::json!(hostile)),
            "{found}"
        );
        for name in hostile {
            assert_eq!(home.run_words(&["uninstall", "--", client, name]).0, 0, "{client} {name}");
        }
    }
}

#[test]
fn a_server_that_does_not_work_is_told_with_what_it_said_and_the_way_back() {
    let home = Home::new();
    home.program("broken", "echo 'no database' >&2; exit 1");
    let (code, said, errors) = home.run("install claude-code broken");
    assert_eq!((code, said.as_str()), (3, ""));
    for part in ["stands in HOME/.claude.json", "no database", "toolwright uninstall claude-code broken"] {
        assert!(errors.contains(part), "{errors}");
    }
    assert_eq!(home.run("uninstall claude-code broken").0, 0);
    assert_eq!(home.run("install claude-code --no-check broken").0, 0);
}

#[test]
fn a_url_is_asked_with_its_headers() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = [0; 4096];
        let count = stream.read(&mut bytes).unwrap();
        stream
            .write_all(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .unwrap();
        String::from_utf8_lossy(&bytes[..count]).into_owned()
    });
    let words = ["install", "cursor", "--header", "Authorization: Bearer s3cret", &url];
    let (code, said, errors) = home.run_words(&words);
    assert!(code == 3 || code == 4, "{code} {errors}");
    assert!(asked.join().unwrap().contains("authorization: Bearer s3cret\r\n"));
    assert!(!said.contains("s3cret") && !errors.contains("s3cret"), "{errors}");
}

#[test]
fn what_is_typed_wrongly_is_told_with_a_next_step() {
    let home = Home::new();
    for (line, why) in [
        ("install claude-cod notes", "did you mean `claude-code`?"),
        ("install nothing notes", "there are claude-desktop, claude-code"),
        ("install cursor nothing", "give its whole path"),
        ("install cursor --env A notes", "NAME=VALUE"),
        ("install cursor", "COMMAND ARGS"),
        ("install cursor --name= notes", "at least one letter"),
    ] {
        let (code, said, errors) = home.run(line);
        assert_eq!((code, said.as_str()), (2, ""), "{line}: {errors}");
        assert!(errors.contains(why), "{line}: {errors}");
    }
    assert_eq!(home.files(), Vec::<String>::new());
}
