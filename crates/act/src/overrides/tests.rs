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

use PackageManager::{Maven, Npm, Pdm, Pnpm, Uv, Yarn, YarnClassic};

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
    for manager in [YarnClassic, Uv, Pdm] {
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
fn pdm_has_its_own_table() {
    let project = "[project]\r\nname = \"shop\" # ours\r\n";
    let fresh = overridden(Pdm, project, "tiller", "1.0.3").unwrap();
    let table = "[tool.pdm.resolution.overrides]\r\n";
    assert_eq!(fresh, format!("{project}\r\n{table}tiller = \">=1.0.3\"\r\n"));
    let second = overridden(Pdm, &fresh, "zope.mast", "5").unwrap();
    let wanted = fresh.replace(table, &format!("{table}\"zope.mast\" = \">=5\"\r\n"));
    assert_eq!(second, wanted);
    assert_eq!(overridden(Pdm, &second, "zope-mast", "5"), None, "it says so already");

    // An older one is lifted, with what stands around it.
    let old = "[tool.pdm.resolution]\nexcludes = [\n  \"b\",\n]\n\n[tool.pdm.resolution.overrides] # why\n\
               Zope_Mast = \"4.0\" # till 5 is out\na = \"1\"\n\n[tool.x]\nzope-mast = \"3\"\n";
    let lifted = overridden(Pdm, old, "zope-mast", "5").unwrap();
    assert_eq!(lifted, old.replace("\"4.0\"", "\">=5\""));
    let added = overridden(Pdm, old, "tiller", "1").unwrap();
    assert_eq!(added, old.replace("# why\n", "# why\ntiller = \">=1\"\n"));
    let unended = "[tool.pdm.resolution.overrides]";
    let ended = overridden(Pdm, unended, "tiller", "1").unwrap();
    assert_eq!(ended, format!("{unended}\ntiller = \">=1\"\n"));
}

#[test]
fn tables_that_are_written_otherwise_are_left_to_people() {
    for text in [
        "tool.pdm.resolution.overrides.a = \"1\"\n",
        "[tool]\npdm = {}\n",
        "[tool]\n\"pdm\".resolution.overrides.a = \"1\"\n",
        "[tool.pdm]\nresolution = {overrides = {a = \"1\"}}\n",
        "[tool.pdm]\nresolution.overrides = {a = \"1\"}\n",
        "[tool.pdm.resolution]\noverrides = {a = \"1\"}\n",
        "[tool.pdm.resolution]\nexcludes = [\n[\"b\"],\n]\noverrides = {a = \"1\"}\n",
        "[tool.pdm.resolution.overrides.tiller]\nurl = \"x\"\n",
        "[tool.pdm.resolution.overrides]\ntiller = {url = \"x\"}\n",
        "[tool.pdm.resolution.overrides]\ntiller = '1'\n",
        "[tool.pdm.resolution.overrides]\ntiller = \"\"\"1\"\"\"\n",
    ] {
        assert_eq!(overridden(Pdm, text, "tiller", "1.0.3"), None, "{text}");
    }
}

const POM: &str = "<?xml version=\"1.0\"?>\n<project xmlns=\"a > b\">\n  <artifactId>shop</artifactId>\n  \
                   <!-- what we use: <dependencies> -->\n  <dependencies>\n    <dependency>\n      \
                   <groupId>org.example</groupId>\n      <artifactId>frame</artifactId>\n      \
                   <version>1.4.0</version>\n    </dependency>\n  </dependencies> <!-- no more -->\n  \
                   <build/>\n</project>\n";

/// What Maven is told to manage, with an indentation.
fn managed(name: &str, version: &str) -> String {
    format!(
        "      <dependency>\n        <groupId>org.example</groupId>\n        <artifactId>{name}</artifactId>\n        \
         <version>{version}</version>\n      </dependency>\n"
    )
}

#[test]
fn maven_manages_in_a_section_of_its_own() {
    let to = |text: &str, name: &str, to: &str| overridden(Maven, text, name, to);
    let section = |entries: &str| {
        let open = "  <dependencyManagement>\n    <dependencies>\n";
        format!("{open}{entries}    </dependencies>\n  </dependencyManagement>\n")
    };
    let behind = "<!-- no more -->\n";
    let fresh = to(POM, "org.example:tiller", "1.0.3").unwrap();
    let tiller = managed("tiller", "1.0.3");
    assert_eq!(fresh, POM.replace(behind, &format!("{behind}{}", section(&tiller))));
    assert_eq!(to(&fresh, "org.example:tiller", "1.0.3"), None, "it says so already");

    let second = to(&fresh, "org.example:anchor", "2.0.0").unwrap();
    let both = format!("{tiller}{}", managed("anchor", "2.0.0"));
    assert_eq!(second, fresh.replace(&tiller, &both));
    let lifted = to(&second, "org.example:tiller", "1.0.4").unwrap();
    assert_eq!(lifted, second.replace("1.0.3", "1.0.4"), "nothing else changed");
    // One of another kind is another one.
    let tests = second.replace(
        "<artifactId>tiller</artifactId>",
        "<artifactId>tiller</artifactId><type>test-jar</type>",
    );
    assert!(to(&tests, "org.example:tiller", "1.0.3").is_some());

    let dos = POM.replace('\n', "\r\n");
    assert_eq!(to(&dos, "org.example:tiller", "1.0.3"), Some(fresh.replace('\n', "\r\n")));
    let parent = "<project>\n\t<modules/>\n</project>";
    let of_parent = to(parent, "a:b", "1").unwrap();
    assert!(of_parent.starts_with("<project>\n\t<modules/>\n\t<dependencyManagement>\n\t\t<dep"));
    assert!(of_parent.ends_with("\t</dependencyManagement>\n</project>"), "{of_parent}");
}

#[test]
fn a_project_that_says_more_is_left_to_people() {
    let tiller = |version: &str| {
        let entry = managed("tiller", version);
        format!(
            "<project>\n<dependencyManagement><dependencies>\n{entry}</dependencies>\n\
             </dependencyManagement>\n</project>\n"
        )
    };
    assert!(overridden(Maven, &tiller("1.0.0"), "org.example:tiller", "1.0.3").is_some());
    for text in [
        tiller("${tiller.version}").as_str(),
        &tiller("1.0<!-- why -->.0"),
        &tiller("1.0.0").replace("</project>", ""),
        &tiller("1.0.0").replace("</dependencies>", "</dependency>"),
        &format!("<!DOCTYPE project [<!ENTITY a \"b\">]>\n{}", tiller("1.0.0")),
        "<project><dependencyManagement/></project>",
        "<project><dependencyManagement><dependencies></dependencies></dependencyManagement></project>",
        "<project></project>",
        "<settings><a/></settings>",
        "<project><a/></project><b/>",
        "<project><!-- </project>",
    ] {
        assert_eq!(overridden(Maven, text, "org.example:tiller", "1.0.3"), None, "{text}");
    }
    assert_eq!(overridden(Maven, POM, "tiller", "1.0.3"), None);
    assert_eq!(overridden(Maven, POM, "a:b</artifactId>", "1.0.3"), None);
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
    fn any_text_is_edited_or_left(
        text in "\\PC*",
        keys in "[{}\\[\\]\",:a\\\\ \n]*",
        tags in "(</?project>|</?dependencies>|<!--|-->|[<>/'\"a\n])*",
    ) {
        let _ = overridden(Maven, &tags, "a:b", "1.0.3");
        let _ = overridden(Maven, &format!("<project>{tags}</project>"), "a:b", "1.0.3");
        for text in [&text, &keys] {
            let _ = overridden(Npm, text, "tiller", "1.0.3");
            let _ = overridden(Uv, text, "tiller", "1.0.3");
            let _ = overridden(Pdm, text, "tiller", "1.0.3");
        }
    }
}
