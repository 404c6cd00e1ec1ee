//! `inspect`: what is offered, what is wrong with it, how it changed.

use std::fs;

use serde_json::{Value, json};

use crate::folder::Folder;
use crate::run;

#[test]
fn a_server_is_shown_as_a_table_a_page_and_json() {
    let (code, said, errors) = run(&["inspect", "URL"]);
    assert_eq!((code, errors.as_str()), (0, ""));
    for part in [
        "notes 3.2.1",
        "can do: ",
        "add(a, b?)",
        "TOKENS",
        "note://one",
        "poem(about)",
        "2 tools, about ",
        "4 bytes",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let (_, page, _) = run(&["inspect", "URL", "--markdown"]);
    for part in [
        "# notes 3.2.1\n",
        "## Tools\n\n### `add`\n\nAdds numbers.\n\n- a (integer)\n",
        "- `note://one`: A note.\n",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let (_, json, _) = run(&["inspect", "URL", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["server"]["name"], &json["tools"][0]["name"]), (&json!("notes"), &json!("add")));
    assert!(json["tokens"]["tools"]["add"].as_u64().unwrap() > 10, "{json}");
    assert!(json["capabilities"]["tools"].is_object(), "{json}");
    assert!(json["findings"].as_array().unwrap().iter().any(|one| one["rule"] == "no-annotations"), "{json}");
}

/// Notes are no fault; what is missing a description is.
#[test]
fn strict_ends_with_five_when_something_is_to_be_mended() {
    let (code, said, _) = run(&["inspect", "URL", "--strict"]);
    assert_eq!(code, 0, "{said}");
    let (code, said, _) = run(&["inspect", "BARE", "--strict"]);
    assert_eq!(code, 5, "{said}");
    assert!(said.contains("warning  no-description  tool bare"), "{said}");
}

#[test]
fn what_breaks_clients_is_told_apart_from_other_changes() {
    let folder = Folder::new();
    let saved = folder.path().join("saved.json");
    let file = saved.to_str().unwrap();
    assert_eq!(run(&["inspect", "URL", "--save", file]).0, 0);
    let (code, said, _) = run(&["inspect", "URL", "--diff", file]);
    assert_eq!((code, said.as_str()), (0, "0 changes, 0 of them breaking\n"));
    let mut before: Value = serde_json::from_slice(&fs::read(&saved).unwrap()).unwrap();
    before["tools"][0]["description"] = json!("Adds.");
    fs::write(&saved, before.to_string()).unwrap();
    let (code, said, _) = run(&["inspect", "URL", "--diff", file]);
    assert_eq!(
        (code, said.as_str()),
        (0, "change    tool add: its description is another\n1 changes, 0 of them breaking\n")
    );
    before["tools"].as_array_mut().unwrap().push(json!({"name": "gone", "inputSchema": {}}));
    fs::write(&saved, before.to_string()).unwrap();
    let (code, said, _) = run(&["inspect", "URL", "--diff", file, "--json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (code, &said["breaking"], &said["changes"][0]["change"]),
        (5, &json!(1), &json!("tool gone was removed"))
    );
}

#[test]
fn a_file_that_is_no_saved_schema_is_told() {
    let folder = Folder::new();
    let file = folder.path().join("other.json");
    fs::write(&file, "{}").unwrap();
    for (file, why) in [(file.to_str().unwrap(), "no `tools`"), ("/does/not/exist", "--save FILE")] {
        let (code, _, errors) = run(&["inspect", "URL", "--diff", file]);
        assert_eq!(code, 2);
        assert!(errors.contains(why), "{errors}");
    }
}
