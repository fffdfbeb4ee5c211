//! Python's version specifiers (PEP 440, "Version specifiers"): clauses separated by commas, of
//! which all must hold.

use super::{bound_above, dotted, floored};
use crate::version::pypi::{PYPI, Pep440, parse as parse_version};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Arbitrary,
    Equal,
    Compatible,
    NotEqual,
    GreaterEq,
    LessEq,
    Greater,
    Less,
}

const OPERATORS: [(&str, Op); 8] = [
    ("===", Op::Arbitrary),
    ("==", Op::Equal),
    ("~=", Op::Compatible),
    ("!=", Op::NotEqual),
    (">=", Op::GreaterEq),
    ("<=", Op::LessEq),
    (">", Op::Greater),
    ("<", Op::Less),
];

struct Clause<'a> {
    op: Op,
    /// As written, without `.*`.
    text: &'a str,
    version: Pep440<'a>,
    /// `.*` stands behind it.
    prefix: bool,
    /// The bytes of the version in the specifier, `.*` included.
    start: usize,
    end: usize,
}

fn parse(range: &str) -> Option<Vec<Clause<'_>>> {
    let mut out = Vec::new();
    let mut at = 0;
    for part in range.split(',') {
        let lead = part.len() - part.trim_start().len();
        let body = part.trim();
        // A trailing comma and an empty specifier say nothing.
        if !body.is_empty() {
            let (sign, op) = OPERATORS.iter().find(|(sign, _)| body.starts_with(sign))?;
            let behind = body.get(sign.len()..)?;
            let whole = behind.trim_start();
            let start = at + lead + sign.len() + (behind.len() - whole.len());
            let (text, prefix) = match whole.strip_suffix(".*") {
                Some(text) if matches!(op, Op::Equal | Op::NotEqual) => (text, true),
                _ => (whole, false),
            };
            let version = parse_version(text)?;
            let end = start + whole.len();
            out.push(Clause { op: *op, text, version, prefix, start, end });
        }
        at += part.len() + 1;
    }
    Some(out)
}

/// The version without its local part, which most clauses do not look at.
fn public(version: &Pep440<'_>) -> Vec<u8> {
    key(&Pep440 { local: None, ..version.clone() })
}

/// The release alone, for questions of "the same release".
fn base(version: &Pep440<'_>) -> Vec<u8> {
    key(&Pep440 { epoch: version.epoch, release: version.release.clone(), ..Pep440::default() })
}

fn key(version: &Pep440<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    version.encode(&mut out);
    out
}

fn numbers(version: &Pep440<'_>) -> Option<Vec<u64>> {
    let number = |digits: &&[u8]| std::str::from_utf8(digits).ok()?.parse().ok();
    version.release.iter().map(number).collect()
}

/// Whether a version begins with the first `count` numbers of another one, in the same epoch.
fn begins(version: &Pep440<'_>, prefix: &Pep440<'_>, count: usize) -> Option<bool> {
    let (mut version_numbers, prefix_numbers) = (numbers(version)?, numbers(prefix)?);
    version_numbers.resize(version_numbers.len().max(count), 0);
    let zero = |digits: &[u8]| digits.iter().all(|digit| *digit == b'0');
    let same_epoch = version.epoch == prefix.epoch || (zero(version.epoch) && zero(prefix.epoch));
    Some(same_epoch && version_numbers.get(..count)? == prefix_numbers.get(..count)?)
}

impl Clause<'_> {
    fn contains(&self, version: &Pep440<'_>, text: &str) -> Option<bool> {
        let (ours, theirs) = (&self.version, public(version));
        let low = public(ours);
        Some(match self.op {
            Op::Arbitrary => text.trim().eq_ignore_ascii_case(self.text),
            Op::Equal if self.prefix => begins(version, ours, ours.release.len())?,
            Op::NotEqual if self.prefix => !begins(version, ours, ours.release.len())?,
            Op::Equal if ours.local.is_some() => key(version) == key(ours),
            Op::NotEqual if ours.local.is_some() => key(version) != key(ours),
            Op::Equal => theirs == low,
            Op::NotEqual => theirs != low,
            Op::Compatible => {
                let count = ours.release.len().checked_sub(1).filter(|count| *count > 0)?;
                theirs >= low && begins(version, ours, count)?
            }
            Op::GreaterEq => theirs >= low,
            Op::LessEq => theirs <= low,
            // Neither a post-release nor a local version of the bound itself.
            Op::Greater => {
                let post = version.post.is_some() && ours.post.is_none();
                theirs > low && !(post && base(version) == base(ours))
            }
            // Nor a pre-release of it.
            Op::Less => {
                let pre = version.is_pre_release() && !ours.is_pre_release();
                theirs < low && !(pre && base(version) == base(ours))
            }
        })
    }

    /// The new text of the version, and a clause to add where this one cannot say enough.
    fn lifted(&self, target: &Pep440<'_>, text: &str) -> Option<(String, Option<String>)> {
        let contains = self.contains(target, text)?;
        let alone = |text: String| Some((text, None));
        let as_written = || format!("{}{}", self.text, if self.prefix { ".*" } else { "" });
        let wanted = numbers(target)?;
        let padded = |count: usize| {
            let parts = wanted.iter().copied().chain(std::iter::repeat(0)).take(count);
            dotted(&parts.collect::<Vec<_>>())
        };
        let count = self.version.release.len();
        match self.op {
            Op::Equal if self.prefix && contains => alone(as_written()),
            Op::Equal if self.prefix => alone(format!("{}.*", padded(count))),
            Op::Compatible => {
                if contains && public(&self.version) == public(target) {
                    return alone(as_written());
                }
                // The count of numbers decides what is compatible, so it stays.
                let short = padded(count);
                let says_all = PYPI.compare(&short, text)? == std::cmp::Ordering::Equal;
                Some((short, (!says_all).then(|| format!(">={text}"))))
            }
            Op::GreaterEq if public(&self.version) < public(target) => alone(text.to_owned()),
            Op::NotEqual | Op::GreaterEq | Op::Greater => contains.then(|| (as_written(), None)),
            Op::Less | Op::LessEq if contains => alone(as_written()),
            Op::Equal | Op::Arbitrary | Op::LessEq => alone(text.to_owned()),
            Op::Less => alone(dotted(&bound_above(&numbers(&self.version)?, &wanted)?)),
        }
    }
}

pub(super) fn admits(range: &str, version: &str) -> Option<bool> {
    let (clauses, parsed) = (parse(range)?, parse_version(version)?);
    for clause in &clauses {
        if !clause.contains(&parsed, version)? {
            return Some(false);
        }
    }
    // Pre-releases only where a clause names one.
    let named = clauses.iter().any(|clause| clause.version.is_pre_release());
    Some(!parsed.is_pre_release() || named)
}

/// Whether an upper bound has to be moved, and nothing keeps out what it let in before.
fn lacks_floor(clauses: &[Clause<'_>], target: &Pep440<'_>, text: &str) -> bool {
    let out = |clause: &Clause<'_>| clause.contains(target, text) == Some(false);
    let moves = |clause: &Clause<'_>| matches!(clause.op, Op::Less | Op::LessEq) && out(clause);
    let bounds = |clause: &Clause<'_>| match clause.op {
        Op::Arbitrary | Op::Compatible | Op::GreaterEq => true,
        Op::Equal => !clause.prefix || out(clause),
        Op::NotEqual | Op::LessEq | Op::Greater | Op::Less => false,
    };
    clauses.iter().any(moves) && !clauses.iter().any(bounds)
}

pub(super) fn lift(range: &str, target: &str) -> Option<String> {
    let (clauses, parsed) = (parse(range)?, parse_version(target)?);
    // Bounds are written without epoch and local version; those who use them write by hand.
    if !parsed.epoch.is_empty() || parsed.local.is_some() {
        return None;
    }
    let mut out = String::with_capacity(range.len() + 8);
    let mut at = 0;
    let mut added = None;
    let joint = if range.contains(", ") { ", " } else { "," };
    let floor = lacks_floor(&clauses, &parsed, target);
    let mut owed = floor && !clauses.iter().any(|clause| clause.op == Op::Greater);
    for clause in &clauses {
        let before = range.get(at..clause.start)?;
        let (text, more) = clause.lifted(&parsed, target)?;
        match clause.op {
            Op::Greater if floor => {
                out.push_str(&before.replace('>', ">="));
                out.push_str(target);
            }
            Op::Less | Op::LessEq if owed && text != clause.text => {
                owed = false;
                out.push_str(&floored(before, target, joint)?);
                out.push_str(&text);
            }
            _ => {
                out.push_str(before);
                out.push_str(&text);
            }
        }
        added = added.or(more);
        at = clause.end;
    }
    out.push_str(range.get(at..)?);
    // A lower bound that stands there already says it better than an added one.
    let bounded = clauses.iter().any(|clause| clause.op == Op::GreaterEq);
    if let Some(added) = added.filter(|_| !bounded) {
        out.push_str(joint);
        out.push_str(&added);
    }
    Some(out)
}
