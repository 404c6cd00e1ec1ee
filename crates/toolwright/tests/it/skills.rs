//! Skills: what the extension `io.modelcontextprotocol/skills` promises. SEP-2640 and its specification.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use toolwright::prelude::*;
use toolwright::skills::{Skill, Skills};
use toolwright::{Cache, Service};

use crate::peer::{LEGACY, Peer, code, legacy, modern};

fn head(name: &str) -> String {
    format!("---\nname: {name}\ndescription: How {name} is done\nmetadata:\n  version: 3\n---\nDo it.\n")
}

fn refunds() -> Skill {
    Skill::new(head("refunds"))
        .and_then(|skill| skill.file("examples/über uns.md", "abc"))
        .and_then(|skill| skill.file("examples/logo.png", [0xff, 0xd8]))
        .and_then(|skill| skill.file("steps/late/SKILL.md", head("late")))
        .and_then(|skill| skill.under("acme/billing"))
        .unwrap()
}

fn service(skills: Skills) -> Service {
    Server::new("shop").extension(skills).build().unwrap()
}

fn peer() -> Peer {
    Peer::new(&service(Skills::new().skill(refunds()).cache(Cache::public(Duration::from_secs(300)))))
}

const ROOT: &str = "skill://acme/billing/refunds";

#[tokio::test(start_paused = true)]
async fn skills_are_listed_with_all_their_files() {
    let mut peer = peer();
    let discovered = peer.ask(modern(1, "server/discover", json!({}))).await;
    let capabilities = &discovered["result"]["capabilities"];
    assert_eq!(
        capabilities["extensions"],
        json!({"io.modelcontextprotocol/skills": {"directoryRead": true}})
    );
    assert!(capabilities["resources"].is_object(), "{capabilities}");
    let listed = peer.ask(modern(2, "skills/list", json!({}))).await["result"].take();
    assert_eq!((&listed["ttlMs"], &listed["cacheScope"]), (&json!(300_000), &json!("public")));
    let [refunds, late] = &listed["skills"].as_array().unwrap()[..] else { panic!("{listed}") };
    assert_eq!(refunds["uri"], format!("{ROOT}/SKILL.md"));
    let frontmatter =
        json!({"name": "refunds", "description": "How refunds is done", "metadata": {"version": 3}});
    assert_eq!(refunds["frontmatter"], frontmatter);
    let file = json!({
        "uri": format!("{ROOT}/examples/%C3%BCber%20uns.md"), "size": 3,
        "digest": "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    });
    let files = refunds["resources"].as_array().unwrap();
    assert!(files.len() == 4 && files.contains(&file), "{refunds}");
    assert_eq!(late["uri"], format!("{ROOT}/steps/late/SKILL.md"));
    assert_eq!(late["resources"].as_array().unwrap().len(), 1, "{late}");
}

#[tokio::test(start_paused = true)]
async fn a_skill_is_got_by_its_uri_in_both_eras() {
    let mut peer = peer();
    let uri = json!({"uri": format!("{ROOT}/SKILL.md")});
    let listed = peer.ask(modern(1, "skills/list", json!({}))).await;
    let got = peer.ask(modern(2, "skills/get", uri.clone())).await;
    assert_eq!(got["result"]["skill"], listed["result"]["skills"][0]);
    assert!(got["result"]["ttlMs"].is_u64() && got["result"].get("nextCursor").is_none(), "{got}");
    for wrong in ["skill://lost/SKILL.md", ROOT, "", "skill://acme/billing/refunds/examples/logo.png"] {
        assert_eq!(code(&peer.ask(modern(3, "skills/get", json!({"uri": wrong}))).await), -32602, "{wrong}");
    }
    assert_eq!(code(&peer.ask(modern(4, "skills/get", json!({}))).await), -32602);
    let begun = peer.begin(LEGACY[0]).await;
    assert!(begun["result"]["capabilities"]["extensions"].is_object(), "{begun}");
    let old = peer.ask(legacy(5, "skills/get", uri)).await;
    assert_eq!(old["result"], json!({"skill": listed["result"]["skills"][0]}));
}

#[tokio::test(start_paused = true)]
async fn each_file_of_a_skill_is_a_resource() {
    let mut peer = peer();
    let listed = peer.ask(modern(1, "resources/list", json!({}))).await["result"].take();
    let manifest = json!({
        "uri": format!("{ROOT}/SKILL.md"), "name": "refunds", "description": "How refunds is done",
        "mimeType": "text/markdown", "size": head("refunds").len()
    });
    assert!(listed["resources"].as_array().unwrap().contains(&manifest), "{listed}");
    let mut read = async |path: &str| {
        let uri = json!({"uri": format!("{ROOT}/{path}")});
        let answer = peer.ask(modern(2, "resources/read", uri)).await;
        answer["result"]["contents"][0].clone()
    };
    let text = read("SKILL.md").await;
    assert_eq!((&text["text"], &text["mimeType"]), (&json!(head("refunds")), &json!("text/markdown")));
    let logo = read("examples/logo.png").await;
    assert_eq!((&logo["blob"], &logo["mimeType"]), (&json!("/9g="), &json!("image/png")));
    assert_eq!(read("examples/%C3%BCber%20uns.md").await["text"], "abc");
    for outside in ["../../secret", "examples/../SKILL.md", "..%2F..%2Fsecret", "/etc/passwd", "SKILL.md/"] {
        assert_eq!(read(outside).await, Value::Null, "{outside}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_folder_tells_what_stands_directly_in_it() {
    let mut peer = peer();
    let mut names = async |uri: &str| {
        let answer = peer.ask(modern(1, "resources/directory/read", json!({"uri": uri}))).await;
        let Some(children) = answer["result"]["resources"].as_array() else {
            return code(&answer).to_string();
        };
        let told = children.iter().map(|child| format!("{} {}", child["name"], child["mimeType"]));
        told.collect::<Vec<_>>().join(", ").replace('"', "")
    };
    assert_eq!(names(ROOT).await, "refunds text/markdown, examples inode/directory, steps inode/directory");
    assert_eq!(names(&format!("{ROOT}/steps")).await, "late inode/directory");
    assert_eq!(names("skill://acme").await, "billing inode/directory");
    for wrong in
        [format!("{ROOT}/SKILL.md"), format!("{ROOT}/"), "skill://".into(), "skill:".into(), String::new()]
    {
        assert_eq!(names(&wrong).await, "-32602", "{wrong}");
    }
}

#[tokio::test(start_paused = true)]
async fn many_skills_come_page_by_page() {
    let skills = (0..120)
        .fold(Skills::new(), |skills, number| skills.skill(Skill::new(head(&format!("s{number}"))).unwrap()));
    let mut peer = Peer::new(&service(skills));
    let (mut sizes, mut params) = (Vec::new(), json!({}));
    loop {
        let page = peer.ask(modern(1, "skills/list", params)).await["result"].take();
        sizes.push(page["skills"].as_array().unwrap().len());
        let Some(cursor) = page.get("nextCursor") else { break };
        params = json!({"cursor": cursor});
    }
    assert_eq!(sizes, [50, 50, 20]);
    for wrong in ["", "s0", "s3", "p1", "s99999999999999999999"] {
        assert_eq!(
            code(&peer.ask(modern(2, "skills/list", json!({"cursor": wrong}))).await),
            -32602,
            "{wrong}"
        );
    }
}

#[test]
fn a_path_that_leads_out_or_is_taken_is_refused() {
    for path in ["", "/a", "a/", "../a", "a/../b", "a//b", "./a", "a\\b", "a\0", "SKILL.md", "SKILL.md/a"] {
        assert!(Skill::new(head("a")).unwrap().file(path, "x").is_err(), "{path:?}");
    }
    let nested = Skill::new(head("a")).unwrap().file("b/SKILL.md", head("c")).unwrap_err().to_string();
    assert!(nested.contains("it is called `c`, and its folder `b`"), "{nested}");
    let large = Skill::new(head("a")).unwrap().file("b", vec![0; 16 * 1024 * 1024]);
    assert!(large.unwrap_err().to_string().contains("at most 512 files"));
    let fault = Server::new("x").extension(Skills::new()).build().unwrap_err().to_string();
    assert!(fault.contains("no skill"), "{fault}");
}

/// A folder that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("toolwright-skills-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test(start_paused = true)]
async fn skills_are_read_from_a_folder() {
    let folder = Folder::new("read");
    folder.write("one/SKILL.md", &head("one"));
    folder.write("one/references/more.txt", "more");
    folder.write("one/.git/config", "hidden");
    folder.write("two/SKILL.md", &head("two"));
    folder.write("none/readme.md", "no skill");
    let mut peer = Peer::new(&service(Skills::new().folder(&folder.0).unwrap()));
    let listed = peer.ask(modern(1, "skills/list", json!({}))).await["result"]["skills"].take();
    let told: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|skill| (skill["uri"].as_str().unwrap(), skill["resources"].as_array().unwrap().len()))
        .collect();
    assert_eq!(told, [("skill://one/SKILL.md", 2), ("skill://two/SKILL.md", 1)]);

    folder.write("three/SKILL.md", &head("four"));
    let fault = Skills::new().folder(&folder.0).unwrap_err().to_string();
    assert!(fault.contains("three`: it is called `four`"), "{fault}");
    assert!(Skill::read(folder.0.join("none")).is_err());
}

/// What is served lies in the folder: a link could lead out of it.
#[cfg(unix)]
#[test]
fn a_link_in_a_skill_is_refused() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new("link");
    folder.write("secret", "secret");
    folder.write("one/SKILL.md", &head("one"));
    for (target, link) in [("secret", "one/out.md"), (".", "one/round")] {
        let link = folder.0.join(link);
        symlink(folder.0.join(target), &link).unwrap();
        let fault = Skill::read(folder.0.join("one")).unwrap_err().to_string();
        assert!(fault.contains("is a link or a device"), "{fault}");
        fs::remove_file(link).unwrap();
    }
    fs::create_dir(folder.0.join("two")).unwrap();
    symlink(folder.0.join("one/SKILL.md"), folder.0.join("two/SKILL.md")).unwrap();
    assert!(Skill::read(folder.0.join("two")).is_err());
}
