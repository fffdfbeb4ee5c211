//! Projects whose versions stand nowhere are told, also where a neighbour has a lockfile.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

mod support;

use std::path::{Path, PathBuf};

use holdfast_advisories::{Compiler, Origin, osv};
use holdfast_engine::check::{Options, check};
use holdfast_engine::document::{FindingRow, NotAssessedRow, Report};
use holdfast_engine::fix;
use holdfast_model::Timestamp;
use holdfast_world::World;
use support::TILLER;

fn data() -> &'static Path {
    Path::new("/data")
}

fn shop(files: &[(&str, &str)]) -> World {
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    support::world(data(), &support::index(), &files)
}

fn checked(files: &[(&str, &str)]) -> Report {
    check(&shop(files), data(), &Options::default()).unwrap()
}

fn packages(report: &Report) -> u64 {
    report.assets.iter().map(|asset| asset.packages).sum()
}

/// The files that could not be judged, sorted.
fn open(files: &[(&str, &str)]) -> Vec<String> {
    let report = checked(files);
    let place = |row: &NotAssessedRow| {
        row.place.as_ref().map_or_else(|| row.subject.to_string(), |place| place.path.to_string())
    };
    // There are feeds for few ecosystems here.
    let about = |row: &&NotAssessedRow| !row.subject.ends_with(" packages");
    let mut open: Vec<String> = report.not_assessed.iter().filter(about).map(place).collect();
    open.sort();
    open.dedup();
    open
}

/// Gradle writes a lockfile for each project.
#[test]
fn each_build_of_gradle_has_a_lockfile_of_its_own() {
    const ASKS: &str = "dependencies {\n  implementation 'org.example:tiller:1.0.0'\n}\n";
    const NAMED: &str = "dependencies {\n  implementation libs.tiller\n}\n";
    const LOCK: &str = "org.example:keel:1.6.0=compileClasspath\nempty=\n";
    const CATALOG: &str = "[libraries]\ntiller = \"org.example:tiller:1.0.0\"\n";
    let files = [("app/build.gradle", ASKS), ("lib/build.gradle.kts", ASKS)];
    assert_eq!(open(&files), ["app/build.gradle", "lib/build.gradle.kts"]);
    let locked = [files[0], files[1], ("lib/gradle.lockfile", LOCK)];
    assert_eq!(open(&locked), ["app/build.gradle"]);
    let scripts = [files[0], ("app/buildscript-gradle.lockfile", LOCK)];
    assert_eq!(open(&scripts), ["app/build.gradle"], "that lockfile is of what builds");
    let older = [files[0], ("app/gradle/dependency-locks/compile.lockfile", LOCK)];
    assert!(open(&older).is_empty(), "{:?}", open(&older));
    // What a catalogue lists is told of it.
    let catalog = ("gradle/libs.versions.toml", CATALOG);
    let by_name = [("app/build.gradle", NAMED), catalog];
    assert_eq!(open(&by_name), ["gradle/libs.versions.toml"]);
    assert_eq!(open(&[files[0], catalog]), ["app/build.gradle", "gradle/libs.versions.toml"]);
}

/// Many a `pyproject.toml` holds no more than the settings of tools.
#[test]
fn a_setup_of_python_is_answered_by_what_names_packages() {
    let setup = ("setup.py", "setup(install_requires=['tiller==1.0.0'])\n");
    let tools = ("pyproject.toml", "[tool.black]\nline-length = 100\n");
    assert_eq!(open(&[setup, tools]), ["setup.py"]);
    let project = ("pyproject.toml", "[project]\nname = \"shop\"\ndependencies = []\n");
    assert!(open(&[setup, project]).is_empty());
    let poetry = ("pyproject.toml", "[tool.poetry.dependencies]\npython = \"^3.11\"\n");
    assert!(!open(&[setup, poetry]).contains(&"setup.py".to_owned()));
}

#[test]
fn dependencies_that_a_build_works_out_are_read_where_it_takes_them_from() {
    const DYNAMIC: &str = "[project]\nname = \"shop\"\ndynamic = [\"dependencies\"]\n";
    assert_eq!(open(&[("pyproject.toml", DYNAMIC)]), ["pyproject.toml"]);
    let taken = format!(
        "{DYNAMIC}[tool.setuptools.dynamic]\ndependencies = {{file = [\"reqs/base.txt\"]}}\n"
    );
    let taken = ("pyproject.toml", taken.as_str());
    assert_eq!(open(&[taken]), ["pyproject.toml"], "the file is not there");
    let base = ("reqs/base.txt", "keel==1.0.0\n");
    assert!(open(&[taken, base]).is_empty(), "{:?}", open(&[taken, base]));
    assert_eq!(packages(&checked(&[taken, base])), 1);
    let pins = ("requirements.txt", "keel==1.0.0\n");
    assert!(open(&[("pyproject.toml", DYNAMIC), pins]).is_empty());
}

#[test]
fn a_gem_of_the_tree_wants_a_lockfile() {
    let spec = |more: &str| {
        format!(
            "Gem::Specification.new do |s|\n  s.name = \"shop\"\n  s.add_dependency \"tiller\", \"1.0.0\"\n{more}end\n"
        )
    };
    let own = spec("");
    let gemfile = ("Gemfile", "source \"https://gems.example\"\ngemspec\n");
    assert_eq!(open(&[gemfile, ("shop.gemspec", &own)]), ["shop.gemspec"]);
    let installed = spec("  s.installed_by_version = \"3.4.0\"\n  s.version = \"1.0.0\"\n");
    let open = open(&[("specifications/shop-1.0.0.gemspec", &installed)]);
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn manifests_of_other_tools_are_told_too() {
    for (name, text, lock) in [
        ("requirements.in", "tiller==1.0.0\n", "requirements.txt"),
        ("conanfile.txt", "[requires]\ntiller/1.0.0\n", "conan.lock"),
        ("conanfile.py", "class Shop(ConanFile):\n    requires = 'tiller/1.0.0'\n", "conan.lock"),
        ("shop.cabal", "build-depends: tiller ==1.0.0\n", "cabal.project.freeze"),
        ("stack.yaml", "extra-deps:\n- tiller-1.0.0\n", "stack.yaml.lock"),
        ("DESCRIPTION", "Package: shop\nImports: tiller\n", "renv.lock"),
        ("Cartfile", "github \"a/tiller\"\n", "Cartfile.resolved"),
        ("shard.yml", "dependencies:\n  tiller:\n", "shard.lock"),
    ] {
        assert_eq!(open(&[(name, text)]), [name]);
        let answered = open(&[(name, text), (lock, "")]);
        assert!(!answered.iter().any(|path| path == name), "{name}: {answered:?}");
    }
}

/// A file that another one takes along is read also where only that one is looked at.
#[test]
fn what_requirements_take_along_is_judged() {
    let files = [
        ("requirements-dev.txt", "-r requirements.txt\n-r more/requirements.txt\nkeel==1.0.0\n"),
        ("requirements.txt", "tiller==1.0.0\n"),
        ("more/requirements.txt", "-r ../requirements-dev.txt\nmast==1.0.0\n"),
    ];
    let world = shop(&files);
    let options = Options { path: PathBuf::from("requirements-dev.txt"), ..Options::default() };
    let report = check(&world, data(), &options).unwrap();
    assert_eq!(packages(&report), 3, "{report:#?}");
    // Each once, where all of them are looked at.
    assert_eq!(packages(&checked(&files)), 3);
}

/// Which of several pins holds is decided where it is installed.
#[test]
fn every_pin_of_a_constraint_counts() {
    let files = [
        ("requirements.txt", "-c constraints.txt\ntiller\n"),
        (
            "constraints.txt",
            "tiller==1.6.0 ; python_version>='3.8'\ntiller==1.0.0 ; python_version<'3.8'\n",
        ),
    ];
    assert_eq!(packages(&checked(&files)), 2);
}

/// The findings of a shop: the file, and what is in it.
fn found(world: &World) -> Vec<String> {
    let report = check(world, data(), &Options::default()).unwrap();
    let row = |row: &FindingRow| {
        format!("{} {}", row.place.as_ref().map_or("", |place| &place.path), row.subject)
    };
    report.findings.iter().map(row).collect()
}

/// What a lockfile would say of the rest stays open.
#[test]
fn a_line_that_names_one_version_is_known_without_a_lockfile() {
    let npm = |range: &str| format!("{{\"dependencies\": {{\"tiller\": \"{range}\"}}}}");
    for (path, text) in [
        ("package.json", npm("1.0.0")),
        ("package.json", npm("=1.0.0")),
        (
            "pyproject.toml",
            "[project]\nname = \"shop\"\ndependencies = [\"tiller==1.0.0\"]\n".into(),
        ),
        ("pyproject.toml", "[tool.poetry.dependencies]\ntiller = \"1.0.0\"\n".into()),
        ("Pipfile", "[packages]\ntiller = \"==1.0.0\"\n".into()),
    ] {
        let files = [(path, text.as_str())];
        let found = found(&shop(&files));
        assert!(found.len() == 1 && found[0].contains("tiller"), "{path} {text} {found:?}");
        assert_eq!(open(&files), [path], "{text}");
    }
    for range in ["^1.0.0", "1.0", "1.x", ">=1.0.0", "1.0.0 || 1.0.1", "*"] {
        let text = npm(range);
        assert_eq!(found(&shop(&[("package.json", &text)])), [""; 0], "{range}");
    }
    let pinned = npm("1.0.0");
    let lock = support::package_lock(&[("tiller", "1.0.0")]);
    let both = found(&shop(&[("package.json", &pinned), ("package-lock.json", &lock)]));
    assert_eq!(both, ["package-lock.json pkg:npm/tiller"], "the lockfile says it");
}

/// What both tools take for a bare version, unless another package asks for more.
#[test]
fn the_least_version_that_will_do_is_the_one_in_use_where_a_tool_takes_that() {
    let mut compiler = Compiler::new();
    for (ecosystem, name) in [("Maven", "org.example:tiller"), ("NuGet", "Tiller")] {
        let text = support::record(&format!("GHSA-{ecosystem}"), TILLER, ecosystem, name, "1.0.3");
        let parsed = osv::parse("feed.json", text.as_bytes()).unwrap();
        let feed = parsed.ecosystems().next().unwrap().to_owned();
        compiler.add(&feed, &parsed, Origin::Feed);
    }
    let index = compiler.finish(Timestamp(support::NOW)).bytes;
    let asked = |files: &[(&str, &str)]| {
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
        found(&support::world(data(), &index, &files))
    };
    let catalog = |version: &str| {
        format!(
            "[libraries]\ntiller = {{ module = \"org.example:tiller\", version = {version} }}\n"
        )
    };
    for (version, count) in [
        ("\"1.0.0\"", 1),
        ("{ strictly = \"1.0.0\" }", 1),
        ("\"1.0.3\"", 0),
        ("\"1.0.+\"", 0),
        ("\"[1.0,2.0)\"", 0),
    ] {
        let text = catalog(version);
        assert_eq!(asked(&[("gradle/libs.versions.toml", &text)]).len(), count, "{version}");
    }
    let project = |line: &str| format!("<Project><ItemGroup>{line}</ItemGroup></Project>");
    let own = project("<PackageReference Include=\"Tiller\" Version=\"1.0.0\" />");
    assert_eq!(asked(&[("shop.csproj", &own)]), ["shop.csproj pkg:nuget/tiller"]);
    let bare = project("<PackageReference Include=\"Tiller\" />");
    let central = project("<PackageVersion Include=\"Tiller\" Version=\"[1.0.0]\" />");
    let files = [("shop/shop.csproj", bare.as_str()), ("Directory.Packages.props", &central)];
    assert_eq!(asked(&files), ["Directory.Packages.props pkg:nuget/tiller"]);
}

#[test]
fn a_line_that_names_one_version_is_lifted_where_it_stands() {
    const TEXT: &str = "{\"dependencies\": {\"tiller\": \"1.0.0\"}}";
    let world = shop(&[("package.json", TEXT)]);
    let options =
        fix::Options { names: vec![TILLER.to_owned()], apply: true, ..fix::Options::default() };
    let fixed = fix::fix(&world, data(), &options).unwrap();
    assert_eq!(fixed.findings[0].mended, Some(true), "{fixed:?}");
    let after = String::from_utf8(support::bytes(&world, "package.json").unwrap()).unwrap();
    assert_eq!(after, TEXT.replace("1.0.0", "1.0.3"));
}
