//! Signing in to a server that wants it, in a home of its own; the browser is this test.

#[path = "../../../toolwright/tests/it/client/authority.rs"]
#[expect(dead_code, reason = "the client's own tests use all of it")]
mod authority;

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use serde_json::Value;
use tokio::runtime::Runtime;
use toolwright::prelude::*;

use self::authority::{Authority, browse};
use crate::folder::Folder;
use crate::terminal::Terminal;

/// What nobody may see: tokens, codes, and the secret of a client.
const CANARIES: [&str; 4] = ["t0k3n", "r3fr3sh", "c0d3", "s3cr3t"];

/// Greets.
#[tool]
fn greet(name: String) -> String {
    format!("Hello, {name}!")
}

fn server() -> (toolwright::Service, ()) {
    (Server::new("guarded").version("1.0.0").tools(toolset![greet]).build().unwrap(), ())
}

/// A server that wants to be signed in to, and a home that the command has for itself.
struct Stage {
    runtime: Runtime,
    authority: Authority,
    home: Folder,
}

struct Ended {
    code: i32,
    said: String,
    errors: String,
    /// How often somebody was asked to sign in.
    visits: usize,
}

impl Stage {
    fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let authority = runtime.block_on(Authority::start());
        Self { runtime, authority, home: Folder::new() }
    }

    fn command(&self, line: &str) -> Command {
        let url = self.authority.server();
        let mut command = Command::new(env!("CARGO_BIN_EXE_toolwright"));
        command.args(
            line.split(' ').map(|word| word.replace("URL", &url).replace("ISSUER", &self.authority.url)),
        );
        // No browser that may be on this machine.
        command.env("HOME", self.home.path()).env_remove("XDG_CONFIG_HOME").env("BROWSER", "false");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Goes where a page is told; what comes out must hold no canary.
    fn run(&self, mut command: Command) -> Ended {
        let mut child = command.spawn().unwrap();
        let (mut errors, mut visits) = (String::new(), 0);
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some(page) = line.strip_prefix("  http") {
                visits += 1;
                self.visit(&format!("http{page}"));
            }
            errors += &format!("{line}\n");
        }
        let mut said = String::new();
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        let code = child.wait().unwrap().code().unwrap();
        for canary in CANARIES {
            assert!(!said.contains(canary) && !errors.contains(canary), "{canary}: {said}{errors}");
        }
        Ended { code, said, errors, visits }
    }

    fn try_line(&self, line: &str) -> Ended {
        self.run(self.command(line))
    }

    /// A user who says yes, and is sent back.
    fn visit(&self, page: &str) {
        self.runtime.block_on(async {
            let (_, back) = browse(&page.parse().unwrap(), None).await;
            assert_eq!(browse(&back.parse().unwrap(), None).await.0, 200);
        });
    }

    /// All files of the home, and their modes.
    fn files(&self) -> Vec<(String, u32)> {
        let Ok(found) = std::fs::read_dir(self.home.path().join(".config/toolwright")) else {
            return Vec::new();
        };
        let mut files: Vec<_> = found
            .map(|file| {
                let file = file.unwrap();
                let mode = file.metadata().unwrap().permissions().mode() & 0o777;
                (file.file_name().into_string().unwrap(), mode)
            })
            .collect();
        files.sort();
        files
    }
}

/// Rules A13 to A30, as a user meets them.
#[test]
fn a_user_signs_in_once_and_what_is_kept_is_sealed() {
    let stage = Stage::new();
    let first = stage.try_line("call URL greet name=Ada --verbose");
    assert_eq!((first.code, first.said.as_str(), first.visits), (0, "Hello, Ada!\n", 1), "{}", first.errors);
    assert!(first.errors.contains("To sign in, open this page:"), "{}", first.errors);
    let sealed =
        [("tokens".to_owned(), 0o600), ("tokens.key".to_owned(), 0o600), ("tokens.lock".to_owned(), 0o600)];
    assert_eq!(stage.files(), sealed);
    let bytes = std::fs::read(stage.home.path().join(".config/toolwright/tokens")).unwrap();
    assert!(!bytes.windows(5).any(|part| part == b"t0k3n"), "sealed");
    for line in ["list URL --verbose", "inspect URL --json", "call URL greet name=Ada --json"] {
        let again = stage.try_line(line);
        assert_eq!((again.code, again.visits), (0, 0), "{line}: {}", again.errors);
        assert_eq!(again.errors, "");
    }
    stage.authority.stage().revoke();
    let renewed = stage.try_line("list URL");
    assert_eq!((renewed.code, renewed.visits), (0, 0), "{}", renewed.errors);
    assert_eq!(stage.authority.stage().said("refresh_token"), ["r3fr3sh-1"]);
    assert_eq!(stage.authority.stage().visits("/register"), 1);
}

#[test]
fn who_logs_out_is_asked_again() {
    let stage = Stage::new();
    let nothing = stage.try_line("logout URL");
    assert_eq!((nothing.code, stage.files().len()), (0, 0));
    assert!(nothing.said.starts_with("There are no tokens for http://"), "{}", nothing.said);
    assert_eq!(stage.try_line("list URL").visits, 1);
    let kept = stage.try_line("logout URL/elsewhere --json");
    assert_eq!(
        serde_json::from_str::<Value>(&kept.said).unwrap()["forgotten"][0]["issuer"],
        stage.authority.url
    );
    assert_eq!(stage.try_line("list URL").visits, 1);
    let other = stage.try_line("logout https://other.example/mcp");
    assert!(other.said.contains("no tokens for https://other.example/mcp"), "{}", other.said);
    assert_eq!(stage.try_line("list URL").visits, 0);
    let all = stage.try_line("logout --all");
    assert_eq!(
        all.said,
        format!("Forgot the tokens of {} for {}.\n", stage.authority.url, stage.authority.server())
    );
    assert_eq!(stage.try_line("list URL").visits, 1);
    for line in ["logout", "logout some-command", "logout URL --all"] {
        assert_eq!(stage.try_line(line).code, 2, "{line}");
    }
}

#[test]
fn a_user_who_says_no_and_a_server_that_is_not_trusted_are_told_with_a_next_step() {
    let stage = Stage::new();
    stage.authority.stage().page_error = Some("access_denied".into());
    let denied = stage.try_line("list URL");
    assert_eq!((denied.code, denied.said.as_str(), denied.visits), (4, "", 1));
    for part in ["says no: access_denied", "`toolwright logout http://", "--token-env VARIABLE"] {
        assert!(denied.errors.contains(part), "{part}: {}", denied.errors);
    }
    stage.authority.stage().page_error = None;
    // Its error says all it was told: the code, and the verifier.
    stage.authority.stage().token_error = Some("you said {}".into());
    let refused = stage.try_line("list URL --json --verbose");
    assert_eq!(refused.code, 4);
    let told: Value = serde_json::from_str(refused.errors.lines().last().unwrap()).unwrap();
    assert_eq!(told["error"]["exitCode"], 4);
    let verifier = &stage.authority.stage().said("code_verifier")[0];
    assert!(!refused.errors.contains(verifier.as_str()), "{}", refused.errors);
    for endpoint in ["file:///bin/sh", "http://10.0.0.1/", "javascript:alert(1)", "https://x/ $(id)"] {
        stage.authority.stage().issuer = serde_json::json!({ "authorization_endpoint": endpoint });
        let evil = stage.try_line("list URL --browser");
        assert_eq!((evil.code, evil.visits), (4, 0), "{endpoint}: {}", evil.errors);
    }
}

#[test]
fn a_browser_is_opened_at_a_terminal_or_when_it_is_wanted() {
    let stage = Stage::new();
    let pipe = stage.home.path().join("page");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let browser = stage.home.path().join("browser");
    std::fs::write(&browser, format!("#!/bin/sh\nprintf %s \"$1\" >'{}'\n", pipe.display())).unwrap();
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o755)).unwrap();
    let opened = || std::fs::read_to_string(&pipe).unwrap();

    let mut command = stage.command("list URL --browser");
    let child = command.env("BROWSER", &browser).spawn().unwrap();
    stage.visit(&opened());
    let ended = child.wait_with_output().unwrap();
    let errors = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(0), "{errors}");
    assert!(errors.starts_with("Your browser asks you to sign in."), "{errors}");

    assert_eq!(stage.try_line("logout --all").code, 0);
    let mut command = stage.command("call URL greet name=Ada");
    let mut terminal = Terminal::start(command.env("BROWSER", &browser));
    stage.visit(&opened());
    terminal.wait_for("Your browser asks you to sign in.");
    assert_eq!(terminal.end(), (0, "Hello, Ada!\n".into()));
}

#[test]
fn a_token_or_a_client_of_ones_own_is_shown_and_nobody_is_asked() {
    let stage = Stage::new();
    // A token that is good.
    assert_eq!(stage.try_line("list URL").visits, 1);
    let run = |line: &str, variable: &str, value: &str| {
        let mut command = stage.command(line);
        command.env(variable, value).env("HOME", stage.home.path().join("other"));
        stage.run(command)
    };
    for (line, value) in [
        ("call URL greet name=Ada --token-env TOKEN", "t0k3n-1"),
        ("call URL greet name=Ada --header Authorization:Bearer${SPACE}${TOKEN}", "t0k3n-1"),
    ] {
        let mut command = stage.command(line);
        command.env("TOKEN", value).env("SPACE", " ").env("HOME", stage.home.path().join("other"));
        let shown = stage.run(command);
        assert_eq!(
            (shown.code, shown.said.as_str(), shown.visits),
            (0, "Hello, Ada!\n", 0),
            "{}",
            shown.errors
        );
    }
    let bad = run("list URL --token-env TOKEN --verbose", "TOKEN", "t0k3n-of-old");
    assert_eq!((bad.code, bad.visits), (4, 0));
    assert!(bad.errors.contains("is the token in TOKEN for this server"), "{}", bad.errors);
    let none = stage.try_line("list URL --token-env NO_SUCH_VARIABLE");
    assert_eq!(none.code, 2);
    assert!(none.errors.contains("NO_SUCH_VARIABLE is not set"), "{}", none.errors);

    let machine = "list URL --client-credentials --client-id me --client-secret-env SECRET --issuer";
    let known = run(&format!("{machine} ISSUER --verbose --scope reports"), "SECRET", "s3cr3t");
    assert_eq!((known.code, known.visits), (0, 0), "{}", known.errors);
    assert_eq!(stage.authority.stage().said("scope").last().unwrap(), "basic reports");
    // Rule A21: a secret is for its issuer only.
    stage.authority.stage().seen.clear();
    let elsewhere = run(&format!("{machine} https://login.example.com"), "SECRET", "s3cr3t");
    assert_eq!((elsewhere.code, stage.authority.stage().visits("/token")), (4, 0), "{}", elsewhere.errors);
    let unsaid = stage.try_line("list URL --client-id me --client-secret-env SECRET");
    assert!(unsaid.code == 2 && unsaid.errors.contains("--issuer"), "{}", unsaid.errors);
}

#[test]
fn the_options_of_a_sign_in_stand_apart_from_the_others() {
    let help = Stage::new().try_line("call --help").said;
    let (others, signing_in) = help.split_once("\nSigning in, to a server behind a URL:\n").unwrap();
    assert!(others.contains("--answer") && !others.contains("--token-env"), "{help}");
    assert!(signing_in.contains("--token-env") && !signing_in.contains("--answer"), "{help}");
}

#[test]
fn tokens_that_were_tampered_with_are_told_and_stay() {
    let stage = Stage::new();
    assert_eq!(stage.try_line("list URL").code, 0);
    let file = stage.home.path().join(".config/toolwright/tokens");
    std::fs::write(&file, "nonsense").unwrap();
    for line in ["list URL", "logout --all"] {
        let ended = stage.try_line(line);
        assert!(matches!(ended.code, 4 | 6), "{}", ended.errors);
        assert!(ended.errors.contains("remove it to sign in again"), "{}", ended.errors);
    }
    assert_eq!(std::fs::read(&file).unwrap(), b"nonsense");
}
