//! One way to ask, and what became of it.
//!
//! Knows answers and links of the file system; knows no file format.

use std::sync::Arc;

use holdfast_model::{Aspect, Fact, Place, Reading, Resource, Setting};

use super::Answers;
use crate::{Answer, FileStat, FileType, Need, Sieve};

/// So many links are followed, one after the other, as many as the script follows that goes to a host;
/// Linux itself follows 40 (path_resolution(7)).
const MAX_LINKS: usize = 8;

/// So many files of one folder are looked at. More are no configuration but an accident.
pub(super) const MAX_FILES: usize = 512;

/// Why something is not known, and what would close the gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) reason: String,
    pub(super) closes_with: String,
}

impl Gap {
    pub(super) fn new(reason: impl Into<String>, closes_with: impl Into<String>) -> Self {
        Self { reason: reason.into(), closes_with: closes_with.into() }
    }

    /// What only a running system has, asked of one that does not run.
    pub(super) fn at_rest() -> Self {
        Self::new("only a running system has it", "look at the system while it runs")
    }

    pub(super) fn reading(self) -> Reading {
        Reading::Unknown { reason: self.reason, closes_with: self.closes_with }
    }
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Got<T> {
    /// It is there.
    Here(T),
    /// There is no such thing.
    Missing,
    /// It could not be seen, or not yet.
    Hidden(Gap),
}

impl<T> Got<T> {
    pub(super) fn here(self) -> Option<T> {
        match self {
            Self::Here(value) => Some(value),
            Self::Missing | Self::Hidden(_) => None,
        }
    }

    /// Why it could not be seen, if it could not.
    pub(super) fn hidden(self) -> Option<Gap> {
        match self {
            Self::Hidden(gap) => Some(gap),
            Self::Here(_) | Self::Missing => None,
        }
    }
}

/// Where a path leads when all links are followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End<'a> {
    /// To this.
    At(Arc<str>, &'a FileStat),
    /// To `/dev/null`, by which systemd and its kin know what is switched off. A root that does
    /// not run need not have it.
    Null,
    /// Nowhere: it, or what a link names, is not there.
    Nowhere,
    /// Back to itself, or through too many links.
    Circle,
    /// Somewhere that could not be seen.
    Hidden(Gap),
}

/// What a host answers, by what was hoped for.
pub(super) struct Look<'a> {
    answers: &'a Answers<'a>,
}

impl<'a> Look<'a> {
    pub(super) fn new(answers: &'a Answers<'a>) -> Self {
        Self { answers }
    }

    /// The answer to a need.
    pub(super) fn ask(&self, need: Need) -> &'a Answer {
        self.answers.get(need)
    }

    /// The bytes of a file.
    pub(super) fn file(&self, path: &str) -> Got<&'a [u8]> {
        match self.ask(Need::File(path.into())) {
            Answer::Bytes(bytes) => Got::Here(bytes),
            other => unseen(path, other),
        }
    }

    /// What a sieve leaves of a file.
    pub(super) fn sieved(&self, path: &str, sieve: Sieve) -> Got<&'a [u8]> {
        match self.ask(Need::Sieved(path.into(), sieve)) {
            Answer::Bytes(bytes) => Got::Here(bytes),
            other => unseen(path, other),
        }
    }

    /// What the file system says of a path, without following a link at its end.
    pub(super) fn stat(&self, path: &str) -> Got<&'a FileStat> {
        self.stat_of(&path.into())
    }

    fn stat_of(&self, path: &Arc<str>) -> Got<&'a FileStat> {
        match self.ask(Need::Stat(Arc::clone(path))) {
            Answer::Stat(stat) => Got::Here(stat),
            other => unseen(path, other),
        }
    }

    /// The paths that match a pattern, sorted.
    pub(super) fn paths(&self, pattern: &str) -> Got<&'a [Arc<str>]> {
        match self.ask(Need::Glob(pattern.into())) {
            Answer::Paths(paths) => Got::Here(paths),
            other => unseen(pattern, other),
        }
    }

    /// Follows links to their end, inside the root.
    pub(super) fn follow(&self, path: &str) -> End<'a> {
        let mut path: Arc<str> = path.into();
        for _ in 0..=MAX_LINKS {
            if &*path == "/dev/null" {
                return End::Null;
            }
            let stat = match self.stat_of(&path) {
                Got::Here(stat) => stat,
                Got::Missing => return End::Nowhere,
                Got::Hidden(gap) => return End::Hidden(gap),
            };
            match (stat.kind, &stat.link) {
                (FileType::Link, Some(link)) => path = lead(&path, link),
                (FileType::Link, None) => {
                    let reason = format!("nobody says where the link `{path}` leads");
                    return End::Hidden(Gap::new(reason, "root"));
                }
                _ => return End::At(path, stat),
            }
        }
        End::Circle
    }
}

/// What an answer that is not the wanted one means.
fn unseen<T>(path: &str, answer: &Answer) -> Got<T> {
    Got::Hidden(match answer {
        Answer::Missing => return Got::Missing,
        Answer::Denied => Gap::new(format!("`{path}` may not be read"), "root"),
        Answer::Unreadable(why) => Gap::new(
            format!("`{path}` could not be read: {why}"),
            format!("make `{path}` readable"),
        ),
        Answer::Bytes(_)
        | Answer::Paths(_)
        | Answer::Stat(_)
        | Answer::Output { .. }
        | Answer::Walked(_) => {
            Gap::new(format!("the answer about `{path}` is of another kind"), "look again")
        }
    })
}

/// Where a link at `path` leads. The root is its own parent, as it is after chroot(2), so that no
/// link leaves it.
pub(super) fn lead(path: &str, link: &str) -> Arc<str> {
    let folder = if link.starts_with('/') { "" } else { crate::text::folder(path) };
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(link.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    format!("/{}", parts.join("/")).into()
}

/// One setting, for everybody, written by somebody.
pub(super) fn setting(
    resource: &Resource,
    aspect: Aspect,
    reading: Reading,
    place: Option<Place>,
) -> Fact {
    let resource = resource.clone();
    Fact::Setting(Setting { resource, aspect, scope: None, reading, place, default: false })
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn link(to: &str) -> Answer {
        let kind = FileType::Link;
        Answer::Stat(FileStat { uid: 0, gid: 0, mode: 0o777, kind, link: Some(to.into()) })
    }

    fn file() -> Answer {
        let kind = FileType::File;
        Answer::Stat(FileStat { uid: 0, gid: 0, mode: 0o644, kind, link: None })
    }

    fn told(list: &[(&str, Answer)], need: &Need) -> Answer {
        let is = |path: &str| *need == Need::Stat(path.into());
        let found = list.iter().find(|(path, _)| is(path));
        found.map_or(Answer::Missing, |(_, answer)| answer.clone())
    }

    #[test]
    fn links_are_followed_inside_the_root() {
        assert_eq!(&*lead("/etc/sysctl.d/99-sysctl.conf", "../sysctl.conf"), "/etc/sysctl.conf");
        assert_eq!(&*lead("/etc/a", "/lib/./b//c"), "/lib/b/c");
        assert_eq!(&*lead("/etc/a", "../../../../b"), "/b");
        assert_eq!(&*lead("/a", ""), "/");
    }

    #[test]
    fn the_end_of_a_chain_is_found_and_circles_end() {
        let list = [
            ("/a", link("b")),
            ("/b", link("/c")),
            ("/c", file()),
            ("/null", link("../dev/null")),
            ("/gone", link("nothing")),
            ("/x", link("y")),
            ("/y", link("x")),
            ("/self", link("self")),
            ("/secret", link("/root/x")),
            ("/root/x", Answer::Denied),
        ];
        let source = |need: &Need| told(&list, need);
        let answers = Answers::new(&source);
        let look = Look::new(&answers);
        assert!(matches!(look.follow("/a"), End::At(path, _) if &*path == "/c"));
        assert_eq!(look.follow("/null"), End::Null);
        assert_eq!(look.follow("/gone"), End::Nowhere);
        assert_eq!(look.follow("/x"), End::Circle);
        assert_eq!(look.follow("/self"), End::Circle);
        let End::Hidden(gap) = look.follow("/secret") else { panic!("it may not be seen") };
        assert_eq!(gap.closes_with, "root");
    }

    #[test]
    fn a_host_is_asked_for_each_thing_once_and_only_for_what_is_wanted() {
        let asked = RefCell::new(Vec::new());
        let list = [("/a", link("b")), ("/b", file()), ("/c", file())];
        let source = |need: &Need| {
            asked.borrow_mut().push(need.clone());
            told(&list, need)
        };
        let answers = Answers::new(&source);
        let look = Look::new(&answers);
        for _ in 0..2 {
            assert!(matches!(look.follow("/a"), End::At(path, _) if &*path == "/b"));
        }
        assert_eq!(*asked.borrow(), [Need::Stat("/a".into()), Need::Stat("/b".into())]);
    }
}
