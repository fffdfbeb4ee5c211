//! One fix per package manager: the line that asks is lifted with its operator and its comment
//! kept, the manager is told the least, and what it wrote is read and judged again.

use std::path::Path;
use std::sync::LazyLock;

use holdfast_advisories::{Compiler, Origin, osv};
use holdfast_engine::fix::{Options, fix, undo};
use holdfast_model::Timestamp;
use holdfast_world::{Output, RecordedCommand, World};

use super::support::{NOW, SHOP, TILLER, bytes, record, recorded};
use super::{data, options};

/// What holds an anchor back.
const ANCHOR: &str = "CVE-2026-90007";

static INDEX: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut compiler = Compiler::new();
    for (id, alias, ecosystem, name, fixed) in [
        ("GHSA-till-till-till", TILLER, "npm", "tiller", "1.0.3"),
        ("PYSEC-2026-9001", TILLER, "PyPI", "tiller", "1.0.3"),
        ("GHSA-gems-gems-gems", TILLER, "RubyGems", "tiller", "1.0.3"),
        ("GHSA-phps-phps-phps", TILLER, "Packagist", "acme/tiller", "1.0.3"),
        ("GHSA-java-java-java", TILLER, "Maven", "org.example:tiller", "1.0.3"),
        ("GHSA-anch-anch-anch", ANCHOR, "npm", "anchor", "2.0.0"),
        ("PYSEC-2026-9007", ANCHOR, "PyPI", "anchor", "2.0.0"),
    ] {
        let text = record(id, alias, ecosystem, name, fixed);
        let parsed = osv::parse("feed.json", text.as_bytes()).unwrap();
        compiler.add(ecosystem, &parsed, Origin::Feed);
    }
    compiler.finish(Timestamp(NOW)).bytes
});

/// A project of one package manager, before and after.
struct Row {
    program: &'static str,
    /// What the command must hold: that no scripts run, that nothing is installed.
    told: &'static [&'static str],
    manifest: (&'static str, &'static str),
    lifted: (&'static str, &'static str),
    lockfile: (&'static str, &'static str),
    /// What the manager makes of the lockfile.
    relocked: &'static [(&'static str, &'static str)],
}

const VERSION: &[(&str, &str)] = &[("1.0.0", "1.0.3")];
const PACKAGE_JSON: (&str, &str) = (
    "package.json",
    "{\n  \"name\": \"shop\",\n  \"dependencies\": {\n    \"tiller\": \"^1.0.0\"\n  }\n}\n",
);
const LIFTED_JSON: (&str, &str) = ("\"tiller\": \"^1.0.0\"", "\"tiller\": \"^1.0.3\"");

fn rows() -> Vec<Row> {
    let mut rows = javascript();
    rows.extend(python());
    rows.push(Row {
        program: "bundle",
        told: &["lock", "--conservative"],
        manifest: (
            "Gemfile",
            "source \"https://gems.example\"\n\ngem \"tiller\", \"~> 1.0\" # why\n",
        ),
        lifted: ("\"~> 1.0\" # why", "\"~> 1.0.3\" # why"),
        lockfile: (
            "Gemfile.lock",
            "GEM\n  remote: https://gems.example/\n  specs:\n    tiller (1.0.0)\n\n\
             PLATFORMS\n  ruby\n\nDEPENDENCIES\n  tiller (~> 1.0)\n",
        ),
        relocked: &[("(1.0.0)", "(1.0.3)"), ("(~> 1.0)", "(~> 1.0.3)")],
    });
    rows.push(Row {
        program: "composer",
        told: &["--no-scripts", "--no-plugins", "--no-install"],
        manifest: (
            "composer.json",
            "{\n  \"name\": \"acme/shop\",\n  \"require\": {\n    \"acme/tiller\": \"^1.0\"\n  }\n}\n",
        ),
        lifted: ("\"^1.0\"", "\"^1.0.3\""),
        lockfile: (
            "composer.lock",
            "{\n  \"packages\": [\n    {\n      \"name\": \"acme/tiller\",\n      \"version\": \
             \"v1.0.0\",\n      \"type\": \"library\"\n    }\n  ],\n  \"packages-dev\": []\n}\n",
        ),
        relocked: VERSION,
    });
    rows
}

fn javascript() -> Vec<Row> {
    vec![
        Row {
            program: "yarn",
            told: &["--ignore-scripts", "--non-interactive"],
            manifest: PACKAGE_JSON,
            lifted: LIFTED_JSON,
            lockfile: (
                "yarn.lock",
                "# yarn lockfile v1\n\n\ntiller@^1.0.0:\n  version \"1.0.0\"\n  resolved \
                 \"https://npm.example/tiller/-/tiller-1.0.0.tgz#aa\"\n  integrity sha512-AAAA\n",
            ),
            relocked: VERSION,
        },
        Row {
            program: "yarn",
            told: &["--mode=update-lockfile", "YARN_ENABLE_SCRIPTS=false"],
            manifest: PACKAGE_JSON,
            lifted: LIFTED_JSON,
            lockfile: (
                "yarn.lock",
                "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n\"shop@workspace:.\":\n  version: \
                 0.0.0-use.local\n  resolution: \"shop@workspace:.\"\n  dependencies:\n    tiller: \
                 \"npm:^1.0.0\"\n  languageName: unknown\n  linkType: soft\n\n\
                 \"tiller@npm:^1.0.0\":\n  version: 1.0.0\n  resolution: \"tiller@npm:1.0.0\"\n  \
                 checksum: 10c0/aa\n  languageName: node\n  linkType: hard\n",
            ),
            relocked: VERSION,
        },
        Row {
            program: "pnpm",
            told: &["--lockfile-only", "--ignore-scripts", "--ignore-pnpmfile"],
            manifest: PACKAGE_JSON,
            lifted: LIFTED_JSON,
            lockfile: (
                "pnpm-lock.yaml",
                "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      tiller:\n        \
                 specifier: ^1.0.0\n        version: 1.0.0\n\npackages:\n\n  tiller@1.0.0:\n    \
                 resolution: {integrity: sha512-AAAA}\n\nsnapshots:\n\n  tiller@1.0.0: {}\n",
            ),
            relocked: VERSION,
        },
    ]
}

fn python() -> Vec<Row> {
    vec![
        Row {
            program: "poetry",
            told: &["update", "--lock"],
            manifest: (
                "pyproject.toml",
                "[tool.poetry]\nname = \"shop\"\nversion = \"0.1.0\"\n\n[tool.poetry.dependencies]\n\
                 python = \"^3.11\"\ntiller = \"^1.0\" # why\n",
            ),
            lifted: ("\"^1.0\" # why", "\"^1.0.3\" # why"),
            lockfile: (
                "poetry.lock",
                "[[package]]\nname = \"tiller\"\nversion = \"1.0.0\"\ndescription = \"\"\noptional = \
                 false\npython-versions = \"*\"\nfiles = []\n\n[metadata]\nlock-version = \"2.0\"\n\
                 python-versions = \"^3.11\"\ncontent-hash = \"00\"\n",
            ),
            relocked: VERSION,
        },
        Row {
            program: "uv",
            told: &["lock", "--no-build"],
            manifest: (
                "pyproject.toml",
                "[project]\nname = \"shop\"\nversion = \"0.1.0\"\ndependencies = [\n    \
                 \"tiller>=1.0.0,<2\", # why\n]\n",
            ),
            lifted: ("\"tiller>=1.0.0,<2\", # why", "\"tiller>=1.0.3,<2\", # why"),
            lockfile: (
                "uv.lock",
                "version = 1\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \"shop\"\nversion = \
                 \"0.1.0\"\nsource = { virtual = \".\" }\ndependencies = [\n    { name = \"tiller\" \
                 },\n]\n\n[[package]]\nname = \"tiller\"\nversion = \"1.0.0\"\nsource = { registry = \
                 \"https://feed.example/simple\" }\n",
            ),
            relocked: VERSION,
        },
    ]
}

fn replaced(text: &str, pairs: &[(&str, &str)]) -> String {
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn world(files: &[(&str, &str)], program: &str, writes: &[(&str, &str)]) -> World {
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    let output = Output { status: Some(0), ..Output::default() };
    let writes = writes
        .iter()
        .map(|(path, text)| (Path::new(SHOP).join(path), text.as_bytes().to_vec()))
        .collect();
    let answer = RecordedCommand { program: program.to_owned(), args: Vec::new(), output, writes };
    World::recorded(recorded(data(), &INDEX, &files).answer(answer))
}

fn text(world: &World, path: &str) -> String {
    String::from_utf8(bytes(world, path).unwrap()).unwrap()
}

#[test]
fn every_package_manager_lifts_keeps_and_proves() {
    for row in rows() {
        let what = format!("{} with {}", row.program, row.lockfile.0);
        let new = replaced(row.lockfile.1, row.relocked);
        assert_ne!(new, row.lockfile.1, "{what}");
        let world = world(&[row.manifest, row.lockfile], row.program, &[(row.lockfile.0, &new)]);
        let fixed = fix(&world, data(), &options(true)).unwrap();
        assert_eq!(fixed.findings.len(), 1, "{what}: {fixed:#?}");
        assert_eq!(fixed.findings[0].mended, Some(true), "{what}: {fixed:#?}");
        let wanted = row.manifest.1.replace(row.lifted.0, row.lifted.1);
        assert_ne!(wanted, row.manifest.1, "{what}");
        assert_eq!(text(&world, row.manifest.0), wanted, "{what}");
        let command = fixed.commands.join("\n");
        assert!(row.told.iter().all(|word| command.contains(word)), "{what}: {command}");
        undo(&world, data()).unwrap();
        assert_eq!(text(&world, row.manifest.0), row.manifest.1, "{what}");
        assert_eq!(text(&world, row.lockfile.0), row.lockfile.1, "{what}");
    }
}

/// A manager that ends well and changes nothing has mended nothing.
#[test]
fn no_package_manager_is_believed() {
    for row in rows() {
        let what = format!("{} with {}", row.program, row.lockfile.0);
        let world = world(&[row.manifest, row.lockfile], row.program, &[]);
        let fixed = fix(&world, data(), &options(true)).unwrap();
        assert_eq!(fixed.findings[0].mended, Some(false), "{what}: {fixed:#?}");
    }
}

const POM: &str = "<project>\n  <modelVersion>4.0.0</modelVersion>\n  <groupId>org.example</groupId>\n  \
                   <artifactId>shop</artifactId>\n  <version>1</version>\n  <properties>\n    \
                   <tiller.version>1.0.0</tiller.version> <!-- why -->\n  </properties>\n  \
                   <dependencies>\n    <dependency>\n      <groupId>org.example</groupId>\n      \
                   <artifactId>tiller</artifactId>\n      <version>${tiller.version}</version>\n    \
                   </dependency>\n  </dependencies>\n</project>\n";

/// What a project file takes from a property is lifted where the property stands.
#[test]
fn maven_lifts_the_property() {
    let world = world(&[("pom.xml", POM)], "mvn", &[]);
    let fixed = fix(&world, data(), &options(true)).unwrap();
    assert_eq!(fixed.findings[0].mended, Some(true), "{fixed:#?}");
    assert_eq!(fixed.commands, [] as [String; 0]);
    let wanted = POM.replace("<tiller.version>1.0.0<", "<tiller.version>1.0.3<");
    assert_eq!(text(&world, "pom.xml"), wanted);
}

/// A module that takes a version from its parent is in line when the parent was edited.
#[test]
fn a_module_of_maven_has_nothing_to_be_brought_in_line() {
    let managed = "<dependencyManagement><dependencies><dependency>\n<groupId>org.example</groupId>\n\
                   <artifactId>tiller</artifactId>\n<version>1.0.0</version>\n</dependency>\n\
                   </dependencies></dependencyManagement>";
    let parent = format!(
        "<project>\n<groupId>org.example</groupId>\n<artifactId>shop</artifactId>\n\
         <version>1</version>\n<modules><module>sub</module></modules>\n{managed}\n</project>\n"
    );
    let sub = "<project>\n<parent>\n<groupId>org.example</groupId>\n<artifactId>shop</artifactId>\n\
               <version>1</version>\n</parent>\n<artifactId>sub</artifactId>\n<dependencies>\n\
               <dependency>\n<groupId>org.example</groupId>\n<artifactId>tiller</artifactId>\n\
               </dependency>\n</dependencies>\n</project>\n";
    let world = world(&[("pom.xml", &parent), ("sub/pom.xml", sub)], "mvn", &[]);
    let fixed = fix(&world, data(), &options(true)).unwrap();
    assert_eq!(fixed.findings[0].mended, Some(true), "{fixed:#?}");
    assert!(!fixed.notes.iter().any(|note| note.contains("in line")), "{:?}", fixed.notes);
    assert_eq!(text(&world, "pom.xml"), parent.replace("1.0.0", "1.0.3"));
    assert_eq!(text(&world, "sub/pom.xml"), sub);
}

const HELD: &str = "{\n  \"name\": \"shop\",\n  \"lockfileVersion\": 3,\n  \"packages\": {\n    \"\": \
                    {\"name\": \"shop\", \"dependencies\": {\"frame\": \"^1.0.0\"}},\n    \
                    \"node_modules/frame\": {\"version\": \"1.4.0\", \"resolved\": \
                    \"https://npm.example/frame-1.4.0.tgz\", \"dependencies\": {\"anchor\": \
                    \"^1.0.0\"}},\n    \"node_modules/anchor\": {\"version\": \"1.9.0\", \"resolved\": \
                    \"https://npm.example/anchor-1.9.0.tgz\"}\n  }\n}\n";

/// A parent that holds a package back is named; only when asked to, the project decides itself.
#[test]
fn an_override_is_the_last_resort() {
    let manifest =
        "{\n  \"name\": \"shop\",\n  \"dependencies\": {\n    \"frame\": \"^1.0.0\"\n  }\n}\n";
    let files = [("package.json", manifest), ("package-lock.json", HELD)];
    let new = HELD.replace("1.9.0", "2.0.0");
    let held = world(&files, "npm", &[("package-lock.json", &new)]);
    let asked = Options { names: vec![ANCHOR.to_owned()], ..options(true) };
    let told = fix(&held, data(), &asked).unwrap();
    assert!(!told.applied);
    let advice = &told.findings[0].advice;
    assert!(advice.contains("update `frame`") && advice.contains("--override"), "{advice}");
    assert_eq!(text(&held, "package.json"), manifest);

    let decided = fix(&held, data(), &Options { overrides: true, ..asked }).unwrap();
    assert_eq!(decided.findings[0].mended, Some(true), "{decided:#?}");
    let after = text(&held, "package.json");
    assert!(after.contains("\"overrides\": {\n    \"anchor\": \"^2.0.0\"\n  }"), "{after}");
    undo(&held, data()).unwrap();
    assert_eq!(text(&held, "package.json"), manifest);
}

/// PDM has a table for it, with whatever else stands in the file.
#[test]
fn pdm_decides_in_its_own_table() {
    let project = "[project]\nname = \"shop\"\nversion = \"0.1.0\"\ndependencies = [\"frame>=1\"] # \
                   why\n\n[tool.pdm.resolution]\nrespect-source-order = true\n";
    let lock = "[metadata]\ngroups = [\"default\"]\nlock_version = \"4.5.0\"\n\n[[package]]\nname = \
                \"anchor\"\nversion = \"1.9.0\"\ngroups = [\"default\"]\nfiles = []\n\n[[package]]\n\
                name = \"frame\"\nversion = \"1.4.0\"\ngroups = [\"default\"]\ndependencies = [\n    \
                \"anchor<2\",\n]\nfiles = []\n";
    let files = [("pyproject.toml", project), ("pdm.lock", lock)];
    let held = world(&files, "pdm", &[("pdm.lock", &lock.replace("1.9.0", "2.0.0"))]);
    let asked = Options { names: vec![ANCHOR.to_owned()], overrides: true, ..options(true) };
    let decided = fix(&held, data(), &asked).unwrap();
    assert_eq!(decided.findings[0].mended, Some(true), "{decided:#?}");
    assert!(decided.commands[0].contains("pdm update --no-sync --update-reuse anchor"));
    let table = "\n[tool.pdm.resolution.overrides]\nanchor = \">=2.0.0\"\n";
    assert_eq!(text(&held, "pyproject.toml"), format!("{project}{table}"));
    undo(&held, data()).unwrap();
    assert_eq!(text(&held, "pyproject.toml"), project);
    let earlier = format!("{project}{}", table.replace(">=2.0.0", "1.9.0"));
    let files = [("pyproject.toml", earlier.as_str()), ("pdm.lock", lock)];
    let decided = fix(&world(&files, "pdm", &[]), data(), &asked).unwrap();
    assert!(decided.diff.contains("-anchor = \"1.9.0\"\n+anchor = \">=2.0.0\""), "{decided:#?}");
}

/// A bill names what Maven brings in, and no lockfile holds it: the project itself decides. The bill
/// tells of the old version until somebody builds again, so that nothing is called mended.
#[test]
fn a_project_of_maven_decides_on_what_a_bill_names() {
    let pom = "<project>\n  <groupId>org.example</groupId>\n  <artifactId>shop</artifactId>\n  \
               <version>1</version>\n  <dependencies>\n    <dependency>\n      \
               <groupId>org.example</groupId>\n      <artifactId>frame</artifactId>\n      \
               <version>1.4.0</version>\n    </dependency> <!-- why -->\n  </dependencies>\n</project>\n";
    let bill = r#"{"bomFormat": "CycloneDX", "specVersion": "1.5",
 "metadata": {"component": {"bom-ref": "r", "name": "shop"}},
 "components": [
  {"bom-ref": "f", "group": "org.example", "name": "frame", "version": "1.4.0", "purl": "pkg:maven/org.example/frame@1.4.0"},
  {"bom-ref": "t", "group": "org.example", "name": "tiller", "version": "1.0.0", "purl": "pkg:maven/org.example/tiller@1.0.0"}],
 "dependencies": [{"ref": "r", "dependsOn": ["f"]}, {"ref": "f", "dependsOn": ["t"]}]}"#;
    let section = "  <dependencyManagement>\n    <dependencies>\n      <dependency>\n        \
                   <groupId>org.example</groupId>\n        <artifactId>tiller</artifactId>\n        \
                   <version>1.0.3</version>\n      </dependency>\n    </dependencies>\n  \
                   </dependencyManagement>\n";
    let wanted = pom.replace("</project>", &format!("{section}</project>"));
    for path in ["bom.json", "reports/bom.json"] {
        let held = world(&[("pom.xml", pom), (path, bill)], "mvn", &[]);
        let told = fix(&held, data(), &options(true)).unwrap();
        assert!(!told.applied && told.findings[0].advice.contains("--override"), "{told:#?}");
        let asked = Options { overrides: true, ..options(true) };
        let decided = fix(&held, data(), &asked).unwrap();
        assert_eq!(decided.findings[0].mended, Some(false), "{decided:#?}");
        let in_line = format!("let its own tool bring {path} in line");
        assert!(decided.notes.contains(&in_line), "{decided:#?}");
        assert_eq!(text(&held, "pom.xml"), wanted);
        undo(&held, data()).unwrap();
        assert_eq!(text(&held, "pom.xml"), pom);
    }
}

/// The copy that a parent holds back is overridden; another version beside it stays as it is.
#[test]
fn an_override_leaves_other_versions_alone() {
    let npm = "{\n  \"name\": \"shop\",\n  \"lockfileVersion\": 3,\n  \"packages\": {\n    \"\": {\"name\": \
               \"shop\", \"dependencies\": {\"frame\": \"^1.0.0\", \"anchor\": \"^2.2.0\"}},\n    \
               \"node_modules/anchor\": {\"version\": \"2.2.8\"},\n    \"node_modules/frame\": \
               {\"version\": \"1.4.0\", \"dependencies\": {\"anchor\": \"~0.0.1\"}},\n    \
               \"node_modules/frame/node_modules/anchor\": {\"version\": \"0.0.8\"}\n  }\n}\n";
    let entry = |key: &str, version: &str, needs: &str| {
        format!(
            "\n\"{key}\":\n  version: {version}\n  resolution: \"{}@npm:{version}\"\n{needs}  \
             checksum: 10c0/aa\n  languageName: node\n  linkType: hard\n",
            key.split('@').next().unwrap()
        )
    };
    let yarn = [
        "__metadata:\n  version: 8\n  cacheKey: 10c0\n".to_owned(),
        entry("anchor@npm:^2.2.0", "2.2.8", ""),
        entry("anchor@npm:~0.0.1", "0.0.8", ""),
        entry("frame@npm:^1.0.0", "1.4.0", "  dependencies:\n    anchor: \"npm:~0.0.1\"\n"),
        "\n\"shop@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"shop@workspace:.\"\n  \
         dependencies:\n    anchor: \"npm:^2.2.0\"\n    frame: \"npm:^1.0.0\"\n  languageName: \
         unknown\n  linkType: soft\n"
            .to_owned(),
    ]
    .concat();
    let manifest = "{\n  \"name\": \"shop\",\n  \"dependencies\": {\n    \"anchor\": \"^2.2.0\",\n    \
                    \"frame\": \"^1.0.0\"\n  }\n}\n";
    let asked = Options { names: vec![ANCHOR.to_owned()], overrides: true, ..options(false) };
    for (lockfile, lock, key) in [
        ("package-lock.json", npm, "anchor@0.0.8"),
        ("yarn.lock", yarn.as_str(), "anchor@npm:~0.0.1"),
    ] {
        let world = world(&[("package.json", manifest), (lockfile, lock)], "npm", &[]);
        let decided = fix(&world, data(), &asked).unwrap();
        let wanted = format!("+    \"{key}\": \"^2.0.0\"");
        assert!(decided.diff.contains(&wanted), "{lockfile}: {decided:#?}");
    }
    // The first yarn has no word for one version.
    let classic = "# yarn lockfile v1\n\n\nanchor@^2.2.0:\n  version \"2.2.8\"\n\nanchor@~0.0.1:\n  version \
                   \"0.0.8\"\n\nframe@^1.0.0:\n  version \"1.4.0\"\n  dependencies:\n    anchor \
                   \"~0.0.1\"\n";
    let world = world(&[("package.json", manifest), ("yarn.lock", classic)], "yarn", &[]);
    let left = fix(&world, data(), &asked).unwrap();
    assert_eq!(left.diff, "", "{left:#?}");
    assert!(left.findings[0].advice.contains("other versions of it are locked"), "{left:#?}");
}
