//! Which lockfiles keep checksums, and that a missing one is told in each of them.

use holdfast_sense::read_anything;

use super::support::{components, read, reader, requirements};

/// A lockfile with two packages: `kept` has a checksum, `bare` has none.
struct Case {
    path: &'static str,
    text: &'static str,
    /// What is said of `bare`; `None` where the format leaves checksums out for good reasons.
    bare: Option<bool>,
}

const CASES: &[Case] = &[
    Case {
        path: "package-lock.json",
        text: r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"kept": "1", "bare": "1"}},
            "node_modules/kept": {"version": "1.0.0", "resolved": "https://npm.example/kept.tgz", "integrity": "sha512-AAAA"},
            "node_modules/bare": {"version": "1.0.0", "resolved": "https://npm.example/bare.tgz"}}}"#,
        bare: Some(false),
    },
    Case {
        path: "npm-shrinkwrap.json",
        text: r#"{"lockfileVersion": 1, "dependencies": {
            "kept": {"version": "1.0.0", "resolved": "https://npm.example/kept.tgz", "integrity": "sha512-AAAA"},
            "bare": {"version": "1.0.0", "resolved": "https://npm.example/bare.tgz"}}}"#,
        bare: Some(false),
    },
    // What is bundled with another package has no checksum of its own.
    Case {
        path: "package-lock.json",
        text: r#"{"lockfileVersion": 3, "packages": {
            "node_modules/kept": {"version": "1.0.0", "integrity": "sha512-AAAA"},
            "node_modules/kept/node_modules/bare": {"version": "1.0.0", "inBundle": true}}}"#,
        bare: None,
    },
    Case {
        path: "yarn.lock",
        text: "# yarn lockfile v1\n\nkept@^1:\n  version \"1.0.0\"\n  resolved \
               \"https://npm.example/kept.tgz#aa\"\n  integrity sha512-AAAA\n\nbare@^1:\n  version \
               \"1.0.0\"\n  resolved \"https://npm.example/bare.tgz\"\n",
        bare: Some(false),
    },
    Case {
        path: "yarn.lock",
        text: "__metadata:\n  version: 8\n\n\"kept@npm:^1\":\n  version: 1.0.0\n  resolution: \
               \"kept@npm:1.0.0\"\n  checksum: 10/aaaa\n  languageName: node\n  linkType: hard\n\n\
               \"bare@npm:^1\":\n  version: 1.0.0\n  resolution: \"bare@npm:1.0.0\"\n  \
               languageName: node\n  linkType: hard\n",
        bare: Some(false),
    },
    Case {
        path: "pnpm-lock.yaml",
        text: "lockfileVersion: '9.0'\n\npackages:\n\n  kept@1.0.0:\n    resolution: {integrity: \
               sha512-AAAA}\n\n  bare@1.0.0:\n    resolution: {tarball: \
               https://npm.example/bare.tgz}\n",
        bare: Some(false),
    },
    Case {
        path: "bun.lock",
        text: r#"{"lockfileVersion": 1, "packages": {
            "kept": ["kept@1.0.0", "", {}, "sha512-AAAA"], "bare": ["bare@1.0.0", "", {}, ""]}}"#,
        bare: Some(false),
    },
    Case {
        path: "requirements.txt",
        text: "kept==1.0.0 --hash=sha256:aaaa\nbare==1.0.0\n",
        bare: Some(false),
    },
    Case {
        path: "Pipfile.lock",
        text: r#"{"_meta": {}, "default": {
            "kept": {"version": "==1.0.0", "hashes": ["sha256:aaaa"]}, "bare": {"version": "==1.0.0"}}}"#,
        bare: Some(false),
    },
    Case {
        path: "poetry.lock",
        text: "[[package]]\nname = \"kept\"\nversion = \"1.0.0\"\nfiles = [{file = \"kept.whl\", \
               hash = \"sha256:aaaa\"}]\n\n[[package]]\nname = \"bare\"\nversion = \"1.0.0\"\n\
               files = []\n\n[metadata]\nlock-version = \"2.0\"\n",
        bare: Some(false),
    },
    Case {
        path: "uv.lock",
        text: "version = 1\n\n[[package]]\nname = \"kept\"\nversion = \"1.0.0\"\nsource = { \
               registry = \"https://pypi.example/simple\" }\nsdist = { url = \
               \"https://pypi.example/kept.tar.gz\", hash = \"sha256:aaaa\" }\n\n[[package]]\nname \
               = \"bare\"\nversion = \"1.0.0\"\nsource = { registry = \
               \"https://pypi.example/simple\" }\nsdist = { url = \
               \"https://pypi.example/bare.tar.gz\" }\n",
        bare: Some(false),
    },
    Case {
        path: "pdm.lock",
        text: "[metadata]\nlock_version = \"4.5.0\"\n\n[[package]]\nname = \"kept\"\nversion = \
               \"1.0.0\"\nfiles = [{file = \"kept.whl\", hash = \"sha256:aaaa\"}]\n\n[[package]]\n\
               name = \"bare\"\nversion = \"1.0.0\"\nfiles = []\n",
        bare: Some(false),
    },
    Case {
        path: "pylock.toml",
        text: "lock-version = \"1.0\"\n\n[[packages]]\nname = \"kept\"\nversion = \"1.0.0\"\nsdist \
               = {name = \"kept.tar.gz\", hashes = {sha256 = \"aaaa\"}}\n\n[[packages]]\nname = \
               \"bare\"\nversion = \"1.0.0\"\nsdist = {name = \"bare.tar.gz\"}\n",
        bare: Some(false),
    },
    Case {
        path: "Cargo.lock",
        text: "version = 4\n\n[[package]]\nname = \"kept\"\nversion = \"1.0.0\"\nsource = \
               \"registry+https://index.example/crates\"\nchecksum = \"aaaa\"\n\n[[package]]\nname \
               = \"bare\"\nversion = \"1.0.0\"\nsource = \"registry+https://index.example/crates\"\n",
        bare: Some(false),
    },
    Case {
        path: "packages.lock.json",
        text: r#"{"version": 1, "dependencies": {"net8.0": {
            "kept": {"type": "Direct", "resolved": "1.0.0", "contentHash": "AAAA"},
            "bare": {"type": "Direct", "resolved": "1.0.0"}}}}"#,
        bare: Some(false),
    },
    // A commit names the archive, and Composer leaves its checksum out.
    Case {
        path: "composer.lock",
        text: r#"{"packages": [
            {"name": "kept", "version": "1.0.0", "dist": {"type": "zip", "url": "https://d.example/kept", "shasum": "aaaa"}},
            {"name": "bare", "version": "1.0.0", "dist": {"type": "zip", "url": "https://d.example/bare", "reference": "0a1b", "shasum": ""}}]}"#,
        bare: None,
    },
    Case {
        path: "composer.lock",
        text: r#"{"packages": [
            {"name": "kept", "version": "1.0.0", "dist": {"type": "zip", "url": "https://d.example/kept", "shasum": "aaaa"}},
            {"name": "bare", "version": "1.0.0", "dist": {"type": "zip", "url": "https://d.example/bare", "shasum": ""}}]}"#,
        bare: Some(false),
    },
    Case {
        path: "gradle/verification-metadata.xml",
        text: r#"<verification-metadata><components>
            <component group="a" name="kept" version="1.0.0"><artifact name="kept.jar"><sha256 value="aa"/></artifact></component>
            <component group="a" name="bare" version="1.0.0"><artifact name="bare.jar"/></component>
            </components></verification-metadata>"#,
        bare: Some(false),
    },
    Case {
        path: "Gemfile.lock",
        text: "GEM\n  remote: https://gems.example/\n  specs:\n    bare (1.0.0)\n    kept \
               (1.0.0)\n\nDEPENDENCIES\n  bare\n  kept\n\nCHECKSUMS\n  bare (1.0.0)\n  kept (1.0.0) \
               sha256=aaaa\n",
        bare: Some(false),
    },
    Case {
        path: "pubspec.lock",
        text: "packages:\n  kept:\n    dependency: \"direct main\"\n    description:\n      name: \
               kept\n      sha256: aaaa\n      url: \"https://pub.example\"\n    source: hosted\n    \
               version: \"1.0.0\"\n  bare:\n    dependency: \"direct main\"\n    description:\n      \
               name: bare\n      url: \"https://pub.example\"\n    source: hosted\n    version: \
               \"1.0.0\"\n",
        bare: Some(false),
    },
];

#[test]
fn a_missing_checksum_is_told_wherever_one_is_kept() {
    let mut wrong = Vec::new();
    for (number, case) in CASES.iter().enumerate() {
        let facts = read_anything(case.path, case.text.as_bytes());
        let of = |name: &str| {
            let ends = |one: &&holdfast_model::Component| one.name.rsplit(':').next() == Some(name);
            components(&facts).find(ends).map(|one| one.integrity)
        };
        let found = (of("kept"), of("bare"));
        if found != (Some(Some(true)), Some(case.bare)) {
            wrong.push(format!("{number} {}: {found:?}", case.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Without any checksum in a whole requirements file none was meant.
#[test]
fn requirements_without_hashes_say_nothing_of_single_ones() {
    let facts = read_anything("requirements.txt", b"kept==1.0.0\nbare==1.0.0\n");
    assert!(components(&facts).all(|one| one.integrity.is_none()));
}

/// Hashes are of one version: no line about their package is lifted, in whichever file they stand.
#[test]
fn no_line_beside_hashes_is_lifted() {
    let liftable = |files: &[(&str, &str)]| {
        let each = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        let facts = read(reader("requirements"), &each.collect(), "requirements.txt");
        let lines = requirements(&facts).map(|one| (one.name.to_string(), one.liftable));
        lines.collect::<Vec<_>>()
    };
    let line = |name: &str, liftable: bool| (name.to_owned(), liftable);
    let asks = "-c held.txt\nKept_One>=1.0\nbare>=1.0\n";
    let held = |hash: &str| format!("kept-one==1.0.0{hash}\n");
    let with = liftable(&[("requirements.txt", asks), ("held.txt", &held(" --hash=sha256:aa"))]);
    assert_eq!(with, [line("kept-one", false), line("bare", true), line("kept-one", false)]);
    let without = liftable(&[("requirements.txt", asks), ("held.txt", &held(""))]);
    assert_eq!(without, [line("kept-one", true), line("bare", true), line("kept-one", true)]);
}

/// Go keeps its checksums in a file of their own.
#[test]
fn a_module_that_go_sum_does_not_know_is_told() {
    let hash = format!("h1:{}=", "a".repeat(43));
    let module = "module m.example/m\n\ngo 1.22.5\n\nrequire (\n\tm.example/kept v1.0.0\n\t\
                  m.example/read v1.0.0\n\tm.example/bare v1.0.0\n)\n";
    let sums = format!("m.example/kept v1.0.0 {hash}\nm.example/read v1.0.0/go.mod {hash}\n");
    let of = |files: &[(&str, &str)]| {
        let each = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        let facts = read(reader("go-mod"), &each.collect(), "go.mod");
        let modules = components(&facts).filter(|one| one.name.starts_with("m.example"));
        modules.map(|one| one.integrity).collect::<Vec<_>>()
    };
    assert_eq!(of(&[("go.mod", module)]), [None; 3]);
    let both = [("go.mod", module), ("go.sum", &sums)];
    assert_eq!(of(&both), [Some(true), Some(true), Some(false)]);
    let work = "go 1.22.5\n\nuse .\n";
    assert_eq!(of(&[both[0], both[1], ("go.work", work)]), [None; 3]);
}
