//! The starter set: weaknesses in our own words, as YAML with their tests inside.
//!
//! Knows the file's form and turns it into an OSV record; where the files lie, and that they are
//! no coverage, is for others to say ([`crate::Origin::Starter`]).

use std::sync::Arc;

use holdfast_model::{Ecosystem, Problem, Timestamp};
use holdfast_rulefile::{Decoder, Node, Table, yaml};
use serde_json::json;

use crate::{Compiler, Index, Judged, Origin, Scratch, osv};

/// One file of the set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// `HF-2021-0001`.
    pub id: String,
    /// One sentence.
    pub title: String,
    /// What an attacker does, and what is lost.
    pub why: String,
    /// Other names of the weakness.
    pub aliases: Vec<String>,
    /// Known to be exploited.
    pub exploited: bool,
    /// Where the versions were read.
    pub checked: Vec<String>,
    /// The record in OSV form.
    pub record: Vec<u8>,
    tests: Vec<Test>,
    /// What the tests must hold: ecosystem, package, and the first good versions.
    owed: Vec<(Ecosystem, String, Vec<String>)>,
    path: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Test {
    affected: bool,
    ecosystem: Ecosystem,
    name: String,
    version: String,
    /// Already made, for the case that the test fails.
    failure: Problem,
}

/// Reads one file. The rule is `None` where something that it needs is missing or wrong.
pub fn parse(path: &Arc<str>, text: &str) -> (Option<Rule>, Vec<Problem>) {
    let (node, mut problems) = yaml::parse(path, text);
    let mut decoder = Decoder::new(path, text);
    let rule = node.as_ref().and_then(|node| read(path, &mut decoder, node));
    problems.extend(decoder.finish());
    (rule.filter(|_| problems.is_empty()), problems)
}

impl Rule {
    /// How many examples it carries.
    pub fn tests(&self) -> usize {
        self.tests.len()
    }
}

/// Reads one file into an OSV record.
pub fn record_from_yaml(path: &Arc<str>, text: &str) -> (Option<Vec<u8>>, Vec<Problem>) {
    let (rule, problems) = parse(path, text);
    (rule.map(|rule| rule.record), problems)
}

fn read(path: &Arc<str>, decoder: &mut Decoder<'_>, node: &Node) -> Option<Rule> {
    let mut table = decoder.map(node)?;
    let text = |key, table: &mut Table<'_>, decoder: &mut Decoder<'_>| {
        let node = table.required(decoder, key)?;
        decoder.text(node).map(|text| text.trim().to_owned())
    };
    let id = text("id", &mut table, decoder);
    let title = text("title", &mut table, decoder);
    let why = text("why", &mut table, decoder);
    let aliases = table.texts(decoder, "aliases");
    let exploited = table.required(decoder, "exploited").and_then(|node| decoder.boolean(node));
    let cvss = table.text(decoder, "cvss");
    let checked = table.required(decoder, "checked").map(|node| decoder.texts(node));
    let affected = table.required(decoder, "affected").map(|node| read_affected(decoder, node));
    let tests = table.required(decoder, "tests").map(|node| read_tests(decoder, node));
    table.finish(decoder);
    let ((packages, owed), tests) = (affected?, tests?);
    let (id, title, why, exploited, checked) = (id?, title?, why?, exploited?, checked?);
    let severity: Vec<_> = cvss
        .iter()
        .map(|vector| {
            let version = vector.strip_prefix("CVSS:").and_then(|rest| rest.split('.').next());
            json!({"type": format!("CVSS_V{}", version.unwrap_or("2")), "score": vector})
        })
        .collect();
    let record = json!({
        "id": id,
        "summary": title,
        "details": why,
        "aliases": aliases,
        "severity": severity,
        "affected": packages,
        "database_specific": {"exploited": exploited},
    });
    let record = record.to_string().into_bytes();
    let path = Arc::clone(path);
    Some(Rule { id, title, why, aliases, exploited, checked, record, tests, owed, path })
}

type Owed = (Ecosystem, String, Vec<String>);

fn read_affected(decoder: &mut Decoder<'_>, node: &Node) -> (Vec<serde_json::Value>, Vec<Owed>) {
    let (mut out, mut owed) = (Vec::new(), Vec::new());
    for node in decoder.list(node).unwrap_or_default() {
        let Some(mut table) = decoder.map(node) else { continue };
        let ecosystem = table.required(decoder, "ecosystem").and_then(|node| decoder.text(node));
        let package = table.required(decoder, "package").and_then(|node| decoder.text(node));
        let ranges = table.optional("ranges").map(|node| read_ranges(decoder, node));
        let versions = table.texts(decoder, "versions");
        table.finish(decoder);
        if ranges.is_none() && versions.is_empty() {
            let help = "add `ranges` or `versions`";
            decoder.refuse("rule-missing-key", node, "this entry affects no version", help);
        }
        let (Some(ecosystem), Some(package)) = (ecosystem, package) else { continue };
        let (events, fixed) = ranges.unwrap_or_default();
        let ranges: Vec<_> =
            events.into_iter().map(|e| json!({"type": "ECOSYSTEM", "events": e})).collect();
        out.push(json!({
            "package": {"ecosystem": ecosystem, "name": package},
            "ranges": ranges,
            "versions": versions,
        }));
        owed.push((Ecosystem::new(ecosystem), package.to_owned(), fixed));
    }
    (out, owed)
}

/// The events of each range, and the versions that fix.
fn read_ranges(decoder: &mut Decoder<'_>, node: &Node) -> (Vec<serde_json::Value>, Vec<String>) {
    let (mut out, mut fixes) = (Vec::new(), Vec::new());
    for node in decoder.list(node).unwrap_or_default() {
        let Some(mut table) = decoder.map(node) else { continue };
        let introduced = table.required(decoder, "introduced").and_then(|n| decoder.text(n));
        let fixed = table.text(decoder, "fixed");
        let last = table.text(decoder, "last_affected");
        table.finish(decoder);
        let Some(introduced) = introduced else { continue };
        let mut events = vec![json!({"introduced": introduced})];
        events.extend(fixed.iter().map(|version| json!({"fixed": version})));
        events.extend(last.iter().map(|version| json!({"last_affected": version})));
        out.push(events.into());
        fixes.extend(fixed);
    }
    (out, fixes)
}

fn read_tests(decoder: &mut Decoder<'_>, node: &Node) -> Vec<Test> {
    let mut out = Vec::new();
    let Some(mut table) = decoder.map(node) else { return out };
    for (key, affected) in [("affected", true), ("clear", false)] {
        let list = table.optional(key);
        for node in list.and_then(|node| decoder.list(node)).unwrap_or_default() {
            let Some(text) = decoder.text(node) else { continue };
            let words: Vec<&str> = text.split_whitespace().collect();
            let [ecosystem, name, version] = words.as_slice() else {
                let help = "write `ecosystem package version`";
                decoder.refuse("rule-value", node, format!("`{text}` is no package"), help);
                continue;
            };
            let says = if affected { "affected" } else { "clear" };
            let message = format!("`{text}` does not come out as {says}");
            let failure = decoder.source().problem("rule-test", node.span, message);
            out.push(Test {
                affected,
                ecosystem: Ecosystem::new(ecosystem),
                name: (*name).to_owned(),
                version: (*version).to_owned(),
                failure: failure.help("correct the ranges, or the example"),
            });
        }
    }
    table.finish(decoder);
    out
}

/// Runs the tests inside a rule against an index of that rule alone, and asks for the tests that
/// every rule owes: a bad version of each package, and the first good version of each range.
pub fn run_tests(rule: &Rule) -> Vec<Problem> {
    let mut compiler = Compiler::new();
    match osv::parse(&rule.path, &rule.record) {
        Ok(record) => compiler.add("starter", &record, Origin::Starter),
        Err(problem) => return vec![problem],
    }
    let compiled = compiler.finish(Timestamp(0));
    let mut problems = compiled.problems;
    let index = match Index::open(&compiled.bytes) {
        Ok(index) => index,
        Err(problem) => return vec![problem],
    };
    let mut scratch = Scratch::default();
    for test in &rule.tests {
        let mut hits = 0_u32;
        let judged =
            index.judge(&test.ecosystem, &test.name, &test.version, &mut scratch, &mut |_| {
                hits += 1;
            });
        let right = match judged {
            Judged::Known { unjudged: 0 } => (hits > 0) == test.affected,
            Judged::Nothing => !test.affected,
            _ => false,
        };
        if !right {
            problems.push(test.failure.clone());
        }
    }
    problems.extend(missing_tests(rule));
    problems
}

fn missing_tests(rule: &Rule) -> Vec<Problem> {
    let has = |affected: bool, ecosystem: &Ecosystem, name: &str, version: Option<&str>| {
        rule.tests.iter().any(|test| {
            test.affected == affected
                && test.ecosystem == *ecosystem
                && test.name == name
                && version.is_none_or(|version| test.version == version)
        })
    };
    let missing = |what: String| {
        let place = holdfast_model::Place::start_of(Arc::clone(&rule.path));
        Problem::at("rule-test-missing", place, what).help("add it under `tests`")
    };
    let mut out = Vec::new();
    for (ecosystem, name, fixes) in &rule.owed {
        if !has(true, ecosystem, name, None) {
            out.push(missing(format!("no test names an affected version of `{name}`")));
        }
        let untested = fixes.iter().filter(|fix| !has(false, ecosystem, name, Some(fix)));
        out.extend(
            untested
                .map(|fix| missing(format!("no test says that `{name}` is clear from `{fix}` on"))),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"id: HF-2000-0001
title: A hole
why: Somebody gets in.
aliases: [CVE-2000-0001]
exploited: true
cvss: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
affected:
  - ecosystem: npm
    package: "@a/door"
    ranges:
      - {introduced: "0", fixed: "1.2.3"}
  - ecosystem: Debian:12
    package: door
    versions: ["1.0-1"]
checked:
  - "door's changelog, entry 1.2.3"
tests:
  affected: ["npm @a/door 1.2.2", "Debian:12 door 1.0-1"]
  clear: ["npm @a/door 1.2.3", "Debian:12 door 1.0-2"]
"#;

    fn problems(text: &str) -> Vec<Problem> {
        let (rule, mut problems) = parse(&"door.yaml".into(), text);
        problems.extend(rule.iter().flat_map(run_tests));
        problems
    }

    #[test]
    fn a_good_file_becomes_a_record_and_its_tests_pass() {
        assert_eq!(problems(GOOD), []);
        let (record, _) = record_from_yaml(&"door.yaml".into(), GOOD);
        let record = record.unwrap();
        let mut compiler = Compiler::new();
        compiler.add("starter", &osv::parse("door", &record).unwrap(), Origin::Starter);
        let compiled = compiler.finish(Timestamp(0));
        let index = Index::open(&compiled.bytes).unwrap();
        let row = index.find("HF-2000-0001").unwrap();
        assert_eq!(&*row.weakness.id.0, "CVE-2000-0001");
        assert!(row.weakness.exploited && row.starter_only);
        assert_eq!(row.weakness.cvss, Some(9.8));
        assert_eq!(row.weakness.published_by, ["starter".into()]);
        assert_eq!(index.feeds(), []);
        assert_eq!(index.covers(&Ecosystem::new("npm")), None);
    }

    #[test]
    fn each_mistake_is_said_at_its_place() {
        let cases = [
            ("fixed: \"1.2.3\"", "fixed: \"1.2.2\"", "rule-test", Some(17)),
            ("npm @a/door 1.2.2\", ", "Debian:12 door 1.0-1\", ", "rule-test-missing", Some(1)),
            ("\"npm @a/door 1.2.3\", ", "", "rule-test-missing", Some(1)),
            ("npm @a/door 1.2.2", "door", "rule-value", Some(18)),
            ("versions: [\"1.0-1\"]", "x: []", "rule-unknown-key", None),
            ("title: A hole\n", "", "rule-missing-key", None),
            ("exploited: true", "exploited: yes", "rule-type", Some(5)),
            ("introduced: \"0\"", "introduced: \"x y\"", "range-version-unreadable", None),
        ];
        for (from, to, code, line) in cases {
            let found = problems(&GOOD.replacen(from, to, 1));
            let hit = found.iter().find(|problem| problem.code == code);
            assert!(hit.is_some(), "{from} -> {to}: {found:#?}");
            if let (Some(line), Some(place)) = (line, hit.and_then(|hit| hit.place.as_ref())) {
                assert!(place.line.abs_diff(line) <= 1, "{from} -> {to}: {place}");
            }
        }
    }
}
