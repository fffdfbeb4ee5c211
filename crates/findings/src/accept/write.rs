//! Adding an acceptance to its file. What stands there stays as it is, byte for byte.

use std::fmt::Write as _;
use std::sync::Arc;

use holdfast_model::{Acceptance, Problem};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{FILE, read};

/// An acceptance as somebody asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAcceptance {
    /// The full local key, or a weakness id.
    pub covers: Arc<str>,
    /// The subject, for a weakness id; empty for any.
    pub subject: Arc<str>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Who said yes.
    pub approver: Option<String>,
    /// The last day.
    pub until: Date,
    /// The versions it is anchored to; empty for none.
    pub versions: Vec<Arc<str>>,
}

/// The text of the file with one acceptance more; `None` for a file that is not there yet.
///
/// The result is read again before it is given out.
///
/// # Errors
///
/// `accept-append` where the file is no list of items on lines of their own, or what was added
/// would not be read back as it was meant (an empty reason, for one).
pub fn append(text: Option<&str>, new: &NewAcceptance) -> Result<String, Box<Problem>> {
    let old = text.unwrap_or_default();
    let after = add(old, new);
    let (before, problems_before) = read(FILE, old, &TimeZone::UTC);
    let (now, problems) = read(FILE, &after, &TimeZone::UTC);
    let kept = now.get(..before.len()).is_some_and(|kept| kept == before);
    let added = now.get(before.len()..).and_then(|rest| match rest {
        [one] => Some(one),
        _ => None,
    });
    if kept && problems.len() == problems_before.len() && added.is_some_and(|one| means(one, new)) {
        return Ok(after);
    }
    let reason = match problems.iter().find(|problem| !problems_before.contains(problem)) {
        Some(problem) => format!(": {}", problem.message),
        None => String::new(),
    };
    let message = format!("the acceptance cannot be added to `{FILE}`{reason}");
    let help = "write each acceptance on lines of its own, beginning with `- accept:`";
    Err(Box::new(Problem::new("accept-append", message).help(help)))
}

fn means(one: &Acceptance, new: &NewAcceptance) -> bool {
    let mut versions = new.versions.clone();
    versions.sort_unstable();
    versions.dedup();
    let anchored: &[Arc<str>] = match &one.anchor {
        Some(holdfast_model::Anchor::Versions(list)) => list,
        None => &[],
    };
    one.covers.eq_ignore_ascii_case(&new.covers)
        && one.subject == new.subject
        && one.reason == new.reason
        && one.owner == new.owner
        && one.approver == new.approver
        && anchored == versions
}

fn add(old: &str, new: &NewAcceptance) -> String {
    let end = if old.contains("\r\n") { "\r\n" } else { "\n" };
    // The items of a list stand equally deep, however deep that is.
    let indent: &str = old
        .lines()
        .find(|line| line.trim_start().starts_with("- "))
        .and_then(|line| line.split('-').next())
        .unwrap_or_default();
    let mut out = old.to_owned();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push_str(end);
    }
    for (at, (key, value)) in lines(new).into_iter().enumerate() {
        let dash = if at == 0 { "- " } else { "  " };
        // Writing to a string cannot fail.
        let _ = write!(out, "{indent}{dash}{key}: {value}{end}");
    }
    out
}

fn lines(new: &NewAcceptance) -> Vec<(&'static str, String)> {
    let mut lines = vec![("accept", scalar(&new.covers))];
    if !new.subject.is_empty() {
        lines.push(("subject", scalar(&new.subject)));
    }
    lines.push(("reason", quoted(&new.reason)));
    lines.push(("owner", scalar(&new.owner)));
    if let Some(approver) = &new.approver {
        lines.push(("approver", scalar(approver)));
    }
    lines.push(("until", new.until.to_string()));
    if !new.versions.is_empty() {
        let list: Vec<String> = new.versions.iter().map(|version| quoted(version)).collect();
        lines.push(("versions", format!("[{}]", list.join(", "))));
    }
    lines
}

/// Bare where no reader of YAML can take it for anything but this text, else in quotes.
pub(super) fn scalar(text: &str) -> String {
    const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let lower = text.to_ascii_lowercase();
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && !text.ends_with(':')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@+%".contains(c))
        && !WORDS.contains(&lower.as_str());
    if plain { text.to_owned() } else { quoted(text) }
}

/// A double-quoted scalar (YAML 1.2.2, 7.3.1) on one line.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Controls, and the line breaks and marks that YAML does not print as they are.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn new() -> NewAcceptance {
        NewAcceptance {
            covers: "CVE-2020-26235".into(),
            subject: "pkg:cargo/time".into(),
            reason: "called before threads start: \"safe\"".to_owned(),
            owner: "payments".to_owned(),
            approver: Some("ada".to_owned()),
            until: jiff::civil::date(2027, 1, 31),
            versions: vec!["0.1.43".into()],
        }
    }

    #[test]
    fn a_first_acceptance_makes_the_file() {
        let text = append(None, &new()).unwrap();
        assert_eq!(
            text,
            "- accept: CVE-2020-26235\n  subject: pkg:cargo/time\n  \
             reason: \"called before threads start: \\\"safe\\\"\"\n  owner: payments\n  \
             approver: ada\n  until: 2027-01-31\n  versions: [\"0.1.43\"]\n"
        );
    }

    #[test]
    fn what_stands_there_stays() {
        for old in [
            "# kept\n",
            "# kept\n\n  - accept: CVE-1 # why\n    reason: 'a'\n    owner: b\n    until: 2027-01-01",
            "- accept: CVE-1\r\n  reason: a\r\n  owner: b\r\n  until: 2027-01-01\r\n# end\r\n",
            // A neighbour that is wrong stays wrong, and hinders nobody.
            "- accept: CVE-1\n  reason: a\n",
        ] {
            let after = append(Some(old), &new()).unwrap();
            assert!(after.starts_with(old), "{after}");
            let again = append(Some(&after), &NewAcceptance { covers: "CVE-9".into(), ..new() });
            assert!(again.unwrap().starts_with(&after));
        }
    }

    #[test]
    fn a_file_that_is_no_such_list_is_refused() {
        let unclear = ["accepted: []\n", "[]\n", "- [\n", "- a: 1\n---\n- b: 2\n", "text\n"];
        for old in unclear {
            let problem = append(Some(old), &new()).unwrap_err();
            assert_eq!(problem.code, "accept-append", "{old}");
        }
        let empty = NewAcceptance { reason: " ".to_owned(), ..new() };
        assert_eq!(
            append(None, &empty).unwrap_err().message,
            "the acceptance cannot be added to `.holdfast/accepted.yaml`: this text is empty"
        );
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(
            covers in "[A-Z0-9][ -~]{0,30}", reason in "\\PC{1,40}", odd in any::<String>(),
            owner in "[ -~]{1,20}", approver in proptest::option::of("[ -~]{1,12}"),
            versions in proptest::collection::vec("[ -~]{1,8}", 0..3),
        ) {
            let versions = versions.iter().map(|v| v.as_str().into()).collect();
            let new = NewAcceptance {
                covers: covers.into(), subject: "".into(), reason: format!("{reason}x{odd}"),
                owner, approver, until: jiff::civil::date(2027, 1, 31), versions,
            };
            let blank = |text: &str| text.trim().is_empty();
            let wrong = blank(&new.covers) || blank(&new.owner)
                || new.approver.as_deref().is_some_and(blank)
                || new.versions.iter().any(|version| blank(version));
            match append(Some("# first\n"), &new) {
                Ok(text) => {
                    prop_assert!(!wrong);
                    let (read, problems) = read(FILE, &text, &TimeZone::UTC);
                    prop_assert_eq!(problems, Vec::new());
                    prop_assert!(means(&read[0], &new));
                }
                // Bytes that are no text make the whole file unreadable, and are refused.
                Err(problem) => prop_assert!(wrong, "{problem} {new:?}"),
            }
        }
    }
}
