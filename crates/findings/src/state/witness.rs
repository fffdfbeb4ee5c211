//! Whose word a finding rests on: our own engine's, other scanners', or both.
//!
//! Knows names of weaknesses and loci; must not know formats of reports. A look of our own closes
//! only what our own engine is a witness of; what other scanners said of the same finding stays
//! with it until they say otherwise.

use std::collections::{BTreeMap, HashMap};

use holdfast_model::{Finding, FindingKind, Key, Known, Locus, State, Witness};

use super::{Turn, departed};
use crate::join::OWN_ENGINE;

/// Whether our own engine is among the witnesses.
pub(super) fn is_own(finding: &Finding) -> bool {
    finding.witnesses.iter().any(|witness| &*witness.engine == OWN_ENGINE)
}

/// Open or accepted: neither mended nor gone elsewhere.
pub(super) fn is_live(finding: &Finding) -> bool {
    finding.state.is_open() || finding.state == State::Accepted
}

/// Adds witnesses, each once.
pub(super) fn add(finding: &mut Finding, witnesses: impl IntoIterator<Item = Witness>) {
    finding.witnesses.extend(witnesses);
    finding.witnesses.sort_unstable();
    finding.witnesses.dedup();
}

/// What scanners may mean: findings of packages, and of our own controls, by every name of their
/// weakness.
pub(super) struct Meant<'f>(HashMap<&'f str, Vec<&'f Finding>>);

impl<'f> Meant<'f> {
    pub(super) fn of(findings: impl Iterator<Item = &'f Finding>) -> Self {
        let mut by_name: HashMap<&str, Vec<&Finding>> = HashMap::new();
        for finding in findings.filter(|finding| may_be_meant(finding)) {
            for name in names(finding) {
                by_name.entry(name).or_default().push(finding);
            }
        }
        Self(by_name)
    }

    /// The findings that a scanner means by one of its own, by key: those of the same weakness, at
    /// the package that it names, wherever that is; all of them where it names none.
    pub(super) fn meant(&self, foreign: &Finding) -> Vec<&'f Finding> {
        let mut same: Vec<&Finding> =
            names(foreign).filter_map(|name| self.0.get(name)).flatten().copied().collect();
        same.sort_by_key(|finding| finding.key);
        same.dedup_by_key(|finding| finding.key);
        // A test means a setting, a weakness a package.
        let test = foreign.kind == FindingKind::Control;
        same.retain(|one| one.key != foreign.key && test == (one.kind == FindingKind::Control));
        at(&foreign.locus, same)
    }
}

/// A package, or a setting of which a control of ours spoke: a test of somebody else's is never
/// meant by another one.
fn may_be_meant(finding: &Finding) -> bool {
    match finding.kind {
        FindingKind::Package => true,
        FindingKind::Control => matches!(finding.locus, Locus::Setting { .. }),
        _ => false,
    }
}

/// Whether only a scanner knows it: of another kind than ours, or a test of its own.
fn is_theirs(finding: &Finding) -> bool {
    match finding.kind {
        FindingKind::Foreign => true,
        FindingKind::Control => matches!(finding.locus, Locus::Asset { .. }),
        _ => false,
    }
}

fn names(finding: &Finding) -> impl Iterator<Item = &str> {
    let weakness = &finding.weakness;
    std::iter::once(&*weakness.id.0).chain(weakness.aliases.iter().map(|alias| &**alias))
}

/// Those of the candidates that stand where a scanner says.
fn at<'f>(locus: &Locus, mut candidates: Vec<&'f Finding>) -> Vec<&'f Finding> {
    match locus {
        // A port, or the host as a whole: the scanner does not say which package it means.
        Locus::Asset { .. } => candidates,
        Locus::SystemPackage { purl } => {
            candidates.retain(|one| matches!(one.locus, Locus::SystemPackage { .. }));
            let exact: Vec<&Finding> =
                candidates.iter().copied().filter(|one| is_package(&one.locus, purl)).collect();
            if !exact.is_empty() {
                return exact;
            }
            // Scanners name the binary package and advisories its source. Where one source has the
            // weakness that is the one; of several nobody can say.
            if candidates.len() == 1 { candidates } else { Vec::new() }
        }
        Locus::LanguagePackage { purl, path } => {
            candidates.retain(|one| is_package(&one.locus, purl));
            let there: Vec<&Finding> =
                candidates.iter().copied().filter(|one| is_file(&one.locus, path)).collect();
            // What was scanned may have been laid out in another way: then the package counts.
            if there.is_empty() { candidates } else { there }
        }
        Locus::File { path, .. } => {
            candidates.retain(|one| is_file(&one.locus, path));
            candidates
        }
        Locus::Setting { .. } => Vec::new(),
    }
}

/// Whether a locus is this package: by its purl, or by its name alone where that is all there is.
fn is_package(locus: &Locus, package: &str) -> bool {
    let (Locus::SystemPackage { purl } | Locus::LanguagePackage { purl, .. }) = locus else {
        return false;
    };
    let name = || purl.rsplit(['/', ':']).next().unwrap_or(purl);
    **purl == *package || (!package.starts_with("pkg:") && name().eq_ignore_ascii_case(package))
}

/// Whether a package was read from this file, or from one that ends so: scanners start elsewhere.
fn is_file(locus: &Locus, path: &str) -> bool {
    let Locus::LanguagePackage { path: own, .. } = locus else { return false };
    let ends = |long: &str, short: &str| {
        !short.is_empty() && long.strip_suffix(short).is_some_and(|rest| rest.ends_with('/'))
    };
    **own == *path || ends(own, path) || ends(path, own)
}

/// Brings what scanners said to what a look of our own found: their word stays with a finding that
/// is seen again, and findings of theirs that our engine names now become part of it. Gives the
/// turn of each of the latter.
pub(super) fn carry(
    here: &BTreeMap<Key, &Known>,
    found: &mut BTreeMap<Key, Finding>,
) -> BTreeMap<Key, Turn> {
    let mut said: BTreeMap<Key, Vec<Witness>> = BTreeMap::new();
    let mut turns = BTreeMap::new();
    {
        let ours = Meant::of(found.values());
        for (key, known) in here {
            let old = &known.finding;
            let foreign = || old.witnesses.iter().filter(|one| &*one.engine != OWN_ENGINE).cloned();
            if !is_live(old) || foreign().next().is_none() {
                continue;
            }
            if found.contains_key(key) {
                said.entry(*key).or_default().extend(foreign());
            } else if is_theirs(old) {
                let meant = ours.meant(old);
                if let Some(first) = meant.first() {
                    turns.insert(*key, departed::merged(old, first));
                }
                for home in meant {
                    said.entry(home.key).or_default().extend(foreign());
                }
            }
        }
    }
    for (key, witnesses) in said {
        if let Some(finding) = found.get_mut(&key) {
            add(finding, witnesses);
        }
    }
    turns
}
