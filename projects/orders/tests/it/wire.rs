//! The server as a client meets it: a child process on pipes, in both eras.

pub(crate) mod client;

mod calls;
mod catalog;
mod changes;
mod failures;
mod hostile;
mod once;
mod resources;

#[test]
fn no_test_file_is_forgotten() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/wire");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(
            include_str!("wire.rs").contains(&format!("mod {name};")),
            "{name} is not a module of wire.rs"
        );
    }
}
