//! Proposals: a plan, for which host, by whom, until when, and whose yes it needs.
//!
//! Knows what people are asked to approve. Must not know who they are beyond a name, nor keep what
//! they said: the ledger does.

use holdfast_model::{AssetId, Digest, Fields, Key, Needed, Problem, Target, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plan::Plan;

/// Longer titles and names are refused, in characters.
const LONGEST: usize = 400;
/// A plan that mends more findings is refused.
const MOST_FINDINGS: usize = 10_000;

/// What a proposal is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What is to be done.
    pub plan: Plan,
    /// On which asset.
    pub asset: AssetId,
    /// Where it is carried out.
    pub target: Target,
    /// Who planned it.
    pub author: String,
    /// What it does, in a sentence.
    pub title: String,
    /// What it mends.
    pub findings: Vec<Key>,
    /// Whose yes it needs, by the rules of its day.
    pub needed: Needed,
    /// When it was planned.
    pub proposed: Timestamp,
    /// From when on it can be neither approved nor carried out.
    pub expires: Timestamp,
}

/// A plan that people are asked to approve. It never changes: another one is another proposal,
/// with another digest, and needs approvals of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    plan: Plan,
    asset: AssetId,
    target: Target,
    author: String,
    title: String,
    findings: Vec<Key>,
    needed: Needed,
    proposed: Timestamp,
    expires: Timestamp,
    digest: Digest,
}

/// What a proposal is written as, before its digest is believed.
#[derive(Deserialize)]
struct Unchecked {
    plan: Value,
    asset: AssetId,
    target: Target,
    author: String,
    title: String,
    findings: Vec<Key>,
    needed: Needed,
    proposed: Timestamp,
    expires: Timestamp,
    digest: Digest,
}

impl Proposal {
    /// A proposal.
    ///
    /// # Errors
    ///
    /// `proposal-draft` where there is no step, no author or no title, where it would be over
    /// before it begins, or where a text is longer than 400 characters.
    pub fn new(draft: Draft) -> Result<Self, Box<Problem>> {
        sound(&draft)?;
        let digest = digest(&draft);
        let Draft { plan, asset, target, author, title, findings, needed, proposed, expires } =
            draft;
        Ok(Self { plan, asset, target, author, title, findings, needed, proposed, expires, digest })
    }

    /// Reads a proposal as it was written, and computes both digests anew.
    ///
    /// # Errors
    ///
    /// `proposal-unreadable` where the document is no proposal; `proposal-altered` or
    /// `plan-altered` where it is not, to the last member, what a proposal of its own digest is
    /// written as.
    pub fn read(document: &Value) -> Result<Self, Box<Problem>> {
        let unreadable = |detail: String| {
            let message = format!("the document is no proposal: {detail}");
            Box::new(Problem::new("proposal-unreadable", message).help("plan it anew"))
        };
        let Unchecked {
            plan,
            asset,
            target,
            author,
            title,
            findings,
            needed,
            proposed,
            expires,
            digest,
        } = Unchecked::deserialize(document).map_err(|error| unreadable(error.to_string()))?;
        let plan = Plan::read(&plan)?;
        let draft =
            Draft { plan, asset, target, author, title, findings, needed, proposed, expires };
        let proposal = Self::new(draft).map_err(|problem| unreadable(problem.message))?;
        // Not only the digests: what no digest covers must not stand beside what was approved.
        if digest == proposal.digest
            && serde_json::to_value(&proposal).is_ok_and(|own| own == *document)
        {
            return Ok(proposal);
        }
        let message = format!("the proposal is not the one that `{digest}` names");
        Err(Box::new(Problem::new("proposal-altered", message).help("plan it anew")))
    }

    /// Its identity: over everything that it says. Approvals are given to it.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What is to be done.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// On which asset.
    pub fn asset(&self) -> &AssetId {
        &self.asset
    }

    /// Where it is carried out.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Who planned it.
    pub fn author(&self) -> &str {
        &self.author
    }

    /// What it does, in a sentence.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What it mends.
    pub fn findings(&self) -> &[Key] {
        &self.findings
    }

    /// Whose yes it needs, by the rules of its day.
    pub fn needed(&self) -> Needed {
        self.needed
    }

    /// When it was planned.
    pub fn proposed(&self) -> Timestamp {
        self.proposed
    }

    /// From when on it can be neither approved nor carried out.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }
}

fn sound(draft: &Draft) -> Result<(), Box<Problem>> {
    let refuse = |message: &str| Err(Box::new(Problem::new("proposal-draft", message)));
    let fits = |text: &str| text.chars().count() <= LONGEST;
    if draft.plan.steps().is_empty() {
        return refuse("a plan without steps cannot be proposed");
    }
    if draft.author.trim().is_empty() || draft.title.trim().is_empty() {
        return refuse("a proposal names its author and what it does");
    }
    if !fits(&draft.author) || !fits(&draft.title) {
        return refuse("the author or the title of a proposal is longer than 400 characters");
    }
    if draft.findings.len() > MOST_FINDINGS {
        return refuse("a proposal mends more than 10,000 findings");
    }
    if draft.expires <= draft.proposed {
        return refuse("a proposal would be over before it begins");
    }
    Ok(())
}

fn digest(draft: &Draft) -> Digest {
    let mut fields = Fields::new("holdfast proposal 1")
        .field(&draft.plan.digest().0)
        .field(draft.asset.0.as_bytes());
    match &draft.target {
        Target::Local => fields.add(b"local"),
        Target::Root(path) => {
            fields.add(b"root");
            fields.add(path.as_bytes());
        }
        Target::Ssh(address) => {
            fields.add(b"ssh");
            fields.add(address.as_bytes());
        }
        Target::Facts(path) => {
            fields.add(b"facts");
            fields.add(path.as_bytes());
        }
    }
    fields.add(draft.author.as_bytes());
    fields.add(draft.title.as_bytes());
    // Behind their number, so that no key passes into what follows.
    fields.add(&(draft.findings.len() as u64).to_be_bytes());
    for key in &draft.findings {
        fields.add(&key.0);
    }
    fields.add(&[draft.needed.people, u8::from(draft.needed.one_person)]);
    fields.add(&draft.proposed.0.to_be_bytes());
    fields.add(&draft.expires.0.to_be_bytes());
    fields.finish()
}

#[cfg(test)]
pub(crate) mod tests;
