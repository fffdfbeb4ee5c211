//! One copy of an asset: what its last looks saw of some packages, judged by the index of today.
//!
//! Knows how a judgement without a look becomes findings. Whatever only a look can tell stays as the
//! last one left it: what is accepted, how a requirement reaches a fix, what could not be checked.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_advisories::notices::is_notice;
use holdfast_decide::judge;
use holdfast_findings::accept::{self, Terms};
use holdfast_findings::{Batch, Presence, StepOut, local_keys, locus as loci, step};
use holdfast_model::{
    Acceptance, Asset, AssetId, AssetKind, Component, Coverage, Digest, Fields, Finding,
    FindingKind, Key, Known, LocalKey, Locus, Notice, Observation, Standing, State, Timestamp,
    Transition,
};
use holdfast_store::{ADVISORIES, LookCommit, Store};
use holdfast_world::World;

use super::Wanted;
use crate::assess::{self, Against};
use crate::failure::Failure;
use crate::look::{Document, Look};
use crate::settings::Settings;
use crate::{cycle, fleet, record};

/// By what is judged, and into which record.
pub(super) struct Judge<'a> {
    pub(super) world: &'a World,
    pub(super) store: &'a Store,
    pub(super) index: &'a Index<'a>,
    pub(super) settings: &'a Settings,
    /// The folder that the settings are of.
    pub(super) here: &'a AssetId,
    pub(super) wanted: &'a Wanted,
    pub(super) now: Timestamp,
}

/// What changed on one copy of an asset.
pub(super) struct Done {
    pub(super) team: String,
    pub(super) steps: Vec<Transition>,
}

/// What was seen of the wanted packages.
struct Seen {
    look: Look,
    components: u64,
    /// Of the sets that it stands in.
    digest: Digest,
}

impl Judge<'_> {
    /// Judges and records; `None` where nothing changed.
    pub(super) async fn judge(
        &self,
        asset: &AssetId,
        standing: Standing,
    ) -> Result<Option<Done>, Failure> {
        let ours = |error| record::ours(&error);
        let Some(asset) = self.store.asset(asset).await.map_err(ours)? else { return Ok(None) };
        let Some(mut seen) = self.seen(asset, standing).await? else { return Ok(None) };
        let mut known = self.store.known(&seen.look.asset.id, standing).await.map_err(ours)?;
        let notices = said(&seen.look, &known);
        if let Some(first) = seen.look.documents.first_mut() {
            first.notices = notices;
        }
        let asset = &seen.look.asset;
        let accepted = self.accepted(asset).await?;
        let against = Against {
            index: self.index,
            settings: self.settings,
            stage: None,
            now: self.now,
            accepted: &accepted,
            // What comes from feeds is judged here, and not the way there.
            fleet: &fleet::NOBODY,
        };
        let out = self.stepped(&known, &seen.look, &against);
        if out.changed.is_empty() && out.transitions.is_empty() {
            return Ok(None);
        }
        let who = self.world.host.user.clone();
        let decisions = cycle::decisions(&known, &out, &seen.look);
        out.apply(&mut known);
        let open = known.values().filter(|one| one.finding.state.is_open()).count();
        let done = Done { team: asset.team.clone(), steps: out.transitions.clone() };
        let commit = LookCommit {
            asset: asset.clone(),
            observation: Observation {
                asset: asset.id.clone(),
                standing,
                sensor: ADVISORIES.to_owned(),
                at: self.now,
                coverage: Coverage::Partial,
                revision: None,
                digest: seen.digest,
                advisories: self.index.digest(),
                components: seen.components,
                open: open as u64,
                not_assessed: 0,
                controls: None,
            },
            known: out.changed,
            transitions: out.transitions,
            not_assessed: Vec::new(),
            // The sets of the looks stay what the asset has.
            components: Vec::new(),
            decisions,
            who,
        };
        let mut random = record::random(self.world)?;
        let noted = self.world.clock.now();
        self.store.commit_look(commit, noted, &mut random).await.map_err(ours)?;
        Ok(Some(done))
    }

    /// What the looks at one copy of an asset saw of the wanted packages; `None` for nothing.
    async fn seen(&self, asset: Asset, standing: Standing) -> Result<Option<Seen>, Failure> {
        let ours = |error| record::ours(&error);
        let sets = self.store.sets_of(&asset.id, standing).await.map_err(ours)?;
        let mut digest = Fields::new("holdfast renewed 1");
        let mut sensor = "import";
        let mut components: Vec<Component> = Vec::new();
        for held in sets.iter().filter(|held| held.sensor != ADVISORIES) {
            digest.add(&held.set.0);
            sensor = match &*held.sensor {
                "host" => "host",
                "folder" => "folder",
                "image" => "image",
                _ => sensor,
            };
            // A set whose segment is gone was pinned by nothing: the next look brings it again.
            components.extend(self.store.set(held.set).await.map_err(ours)?.unwrap_or_default());
        }
        let documents = self.wanted(documents(components));
        let count: u64 = documents.iter().map(|document| document.components.len() as u64).sum();
        if count == 0 {
            return Ok(None);
        }
        let look = Look {
            asset,
            standing,
            sensor,
            coverage: Coverage::Full,
            revision: None,
            documents,
            left_out: Vec::new(),
            problems: Vec::new(),
            host: None,
            image: None,
            requests: Vec::new(),
        };
        Ok(Some(Seen { look, components: count, digest: digest.finish() }))
    }

    /// What is wanted, and what sits where something is that is wanted: a finding of one package
    /// ends only if none has it that is there.
    fn wanted(&self, mut documents: Vec<Document>) -> Vec<Document> {
        let mut loci: HashSet<Locus> = HashSet::new();
        for document in &documents {
            let wanted = document.components.iter().filter(|component| self.wants(component));
            loci.extend(wanted.map(|component| assess::locus(document, component)));
        }
        for document in &mut documents {
            let components = std::mem::take(&mut document.components);
            let there = |component: &Component| loci.contains(&assess::locus(document, component));
            document.components = components.into_iter().filter(there).collect();
        }
        documents
    }

    /// Where no feed speaks of an ecosystem any more, only a look says what that means.
    fn wants(&self, component: &Component) -> bool {
        self.wanted.has(component) && self.index.covers(&component.ecosystem).is_some()
    }

    /// What is accepted of an asset, as far as it can be told without looking at it.
    async fn accepted(&self, asset: &Asset) -> Result<Vec<Acceptance>, Failure> {
        if matches!(asset.kind, AssetKind::Host | AssetKind::Image) {
            return cycle::accepted_on(self.store, &asset.id).await;
        }
        let here = asset.id == *self.here;
        Ok(if here { self.settings.acceptances.clone() } else { Vec::new() })
    }

    fn stepped(&self, known: &BTreeMap<Key, Known>, look: &Look, against: &Against<'_>) -> StepOut {
        let (mut found, unreadable) = assess::packages(look, self.index);
        let notes = self.accept(&mut found, known, look, against);
        self.decide(&mut found, known, look, against);
        let there = assess::presence(look);
        let merged = assess::merged_updates(&found);
        let concerned = known.iter().filter(|(_, one)| {
            let finding = &one.finding;
            let update = finding.weakness.id.0.starts_with(assess::UPDATE_PREFIX);
            // Nor does it know ends of life and what still runs.
            !assess::is_known_otherwise(&finding.weakness.id)
                && finding.kind == FindingKind::Package
                && there.contains_key(&finding.locus)
                // Whether an update is still pending, a feed does not say.
                && (!update || merged.contains_key(&finding.weakness.id))
        });
        let concerned: BTreeMap<Key, Known> =
            concerned.map(|(key, one)| (*key, one.clone())).collect();
        let present = |locus: &_| match there.get(locus) {
            Some(versions) => Presence::There(versions.clone()),
            None => Presence::Unknown,
        };
        let judged = |weakness: &_| assess::judged(self.index, &merged, weakness);
        let batch = Batch {
            asset: &look.asset.id,
            standing: look.standing,
            // Of these packages all was seen, by the looks before.
            coverage: Coverage::Full,
            now: self.now,
            kinds: &[FindingKind::Package],
            found,
            notes: &notes,
            unreadable: &unreadable,
            present: &present,
            judged: &judged,
        };
        only_news(step(&concerned, &batch), &concerned)
    }

    /// What is accepted stays so until a look says otherwise; what a list in the record or here
    /// covers is accepted.
    fn accept(
        &self,
        found: &mut [Finding],
        known: &BTreeMap<Key, Known>,
        look: &Look,
        against: &Against<'_>,
    ) -> BTreeMap<LocalKey, String> {
        let terms = Terms {
            now: self.now,
            zone: &self.settings.zone,
            one_person: self.settings.appetite.one_person,
        };
        let notes = accept::cover(found, against.accepted, &terms).notes;
        for finding in found {
            // Another known problem of the same package came with the same layer.
            let mut same = known.values().filter(|one| one.finding.locus == finding.locus);
            if let Some(same) = same.find(|one| !one.finding.layers.is_empty()) {
                finding.layers.clone_from(&same.finding.layers);
            }
            // A weakness that got another name is the one that was accepted under the old.
            let before = local_keys(finding)
                .find_map(|local| known.get(&Key::new(&look.asset.id, local)))
                .map(|one| &one.finding);
            if let Some(before) = before {
                if before.state == State::Accepted {
                    finding.state = State::Accepted;
                }
                // How a requirement reaches the fix is known from the look, if the fix is the same.
                let same = finding
                    .instances
                    .iter()
                    .all(|one| before.instances.iter().any(|other| other.fixed_in == one.fixed_in));
                if same {
                    finding.fix = before.fix;
                }
            }
        }
        notes
    }

    fn decide(
        &self,
        found: &mut [Finding],
        known: &BTreeMap<Key, Known>,
        look: &Look,
        against: &Against<'_>,
    ) {
        let circumstances = assess::circumstances(look, against);
        let here = look.asset.id == *self.here;
        for finding in found.iter_mut().filter(|finding| finding.state.is_open()) {
            // Who owns which path is written here for the folder here, and for no other asset.
            let asset = if here {
                assess::owned_by(finding, look, self.settings)
            } else {
                Cow::Borrowed(&look.asset)
            };
            let since = known.get(&finding.key).map_or(self.now, |one| one.first_seen);
            let appetite = &self.settings.appetite;
            finding.decision = Some(judge(appetite, finding, &asset, &circumstances, since));
        }
    }
}

/// What publishers say of releases of these packages, as the findings of the last looks tell it.
fn said(look: &Look, known: &BTreeMap<Key, Known>) -> Vec<Notice> {
    let stands = |one: &&Finding| one.state.is_open() || one.state == State::Accepted;
    let findings = known.values().map(|one| &one.finding).filter(stands);
    let findings: Vec<&Finding> = findings.filter(|one| is_notice(&one.weakness.id)).collect();
    let (mut packages, mut notices) = (HashSet::new(), Vec::new());
    if findings.is_empty() {
        return notices;
    }
    for (_, component) in look.components() {
        let subject = loci::subject(&component.ecosystem, &component.name);
        if !packages.insert(Arc::clone(&subject)) {
            continue;
        }
        for finding in findings.iter().filter(|one| one.subject == subject) {
            let Some(kind) = finding.weakness.informational else { continue };
            notices.extend(finding.instances.iter().filter_map(|one| {
                let version = one.version.clone()?;
                Some(Notice {
                    ecosystem: component.ecosystem.clone(),
                    name: Arc::clone(&component.name),
                    first: Arc::clone(&version),
                    last: version,
                    kind,
                    said: "".into(),
                    place: one.place.clone(),
                })
            }));
        }
    }
    notices
}

/// Leaves out what merely is as it was: nobody saw it again.
fn only_news(mut out: StepOut, known: &BTreeMap<Key, Known>) -> StepOut {
    let stepped: BTreeSet<Key> = out.transitions.iter().map(|step| step.key).collect();
    for one in &mut out.changed {
        if let Some(before) = known.get(&one.finding.key)
            && !stepped.contains(&one.finding.key)
        {
            one.last_seen = before.last_seen;
        }
    }
    out.changed.retain(|one| {
        stepped.contains(&one.finding.key) || known.get(&one.finding.key) != Some(one)
    });
    out
}

/// The documents that components were read from, as far as the record keeps them.
fn documents(components: Vec<Component>) -> Vec<Document> {
    let mut by_path: BTreeMap<Arc<str>, Vec<Component>> = BTreeMap::new();
    for component in components {
        let of = by_path.entry(Arc::clone(&component.place.path)).or_default();
        if !of.contains(&component) {
            of.push(component);
        }
    }
    let document = |(path, components)| Document {
        path,
        reader: "record",
        bytes: [].into(),
        components,
        requirements: Vec::new(),
        edges: Vec::new(),
        unknown: Vec::new(),
        os: None,
        offers: Vec::new(),
        artifact: "".into(),
        feeds: Vec::new(),
        own: Vec::new(),
        notices: Vec::new(),
        problems: Vec::new(),
        partial: false,
    };
    by_path.into_iter().map(document).collect()
}
