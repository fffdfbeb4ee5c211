//! Keys that have values in families of configuration files: login.defs(5), sudoers(5),
//! limits.conf(5), apt.conf(5) and many more. Each is read as the program that it is for reads it.
//!
//! Knows what holds after Includes and repetitions, and where it is written; knows nothing of
//! what is wanted. Of defaults that no file says it knows only those of docker, and a few of
//! pwquality.

mod apt;
mod apt_words;
mod assigned;
mod audit_rules;
mod command;
mod cpu;
mod dockerd;
mod limits;
mod login_defs;
mod profile;
mod programs;
mod shell_commands;
mod shell_scan;
mod sockets;
mod styled;
mod sudoers;
mod sudoers_scan;
mod systemd;
mod tree;

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{
    About, Aspect, Dialect, Fact, Place, Problem, Reading, Resource, Setting, Style,
};

pub(super) use self::sockets::socket;

use super::look::{End, Got, Look, setting};
use super::{Answers, Asked, Collector};
use crate::FileType;
use crate::reader::{Answer, Need};
use crate::text::{Document, Mistake};

/// So many files of one family are read, each as often as it is included.
const FILES: usize = 256;
/// So many bytes of them.
const BYTES: usize = 4 << 20;
/// Files that include files, so deep.
const DEPTH: usize = 16;
/// So many problems are told of one family.
const PROBLEMS: usize = 100;

/// The collector.
pub(super) struct Keys;

static ABOUT: About = About {
    id: "host-keys",
    title: "Values of keys in families of configuration files",
    text: "Reads each family of files in the order of the program that it is for, Includes and \
           folders of drop-ins followed: `login.defs` (of openSUSE in `/usr/etc`), `sudoers`, \
           `limits.conf`, `apt.conf`, `auditd.conf` and the rules of auditd, `pwquality.conf` and \
           behind it the arguments of `pam_pwquality` in the service `passwd`, `journald.conf`, \
           `coredump.conf`, `resolved.conf`, `/etc/default/useradd`, docker's `daemon.json`, the \
           kubelet's YAML, what shells read at login and what `pam_env` hands to them, and what \
           the kernel says of its processors. Of sudoers only `Defaults` that hold for everybody \
           count, those bound to `ALL` too; a file that others may write to, which sudo passes \
           over, makes all of them unknown. A limit of one user or group is told beside that of \
           everybody. What no file says is absent, whatever the program's own default, but for \
           docker, whose defaults are known, and whose flags in `docker.service` count as well (with a \
           file of another name, or as a snap, it is not assessed), and for `enforcing` and the \
           credits of `pwquality.conf`; where a program is not \
           installed, there is nothing to say of it. Where busybox is there and neither shadow nor \
           `pam_limits`, `login.defs` and `limits.conf` are not assessed. Files of no family are \
           read as the rule says, in its order, and the last value counts; what only a shell could \
           tell, and what goes on in the next line, is not assessed. Not seen: rules of auditd \
           that were loaded by hand; of its rules that record nothing, those of a part (a user, a \
           program, some calls) leave open what rules behind them record.",
    file: file!(),
};

impl Collector for Keys {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        let mut families: BTreeMap<Dialect, Family<'_>> = BTreeMap::new();
        for (resource, dialect, key) in keys(asked) {
            let family = families.entry(dialect).or_insert_with(|| {
                let family = family(dialect, asked.running, answers);
                for problem in &family.problems {
                    out(Fact::Problem(problem.clone()));
                }
                family
            });
            let key = normal_key(dialect, key);
            for Said { scope, reading, place, default } in family.said(Some(dialect), &key) {
                let (resource, aspect) = (resource.clone(), Aspect::Value);
                out(Fact::Setting(Setting { resource, aspect, scope, reading, place, default }));
            }
        }
        let mut styled: BTreeMap<(&str, Style), Family<'_>> = BTreeMap::new();
        for (resource, files, style, key) in entries(asked) {
            let family = styled.entry((files, style)).or_insert_with(|| {
                let family = styled::family(files, style, answers);
                for problem in &family.problems {
                    out(Fact::Problem(problem.clone()));
                }
                family
            });
            for Said { reading, place, .. } in family.said(None, key) {
                out(setting(resource, Aspect::Value, reading, place));
            }
        }
    }
}

/// What a program is started with.
#[derive(Debug, Default)]
pub(super) struct Started {
    /// The words behind its name, each with the place where it stands.
    pub(super) words: Vec<(String, Place)>,
    /// What is written wrongly.
    pub(super) problems: Vec<Problem>,
    /// What could not be looked at, and what would help.
    pub(super) hidden: Option<(String, String)>,
}

/// The words with which the first of these units that is there starts its program; where none is,
/// those of a variable in files that scripts read which start it.
pub(super) fn started(
    answers: &Answers<'_>,
    units: &[&str],
    program: &str,
    files: &[&str],
    variable: &str,
) -> Started {
    let mut family = Family::new(answers);
    // All of them are asked for, whatever the first says, so that it is asked far away at once.
    let of_unit = |unit: &&str| command::words(&mut family, unit, program);
    let of_units: Vec<_> = units.iter().map(of_unit).collect();
    let of_files: Vec<_> =
        files.iter().flat_map(|path| command::variable(&mut family, path, variable)).collect();
    let mut found = of_units.into_iter().flatten();
    let first = found.next();
    let values = |words: &[Held]| words.iter().map(|held| held.value.clone()).collect::<Vec<_>>();
    // One may be the other by a second name, and drop-ins of either count then.
    if let Some(first) = &first
        && found.any(|other| values(&other) != values(first))
    {
        let reason = format!("`{}` say different ones", units.join("` and `"));
        family.hide(reason, "one unit, and drop-ins of that alone");
    }
    let words = first.unwrap_or(of_files);
    Started {
        words: words.into_iter().map(|held| (held.value, held.place)).collect(),
        problems: family.problems,
        hidden: family.hidden,
    }
}

fn keys<'a>(asked: &Asked<'a>) -> impl Iterator<Item = (&'a Resource, Dialect, &'a str)> + use<'a> {
    let keys = asked.each(|resource| match resource {
        Resource::Key { key, .. } => Some(key),
        _ => None,
    });
    keys.filter_map(|(resource, key)| match resource {
        Resource::Key { dialect, .. } => Some((resource, *dialect, key)),
        _ => None,
    })
}

/// The keys in files of no family: their files, how those are written, and the key.
fn entries<'a>(
    asked: &Asked<'a>,
) -> impl Iterator<Item = (&'a Resource, &'a str, Style, &'a str)> + use<'a> {
    let keys = asked.each(|resource| match resource {
        Resource::Entry { key, .. } => Some(key),
        _ => None,
    });
    keys.filter_map(|(resource, key)| match resource {
        Resource::Entry { files, style, .. } => Some((resource, &**files, *style, key)),
        _ => None,
    })
}

fn family<'a>(dialect: Dialect, running: bool, answers: &'a Answers<'a>) -> Family<'a> {
    let mut family = Family::new(answers);
    match dialect {
        Dialect::LoginDefs => login_defs::read(&mut family),
        Dialect::Sudoers => sudoers::read(&mut family),
        Dialect::Limits => limits::read(&mut family),
        Dialect::Apt => apt::read(&mut family),
        Dialect::Auditd => assigned::auditd(&mut family),
        Dialect::AuditRules => audit_rules::read(&mut family),
        Dialect::Pwquality => assigned::pwquality(&mut family),
        Dialect::Journald => systemd::read(&mut family, "journald", "Journal"),
        Dialect::Coredump => systemd::read(&mut family, "coredump", "Coredump"),
        Dialect::Resolved => systemd::read(&mut family, "resolved", "Resolve"),
        Dialect::Useradd => assigned::useradd(&mut family),
        Dialect::Docker => {
            let flags = dockerd::flags(&mut family);
            tree::docker(&mut family);
            dockerd::add(&mut family, flags);
        }
        Dialect::Kubelet => tree::kubelet(&mut family),
        Dialect::Profile => profile::read(&mut family),
        Dialect::Cpuinfo => cpu::info(&mut family, running),
        Dialect::CpuFlaws => cpu::flaws(&mut family, running),
    }
    programs::look(&mut family, dialect);
    family
}

/// A key as the maps of a family hold it.
fn normal_key(dialect: Dialect, key: &str) -> String {
    match dialect {
        Dialect::Limits => limits::normal(key),
        Dialect::Apt | Dialect::Auditd => key.trim().to_ascii_lowercase(),
        _ => key.trim().to_owned(),
    }
}

/// A value and where its key stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    value: String,
    place: Place,
}

/// What is said of a key, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    scope: Option<Arc<str>>,
    reading: Reading,
    place: Option<Place>,
    default: bool,
}

/// What the files of one family say together.
struct Family<'a> {
    answers: &'a Answers<'a>,
    /// By normal key.
    values: BTreeMap<String, Held>,
    /// What adds up over lines, of units of systemd, by key.
    lists: BTreeMap<String, Vec<Held>>,
    /// What holds only for some or sometimes, with its key.
    scoped: Vec<(String, Said)>,
    /// Paths that values lie under, and what is recorded of them: the rules of auditd.
    watches: Vec<audit_rules::Watch>,
    /// Where the family stands, where any file of it does: what no file says is said there.
    start: Option<Place>,
    /// Whether its program is here, where that was looked for.
    installed: Option<bool>,
    /// The value of every key that is not held, where the family has one.
    rest: Option<&'static str>,
    /// Why the program takes none of it, and where.
    broken: Option<(String, Place)>,
    problems: Vec<Problem>,
    /// What could not be looked at, and what would help.
    hidden: Option<(String, String)>,
    files: usize,
    bytes: usize,
    /// The files that are being read, the outermost first.
    stack: Vec<Arc<str>>,
}

impl<'a> Family<'a> {
    fn new(answers: &'a Answers<'a>) -> Self {
        Self {
            answers,
            values: BTreeMap::new(),
            lists: BTreeMap::new(),
            scoped: Vec::new(),
            watches: Vec::new(),
            start: None,
            installed: None,
            rest: None,
            broken: None,
            problems: Vec::new(),
            hidden: None,
            files: 0,
            bytes: 0,
            stack: Vec::new(),
        }
    }

    /// What is said of a key; files of no family have no defaults.
    fn said(&self, dialect: Option<Dialect>, key: &str) -> Vec<Said> {
        let everywhere =
            |reading, place, default| vec![Said { scope: None, reading, place, default }];
        if let Some((reason, closes_with)) = &self.hidden {
            let (reason, closes_with) = (reason.clone(), closes_with.clone());
            return everywhere(Reading::Unknown { reason, closes_with }, None, false);
        }
        if let Some((reason, place)) = &self.broken {
            let reason = reason.clone();
            return everywhere(Reading::Broken { reason }, Some(place.clone()), false);
        }
        let held = match dialect {
            Some(Dialect::AuditRules) => match audit_rules::watched(&self.watches, key) {
                Ok(held) => held,
                Err(place) => {
                    let at = format!("{}:{}", place.path, place.line);
                    let reason = format!("the rule at `{at}` keeps a part from being recorded");
                    let closes_with = "take that rule out, or put it behind the watches".to_owned();
                    return everywhere(Reading::Unknown { reason, closes_with }, None, false);
                }
            },
            _ => self.values.get(key).cloned(),
        };
        let is_of = |its: &str| match dialect {
            Some(Dialect::Limits) => limits::is_of(its, key),
            Some(Dialect::Profile) => its == key || its == profile::ANY,
            _ => its == key,
        };
        let scoped = self.scoped.iter().filter(|(its, _)| is_of(its));
        let scoped: Vec<Said> = scoped.map(|(_, said)| said.clone()).collect();
        let mut all = match held {
            Some(held) => everywhere(Reading::Is(held.value.into()), Some(held.place), false),
            // What limits some says nothing of everybody.
            None if scoped.is_empty() || dialect == Some(Dialect::Limits) => {
                self.unsaid(dialect, key)
            }
            None => Vec::new(),
        };
        all.extend(scoped);
        all
    }

    /// What holds of a key that no file gives a value.
    fn unsaid(&self, dialect: Option<Dialect>, key: &str) -> Vec<Said> {
        let everywhere = |reading, default| {
            let place = self.start.clone();
            vec![Said { scope: None, reading, place, default }]
        };
        let installed = self.installed == Some(true);
        if let Some(value) = self.rest {
            return everywhere(Reading::Is(value.into()), false);
        }
        let default = match dialect {
            Some(Dialect::Pwquality) => assigned::default(key),
            other => other.and_then(|dialect| tree::default(dialect, key)),
        };
        match default.filter(|_| installed) {
            Some(value) => everywhere(Reading::Is(value.into()), true),
            None => everywhere(Reading::Absent, installed),
        }
    }

    /// The files of a folder that match, sorted by their bytes. What is no file is passed over.
    fn folder(&mut self, folder: &str, takes: fn(&str) -> bool) -> Vec<Arc<str>> {
        let folder = folder.trim_end_matches('/');
        let mut paths = self.glob(folder, &format!("{folder}/*"));
        paths.retain(|path| takes(crate::text::file_name(path)));
        paths
    }

    /// The files of a folder that match a pattern, sorted by their bytes.
    fn glob(&mut self, folder: &str, pattern: &str) -> Vec<Arc<str>> {
        match self.answers.get(Need::Glob(pattern.into())) {
            Answer::Paths(paths) => {
                let mut paths = paths.clone();
                paths.sort();
                paths
            }
            Answer::Denied => {
                self.hide(format!("the folder `{folder}` may not be read"), "root");
                Vec::new()
            }
            Answer::Unreadable(why) => {
                let reason = format!("the folder `{folder}` could not be read: {why}");
                self.hide(reason, "a folder that can be read");
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Follows the links of a path to a file: its own path, or `None` where there is none or it was
    /// switched off by a link to `/dev/null`. The second tells whether the name is there at all.
    fn end_of(&mut self, path: &str) -> (Option<Arc<str>>, bool) {
        let look = Look::new(self.answers);
        if look.stat(path) == Got::Missing {
            return (None, false);
        }
        match look.follow(path) {
            End::At(end, stat) if stat.kind == FileType::File => (Some(end), true),
            End::At(..) | End::Null | End::Nowhere | End::Circle => (None, true),
            End::Hidden(gap) => {
                self.hide(gap.reason, &gap.closes_with);
                (None, true)
            }
        }
    }

    /// Lines of a file with their offsets, without their ends; notes that the family is there.
    fn each_line(
        &mut self,
        path: &Arc<str>,
        mut line: impl FnMut(&mut Self, &Document<'_>, &str, usize),
    ) {
        let Some(bytes) = self.bytes_of(path) else { return };
        let document = self.open(path, bytes);
        self.begins(path);
        let mut at = 0;
        for raw in document.text().split_inclusive('\n') {
            line(self, &document, raw.trim_end_matches(['\n', '\r']), at);
            at += raw.len();
        }
    }

    /// Notes a file of the family as the place of what no file says.
    fn begins(&mut self, path: &Arc<str>) {
        self.start.get_or_insert_with(|| Place::start_of(Arc::clone(path)));
    }

    /// The bytes of a file; what is denied hides the family. `None` where it is not there.
    fn bytes_of(&mut self, path: &Arc<str>) -> Option<&'a [u8]> {
        match self.answers.get(Need::File(Arc::clone(path))) {
            Answer::Bytes(bytes) => {
                self.files += 1;
                self.bytes = self.bytes.saturating_add(bytes.len());
                if self.files > FILES || self.bytes > BYTES {
                    let reason = format!("`{path}` is one of too many or too large files");
                    self.hide(reason, "fewer and smaller files");
                    return None;
                }
                Some(bytes)
            }
            Answer::Denied => {
                self.hide(format!("`{path}` may not be read"), "root");
                None
            }
            Answer::Unreadable(why) => {
                self.hide(format!("`{path}` could not be read: {why}"), "a file that can be read");
                None
            }
            _ => None,
        }
    }

    /// Whether a file was asked for and is not there.
    fn missing(&self, path: &Arc<str>) -> bool {
        *self.answers.get(Need::File(Arc::clone(path))) == Answer::Missing
    }

    /// Whether a file may be read inside those that are being read; else its name tells why not.
    fn enter(&mut self, path: &Arc<str>) -> Result<(), &'static str> {
        if self.stack.contains(path) {
            return Err("includes this file: a circle");
        }
        if self.stack.len() >= DEPTH {
            return Err("is included too deep");
        }
        self.stack.push(Arc::clone(path));
        Ok(())
    }

    fn leave(&mut self) {
        self.stack.pop();
    }

    /// To all but systemd a byte order mark may be part of the first word, which is unknown then.
    fn open(&mut self, path: &Arc<str>, bytes: &'a [u8]) -> Document<'a> {
        if bytes.starts_with(b"\xEF\xBB\xBF") && !path.contains("/systemd/") {
            let reason = format!("`{path}` begins with a byte order mark, which hides a line");
            self.hide(reason, "save it as UTF-8 without a mark");
        }
        let document = Document::open(path, bytes);
        for mistake in document.mistakes(false) {
            self.tell(&document, &mistake);
        }
        document
    }

    fn hold(&mut self, key: String, value: String, place: Place) {
        self.values.insert(key, Held { value, place });
    }

    fn tell(&mut self, document: &Document<'_>, mistake: &Mistake) {
        let problem = document.problem(mistake);
        if self.problems.len() < PROBLEMS && !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn hide(&mut self, reason: String, closes_with: &str) {
        if self.hidden.is_none() {
            self.hidden = Some((reason, closes_with.to_owned()));
        }
    }
}

/// What a message shows of input.
fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}
