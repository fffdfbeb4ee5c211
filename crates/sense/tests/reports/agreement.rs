//! The counts of an importer that many know, on reports that it collected. Where the shared
//! reports are not there, the test says so and passes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use holdfast_sense::report::Counts;

use crate::skip::{NO_DATA, skip};
use crate::support::{codes, read};

/// The folders of the formats that are read, and the id of their reader.
const FOLDERS: [(&str, &str); 6] = [
    ("tenable/", "nessus"),
    ("sarif/", "sarif"),
    ("cyclonedx/", "cyclonedx"),
    ("trivy/", "trivy"),
    ("lynis/", "lynis"),
    ("openscap/", "xccdf"),
];

/// Where our grouped count differs, and why.
const DIFFERENT: [(&str, usize, &str); 0] = [];

/// Instances, where the importer's count is of groups.
const INSTANCES: [(&str, usize); 4] = [
    ("tenable/nessus/nessus_v_unknown.xml", 296),
    ("tenable/nessus/nessus_with_cvssv3.nessus", 49),
    ("tenable/nessus/nessus_many_vuln.xml", 7),
    ("sarif/mobsfscan.json", 18),
];

fn scans() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let root = std::env::var_os("HOLDFAST_SHARED").map_or_else(beside, PathBuf::from);
    Some(root.join("scans")).filter(|scans| scans.join("expected.json").exists())
}

#[test]
fn counts_are_those_of_the_importer_or_explained() {
    let Some(scans) = scans() else {
        return skip(NO_DATA);
    };
    let expected = std::fs::read(scans.join("expected.json")).unwrap();
    let expected: BTreeMap<String, usize> = serde_json::from_slice(&expected).unwrap();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (path, wanted) in &expected {
        let folder = FOLDERS.iter().find(|(folder, _)| path.starts_with(folder));
        // Its exports as CSV are another format.
        let Some((_, reader)) = folder.filter(|_| !path.contains(".csv")) else { continue };
        seen += 1;
        let (id, facts) = read(path, &std::fs::read(scans.join(path)).unwrap());
        let mut counts = Counts::of(id);
        for fact in &facts {
            counts.take(fact);
        }
        let explained = DIFFERENT.iter().find(|(name, ..)| name == path).map(|row| row.1);
        let instances = INSTANCES.iter().find(|(name, _)| name == path).map(|row| row.1);
        let same = id == *reader
            && counts.grouped() == explained.unwrap_or(*wanted)
            && instances.is_none_or(|instances| instances == counts.instances());
        let (grouped, all) = (counts.grouped(), counts.instances());
        eprintln!(
            "{path}: {id}, {all} instances, {grouped} grouped, importer {wanted} {:?}",
            codes(&facts)
        );
        if !same {
            wrong.push(path);
        }
    }
    assert!(seen >= 30, "{seen}");
    assert!(wrong.is_empty(), "{wrong:?}");
}
