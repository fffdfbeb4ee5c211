//! What the requirements of Bundler, Composer, Poetry and Mix have in common: comparators over
//! dotted numbers of any count, compared by their ecosystem's own order.

use std::cmp::Ordering;

use super::{bound_above, dotted, floored};
use crate::version::Order;

/// How a comparator compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Equal,
    NotEqual,
    Greater,
    GreaterEq,
    Less,
    LessEq,
    /// Up to the next change of the first number that is not zero.
    Caret,
    /// Up to the next change of the second number.
    Tilde,
    /// Up to the next change of the last number but one.
    Pessimistic,
}

/// A requirement language.
pub(super) struct Language {
    /// The longer ones first.
    pub(super) operators: &'static [(&'static str, Op)],
    /// What a version without operator means.
    pub(super) bare: Op,
    /// Whether there are alternatives, separated by `|` or `||`.
    pub(super) alternatives: bool,
    /// Whether an alternative may be a branch, which says no version.
    pub(super) branches: bool,
    /// How two comparators are joined.
    pub(super) joint: &'static str,
    /// Whether comparators stand in quotes, each in its own.
    pub(super) quoted: bool,
}

/// A requirement language with the version order of its ecosystem.
pub(super) struct Ranges {
    pub(super) language: &'static Language,
    pub(super) order: &'static Order,
}

/// An operator and a version, and where the version stands in the requirement.
struct Clause<'a> {
    op: Op,
    /// As written, without `.*` and `@stability`.
    text: &'a str,
    numbers: Vec<u64>,
    /// What stands in place of further numbers, with its dot.
    wild: &'a str,
    start: usize,
    end: usize,
}

/// Comparators that must all hold; `None` for a branch, which stays as it is.
struct Alternative<'a> {
    start: usize,
    text: &'a str,
    clauses: Option<Vec<Clause<'a>>>,
}

impl<'a> Alternative<'a> {
    fn clauses(&self) -> &[Clause<'a>] {
        self.clauses.as_deref().unwrap_or_default()
    }
}

/// The numbers that a version begins with.
pub(super) fn numbers(version: &str) -> Option<Vec<u64>> {
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    let parts = version.get(..end)?.trim_end_matches('.').split('.');
    parts.map(|part| part.parse().ok()).collect()
}

/// Whether letters follow the numbers; a build or a patch level behind `+` or `p` is none.
pub(super) fn is_pre_release(version: &str) -> bool {
    let public = version.split('+').next().unwrap_or(version);
    let rest = public.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let word = rest.trim_start_matches(['-', '_', '.']).to_ascii_lowercase();
    let after = ["patch", "post", "pl", "p"].iter().any(|sign| word.starts_with(sign));
    // `pre` begins with a `p` and comes before.
    (!after || word.starts_with("pre")) && word.starts_with(|c: char| c.is_ascii_alphabetic())
}

fn is_between(c: char) -> bool {
    c.is_ascii_whitespace() || matches!(c, ',' | '"' | '\'')
}

impl Ranges {
    fn parse<'a>(&self, range: &'a str) -> Option<Vec<Alternative<'a>>> {
        if !range.is_ascii() || (!self.language.alternatives && range.contains('|')) {
            return None;
        }
        let mut out = Vec::new();
        let mut at = 0;
        for text in range.split('|') {
            // Between the two strokes of `||` stands nothing.
            if !text.is_empty() || out.is_empty() {
                let branch = self.language.branches && is_branch(text.trim());
                let clauses = if branch { None } else { Some(self.clauses(text, at)?) };
                out.push(Alternative { start: at, text, clauses });
            }
            at += text.len() + 1;
        }
        Some(out)
    }

    fn clauses<'a>(&self, text: &'a str, base: usize) -> Option<Vec<Clause<'a>>> {
        let mut out: Vec<Clause<'a>> = Vec::new();
        let mut rest = text;
        let mut hyphen = false;
        loop {
            rest = rest.trim_start_matches(is_between);
            if rest.is_empty() {
                break;
            }
            if let Some(behind) = rest.strip_prefix("- ") {
                // `1.0 - 2.0`
                out.last_mut().filter(|low| low.op == self.language.bare)?.op = Op::GreaterEq;
                (hyphen, rest) = (true, behind);
                continue;
            }
            let found = self.language.operators.iter().find(|(sign, _)| rest.starts_with(sign));
            let (sign, op) = found.map_or(("", self.language.bare), |(sign, op)| (*sign, *op));
            rest = rest.get(sign.len()..)?.trim_start();
            let word = rest.split(is_between).next()?;
            let start = base + (text.len() - rest.len());
            let op = if std::mem::take(&mut hyphen) { Op::LessEq } else { op };
            out.push(clause(op, word, start)?);
            rest = rest.get(word.len()..)?;
        }
        (!hyphen).then_some(out)
    }

    fn compare(&self, a: &str, b: &str) -> Option<Ordering> {
        self.order.compare(a, b)
    }

    /// Whether one of the alternatives admits a version; `None` where only a branch may.
    pub(super) fn admits(&self, range: &str, version: &str) -> Option<bool> {
        let version = version.trim_start_matches('v');
        self.order.compare(version, version)?;
        let alternatives = self.parse(range)?;
        for alternative in &alternatives {
            if self.alternative_admits(alternative, version)? {
                return Some(true);
            }
        }
        // What a branch admits nobody knows.
        alternatives.iter().all(|one| one.clauses.is_some()).then_some(false)
    }

    fn alternative_admits(&self, alternative: &Alternative<'_>, version: &str) -> Option<bool> {
        let Some(clauses) = &alternative.clauses else { return Some(false) };
        for clause in clauses {
            if !self.contains(clause, version)? {
                return Some(false);
            }
        }
        // Pre-releases only where a comparator names one.
        let named = || clauses.iter().any(|clause| is_pre_release(clause.text));
        Some(!is_pre_release(version) || named())
    }

    fn contains(&self, clause: &Clause<'_>, version: &str) -> Option<bool> {
        let given = numbers(version)?;
        if !clause.wild.is_empty() {
            let same = clause.numbers.iter().zip(given.iter().chain(std::iter::repeat(&0)));
            return Some(same.into_iter().all(|(a, b)| a == b) != (clause.op == Op::NotEqual));
        }
        let order = self.compare(version, clause.text)?;
        Some(match clause.op {
            Op::Equal => order == Ordering::Equal,
            Op::NotEqual => order != Ordering::Equal,
            Op::Greater => order == Ordering::Greater,
            Op::GreaterEq => order != Ordering::Less,
            Op::Less => order == Ordering::Less,
            Op::LessEq => order != Ordering::Greater,
            Op::Caret | Op::Tilde | Op::Pessimistic => {
                order != Ordering::Less && below(&given, &clause.next()?)
            }
        })
    }

    /// Whether everything that an alternative admits lies below a version.
    fn is_below(&self, alternative: &Alternative<'_>, target: &str) -> bool {
        alternative.clauses().iter().any(|clause| {
            let order = self.compare(clause.text, target);
            let not_above = order.is_some_and(|order| order != Ordering::Greater);
            match clause.op {
                Op::Less => not_above,
                Op::Greater | Op::GreaterEq | Op::NotEqual => false,
                _ => not_above && self.contains(clause, target) == Some(false),
            }
        })
    }

    /// The new text of a requirement: operators kept, `target` admitted, what lies below it no
    /// longer.
    pub(super) fn lift(&self, range: &str, target: &str) -> Option<String> {
        let target = target.trim_start_matches('v');
        self.order.compare(target, target)?;
        let alternatives = self.parse(range)?;
        let admits = |one: &Alternative<'_>| self.alternative_admits(one, target) == Some(true);
        let below = |one: &Alternative<'_>| self.is_below(one, target);
        let chosen = alternatives
            .iter()
            .position(admits)
            .or_else(|| alternatives.iter().rposition(below))
            .or_else(|| alternatives.iter().rposition(|one| one.clauses.is_some()))?;
        let mut kept = Vec::new();
        for (at, one) in alternatives.iter().enumerate() {
            if at == chosen {
                kept.push(self.lift_one(one, target)?);
            } else if !below(one) {
                kept.push(one.text.to_owned());
            }
        }
        let separator = if range.contains("||") { "||" } else { "|" };
        if kept.len() == alternatives.len() {
            return Some(kept.join(separator));
        }
        let kept: Vec<&str> = kept.iter().map(|text| text.trim()).collect();
        Some(kept.join(&format!(" {separator} ")))
    }

    fn lift_one(&self, alternative: &Alternative<'_>, target: &str) -> Option<String> {
        let mut out = String::with_capacity(alternative.text.len() + 16);
        let (mut at, mut owed) = (0, false);
        let clauses = alternative.clauses();
        let bounded = clauses.iter().any(|clause| clause.op == Op::GreaterEq);
        let floor = self.lacks_floor(clauses, target);
        let mut open = floor && !clauses.iter().any(|clause| clause.op == Op::Greater);
        for clause in clauses {
            let start = clause.start.checked_sub(alternative.start)?;
            let end = clause.end.checked_sub(alternative.start)?;
            let before = alternative.text.get(at..start)?;
            let (text, short) = self.lifted(clause, target)?;
            match clause.op {
                Op::Greater if floor => {
                    out.push_str(&before.replace('>', ">="));
                    out.push_str(target);
                }
                Op::Less | Op::LessEq if open && text != clause.text => {
                    open = false;
                    owed |= self.floor(&mut out, (before, &text), alternative.text, target)?;
                }
                // A lower bound that stands there already says what the shorter form cannot.
                _ if short && !bounded && !self.can_add(alternative.text) => {
                    out.push_str(before);
                    out.push_str(target);
                }
                _ => {
                    owed |= short && !bounded;
                    out.push_str(before);
                    out.push_str(&text);
                }
            }
            at = end;
        }
        let rest = alternative.text.get(at..)?;
        if !owed {
            out.push_str(rest);
            return Some(out);
        }
        self.add(&mut out, rest, alternative.text, target);
        Some(out)
    }

    /// Whether an upper bound has to be moved, and nothing keeps out what it let in before.
    fn lacks_floor(&self, clauses: &[Clause<'_>], target: &str) -> bool {
        let out = |clause: &Clause<'_>| self.contains(clause, target) == Some(false);
        let moves = |clause: &Clause<'_>| matches!(clause.op, Op::Less | Op::LessEq) && out(clause);
        let bounds = |clause: &Clause<'_>| match clause.op {
            Op::GreaterEq | Op::Caret | Op::Tilde | Op::Pessimistic => clause.wild.is_empty(),
            Op::Equal => clause.wild.is_empty() || out(clause),
            Op::NotEqual | Op::Greater | Op::Less | Op::LessEq => false,
        };
        clauses.iter().any(moves) && !clauses.iter().any(bounds)
    }

    /// Writes an upper bound that was moved with the lower one that it needs; whether that one is
    /// still owed behind the last comparator.
    fn floor(
        &self,
        out: &mut String,
        (before, text): (&str, &str),
        whole: &str,
        target: &str,
    ) -> Option<bool> {
        let owed = self.language.quoted && self.can_add(whole);
        if owed {
            out.push_str(before);
            out.push_str(text);
        } else if self.language.quoted {
            // There is room for one comparator: the one that has both bounds.
            out.push_str(&before.replace("<=", "<").replace('<', "~>"));
            out.push_str(target);
        } else {
            out.push_str(&floored(before, target, self.joint(whole))?);
            out.push_str(text);
        }
        Some(owed)
    }

    /// How two comparators of a text are joined.
    fn joint(&self, text: &str) -> &'static str {
        if text.contains(", ") { ", " } else { self.language.joint }
    }

    /// Comparators in quotes can only be added where the quotes are part of the text.
    fn can_add(&self, text: &str) -> bool {
        !self.language.quoted || text.contains(['"', '\''])
    }

    /// Adds a lower bound behind the last comparator.
    fn add(&self, out: &mut String, rest: &str, text: &str, target: &str) {
        let quote = text.chars().find(|c| matches!(c, '"' | '\'')).filter(|_| self.language.quoted);
        let Some(quote) = quote else {
            out.push_str(self.joint(text));
            out.push_str(">=");
            out.push_str(target);
            out.push_str(rest);
            return;
        };
        let outside = text.trim_start().starts_with(quote);
        out.push(quote);
        out.push_str(", ");
        out.push(quote);
        out.push_str(">= ");
        out.push_str(target);
        out.push_str(if outside { rest } else { "" });
    }

    /// The new text of a comparator's version, and whether it says less than it should.
    fn lifted(&self, clause: &Clause<'_>, target: &str) -> Option<(String, bool)> {
        let whole = |text: String| Some((text, false));
        let contains = self.contains(clause, target)?;
        let written = || format!("{}{}", clause.text, clause.wild);
        let stays = || contains.then(|| (written(), false));
        let wanted = numbers(target)?;
        let width = clause.numbers.len();
        let padded = |width: usize| {
            let all = wanted.iter().copied().chain(std::iter::repeat(0));
            dotted(&all.take(width).collect::<Vec<_>>())
        };
        if !clause.wild.is_empty() {
            let moved = || (format!("{}{}", padded(width), clause.wild), false);
            return stays().or_else(|| (clause.op != Op::NotEqual).then(moved));
        }
        let below = self.compare(clause.text, target)? == Ordering::Less;
        match clause.op {
            Op::Equal => whole(target.to_owned()),
            Op::GreaterEq if below => whole(target.to_owned()),
            Op::Caret if below => {
                let short = padded(width);
                let zero = wanted.iter().take(width).all(|number| *number == 0);
                let same = self.compare(&short, target)? == Ordering::Equal;
                whole(if same && !zero { short } else { target.to_owned() })
            }
            // How many numbers there are decides what may change, so their count stays.
            Op::Tilde | Op::Pessimistic if below => {
                let says_all = |short: &str| Some(self.compare(short, target)? == Ordering::Equal);
                let mut short = padded(width);
                // But `~> 1` reaches as far as `~> 1.5`, which says more.
                if clause.op == Op::Pessimistic && width == 1 && !says_all(&short)? {
                    short = padded(2);
                }
                let less = !says_all(&short)?;
                Some((short, less))
            }
            Op::LessEq if !contains => whole(target.to_owned()),
            Op::Less if !contains => whole(dotted(&bound_above(&clause.numbers, &wanted)?)),
            _ => stays(),
        }
    }
}

impl Clause<'_> {
    /// The first numbers behind what the comparator admits.
    fn next(&self) -> Option<Vec<u64>> {
        let last = self.numbers.len().checked_sub(1)?;
        let at = match self.op {
            Op::Caret => self.numbers.iter().position(|number| *number != 0).unwrap_or(last),
            Op::Tilde => last.min(1),
            _ => last.saturating_sub(1),
        };
        let mut next = self.numbers.get(..=at)?.to_vec();
        let number = next.last_mut()?;
        *number = number.checked_add(1)?;
        Some(next)
    }
}

/// Whether numbers lie below others, where missing ones are zero.
fn below(numbers: &[u64], bound: &[u64]) -> bool {
    let width = numbers.len().max(bound.len());
    let padded = |numbers: &[u64]| {
        numbers.iter().copied().chain(std::iter::repeat(0)).take(width).collect::<Vec<_>>()
    };
    padded(numbers) < padded(bound)
}

/// `dev-main`, `1.x-dev`: the head of a branch.
fn is_branch(text: &str) -> bool {
    let name = text.split(['@', '#']).next().unwrap_or(text);
    let open = name.strip_suffix("-dev").is_some_and(|front| front.ends_with(['x', '*']));
    (name.starts_with("dev-") || open) && !text.contains(char::is_whitespace)
}

/// Reads `1.2`, `v1.2.3-beta@dev`, `1.2.*`, `*`.
fn clause(op: Op, word: &str, start: usize) -> Option<Clause<'_>> {
    let bare = word.strip_prefix(['v', 'V']).unwrap_or(word);
    let start = start + (word.len() - bare.len());
    // `@beta` lets less stable versions in; it is no part of the version.
    let version = bare.split('@').next()?;
    let end = start + version.len();
    if matches!(version, "*" | "x" | "X") {
        let wild = version;
        return Some(Clause { op, text: "", numbers: Vec::new(), wild, start, end });
    }
    let cut = version.find(".*").or_else(|| version.find(".x"));
    let (text, wild) = version.split_at_checked(cut.unwrap_or(version.len()))?;
    let tail = wild.split('.').skip(1).all(|part| matches!(part, "*" | "x"));
    let read = Clause { op, text, numbers: numbers(text)?, wild, start, end };
    let plain = wild.is_empty() || (tail && matches!(op, Op::Equal | Op::NotEqual));
    (plain && read.numbers.len() <= 8).then_some(read)
}
