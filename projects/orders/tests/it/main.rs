//! Tests of the orders package from outside, one module a topic.

#[cfg(test)]
mod support;

#[cfg(test)]
mod command_line;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod files;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod once;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod rmcp;
#[cfg(test)]
mod wire;
#[cfg(test)]
mod writes;

#[test]
fn no_test_file_is_forgotten() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let declared = include_str!("main.rs").contains(&format!("mod {name};"));
        assert!(declared || name == "main", "{name} is not a module of main.rs");
    }
}
