//! What a record says of its packages.

use holdfast_model::{Ecosystem, Informational};

use super::intern::{NO_ORDER, Str};
use super::ranges::{self, Interval, Unjudged};
use super::{Compiler, Entry};
use crate::distribution::{self, canonical, is_distribution, is_rpm};
use crate::index::Note;
use crate::index::format::word_code;
use crate::osv::{Affected, Record, Severity, Specific, Word};
use crate::version;

/// An ecosystem as a record writes it, and what it stands for.
struct Spoken<'t> {
    written: &'t str,
    ecosystem: Ecosystem,
    name: Str,
    order: u8,
}

impl Compiler {
    pub(super) fn entries(&mut self, feed: &str, record: &Record<'_>) -> Vec<Entry> {
        if !is_security(record) {
            return Vec::new();
        }
        let mut out = Vec::with_capacity(record.affected.len());
        // Records speak of one ecosystem again and again.
        let mut last: Option<Spoken<'_>> = None;
        for affected in &record.affected {
            // Records on commits alone name no package; nothing here could match them.
            let Some(package) = &affected.package else { continue };
            let (Some(ecosystem), Some(name)) = (package.ecosystem.get(), package.name.get())
            else {
                let message = "this record names a package without ecosystem or name".to_owned();
                self.problem(feed, record.id.get(), "record-package-unreadable", message);
                continue;
            };
            let spoken = match last.take().filter(|last| last.written == ecosystem) {
                Some(spoken) => spoken,
                None => self.spoken(ecosystem),
            };
            let others: Vec<u32> = in_package_urls(&spoken.ecosystem, name, record)
                .iter()
                .map(|other| self.package(spoken.name, &spoken.ecosystem, other))
                .collect();
            let package = self.package(spoken.name, &spoken.ecosystem, name);
            let order = spoken.order;
            let family = spoken.ecosystem.family();
            let module = is_rpm(family) && of_module(affected);
            let word = if is_distribution(family) { word(family, record, affected) } else { 0 };
            last = Some(spoken);
            let streams = module.then(|| streams(record, affected)).flatten();
            let streams = streams.map(|streams| self.strings.intern(&streams));
            let informational = informational(&record.database_specific)
                .or_else(|| informational(&affected.database_specific))
                .or_else(|| unimportant(&affected.ecosystem_specific));
            let (intervals, exact, unjudged) = self.versions(feed, record, affected, order);
            let note = note(&affected.ecosystem_specific);
            let entry = Entry {
                package,
                intervals,
                exact,
                unjudged,
                informational,
                module,
                streams,
                word,
                note,
            };
            out.extend(others.into_iter().map(|package| Entry { package, ..entry.clone() }));
            out.push(entry);
        }
        out
    }

    fn spoken<'t>(&mut self, written: &'t str) -> Spoken<'t> {
        let ecosystem = Ecosystem::new(&canonical(Ecosystem::new(written).as_str()));
        let order = version::order_index(&ecosystem).and_then(|at| u8::try_from(at).ok());
        let name = self.strings.intern(ecosystem.as_str());
        Spoken { written, ecosystem, name, order: order.unwrap_or(NO_ORDER) }
    }

    /// The intervals and single versions of an entry, or why nobody can judge it.
    ///
    /// By the schema's evaluation algorithm a version is affected if `versions` lists it **or** a
    /// range contains it, and an entry with neither affects nothing. We do not call that clean:
    /// such an entry, and one of which only commits are known, cannot be judged.
    fn versions(
        &mut self,
        feed: &str,
        record: &Record<'_>,
        affected: &Affected<'_>,
        order: u8,
    ) -> (Vec<Interval>, Vec<u32>, Option<Str>) {
        let mut intervals = Vec::new();
        let mut speaks = false;
        let mut unjudged = None;
        for range in &affected.ranges {
            match ranges::intervals(range, order, &mut self.versions, &mut intervals) {
                Ok(of_versions) => speaks |= of_versions,
                Err(why) => {
                    let why = self.refused(feed, record, &why);
                    unjudged = unjudged.or(Some(why));
                }
            }
        }
        let listed = affected.versions.iter().filter_map(crate::osv::Word::get);
        let mut exact: Vec<u32> = listed.map(|text| self.versions.intern(order, text)).collect();
        speaks |= !exact.is_empty();
        ranges::outside(&intervals, &mut exact, &self.versions);
        if affected.ecosystem_specific.decision.get() == Some("undetermined") {
            let why = "the distribution has not determined which versions are affected";
            return (Vec::new(), Vec::new(), Some(self.strings.intern(why)));
        }
        if !speaks && unjudged.is_none() {
            let why = "the advisory names no versions that can be compared";
            unjudged = Some(self.strings.intern(why));
        }
        (intervals, exact, unjudged)
    }

    fn refused(&mut self, feed: &str, record: &Record<'_>, why: &Unjudged) -> Str {
        let (code, message) = match why {
            Unjudged::NoVersion(text) => (
                "range-version-unreadable",
                format!("`{text}` in a range of the advisory is no version of this ecosystem"),
            ),
            Unjudged::NoIntroduced => {
                ("range-without-introduced", "a range of the advisory has no beginning".to_owned())
            }
            Unjudged::Kind(kind) => (
                "range-type-unknown",
                format!("a range of the advisory has the unknown type `{kind}`"),
            ),
        };
        let reason = self.strings.intern(&message);
        self.problem(feed, record.id.get(), code, message);
        reason
    }
}

/// What package URLs make of the name of a Go module with capitals, unless the record speaks of that
/// one itself: their specification wants lower case, and some tools keep the last part as it is.
/// Whoever has only the package URL could not find the module under its own name.
fn in_package_urls(ecosystem: &Ecosystem, name: &str, record: &Record<'_>) -> Vec<String> {
    let capital = |byte: u8| byte.is_ascii_uppercase();
    if ecosystem.family() != Ecosystem::GOLANG || !name.bytes().any(capital) {
        return Vec::new();
    }
    let mut others = vec![name.to_ascii_lowercase()];
    if let Some((namespace, last)) = name.rsplit_once('/') {
        others.push(format!("{}/{last}", namespace.to_ascii_lowercase()));
    }
    others.dedup();
    let packages = || record.affected.iter().filter_map(|affected| affected.package.as_ref());
    others.retain(|other| {
        other != name && !packages().any(|package| package.name.get() == Some(other.as_str()))
    });
    others
}

fn informational(specific: &Specific<'_>) -> Option<Informational> {
    match specific.informational.get()? {
        "unmaintained" => Some(Informational::Unmaintained),
        "unsound" => Some(Informational::Unsound),
        "yanked" => Some(Informational::Yanked),
        "deprecated" => Some(Informational::Deprecated),
        "" => None,
        _ => Some(Informational::Notice),
    }
}

/// Debian's security team marks what it does not hold for a security matter.
fn unimportant(specific: &Specific<'_>) -> Option<Informational> {
    (specific.urgency.get() == Some("unimportant")).then_some(Informational::Notice)
}

/// Whether a record is about security at all. The families that copy Red Hat's errata publish bug
/// fixes (`BA`) and enhancements (`EA`) in the same feed, some of which call themselves important.
/// Red Hat and Rocky publish those that name a weakness; of `AlmaLinux` none counts.
fn is_security(record: &Record<'_>) -> bool {
    let id = record.id.get();
    if id.starts_with("ALBA-") || id.starts_with("ALEA-") {
        return false;
    }
    let other = ["RLBA-", "RLEA-", "RHBA-", "RHEA-"].iter().any(|kind| id.starts_with(kind));
    let names = record.aliases.iter().chain(&record.upstream).chain(&record.related);
    !other || names.filter_map(Word::get).any(|name| name.starts_with("CVE-"))
}

/// Whether some bound was built for a module.
fn of_module(affected: &Affected<'_>) -> bool {
    let events = affected.ranges.iter().flat_map(|range| &range.events);
    events
        .flat_map(|event| [&event.introduced, &event.fixed, &event.last_affected])
        .filter_map(Word::get)
        .any(distribution::is_module_build)
}

fn streams(record: &Record<'_>, affected: &Affected<'_>) -> Option<String> {
    let said = affected.ecosystem_specific.module.get().or(record.database_specific.module.get());
    match said {
        Some(said) => distribution::streams_of(said),
        None => distribution::streams_of(&record.title()),
    }
}

/// The code of the distribution's own word on severity: of the package, else of the record, else
/// the first word of its title (`Important: xz security update`).
fn word(family: &str, record: &Record<'_>, affected: &Affected<'_>) -> u32 {
    let of = |list: &[Severity<'_>]| {
        let words = list.iter().filter(|one| one.kind.get() == Some(family));
        words.filter_map(|one| one.score.get()).map(code).find(|code| *code != 0)
    };
    let specific = |specific: &Specific<'_>| {
        let words = [&specific.ubuntu_priority, &specific.urgency, &specific.severity];
        let decision = specific.decision.get().filter(|word| *word == "no-dsa");
        words.into_iter().filter_map(Word::get).chain(decision).map(code).find(|code| *code != 0)
    };
    let title = record.title();
    let first = || title.split_once(':').map(|(word, _)| code(word)).filter(|_| is_rpm(family));
    of(&affected.severity)
        .or_else(|| specific(&affected.ecosystem_specific))
        .or_else(|| specific(&affected.database_specific))
        .or_else(|| of(&record.severity))
        .or_else(|| specific(&record.database_specific))
        .or_else(first)
        .unwrap_or_default()
}

/// Debian marks words that it is not sure of with stars.
fn code(word: &str) -> u32 {
    word_code(&word.trim_end_matches('*').to_ascii_lowercase())
}

/// What the distribution is doing about it.
fn note(specific: &Specific<'_>) -> Option<Note> {
    match specific.decision.get() {
        Some("no-dsa") => return Some(Note::NoAdvisory),
        Some("ignored") => return Some(Note::Ignored),
        Some("postponed") => return Some(Note::Postponed),
        _ => {}
    }
    if specific.urgency.get() == Some("end-of-life") {
        return Some(Note::EndOfLife);
    }
    specific.availability.get().filter(|text| text.contains("Pro")).map(|_| Note::Entitled)
}
