//! Ranges in words for people.

use crate::index::format::End;

/// How many single versions are named before the rest is counted.
const NAMED: usize = 5;

/// One interval: `every version`, `before 1.2.3`, `1.0.0 and later, before 1.2.3`.
pub(crate) fn interval(low: &str, high: &str, end: End) -> String {
    // RustSec's converter writes "from the beginning" as the smallest pre-release of all.
    let from_start = matches!(low, "0" | "0.0.0-0");
    match (from_start, end) {
        (true, End::Open) => "every version".to_owned(),
        (true, End::Fixed) => format!("before {high}"),
        (true, End::LastAffected) => format!("up to {high}"),
        (true, End::Limit) => format!("before {high}, where the record ends"),
        (false, End::Open) => format!("{low} and later"),
        (false, End::Fixed) => format!("{low} and later, before {high}"),
        (false, End::LastAffected) => format!("{low} up to {high}"),
        (false, End::Limit) => format!("{low} and later, before {high}, where the record ends"),
    }
}

/// Single versions: `exactly 1.0, 1.1`, and how many more.
pub(crate) fn exact(versions: &[&str]) -> Option<String> {
    let named = versions.get(..versions.len().min(NAMED))?.join(", ");
    match versions.len() {
        0 => None,
        count if count <= NAMED => Some(format!("exactly {named}")),
        count => Some(format!("exactly {named} and {} more", count - NAMED)),
    }
}
