//! Lockfiles that are known by name and that no reader reads yet: they are not assessed.
//!
//! Knows names only; a reader of its own goes before this one.

use holdfast_model::{About, Ecosystem, Fact, Place};

use crate::text::file_name;
use crate::{Claim, Need, Reader, Sources};

/// Says that a lockfile was not read.
#[derive(Debug)]
pub struct UnreadLockfile;

static ABOUT: About = About {
    id: "unread-lockfile",
    title: "Lockfiles without a reader",
    text: "Names of lockfiles and manifests of tools whose files are not read yet. Each is told \
           as not assessed, so that its packages do not pass for clean.",
    file: file!(),
};

/// How the name is compared.
enum Name {
    Is(&'static str),
    Ends(&'static str),
    /// A name that others use too, so that one of these words must stand at its beginning.
    With(&'static str, &'static [&'static str]),
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
];

fn known(path: &str, head: &[u8]) -> Option<(&'static str, &'static str)> {
    let name = file_name(path);
    let found = NAMES.iter().find(|(pattern, ..)| match pattern {
        Name::Is(whole) => name == *whole,
        Name::Ends(end) => name.len() > end.len() && name.ends_with(end),
        Name::With(whole, words) => {
            let head = String::from_utf8_lossy(head);
            name == *whole && words.iter().any(|word| head.contains(word))
        }
    });
    found.map(|(_, tool, ecosystem)| (*tool, *ecosystem))
}

impl Reader for UnreadLockfile {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// By content, so that a reader of its own wins wherever it stands in the list.
    fn claims(&self, path: &str, head: &[u8]) -> Claim {
        if known(path, head).is_some() { Claim::ByContent } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let Some((tool, ecosystem)) = known(sources.path(), sources.bytes()) else { return };
        out(Fact::Unknown {
            ecosystem: Ecosystem::new(ecosystem),
            name: file_name(sources.path()).into(),
            reason: format!("no reader knows {tool}'s file yet; its packages are not assessed"),
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
        for (pattern, tool, ecosystem) in NAMES {
            let name = match pattern {
                Name::Is(name) | Name::Ends(name) | Name::With(name, _) => name,
            };
            assert!(!name.is_empty() && !tool.is_empty() && !ecosystem.is_empty());
        }
    }
}
