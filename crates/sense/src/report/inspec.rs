//! InSpec's and CINC Auditor's JSON: the reporters `json` and `json-min`, and the Heimdall data
//! format, which is the former with more in it.
//!
//! Knows profiles, controls and the results of a control; what a test says of its own source is
//! passed over. Control: <https://docs.chef.io/inspec/reporters/>.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{About, Named, Severity, TestResult, Timestamp};

use super::cursor::At;
use super::inspec_item::{Control, Outcome, Platform, Row};
use super::items::{Items, ReadItems};
use super::json::{Event, Item, Take};
use super::say::{Say, Wrong};
use super::stream::Input;
use super::tested::{Draft, Suite, scheme};
use super::{Stream, StreamReader, claim, holds, item, sentence, unpacked};
use crate::Claim;

/// Reads InSpec's JSON.
pub(super) struct Inspec;

static ABOUT: About = About {
    id: "inspec",
    title: "InSpec and CINC Auditor (JSON, json-min)",
    text: "What each control of each profile came to: failed where one of its tests failed, else \
           not assessed where one was skipped or ended with an error, else passed. A waiver dismisses \
           a failed control, with its reason. Controls of the DevSec baselines are known by their \
           ids, others by the tags `holdfast`, `devsec`, `cis`, `stig_id`, `cce`, `lynis` and \
           `ssg`; their ids have the name of their profile in front, within which they are unique. \
           A profile that did not run is not assessed.",
    file: file!(),
};

impl StreamReader for Inspec {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, head: &[u8]) -> Claim {
        let head = unpacked(head);
        let has = |key: &str| holds(&head, key);
        let whole = has("\"profiles\"") && (has("\"platform\"") || has("\"controls\""));
        let short = has("\"controls\"") && has("\"profile_id\"");
        let content = head.starts_with(b"{") && (whole || short);
        claim(path, content, &["inspec.json", "inspec-report.json", "cinc.json"])
    }

    fn start(&self, path: &Arc<str>) -> Box<dyn Stream> {
        let reader = Reader { path: Arc::clone(path), ..Reader::default() };
        Input::start(Items::new(select, reader), path)
    }
}

fn select(path: &str) -> Take {
    match path {
        "profiles"
        | "profiles[]"
        | "profiles[].controls"
        | "profiles[].depends"
        | "profiles[].depends[]"
        | "controls" => Take::Into,
        "platform"
        | "version"
        | "profiles[].name"
        | "profiles[].parent_profile"
        | "profiles[].depends[].name"
        | "profiles[].status"
        | "profiles[].status_message"
        | "profiles[].skip_message"
        | "profiles[].controls[]"
        | "controls[]" => Take::Item,
        _ => Take::Skip,
    }
}

/// The baselines of DevSec: their ids are the ones that our controls refer to, and the impact of
/// nearly all of their controls is 1.0, which therefore says nothing.
const DEVSEC: [&str; 3] = ["linux-baseline", "ssh-baseline", "cis-docker-benchmark"];

/// What Holdfast's own reports call their profiles: these ids are our own, whichever command wrote them.
const OURS: [&str; 3] = ["holdfast-audit", "holdfast-check", "holdfast-up"];

/// Of so many profiles it is known at most that one includes the other. What more of them list
/// without having run it is told as that.
const MOST_KIN: usize = 1_000;

/// So many controls wait at most: for the name of their profile, or for another profile of the
/// same report that ran them.
const WAITING: usize = 20_000;

#[derive(Default)]
struct Reader {
    path: Arc<str>,
    /// Whether anything says that this is such a report.
    called: bool,
    named: Named,
    version: String,
    profile: Profile,
    /// What is read, until the end: who speaks of whom may stand behind it.
    drafts: Vec<Draft>,
    /// Controls without results by profile and id, which another profile of the report may have
    /// run: one that includes them does.
    idle: Vec<(String, String, Draft)>,
    ran: BTreeSet<(String, String)>,
    /// Profiles of which one includes the other.
    kin: Vec<(String, String)>,
    /// Rows of one control of `json-min`, which stand one behind the other.
    rows: Option<(String, String, Draft)>,
    at: Option<Timestamp>,
    too_many: bool,
}

#[derive(Default)]
struct Profile {
    name: String,
    status: String,
    message: String,
    at: Option<At>,
    /// From which of the drafts on they are its own.
    first: usize,
    /// Its controls without results.
    idle: Vec<Draft>,
    /// Profiles that it includes, or that include it.
    kin: Vec<String>,
}

impl ReadItems for Reader {
    fn take(&mut self, event: Event<'_>, say: &mut Say<'_>) {
        match event {
            Event::Open("profiles" | "controls") => self.called = true,
            Event::Open("profiles[]") => {
                self.profile = Profile { first: self.drafts.len(), ..Profile::default() };
            }
            Event::Close("profiles[]") => self.close_profile(say),
            Event::Open(_) | Event::Close(_) => {}
            Event::Item(path, item) => self.item(path, &item, say),
            Event::Wrong(wrong) => say.wrong(wrong),
        }
    }

    fn end(&mut self, say: &mut Say<'_>) {
        self.close_row();
        if !self.called {
            let message = "this document does not say that InSpec wrote it";
            let wrong = Wrong::loss("report-version-unknown", At::START, message);
            say.wrong(wrong.help("write it with `inspec exec PROFILE --reporter json`"));
        }
        let name = if self.named.name.is_empty() { &self.path } else { &self.named.name };
        let mut suite = Suite::of(name);
        suite.at = self.at;
        suite.report("inspec", &self.version, say);
        suite.named(std::mem::take(&mut self.named), say);
        for draft in std::mem::take(&mut self.drafts) {
            suite.test(draft, say);
        }
        let heads = heads(&self.kin);
        let head = |profile: &str| {
            let name = last(profile);
            heads.get(name).cloned().unwrap_or_else(|| name.to_owned())
        };
        let mut told: BTreeSet<(String, String)> =
            self.ran.iter().map(|(profile, id)| (head(profile), id.clone())).collect();
        for (profile, id, draft) in std::mem::take(&mut self.idle) {
            if told.insert((head(&profile), id)) {
                suite.test(draft, say);
            }
        }
        suite.covered(!say.told.partial, say);
    }
}

impl Reader {
    fn item(&mut self, path: &str, item: &Item<'_>, say: &mut Say<'_>) {
        let mut spare = String::new();
        let text = |item: &Item<'_>| sentence(&item::scalar(item));
        match path {
            "platform" => {
                if let Some(platform) = item::read::<Platform<'static>>(item, &mut spare, say) {
                    self.named = named(&platform.target_id);
                }
            }
            "version" => self.version = text(item),
            "profiles[].name" => {
                self.profile.name = text(item);
                self.profile.at = Some(item.at);
            }
            "profiles[].parent_profile" | "profiles[].depends[].name"
                if self.profile.kin.len() < MOST_KIN =>
            {
                self.profile.kin.push(text(item));
            }
            "profiles[].status" => self.profile.status = text(item),
            "profiles[].status_message" => self.profile.message = text(item),
            "profiles[].skip_message" if self.profile.message.is_empty() => {
                self.profile.message = text(item);
            }
            "profiles[].controls[]" => {
                if let Some(control) = item::read::<Control<'static>>(item, &mut spare, say) {
                    self.control(&control, item.at, say);
                }
            }
            "controls[]" => {
                if let Some(row) = item::read::<Row<'static>>(item, &mut spare, say) {
                    self.row(&row, item.at, say);
                }
            }
            _ => {}
        }
    }

    fn control(&mut self, control: &Control<'_>, at: At, say: &mut Say<'_>) {
        if control.id.trim().is_empty() {
            return nameless(at, say);
        }
        let (result, because) = came_to(control);
        let mut draft = Draft::new(control.id.trim(), result, say.place(at));
        draft.title = first(&[&control.title, &control.desc]);
        draft.severity = of_impact(control.impact.as_ref());
        draft.because = because;
        if let Some(waiver) = control.waiver() {
            draft.dismissed = waiver;
        }
        for (name, value) in &control.tags {
            let Some(scheme) = scheme(name) else { continue };
            match value {
                serde_json::Value::String(id) => draft.also(scheme, id),
                serde_json::Value::Array(ids) => {
                    ids.iter()
                        .filter_map(serde_json::Value::as_str)
                        .for_each(|id| draft.also(scheme, id));
                }
                _ => {}
            }
        }
        let times = control.results.iter().filter_map(|one| Timestamp::parse(&one.start_time));
        self.at = self.at.max(times.max());
        if self.full(at, say) {
            return;
        }
        if control.results.is_empty() && control.status.is_empty() {
            self.profile.idle.push(draft);
        } else {
            self.drafts.push(draft);
        }
    }

    /// Whether no more can wait, which is said once.
    fn full(&mut self, at: At, say: &mut Say<'_>) -> bool {
        let idle = self.idle.len() + self.profile.idle.len();
        let full = self.drafts.len() + idle >= WAITING;
        if full && !std::mem::replace(&mut self.too_many, true) {
            let message = format!("this report holds more than {WAITING} controls");
            let wrong = Wrong::loss("report-too-many", at, message);
            say.wrong(wrong.help("let each profile write a report of its own"));
        }
        full
    }

    fn close_profile(&mut self, say: &mut Say<'_>) {
        let profile = std::mem::take(&mut self.profile);
        for draft in self.drafts.iter_mut().skip(profile.first) {
            self.ran.insert((profile.name.clone(), draft.id.clone()));
            known_by_profile(draft, &profile.name);
        }
        for mut draft in profile.idle {
            let id = draft.id.clone();
            known_by_profile(&mut draft, &profile.name);
            self.idle.push((profile.name.clone(), id, draft));
        }
        for other in profile.kin.iter().filter(|other| !other.is_empty()) {
            if self.kin.len() < MOST_KIN {
                self.kin.push((last(&profile.name).to_owned(), last(other).to_owned()));
            }
        }
        let idle = matches!(profile.status.as_str(), "skipped" | "failed");
        if let Some(at) = profile.at.filter(|_| idle && profile.first == self.drafts.len()) {
            let id = format!("profile {}", profile.name);
            let mut draft = Draft::new(&id, TestResult::NotAssessed, say.place(at));
            draft.because = match profile.message.as_str() {
                "" => format!("the profile was {}", profile.status),
                message => message.to_owned(),
            };
            self.drafts.push(draft);
        }
    }

    /// A row of `json-min`: one result of a control.
    fn row(&mut self, row: &Row<'_>, at: At, say: &mut Say<'_>) {
        if row.id.trim().is_empty() {
            return nameless(at, say);
        }
        let one = outcome(&row.status);
        let because = first(&[&row.message, &row.skip_message, &row.code_desc]);
        let same = |(profile, id, _): &&mut (String, String, Draft)| {
            *profile == *row.profile_id && *id == row.id.trim()
        };
        if let Some((_, _, draft)) = self.rows.as_mut().filter(|rows| same(rows)) {
            if worse(one, draft.result) {
                draft.result = one;
                draft.because = because;
            }
            return;
        }
        self.close_row();
        if self.full(at, say) {
            return;
        }
        let mut draft = Draft::new(row.id.trim(), one, say.place(at));
        draft.title = first(&[&row.code_desc]);
        draft.because = if one == TestResult::Passed { String::new() } else { because };
        self.rows = Some((row.profile_id.to_string(), draft.id.clone(), draft));
    }

    fn close_row(&mut self) {
        if let Some((profile, _, mut draft)) = self.rows.take() {
            known_by_profile(&mut draft, &sentence(&profile));
            self.drafts.push(draft);
        }
    }
}

fn nameless(at: At, say: &mut Say<'_>) {
    let wrong = Wrong::loss("report-item", at, "this control has no `id`");
    say.wrong(wrong.help("let the tool write this report again"));
}

/// What is known of the system: an id of the tool's own, or the name under which it was reached.
fn named(target: &str) -> Named {
    let target = sentence(target);
    let full = target.contains('.') && !target.contains([' ', '/', ':']);
    let full_names = if full { vec![target.to_ascii_lowercase().into()] } else { Vec::new() };
    let agent_id = if full { "".into() } else { target.as_str().into() };
    Named { name: target.into(), agent_id, full_names, ..Named::default() }
}

/// The name of a profile without that of its owner, which other profiles leave out.
fn last(profile: &str) -> &str {
    profile.rsplit('/').next().unwrap_or(profile)
}

/// For each profile that another one includes, at whatever remove, the same name of all of them.
fn heads(kin: &[(String, String)]) -> BTreeMap<String, String> {
    let mut families: Vec<BTreeSet<&str>> = Vec::new();
    for (one, other) in kin {
        let mut family = BTreeSet::from([one.as_str(), other.as_str()]);
        families.retain(|known| {
            let apart = known.is_disjoint(&family);
            if !apart {
                family.extend(known.iter().copied());
            }
            apart
        });
        families.push(family);
    }
    let mut heads = BTreeMap::new();
    for family in &families {
        let Some(head) = family.first() else { continue };
        heads.extend(family.iter().map(|name| ((*name).to_owned(), (*head).to_owned())));
    }
    heads
}

/// What the profile says of its control: an id is unique within its profile only, but those of
/// DevSec and our own mean the same wherever they stand.
fn known_by_profile(draft: &mut Draft, profile: &str) {
    if DEVSEC.contains(&last(profile)) {
        let id = draft.id.clone();
        draft.also("devsec", &id);
        draft.severity = draft.severity.min(Severity::Soon);
    } else if !profile.is_empty() && !OURS.contains(&profile) {
        if draft.title.is_empty() {
            draft.title.clone_from(&draft.id);
        }
        draft.id = format!("{profile}/{}", draft.id);
    }
}

/// An impact from 0 to 1, or a word of the same scale.
fn of_impact(impact: Option<&serde_json::Value>) -> Severity {
    match impact {
        Some(serde_json::Value::String(word)) => super::severity::of_word(word),
        Some(value) => {
            value.as_f64().map_or(Severity::Soon, |impact| super::severity::of_score(impact * 10.0))
        }
        None => Severity::Soon,
    }
}

/// What a control came to, and why.
fn came_to(control: &Control<'_>) -> (TestResult, String) {
    let waived = control.waiver();
    if &*control.status == "not_applicable" {
        let reason = control.results.iter().map(reason).find(|text| !text.is_empty());
        return (TestResult::NotApplicable, reason.unwrap_or_default());
    }
    let worst = control.results.iter().map(|one| (result(one), one));
    let worst = worst.reduce(|a, b| if worse(b.0, a.0) { b } else { a });
    match worst {
        None => {
            let why = waived.unwrap_or_else(|| "no result is given for it".to_owned());
            (TestResult::NotAssessed, why)
        }
        Some((TestResult::Passed, _)) => (TestResult::Passed, String::new()),
        Some((result, one)) => {
            let reason = reason(one);
            (result, if reason.is_empty() { waived.unwrap_or_default() } else { reason })
        }
    }
}

fn reason(one: &Outcome<'_>) -> String {
    first(&[&one.skip_message, &one.message, &one.code_desc])
}

/// The result of one test of a control. A test that ended with an exception did not fail.
fn result(one: &Outcome<'_>) -> TestResult {
    let broke = !one.exception.is_empty() && !one.exception.contains("ExpectationNotMet");
    match outcome(&one.status) {
        TestResult::Failed if broke => TestResult::NotAssessed,
        other => other,
    }
}

fn outcome(status: &str) -> TestResult {
    match status {
        "passed" => TestResult::Passed,
        "failed" => TestResult::Failed,
        "not_applicable" => TestResult::NotApplicable,
        _ => TestResult::NotAssessed,
    }
}

/// Whether a result decides before another one: what failed, then what is not known.
fn worse(one: TestResult, other: TestResult) -> bool {
    let rank = |result| match result {
        TestResult::Failed => 3,
        TestResult::NotAssessed => 2,
        TestResult::Passed => 1,
        TestResult::NotApplicable => 0,
    };
    rank(one) > rank(other)
}

fn first(texts: &[&str]) -> String {
    texts.iter().map(|text| sentence(text)).find(|text| !text.is_empty()).unwrap_or_default()
}
