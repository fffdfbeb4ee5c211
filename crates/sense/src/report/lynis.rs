//! Lynis' report, `lynis-report.dat`: one `key=value` a line, lists as `key[]=value`.
//!
//! Knows warnings, suggestions and which tests ran; passes over what Lynis collects of the system.
//! A test that ran and neither warns nor suggests passed. Format: lynis(8), `--report-file`, and
//! the functions `Report`, `ReportWarning` and `ReportSuggestion` of its `include/functions`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{About, Named, Severity, TestResult, Timestamp};

use super::cursor::At;
use super::say::{Say, Wrong};
use super::stream::{Input, Parse};
use super::tested::{Draft, Suite};
use super::{Stream, StreamReader, claim, holds, sentence, unpacked};
use crate::Claim;

/// Reads Lynis' report.
pub(super) struct Lynis;

static ABOUT: About = About {
    id: "lynis",
    title: "Lynis reports (lynis-report.dat)",
    text: "A test that warns failed and should be mended soon, one that suggests failed and can \
           wait; one that ran and says neither passed; a skipped one, one to be made by hand and one \
           that broke are not assessed. Tests are known by their ids, `AUTH-9204`, and parts of a \
           test by the names by which a profile skips them: `SSH-7408:permitrootlogin`. Each \
           kernel parameter that is not as the profile has it is a test by itself. A report without \
           `finish=true` is of a run that did not come to its end.",
    file: file!(),
};

impl StreamReader for Lynis {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, head: &[u8]) -> Claim {
        let head = unpacked(head);
        let content = holds(&head, "report_version_major=") && !head.starts_with(b"{");
        claim(path, content, &["lynis-report.dat"])
    }

    fn start(&self, path: &Arc<str>) -> Box<dyn Stream> {
        let reader = Reader { path: Arc::clone(path), ..Reader::default() };
        Input::start(Parser { lines: Lines::default(), reader }, path)
    }
}

/// A line longer than this is passed over, in bytes; lists of all tests take a few thousand.
const LONGEST_LINE: usize = 1 << 20;
/// So many warnings, suggestions and tests are kept, which Lynis has a few hundred of.
const MOST: usize = 50_000;

/// Tests that ask for many things, each of which has a name of its own behind a colon.
const SSH_OPTIONS: &str = "SSH-7408";
const SYSCTLS: &str = "KRNL-6000";

struct Parser {
    lines: Lines,
    reader: Reader,
}

impl Parse for Parser {
    fn push(&mut self, bytes: &[u8], say: &mut Say<'_>) {
        let reader = &mut self.reader;
        self.lines.push(bytes, &mut |line, at| reader.line(line, at, say));
    }

    fn end(&mut self, say: &mut Say<'_>) {
        let reader = &mut self.reader;
        self.lines.push(b"\n", &mut |line, at| reader.line(line, at, say));
        reader.end(say);
    }
}

/// The lines of a stream.
struct Lines {
    line: Vec<u8>,
    too_long: bool,
    /// Where this line begins,
    begin: At,
    /// and where the next byte stands.
    at: At,
}

impl Default for Lines {
    fn default() -> Self {
        Self { line: Vec::new(), too_long: false, begin: At::START, at: At::START }
    }
}

impl Lines {
    /// Hands over each line without its end, `None` for one that is too long.
    fn push(&mut self, mut bytes: &[u8], on: &mut dyn FnMut(Option<&[u8]>, At)) {
        while !bytes.is_empty() {
            let end = memchr::memchr(b'\n', bytes);
            let (line, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
            bytes = rest;
            self.at.advance(line);
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            if self.line.len() + line.len() > LONGEST_LINE {
                self.too_long = true;
                self.line = Vec::new();
            } else if !self.too_long {
                self.line.extend_from_slice(line);
            }
            if end.is_some() {
                let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
                on((!self.too_long).then_some(line), self.begin);
                self.line.clear();
                self.too_long = false;
                self.begin = self.at;
            }
        }
    }
}

#[derive(Default)]
struct Reader {
    path: Arc<str>,
    named: Named,
    version: String,
    domain: String,
    at: Option<Timestamp>,
    finished: bool,
    /// What warns and suggests, in the order of the report.
    drafts: Vec<Draft>,
    /// The same for kernel parameters, each of which is told by itself.
    parameters: Vec<Draft>,
    /// Tests that ran, and that did not, with where that stands and why.
    executed: BTreeMap<String, At>,
    skipped: BTreeMap<String, (At, String)>,
    called: bool,
    too_many: bool,
}

impl Reader {
    fn line(&mut self, line: Option<&[u8]>, at: At, say: &mut Say<'_>) {
        let Some(line) = line else {
            let message = format!("this line is longer than {} MiB", LONGEST_LINE >> 20);
            let wrong = Wrong::loss("report-item-too-large", at, message);
            return say.wrong(wrong.help("it was passed over; ask where this file comes from"));
        };
        let line =
            if at == At::START { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line) } else { line };
        let text = String::from_utf8_lossy(line);
        if text.contains('\u{FFFD}') && std::str::from_utf8(line).is_err() {
            let wrong = Wrong::loss("not-utf-8", at, "this line holds bytes that are no UTF-8");
            say.wrong(wrong.help("they were read as `\u{FFFD}`"));
        }
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            return;
        }
        match text.split_once('=') {
            Some((key, value)) if is_key(key) => self.field(key, value.trim(), at, say),
            _ => {
                let wrong = Wrong::loss("report-line", at, "this line is no `key=value`");
                say.wrong(wrong.help("let Lynis write this report again"));
            }
        }
    }

    fn field(&mut self, key: &str, value: &str, at: At, say: &mut Say<'_>) {
        match key {
            "report_version_major" => {
                self.called = true;
                if value != "1" {
                    let message =
                        format!("version `{}` of this report is not known", sentence(value));
                    let wrong = Wrong::loss("report-version-unknown", at, message);
                    say.wrong(wrong.help("it was read as version 1"));
                }
            }
            "lynis_version" => self.version = sentence(value),
            "hostname" => self.named.name = sentence(value).into(),
            "domainname" => self.domain = sentence(value),
            "machineid" => self.named.machine_id = sentence(value).to_ascii_lowercase().into(),
            "hostid2" => self.named.agent_id = sentence(value).into(),
            "network_mac_address[]" => {
                self.named.macs.push(value.to_ascii_lowercase().as_str().into());
            }
            "network_ipv4_address[]" | "network_ipv6_address[]" => self.address(value),
            "report_datetime_start" | "report_datetime_end" => {
                // Local time, of a zone that is not said: at most half a day wrong.
                let time = Timestamp::parse(&format!("{}Z", value.replacen(' ', "T", 1)));
                self.at = self.at.max(time);
            }
            "finish" => self.finished = value == "true",
            "warning[]" => self.finding(value, Severity::Soon, at, say),
            "suggestion[]" => self.finding(value, Severity::WhenYouCan, at, say),
            "details[]" => self.detail(value, at, say),
            "tests_executed" => {
                for id in ids(value) {
                    if self.room(at, say) {
                        self.executed.entry(id.to_owned()).or_insert(at);
                    }
                }
            }
            "tests_skipped" => {
                for id in ids(value) {
                    self.unseen(id, "Lynis skipped it; its log says why", at, say);
                }
            }
            "manual[]" | "manual_event[]" => {
                let (id, what) = value.split_once([':', '|']).unwrap_or((value, ""));
                let what = sentence(what.trim_matches('|'));
                self.unseen(id, &format!("to be looked at by hand: {what}"), at, say);
            }
            "exception_event[]" => {
                let (id, what) = value.split_once('|').unwrap_or((value, ""));
                // `BOOT-5104:002`: the test, and which of its exceptions.
                let id = id.split(':').next().unwrap_or(id);
                self.unseen(id, &sentence(what.trim_matches('|')), at, say);
            }
            _ => {}
        }
    }

    fn address(&mut self, value: &str) {
        let address = value.split('/').next().unwrap_or(value);
        if address.parse::<core::net::IpAddr>().is_ok_and(|one| !one.is_loopback()) {
            self.named.addresses.push(address.into());
        }
    }

    fn room(&mut self, at: At, say: &mut Say<'_>) -> bool {
        let failed = self.drafts.len() + self.parameters.len();
        let room = failed + self.executed.len() + self.skipped.len() < MOST;
        if !room && !std::mem::replace(&mut self.too_many, true) {
            let message = format!("this report names more than {MOST} tests");
            let wrong = Wrong::loss("report-too-many", at, message);
            say.wrong(wrong.help("ask where this file comes from"));
        }
        room
    }

    fn unseen(&mut self, id: &str, because: &str, at: At, say: &mut Say<'_>) {
        let id = id.trim();
        if is_test(id) && self.room(at, say) {
            self.skipped.entry(id.to_owned()).or_insert_with(|| (at, because.to_owned()));
        }
    }

    /// `ID|message|details|solution|`, where `-` stands for nothing.
    fn finding(&mut self, value: &str, severity: Severity, at: At, say: &mut Say<'_>) {
        let mut parts = value.split('|').map(str::trim);
        let mut part = || parts.next().filter(|part| *part != "-").unwrap_or_default();
        let (id, message, details, solution) = (part(), part(), part(), part());
        if id.is_empty() || message.is_empty() {
            let wrong =
                Wrong::loss("report-item", at, "this finding names no test or says nothing");
            return say.wrong(wrong.help("let Lynis write this report again"));
        }
        if !self.room(at, say) {
            return;
        }
        let mut draft = Draft::new(id, TestResult::Failed, say.place(at));
        draft.also("lynis", id);
        if let (SSH_OPTIONS, Some(option)) = (id, details.split_whitespace().next()) {
            draft.also("lynis", &format!("{id}:{}", option.to_ascii_lowercase()));
        }
        draft.title = sentence(message);
        draft.severity = severity;
        draft.resource = sentence(details.strip_prefix("text:").unwrap_or(details));
        draft.because = sentence(solution.strip_prefix("text:").unwrap_or(solution));
        self.drafts.push(draft);
    }

    /// `KRNL-6000|sysctl|desc:…;field:kernel.sysrq;prefval:0;value:176;|`. Details of other tests say
    /// no more than their suggestions.
    fn detail(&mut self, value: &str, at: At, say: &mut Say<'_>) {
        let mut parts = value.split('|').map(str::trim);
        let (Some(SYSCTLS), Some("sysctl"), Some(told)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        let part = |name: &str| {
            let found = told.split(';').find_map(|part| part.trim().strip_prefix(name));
            found.filter(|part| *part != "-").unwrap_or_default()
        };
        let key = part("field:");
        if key.is_empty() || !self.room(at, say) {
            return;
        }
        let mut draft = Draft::new(SYSCTLS, TestResult::Failed, say.place(at));
        draft.also("lynis", SYSCTLS);
        draft.also("lynis", &format!("{SYSCTLS}:{key}"));
        let (is, wanted) = (part("value:"), part("prefval:"));
        draft.title = sentence(&format!("{key} is {is}, and Lynis wants {wanted}"));
        draft.severity = Severity::WhenYouCan;
        draft.resource = sentence(key);
        draft.because = sentence(part("desc:"));
        self.parameters.push(draft);
    }

    fn end(&mut self, say: &mut Say<'_>) {
        if !self.parameters.is_empty() {
            // What the test says of all of them together is said by each.
            self.drafts.retain(|draft| draft.id != SYSCTLS);
            self.drafts.append(&mut self.parameters);
        }
        if !self.called {
            let message = "this file does not say that Lynis wrote it";
            let wrong = Wrong::loss("report-version-unknown", At::START, message);
            say.wrong(wrong.help("name Lynis' `lynis-report.dat`"));
        } else if !self.finished {
            let message = "this report has no `finish=true`: Lynis did not come to its end";
            let wrong = Wrong::loss("report-unfinished", At::START, message);
            say.wrong(wrong.help("let Lynis run again"));
        }
        let mut named = std::mem::take(&mut self.named);
        let name: &str = &named.name;
        let whole = if self.domain.is_empty() || name.contains('.') {
            name.to_owned()
        } else {
            format!("{name}.{}", self.domain)
        };
        if whole.contains('.') {
            named.full_names.push(whole.to_ascii_lowercase().into());
        }
        named.macs.sort();
        named.macs.dedup();
        named.addresses.sort();
        named.addresses.dedup();
        let name = if named.name.is_empty() { &self.path } else { &named.name };
        let mut suite = Suite::of(name);
        suite.at = self.at;
        if !self.finished {
            suite.unfinished = "Lynis did not come to its end";
        }
        suite.report("lynis", &self.version, say);
        suite.named(named, say);
        let failed: BTreeSet<String> = self.drafts.iter().map(|draft| draft.id.clone()).collect();
        for draft in std::mem::take(&mut self.drafts) {
            suite.test(draft, say);
        }
        for (id, (at, because)) in &self.skipped {
            if !failed.contains(id) {
                let draft = quiet(TestResult::NotAssessed, id, *at, because, say);
                suite.test(draft, say);
            }
        }
        for (id, at) in &self.executed {
            if !failed.contains(id) && !self.skipped.contains_key(id) {
                let draft = quiet(TestResult::Passed, id, *at, "", say);
                suite.test(draft, say);
            }
        }
        suite.covered(!say.told.partial, say);
    }
}

/// A test of which the report gives no more than the name.
fn quiet(result: TestResult, id: &str, at: At, because: &str, say: &Say<'_>) -> Draft {
    let mut draft = Draft::new(id, result, say.place(at));
    draft.also("lynis", id);
    because.clone_into(&mut draft.because);
    draft
}

fn is_key(key: &str) -> bool {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '[' | ']' | ':');
    !key.is_empty() && key.chars().all(plain)
}

/// `SSH-7408`, `CUST-0010`.
fn is_test(id: &str) -> bool {
    let Some((group, number)) = id.split_once('-') else { return false };
    let letters = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    !group.is_empty()
        && id.len() <= 40
        && group.chars().all(letters)
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && !number.is_empty()
}

/// Test ids with bars between them.
fn ids(value: &str) -> impl Iterator<Item = &str> {
    value.split('|').map(str::trim).filter(|id| is_test(id))
}
