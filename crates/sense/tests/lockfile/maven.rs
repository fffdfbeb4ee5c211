//! What Maven takes from other files than the project: parents, platforms and properties of a build.

use holdfast_model::Fact;

use super::support::{Tree, check, read, reader, requirements, versions};

fn facts(files: &[(&str, String)]) -> Vec<Fact> {
    let of = |(path, text): &(&str, String)| ((*path).to_owned(), text.clone().into_bytes());
    let tree: Tree = files.iter().map(of).collect();
    let facts = read(reader("maven-pom"), &tree, files[0].0);
    check(&facts, &tree);
    facts
}

fn reasons(facts: &[Fact]) -> Vec<&str> {
    facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Unknown { reason, .. } => Some(reason.as_str()),
            _ => None,
        })
        .collect()
}

fn dependency(name: &str, more: &str) -> String {
    format!("<dependency><groupId>x</groupId><artifactId>{name}</artifactId>{more}</dependency>\n")
}

fn import(name: &str, version: &str) -> String {
    dependency(name, &format!("<version>{version}</version><type>pom</type><scope>import</scope>"))
}

fn managed(all: &str) -> String {
    format!("<dependencyManagement><dependencies>{all}</dependencies></dependencyManagement>\n")
}

fn project(name: &str, version: &str, body: &str) -> String {
    format!(
        "<project>\n<groupId>x</groupId><artifactId>{name}</artifactId><version>{version}</version>\n\
         {body}</project>\n"
    )
}

/// A project that asks for `a` in the version of its parent's property.
fn child(parent: &str) -> String {
    let asked = dependency("a", "<version>${v}</version>");
    format!(
        "<project><parent><groupId>x</groupId><artifactId>p</artifactId>{parent}</parent>\n\
         <artifactId>app</artifactId><dependencies>{asked}</dependencies></project>\n"
    )
}

#[test]
fn a_parent_of_another_version_is_not_the_one_that_is_named() {
    let of = |wanted: &str, version: &str| {
        let parent = project("p", version, "<properties><v>1.6.0</v></properties>");
        facts(&[
            ("app/pom.xml", child(&format!("<version>{wanted}</version>"))),
            ("pom.xml", parent),
        ])
    };
    let skewed = of("1", "2");
    assert_eq!(versions(&skewed), [""; 0]);
    let reason = "the property `v` is not set here; the parent `x:p:1` is not in the tree";
    assert_eq!(reasons(&skewed), [reason]);
    for (wanted, version) in
        [("2", "2"), ("[1,3)", "2"), ("${revision}", "2"), ("2", "${revision}")]
    {
        assert_eq!(versions(&of(wanted, version)), ["x:a 1.6.0"], "{wanted} {version}");
    }
}

/// A project that asks for `a` in whatever version its platforms manage.
fn shop(platforms: &str) -> String {
    let asked = format!("<dependencies>{}</dependencies>", dependency("a", ""));
    project("app", "1", &format!("{}{asked}", managed(platforms)))
}

fn platform(version: &str, more: &str) -> String {
    project("bom", version, &managed(&dependency("a", &format!("<version>1.6.0</version>{more}"))))
}

#[test]
fn a_platform_of_another_version_is_not_the_one_that_is_imported() {
    let of = |wanted: &str| {
        facts(&[("pom.xml", shop(&import("bom", wanted))), ("bom/pom.xml", platform("2", ""))])
    };
    assert_eq!(versions(&of("2")), ["x:a 1.6.0"]);
    let skewed = of("1");
    assert_eq!(versions(&skewed), [""; 0]);
    let reason = "its version is managed by the platform `x:bom:1`, which is not in the tree";
    assert_eq!(reasons(&skewed), [reason]);
}

#[test]
fn what_may_be_managed_before_is_told() {
    let of = |platforms: &str| {
        facts(&[("pom.xml", shop(platforms)), ("bom/pom.xml", platform("2", ""))])
    };
    let (far, near) = (import("far", "1"), import("bom", "2"));
    let first = of(&format!("{far}{near}"));
    assert_eq!(versions(&first), ["x:a 1.6.0"]);
    let reason = "the platform `x:far:1` is not in the tree, and a version that it manages goes \
                  before the one here";
    assert_eq!(reasons(&first), [reason]);
    assert_eq!(reasons(&of(&format!("{near}{far}"))), [""; 0], "the first one counts");
}

#[test]
fn the_management_of_another_type_says_nothing() {
    let of = |more: &str| {
        let bom = platform("2", more);
        facts(&[("pom.xml", shop(&import("bom", "2"))), ("bom/pom.xml", bom)])
    };
    assert_eq!(versions(&of("<type>jar</type>")), ["x:a 1.6.0"]);
    let tests = of("<type>test-jar</type>");
    assert_eq!(versions(&tests), [""; 0]);
    assert_eq!(reasons(&tests), ["it has no version here, and none is managed for it"]);
}

#[test]
fn what_each_build_is_given_goes_first() {
    let asked =
        format!("<dependencies>{}</dependencies>", dependency("a", "<version>${v}</version>"));
    let body = format!("<properties><v>1.6.0</v></properties>{asked}");
    let of = |config: &str| {
        facts(&[
            ("app/pom.xml", project("app", "1", &body)),
            (".mvn/maven.config", config.to_owned()),
        ])
    };
    for config in ["-Dv=1.0.0", "-T4 -Dw=2\n-D v=1.0.0\n", "--define\nv=1.0.0", "--define=v=1.0.0"]
    {
        let given = of(config);
        assert_eq!(versions(&given), ["x:a 1.0.0"], "{config}");
        assert_eq!(requirements(&given).count(), 0, "the project does not say it");
    }
    for config in ["", "# -Dv=1.0.0", "-Dproject.v=1.0.0 -DvV=2", "-Pv=1.0.0"] {
        assert_eq!(versions(&of(config)), ["x:a 1.6.0"], "{config}");
    }
}
