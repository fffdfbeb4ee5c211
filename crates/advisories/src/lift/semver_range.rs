//! What Cargo's and npm's requirements have in common: comparators over three numbers.

use super::{bound_above, dotted, floored};
use crate::version::semver;

/// A version, or a part of one, as written in a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Partial<'a> {
    /// The numbers that are given, at most three.
    pub(super) numbers: Vec<u64>,
    /// What stands in place of further numbers: `x`, `X`, `*`.
    pub(super) wild: Vec<&'a str>,
    /// The pre-release, without `-`.
    pub(super) pre: &'a str,
}

/// A version of three numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exact<'a> {
    pub(super) numbers: [u64; 3],
    pub(super) pre: &'a str,
}

/// How a comparator compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Caret,
    Tilde,
    Exact,
    Greater,
    GreaterEq,
    Less,
    LessEq,
}

/// An operator and a version, and where the version stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comparator<'a> {
    pub(super) op: Op,
    pub(super) version: Partial<'a>,
    /// The bytes of the version within the requirement.
    pub(super) start: usize,
    pub(super) end: usize,
}

impl<'a> Partial<'a> {
    /// Reads `1`, `1.2`, `1.2.3-rc.1+build`, `1.x`, `*`.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.split('+').next()?;
        let (numbers_text, pre) = match text.split_once('-') {
            Some((numbers, pre)) if !pre.is_empty() => (numbers, pre),
            Some(_) => return None,
            None => (text, ""),
        };
        let mut out = Self { numbers: Vec::new(), wild: Vec::new(), pre };
        for part in numbers_text.split('.') {
            match part {
                "x" | "X" | "*" => out.wild.push(part),
                _ if !out.wild.is_empty() => return None,
                _ if part.bytes().all(|b| b.is_ascii_digit()) => {
                    out.numbers.push(part.parse().ok()?);
                }
                _ => return None,
            }
        }
        let whole = out.numbers.len() == 3 && out.wild.is_empty();
        (out.numbers.len() + out.wild.len() <= 3 && (pre.is_empty() || whole)).then_some(out)
    }

    pub(super) fn number(&self, at: usize) -> u64 {
        self.numbers.get(at).copied().unwrap_or_default()
    }

    fn whole(&self) -> [u64; 3] {
        [self.number(0), self.number(1), self.number(2)]
    }

    /// The first version behind everything that begins with these numbers; `None` for no numbers,
    /// which everything begins with.
    fn next(&self, given: usize) -> Option<[u64; 3]> {
        match given {
            0 => None,
            1 => Some([self.number(0).checked_add(1)?, 0, 0]),
            2 => Some([self.number(0), self.number(1).checked_add(1)?, 0]),
            _ => Some([self.number(0), self.number(1), self.number(2).checked_add(1)?]),
        }
    }
}

impl<'a> Exact<'a> {
    /// Reads a full version; missing numbers are zero, a leading `v` and `=` are passed over.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let partial = Partial::parse(text.trim().trim_start_matches(['v', '=']))?;
        let readable = partial.wild.is_empty() && !partial.numbers.is_empty();
        readable.then(|| Self { numbers: partial.whole(), pre: partial.pre })
    }

    pub(super) fn text(&self) -> String {
        let numbers = dotted(&self.numbers);
        if self.pre.is_empty() { numbers } else { format!("{numbers}-{}", self.pre) }
    }

    fn key(&self) -> Vec<u8> {
        key(&self.numbers, self.pre)
    }
}

fn key(numbers: &[u64; 3], pre: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let numbers = dotted(numbers);
    let text = if pre.is_empty() { numbers } else { format!("{numbers}-{pre}") };
    semver::encode(&text, &mut out);
    out
}

impl Comparator<'_> {
    /// Whether a version lies within, pre-releases by their place in the order.
    pub(super) fn contains(&self, version: &Exact<'_>) -> bool {
        let v = &self.version;
        let given = v.numbers.len();
        let (key_, low) = (version.key(), key(&v.whole(), v.pre));
        // `-0` is the smallest pre-release: what follows a bound starts with its pre-releases.
        let before = |next: Option<[u64; 3]>| next.is_none_or(|next| key_ < key(&next, "0"));
        match self.op {
            Op::Caret => {
                let significant = v.numbers.iter().position(|number| *number != 0);
                let fixed = significant.map_or(given, |at| at + 1);
                key_ >= low && before(v.next(fixed.min(given)))
            }
            Op::Tilde => key_ >= low && before(v.next(given.min(2))),
            Op::Exact if given == 3 => key_ == low,
            Op::Exact => given == 0 || (key_ >= low && before(v.next(given))),
            Op::Greater if given == 3 => key_ > low,
            Op::Greater => v.next(given).is_some_and(|next| key_ >= key(&next, "")),
            Op::GreaterEq => given == 0 || key_ >= low,
            Op::Less if given == 3 => key_ < low,
            Op::Less => key_ < key(&v.whole(), "0"),
            Op::LessEq if given == 3 => key_ <= low,
            Op::LessEq => before(v.next(given)),
        }
    }

    /// Whether it lets pre-releases of these numbers in, as both tools want it said.
    fn opens(&self, version: &Exact<'_>) -> bool {
        !self.version.pre.is_empty() && self.version.whole() == version.numbers
    }

    /// Whether everything it admits lies below a version.
    pub(super) fn below(&self, version: &Exact<'_>) -> bool {
        let low = Exact { numbers: self.version.whole(), pre: self.version.pre };
        match self.op {
            Op::Greater | Op::GreaterEq => false,
            Op::Less => low.key() <= version.key(),
            _ => low.key() < version.key() && !self.contains(version),
        }
    }

    /// The version's new text, so that the comparator admits `target` and, where it has a lower
    /// bound, nothing below; `None` where that cannot be said.
    pub(super) fn lifted(&self, target: &Exact<'_>) -> Option<String> {
        let v = &self.version;
        let given = v.numbers.len();
        let stays = || self.contains(target).then(|| self.as_written());
        match self.op {
            Op::Exact if given == 3 => Some(target.text()),
            // `1.x` stays what it is; in another place it keeps its width.
            Op::Exact => stays().or_else(|| {
                let numbers = target.numbers.get(..given)?;
                let parts = numbers.iter().map(u64::to_string);
                let wild = v.wild.iter().map(|&wild| wild.to_owned());
                Some(parts.chain(wild).collect::<Vec<_>>().join("."))
            }),
            Op::Caret | Op::Tilde | Op::GreaterEq => {
                let low = key(&v.whole(), v.pre);
                if given == 0 || low >= target.key() {
                    return stays();
                }
                Some(shortest(target, given, self.op))
            }
            Op::Greater => stays(),
            Op::Less => {
                stays().or_else(|| Some(dotted(&bound_above(&v.numbers, &target.numbers)?)))
            }
            Op::LessEq if given == 3 => stays().or_else(|| Some(target.text())),
            Op::LessEq => stays().or_else(|| Some(dotted(target.numbers.get(..given)?))),
        }
    }

    fn as_written(&self) -> String {
        let v = &self.version;
        let parts = v.numbers.iter().map(u64::to_string);
        let wild = v.wild.iter().map(|&wild| wild.to_owned());
        let numbers = parts.chain(wild).collect::<Vec<_>>().join(".");
        if v.pre.is_empty() { numbers } else { format!("{numbers}-{}", v.pre) }
    }
}

/// The target with as many numbers as were written, if the rest is zero and nothing changes.
fn shortest(target: &Exact<'_>, given: usize, op: Op) -> String {
    let rest = target.numbers.get(given..).unwrap_or_default();
    // `^0` and `^0.0` are wider than `^0.0.0`; all other short forms mean the same.
    let wider = op == Op::Caret && target.numbers.iter().take(given).all(|n| *n == 0);
    if target.pre.is_empty() && rest.iter().all(|number| *number == 0) && !wider {
        dotted(target.numbers.get(..given).unwrap_or_default())
    } else {
        target.text()
    }
}

/// Whether a conjunction admits a version: every comparator contains it, and a pre-release is
/// asked for by name.
pub(super) fn admits(set: &[Comparator<'_>], version: &Exact<'_>) -> bool {
    set.iter().all(|comparator| comparator.contains(version))
        && (version.pre.is_empty() || set.iter().any(|comparator| comparator.opens(version)))
}

/// Whether an upper bound has to be moved, and nothing keeps out what it let in before.
fn lacks_floor(set: &[Comparator<'_>], target: &Exact<'_>) -> bool {
    let moves = |c: &Comparator<'_>| matches!(c.op, Op::Less | Op::LessEq) && !c.contains(target);
    let bounds = |c: &Comparator<'_>| match c.op {
        Op::Caret | Op::Tilde | Op::GreaterEq => !c.version.numbers.is_empty(),
        Op::Exact => c.version.numbers.len() == 3 || !c.contains(target),
        Op::Greater | Op::Less | Op::LessEq => false,
    };
    set.iter().any(moves) && !set.iter().any(bounds)
}

/// A conjunction's new text: only the versions that must change are replaced, and their
/// surroundings stay to the byte. `base` is where `text` begins in the requirement, and `joint` how two
/// comparators are joined.
pub(super) fn lift_set(
    text: &str,
    base: usize,
    set: &[Comparator<'_>],
    target: &Exact<'_>,
    joint: &str,
) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 8);
    let mut at = 0;
    let floor = lacks_floor(set, target);
    let mut owed = floor && !set.iter().any(|comparator| comparator.op == Op::Greater);
    for comparator in set {
        let (start, end) = (comparator.start.checked_sub(base)?, comparator.end.checked_sub(base)?);
        let (before, old) = (text.get(at..start)?, text.get(start..end)?);
        let lifted = comparator.lifted(target)?;
        // Untouched versions keep even their build metadata.
        let same = lifted == comparator.as_written();
        match comparator.op {
            Op::Greater if floor => {
                out.push_str(&before.replace('>', ">="));
                out.push_str(&target.text());
            }
            Op::Less | Op::LessEq if owed && !same => {
                owed = false;
                out.push_str(&floored(before, &target.text(), joint)?);
                out.push_str(&lifted);
            }
            Op::Tilde if !same && comparator.version.numbers.len() == 1 && lifted.contains('.') => {
                out.push_str(&reaching(before, &lifted, target, joint));
            }
            _ => {
                out.push_str(before);
                out.push_str(if same { old } else { &lifted });
            }
        }
        at = end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

/// What stands in front of the version of `~1`, and what becomes of it: `^1.5.0` reaches as far as that
/// does, and `~1.5.0` less far. Below 1.0 two bounds have to say it.
fn reaching(before: &str, lifted: &str, target: &Exact<'_>, joint: &str) -> String {
    let with = |sign: &str| before.replace("~>", "~").replace('~', sign);
    let [major, ..] = target.numbers;
    if major == 0 {
        format!("{}{lifted}{joint}<1", with(">="))
    } else {
        format!("{}{lifted}", with("^"))
    }
}

/// The operator that begins a text, and its length; `bare` where there is none.
pub(super) fn operator(text: &str, bare: Op) -> (Op, usize) {
    const OPERATORS: [(&str, Op); 9] = [
        (">=", Op::GreaterEq),
        ("<=", Op::LessEq),
        ("~>", Op::Tilde),
        (">", Op::Greater),
        ("<", Op::Less),
        ("^", Op::Caret),
        ("~", Op::Tilde),
        ("==", Op::Exact),
        ("=", Op::Exact),
    ];
    let found = OPERATORS.iter().find(|(sign, _)| text.starts_with(sign));
    found.map_or((bare, 0), |(sign, op)| (*op, sign.len()))
}
