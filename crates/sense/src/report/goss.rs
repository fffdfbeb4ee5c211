//! goss' JSON: `goss validate --format json`, of versions 0.3 and 0.4.
//!
//! Knows results, one for each property of a resource. A result with an error was not made, and
//! one that was skipped stands behind another one that failed.

use std::sync::Arc;

use holdfast_model::{About, Named, Severity, TestResult, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::cursor::At;
use super::item::{Shape, Text, or_default};
use super::items::{Items, ReadItems};
use super::json::{Event, Item, Take};
use super::say::{Say, Wrong};
use super::stream::Input;
use super::tested::{Draft, Suite, referred, scheme};
use super::{Stream, StreamReader, claim, holds, item, sentence, unpacked};
use crate::Claim;

/// Reads goss' JSON.
pub(super) struct Goss;

static ABOUT: About = About {
    id: "goss",
    title: "goss (JSON)",
    text: "What each property of each resource came to. A test is known by its `meta`, where that \
           has `holdfast`, `devsec`, `cis`, `stig_id`, `cce`, `lynis` or `ssg`, or by such a word in \
           its title, `[devsec:os-02]`; `meta.severity` says how soon. What was skipped, or could \
           not be made, is not assessed. goss does not say on which host it ran: `--asset` does.",
    file: file!(),
};

impl StreamReader for Goss {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, head: &[u8]) -> Claim {
        let head = unpacked(head);
        let has = |key: &str| holds(&head, key);
        let result = has("\"resource-id\"") && has("\"resource-type\"");
        let content = head.starts_with(b"{") && (result || has("\"test-count\""));
        claim(path, content, &["goss.json", "goss-report.json"])
    }

    fn start(&self, path: &Arc<str>) -> Box<dyn Stream> {
        let reader = Reader { suite: Suite::of(path), ..Reader::default() };
        Input::start(Items::new(select, reader), path)
    }
}

fn select(path: &str) -> Take {
    match path {
        "results" => Take::Into,
        "results[]" | "summary" => Take::Item,
        _ => Take::Skip,
    }
}

#[derive(Default)]
struct Reader {
    suite: Suite,
    begun: bool,
    /// Whether anything says that this is such a report.
    called: bool,
    /// How many tests there are, by the report's own count and by ours.
    said: Option<u64>,
    count: u64,
    latest: Option<Timestamp>,
}

impl ReadItems for Reader {
    fn take(&mut self, event: Event<'_>, say: &mut Say<'_>) {
        match event {
            Event::Open("results") => self.called = true,
            Event::Open(_) | Event::Close(_) => {}
            Event::Item(path, item) => {
                let mut spare = String::new();
                if path == "results[]" {
                    self.count += 1;
                    let found = item::read::<Outcome<'static>>(&item, &mut spare, say);
                    if let Some(found) = found {
                        self.result(&found, &item, say);
                    }
                } else if let Some(sum) = item::read::<Summary>(&item, &mut spare, say) {
                    self.called = true;
                    self.said = sum.count;
                }
            }
            Event::Wrong(wrong) => say.wrong(wrong),
        }
    }

    fn end(&mut self, say: &mut Say<'_>) {
        if !self.called {
            let message = "this document does not say that goss wrote it";
            let wrong = Wrong::loss("report-version-unknown", At::START, message);
            say.wrong(wrong.help("write it with `goss validate --format json`"));
        }
        self.begin(say);
        if let Some(said) = self.said.filter(|said| *said != self.count) {
            let message = format!("the report counts {said} tests and holds {}", self.count);
            let wrong = Wrong::loss("report-unfinished", At::START, message);
            say.wrong(wrong.help("let goss write it again"));
        }
        self.suite.at = self.latest;
        self.suite.covered(!say.told.partial, say);
    }
}

impl Reader {
    /// goss names itself nowhere.
    fn begin(&mut self, say: &mut Say<'_>) {
        if !std::mem::replace(&mut self.begun, true) {
            self.suite.report("goss", "", say);
            self.suite.named(Named::default(), say);
        }
    }

    fn result(&mut self, found: &Outcome<'_>, item: &Item<'_>, say: &mut Say<'_>) {
        let kind = sentence(&found.kind).to_ascii_lowercase();
        let (resource, property) = (sentence(&found.resource), sentence(&found.property));
        if kind.is_empty() || resource.is_empty() {
            let wrong = Wrong::loss("report-item", item.at, "this result names no resource");
            return say.wrong(wrong.help("let goss write this report again"));
        }
        self.begin(say);
        let name = match property.as_str() {
            "" => format!("{kind}:{resource}"),
            property => format!("{kind}:{resource}:{property}"),
        };
        let result = found.result();
        let mut draft = Draft::new(&name, result, say.place(item.at));
        let (refs, title) = referred(&found.title);
        for (scheme, id) in refs {
            draft.also(scheme, id);
        }
        for (key, value) in &found.meta {
            match (scheme(key), value) {
                (Some(scheme), Value::String(id)) => draft.also(scheme, id),
                (Some(scheme), Value::Array(ids)) => {
                    ids.iter().filter_map(Value::as_str).for_each(|id| draft.also(scheme, id));
                }
                (None, value) if key.eq_ignore_ascii_case("severity") => {
                    draft.severity = severity(value);
                }
                _ => {}
            }
        }
        draft.title = match sentence(&title) {
            title if title.is_empty() => found.title_of_its_own(&kind, &resource, &property),
            title => title,
        };
        draft.because = found.because(result);
        self.latest = self.latest.max(Timestamp::parse(&found.end_time));
        self.suite.test(draft, say);
    }
}

/// A word, or a number from 0 to 1 or to 10.
fn severity(value: &Value) -> Severity {
    match value {
        Value::String(word) => super::severity::of_word(word.trim()),
        value => value.as_f64().map_or(Severity::Soon, |number| {
            super::severity::of_score(if number <= 1.0 { number * 10.0 } else { number })
        }),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Outcome<'a> {
    #[serde(borrow, rename = "resource-type")]
    kind: Text<'a>,
    #[serde(borrow, rename = "resource-id")]
    resource: Text<'a>,
    #[serde(borrow)]
    property: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    summary_line: Text<'a>,
    #[serde(borrow)]
    end_time: Text<'a>,
    #[serde(deserialize_with = "or_default")]
    meta: serde_json::Map<String, Value>,
    #[serde(deserialize_with = "or_default")]
    err: Option<Value>,
    #[serde(deserialize_with = "or_default")]
    expected: Option<Value>,
    #[serde(deserialize_with = "or_default")]
    found: Option<Value>,
    #[serde(deserialize_with = "or_default")]
    matcher_result: serde_json::Map<String, Value>,
    skipped: Option<bool>,
    successful: Option<bool>,
    /// 0 passed, 1 failed, 2 skipped, more is not known.
    result: Option<u64>,
}

impl Shape for Outcome<'static> {
    type Of<'a> = Outcome<'a>;
}

impl Outcome<'_> {
    fn result(&self) -> TestResult {
        let error = match &self.err {
            None | Some(Value::Null | Value::Bool(false)) => false,
            Some(Value::String(text)) => !text.is_empty(),
            // An error that goss could not write out, `{}`, is one.
            Some(_) => true,
        };
        let skipped = self.skipped == Some(true) || self.result.is_some_and(|code| code >= 2);
        if error || skipped {
            return TestResult::NotAssessed;
        }
        match (self.successful, self.result) {
            (Some(true), Some(0) | None) | (None, Some(0)) => TestResult::Passed,
            (Some(false), Some(1) | None) | (None, Some(1)) => TestResult::Failed,
            // It says nothing, or two things at once.
            _ => TestResult::NotAssessed,
        }
    }

    fn because(&self, result: TestResult) -> String {
        let error = match &self.err {
            Some(Value::String(text)) => sentence(text),
            _ => String::new(),
        };
        match result {
            TestResult::Passed | TestResult::NotApplicable => String::new(),
            TestResult::NotAssessed if !error.is_empty() => error,
            TestResult::NotAssessed if self.skipped == Some(true) || self.result == Some(2) => {
                "goss skipped it, as it does behind a test of the same resource that failed"
                    .to_owned()
            }
            TestResult::NotAssessed => "goss could not make this test".to_owned(),
            TestResult::Failed => {
                let wanted = self.expected.as_ref().or_else(|| self.matcher_result.get("expected"));
                let found = self.found.as_ref().or_else(|| self.matcher_result.get("actual"));
                match (wanted, found) {
                    (Some(wanted), Some(found)) => {
                        format!("expected {}, found {}", written(wanted), written(found))
                    }
                    _ => sentence(&self.summary_line),
                }
            }
        }
    }

    fn title_of_its_own(&self, kind: &str, resource: &str, property: &str) -> String {
        let wanted = self.expected.as_ref().or_else(|| self.matcher_result.get("expected"));
        match wanted.filter(|wanted| !wanted.is_null()) {
            Some(wanted) => format!("{kind} {resource}: {property} is {}", written(wanted)),
            None => format!("{kind} {resource}: {property}"),
        }
    }
}

/// A value in few words; goss writes most of them as lists of texts, which are JSON again.
fn written(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.trim_matches('"').to_owned(),
        Value::Array(values) => {
            let words: Vec<String> = values.iter().take(8).map(written).collect();
            words.join(", ")
        }
        other => other.to_string(),
    };
    let text = sentence(&text);
    let short: String = text.chars().take(80).collect();
    if short.is_empty() { "nothing".to_owned() } else { format!("`{short}`") }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Summary {
    #[serde(rename = "test-count")]
    count: Option<u64>,
}

impl Shape for Summary {
    type Of<'a> = Self;
}
