//! The stricter of two decisions: a tree may tighten the rules that judge it, and never loosen.

use holdfast_model::{Asset, Decision, Do, Finding, Timestamp};

use crate::appetite::{Appetite, Approvals, CouldNotCheck};
use crate::judge::{Look, judge};

#[cfg(test)]
mod tests;

/// How much a deed asks of people: showing, mending by itself, a ticket, being told at once, being
/// stopped.
pub(crate) fn rank(deed: Do) -> u8 {
    match deed {
        Do::Inform => 0,
        Do::Fix => 1,
        Do::Ticket => 2,
        Do::Page => 3,
        Do::Block => 4,
    }
}

/// The rank of the strongest deed of a decision, from 0 (it only informs) to 4 (it blocks).
pub fn strength(decision: &Decision) -> u8 {
    decision.deeds.iter().copied().map(rank).max().unwrap_or_default()
}

/// One decision that is never milder than either: every deed of both, the earlier due date, the
/// reasons of both.
///
/// `fix` is a permission to mend without asking, so it stays only where both grant it; where that
/// leaves nothing to do, a ticket takes its place. `team` is that of `base`.
pub fn tighter(base: Decision, tree: Decision) -> Decision {
    if base.deeds == tree.deeds && base.due == tree.due {
        return base;
    }
    let earlier =
        |decision: &Decision| std::cmp::Reverse(decision.due.map_or(i64::MAX, |due| due.0));
    let tree_leads = (strength(&tree), earlier(&tree)) > (strength(&base), earlier(&base));
    let both_fix = base.deeds.contains(&Do::Fix) && tree.deeds.contains(&Do::Fix);
    let one_fix = base.deeds.contains(&Do::Fix) != tree.deeds.contains(&Do::Fix);
    let mut deeds: Vec<Do> = Vec::new();
    for deed in base.deeds.iter().chain(&tree.deeds).copied() {
        let stays = match deed {
            Do::Inform => false,
            Do::Fix => both_fix,
            Do::Ticket | Do::Page | Do::Block => true,
        };
        if stays && !deeds.contains(&deed) {
            deeds.push(deed);
        }
    }
    if deeds.is_empty() {
        deeds.push(if one_fix { Do::Ticket } else { Do::Inform });
    }
    let due = match (base.due, tree.due) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    let (leading, other) = if tree_leads { (tree, base.clone()) } else { (base.clone(), tree) };
    let mut reasons = leading.reasons;
    for reason in other.reasons {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons.push("the stricter of the rules before and after this change counts".to_owned());
    Decision {
        deeds,
        due,
        team: base.team,
        line: leading.line,
        reasons,
        appetite: leading.appetite,
    }
}

/// Two appetites that judge together.
#[derive(Debug, Clone, Copy)]
pub struct Strictest<'a> {
    base: &'a Appetite,
    tree: &'a Appetite,
}

/// The rules of the base together with those of the tree that is judged: for each finding the
/// stricter decision counts, and of all else the stricter setting.
pub fn stricter_of<'a>(base: &'a Appetite, tree: &'a Appetite) -> Strictest<'a> {
    Strictest { base, tree }
}

impl Strictest<'_> {
    /// Decides about a finding, as [`judge`] does.
    pub fn judge(
        &self,
        finding: &Finding,
        asset: &Asset,
        look: &Look,
        seen: Timestamp,
    ) -> Decision {
        let base = judge(self.base, finding, asset, look, seen);
        if self.base.digest == self.tree.digest {
            return base;
        }
        tighter(base, judge(self.tree, finding, asset, look, seen))
    }

    /// The stricter answer to what could not be checked.
    pub fn could_not_check(&self) -> CouldNotCheck {
        self.base.could_not_check.max(self.tree.could_not_check)
    }

    /// One person may approve only where both say so.
    pub fn one_person(&self) -> bool {
        self.base.one_person && self.tree.one_person
    }

    /// The greater number of people each.
    pub fn approvals(&self) -> Approvals {
        let (base, tree) = (self.base.approvals, self.tree.approvals);
        Approvals {
            change: base.change.max(tree.change),
            production: base.production.max(tree.production),
            appetite: base.appetite.max(tree.appetite),
        }
    }
}
