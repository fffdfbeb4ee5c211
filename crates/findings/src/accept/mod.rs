//! Acceptances: the file that people write, and the one matcher.
//!
//! Knows who answers for what until when. Must not know the clock (time is an argument), nor how
//! severe anything is. Whatever is written wrongly is not in force: an acceptance with a problem
//! never covers anything.

mod attested;
mod cover;
mod request;
mod stated;
mod write;

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_model::{Acceptance, Anchor, LocalKey, Locus, Place, Problem, Timestamp};
use holdfast_rulefile::{Decoder, Node, Value, yaml};
use jiff::civil::Date;
use jiff::tz::TimeZone;

pub use attested::{ATTESTED, Answer, Attestation, NewAttestation, answer, attest, read_attested};
pub use cover::{Covered, GUARDRAILS, Guardrail, Terms, cover};
pub use request::{MARK, requests};
pub use stated::{Belief, Held, Within, held, justification, not_affected, stated};
pub use write::{NewAcceptance, append};

use crate::Presence;

/// A decoder keeps this many problems; past them it could not say whether an item was clean.
const MOST_PROBLEMS: usize = 100;

/// Where acceptances stand, relative to the root.
pub const FILE: &str = ".holdfast/accepted.yaml";

/// Reads the acceptances of a file: a list of tables. Dates include their day in the team's zone.
///
/// Every item with a problem is left out, and its neighbours stay.
pub fn read(path: &str, text: &str, zone: &TimeZone) -> (Vec<Acceptance>, Vec<Problem>) {
    let path: Arc<str> = path.into();
    let (root, mut problems) = yaml::parse(&path, text);
    // A file in which nothing is accepted any more is no problem.
    problems.retain(|problem| problem.code != "rule-empty");
    let mut decoder = Decoder::new(&path, text);
    let items = root.as_ref().filter(|root| root.value != Value::Null);
    let items = items.and_then(|root| decoder.list(root)).unwrap_or_default();
    let spoilt = spoilt(items, &problems);
    let mut acceptances = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let before = decoder.problems().len();
        if before >= MOST_PROBLEMS {
            let message = "there are too many problems before this one to go on";
            let help = "mend those first; from here on nothing is accepted";
            problems.push(Problem::at("accept-many", item.place.clone(), message).help(help));
            break;
        }
        let acceptance = one(&mut decoder, item, zone);
        let clean = decoder.problems().len() == before && !spoilt.contains(&at);
        acceptances.extend(acceptance.filter(|_| clean));
    }
    problems.extend(decoder.finish());
    (acceptances, problems)
}

/// The items in which the reader of YAML found something, e.g. a key that stands twice.
fn spoilt(items: &[Node], problems: &[Problem]) -> BTreeSet<usize> {
    let position = |place: &Place| (place.line, place.column);
    let places = problems.iter().filter_map(|problem| problem.place.as_ref());
    places
        .map(|place| {
            let begun = |item: &Node| position(&item.place) <= position(place);
            items.partition_point(begun).saturating_sub(1)
        })
        .collect()
}

fn one(decoder: &mut Decoder<'_>, item: &Node, zone: &TimeZone) -> Option<Acceptance> {
    let mut table = decoder.map(item)?;
    let covers = table.required(decoder, "accept").and_then(|node| decoder.text(node));
    let subject = table.text(decoder, "subject");
    let reason = table.required(decoder, "reason").and_then(|node| decoder.text(node));
    let owner = table.required(decoder, "owner").and_then(|node| decoder.text(node));
    let approver = table.text(decoder, "approver");
    let until = table.required(decoder, "until").and_then(|node| date(decoder, node, zone));
    let anchor = table.optional("versions").map(|node| versions(decoder, node));
    table.finish(decoder);
    Some(Acceptance {
        covers: normal(covers?),
        subject: subject.unwrap_or_default().into(),
        reason: reason?.to_owned(),
        owner: owner?.to_owned(),
        approver,
        until: until?,
        anchor,
        request: false,
        place: item.place.clone(),
    })
}

/// Keys are written in capitals; names of weaknesses stay as they are.
fn normal(covers: &str) -> Arc<str> {
    match LocalKey::parse(covers) {
        Some(key) => key.to_string().into(),
        None => covers.into(),
    }
}

fn date(decoder: &mut Decoder<'_>, node: &Node, zone: &TimeZone) -> Option<Timestamp> {
    let text = decoder.text(node)?;
    // Only the one form: a time of day would silently be cut off otherwise.
    let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
    let end = date.and_then(|date| Timestamp::end_of(date, zone));
    if end.is_none() {
        let message = format!("`{text}` is not a date");
        decoder.refuse("accept-date", node, message, "write the last day, as `2027-01-31`");
    }
    end
}

fn versions(decoder: &mut Decoder<'_>, node: &Node) -> Anchor {
    let before = decoder.problems().len();
    let mut list: Vec<Arc<str>> = decoder.texts(node).into_iter().map(Into::into).collect();
    if list.is_empty() && decoder.problems().len() == before {
        let help = "name the versions that are there now, or remove the key";
        decoder.refuse("accept-versions", node, "no version is named here", help);
    }
    list.sort_unstable();
    list.dedup();
    Anchor::Versions(list)
}

/// What names an acceptance within its file: what it covers, and of which subject.
fn item_of(acceptance: &Acceptance) -> String {
    if acceptance.subject.is_empty() {
        acceptance.covers.to_string()
    } else {
        format!("{} {}", acceptance.covers, acceptance.subject)
    }
}

/// What became of a guardrail finding about an acceptance that a look did not find: the answer
/// for [`crate::Batch::present`]. `None` where the locus is of no acceptance.
pub fn present(acceptances: &[Acceptance], locus: &Locus) -> Option<Presence> {
    let Locus::File { path, item } = locus else { return None };
    if item.is_empty() {
        return None;
    }
    let there = acceptances.iter().any(|one| one.place.path == *path && item_of(one) == **item);
    Some(if there { Presence::There(Vec::new()) } else { Presence::Gone })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# what we live with
- accept: CVE-2020-26235
  subject: pkg:cargo/time
  reason: only called before threads start
  owner: payments
  approver: ada
  until: 2027-01-31
  versions: [\"0.1.43\"]
- accept: CVE-2021-1
  reason: x
  owner: payments
  until: soon
- accept: 00112233445566778899aabbcc
  reason: \"waiting\"
  owner: payments
  until: 2027-02-28
";

    fn read_here(text: &str) -> (Vec<Acceptance>, Vec<Problem>) {
        read(FILE, text, &TimeZone::UTC)
    }

    #[test]
    fn a_bad_item_leaves_its_neighbours() {
        let (acceptances, problems) = read_here(TEXT);
        assert_eq!(acceptances.len(), 2);
        let first = &acceptances[0];
        assert_eq!((&*first.covers, &*first.subject), ("CVE-2020-26235", "pkg:cargo/time"));
        assert_eq!(first.until.to_string(), "2027-02-01T00:00:00Z");
        assert_eq!(first.anchor, Some(Anchor::Versions(vec!["0.1.43".into()])));
        assert_eq!((first.place.line, first.approver.as_deref()), (2, Some("ada")));
        assert_eq!(&*acceptances[1].covers, "00112233445566778899AABBCC");
        assert_eq!(problems.len(), 1);
        let problem = &problems[0];
        assert_eq!(problem.to_string().lines().count(), 1);
        assert_eq!(problem.message, "`soon` is not a date");
        assert_eq!(problem.place.as_ref().map(|p| (p.line, p.column)), Some((12, 10)));
        assert_eq!(problem.excerpt.as_ref().map(|e| e.length), Some(4));
    }

    #[test]
    fn dates_end_in_the_zone_of_the_team() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let (acceptances, _) = read(FILE, TEXT, &berlin);
        assert_eq!(acceptances[0].until.to_string(), "2027-01-31T23:00:00Z");
    }

    #[test]
    fn a_misspelt_anchor_does_not_widen_an_acceptance() {
        let text = TEXT.replace("versions:", "version:");
        let (acceptances, problems) = read_here(&text);
        assert!(acceptances.iter().all(|one| &*one.covers != "CVE-2020-26235"));
        assert!(problems.iter().any(|one| one.code == "rule-unknown-key"));
    }

    #[test]
    fn a_key_that_stands_twice_spoils_its_item_only() {
        let text = TEXT.replace("  until: 2027-02-28", "  until: 2027-02-28\n  until: 2099-01-01");
        let (acceptances, problems) = read_here(&text);
        assert!(problems.iter().any(|one| one.code == "rule-duplicate-key"));
        let covers: Vec<&str> = acceptances.iter().map(|one| &*one.covers).collect();
        assert_eq!(covers, ["CVE-2020-26235"]);
    }

    #[test]
    fn past_too_many_problems_nothing_is_accepted() {
        let bad = "- accept: CVE-2\n  reason: x\n  owner: y\n  until: soon\n";
        let widened = TEXT.replace("versions:", "version:");
        let (acceptances, problems) = read_here(&(bad.repeat(99) + TEXT));
        assert_eq!((acceptances.len(), problems.len()), (1, 101));
        let (acceptances, problems) = read_here(&(bad.repeat(120) + &widened));
        assert_eq!(acceptances, Vec::new());
        assert_eq!(problems.iter().filter(|one| one.code == "accept-many").count(), 1);
    }

    #[test]
    fn what_must_be_there_is_asked_for() {
        for key in ["reason", "owner", "until", "accept"] {
            let text: String = TEXT
                .lines()
                .take(8)
                .map(|line| match line.trim_start_matches("- ").trim_start().strip_prefix(key) {
                    // `- accept` begins the item: something else must.
                    Some(_) if key == "accept" => "- {}\n".to_owned(),
                    Some(_) => String::new(),
                    None => format!("{line}\n"),
                })
                .collect();
            let (acceptances, problems) = read_here(&text);
            assert!(acceptances.is_empty(), "{key}");
            assert!(!problems.is_empty(), "{key}");
        }
    }

    #[test]
    fn other_shapes_are_problems_and_nothing_is_none() {
        assert_eq!(read_here(""), (Vec::new(), Vec::new()));
        assert_eq!(read_here("# all done\n"), (Vec::new(), Vec::new()));
        assert_eq!(read_here("[]\n"), (Vec::new(), Vec::new()));
        for text in ["accept: CVE-1\n", "- CVE-1\n", "- [a]\n", "x", "- a: [\n", "\u{0}"] {
            let (acceptances, problems) = read_here(text);
            assert!(acceptances.is_empty() && !problems.is_empty(), "{text:?}");
        }
        let empty = TEXT.replace("[\"0.1.43\"]", "[]");
        assert!(read_here(&empty).1.iter().any(|one| one.code == "accept-versions"));
        let timed = TEXT.replace("until: soon", "until: 2027-01-31T10:00:00");
        assert!(read_here(&timed).1.iter().any(|one| one.code == "accept-date"));
    }
}
