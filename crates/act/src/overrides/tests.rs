//! Overrides are written where their tools look for them, and nothing else changes.

use super::*;

fn pinned(manager: PackageManager, text: &str, pin: &Pin<'_>) -> Option<String> {
    let path = Arc::from(manifest(manager).unwrap());
    let edit = override_edit(manager, &path, text, pin).ok()?;
    Some(crate::edit::apply(text, &[edit]).unwrap())
}

fn overridden(manager: PackageManager, text: &str, name: &str, to: &str) -> Option<String> {
    pinned(manager, text, &Pin { name, to, scope: Scope::Every })
}

use PackageManager::{Npm, Pnpm, Uv, Yarn, YarnClassic};

#[test]
fn a_missing_table_is_made_with_the_indentation_of_the_file() {
    let text = "{\n  \"name\": \"shop\",\n  \"dependencies\": {\n    \"a\": \"^1\"\n  }\n}\n";
    let after = overridden(Npm, text, "tiller", "1.0.3").unwrap();
    let wanted = "{\n  \"name\": \"shop\",\n  \"dependencies\": {\n    \"a\": \"^1\"\n  },\n  \
                  \"overrides\": {\n    \"tiller\": \"^1.0.3\"\n  }\n}\n";
    assert_eq!(after, wanted);
    let tabs = text.replace("  ", "\t").replace('\n', "\r\n");
    let after = overridden(Pnpm, &tabs, "@acme/tiller", "1.0.3").unwrap();
    assert!(
        after.ends_with(
            "},\r\n\t\"pnpm\": {\r\n\t\t\"overrides\": {\r\n\t\t\t\"@acme/tiller\": \"^1.0.3\"\r\n\
             \t\t}\r\n\t}\r\n}\r\n"
        ),
        "{after:?}"
    );
}

#[test]
fn an_existing_table_grows_and_an_older_override_is_lifted() {
    let text =
        "{\n  \"resolutions\": {\n    \"b\": \"1.0.0\"\n  },\n  \"x\": [1, {\"y\": \"}\"}]\n}";
    let after = overridden(Yarn, text, "tiller", "1.0.3").unwrap();
    assert!(after.contains("\"b\": \"1.0.0\",\n    \"tiller\": \"^1.0.3\"\n  }"), "{after}");
    let again = overridden(Yarn, &after, "b", "1.0.9").unwrap();
    assert!(again.contains("\"b\": \"^1.0.9\",\n    \"tiller\""), "{again}");
    assert_eq!(overridden(Yarn, &again, "b", "1.0.9"), None, "it says so already");
    let empty = overridden(Npm, "{\n  \"overrides\": {}\n}\n", "tiller", "1.0.3").unwrap();
    assert_eq!(empty, "{\n  \"overrides\": {\n    \"tiller\": \"^1.0.3\"\n  }\n}\n");
    assert_eq!(
        overridden(Npm, "{\"a\":1}", "tiller", "1.0.3").unwrap(),
        "{\"a\":1, \"overrides\": {\"tiller\": \"^1.0.3\"}}"
    );
    for text in [&after, &again, &empty] {
        assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
    }
}

/// Each package manager has its own word for one of several versions, or none.
#[test]
fn another_version_of_the_package_is_left_alone() {
    let scoped = |manager, text: &str, above| {
        let entry = "\"@acme/tiller@npm:0.0.8, @acme/tiller@npm:~0.0.1\":";
        let scope = Scope::Version { from: "0.0.8", above, entry };
        pinned(manager, text, &Pin { name: "@acme/tiller", to: "0.2.1", scope })
    };
    let written = |section: &str, keys: &[&str]| {
        let keys: Vec<String> = keys.iter().map(|key| format!("\"{key}\": \"^0.2.1\"")).collect();
        Some(format!("{{\n  \"{section}\": {{\n    {}\n  }}\n}}\n", keys.join(",\n    ")))
    };
    let empty = "{\n}\n";
    assert_eq!(scoped(Npm, empty, None), written("overrides", &["@acme/tiller@0.0.8"]));
    let yarn = written("resolutions", &["@acme/tiller@npm:0.0.8", "@acme/tiller@npm:~0.0.1"]);
    assert_eq!(scoped(Yarn, empty, None), yarn);
    let pnpm = "{\n  \"pnpm\": {\n    \"overrides\": {}\n  }\n}\n";
    let lifted = |key: &str| {
        let table = format!("{{\n      \"{key}\": \"^0.2.1\"\n    }}");
        Some(pnpm.replace("{}", &table))
    };
    assert_eq!(scoped(Pnpm, pnpm, None), lifted("@acme/tiller@<0.2.1"));
    assert_eq!(scoped(Pnpm, pnpm, Some("0.0.2")), lifted("@acme/tiller@>0.0.2 <0.2.1"));
    for manager in [YarnClassic, Uv] {
        assert_eq!(scoped(manager, empty, None), None, "{manager:?}");
    }
    // One that speaks of every version goes before it.
    let taken = "{\"overrides\": {\"@acme/tiller\": \"1\"}}";
    assert_eq!(scoped(Npm, taken, None), None);
    // Who asks by another name or by an address is not meant.
    for entry in ["\"other@npm:~0.0.1\":", "\"a@npm:1, a@patch:a@npm%3A1#x\":", "a@npm:1/\"x:", ""]
    {
        let scope = Scope::Version { from: "1.0.0", above: None, entry };
        assert_eq!(pinned(Yarn, empty, &Pin { name: "a", to: "1.1.0", scope }), None, "{entry}");
    }
}

/// What an override says of packages below is not lost with the version that it is lifted to.
#[test]
fn an_override_of_several_keeps_the_others() {
    let text = "{\n  \"overrides\": {\n    \"tiller\": {\n      \".\": \"1.0.0\",\n      \"b\": \"2\"\n    \
                },\n    \"anchor\": {\n      \"c\": \"3\"\n    }\n  }\n}\n";
    let lifted = text.replace("\"1.0.0\"", "\"^1.0.3\"");
    assert_eq!(overridden(Npm, text, "tiller", "1.0.3"), Some(lifted));
    let joined = text.replace("\"c\": \"3\"", "\"c\": \"3\",\n      \".\": \"^2.0.0\"");
    assert_eq!(overridden(Npm, text, "anchor", "2.0.0"), Some(joined));
    // Only npm nests them.
    let other = text.replace("overrides", "resolutions");
    assert_eq!(overridden(Yarn, &other, "tiller", "1.0.3"), None);
}

#[test]
fn uv_has_its_own_table() {
    let fresh = overridden(Uv, "[project]\nname = \"shop\"\n", "tiller", "1.0.3").unwrap();
    assert_eq!(
        fresh,
        "[project]\nname = \"shop\"\n\n[tool.uv]\noverride-dependencies = [\"tiller>=1.0.3\"]\n"
    );
    let second = overridden(Uv, &fresh, "other", "2.0").unwrap();
    assert!(second.contains("[\"other>=2.0\", \"tiller>=1.0.3\"]"), "{second}");
    let table = "[tool.uv] # ours\ndev-dependencies = []\n\n[tool.x]\n";
    assert_eq!(
        overridden(Uv, table, "tiller", "1.0.3").unwrap(),
        "[tool.uv] # ours\noverride-dependencies = [\"tiller>=1.0.3\"]\ndev-dependencies = []\n\n\
         [tool.x]\n"
    );
}

#[test]
fn what_cannot_be_read_is_left_to_people() {
    for text in ["", "[]", "{", "{\"a\" 1}", "{\"overrides\": 1}", "{\"overrides\": {\"a\": }}"] {
        assert_eq!(overridden(Npm, text, "tiller", "1.0.3"), None, "{text}");
    }
    assert_eq!(overridden(Npm, "{}", "--x", "1.0.3"), None);
    assert_eq!(overridden(Npm, "{}", "tiller", "1 || 2"), None);
    assert_eq!(overridden(Uv, "tool.uv.package = false\n", "tiller", "1"), None);
    assert_eq!(manifest(PackageManager::Bundler), None);
}

proptest::proptest! {
    #[test]
    fn any_text_is_edited_or_left(text in "\\PC*", keys in "[{}\\[\\]\",:a\\\\ \n]*") {
        for text in [&text, &keys] {
            let _ = overridden(Npm, text, "tiller", "1.0.3");
            let _ = overridden(Uv, text, "tiller", "1.0.3");
        }
    }
}
