//! The files of modprobe.d(5): which of them are read, in which order, and what they say of a
//! module.
//!
//! Knows files; must not know what the kernel has loaded.

use holdfast_model::{Place, Span};

use super::drop_ins::{DropIn, drop_ins};
use super::look::{Gap, Look};
use super::sysctl_pattern::{is_pattern, segment_matches};
use crate::text::{Document, Mistake, Report};

/// In order of precedence: a file takes the place of every later one of the same name.
const FOLDERS: [&str; 5] = [
    "/etc/modprobe.d",
    "/run/modprobe.d",
    "/usr/local/lib/modprobe.d",
    "/usr/lib/modprobe.d",
    "/lib/modprobe.d",
];
const ENDINGS: [&str; 2] = [".conf", ".alias"];

/// Words that begin a line and say nothing of whether a module may be loaded.
const OTHERS: [&str; 7] = ["alias", "options", "remove", "softdep", "weakdep", "config", "include"];

/// Commands that do nothing, so that a module that is installed by one is not.
const NOTHING: [&str; 10] = [
    "/bin/false",
    "/bin/true",
    "/usr/bin/false",
    "/usr/bin/true",
    "/sbin/nologin",
    "/usr/sbin/nologin",
    "/usr/bin/nologin",
    "false",
    "true",
    ":",
];

/// The name of a module as the kernel writes it: `-` and `_` mean the same, but between brackets.
pub(super) fn named(name: &str) -> String {
    let mut inside = false;
    let one = |c: char| {
        inside = (inside || c == '[') && c != ']';
        if c == '-' && !inside { '_' } else { c }
    };
    name.chars().map(one).collect()
}

/// The files, in the order in which modprobe reads them.
pub(super) fn sources<'a>(look: &Look<'a>) -> Vec<DropIn<'a>> {
    let patterns = FOLDERS.iter().flat_map(|at| ENDINGS.map(|ending| format!("{at}/*{ending}")));
    drop_ins(look, &FOLDERS.map(str::to_owned), &patterns.collect::<Vec<String>>())
}

/// What the files say of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule {
    /// Instead of loading it, a command that does nothing is run.
    Disabled(Place),
    /// Instead of loading it, some other command is run, which may load it.
    Command(Place),
    /// It is not loaded by what it is for, but by its name, and by modules that need it.
    Blacklisted(Place),
    /// Nothing.
    Allowed,
    /// A file that could not be read may say otherwise.
    Hidden(Gap),
}

/// One line that says something.
#[derive(Debug)]
struct Line {
    /// Of `install`; `None` of `blacklist`.
    command: Option<String>,
    name: String,
    place: Place,
    /// The index of its file.
    source: usize,
}

/// Everything that the files say.
#[derive(Debug, Default)]
pub(super) struct Rules {
    lines: Vec<Line>,
    /// The first file that could not be read.
    hidden: Option<(usize, Gap)>,
}

impl Rules {
    /// Reads the files; what is wrong in them is reported.
    pub(super) fn read(sources: &[DropIn<'_>], report: &mut Report<'_>) -> Self {
        let mut rules = Self::default();
        for (source, file) in sources.iter().enumerate() {
            match &file.bytes {
                Ok(bytes) => {
                    let document = Document::open(&file.path, bytes);
                    report.open(&document);
                    rules.add(source, &document, bytes.starts_with(b"\xEF\xBB\xBF"), report);
                }
                Err(gap) if rules.hidden.is_none() => rules.hidden = Some((source, gap.clone())),
                Err(_) => {}
            }
        }
        rules
    }

    /// A byte order mark is part of the first word to modprobe, which does not know that word then.
    fn add(&mut self, source: usize, document: &Document<'_>, mark: bool, out: &mut Report<'_>) {
        let mut start = 0;
        let mut whole = String::new();
        let mut begun = 0;
        for raw in document.text().split_inclusive('\n') {
            let at = start;
            start += raw.len();
            let body = raw.strip_suffix('\n').unwrap_or(raw);
            if whole.is_empty() {
                begun = at;
            }
            // Joined before anything else: a comment goes on too.
            if let Some(first) = body.strip_suffix('\\') {
                whole.push_str(first);
                whole.push(' ');
                continue;
            }
            whole.push_str(body);
            let line = std::mem::take(&mut whole);
            let unknown = !self.line(source, &line, document.place(begun)) || (mark && begun == 0);
            if mark && begun == 0 {
                self.lines.retain(|line| line.source != source);
            }
            if unknown {
                let span = Span { start: begun, end: begun + body.trim_end().len().max(1) };
                let message = "modprobe passes over this line";
                let help = "write `install`, `blacklist`, `options`, `alias` or `softdep` and a \
                            module; the rest of the file counts";
                out.mistake(document, &Mistake::slip("modprobe-line", span, message).help(help));
            }
        }
    }

    /// Whether modprobe knows the line.
    fn line(&mut self, source: usize, line: &str, place: Place) -> bool {
        let text = line.trim_end_matches('\r').trim_matches([' ', '\t']);
        if text.is_empty() || text.starts_with('#') {
            return true;
        }
        let (word, rest) = split(text);
        if OTHERS.contains(&word) {
            return true;
        }
        let (name, command) = split(rest);
        let command = match word {
            "install" if !command.is_empty() => Some(command.to_owned()),
            "blacklist" if !name.is_empty() => None,
            _ => return false,
        };
        self.lines.push(Line { command, name: named(name), place, source });
        true
    }

    /// What they say of a module. Of several `install` lines modprobe takes the first, and names in
    /// them may be patterns of glob(7); in `blacklist` lines they are not.
    pub(super) fn of(&self, module: &str) -> Rule {
        let install = self.lines.iter().find(|line| {
            let fits = line.name == module
                || is_pattern(&line.name) && segment_matches(&line.name, module);
            line.command.is_some() && fits
        });
        if let Some((source, gap)) = &self.hidden {
            let certain = install.is_some_and(|install| install.source < *source);
            if !certain {
                let mut gap = gap.clone();
                gap.reason.push_str(", and may say otherwise");
                return Rule::Hidden(gap);
            }
        }
        if let Some(install) = install {
            let place = install.place.clone();
            let nothing = install.command.as_deref().is_some_and(does_nothing);
            return if nothing { Rule::Disabled(place) } else { Rule::Command(place) };
        }
        let black = self.lines.iter().find(|line| line.command.is_none() && line.name == module);
        black.map_or(Rule::Allowed, |line| Rule::Blacklisted(line.place.clone()))
    }
}

/// The first word and what stands behind it.
fn split(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
    (word, rest.trim_matches([' ', '\t']))
}

/// Whether a command, which the shell runs, does nothing.
fn does_nothing(command: &str) -> bool {
    let plain = command.split(" #").next().unwrap_or_default();
    let words: Vec<&str> = plain.split_whitespace().collect();
    match words.as_slice() {
        [word] => NOTHING.contains(word),
        ["exit", status] => status.bytes().all(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn rules(files: &[(&str, &[u8])]) -> Rules {
        let sources: Vec<DropIn<'_>> = files
            .iter()
            .map(|(path, bytes)| DropIn { path: Arc::from(*path), bytes: Ok(*bytes) })
            .collect();
        Rules::read(&sources, &mut Report::new(&mut |_| {}))
    }

    fn said(rules: &Rules, module: &str) -> String {
        match rules.of(module) {
            Rule::Disabled(place) => format!("disabled at {place}"),
            Rule::Command(place) => format!("command at {place}"),
            Rule::Blacklisted(place) => format!("blacklisted at {place}"),
            Rule::Allowed => "allowed".to_owned(),
            Rule::Hidden(gap) => gap.reason,
        }
    }

    /// As kmod 30 answers `modprobe -n -v` of the same files.
    #[test]
    fn one_file_is_read_as_modprobe_reads_it() {
        for (text, wanted) in [
            ("install usb-storage /bin/false\n", "disabled at /a:1:1"),
            ("  install\tusb_storage   /bin/true # why\r\n", "disabled at /a:1:1"),
            ("install usb_storage \\\n  /bin/false", "disabled at /a:1:1"),
            ("install usb-[s]* /usr/bin/false\n", "disabled at /a:1:1"),
            ("install usb_storage /bin/false; modprobe -i usb_storage\n", "command at /a:1:1"),
            ("install usb_storage /sbin/modprobe -i usb_storage\n", "command at /a:1:1"),
            ("blacklist usb-storage\n", "blacklisted at /a:1:1"),
            ("blacklist usb*\n", "allowed"),
            ("# a \\\ninstall usb_storage /bin/false\n", "allowed"),
            ("install usb_storage\n", "allowed"),
            ("Install usb_storage /bin/false\n", "allowed"),
            ("\u{feff}install usb_storage /bin/false\n", "allowed"),
            ("\u{feff}\ninstall usb_storage exit 1\n", "disabled at /a:2:1"),
            ("", "allowed"),
        ] {
            assert_eq!(said(&rules(&[("/a", text.as_bytes())]), "usb_storage"), wanted, "{text:?}");
        }
    }

    #[test]
    fn the_first_command_counts() {
        let files: &[(&str, &[u8])] = &[
            ("/a", b"blacklist cramfs\ninstall cram* /bin/echo\n"),
            ("/b", b"install cramfs /bin/false\ninstall udf /bin/false\ninstall udf /bin/echo\n"),
        ];
        let rules = rules(files);
        assert_eq!(said(&rules, "cramfs"), "command at /a:2:1");
        assert_eq!(said(&rules, "udf"), "disabled at /b:2:1");
        assert_eq!(said(&rules, "hfs"), "allowed");
    }

    #[test]
    fn what_cannot_be_read_counts_unless_it_comes_too_late() {
        let sources = [
            DropIn { path: "/a".into(), bytes: Ok(b"install cramfs /bin/false\nblacklist hfs\n") },
            DropIn { path: "/b".into(), bytes: Err(Gap::new("`/b` may not be read", "root")) },
            DropIn { path: "/c".into(), bytes: Ok(b"install udf /bin/false\n") },
        ];
        let rules = Rules::read(&sources, &mut Report::new(&mut |_| {}));
        assert_eq!(said(&rules, "cramfs"), "disabled at /a:1:1");
        for module in ["udf", "hfs", "jffs2"] {
            assert_eq!(said(&rules, module), "`/b` may not be read, and may say otherwise");
        }
    }

    #[test]
    fn names_have_one_form() {
        assert_eq!(named("usb-storage"), "usb_storage");
        assert_eq!(named("a-[b-c]-d"), "a_[b-c]_d");
        assert_eq!(named("a-[b-c"), "a_[b-c");
    }
}
