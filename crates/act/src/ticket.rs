//! Tickets with Jira and GitHub: make, look up, comment, read how they stand.
//!
//! Both can be asked whether they have a ticket, and keep nothing that would refuse a second one:
//! each attempt looks first and makes at most one. The ledger decides what is open; a ticket that
//! somebody closed is a claim to be verified.

mod adf;
mod github;
mod jira;
mod markdown;

pub(crate) use github::Github;
pub(crate) use jira::Jira;

pub(crate) use markdown::markdown;

use crate::connector::{OnceKey, Text, one_line};

/// Characters of a title: Jira and GitHub take 255 and 256.
const TITLE: usize = 250;
/// Characters of a body at GitHub, well below its 65,536.
pub(crate) const GITHUB_BODY: usize = 30_000;

/// The title of a ticket.
pub(crate) fn title(text: &Text) -> String {
    let line = one_line(&text.headline, TITLE);
    if line.is_empty() { "Something to look at".to_owned() } else { line }
}

/// The description of a ticket at Jira.
#[cfg(test)]
pub(crate) fn description(text: &Text) -> serde_json::Value {
    adf::document(text, None)
}

/// The marks by which people find all tickets, and we find this one.
fn labels(own: &[String], key: Option<&OnceKey>) -> Vec<String> {
    let mut labels = vec!["holdfast".to_owned()];
    labels.extend(key.map(|key| key.as_str().to_owned()));
    // Neither partner takes blanks or commas in all places.
    let plain = |label: &String| {
        let label = one_line(label, 50);
        label.split([' ', ',']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
    };
    labels.extend(own.iter().map(plain).filter(|label| !label.is_empty()).take(20));
    labels.sort();
    labels.dedup();
    labels
}
