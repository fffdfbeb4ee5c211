//! `holdfast advisories affected`: who has a known problem.

use std::fmt::Write as _;

use holdfast_engine::Failure;
use holdfast_engine::affected::{self, Affected, AssetRow, MOST, Page};

use super::super::{Context, block_on};
use crate::Outcome;
use crate::render;
use crate::render::human::counted;

/// How many copies people are shown where they do not say.
const SHOWN: usize = 10;

/// Says who is affected.
pub(super) fn run(
    context: &Context<'_>,
    id: &str,
    limit: Option<usize>,
    after: usize,
) -> Result<Outcome, Failure> {
    let usual = if context.is_json() { MOST } else { SHOWN };
    let page = Page { after, limit: limit.unwrap_or(usual) };
    let answer = block_on(affected::affected(context.world, &context.data, id, page))??;
    let text = if context.is_json() { render::json(&answer) } else { human(&answer, page) };
    Ok(Outcome::ok(text))
}

/// Says what syncs brought, and whom it touches.
pub(super) fn since(
    context: &Context<'_>,
    since: &str,
    id: Option<&str>,
    limit: Option<usize>,
) -> Result<Outcome, Failure> {
    let answer = block_on(affected::since(context.world, &context.data, since, id))??;
    if context.is_json() {
        return Ok(Outcome::ok(render::json(&answer)));
    }
    let shown = limit.unwrap_or(SHOWN);
    let mut out = String::new();
    for problem in &answer.problems {
        let _ = writeln!(out, "{}; {}", problem.message, problem.help);
    }
    for row in answer.weaknesses.iter().take(shown) {
        let word = row.severity.word().to_uppercase();
        let assets: u64 = row.teams.iter().map(|team| team.assets).sum();
        let assets = counted(assets, "asset", "assets");
        let teams: Vec<&str> = row.teams.iter().map(|team| &*team.team).collect();
        let _ = writeln!(out, "{word}  {} ({}): {}", row.weakness, row.what, row.title);
        let _ = writeln!(out, "      {assets} of {}", teams.join(", "));
    }
    if answer.weaknesses.len() > shown {
        let rest = answer.weaknesses.len() - shown;
        let _ = writeln!(out, "and {rest} more: --limit {}", answer.weaknesses.len());
    }
    if answer.weaknesses.is_empty() {
        out.push_str("Nothing that came or changed since then touches an asset.\n");
    }
    let _ = writeln!(
        out,
        "{}: {} came, {} changed, {} gone; {} of them touch nobody who was looked at.",
        counted(answer.syncs, "sync", "syncs"),
        answer.came,
        answer.changed,
        answer.gone,
        answer.untouched,
    );
    Ok(Outcome::ok(out))
}

fn human(answer: &Affected, page: Page) -> String {
    let mut out = String::new();
    let word = answer.severity.word().to_uppercase();
    let _ = writeln!(out, "{word}  {}: {}", answer.weakness, answer.title);
    if answer.withdrawn {
        out.push_str("Its publisher withdrew it.\n");
    }
    for package in &answer.packages {
        let _ = writeln!(out, "  {} {}: {}", package.ecosystem, package.name, package.affected);
    }
    for problem in &answer.problems {
        let _ = writeln!(out, "{}; {}", problem.message, problem.help);
    }
    if answer.total == 0 {
        out.push_str("No asset that was looked at has it.\n");
        return out;
    }
    let copies = counted(answer.total, "copy", "copies");
    if answer.bounded {
        let _ = writeln!(out, "{copies}; the first {MOST} are named.");
    } else {
        let assets: u64 = answer.teams.iter().map(|team| team.assets).sum();
        let assets = counted(assets, "asset", "assets");
        let teams = counted(answer.teams.len() as u64, "team", "teams");
        let _ = writeln!(out, "{copies} on {assets} of {teams}:");
    }
    for row in &answer.assets {
        let _ = writeln!(out, "{}", line(row));
    }
    if let Some(next) = answer.next {
        let rest = answer.total.saturating_sub(next);
        let _ = writeln!(out, "and {rest} more: --after {next} --limit {}", page.limit);
    }
    out
}

fn line(row: &AssetRow) -> String {
    let fix = match &row.fixed_in {
        Some(version) => format!("{version} mends it"),
        None => "no version mends it".to_owned(),
    };
    format!(
        "  {}  {} ({})  {} {} at {} · {fix}",
        row.team,
        row.name,
        row.standing.word(),
        row.subject,
        row.version,
        row.place,
    )
}
