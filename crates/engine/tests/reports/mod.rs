//! What tests of imports share: a machine as it is at one time after the other, and reports about
//! it. Knows no expectation: those stand in the tests.
#![allow(unreachable_pub, reason = "a module of tests")]

use crate::support::{HOUR, NOW, cargo_lock, index, recorded};
use holdfast_engine::cycle::{self, up_once};
use holdfast_engine::import::{Imported, Options, SubjectRow, import};
use holdfast_engine::{Failure, record};
use holdfast_model::{Known, State, Timestamp};
use holdfast_store::Filter;
use holdfast_world::World;
use std::fmt::Write as _;
use std::path::PathBuf;

/// What recorded worlds call their machine.
pub const MACHINE: &str = "00000000000000000000000000000001";
/// A hole that only scanners know.
pub const FOREIGN: &str = "CVE-2026-77777";
pub const WEAK: &str = "5.2.15-2+b7";
pub const MENDED: &str = "5.2.15-2+deb12u9";

/// A data folder, and the machine as it is at one time after the other.
pub struct Bench {
    outer: tempfile::TempDir,
    index: Vec<u8>,
}

impl Bench {
    pub fn new() -> Self {
        Self { outer: tempfile::tempdir().unwrap(), index: index() }
    }

    pub fn data(&self) -> PathBuf {
        self.outer.path().join("data")
    }

    /// The machine `hours` after the beginning, with bash in this version and these files.
    pub fn world(&self, hours: i64, bash: &str, files: &[(&str, &str)]) -> World {
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
        let lock = cargo_lock(&[("tiller", "1.0.0"), ("calm", "1.0.0")]);
        let machine = recorded(&self.data(), &self.index, &files)
            .now(Timestamp(NOW + hours * HOUR))
            .file("/shop/Cargo.lock", lock)
            .file("/shop/src/main.rs", "fn main() {}\n")
            .file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n")
            .file(
                "/var/lib/dpkg/status",
                format!(
                    "Package: bash\nStatus: install ok installed\nArchitecture: amd64\n\
                     Version: {bash}\n\n"
                ),
            );
        World::recorded(machine)
    }

    pub async fn up(&self, hours: i64, bash: &str) {
        let world = self.world(hours, bash, &[]);
        up_once(&world, &self.data(), &cycle::Options::default(), &|_| {}).await.unwrap();
    }

    pub async fn import(&self, hours: i64, files: &[(&str, &str)]) -> Imported {
        self.with(hours, files, |_| {}).await.unwrap()
    }

    pub async fn with(
        &self,
        hours: i64,
        files: &[(&str, &str)],
        change: impl FnOnce(&mut Options),
    ) -> Result<Imported, Failure> {
        let world = self.world(hours, WEAK, files);
        let files = files.iter().map(|(path, _)| (*path).to_owned()).collect();
        let mut options = Options { files, ..Options::default() };
        change(&mut options);
        import(&world, &self.data(), &options).await
    }

    pub async fn known(&self) -> Vec<Known> {
        let store = record::reader(&self.data()).await.unwrap().unwrap();
        store.findings(&Filter::default()).await.unwrap()
    }

    /// The findings of a weakness, by kind.
    pub async fn of(&self, weakness: &str) -> Vec<Known> {
        let mut all = self.known().await;
        all.retain(|known| &*known.finding.weakness.id.0 == weakness);
        all.sort_by_key(|known| known.finding.kind);
        all
    }

    pub async fn one(&self, weakness: &str) -> Known {
        let mut all = self.of(weakness).await;
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }

    pub async fn entries(&self) -> u64 {
        let store = record::reader(&self.data()).await.unwrap().unwrap();
        store.last_checkpoint().await.unwrap().unwrap().size
    }
}

pub fn witnesses(known: &Known) -> Vec<&str> {
    known.finding.witnesses.iter().map(|witness| &*witness.engine).collect()
}

pub fn state(known: &Known) -> State {
    known.finding.state
}

/// A plugin that names some CVEs, at a port.
pub type Plugin<'a> = (&'a str, u16, &'a [&'a str]);

/// A report of Nessus about one host, that ended `hours` after the beginning.
pub fn nessus(hours: i64, tags: &[(&str, &str)], plugins: &[Plugin<'_>]) -> String {
    format!("{HEAD}{}{TAIL}", host("10.1.2.3", hours, tags, plugins))
}

pub const HEAD: &str =
    "<?xml version=\"1.0\" ?>\n<NessusClientData_v2>\n<Report name=\"weekly\">\n";
pub const TAIL: &str = "</Report>\n</NessusClientData_v2>\n";

pub fn host(name: &str, hours: i64, tags: &[(&str, &str)], plugins: &[Plugin<'_>]) -> String {
    let end = (NOW + hours * HOUR) / 1000;
    let mut text = format!("<ReportHost name=\"{name}\"><HostProperties>\n");
    let _ = writeln!(text, "<tag name=\"HOST_END_TIMESTAMP\">{end}</tag>");
    for (name, value) in tags {
        let _ = writeln!(text, "<tag name=\"{name}\">{value}</tag>");
    }
    text.push_str("</HostProperties>\n");
    for (plugin, port, cves) in plugins {
        let _ = writeln!(
            text,
            "<ReportItem port=\"{port}\" svc_name=\"general\" protocol=\"tcp\" severity=\"3\" \
             pluginID=\"{plugin}\" pluginName=\"Plugin {plugin}\" pluginFamily=\"General\">"
        );
        for cve in *cves {
            let _ = writeln!(text, "<cve>{cve}</cve>");
        }
        text.push_str("</ReportItem>\n");
    }
    text.push_str("</ReportHost>\n");
    text
}

/// This machine, looked at with credentials.
pub const FULL: &[(&str, &str)] = &[("Credentialed_Scan", "true"), ("machine-id", MACHINE)];
/// The same without.
pub const PARTIAL: &[(&str, &str)] = &[("Credentialed_Scan", "false"), ("machine-id", MACHINE)];

#[track_caller]
pub fn only(imported: &Imported) -> &SubjectRow {
    assert_eq!(imported.assets.len(), 1, "{imported:#?}");
    &imported.assets[0]
}
