//! `package`: the same bytes every time, and what is in them.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::folder::Folder;
use crate::run;

/// A project with a program that is no server.
fn project() -> Folder {
    let folder = Folder::new();
    let path = folder.path().join("p");
    assert_eq!(run(&["new", "boxed", "--path", path.to_str().unwrap()]).0, 0);
    let manifest = fs::read_to_string(path.join("Cargo.toml")).unwrap();
    let more = "authors = [\"Ada <ada@example.com>\"]\nlicense = \"MIT\"\nrepository = \"https://github.com/ada/boxed.git\"\nedition";
    // A workspace of its own, wherever the folder for tests is.
    fs::write(path.join("Cargo.toml"), manifest.replace("edition", more) + "\n[workspace]\n").unwrap();
    fs::write(path.join("boxed"), "a program").unwrap();
    folder
}

fn package(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_toolwright"));
    command.arg("package").args(arguments).current_dir(folder.join("p")).output().unwrap()
}

#[test]
fn a_bundle_is_the_same_every_time_and_its_program_can_be_executed() {
    let folder = project();
    let arguments = [
        "--binary",
        "boxed",
        "--no-check",
        "--json",
        "--arg",
        "--db=${user_config.db}",
        "--option",
        "db=file,required",
        "--option",
        "api_key=string,sensitive",
    ];
    let said = package(folder.path(), &arguments);
    assert!(said.status.success(), "{said:?}");
    assert_eq!(said.stdout, package(folder.path(), &arguments).stdout, "with the same sum");
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    let file = folder.path().join("p").join(said["bundle"].as_str().unwrap());
    let mut archive = zip::ZipArchive::new(fs::File::open(file).unwrap()).unwrap();
    let mut program = archive.by_name("server/boxed").unwrap();
    assert_eq!(program.unix_mode().unwrap() & 0o777, 0o755);
    let mut text = String::new();
    program.read_to_string(&mut text).unwrap();
    assert_eq!(text, "a program");
    drop(program);
    let manifest: Value = serde_json::from_reader(archive.by_name("manifest.json").unwrap()).unwrap();
    assert_eq!(
        manifest["server"]["mcp_config"],
        json!({
            "command": "${__dirname}/server/boxed", "args": ["--db=${user_config.db}"], "env": {"API_KEY": "${user_config.api_key}"}
        })
    );
    assert_eq!(manifest["user_config"]["api_key"]["sensitive"], true);
    assert_eq!(manifest["author"]["name"], "Ada");
    let entry = fs::read(folder.path().join("p/dist/server.json")).unwrap();
    let entry: Value = serde_json::from_slice(&entry).unwrap();
    assert_eq!(
        (&entry["name"], &entry["packages"][0]["fileSha256"]),
        (&json!("io.github.ada/boxed"), &said["sha256"])
    );
    let url = entry["packages"][0]["identifier"].as_str().unwrap();
    assert!(url.starts_with("https://github.com/ada/boxed/releases/download/v0.1.0/boxed-0.1.0-"), "{url}");
}

#[test]
fn a_program_that_is_no_server_is_not_packed() {
    let folder = project();
    let refused = package(folder.path(), &["--binary", "/bin/false"]);
    let errors = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(3), "{errors}");
    assert!(errors.contains("does not answer as a server") && errors.contains("--no-check"), "{errors}");
    assert!(!folder.path().join("p/dist").exists());
    let refused = package(folder.path(), &["--binary", "absent"]);
    assert_eq!(refused.status.code(), Some(2));
}
