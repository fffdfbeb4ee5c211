//! What a look means: components and index in, findings and gaps out. Pure.
//!
//! Knows which room to ask what; knows no format and no ecosystem's details.

pub mod controls;

pub(crate) mod declared;
mod ends;
pub(crate) mod feeds;
mod gaps;
mod locked;
mod matching;
mod members;
mod notices;
mod running;
mod sometimes;
mod updates;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_advisories::{Index, lifecycle};
use holdfast_decide::{judge, severity};
use holdfast_findings::accept::{self, Covered, Terms};
use holdfast_findings::{Judged, Presence, Unread, join, locus as loci};
use holdfast_model::{
    Acceptance, Asset, Coverage, Ecosystem, Finding, FindingKind, LocalKey, Locus, NotAssessed,
    Origin, Problem, Timestamp, WeaknessId,
};

use crate::fleet::Fleet;
use crate::look::{ImageFacts, Look};
use crate::settings::Settings;
use crate::statements;

pub(crate) use declared::is_declared;
pub(crate) use matching::{images, locus};
pub(crate) use running::{OLD_KERNEL, RUNNING_PREFIX};
pub(crate) use updates::UPDATE_PREFIX;

/// Against what a look is judged.
#[derive(Clone, Copy)]
pub struct Against<'a> {
    /// The compiled advisories.
    pub index: &'a Index<'a>,
    /// The tree's settings.
    pub settings: &'a Settings,
    /// The station of the pipeline, where there is one.
    pub stage: Option<&'a str>,
    /// When.
    pub now: Timestamp,
    /// Acceptances of hosts, from the record; those of a folder stand in its settings.
    pub accepted: &'a [Acceptance],
    /// What the record knows of other assets.
    pub fleet: &'a Fleet,
}

/// What a look means.
#[derive(Debug)]
pub struct Assessment {
    /// When it was judged.
    pub at: Timestamp,
    /// What was found, after acceptances; without decisions.
    pub findings: Vec<Finding>,
    /// What could not be judged.
    pub not_assessed: Vec<NotAssessed>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// Different packages seen: ecosystem, name and version.
    pub packages: u64,
    /// What could not be read, so that its absence closes nothing.
    pub unreadable: Vec<Unread>,
    /// Ecosystems that no feed covers.
    pub uncovered: Vec<Ecosystem>,
    /// Why findings are accepted, or no longer are, by local key.
    pub notes: BTreeMap<LocalKey, String>,
    /// Findings that were accepted and are not any more.
    pub ended: BTreeSet<LocalKey>,
    /// What each control says of each resource.
    pub controls: Vec<controls::Judged>,
}

/// The sorts of checks that a sensor makes today.
pub fn kinds(look: &Look) -> &'static [FindingKind] {
    match look.sensor {
        "host" => &[FindingKind::Package, FindingKind::Control, FindingKind::Guardrail],
        "image" => &[FindingKind::Package],
        _ => &[FindingKind::Package, FindingKind::Guardrail, FindingKind::Feed],
    }
}

/// Judges one look.
pub fn assess(look: &Look, against: &Against<'_>) -> Assessment {
    let mut found = matching::Found::default();
    let age =
        matching::Age { now: against.now, most: against.settings.config.advisories.max_age_days };
    matching::components(look, against.index, age, &mut found);
    updates::pending(look, &mut found);
    ends::of_look(look, against.now, &mut found);
    notices::of_look(look, &mut found);
    if look.sensor == "folder" {
        feeds::risks(look, against, &mut found);
    }
    running::old(look, against.index, &mut found);
    gaps::of_look(look, &mut found);
    let controls = controls::judged(look, against, &mut found);
    let mut problems: Vec<Problem> =
        look.documents.iter().flat_map(|document| document.problems.iter().cloned()).collect();
    problems.extend(look.problems.iter().cloned());
    if look.sensor == "folder" {
        problems.extend(statements::early(against.settings, against.now));
    }

    let asset = &look.asset.id;
    let mut findings = join(asset, look.standing, found.sightings);
    for finding in findings.iter_mut().filter(|one| one.kind == FindingKind::Package) {
        severity::say_transitive(finding.direct, finding.severity, &mut finding.severity_steps);
    }
    if let Some(image) = &look.image {
        layers(&mut findings, image);
    }
    let covered = cover(look, against, &mut findings);
    let complete = look.coverage == Coverage::Full && found.unreadable.is_empty();
    let (guardrails, unread) = covered.report(complete);
    findings.extend(join(asset, look.standing, guardrails));
    found.unreadable.extend(unread);
    findings.sort_by(|a, b| {
        severity::order((a.severity, a.direct), (b.severity, b.direct))
            .then_with(|| a.key.cmp(&b.key))
    });
    let mut not_assessed: Vec<NotAssessed> =
        found.gaps.into_iter().map(|gap| gap.on(asset)).collect();
    not_assessed.sort_by_key(|row| row.key);
    not_assessed.dedup_by_key(|row| row.key);
    Assessment {
        at: against.now,
        findings,
        not_assessed,
        problems,
        packages: different(look),
        unreadable: found.unreadable,
        uncovered: found.uncovered,
        notes: covered.notes,
        ended: covered.ended,
        controls,
    }
}

/// Says which layers of an image brought what was found.
fn layers(findings: &mut [Finding], image: &ImageFacts) {
    for finding in findings {
        let places = finding.instances.iter().map(|instance| &instance.place);
        let numbers: BTreeSet<usize> = places.filter_map(|place| image.layer_at(place)).collect();
        finding.layers = numbers.into_iter().filter_map(|number| image.layer(number)).collect();
    }
}

/// What the packages of a look mean, and nothing else of it: no gaps, no acceptances, no decisions.
pub(crate) fn packages(look: &Look, index: &Index<'_>) -> (Vec<Finding>, Vec<Unread>) {
    let mut found = matching::Found::default();
    matching::components(look, index, matching::Age::ANY, &mut found);
    (join(&look.asset.id, look.standing, found.sightings), found.unreadable)
}

/// Whether no feed is asked about a weakness, but a list of our own, the host itself or a publisher.
pub(crate) fn is_known_otherwise(weakness: &WeaknessId) -> bool {
    weakness.0.starts_with(RUNNING_PREFIX)
        || weakness.0.starts_with(lifecycle::PREFIX)
        || holdfast_advisories::notices::is_notice(weakness)
}

/// Acceptances belong to the tree that carries them, in its list or as comments: those of a folder
/// never cover a host, whose own stand in the record.
pub fn acceptances(look: &Look, against: &Against<'_>) -> Vec<Acceptance> {
    if look.sensor != "folder" {
        return against.accepted.to_vec();
    }
    against.settings.acceptances.iter().chain(&look.requests).cloned().collect()
}

fn cover(look: &Look, against: &Against<'_>, findings: &mut [Finding]) -> Covered {
    let own = acceptances(look, against);
    let terms = Terms {
        now: against.now,
        zone: &against.settings.zone,
        one_person: against.settings.appetite.one_person,
    };
    let mut covered = accept::cover(findings, &own, &terms);
    // As acceptances do, statements of a tree belong to that tree and never cover a host.
    if look.sensor == "folder" && !against.settings.statements.is_empty() {
        statements::state(look, against.settings, against.now, findings, &mut covered);
    }
    covered
}

/// Says what is to be done about findings. `first_seen` is when the clock of each began.
pub fn decide(
    findings: &mut [Finding],
    look: &Look,
    against: &Against<'_>,
    first_seen: &dyn Fn(&Finding) -> Timestamp,
) {
    let circumstances = circumstances(look, against);
    for finding in findings.iter_mut().filter(|finding| finding.state.is_open()) {
        let asset = owned_by(finding, look, against.settings);
        let appetite = &against.settings.appetite;
        let seen = first_seen(finding);
        finding.decision = Some(judge(appetite, finding, &asset, &circumstances, seen));
    }
}

/// The look as conditions ask for it.
pub fn circumstances(look: &Look, against: &Against<'_>) -> holdfast_decide::Look {
    holdfast_decide::Look {
        standing: look.standing,
        stage: against.stage.map(ToOwned::to_owned),
        coverage: look.coverage,
    }
}

/// The asset with the team that answers for a finding: the one that the configuration names, else
/// the owner of its path, else the asset's. Who owns which path is written of the tree, and says
/// nothing of the paths of a host or an image.
pub fn owned_by<'l>(finding: &Finding, look: &'l Look, settings: &Settings) -> Cow<'l, Asset> {
    let mut asset = Cow::Borrowed(&look.asset);
    let owners = settings.owners.as_ref().filter(|_| !look.is_system());
    let owner = finding.locus.path().zip(owners).and_then(|(path, owners)| owners.team_for(path));
    if let (None, Some(team)) = (&settings.config.asset.team, owner) {
        team.clone_into(&mut asset.to_mut().team);
    }
    asset
}

fn different(look: &Look) -> u64 {
    let distinct: BTreeSet<(&str, &str, Option<&str>)> = look
        .components()
        .filter(|(_, component)| component.origin != Origin::Tree)
        .map(|(_, component)| {
            (component.ecosystem.as_str(), &*component.name, component.version.as_deref())
        })
        .collect();
    distinct.len() as u64
}

/// The versions at each package locus of a look.
pub fn presence(look: &Look) -> BTreeMap<Locus, Vec<Arc<str>>> {
    let mut present: BTreeMap<Locus, Vec<Arc<str>>> = BTreeMap::new();
    for (document, component) in look.components() {
        if component.origin == Origin::Tree {
            continue;
        }
        let versions = present.entry(matching::locus(document, component)).or_default();
        versions.extend(component.version.iter().map(Arc::clone));
    }
    for (os, version) in ends::distributions(look) {
        present.entry(ends::locus(os)).or_default().push(version);
    }
    for versions in present.values_mut() {
        versions.sort();
        versions.dedup();
    }
    present
}

/// Loci of packages that a look names without saying which version is used: a pin that became a
/// range, an address. Nobody can say what became of a finding there.
pub fn mentioned(look: &Look) -> BTreeSet<Locus> {
    let asked = look
        .documents
        .iter()
        .flat_map(|document| &document.requirements)
        .map(|one| loci::language_package(&one.ecosystem, &one.name, &one.place.path));
    let unknown = look.documents.iter().flat_map(|document| {
        document.unknown.iter().map(|one| {
            loci::language_package(&one.ecosystem, &one.name, &document.path_of(&one.place))
        })
    });
    asked.chain(unknown).collect()
}

/// Answers the state machine's question about a locus.
pub fn present(
    known: &BTreeMap<Locus, Vec<Arc<str>>>,
    mentioned: &BTreeSet<Locus>,
    controls: &[controls::Judged],
    locus: &Locus,
) -> Presence {
    if matches!(locus, Locus::Setting { .. }) {
        return controls::presence(controls, locus);
    }
    match known.get(locus) {
        Some(versions) => Presence::There(versions.clone()),
        None if mentioned.contains(locus) => Presence::Unknown,
        None => Presence::Gone,
    }
}

/// Answers the state machine's question about a package's weakness; controls and guardrails have
/// names that no feed knows, and are not asked about here. `merged` are updates that an advisory
/// names now.
pub fn judged(
    index: &Index<'_>,
    merged: &BTreeMap<WeaknessId, WeaknessId>,
    weakness: &WeaknessId,
) -> Judged {
    if let Some(into) = merged.get(weakness) {
        return Judged::MergedInto(into.clone());
    }
    if weakness.0.starts_with(UPDATE_PREFIX) || is_known_otherwise(weakness) {
        return Judged::Known;
    }
    match index.find(&weakness.0) {
        None => Judged::Gone,
        Some(row) if row.weakness.id != *weakness => Judged::MergedInto(row.weakness.id),
        Some(row) if row.withdrawn.is_some() => Judged::Withdrawn,
        Some(_) => Judged::Known,
    }
}

/// Updates that the same look also names by an advisory: old keys lead to new ones.
pub fn merged_updates(findings: &[Finding]) -> BTreeMap<WeaknessId, WeaknessId> {
    let mut merged = BTreeMap::new();
    for finding in findings {
        if let Locus::SystemPackage { purl } = &finding.locus {
            let id = &finding.weakness.id.0;
            if id.starts_with(UPDATE_PREFIX) || id.starts_with(RUNNING_PREFIX) {
                continue;
            }
            let source = purl.rsplit('/').next().unwrap_or(purl);
            merged.entry(WeaknessId::update(source)).or_insert_with(|| finding.weakness.id.clone());
        }
    }
    merged
}
