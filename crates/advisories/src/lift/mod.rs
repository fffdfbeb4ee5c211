//! The way out: the smallest version that mends and leaves no known problem, or as few as can be, and
//! what a requirement must say to get there.
//!
//! Knows the requirement languages of the ecosystems as texts. It must not know files: whoever
//! calls it has the span of the text and writes it back.
//!
//! A lift keeps the operator. It raises the lower bound even where the old text already admits
//! the target, because a bound that still admits known problems lets any later resolution bring
//! them back; where the operator has no lower bound to raise (`*`, `1.x`, `<3`), the text stays. An upper
//! bound that has to be moved gets a lower one beside it: a tool keeps what is in use while it may.

mod brackets;
mod bundler;
mod cargo;
mod composer;
mod dotted_range;
mod golang;
mod npm;
mod pinned;
mod poetry;
mod pypi;
mod safe;
mod semver_range;
#[cfg(test)]
mod tests;

use holdfast_model::{Ecosystem, FixKind};

use crate::version::{self, Order};
use dotted_range::Ranges;

pub use pinned::pinned;
pub use safe::{is_refusal, mending};
#[cfg(test)]
pub(crate) use safe::{lowest_safe, lowest_safe_but};

/// A requirement's new text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lift {
    /// What to write in place of the old text; equal to it where the old text will do.
    pub text: String,
    /// `Safe` if the old text admits the target, else `Risky`.
    pub kind: FixKind,
    /// For `Risky`: what changes, e.g. "a change of major version, from 1 to 2". Else empty.
    pub because: String,
}

/// The new text of a requirement: operator kept, `target` admitted. `current` is the version in
/// use, where it is known. `None` where the text is no range that we can read (a tag, an address),
/// or cannot be made to admit the target.
pub fn requirement(
    ecosystem: &Ecosystem,
    range: &str,
    current: Option<&str>,
    target: &str,
) -> Option<Lift> {
    let admitted = admits(ecosystem, range, target) == Some(true);
    let text = match language(ecosystem)? {
        Language::Cargo => cargo::lift(range, target),
        Language::Npm => npm::lift(range, target),
        Language::Python(poetry) => {
            pypi::lift(range, target).or_else(|| poetry.lift(range, target))
        }
        Language::Go => golang::lift(range, target),
        Language::Dotted(ranges) => ranges.lift(range, target),
        Language::Brackets(order) => brackets::lift(order, range, target),
    }?;
    // Said only of what holds.
    if !admits(ecosystem, &text, target)? {
        return None;
    }
    if admitted {
        return Some(Lift { text, kind: FixKind::Safe, because: String::new() });
    }
    let because = change(range, current, target);
    Some(Lift { text, kind: FixKind::Risky, because })
}

/// Whether a requirement admits a version, by the rules of its ecosystem's own tool; `None` where
/// either cannot be read.
pub fn admits(ecosystem: &Ecosystem, range: &str, version: &str) -> Option<bool> {
    match language(ecosystem)? {
        Language::Cargo => cargo::admits(range, version),
        Language::Npm => npm::admits(range, version),
        Language::Python(poetry) => {
            pypi::admits(range, version).or_else(|| poetry.admits(range, version))
        }
        Language::Go => golang::admits(range, version),
        Language::Dotted(ranges) => ranges.admits(range, version),
        Language::Brackets(order) => brackets::admits(order, range, version),
    }
}

/// Whether the range by which one package asks for another one lets a version in, as the ecosystem's
/// own tool reads such ranges; `None` where either cannot be read. NuGet's bare version is there a
/// minimum and nothing more.
pub fn lets_in(ecosystem: &Ecosystem, range: &str, version: &str) -> Option<bool> {
    match language(ecosystem)? {
        Language::Brackets(order) if ecosystem.family() == Ecosystem::NUGET => {
            brackets::lets_in(order, range, version)
        }
        _ => admits(ecosystem, range, version),
    }
}

/// Whether requirements of an ecosystem can be lifted.
pub fn speaks(ecosystem: &Ecosystem) -> bool {
    language(ecosystem).is_some()
}

/// How an ecosystem writes requirements.
enum Language {
    Cargo,
    Npm,
    /// PEP 440; or Poetry's own, where a text is none.
    Python(Ranges),
    Go,
    Dotted(Ranges),
    Brackets(&'static Order),
}

fn language(ecosystem: &Ecosystem) -> Option<Language> {
    let order = version::order_of(ecosystem)?;
    Some(match ecosystem.family() {
        Ecosystem::CARGO => Language::Cargo,
        // Dart's `^1.2.3` and `>=1.2.3 <2.0.0` mean what they mean in npm.
        Ecosystem::NPM | Ecosystem::PUB => Language::Npm,
        Ecosystem::PYPI => Language::Python(Ranges { language: &poetry::POETRY, order }),
        Ecosystem::GOLANG => Language::Go,
        Ecosystem::GEM => Language::Dotted(Ranges { language: &bundler::BUNDLER, order }),
        Ecosystem::COMPOSER => Language::Dotted(Ranges { language: &composer::COMPOSER, order }),
        Ecosystem::MAVEN | Ecosystem::NUGET => Language::Brackets(order),
        _ => return None,
    })
}

/// What a risky lift changes, in words.
fn change(range: &str, current: Option<&str>, target: &str) -> String {
    let before = current.map_or_else(|| leading_numbers(range), leading_numbers);
    let after = leading_numbers(target);
    let pair = |at: usize| Some((before.get(at)?, after.get(at).map_or("0", String::as_str)));
    match (pair(0), pair(1)) {
        (Some((a, b)), _) if a != b => format!("a change of major version, from {a} to {b}"),
        (Some((zero, _)), Some((a, b))) if zero == "0" && a != b => {
            format!("a change of minor version below 1.0, from 0.{a} to 0.{b}")
        }
        _ => format!("`{range}` does not admit {target}"),
    }
}

fn leading_numbers(text: &str) -> Vec<String> {
    let start = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let numbers = text.get(start..).unwrap_or_default();
    let end = numbers.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(numbers.len());
    let numbers = numbers.get(..end).unwrap_or_default();
    numbers.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The bound above a target, as finely as an old bound was written: `<2` becomes `<4` for 3.1.0,
/// `<1.5` becomes `<1.8` for 1.7.2.
fn bound_above(old: &[u64], target: &[u64]) -> Option<Vec<u64>> {
    let finest = old.iter().rposition(|part| *part != 0).unwrap_or_default();
    let part = |at: usize| target.get(at).copied().unwrap_or_default();
    (0..old.len())
        .map(|at| match at.cmp(&finest) {
            std::cmp::Ordering::Less => Some(part(at)),
            std::cmp::Ordering::Equal => part(at).checked_add(1),
            std::cmp::Ordering::Greater => Some(0),
        })
        .collect()
}

/// What stands in front of an upper bound's version, with a lower bound in front of it, written as that
/// is: `, < ` becomes `, >= 1.2.6, < `.
fn floored(before: &str, target: &str, joint: &str) -> Option<String> {
    let (lead, sign) = before.split_at_checked(before.find('<')?)?;
    let lower = sign.replace("<=", "<").replace('<', ">=");
    Some(format!("{lead}{lower}{target}{joint}{sign}"))
}

fn dotted(parts: &[u64]) -> String {
    parts.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}
