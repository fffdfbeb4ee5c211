//! Go's requirements (go.dev/ref/mod#go-mod-file-require): one version, the smallest that will
//! do. Versions of one import path share their major version, save for v0 and v1.

use std::cmp::Ordering;

use super::leading_numbers;
use crate::version::golang::GOLANG;

pub(super) fn admits(range: &str, version: &str) -> Option<bool> {
    let at_least = GOLANG.compare(version, range)? != Ordering::Less;
    let major = |text: &str| leading_numbers(text).into_iter().next();
    Some(at_least && major(range) == major(version))
}

/// Another major version from 2 on is another module, whose path its imports have to name: no line can be
/// lifted to it.
pub(super) fn lift(range: &str, target: &str) -> Option<String> {
    if GOLANG.compare(target, range)? != Ordering::Greater {
        return Some(range.to_owned());
    }
    let series = |text: &str| {
        let major = leading_numbers(text).into_iter().next();
        major.map(|major| if major == "0" { "1".to_owned() } else { major })
    };
    let unmarked = range.ends_with("+incompatible") || target.ends_with("+incompatible");
    if !unmarked && series(range) != series(target) {
        return None;
    }
    let bare = target.strip_prefix('v').unwrap_or(target);
    let prefix = if range.starts_with('v') { "v" } else { "" };
    // A module without `/vN` in its path marks major versions from 2 on.
    let incompatible = range.ends_with("+incompatible") && !bare.contains('+');
    let suffix = if incompatible { "+incompatible" } else { "" };
    Some(format!("{prefix}{bare}{suffix}"))
}
