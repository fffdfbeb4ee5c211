//! One copy of an image in the record, what is to be deployed or what runs: written anew, begun, ended.
//!
//! Knows how it is written. Must not know why.

use std::collections::BTreeMap;

use holdfast_findings::{Batch, Judged, Presence, StepOut, step};
use holdfast_model::{
    Asset, Component, Coverage, Digest, Fields, Finding, FindingKind, Key, Known, NotAssessed,
    Observation, Standing, State, Timestamp,
};
use holdfast_store::{Decided, LookCommit, Store};
use holdfast_world::World;

use super::settled::is_live;
use crate::assess::{self, Against};
use crate::failure::Failure;
use crate::look::Look;
use crate::{cycle, record};

/// The sensor of images.
const SENSOR: &str = "image";

/// One copy of an image in the record.
pub(super) struct OneCopy<'a> {
    pub(super) world: &'a World,
    pub(super) store: &'a Store,
    pub(super) asset: Asset,
    pub(super) standing: Standing,
    pub(super) now: Timestamp,
}

impl OneCopy<'_> {
    /// What the last look at the image saw.
    async fn components(&self) -> Result<Option<(Coverage, Vec<Component>)>, Failure> {
        let sets = self.store.sets_of(&self.asset.id, Standing::Trunk).await;
        let sets = sets.map_err(|error| record::ours(&error))?;
        let Some(held) = sets.iter().find(|held| held.sensor == SENSOR) else { return Ok(None) };
        let set = self.store.set(held.set).await.map_err(|error| record::ours(&error))?;
        Ok(set.filter(|set| !set.is_empty()).map(|set| (held.coverage, set)))
    }

    fn observation(&self, coverage: Coverage, digest: Digest, against: Digest) -> Observation {
        Observation {
            asset: self.asset.id.clone(),
            standing: self.standing,
            sensor: SENSOR.to_owned(),
            at: self.now,
            coverage,
            revision: None,
            digest,
            advisories: against,
            components: 0,
            open: 0,
            not_assessed: 0,
            controls: None,
        }
    }

    async fn commit(
        self,
        observation: Observation,
        out: StepOut,
        components: Vec<Component>,
        not_assessed: Vec<NotAssessed>,
        decisions: Vec<Decided>,
    ) -> Result<(), Failure> {
        let observation = Observation {
            components: components.len() as u64,
            not_assessed: not_assessed.len() as u64,
            ..observation
        };
        let commit = LookCommit {
            asset: self.asset,
            observation,
            known: out.changed,
            transitions: out.transitions,
            not_assessed,
            components,
            decisions,
            who: self.world.host.user.clone(),
        };
        let mut random = record::random(self.world)?;
        let noted = self.world.clock.now();
        let done = self.store.commit_look(commit, noted, &mut random).await;
        done.map(|_| ()).map_err(|error| record::ours(&error))
    }

    /// Writes other labels, and everything else as it was.
    pub(super) async fn relabel(self) -> Result<(), Failure> {
        let last =
            self.store.last_observation_by(&self.asset.id, self.standing, Some(SENSOR)).await;
        let last = last.map_err(|error| record::ours(&error))?;
        let (Some(last), Some((_, components))) = (last, self.components().await?) else {
            return Ok(());
        };
        let gaps = self.store.not_assessed(Some(&self.asset.id), Some(self.standing)).await;
        let gaps = gaps.map_err(|error| record::ours(&error))?;
        let observation = Observation { at: self.now, ..last };
        self.commit(observation, StepOut::default(), components, gaps, Vec::new()).await
    }

    /// Writes that the copy is no more.
    pub(super) async fn end(
        self,
        known: &BTreeMap<Key, Known>,
        out: StepOut,
        against: &Against<'_>,
    ) -> Result<(), Failure> {
        let mut after = known.clone();
        out.apply(&mut after);
        let open = after.values().filter(|one| one.finding.state.is_open()).count() as u64;
        let digest = Fields::new("holdfast image ended 1")
            .field(self.asset.id.0.as_bytes())
            .field(self.standing.word().as_bytes())
            .finish();
        let observation = self.observation(Coverage::Full, digest, against.index.digest());
        let observation = Observation { open, ..observation };
        self.commit(observation, out, Vec::new(), Vec::new(), Vec::new()).await
    }

    /// Writes that the image runs: what is known of it is known of what runs.
    pub(super) async fn begin(self, against: &Against<'_>) -> Result<(), Failure> {
        let Some((coverage, components)) = self.components().await? else { return Ok(()) };
        let trunk = self.store.known(&self.asset.id, Standing::Trunk).await;
        let trunk = trunk.map_err(|error| record::ours(&error))?;
        let known = self.store.known(&self.asset.id, self.standing).await;
        let known = known.map_err(|error| record::ours(&error))?;
        let gaps = self.store.not_assessed(Some(&self.asset.id), Some(Standing::Trunk)).await;
        let gaps = gaps.map_err(|error| record::ours(&error))?;
        let look = empty_look(self.asset.clone(), self.standing, coverage);
        let out = runs_now(&look, &trunk, &known, against);
        let decisions = cycle::decisions(&known, &out, &look);
        let open = out.changed.iter().filter(|one| one.finding.state.is_open()).count() as u64;
        let digest = Fields::new("holdfast image runs 1")
            .field(self.asset.id.0.as_bytes())
            .field(&self.now.0.to_be_bytes())
            .finish();
        let observation = self.observation(coverage, digest, against.index.digest());
        let observation = Observation { open, ..observation };
        self.commit(observation, out, components, gaps, decisions).await
    }
}

/// What is known of an image, as known of the copy of it that runs from now on.
fn runs_now(
    look: &Look,
    trunk: &BTreeMap<Key, Known>,
    known: &BTreeMap<Key, Known>,
    against: &Against<'_>,
) -> StepOut {
    let since =
        |finding: &Finding| trunk.get(&finding.key).map_or(against.now, |one| one.first_seen);
    let copied = |one: &Known| Finding {
        standing: look.standing,
        state: if one.finding.state == State::Accepted { State::Accepted } else { State::Open },
        decision: None,
        ..one.finding.clone()
    };
    let mut found: Vec<Finding> = trunk.values().filter(|one| is_live(one)).map(copied).collect();
    assess::decide(&mut found, look, against, &since);
    let notes = BTreeMap::new();
    let batch = Batch {
        asset: &look.asset.id,
        standing: look.standing,
        coverage: look.coverage,
        now: against.now,
        kinds: &[FindingKind::Package],
        found,
        notes: &notes,
        unreadable: &[],
        present: &|_| Presence::Unknown,
        judged: &|_| Judged::Known,
    };
    let mut out = step(known, &batch);
    for one in out.changed.iter_mut().filter(|one| !known.contains_key(&one.finding.key)) {
        one.first_seen = one.first_seen.min(since(&one.finding));
    }
    out
}

/// A look at a copy of which nothing new was seen.
fn empty_look(asset: Asset, standing: Standing, coverage: Coverage) -> Look {
    Look {
        asset,
        standing,
        sensor: SENSOR,
        coverage,
        revision: None,
        documents: Vec::new(),
        left_out: Vec::new(),
        problems: Vec::new(),
        host: None,
        requests: Vec::new(),
        image: None,
    }
}
