//! SARIF 2.1.0 (OASIS).
//!
//! Knows runs, rules, results and suppressions; must not know any tool, but for what quotes
//! secrets. Each location of a result is an instance. Results wait for the rules of their run
//! where those stand behind them, in little more than what is said of them.

use std::sync::Arc;

use holdfast_model::{
    About, Coverage, Covered, Fact, Foreign, ForeignLocus, Named, Report, Severity,
};

use super::cursor::At;
use super::item;
use super::items::{Items, ReadItems};
use super::json::{Event, Item, Take};
use super::names::names;
use super::sarif_result::{Invocation, Location, Outcome, Source};
use super::sarif_rule::{Descriptor, MOST_RULES, RuleRef, Rules, score, speaks_of_secrets};
use super::say::{Say, Wrong};
use super::severity::{of_level, of_score};
use super::stream::Input;
use super::{Stream, StreamReader, claim, holds, normal, sentence, unpacked};
use crate::Claim;

/// Reads SARIF.
pub(super) struct Sarif;

static ABOUT: About = About {
    id: "sarif",
    title: "SARIF 2.1.0",
    text: "Results of any tool that writes SARIF, one for each location. The level comes from the \
           result, the invocation or the rule, the names of known problems from the rule. \
           Suppressed results are kept as dismissed. Code flows, graphs, fixes and artifacts that \
           are named by their index only are left out; what rules about secrets quote is never kept.",
    file: file!(),
};

impl StreamReader for Sarif {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, head: &[u8]) -> Claim {
        let head = unpacked(head);
        let said =
            holds(&head, "sarif-2.1") || holds(&head, "sarif-schema") || holds(&head, "sarif/");
        let shape =
            holds(&head, "\"runs\"") && (holds(&head, "\"version\"") || holds(&head, "\"tool\""));
        claim(path, head.starts_with(b"{") && (said || shape), &[".sarif", ".sarif.json"])
    }

    fn start(&self, path: &Arc<str>) -> Box<dyn Stream> {
        Input::start(Items::new(select, Reader::default()), path)
    }
}

fn select(path: &str) -> Take {
    match path {
        "runs"
        | "runs[]"
        | "runs[].results"
        | "runs[].tool"
        | "runs[].tool.driver"
        | "runs[].tool.driver.rules"
        | "runs[].tool.extensions"
        | "runs[].tool.extensions[]"
        | "runs[].tool.extensions[].rules"
        | "runs[].invocations"
        | "runs[].versionControlProvenance" => Take::Into,
        "version"
        | "runs[].results[]"
        | "runs[].tool.driver.name"
        | "runs[].tool.driver.version"
        | "runs[].tool.driver.semanticVersion"
        | "runs[].tool.driver.rules[]"
        | "runs[].tool.extensions[].rules[]"
        | "runs[].invocations[]"
        | "runs[].versionControlProvenance[]" => Take::Item,
        _ => Take::Skip,
    }
}

/// So many bytes of results wait for the rules of their run at most.
const WAITING: usize = 32 << 20;

#[derive(Default)]
struct Reader {
    run: Run,
    count: usize,
    /// Whether there was a list of runs at all.
    runs: bool,
}

#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that the report has said or not"
)]
struct Run {
    /// `run 1`: what a report may say of its asset stands behind the results in some.
    name: Arc<str>,
    scanner: String,
    version: String,
    artifact: String,
    tool_seen: bool,
    invocations_seen: bool,
    results_seen: bool,
    failed: Option<&'static str>,
    extension: Option<usize>,
    rules: Rules,
    waiting: Vec<Draft>,
    waiting_size: usize,
    too_many: bool,
}

/// A result that may still need its rule.
struct Draft {
    foreign: Foreign,
    rule: RuleRef,
    level: String,
    score: Option<f64>,
    message: String,
    message_id: String,
    arguments: Vec<String>,
    quoted: String,
}

impl ReadItems for Reader {
    fn take(&mut self, event: Event<'_>, say: &mut Say<'_>) {
        let run = &mut self.run;
        match event {
            Event::Open("runs") => self.runs = true,
            Event::Open("runs[]") => {
                self.count += 1;
                *run = Run { name: format!("run {}", self.count).into(), ..Run::default() };
            }
            Event::Open("runs[].results") => run.results_seen = true,
            Event::Open("runs[].tool.extensions[]") => {
                run.extension = Some(run.extension.map_or(0, |index| index + 1));
            }
            Event::Close("runs[].tool") => run.tool_ends(say),
            Event::Close("runs[].invocations") => run.invocations_seen = true,
            Event::Close("runs[]") => run.end(say),
            Event::Open(_) | Event::Close(_) => {}
            Event::Item("version", item) => {
                let version = item::scalar(&item);
                if !version.starts_with("2.1") {
                    let message = format!("version `{}` of SARIF is not known", sentence(&version));
                    let wrong = Wrong::loss("report-version-unknown", item.at, message);
                    say.wrong(wrong.help("it was read as 2.1.0; let the tool write that"));
                }
            }
            Event::Item(path, item) => run.item(path, &item, say),
            Event::Wrong(wrong) => say.wrong(wrong),
        }
    }

    fn end(&mut self, say: &mut Say<'_>) {
        if !self.runs {
            let wrong = Wrong::loss("report-item", At::START, "this report has no runs");
            say.wrong(wrong.help("let the tool write it again"));
        }
    }
}

impl Run {
    fn item(&mut self, path: &str, item: &Item<'_>, say: &mut Say<'_>) {
        let mut spare = String::new();
        match path {
            "runs[].results[]" => {
                if let Some(result) = item::read::<Outcome<'static>>(item, &mut spare, say) {
                    self.result(&result, item.at, say);
                }
            }
            "runs[].tool.driver.name" => self.scanner = sentence(&item::scalar(item)),
            "runs[].tool.driver.version" => self.version = sentence(&item::scalar(item)),
            "runs[].tool.driver.semanticVersion" if self.version.is_empty() => {
                self.version = sentence(&item::scalar(item));
            }
            "runs[].tool.driver.rules[]" => self.rule(None, item, say),
            "runs[].tool.extensions[].rules[]" => self.rule(self.extension, item, say),
            "runs[].invocations[]" => {
                if let Some(invocation) = item::read::<Invocation<'static>>(item, &mut spare, say) {
                    self.invocation(&invocation);
                }
            }
            "runs[].versionControlProvenance[]" => {
                let source = item::read::<Source<'static>>(item, &mut spare, say);
                if let Some(source) = source.filter(|_| self.artifact.is_empty()) {
                    self.artifact = sentence(&source.repository_uri);
                }
            }
            _ => {}
        }
    }

    fn rule(&mut self, extension: Option<usize>, item: &Item<'_>, say: &mut Say<'_>) {
        let mut spare = String::new();
        let Some(rule) = item::read::<Descriptor<'static>>(item, &mut spare, say) else {
            self.rules.next(extension);
            return;
        };
        if !self.rules.add(extension, &rule) && !std::mem::replace(&mut self.too_many, true) {
            let message =
                format!("this run has more than {MOST_RULES} rules; the others were left out");
            say.wrong(Wrong::loss("report-too-many", item.at, message));
        }
    }

    fn invocation(&mut self, invocation: &Invocation<'_>) {
        if invocation.execution_successful == Some(false) {
            self.failed = Some("the tool says that it did not succeed");
        }
        for change in &invocation.rule_configuration_overrides {
            let rule = change.descriptor.wanted();
            self.rules.give_level(rule, &change.configuration.level);
        }
    }

    fn tool_ends(&mut self, say: &mut Say<'_>) {
        self.tool_seen = true;
        if self.scanner.is_empty() {
            self.scanner.push_str("sarif");
        }
        let (scanner, version) = (self.scanner.as_str().into(), self.version.as_str().into());
        say.fact(Fact::Report(Report { scanner, version, at: None }));
    }

    fn end(&mut self, say: &mut Say<'_>) {
        if !self.tool_seen {
            self.tool_ends(say);
        }
        let asset = Arc::clone(&self.name);
        let artifact = self.artifact.as_str().into();
        say.fact(Fact::Named(Named { name: Arc::clone(&asset), artifact, ..Named::default() }));
        for draft in std::mem::take(&mut self.waiting) {
            self.finish(draft, say);
        }
        let why_not = self.failed.or(match (self.results_seen, say.told.partial) {
            (false, _) => Some("the report has no list of results"),
            (true, true) => Some("the report could not be read whole"),
            (true, false) => None,
        });
        let coverage = if why_not.is_some() { Coverage::Partial } else { Coverage::Full };
        let because = why_not.unwrap_or("the list of results is complete").to_owned();
        say.fact(Fact::Covered(Covered { asset, coverage, because, at: None }));
    }

    fn result(&mut self, result: &Outcome<'_>, at: At, say: &mut Say<'_>) {
        if matches!(&*result.kind, "pass" | "notApplicable" | "informational") {
            return;
        }
        let places: Vec<Option<&Location<'_>>> = match result.locations.as_slice() {
            [] => vec![None],
            some => some.iter().map(Some).collect(),
        };
        for location in places {
            let draft = self.draft(result, location, at, say);
            // A level of its own or none to inherit: nothing that comes later can change it.
            let settled = !draft.level.is_empty() || draft.score.is_some() || self.invocations_seen;
            let settled =
                settled || self.rules.find(&draft.rule).is_some_and(|r| r.score.is_some());
            if self.tool_seen && settled {
                self.finish(draft, say);
                continue;
            }
            self.waiting_size = self.waiting_size.saturating_add(draft.size());
            self.waiting.push(draft);
            if self.waiting_size > WAITING {
                if !self.tool_seen && !std::mem::replace(&mut self.too_many, true) {
                    let message =
                        "more results than can be kept stand before the rules of this run";
                    let wrong = Wrong::loss("report-too-many", at, message);
                    say.wrong(wrong.help("let the tool write `tool` before `results`"));
                }
                self.waiting_size = 0;
                for draft in std::mem::take(&mut self.waiting) {
                    self.finish(draft, say);
                }
            }
        }
    }

    fn draft(
        &self,
        result: &Outcome<'_>,
        location: Option<&Location<'_>>,
        at: At,
        say: &Say<'_>,
    ) -> Draft {
        let mut rule = result.rule.wanted();
        if !result.rule_id.is_empty() {
            rule.id = result.rule_id.to_string();
        }
        rule.index = result.rule_index.and_then(|index| usize::try_from(index).ok()).or(rule.index);
        let path = location.map(Location::path).unwrap_or_default();
        let quoted = location.map(|place| normal(&place.physical_location.region.snippet.text));
        let locus = match location {
            Some(_) if !path.is_empty() => ForeignLocus::File {
                path: path.into(),
                context: quoted.clone().unwrap_or_default().into(),
                fingerprint: result.fingerprint().into(),
            },
            _ => ForeignLocus::Whole,
        };
        let message = [&result.message.text, &result.message.markdown];
        let message = message.into_iter().find(|text| !text.is_empty());
        let level = match &*result.kind {
            // Neither fails yet: a person has to look (section 3.27.9).
            "open" | "review" => "note",
            _ => &*result.level,
        };
        let foreign = Foreign {
            asset: Arc::clone(&self.name),
            plugin: rule.id.as_str().into(),
            names: Vec::new(),
            title: String::new(),
            severity: Severity::Soon,
            locus,
            version: "".into(),
            fixed_in: "".into(),
            dismissed: result.dismissed(),
            place: say.place(at),
        };
        Draft {
            foreign,
            level: level.to_owned(),
            score: score(&result.properties),
            message: message.map(|text| sentence(text)).unwrap_or_default(),
            message_id: result.message.id.to_string(),
            arguments: result.message.arguments.iter().map(ToString::to_string).collect(),
            quoted: quoted.unwrap_or_default(),
            rule,
        }
    }

    /// Says a result with what it inherits.
    fn finish(&self, draft: Draft, say: &mut Say<'_>) {
        let Draft { mut foreign, rule: wanted, level, score, message, quoted, .. } = draft;
        let rule = self.rules.find(&wanted);
        let score = score.or(rule.and_then(|rule| rule.score));
        let level = if level.is_empty() { self.rules.level(&wanted) } else { &level };
        foreign.severity = score.map_or_else(|| of_level(level), of_score);
        let mut title = rule.map(|rule| rule.title.clone()).unwrap_or_default();
        if title.is_empty() {
            let written = rule.and_then(|rule| rule.message(&draft.message_id, &draft.arguments));
            title =
                if message.is_empty() { sentence(&written.unwrap_or_default()) } else { message };
        }
        if foreign.plugin.is_empty() {
            foreign.plugin = rule.map(|rule| Arc::clone(&rule.id)).unwrap_or_default();
        }
        foreign.names = names([&*foreign.plugin]);
        if let Some(rule) = rule {
            foreign.names = names(foreign.names.iter().chain(&rule.names).map(|name| &**name));
        }
        let secret = rule.is_some_and(|rule| rule.secret)
            || speaks_of_secrets(&self.scanner)
            || speaks_of_secrets(&foreign.plugin);
        if let (true, ForeignLocus::File { context, .. }) = (secret, &mut foreign.locus) {
            *context = "".into();
            if !quoted.is_empty() {
                title = title.replace(&quoted, "***");
            }
        }
        foreign.title = if title.is_empty() { foreign.plugin.to_string() } else { title };
        say.fact(Fact::Foreign(foreign));
    }
}

impl Draft {
    /// About how many bytes it takes.
    fn size(&self) -> usize {
        let texts = [&self.message, &self.message_id, &self.quoted, &self.rule.id];
        let locus = match &self.foreign.locus {
            ForeignLocus::File { path, context, fingerprint } => {
                path.len() + context.len() + fingerprint.len()
            }
            _ => 0,
        };
        size_of::<Self>()
            + locus
            + texts.into_iter().map(String::len).sum::<usize>()
            + self.arguments.iter().map(|text| text.len() + 24).sum::<usize>()
    }
}
