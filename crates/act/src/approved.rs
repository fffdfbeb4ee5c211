//! What may be carried out: the only door is [`Proposal::approve`].

use std::ops::Deref;

use holdfast_model::{Approval, Needed, Timestamp};

use crate::consent::Consent;
use crate::proposal::Proposal;

/// Something that enough people said yes to.
///
/// Whoever changes anything outside of a user's own working tree asks for one. Only
/// [`Proposal::approve`] makes it, from what the ledger holds; after a restart it is derived again,
/// and never read from anywhere:
///
/// ```compile_fail
/// fn forged(proposal: holdfast_act::Proposal) -> holdfast_act::Approved<holdfast_act::Proposal> {
///     holdfast_act::Approved { what: proposal, by: Vec::new(), by_one: false }
/// }
/// ```
///
/// ```compile_fail
/// fn read(text: &str) -> Option<holdfast_act::Approved<holdfast_act::Proposal>> {
///     serde_json::from_str(text).ok()
/// }
/// ```
///
/// Nor can it be kept for a second time:
///
/// ```compile_fail
/// fn twice<T: Clone>(approved: &holdfast_act::Approved<T>) -> holdfast_act::Approved<T> {
///     approved.clone()
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Approved<T> {
    what: T,
    by: Vec<String>,
    by_one: bool,
}

impl<T> Approved<T> {
    /// Who said yes and counts.
    pub fn by(&self) -> &[String] {
        &self.by
    }

    /// Whether its author alone said yes, which the rules allow.
    pub fn by_one(&self) -> bool {
        self.by_one
    }

    /// Who approved it, for people and the record: "approved by `ada` and `grace`", "approved by
    /// one: `ada`, who planned it".
    pub fn in_words(&self) -> String {
        let names: Vec<String> = self.by.iter().map(|name| format!("`{name}`")).collect();
        match names.as_slice() {
            [one] if self.by_one => format!("approved by one: {one}, who planned it"),
            [rest @ .., last] if !rest.is_empty() => {
                format!("approved by {} and {last}", rest.join(", "))
            }
            _ => format!("approved by {}", names.concat()),
        }
    }
}

impl<T> Deref for Approved<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.what
    }
}

/// A proposal that may not be carried out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotYet {
    /// The proposal, as it was.
    pub proposal: Proposal,
    /// Why; never `Given`.
    pub consent: Consent,
}

impl Proposal {
    /// Lets it be carried out, where everybody who has to said yes.
    ///
    /// # Errors
    ///
    /// Gives the proposal back with where it stands.
    pub fn approve(
        self,
        approvals: &[Approval],
        now_needed: Needed,
        now: Timestamp,
    ) -> Result<Approved<Self>, Box<NotYet>> {
        match self.consent(approvals, now_needed, now) {
            Consent::Given { by, by_one } => Ok(Approved { what: self, by, by_one }),
            consent => Err(Box::new(NotYet { proposal: self, consent })),
        }
    }
}
