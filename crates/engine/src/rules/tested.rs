//! The tests inside rules. Knows which room runs which; must not know what any of them asks.

use std::sync::Arc;

use holdfast_advisories::starter;
use holdfast_decide::{Appetite, PRACTICES, Practice, presets, run_practice_tests};
use holdfast_learn::Goal;
use holdfast_learn::goal::OBJECTIVES;
use holdfast_model::Problem;
use holdfast_posture::baseline::BUILT_IN;
use holdfast_posture::{Baselines, Settings, built_in};

use crate::controls::Controls;
use crate::gather::Tree;
use crate::index_file::STARTER;
use crate::{baselines, controls, event_rules, mending, practices};

/// How lines of a baseline begin that no other rule has.
const BASELINE: [&str; 6] = ["extends:", "controls:", "settings:", "set:", "drop:", "tighten:"];

/// What came of running tests inside rules.
#[derive(Debug, Default)]
pub struct Tested {
    /// Rules that were tested.
    pub rules: u64,
    /// Examples that were run.
    pub tests: u64,
    /// Those that did not come out as they say, and rules that cannot be read.
    pub failed: Vec<Problem>,
    /// Rules of the Sigma standard, which knows no tests, that bring none: nobody can say whether
    /// they match what they mean.
    pub untested: Vec<Problem>,
}

/// Runs the tests of every rule that came along and, where a tree is given, of those that it keeps
/// for itself.
pub fn test_all(own: Option<&dyn Tree>) -> Tested {
    let mut tested = Tested::default();
    let all = Controls::read(own);
    for (path, text) in STARTER {
        tested.advisory(path, text);
    }
    for control in built_in() {
        tested.control(control.path, control.text, &Settings::default());
    }
    if let Some(own) = own.map(controls::own) {
        let settings = &all.baselines.settings;
        for (path, text) in &own.files {
            tested.control(path, text, settings);
        }
        tested.failed.extend(own.problems);
    }
    for (name, text) in presets() {
        tested.appetite(&format!("rules/appetite/{name}.yaml"), text);
    }
    for (path, text) in PRACTICES {
        tested.practice(path, text);
    }
    if let Some(own) = own.map(practices::own) {
        for (path, text) in &own.files {
            tested.practice(path, text);
        }
        tested.failed.extend(own.problems);
    }
    for (path, text) in OBJECTIVES {
        tested.objective(&Arc::from(*path), text);
    }
    if let Some(own) = own.map(mending::own) {
        for (path, text) in &own.files {
            tested.objective(path, text);
        }
        tested.failed.extend(own.problems);
    }
    let (rules, problems) = event_rules::of(own);
    for (_, rule) in rules.iter() {
        tested.event(rule);
    }
    tested.failed.extend(problems);
    tested.baselines(own, all.baselines.problems);
    tested
}

/// Runs the tests of one file: an advisory, a control, an appetite, a practice, an objective or a rule
/// over events. A baseline speaks of controls and baselines of the tree that it is for.
pub fn test_file(path: &str, text: &str, own: Option<&dyn Tree>) -> Tested {
    let mut tested = Tested::default();
    let begins = |key: &str| text.lines().any(|line| line.starts_with(key));
    if begins("lines:") {
        tested.appetite(path, text);
    } else if begins("ensure:") || begins("ask:") {
        let settings = baselines::settings_of(&baselines::files(own, None));
        tested.control(path, text, &settings);
    } else if begins("rings:") {
        tested.practice(path, text);
    } else if begins("detection:") || begins("logsource:") {
        let (rule, problems) = holdfast_events::read(&path.into(), text);
        match rule {
            Some(rule) => tested.event(&rule),
            None => tested.rules += 1,
        }
        tested.failed.extend(problems);
    } else if begins("share:") || begins("within:") {
        tested.objective(&path.into(), text);
    } else if BASELINE.into_iter().any(begins) {
        tested.baseline(&path.into(), text, own);
    } else {
        tested.advisory(path, text);
    }
    tested
}

impl Tested {
    /// A baseline has no tests: whether it can be used is all that there is to say.
    fn baselines(&mut self, own: Option<&dyn Tree>, problems: Vec<Problem>) {
        let files = own.map(baselines::own).unwrap_or_default();
        self.rules += (BUILT_IN.len() + files.files.len()) as u64;
        self.failed.extend(files.problems);
        self.failed.extend(problems);
    }

    fn baseline(&mut self, path: &Arc<str>, text: &str, own: Option<&dyn Tree>) {
        self.rules += 1;
        let controls = Controls::read_with(own, Some((path, text))).list;
        let files = own.map(baselines::own).unwrap_or_default().files;
        // The file may be one of the tree.
        let others = files.iter().filter(|(known, _)| name_of(known) != name_of(path));
        let others = others.map(|(path, text)| (path, text.as_str()));
        let built_in: Vec<(Arc<str>, &str)> =
            BUILT_IN.iter().map(|(path, text)| (Arc::from(*path), *text)).collect();
        let built_in = built_in.iter().map(|(path, text)| (path, *text));
        let all = built_in.chain(others).chain([(path, text)]);
        let mut problems = Baselines::read(all, &controls).problems;
        problems.retain(|one| one.place.as_ref().is_some_and(|place| place.path == *path));
        self.failed.extend(problems);
    }

    fn advisory(&mut self, path: &str, text: &str) {
        self.rules += 1;
        let (rule, problems) = starter::parse(&path.into(), text);
        self.failed.extend(problems);
        if let Some(rule) = rule {
            self.tests += rule.tests() as u64;
            self.failed.extend(starter::run_tests(&rule));
        }
    }

    fn control(&mut self, path: &str, text: &str, settings: &Settings) {
        self.rules += 1;
        if holdfast_posture::is_manual(text) {
            // Only a person can answer it: there is no host that it could be tested on.
            let (_, problems) = holdfast_posture::read_manual_with(&path.into(), text, settings);
            self.failed.extend(problems);
            return;
        }
        let (control, problems) = holdfast_posture::read_with(&path.into(), text, settings);
        self.failed.extend(problems);
        if let Some(control) = control {
            self.tests += control.examples.len() as u64;
            self.failed.extend(holdfast_posture::run_tests(&control));
        }
    }

    fn appetite(&mut self, path: &str, text: &str) {
        self.rules += 1;
        let (appetite, problems) = Appetite::read(&path.into(), text);
        self.failed.extend(problems);
        if let Some(appetite) = appetite {
            self.tests += appetite.examples.len() as u64;
            self.failed.extend(holdfast_decide::run_tests(&appetite));
        }
    }

    fn practice(&mut self, path: &str, text: &str) {
        self.rules += 1;
        let (practice, problems) = Practice::read(&path.into(), text);
        self.failed.extend(problems);
        if let Some(practice) = practice {
            self.tests += practice.examples.len() as u64;
            self.failed.extend(run_practice_tests(&practice));
        }
    }

    /// A goal has no tests: whether it can be read is all that there is to say.
    fn objective(&mut self, path: &Arc<str>, text: &str) {
        self.rules += 1;
        self.failed.extend(Goal::read(path, text).1);
    }

    fn event(&mut self, rule: &holdfast_events::Rule) {
        self.rules += 1;
        self.tests += rule.examples.len() as u64;
        self.failed.extend(holdfast_events::run_tests(rule));
        if rule.examples.is_empty() {
            let message = format!("no record tests the rule `{}`", rule.id);
            let help = "add `holdfast:` with `tests:`, a record that it matches and one that it \
                        must not";
            let problem = Problem::at("rule-untested", rule.place.clone(), message);
            self.untested.push(problem.help(help));
        }
    }
}

/// The last part of a path.
fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
