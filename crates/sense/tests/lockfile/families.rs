//! The readers of Java, .NET, Dart, Elixir, R, C++, Haskell, Apple, GitHub and containers: their
//! fixtures, hostile input, and files that others have collected.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use holdfast_model::{Component, Fact, Origin};
use holdfast_sense::{read_anything, reader_for};

use super::fixtures::all;
use super::hostile::{Dice, facts_of, mutate};
use super::skip::{NO_DATA, skip};
use super::support::{
    Tree, check, components, document, fixtures, problems, read, reader, requirements, tree,
    versions,
};

/// Each reader with a path that it takes.
pub(crate) const READERS: [(&str, &str); 20] = [
    ("maven-pom", "a/pom.xml"),
    ("gradle-lock", "a/gradle.lockfile"),
    ("gradle-verification", "a/gradle/verification-metadata.xml"),
    ("gradle-catalog", "a/gradle/libs.versions.toml"),
    ("nuget-lock", "a/packages.lock.json"),
    ("nuget-config", "a/packages.config"),
    ("nuget-deps", "a/Shop.deps.json"),
    ("nuget-project", "a/Shop.csproj"),
    ("nuget-central", "a/Directory.Packages.props"),
    ("pubspec-lock", "a/pubspec.lock"),
    ("mix-lock", "a/mix.lock"),
    ("renv-lock", "a/renv.lock"),
    ("conan-lock", "a/conan.lock"),
    ("cabal-freeze", "a/cabal.project.freeze"),
    ("stack-lock", "a/stack.yaml.lock"),
    ("package-resolved", "a/Package.resolved"),
    ("podfile-lock", "a/Podfile.lock"),
    ("github-workflow", "a/.github/workflows/ci.yml"),
    ("dockerfile", "a/Dockerfile"),
    ("compose", "a/compose.yaml"),
];

#[test]
fn every_name_has_its_reader() {
    for (id, path) in READERS {
        assert_eq!(reader_for(path, &[]).unwrap().about().id, id, "{path}");
    }
    for (path, id) in [
        ("a/buildscript-gradle.lockfile", "gradle-lock"),
        ("gradle/dependency-locks/compile.lockfile", "gradle-lock"),
        ("a/action.yml", "github-workflow"),
        ("Containerfile", "dockerfile"),
        ("a/Dockerfile.web", "dockerfile"),
        ("a/web.dockerfile", "dockerfile"),
        ("docker-compose.override.yml", "compose"),
        ("a/paket.lock", "unread-lockfile"),
        ("a/cpanfile.snapshot", "unread-lockfile"),
    ] {
        assert_eq!(reader_for(path, &[]).unwrap().about().id, id, "{path}");
    }
    for path in ["a/ci.yml", "a/x.lockfile", "Dockerfile.md", "composed.yml", "a/Package.swift"] {
        assert!(reader_for(path, &[]).is_none(), "{path}");
    }
}

#[test]
fn fixtures_give_exactly_their_facts() {
    let mut wrong = Vec::new();
    for (id, _) in READERS {
        if let Err(said) = std::panic::catch_unwind(|| all(id)) {
            let said = said.downcast_ref::<String>().cloned();
            wrong.push(said.unwrap_or_else(|| id.to_owned()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Rounds for each fixture file.
const MUTATIONS: u64 = 250;

#[test]
fn mutated_fixtures_keep_their_promises() {
    for (id, _) in READERS {
        for case in std::fs::read_dir(fixtures().join(id)).unwrap() {
            let tree = tree(&case.unwrap().path());
            let path = document(reader(id), &tree);
            for seed in 0..MUTATIONS {
                let broken = mutate(&mut Dice(seed * 2 + 1), &tree[&path]);
                let facts = facts_of(&path, &broken);
                if seed % 16 == 0 {
                    assert_eq!(facts, read_anything(&path, &broken), "{id} seed {seed}");
                }
            }
        }
    }
}

/// The files that a project file needs, broken, while the project file is whole.
#[test]
fn mutated_neighbours_keep_their_promises() {
    for (id, case) in [("maven-pom", "plain-parent"), ("nuget-project", "plain-central")] {
        let tree = tree(&fixtures().join(id).join(case));
        let path = document(reader(id), &tree);
        for neighbour in tree.keys().filter(|name| **name != path) {
            for seed in 0..MUTATIONS {
                let mut broken: Tree = tree.clone();
                broken.insert(neighbour.clone(), mutate(&mut Dice(seed * 2 + 1), &tree[neighbour]));
                check(&read(reader(id), &broken, &path), &broken);
            }
        }
    }
}

/// Whatever is quadratic or recurses without bound here would not end.
#[test]
fn much_of_one_thing_is_read_once() {
    let pieces = [
        "[",
        "{",
        "{\"a\":",
        "<",
        "<a>",
        "<a ",
        "<!--",
        "<![CDATA[",
        "<!DOCTYPE",
        "&",
        "a: ",
        "- ",
        "a:\n",
        "- - ",
        "\"",
        "'",
        "a\n",
        "\n",
        "é",
        "#",
        "${a:-",
        "RUN <<a\n",
        "FROM a\\\n",
        "%{",
        "\"a\": {:hex, :a, \"1\"},",
        "\"a\": [",
        "a:b:1=c\n",
        "constraints: a ==1,\n",
        "$",
        "`",
        "FROM a AS b\n",
        "<dependency/>",
        "<<<<<<< \n",
        "\u{1}",
        "  x: &a [*a]\n",
        "a: {a: ",
    ];
    for (_, path) in READERS {
        for piece in pieces {
            let text = piece.repeat(60_000 / piece.len());
            let facts = facts_of(path, text.as_bytes());
            assert!(problems(&facts).count() <= 101, "{path} {piece}");
        }
    }
}

/// What a path or a line ending cannot change: names, versions, lines.
#[test]
fn byte_order_marks_and_line_ends_change_no_package() {
    for (id, _) in READERS {
        let tree = tree(&fixtures().join(id).join("plain"));
        let path = document(reader(id), &tree);
        let text = String::from_utf8(tree[&path].clone()).unwrap();
        let windows = format!("\u{FEFF}{}", text.replace('\n', "\r\n"));
        let shown = |facts: &[Fact]| -> Vec<String> {
            let requirements = requirements(facts)
                .map(|one| format!("{} {} {} {}", one.name, one.range, one.place, one.liftable));
            let components = components(facts)
                .map(|one| format!("{} {:?} {}", one.name, one.version, one.place));
            components.chain(requirements).collect()
        };
        let before = shown(&facts_of(&path, text.as_bytes()));
        assert!(!before.is_empty(), "{id}");
        assert_eq!(shown(&facts_of(&path, windows.as_bytes())), before, "{id}");
    }
}

/// A thousand properties that each name the next one twice: text without end, if one lets it.
#[test]
fn properties_do_not_explode() {
    let mut text = String::from("<project><properties>");
    for n in 0..1000 {
        let next = n + 1;
        write!(text, "<p{n}>${{p{next}}}${{p{next}}}</p{n}>").unwrap();
    }
    text += "<p1000></p1000></properties><dependencies><dependency><groupId>g</groupId>\
             <artifactId>a</artifactId><version>${p0}x</version></dependency></dependencies></project>";
    let facts = facts_of("pom.xml", text.as_bytes());
    assert!(matches!(facts.as_slice(), [Fact::Unknown { .. }]), "{facts:?}");
}

#[test]
fn ten_thousand_managed_dependencies_are_met_at_once() {
    let mut managed = String::new();
    let mut asked = String::new();
    for n in 0..10_000 {
        let name = format!("<groupId>g</groupId><artifactId>a{n}</artifactId>");
        writeln!(managed, "<dependency>{name}<version>1.{n}</version></dependency>").unwrap();
        writeln!(asked, "<dependency>{name}</dependency>").unwrap();
    }
    let text = format!(
        "<project><dependencyManagement><dependencies>{managed}</dependencies>\
         </dependencyManagement><dependencies>{asked}</dependencies></project>"
    );
    let facts = read_anything("pom.xml", text.as_bytes());
    assert_eq!(components(&facts).count(), 10_000);
    assert_eq!(versions(&facts)[9_999], "g:a9999 1.9999");
}

fn collection() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("HOLDFAST_SHARED").map_or(beside, PathBuf::from);
    let folder = folder.join("lockfiles");
    if !folder.is_dir() {
        skip(NO_DATA);
        return None;
    }
    Some(folder)
}

/// The name under which a file of the collection would stand in a project.
fn project_name(path: &str) -> Option<String> {
    let name = path.rsplit('/').next().unwrap();
    if path.contains("/archive/") {
        return None;
    }
    let folders = [
        ("java/pomxml/", "pom.xml"),
        ("java/gradlelockfile/", "gradle.lockfile"),
        ("java/gradleverificationmetadataxml/", "gradle/verification-metadata.xml"),
        ("java/gradleversioncatalog/", "gradle/libs.versions.toml"),
        ("dotnet/nugetcpm/", "Directory.Packages.props"),
        ("dotnet/packagesconfig/", "packages.config"),
        ("dotnet/csproj/", "Shop.csproj"),
        ("dotnet/depsjson/", "Shop.deps.json"),
        ("dart/pubspec/", "pubspec.lock"),
        ("elixir/mixlock/", "mix.lock"),
        ("r/renvlock/", "renv.lock"),
        ("cpp/conanlock/", "conan.lock"),
        ("haskell/stacklock/", "stack.yaml.lock"),
        ("haskell/cabal/", "cabal.project.freeze"),
        ("swift/podfilelock/", "Podfile.lock"),
    ];
    let known = folders.iter().find(|(folder, _)| path.starts_with(folder));
    match known {
        Some((_, name)) => Some((*name).to_owned()),
        None if path.starts_with("swift/packageresolved/") && !name.contains("ocker") => {
            Some("Package.resolved".to_owned())
        }
        None => Some(name.to_owned()),
    }
}

/// The languages whose files are read here; `collection.rs` reads the others.
pub(crate) const LANGUAGES: [&str; 8] =
    ["java", "dotnet", "dart", "elixir", "r", "cpp", "haskell", "swift"];

/// Files of the collection that hold nothing to tell, and are well written.
const EMPTY: [&str; 5] = [
    "elixir/mixlock/testdata/empty",
    "java/gradlelockfile/testdata/only-empty",
    "java/gradleversioncatalog/testdata/empty.versions.toml",
    "java/pomxml/testdata/empty.xml",
    "r/renvlock/testdata/empty.lock",
];

/// All files below a folder.
fn files(folder: PathBuf) -> Vec<PathBuf> {
    let (mut out, mut queue) = (Vec::new(), vec![folder]);
    while let Some(at) = queue.pop() {
        for entry in std::fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { queue.push(path) } else { out.push(path) }
        }
    }
    out
}

/// Every file of the collection is taken by a reader, and none is passed over in silence.
#[test]
fn no_file_of_the_collection_is_lost() {
    let Some(root) = collection() else { return };
    let mut silent = Vec::new();
    let mut count = 0;
    for language in LANGUAGES {
        for path in files(root.join(language)) {
            let shown = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            let Some(name) = project_name(&shown) else { continue };
            count += 1;
            let bytes = std::fs::read(&path).unwrap();
            let facts = read_anything(&name, &bytes);
            check(&facts, &Tree::from([(name, bytes)]));
            let told = |fact: &Fact| {
                matches!(
                    fact,
                    Fact::Component(_)
                        | Fact::Requirement(_)
                        | Fact::Unknown { .. }
                        | Fact::Problem(_)
                )
            };
            if !facts.iter().any(told) {
                silent.push(shown);
            }
        }
    }
    silent.sort();
    assert!(count > 40, "only {count} files were found");
    assert_eq!(silent, EMPTY);
}

fn collected(file: &str) -> Option<Vec<Fact>> {
    let bytes = std::fs::read(collection()?.join(file)).unwrap();
    Some(read_anything(&project_name(file).unwrap(), &bytes))
}

#[test]
fn the_collection_is_read_as_others_read_it() {
    let Some(gradle) = collected("java/gradlelockfile/testdata/5-pkg") else { return };
    assert_eq!(components(&gradle).count(), 5);
    let dev: Vec<bool> = components(&gradle).map(|one| one.dev).collect();
    assert_eq!(dev, [false, false, false, false, false]);
    let pom = collected("java/pomxml/testdata/interpolation.xml").unwrap();
    assert_eq!(versions(&pom), ["org.mine:mypackage 1.0.0", "org.mine:my.package 2.3.4"]);
    let plugin = collected("java/pomxml/testdata/plugin-dependency.xml").unwrap();
    assert_eq!(components(&plugin).count(), 1);
    let conan = collected("cpp/conanlock/testdata/nested-dependencies.v1.revisions.json").unwrap();
    let of_feed = |one: &&Component| one.origin != Origin::Tree;
    assert_eq!(components(&conan).filter(of_feed).count(), 5);
    for format in ["0.0", "0.2", "0.3"] {
        let old = collected(&format!("cpp/conanlock/testdata/old-format-{format}.json")).unwrap();
        let names: Vec<&str> = components(&old).filter(of_feed).map(|one| &*one.name).collect();
        assert_eq!(names, ["zlib"], "{format}");
    }
    let deps = collected("dotnet/depsjson/testdata/valid").unwrap();
    assert!(components(&deps).any(|one| &*one.name == "awssdk.core" && one.direct == Some(false)));
    let mix = collected("elixir/mixlock/testdata/valid").unwrap();
    assert_eq!(versions(&mix), ["bunt 1.0.0", "certifi 2.12.0"]);
    let pods = collected("swift/podfilelock/testdata/valid").unwrap();
    assert!(versions(&pods).contains(&"PINCache 3.0.3".to_owned()));
    let docker = collected("swift/packageresolved/testdata/Dockerfile.swift-testbed").unwrap();
    assert_eq!(components(&docker).count(), 1);
}
