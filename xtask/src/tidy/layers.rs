//! Who may depend on whom: the layers of the house.

use super::finding::Finding;

/// Each crate of ours and the crates of ours it may depend on; the tests' dependencies are free.
const LAYERS: [(&str, &[&str]); 9] = [
    ("crates/types", &[]),
    ("crates/macros", &[]),
    ("crates/core", &["toolwright-types"]),
    ("crates/server", &["toolwright-types", "toolwright-core"]),
    ("crates/extensions", &["toolwright-types", "toolwright-core"]),
    ("crates/stores", &["toolwright-types", "toolwright-core", "toolwright-server"]),
    ("crates/cli", &["toolwright"]),
    ("crates/client", &["toolwright-types", "toolwright-core", "toolwright-server"]),
    (
        "crates/toolwright",
        &[
            "toolwright-types",
            "toolwright-macros",
            "toolwright-core",
            "toolwright-extensions",
            "toolwright-server",
            "toolwright-stores",
            "toolwright-client",
        ],
    ),
];

/// The forbidden dependencies of one manifest.
pub(super) fn check(path: &str, manifest: &str) -> Vec<Finding> {
    let folder = path.strip_suffix("/Cargo.toml").unwrap_or(path);
    if folder == "xtask" {
        return Vec::new();
    }
    let allowed: &[&str] = match LAYERS.iter().find(|(layer, _)| *layer == folder) {
        Some((_, allowed)) => allowed,
        None if folder.starts_with("crates/") => {
            return vec![Finding::new(
                path,
                0,
                "layers",
                "a new crate: give it a row in xtask/src/tidy/layers.rs",
            )];
        }
        None => &["toolwright"],
    };
    let ours = dependencies(manifest).into_iter().filter(|(_, name)| name.starts_with("toolwright"));
    let forbidden = ours.filter(|(_, name)| !allowed.contains(&name.as_str()));
    let advice = |name: &str| match allowed {
        [] => format!("must not depend on `{name}`, nor on any other crate of ours"),
        _ => format!("must not depend on `{name}`, only on {}", allowed.join(", ")),
    };
    forbidden.map(|(line, name)| Finding::new(path, line, "layers", advice(&name))).collect()
}

/// Line and name of each normal or build dependency.
fn dependencies(manifest: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut inside = false;
    for (line, text) in manifest.lines().enumerate() {
        let text = text.trim();
        if let Some(section) = text.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            let (table, name) = match section.rsplit_once("dependencies.") {
                Some((before, name)) => (format!("{before}dependencies"), Some(name)),
                None => (section.to_owned(), None),
            };
            let wanted = table.ends_with("dependencies") && !table.ends_with("dev-dependencies");
            inside = wanted && name.is_none();
            found.extend(name.filter(|_| wanted).map(|name| (line, name.to_owned())));
        } else if inside && !text.is_empty() && !text.starts_with('#') {
            let key = text.split(['=', '.', ' ']).next().unwrap_or(text);
            let package = text.split_once("package = \"").and_then(|(_, rest)| rest.split('"').next());
            found.push((line, package.unwrap_or(key).trim_matches('"').to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[package]\nname = \"a\"\n\n[dependencies]\nserde.workspace = true\n\
        toolwright-types = { workspace = true }\nt = { package = \"toolwright-core\" }\n\n\
        [dev-dependencies]\ntoolwright-server.workspace = true\n\n[dependencies.toolwright-macros]\npath = \"x\"\n";

    fn forbidden(path: &str) -> Vec<usize> {
        check(path, MANIFEST).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn dependencies_are_read_in_each_spelling() {
        let names: Vec<String> = dependencies(MANIFEST).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["serde", "toolwright-types", "toolwright-core", "toolwright-macros"]);
    }

    #[test]
    fn a_layer_depends_only_on_the_layers_below() {
        assert_eq!(forbidden("crates/types/Cargo.toml"), [6, 7, 12]);
        assert_eq!(forbidden("crates/server/Cargo.toml"), [12]);
        assert_eq!(forbidden("crates/toolwright/Cargo.toml"), []);
        assert_eq!(forbidden("projects/orders/Cargo.toml"), [6, 7, 12]);
        assert_eq!(forbidden("xtask/Cargo.toml"), []);
    }

    #[test]
    fn a_new_crate_must_say_where_it_stands() {
        assert_eq!(forbidden("crates/unheard-of/Cargo.toml"), [1]);
    }
}
