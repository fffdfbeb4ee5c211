//! Times of cron: which of them can be, and which mean the same.
//!
//! Knows the fields of crontab(5). Must not know tables or jobs.

/// The least and the greatest number of each field, and the names that may stand for numbers.
const FIELDS: [(u32, u32, &[&str]); 5] = [
    (0, 59, &[]),
    (0, 23, &[]),
    (1, 31, &[]),
    (1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    (0, 7, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

/// The words that stand for all fields.
const WORDS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// A time in one way of writing: numbers without zeros before them, small letters, and 0 for a
/// Sunday. `None` where cron would refuse it.
pub(crate) fn normal(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    if text == "@reboot" {
        return Some(text);
    }
    let text = WORDS.iter().find(|(word, _)| *word == text).map_or(&*text, |(_, fields)| *fields);
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() != FIELDS.len() {
        return None;
    }
    let fields = words.iter().zip(FIELDS).map(|(word, (least, most, names))| {
        let parts = word.split(',').map(|part| one(part, least, most, names));
        Some(parts.collect::<Option<Vec<String>>>()?.join(","))
    });
    Some(fields.collect::<Option<Vec<String>>>()?.join(" "))
}

/// One part of a list: `*`, a number, or a range of them, and how many steps apart.
fn one(part: &str, least: u32, most: u32, names: &[&str]) -> Option<String> {
    let digits = |text: &str| -> Option<u32> {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten()
    };
    let number = |text: &str| -> Option<u32> {
        let named = names.iter().position(|name| *name == text);
        let named = named.and_then(|at| u32::try_from(at).ok()).map(|at| at + least);
        named.or_else(|| digits(text)).filter(|number| (least..=most).contains(number))
    };
    let (range, step) =
        part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
    let range = match range.split_once('-') {
        _ if range == "*" => range.to_owned(),
        Some((from, to)) => {
            let (from, to) = (number(from)?, number(to)?);
            if from > to {
                return None;
            }
            format!("{from}-{to}")
        }
        // A step needs somewhere to go to.
        None if step.is_some() => return None,
        None => {
            let number = number(range)?;
            let sunday = most == 7 && number == 7;
            if sunday { "0".to_owned() } else { number.to_string() }
        }
    };
    match step {
        None => Some(range),
        Some(step) => digits(step).filter(|step| *step > 0).map(|step| format!("{range}/{step}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_mean_the_same_are_written_alike() {
        for (text, wanted) in [
            ("5 4 * * *", "5 4 * * *"),
            (" 05  4 * * sun ", "5 4 * * 0"),
            ("5 4 * JAN-mar 7", "5 4 * 1-3 0"),
            ("*/15 0-6/2 1,15 * *", "*/15 0-6/2 1,15 * *"),
            ("@Daily", "0 0 * * *"),
            ("@midnight", "0 0 * * *"),
            ("@reboot", "@reboot"),
        ] {
            assert_eq!(normal(text).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn what_cron_refuses_is_no_time() {
        for text in [
            "",
            "5 4 * *",
            "5 4 * * * *",
            "60 4 * * *",
            "5 24 * * *",
            "5 4 0 * *",
            "5 4 * 13 *",
            "5 4 * * 8",
            "5-4 * * * *",
            "5/2 * * * *",
            "*/0 * * * *",
            "+5 * * * *",
            "5, * * * *",
            "jan * * * *",
            "@often",
        ] {
            assert_eq!(normal(text), None, "{text}");
        }
    }
}
