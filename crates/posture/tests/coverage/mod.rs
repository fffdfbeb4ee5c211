//! What of DevSec's baselines is asked: the table that people read and the refs of the controls say
//! the same, and so do the settings that people may declare and the conditions that ask them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use holdfast_model::Desired;
use holdfast_posture::{LISTS, NOUNS, SCHEMA};

use super::skip::{NO_DATA, skip};
use super::{controls, everything};

const README: &str = include_str!("../../../../rules/control/README.md");

/// What begins the third cell where no control covers an id.
const REASONS: &[&str] = &["needs a ", "by hand: ", "elsewhere: "];

/// The cells of each row of each table.
fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let cells = |line: &'static str| {
        let inner = line.strip_prefix('|')?.strip_suffix('|')?;
        Some(inner.split('|').map(str::trim).collect())
    };
    README.lines().filter_map(cells)
}

/// Each id of a baseline, with its row.
fn table() -> BTreeMap<&'static str, Vec<&'static str>> {
    let lists = ["os-", "package-", "sysctl-", "ssh-", "sshd-", "docker-", "host-"];
    let mut out = BTreeMap::new();
    for row in rows() {
        let id = row[0];
        if lists.iter().any(|list| id.starts_with(list)) {
            assert_eq!(row.len(), 3, "{id}");
            assert_eq!(out.insert(id, row), None, "{id} stands twice");
        }
    }
    out
}

/// The words in backticks.
fn named(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn each_id_names_the_controls_that_refer_to_it() {
    let mut refs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for control in everything() {
        for id in control.refs.get("devsec").into_iter().flatten() {
            refs.entry(id.clone()).or_default().insert(control.id.to_string());
        }
    }
    let table = table();
    for (id, row) in &table {
        let wanted = refs.remove(*id).unwrap_or_default();
        assert_eq!(named(row[1]), wanted, "{id}");
        let reason = REASONS.iter().any(|reason| row[2].starts_with(reason));
        assert_eq!(reason, wanted.is_empty(), "{id}: {}", row[2]);
    }
    assert_eq!(refs, BTreeMap::new(), "ids that no row has");
    assert!(table.len() >= 236, "only {} ids", table.len());
}

#[test]
#[allow(clippy::disallowed_methods, reason = "tests look for data")]
fn the_ids_are_those_of_the_baselines() {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let data = std::env::var_os("HOLDFAST_SHARED").map_or(beside, PathBuf::from);
    if !data.is_dir() {
        return skip(NO_DATA);
    }
    let mut wanted = BTreeSet::new();
    for baseline in ["linux-baseline", "ssh-baseline", "cis-docker-benchmark"] {
        let file = data.join("baselines").join(format!("{baseline}.tsv"));
        let text = std::fs::read_to_string(&file).unwrap();
        let ids = text.lines().filter_map(|line| line.split('\t').next());
        wanted.extend(ids.filter(|id| !id.is_empty()).map(str::to_owned));
    }
    let found: BTreeSet<String> = table().into_keys().map(str::to_owned).collect();
    assert_eq!(found, wanted);
}

/// The list for programs and the table for people name the same.
#[test]
fn each_noun_is_told_of() {
    for noun in NOUNS {
        let row = format!("| `{} ", noun.word);
        assert!(README.contains(&row), "`{}` has no row", noun.word);
    }
}

/// A setting that no control asks would do nothing, and one that nobody reads of is never declared.
#[test]
fn each_setting_is_asked_and_told_of() {
    let known: BTreeSet<String> = SCHEMA
        .fields
        .iter()
        .filter_map(|field| field.name.strip_prefix("setting."))
        .map(str::to_owned)
        .collect();
    let asked: BTreeSet<String> = everything()
        .iter()
        .flat_map(holdfast_posture::Control::asks)
        .filter_map(|field| field.strip_prefix("setting."))
        .map(str::to_owned)
        .collect();
    let heading = |row: &Vec<&str>| row[0] == "setting";
    let told: BTreeSet<String> = rows()
        .skip_while(|row| !heading(row))
        .skip(2)
        .take_while(|row| row[0].starts_with('`'))
        .flat_map(|row| named(row[0]))
        .collect();
    assert_eq!(asked, known);
    assert_eq!(told, known);
}

/// The same of the lists.
#[test]
fn each_list_is_asked_and_told_of() {
    let known: BTreeSet<String> = LISTS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let asked: BTreeSet<String> = controls()
        .iter()
        .flat_map(|control| &control.ensure)
        .filter_map(|desired| match desired {
            Desired::Group { only, .. } | Desired::Files { only, .. } => only.setting.clone(),
            Desired::Users { only, .. } => only.as_ref()?.setting.clone(),
            _ => None,
        })
        .map(|name| String::from(&*name))
        .collect();
    let told: BTreeSet<String> = rows()
        .skip_while(|row| row[0] != "list")
        .skip(2)
        .take_while(|row| row[0].starts_with('`'))
        .flat_map(|row| named(row[0]))
        .collect();
    assert_eq!(asked, known);
    assert_eq!(told, known);
}
