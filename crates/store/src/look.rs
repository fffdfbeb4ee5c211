//! Writing looks: one transaction each, and next to nothing for a look that saw the same again.

use std::collections::BTreeMap;

use holdfast_model::{
    Asset, Component, Decision, Digest, Finding, Key, Known, NotAssessed, Observation, Timestamp,
    Transition, WeaknessId,
};
use serde::Serialize;

use crate::batch;
use crate::codes;
use crate::entry::{Entry, EntryKind};
use crate::error::StoreError;
use crate::fold::{self, Change, LookChange, LookPayload};
use crate::ledger::{self, Committed, Draft, Random};
use crate::rows::{Hex, Scope};
use crate::segment::{Segment, document};
use crate::tx::{Got, Tx, position};
use crate::{Store, project, segment, sql};

const DAY: i64 = 86_400_000;

/// What one look brings.
#[derive(Debug, Clone, PartialEq)]
pub struct LookCommit {
    /// What was looked at.
    pub asset: Asset,
    /// The look.
    pub observation: Observation,
    /// Every document that is new or changed, closed ones included. Whoever passes findings that
    /// were merely seen again keeps the time they were last seen up to date.
    pub known: Vec<Known>,
    /// Every step of a state, in order; the last one of each finding has its document in `known`.
    pub transitions: Vec<Transition>,
    /// What could not be judged; it replaces the rows of the look before.
    pub not_assessed: Vec<NotAssessed>,
    /// Everything that was seen.
    pub components: Vec<Component>,
    /// What the rules for acting newly say of its findings.
    pub decisions: Vec<Decided>,
    /// Who looked.
    pub who: String,
}

/// What the rules for acting say of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The finding.
    pub key: Key,
    /// What is wrong there.
    pub weakness: WeaknessId,
    /// What is to be done.
    pub decision: Decision,
}

/// The look before this one, of the same sensor.
struct Before {
    observation: Observation,
    asset: String,
    /// When the look was that last wrote anything, and what it wrote.
    at: Timestamp,
    wrote: Digest,
    noted: i64,
}

impl Store {
    /// Writes a look: its entry, the steps of its findings, what was decided about them, what they
    /// look like now.
    ///
    /// A look that saw the same as the one before (the same digest, advisories, counts and asset,
    /// no steps, no other documents, nothing newly decided) writes at most one entry a day (UTC)
    /// and otherwise only the time; `seqs` is empty then. Nothing is written unless the call
    /// returns `Ok`, but for the rare crash between commit and return.
    ///
    /// Up to a hundred steps have an entry each; where there are more, an entry holds up to a
    /// thousand, and equal decisions share theirs in the same way.
    pub async fn commit_look(
        &self,
        look: LookCommit,
        noted: Timestamp,
        random: Random<'_>,
    ) -> Result<Committed, StoreError> {
        self.commit_looks(&[look], noted, random).await
    }

    /// Writes several looks, one after the other and all or none: many small ones are written in a
    /// fraction of the time. The numbers are those of all their entries.
    pub async fn commit_looks(
        &self,
        looks: &[LookCommit],
        noted: Timestamp,
        random: Random<'_>,
    ) -> Result<Committed, StoreError> {
        looks.iter().try_for_each(agrees)?;
        self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        let mut whole: Option<Committed> = None;
        for look in looks {
            let now = self.commit_in(&mut tx, look, noted, random).await?;
            let start = whole.map_or(now.seqs.start, |before| before.seqs.start);
            whole = Some(Committed { seqs: start..now.seqs.end, checkpoint: now.checkpoint });
        }
        let committed = match whole {
            Some(committed) => committed,
            None => nothing(&mut tx).await?,
        };
        tx.commit().await?;
        Ok(committed)
    }

    /// Writes a look within a transaction.
    async fn commit_in(
        &self,
        tx: &mut Tx<'_>,
        look: &LookCommit,
        noted: Timestamp,
        random: Random<'_>,
    ) -> Result<Committed, StoreError> {
        let scope = Scope::of(&look.observation);
        let before = before(tx, &scope).await?;
        let repeated = match &before {
            // What says nothing of its findings was asked for the same before.
            Some(before) => {
                repeats(before, look)? && (look.known.is_empty() || untouched(tx, &scope).await?)
            }
            None => false,
        };
        let committed = match (before, repeated) {
            (Some(before), true) => {
                if before.noted.div_euclid(DAY) == noted.0.div_euclid(DAY) {
                    nothing(tx).await?
                } else {
                    self.commit_again(tx, look, noted, random).await?
                }
            }
            _ => self.commit_changed(tx, look, noted, random).await?,
        };
        let coverage = codes::coverage(look.observation.coverage);
        let at = look.observation.at.0;
        tx.run(&sql::SEEN_PUT, |q| {
            q.bind(scope.asset).bind(scope.standing).bind(scope.sensor).bind(coverage).bind(at)
        })
        .await?;
        Ok(committed)
    }

    /// The first unchanged look of a day.
    async fn commit_again(
        &self,
        tx: &mut Tx<'_>,
        look: &LookCommit,
        noted: Timestamp,
        random: Random<'_>,
    ) -> Result<Committed, StoreError> {
        let scope = Scope::of(&look.observation);
        let (entry, payload) = again(tx, look, &scope).await?;
        ledger::insert(tx, vec![Draft::of(&entry)?], noted, random).await?;
        let committed = ledger::number(tx, self.signer()?, noted).await?;
        let change = Change::Again {
            coverage: codes::coverage(look.observation.coverage),
            seq: position(committed.seqs.start),
            noted: noted.0,
            document: document(&payload.observation)?,
            scope,
        };
        project::write(tx, &change).await?;
        Ok(committed)
    }

    async fn commit_changed(
        &self,
        tx: &mut Tx<'_>,
        look: &LookCommit,
        noted: Timestamp,
        random: Random<'_>,
    ) -> Result<Committed, StoreError> {
        let documents = segment::documents(look.known.iter())?;
        let gaps = segment::documents(look.not_assessed.iter())?;
        let (set, components) = Segment::of_components(&look.components)?;
        let segment = Segment::of_look(&documents, &gaps)?;
        let payload = LookPayload {
            asset: look.asset.clone(),
            observation: look.observation.clone(),
            set: set.digest,
            look: segment.digest,
            unchanged: false,
        };
        let mut drafts = vec![Draft::of(&observation_entry(look, &payload, "a look")?)?];
        drafts.extend(batch::of_steps(look)?);
        drafts.extend(batch::of_decisions(look, noted)?);
        ledger::insert(tx, drafts, noted, random).await?;
        let committed = ledger::number(tx, self.signer()?, noted).await?;

        let new_set = !project::has_set(tx, &Hex::from(set.digest)).await?;
        // An old set may be in no use now, but its segment stays.
        for segment in [&set, &segment] {
            let (digest, bytes) = (segment.digest.0.to_vec(), segment.compressed());
            tx.run(&sql::SEGMENT_PUT, |q| q.bind(digest).bind(noted.0).bind(bytes)).await?;
        }
        let components = new_set.then(|| fold::component_rows(components.into_iter()));
        let change = LookChange::new(
            position(committed.seqs.start),
            noted,
            &payload,
            look.known.iter().zip(documents),
            look.not_assessed.iter().zip(gaps),
            components,
        )?;
        project::write(tx, &Change::Look(Box::new(change))).await?;
        let first_step = position(committed.seqs.start.saturating_add(1));
        project::transitions(tx, &batch::rows(&look.transitions, first_step)).await?;
        Ok(committed)
    }
}

/// Nothing is written: the numbers of no entries.
async fn nothing(tx: &mut Tx<'_>) -> Result<Committed, StoreError> {
    match ledger::last_checkpoint(tx).await? {
        Some(checkpoint) => Ok(Committed { seqs: checkpoint.size..checkpoint.size, checkpoint }),
        None => Err(tx.corrupt("the last checkpoint is missing")),
    }
}

/// A look must not contradict itself: the record could not be folded afterwards.
fn agrees(look: &LookCommit) -> Result<(), StoreError> {
    if look.asset.id != look.observation.asset {
        let (asset, other) = (&look.asset.id, &look.observation.asset);
        return Err(StoreError::refused(format!("a look at `{other}` came with asset `{asset}`")));
    }
    let mut states = BTreeMap::new();
    for known in &look.known {
        let finding = &known.finding;
        if finding.standing != look.observation.standing {
            return Err(StoreError::refused(format!(
                "finding `{}` is of standing `{}`, the look of `{}`",
                finding.key,
                finding.standing.word(),
                look.observation.standing.word()
            )));
        }
        if states.insert((finding.key, finding.standing), finding.state).is_some() {
            return Err(StoreError::refused(format!("finding `{}` was given twice", finding.key)));
        }
    }
    let last: BTreeMap<_, _> =
        look.transitions.iter().map(|step| ((step.key, step.standing), step.to)).collect();
    for (at, to) in last {
        if states.get(&at) != Some(&to) {
            return Err(StoreError::refused(format!(
                "finding `{}` became `{}`, but no document says so",
                at.0,
                to.word()
            )));
        }
    }
    Ok(())
}

async fn before(tx: &mut Tx<'_>, scope: &Scope) -> Result<Option<Before>, StoreError> {
    let scope = scope.clone();
    let row = tx
        .row(&sql::OBSERVATION_LAST, |q| {
            q.bind(scope.asset).bind(scope.standing).bind(scope.sensor)
        })
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Before {
        observation: read_observation(tx, &row)?,
        asset: row.text("asset_document")?,
        at: Timestamp(row.int("at")?),
        wrote: row.digest("look")?,
        noted: row.int("noted")?,
    }))
}

/// Whether no finding of the copy was written since the sensor's last look, and none stands or was
/// seen at a time that this look could not know. Otherwise its time is not that of its findings, and
/// moving it would move none of theirs.
pub(crate) async fn untouched(tx: &mut Tx<'_>, scope: &Scope) -> Result<bool, StoreError> {
    let Scope { asset, standing, sensor } = scope.clone();
    let newer = tx.row(&sql::FINDING_NEWER, |q| q.bind(asset).bind(standing).bind(sensor)).await?;
    Ok(newer.is_none())
}

pub(crate) fn read_observation(tx: &Tx<'_>, row: &Got) -> Result<Observation, StoreError> {
    serde_json::from_str(&row.text("document")?)
        .map_err(|error| tx.corrupt(format!("a look cannot be read: {error}")))
}

/// Whether a look saw the same as the one before. The digests are compared before anything is
/// walked, which is what makes an unchanged look cheap.
fn repeats(before: &Before, look: &LookCommit) -> Result<bool, StoreError> {
    let same = Observation {
        at: look.observation.at,
        revision: look.observation.revision.clone(),
        ..before.observation.clone()
    };
    Ok(same == look.observation
        && look.transitions.is_empty()
        && look.decisions.is_empty()
        && before.asset == document(&look.asset)?
        && (look.known.is_empty() || written_at(look, before.at)?.digest == before.wrote))
}

/// A [`Known`] that was last seen at another time: findings are compared without copying each, which
/// would cost as much as all else.
#[derive(Serialize)]
struct SeenAt<'k> {
    finding: &'k Finding,
    first_seen: Timestamp,
    last_seen: Timestamp,
    since: Timestamp,
}

impl<'k> SeenAt<'k> {
    fn of(known: &'k Known, at: Timestamp) -> Self {
        // Named one by one: a field more would have to be written too.
        let Known { finding, first_seen, last_seen, since } = known;
        let last_seen = if finding.state.is_open() { at } else { *last_seen };
        Self { finding, first_seen: *first_seen, last_seen, since: *since }
    }
}

/// What a look would have written at the time of another: the same, if it saw the same.
fn written_at(look: &LookCommit, at: Timestamp) -> Result<Segment, StoreError> {
    let known = segment::documents(look.known.iter().map(|known| SeenAt::of(known, at)))?;
    Segment::of_look(&known, &segment::documents(look.not_assessed.iter())?)
}

fn value<T: Serialize>(value: &T) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(value)
        .map_err(|error| StoreError::refused(format!("an entry cannot be written: {error}")))
}

fn observation_entry(
    look: &LookCommit,
    payload: &LookPayload,
    why: &str,
) -> Result<Entry, StoreError> {
    Ok(Entry {
        kind: EntryKind::Observation,
        happened: look.observation.at,
        who: look.who.clone(),
        why: why.to_owned(),
        payload: value(payload)?,
    })
}

/// The daily entry of an unchanged look; it refers to the segments of the look it repeats.
async fn again(
    tx: &mut Tx<'_>,
    look: &LookCommit,
    scope: &Scope,
) -> Result<(Entry, LookPayload), StoreError> {
    let coverage = codes::coverage(look.observation.coverage);
    let bound = scope.clone();
    let row = tx
        .row(&sql::OBSERVATION_SEGMENTS, |q| {
            q.bind(bound.asset).bind(bound.standing).bind(bound.sensor).bind(coverage)
        })
        .await?;
    let Some(row) = row else {
        return Err(tx.corrupt(format!("the packages of {scope} are missing")));
    };
    let payload = LookPayload {
        asset: look.asset.clone(),
        observation: look.observation.clone(),
        set: row.digest("digest")?,
        look: row.digest("look")?,
        unchanged: true,
    };
    Ok((observation_entry(look, &payload, "a look that saw the same again")?, payload))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_look_at_another_time_is_known_by_what_it_wrote() {
        let mut look = testing::look(5);
        for known in &mut look.known {
            known.last_seen = look.observation.at;
        }
        let wrote = |look: &LookCommit| {
            let lines = |known: &[Known]| known.iter().map(document).collect::<Result<Vec<_>, _>>();
            let gaps: Result<Vec<_>, _> = look.not_assessed.iter().map(document).collect();
            Segment::of_look(&lines(&look.known).unwrap(), &gaps.unwrap()).unwrap().digest
        };
        let (before, at) = (wrote(&look), look.observation.at);
        let mut later = look.clone();
        for known in &mut later.known {
            known.last_seen = Timestamp(99);
        }
        assert_ne!(wrote(&later), before);
        assert_eq!(written_at(&later, at).unwrap().digest, before);
        later.known[1].first_seen = Timestamp(99);
        assert_ne!(written_at(&later, at).unwrap().digest, before);
        // When something was closed says more than when it was seen.
        look.known[0].finding.state = holdfast_model::State::Fixed;
        let before = wrote(&look);
        look.known[0].last_seen = Timestamp(98);
        assert_ne!(written_at(&look, at).unwrap().digest, before);
    }
}
