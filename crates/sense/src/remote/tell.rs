//! The stream, written by a program that stands on the host: word by word what the script would write,
//! so that one reader serves both.
//!
//! Changes nothing, and asks no program that was not asked for. The bounds are those of the script.

use std::sync::Arc;

use super::orders::{Orders, Question};
use super::pattern::Pattern;
use super::search::Search;
use super::{Along, FILE_LIMIT, LINKED_TOO_OFTEN, OTHER_KIND};
use crate::{Answer, FileStat, FileType, Need, Sieve};

/// So many links are followed from a path.
const MAX_LINKS: usize = 8;
/// How a shell says that a program ended by a signal, whichever it was.
const BY_SIGNAL: i32 = 137;
/// How `env` says that a program could not be run.
const NOT_RUN: i32 = 126;

/// A host, to whoever stands on it.
pub trait Here {
    /// The number of the user that looks.
    fn user(&self) -> u32;
    /// The answer to a path, a file of which at most one byte more than [`super::FILE_LIMIT`] is read,
    /// or a program.
    fn answer(&self, need: &Need) -> Answer;
    /// What stands at a path, links followed; or why nobody can say.
    fn kind(&self, path: &str) -> Result<FileType, Answer>;
    /// The names in a folder, in order; or why they cannot be told.
    fn names(&self, folder: &str) -> Result<Vec<String>, Answer>;
}

impl Orders {
    /// Looks at everything that is asked, and says it piece by piece. `out` says whether anybody still
    /// listens; whether they did to the end comes back.
    pub fn tell(&self, here: &dyn Here, out: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        let next = self.questions.len();
        let mut telling = Telling { here, mark: &self.mark, next, out, heard: true };
        telling.head(&format!("begin 1 {}", here.user()));
        for (number, question) in self.questions.iter().enumerate() {
            if !telling.heard {
                return false;
            }
            match question {
                Question::Path { path, file, stat, read } => {
                    if *stat {
                        telling.path(number, path, *read);
                    }
                    if *file {
                        telling.file(number, path);
                    }
                }
                Question::Sieved { path, sieve } => telling.sieved(number, path, sieve),
                Question::Pattern { pattern, stat, read } => {
                    telling.pattern(number, pattern, Along { stat: *stat, read: *read });
                }
                Question::Program { words } => telling.program(number, words),
            }
        }
        telling.head("end");
        telling.heard
    }
}

struct Telling<'a> {
    here: &'a dyn Here,
    mark: &'a str,
    /// The last number that was given to a path that nobody asked for by name.
    next: usize,
    out: &'a mut dyn FnMut(&[u8]) -> bool,
    heard: bool,
}

impl Telling<'_> {
    fn say(&mut self, bytes: &[u8]) {
        self.heard = self.heard && (self.out)(bytes);
    }

    fn head(&mut self, words: &str) {
        let head = format!("\n{} {words}\n", self.mark);
        self.say(head.as_bytes());
    }

    /// A word with what stands behind it, and how it ended.
    fn word(&mut self, words: &str, body: &[u8], end: &str) {
        self.head(words);
        self.say(body);
        self.head(&format!("= {end}"));
    }

    /// Nothing can be told, for a reason that has a letter of its own; whether it has.
    fn refuse(&mut self, kind: char, number: usize, answer: &Answer) -> bool {
        let letter = match answer {
            Answer::Missing => 'm',
            Answer::Denied => 'd',
            Answer::Unreadable(why) if **why == *LINKED_TOO_OFTEN => 'l',
            Answer::Unreadable(why) if **why == *OTHER_KIND => 'k',
            _ => return false,
        };
        self.head(&format!("x {kind} {number} {letter}"));
        true
    }

    fn file(&mut self, number: usize, path: &str) {
        self.told(number, &self.here.answer(&Need::File(path.into())));
    }

    /// The bytes of a file, or what became of it.
    fn told(&mut self, number: usize, answer: &Answer) {
        if let Answer::Bytes(bytes) = answer {
            self.word(&format!("f {number}"), bytes, "0");
        } else if !self.refuse('f', number, answer) {
            self.word(&format!("f {number}"), &[], &format!("1 {}", reason(answer)));
        }
    }

    /// What a sieve leaves of a file; all of it where that may have been cut, which shows in all of it.
    fn sieved(&mut self, number: usize, path: &str, sieve: &Sieve) {
        let answer = self.here.answer(&Need::File(path.into()));
        let left = match &answer {
            Answer::Bytes(bytes) if bytes.len() <= FILE_LIMIT => sieve.sift(bytes),
            _ => Vec::new(),
        };
        if !left.is_empty() && sieve.is_whole(&left) {
            self.word(&format!("v {number}"), &left, "0");
        } else {
            self.told(number, &answer);
        }
    }

    /// What stands at a path, and where links lead; what is at their end is read, if it is asked for.
    fn path(&mut self, number: usize, path: &str, read: bool) {
        let (mut number, mut path) = (number, path.to_owned());
        for links in 0..=MAX_LINKS {
            let stat = match self.here.answer(&Need::Stat(path.as_str().into())) {
                Answer::Stat(stat) => stat,
                answer => {
                    if !self.refuse('t', number, &answer) {
                        self.word(&format!("t {number}"), &[], "1");
                    }
                    return;
                }
            };
            // One that is not UTF-8 leads nowhere that a setting could name.
            let target = stat.link.clone().filter(|_| stat.kind == FileType::Link);
            if let Some(target) = &target {
                self.word(&format!("l {number}"), target.as_bytes(), "0");
            }
            self.word(&format!("t {number}"), line(&stat).as_bytes(), "0");
            let Some(target) = target else {
                if links > 0 && read && stat.kind == FileType::File {
                    self.file(number, &path);
                }
                return;
            };
            if links == MAX_LINKS {
                return;
            }
            path = lead(&path, &target);
            self.next += 1;
            number = self.next;
            self.word(&format!("p {number}"), path.as_bytes(), "0");
        }
    }

    fn pattern(&mut self, number: usize, pattern: &str, along: Along) {
        let Ok(meant) = Pattern::new(pattern) else { return };
        let search = match Search::of(self.here, meant.segments()) {
            Ok(search) => search,
            Err(why) => {
                if !self.refuse('g', number, &why) {
                    self.refuse('g', number, &Answer::Unreadable(OTHER_KIND.into()));
                }
                return;
            }
        };
        let first = self.next + 1;
        self.next += search.found.len();
        let mut body = Vec::new();
        for (is_file, path) in &search.found {
            body.push(if *is_file { b'f' } else { b'o' });
            body.extend_from_slice(path.as_bytes());
            body.push(0);
        }
        let end = format!("{}{}", u8::from(search.cut), if search.hidden { " -" } else { "" });
        self.word(&format!("g {number} {first}"), &body, &end);
        for (at, (is_file, path)) in search.found.iter().enumerate() {
            if along.stat {
                self.path(first + at, path, along.read);
            }
            if along.read && *is_file {
                self.file(first + at, path);
            }
        }
    }

    fn program(&mut self, number: usize, words: &[Arc<str>]) {
        let answer = self.here.answer(&Need::Command(words.to_vec()));
        let (status, stdout, stderr) = match answer {
            Answer::Output { status, stdout, stderr } => {
                (status.unwrap_or(BY_SIGNAL), stdout, stderr)
            }
            other => {
                if matches!(other, Answer::Missing | Answer::Denied) {
                    self.refuse('c', number, &other);
                    return;
                }
                (NOT_RUN, Arc::from([]), reason(&other).into_bytes().into())
            }
        };
        self.word(&format!("c {number}"), &stdout, &status.to_string());
        self.word(&format!("e {number}"), &stderr, "0");
    }
}

/// The reason of an answer, as the end of a line.
fn reason(answer: &Answer) -> String {
    match answer {
        Answer::Unreadable(why) => why.chars().filter(|c| !c.is_control()).collect(),
        _ => "it could not be read".to_owned(),
    }
}

/// Mode in hexadecimal with the type in it (inode(7)), owner, group.
fn line(stat: &FileStat) -> String {
    let kind = match stat.kind {
        FileType::File => 0o10,
        FileType::Folder => 0o04,
        FileType::Link => 0o12,
        // A device, which stands for a pipe and a socket too.
        FileType::Other => 0o02,
    };
    format!("{:x} {} {}\n", (kind << 12) | stat.mode, stat.uid, stat.gid)
}

/// Where a link leads, by names; the root is its own parent.
fn lead(link: &str, target: &str) -> String {
    let folder = link.rsplit_once('/').map_or("", |(folder, _)| folder);
    let from = if target.starts_with('/') { "" } else { folder };
    let mut names: Vec<&str> = Vec::new();
    for name in from.split('/').chain(target.split('/')) {
        match name {
            "" | "." => {}
            ".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    format!("/{}", names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_where_its_names_say() {
        assert_eq!(lead("/a/b", "../c/./d"), "/c/d");
        assert_eq!(lead("/a/b", "/../x//y/"), "/x/y");
        assert_eq!(lead("/a", "../../.."), "/");
        assert_eq!(lead("/a/b", "c"), "/a/c");
    }

    /// A host of a few names, whose links lead round.
    struct Round;

    impl Here for Round {
        fn user(&self) -> u32 {
            7
        }

        fn answer(&self, need: &Need) -> Answer {
            match need {
                Need::Stat(_) => Answer::Stat(FileStat {
                    uid: 1,
                    gid: 2,
                    mode: 0o777,
                    kind: FileType::Link,
                    link: Some("round".into()),
                }),
                Need::File(_) => Answer::Unreadable("input/output\nerror".into()),
                _ => Answer::Unreadable("exec format error".into()),
            }
        }

        fn kind(&self, _: &str) -> Result<FileType, Answer> {
            Err(Answer::Unreadable(LINKED_TOO_OFTEN.into()))
        }

        fn names(&self, _: &str) -> Result<Vec<String>, Answer> {
            Ok((0..3000).map(|number| format!("{number}.conf")).collect())
        }
    }

    fn told(request: &super::super::Request) -> super::super::Told {
        told_by(&Round, request)
    }

    fn told_by(here: &dyn Here, request: &super::super::Request) -> super::super::Told {
        let orders = Orders::new(request.table(), "m4rk");
        let orders = Orders::read(orders.line().unwrap().as_bytes()).unwrap();
        let mut stream = Vec::new();
        assert!(orders.tell(here, &mut |bytes| {
            stream.extend_from_slice(bytes);
            true
        }));
        request.read("m4rk", &stream)
    }

    #[test]
    fn the_bounds_are_those_of_the_script() {
        let mut request = super::super::Request::default();
        let glob = Need::Glob("/e/*.conf".into());
        let (stat, file) = (Need::Stat("/a".into()), Need::File("/b".into()));
        let program = Need::Command(vec!["x".into()]);
        for need in [&glob, &stat, &file, &program] {
            request.add(need.clone(), Along { stat: false, read: true });
        }
        let told = told(&request);
        assert!(told.complete && told.uid == Some(7));
        let Some(Answer::Unreadable(why)) = told.answer(&glob) else { panic!("{told:?}") };
        assert!(why.starts_with("more than 2048"), "{why}");
        let Some(Answer::Stat(found)) = told.answer(&stat) else { panic!("{told:?}") };
        assert_eq!((found.mode, found.link.as_deref()), (0o777, Some("round")));
        assert_eq!(told.answer(&file), Some(Answer::Unreadable("input/outputerror".into())));
        let Some(Answer::Output { status: Some(126), .. }) = told.answer(&program) else {
            panic!("{told:?}")
        };
    }

    /// Folders that may be listed, entered, both or neither; each holds `x.conf` and `sub`.
    struct Doors;

    impl Doors {
        fn look(path: &str) -> Result<FileType, Answer> {
            let path = path.strip_suffix("/.").map_or(path.to_owned(), |path| format!("{path}/in"));
            let names: Vec<&str> = path.split('/').skip(1).collect();
            let known = ["closed", "listed", "entered", "open"];
            match names[..] {
                ["d", name] if known.contains(&name) => Ok(FileType::Folder),
                ["d", "closed" | "listed", ..] => Err(Answer::Denied),
                ["d", "entered" | "open", "x.conf"] => Ok(FileType::File),
                ["in" | "d"] | ["d", "in"] | ["d", "entered" | "open", "sub" | "in"] => {
                    Ok(FileType::Folder)
                }
                _ => Err(Answer::Missing),
            }
        }
    }

    impl Here for Doors {
        fn user(&self) -> u32 {
            1
        }

        fn answer(&self, need: &Need) -> Answer {
            let Need::Stat(path) = need else { return Answer::Missing };
            match Self::look(path) {
                Ok(kind) => Answer::Stat(FileStat { uid: 0, gid: 0, mode: 0, kind, link: None }),
                Err(why) => why,
            }
        }

        fn kind(&self, path: &str) -> Result<FileType, Answer> {
            Self::look(path)
        }

        fn names(&self, folder: &str) -> Result<Vec<String>, Answer> {
            let names: &[&str] = match folder {
                "/d" => &["closed", "entered", "listed", "open"],
                "/d/listed" | "/d/open" => &["sub", "x.conf"],
                "/d/closed" | "/d/entered" => return Err(Answer::Denied),
                _ => return Err(Answer::Missing),
            };
            Ok(names.iter().map(|name| (*name).to_owned()).collect())
        }
    }

    #[test]
    fn what_may_not_be_seen_is_denied_and_never_missing() {
        let none = || Answer::Paths(Vec::new());
        let cases = [
            ("/d/closed/*.conf", Answer::Denied),
            ("/d/entered/*.conf", Answer::Denied),
            ("/d/listed/*.conf", none()),
            ("/d/listed/*/*.conf", Answer::Denied),
            ("/d/*/sub/*.conf", Answer::Denied),
            ("/d/open/no/*", none()),
            ("/d/open/*.conf", Answer::Paths(vec!["/d/open/x.conf".into()])),
        ];
        let mut request = super::super::Request::default();
        for (pattern, _) in &cases {
            request.add(Need::Glob((*pattern).into()), Along { stat: true, read: false });
        }
        let told = told_by(&Doors, &request);
        for (pattern, wanted) in cases {
            assert_eq!(told.answer(&Need::Glob(pattern.into())), Some(wanted), "{pattern}");
        }
        // A folder that may not be entered shows nothing to be missing, one that may be does.
        let stat = |path: &str| told.answer(&Need::Stat(path.into()));
        assert_eq!(stat("/d/listed/other.conf"), None);
        assert_eq!(stat("/d/open/other.conf"), Some(Answer::Missing));
    }

    #[test]
    fn who_listens_no_more_is_told_no_more() {
        let mut request = super::super::Request::default();
        for number in 0..50 {
            request.add(Need::File(format!("/{number}").into()), Along::default());
        }
        let orders = Orders::new(request.table(), "m4rk");
        let mut pieces = 0;
        let heard = orders.tell(&Round, &mut |_| {
            pieces += 1;
            pieces < 5
        });
        assert!(!heard && pieces == 5, "{pieces}");
    }

    #[test]
    fn orders_of_another_kind_are_refused() {
        for bad in [
            "",
            "[]",
            r#"{"schema":"holdfast/collect/2","mark":"a","questions":[]}"#,
            r#"{"schema":"holdfast/collect/1","mark":"","questions":[]}"#,
            r#"{"schema":"holdfast/collect/1","mark":"a b","questions":[]}"#,
            r#"{"schema":"holdfast/collect/1","mark":"a","questions":[{"run":["id"]}]}"#,
        ] {
            assert!(Orders::read(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
