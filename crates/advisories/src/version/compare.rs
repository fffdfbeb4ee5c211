//! Lists of comparisons that somebody believes, checked against an order: pairs `A < B`, and
//! chains `A < B = C < D`, of which every pair is compared.
//!
//! A chain goes on over lines that begin with a sign, and in one direction. What cannot be read
//! ends a chain and is told; what stands before it, and on the lines behind it, is compared.

use std::cmp::Ordering;
use std::sync::Arc;

use holdfast_model::{Ecosystem, Place, Problem};

use super::{Order, order_of};

/// The most versions of one chain, since its comparisons grow with the square.
pub const LONGEST_CHAIN: usize = 200;

/// The most wrong comparisons that are listed; all of them are counted.
pub const MOST_WRONG: usize = 1000;

/// The most problems that are listed.
const MOST_PROBLEMS: usize = 1000;

/// The most characters of a word that a message repeats.
const SHOWN: usize = 60;

const HOW: &str = "write `A < B`, `A = B`, `A > B`, or a chain `A < B = C < D`, with spaces round \
                   each sign";

/// A comparison with which the order disagrees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The line of the later one of the two versions, from 1.
    pub line: u32,
    /// The comparison as the list has it: `A < B`.
    pub text: String,
    /// What the order says: `<`, `=` or `>`.
    pub found: char,
}

/// What became of the comparisons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// How many pairs were compared, the wrong ones included.
    pub compared: u64,
    /// With how many of them the order disagrees.
    pub disagreements: u64,
    /// Those with which the order disagrees; at most [`MOST_WRONG`].
    pub wrong: Vec<Wrong>,
    /// What could not be read, and versions that are none of this order.
    pub problems: Vec<Problem>,
}

/// Compares the pairs `A < B`, `A = B`, `A > B` and the chains `A < B = C < D` of `text`. Of a
/// chain of at most [`LONGEST_CHAIN`] versions every pair is compared; it goes on over lines that
/// begin with a sign. Empty lines and those that begin with `#` or `//` say nothing. `path` names
/// the text in problems.
pub fn compare_lines(ecosystem: &Ecosystem, path: &str, text: &str) -> Compared {
    let Some(order) = order_of(ecosystem) else {
        return Compared { problems: vec![no_order(ecosystem)], ..Compared::default() };
    };
    let mut list = List {
        order,
        path: path.into(),
        out: Compared::default(),
        chain: Chain::default(),
        lost: false,
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (number, line) in (1_u32..).zip(text.lines()) {
        let said = line.trim_start();
        if !said.is_empty() && !said.starts_with('#') && !said.starts_with("//") {
            list.line(number, line);
        }
    }
    list.end();
    list.out
}

/// A word and where it stands.
#[derive(Debug, Clone, Copy)]
struct Word<'t> {
    text: &'t str,
    /// The whole line.
    line: &'t str,
    number: u32,
    column: u32,
}

#[derive(Debug, Clone, Copy)]
struct Member<'t> {
    version: Word<'t>,
    /// How many signs other than `=` stand before it.
    rank: usize,
}

#[derive(Debug, Default)]
struct Chain<'t> {
    members: Vec<Member<'t>>,
    /// How a member compares with those of a higher rank.
    direction: Option<Ordering>,
    /// Whether something was already told of it.
    told: bool,
}

/// A list that is being read.
struct List<'t> {
    order: &'static Order,
    path: Arc<str>,
    out: Compared,
    chain: Chain<'t>,
    /// Whether a chain ended with what cannot be read, and the next version begins another one.
    lost: bool,
}

impl<'t> List<'t> {
    fn line(&mut self, number: u32, line: &'t str) {
        let mut waiting: Option<(Ordering, Word<'t>)> = None;
        for (at, word) in words(number, line).enumerate() {
            match (sign_of(word.text), waiting.take()) {
                (None, Some((sign, at_sign))) => self.go_on(sign, at_sign, word),
                (None, None) if at == 0 => {
                    self.end();
                    self.begin(word, false);
                }
                (None, None) if self.lost => self.begin(word, true),
                (None, None) => {
                    let message = format!("a sign is missing before {}", shown(word.text));
                    return self.lose(word, message);
                }
                (Some(_), None) if self.chain.members.is_empty() => {
                    if !self.lost {
                        self.lose(word, "no version stands before this sign");
                    }
                }
                (Some(sign), None) => waiting = Some((sign, word)),
                (Some(_), Some(_)) => return self.lose(word, "two signs stand together"),
            }
        }
        if let Some((_, sign)) = waiting {
            self.chain.told = true;
            self.tell("comparison-unreadable", sign, "no version stands behind this sign", HOW);
        }
    }

    fn begin(&mut self, version: Word<'t>, told: bool) {
        self.lost = false;
        self.chain.told = told;
        self.chain.members.push(Member { version, rank: 0 });
    }

    /// Adds a version behind a sign; where it cannot stand there, another chain begins before it.
    fn go_on(&mut self, sign: Ordering, at: Word<'t>, version: Word<'t>) {
        let turns = sign.is_ne() && self.chain.direction.is_some_and(|known| known != sign);
        let full = self.chain.members.len() >= LONGEST_CHAIN;
        if turns || full {
            let message = if turns {
                "a chain goes in one direction".to_owned()
            } else {
                format!("a chain holds at most {LONGEST_CHAIN} versions")
            };
            let help = "begin another chain, with the last version of this one";
            self.tell("comparison-unreadable", at, message, help);
            let last = self.chain.members.last().map(|member| member.version);
            self.end();
            if let Some(last) = last {
                self.begin(last, true);
            }
        }
        let before = self.chain.members.last().map_or(0, |member| member.rank);
        if sign.is_ne() {
            self.chain.direction = Some(sign);
        }
        self.chain.members.push(Member { version, rank: before + usize::from(sign.is_ne()) });
    }

    /// Ends the chain with what cannot be read.
    fn lose(&mut self, word: Word<'t>, message: impl Into<String>) {
        self.chain.told = true;
        self.end();
        self.lost = true;
        self.tell("comparison-unreadable", word, message, HOW);
    }

    /// Compares the pairs of the chain, and leaves none.
    fn end(&mut self) {
        let chain = std::mem::take(&mut self.chain);
        if let [only] = chain.members.as_slice() {
            if !chain.told {
                let message = format!("{} is compared with nothing", shown(only.version.text));
                self.tell("comparison-unreadable", only.version, message, HOW);
            }
            return;
        }
        let mut keyed: Vec<(Vec<u8>, Member<'t>)> = Vec::with_capacity(chain.members.len());
        for member in chain.members {
            let mut key = Vec::new();
            if self.order.key(member.version.text, &mut key) {
                keyed.push((key, member));
            } else {
                let word = member.version;
                let message = format!("{} is no version of this order", shown(word.text));
                let help = format!("versions are read as {} write them", self.order.about.title);
                self.tell("version-unreadable", word, message, help);
            }
        }
        let direction = chain.direction.unwrap_or(Ordering::Equal);
        for (at, (key, later)) in keyed.iter().enumerate() {
            for (before, earlier) in keyed.iter().take(at) {
                let same = earlier.rank == later.rank;
                let wanted = if same { Ordering::Equal } else { direction };
                self.note(*earlier, *later, wanted, before.cmp(key));
            }
        }
    }

    fn note(&mut self, a: Member<'t>, b: Member<'t>, wanted: Ordering, found: Ordering) {
        self.out.compared += 1;
        if wanted == found {
            return;
        }
        self.out.disagreements += 1;
        if self.out.wrong.len() < MOST_WRONG {
            let text = format!("{} {} {}", a.version.text, sign(wanted), b.version.text);
            self.out.wrong.push(Wrong { line: b.version.number, text, found: sign(found) });
        }
    }

    fn tell(
        &mut self,
        code: &'static str,
        word: Word<'t>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        if self.out.problems.len() > MOST_PROBLEMS {
            return;
        }
        let place = Place { path: Arc::clone(&self.path), line: word.number, column: word.column };
        let problem = if self.out.problems.len() < MOST_PROBLEMS {
            let length = word.text.chars().count();
            Problem::at(code, place, message).help(help).excerpt(word.line, length)
        } else {
            let message = format!("more than {MOST_PROBLEMS} problems; the rest is not listed");
            Problem::at("comparison-problems-cut", place, message)
        };
        self.out.problems.push(problem);
    }
}

fn words(number: u32, line: &str) -> impl Iterator<Item = Word<'_>> {
    let mut column = 1_u32;
    line.split(char::is_whitespace).filter_map(move |text| {
        let word = Word { text, line, number, column };
        let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        column = column.saturating_add(length).saturating_add(1);
        (!text.is_empty()).then_some(word)
    })
}

fn sign_of(word: &str) -> Option<Ordering> {
    match word {
        "<" => Some(Ordering::Less),
        "=" | "==" => Some(Ordering::Equal),
        ">" => Some(Ordering::Greater),
        _ => None,
    }
}

fn sign(ordering: Ordering) -> char {
    match ordering {
        Ordering::Less => '<',
        Ordering::Equal => '=',
        Ordering::Greater => '>',
    }
}

/// A word for a message.
fn shown(word: &str) -> String {
    match word.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("`{}…`", word.get(..end).unwrap_or_default()),
        None => format!("`{word}`"),
    }
}

fn no_order(ecosystem: &Ecosystem) -> Problem {
    let known: Vec<&str> = super::ORDERS.iter().map(|order| order.about.id).collect();
    Problem::new("version-order-unknown", format!("`{}` has no version order", ecosystem.as_str()))
        .help(format!("the orders are: {}", known.join(", ")))
}
