//! Mending times: what the record says, in words and one picture.

use std::sync::Arc;

use holdfast_learn::words::about;
use holdfast_learn::{Drawing, Goal, Group, HORIZON_DAYS, History, Line, Spell, Summary, spells};
use holdfast_model::{AssetId, Known, Problem, Timestamp, Transition};
use jiff::tz::TimeZone;

use crate::desk::{GoalView, MendingGroup, MendingView};
use crate::gather::Tree;
use crate::own_rules::Texts;

/// Where a folder keeps its goals.
const OWN: &str = ".holdfast/objectives/**";

/// The files of goals that a folder keeps for itself.
pub(crate) fn own(tree: &dyn Tree) -> Texts {
    Texts::below(tree, OWN, &["yaml"])
}

/// The goals of a folder; those that cannot be read are told of.
pub(crate) fn goals(tree: &dyn Tree, problems: &mut Vec<Problem>) -> Vec<Goal> {
    let mut goals = Vec::new();
    let own = own(tree);
    problems.extend(own.problems);
    for (path, text) in &own.files {
        let (goal, told) = Goal::read(path, text);
        problems.extend(told);
        goals.extend(goal);
    }
    goals
}

/// The spells that a record tells. `whose` gives asset and team of a finding.
pub(crate) fn of_record<'k>(
    known: &'k [Known],
    log: &[Transition],
    whose: impl Fn(&'k Known) -> Option<(&'k AssetId, &'k str)>,
    now: Timestamp,
) -> Vec<Spell> {
    let histories: Vec<History<'_>> = known
        .iter()
        .filter_map(|one| {
            let (asset, team) = whose(one)?;
            Some(History {
                known: one,
                asset,
                team,
                known_since: None,
                gone: None,
                reconstructed: false,
            })
        })
        .collect();
    spells(&histories, log, now)
}

/// The page.
pub(crate) fn view(
    spells: &[Spell],
    goals: &[Goal],
    zone: &TimeZone,
    now: Timestamp,
) -> MendingView {
    let summary = Summary::of(spells, None, now);
    let whole = std::iter::once(("everything", &summary.whole));
    let teams = summary.by_team.iter().map(|group| ("team", group));
    let kinds = summary.by_kind.iter().map(|group| ("kind", group));
    MendingView {
        half: summary.half.sentence(),
        groups: whole.chain(teams).chain(kinds).map(|(sort, group)| row(sort, group)).collect(),
        curve: curve(&summary, goals),
        ages: summary.whole.ages.rows().to_vec(),
        flattery: summary.whole.flattery().unwrap_or_default(),
        reconstructed: summary.whole.reconstructed,
        goals: goals.iter().map(|goal| judged(goal, spells, zone, now)).collect(),
    }
}

fn row(sort: &'static str, group: &Group) -> MendingGroup {
    let mean = &group.mean;
    MendingGroup {
        sort,
        name: group.name.clone(),
        found: group.spells,
        mended: group.mended,
        open: group.open,
        median: group.median_in_words(),
        mean: match (about(mean.mean), about(mean.low), about(mean.high)) {
            _ if group.spells == 0 => "nothing was found".to_owned(),
            // Nothing ended: an interval without width would look like knowledge.
            _ if group.mended == 0 => "nothing was mended yet".to_owned(),
            (mean, low, high) => format!("{mean} on average ({low} to {high})"),
        },
    }
}

/// Everything as one curve; nothing where nothing was found.
fn curve(summary: &Summary, goals: &[Goal]) -> String {
    if summary.whole.spells == 0 {
        return String::new();
    }
    let lines = [Line { name: "", curve: &summary.whole.curve }];
    let goal = goals.iter().find(|goal| goal.of.is_none() && goal.team.is_none());
    Drawing {
        id: "mending",
        title: "The share that is still open, over the days since it was found",
        lines: &lines,
        days: HORIZON_DAYS,
        goal: goal.map(|goal| (goal.within.days(), goal.share)),
        numbers: true,
    }
    .svg()
}

fn judged(goal: &Goal, spells: &[Spell], zone: &TimeZone, now: Timestamp) -> GoalView {
    let judgement = goal.judge(spells, zone, now);
    GoalView {
        id: goal.id.clone(),
        title: goal.title.clone(),
        verdict: judgement.verdict.word(),
        sentence: judgement.sentence,
    }
}

/// The team of an asset, by its id.
pub(crate) fn team_of<'a>(
    assets: &'a [holdfast_model::Asset],
    id: &Arc<str>,
) -> Option<(&'a AssetId, &'a str)> {
    let asset = assets.iter().find(|asset| asset.id.0 == *id)?;
    Some((&asset.id, asset.team.as_str()))
}
