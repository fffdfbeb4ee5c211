//! An advisory of RustSec: Markdown whose front matter is TOML (github.com/rustsec/advisory-db,
//! `EXAMPLE_ADVISORY.md`).
//!
//! `patched` and `unaffected` are requirements, not ranges: each is an interval, their union is
//! what is not affected, and everything outside of it is. Order alone counts, so that pre-releases
//! lie where semver puts them; Cargo's rule that a requirement matches no pre-release is about
//! resolution, and would hide them here.

use std::sync::Arc;

use holdfast_model::{Ecosystem, Place, Problem};
use holdfast_rulefile::{Node, Value, parse_toml};
use serde_json::json;

use super::{Each, Made};
use crate::version::semver::CARGO;

/// The feed's name.
pub(super) const FEED: &str = Ecosystem::CARGO;

/// Reads one advisory.
pub fn record(path: &str, bytes: &[u8], each: Each<'_>) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return each(Err(bad(Place::start_of(path), "this is no UTF-8 text")));
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some((matter, rest)) = split(text) else {
        let what = "this does not begin with a block of TOML between fences";
        return each(Err(bad(Place::start_of(path), what)));
    };
    let path: Arc<str> = path.into();
    let (node, problems) = parse_toml(&path, &matter);
    for problem in problems {
        let place = problem.place.clone().unwrap_or_else(|| Place::start_of(Arc::clone(&path)));
        each(Err(bad(place, &problem.message)));
    }
    let Some(node) = node else { return };
    let advisory = node.get("advisory");
    let field = |key: &str| advisory.and_then(|table| table.get(key)).and_then(Node::as_text);
    let (Some(id), Some(package)) = (field("id"), field("package")) else {
        let what = "`[advisory]` names no `id` or no `package`";
        return each(Err(bad(Place::start_of(path), what)));
    };
    // What cannot be read wholly is not assessed.
    let ranges = match unaffected(node.get("versions"), each) {
        Some(spans) => json!([{"type": "SEMVER", "events": events(spans)}]),
        None => json!([]),
    };
    let list = |key: &str| -> Vec<&str> {
        texts(advisory.and_then(|table| table.get(key))).filter_map(Node::as_text).collect()
    };
    let severity: Vec<_> = field("cvss")
        .map(|vector| {
            let version = vector.strip_prefix("CVSS:").and_then(|rest| rest.split('.').next());
            json!({"type": format!("CVSS_V{}", version.unwrap_or("2")), "score": vector})
        })
        .into_iter()
        .collect();
    // Advisories from before 2020 say that they were taken back without saying when.
    let taken_back = field("yanked").filter(|word| *word == "true").and(field("date"));
    let withdrawn = field("withdrawn").or(taken_back);
    let title = rest.lines().find_map(|line| line.strip_prefix("# "));
    let record = json!({
        "id": id,
        "published": field("date"),
        "modified": withdrawn.or(field("date")),
        "withdrawn": withdrawn,
        "aliases": list("aliases"),
        "related": list("related"),
        "summary": title.map(str::trim),
        "severity": severity,
        "affected": [{
            "package": {"ecosystem": FEED, "name": package},
            "ranges": ranges,
            "database_specific": {"informational": field("informational")},
        }],
        "database_specific": {"informational": field("informational")},
    });
    let json = record.to_string();
    each(Ok(Made { feed: FEED, id, json: json.as_bytes() }));
}

/// Every interval that is not affected; `None` where some requirement cannot be read.
fn unaffected(versions: Option<&Node>, each: Each<'_>) -> Option<Vec<Span>> {
    let mut spans = Some(Vec::new());
    for key in ["patched", "unaffected"] {
        for requirement in texts(versions.and_then(|table| table.get(key))) {
            let text = requirement.as_text().unwrap_or_default();
            if let Ok(span) = span(text) {
                if let Some(spans) = &mut spans {
                    spans.extend(span);
                }
            } else {
                spans = None;
                let what = format!("`{text}` is no requirement that can be read");
                each(Err(bad(requirement.place.clone(), &what)));
            }
        }
    }
    spans
}

/// The front matter, with an empty line in place of each other one so that places are those of the
/// file, and what follows it.
fn split(text: &str) -> Option<(String, &str)> {
    let mut matter = String::new();
    let mut inside = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        match (inside, line.trim_end()) {
            (false, "```toml") => inside = true,
            (false, "") => {}
            (false, _) => return None,
            (true, "```") => return Some((matter, text.get(at..).unwrap_or_default())),
            (true, _) => {
                matter.push_str(line);
                continue;
            }
        }
        matter.push('\n');
    }
    None
}

fn texts(node: Option<&Node>) -> impl Iterator<Item = &Node> {
    let list: &[Node] = match node.map(|node| &node.value) {
        Some(Value::Seq(list)) => list,
        _ => &[],
    };
    list.iter()
}

/// A place between two versions: behind the version, or before it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Cut {
    key: Vec<u8>,
    behind: bool,
    version: String,
}

/// From one place to another; `None` is the end of the line.
type Span = (Option<Cut>, Option<Cut>);

/// A requirement that nobody can read.
struct Unreadable;

/// The interval of a requirement such as `>= 1.2.3, < 2`; `None` where it contradicts itself.
fn span(requirement: &str) -> Result<Option<Span>, Unreadable> {
    let (mut low, mut high): Span = (None, None);
    for part in requirement.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        if part == "*" {
            continue;
        }
        let (start, end) = bounds(part).ok_or(Unreadable)?;
        low = low.max(start);
        high = match (high, end) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, other) => one.or(other),
        };
    }
    let empty = matches!((&low, &high), (Some(low), Some(high)) if low >= high);
    Ok((!empty).then_some((low, high)))
}

/// The bounds of one comparator.
fn bounds(part: &str) -> Option<Span> {
    let digit = part.find(|c: char| c.is_ascii_digit())?;
    let (operator, version) = part.split_at_checked(digit)?;
    let numbers = Numbers::of(version)?;
    Some(match operator.trim() {
        ">=" => (Some(numbers.cut(false)?), None),
        ">" => (Some(numbers.cut(true)?), None),
        "<" => (None, Some(numbers.cut(false)?)),
        "<=" => (None, Some(numbers.cut(true)?)),
        "=" => (Some(numbers.cut(false)?), Some(numbers.cut(true)?)),
        "" | "^" => (Some(numbers.cut(false)?), Some(numbers.after_caret()?)),
        "~" => (Some(numbers.cut(false)?), Some(numbers.after_tilde()?)),
        _ => return None,
    })
}

/// Up to three numbers and what stands behind them.
struct Numbers<'v> {
    numbers: Vec<u64>,
    pre: &'v str,
}

impl<'v> Numbers<'v> {
    fn of(text: &'v str) -> Option<Self> {
        let text = text.split('+').next().unwrap_or_default().trim();
        let (numbers, pre) = text.split_once('-').unwrap_or((text, ""));
        let parts: Vec<&str> = numbers.split('.').collect();
        let read = |part: &&str| part.parse::<u64>().ok().filter(|number| *number < u64::MAX);
        let numbers: Option<Vec<u64>> = parts.iter().map(read).collect();
        numbers.filter(|numbers| numbers.len() <= 3).map(|numbers| Self { numbers, pre })
    }

    fn at(&self, place: usize) -> u64 {
        self.numbers.get(place).copied().unwrap_or_default()
    }

    /// As written, missing numbers zero.
    fn cut(&self, behind: bool) -> Option<Cut> {
        let pre = if self.pre.is_empty() { String::new() } else { format!("-{}", self.pre) };
        cut(format!("{}.{}.{}{pre}", self.at(0), self.at(1), self.at(2)), behind)
    }

    /// Where `^` ends: before the smallest pre-release of the next incompatible version.
    fn after_caret(&self) -> Option<Cut> {
        let [major, minor, patch] = [self.at(0), self.at(1), self.at(2)];
        let next = match (major, self.numbers.len()) {
            (0, 3..) if minor == 0 => format!("0.0.{}-0", patch + 1),
            (0, 2..) => format!("0.{}.0-0", minor + 1),
            _ => format!("{}.0.0-0", major + 1),
        };
        cut(next, false)
    }

    fn after_tilde(&self) -> Option<Cut> {
        let next = match self.numbers.len() {
            0 | 1 => format!("{}.0.0-0", self.at(0) + 1),
            _ => format!("{}.{}.0-0", self.at(0), self.at(1) + 1),
        };
        cut(next, false)
    }
}

fn cut(version: String, behind: bool) -> Option<Cut> {
    let mut key = Vec::new();
    CARGO.key(&version, &mut key).then_some(Cut { key, behind, version })
}

impl Cut {
    /// The first version from here on: the version itself, or the smallest one behind it.
    fn first(&self) -> String {
        match (self.behind, self.version.split_once('-')) {
            (false, _) => self.version.clone(),
            // Behind a pre-release comes the same with one more identifier.
            (true, Some(_)) => format!("{}.0", self.version),
            (true, None) => match self.version.rsplit_once('.') {
                Some((head, patch)) => {
                    format!("{head}.{}-0", patch.parse::<u64>().unwrap_or_default() + 1)
                }
                None => self.version.clone(),
            },
        }
    }
}

/// The complement of a union of intervals, as events.
fn events(mut spans: Vec<Span>) -> Vec<serde_json::Value> {
    // `None` at the beginning sorts first, which is where it lies.
    spans.sort();
    let mut events = Vec::new();
    // Where the last interval ended; nothing while everything before is affected.
    let mut open = Some("0".to_owned());
    let mut reached: Option<Cut> = None;
    for (low, high) in spans {
        let inside = open.is_none() && (low.is_none() || low <= reached);
        if !inside {
            match (&low, open.take()) {
                (None, _) => {}
                (Some(low), from) => {
                    let from = from.or_else(|| reached.as_ref().map(Cut::first));
                    events.extend(from.map(|from| json!({"introduced": from})));
                    let end = if low.behind { "last_affected" } else { "fixed" };
                    events.push(json!({end: low.version}));
                }
            }
            reached.clone_from(&high);
        }
        match high {
            None => return events,
            Some(high) => reached = reached.max(Some(high)),
        }
    }
    let from = open.or_else(|| reached.as_ref().map(Cut::first));
    events.extend(from.map(|from| json!({"introduced": from})));
    events
}

fn bad(place: Place, what: &str) -> Problem {
    Problem::at("rustsec-unreadable", place, what)
        .help("an advisory is Markdown behind a fenced block of TOML with `[advisory]`")
}
