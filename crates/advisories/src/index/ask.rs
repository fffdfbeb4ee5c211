//! What is asked of the index, and what it answers beyond "affected".
//!
//! Knows under which name a component's ecosystem publishes, and which entries must not be compared
//! with it: those of another module stream, of a release that somebody has to be entitled to, of a
//! version whose epoch was lost. What must not be compared is *not assessed*, never clean.

use std::borrow::Cow;
use std::sync::Arc;

use holdfast_model::{Component, Ecosystem, SourcePackage, WeaknessId};

use super::format::{ENTRY_MODULE, ENTRY_UNJUDGED, End};
use super::judge::{Damaged, Places};
use super::rows::Entry;
use super::weakness::Unjudged;
use super::{EntryRef, Hit, Index, Judged, Scratch, WeaknessRef};
use crate::version::{self, Order};
use crate::{distribution, names};

/// A version of a package, as its ecosystem publishes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question<'q> {
    /// The ecosystem, with the release for distributions.
    pub ecosystem: &'q Ecosystem,
    /// The name: of the source package, or of the binary where the ecosystem publishes those.
    pub name: Cow<'q, str>,
    /// The version of what `name` names.
    pub version: Cow<'q, str>,
    /// The module stream, where the host knows it.
    pub module: Option<&'q str>,
}

/// What there is to ask about a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked<'q> {
    /// This.
    One(Question<'q>),
    /// Its version is not known: *not assessed*.
    NoVersion,
    /// Nothing: it holds nothing of what its source package's advisories are about.
    Nothing,
}

impl<'q> Question<'q> {
    /// What to ask about a component. There is no other way from one to the other.
    pub fn of(component: &'q Component) -> Asked<'q> {
        let ecosystem = &component.ecosystem;
        let Some((name, source)) = published(component) else { return Asked::Nothing };
        let own = component.version.as_deref();
        let version = match source {
            Some(source) => Some(source_version(ecosystem.family(), &source.version, own)),
            None => own.map(Cow::Borrowed),
        };
        let module = component.module.as_deref();
        match version {
            Some(version) => Asked::One(Question { ecosystem, name, version, module }),
            None => Asked::NoVersion,
        }
    }
}

/// The name under which a component's ecosystem publishes what is known of it, and the source package
/// that it is the name of; `None` where it holds nothing of what that is about.
fn published(component: &Component) -> Option<(Cow<'_, str>, Option<&SourcePackage>)> {
    let family = component.ecosystem.family();
    let source = component.source.as_ref();
    let name = source.map(|source| &*source.name);
    if distribution::is_distribution(family) && distribution::holds_no_kernel(&component.name, name)
    {
        return None;
    }
    if let Some(kernel) =
        name.filter(|_| distribution::is_apt(family)).and_then(distribution::signs)
    {
        // The version of the signatures is one of its own; that of the binary is the kernel's.
        return Some((kernel.into(), None));
    }
    let source = source.filter(|_| !distribution::names_binaries(family));
    Some((source.map_or(&*component.name, |source| &*source.name).into(), source))
}

/// The packages of an index that have a say in the answers about a component, whatever its version:
/// the releases that its own stands for, and those beside them.
pub fn spoken_of(component: &Component) -> Vec<(Ecosystem, Arc<str>)> {
    let Some((name, _)) = published(component) else { return Vec::new() };
    let ecosystem = &component.ecosystem;
    let name: Arc<str> = names::normal(ecosystem, &name).into();
    let Places { own, beside, .. } = Places::of(ecosystem);
    let streams = match Question::of(component) {
        Asked::One(question) => distribution::minor_streams(&own, &question.version),
        Asked::NoVersion | Asked::Nothing => Vec::new(),
    };
    let places = std::iter::once(own).chain(beside).chain(streams);
    places.map(|place| (Ecosystem::new(&place), Arc::clone(&name))).collect()
}

impl Question<'_> {
    /// The name by which the index knows the package: as its ecosystem compares names.
    pub fn known_as(&self) -> Cow<'_, str> {
        names::normal(self.ecosystem, &self.name)
    }

    /// Whether the package belongs to a module stream, known or not.
    pub fn is_of_module(&self) -> bool {
        self.module.is_some() || distribution::is_module_build(&self.version)
    }
}

/// The version of a source package. The name of an RPM's source file carries no epoch; a binary
/// of the same version and release was built with the same one.
fn source_version<'v>(family: &str, source: &'v str, binary: Option<&'v str>) -> Cow<'v, str> {
    let of_binary = binary.filter(|_| distribution::is_rpm(family) && !source.contains(':'));
    match of_binary.and_then(|binary| binary.split_once(':')) {
        Some((_, rest)) if rest == source => Cow::Borrowed(binary.unwrap_or(source)),
        _ => Cow::Borrowed(source),
    }
}

/// One thing that the index says of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It is affected.
    Hit(Hit),
    /// Nobody can tell whether it is: *not assessed*.
    Unjudged {
        /// By what this entry says.
        entry: EntryRef,
        /// Why.
        why: Why,
    },
}

/// Why nobody can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The record itself cannot be judged, and says why.
    Record,
    /// The versions belong to a module stream, and nobody knows which one is installed, or which
    /// one is meant.
    Stream,
    /// One of the two versions is written without its epoch.
    Epoch,
    /// The fix is for whoever is entitled to it, and nobody knows whether this host is.
    Entitlement,
}

/// What one entry says of the version that was asked about.
#[derive(Clone, Copy)]
enum Verdict {
    Affected,
    Clear,
    Cannot(Why),
}

/// A question with what is worked out once for it.
struct Worked<'q> {
    key: &'q [u8],
    version: &'q str,
    module: Option<&'q str>,
    /// Whether the version was built for a module.
    built_for_module: bool,
    /// The order, where an epoch that is not written may have been lost.
    epochs: Option<&'static Order>,
}

/// First entry and number of entries.
type Entries = (u32, u32);

impl Index<'_> {
    /// Tells every known problem of a version, each weakness once, by its id; and every entry that
    /// could not be judged. Withdrawn records say nothing; informational ones do, marked as such in
    /// their weakness.
    pub fn ask(
        &self,
        question: &Question<'_>,
        scratch: &mut Scratch,
        said: &mut dyn FnMut(Said),
    ) -> Judged {
        self.asked(question, scratch, said).unwrap_or(Judged::Damaged)
    }

    /// Tells what a component has, each weakness once: what a look finds in it.
    pub fn has(&self, component: &Component, scratch: &mut Scratch, hit: &mut dyn FnMut(Hit)) {
        if let Asked::One(question) = Question::of(component) {
            let _ = self.ask(&question, scratch, &mut |said| {
                if let Said::Hit(one) = said {
                    hit(one);
                }
            });
        }
    }

    fn asked(
        &self,
        question: &Question<'_>,
        scratch: &mut Scratch,
        said: &mut dyn FnMut(Said),
    ) -> Result<Judged, Damaged> {
        let Question { ecosystem, name, version, module } = question;
        scratch.turn_to(ecosystem);
        let Scratch { key, name: spare, places, spoken, .. } = scratch;
        let own = self.entries_named(&places.own, ecosystem, name, spare)?;
        let beside = match &places.beside {
            Some(beside) => self.entries_named(beside, ecosystem, name, spare)?,
            None => None,
        };
        if own.is_none() && beside.is_none() {
            return Ok(Judged::Nothing);
        }
        let Some(order) = version::order_of(ecosystem) else { return Ok(Judged::NoOrder) };
        if (order.moves)(version) || !order.key(version, key) {
            return Ok(Judged::NotAVersion);
        }
        let family = ecosystem.family();
        let rpm = distribution::is_rpm(family);
        let worked = Worked {
            key,
            version,
            module: *module,
            built_for_module: rpm && (module.is_some() || distribution::is_module_build(version)),
            epochs: Some(order).filter(|_| rpm),
        };
        let mut told = Told { unjudged: 0, said };
        let Some(beside) = beside else {
            let streams = distribution::minor_streams(&places.own, version);
            self.walk(own, &worked, &mut |_| false, &mut |entry, row, verdict| {
                let hit = matches!(verdict, Verdict::Affected);
                if hit && self.mended_in(&streams, ecosystem, name, entry.weakness, &worked)? {
                    return Ok(());
                }
                told.tell(entry, row, verdict);
                Ok(())
            })?;
            return Ok(Judged::Known { unjudged: told.unjudged });
        };
        // A package that is built for whoever is entitled says so in its version.
        let entitled = places.pays || version.contains("esm");
        let (first, second) = if entitled { (Some(beside), own) } else { (own, Some(beside)) };
        spoken.clear();
        self.walk(first, &worked, &mut |_| false, &mut |entry, row, verdict| {
            spoken.push(entry.weakness);
            told.tell(entry, row, verdict);
            Ok(())
        })?;
        let known = &mut |weakness| spoken.binary_search(&weakness).is_ok();
        self.walk(second, &worked, known, &mut |entry, row, verdict| {
            match verdict {
                Verdict::Affected if !entitled => {
                    told.tell(entry, row, Verdict::Cannot(Why::Entitlement));
                }
                Verdict::Cannot(_) if !entitled => {}
                verdict => told.tell(entry, row, verdict),
            }
            Ok(())
        })?;
        Ok(Judged::Known { unjudged: told.unjudged })
    }

    /// Judges each entry, but for those of weaknesses that are passed over; of a weakness that is
    /// affected no further entry. Entries of a package stand by weakness.
    fn walk(
        &self,
        entries: Option<Entries>,
        worked: &Worked<'_>,
        pass: &mut dyn FnMut(u32) -> bool,
        each: &mut dyn FnMut(&Entry, u32, Verdict) -> Result<(), Damaged>,
    ) -> Result<(), Damaged> {
        let Some((first, count)) = entries else { return Ok(()) };
        let mut last = None;
        for row in first..first.saturating_add(count) {
            let entry = self.entry(row).ok_or(Damaged)?;
            if last == Some(entry.weakness) || pass(entry.weakness) {
                continue;
            }
            let verdict = self.verdict(&entry, worked)?;
            if matches!(verdict, Verdict::Affected) {
                last = Some(entry.weakness);
            }
            each(&entry, row, verdict)?;
        }
        Ok(())
    }

    fn verdict(&self, entry: &Entry, worked: &Worked<'_>) -> Result<Verdict, Damaged> {
        let of_module = entry.flags & ENTRY_MODULE != 0;
        let unjudged = || match entry.flags & ENTRY_UNJUDGED {
            0 => Verdict::Clear,
            _ => Verdict::Cannot(Why::Record),
        };
        if of_module && !worked.built_for_module {
            return Ok(Verdict::Clear);
        }
        if let Some(order) = worked.epochs
            && self.epoch_in_doubt(entry, order, worked.version)?
        {
            return Ok(Verdict::Cannot(Why::Epoch));
        }
        if !self.affects(entry, worked.key)? {
            return Ok(unjudged());
        }
        if !worked.built_for_module {
            return Ok(Verdict::Affected);
        }
        if !of_module {
            // Another line of the package; but what never ends is true of every line.
            return Ok(if self.ends(entry)? { Verdict::Clear } else { Verdict::Affected });
        }
        let (at, length) = entry.streams;
        let streams = self.text(at, length).ok_or(Damaged)?;
        Ok(match worked.module {
            Some(module) if streams.split(' ').any(|stream| stream == module) => Verdict::Affected,
            Some(_) if !streams.is_empty() => Verdict::Clear,
            _ => Verdict::Cannot(Why::Stream),
        })
    }

    /// Whether the comparison with some bound hangs on an epoch that is written on one side only.
    fn epoch_in_doubt(&self, entry: &Entry, order: &Order, version: &str) -> Result<bool, Damaged> {
        let (first, count) = entry.intervals;
        for row in first..first.saturating_add(count) {
            let interval = self.interval(row).ok_or(Damaged)?;
            let text = |version| self.version_text(version).ok_or(Damaged);
            let low = !interval.low.is_empty()
                && order.epoch_in_doubt(version, text(interval.low_version)?);
            let high = interval.end != End::Open
                && order.epoch_in_doubt(version, text(interval.high_version)?);
            if low || high {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether every interval ends somewhere.
    fn ends(&self, entry: &Entry) -> Result<bool, Damaged> {
        let (first, count) = entry.intervals;
        for row in first..first.saturating_add(count) {
            if self.interval(row).ok_or(Damaged)?.end == End::Open {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether one of the streams that mend a minor release on their own says that this version,
    /// which was built for that minor release, is free of a weakness.
    fn mended_in(
        &self,
        streams: &[String],
        ecosystem: &Ecosystem,
        name: &str,
        weakness: u32,
        worked: &Worked<'_>,
    ) -> Result<bool, Damaged> {
        for stream in streams {
            let entries = self.entries_named(stream, ecosystem, name, &mut String::new())?;
            let (mut speaks, mut clear) = (false, true);
            self.walk(entries, worked, &mut |other| other != weakness, &mut |_, _, verdict| {
                speaks = true;
                clear &= matches!(verdict, Verdict::Clear);
                Ok(())
            })?;
            if speaks && clear {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// An entry that could not be judged, in words.
    pub fn unjudged_by(&self, at: EntryRef, why: Why) -> Option<Unjudged> {
        let entry = self.entry(at.0)?;
        let reason = match why {
            Why::Record => self.text(entry.reason.0, entry.reason.1)?,
            Why::Stream => "it is about one module stream, and nothing says which is installed",
            Why::Epoch => "one of the two versions is written without its epoch",
            Why::Entitlement => {
                "its fix is for whoever is entitled to it, and nothing says whether this host is"
            }
        };
        Some(Unjudged {
            weakness: WeaknessId(self.weakness_row(entry.weakness)?.id.into()),
            record: self.record(entry.record)?.id.into(),
            reason: reason.to_owned(),
        })
    }

    /// The greatest of the versions that fix these entries for a version; `None` where one of them
    /// has no fix. For packages that must not be lifted into another stream.
    pub fn fixed_within(
        &self,
        ecosystem: &Ecosystem,
        version: &str,
        entries: &[EntryRef],
    ) -> Option<String> {
        let mut key = Vec::new();
        if !version::order_of(ecosystem)?.key(version, &mut key) {
            return None;
        }
        let mut greatest: Option<(&[u8], &str)> = None;
        for at in entries {
            let (first, count) = self.entry(at.0)?.intervals;
            let fix = (first..first.saturating_add(count))
                .filter_map(|row| self.interval(row))
                .find(|i| i.end == End::Fixed && i.end.contains(i.low, i.high, &key))?;
            let fix = (fix.high, self.version_text(fix.high_version)?);
            greatest = greatest.max(Some(fix));
        }
        greatest.map(|(_, text)| text.to_owned())
    }
}

/// What was told so far.
struct Told<'t> {
    unjudged: u32,
    said: &'t mut dyn FnMut(Said),
}

impl Told<'_> {
    fn tell(&mut self, entry: &Entry, row: u32, verdict: Verdict) {
        match verdict {
            Verdict::Clear => {}
            Verdict::Affected => {
                let hit = Hit { weakness: WeaknessRef(entry.weakness), entry: EntryRef(row) };
                (self.said)(Said::Hit(hit));
            }
            Verdict::Cannot(why) => {
                self.unjudged += 1;
                (self.said)(Said::Unjudged { entry: EntryRef(row), why });
            }
        }
    }
}
