//! Every step of every finding, for those who count.

use holdfast_model::{Key, Outcome, State, Timestamp, Transition};

use crate::codes;
use crate::error::StoreError;
use crate::project::read_transition;
use crate::rows::TransitionRow;
use crate::tx::Tx;
use crate::{Store, sql};

/// The states and outcomes that a row can name.
const STATES: [State; 8] = [
    State::Open,
    State::Unproven,
    State::Accepted,
    State::Fixed,
    State::Removed,
    State::Withdrawn,
    State::Moved,
    State::Merged,
];
const OUTCOMES: [Outcome; 7] = [
    Outcome::Fixed,
    Outcome::Removed,
    Outcome::Withdrawn,
    Outcome::Accepted,
    Outcome::Moved,
    Outcome::Merged,
    Outcome::Reopened,
];

impl Store {
    /// Every step of every finding, in the order in which they were noted; without the reasons,
    /// which stand in the entries.
    pub async fn transitions(&self) -> Result<Vec<Transition>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let rows = tx.rows(&sql::TRANSITION_LIST, |q| q).await?;
        let mut steps = Vec::with_capacity(rows.len());
        for row in &rows {
            let row = read_transition(row)?;
            let seq = row.seq;
            let step = step(row).ok_or_else(|| tx.corrupt("a step has an unknown code"))?;
            steps.push((seq, step));
        }
        steps.sort_by_key(|(seq, _)| *seq);
        Ok(steps.into_iter().map(|(_, step)| step).collect())
    }
}

fn step(row: TransitionRow) -> Option<Transition> {
    let state = |code: i64| STATES.into_iter().find(|state| codes::state(*state) == code);
    let outcome = |code: i64| OUTCOMES.into_iter().find(|one| codes::outcome(*one) == code);
    let key = |bytes: Vec<u8>| bytes.try_into().ok().map(Key);
    Some(Transition {
        key: key(row.key.0)?,
        standing: codes::standing_of(row.standing)?,
        from: row.from_state.map(|code| state(code).ok_or(())).transpose().ok()?,
        to: state(row.to_state)?,
        outcome: row.outcome.map(|code| outcome(code).ok_or(())).transpose().ok()?,
        other: row.other.map(|bytes| key(bytes.0).ok_or(())).transpose().ok()?,
        at: Timestamp(row.at),
        because: String::new(),
    })
}
