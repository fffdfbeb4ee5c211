//! The steps and decisions of a look as entries of the ledger: one by one, or many in one.
//!
//! A look that changes little has an entry for each step, which everybody can read and cite. A
//! report of thousands of findings would need thousands of salts, hashes and rows to say the same
//! thing of each: from a hundred on, an entry holds up to a thousand. Which entry said what of a
//! finding stays a question to an index.
//!
//! Payloads are written straight from what is there: their members stand in the order that
//! [`canonical`](crate::canonical) gives them, and a test compares.

use std::collections::HashMap;

use holdfast_model::{
    Decision, Digest, Do, Key, Outcome, Standing, State, Timestamp, Transition, WeaknessId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::entry::EntryKind;
use crate::error::StoreError;
use crate::ledger::Draft;
use crate::look::{Decided, LookCommit};
use crate::rows::TransitionRow;
use crate::segment::document;

/// Up to so many have an entry each.
const FEW: usize = 100;
/// So many stand in one entry where there are more.
const MOST: usize = 1_000;
/// Why an entry of many steps was written; why each was made stands beside it.
const WHY: &str = "what a look changed";

/// Reason and payload, as canonical JSON writes them.
#[derive(Serialize)]
struct Whole<'a, B> {
    body: B,
    why: &'a str,
}

/// A [`Transition`] whose members are sorted.
#[derive(Serialize)]
struct Step<'a> {
    at: Timestamp,
    because: &'a str,
    from: Option<State>,
    key: Key,
    other: Option<Key>,
    outcome: Option<Outcome>,
    standing: Standing,
    to: State,
}

impl<'a> Step<'a> {
    fn of(step: &'a Transition) -> Self {
        let Transition { key, standing, from, to, outcome, other, at, because } = step;
        Self {
            at: *at,
            because,
            from: *from,
            key: *key,
            other: *other,
            outcome: *outcome,
            standing: *standing,
            to: *to,
        }
    }
}

#[derive(Serialize)]
struct Steps<'a> {
    steps: Vec<Step<'a>>,
}

/// A [`Decision`] whose members are sorted.
#[derive(Serialize, PartialEq, Eq, Hash)]
struct Said<'a> {
    appetite: Digest,
    #[serde(rename = "do")]
    deeds: &'a [Do],
    due: Option<Timestamp>,
    line: &'a str,
    reasons: &'a [String],
    team: &'a str,
}

impl<'a> Said<'a> {
    fn of(decision: &'a Decision) -> Self {
        let Decision { deeds, due, team, line, reasons, appetite } = decision;
        Self { appetite: *appetite, deeds, due: *due, line, reasons, team }
    }
}

#[derive(Serialize)]
struct OfOne<'a> {
    decision: Said<'a>,
    key: Key,
    weakness: &'a WeaknessId,
}

#[derive(Serialize)]
struct OfMany<'a> {
    decision: Said<'a>,
    findings: Vec<About<'a>>,
}

#[derive(Serialize)]
struct About<'a> {
    key: Key,
    weakness: &'a WeaknessId,
}

fn whole<B: Serialize>(body: B, why: &str) -> Result<String, StoreError> {
    document(&Whole { body, why })
}

/// The entries of the steps of a look.
pub(crate) fn of_steps(look: &LookCommit) -> Result<Vec<Draft>, StoreError> {
    let draft = |happened: Timestamp, body: String| {
        let (kind, who) = (EntryKind::Transition, look.who.clone());
        Draft { kind, happened, who, body }
    };
    let all = &look.transitions;
    if all.len() <= FEW {
        return all
            .iter()
            .map(|step| Ok(draft(step.at, whole(Step::of(step), &step.because)?)))
            .collect();
    }
    all.chunks(MOST)
        .map(|some| {
            let at = some.iter().map(|step| step.at).max().unwrap_or(look.observation.at);
            let steps = some.iter().map(Step::of).collect();
            Ok(draft(at, whole(Steps { steps }, WHY)?))
        })
        .collect()
}

/// The rows of those steps, of which the first entry has the number `first`.
pub(crate) fn rows(all: &[Transition], first: i64) -> Vec<TransitionRow> {
    let in_one = if all.len() <= FEW { 1 } else { MOST };
    let numbered = all.chunks(in_one).zip(first..);
    numbered
        .flat_map(|(some, seq)| some.iter().zip(0..).map(move |(step, at)| (seq, at, step)))
        .map(|(seq, at, step)| TransitionRow::of(seq, at, step))
        .collect()
}

/// The steps that the payload of an entry holds, in order.
pub(crate) fn steps(body: &Value) -> Result<Vec<Transition>, serde_json::Error> {
    match body.get("steps") {
        Some(steps) => Vec::deserialize(steps),
        None => Ok(vec![Transition::deserialize(body)?]),
    }
}

/// The entries of what was decided; equal decisions share theirs where there are many.
pub(crate) fn of_decisions(look: &LookCommit, noted: Timestamp) -> Result<Vec<Draft>, StoreError> {
    let all = &look.decisions;
    let mut groups: Vec<Vec<&Decided>> = Vec::new();
    if all.len() <= FEW {
        groups.extend(all.iter().map(|one| vec![one]));
    } else {
        let mut known: HashMap<Said<'_>, usize> = HashMap::new();
        for one in all {
            let at = *known.entry(Said::of(&one.decision)).or_insert(groups.len());
            match groups.get_mut(at) {
                Some(group) => group.push(one),
                None => groups.push(vec![one]),
            }
        }
    }
    let some = groups.iter().flat_map(|group| group.chunks(MOST));
    some.map(|some| {
        let (kind, who) = (EntryKind::Decision, look.who.clone());
        Ok(Draft { kind, happened: noted, who, body: decided(some)? })
    })
    .collect()
}

/// One decision, about one finding or many.
fn decided(some: &[&Decided]) -> Result<String, StoreError> {
    let Some(Decided { key, weakness, decision }) = some.first() else { return Ok(String::new()) };
    let (why, said) = (decision.reasons.join("; "), Said::of(decision));
    if some.len() == 1 {
        return whole(OfOne { decision: said, key: *key, weakness }, &why);
    }
    let findings = some.iter().map(|one| About { key: one.key, weakness: &one.weakness });
    whole(OfMany { decision: said, findings: findings.collect() }, &why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;
    use crate::testing;

    fn canonical_of(text: &str) -> String {
        let value: Value = serde_json::from_str(text).unwrap();
        String::from_utf8(canonical::bytes(&value).unwrap()).unwrap()
    }

    #[test]
    fn payloads_are_written_canonically() {
        for n in [1, 2, FEW, FEW + 1, MOST, MOST + 1, 2 * MOST + 3] {
            let look = testing::look(n);
            let mut drafts = of_steps(&look).unwrap();
            assert_eq!(drafts.len(), if n <= FEW { n } else { n.div_ceil(MOST) });
            drafts.extend(of_decisions(&look, Timestamp(9)).unwrap());
            for draft in &drafts {
                assert_eq!(canonical_of(&draft.body), draft.body);
            }
        }
    }

    #[test]
    fn steps_are_read_as_they_were_written() {
        for n in [1, FEW, FEW + 1, 2 * MOST + 3] {
            let look = testing::look(n);
            let (mut read, mut placed) = (Vec::new(), Vec::new());
            for (draft, seq) in of_steps(&look).unwrap().iter().zip(7..) {
                let value: Value = serde_json::from_str(&draft.body).unwrap();
                let some = steps(&value["body"]).unwrap();
                placed
                    .extend(some.iter().zip(0..).map(|(one, at)| TransitionRow::of(seq, at, one)));
                read.extend(some);
            }
            assert_eq!(read, look.transitions);
            assert_eq!(placed, rows(&look.transitions, 7));
        }
    }

    #[test]
    fn equal_decisions_share_an_entry_and_others_do_not() {
        let look = testing::look(1_500);
        let drafts = of_decisions(&look, Timestamp(9)).unwrap();
        let mut said = Vec::new();
        for draft in &drafts {
            let value: Value = serde_json::from_str(&draft.body).unwrap();
            let body = &value["body"];
            let decision = Decision::deserialize(&body["decision"]).unwrap();
            assert_eq!(value["why"], decision.reasons.join("; "));
            let alone = std::slice::from_ref(body);
            for one in body["findings"].as_array().map_or(alone, Vec::as_slice) {
                let (key, weakness) = (Key::deserialize(&one["key"]), one["weakness"].clone());
                let weakness = WeaknessId::deserialize(weakness).unwrap();
                said.push(Decided { key: key.unwrap(), weakness, decision: decision.clone() });
            }
        }
        // Every third one is due on another day.
        assert_eq!(drafts.len(), 2);
        said.sort_by_key(|one| one.key);
        let mut wanted = look.decisions.clone();
        wanted.sort_by_key(|one| one.key);
        assert_eq!(said, wanted);
    }
}
