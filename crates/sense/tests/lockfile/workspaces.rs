//! Modules of Go that a `go.work` builds together.

use holdfast_model::{Component, Origin};

use super::support::{Tree, check, components, read, reader, requirements};

/// In a workspace every module gets the greatest release that one of them requires, and they get each
/// other from their folders. What `use` does not name is built alone.
#[test]
fn modules_of_a_go_workspace_are_built_together() {
    let asks = |module: &str, dir: &str, more: &str| {
        let text = format!(
            "module m.example/{module}\n\ngo 1.25.0\n\nrequire m.example/dir {dir}\n{more}"
        );
        text.into_bytes()
    };
    let b = "require m.example/b v1.0.0\n";
    let swap = "replace m.example/old => m.example/new v3.0.0\n";
    let files = Tree::from([
        ("go.work".to_owned(), b"go 1.25.0\n\nuse (\n\t./a\n\t./b\n)\n".to_vec()),
        ("a/go.mod".to_owned(), asks("a", "v1.10.0", &format!("{b}{swap}"))),
        ("b/go.mod".to_owned(), asks("b", "v1.2.0", "require m.example/old v1.0.0\n")),
        ("c/go.mod".to_owned(), asks("c", "v1.2.0", b)),
    ]);
    let of = |path: &str| {
        let facts = read(reader("go-mod"), &files, path);
        check(&facts, &files);
        let modules = components(&facts).filter(|one| one.name.starts_with("m.example"));
        let word = |one: &Component| {
            let tree = if one.origin == Origin::Tree { " tree" } else { "" };
            format!("{} {}{tree}", one.name, one.version.as_deref().unwrap_or("-"))
        };
        let lines: Vec<(String, bool)> =
            requirements(&facts).map(|one| (one.range.to_string(), one.liftable)).collect();
        (modules.map(word).collect::<Vec<_>>(), lines)
    };
    let line = |range: &str, liftable: bool| (range.to_owned(), liftable);
    let (modules, lines) = of("a/go.mod");
    assert_eq!(modules, ["m.example/dir v1.10.0", "m.example/b v1.0.0 tree"]);
    assert_eq!(lines, [line("v1.10.0", true), line("v1.0.0", false)]);
    let (modules, lines) = of("b/go.mod");
    assert_eq!(modules, ["m.example/dir v1.10.0", "m.example/new v3.0.0"]);
    assert_eq!(lines, [line("v1.2.0", true), line("v1.0.0", false)]);
    let (modules, lines) = of("c/go.mod");
    assert_eq!(modules, ["m.example/dir v1.2.0", "m.example/b v1.0.0"]);
    assert_eq!(lines, [line("v1.2.0", true), line("v1.0.0", true)]);
}
