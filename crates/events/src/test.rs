//! What a rule asks of one field: values with their modifiers, compiled.
//!
//! The traps, once and for all: `null` means an absent field too; of a list any element may
//! match; letter case does not count unless `cased` or `re` say so; numbers and truth values meet
//! texts as they are written.

use core::net::IpAddr;

use jiff::civil::DateTime;
use regex::Regex;

use crate::field;
use crate::pattern::{Pattern, Stands};
use crate::tree::{Id, Kind, Tree};

/// One line of a detection.
#[derive(Debug)]
pub(crate) struct Item {
    /// Which field; the whole record where it is `None` (keywords).
    pub(crate) path: Option<Box<str>>,
    pub(crate) asks: Asks,
}

/// What is asked.
#[derive(Debug)]
pub(crate) enum Asks {
    /// That the field is there, with a value, or is not.
    There(bool),
    Values {
        tests: Box<[Test]>,
        all: bool,
        negated: bool,
    },
}

/// One value.
#[derive(Debug)]
pub(crate) enum Test {
    Null,
    Text(Pattern),
    /// A bare number, and how it is written.
    Number(f64, Pattern),
    Regex(Regex),
    Network {
        base: IpAddr,
        bits: u8,
    },
    Order(Order, f64),
    Part(Part, Box<Test>),
    /// The value of another field.
    Field {
        path: Box<str>,
        stands: Stands,
        cased: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Less,
    LessOrSame,
    More,
    MoreOrSame,
}

/// A part of a time, in UTC: the standard knows no zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Minute,
    Hour,
    Day,
    /// Of the ISO 8601 calendar.
    Week,
    Month,
    Year,
}

impl Item {
    pub(crate) fn holds(&self, tree: &Tree<'_>) -> bool {
        let Some(path) = &self.path else { return self.in_record(tree) };
        match &self.asks {
            Asks::There(wanted) => *wanted == is_there(tree, path),
            Asks::Values { tests, all, negated: true } => {
                is_there(tree, path) && !listed(tests, *all, |test| in_field(test, tree, path))
            }
            Asks::Values { tests, all, negated: false } => {
                listed(tests, *all, |test| in_field(test, tree, path))
            }
        }
    }

    fn in_record(&self, tree: &Tree<'_>) -> bool {
        let Asks::Values { tests, all, negated } = &self.asks else { return false };
        let found = |test: &Test| tree.any_scalar(Tree::ROOT, |id| test.matches(tree, id));
        listed(tests, *all, found) != *negated
    }
}

fn listed(tests: &[Test], all: bool, holds: impl Fn(&Test) -> bool) -> bool {
    if all { tests.iter().all(holds) } else { tests.iter().any(holds) }
}

/// Whether a field has a value; `null` is none.
fn is_there(tree: &Tree<'_>, path: &str) -> bool {
    field::any(tree, path, &mut |id| tree.kind(id) != Kind::Null)
}

fn in_field(test: &Test, tree: &Tree<'_>, path: &str) -> bool {
    let mut seen = false;
    let found = field::any(tree, path, &mut |id| {
        seen = true;
        field::each(tree, id, &mut |id| test.matches(tree, id))
    });
    found || (!seen && matches!(test, Test::Null))
}

impl Test {
    /// Whether one value, which is no list, is meant.
    fn matches(&self, tree: &Tree<'_>, id: Id) -> bool {
        let kind = tree.kind(id);
        if matches!(self, Self::Null) {
            return kind == Kind::Null;
        }
        if matches!(kind, Kind::Null | Kind::List | Kind::Object) {
            return false;
        }
        let text = tree.text(id);
        match self {
            Self::Null => false,
            Self::Text(pattern) => pattern.matches(&text),
            Self::Number(wanted, written) => {
                let same = kind == Kind::Number && number(&text).is_some_and(|n| equal(n, *wanted));
                same || written.matches(&text)
            }
            Self::Regex(regex) => regex.is_match(&text),
            Self::Network { base, bits } => {
                text.parse().is_ok_and(|address| in_network(address, *base, *bits))
            }
            Self::Order(order, bound) => number(&text).is_some_and(|n| order.holds(n, *bound)),
            Self::Part(part, inner) => part.of(&text, kind).is_some_and(|n| inner.of_part(n)),
            Self::Field { path, stands, cased } => field::any(tree, path, &mut |other| {
                field::each(tree, other, &mut |other| {
                    let scalar = !matches!(tree.kind(other), Kind::Null | Kind::Object);
                    scalar && Pattern::literal(&tree.text(other), *stands, *cased).matches(&text)
                })
            }),
        }
    }

    /// Whether a part of a time is meant.
    fn of_part(&self, part: i16) -> bool {
        match self {
            Self::Number(wanted, _) => equal(f64::from(part), *wanted),
            Self::Order(order, bound) => order.holds(f64::from(part), *bound),
            _ => false,
        }
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

fn equal(a: f64, b: f64) -> bool {
    a.partial_cmp(&b).is_some_and(std::cmp::Ordering::is_eq)
}

impl Order {
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Self::Less => number < bound,
            Self::LessOrSame => number <= bound,
            Self::More => number > bound,
            Self::MoreOrSame => number >= bound,
        }
    }
}

fn in_network(address: IpAddr, base: IpAddr, bits: u8) -> bool {
    match (address, base) {
        (IpAddr::V4(address), IpAddr::V4(base)) => {
            let keep = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or_default();
            (address.to_bits() ^ base.to_bits()) & keep == 0
        }
        (IpAddr::V6(address), IpAddr::V6(base)) => {
            let keep = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or_default();
            (address.to_bits() ^ base.to_bits()) & keep == 0
        }
        _ => false,
    }
}

impl Part {
    /// Reads RFC 3339, the same without a zone (taken as UTC), and seconds or milliseconds since
    /// 1970.
    fn of(self, text: &str, kind: Kind) -> Option<i16> {
        let time = match kind {
            Kind::Number => {
                let count: i64 = text.parse().ok()?;
                let milliseconds = if count.unsigned_abs() > 1_000_000_000_000 {
                    count
                } else {
                    count.checked_mul(1000)?
                };
                utc(jiff::Timestamp::from_millisecond(milliseconds).ok()?)
            }
            _ => match text.parse::<jiff::Timestamp>() {
                Ok(time) => utc(time),
                Err(_) => text.parse::<DateTime>().ok()?,
            },
        };
        Some(match self {
            Self::Minute => time.minute().into(),
            Self::Hour => time.hour().into(),
            Self::Day => time.day().into(),
            Self::Week => time.date().iso_week_date().week().into(),
            Self::Month => time.month().into(),
            Self::Year => time.year(),
        })
    }
}

fn utc(time: jiff::Timestamp) -> DateTime {
    jiff::tz::TimeZone::UTC.to_datetime(time)
}
