//! Files below one folder: what can be done there, and that nothing leads out of it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::client::{Client, ERAS, Era, folder};

const SECRET: &str = "the secret";

/// A folder to serve, beside a file that must never be seen.
fn world(name: &str) -> PathBuf {
    let world = folder(name);
    fs::write(world.join("secret.txt"), SECRET).unwrap();
    let root = world.join("root");
    fs::create_dir_all(root.join("docs")).unwrap();
    fs::write(root.join("docs/guide.md"), "# Guide\nwhere the apples are\n").unwrap();
    fs::write(root.join("two words.txt"), "apples and pears\n").unwrap();
    fs::write(root.join("picture.png"), b"\x89PNG\xff\x00").unwrap();
    root
}

fn start(era: Era, root: &Path) -> Client {
    Client::start(era, env!("CARGO_BIN_EXE_files"), &[], &[("FILES_ROOT", root.to_str().unwrap())])
}

fn start_writing(root: &Path) -> Client {
    let args = ["--write", root.to_str().unwrap()];
    Client::start(Era::Modern, env!("CARGO_BIN_EXE_files"), &args, &[])
}

fn read_resource(client: &mut Client, uri: &str) -> Value {
    client.request("resources/read", json!({"uri": uri}))
}

#[test]
fn folders_are_listed_and_files_read_in_both_eras() {
    let root = world("files-read");
    for era in ERAS {
        let mut client = start(era, &root);
        let listed = client.success("list_folder", json!({}));
        let entries = if era == Era::Legacy { &listed["result"] } else { &listed };
        let names: Vec<_> = entries.as_array().unwrap().iter().map(|entry| &entry["name"]).collect();
        assert_eq!(names, ["docs", "picture.png", "two words.txt"]);
        assert_eq!(entries[0]["is_folder"], true);
        let text = client.call("read_file", json!({"path": "docs/guide.md"}));
        assert_eq!(text["content"][0]["text"], "# Guide\nwhere the apples are\n");
    }
}

#[test]
fn a_binary_file_comes_as_bytes() {
    let root = world("files-binary");
    let mut client = start(Era::Modern, &root);
    let result = client.call("read_file", json!({"path": "picture.png"}));
    let resource = &result["content"][0]["resource"];
    assert_eq!(resource["blob"], "iVBOR/8A");
    assert_eq!(resource["mimeType"], "image/png");
    // The URI is that of the resource, which can be read by it.
    let contents = read_resource(&mut client, resource["uri"].as_str().unwrap());
    assert_eq!(contents["result"]["contents"][0]["blob"], "iVBOR/8A");
}

#[test]
fn a_resource_is_a_file_in_both_eras() {
    let root = world("files-resource");
    for era in ERAS {
        let mut client = start(era, &root);
        let answer = read_resource(&mut client, "files://two%20words.txt");
        let contents = &answer["result"]["contents"][0];
        assert_eq!(contents["text"], "apples and pears\n", "{answer}");
        assert_eq!(contents["uri"], "files://two%20words.txt");
        assert_eq!(contents["mimeType"], "text/plain");
        let missing = read_resource(&mut client, "files://docs/none.md");
        assert!(missing["error"]["message"].as_str().unwrap().contains("not found"), "{missing}");
    }
}

#[test]
fn text_is_found_in_all_folders() {
    let root = world("files-search");
    let mut client = start(Era::Modern, &root);
    let mut found = client.success("search_text", json!({"text": "apples"}));
    let hits = found["hits"].as_array_mut().unwrap();
    hits.sort_by_key(|hit| hit["path"].as_str().unwrap().to_owned());
    assert_eq!(hits[0], json!({"path": "docs/guide.md", "line": 2, "text": "where the apples are"}));
    assert_eq!(hits[1]["path"], "two words.txt");
    assert_eq!(found["incomplete"], false);
    let first = client.success("search_text", json!({"text": "apples", "limit": 1}));
    assert_eq!((first["hits"].as_array().unwrap().len(), &first["incomplete"]), (1, &json!(true)));
    let none = client.success("search_text", json!({"text": SECRET}));
    assert_eq!(none["hits"], json!([]));
}

#[test]
fn no_path_leads_out_of_the_folder() {
    let root = world("files-escape");
    let absolute = root.parent().unwrap().join("secret.txt");
    let paths = [
        "../secret.txt",
        "docs/../../secret.txt",
        "docs/../../root/../secret.txt",
        absolute.to_str().unwrap(),
    ];
    let mut client = start_writing(&root);
    for path in paths {
        let told = client.failure("read_file", json!({"path": path}));
        assert!(told.contains("leads out of the root folder"), "{path}: {told}");
        let told = client.failure("write_file", json!({"path": path, "content": "x", "overwrite": true}));
        assert!(told.contains("leads out of the root folder"), "{path}: {told}");
    }
    for path in ["..", "docs/../..", "/"] {
        client.failure("list_folder", json!({"path": path}));
        client.failure("search_text", json!({"text": "secret", "path": path}));
    }
    // What stays inside is no escape.
    client.call("read_file", json!({"path": "docs/../two words.txt"}));
    assert_eq!(fs::read_to_string(absolute).unwrap(), SECRET);
}

#[cfg(unix)]
#[test]
fn no_symbolic_link_leads_out_of_the_folder() {
    use std::os::unix::fs::symlink;
    let root = world("files-symlink");
    let world = root.parent().unwrap();
    symlink(world.join("secret.txt"), root.join("absolute")).unwrap();
    symlink("../secret.txt", root.join("relative")).unwrap();
    symlink(world, root.join("folder")).unwrap();
    symlink("two words.txt", root.join("inside")).unwrap();
    let mut client = start_writing(&root);
    for path in ["absolute", "relative", "folder/secret.txt"] {
        let told = client.failure("read_file", json!({"path": path}));
        assert!(told.contains("leads out of the root folder"), "{path}: {told}");
        client.failure("write_file", json!({"path": path, "content": "x", "overwrite": true}));
        let answer = read_resource(&mut client, &format!("files://{path}"));
        assert!(answer["error"].is_object(), "{path}: {answer}");
    }
    client.failure("list_folder", json!({"path": "folder"}));
    assert_eq!(client.success("search_text", json!({"text": SECRET}))["hits"], json!([]));
    let inside = client.call("read_file", json!({"path": "inside"}));
    assert_eq!(inside["content"][0]["text"], "apples and pears\n");
    assert_eq!(fs::read_to_string(world.join("secret.txt")).unwrap(), SECRET);
    assert_eq!(fs::read_dir(world).unwrap().count(), 2, "nothing was written beside the root");
}

/// The link is turned from inside to outside and back all the time: no read may ever see the other side.
#[cfg(unix)]
#[test]
fn a_link_that_is_swapped_while_files_are_read_leads_nowhere() {
    use std::os::unix::fs::symlink;
    use std::sync::mpsc::{TryRecvError, channel};
    let root = world("files-swap");
    let (link, next) = (root.join("link"), root.join("next"));
    // Swapping ends when this end of the channel is dropped, even by a panic.
    let (reading, over) = channel::<()>();
    let swapping = std::thread::spawn(move || {
        while over.try_recv() == Err(TryRecvError::Empty) {
            for target in ["two words.txt", "../secret.txt"] {
                symlink(target, &next).unwrap();
                fs::rename(&next, &link).unwrap();
            }
        }
    });
    let mut client = start(Era::Modern, &root);
    for _ in 0..2000 {
        let result = client.call("read_file", json!({"path": "link"}));
        assert!(!result.to_string().contains(SECRET), "{result}");
    }
    drop(reading);
    swapping.join().unwrap();
}

#[test]
fn no_resource_uri_leads_out_of_the_folder() {
    let root = world("files-uri");
    let absolute = root.parent().unwrap().join("secret.txt");
    let uris = [
        "files://../secret.txt".to_owned(),
        "files://docs/../../secret.txt".into(),
        "files://%2e%2e/secret.txt".into(),
        "files://%2E%2E%2Fsecret.txt".into(),
        "files://docs/%2e%2e/%2e%2e/secret.txt".into(),
        "files://%252e%252e/secret.txt".into(),
        format!("files://{}", absolute.display()),
    ];
    for era in ERAS {
        let mut client = start(era, &root);
        for uri in &uris {
            let answer = read_resource(&mut client, uri);
            assert!(answer["error"].is_object(), "{uri}: {answer}");
            assert!(!answer.to_string().contains(SECRET));
        }
    }
}

#[test]
fn writing_is_offered_only_when_it_was_asked_for() {
    let root = world("files-write");
    let mut reading = start(Era::Modern, &root);
    let listed = reading.request("tools/list", json!({}));
    assert!(!listed.to_string().contains("write_file"), "{listed}");
    let arguments = json!({"path": "new/note.txt", "content": "first"});
    let refused = reading.request("tools/call", json!({"name": "write_file", "arguments": arguments}));
    assert!(refused["error"].is_object(), "{refused}");
    assert!(!root.join("new").exists());

    let mut writing = start_writing(&root);
    writing.call("write_file", arguments.clone());
    assert_eq!(fs::read_to_string(root.join("new/note.txt")).unwrap(), "first");
    let told = writing.failure("write_file", arguments);
    assert!(told.contains("set `overwrite`"), "{told}");
    writing.call("write_file", json!({"path": "new/note.txt", "content": "2", "overwrite": true}));
    assert_eq!(fs::read_to_string(root.join("new/note.txt")).unwrap(), "2");
    let told = writing.failure("write_file", json!({"path": "docs", "content": "", "overwrite": true}));
    assert_eq!(told, "`docs` is no file");
}

#[test]
fn what_cannot_be_read_is_told_clearly() {
    let root = world("files-errors");
    fs::write(root.join("large.txt"), vec![b'a'; 1024 * 1024 + 1]).unwrap();
    let mut client = start(Era::Modern, &root);
    assert_eq!(client.failure("read_file", json!({"path": "none.txt"})), "`none.txt` not found");
    assert!(client.failure("read_file", json!({"path": "docs"})).contains("is no file"));
    assert!(client.failure("read_file", json!({"path": "large.txt"})).contains("larger than"));
    assert!(client.failure("list_folder", json!({"path": "two words.txt"})).contains("is no folder"));
    assert!(!client.end().contains(root.to_str().unwrap()), "no path of the machine is logged");
}

/// Opening a pipe that nobody writes to would wait for ever.
#[cfg(unix)]
#[test]
fn a_pipe_is_no_file() {
    let root = world("files-pipe");
    let made = std::process::Command::new("mkfifo").arg(root.join("pipe")).status().unwrap();
    assert!(made.success());
    let mut client = start_writing(&root);
    assert!(client.failure("read_file", json!({"path": "pipe"})).contains("is no file"));
    let arguments = json!({"path": "pipe", "content": "x", "overwrite": true});
    assert!(client.failure("write_file", arguments).contains("is no file"));
    client.success("search_text", json!({"text": "apples"}));
}
