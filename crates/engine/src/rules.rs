//! Every rule that there is: starter advisories, appetite presets, controls, rules over events,
//! guardrails, objectives and practices. Those that came along, and those that a folder keeps for
//! itself.

mod tested;

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_advisories::feeds::KINDS as FEED_RISKS;
use holdfast_advisories::starter;
use holdfast_decide::{Practice, presets};
use holdfast_findings::accept::GUARDRAILS;
use holdfast_learn::Goal;
use holdfast_learn::goal::OBJECTIVES;
use holdfast_model::{Problem, Severity};
use holdfast_posture::{Baseline, Baselines, Control};
use serde::Serialize;

use crate::controls::Controls;
use crate::event_rules;
use crate::gather::Tree;
use crate::index_file::STARTER;
use crate::mending;
use crate::practices::Practices;

pub use tested::{Tested, test_all, test_file};

/// The kinds of rules that there are today.
pub const KINDS: [&str; 9] = [
    "advisory",
    "appetite",
    "baseline",
    "control",
    "event",
    "feed",
    "guardrail",
    "objective",
    "practice",
];

/// One rule.
#[derive(Debug, Clone, Serialize)]
pub struct Rule {
    /// Its id, which is its file's name.
    pub id: String,
    /// One sentence.
    pub title: String,
    /// One of [`KINDS`].
    pub kind: &'static str,
    /// Where the kind has one.
    pub severity: Option<Severity>,
    /// Its names elsewhere, by who gave them.
    pub refs: BTreeMap<String, Vec<String>>,
    /// Where it is written.
    pub file: String,
    /// Why it matters and what to do, in paragraphs; for `explain` and the reference pages.
    #[serde(skip)]
    pub more: Vec<String>,
}

/// Every rule that came along and, where a tree is given, those that it keeps for itself, with what
/// is wrong with those that cannot be used.
pub fn list(own: Option<&dyn Tree>) -> (Vec<Rule>, Vec<Problem>) {
    let mut rules: Vec<Rule> = STARTER.iter().filter_map(advisory).collect();
    rules.extend(presets().iter().map(appetite));
    let Controls { list, mut problems, baselines, .. } = Controls::read(own);
    rules.extend(baselines.list().map(|one| baseline(one, &baselines)));
    rules.extend(list.into_iter().map(control));
    let (events, told) = event_rules::of(own);
    problems.extend(told);
    let mut events: Vec<Rule> = events.iter().map(|(_, rule)| event(rule)).collect();
    events.sort_by(|a, b| a.id.cmp(&b.id));
    rules.extend(events);
    rules.extend(FEED_RISKS.iter().map(|risk| Rule {
        severity: Some(Severity::Soon),
        more: vec![risk.why.to_owned(), format!("{}.", risk.help)],
        ..Rule::new("feed", risk.id, risk.title, "crates/advisories/src/feeds.rs")
    }));
    rules.extend(GUARDRAILS.iter().map(|guardrail| Rule {
        severity: Some(guardrail.severity),
        ..Rule::new(
            "guardrail",
            guardrail.id,
            guardrail.title,
            "crates/findings/src/accept/cover.rs",
        )
    }));
    rules.push(Rule {
        severity: Some(Severity::WhenYouCan),
        ..Rule::new(
            "guardrail",
            crate::check::RULES_CHANGED,
            "A change alters the rules that it is judged by",
            "crates/engine/src/check.rs",
        )
    });
    rules.extend(objectives(own, &mut problems));
    let practices = Practices::read(own);
    rules.extend(practices.list.iter().map(practice));
    problems.extend(practices.problems);
    (rules, problems)
}

impl Rule {
    fn new(kind: &'static str, id: &str, title: &str, file: &str) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            kind,
            severity: None,
            refs: BTreeMap::new(),
            file: file.to_owned(),
            more: Vec::new(),
        }
    }
}

fn advisory((path, text): &(&str, &str)) -> Option<Rule> {
    let rule = starter::parse(&(*path).into(), text).0?;
    Some(Rule {
        severity: Some(if rule.exploited { Severity::Now } else { Severity::Soon }),
        refs: BTreeMap::from([("aliases".to_owned(), rule.aliases)]),
        ..Rule::new("advisory", &rule.id, &rule.title, path)
    })
}

fn control(control: Control) -> Rule {
    Rule {
        severity: Some(control.severity),
        refs: control.refs,
        more: vec![control.why],
        ..Rule::new("control", &control.id, &control.title, &control.place.path)
    }
}

fn baseline(baseline: &Baseline, all: &Baselines) -> Rule {
    let mut more = vec![baseline.why.clone()];
    let extends: Vec<String> = baseline.extends().map(|id| format!("`{id}`")).collect();
    if !extends.is_empty() {
        more.push(format!("It extends {}.", extends.join(", ")));
    }
    let settings: Vec<String> = baseline.settings().map(|name| format!("`{name}`")).collect();
    if !settings.is_empty() {
        more.push(format!("It declares the settings {}.", settings.join(", ")));
    }
    let controls: Vec<String> =
        all.controls_of(&baseline.id).iter().map(|id| format!("`{id}`")).collect();
    more.push(format!("It asks for {} controls: {}.", controls.len(), controls.join(", ")));
    Rule { more, ..Rule::new("baseline", &baseline.id, &baseline.title, &baseline.place.path) }
}

fn practice(practice: &Practice) -> Rule {
    let mut more = vec![practice.why.clone()];
    more.extend(practice.in_words().into_iter().map(|words| format!("{words}.")));
    Rule { more, ..Rule::new("practice", &practice.id, &practice.title, &practice.place.path) }
}

/// The goals of a folder, and the example that came along where the folder has none of its name.
fn objectives(own: Option<&dyn Tree>, problems: &mut Vec<Problem>) -> Vec<Rule> {
    let own = own.map(mending::own).unwrap_or_default();
    problems.extend(own.problems);
    let mut rules = Vec::new();
    for (path, text) in &own.files {
        let (goal, told) = Goal::read(path, text);
        problems.extend(told);
        rules.extend(goal.map(|goal| objective(&goal, path)));
    }
    for (path, text) in OBJECTIVES {
        let path = Arc::from(*path);
        let Some(goal) = Goal::read(&path, text).0 else { continue };
        if rules.iter().all(|rule| rule.id != goal.id) {
            let mut example = objective(&goal, &path);
            let says = "It is an example, by which nothing is judged: write your own into \
                        `.holdfast/objectives`.";
            example.more.push(says.to_owned());
            rules.push(example);
        }
    }
    rules
}

fn objective(goal: &Goal, path: &str) -> Rule {
    let more = vec![format!("{}.", goal.in_words())];
    Rule { more, ..Rule::new("objective", &goal.id, &goal.title, path) }
}

fn appetite((name, text): &(&str, &str)) -> Rule {
    Rule::new("appetite", name, &purpose(text), &format!("rules/appetite/{name}.yaml"))
}

fn event(rule: &holdfast_events::Rule) -> Rule {
    let mut more = vec![rule.description.clone()];
    if !rule.falsepositives.is_empty() {
        more.push(format!("It may be well: {}", rule.falsepositives.join(" ")));
    }
    if !rule.runbook.is_empty() {
        more.push(format!("What to do: {}", rule.runbook));
    }
    let source = &rule.source;
    let words = [&source.product, &source.category, &source.service].into_iter().flatten();
    let words: Vec<&str> = words.map(String::as_str).collect();
    let people = if rule.person { " by people" } else { "" };
    more.push(format!("Read from records of {}{people}.", words.join("/")));
    more.retain(|text| !text.is_empty());
    let refs = match rule.references.as_slice() {
        [] => BTreeMap::new(),
        pages => BTreeMap::from([("pages".to_owned(), pages.to_vec())]),
    };
    Rule {
        severity: Some(rule.severity),
        refs,
        more,
        ..Rule::new("event", &rule.id, &rule.title, rule.file())
    }
}

/// The comment at the head of a preset, which says what it is for.
fn purpose(text: &str) -> String {
    let lines = text.lines().take_while(|line| line.starts_with('#'));
    let words: Vec<&str> = lines.map(|line| line.trim_start_matches('#').trim()).collect();
    let all = words.join(" ");
    all.split_once(". ").map_or(all.clone(), |(first, _)| first.to_owned() + ".")
}

#[cfg(test)]
mod tests;
