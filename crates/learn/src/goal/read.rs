//! From a file to a goal. Everything that is wrong with it is reported at once.

use std::sync::Arc;

use holdfast_model::{Digest, Place, Problem};
use holdfast_rulefile::{Condition, Decoder, Node, Table, yaml};
use jiff::civil::Date;

use super::{Goal, SCHEMA, Within};

/// The longest time that a goal may want, in days.
const MOST_DAYS: u32 = 3650;
/// The longest id, in letters.
const LONGEST_ID: usize = 64;

impl Goal {
    /// Reads a goal. It comes back only where the file has no problem at all.
    pub fn read(path: &Arc<str>, text: &str) -> (Option<Self>, Vec<Problem>) {
        let (node, mut problems) = yaml::parse(path, text);
        let Some(node) = node else {
            if problems.is_empty() {
                let place = Place::start_of(Arc::clone(path));
                let empty = Problem::at("rule-empty", place, "the file holds no goal");
                problems.push(empty.help("begin with `id:`"));
            }
            return (None, problems);
        };
        let mut decoder = Decoder::new(path, text);
        let goal = whole(&mut decoder, &node, text);
        problems.extend(decoder.finish());
        problems.sort_by(|a, b| a.place.cmp(&b.place));
        (goal.filter(|_| problems.is_empty()), problems)
    }
}

fn whole(decoder: &mut Decoder<'_>, node: &Node, text: &str) -> Option<Goal> {
    let mut table = decoder.map(node)?;
    let id = table.required(decoder, "id").and_then(|node| id(decoder, node));
    let title = table.required(decoder, "title").and_then(|node| decoder.text(node));
    let of = condition(decoder, &mut table);
    let team = table.text(decoder, "team");
    let share = table.required(decoder, "share").and_then(|node| share(decoder, node));
    let within = table.required(decoder, "within").and_then(|node| within(decoder, node));
    let since_node = table.optional("since");
    let since = since_node.and_then(|node| date(decoder, node));
    let by = table.required(decoder, "by").and_then(|node| date(decoder, node));
    if let (Some(node), Some(since), Some(by)) = (since_node, since, by)
        && since > by
    {
        let message = format!("the goal begins on {since} and ends before that, on {by}");
        decoder.refuse("goal-date", node, message, "write the first day, then the last");
    }
    table.finish(decoder);
    Some(Goal {
        id: id?,
        title: title?.to_owned(),
        of,
        team,
        share: share?,
        within: within?,
        since,
        by: by?,
        digest: Digest::of(text.as_bytes()),
    })
}

fn id(decoder: &mut Decoder<'_>, node: &Node) -> Option<String> {
    let text = decoder.text(node)?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let ends = |c: Option<char>| c.is_some_and(|c| c != '-');
    let fine = text.len() <= LONGEST_ID
        && text.chars().all(plain)
        && ends(text.chars().next())
        && ends(text.chars().last());
    if fine {
        return Some(text.to_owned());
    }
    let shown: String = text.chars().take(LONGEST_ID).collect();
    let help = format!(
        "write small letters, digits and `-`, at most {LONGEST_ID}, such as `urgent-in-a-week`"
    );
    decoder.refuse("goal-id", node, format!("`{shown}` is no id"), help);
    None
}

fn condition(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> Option<Condition> {
    let Some(node) = table.optional("of") else {
        // `of:` with nothing behind it must not become "everything".
        let empty = table.pairs().iter().find(|(name, _)| name.as_text() == Some("of"));
        if let Some((name, _)) = empty {
            let help = "write a condition, or remove `of` where the goal is about everything";
            decoder.refuse("rule-value", name, "`of` has no condition", help);
        }
        return None;
    };
    match Condition::read(&SCHEMA, decoder.source(), node) {
        Ok(condition) => Some(condition),
        Err(problems) => {
            for problem in problems {
                decoder.report(problem);
            }
            None
        }
    }
}

fn share(decoder: &mut Decoder<'_>, node: &Node) -> Option<f64> {
    let text = decoder.text(node)?;
    if text == "half" {
        return Some(0.5);
    }
    let number = text.strip_suffix('%').map(str::trim_end).filter(|number| plain(number));
    let share = number.and_then(|number| number.parse::<f64>().ok()).map(|number| number / 100.0);
    if let Some(share) = share.filter(|share| *share > 0.0 && *share <= 1.0) {
        return Some(share);
    }
    let help = match text.parse::<f64>() {
        Ok(part) if plain(text) && part > 0.0 && part < 1.0 => {
            format!("write `{} %`", (part * 1000.0).round() / 10.0)
        }
        Ok(whole) if plain(text) && (1.0..=100.0).contains(&whole) => format!("write `{whole} %`"),
        _ => "write more than 0 and at most 100 percent, such as `50 %`, or `half`".to_owned(),
    };
    decoder.refuse("goal-share", node, format!("`{}` is no share", shorten(text)), help);
    None
}

/// Digits with at most one point among them: no sign, no exponent, no `inf`.
fn plain(number: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    number.len() <= 8
        && match number.split_once('.') {
            Some((whole, part)) => digits(whole) && digits(part),
            None => digits(number),
        }
}

fn within(decoder: &mut Decoder<'_>, node: &Node) -> Option<Within> {
    let text = decoder.text(node)?;
    if let Some(within) = parse_within(text) {
        return Some(within);
    }
    let number: String = text.chars().take_while(char::is_ascii_digit).collect();
    let number = number.parse::<u32>().ok().filter(|n| (1..=MOST_DAYS).contains(n));
    let help = match number {
        Some(1) if !text.contains('w') => "write `1 day` or `1 hour`".to_owned(),
        Some(n) if text.contains('w') => format!("write `{} days`", n.saturating_mul(7)),
        Some(n) => format!("write `{n} days` or `{n} hours`"),
        None => format!("write a number of hours or days, at most {MOST_DAYS} days: `7 days`"),
    };
    decoder.refuse("goal-within", node, format!("`{}` is no time", shorten(text)), help);
    None
}

fn parse_within(text: &str) -> Option<Within> {
    let mut parts = text.split_whitespace();
    let (Some(count), Some(unit), None) = (parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let count: u32 = count.parse().ok().filter(|_| count.bytes().all(|b| b.is_ascii_digit()))?;
    let hours = match unit {
        "hour" | "hours" => count,
        "day" | "days" => count.checked_mul(24)?,
        _ => return None,
    };
    (1..=MOST_DAYS * 24).contains(&hours).then_some(Within { hours })
}

fn date(decoder: &mut Decoder<'_>, node: &Node) -> Option<Date> {
    let text = decoder.text(node)?;
    // The reader of dates takes other forms too, such as `20261231` and whole times.
    let shape = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    let written = text.len() == 10 && text.bytes().enumerate().all(shape);
    let date = text.parse::<Date>().ok().filter(|_| written);
    // A goal ends with its last day, so there has to be a day after it.
    if let Some(date) = date.filter(|date| date.tomorrow().is_ok() && date.yesterday().is_ok()) {
        return Some(date);
    }
    let (message, help) = if written {
        (format!("there is no day `{text}`"), "write a day of the calendar, such as `2026-12-31`")
    } else {
        let message = format!("`{}` is no date", shorten(text));
        (message, "write year, month and day, such as `2026-12-31`")
    };
    decoder.refuse("goal-date", node, message, help);
    None
}

fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}
