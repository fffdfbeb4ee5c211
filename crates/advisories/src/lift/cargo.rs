//! Cargo's requirements (doc.rust-lang.org/cargo, "Specifying dependencies"): comparators
//! separated by commas, of which all must hold; a bare version means `^`.

use super::semver_range::{
    Comparator, Exact, Op, Partial, admits as set_admits, lift_set, operator,
};

fn parse(range: &str) -> Option<Vec<Comparator<'_>>> {
    let mut out = Vec::new();
    let mut at = 0;
    for part in range.split(',') {
        let lead = part.len() - part.trim_start().len();
        let body = part.trim();
        let (op, sign) = operator(body, Op::Caret);
        let behind = body.get(sign..)?;
        let text = behind.trim_start();
        let start = at + lead + sign + (behind.len() - text.len());
        let version = Partial::parse(text)?;
        // A bare `1.*` is a wildcard and no caret; other operators take no wildcard but `*`.
        let op = if sign == 0 && !version.wild.is_empty() { Op::Exact } else { op };
        out.push(Comparator { op, version, start, end: start + text.len() });
        at += part.len() + 1;
    }
    Some(out)
}

pub(super) fn admits(range: &str, version: &str) -> Option<bool> {
    let version = Exact::parse(version)?;
    Some(set_admits(&parse(range)?, &version))
}

pub(super) fn lift(range: &str, target: &str) -> Option<String> {
    let joint = if range.contains(',') && !range.contains(", ") { "," } else { ", " };
    lift_set(range, 0, &parse(range)?, &Exact::parse(target)?, joint)
}
