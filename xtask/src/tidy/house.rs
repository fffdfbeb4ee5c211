//! Rules about the house: who may know whom, and what every part must declare.

use std::collections::{BTreeMap, BTreeSet};

use super::rust::ROOMS;
use super::{Complaint, File};

/// Which crates of ours each crate may name, tests included. Rooms are all alike.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("rulefile", &["model"]),
    ("world", &["model"]),
    ("store", &["model"]),
    (
        "engine",
        &[
            "model",
            "rulefile",
            "sense",
            "advisories",
            "events",
            "findings",
            "decide",
            "act",
            "learn",
            "posture",
            "world",
            "store",
        ],
    ),
    ("server", &["model", "engine"]),
    ("holdfast", &["model", "rulefile", "engine", "server", "world"]),
];

/// Each crate names only whom it may, inherits the lints and has its own clippy settings.
pub(super) fn manifests(files: &[File]) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let own = |file: &&File| {
        let parts: Vec<&str> = file.path.split('/').collect();
        matches!(parts.as_slice(), ["crates", _, "Cargo.toml"] | ["xtask", "Cargo.toml"])
    };
    for manifest in files.iter().filter(own) {
        let folder = manifest.crate_folder().unwrap_or("xtask");
        let known = MAY_NAME.iter().find(|(name, _)| *name == folder).map(|(_, may)| *may);
        let may = match known {
            Some(may) => may,
            None if ROOMS.contains(&folder) => &["model", "rulefile"],
            None if folder == "xtask" => &[],
            None => {
                let help = "add it to the table in xtask/src/tidy/house.rs, with whom it may know";
                let what = format!("the crate `{folder}` has no place in the house");
                complaints.push(Complaint::new(manifest, 1, what, help));
                continue;
            }
        };
        for (line, text) in manifest.lines() {
            let named =
                text.strip_prefix("holdfast-").and_then(|rest| rest.split(['.', ' ']).next());
            if let Some(named) = named.filter(|named| !may.contains(named)) {
                let what = format!("`{folder}` may not know `{named}`");
                let help = "a room knows `model` and `rulefile`; data crosses rooms in `engine`";
                complaints.push(Complaint::new(manifest, line, what, help));
            }
        }
        if !manifest.text.contains("[lints]\nworkspace = true\n") {
            let help = "add `[lints]` with `workspace = true`";
            complaints.push(Complaint::new(manifest, 1, "the lints are not inherited", help));
        }
        let settings = manifest.path.replace("Cargo.toml", "clippy.toml");
        if !files.iter().any(|file| file.path == settings) {
            let help = "add a clippy.toml beside it, as the other crates have";
            complaints.push(Complaint::new(manifest, 1, "clippy has no settings here", help));
        }
    }
    complaints
}

/// Every dependency from outside is argued for in one line, and used.
pub(super) fn dependency_arguments(files: &[File]) -> Vec<Complaint> {
    let Some(root) = files.iter().find(|file| file.path == "Cargo.toml") else {
        return Vec::new();
    };
    let manifests = files.iter().filter(|file| file.is("/Cargo.toml"));
    let used: BTreeSet<&str> = manifests
        .flat_map(|file| file.text.lines())
        .filter_map(|line| {
            let name = line.split(['.', ' ', '=']).next()?;
            let inherits =
                line.contains(".workspace = true") || line.contains("workspace = true }");
            inherits.then_some(name)
        })
        .collect();
    let mut complaints = Vec::new();
    let mut section = "";
    for (line, text) in root.lines() {
        if text.starts_with('[') {
            section = text;
        }
        let declares = text.split_once(" = ").filter(|_| !text.starts_with('#'));
        let Some((name, value)) = declares.filter(|_| section == "[workspace.dependencies]") else {
            continue;
        };
        if !value.contains("path = ")
            && value.split_once(" # ").is_none_or(|(_, why)| why.trim().len() < 8)
        {
            let what = format!("nothing argues for `{name}`");
            complaints.push(Complaint::new(
                root,
                line,
                what,
                "say in a comment behind it why it is needed",
            ));
        }
        if !used.contains(name) {
            let what = format!("no crate uses `{name}`");
            complaints.push(Complaint::new(root, line, what, "remove it"));
        }
    }
    complaints
}

/// `cargo run` and `cargo build` mean the binary.
pub(super) fn default_member(files: &[File]) -> Vec<Complaint> {
    let Some(root) = files.iter().find(|file| file.path == "Cargo.toml") else {
        return Vec::new();
    };
    if root.text.contains("\ndefault-members = [\"crates/holdfast\"]\n") {
        return Vec::new();
    }
    let help = "write default-members = [\"crates/holdfast\"]";
    vec![Complaint::new(root, 1, "the binary is not the only default member", help)]
}

/// A rule is found by its id: it is the name of its file, and there is one of it.
pub(super) fn rule_ids(files: &[File]) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    // An appetite is named by its file alone and has lines instead of an id.
    let rule = |file: &&File| {
        file.path.starts_with("rules/")
            && file.is(".yaml")
            && !file.path.starts_with("rules/appetite/")
    };
    for file in files.iter().filter(rule) {
        let id = file.lines().find_map(|(line, text)| Some((line, text.strip_prefix("id:")?)));
        let Some((line, id)) = id else {
            complaints.push(Complaint::new(file, 1, "the rule has no id", "begin it with `id:`"));
            continue;
        };
        let id = id.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        let stem = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".yaml");
        if !id.eq_ignore_ascii_case(stem) {
            let what = format!("the id `{id}` is not the name of the file");
            complaints.push(Complaint::new(file, line, what, "give both the same name"));
        }
        if let Some(other) = seen.insert(id.to_ascii_lowercase(), &file.path) {
            let what = format!("the id `{id}` is taken by {other}");
            complaints.push(Complaint::new(file, line, what, "choose another"));
        }
    }
    complaints
}

/// What a fragment of the changelog may tell.
const KINDS: &[&str] = &["added", "changed", "fixed", "security"];

/// Fragments are `NAME.KIND.md`: one or more sentences for people who use Holdfast.
pub(super) fn fragments(files: &[File]) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for file in files {
        let Some(name) = file.path.strip_prefix("changelog.d/") else { continue };
        if name == "README.md" {
            continue;
        }
        let parts: Vec<&str> = name.split('.').collect();
        let fits = |name: &str, kind: &str| {
            let plain =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            !name.is_empty() && name.bytes().all(plain) && KINDS.contains(&kind)
        };
        if !matches!(parts.as_slice(), [name, kind, "md"] if fits(name, kind)) {
            let what = format!("`{name}` is no name of a fragment");
            let help = "name it NAME.KIND.md, where KIND is added, changed, fixed or security";
            complaints.push(Complaint::new(file, 1, what, help));
        }
        let text = file.text.trim();
        if text.is_empty() || text.starts_with(['#', '-', '*']) || !text.ends_with('.') {
            let help = "write sentences, without heading or list";
            complaints.push(Complaint::new(file, 1, "the fragment is no sentence", help));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::super::{file, told};
    use super::*;

    const LINTS: &str = "\n[lints]\nworkspace = true\n";

    fn manifest(folder: &str, text: &str) -> Vec<File> {
        let path = format!("crates/{folder}");
        vec![
            file(&format!("{path}/Cargo.toml"), &format!("{text}{LINTS}")),
            file(&format!("{path}/clippy.toml"), ""),
        ]
    }

    #[test]
    fn rooms_are_strangers() {
        let fine = "holdfast-model.workspace = true\nholdfast-rulefile.workspace = true\n";
        assert!(manifests(&manifest("sense", fine)).is_empty());
        let what = "crates/sense/Cargo.toml:1: `sense` may not know `decide`";
        assert_eq!(
            told(&manifests(&manifest("sense", "holdfast-decide.workspace = true\n"))),
            [what]
        );
        let inline = "holdfast-world = { workspace = true }\n";
        assert_eq!(manifests(&manifest("decide", inline)).len(), 1);
        assert_eq!(manifests(&manifest("model", fine)).len(), 2);
        assert!(manifests(&manifest("engine", inline)).is_empty());
    }

    #[test]
    fn every_crate_has_its_place_lints_and_settings() {
        let what = "crates/attic/Cargo.toml:1: the crate `attic` has no place in the house";
        assert_eq!(told(&manifests(&manifest("attic", ""))), [what]);
        let bare = [file("crates/sense/Cargo.toml", "[package]\n")];
        assert_eq!(
            told(&manifests(&bare)),
            [
                "crates/sense/Cargo.toml:1: the lints are not inherited",
                "crates/sense/Cargo.toml:1: clippy has no settings here",
            ]
        );
    }

    #[test]
    fn every_table_row_is_about_a_crate_or_could_be() {
        let mut names: Vec<&str> = MAY_NAME.iter().map(|(name, _)| *name).collect();
        names.extend(ROOMS);
        for (_, may) in MAY_NAME {
            assert!(may.iter().all(|name| names.contains(name)), "{may:?}");
        }
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }

    #[test]
    fn dependencies_are_argued_for_and_used() {
        let root = "[workspace.dependencies]\n# ours\nholdfast-model = { path = \"crates/model\" }\n\
                    serde = \"1\" # documents in and out\nzip = \"1\"\nold = \"1\" # was needed once\n\
                    [profile.dev]\ndebug = 1\n";
        let user = "holdfast-model.workspace = true\nserde.workspace = true\n\
                    zip = { workspace = true }\n";
        let files = [file("Cargo.toml", root), file("crates/sense/Cargo.toml", user)];
        let unargued = "Cargo.toml:5: nothing argues for `zip`";
        assert_eq!(
            told(&dependency_arguments(&files)),
            [unargued, "Cargo.toml:6: no crate uses `old`"]
        );
    }

    #[test]
    fn the_binary_is_the_default() {
        let fine = "[workspace]\ndefault-members = [\"crates/holdfast\"]\n";
        assert!(default_member(&[file("Cargo.toml", fine)]).is_empty());
        let all = "[workspace]\ndefault-members = [\"crates/*\"]\n";
        assert_eq!(default_member(&[file("Cargo.toml", all)]).len(), 1);
    }

    #[test]
    fn rules_are_named_by_their_files() {
        let files = [
            file("rules/advisory/hf-1.yaml", "id: HF-1\n"),
            file("rules/control/ssh/root-login.yaml", "id: root-login # why\n"),
            file("rules/control/net/root-login.yaml", "id: \"root-login\"\n"),
            file("rules/control/other.yaml", "# first\nid: another\n"),
            file("rules/control/none.yaml", "title: x\n"),
            file("rules/appetite/solo.yaml", "lines: []\n"),
        ];
        assert_eq!(
            told(&rule_ids(&files)),
            [
                "rules/control/net/root-login.yaml:1: the id `root-login` is taken by \
                 rules/control/ssh/root-login.yaml",
                "rules/control/other.yaml:2: the id `another` is not the name of the file",
                "rules/control/none.yaml:1: the rule has no id",
            ]
        );
    }

    #[test]
    fn fragments_have_a_name_a_kind_and_sentences() {
        let path = |name: &str| format!("changelog.d/{name}");
        assert!(fragments(&[file(&path("a-1.added.md"), "It does more.\n")]).is_empty());
        assert!(fragments(&[file(&path("README.md"), "# Anything\n")]).is_empty());
        for bad in ["a.md", "a.better.md", ".added.md", "A.added.md", "a.added.txt", "x/a.added.md"]
        {
            assert_eq!(fragments(&[file(&path(bad), "It does.\n")]).len(), 1, "{bad}");
        }
        for bad in ["", "# Heading.\n", "- item.\n", "no stop\n"] {
            assert_eq!(fragments(&[file(&path("a.fixed.md"), bad)]).len(), 1, "{bad}");
        }
    }
}
