//! Which lines of manifests a lockfile answers: those of its own project, and no others.

use holdfast_engine::fix::fix;

use holdfast_model::FixKind;

use super::all::{Answer, advice, all, index, shop, text};
use super::data;
use super::support::{judged, look};

/// `tiller` is brought in by `frame`, or the shop asks for it too.
fn cargo_lock(asks: &[&str]) -> String {
    let package = |name: &str, version: &str, needs: &[&str], feed: bool| {
        let sum = "0".repeat(64);
        let source = "source = \"registry+https://index.example/crates\"\n";
        let source = if feed { format!("{source}checksum = \"{sum}\"\n") } else { String::new() };
        let needs: Vec<String> = needs.iter().map(|need| format!(" \"{need}\",\n")).collect();
        let needs = needs.concat();
        format!(
            "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{source}dependencies = \
             [\n{needs}]\n"
        )
    };
    [
        "version = 4\n".to_owned(),
        package("frame", "2.4.0", &["tiller"], true),
        package("shop", "0.1.0", asks, false),
        package("tiller", "0.1.43", &[], true),
    ]
    .concat()
}

const SHOP: &str =
    "[package]\nname = \"shop\"\nversion = \"0.1.0\"\n\n[dependencies]\nframe = \"2\"\n";
const FUZZ: &str =
    "[package]\nname = \"fuzz\"\nversion = \"0.0.0\"\n\n[dependencies]\ntiller = \"0.1\"\n";

fn tiller() -> Vec<u8> {
    index(&[("crates.example", "tiller", "0.2.23"), ("npm", "tiller", "2.0.0")])
}

/// Fuzz targets, examples and fixtures are projects of their own: their lines neither bring a
/// package into the lockfile above nor change what it holds.
#[test]
fn a_project_with_a_lockfile_of_its_own_speaks_for_itself() {
    let lock = cargo_lock(&["frame"]);
    let fuzz_lock = cargo_lock(&["tiller"]).replace("\"shop\"", "\"fuzz\"");
    let files = [
        ("Cargo.toml", SHOP),
        ("Cargo.lock", lock.as_str()),
        ("fuzz/Cargo.toml", FUZZ),
        ("fuzz/Cargo.lock", fuzz_lock.as_str()),
    ];
    let fixed = fix(&shop(&tiller(), &files[..3], &[]), data(), &all(false)).unwrap();
    assert_eq!(fixed.diff, "", "an excluded project is not asked: {fixed:#?}");
    assert!(advice(&fixed, "tiller").contains("comes through `frame`"), "{fixed:#?}");

    let fixed = fix(&shop(&tiller(), &files, &[]), data(), &all(false)).unwrap();
    let of = |path: &str| {
        let about = |row: &&holdfast_engine::fix::Row| row.advice.contains(path);
        fixed.findings.iter().filter(about).count()
    };
    assert_eq!((of("(Cargo.toml:6"), of("(fuzz/Cargo.toml:6")), (1, 1), "{fixed:#?}");
    assert_eq!(fixed.diff.matches("+++").count(), 1, "{}", fixed.diff);
    assert_eq!(fixed.commands.len(), 1, "{fixed:#?}");
    assert!(fixed.commands[0].starts_with("(cd fuzz && "), "{fixed:#?}");
}

/// The members of a workspace have no lockfile of their own.
#[test]
fn a_member_of_a_workspace_is_asked() {
    let lock = cargo_lock(&["frame", "tiller"]).replace("\"shop\"", "\"fuzz\"");
    let root = "[workspace]\nmembers = [\"fuzz\"]\n";
    let files = [("Cargo.toml", root), ("Cargo.lock", lock.as_str()), ("fuzz/Cargo.toml", FUZZ)];
    let fixed = fix(&shop(&tiller(), &files, &[]), data(), &all(false)).unwrap();
    assert!(fixed.diff.contains("+tiller = \"0.2.23\""), "{fixed:#?}");
}

const NPM_LOCK: &str = "{\n  \"name\": \"shop\",\n  \"lockfileVersion\": 3,\n  \"packages\": {\n    \"\": \
                        {\"name\": \"shop\", \"dependencies\": {\"frame\": \"^1.0.0\"}},\n    \
                        \"node_modules/frame\": {\"version\": \"1.4.0\", \"dependencies\": \
                        {\"tiller\": \"^1.0.0\"}},\n    \"node_modules/tiller\": {\"version\": \
                        \"1.0.0\"}\n  }\n}\n";

/// An override says which version is taken and not who asks: the parent is named, and so is the
/// override where it holds the version back.
#[test]
fn an_override_hides_no_parent() {
    for (range, held) in [("1.0.0", true), (">=1", false)] {
        let manifest = format!(
            "{{\n  \"dependencies\": {{\"frame\": \"^1.0.0\"}},\n  \"overrides\": {{\"tiller\": \
             \"{range}\"}}\n}}\n"
        );
        let files = [("package.json", manifest.as_str()), ("package-lock.json", NPM_LOCK)];
        let fixed = fix(&shop(&tiller(), &files, &[]), data(), &all(false)).unwrap();
        let told = advice(&fixed, "tiller");
        assert!(told.contains("comes through `frame`"), "{told}");
        let named = told.contains("`tiller` from `1.0.0` to `2.0.0` (package.json:3:28)");
        assert_eq!(named, held, "{range}: {told}");
    }
}

/// A version that several packages take from one place goes to the highest that one of them needs,
/// and everybody whom it changes is named.
#[test]
fn a_shared_version_is_lifted_for_all_of_them() {
    let dependency = |name: &str| {
        format!(
            "    <dependency>\n      <groupId>org.example</groupId>\n      <artifactId>{name}</artifactId>\n      \
             <version>${{till.version}}</version>\n    </dependency>\n"
        )
    };
    let pom = |names: &[&str]| {
        let all: String = names.iter().map(|name| dependency(name)).collect();
        format!(
            "<project>\n  <modelVersion>4.0.0</modelVersion>\n  <groupId>org.example</groupId>\n  \
             <artifactId>shop</artifactId>\n  <version>1</version>\n  <properties>\n    \
             <till.version>1.0.0</till.version>\n  </properties>\n  <dependencies>\n{all}  \
             </dependencies>\n</project>\n"
        )
    };
    let three = pom(&["till-core", "till-print", "till-scan"]);
    for (core, print) in [("1.0.5", "1.0.3"), ("1.0.3", "1.0.5")] {
        let known =
            [("Maven", "org.example:till-core", core), ("Maven", "org.example:till-print", print)];
        let fixed = fix(&shop(&index(&known), &[("pom.xml", &three)], &[]), data(), &all(false));
        let fixed = fixed.unwrap();
        assert!(fixed.diff.contains("+    <till.version>1.0.5<"), "{}", fixed.diff);
        let told = advice(&fixed, "org.example:till-core");
        let others = "risky: the version of `org.example:till-print`, `org.example:till-scan`";
        assert!(told.contains(others), "{told}");
    }
    let known = index(&[("Maven", "org.example:till-core", "1.0.3")]);
    for (pom, kind) in [(pom(&["till-core"]), FixKind::Safe), (three, FixKind::Risky)] {
        let (look, settings) = look(&shop(&known, &[("pom.xml", &pom)], &[]));
        let findings = judged(&look, &settings, &known).findings;
        assert_eq!(findings.iter().map(|one| one.fix).collect::<Vec<_>>(), [kind], "{pom}");
    }
}

/// Hashes are of one version. What made the file pins those of another; the line that it is made of
/// is lifted, and nothing is called mended before.
#[test]
fn a_line_with_hashes_is_left_to_what_pinned_them() {
    let pinned = "# This file was autogenerated by uv via the following command:\n#    uv pip compile \
                  --generate-hashes pyproject.toml -o requirements.txt\ntiller==1.0.0 \\\n    \
                  --hash=sha256:00\n    # via shop (pyproject.toml)\n";
    let project = "[project]\nname = \"shop\"\nversion = \"0.1.0\"\ndependencies = \
                   [\"tiller>=1.0.0,<2\"]\n";
    let known = index(&[("PyPI", "tiller", "1.0.3")]);
    let files = [("requirements.txt", pinned), ("pyproject.toml", project)];
    let world = shop(&known, &files, &[]);
    let fixed = fix(&world, data(), &all(true)).unwrap();
    let told = advice(&fixed, "tiller");
    let command = "and those of 1.0.3 are not known: run `uv pip compile --generate-hashes \
                   --upgrade-package tiller==1.0.3 pyproject.toml -o requirements.txt`";
    assert!(told.contains(command), "{told}");
    assert_eq!(fixed.findings[0].mended, Some(false), "{fixed:#?}");
    assert_eq!(text(&world, "requirements.txt"), pinned);
    assert_eq!(text(&world, "pyproject.toml"), project.replace("1.0.0", "1.0.3"));

    // Written by hand, and by way of constraints: there is nothing to lift.
    let by_hand = "tiller==1.0.0 --hash=sha256:00\n";
    for files in [
        &[("requirements.txt", by_hand)][..],
        &[("requirements.txt", "-c held.txt\ntiller>=1.0\n"), ("held.txt", by_hand)],
    ] {
        let world = shop(&known, files, &[]);
        let fixed = fix(&world, data(), &all(true)).unwrap();
        let told = advice(&fixed, "tiller");
        assert!(told.contains("those of 1.0.3 are not known: run `pip-compile"), "{told}");
        assert!(!fixed.applied && fixed.findings[0].mended.is_none(), "{fixed:#?}");
        for (path, before) in files {
            assert_eq!(text(&world, path), *before);
        }
    }
}

/// What a compiler wrote is not edited: its next run would take the line back.
#[test]
fn a_line_that_a_compiler_wrote_is_left_to_it() {
    let pinned = "#\n# This file is autogenerated by pip-compile with Python 3.11\n# by the following \
                  command:\n#\n#    pip-compile requirements.in\n#\ntiller==1.0.0\n    # via -r \
                  requirements.in\n";
    let known = index(&[("PyPI", "tiller", "1.0.3")]);
    let world = shop(&known, &[("requirements.txt", pinned)], &[]);
    let fixed = fix(&world, data(), &all(true)).unwrap();
    let told = advice(&fixed, "tiller");
    let command =
        "admit 1.0.3, then run `pip-compile --upgrade-package tiller==1.0.3 requirements.in`";
    assert!(told.contains(command), "{told}");
    assert!(!fixed.applied && fixed.findings[0].mended.is_none(), "{fixed:#?}");
    assert_eq!(text(&world, "requirements.txt"), pinned);
}

/// A line that lets any version in is no line to lift: only the lockfile is behind. One that names an
/// address asks for what is there.
#[test]
fn a_line_that_lets_any_version_in_stays_as_it_is() {
    let known = index(&[
        ("RubyGems", "tiller", "1.0.3"),
        ("PyPI", "tiller", "1.0.3"),
        ("Packagist", "acme/tiller", "1.0.3"),
    ]);
    let gems = "GEM\n  remote: https://gems.example/\n  specs:\n    tiller (1.0.0)\n\nPLATFORMS\n  \
                ruby\n\nDEPENDENCIES\n  tiller\n";
    let poetry = "[tool.poetry]\nname = \"shop\"\nversion = \"0.1.0\"\n\n\
                  [tool.poetry.dependencies]\npython = \"^3.11\"\ntiller = \"*\"\n";
    let locked = "[[package]]\nname = \"tiller\"\nversion = \"1.0.0\"\ndescription = \"\"\noptional = \
                  false\npython-versions = \"*\"\nfiles = []\n\n[metadata]\nlock-version = \
                  \"2.0\"\npython-versions = \"^3.11\"\ncontent-hash = \"00\"\n";
    let project = "[project]\nname = \"shop\"\nversion = \"0.1.0\"\ndependencies = [\"tiller\"]\n";
    let uv = "version = 1\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \"shop\"\nversion = \
              \"0.1.0\"\nsource = { virtual = \".\" }\ndependencies = [\n    { name = \"tiller\" \
              },\n]\n\n[[package]]\nname = \"tiller\"\nversion = \"1.0.0\"\nsource = { registry = \
              \"https://feed.example/simple\" }\n";
    let composer = "{\n  \"packages\": [\n    {\n      \"name\": \"acme/tiller\",\n      \"version\": \
                    \"1.0.0\",\n      \"type\": \"library\"\n    }\n  ],\n  \"packages-dev\": []\n}\n";
    let asked = "{\n  \"require\": {\n    \"acme/tiller\": \"*\"\n  }\n}\n";
    for (manifest, lock, program) in [
        (
            ("Gemfile", "source \"https://gems.example\"\n\ngem \"tiller\"\n"),
            ("Gemfile.lock", gems),
            "bundle",
        ),
        (("pyproject.toml", poetry), ("poetry.lock", locked), "poetry"),
        (("pyproject.toml", project), ("uv.lock", uv), "uv"),
        (("composer.json", asked), ("composer.lock", composer), "composer"),
    ] {
        let new = lock.1.replace("1.0.0", "1.0.3");
        let tool: Answer<'_> = (&[program], 0, &[(lock.0, new.as_str())]);
        let world = shop(&known, &[manifest, lock], &[tool]);
        let fixed = fix(&world, data(), &all(true)).unwrap();
        let told = &fixed.findings[0].advice;
        assert!(told.contains("tiller` may be 1.0.3 already"), "{program}: {told}");
        assert!(told.ends_with(": refresh the lockfile"), "{program}: {told}");
        assert_eq!(fixed.findings[0].mended, Some(true), "{program}: {fixed:#?}");
        assert_eq!((fixed.diff.as_str(), fixed.commands.len()), ("", 1), "{program}: {fixed:#?}");
    }
    let there =
        "source \"https://gems.example\"\n\ngem \"tiller\", git: \"https://git.example/tiller\"\n";
    let gems = gems
        .replace("GEM\n", "GIT\n")
        .replace("https://gems.example/", "https://git.example/tiller");
    let gems =
        gems.replace("  specs", "  revision: 00aa\n  specs").replace("  tiller\n", "  tiller!\n");
    let world = shop(&known, &[("Gemfile", there), ("Gemfile.lock", &gems)], &[]);
    let fixed = fix(&world, data(), &all(false)).unwrap();
    let told = advice(&fixed, "tiller");
    assert!(told.contains("change it by hand to 1.0.3"), "{told}");
}
