//! Whether apt gets updates for security: sources.list(5), in both of its notations.
//!
//! Knows how sources are written; knows no mirror. Whether a source answers, and whether its lists
//! are new, is seen elsewhere.

use std::sync::Arc;

use holdfast_model::{About, Aspect, Fact, Place, Reading, Resource, Span};

use super::look::{Gap, Got, Look, MAX_FILES, setting};
use super::{Answers, Asked, Collector, traits};
use crate::packages::os_release::codenames;
use crate::text::{Document, Mistake, Report, file_name};

/// The collector.
pub(super) struct Suite;

static ABOUT: About = About {
    id: "host-suite",
    title: "Package sources for security",
    text: "Reads `/etc/apt/sources.list` and the files of `sources.list.d`, one line a source \
        (`.list`) or in paragraphs (`.sources`). A source is for security where it is enabled, \
        brings binary packages (`deb`) and has a suite that ends in `-security`, or in \
        `/updates` as Debian called it up to 10; before that stands the name of this release (where \
        `os-release` does not tell it, it is not assessed), or a word such as `stable`. A disc is no \
        such source, and neither is what brings only components such as `contrib`. Sources that other \
        parts of apt's configuration name, and other package managers, are not looked at.",
    file: file!(),
};

const APT: &str = "/etc/apt";
const LIST: &str = "/etc/apt/sources.list";
const FOLDER: [&str; 2] = ["/etc/apt/sources.list.d/*.list", "/etc/apt/sources.list.d/*.sources"];
const SECURITY: &str = "security";

const HELP: &str = "apt itself refuses this: see sources.list(5)";

fn purpose_of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Suite { purpose } => Some(purpose),
        _ => None,
    }
}

impl Collector for Suite {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        let mut report = Report::new(out);
        for (resource, purpose) in asked.each(purpose_of) {
            let (reading, place) = if purpose == SECURITY {
                security(&Look::new(answers), &mut report)
            } else {
                let reason =
                    format!("nobody can tell which sources are for `{}`", purpose.escape_debug());
                (Gap::new(reason, "ask for `security`").reading(), None)
            };
            report.fact(setting(resource, Aspect::Value, reading, place));
        }
    }
}

type Files<'a> = (Vec<(Arc<str>, &'a [u8])>, Option<Gap>);

/// The files that apt reads, and why some could not be read.
fn files<'a>(look: &Look<'a>) -> Files<'a> {
    let mut paths: Vec<Arc<str>> = vec![LIST.into()];
    let mut gap = None;
    for pattern in FOLDER {
        match look.paths(pattern) {
            Got::Here(found) => {
                let read = found.iter().filter(|path| is_read(file_name(path)));
                paths.extend(read.take(MAX_FILES).cloned());
            }
            Got::Missing => {}
            Got::Hidden(hidden) => gap = Some(hidden),
        }
    }
    let mut files = Vec::new();
    for path in paths {
        match look.file(&path) {
            Got::Here(bytes) => files.push((path, bytes)),
            Got::Missing => {}
            Got::Hidden(hidden) => gap = Some(hidden),
        }
    }
    (files, gap)
}

/// apt passes over files with other letters in their names, and hidden ones.
fn is_read(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    !name.starts_with('.') && name.bytes().all(allowed)
}

fn security(look: &Look<'_>, report: &mut Report<'_>) -> (Reading, Option<Place>) {
    match look.stat(APT) {
        Got::Here(_) => {}
        Got::Missing => {
            let gap = Gap::new("this system has no apt", "a later Holdfast");
            return (gap.reading(), None);
        }
        Got::Hidden(gap) => return (gap.reading(), None),
    }
    let (files, gap) = files(look);
    let names = match traits::release(look) {
        Got::Here((_, bytes)) => codenames(bytes),
        Got::Missing => Vec::new(),
        Got::Hidden(gap) => return (gap.reading(), None),
    };
    let unnamed = names.is_empty();
    let first = first(&files, &Release { names, any: false }, report);
    match (first, gap) {
        (Some(place), _) => (Reading::Is("present".into()), Some(place)),
        (None, Some(gap)) => (gap.reading(), None),
        (None, None) if unnamed => of_any(&files),
        (None, None) => (Reading::Absent, None),
    }
}

/// What is known where nobody knows which release this is.
fn of_any(files: &[(Arc<str>, &[u8])]) -> (Reading, Option<Place>) {
    let any = Release { names: Vec::new(), any: true };
    // What is wrong in the files was told before.
    match first(files, &any, &mut Report::new(&mut |_| {})) {
        Some(place) => {
            let reason = "nobody knows whether a source for security is for this release";
            let gap = Gap::new(reason, "say `VERSION_CODENAME` in `/etc/os-release`");
            (gap.reading(), Some(place))
        }
        None => (Reading::Absent, None),
    }
}

/// Where the first suite for security stands.
fn first(files: &[(Arc<str>, &[u8])], release: &Release, report: &mut Report<'_>) -> Option<Place> {
    let mut first = None;
    for (path, bytes) in files {
        let document = Document::open(path, bytes);
        report.open(&document);
        let found = if path.ends_with(".sources") {
            paragraphs(&document, release, report)
        } else {
            lines(&document, release, report)
        };
        first = first.or(found.map(|at| document.place(at)));
    }
    first
}

/// The release that the system is of.
#[derive(Debug, Default)]
struct Release {
    /// Its names; none where nobody knows.
    names: Vec<String>,
    /// Whether the suites of all releases count.
    any: bool,
}

impl Release {
    /// Whether a suite brings updates for security. That of another release has none for this one.
    fn is_security(&self, suite: &str) -> bool {
        /// Releases by what they are now.
        const MOVING: [&str; 4] = ["stable", "oldstable", "oldoldstable", "testing"];
        let suite = suite.trim_end_matches('/');
        let name = suite.strip_suffix("-security").or_else(|| suite.strip_suffix("/updates"));
        let own = |name: &str| self.any || self.names.iter().any(|own| own == name);
        name.is_some_and(|name| own(name) || MOVING.contains(&name))
    }
}

/// Whether a component has only what is beside the distribution itself: updates of that alone are not
/// those of the system.
fn is_aside(component: &str) -> bool {
    /// Of Debian and of Ubuntu.
    const ASIDE: [&str; 6] =
        ["contrib", "non-free", "non-free-firmware", "restricted", "universe", "multiverse"];
    ASIDE.contains(&component)
}

fn is_disc(uri: &str) -> bool {
    uri.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("cdrom:"))
}

/// Where the first suite for security stands in a file of lines: `deb [options] uri suite …`.
fn lines(document: &Document<'_>, release: &Release, report: &mut Report<'_>) -> Option<usize> {
    let mut first = None;
    let mut start = 0;
    for raw in document.text().split_inclusive('\n') {
        let at = start;
        start += raw.len();
        let line = raw.split('#').next().unwrap_or_default().trim_end();
        let mut words = Words { line, at: 0 };
        let Some((begins, kind)) = words.next() else { continue };
        let mut word = words.next();
        if word.is_some_and(|(_, word)| word.starts_with('[')) {
            word = words.next();
        }
        let suite = words.next();
        let (true, Some((_, uri)), Some((behind, suite))) =
            (matches!(kind, "deb" | "deb-src"), word, suite)
        else {
            let span = Span { start: at + begins, end: at + line.len() };
            let message = "expected a line of the form `deb uri suite component`";
            let mistake = Mistake::slip("apt-source-line", span, message).help(HELP);
            report.mistake(document, &mistake);
            continue;
        };
        let mut parts = words.map(|(_, part)| part).peekable();
        let aside = parts.peek().is_some() && parts.all(is_aside);
        let counts = kind == "deb" && !aside && !is_disc(uri);
        if counts && release.is_security(suite.trim_matches('"')) {
            first = first.or(Some(at + behind));
        }
    }
    first
}

/// The words of a line with their offsets. Blanks inside quotes or brackets do not part words, as
/// in `[arch=amd64 trusted=yes]` and in the names of discs.
struct Words<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Iterator for Words<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.line.get(self.at..)?;
        let start = self.at + (rest.len() - rest.trim_start().len());
        let rest = rest.trim_start();
        let (mut quoted, mut depth) = (false, 0_usize);
        let end = rest.find(|c: char| {
            match c {
                '"' => quoted = !quoted,
                '[' if !quoted => depth += 1,
                ']' if !quoted => depth = depth.saturating_sub(1),
                _ => {}
            }
            c.is_whitespace() && !quoted && depth == 0
        });
        let word = rest.get(..end.unwrap_or(rest.len())).filter(|word| !word.is_empty())?;
        self.at = start + word.len();
        Some((start, word))
    }
}

/// A source in a file of paragraphs, as far as it matters here.
#[derive(Debug, Default)]
struct Source {
    disabled: bool,
    binary: bool,
    /// Whether an address was named that is no disc.
    reachable: bool,
    /// Whether all components lie beside the distribution itself, where any was named.
    aside: Option<bool>,
    /// Where the first suite for security stands.
    security: Option<usize>,
}

impl Source {
    fn found(&self) -> Option<usize> {
        let counts = self.binary && self.reachable && !self.disabled;
        self.security.filter(|_| counts && self.aside != Some(true))
    }

    /// Takes the words of a line of a field; `at` is where `text` begins.
    fn add(&mut self, field: &str, text: &str, at: usize, release: &Release) {
        for (behind, word) in (Words { line: text, at: 0 }) {
            match field {
                "enabled" => self.disabled = is_false(word),
                "types" => self.binary |= word == "deb",
                "uris" => self.reachable |= !is_disc(word),
                "components" => {
                    self.aside = Some(self.aside.unwrap_or(true) && is_aside(word));
                }
                "suites" if release.is_security(word) => {
                    self.security = self.security.or(Some(at + behind));
                }
                _ => {}
            }
        }
    }
}

/// The words that apt takes for "no".
fn is_false(word: &str) -> bool {
    let words = ["0", "no", "false", "without", "off", "disable"];
    words.iter().any(|no| word.eq_ignore_ascii_case(no))
}

/// Where the first suite for security stands in a file of paragraphs (deb822). Unlike those of
/// packages, these fields go on over several lines.
fn paragraphs(
    document: &Document<'_>,
    release: &Release,
    report: &mut Report<'_>,
) -> Option<usize> {
    let mut first = None;
    let mut source = Source::default();
    let mut field: Option<String> = None;
    let mut start = 0;
    for raw in document.text().split_inclusive('\n') {
        let at = start;
        start += raw.len();
        let line = raw.trim_end();
        if line.is_empty() {
            first = first.or(source.found());
            (source, field) = (Source::default(), None);
        } else if line.starts_with('#') {
            // A comment stands between the lines of a field without ending it.
        } else if line.starts_with([' ', '\t']) && field.is_some() {
            source.add(field.as_deref().unwrap_or_default(), line, at, release);
        } else if let Some((name, value)) = line.split_once(':').filter(|(name, _)| is_name(name)) {
            let name = name.to_ascii_lowercase();
            source.add(&name, value, at + name.len() + 1, release);
            field = Some(name);
        } else {
            let span = Span { start: at, end: at + line.len() };
            let message = "expected a line of the form `Name: value`";
            let mistake = Mistake::slip("apt-source-line", span, message).help(HELP);
            report.mistake(document, &mistake);
        }
    }
    first.or(source.found())
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> (Option<String>, usize) {
        let document = Document::open(&path.into(), text.as_bytes());
        let mut problems = 0;
        let mut count = |_| problems += 1;
        let mut report = Report::new(&mut count);
        let release = Release { names: Vec::new(), any: true };
        let at = if path.ends_with(".sources") {
            paragraphs(&document, &release, &mut report)
        } else {
            lines(&document, &release, &mut report)
        };
        (at.map(|at| document.place(at).to_string()), problems)
    }

    #[test]
    fn lines_may_have_options_quotes_and_comments() {
        let some = |place: &str| (Some(place.to_owned()), 0);
        for (line, wanted) in [
            ("deb http://s.example bookworm-security main", some("/a:1:22")),
            ("  deb [ arch=amd64 signed-by=/k ] http://s.example x-security main", some("/a:1:52")),
            ("deb\thttp://s.example/ buster/updates main\r\n", some("/a:1:23")),
            ("deb http://s.example buster/updates/ main", some("/a:1:22")),
            ("deb http://s.example \"jammy-security\" main", some("/a:1:22")),
            ("deb http://s.example a-security contrib main", some("/a:1:22")),
            ("deb http://s.example a-security contrib non-free", (None, 0)),
            ("# deb http://s.example a-security main\n", (None, 0)),
            ("deb-src http://s.example a-security main", (None, 0)),
            ("deb http://s.example bookworm-updates main # -security", (None, 0)),
            ("deb http://s.example/x-security stable main", (None, 0)),
            ("deb cdrom:[Debian 12 x-security]/ a-security main", (None, 0)),
            ("rpm http://s.example a-security main", (None, 1)),
            ("deb http://s.example", (None, 1)),
            ("deb [arch=amd64 http://s.example a-security main", (None, 1)),
            ("deb", (None, 1)),
            ("", (None, 0)),
        ] {
            assert_eq!(found("/a", line), wanted, "{line}");
        }
    }

    #[test]
    fn paragraphs_may_be_switched_off_and_go_on() {
        let text = "Types: deb\nURIs: http://s.example\nSuites: bookworm\n# between\n \
            bookworm-updates bookworm-security\nComponents: main\n";
        assert_eq!(found("/a.sources", text), (Some("/a.sources:5:19".to_owned()), 0));
        let off = format!("Enabled: NO\n{text}");
        assert_eq!(found("/a.sources", &off), (None, 0));
        let both = format!("{off}\n{text}");
        assert_eq!(found("/a.sources", &both).0.as_deref(), Some("/a.sources:13:19"));
        assert_eq!(found("/a.sources", &text.replace(": deb", ": deb-src")), (None, 0));
        assert_eq!(found("/a.sources", &text.replace("http:", "cdrom:")), (None, 0));
        let aside = text.replace(": main", ": contrib universe");
        assert_eq!(found("/a.sources", &aside), (None, 0));
        let crlf = text.replace('\n', "\r\n");
        assert_eq!(found("/a.sources", &crlf).0.as_deref(), Some("/a.sources:5:19"));
        assert_eq!(found("/a.sources", &format!(" x\n{text}nonsense\n")).1, 2);
        let shouted = text.replace("Suites", "SUITES");
        assert!(found("/a.sources", &shouted).0.is_some());
    }

    #[test]
    fn updates_of_another_release_are_none() {
        let names = vec!["virginia".to_owned(), "jammy".to_owned()];
        let here = Release { names, any: false };
        for suite in ["jammy-security", "jammy/updates/", "stable-security"] {
            assert!(here.is_security(suite), "{suite}");
        }
        for suite in ["focal-security", "jammy-updates", "jammy", "security"] {
            assert!(!here.is_security(suite), "{suite}");
        }
        let unnamed = Release::default();
        assert!(!unnamed.is_security("focal-security") && unnamed.is_security("stable-security"));
    }

    #[test]
    fn files_that_apt_passes_over_are_passed_over() {
        assert!(is_read("debian.sources") && is_read("a_b-c.list"));
        assert!(!is_read("a b.list") && !is_read(".a.list") && !is_read("é.list"));
    }
}
