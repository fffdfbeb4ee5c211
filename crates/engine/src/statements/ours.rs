//! What we say ourselves: every finding of a folder as a statement, from what was decided.
//!
//! An acceptance is a waiver: it says that somebody lives with a problem, not that there is none. So
//! it becomes *affected* with the day until which it is accepted, unless its reason begins with one of
//! the justifications by which a product is not affected.

use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_findings::accept::justification;
use holdfast_model::{
    Finding, FindingKind, Product, State, Statement, StatementStatus, Timestamp, Versions,
};
use holdfast_sense::statement::write::{Statements, cyclonedx, openvex};
use holdfast_world::World;

use crate::check::{Judged, Options, judge};
use crate::failure::Failure;
use crate::index_file;

/// In which notation statements are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// OpenVEX 0.2.0.
    OpenVex,
    /// CycloneDX 1.6, JSON.
    CycloneDx,
}

/// Judges a folder and states what became of each known problem of a package in it.
///
/// # Errors
///
/// As [`crate::check::check`].
pub fn write(
    world: &World,
    data: &std::path::Path,
    options: &Options,
    author: Option<&str>,
    notation: Notation,
) -> Result<String, Failure> {
    let (file, _) = index_file::open(world, data);
    let index = Index::open(file.bytes()).map_err(Failure::Ours)?;
    let judged = judge(world, &index, options)?;
    let now = world.clock.now();
    let product = product(&judged);
    let statements = of(&judged, &product, now);
    let all = Statements {
        author: author.unwrap_or(&judged.look.asset.team),
        at: now,
        statements: &statements,
        version: env!("CARGO_PKG_VERSION"),
    };
    Ok(match notation {
        Notation::OpenVex => openvex(&all),
        Notation::CycloneDx => cyclonedx(&all, &product),
    })
}

/// What the folder is in statements: the first product that its configuration names, else its name.
fn product(judged: &Judged) -> Product {
    let whole = super::whole(&judged.look, &judged.settings);
    let mut named = whole.iter().filter(|product| !product.package.is_empty());
    let first = named.next().or(whole.first()).cloned();
    first.unwrap_or_else(|| Product {
        package: "".into(),
        name: judged.look.asset.name.as_str().into(),
        digests: Vec::new(),
        versions: Versions::Unnamed,
    })
}

fn of(judged: &Judged, product: &Product, now: Timestamp) -> Vec<Statement> {
    let notes = &judged.assessment.notes;
    // Updates without a name, ends of life and what still runs are nobody else's vulnerabilities.
    let named = |id: &holdfast_model::WeaknessId| {
        !id.0.starts_with(crate::assess::UPDATE_PREFIX) && !crate::assess::is_known_otherwise(id)
    };
    let packages = judged
        .assessment
        .findings
        .iter()
        .filter(|one| one.kind == FindingKind::Package && named(&one.weakness.id));
    packages
        .filter_map(|finding| {
            let note = notes.get(&finding.local).map(String::as_str);
            one(finding, product, note, now)
        })
        .collect()
}

fn one(
    finding: &Finding,
    product: &Product,
    note: Option<&str>,
    now: Timestamp,
) -> Option<Statement> {
    let (status, justification, text) = match finding.state {
        State::Accepted => accepted(note.unwrap_or("accepted")),
        State::Open | State::Unproven => (StatementStatus::Affected, "", remedy(finding)),
        _ => return None,
    };
    let mut names: Vec<Arc<str>> = vec![Arc::clone(&finding.weakness.id.0)];
    names.extend(finding.weakness.aliases.iter().filter(|a| **a != finding.weakness.id.0).cloned());
    let mut parts: Vec<Product> = finding
        .instances
        .iter()
        .map(|copy| Product {
            package: Arc::clone(&finding.subject),
            name: "".into(),
            digests: Vec::new(),
            versions: copy.version.clone().map_or(Versions::Unnamed, Versions::Exact),
        })
        .collect();
    parts.sort();
    parts.dedup();
    Some(Statement {
        author: "".into(),
        at: Some(now),
        names,
        products: vec![product.clone()],
        subcomponents: parts,
        status,
        justification: justification.into(),
        text,
        place: finding.place()?.clone(),
    })
}

/// What stands behind an accepted finding.
fn accepted(note: &str) -> (StatementStatus, &'static str, String) {
    if let Some(word) = justification(note) {
        return (StatementStatus::NotAffected, word, note.to_owned());
    }
    // Only a statement, and no waiver, says that something is fixed or not affected at all.
    let stated = |word: &str| !note.starts_with("accepted") && note.contains(word);
    if stated(": fixed") {
        (StatementStatus::Fixed, "", note.to_owned())
    } else if stated(": not affected") {
        (StatementStatus::NotAffected, "", note.to_owned())
    } else {
        (StatementStatus::Affected, "", note.to_owned())
    }
}

/// What to do about an open one, as OpenVEX wants it of whatever is affected.
fn remedy(finding: &Finding) -> String {
    let lifts = finding.instances.iter().filter_map(|copy| copy.fixed_in.as_deref());
    match lifts.max() {
        Some(version) => format!("update to {version} or later"),
        None => "no version without this problem is known yet".to_owned(),
    }
}
