//! Files held in memory that answer needs, and facts in lines.

use std::collections::BTreeMap;

use holdfast_model::{Dialect, Fact, Place, Reading, Resource, Setting, Style};
use holdfast_sense::host::{Answers, Asked, Collector, collectors};
use holdfast_sense::{Answer, FileStat, FileType, Need};

const STATUS: &str = "/var/lib/dpkg/status";

/// Files by path; `None` is one that may not be read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tree {
    pub(crate) files: BTreeMap<String, Option<Vec<u8>>>,
    /// What `sshd -T` or `ssh -G` says: status, output, complaint.
    pub(crate) dump: Option<(i32, String, String)>,
    pub(crate) resources: Vec<Resource>,
    /// Links that lead to no file.
    pub(crate) links: BTreeMap<String, String>,
    pub(crate) running: bool,
}

impl Tree {
    pub(crate) fn file(mut self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.files.insert(path.to_owned(), Some(bytes.as_ref().to_vec()));
        self
    }

    /// The package database of dpkg of this machine, if it has one: the programs that tests ask are
    /// installed by it.
    #[expect(clippy::disallowed_methods, reason = "tests ask the programs of this machine")]
    pub(crate) fn installed(self) -> Self {
        match std::fs::read(STATUS) {
            Ok(bytes) => self.file(STATUS, bytes),
            Err(_) => self,
        }
    }

    pub(crate) fn sshd(mut self, options: &[&str]) -> Self {
        let options = options.iter().map(|option| Resource::Sshd { option: (*option).into() });
        self.resources.extend(options);
        self
    }

    pub(crate) fn key(mut self, dialect: Dialect, key: &str) -> Self {
        self.resources.push(Resource::Key { dialect, key: key.into() });
        self
    }

    /// A fixture: `file PATH`, `denied PATH`, `dump STATUS`, `complaint`, with their text in lines
    /// that begin with `|`; and `ask sshd NAME`, `ask ssh NAME` or `ask key NAME in FILE`.
    pub(crate) fn parse(text: &str) -> Self {
        let mut tree = Self::default();
        let mut last = String::new();
        for line in text.lines() {
            if let Some(body) = line.strip_prefix('|') {
                let body = body.strip_prefix(' ').unwrap_or(body).to_owned() + "\n";
                match last.as_str() {
                    "dump" => tree.dump.as_mut().unwrap().1 += &body,
                    "complaint" => tree.dump.as_mut().unwrap().2 += &body,
                    path => {
                        let file = tree.files.get_mut(path).unwrap();
                        file.as_mut().unwrap().extend(body.bytes());
                    }
                }
                continue;
            }
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            rest.clone_into(&mut last);
            match word {
                "" | "#" => {}
                "file" => tree = tree.file(rest, ""),
                "denied" => drop(tree.files.insert(rest.to_owned(), None)),
                "running" => tree.running = true,
                "link" => {
                    let (path, to) = rest.split_once(" -> ").unwrap();
                    tree.links.insert(path.to_owned(), to.to_owned());
                }
                "dump" => {
                    tree.dump = Some((rest.parse().unwrap(), String::new(), String::new()));
                    "dump".clone_into(&mut last);
                }
                "complaint" => "complaint".clone_into(&mut last),
                "ask" => tree.resources.push(resource(rest)),
                _ => panic!("`{line}` is no line of a fixture"),
            }
        }
        tree
    }

    pub(crate) fn answer(&self, need: &Need) -> Answer {
        match need {
            Need::File(path) => match self.files.get(&**path) {
                Some(Some(bytes)) => Answer::Bytes(bytes.as_slice().into()),
                Some(None) => Answer::Denied,
                None => Answer::Missing,
            },
            Need::Stat(path) if self.files.contains_key(&**path) => Answer::Stat(FileStat {
                uid: 0,
                gid: 0,
                mode: 0o755,
                kind: FileType::File,
                link: None,
            }),
            Need::Stat(path) if self.links.contains_key(&**path) => Answer::Stat(FileStat {
                uid: 0,
                gid: 0,
                mode: 0o777,
                kind: FileType::Link,
                link: self.links.get(&**path).map(|to| to.as_str().into()),
            }),
            Need::Sieved(path, sieve) => sieve.through(self.answer(&Need::File(path.clone()))),
            Need::Part { .. } | Need::Stat(_) | Need::Walk { .. } => Answer::Missing,
            Need::Glob(pattern) => {
                let matching = self.files.keys().filter(|path| glob(pattern, path));
                // The other way round: readers do not rely on the order.
                Answer::Paths(matching.rev().map(|path| path.as_str().into()).collect())
            }
            Need::Command(words) => {
                let asked = words.join(" ");
                let known = [
                    "/usr/sbin/sshd -T",
                    "/usr/bin/ssh -F /etc/ssh/ssh_config -G holdfast.invalid",
                ];
                assert!(known.contains(&&*asked), "{asked}");
                match &self.dump {
                    None => Answer::Missing,
                    Some((status, stdout, stderr)) => Answer::Output {
                        status: Some(*status),
                        stdout: stdout.as_bytes().into(),
                        stderr: stderr.as_bytes().into(),
                    },
                }
            }
        }
    }

    pub(crate) fn facts(&self, id: &str) -> Vec<Fact> {
        let collector = collector(id);
        let asked =
            Asked { resources: &self.resources, running: self.running || self.dump.is_some() };
        let source = |need: &Need| self.answer(need);
        let answers = Answers::new(&source);
        let mut facts = Vec::new();
        collector.read(&asked, &answers, &mut |fact| facts.push(fact));
        facts
    }

    pub(crate) fn settings(&self, id: &str) -> Vec<Setting> {
        let facts = self.facts(id).into_iter();
        let setting = |fact| if let Fact::Setting(setting) = fact { Some(setting) } else { None };
        facts.filter_map(setting).collect()
    }
}

fn collector(id: &str) -> &'static dyn Collector {
    let mut all = collectors().iter();
    *all.find(|one| one.about().id == id).unwrap_or_else(|| panic!("there is no `{id}`"))
}

fn resource(text: &str) -> Resource {
    let (noun, name) = text.split_once(' ').unwrap();
    match (noun, name.rsplit_once(" in ")) {
        ("sshd", _) => Resource::Sshd { option: name.into() },
        ("ssh", _) => Resource::Ssh { option: name.into() },
        ("key", Some((key, files))) if files.contains(" as ") => {
            let (files, style) = files.rsplit_once(" as ").unwrap();
            let style = Style::of_word(style).unwrap();
            Resource::Entry { files: files.into(), style, key: key.into() }
        }
        ("key", Some((key, file))) => {
            Resource::Key { dialect: Dialect::of_file(file).unwrap(), key: key.into() }
        }
        _ => panic!("`{text}` is nothing to ask"),
    }
}

/// `*` and `?` within one segment.
fn glob(pattern: &str, path: &str) -> bool {
    let (mut signs, mut rest) = (pattern.chars(), path.chars());
    match (signs.next(), rest.next()) {
        (None, None) => true,
        (Some('*'), here) => {
            glob(signs.as_str(), path)
                || here.is_some_and(|c| c != '/' && glob(pattern, rest.as_str()))
        }
        (Some(sign), Some(c)) => {
            (sign == c || sign == '?' && c != '/') && glob(signs.as_str(), rest.as_str())
        }
        _ => false,
    }
}

/// A fact in one line.
pub(crate) fn shown(fact: &Fact) -> String {
    let at = |place: &Option<Place>| {
        place.as_ref().map_or(String::new(), |place| format!(" at {place}"))
    };
    match fact {
        Fact::Setting(setting) => {
            let scope = setting.scope.as_ref().map_or(String::new(), |s| format!(" for `{s}`"));
            let reading = match &setting.reading {
                Reading::Is(value) => format!("is `{value}`"),
                Reading::Absent => "absent".to_owned(),
                Reading::Unknown { reason, closes_with } => {
                    format!("unknown, {reason}; {closes_with}")
                }
                Reading::Broken { reason } => format!("broken, {reason}"),
            };
            let default = if setting.default { ", by default" } else { "" };
            format!("{}{scope}: {reading}{}{default}", setting.resource, at(&setting.place))
        }
        Fact::Problem(problem) => {
            let under = problem.excerpt.as_ref().map_or(String::new(), |excerpt| {
                let column = problem.place.as_ref().map_or(1, |place| place.column) as usize;
                let sign = "^".repeat(excerpt.length as usize);
                format!("\n  | {}\n  | {}{sign}", excerpt.line, " ".repeat(column - 1))
            });
            let place = at(&problem.place);
            format!("{}{place}: {}; {}{under}", problem.code, problem.message, problem.help)
        }
        other => panic!("{other:?} is no fact of a configuration"),
    }
}
