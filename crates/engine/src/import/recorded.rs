//! What a report says of one asset, judged against what is known and written down.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_findings::accept::{self, Terms};
use holdfast_findings::{Heard, HeardOut, hear};
use holdfast_model::{
    Acceptance, Asset, AssetId, AssetKind, Coverage, Digest, Fields, Finding, Key, Known, LocalKey,
    NotAssessed, Observation, Outcome, State, Timestamp,
};
use holdfast_store::{LookCommit, Store};
use holdfast_world::World;

use super::document::{DismissedRow, MOST_DISMISSED, SubjectRow};
use super::joined::{Joined, Ours};
use super::read::{Item, Read, Subject};
use super::references::References;
use super::sightings::{Made, Maker, Paths};
use super::verdicts;
use crate::assess::{self, Against};
use crate::cycle;
use crate::document::{PlaceRow, written};
use crate::failure::Failure;
use crate::look::Look;
use crate::record;
use crate::settings::Settings;

/// One asset of a report, by one scanner.
pub(super) struct Target {
    pub(super) joined: Joined,
    pub(super) scanner: Arc<str>,
    /// When the scanner looked; of several hosts that are one of ours, last.
    at: Timestamp,
    subjects: Vec<Subject>,
}

impl Target {
    pub(super) fn new(subject: Subject, joined: Joined, at: Timestamp) -> Self {
        let scanner = Arc::clone(&subject.scanner);
        Self { joined, scanner, at, subjects: vec![subject] }
    }

    pub(super) fn add(&mut self, subject: Subject, at: Timestamp) {
        self.at = self.at.max(at);
        self.subjects.push(subject);
    }

    pub(super) fn items(&self) -> impl Iterator<Item = &Item> {
        self.subjects.iter().flat_map(|subject| &subject.items)
    }

    /// Full only where each part is.
    fn coverage(&self) -> (Coverage, &str) {
        let all = || self.subjects.iter().map(Subject::coverage);
        let partial = all().find(|(coverage, _)| *coverage == Coverage::Partial);
        partial.or_else(|| all().next()).unwrap_or((Coverage::Partial, "nothing was said of it"))
    }

    fn look(&self, coverage: Coverage) -> Look {
        Look {
            asset: self.joined.asset.clone(),
            standing: self.joined.standing,
            sensor: "import",
            coverage,
            revision: None,
            documents: Vec::new(),
            left_out: Vec::new(),
            problems: Vec::new(),
            host: None,
            image: None,
            requests: Vec::new(),
        }
    }
}

/// Into what, and by which rules, reports are written down.
pub(super) struct Recording<'a> {
    pub(super) world: &'a World,
    /// `None` where nothing was recorded yet and nothing is to be.
    pub(super) store: Option<&'a Store>,
    /// Who imports.
    pub(super) who: &'a str,
    pub(super) dry_run: bool,
    pub(super) index: &'a Index<'a>,
    pub(super) settings: &'a Settings,
    /// Which controls of ours tests mean.
    pub(super) references: References<'a>,
    pub(super) now: Timestamp,
}

/// So many findings may wait until they are written: about 4 kB each while they do.
const MOST_WAITING: usize = 10_000;

/// What was judged and waits to be written: many small looks in one transaction take a fraction of
/// the time that each by itself would.
#[derive(Default)]
pub(super) struct Waiting {
    looks: Vec<LookCommit>,
    findings: usize,
}

impl Waiting {
    fn holds(&self, asset: &AssetId) -> bool {
        self.looks.iter().any(|look| look.asset.id == *asset)
    }

    fn add(&mut self, look: LookCommit) {
        self.findings += look.known.len();
        self.looks.push(look);
    }
}

/// What a comparison with the scanner's last report of an asset comes to.
struct Begun {
    row: SubjectRow,
    accepted: Vec<Acceptance>,
    sensor: String,
    digest: Digest,
    /// The time of the report.
    at: Timestamp,
    /// The scanner's last report.
    last: Option<Observation>,
    /// It said the same of the asset, by the same rules, at an earlier time.
    again: bool,
}

/// What is known of an asset before a report.
struct Before {
    known: BTreeMap<Key, Known>,
    accepted: Vec<Acceptance>,
    /// The time of the report.
    at: Timestamp,
}

impl Before {
    /// Whether something was seen at the very time of the report already.
    fn is_shared(&self) -> bool {
        let seen_then = |one: &Known| one.finding.state.is_open() && one.last_seen == self.at;
        self.known.values().any(seen_then)
    }
}

/// The digest of a report that shares its time with another look, as two exports of one scan do.
/// What was seen at that time is then not this report's alone: when it says the same of another
/// day, all of it has to be judged again, and not only the time moved.
fn at_a_shared_time(digest: &Digest) -> Digest {
    Fields::new("holdfast import at a shared time").field(&digest.0).finish()
}

impl Recording<'_> {
    /// Judges what a report says of one asset, and records it, all of it or nothing, now or with
    /// the next ones; gives its row and the asset as it is known now.
    pub(super) async fn record(
        &self,
        read: &Read,
        target: Target,
        ours: &Ours<'_>,
        waiting: &mut Waiting,
    ) -> Result<(SubjectRow, Asset), Failure> {
        if waiting.holds(&target.joined.asset.id) {
            // What another scanner says of it in the same report comes first.
            self.write(waiting).await?;
        }
        let Begun { mut row, accepted, sensor, digest, at, last, again } =
            self.begin(read, &target, ours).await?;
        if row.outdated || row.unchanged {
            return Ok((row, target.joined.asset));
        }
        if let Some(last) = last.filter(|_| again)
            && self.untouched(&target, &sensor).await?
        {
            row.unchanged = true;
            if !self.dry_run {
                waiting.add(self.same(read, &target, Observation { at, ..last }));
            }
            return Ok((row, target.joined.asset));
        }
        let before = Before { known: self.known(&target).await?, accepted, at };
        let look = target.look(row.coverage);
        let against = Against {
            index: self.index,
            settings: self.settings,
            stage: None,
            now: self.now,
            accepted: &before.accepted,
            fleet: &crate::fleet::NOBODY,
        };
        let out = self.hear(read, &target, ours, &look, &against, &before);
        let digest = if before.is_shared() { at_a_shared_time(&digest) } else { digest };
        count(&mut row, &before.known, &out);
        if let Some(row) = &mut row.tests {
            row.contested = verdicts::contested(target.items(), &before.known, &self.references);
        }
        if !self.dry_run {
            let gaps = verdicts::gaps(target.items(), read, &target.scanner, &look.asset.id);
            let seen = Seen { at: before.at, sensor, digest, gaps };
            waiting.add(self.commit(&look, &before.known, out, seen));
            if waiting.findings >= MOST_WAITING {
                self.write(waiting).await?;
            }
        }
        Ok((row, target.joined.asset))
    }

    /// Writes what waits.
    pub(super) async fn write(&self, waiting: &mut Waiting) -> Result<(), Failure> {
        let Waiting { looks, .. } = std::mem::take(waiting);
        let Some(store) = self.store.filter(|_| !looks.is_empty()) else { return Ok(()) };
        let mut random = record::random(self.world)?;
        let written = store.commit_looks(&looks, self.world.clock.now(), &mut random).await;
        written.map(|_| ()).map_err(|error| record::ours(&error))
    }

    /// The row of an asset of which a report says nothing new, told without its findings; `None`
    /// where it may.
    pub(super) async fn nothing_new(
        &self,
        read: &Read,
        target: &Target,
        ours: &Ours<'_>,
    ) -> Result<Option<SubjectRow>, Failure> {
        let row = self.begin(read, target, ours).await?.row;
        Ok((row.outdated || row.unchanged).then_some(row))
    }

    /// Compares a report with the scanner's last one of the asset, by digest and time.
    async fn begin(&self, read: &Read, target: &Target, ours: &Ours<'_>) -> Result<Begun, Failure> {
        let (coverage, because) = target.coverage();
        let sensor = format!("import:{}", target.scanner);
        let accepted = self.accepted(target, ours).await?;
        let digest = self.digest(target, &accepted);
        let mut at = target.at;
        let mut row = row(read, target, coverage, because.to_owned());
        let (last, mut again) = (self.last(target, &sensor).await?, false);
        if let Some(last) = &last {
            let said = target.subjects.iter().any(super::read::Subject::said_when);
            let newer = read.written.is_some_and(|written| written > last.at);
            let exactly = last.digest == digest;
            let same = exactly || last.digest == at_a_shared_time(&digest);
            if same && !said && !newer {
                // The same report speaks of the same time, whenever it is imported.
                at = last.at;
            }
            row.outdated = last.at > at;
            // Nothing that it says can be news, whatever we saw meanwhile ourselves: it is older.
            let same = same && last.advisories == self.index.digest();
            row.unchanged = same && last.at == at;
            again = same && exactly && last.at < at && last.coverage == row.coverage;
        }
        row.looked = written(at);
        Ok(Begun { row, accepted, sensor, digest, at, last, again })
    }

    /// Whether nobody else changed what is known of the asset since the scanner's last report.
    async fn untouched(&self, target: &Target, sensor: &str) -> Result<bool, Failure> {
        let Some(store) = self.store else { return Ok(false) };
        let (asset, standing) = (&target.joined.asset.id, target.joined.standing);
        let untouched = store.untouched_since(asset, standing, sensor).await;
        untouched.map_err(|error| record::ours(&error))
    }

    /// A report that says the same again: only its time is news.
    fn same(&self, read: &Read, target: &Target, observation: Observation) -> LookCommit {
        let asset = &target.joined.asset.id;
        LookCommit {
            asset: target.joined.asset.clone(),
            observation,
            known: Vec::new(),
            transitions: Vec::new(),
            not_assessed: verdicts::gaps(target.items(), read, &target.scanner, asset),
            components: Vec::new(),
            decisions: Vec::new(),
            who: self.who.to_owned(),
        }
    }

    async fn known(&self, target: &Target) -> Result<BTreeMap<Key, Known>, Failure> {
        let Some(store) = self.store else { return Ok(BTreeMap::new()) };
        let (asset, standing) = (&target.joined.asset.id, target.joined.standing);
        store.known(asset, standing).await.map_err(|error| record::ours(&error))
    }

    /// What the scanner's last report of the asset was.
    async fn last(&self, target: &Target, sensor: &str) -> Result<Option<Observation>, Failure> {
        let Some(store) = self.store else { return Ok(None) };
        let (asset, standing) = (&target.joined.asset.id, target.joined.standing);
        let last = store.last_observation_by(asset, standing, Some(sensor)).await;
        last.map_err(|error| record::ours(&error))
    }

    async fn accepted(&self, target: &Target, ours: &Ours<'_>) -> Result<Vec<Acceptance>, Failure> {
        let asset = &target.joined.asset;
        match self.store {
            Some(store) if asset.kind == AssetKind::Host => {
                cycle::accepted_on(store, &asset.id).await
            }
            _ if ours.is_here(&asset.id) => Ok(self.settings.acceptances.clone()),
            _ => Ok(Vec::new()),
        }
    }

    /// The digest of what a report says of one asset, and of the rules by which it was judged: its
    /// findings wherever they stand in it, our rules for acting, what is accepted today and who
    /// answers for what.
    fn digest(&self, target: &Target, accepted: &[Acceptance]) -> Digest {
        let settings = self.settings;
        let mut fields = Fields::new("holdfast import 2")
            .field(&settings.appetite.digest.0)
            // What is written only has to differ where the rules do.
            .field(format!("{:?}", settings.owners).as_bytes())
            .field(format!("{:?}", settings.config.asset.team).as_bytes())
            .field(format!("{:?}", target.joined.asset).as_bytes())
            .field(target.joined.below.as_bytes());
        for one in accepted {
            let holds = one.until > self.now;
            fields.add(format!("{holds} {one:?}").as_bytes());
        }
        for subject in &target.subjects {
            fields.add(subject.called.as_bytes());
            fields.add(&subject.said.map_or([0; 32], |said| said.0));
        }
        if target.subjects.iter().any(|subject| subject.tests) {
            fields.add(&self.references.digest().0);
        }
        fields.finish()
    }

    fn hear(
        &self,
        read: &Read,
        target: &Target,
        ours: &Ours<'_>,
        look: &Look,
        against: &Against<'_>,
        before: &Before,
    ) -> HeardOut {
        let at = before.at;
        let (asset, standing) = (&target.joined.asset, target.joined.standing);
        let here = ours.is_here(&asset.id);
        let relative = |path: &str| if here { ours.relative(path) } else { path.to_owned() };
        let paths = Paths { relative: &relative, below: &target.joined.below };
        let of = (self.index, &self.references);
        let mut maker = Maker::new(of, &target.scanner, &read.path, &read.shared, paths);
        let Made { mut found, dismissed } = maker.make(target.items(), asset, standing);
        let notes = self.accept(&mut found, &before.accepted);
        assess::decide(&mut found, look, against, &|finding| {
            before.known.get(&finding.key).map_or(at, |known| known.first_seen)
        });
        let judged = verdicts::judged(target.items());
        let heard = Heard {
            asset: &asset.id,
            standing,
            scanner: &target.scanner,
            coverage: look.coverage,
            at,
            found,
            dismissed,
            judged: &judged,
            notes: &notes,
        };
        hear(&before.known, heard)
    }

    fn accept(&self, found: &mut [Finding], accepted: &[Acceptance]) -> BTreeMap<LocalKey, String> {
        let terms = Terms {
            now: self.now,
            zone: &self.settings.zone,
            one_person: self.settings.appetite.one_person,
        };
        accept::cover(found, accepted, &terms).notes
    }

    fn commit(
        &self,
        look: &Look,
        known: &BTreeMap<Key, Known>,
        heard: HeardOut,
        seen: Seen,
    ) -> LookCommit {
        let decisions = cycle::decisions(known, &heard.out, look);
        let changed = heard.out.changed;
        let is_changed =
            |key: &Key| changed.binary_search_by_key(key, |one| one.finding.key).is_ok();
        let as_before = known.iter().filter(|(key, _)| !is_changed(key)).map(|(_, one)| one);
        let all = as_before.chain(&changed);
        let open = all.filter(|one| one.finding.state.is_open()).count() as u64;
        let observation = Observation {
            asset: look.asset.id.clone(),
            standing: look.standing,
            sensor: seen.sensor,
            at: seen.at,
            coverage: look.coverage,
            revision: None,
            digest: seen.digest,
            advisories: self.index.digest(),
            components: 0,
            open,
            not_assessed: seen.gaps.len() as u64,
            controls: None,
        };
        LookCommit {
            asset: look.asset.clone(),
            observation,
            known: changed,
            transitions: heard.out.transitions,
            not_assessed: seen.gaps,
            components: Vec::new(),
            decisions,
            who: self.who.to_owned(),
        }
    }
}

/// What an observation says of the report itself.
struct Seen {
    at: Timestamp,
    sensor: String,
    digest: Digest,
    gaps: Vec<NotAssessed>,
}

fn row(read: &Read, target: &Target, coverage: Coverage, because: String) -> SubjectRow {
    let joined = &target.joined;
    let all = || target.items().filter(|item| !item.dismissed.is_empty());
    let dismissed = all().take(MOST_DISMISSED).map(|item| DismissedRow {
        plugin: Arc::clone(&item.plugin),
        names: Arc::clone(&item.names),
        title: Arc::clone(&item.title),
        because: Arc::clone(&item.dismissed),
        place: PlaceRow { path: Arc::clone(&read.path), line: item.line, column: item.column },
    });
    SubjectRow {
        report: Arc::clone(&read.path),
        called: target.subjects.iter().map(|subject| Arc::clone(&subject.called)).collect(),
        scanner: Arc::clone(&target.scanner),
        asset: joined.asset.id.to_string(),
        name: joined.asset.name.clone(),
        kind: joined.asset.kind.word().into(),
        standing: joined.standing.word().into(),
        joined_by: joined.by.map(Into::into),
        because: joined.because.clone(),
        ambiguous: joined.ambiguous,
        coverage,
        coverage_because: because,
        looked: String::new(),
        unchanged: false,
        outdated: false,
        findings: target.subjects.iter().map(|subject| subject.findings).sum(),
        joined: 0,
        own: 0,
        new: 0,
        reopened: 0,
        closed: 0,
        confirmed: Vec::new(),
        older: 0,
        dismissed: dismissed.collect(),
        dismissed_more: all().count().saturating_sub(MOST_DISMISSED) as u64,
        tests: target
            .subjects
            .iter()
            .any(|subject| subject.tests)
            .then(|| verdicts::row(target.items())),
    }
}

fn count(row: &mut SubjectRow, known: &BTreeMap<Key, Known>, heard: &HeardOut) {
    let steps = || heard.out.transitions.iter();
    row.joined = heard.joined.len() as u64;
    row.own = heard.own.len() as u64;
    row.older = heard.older.len() as u64;
    row.new = heard.own.iter().filter(|key| !known.contains_key(key)).count() as u64;
    row.reopened = steps().filter(|step| step.outcome == Some(Outcome::Reopened)).count() as u64;
    let closed = |to| matches!(to, State::Fixed | State::Removed | State::Withdrawn);
    row.closed = steps().filter(|step| closed(step.to)).count() as u64;
    row.confirmed.clone_from(&heard.confirmed);
}
