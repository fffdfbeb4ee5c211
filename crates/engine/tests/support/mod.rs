//! What the engine's tests share: a shop with lockfiles, the records that speak of them, and
//! worlds in which they stand. Knows no expectation: those stand in the tests.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use holdfast_advisories::{Compiler, Origin, osv};
use holdfast_engine::assess::{Against, Assessment, assess};
use holdfast_engine::gather::Tree as _;
use holdfast_engine::look::Look;
use holdfast_engine::settings::{self, Settings};
use holdfast_engine::{index_file, sensors};
use holdfast_model::Timestamp;
use holdfast_world::{Recorded, World};
use jiff::tz::TimeZone;

/// 2026-11-21T09:00:00Z.
pub const NOW: i64 = 1_795_251_600_000;
/// In milliseconds.
pub const HOUR: i64 = 3_600_000;
/// The weakness of `tiller`, in every ecosystem.
pub const TILLER: &str = "CVE-2026-90001";
/// The weakness of `quiet`.
pub const QUIET: &str = "CVE-2026-90002";
/// The weakness of the machine's `bash`.
pub const BASH: &str = "CVE-2026-90003";
/// Where the shop stands in recorded worlds.
pub const SHOP: &str = "/shop";

/// An OSV record about one package of one ecosystem.
pub fn record(id: &str, alias: &str, ecosystem: &str, name: &str, fixed: &str) -> String {
    let semantic = ["crates.example", "npm", "Go"].contains(&ecosystem);
    let kind = if semantic { "SEMVER" } else { "ECOSYSTEM" };
    format!(
        r#"{{"schema_version": "1.7.0", "id": "{id}", "modified": "2026-11-01T00:00:00Z",
 "published": "2026-11-01T00:00:00Z", "aliases": ["{alias}"],
 "summary": "Rounding reads past the end of the price list",
 "severity": [{{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}],
 "affected": [{{"package": {{"ecosystem": "{ecosystem}", "name": "{name}"}},
   "ranges": [{{"type": "{kind}", "events": [{{"introduced": "0"}}, {{"fixed": "{fixed}"}}]}}]}}]}}"#
    )
}

/// The records of the shop's world: one hole in `tiller` wherever it is published, one in `quiet`.
pub fn records() -> Vec<String> {
    vec![
        record("RUSTSEC-2026-9001", TILLER, "crates.example", "tiller", "1.0.3"),
        record("GHSA-till-till-till", TILLER, "npm", "tiller", "1.0.3"),
        record("PYSEC-2026-9001", TILLER, "PyPI", "tiller", "1.0.3"),
        record("GO-2026-9001", TILLER, "Go", "forge.example/tiller", "1.0.3"),
        record("RUSTSEC-2026-9002", QUIET, "crates.example", "quiet", "9.0.0"),
        record("DSA-9001-1", BASH, "Debian:12", "bash", "5.2.15-2+deb12u9"),
    ]
}

/// The compiled records.
pub fn index() -> Vec<u8> {
    let mut compiler = Compiler::new();
    for text in records() {
        let parsed = osv::parse("feed.json", text.as_bytes()).unwrap();
        let feed = parsed.ecosystems().next().unwrap().to_owned();
        compiler.add(&feed, &parsed, Origin::Feed);
    }
    let compiled = compiler.finish(Timestamp(NOW));
    assert_eq!(compiled.problems, []);
    compiled.bytes
}

/// A `Cargo.lock` of a shop that needs these packages.
pub fn cargo_lock(packages: &[(&str, &str)]) -> String {
    let mut text =
        String::from("version = 4\n\n[[package]]\nname = \"shop\"\nversion = \"0.1.0\"\n");
    text.push_str("dependencies = [\n");
    for (name, _) in packages {
        let _ = writeln!(text, " \"{name}\",");
    }
    text.push_str("]\n");
    for (name, version) in packages {
        let sum = "0".repeat(64);
        let _ = write!(
            text,
            "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n\
             source = \"registry+https://index.example/crates\"\nchecksum = \"{sum}\"\n"
        );
    }
    text
}

/// A `package-lock.json` of a shop that needs these packages; those with `^` in the manifest.
pub fn package_lock(packages: &[(&str, &str)]) -> String {
    let needs: Vec<String> =
        packages.iter().map(|(name, version)| format!("\"{name}\": \"^{version}\"")).collect();
    let mut text = format!(
        "{{\n  \"name\": \"shop\",\n  \"version\": \"0.1.0\",\n  \"lockfileVersion\": 3,\n  \
         \"requires\": true,\n  \"packages\": {{\n    \"\": {{\"name\": \"shop\", \"version\": \
         \"0.1.0\", \"dependencies\": {{{}}}}}",
        needs.join(", ")
    );
    for (name, version) in packages {
        let _ = write!(
            text,
            ",\n    \"node_modules/{name}\": {{\n      \"version\": \"{version}\",\n      \
             \"resolved\": \"https://npm.example/{name}/-/{name}-{version}.tgz\",\n      \
             \"integrity\": \"sha512-AAAA\"\n    }}"
        );
    }
    text.push_str("\n  }\n}\n");
    text
}

/// A recorded world with these files in the shop, and the index in its data folder.
pub fn world(data: &Path, index: &[u8], files: &[(&str, &[u8])]) -> World {
    World::recorded(recorded(data, index, files))
}

/// The same, to be added to.
pub fn recorded(data: &Path, index: &[u8], files: &[(&str, &[u8])]) -> Recorded {
    let mut recorded =
        Recorded::new().now(Timestamp(NOW)).here(SHOP).file(index_file::path(data), index.to_vec());
    // A machine without them is not as it should be.
    recorded = recorded.folder("/etc").owned("/etc", 0, 0, 0o755);
    for (path, text, mode) in [
        ("/etc/passwd", "root:x:0:0::/root:/bin/sh\n", 0o644),
        ("/etc/group", "root:x:0:\n", 0o644),
        ("/etc/shadow", "", 0o640),
    ] {
        recorded = recorded.file(path, text).owned(path, 0, 0, mode);
    }
    for (path, bytes) in files {
        recorded = recorded.file(Path::new(SHOP).join(path), bytes.to_vec());
    }
    recorded
}

/// This machine, standing in a folder, at [`NOW`].
pub fn real_world(here: &Path) -> World {
    let mut world = World::real().unwrap();
    here.clone_into(&mut world.here);
    world.clock = std::sync::Arc::new(holdfast_world::FixedClock::at(Timestamp(NOW)));
    world
}

/// The look at the shop and its settings.
pub fn look(world: &World) -> (Look, Settings) {
    let folder = sensors::open(world, Path::new(".")).unwrap();
    let settings = settings::read(&folder.tree, None, &TimeZone::UTC).unwrap();
    (sensors::look_at_folder(world, &folder, &settings).unwrap(), settings)
}

/// What a look means, against an index.
pub fn judged(look: &Look, settings: &Settings, index: &[u8]) -> Assessment {
    let index = holdfast_advisories::Index::open(index).unwrap();
    assess(
        look,
        &Against {
            index: &index,
            settings,
            stage: None,
            now: Timestamp(NOW),
            accepted: &[],
            fleet: &holdfast_engine::fleet::NOBODY,
        },
    )
}

/// The bytes of a file of a recorded world, as it is now.
pub fn bytes(world: &World, path: &str) -> Option<Vec<u8>> {
    let folder = sensors::open(world, Path::new(SHOP)).unwrap();
    folder.tree.read(path).ok().map(|bytes| bytes.to_vec())
}

/// A folder that goes away, and a data folder inside another one.
pub struct Folders {
    /// The tree.
    pub tree: tempfile::TempDir,
    outer: tempfile::TempDir,
}

impl Folders {
    /// Makes them.
    pub fn new() -> Self {
        Self { tree: tempfile::tempdir().unwrap(), outer: tempfile::tempdir().unwrap() }
    }

    /// The data folder; it is not there yet.
    pub fn data(&self) -> PathBuf {
        self.outer.path().join("data")
    }

    /// Writes a file of the tree, with the folders above it.
    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.tree.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Puts the compiled records into the data folder.
    pub fn sync(&self) {
        std::fs::create_dir_all(self.data()).unwrap();
        std::fs::write(index_file::path(&self.data()), index()).unwrap();
    }

    /// Runs git in the tree, apart from the user's own configuration.
    pub fn git(&self, arguments: &[&str]) {
        let output = std::process::Command::new("git")
            .args(["-c", "user.name=Sam", "-c", "user.email=sam@shop.example"])
            .args(["-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(self.tree.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {complaint}");
    }
}
