//! RSpec's JSON, as Serverspec writes its results: `rspec --format json`.
//!
//! Knows examples and how they ended. An example that ended with anything but an unmet expectation
//! was not made: the connection broke, or the test itself is wrong.

use std::sync::Arc;

use holdfast_model::{About, Named, TestResult};
use serde::Deserialize;

use super::cursor::At;
use super::item::{Shape, Text, or_default};
use super::items::{Items, ReadItems};
use super::json::{Event, Item, Take};
use super::say::{Say, Wrong};
use super::stream::Input;
use super::tested::{Draft, Suite, referred};
use super::{Stream, StreamReader, claim, holds, item, sentence, unpacked};
use crate::Claim;

/// Reads RSpec's JSON.
pub(super) struct Rspec;

static ABOUT: About = About {
    id: "serverspec",
    title: "Serverspec (RSpec's JSON)",
    text: "What each example came to, by its full description: lines move and numbers of examples \
           change. A word in it such as `[devsec:sshd-06]` or `holdfast:root-login` says what it \
           tests. An example that is pending, or ended with an error of its own, is not assessed, \
           and so are files that could not be loaded. RSpec does not say on which host it ran: \
           `--asset` does.",
    file: file!(),
};

impl StreamReader for Rspec {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, head: &[u8]) -> Claim {
        let head = unpacked(head);
        let has = |key: &str| holds(&head, key);
        let more = ["\"full_description\"", "\"example_count\"", "\"summary_line\""];
        let content = head.starts_with(b"{") && has("\"examples\"") && more.into_iter().any(has);
        claim(path, content, &["serverspec.json", "rspec.json"])
    }

    fn start(&self, path: &Arc<str>) -> Box<dyn Stream> {
        let reader = Reader { path: Arc::clone(path), ..Reader::default() };
        Input::start(Items::new(select, reader), path)
    }
}

fn select(path: &str) -> Take {
    match path {
        "examples" => Take::Into,
        "examples[]" | "summary" => Take::Item,
        _ => Take::Skip,
    }
}

#[derive(Default)]
struct Reader {
    path: Arc<str>,
    suite: Option<Suite>,
    /// Whether anything says that this is such a report.
    called: bool,
    count: u64,
    summary: Summary,
    summary_at: Option<At>,
}

impl ReadItems for Reader {
    fn take(&mut self, event: Event<'_>, say: &mut Say<'_>) {
        match event {
            Event::Open("examples") => self.called = true,
            Event::Open(_) | Event::Close(_) => {}
            Event::Item(path, item) => {
                let mut spare = String::new();
                if path == "examples[]" {
                    self.count += 1;
                    let example = item::read::<Example<'static>>(&item, &mut spare, say);
                    if let Some(example) = example {
                        self.example(&example, &item, say);
                    }
                } else if let Some(summary) = item::read::<Summary>(&item, &mut spare, say) {
                    self.called = true;
                    self.summary = summary;
                    self.summary_at = Some(item.at);
                }
            }
            Event::Wrong(wrong) => say.wrong(wrong),
        }
    }

    fn end(&mut self, say: &mut Say<'_>) {
        if !self.called {
            let message = "this document does not say that RSpec wrote it";
            let wrong = Wrong::loss("report-version-unknown", At::START, message);
            say.wrong(wrong.help("write it with `rspec --format json`"));
        }
        let (count, summary) = (self.count, std::mem::take(&mut self.summary));
        let at = self.summary_at.unwrap_or(At::START);
        if let Some(said) = summary.example_count.filter(|said| *said != count) {
            let message = format!("the report counts {said} examples and holds {count}");
            let wrong = Wrong::loss("report-unfinished", at, message);
            say.wrong(wrong.help("let RSpec write it again"));
        }
        let outside = summary.errors_outside_of_examples_count.unwrap_or_default();
        let place = say.place(at);
        let suite = self.suite(say);
        if outside > 0 {
            let mut draft =
                Draft::new("files that could not be loaded", TestResult::NotAssessed, place);
            draft.because = match outside {
                1 => "RSpec names one error outside of examples".to_owned(),
                more => format!("RSpec names {more} errors outside of examples"),
            };
            suite.test(draft, say);
        }
        let whole = !say.told.partial;
        if let Some(suite) = &self.suite {
            suite.covered(whole, say);
        }
    }
}

impl Reader {
    fn suite(&mut self, say: &mut Say<'_>) -> &mut Suite {
        let path = &self.path;
        self.suite.get_or_insert_with(|| {
            let suite = Suite::of(path);
            suite.report("serverspec", "", say);
            suite.named(Named::default(), say);
            suite
        })
    }

    fn example(&mut self, example: &Example<'_>, item: &Item<'_>, say: &mut Say<'_>) {
        let said = if example.full_description.trim().is_empty() {
            &example.description
        } else {
            &example.full_description
        };
        let (refs, rest) = referred(said);
        let name = [sentence(&rest), sentence(&example.id)];
        let Some(name) = name.into_iter().find(|name| !name.is_empty()) else {
            let wrong = Wrong::loss("report-item", item.at, "this example has no description");
            return say.wrong(wrong.help("let RSpec write this report again"));
        };
        let broke = !example.exception.class.is_empty()
            && !example.exception.class.contains("ExpectationNotMet")
            && !example.exception.class.contains("MultipleExpectationsNotMet");
        let result = match &*example.status {
            "passed" => TestResult::Passed,
            "failed" if !broke => TestResult::Failed,
            _ => TestResult::NotAssessed,
        };
        let mut draft = Draft::new(&name, result, say.place(item.at));
        for (scheme, id) in refs {
            draft.also(scheme, id);
        }
        draft.because = match result {
            TestResult::Passed | TestResult::NotApplicable => String::new(),
            TestResult::Failed => sentence(&example.exception.message),
            TestResult::NotAssessed => {
                let texts = [&example.pending_message, &example.exception.message];
                let mut texts = texts.into_iter().map(|text| sentence(text));
                let text = texts.find(|text| !text.is_empty());
                text.unwrap_or_else(|| format!("RSpec says `{}`", sentence(&example.status)))
            }
        };
        self.suite(say).test(draft, say);
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Example<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow)]
    full_description: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    pending_message: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    exception: Exception<'a>,
}

impl Shape for Example<'static> {
    type Of<'a> = Example<'a>;
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Exception<'a> {
    #[serde(borrow)]
    class: Text<'a>,
    #[serde(borrow)]
    message: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Summary {
    example_count: Option<u64>,
    errors_outside_of_examples_count: Option<u64>,
}

impl Shape for Summary {
    type Of<'a> = Self;
}
