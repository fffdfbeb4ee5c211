//! What a host far away is asked, in one go: a shell script that names everything at once, and the
//! stream that it leaves.
//!
//! Collectors ask for one thing after another, and to ask over the network costs more than everything
//! else. So what they would ask of a host that has nothing, and of hosts that have everything, is worked
//! out beforehand ([`Request::first`]); the script follows links and looks into folders by itself; and
//! what a list of a folder shows to be missing need not be asked. Only what is still open after that is
//! worth a second connection ([`Request::more`]).
//!
//! Of a host that nobody reaches people bring the stream as a file ([`Facts`]), with the questions in it.
//!
//! Where programs may be run over there, one of ours can look in place of the script: it is told the
//! same questions and leaves the same stream.
//!
//! Knows POSIX shell (XCU chapter 2) and the form of its own stream. Must not know how a script
//! gets to a host, nor what answers mean.

mod carry;
mod facts;
mod heads;
#[cfg(test)]
mod once;
mod orders;
mod pattern;
mod script;
mod search;
mod stated;
mod stream;
mod tell;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use crate::host::{Asked, collect};
use crate::{Answer, Need, Sieve};

pub use carry::{Carried, Fallback};
pub use facts::Facts;
pub use orders::Orders;
pub use stream::Told;
pub use tell::Here;

/// The largest file that is sent, in bytes; a larger one is *not assessed*.
pub const FILE_LIMIT: usize = 16 << 20;
/// The most that a program may say, in bytes; what says more is *not assessed*.
pub const OUTPUT_LIMIT: usize = 1 << 20;
/// So many entries of a pattern are told; with more of them it is *not assessed*.
pub const ENTRY_LIMIT: usize = 2048;
/// The largest stream that is worth reading, in bytes: whoever runs the script keeps no more.
pub const STREAM_LIMIT: usize = 128 << 20;

/// Why a path leads nowhere that has more links on its way than are followed.
pub const LINKED_TOO_OFTEN: &str = "it leads over too many links";
/// Why something is not read that is no file.
pub const OTHER_KIND: &str = "it is not of the kind that was expected";

/// What else is wanted of what a question leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Along {
    /// Owner, group, mode and type of each path that a pattern finds.
    pub stat: bool,
    /// The bytes of each file that a pattern finds, or to which the links of a path lead.
    pub read: bool,
}

impl Along {
    fn join(&mut self, other: Self) {
        self.stat |= other.stat;
        self.read |= other.read;
    }
}

/// Everything that one script asks.
#[derive(Debug, Clone, Default)]
pub struct Request {
    needs: BTreeMap<Need, Along>,
    /// Whether each file is read by a program of its own, whatever that costs: then nothing in one
    /// looks like another.
    apart: bool,
    /// The questions, numbered: made once, and read with for every host.
    table: OnceLock<Table>,
}

impl Request {
    /// What collectors are going to ask of any host about these resources.
    pub fn first(asked: &Asked<'_>) -> Self {
        let mut request = Self::default();
        wanted::wanted(asked, &mut request);
        request
    }

    /// What of `open` a first answer left open.
    pub fn more(open: impl IntoIterator<Item = Need>) -> Self {
        let mut request = Self { apart: true, ..Self::default() };
        for need in open {
            // What stands behind a link would cost another connection.
            request.add(need, Along { stat: true, read: false });
        }
        let links: Vec<Need> = request.needs.keys().cloned().collect();
        for need in links {
            if let Need::File(path) = need {
                request.add(Need::Stat(path), Along { stat: false, read: true });
            }
        }
        request
    }

    /// Adds a question.
    pub fn add(&mut self, need: Need, along: Along) {
        self.table.take();
        self.needs.entry(need).or_default().join(along);
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.needs.is_empty()
    }

    /// The script: POSIX shell, to be read from standard input by `sh`. `mark` is a word that
    /// nobody on the host can know beforehand, of letters and digits.
    pub fn script(&self, mark: &str) -> String {
        script::script(self.table(), mark, None)
    }

    /// The same, where a program stands behind it on its standard input: that looks instead, where
    /// it can be run. The script is to be read whole before any of it is run.
    pub fn script_with(&self, mark: &str, carried: &Carried) -> String {
        script::script(self.table(), mark, Some(carried))
    }

    /// The same for people to carry to a host: what it says is a file that can be read by itself.
    /// `None` where a question cannot be written down.
    pub fn script_alone(&self, mark: &str) -> Option<String> {
        script::alone(self.table(), mark)
    }

    /// The same questions for a program that looks in place of the script.
    pub fn orders(&self, mark: &str) -> Orders {
        Orders::new(self.table(), mark)
    }

    /// Reads what the script left under the same mark. Whatever the bytes are, this ends, and what
    /// is not in them is not answered.
    pub fn read(&self, mark: &str, stream: &[u8]) -> Told {
        stream::read(self.table(), mark, stream)
    }

    fn table(&self) -> &Table {
        self.table.get_or_init(|| self.numbered())
    }

    /// The questions, numbered. Both ways make the same table of the same request.
    fn numbered(&self) -> Table {
        let mut table = Table { apart: self.apart, ..Table::default() };
        let mut number: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        for (need, along) in &self.needs {
            match need {
                Need::File(path) | Need::Stat(path) if path.contains('\0') => {}
                Need::File(path) | Need::Stat(path) => {
                    let at = *number.entry(Arc::clone(path)).or_insert_with(|| {
                        table.items.push(Item::Path(Arc::clone(path)));
                        table.items.len() - 1
                    });
                    if matches!(need, Need::File(_)) {
                        table.files.insert(at);
                    } else {
                        table.stats.entry(at).or_default().join(*along);
                    }
                }
                Need::Sieved(path, _) if path.contains('\0') => {}
                // All of a file leaves the same.
                Need::Sieved(path, _) if self.needs.contains_key(&Need::File(Arc::clone(path))) => {
                }
                Need::Sieved(path, sieve) => {
                    table.items.push(Item::Sieved(Arc::clone(path), sieve.clone()));
                }
                Need::Glob(pattern) if pattern.contains('\0') => {}
                Need::Glob(pattern) => table.items.push(Item::Pattern(Arc::clone(pattern), *along)),
                Need::Command(words) if words.iter().any(|word| word.contains('\0')) => {}
                Need::Command(words) => table.items.push(Item::Program(words.clone())),
                // A database that is read in parts would be asked for a hundred times, and nobody
                // asked the host for a walk.
                Need::Part { .. } | Need::Walk { .. } => {}
            }
        }
        table
    }
}

/// What a number in script and stream stands for.
#[derive(Debug, Clone)]
enum Item {
    Path(Arc<str>),
    Sieved(Arc<str>, Sieve),
    Pattern(Arc<str>, Along),
    Program(Vec<Arc<str>>),
}

#[derive(Debug, Clone, Default)]
struct Table {
    items: Vec<Item>,
    /// Paths whose bytes are asked for.
    files: BTreeSet<usize>,
    /// Paths that are looked at.
    stats: BTreeMap<usize, Along>,
    /// Whether each file is read by a program of its own.
    apart: bool,
    /// The questions as a script asks them.
    written: OnceLock<String>,
}

/// What collectors want and nobody told. Each of it is taken for missing and for unreadable: the one
/// leads on to the next place of several, the other ends there, and all of it is to be asked at once.
fn open(asked: &Asked<'_>, told: &dyn Fn(&Need) -> Option<Answer>) -> BTreeSet<Need> {
    let mut open = BTreeSet::new();
    for guess in [Answer::Missing, Answer::Denied] {
        collect(asked, &mut |need| {
            told(need).unwrap_or_else(|| {
                open.insert(need.clone());
                guess.clone()
            })
        });
    }
    open
}

/// The answer to a need that cannot be asked of a host far away at all.
fn refused(need: &Need) -> Option<Answer> {
    let unreadable = |why: &str| Some(Answer::Unreadable(why.into()));
    match need {
        Need::Part { .. } => unreadable("it is too large to be read over the network"),
        Need::Walk { .. } => unreadable("hosts that are asked over the network are not walked"),
        Need::File(path) | Need::Sieved(path, _) | Need::Stat(path) | Need::Glob(path)
            if path.contains('\0') =>
        {
            unreadable("its name has a zero byte in it")
        }
        Need::Command(words) if words.iter().any(|word| word.contains('\0')) => {
            unreadable("its words have a zero byte in them")
        }
        Need::Glob(pattern) => pattern::Pattern::new(pattern).err().map(Answer::Unreadable),
        _ => None,
    }
}
