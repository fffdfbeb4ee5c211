//! The rules that came along: appetite presets, controls and starter advisories, and their tests.

use std::collections::BTreeMap;

use holdfast_advisories::starter;
use holdfast_decide::{Appetite, presets};
use holdfast_findings::accept::GUARDRAILS;
use holdfast_model::{Problem, Severity};
use holdfast_posture::built_in;
use serde::Serialize;

use crate::controls::Controls;
use crate::index_file::STARTER;

/// The kinds of rules that there are today.
pub const KINDS: [&str; 4] = ["advisory", "appetite", "control", "guardrail"];

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
}

/// Every rule, by kind and id.
pub fn list() -> Vec<Rule> {
    let mut rules: Vec<Rule> = STARTER
        .iter()
        .filter_map(|(path, text)| {
            let rule = starter::parse(&(*path).into(), text).0?;
            Some(Rule {
                id: rule.id,
                title: rule.title,
                kind: "advisory",
                severity: Some(if rule.exploited { Severity::Now } else { Severity::Soon }),
                refs: BTreeMap::from([("aliases".to_owned(), rule.aliases)]),
                file: (*path).to_owned(),
            })
        })
        .collect();
    rules.extend(Controls::read(None).list.into_iter().map(|control| Rule {
        id: control.id.to_string(),
        title: control.title,
        kind: "control",
        severity: Some(control.severity),
        refs: control.refs,
        file: control.place.path.to_string(),
    }));
    rules.extend(presets().iter().map(|(name, text)| Rule {
        id: (*name).to_owned(),
        title: purpose(text),
        kind: "appetite",
        severity: None,
        refs: BTreeMap::new(),
        file: format!("rules/appetite/{name}.yaml"),
    }));
    rules.extend(GUARDRAILS.iter().map(|guardrail| Rule {
        id: guardrail.id.to_owned(),
        title: guardrail.title.to_owned(),
        kind: "guardrail",
        severity: Some(guardrail.severity),
        refs: BTreeMap::new(),
        file: "crates/findings/src/accept/cover.rs".to_owned(),
    }));
    rules.push(Rule {
        id: crate::check::RULES_CHANGED.to_owned(),
        title: "A change alters the rules that it is judged by".to_owned(),
        kind: "guardrail",
        severity: Some(Severity::WhenYouCan),
        refs: BTreeMap::new(),
        file: "crates/engine/src/check.rs".to_owned(),
    });
    rules
}

/// The comment at the head of a preset, which says what it is for.
fn purpose(text: &str) -> String {
    let lines = text.lines().take_while(|line| line.starts_with('#'));
    let words: Vec<&str> = lines.map(|line| line.trim_start_matches('#').trim()).collect();
    let all = words.join(" ");
    all.split_once(". ").map_or(all.clone(), |(first, _)| first.to_owned() + ".")
}

/// What came of running tests inside rules.
#[derive(Debug, Default)]
pub struct Tested {
    /// Rules that were tested.
    pub rules: u64,
    /// Examples that were run.
    pub tests: u64,
    /// Those that did not come out as they say, and rules that cannot be read.
    pub failed: Vec<Problem>,
}

/// Runs the tests of every rule.
pub fn test_all() -> Tested {
    let mut tested = Tested::default();
    for (path, text) in STARTER {
        test_advisory(path, text, &mut tested);
    }
    for (path, text) in built_in() {
        test_control(path, text, &mut tested);
    }
    for (name, text) in presets() {
        test_appetite(&format!("rules/appetite/{name}.yaml"), text, &mut tested);
    }
    tested
}

/// Runs the tests of one file: an advisory, a control or an appetite.
pub fn test_file(path: &str, text: &str) -> Tested {
    let mut tested = Tested::default();
    if text.lines().any(|line| line.starts_with("lines:")) {
        test_appetite(path, text, &mut tested);
    } else if text.lines().any(|line| line.starts_with("ensure:")) {
        test_control(path, text, &mut tested);
    } else {
        test_advisory(path, text, &mut tested);
    }
    tested
}

fn test_advisory(path: &str, text: &str, tested: &mut Tested) {
    tested.rules += 1;
    let (rule, problems) = starter::parse(&path.into(), text);
    tested.failed.extend(problems);
    if let Some(rule) = rule {
        tested.tests += rule.tests() as u64;
        tested.failed.extend(starter::run_tests(&rule));
    }
}

fn test_control(path: &str, text: &str, tested: &mut Tested) {
    tested.rules += 1;
    let (control, problems) = holdfast_posture::read(&path.into(), text);
    tested.failed.extend(problems);
    if let Some(control) = control {
        tested.tests += control.examples.len() as u64;
        tested.failed.extend(holdfast_posture::run_tests(&control));
    }
}

fn test_appetite(path: &str, text: &str, tested: &mut Tested) {
    tested.rules += 1;
    let (appetite, problems) = Appetite::read(&path.into(), text);
    tested.failed.extend(problems);
    if let Some(appetite) = appetite {
        tested.tests += appetite.examples.len() as u64;
        tested.failed.extend(holdfast_decide::run_tests(&appetite));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_passes_its_own_tests() {
        let tested = test_all();
        assert!(tested.failed.is_empty(), "{:#?}", tested.failed);
        assert!(tested.rules >= 30 && tested.tests > tested.rules);
    }

    #[test]
    fn ids_are_unique_and_equal_to_file_names() {
        let rules = list();
        let mut ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
        ids.sort_unstable();
        let all = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), all);
        for rule in rules.iter().filter(|rule| rule.file.starts_with("rules/")) {
            assert!(
                rule.file.ends_with(&format!("/{}.yaml", rule.id.to_lowercase())),
                "{}",
                rule.file
            );
            assert!(!rule.title.is_empty(), "{}", rule.file);
        }
    }
}
