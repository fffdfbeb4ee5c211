//! A host held in memory, which answers needs as the real one does: links are followed inside it,
//! a stat does not follow the last one, and a list of a folder holds what ends at a file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use holdfast_model::{Dialect, Fact, Place, Reading, Resource, Style, TraitValue};
use holdfast_sense::host::{Answers, Asked, Collector};
use holdfast_sense::{Answer, FileStat, FileType, Need, Owned, Walked};

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) stat: FileStat,
    pub(crate) bytes: Vec<u8>,
    pub(crate) denied: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Tree {
    pub(crate) nodes: BTreeMap<String, Node>,
    /// What programs say, by their first word: status and output.
    pub(crate) programs: BTreeMap<String, (i32, Vec<u8>)>,
    pub(crate) running: bool,
    pub(crate) resources: Vec<Resource>,
}

impl Tree {
    fn put(&mut self, path: &str, kind: FileType, link: Option<&str>, bytes: &[u8]) -> &mut Node {
        let above = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
        for folder in above.filter(|folder| !folder.is_empty()) {
            if !self.nodes.contains_key(folder) {
                let stat = stat(FileType::Folder, None, 0o755);
                self.nodes
                    .insert(folder.to_owned(), Node { stat, bytes: Vec::new(), denied: false });
            }
        }
        let mode = if kind == FileType::Link { 0o777 } else { 0o644 };
        let node = Node { stat: stat(kind, link, mode), bytes: bytes.to_vec(), denied: false };
        self.nodes.insert(path.to_owned(), node);
        self.nodes.get_mut(path).unwrap()
    }

    pub(crate) fn file(mut self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.put(path, FileType::File, None, bytes.as_ref());
        self
    }

    pub(crate) fn link(mut self, path: &str, to: &str) -> Self {
        self.put(path, FileType::Link, Some(to), b"");
        self
    }

    pub(crate) fn folder(mut self, path: &str) -> Self {
        self.put(path, FileType::Folder, None, b"").stat.mode = 0o755;
        self
    }

    pub(crate) fn denied(mut self, path: &str) -> Self {
        self.put(path, FileType::File, None, b"").denied = true;
        self
    }

    pub(crate) fn program(mut self, name: &str, status: i32, stdout: &str) -> Self {
        self.programs.insert(name.to_owned(), (status, stdout.as_bytes().to_vec()));
        self
    }

    pub(crate) fn running(mut self) -> Self {
        self.running = true;
        self
    }

    /// Resources as rules write them.
    pub(crate) fn ask(mut self, texts: &[&str]) -> Self {
        self.resources.extend(texts.iter().map(|text| resource(text)));
        self
    }

    /// The tree of a fixture: a line for each thing, and its bytes in lines that begin with `| `.
    pub(crate) fn parse(text: &str) -> Self {
        let mut tree = Self::default();
        let mut last: Option<String> = None;
        for line in text.lines() {
            if let Some(body) = line.strip_prefix('|') {
                let body = body.strip_prefix(' ').unwrap_or(body).as_bytes();
                let last = last.as_ref().unwrap();
                let bytes = match tree.programs.get_mut(last) {
                    Some((_, stdout)) => stdout,
                    None => &mut tree.nodes.get_mut(last).unwrap().bytes,
                };
                bytes.extend_from_slice(body);
                bytes.push(b'\n');
                continue;
            }
            let words: Vec<&str> = line.split(' ').collect();
            tree = match words.as_slice() {
                ["" | "#", ..] => continue,
                ["running"] => tree.running(),
                ["ask", ..] => tree.ask(&[line.strip_prefix("ask ").unwrap()]),
                ["link", path, "->", ..] => tree.link(path, line.split_once(" -> ").unwrap().1),
                ["folder", path, rest @ ..] => {
                    let mut tree = tree.folder(path);
                    tree.owned(path, rest);
                    tree
                }
                ["closed", path] => {
                    let mut tree = tree.folder(path);
                    tree.nodes.get_mut(*path).unwrap().denied = true;
                    tree
                }
                ["denied", path] => tree.denied(path),
                ["program", name, status] => tree.program(name, status.parse().unwrap(), ""),
                ["file", path, rest @ ..] => {
                    let mut tree = tree.file(path, "");
                    tree.owned(path, rest);
                    tree
                }
                _ => panic!("`{line}` is no line of a tree"),
            };
            last = words.get(1).map(|name| (*name).to_owned());
        }
        tree
    }

    /// User, group and mode, where they are written.
    fn owned(&mut self, path: &str, rest: &[&str]) {
        if let [uid, gid, mode] = rest {
            let stat = &mut self.nodes.get_mut(path).unwrap().stat;
            (stat.uid, stat.gid) = (uid.parse().unwrap(), gid.parse().unwrap());
            stat.mode = u32::from_str_radix(mode, 8).unwrap();
        }
    }

    /// What a path holds, through links.
    pub(crate) fn bytes(&self, path: &str) -> &[u8] {
        let real = self.real(path, true, 0);
        real.and_then(|real| self.nodes.get(&real)).map_or(&[][..], |node| &node.bytes)
    }

    /// The path with all links resolved, but for the last where it is not to be followed.
    fn real(&self, path: &str, follow: bool, depth: usize) -> Option<String> {
        if depth > 40 {
            return None;
        }
        let mut real = String::new();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        for (index, part) in parts.iter().enumerate() {
            match *part {
                "." => continue,
                ".." => {
                    real.truncate(real.rfind('/').unwrap_or(0));
                    continue;
                }
                part => {
                    real.push('/');
                    real.push_str(part);
                }
            }
            let last = index + 1 == parts.len();
            let link = self.nodes.get(&real).and_then(|node| node.stat.link.clone());
            if let Some(link) = link.filter(|_| follow || !last) {
                let folder = real.rsplit_once('/').map_or("", |(folder, _)| folder);
                let to = if link.starts_with('/') {
                    (*link).to_owned()
                } else {
                    format!("{folder}/{link}")
                };
                real = self.real(&to, true, depth + 1)?;
            }
        }
        Some(real)
    }

    fn node(&self, path: &str, follow: bool) -> Option<&Node> {
        self.nodes.get(&self.real(path, follow, 0)?)
    }

    pub(crate) fn answer(&self, need: &Need) -> Answer {
        match need {
            Need::File(path) => match self.node(path, true) {
                None => Answer::Missing,
                Some(node) if node.denied => Answer::Denied,
                Some(node) if node.stat.kind != FileType::File => {
                    Answer::Unreadable("it is no file".into())
                }
                Some(node) => Answer::Bytes(node.bytes.as_slice().into()),
            },
            Need::Stat(path) => match self.node(path, false) {
                None => Answer::Missing,
                // Only what lies in a folder that is closed to us cannot be seen.
                Some(node) if node.denied && path.starts_with("/closed/") => Answer::Denied,
                Some(node) => Answer::Stat(node.stat.clone()),
            },
            Need::Glob(pattern) => {
                let (folder, _) = pattern.rsplit_once('/').unwrap();
                if self.nodes.get(folder).is_some_and(|node| node.denied) {
                    return Answer::Denied;
                }
                let fits = |path: &&String| {
                    let (wanted, found) = (pattern.split('/'), path.split('/'));
                    wanted.clone().count() == found.clone().count()
                        && wanted.zip(found).all(|(wanted, found)| fits(wanted, found))
                };
                let file = |path: &&String| {
                    self.node(path, true).is_some_and(|n| n.stat.kind == FileType::File)
                };
                let paths = self.nodes.keys().filter(fits).filter(file);
                Answer::Paths(paths.map(|path| path.as_str().into()).collect())
            }
            Need::Sieved(path, sieve) => sieve.through(self.answer(&Need::File(path.clone()))),
            Need::Part { .. } => panic!("collectors want whole files"),
            Need::Walk { names, skip } => self.walked(names, skip),
            Need::Command(words) => {
                assert!(self.running, "nothing runs here, and {words:?} is asked");
                match self.programs.get(&*words[0]) {
                    None => Answer::Missing,
                    Some((status, stdout)) => Answer::Output {
                        status: Some(*status),
                        stdout: stdout.as_slice().into(),
                        stderr: if *status == 0 { b"".as_slice() } else { b"it failed\nmore" }
                            .into(),
                    },
                }
            }
        }
    }

    /// What a walk finds; folders that may not be read are not entered.
    fn walked(&self, names: &[Arc<str>], skip: &[Arc<str>]) -> Answer {
        let mut walked = Walked::default();
        let mut owners: BTreeMap<(u32, u32), (u64, Arc<str>)> = BTreeMap::new();
        let below = |path: &str, folder: &str| {
            path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
        };
        let closed = |path: &str| {
            let inside = |(folder, node): (&String, &Node)| {
                node.denied && node.stat.kind == FileType::Folder && below(path, folder)
            };
            self.nodes.iter().any(inside) || skip.iter().any(|folder| below(path, folder))
        };
        for (path, node) in self.nodes.iter().filter(|(path, _)| !closed(path)) {
            let path: Arc<str> = path.as_str().into();
            let stat = &node.stat;
            let (count, _) = owners.entry((stat.uid, stat.gid)).or_insert((0, Arc::clone(&path)));
            *count += 1;
            if node.denied && stat.kind == FileType::Folder {
                walked.unread.push((Arc::clone(&path), "it may not be read".into()));
                walked.unread_count += 1;
            }
            let named = names.iter().any(|name| path.ends_with(&format!("/{name}")));
            let special = match stat.kind {
                FileType::File => stat.mode & 0o6002 != 0,
                FileType::Folder => stat.mode & 0o1002 == 0o002,
                FileType::Link | FileType::Other => false,
            };
            if special || named && stat.kind != FileType::Folder {
                walked.found.push((path, FileStat { link: None, ..stat.clone() }));
            }
        }
        let owned = |((uid, gid), (count, example))| Owned { uid, gid, count, example };
        walked.owners = owners.into_iter().map(owned).collect();
        Answer::Walked(Arc::new(walked))
    }

    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked { resources: &self.resources, running: self.running }
    }

    /// What one collector says, in lines.
    pub(crate) fn said(&self, id: &str) -> Vec<String> {
        self.facts(collector(id)).iter().map(shown).collect()
    }

    /// What one collector says.
    pub(crate) fn facts(&self, collector: &dyn Collector) -> Vec<Fact> {
        let source = |need: &Need| self.answer(need);
        let answers = Answers::new(&source);
        let mut facts = Vec::new();
        collector.read(&self.asked(), &answers, &mut |fact| facts.push(fact));
        facts
    }
}

pub(crate) fn collector(id: &str) -> &'static dyn Collector {
    let mut all = holdfast_sense::host::collectors().iter();
    *all.find(|one| one.about().id == id).unwrap_or_else(|| panic!("there is no `{id}`"))
}

fn stat(kind: FileType, link: Option<&str>, mode: u32) -> FileStat {
    FileStat { uid: 0, gid: 0, mode, kind, link: link.map(Arc::from) }
}

/// `*` alone, as the collectors use it.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
    }
}

pub(crate) fn resource(text: &str) -> Resource {
    let (noun, name) = text.split_once(' ').unwrap();
    match noun {
        "sysctl" => Resource::Sysctl { key: name.into() },
        "file" => Resource::File { path: name.into() },
        "package" => Resource::Package { name: name.into() },
        "service" => Resource::Service { unit: name.into() },
        "suite" => Resource::Suite { purpose: name.into() },
        "mount" => Resource::Mount { point: name.into() },
        "module" => Resource::Module { name: name.into() },
        "user" => Resource::User { name: name.into() },
        "users" => Resource::Users { set: name.into() },
        "group" => Resource::Group { name: name.into() },
        "groups" => Resource::Groups { set: name.into() },
        "files" => Resource::Files { which: name.into() },
        "process" => Resource::Process { name: name.into() },
        "port" => Resource::Port { socket: name.into() },
        "keys" => Resource::Keys { set: name.into() },
        "pam" => {
            let (module, service) = name.rsplit_once(" in ").unwrap();
            Resource::Pam { service: service.into(), module: module.into() }
        }
        "cron" => {
            let (command, user) = name.rsplit_once(" of ").unwrap();
            Resource::Cron { user: user.into(), command: command.into() }
        }
        "firewall" => Resource::Firewall { what: name.into() },
        "restart" => Resource::Restart { of: name.into() },
        "text" => Resource::Text { path: name.into() },
        "key" | "line" => {
            let (what, file) = name.rsplit_once(" in ").unwrap();
            match noun {
                "line" => Resource::Line { path: file.into(), line: what.into() },
                _ if file.contains(" as ") => {
                    let (files, style) = file.rsplit_once(" as ").unwrap();
                    let style = Style::of_word(style).unwrap();
                    Resource::Entry { files: files.into(), style, key: what.into() }
                }
                _ => Resource::Key { dialect: Dialect::of_file(file).unwrap(), key: what.into() },
            }
        }
        other => panic!("`{other}` is no noun"),
    }
}

/// A fact in one line.
pub(crate) fn shown(fact: &Fact) -> String {
    let at = |place: &Option<Place>| {
        place.as_ref().map_or(String::new(), |place| format!(" at {place}"))
    };
    let mut out = String::new();
    match fact {
        Fact::Setting(setting) => {
            let _ = write!(out, "{} {}", setting.resource, setting.aspect.word());
            if let Some(scope) = &setting.scope {
                let _ = write!(out, " of {scope}");
            }
            out += ": ";
            let reading = match &setting.reading {
                Reading::Is(value) => format!("is `{value}`"),
                Reading::Absent => "absent".to_owned(),
                Reading::Unknown { reason, closes_with } => {
                    format!("unknown, {reason}; {closes_with}")
                }
                Reading::Broken { reason } => format!("broken, {reason}"),
            };
            out += &reading;
            out += &at(&setting.place);
            out += if setting.default { " by default" } else { "" };
        }
        Fact::Trait(one) => {
            let value = match &one.value {
                Some(TraitValue::Truth(truth)) => truth.to_string(),
                Some(TraitValue::Text(text)) => format!("`{text}`"),
                Some(TraitValue::Texts(texts)) => format!("`{}`", texts.join("`, `")),
                None => "open".to_owned(),
            };
            let _ = write!(out, "{} {value}, because {}", one.name, one.because);
        }
        Fact::Port(port) => {
            let _ =
                write!(out, "{} {} {} at {}", port.protocol, port.address, port.port, port.place);
        }
        Fact::Problem(problem) => {
            let _ = write!(
                out,
                "{}{}: {}; {}",
                problem.code,
                at(&problem.place),
                problem.message,
                problem.help
            );
        }
        other => panic!("{other:?} is no fact of a host"),
    }
    out
}
