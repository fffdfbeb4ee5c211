//! Controls that only a person can answer: no file of the host says it, so that somebody has to
//! look, and what they found counts for a while.
//!
//! Knows what is asked and what an answer comes to. Must not know where answers are kept, nor the
//! clock.

use std::sync::Arc;

use holdfast_model::{Place, Problem, Severity};
use holdfast_rulefile::{Decoder, Node, yaml};

use super::{condition, id, refs, sentence};
use crate::Seen;
use crate::baseline::Settings;
use crate::control::{Control, Ensure, Risk};
use crate::fields::{Applies, applies};
use crate::judge::{ControlResult, Judgement};

/// For how many days an answer may count.
const MOST_DAYS: i64 = 366;

/// A control that only a person can answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Manual {
    /// What every control has; nothing is in `ensure`, and there are no examples.
    pub control: Control,
    /// What has to be looked at, as a question that yes is the good answer to.
    pub ask: String,
    /// For how many days an answer counts at most.
    pub days: u32,
}

/// What somebody answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Who looked.
    pub by: String,
    /// What they saw.
    pub because: String,
    /// Where they wrote it.
    pub place: Place,
    /// Until when it counts or counted, for people: a date.
    pub until: String,
    /// Why it does not count; `None` where it does.
    pub not: Option<String>,
}

/// Whether a file of a control is one of these.
pub fn is_manual(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("ask:"))
}

/// Reads such a control. It comes back only where the file has no problem at all. `path` names the
/// file for places, and its stem is the id.
pub fn read_manual(path: &Arc<str>, text: &str) -> (Option<Manual>, Vec<Problem>) {
    read_manual_with(path, text, &Settings::default())
}

/// The same of one that may ask for settings of a team's own, too.
pub fn read_manual_with(
    path: &Arc<str>,
    text: &str,
    settings: &Settings,
) -> (Option<Manual>, Vec<Problem>) {
    let (node, mut problems) = yaml::parse(path, text);
    let Some(node) = node else {
        if problems.is_empty() {
            let place = Place::start_of(Arc::clone(path));
            let problem = Problem::at("rule-empty", place, "the file holds no control");
            problems.push(problem.help("begin with `id:`"));
        }
        return (None, problems);
    };
    let mut decoder = Decoder::new(path, text);
    let manual = whole(&mut decoder, &node, path, settings);
    problems.extend(decoder.finish());
    problems.sort_by(|a, b| a.place.cmp(&b.place));
    (manual.filter(|_| problems.is_empty()), problems)
}

fn whole(
    decoder: &mut Decoder<'_>,
    node: &Node,
    path: &str,
    settings: &Settings,
) -> Option<Manual> {
    let mut table = decoder.map(node)?;
    let id = table.required(decoder, "id").and_then(|node| id(decoder, node, path));
    let title = sentence(decoder, &mut table, "title");
    let wrong = sentence(decoder, &mut table, "wrong");
    let why = sentence(decoder, &mut table, "why");
    let severity = table
        .required(decoder, "severity")
        .and_then(|node| decoder.word(node, &["now", "soon", "when you can"], Severity::parse));
    let refs = table.optional("refs").map(|node| refs(decoder, node)).unwrap_or_default();
    let when = condition(decoder, &mut table, settings);
    let ask = sentence(decoder, &mut table, "ask");
    let days = table
        .required(decoder, "days")
        .and_then(|node| decoder.integer(node, 1..=MOST_DAYS))
        .and_then(|days| u32::try_from(days).ok());
    table.finish(decoder);
    let control = Control {
        id: id?,
        title: title?,
        wrong: wrong?,
        why: why?,
        severity: severity?,
        refs,
        when,
        ensure: Ensure::default(),
        manual: None,
        risk: Risk { interruption: "unknown".to_owned(), ..Risk::default() },
        examples: Vec::new(),
        place: node.place.clone(),
        lines: Vec::new(),
    };
    Some(Manual { control, ask: ask?, days: days? })
}

impl Manual {
    /// What the control comes out as on a host of that name: a pass while an answer counts.
    pub fn judge(&self, seen: &Seen, host: &str, answered: Option<&Answered>) -> Judgement {
        let (result, reason) = match applies(self.control.when.as_ref(), seen) {
            Applies::No(reason) => (ControlResult::NotApplicable, reason),
            Applies::Unknown { reason, closes_with } => {
                let unknown = self.judgement(ControlResult::NotAssessed, reason);
                return Judgement { closes_with, ..unknown };
            }
            Applies::Yes => match answered {
                None => (ControlResult::Manual, format!("only a person can tell: {}", self.ask)),
                Some(Answered { by, because, until, not: None, .. }) => {
                    (ControlResult::Pass, format!("`{by}` looked: {because}; counts until {until}"))
                }
                Some(Answered { by, not: Some(not), .. }) => {
                    (ControlResult::Manual, format!("what `{by}` attested does not count: {not}"))
                }
            },
        };
        let mut judgement = self.judgement(result, reason);
        judgement.place = answered.map(|one| one.place.clone());
        if result == ControlResult::Manual {
            let id = &self.control.id;
            judgement.closes_with =
                format!("holdfast attest {id} --for {host} --until DATE --because TEXT");
        }
        judgement
    }

    fn judgement(&self, result: ControlResult, reason: String) -> Judgement {
        Judgement {
            line: 0,
            resource: format!("manual {}", self.control.id).into(),
            scope: None,
            result,
            reason,
            found: None,
            wanted: self.ask.as_str().into(),
            place: None,
            closes_with: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use holdfast_model::TraitValue;

    use super::*;

    const GOOD: &str = "id: locked-room\ntitle: The room is locked\nwrong: nobody says that the room is \
                        locked\nwhy: Who touches a host owns it.\nseverity: soon\nrefs: {iso-27001: \
                        [A.7.2]}\nwhen: not host.virtual\nask: Is the room of this host locked?\ndays: 90\n";

    fn good() -> Manual {
        let (manual, problems) = read_manual(&"rules/locked-room.yaml".into(), GOOD);
        assert_eq!(problems, []);
        manual.unwrap()
    }

    fn host(is_virtual: Option<bool>) -> Seen {
        let one = holdfast_model::Trait {
            name: "virtual".into(),
            value: is_virtual.map(TraitValue::Truth),
            because: "its firmware says so".to_owned(),
        };
        Seen::new(Vec::new(), vec![one], BTreeMap::new())
    }

    fn answered(not: Option<&str>) -> Answered {
        Answered {
            by: "ada".to_owned(),
            because: "I rattled at the door".to_owned(),
            place: Place { path: "attested.yaml".into(), line: 3, column: 1 },
            until: "2027-01-31".to_owned(),
            not: not.map(str::to_owned),
        }
    }

    #[test]
    fn an_answer_counts_and_ends() {
        let manual = good();
        let said = |seen: &Seen, answered: Option<&Answered>| {
            let one = manual.judge(seen, "web-1", answered);
            assert_eq!(&*one.resource, "manual locked-room");
            (one.result, one.reason, one.closes_with, one.place.map(|place| place.line))
        };
        let close =
            "holdfast attest locked-room --for web-1 --until DATE --because TEXT".to_owned();
        let real = host(Some(false));
        assert_eq!(
            said(&real, None),
            (
                ControlResult::Manual,
                "only a person can tell: Is the room of this host locked?".to_owned(),
                close.clone(),
                None
            )
        );
        assert_eq!(
            said(&real, Some(&answered(None))),
            (
                ControlResult::Pass,
                "`ada` looked: I rattled at the door; counts until 2027-01-31".to_owned(),
                String::new(),
                Some(3)
            )
        );
        let over = answered(Some("it ended on 2027-01-31"));
        let reason = "what `ada` attested does not count: it ended on 2027-01-31".to_owned();
        assert_eq!(said(&real, Some(&over)), (ControlResult::Manual, reason, close, Some(3)));
        // Where it does not apply, nobody has to look.
        assert_eq!(said(&host(Some(true)), None).0, ControlResult::NotApplicable);
        assert_eq!(said(&host(None), Some(&answered(None))).0, ControlResult::NotAssessed);
    }

    #[test]
    fn mistakes_are_told_where_they_stand() {
        assert!(is_manual(GOOD) && !is_manual("id: a\n  ask: b\nensure: []\n"));
        for (from, to, code, line) in [
            ("days: 90", "days: 400", "rule-value", 9),
            ("days: 90", "days: \"90\"", "rule-type", 9),
            ("days: 90\n", "", "rule-missing-key", 1),
            ("ask: Is the room of this host locked?", "ask:", "rule-missing-key", 1),
            ("id: locked-room", "id: Locked", "control-id", 1),
            ("host.virtual", "host.virtaul", "condition-field", 7),
            ("severity: soon", "severity: later", "rule-value", 5),
            ("days: 90", "days: 90\nensure: []", "rule-unknown-key", 10),
        ] {
            let text = GOOD.replace(from, to);
            let (manual, problems) = read_manual(&"rules/locked-room.yaml".into(), &text);
            assert!(manual.is_none(), "{to}");
            assert_eq!(problems.len(), 1, "{to}: {problems:?}");
            assert_eq!(problems[0].code, code, "{to}");
            assert_eq!(problems[0].place.as_ref().map(|place| place.line), Some(line), "{to}");
        }
        for text in ["", "ask: x", "- ask\n", "ask: [\n", "ask: a\nask: b\n", "\u{0}"] {
            let (manual, problems) = read_manual(&"rules/locked-room.yaml".into(), text);
            assert!(manual.is_none() && !problems.is_empty(), "{text:?}");
        }
    }
}
