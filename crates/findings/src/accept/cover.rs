//! The one matcher: which findings are accepted, and which acceptances are not what they were.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{
    Acceptance, Anchor, Finding, FindingKind, FixKind, Instance, LocalKey, Place, Severity,
    SeverityStep, State, Timestamp, Weakness, WeaknessId, Witness,
};
use jiff::tz::TimeZone;

use super::item_of;
use crate::join::OWN_ENGINE;
use crate::{Scope, Sighting, Unread, alias, locus};

/// For how many days a comment may accept.
const REQUEST_DAYS: u32 = 90;

/// Under which terms acceptances hold.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The time.
    pub now: Timestamp,
    /// The team's zone, for the dates that are shown.
    pub zone: &'a TimeZone,
    /// Whether the appetite lets one person both own and approve.
    pub one_person: bool,
}

/// A guardrail about acceptances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guardrail {
    /// Its id, which is the weakness id of its findings.
    pub id: &'static str,
    /// One sentence.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// How soon it should be seen to.
    pub severity: Severity,
}

const EXPIRED: Guardrail = Guardrail {
    id: "acceptance-expired",
    title: "An acceptance has ended",
    why: "Somebody promised to look again by that day; what it covered counts as open.",
    severity: Severity::Soon,
};
const UNAPPROVED: Guardrail = Guardrail {
    id: "acceptance-unapproved",
    title: "An acceptance waits for a second person",
    why: "It covers nothing until somebody other than its owner approves it.",
    severity: Severity::Soon,
};
const UNUSED: Guardrail = Guardrail {
    id: "acceptance-unused",
    title: "An acceptance covers nothing",
    why: "Left in place, it would hide the same problem when it comes back.",
    severity: Severity::WhenYouCan,
};
const OUTGROWN: Guardrail = Guardrail {
    id: "acceptance-outgrown",
    title: "An acceptance was for other versions",
    why: "What was accepted has changed since; it has to be judged anew.",
    severity: Severity::WhenYouCan,
};

/// Every guardrail about acceptances and statements.
pub const GUARDRAILS: &[Guardrail] =
    &[EXPIRED, UNAPPROVED, UNUSED, OUTGROWN, super::stated::UNAPPROVED];

/// What became of the acceptances. Each stands in one list, apart from one that still covers one
/// finding and is broken at another, which is both used and anchor-broken.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Covered {
    /// Cover at least one finding.
    pub used: Vec<Acceptance>,
    /// Match no finding of this look.
    pub unused: Vec<Acceptance>,
    /// Ended.
    pub expired: Vec<Acceptance>,
    /// Lack an approver other than the owner.
    pub unapproved: Vec<Acceptance>,
    /// Match a finding with versions that they are not anchored to.
    pub anchor_broken: Vec<Acceptance>,
    /// Why each finding that an acceptance matches is accepted, or is not, in words.
    pub notes: BTreeMap<LocalKey, String>,
    /// Accepted findings that only one person answers for.
    pub by_one: BTreeSet<LocalKey>,
    /// Findings that were accepted and are not any more: the last day is over, or it was for
    /// other versions.
    pub ended: BTreeSet<LocalKey>,
    pub(super) told: Vec<Told>,
}

/// What a guardrail says of one acceptance or one author.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Told {
    pub(super) guardrail: Guardrail,
    pub(super) title: String,
    pub(super) place: Place,
    /// What names it within its file.
    pub(super) item: String,
    pub(super) subject: Arc<str>,
}

/// Gives every covered finding the state `Accepted`.
///
/// An acceptance matches by local key, or by weakness id and subject; under every name of the
/// weakness, since names change when a number is assigned. It covers while its last day lasts,
/// if it is approved, and if all versions at the locus are among those that it is anchored to.
pub fn cover(findings: &mut [Finding], acceptances: &[Acceptance], terms: &Terms<'_>) -> Covered {
    let index = Index::of(acceptances);
    let mut covered = Covered::default();
    let mut fates: Vec<Fate> = acceptances.iter().map(|_| Fate::default()).collect();
    for finding in findings.iter_mut().filter(|finding| finding.state == State::Open) {
        let mut because = None;
        for at in index.matching(finding, acceptances) {
            let (Some(acceptance), Some(fate)) = (acceptances.get(at), fates.get_mut(at)) else {
                continue;
            };
            fate.matched = true;
            match refusal(acceptance, finding, terms) {
                None => {
                    fate.used = true;
                    if finding.state == State::Open {
                        finding.state = State::Accepted;
                        because = Some(granted(acceptance, terms));
                        if by_one(acceptance) {
                            covered.by_one.insert(finding.local);
                        }
                    }
                }
                Some(Refusal { why, outgrown }) => {
                    if outgrown || terms.now >= acceptance.until {
                        covered.ended.insert(finding.local);
                    }
                    if outgrown {
                        fate.outgrown.get_or_insert_with(|| why.clone());
                    }
                    because.get_or_insert(why);
                }
            }
        }
        if finding.state == State::Accepted {
            covered.ended.remove(&finding.local);
        }
        if let Some(because) = because {
            covered.notes.insert(finding.local, because);
        }
    }
    for (acceptance, fate) in acceptances.iter().zip(fates) {
        covered.sort_in(acceptance, fate, terms);
    }
    covered
}

#[derive(Default)]
struct Fate {
    matched: bool,
    used: bool,
    outgrown: Option<String>,
}

/// Acceptances by what they name, so that ten thousand findings do not ask each of them.
struct Index<'a> {
    by_key: BTreeMap<LocalKey, Vec<usize>>,
    by_name: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Index<'a> {
    fn of(acceptances: &'a [Acceptance]) -> Self {
        let mut index = Self { by_key: BTreeMap::new(), by_name: BTreeMap::new() };
        for (at, acceptance) in acceptances.iter().enumerate() {
            match LocalKey::parse(&acceptance.covers) {
                Some(key) => index.by_key.entry(key).or_default().push(at),
                None => index.by_name.entry(&acceptance.covers).or_default().push(at),
            }
        }
        index
    }

    /// In the order of the file.
    fn matching(&self, finding: &Finding, acceptances: &[Acceptance]) -> BTreeSet<usize> {
        let weakness = &finding.weakness;
        let names = std::iter::once(&*weakness.id.0).chain(weakness.aliases.iter().map(|a| &**a));
        let by_name = names.filter_map(|name| self.by_name.get(name));
        let keys = (!self.by_key.is_empty()).then(|| alias::local_keys(finding));
        let by_key = keys.into_iter().flatten().filter_map(|key| self.by_key.get(&key));
        by_name
            .chain(by_key)
            .flatten()
            .copied()
            .filter(|at| {
                acceptances
                    .get(*at)
                    .is_some_and(|one| one.subject.is_empty() || one.subject == finding.subject)
            })
            .collect()
    }
}

struct Refusal {
    why: String,
    outgrown: bool,
}

/// Why an acceptance that matches a finding does not cover it.
fn refusal(acceptance: &Acceptance, finding: &Finding, terms: &Terms<'_>) -> Option<Refusal> {
    if terms.now >= acceptance.until {
        let why = format!("the acceptance ended on {}", last_day(acceptance, terms));
        return Some(Refusal { why, outgrown: false });
    }
    if by_one(acceptance) && !terms.one_person {
        let why = "the acceptance waits for an approver other than its owner".to_owned();
        return Some(Refusal { why, outgrown: false });
    }
    if acceptance.request {
        let why = if finding.severity == Severity::Now {
            "a comment cannot accept what is urgent now"
        } else if acceptance.until > terms.now.plus_days(REQUEST_DAYS) {
            "a comment cannot accept for more than 90 days"
        } else {
            return None;
        };
        return Some(Refusal { why: why.to_owned(), outgrown: false });
    }
    let Some(Anchor::Versions(anchored)) = &acceptance.anchor else { return None };
    let others: BTreeSet<&str> = finding
        .instances
        .iter()
        .filter(|instance| !instance.version.as_ref().is_some_and(|v| anchored.contains(v)))
        .map(|instance| instance.version.as_deref().unwrap_or("without a version"))
        .collect();
    if others.is_empty() {
        return None;
    }
    let why = format!(
        "the acceptance ended: it was for {}, and {} is there now",
        listed(anchored.iter().map(|version| &**version)),
        listed(others.into_iter()),
    );
    Some(Refusal { why, outgrown: true })
}

fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(" and ")
}

/// Whether nobody but the owner said yes. `@Ada` and `ada` are one person.
fn by_one(acceptance: &Acceptance) -> bool {
    let person = |name: &str| name.trim().trim_start_matches('@').to_lowercase();
    acceptance.approver.as_deref().is_none_or(|approver| {
        let approver = person(approver);
        approver.is_empty() || approver == person(&acceptance.owner)
    })
}

fn granted(acceptance: &Acceptance, terms: &Terms<'_>) -> String {
    let approver = match &acceptance.approver {
        Some(approver) if !by_one(acceptance) => approver.as_str(),
        _ => "one",
    };
    format!(
        "accepted until {} by {}, approved by {approver}: {}",
        last_day(acceptance, terms),
        acceptance.owner,
        acceptance.reason,
    )
}

/// The last day on which it holds, as people wrote it.
fn last_day(acceptance: &Acceptance, terms: &Terms<'_>) -> String {
    let last = jiff::Timestamp::from_millisecond(acceptance.until.0.saturating_sub(1));
    match last {
        Ok(last) => last.to_zoned(terms.zone.clone()).date().to_string(),
        Err(_) => acceptance.until.date(),
    }
}

impl Covered {
    fn sort_in(&mut self, acceptance: &Acceptance, fate: Fate, terms: &Terms<'_>) {
        let what = what(acceptance);
        let mut tell = |guardrail: Guardrail, title: String| {
            self.told.push(Told {
                guardrail,
                title,
                place: acceptance.place.clone(),
                item: item_of(acceptance),
                subject: Arc::clone(&acceptance.covers),
            });
        };
        if terms.now >= acceptance.until {
            let day = last_day(acceptance, terms);
            tell(EXPIRED, format!("the acceptance of {what} ended on {day}"));
            self.expired.push(acceptance.clone());
        } else if !fate.matched {
            tell(UNUSED, format!("the acceptance of {what} covers nothing{}", hint(acceptance)));
            self.unused.push(acceptance.clone());
        } else if by_one(acceptance) && !terms.one_person {
            tell(UNAPPROVED, format!("the acceptance of {what} waits for a second person"));
            self.unapproved.push(acceptance.clone());
        } else {
            if let Some(why) = fate.outgrown {
                tell(OUTGROWN, format!("{what}: {why}"));
                self.anchor_broken.push(acceptance.clone());
            }
            if fate.used {
                self.used.push(acceptance.clone());
            }
        }
    }

    /// Guardrail sightings about the acceptances, and what could not be judged about them.
    ///
    /// `complete` says that the look saw everything: only then does matching nothing mean that an
    /// acceptance is unused. Otherwise, findings that said so before are to be left unproven.
    pub fn report(&self, complete: bool) -> (Vec<Sighting>, Vec<Unread>) {
        let told = |guardrail: &Guardrail| complete || guardrail.id != UNUSED.id;
        let sightings = self.told.iter().filter(|one| told(&one.guardrail)).map(sighting).collect();
        let files: BTreeSet<&Arc<str>> = self
            .told
            .iter()
            .filter(|one| !told(&one.guardrail))
            .map(|one| &one.place.path)
            .collect();
        let because = "not everything was seen that an acceptance may cover";
        let unread = |path: &Arc<str>| Unread {
            scope: Scope::Path(Arc::clone(path)),
            because: because.to_owned(),
        };
        (sightings, files.into_iter().map(unread).collect())
    }
}

fn what(acceptance: &Acceptance) -> String {
    if acceptance.subject.is_empty() {
        format!("`{}`", acceptance.covers)
    } else {
        format!("`{}` in `{}`", acceptance.covers, acceptance.subject)
    }
}

/// A short key looks like a name that nothing has.
fn hint(acceptance: &Acceptance) -> &'static str {
    let short = acceptance.covers.len() < 26
        && acceptance.covers.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if short { "; keys are written in full" } else { "" }
}

fn sighting(told: &Told) -> Sighting {
    let Told { guardrail, title, place, item, subject } = told;
    Sighting {
        kind: FindingKind::Guardrail,
        weakness: Weakness {
            id: WeaknessId(guardrail.id.into()),
            aliases: Vec::new(),
            title: guardrail.title.to_owned(),
            cvss: None,
            epss: None,
            exploited: false,
            informational: None,
            malicious: false,
            epss_at: None,
            published_by: vec![OWN_ENGINE.into()],
        },
        locus: locus::file_item(&place.path, item),
        title: title.clone(),
        severity: guardrail.severity,
        severity_steps: vec![SeverityStep {
            severity: guardrail.severity,
            because: "stated by the guardrail".to_owned(),
        }],
        subject: Arc::clone(subject),
        instance: Instance { version: None, place: place.clone(), fixed_in: None },
        witness: Witness { engine: OWN_ENGINE.into(), name: guardrail.id.into() },
        direct: None,
        dev: false,
        fix: FixKind::None,
    }
}

#[cfg(test)]
mod tests;
