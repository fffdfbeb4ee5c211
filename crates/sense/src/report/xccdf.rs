//! Results of XCCDF checklists (NIST IR 7275r4, version 1.2; 1.1 too), by themselves, behind their
//! benchmark, or in an ARF collection (NIST IR 7694), as OpenSCAP writes them.
//!
//! Knows rules' titles and `rule-result`s; passes over descriptions, fixes and definitions. A rule
//! that stands for CVEs, as lists of patches have them, is a weakness and no test of a setting.

use std::collections::HashMap;
use std::sync::Arc;

use holdfast_model::{About, Fact, Foreign, ForeignLocus, Named, Severity, TestResult, Timestamp};

use super::cursor::At;
use super::json::Take;
use super::names::names;
use super::node::{Attributes, Node};
use super::say::{Say, Wrong};
use super::stream::{Input, Parse};
use super::tested::{Draft, Suite};
use super::xml::{Event, Splitter};
use super::{Stream, StreamReader, claim, holds, sentence, unpacked};
use crate::Claim;

/// Reads XCCDF results and ARF.
pub(super) struct Xccdf;

static ABOUT: About = About {
    id: "xccdf",
    title: "XCCDF results and ARF (OpenSCAP)",
    text: "What each rule of a checklist came to on a system: `pass` and `fixed` passed, `fail` \
           failed; `error`, `unknown` and `notchecked` are not assessed, `notapplicable` and \
           `informational` not applicable, `notselected` is passed over. A rule is known by its id, \
           by the CCE that it is identified with, and by its STIG id; one that names CVEs is a \
           weakness, as in lists of patches. Overrides by hand are taken as they stand.",
    file: file!(),
};

impl StreamReader for Xccdf {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, head: &[u8]) -> Claim {
        let head = unpacked(head);
        let content = head.starts_with(b"<")
            && (holds(&head, "asset-report-collection")
                || holds(&head, "checklists.nist.gov/xccdf")
                    && (holds(&head, "Benchmark") || holds(&head, "TestResult")));
        claim(path, content, &["xccdf-results.xml", "xccdf.xml", "arf.xml"])
    }

    fn start(&self, path: &Arc<str>) -> Box<dyn Stream> {
        let reader = Reader { path: Arc::clone(path), ..Reader::default() };
        Input::start(Parser { xml: Splitter::new(select), reader }, path)
    }
}

/// The way through an ARF collection to what it holds.
const ARF: [&str; 8] = [
    "asset-report-collection/report-requests",
    "asset-report-collection/report-requests/report-request",
    "asset-report-collection/report-requests/report-request/content",
    "asset-report-collection/report-requests/report-request/content/data-stream-collection",
    "asset-report-collection/report-requests/report-request/content/data-stream-collection/component",
    "asset-report-collection/reports",
    "asset-report-collection/reports/report",
    "asset-report-collection/reports/report/content",
];

fn select(path: &str) -> Take {
    if ARF.contains(&path) {
        return Take::Into;
    }
    let (before, last) = path.rsplit_once('/').unwrap_or(("", path));
    let parent = before.rsplit('/').next().unwrap_or_default();
    match (parent, last) {
        ("" | "Benchmark" | "content" | "component", "Benchmark" | "TestResult")
        | ("Benchmark" | "Group", "Group" | "Rule") => Take::Into,
        ("Rule", "title" | "version")
        | ("TestResult", "target" | "target-address" | "target-facts" | "rule-result")
        | ("target-facts", "fact")
        | ("rule-result", "result" | "ident" | "message" | "instance") => Take::Item,
        _ => Take::Skip,
    }
}

/// So many titles of rules are kept for their results.
const RULES: usize = 50_000;

struct Parser {
    xml: Splitter,
    reader: Reader,
}

impl Parse for Parser {
    fn push(&mut self, bytes: &[u8], say: &mut Say<'_>) {
        let reader = &mut self.reader;
        self.xml.push(bytes, &mut |event| reader.take(event, say));
    }

    fn end(&mut self, say: &mut Say<'_>) {
        let reader = &mut self.reader;
        self.xml.end(&mut |event| reader.take(event, say));
        reader.end(say);
    }
}

#[derive(Default)]
struct Reader {
    path: Arc<str>,
    rules: HashMap<String, Rule>,
    /// The rule that is open.
    rule: String,
    /// The result of a checklist that is open.
    results: Option<Results>,
    /// How many there were.
    count: usize,
}

/// What a benchmark says of a rule.
#[derive(Default)]
struct Rule {
    title: String,
    stig: String,
    severity: String,
}

/// One run of a checklist: what was found waits until it is known on which system.
#[derive(Default)]
struct Results {
    named: Named,
    version: String,
    at: Option<Timestamp>,
    begun: Option<Suite>,
    losses: usize,
}

impl Reader {
    fn take(&mut self, event: Event<'_>, say: &mut Say<'_>) {
        match event {
            Event::Open(path, attributes) => self.open(last(path), attributes, say),
            Event::Close(path, itself) if last(path) == "TestResult" => self.close(itself, say),
            Event::Close(path, _) if last(path) == "Rule" => self.rule.clear(),
            Event::Close(..) => {}
            Event::Item(path, node, at) => match last(path) {
                "rule-result" => self.result(&node, at, say),
                "title" | "version" => {
                    if let Some(rule) = self.rules.get_mut(&self.rule) {
                        rule.learn(&node);
                    }
                }
                _ => {
                    if let Some(results) = &mut self.results {
                        results.system(&node);
                    }
                }
            },
            Event::Wrong(wrong) => say.wrong(wrong),
        }
    }

    fn open(&mut self, name: &str, attributes: &Attributes, say: &Say<'_>) {
        let get = |name: &str| attributes.get(name).trim();
        match name {
            "Rule" => {
                let id = get("id");
                id.clone_into(&mut self.rule);
                if self.rules.len() < RULES {
                    let severity = get("severity").to_owned();
                    self.rules.insert(id.to_owned(), Rule { severity, ..Rule::default() });
                }
            }
            "TestResult" => {
                self.count += 1;
                let end = Some(get("end-time")).filter(|text| !text.is_empty());
                self.results = Some(Results {
                    version: version(get("test-system")),
                    at: time(end.unwrap_or(get("start-time"))),
                    losses: say.told.losses,
                    ..Results::default()
                });
            }
            _ => {}
        }
    }

    fn result(&mut self, node: &Node, at: At, say: &mut Say<'_>) {
        let id = node.attributes.get("idref").trim();
        let word = node.text_of("result");
        if id.is_empty() || word.is_empty() {
            let wrong = Wrong::loss("report-item", at, "this result names no rule, or no outcome");
            say.wrong(wrong.help("let the scanner write this report again"));
            return;
        }
        let Some(result) = came_to(word) else {
            if word != "notselected" {
                let message = format!("`{}` is no outcome that XCCDF has", sentence(word));
                let wrong = Wrong::loss("report-item", at, message);
                say.wrong(wrong.help("it counts as not assessed"));
                self.tell(node, id, TestResult::NotAssessed, at, say);
            }
            return;
        };
        self.tell(node, id, result, at, say);
    }

    fn tell(&mut self, node: &Node, id: &str, result: TestResult, at: At, say: &mut Say<'_>) {
        let rule = self.rules.get(id);
        let mut draft = Draft::new(id, result, say.place(at));
        draft.title = rule.map(|rule| rule.title.clone()).unwrap_or_default();
        let own = node.attributes.get("severity").trim();
        let said = rule.map(|rule| rule.severity.as_str()).unwrap_or_default();
        draft.severity = of_severity(if own.is_empty() { said } else { own });
        draft.resource = sentence(node.text_of("instance"));
        draft.because = match sentence(node.text_of("message")) {
            text if text.is_empty() && result != TestResult::Passed => {
                format!("the scanner says `{}`", sentence(node.text_of("result")))
            }
            text => text,
        };
        if let Some((_, short)) = id.split_once("content_rule_") {
            draft.also("ssg", short);
        }
        if let Some(rule) = rule.filter(|rule| !rule.stig.is_empty()) {
            draft.also("stig", &rule.stig);
        }
        for ident in node.all("ident") {
            let text = ident.text.trim();
            if text.starts_with("CCE-") {
                draft.also("cce", text);
            }
        }
        let texts = node.all("ident").map(|ident| ident.text.as_str());
        let weaknesses: Vec<Arc<str>> = names(texts);
        let Some(results) = &mut self.results else { return };
        let suite = results.begin(&self.path, say);
        let holes = weaknesses.iter().any(|name| name.starts_with("CVE-"));
        if holes && result == TestResult::Failed {
            suite.others += 1;
            say.fact(Fact::Foreign(hole(&suite.asset, draft, weaknesses)));
        } else {
            suite.test(draft, say);
        }
    }

    fn close(&mut self, itself: bool, say: &mut Say<'_>) {
        let Some(mut results) = self.results.take() else { return };
        let whole = itself && results.losses == say.told.losses;
        results.begin(&self.path, say).covered(whole, say);
    }

    fn end(&self, say: &mut Say<'_>) {
        if self.count == 0 {
            let message = "this document holds no results: it has no `TestResult`";
            let wrong = Wrong::loss("report-version-unknown", At::START, message);
            say.wrong(wrong.help("write them with `oscap xccdf eval --results FILE`"));
        }
    }
}

impl Rule {
    fn learn(&mut self, node: &Node) {
        if node.name == "title" {
            self.title = sentence(&node.text);
            return;
        }
        // Everybody writes something into `version`; the STIGs their own ids, `UBTU-22-255025`.
        let text = node.text.trim();
        let digits = text.rsplit('-').next().unwrap_or_default();
        let number = digits.len() >= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if number && text.matches('-').count() >= 2 {
            text.clone_into(&mut self.stig);
        }
    }
}

impl Results {
    /// The system stands before the results (section 6.6.2): with the first of them it is known.
    fn begin(&mut self, path: &Arc<str>, say: &mut Say<'_>) -> &mut Suite {
        let (at, version, named) = (self.at, &self.version, &mut self.named);
        self.begun.get_or_insert_with(|| {
            named.full_names.sort();
            named.full_names.dedup();
            named.addresses.sort();
            named.addresses.dedup();
            named.macs.sort();
            named.macs.dedup();
            let name = if named.name.is_empty() { path } else { &named.name };
            let mut suite = Suite::of(name);
            suite.at = at;
            suite.report("openscap", version, say);
            suite.named(named.clone(), say);
            suite
        })
    }

    fn system(&mut self, node: &Node) {
        let text = node.text.trim();
        match node.name.as_str() {
            "target" => {
                self.named.name = sentence(text).into();
                self.full_name(text);
            }
            "target-address" => self.address(text),
            "target-facts" => {
                for fact in node.all("fact") {
                    let name = fact.attributes.get("name");
                    let value = fact.text.trim();
                    match name.rsplit(':').next().unwrap_or_default() {
                        "fqdn" | "host_name" => self.full_name(value),
                        "mac" | "MAC" => self.mac(value),
                        "ipv4" | "ipv6" => self.address(value),
                        "version" if self.version.is_empty() => self.version = sentence(value),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn full_name(&mut self, text: &str) {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let parses = text.parse::<core::net::IpAddr>().is_ok();
        if text.contains('.') && text.chars().all(plain) && !parses {
            self.named.full_names.push(text.to_ascii_lowercase().into());
        }
    }

    /// The loopback is every machine's.
    fn address(&mut self, text: &str) {
        let address = text.parse::<core::net::IpAddr>();
        if address.is_ok_and(|address| !address.is_loopback()) {
            self.named.addresses.push(text.into());
        }
    }

    fn mac(&mut self, text: &str) {
        let mac = text.to_ascii_lowercase().replace('-', ":");
        if mac.len() == 17 && mac != "00:00:00:00:00:00" {
            self.named.macs.push(mac.into());
        }
    }
}

fn hole(asset: &Arc<str>, draft: Draft, names: Vec<Arc<str>>) -> Foreign {
    let title = if draft.title.is_empty() { draft.id.clone() } else { draft.title };
    Foreign {
        asset: Arc::clone(asset),
        plugin: draft.id.into(),
        names,
        title,
        severity: draft.severity,
        locus: ForeignLocus::Whole,
        version: "".into(),
        fixed_in: "".into(),
        dismissed: String::new(),
        place: draft.place,
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The outcomes of section 6.6.4.2, table 26; `None` for `notselected` and what is none.
fn came_to(word: &str) -> Option<TestResult> {
    Some(match word {
        "pass" | "fixed" => TestResult::Passed,
        "fail" => TestResult::Failed,
        "notapplicable" | "informational" => TestResult::NotApplicable,
        "error" | "unknown" | "notchecked" => TestResult::NotAssessed,
        _ => return None,
    })
}

/// `high`, `medium`, `low`, `info`, `unknown`: none of them says that it is being exploited.
fn of_severity(word: &str) -> Severity {
    match word {
        "low" | "info" => Severity::WhenYouCan,
        _ => Severity::Soon,
    }
}

/// Of `cpe:/a:redhat:openscap:1.3.7` the last part.
fn version(system: &str) -> String {
    let version = system.rsplit(':').next().unwrap_or_default();
    let good = system.starts_with("cpe:") && version.starts_with(|c: char| c.is_ascii_digit());
    if good { sentence(version) } else { String::new() }
}

/// An XML date and time; without a zone it is taken as UTC, which is at most half a day wrong.
fn time(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}Z")))
}
