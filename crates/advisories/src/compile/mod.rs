//! From records to the one immutable index.
//!
//! Knows what a record means: alias groups, withdrawn and informational records, ranges. It must
//! not know where records come from, or what is installed anywhere.
//!
//! The outcome does not depend on the order in which records are added: adding one twice changes
//! nothing, and of two records with one id the later modified one counts. Everything written is
//! ordered by its text, never by when it was met.

mod entry;
mod facts;
mod groups;
mod intern;
mod print;
mod ranges;
mod segment;
#[cfg(test)]
mod tests;
mod write;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use holdfast_model::{Digest, Ecosystem, Informational, Place, Problem, Timestamp};

use crate::epss::Scores;
use crate::index::Note;
use crate::kev::{Catalogue, Exploited};
use crate::osv::{Record, Severity};
use crate::{hash, index::Feed, names};
use intern::{Str, Strings, Version, Versions};
use ranges::Interval;

/// Where a record comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Our own starter set, which never counts as coverage and yields to any feed.
    Starter,
    /// A feed.
    Feed,
}

/// What came of compiling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The index file.
    pub bytes: Vec<u8>,
    /// The feeds, by name.
    pub feeds: Vec<Feed>,
    /// The digest of the content, which `built` does not enter.
    pub digest: Digest,
    /// What could not be understood; at most [`MOST_PROBLEMS`] and one that says so.
    pub problems: Vec<Problem>,
}

pub use segment::Mark;

/// How many problems are kept.
pub const MOST_PROBLEMS: usize = 1000;
/// How many bytes of text are kept; offsets are 32 bits wide.
const MOST_TEXT: usize = 1 << 30;

/// A record as it is kept.
struct Kept {
    feed: Str,
    id: Str,
    origin: Origin,
    modified: i64,
    published: i64,
    withdrawn: Option<i64>,
    /// Of its bytes.
    hash: u64,
    title: Str,
    /// In tenths.
    cvss: Option<u32>,
    exploited: bool,
    malicious: bool,
    /// Aliases and upstream.
    names: Vec<Str>,
    related: Vec<Str>,
    entries: Vec<Entry>,
}

/// What a record says of one package.
#[derive(Clone)]
struct Entry {
    package: u32,
    intervals: Vec<Interval>,
    exact: Vec<Version>,
    /// Why it cannot be judged.
    unjudged: Option<Str>,
    informational: Option<Informational>,
    /// Whether its bounds were built for a module, and for which streams.
    module: bool,
    streams: Option<Str>,
    /// The code of its distribution's word on severity.
    word: u32,
    note: Option<Note>,
}

impl Entry {
    /// Whether it says more than "never affected".
    fn says(&self) -> bool {
        !self.intervals.is_empty() || !self.exact.is_empty() || self.unjudged.is_some()
    }
}

/// Takes records and makes the index.
pub struct Compiler {
    strings: Strings,
    versions: Versions,
    packages: HashMap<u64, u32, BuildHasherDefault<Pair>>,
    /// Ecosystem and name of each package.
    package_names: Vec<(Str, Str)>,
    records: Vec<Kept>,
    /// Which of them a segment stands for.
    runs: Vec<print::Run>,
    kev: BTreeMap<String, Exploited>,
    kev_released: Option<Timestamp>,
    epss: Option<Scores>,
    /// As of when feeds are whose records do not say so, in the order in which it was said.
    as_of: Vec<(String, Timestamp)>,
    /// When each feed was last had; `None` where that is unknown of one of its sources.
    asked: BTreeMap<String, Option<Timestamp>>,
    problems: Vec<Problem>,
}

impl Default for Compiler {
    fn default() -> Self {
        Self::new()
    }
}

impl Compiler {
    /// Starts with nothing.
    pub fn new() -> Self {
        Self {
            strings: Strings::default(),
            versions: Versions::new(),
            packages: HashMap::default(),
            package_names: Vec::new(),
            records: Vec::new(),
            runs: Vec::new(),
            kev: BTreeMap::new(),
            kev_released: None,
            epss: None,
            as_of: Vec::new(),
            asked: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    /// Takes a record. `feed` is the feed's name: the export's folder, which is an ecosystem as
    /// OSV writes it; for sources without folders, the record's own ecosystems are the feeds.
    pub fn add(&mut self, feed: &str, record: &Record<'_>, origin: Origin) {
        let id = record.id.get();
        if id.is_empty() {
            self.problem(feed, id, "record-without-id", "this record has an empty `id`".to_owned());
            return;
        }
        if self.strings.bytes() > MOST_TEXT {
            let message = "the feeds are too large: this record was left out".to_owned();
            self.problem(feed, id, "feeds-too-large", message);
            return;
        }
        let time = |word: &crate::osv::Word<'_>| word.get().and_then(Timestamp::parse);
        let modified = time(&record.modified).map_or(i64::MIN, |time| time.0);
        // A withdrawal counts even where its time cannot be read.
        let withdrawn = record
            .withdrawn
            .get()
            .filter(|text| !text.is_empty())
            .map(|text| Timestamp::parse(text).map_or(modified, |time| time.0));
        // A notice about several CVEs is none of them: it would make one weakness of all.
        let upstream = || record.upstream.iter().filter_map(crate::osv::Word::get);
        let cves: BTreeSet<&str> = upstream().filter(|name| name.starts_with("CVE-")).collect();
        let several = cves.len() > 1;
        let aliases = record.aliases.iter().filter_map(crate::osv::Word::get);
        let related = record.related.iter().filter_map(crate::osv::Word::get);
        let names = self.intern_all(aliases.chain(upstream().filter(|_| !several)));
        let related = self.intern_all(related.chain(upstream().filter(|_| several)));
        let entries = self.entries(feed, record);
        let kept = Kept {
            feed: self.strings.intern(feed),
            id: self.strings.intern(id),
            origin,
            modified,
            published: time(&record.published).map_or(modified, |time| time.0),
            withdrawn,
            hash: hash::hash(2, record.raw),
            title: self.strings.intern(&record.title()),
            cvss: self.score(feed, record),
            exploited: origin == Origin::Starter && record.database_specific.exploited,
            malicious: id.starts_with("MAL-") || record.database_specific.malicious,
            names,
            related,
            entries,
        };
        self.records.push(kept);
    }

    /// Takes what somebody could not read of a source: it is told with what was understood, also
    /// where a segment stands for the source.
    pub fn unreadable(&mut self, problem: Problem) {
        // Twice the limit, so that sorting and cutting at the end sees some of everything.
        if self.problems.len() < 2 * MOST_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// Takes the catalogue of exploited weaknesses.
    pub fn kev(&mut self, catalogue: &Catalogue) {
        self.kev.extend(catalogue.entries.iter().map(|(cve, entry)| (cve.clone(), *entry)));
        self.kev_released = self.kev_released.max(catalogue.released);
    }

    /// Takes the chances of being exploited; the newest ones count.
    pub fn epss(&mut self, scores: Scores) {
        let newer = self.epss.as_ref().is_none_or(|known| known.date <= scores.date);
        if newer {
            self.epss = Some(scores);
        }
    }

    /// As of when a feed is, where its records do not carry the time of their last change. Of several
    /// sources of a feed the newest counts.
    pub fn as_of(&mut self, feed: &str, time: Timestamp) {
        self.as_of.push((feed.to_owned(), time));
    }

    /// As of when each feed is of which that was said.
    fn dated(&self) -> BTreeMap<&str, Timestamp> {
        let mut dated = BTreeMap::new();
        for (feed, time) in &self.as_of {
            let newest = dated.entry(feed.as_str()).or_insert(*time);
            *newest = (*newest).max(*time);
        }
        dated
    }

    /// When the source was last had whose records were added since, feed by feed. A feed of several
    /// sources is as old as the one that was had longest ago.
    pub fn asked(&mut self, since: Mark, when: &dyn Fn(&str) -> Option<Timestamp>) {
        let Self { records, strings, asked, .. } = self;
        let added = records.get(since.first()..).unwrap_or_default().iter();
        let feeds: BTreeSet<Str> =
            added.filter(|kept| kept.origin == Origin::Feed).map(|kept| kept.feed).collect();
        for feed in feeds.into_iter().map(|feed| strings.get(feed)) {
            let time = when(feed);
            let known = asked.entry(feed.to_owned()).or_insert(time);
            *known = (*known).min(time);
        }
    }

    /// Makes the index.
    pub fn finish(self, built: Timestamp) -> Compiled {
        let groups = groups::of(&self);
        let (bytes, feeds, digest) = write::write(&self, &groups, built);
        Compiled { bytes, feeds, digest, problems: listed(self.problems) }
    }

    fn intern_all<'t>(&mut self, texts: impl Iterator<Item = &'t str>) -> Vec<Str> {
        texts.filter(|text| !text.is_empty()).map(|text| self.strings.intern(text)).collect()
    }

    /// The greatest base score of all vectors, in tenths. Words of distributions are no scores.
    fn score(&mut self, feed: &str, record: &Record<'_>) -> Option<u32> {
        let mut best = None;
        let own = record.severity.iter();
        let of_packages = record.affected.iter().flat_map(|affected| &affected.severity);
        for Severity { kind, score } in own.chain(of_packages) {
            if !kind.get().is_some_and(|kind| kind.starts_with("CVSS_")) {
                continue;
            }
            let vector = score.get().unwrap_or_default();
            let tenths = tenths(vector);
            if tenths.is_none() {
                let message = format!("`{vector}` is no CVSS vector");
                self.problem(feed, record.id.get(), "cvss-unreadable", message);
            }
            best = best.max(tenths);
        }
        best
    }

    fn problem(&mut self, feed: &str, id: &str, code: &'static str, message: String) {
        self.unreadable(told(format!("{feed}/{id}.json"), code, message));
    }

    /// `ecosystem` and `known` are the same, once interned and once as a type.
    fn package(&mut self, ecosystem: Str, known: &Ecosystem, name: &str) -> u32 {
        let name = self.strings.intern(&names::normal(known, name));
        self.package_of(ecosystem, name)
    }

    fn package_of(&mut self, ecosystem: Str, name: Str) -> u32 {
        let next = u32::try_from(self.package_names.len()).unwrap_or(u32::MAX);
        let pair = (u64::from(ecosystem) << 32) | u64::from(name);
        *self.packages.entry(pair).or_insert_with(|| {
            self.package_names.push((ecosystem, name));
            next
        })
    }
}

/// Problems in the order in which they are told, each once.
fn listed(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by(|a, b| (&a.place, &a.code, &a.message).cmp(&(&b.place, &b.code, &b.message)));
    problems.dedup();
    if let Some(more) = problems.len().checked_sub(MOST_PROBLEMS).filter(|n| *n > 0) {
        problems.truncate(MOST_PROBLEMS);
        let message = format!("{more} more problems in the feeds are not listed");
        problems.push(Problem::new("advisory-problems-cut", message));
    }
    problems
}

fn told(path: String, code: &'static str, message: String) -> Problem {
    let help = "the record is kept; what it leaves open is shown as could not check";
    Problem::at(code, Place::start_of(path), message).help(help)
}

/// Mixes numbers of our own making, mostly pairs; there is nobody to defend the table against.
#[derive(Default)]
struct Pair(u64);

impl Hasher for Pair {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash::hash(self.0, bytes);
    }
}

/// The base score of a CVSS vector of any version, in tenths.
fn tenths(vector: &str) -> Option<u32> {
    // Whoever leaves one of the eight out has said nothing that can be scored (CVSS 3.1, section 6).
    const MANDATORY: [&str; 8] = ["AV", "AC", "PR", "UI", "S", "C", "I", "A"];
    let said = |metric: &&str| {
        vector.split('/').any(|part| part.strip_prefix(*metric).is_some_and(|v| v.starts_with(':')))
    };
    if vector.starts_with("CVSS:3") && !MANDATORY.iter().all(said) {
        return None;
    }
    let score = vector.parse::<cvss::Cvss>().ok()?.score();
    let rounded = (score * 10.0).round();
    // Scores go from 0 to 10 by definition, so at most 100 steps are tried.
    (0..=100_u32).find(|tenths| (f64::from(*tenths) - rounded).abs() < 0.5)
}
