//! Forms about events: what somebody is about to do, what a case came to, who looks after it, and
//! a test message.
//!
//! Knows their fields and how much may stand in them. Must not know what covers what.

use holdfast_engine::desk::Action;
use holdfast_model::{Answer, Timestamp};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{because, broken, id, unusable};
use crate::answer::Refusal;
use crate::asked::Asked;

/// The longest name of somebody or something, in characters.
const MOST_NAME: usize = 200;
/// The most actions or things of one announcement.
const MOST_NAMES: usize = 50;
/// The most times that one announcement may cover: what happens more often is no exception.
const MOST_TIMES: u32 = 10_000;

/// The fields of `POST /announce`.
pub(super) fn announce(asked: &Asked) -> Result<Action, Refusal> {
    let zone = asked.app.desk.view().zone.clone();
    let who = name(asked, "who", "nobody is named", "go back and say who will do it")?;
    let what = names(asked, "what")?;
    if what.is_empty() {
        let help = "go back and name at least one action, such as `sudo` or `ec2.amazonaws.com:*`";
        return Err(unusable("no action is named".to_owned(), help));
    }
    let on = names(asked, "on")?;
    let from = moment(asked, "from", &zone)?;
    let Some(until) = moment(asked, "until", &zone)? else {
        let help =
            "go back and say until when: an announcement without an end would cover for ever";
        return Err(unusable("there is no end".to_owned(), help));
    };
    let times = asked.form.one("at_most").ok_or_else(|| broken("at_most"))?.trim();
    let Some(at_most) = times.parse().ok().filter(|times| (1..=MOST_TIMES).contains(times)) else {
        let what = format!("`{}` is no number of times", beginning(times));
        return Err(unusable(what, "go back and write a number from 1 to 10,000"));
    };
    Ok(Action::Announce { who, what, on, from, until, at_most, because: because(asked)? })
}

/// The fields of `POST /answer-case`.
pub(super) fn answer(asked: &Asked) -> Result<Action, Refusal> {
    let id = id(asked)?;
    let Some(word) = asked.form.one("answer") else {
        return Err(unusable(
            "no answer is chosen".to_owned(),
            "go back and say whether it was expected, benign or an incident",
        ));
    };
    let answer = Answer::parse(word).ok_or_else(|| broken("answer"))?;
    Ok(Action::AnswerCase { id, answer, because: because(asked)? })
}

/// The fields of `POST /own-case`.
pub(super) fn own(asked: &Asked) -> Result<Action, Refusal> {
    let id = id(asked)?;
    let owner = name(asked, "owner", "nobody is named", "go back and say who looks after it")?;
    Ok(Action::OwnCase { id, owner })
}

/// The field of `POST /test-channel`.
pub(super) fn test_channel(asked: &Asked) -> Result<Action, Refusal> {
    let name =
        asked.form.one("name").filter(|name| !name.is_empty() && name.len() <= 4 * MOST_NAME);
    let name = name.ok_or_else(|| broken("name"))?.to_owned();
    Ok(Action::TestChannel { name })
}

/// One name on one line.
fn name(asked: &Asked, field: &str, what: &str, help: &str) -> Result<String, Refusal> {
    let words = asked.form.one(field).ok_or_else(|| broken(field))?.trim();
    if words.is_empty() {
        return Err(unusable(what.to_owned(), help));
    }
    checked(words)
}

/// Names on lines of their own or between commas, each once.
fn names(asked: &Asked, field: &str) -> Result<Vec<String>, Refusal> {
    let words = asked.form.one(field).ok_or_else(|| broken(field))?;
    let mut all: Vec<String> = Vec::new();
    for one in words.split([',', '\n']).map(str::trim).filter(|one| !one.is_empty()) {
        let one = checked(one)?;
        if !all.contains(&one) {
            all.push(one);
        }
        if all.len() > MOST_NAMES {
            let what = format!("more than {MOST_NAMES} names stand in one field");
            return Err(unusable(what, "go back and end names with `*`, or announce twice"));
        }
    }
    Ok(all)
}

fn checked(words: &str) -> Result<String, Refusal> {
    let long = words.chars().count();
    if long > MOST_NAME {
        let what = format!("a name has {long} characters, more than {MOST_NAME}");
        return Err(unusable(what, "go back and write its beginning with a `*` behind it"));
    }
    if words.chars().any(char::is_control) {
        let what = format!("`{}` has characters that cannot be seen", beginning(words));
        return Err(unusable(what, "go back and type the name anew"));
    }
    Ok(words.to_owned())
}

/// A moment as a browser writes it in `datetime-local` (HTML, section 4.10.5.1.11), in the zone in
/// which the page said it; `None` for an empty field. A time that the clocks skip or show twice is
/// taken as calendars do (RFC 5545, section 3.3.5).
fn moment(asked: &Asked, field: &str, zone: &TimeZone) -> Result<Option<Timestamp>, Refusal> {
    let words = asked.form.one(field).ok_or_else(|| broken(field))?.trim();
    if words.is_empty() {
        return Ok(None);
    }
    let local = words.parse::<DateTime>().ok();
    match local.and_then(|local| local.to_zoned(zone.clone()).ok()) {
        Some(moment) => Ok(Some(Timestamp(moment.timestamp().as_millisecond()))),
        None => Err(unusable(
            format!("`{}` is no time", beginning(words)),
            "go back and write day and time: `2027-01-31T18:00`",
        )),
    }
}

fn beginning(words: &str) -> String {
    words.chars().take(40).filter(|letter| *letter != '`').collect()
}
