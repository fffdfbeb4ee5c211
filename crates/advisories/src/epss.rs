//! FIRST's exploit prediction scores (first.org/epss/data_stats): a CSV of every CVE, as text or
//! gzipped text.
//!
//! The first line is a comment that names model and day; then `cve,epss,percentile`, where both are
//! from 0 to 1. `compile` joins them with advisories, by `related` too.

use std::collections::HashMap;

use holdfast_model::{Lines, Place, Problem, Timestamp};

use crate::unpack;

/// The largest list that is read, in bytes, unpacked; one of 300,000 CVEs has 9 MB.
pub const LARGEST: usize = 256 << 20;
/// How many lines that cannot be read are told one by one.
const MOST_TOLD: usize = 5;

/// The scores.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scores {
    /// By CVE name: the chance of exploitation within 30 days, and the share of all CVEs that
    /// score no higher; both in millionths.
    pub chances: HashMap<Box<str>, (u32, u32)>,
    /// The model's name, e.g. `v2025.03.14`; empty where the file does not say.
    pub model: String,
    /// As of when the chances are: they are computed anew each day.
    pub date: Option<Timestamp>,
    /// Lines that could not be read.
    pub problems: Vec<Problem>,
}

/// Whether these bytes are such a list, as far as their beginning tells.
pub fn is_it(bytes: &[u8]) -> bool {
    bytes.starts_with(b"#model_version") || bytes.starts_with(b"cve,epss")
}

/// Reads a list. `path` names it in problems; an `Err` means that nothing could be read.
pub fn parse(path: &str, bytes: &[u8]) -> Result<Scores, Problem> {
    let bytes = unpack::gzip(path, bytes, LARGEST, ("epss-unreadable", "epss-too-large"))?;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let lines = Lines::new(bytes);
    let mut out = Scores::default();
    let (mut columns, mut refused) = (None, 0_usize);
    for (number, line) in (1_u32..).zip(bytes.split(|byte| *byte == b'\n')) {
        let line = String::from_utf8_lossy(line);
        let line = line.trim();
        if let Some(comment) = line.strip_prefix('#') {
            head(comment, &mut out);
        } else if line.is_empty() {
        } else if let Some((cve, chance, percentile)) = columns {
            let cells: Vec<&str> = line.split(',').map(str::trim).collect();
            let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
            let name = cell(cve);
            match (millionths(cell(chance)), millionths(cell(percentile))) {
                (Some(chance), percentile) if name.starts_with("CVE-") => {
                    // A chance without its percentile still is one.
                    out.chances.insert(name.into(), (chance, percentile.unwrap_or_default()));
                }
                _ => {
                    refused += 1;
                    if refused <= MOST_TOLD {
                        out.problems.push(bad_line(path, number, &lines.text(number)));
                    }
                }
            }
        } else {
            columns = Some(table(path, line, number)?);
        }
    }
    if columns.is_none() {
        return Err(no_table(path, 1, ""));
    }
    if let Some(more) = refused.checked_sub(MOST_TOLD).filter(|more| *more > 0) {
        let message = format!("{more} more lines give no chance");
        out.problems.push(Problem::at("epss-line", Place::start_of(path), message));
    }
    Ok(out)
}

/// `model_version:v2025.03.14,score_date:2026-11-20T12:00:00Z`.
fn head(comment: &str, out: &mut Scores) {
    for pair in comment.split(',') {
        match pair.trim().split_once(':') {
            Some(("model_version", model)) => model.trim().clone_into(&mut out.model),
            // Some days are written `+0000`, which RFC 3339 does not know.
            Some(("score_date", date)) => {
                let date = date.trim();
                let day = date.split('T').next().unwrap_or_default();
                out.date = Timestamp::parse(date).or_else(|| Timestamp::parse(day));
            }
            _ => {}
        }
    }
}

/// Where the columns are.
fn table(path: &str, line: &str, number: u32) -> Result<(usize, usize, usize), Problem> {
    let at = |name: &str| line.split(',').position(|cell| cell.trim().eq_ignore_ascii_case(name));
    match (at("cve"), at("epss"), at("percentile")) {
        (Some(cve), Some(chance), percentile) => {
            Ok((cve, chance, percentile.unwrap_or(usize::MAX)))
        }
        _ => Err(no_table(path, number, line)),
    }
}

fn no_table(path: &str, line: u32, text: &str) -> Problem {
    let place = Place { path: path.into(), line, column: 1 };
    Problem::at("epss-unreadable", place, "this is no list of chances of exploitation")
        .help("it is a CSV with the columns `cve`, `epss` and `percentile`")
        .excerpt(text, text.chars().count())
}

fn bad_line(path: &str, line: u32, text: &str) -> Problem {
    let place = Place { path: path.into(), line, column: 1 };
    Problem::at("epss-line", place, "this line gives no chance of a CVE")
        .help("lines are `CVE,CHANCE,PERCENTILE`, both from 0 to 1")
        .excerpt(text, text.chars().count())
}

/// A number from 0 to 1, in millionths, without the detour through floating point: `0.00043`, or
/// `4.3e-04`, as some tools write small numbers.
fn millionths(text: &str) -> Option<u32> {
    let (number, down) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.strip_prefix('-')?.parse().ok()?),
        None => (text, 0),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || !digits(whole) || !digits(part) {
        return None;
    }
    let six: String = part.chars().chain("000000".chars()).take(6).collect();
    let all = whole.parse::<u64>().ok()? * 1_000_000 + six.parse::<u64>().ok()?;
    let all = all.checked_div(10_u64.checked_pow(down)?)?;
    u32::try_from(all).ok().filter(|all| *all <= 1_000_000)
}
