//! The stream that the script leaves, back into answers.
//!
//! It is untrusted and may be anything: noise of a login shell before it, bytes of files that look
//! like it, an end where the connection broke. Each word of it begins with the mark on a line of
//! its own; what has no end of its own is not taken.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;
use memchr::memmem::Finder;

use super::carry::Fallback;
use super::pattern::{Pattern, is_wild};
use super::stated::{listed, stat};
use super::{FILE_LIMIT, Item, LINKED_TOO_OFTEN, OTHER_KIND, OUTPUT_LIMIT, Table, heads, refused};
use crate::host::Asked;
use crate::text::folder;
use crate::{Answer, FileStat, FileType, Need};

/// What a host told.
#[derive(Debug, Clone, Default)]
pub struct Told {
    answers: HashMap<Need, Answer, RandomState>,
    /// Everything that patterns found, files or not, where that is all there is: by the folder that a
    /// pattern names, and of several folders by none.
    listed: HashMap<Arc<str>, Vec<Listed>, RandomState>,
    /// The user that the script ran as; `None` where the script never began.
    pub uid: Option<u32>,
    /// Whether the stream came to its end.
    pub complete: bool,
    /// Why a program that went along did not look itself, where the script says so.
    pub fallback: Option<Fallback>,
}

impl Told {
    /// The answer to a need; `None` where the host did not tell.
    pub fn answer(&self, need: &Need) -> Option<Answer> {
        if let Some(answer) = self.answers.get(need) {
            return Some(answer.clone());
        }
        if let Some(answer) = refused(need) {
            return Some(answer);
        }
        if let Need::Sieved(path, sieve) = need
            && let Some(answer) = self.answers.get(&Need::File(Arc::clone(path)))
        {
            return Some(sieve.through(answer.clone()));
        }
        // What a list of its folder would have shown, and does not, is not there.
        let (Need::File(path) | Need::Sieved(path, _) | Need::Stat(path)) = need else {
            return None;
        };
        let lists = [folder(path), ""].into_iter().filter_map(|folder| self.listed.get(folder));
        lists.flatten().any(|list| list.lacks(path)).then_some(Answer::Missing)
    }

    /// What collectors want of this host and it did not tell; see [`super::open`].
    pub fn open(&self, asked: &Asked<'_>) -> BTreeSet<Need> {
        super::open(asked, &|need| self.answer(need))
    }

    /// Takes in what the same host told later.
    pub fn add(&mut self, later: Self) {
        self.answers.extend(later.answers);
        for (folder, lists) in later.listed {
            self.listed.entry(folder).or_default().extend(lists);
        }
        self.complete &= later.complete;
        self.fallback = self.fallback.or(later.fallback);
    }

    /// Every need that was answered, with its answer.
    pub fn answers(&self) -> impl Iterator<Item = (&Need, &Answer)> {
        self.answers.iter()
    }
}

/// What a pattern found.
#[derive(Debug, Clone)]
struct Listed {
    pattern: Arc<str>,
    found: HashSet<Arc<str>, RandomState>,
}

impl Listed {
    /// The one folder that is meant, where it is one.
    fn folder(&self) -> &str {
        let folder = folder(&self.pattern);
        if is_wild(folder) { "" } else { folder }
    }

    /// Whether it would have found a path, and did not.
    fn lacks(&self, path: &str) -> bool {
        let plain = self.pattern.split(['*', '?']).next().unwrap_or_default();
        path.starts_with(plain)
            && !self.found.contains(path)
            && Pattern::new(&self.pattern).is_ok_and(|pattern| pattern.fits(path))
    }
}

/// One word of the stream: its head, and what stands behind it up to the next.
struct Word<'a> {
    head: &'a str,
    body: &'a [u8],
    /// Whether its head has come to its end.
    whole: bool,
}

impl<'a> Word<'a> {
    fn cut(bytes: &'a [u8]) -> Self {
        let end = memchr::memchr(b'\n', bytes);
        let at = end.unwrap_or(bytes.len());
        let head = std::str::from_utf8(bytes.get(..at).unwrap_or_default()).unwrap_or_default();
        Self { head, body: bytes.get(at + 1..).unwrap_or_default(), whole: end.is_some() }
    }

    fn parts(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.head.split_ascii_whitespace()
    }

    fn part(&self, at: usize) -> Option<&'a str> {
        self.parts().nth(at)
    }

    fn number(&self, at: usize) -> Option<usize> {
        self.part(at)?.parse().ok()
    }

    /// What stands behind the first parts of the head, with its blanks as single ones.
    fn rest(&self, from: usize) -> String {
        self.parts().skip(from).collect::<Vec<_>>().join(" ")
    }
}

pub(super) fn read(table: &Table, mark: &str, stream: &[u8]) -> Told {
    let mut reading = Reading {
        table,
        paths: BTreeMap::new(),
        links: BTreeMap::new(),
        told: Told::default(),
        said: None,
    };
    let mark = format!("\n{mark} ");
    // Without a begin there is nothing but noise, whatever it looks like.
    let mut pieces = Pieces { rest: Some(stream), mark: Finder::new(&mark) };
    let _noise = pieces.next();
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let word = Word::cut(piece);
        if !word.whole {
            break;
        }
        let kind = word.part(0);
        if kind == Some("begin") && word.part(1) == Some("1") {
            reading.begin(&word);
            continue;
        }
        if reading.told.uid.is_none() {
            continue;
        }
        match kind {
            Some("n") => reading.told.fallback = word.part(1).and_then(Fallback::of),
            Some("end") => {
                reading.told.complete = true;
                break;
            }
            Some("x") => reading.denied(&word),
            Some(kind) => {
                let Some(end) = pieces.peek().copied().map(Word::cut) else { break };
                if end.whole && end.part(0) == Some("=") {
                    pieces.next();
                    reading.take(kind, &word, &end);
                }
            }
            None => {}
        }
    }
    reading.told
}

struct Pieces<'a> {
    rest: Option<&'a [u8]>,
    mark: Finder<'a>,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let Some(at) = self.mark.find(rest) else {
            self.rest = None;
            return Some(rest);
        };
        self.rest = rest.get(at + self.mark.needle().len()..);
        rest.get(..at)
    }
}

struct Reading<'a> {
    table: &'a Table,
    /// What the script found by itself, by number.
    paths: BTreeMap<usize, Arc<str>>,
    /// Where links lead of which it was not said yet what they are.
    links: BTreeMap<usize, Arc<str>>,
    told: Told,
    /// A program whose complaint comes next.
    said: Option<(usize, Answer)>,
}

/// So many paths can be found at most: what bounds a stream bounds them too.
const MAX_PATHS: usize = 1 << 18;

impl Reading<'_> {
    /// What was said before is of no account: where a program did not get to its end, the script
    /// begins anew, and gives the same numbers to other paths.
    fn begin(&mut self, word: &Word<'_>) {
        // A host without `id` does not say who it is; nobody is root by default.
        let uid = word.part(2).and_then(|uid| uid.parse().ok());
        let room = self.table.items.len();
        let answers = HashMap::with_capacity_and_hasher(room, RandomState::default());
        self.told = Told { uid: Some(uid.unwrap_or(u32::MAX)), answers, ..Told::default() };
        self.paths.clear();
        self.links.clear();
        self.said = None;
    }

    fn path(&self, number: usize) -> Option<Arc<str>> {
        match self.table.items.get(number) {
            Some(Item::Path(path)) => Some(Arc::clone(path)),
            Some(_) => None,
            None => self.paths.get(&number).cloned(),
        }
    }

    fn need(&self, kind: &str, number: usize) -> Option<Need> {
        Some(match (kind, self.table.items.get(number)) {
            ("f" | "v", Some(Item::Sieved(path, sieve))) => {
                Need::Sieved(Arc::clone(path), sieve.clone())
            }
            ("f", _) => Need::File(self.path(number)?),
            ("t", _) => Need::Stat(self.path(number)?),
            ("g", Some(Item::Pattern(pattern, _))) => Need::Glob(Arc::clone(pattern)),
            ("c", Some(Item::Program(words))) => Need::Command(words.clone()),
            _ => return None,
        })
    }

    fn give(&mut self, need: Option<Need>, answer: Answer) {
        if let Some(need) = need {
            // A file that two ways lead to is the same file; the first word counts.
            self.told.answers.entry(need).or_insert(answer);
        }
    }

    fn denied(&mut self, word: &Word<'_>) {
        let (Some(kind), Some(number), Some(why)) = (word.part(1), word.number(2), word.part(3))
        else {
            return;
        };
        let answer = match why {
            "m" => Answer::Missing,
            "d" => Answer::Denied,
            "l" => Answer::Unreadable(LINKED_TOO_OFTEN.into()),
            _ => Answer::Unreadable(OTHER_KIND.into()),
        };
        self.give(self.need(kind, number), answer);
    }

    fn take(&mut self, kind: &str, word: &Word<'_>, end: &Word<'_>) {
        let Some(number) = word.number(1) else { return };
        let well = end.part(1) == Some("0");
        match kind {
            "f" if well => self.file(number, bytes(word.body)),
            "f" => self.file(number, failed(&end.rest(2))),
            "v" if well => self.sieved(number, word.body),
            "b" if well => self.together(word),
            "t" => self.stats(word),
            "u" => self.give_stat(number, listed(word.body)),
            "l" => self.link(number, word.body),
            "p" if self.paths.len() < MAX_PATHS => {
                if let Ok(path) = std::str::from_utf8(word.body) {
                    self.paths.insert(number, path.into());
                }
            }
            "g" => self.found(number, word, end),
            "c" => {
                let status = end.part(1).and_then(|status| status.parse().ok());
                self.said = Some((number, output(word.body, status)));
            }
            "e" => self.complaint(number, word.body),
            _ => {}
        }
    }

    fn file(&mut self, number: usize, answer: Answer) {
        let answer = match self.table.items.get(number) {
            Some(Item::Sieved(_, sieve)) => sieve.through(answer),
            _ => answer,
        };
        self.give(self.need("f", number), answer);
    }

    /// What a sieve left of a file. Where it may have been cut, nothing is told of it.
    fn sieved(&mut self, number: usize, left: &[u8]) {
        let Some(Item::Sieved(_, sieve)) = self.table.items.get(number) else { return };
        if sieve.is_whole(left) {
            self.give(self.need("v", number), bytes(left));
        }
    }

    /// The bytes of several files in the order of their numbers. Where nobody can tell which are
    /// whose, none of them is told.
    fn together(&mut self, word: &Word<'_>) {
        let numbers: Vec<usize> =
            word.parts().skip(1).filter_map(|part| part.parse().ok()).collect();
        let paths: Option<Vec<Arc<str>>> =
            numbers.iter().map(|number| self.path(*number)).collect();
        let Some(parts) = paths.and_then(|paths| heads::parts(word.body, &paths)) else { return };
        for (number, part) in numbers.into_iter().zip(parts) {
            self.give(self.need("f", number), bytes(part));
        }
    }

    /// Type, mode, owner and group of several paths, one a line in the order of their numbers.
    fn stats(&mut self, word: &Word<'_>) {
        let text = String::from_utf8_lossy(word.body);
        let lines: Vec<&str> = text.lines().collect();
        let numbers: Vec<Option<usize>> =
            word.parts().skip(1).map(|part| part.parse().ok()).collect();
        // Where one went away meanwhile, nobody knows which line is whose.
        let whole = lines.len() == numbers.len();
        for (at, number) in numbers.iter().enumerate() {
            let line = lines.get(at).filter(|_| whole);
            if let Some(number) = number {
                self.give_stat(*number, line.and_then(|line| stat(line)));
            }
        }
    }

    fn give_stat(&mut self, number: usize, stat: Option<FileStat>) {
        let link = self.links.remove(&number);
        let answer = stat.map_or_else(changed, |stat| {
            let link = link.filter(|_| stat.kind == FileType::Link);
            Answer::Stat(FileStat { link, ..stat })
        });
        self.give(self.need("t", number), answer);
    }

    fn link(&mut self, number: usize, target: &[u8]) {
        // One that is not UTF-8 leads nowhere that a setting could name.
        let Ok(link) = std::str::from_utf8(target) else { return };
        let Some(need) = self.need("t", number) else { return };
        match self.told.answers.get_mut(&need) {
            Some(Answer::Stat(stat)) if stat.kind == FileType::Link => {
                stat.link = Some(link.into());
            }
            Some(_) => {}
            // Nothing is told of a link alone: a stream that ends here would make up its owner.
            None => drop(self.links.insert(number, link.into())),
        }
    }

    /// What a pattern found, each with a letter before it and a zero byte behind.
    fn found(&mut self, number: usize, word: &Word<'_>, end: &Word<'_>) {
        let Some(Item::Pattern(pattern, _)) = self.table.items.get(number) else { return };
        let Some(first) = word.number(2).filter(|first| *first >= self.table.items.len()) else {
            return;
        };
        let Ok(meant) = Pattern::new(pattern) else { return };
        let Some(need) = self.need("g", number) else { return };
        // The first word counts for what is not there, too; and no more lists are kept, through which
        // each path is looked for, than were asked for.
        if self.told.answers.contains_key(&need) {
            return;
        }
        let (mut files, mut found) = (Vec::new(), HashSet::default());
        let each = word.body.split(|byte| *byte == 0).filter(|entry| !entry.is_empty());
        for (at, entry) in each.enumerate() {
            let Some((kind, name)) = entry.split_first() else { continue };
            let Ok(path) = std::str::from_utf8(name) else { continue };
            let path: Arc<str> = path.into();
            if self.paths.len() < MAX_PATHS {
                self.paths.insert(first.saturating_add(at), Arc::clone(&path));
            }
            if meant.fits(&path) {
                if *kind == b'f' {
                    files.push(Arc::clone(&path));
                }
                found.insert(path);
            }
        }
        files.sort_unstable();
        files.dedup();
        if end.part(1) == Some("0") {
            // Where a folder on the way could not be entered, it may hold more than it shows.
            if end.part(2).is_none() {
                let list = Listed { pattern: Arc::clone(pattern), found };
                self.told.listed.entry(list.folder().into()).or_default().push(list);
            }
            self.give(Some(need), Answer::Paths(files));
        } else {
            let why = format!("more than {} entries to look at", super::ENTRY_LIMIT);
            self.give(Some(need), Answer::Unreadable(why.into()));
        }
    }

    fn complaint(&mut self, number: usize, text: &[u8]) {
        let Some((said, mut answer)) = self.said.take().filter(|(said, _)| *said == number) else {
            return;
        };
        if let Answer::Output { stderr, .. } = &mut answer {
            if text.len() > OUTPUT_LIMIT {
                answer = too_much();
            } else {
                *stderr = text.into();
            }
        }
        self.give(self.need("c", said), answer);
    }
}

fn changed() -> Answer {
    Answer::Unreadable("it changed while it was looked at".into())
}

/// What a program said that could not read a file.
fn failed(complaint: &str) -> Answer {
    match complaint.rsplit(": ").next().unwrap_or_default() {
        "Permission denied" => Answer::Denied,
        "No such file or directory" => Answer::Missing,
        "" => changed(),
        other => Answer::Unreadable(crate::packages::deb822::shown(other.as_bytes()).into()),
    }
}

fn bytes(body: &[u8]) -> Answer {
    if body.len() > FILE_LIMIT {
        return Answer::Unreadable(format!("it is too large ({} bytes)", body.len()).into());
    }
    Answer::Bytes(body.into())
}

/// What `timeout` says where the time was over, and a shell where a program ended by a signal: 128
/// and its number (XCU 2.8.2).
const TIMED_OUT: i32 = 124;
const SIGNALS: std::ops::RangeInclusive<i32> = 129..=192;

fn output(stdout: &[u8], status: Option<i32>) -> Answer {
    if status == Some(TIMED_OUT) {
        return Answer::Unreadable("it did not end within ten seconds".into());
    }
    // Nobody can tell what stood in the rest.
    if stdout.len() > OUTPUT_LIMIT {
        return too_much();
    }
    Answer::Output {
        status: status.filter(|status| !SIGNALS.contains(status)),
        stdout: stdout.into(),
        stderr: Arc::new([]),
    }
}

fn too_much() -> Answer {
    Answer::Unreadable(format!("it said more than {OUTPUT_LIMIT} bytes").into())
}
