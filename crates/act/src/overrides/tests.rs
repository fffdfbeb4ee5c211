//! Overrides are written where their tools look for them, and nothing else changes.

use super::*;

fn overridden(manager: PackageManager, text: &str, name: &str, to: &str) -> Option<String> {
    let path = Arc::from(manifest(manager).unwrap());
    let edit = override_edit(manager, &path, text, name, to).ok()?;
    Some(crate::edit::apply(text, &[edit]).unwrap())
}

use PackageManager::{Npm, Pnpm, Uv, Yarn};

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
