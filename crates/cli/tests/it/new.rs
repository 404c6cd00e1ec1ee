//! `new`: projects from templates. That they build and pass their tests is checked by `cargo xtask cli`.

use std::fs;

use crate::folder::Folder;
use crate::run;

const TEMPLATES: [&str; 4] = ["hello", "database", "http-api", "orders"];

#[test]
fn a_project_has_its_name_everywhere_and_all_its_files() {
    let folder = Folder::new();
    for template in TEMPLATES {
        let path = folder.path().join(template);
        let arguments = ["new", "my-own", "--template", template, "--path", path.to_str().unwrap()];
        let (code, said, errors) = run(&arguments);
        assert_eq!((code, errors.as_str()), (0, ""));
        assert!(said.contains("Next:\n") && said.contains("cargo test"), "{said}");
        for file in ["Cargo.toml", "src/main.rs", "README.md", ".gitignore"] {
            let text = fs::read_to_string(path.join(file)).unwrap();
            assert!(!text.contains("my-server") && !text.contains("\"*\""), "{template} {file}: {text}");
        }
        assert!(fs::read_to_string(path.join("src/main.rs")).unwrap().contains("#[toolwright::main]"));
        assert!(fs::read_to_string(path.join("README.md")).unwrap().contains("toolwright install"));
    }
}

#[test]
fn what_is_there_is_not_touched_and_a_bad_name_makes_nothing() {
    let folder = Folder::new();
    let (code, _, errors) = run(&["new", "mine", "--path", folder.path().to_str().unwrap()]);
    assert_eq!(code, 2);
    assert!(errors.contains("exists already") && errors.contains("--path"), "{errors}");
    let path = folder.path().join("x");
    let (code, _, errors) = run(&["new", "My Server", "--path", path.to_str().unwrap()]);
    assert_eq!(code, 2);
    assert!(errors.contains("small letters"), "{errors}");
    assert!(!path.exists());
}
