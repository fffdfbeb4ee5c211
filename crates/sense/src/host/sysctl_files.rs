//! The files that give kernel parameters their values at boot (sysctl.d(5), sysctl.conf(5)): which
//! of them count, in which order, and what they assign.
//!
//! Knows no running kernel.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{Place, Span};

use super::look::{End, Gap, Got, Look, MAX_FILES};
use super::sysctl_pattern::{is_pattern, matches};
use crate::FileType;
use crate::text::{Document, Mistake, Report, file_name};

mod interfaces;

/// In order of precedence: a file takes the place of every later one of the same name.
const FOLDERS: [&str; 5] = [
    "/etc/sysctl.d",
    "/run/sysctl.d",
    "/usr/local/lib/sysctl.d",
    "/usr/lib/sysctl.d",
    "/lib/sysctl.d",
];
const LAST: &str = "/etc/sysctl.conf";
/// Reads the folders and nothing else: systemd-sysctl.service(8).
const SYSTEMD: [&str; 2] = ["/usr/lib/systemd/systemd-sysctl", "/lib/systemd/systemd-sysctl"];

/// What the kernel takes at most (`proc_dostring` and its like work on one page), in bytes.
const MAX_VALUE: usize = 4096;

/// A file that is read at boot, or why it cannot be.
#[derive(Clone)]
pub(super) struct Source<'a> {
    /// Where all links lead.
    path: Arc<str>,
    bytes: Result<&'a [u8], Gap>,
}

/// The files that are read at boot, in their order. A file to which several names lead counts
/// once, at its last place.
pub(super) fn sources<'a>(look: &Look<'a>) -> Vec<Source<'a>> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let mut hidden = Vec::new();
    for folder in FOLDERS {
        match look.paths(&format!("{folder}/*.conf")) {
            Got::Here(paths) => {
                let name = |path: &'a Arc<str>| file_name(path);
                names.extend(paths.iter().map(name).filter(|name| !name.starts_with('.')));
            }
            Got::Missing => {}
            Got::Hidden(gap) => hidden.push(Source { path: folder.into(), bytes: Err(gap) }),
        }
    }
    let mut sources: Vec<Source<'a>> = Vec::new();
    let too_many = names.len() > MAX_FILES;
    for name in names.into_iter().take(MAX_FILES) {
        // A list of a folder may leave out links that lead to no file, so each folder is asked.
        let paths = FOLDERS.map(|folder| format!("{folder}/{name}"));
        let stats = paths.each_ref().map(|path| look.stat(path));
        let first = paths.iter().zip(stats).find(|(_, stat)| *stat != Got::Missing);
        let Some((path, _)) = first else { continue };
        let Some(source) = source(look, path) else { continue };
        sources.retain(|earlier| earlier.path != source.path);
        sources.push(source);
    }
    let read = |last: &Source<'_>| sources.iter().any(|source| source.path == last.path);
    let systemd = SYSTEMD.map(|path| look.stat(path));
    let alone = systemd.iter().any(|program| matches!(program, Got::Here(_)));
    if let Some(last) = source(look, LAST).filter(|last| !alone && !read(last)) {
        // Whether systemd reads the folders alone is not known where nobody could see it.
        let unseen = systemd.into_iter().find_map(Got::hidden);
        hidden.extend(unseen.map(|gap| Source { path: LAST.into(), bytes: Err(gap) }));
        // A name of which nobody could see where it leads may lead there, and give it its place.
        let adrift =
            sources.iter().find(|source| matches!(look.follow(&source.path), End::Hidden(_)));
        hidden.extend(adrift.cloned());
        sources.push(last);
    }
    if too_many {
        let reason = format!("there are more than {MAX_FILES} files of kernel parameters");
        let gap = Gap::new(reason, "join them into fewer files");
        hidden.push(Source { path: LAST.into(), bytes: Err(gap) });
    }
    // Files that nobody could list might stand anywhere: they count as the last.
    sources.extend(hidden);
    sources
}

/// What is read under a name; nothing where it is masked, leads nowhere, or is no file.
fn source<'a>(look: &Look<'a>, path: &str) -> Option<Source<'a>> {
    match look.follow(path) {
        End::At(end, stat) if stat.kind == FileType::File => match look.file(&end) {
            Got::Here(bytes) => Some(Source { path: end, bytes: Ok(bytes) }),
            Got::Missing => None,
            Got::Hidden(gap) => Some(Source { path: end, bytes: Err(gap) }),
        },
        End::At(..) | End::Null | End::Nowhere | End::Circle => None,
        End::Hidden(gap) => Some(Source { path: path.into(), bytes: Err(gap) }),
    }
}

/// One assignment, or an exclusion from patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Assignment {
    /// Below `/proc/sys`; may hold the wildcards of glob(7).
    key: String,
    /// `None` where the key is excluded (`-key` without `=`).
    value: Option<String>,
    place: Place,
    /// The index of its file.
    source: usize,
}

/// What a parameter gets at boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Boot {
    /// This value, from here.
    Value(String, Place),
    /// A value that the kernel cannot take, from here.
    TooLong(Place),
    /// No file gives it one; where a line says so, its place.
    Nothing(Option<Place>),
    /// A file that could not be read may say otherwise.
    Hidden(Gap),
}

/// Everything that the files assign.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// In the order in which patterns are applied.
    list: Vec<Option<Assignment>>,
    by_key: BTreeMap<String, usize>,
    /// The last file that could not be read.
    hidden: Option<(usize, Gap)>,
}

impl Table {
    /// Reads the files; what is wrong in them is reported.
    pub(super) fn read(sources: &[Source<'_>], report: &mut Report<'_>) -> Self {
        let mut table = Self::default();
        for (index, source) in sources.iter().enumerate() {
            match &source.bytes {
                Ok(bytes) => {
                    let document = Document::open(&source.path, bytes);
                    report.open(&document);
                    let mark = bytes.starts_with(b"\xEF\xBB\xBF");
                    table.add(index, &document, mark, report);
                }
                Err(gap) => table.hidden = Some((index, gap.clone())),
            }
        }
        table
    }

    /// A byte order mark is part of the first key, which no parameter has for a name.
    fn add(&mut self, source: usize, document: &Document<'_>, mark: bool, report: &mut Report<'_>) {
        let mut start = 0;
        for raw in document.text().split_inclusive('\n') {
            let indent = raw.len() - raw.trim_start().len();
            let at = start + indent;
            let hidden = mark && start == 0;
            start += raw.len();
            let line = raw.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            let assignment = match line.split_once('=') {
                Some((key, value)) => Some((key.strip_prefix('-').unwrap_or(key), Some(value))),
                None => line.strip_prefix('-').map(|key| (key, None)),
            };
            let parsed = assignment.filter(|_| !hidden);
            let parsed = parsed.and_then(|(key, value)| Some((path_of(key)?, value)));
            let Some((key, value)) = parsed else {
                let span = Span { start: at, end: at + line.len() };
                let message = "this line gives no kernel parameter a value";
                let help = if hidden {
                    "save the file without a byte order mark; the rest of it counts"
                } else {
                    "write `key = value`; the rest of the file counts"
                };
                report.mistake(document, &Mistake::slip("sysctl-line", span, message).help(help));
                continue;
            };
            // The value's own first character, or the line's end where there is none.
            let behind = value.map_or(0, |value| line.len() - value.trim_start().len());
            let place = document.place(at + behind);
            self.put(Assignment { key, value: value.map(spaced), place, source });
        }
    }

    /// systemd keeps the place in the order where the value stays the same, and moves the key to
    /// the end where it changes; only patterns can tell the difference.
    fn put(&mut self, assignment: Assignment) {
        let known = self.by_key.get(&assignment.key).copied();
        if let Some(slot) = known.and_then(|index| self.list.get_mut(index)) {
            if slot.as_ref().is_some_and(|earlier| earlier.value == assignment.value) {
                *slot = Some(assignment);
                return;
            }
            *slot = None;
        }
        self.by_key.insert(assignment.key.clone(), self.list.len());
        self.list.push(Some(assignment));
    }

    /// What a parameter gets, by its path below `/proc/sys`. What names it itself, even to exclude
    /// it, stands above all patterns, wherever it stands.
    pub(super) fn boot(&self, path: &str) -> Boot {
        let slot = |index: &usize| self.list.get(*index).and_then(Option::as_ref);
        let own = self.by_key.get(path).and_then(slot);
        let wins = own.or_else(|| {
            let fits = |assignment: &&Assignment| {
                let counts = assignment.value.is_some() && is_pattern(&assignment.key);
                counts && matches(&assignment.key, path)
            };
            self.list.iter().flatten().rfind(fits)
        });
        if let Some((index, gap)) = &self.hidden {
            let certain = own.is_some_and(|own| own.source > *index);
            if !certain {
                let mut gap = gap.clone();
                gap.reason.push_str(", and may say otherwise");
                return Boot::Hidden(gap);
            }
        }
        match wins.map(|wins| (&wins.value, &wins.place)) {
            Some((Some(value), place)) if value.len() > MAX_VALUE => Boot::TooLong(place.clone()),
            Some((Some(value), place)) => Boot::Value(value.clone(), place.clone()),
            Some((None, place)) => Boot::Nothing(Some(place.clone())),
            None => Boot::Nothing(None),
        }
    }
}

/// The path below `/proc/sys` of a key: where its first separator is a dot, dots and slashes
/// change places (sysctl.d(5)), so that `net.ipv4.conf.eth0/1.forwarding` names the interface
/// `eth0.1`. `None` for what is no name of a parameter, and for what would lead elsewhere.
pub(super) fn path_of(key: &str) -> Option<String> {
    let key = key.trim();
    let swap = |c: char| match c {
        '.' => '/',
        '/' => '.',
        other => other,
    };
    let path: String = match key.find(['.', '/']) {
        Some(at) if key.as_bytes().get(at) == Some(&b'.') => key.chars().map(swap).collect(),
        _ => key.to_owned(),
    };
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let odd = |part: &&str| matches!(*part, "." | "..") || part.contains(char::is_control);
    (!parts.is_empty() && !parts.iter().any(odd)).then(|| parts.join("/"))
}

/// A value with single spaces between its words: the kernel prints tabs where people write blanks.
pub(super) fn spaced(value: &str) -> String {
    let mut out = String::with_capacity(value.len().min(64));
    for word in value.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(files: &[(&str, &str)]) -> Table {
        let sources: Vec<Source<'_>> = files
            .iter()
            .map(|(path, text)| Source { path: (*path).into(), bytes: Ok(text.as_bytes()) })
            .collect();
        Table::read(&sources, &mut Report::new(&mut |_| {}))
    }

    fn value(table: &Table, key: &str) -> String {
        match table.boot(&path_of(key).unwrap()) {
            Boot::Value(value, place) => format!("{value} at {place}"),
            Boot::Nothing(None) => "nothing".to_owned(),
            Boot::Nothing(Some(place)) => format!("nothing at {place}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_first_separator_decides() {
        let cases = [
            ("net.ipv4.ip_forward", Some("net/ipv4/ip_forward")),
            ("net/ipv4/ip_forward", Some("net/ipv4/ip_forward")),
            ("net.ipv4.conf.enp3s0/200.forwarding", Some("net/ipv4/conf/enp3s0.200/forwarding")),
            ("net/ipv4/conf/enp3s0.200/forwarding", Some("net/ipv4/conf/enp3s0.200/forwarding")),
            ("  kernel.sysrq ", Some("kernel/sysrq")),
            ("/kernel//sysrq", Some("kernel/sysrq")),
            ("single", Some("single")),
            ("a/../../etc/shadow", None),
            ("a.//.b", None),
            ("a/./b", None),
            ("", None),
            ("/", None),
            ("a\0b", None),
        ];
        for (key, wanted) in cases {
            assert_eq!(path_of(key).as_deref(), wanted, "{key:?}");
        }
    }

    #[test]
    fn the_later_assignment_wins_and_what_names_it_beats_patterns() {
        let table = table(&[
            (
                "/a",
                "net.ipv4.conf.all.rp_filter = 1\n; x\n# y\n\
                  net.ipv4.conf.*.accept_redirects=0\n-net.ipv4.conf.eth0.accept_redirects\n",
            ),
            (
                "/b",
                "\r\n  -net/ipv4/conf/all/rp_filter =\t2 \r\nnet.ipv4.conf.*.rp_filter=0\n\
                  net.ipv4.*.all.accept_redirects = 1",
            ),
        ]);
        assert_eq!(value(&table, "net.ipv4.conf.all.rp_filter"), "2 at /b:2:34");
        assert_eq!(value(&table, "net.ipv4.conf.lo.rp_filter"), "0 at /b:3:27");
        assert_eq!(value(&table, "net.ipv4.conf.lo.accept_redirects"), "0 at /a:4:34");
        assert_eq!(value(&table, "net.ipv4.conf.all.accept_redirects"), "1 at /b:4:35");
        assert_eq!(value(&table, "net.ipv4.conf.eth0.accept_redirects"), "nothing at /a:5:1");
        assert_eq!(value(&table, "net.ipv4.conf.lo.x.rp_filter"), "nothing");
    }

    #[test]
    fn an_exclusion_takes_back_the_same_pattern_and_no_other() {
        let files = [("/a", "net.*.x = 1\nnet.y* = 2\n-net.*.x\n-net.y\n")];
        let table = table(&files);
        assert_eq!(value(&table, "net.a.x"), "nothing");
        assert_eq!(value(&table, "net.yes"), "2 at /a:2:10");
        assert_eq!(value(&table, "net.y"), "nothing at /a:4:1");
    }

    #[test]
    fn of_two_patterns_the_one_that_changed_last_is_applied_last() {
        let same = table(&[("/a", "a.* = 1\n*.b = 2\na.* = 1\n")]);
        assert_eq!(value(&same, "a.b"), "2 at /a:2:7");
        let changed = table(&[("/a", "a.* = 1\n*.b = 2\na.* = 3\n")]);
        assert_eq!(value(&changed, "a.b"), "3 at /a:3:7");
    }

    #[test]
    fn what_cannot_be_read_may_say_otherwise_unless_it_is_overruled() {
        let gap = || Gap::new("`/b` may not be read", "root");
        let sources = [
            Source { path: "/a".into(), bytes: Ok(b"k.early = 1\n") },
            Source { path: "/b".into(), bytes: Err(gap()) },
            Source { path: "/c".into(), bytes: Ok(b"k.late = 1\nk.l* = 2\n") },
        ];
        let table = Table::read(&sources, &mut Report::new(&mut |_| {}));
        assert_eq!(value(&table, "k.late"), "1 at /c:1:10");
        for key in ["k.early", "k.lazy", "k.none"] {
            assert!(matches!(table.boot(&path_of(key).unwrap()), Boot::Hidden(_)), "{key}");
        }
    }

    #[test]
    fn values_longer_than_the_kernel_takes_are_no_values() {
        let long = format!("a.b = {}\n", "x".repeat(70_000));
        let table = table(&[("/a", &long)]);
        assert!(matches!(table.boot("a/b"), Boot::TooLong(place) if place.line == 1));
    }
}
