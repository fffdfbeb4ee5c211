//! Links in a revision lead where they lead in a working folder, inside the tree and nowhere else.

use std::path::Path;

use holdfast_world::{Recorded, RecordedRepository};

use super::*;

fn repository() -> RecordedRepository {
    RecordedRepository::at("/r", "c1")
        .file("c1", "rules/holdfast.toml", "[asset]\n")
        .file("c1", "rules/dot/appetite.yaml", "lines: []\n")
        .file("c1", "plain", "text")
        .link("c1", "holdfast.toml", "rules/holdfast.toml")
        .link("c1", ".holdfast", "./rules//dot/")
        .link("c1", "rules/up", "../plain")
        .link("c1", "chain", "rules/again")
        .link("c1", "rules/again", "up")
        .link("c1", "absolute", "/etc/passwd")
        .link("c1", "outside", "rules/../../plain")
        .link("c1", "dangling", "rules/none")
        .link("c1", "loop", "loop")
        .link("c1", "top", ".")
}

fn revision(wanted: &dyn Fn(&str) -> bool) -> Revision {
    let world = World::recorded(Recorded::new().repository(repository()));
    Revision::open(&world, Path::new("/r"), "c1", wanted).unwrap()
}

fn text(revision: &Revision, path: &str) -> Result<String, Unread> {
    revision.read(path).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
}

#[test]
fn a_rule_file_that_is_a_link_is_read() {
    for revision in [revision(&|_| true), revision(&|_| false)] {
        assert_eq!(text(&revision, "holdfast.toml"), Ok("[asset]\n".to_owned()));
        assert_eq!(text(&revision, ".holdfast/appetite.yaml"), Ok("lines: []\n".to_owned()));
        assert_eq!(text(&revision, "rules/up"), Ok("text".to_owned()));
        assert_eq!(text(&revision, "chain"), Ok("text".to_owned()));
        assert_eq!(text(&revision, "top/top/plain"), Ok("text".to_owned()));
        assert_eq!(revision.object("chain"), revision.object("plain"));
        assert!(revision.object("chain").is_some());
    }
}

#[test]
fn no_link_leads_out_of_the_tree() {
    let revision = revision(&|_| true);
    let outside = Err(Unread::Other(ReadError::Outside.to_string()));
    for path in ["absolute", "outside", "../plain", "rules/../../plain", "top/../.."] {
        assert_eq!(text(&revision, path), outside, "{path}");
    }
    assert_eq!(text(&revision, "dangling"), Err(Unread::Missing));
    assert_eq!(text(&revision, ".holdfast"), Err(Unread::Missing), "a folder is no file");
    let tired = Err(Unread::Other(ReadError::Loop.to_string()));
    assert_eq!(text(&revision, "loop"), tired);
    let end = "top/".repeat(MAX_LINKS);
    assert_eq!(text(&revision, &format!("{end}plain")), Ok("text".to_owned()));
    assert_eq!(text(&revision, &format!("top/{end}plain")), tired);
}

#[test]
fn patterns_find_what_a_link_names() {
    let revision = revision(&|_| true);
    let found = |pattern: &str| revision.glob(pattern).join(" ");
    assert_eq!(found("holdfast.toml"), "holdfast.toml");
    assert_eq!(found(".holdfast/**"), ".holdfast/appetite.yaml");
    assert_eq!(found(".holdfast/*.yaml"), ".holdfast/appetite.yaml");
    assert_eq!(found("*/plain"), "top/plain");
    assert_eq!(found("**/holdfast.toml"), "holdfast.toml rules/holdfast.toml");
    assert_eq!(found("**/up"), "rules/up");
    assert_eq!(found("**"), "plain rules/dot/appetite.yaml rules/holdfast.toml");
    assert_eq!(found("absolute"), "");
    let paths = revision.paths();
    assert_eq!(paths.join(" "), "plain rules/dot/appetite.yaml rules/holdfast.toml");
}

/// The same questions, asked of a working folder.
#[test]
fn a_working_folder_answers_the_same() {
    let mut recorded = Recorded::new();
    let of = repository();
    for (path, bytes) in &of.commits["c1"] {
        let place = format!("/w/{path}");
        recorded = if of.links.contains(&("c1".to_owned(), path.clone())) {
            recorded.link(place, String::from_utf8(bytes.clone()).unwrap())
        } else {
            recorded.file(place, bytes.clone())
        };
    }
    let tree = WorkTree { root: World::recorded(recorded).root(Path::new("/w")).unwrap() };
    let revision = revision(&|_| true);
    for path in ["holdfast.toml", ".holdfast/appetite.yaml", "chain", "dangling", "outside"] {
        assert_eq!(tree.read(path), revision.read(path), "{path}");
    }
    let patterns = [
        "holdfast.toml",
        ".holdfast/**",
        ".holdfast/*.yaml",
        "**/holdfast.toml",
        "rules/*",
        "**",
        "top/**",
        "**/again",
        "*",
    ];
    for pattern in patterns {
        assert_eq!(tree.glob(pattern), revision.glob(pattern), "{pattern}");
    }
}
