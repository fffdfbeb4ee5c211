//! A report, read once from its first byte to its last: what it says of each asset, and how much.
//!
//! Knows what the readers of reports say; knows no asset of ours and no state. Texts that repeat,
//! as those of plugins do on every host, are kept once, so that memory follows what is new in a
//! report and not its size.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_model::{
    Coverage, Covered, Digest, Fact, Fields, Foreign, ForeignLocus, Named, Place, Problem,
    Severity, TestResult, Tested, Timestamp,
};
use holdfast_sense::report::{Counts, report_reader_for};
use holdfast_world::{ReadError, Root, World};
use serde::{Deserialize, Serialize};

use super::said;
use super::verdicts::Test;

/// The beginning of a report by which its format is told, in bytes.
const HEAD: usize = 4096;
/// How many problems of a report are told one by one; the others are counted.
const MOST_PROBLEMS: usize = 100;
/// How many findings of one report are kept: about 200 bytes each.
const MOST_ITEMS: usize = 1_000_000;
/// How many of one asset, which are judged together: about 4 kB each while they are.
const MOST_OF_ONE: usize = 250_000;
/// Readers of reports that speak of hosts only.
const HOST_FORMATS: [&str; 6] = ["nessus", "inspec", "xccdf", "lynis", "goss", "serverspec"];
/// What is hashed at once, in bytes, however the report arrives.
const BLOCK: usize = 64 << 10;

/// A report that was read.
pub(super) struct Read {
    pub(super) path: Arc<str>,
    /// The id of its reader; `None` where nobody knows the format.
    pub(super) format: Option<&'static str>,
    pub(super) digest: Digest,
    /// When the file was last changed, where that is known.
    pub(super) written: Option<Timestamp>,
    /// How many instances of findings it holds,
    pub(super) findings: u64,
    /// and how many they are when they are grouped as other importers do.
    pub(super) grouped: u64,
    pub(super) subjects: Vec<Subject>,
    /// Fingerprints that more than one finding of this report bears.
    pub(super) shared: HashSet<Arc<str>>,
    pub(super) problems: Vec<Problem>,
}

/// What one scanner says of one asset in one report.
#[derive(Default, Clone, Serialize, Deserialize)]
pub(super) struct Subject {
    /// What the report calls it.
    pub(super) called: Arc<str>,
    pub(super) scanner: Arc<str>,
    /// When the scanner looked, where it says so.
    pub(super) at: Option<Timestamp>,
    /// Whether the report is of a format that speaks of hosts only.
    pub(super) host: bool,
    pub(super) named: Named,
    pub(super) covered: Option<Covered>,
    /// How many instances of findings.
    pub(super) findings: u64,
    /// The digest of what is said of them, see [`said`].
    pub(super) said: Option<Digest>,
    /// Whether it is a report of tests.
    #[serde(default)]
    pub(super) tests: bool,
    /// They themselves, where the report was read and not only recognised.
    #[serde(skip)]
    pub(super) items: Vec<Item>,
}

impl Subject {
    /// Whether the report itself says when it was made.
    pub(super) fn said_when(&self) -> bool {
        self.at.is_some() || self.covered.as_ref().is_some_and(|covered| covered.at.is_some())
    }

    /// The files that it names.
    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        self.items.iter().filter_map(|item| match &item.locus {
            ForeignLocus::File { path, .. } | ForeignLocus::Package { path, .. } => {
                Some(&**path).filter(|path| !path.is_empty())
            }
            ForeignLocus::Port { .. } | ForeignLocus::Whole => None,
        })
    }

    /// How much of the asset was seen; what a report does not say is partial. Tests speak of
    /// themselves alone: the next report may be of other ones, so that what it does not name is
    /// not closed by it.
    pub(super) fn coverage(&self) -> (Coverage, &str) {
        match &self.covered {
            Some(covered) if self.tests => (Coverage::Partial, covered.because.as_str()),
            Some(covered) => (covered.coverage, covered.because.as_str()),
            None => (Coverage::Partial, "the report does not say how much it saw"),
        }
    }
}

/// One instance of a finding.
#[derive(Clone)]
pub(super) struct Item {
    pub(super) plugin: Arc<str>,
    pub(super) names: Arc<[Arc<str>]>,
    pub(super) title: Arc<str>,
    pub(super) severity: Severity,
    pub(super) locus: ForeignLocus,
    pub(super) version: Arc<str>,
    pub(super) fixed_in: Arc<str>,
    /// Why the report calls it no problem; else empty.
    pub(super) dismissed: Arc<str>,
    pub(super) line: u32,
    pub(super) column: u32,
    /// What the test came to, where it is one.
    pub(super) test: Option<Test>,
}

impl Item {
    /// Whether something is said to be wrong.
    pub(super) fn is_finding(&self) -> bool {
        self.test.as_ref().is_none_or(|test| test.result == TestResult::Failed)
    }
}

/// Where a report is.
fn at(world: &World, path: &str) -> (Root, PathBuf) {
    (Root::machine(Arc::clone(&world.files)), world.here.join(path))
}

/// How long a report is, in bytes; `None` where there is none.
pub(super) fn size(world: &World, path: &str) -> Option<u64> {
    let (root, whole) = at(world, path);
    Some(root.metadata(&whole).ok()?.size)
}

/// The digest of a report, and when it was last changed; `None` where it cannot be read.
pub(super) fn digest(world: &World, path: &str) -> Option<(Digest, Option<Timestamp>)> {
    let (root, whole) = at(world, path);
    let mut hash = Hash::new();
    root.pieces(&whole, &mut |piece| hash.add(piece)).ok()?;
    Some((hash.finish(), written(&root, &whole)))
}

/// Reads a report.
///
/// # Errors
///
/// Where there is no such file, or it cannot be read at all.
pub(super) fn read(world: &World, path: &str) -> Result<Read, Problem> {
    let (root, whole) = at(world, path);
    let shown: Arc<str> = path.into();
    let cannot = |error: &ReadError| {
        let message = format!("`{path}` cannot be read: {error}");
        Problem::at("cannot-read", Place::start_of(Arc::clone(&shown)), message)
            .help("name a report that is there")
    };
    let head = root.head(&whole, HEAD).map_err(|error| cannot(&error))?;
    let Some(reader) = report_reader_for(path, &head) else {
        return Ok(unknown(&shown, &head));
    };
    let mut collector = Collector::new(&shown, reader.about().id);
    let mut hash = Hash::new();
    let mut stream = reader.start(&shown);
    let done = root.pieces(&whole, &mut |piece| {
        hash.add(piece);
        stream.push(piece, false, &mut |fact| collector.take(fact));
    });
    stream.push(&[], true, &mut |fact| collector.take(fact));
    if let Err(error) = done {
        collector.cut_off(cannot(&error));
    }
    Ok(collector.finish(hash.finish(), written(&root, &whole)))
}

/// When a file was last changed. A recorded or unset time says nothing.
fn written(root: &Root, path: &Path) -> Option<Timestamp> {
    let modified = root.metadata(path).ok()?.modified;
    (modified.0 > 0).then_some(modified)
}

fn unknown(path: &Arc<str>, head: &[u8]) -> Read {
    let message = format!("`{path}` is no report in a format that is known here");
    let help = "known are .nessus, SARIF, CycloneDX, Trivy's JSON, and results of InSpec, XCCDF, \
                Lynis, goss and Serverspec, packed with gzip or not";
    let mut read = Collector::new(path, "").finish(Digest::of(head), None);
    read.format = None;
    read.problems
        .push(Problem::at("report-unknown", Place::start_of(Arc::clone(path)), message).help(help));
    read
}

/// The digest of a stream, whatever pieces it comes in.
struct Hash {
    fields: Fields,
    block: Vec<u8>,
}

impl Hash {
    fn new() -> Self {
        Self { fields: Fields::new("holdfast report 1"), block: Vec::with_capacity(BLOCK) }
    }

    fn add(&mut self, mut piece: &[u8]) {
        while !piece.is_empty() {
            let room = BLOCK.saturating_sub(self.block.len()).min(piece.len());
            let (now, later) = piece.split_at(room);
            self.block.extend_from_slice(now);
            piece = later;
            if self.block.len() >= BLOCK {
                self.fields.add(&self.block);
                self.block.clear();
            }
        }
    }

    fn finish(self) -> Digest {
        self.fields.field(&self.block).finish()
    }
}

/// Takes facts as they come.
struct Collector {
    path: Arc<str>,
    format: &'static str,
    counts: Counts,
    /// The report that speaks: SARIF holds several, one behind the other.
    scanner: Arc<str>,
    at: Option<Timestamp>,
    subjects: BTreeMap<Arc<str>, Subject>,
    texts: HashSet<Arc<str>>,
    lists: HashSet<Arc<[Arc<str>]>>,
    fingerprints: HashMap<Arc<str>, bool>,
    items: usize,
    /// How many findings are kept, and how many of one asset.
    limits: (usize, usize),
    too_many: bool,
    partial: bool,
    problems: Vec<Problem>,
    left_out: usize,
}

impl Collector {
    fn new(path: &Arc<str>, format: &'static str) -> Self {
        Self {
            path: Arc::clone(path),
            format,
            counts: Counts::of(format),
            scanner: format.into(),
            at: None,
            subjects: BTreeMap::new(),
            texts: HashSet::new(),
            lists: HashSet::new(),
            fingerprints: HashMap::new(),
            items: 0,
            limits: (MOST_ITEMS, MOST_OF_ONE),
            too_many: false,
            partial: false,
            problems: Vec::new(),
            left_out: 0,
        }
    }

    fn take(&mut self, fact: Fact) {
        self.counts.take(&fact);
        match fact {
            Fact::Report(report) => {
                self.scanner = scanner(&report.scanner, self.format);
                self.at = report.at;
            }
            Fact::Named(named) => {
                let subject = self.subject(&named.name);
                subject.named = named;
            }
            Fact::Covered(covered) => {
                let subject = self.subject(&covered.asset);
                let partial = |one: &Covered| one.coverage == Coverage::Partial;
                // A host that stands twice in a report was seen whole only if it was both times.
                if !subject.covered.as_ref().is_some_and(partial) {
                    subject.covered = Some(covered);
                }
            }
            Fact::Foreign(foreign) => self.foreign(foreign),
            Fact::Tested(tested) => self.tested(tested),
            Fact::Problem(problem) => self.problem(problem),
            Fact::Partial => self.partial = true,
            // What a report knows of packages is its own evidence; ours is what we look at.
            Fact::Component(_)
            | Fact::Requirement(_)
            | Fact::Edge(_)
            | Fact::Os(_)
            | Fact::Offer(_)
            | Fact::Feed(_)
            | Fact::Own(_)
            | Fact::Notice(_)
            | Fact::Setting(_)
            | Fact::Trait(_)
            | Fact::Port(_)
            | Fact::Unknown { .. } => {}
        }
    }

    fn subject(&mut self, name: &Arc<str>) -> &mut Subject {
        self.subjects.entry(Arc::clone(name)).or_insert_with(|| Subject {
            called: Arc::clone(name),
            scanner: Arc::clone(&self.scanner),
            at: self.at,
            host: HOST_FORMATS.contains(&self.format),
            ..Subject::default()
        })
    }

    /// Whether one more item of an asset can be kept.
    fn room(&mut self, asset: &Arc<str>) -> bool {
        let (most, of_one) = self.limits;
        let known = self.subjects.get(asset).map_or(0, |subject| subject.items.len());
        if self.items >= most || known >= of_one {
            self.too_many = true;
            return false;
        }
        self.items += 1;
        true
    }

    fn tested(&mut self, tested: Tested) {
        if !self.room(&tested.asset) {
            return;
        }
        let item = Item {
            plugin: self.text(tested.id),
            names: self.list(Vec::new()),
            title: self.text(tested.title),
            severity: tested.severity,
            locus: ForeignLocus::Whole,
            version: self.text(""),
            fixed_in: self.text(""),
            dismissed: self.text(tested.dismissed),
            line: tested.place.line,
            column: tested.place.column,
            test: Some(Test {
                result: tested.result,
                because: self.text(tested.because),
                refs: self.list(tested.refs),
                resource: self.text(tested.resource),
            }),
        };
        let subject = self.subject(&tested.asset);
        subject.tests = true;
        subject.findings += u64::from(item.is_finding());
        subject.items.push(item);
    }

    fn foreign(&mut self, foreign: Foreign) {
        if !self.room(&foreign.asset) {
            return;
        }
        let Foreign { asset, plugin, names, title, severity, locus, version, .. } = foreign;
        if let ForeignLocus::File { fingerprint, .. } = &locus
            && !fingerprint.is_empty()
        {
            let fingerprint = self.text(Arc::clone(fingerprint));
            self.fingerprints.entry(fingerprint).and_modify(|shared| *shared = true).or_default();
        }
        let item = Item {
            plugin: self.text(plugin),
            names: self.list(names),
            title: self.text(title),
            severity,
            locus: self.locus(locus),
            version: self.text(version),
            fixed_in: self.text(foreign.fixed_in),
            dismissed: self.text(foreign.dismissed),
            line: foreign.place.line,
            column: foreign.place.column,
            test: None,
        };
        let subject = self.subject(&asset);
        subject.findings += 1;
        subject.items.push(item);
    }

    fn locus(&mut self, locus: ForeignLocus) -> ForeignLocus {
        match locus {
            ForeignLocus::Package { package, path } => {
                ForeignLocus::Package { package: self.text(package), path: self.text(path) }
            }
            ForeignLocus::Port { number, protocol } => {
                ForeignLocus::Port { number, protocol: self.text(protocol) }
            }
            ForeignLocus::File { path, context, fingerprint } => ForeignLocus::File {
                path: self.text(path),
                context: self.text(context),
                fingerprint: self.text(fingerprint),
            },
            ForeignLocus::Whole => ForeignLocus::Whole,
        }
    }

    /// A text that is kept once. One that is known already is not even copied.
    fn text(&mut self, text: impl AsRef<str> + Into<Arc<str>>) -> Arc<str> {
        if let Some(known) = self.texts.get(text.as_ref()) {
            return Arc::clone(known);
        }
        let text: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&text));
        text
    }

    fn list(&mut self, names: Vec<Arc<str>>) -> Arc<[Arc<str>]> {
        if let Some(known) = self.lists.get(names.as_slice()) {
            return Arc::clone(known);
        }
        let names: Arc<[Arc<str>]> = names.into();
        self.lists.insert(Arc::clone(&names));
        names
    }

    fn problem(&mut self, problem: Problem) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        } else {
            self.left_out += 1;
        }
    }

    fn cut_off(&mut self, problem: Problem) {
        self.problem(problem);
        self.partial = true;
    }

    fn finish(mut self, digest: Digest, written: Option<Timestamp>) -> Read {
        if self.too_many {
            let (most, of_one) = self.limits;
            let message = format!(
                "`{}` holds more than {most} findings, or more than {of_one} of one asset",
                self.path
            );
            let place = Place::start_of(Arc::clone(&self.path));
            let problem = Problem::at("report-too-long", place, message);
            self.cut_off(problem.help("import it in parts; what was read counts as partial"));
        }
        if self.left_out > 0 {
            let message = format!("{} more parts of this report have problems", self.left_out);
            let problem = Problem::new("report-problems", message);
            self.problems.push(problem.help("mend the first ones"));
        }
        if self.partial {
            self.lower();
        }
        let shared = self.fingerprints.into_iter().filter(|(_, shared)| *shared);
        let shared: HashSet<Arc<str>> = shared.map(|(fingerprint, _)| fingerprint).collect();
        for subject in self.subjects.values_mut() {
            subject.said = Some(said::digest(&subject.items, &shared));
        }
        Read {
            path: self.path,
            format: Some(self.format),
            digest,
            written,
            findings: self.counts.instances() as u64,
            grouped: self.counts.grouped() as u64,
            subjects: self.subjects.into_values().collect(),
            shared,
            problems: self.problems,
        }
    }

    /// A report that is not whole may lack the last finding of any asset that it did not call
    /// complete before: readers say `full` only of what they read to its end. One that ended in
    /// the middle may have gone on to speak of an asset again, which no format does for hosts.
    fn lower(&mut self) {
        let several = self.subjects.len() > 1;
        for subject in self.subjects.values_mut() {
            let whole = several && subject.covered.is_some();
            if let Some(covered) = subject.covered.as_mut().filter(|_| !whole)
                && covered.coverage == Coverage::Full
            {
                covered.coverage = Coverage::Partial;
                "the report could not be read whole".clone_into(&mut covered.because);
            }
        }
    }
}

/// A scanner's name as witnesses and sensors carry it: small letters, no white space.
fn scanner(name: &str, format: &str) -> Arc<str> {
    let words: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
    match words.join("-") {
        name if name.is_empty() || name == holdfast_findings::join::OWN_ENGINE => format.into(),
        name => name.chars().take(60).collect::<String>().into(),
    }
}
