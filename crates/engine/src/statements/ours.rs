//! What we say ourselves: every finding of a folder, an image or a host as a statement, from what was
//! decided.
//!
//! An acceptance is a waiver: it says that somebody lives with a problem, not that there is none. So
//! it becomes *affected* with the day until which it is accepted, unless its reason begins with one of
//! the justifications by which a product is not affected.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_findings::accept::justification;
use holdfast_model::{
    AssetKind, Component, Finding, FindingKind, Product, State, Statement, StatementStatus, Target,
    Timestamp, Versions,
};
use holdfast_sense::sbom::write::{Subject, package_url};
use holdfast_sense::statement::write::{Statements, cyclonedx, openvex};
use holdfast_world::World;

use crate::assess::{self, Against, Assessment, assess};
use crate::check::{Options, judge};
use crate::controls::Controls;
use crate::cycle::accepted_on;
use crate::failure::Failure;
use crate::look::Look;
use crate::settings::{self, Settings};
use crate::{host, index_file, record, sensors, services};

/// In which notation statements are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// OpenVEX 0.2.0.
    OpenVex,
    /// CycloneDX 1.6, JSON.
    CycloneDx,
}

/// Judges a folder or an image and states what became of each known problem of a package in it.
///
/// # Errors
///
/// As [`crate::check::check`].
pub fn write(
    world: &World,
    data: &Path,
    options: &Options,
    author: Option<&str>,
    notation: Notation,
) -> Result<String, Failure> {
    let (file, _) = index_file::open(world, data);
    let index = Index::open(file.bytes()).map_err(Failure::Ours)?;
    let judged = judge(world, data, &index, options)?;
    let look = &judged.look;
    let product = match look.asset.kind {
        AssetKind::Image => image(look),
        _ => folder(look, &judged.settings),
    };
    Ok(text(look, &judged.assessment, &product, author, notation))
}

/// Looks at a host and states what became of each known problem of a package on it: what is accepted
/// of a host stands in the record.
///
/// # Errors
///
/// Where the target, the settings of this folder or the record cannot be used.
pub async fn write_host(
    world: &World,
    data: &Path,
    target: &Target,
    author: Option<&str>,
    notation: Notation,
) -> Result<String, Failure> {
    let (file, _) = index_file::open(world, data);
    let index = Index::open(file.bytes()).map_err(Failure::Ours)?;
    let here = sensors::open(world, Path::new("."))?;
    let settings = settings::read(&here.tree, None, &world.clock.zone())?;
    let none = Arc::new(Controls::default());
    let mut look = host::look_at(world, target, &none, &settings.config)?;
    services::read(world, data).0.place(&mut look, &settings.config);
    let accepted = match record::reader(data).await? {
        Some(store) => accepted_on(&store, &look.asset.id).await?,
        None => Vec::new(),
    };
    let against = Against {
        index: &index,
        settings: &settings,
        stage: None,
        now: world.clock.now(),
        accepted: &accepted,
        fleet: &crate::fleet::NOBODY,
    };
    let assessment = assess(&look, &against);
    Ok(text(&look, &assessment, &named(&look.asset.name), author, notation))
}

/// What the folder is in statements: the first product that its configuration names, else its name.
fn folder(look: &Look, settings: &Settings) -> Product {
    let whole = super::whole(look, settings);
    let mut products = whole.iter().filter(|product| !product.package.is_empty());
    let first = products.next().or(whole.first()).cloned();
    first.unwrap_or_else(|| named(&look.asset.name))
}

/// What an image is: its name, and the digest of its manifest where it has one.
fn image(look: &Look) -> Product {
    let digest = look.image.as_ref().and_then(|image| image.digest.clone());
    Product { digests: digest.into_iter().collect(), ..named(&look.asset.name) }
}

fn named(name: &str) -> Product {
    Product {
        package: "".into(),
        name: name.into(),
        digests: Vec::new(),
        versions: Versions::Unnamed,
    }
}

fn text(
    look: &Look,
    assessment: &Assessment,
    product: &Product,
    author: Option<&str>,
    notation: Notation,
) -> String {
    let mut urls = BTreeMap::new();
    let statements = of(look, assessment, product, &mut urls);
    let all = Statements {
        author: author.unwrap_or(&look.asset.team),
        at: assessment.at,
        statements: &statements,
        version: env!("CARGO_PKG_VERSION"),
        urls: &urls,
    };
    let subject = match look.asset.kind {
        AssetKind::Host => Subject::System,
        AssetKind::Image => Subject::Container,
        AssetKind::Repository | AssetKind::Folder => Subject::Application,
    };
    match notation {
        Notation::OpenVex => openvex(&all),
        Notation::CycloneDx => cyclonedx(&all, product, subject),
    }
}

fn of(
    look: &Look,
    assessment: &Assessment,
    product: &Product,
    urls: &mut BTreeMap<Product, String>,
) -> Vec<Statement> {
    let notes = &assessment.notes;
    // Updates without a name, ends of life and what still runs are nobody else's vulnerabilities.
    let named = |id: &holdfast_model::WeaknessId| {
        !id.0.starts_with(assess::UPDATE_PREFIX) && !assess::is_known_otherwise(id)
    };
    let packages = assessment
        .findings
        .iter()
        .filter(|one| one.kind == FindingKind::Package && named(&one.weakness.id));
    packages
        .filter_map(|finding| {
            let note = notes.get(&finding.local).map(String::as_str);
            let parts = match installed(look, finding, urls) {
                parts if parts.is_empty() => copies(finding),
                parts => parts,
            };
            one(finding, product, parts, note, assessment.at)
        })
        .collect()
}

/// The installed packages of a system that a finding is about, by the package URLs under which our
/// bills list them: a finding is of a source package, whose version may be another one.
fn installed(look: &Look, finding: &Finding, urls: &mut BTreeMap<Product, String>) -> Vec<Product> {
    if !look.is_system() {
        return Vec::new();
    }
    let is_copy = |component: &Component| {
        let mut copies = finding.instances.iter();
        copies.any(|copy| copy.version == component.version && copy.place == component.place)
    };
    let mut parts = Vec::new();
    for (document, component) in look.components() {
        if !is_copy(component) || assess::locus(document, component) != finding.locus {
            continue;
        }
        let Some(url) = package_url(component) else { continue };
        let package = component.ecosystem.purl(&component.name, None);
        let versions = component.version.clone().map_or(Versions::Unnamed, Versions::Exact);
        let part = Product {
            package: package.map_or_else(|| Arc::clone(&finding.subject), Into::into),
            name: "".into(),
            digests: Vec::new(),
            versions,
        };
        urls.insert(part.clone(), url);
        parts.push(part);
    }
    parts.sort();
    parts.dedup();
    parts
}

/// The copies of a finding's package.
fn copies(finding: &Finding) -> Vec<Product> {
    let copies = finding.instances.iter().map(|copy| Product {
        package: Arc::clone(&finding.subject),
        name: "".into(),
        digests: Vec::new(),
        versions: copy.version.clone().map_or(Versions::Unnamed, Versions::Exact),
    });
    let mut copies: Vec<Product> = copies.collect();
    copies.sort();
    copies.dedup();
    copies
}

fn one(
    finding: &Finding,
    product: &Product,
    parts: Vec<Product>,
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
