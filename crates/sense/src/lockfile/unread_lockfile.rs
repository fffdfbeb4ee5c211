//! Lockfiles that are known by name and that no reader reads yet: they are not assessed.
//!
//! Knows names only; a reader of its own goes before this one.

use holdfast_model::{About, Ecosystem, Fact, Place};

use super::pyproject;
use crate::text::file_name;
use crate::{Answer, Claim, Need, Reader, Sources};

/// Says that a lockfile was not read.
#[derive(Debug)]
pub struct UnreadLockfile;

static ABOUT: About = About {
    id: "unread-lockfile",
    title: "Lockfiles without a reader",
    text: "Names of lockfiles and manifests of tools whose files are not read yet, and of bills of \
           materials in notations that are not. Each is told as not assessed, so that its packages \
           do not pass for clean.",
    file: file!(),
};

/// How the name is compared.
enum Name {
    Is(&'static str),
    Ends(&'static str),
    /// A name, or a folder and a name, that others use too, so that one of these words must stand
    /// at its beginning.
    With(&'static str, &'static [&'static str]),
}

impl Name {
    /// Whether the name alone does not tell.
    fn looks_inside(&self, path: &str) -> bool {
        matches!(self, Self::With(whole, _) if is_at(path, whole))
    }

    fn fits(&self, path: &str, head: &[u8]) -> bool {
        let name = file_name(path);
        match self {
            Self::Is(whole) => is_at(path, whole),
            Self::Ends(end) => name.len() > end.len() && name.ends_with(end),
            Self::With(whole, words) => {
                is_at(path, whole) && {
                    let head = String::from_utf8_lossy(head);
                    words.iter().any(|word| head.contains(word))
                }
            }
        }
    }
}

/// Whether a path is a name, or ends with a folder and a name.
fn is_at(path: &str, whole: &str) -> bool {
    path.strip_suffix(whole).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

/// Names, the tool, and the ecosystem whose packages it locks.
static NAMES: &[(Name, &str, &str)] = &[
    (Name::Is("paket.lock"), "Paket", Ecosystem::NUGET),
    (Name::Is("paket.dependencies"), "Paket", Ecosystem::NUGET),
    (Name::Is("project.assets.json"), "NuGet", Ecosystem::NUGET),
    (Name::With("manifest.toml", &["Gleam", "build_tools ="]), "Gleam", Ecosystem::HEX),
    (Name::Is("gleam.toml"), "Gleam", Ecosystem::HEX),
    (Name::Is("rebar.lock"), "Rebar", Ecosystem::HEX),
    (
        Name::With("Manifest.toml", &["julia_version", "manifest_format", "[[", "git-tree-sha1"]),
        "Julia",
        "Julia",
    ),
    (Name::Is("JuliaManifest.toml"), "Julia", "Julia"),
    (Name::Ends(".opam.locked"), "opam", "opam"),
    (Name::Is("opam.locked"), "opam", "opam"),
    (Name::Ends(".opam"), "opam", "opam"),
    (Name::Is("cpanfile"), "Carton", "cpan"),
    (Name::Is("cpanfile.snapshot"), "Carton", "cpan"),
    (Name::Is("Cartfile.resolved"), "Carthage", Ecosystem::SWIFT),
    (Name::Is("Gopkg.lock"), "dep", Ecosystem::GOLANG),
    (Name::Is("glide.lock"), "Glide", Ecosystem::GOLANG),
    (Name::Is("deno.lock"), "Deno", Ecosystem::NPM),
    (Name::Is("pixi.lock"), "Pixi", "conda"),
    (Name::Is("conda-lock.yml"), "conda-lock", "conda"),
    // What is installed in an environment; one file of it stands for all of them.
    (Name::Is("conda-meta/history"), "conda", "conda"),
    (Name::With("opam", &["opam-version"]), "opam", "opam"),
    (Name::Is("maven_install.json"), "Bazel", Ecosystem::MAVEN),
    (Name::Is("MODULE.bazel.lock"), "Bazel", "bazel"),
    (Name::Is("vcpkg-lock.json"), "vcpkg", "vcpkg"),
    (Name::Is("shard.lock"), "Shards", "shards"),
    (Name::Is("nimble.lock"), "Nimble", "nimble"),
    (Name::Is("spago.lock"), "Spago", "purescript"),
    (Name::Is("dub.selections.json"), "DUB", "dub"),
    (Name::Is("luarocks.lock"), "LuaRocks", "luarocks"),
    (Name::Is("flake.lock"), "Nix", "nix"),
    (Name::Is("Berksfile.lock"), "Berkshelf", "chef"),
    (Name::Is("Chart.lock"), "Helm", "helm"),
    (Name::Is(".terraform.lock.hcl"), "Terraform", "terraform"),
    // Bills of materials in the notations of SPDX that are not read, of whatever ecosystem.
    (Name::Ends(".spdx.yaml"), "SPDX", "unknown"),
    (Name::Ends(".spdx.yml"), "SPDX", "unknown"),
    (Name::Ends(".spdx.rdf"), "SPDX", "unknown"),
    (Name::Ends(".spdx.rdf.xml"), "SPDX", "unknown"),
    (Name::Ends(".spdx.xml"), "SPDX", "unknown"),
];

/// Names of files that lock packages of a family and that no reader reads, each with its tool; where
/// others have files of that name too, only some are meant.
pub fn unread_files(family: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let own = NAMES.iter().filter(move |(_, _, ecosystem)| *ecosystem == family);
    own.map(|(name, tool, _)| match name {
        Name::Is(name) | Name::Ends(name) | Name::With(name, _) => (*name, *tool),
    })
}

/// A name, the tool, the ecosystem, and what locks its packages.
type Manifest = (Name, &'static str, &'static str, &'static [&'static str]);

/// Manifests that are programs or whose ranges are not read, the tool, the ecosystem, and what beside
/// them says which packages are in use.
static MANIFESTS: &[Manifest] = &[
    (Name::With("setup.py", &["install_requires"]), "setuptools", Ecosystem::PYPI, PYTHON),
    (Name::With("setup.cfg", &["install_requires"]), "setuptools", Ecosystem::PYPI, PYTHON),
    (Name::Is("requirements.in"), "pip-tools", Ecosystem::PYPI, PINNED),
    (Name::Is("mix.exs"), "Mix", Ecosystem::HEX, &["mix.lock"]),
    (Name::Is("pubspec.yaml"), "Pub", Ecosystem::PUB, &["pubspec.lock"]),
    (Name::Is("Podfile"), "CocoaPods", Ecosystem::COCOAPODS, &["Podfile.lock"]),
    (Name::With("Package.swift", &[".package("]), "Swift", Ecosystem::SWIFT, &["Package.resolved"]),
    (Name::With("build.sbt", &["libraryDependencies"]), "sbt", Ecosystem::MAVEN, &[]),
    (Name::With("ivy.xml", &["<dependency "]), "Ivy", Ecosystem::MAVEN, &[]),
    (Name::With("conanfile.txt", &["requires]"]), "Conan", Ecosystem::CONAN, &["conan.lock"]),
    (Name::With("conanfile.py", &["requires"]), "Conan", Ecosystem::CONAN, &["conan.lock"]),
    (Name::Ends(".cabal"), "Cabal", Ecosystem::HACKAGE, HASKELL),
    (Name::With("package.yaml", &["dependencies:"]), "hpack", Ecosystem::HACKAGE, HASKELL),
    (Name::With("stack.yaml", &["extra-deps:"]), "Stack", Ecosystem::HACKAGE, &["stack.yaml.lock"]),
    (Name::With("DESCRIPTION", &["Imports:", "Depends:"]), "R", Ecosystem::CRAN, &["renv.lock"]),
    (Name::Is("Cartfile"), "Carthage", Ecosystem::SWIFT, &["Cartfile.resolved"]),
    (Name::With("rebar.config", &["{deps"]), "Rebar", Ecosystem::HEX, &["rebar.lock"]),
    (Name::With("vcpkg.json", &["\"dependencies\""]), "vcpkg", "vcpkg", &["vcpkg-lock.json"]),
    (Name::With("shard.yml", &["dependencies:"]), "Shards", "shards", &["shard.lock"]),
    (Name::With("Chart.yaml", &["dependencies:"]), "Helm", "helm", &["Chart.lock"]),
    (Name::With("deno.json", DENO), "Deno", Ecosystem::NPM, &["deno.lock"]),
    (Name::With("deno.jsonc", DENO), "Deno", Ecosystem::NPM, &["deno.lock"]),
    // Go writes it from the `go.mod` above, which is read.
    (
        Name::With("vendor/modules.txt", &["# "]),
        "Go",
        Ecosystem::GOLANG,
        &["../go.mod", "../go.work"],
    ),
    (Name::With("environment.yml", CONDA), "conda", "conda", CONDA_LOCKS),
    (Name::With("environment.yaml", CONDA), "conda", "conda", CONDA_LOCKS),
    (Name::With("Project.toml", &["[deps]"]), "Julia", "Julia", JULIA),
    (Name::With("JuliaProject.toml", &["[deps]"]), "Julia", "Julia", JULIA),
    (Name::With("META.json", &["\"meta-spec\""]), "CPAN", "cpan", PERL),
    (Name::With("META.yml", &["meta-spec:"]), "CPAN", "cpan", PERL),
    (Name::With("Makefile.PL", &["PREREQ_PM"]), "CPAN", "cpan", PERL),
];

/// What pins the packages of a Python project.
pub(super) const PINNED: &[&str] =
    &["requirements.txt", "uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock"];

/// The same, and what may say itself which packages it asks for.
const PYTHON: &[&str] = &[
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "pylock.toml",
    "Pipfile.lock",
    "requirements.txt",
    PYPROJECT,
];

/// It answers where the packages stand in it.
const PYPROJECT: &str = "pyproject.toml";

/// What pins the packages of a Haskell project, also for those of a project of several.
const HASKELL: &[&str] =
    &["cabal.project.freeze", "stack.yaml.lock", "../cabal.project.freeze", "../stack.yaml.lock"];

/// Which packages a Deno project imports from elsewhere.
const DENO: &[&str] = &["npm:", "jsr:"];
/// What the description of an environment of conda holds.
const CONDA: &[&str] = &["dependencies:"];
/// What pins the packages of an environment; each is told itself.
const CONDA_LOCKS: &[&str] = &["conda-lock.yml", "pixi.lock"];
/// What pins the packages of a Julia project; each is told itself.
const JULIA: &[&str] = &["Manifest.toml", "JuliaManifest.toml"];
/// What asks for the packages of a Perl project, or pins them; each is told itself.
const PERL: &[&str] = &["cpanfile", "cpanfile.snapshot"];

fn manifest(path: &str, head: &[u8]) -> Option<&'static Manifest> {
    MANIFESTS.iter().find(|(pattern, ..)| pattern.fits(path, head))
}

fn known(path: &str, head: &[u8]) -> Option<(&'static str, &'static str)> {
    let found = NAMES.iter().find(|(pattern, ..)| pattern.fits(path, head));
    found.map(|(_, tool, ecosystem)| (*tool, *ecosystem))
}

impl Reader for UnreadLockfile {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn looks_inside(&self, path: &str) -> bool {
        NAMES.iter().any(|(pattern, ..)| pattern.looks_inside(path))
            || MANIFESTS.iter().any(|(pattern, ..)| pattern.looks_inside(path))
    }

    /// By content, so that a reader of its own wins wherever it stands in the list.
    fn claims(&self, path: &str, head: &[u8]) -> Claim {
        let is_named = known(path, head).is_some() || manifest(path, head).is_some();
        if is_named { Claim::ByContent } else { Claim::No }
    }

    /// Whether a manifest has a lockfile beside it.
    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        beside(so_far).into_iter().flatten().filter(|need| so_far.answer(need).is_none()).collect()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let known = known(sources.path(), sources.bytes());
        let Some((tool, ecosystem)) = known else { return unlocked(sources, out) };
        out(Fact::Unknown {
            ecosystem: Ecosystem::new(ecosystem),
            name: file_name(sources.path()).into(),
            reason: format!("no reader knows {tool}'s file yet; its packages are not assessed"),
            place: Place::start_of(sources.path().clone()),
        });
    }
}

/// What stands beside a manifest where it has a lockfile; `None` for what is no such manifest.
fn beside(sources: &Sources<'_>) -> Option<Vec<Need>> {
    let (_, _, _, locks) = manifest(sources.path(), sources.bytes())?;
    Some(locks.iter().filter_map(|name| sources.beside(name)).map(Need::File).collect())
}

/// Says that a manifest has no lockfile beside it.
fn unlocked(sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
    let Some((_, tool, ecosystem, _)) = manifest(sources.path(), sources.bytes()) else { return };
    let missing = |need: &Need| match (need, sources.answer(need)) {
        (_, None | Some(Answer::Missing)) => true,
        (Need::File(path), Some(Answer::Bytes(bytes))) if file_name(path) == PYPROJECT => {
            !pyproject::says_what_is_asked_for(path, bytes)
        }
        _ => false,
    };
    if beside(sources).is_some_and(|all| all.iter().all(missing)) {
        out(Fact::Unknown {
            ecosystem: Ecosystem::new(ecosystem),
            name: file_name(sources.path()).into(),
            reason: format!("{tool} asks for packages here, and no lockfile says which it gets"),
            place: Place::start_of(sources.path().clone()),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_name_is_not_silent() {
        let mut facts = Vec::new();
        let sources = Sources::new("a/paket.lock", b"anything");
        UnreadLockfile.read(&sources, &mut |fact| facts.push(fact));
        let [Fact::Unknown { ecosystem, name, reason, place }] = facts.as_slice() else {
            panic!("{facts:?}")
        };
        assert_eq!((ecosystem.as_str(), &**name), ("nuget", "paket.lock"));
        assert!(reason.contains("Paket"));
        assert_eq!(place.to_string(), "a/paket.lock:1:1");
    }

    #[test]
    fn names_are_whole_and_stand_once() {
        assert_eq!(UnreadLockfile.claims("x/old-paket.lock", &[]), Claim::No);
        assert_eq!(UnreadLockfile.claims("x/a.opam.locked", &[]), Claim::ByContent);
        assert_eq!(UnreadLockfile.claims(".opam", &[]), Claim::No);
        assert_eq!(UnreadLockfile.claims("manifest.toml", b"name = 1"), Claim::No);
        assert_eq!(UnreadLockfile.claims("manifest.toml", b"# Made by Gleam"), Claim::ByContent);
        assert_eq!(UnreadLockfile.claims("setup.py", b"setup()"), Claim::No);
        assert_eq!(UnreadLockfile.claims("conda-meta/history", &[]), Claim::ByContent);
        assert_eq!(UnreadLockfile.claims("shell/history", &[]), Claim::No);
        assert_eq!(UnreadLockfile.claims("my-conda-meta/history", &[]), Claim::No);
        for (path, own) in [
            ("a/setup.py", true),
            ("vendor/modules.txt", true),
            ("a/vendor/modules.txt", true),
            ("modules.txt", false),
            ("deno.json", true),
            ("deno.lock", false),
        ] {
            assert_eq!(UnreadLockfile.looks_inside(path), own, "{path}");
        }
        for (pattern, tool, ecosystem) in NAMES {
            let name = match pattern {
                Name::Is(name) | Name::Ends(name) | Name::With(name, _) => name,
            };
            assert!(!name.is_empty() && !tool.is_empty() && !ecosystem.is_empty());
        }
    }

    #[test]
    fn a_manifest_is_told_where_no_lockfile_stands_beside_it() {
        let told = |path: &str, text: &[u8], beside: &[&str]| {
            let mut sources = Sources::new(path, text);
            for need in UnreadLockfile.needs(&sources) {
                let Need::File(file) = &need else { panic!("{need:?}") };
                let there = beside.contains(&&**file);
                let answer =
                    if there { Answer::Bytes([].as_slice().into()) } else { Answer::Missing };
                sources.give(need, answer);
            }
            assert_eq!(UnreadLockfile.needs(&sources), []);
            let mut facts = Vec::new();
            UnreadLockfile.read(&sources, &mut |fact| facts.push(fact));
            facts.len()
        };
        assert_eq!(told("a/mix.exs", b"deps", &[]), 1);
        assert_eq!(told("a/mix.exs", b"deps", &["a/mix.lock"]), 0);
        assert_eq!(told("a/mix.exs", b"deps", &["mix.lock"]), 1);
        assert_eq!(told("build.sbt", b"libraryDependencies += x", &[]), 1);
        assert_eq!(told("setup.py", b"install_requires=['a']", &["uv.lock"]), 0);
        assert_eq!(told("setup.py", b"install_requires=['a']", &[]), 1);
        let modules = b"# forge.example/a v1.2.0\n";
        assert_eq!(told("a/vendor/modules.txt", modules, &["a/go.mod"]), 0);
        assert_eq!(told("vendor/modules.txt", modules, &["a/go.mod"]), 1);
        let imports = br#"{"imports": {"a": "npm:a@1"}}"#;
        assert_eq!(told("deno.json", imports, &[]), 1);
        assert_eq!(told("deno.json", br#"{"tasks": {}}"#, &[]), 0);
        assert_eq!(told("environment.yml", b"dependencies:\n  - numpy\n", &[]), 1);
        assert_eq!(told("environment.yml", b"production: {}\n", &[]), 0);
        assert_eq!(told("Project.toml", b"[deps]\nA = \"0\"\n", &["Manifest.toml"]), 0);
        assert_eq!(told("Makefile.PL", b"PREREQ_PM => {}", &["lib/cpanfile"]), 1);
    }
}
