//! Markdown for pull requests and tickets: one table, folded details, no shouting.

use std::fmt::Write as _;

use holdfast_engine::document::{FindingRow, Report};
use holdfast_model::{FindingKind, Verdict};

use super::alerts;
use super::hosts;
use super::human::{Row, counted, rows, short_length};

/// The whole report.
pub fn report(report: &Report) -> String {
    let mut out = String::new();
    let rows = rows(&report.findings);
    let mut headline = match (report.verdict, rows.len() as u64) {
        (Verdict::Block, _) => "This needs a change before it can go on".to_owned(),
        (_, 0) => "Nothing known to mend".to_owned(),
        (_, n) => format!("{} to mend", counted(n, "thing", "things")),
    };
    let asked: u64 = alerts::groups(&report.alerts).iter().map(|group| group.count).sum();
    if asked > 0 {
        let _ = write!(headline, ", {} that nobody announced", counted(asked, "event", "events"));
    }
    let _ = writeln!(out, "### {headline}\n");
    table(report, &rows, &mut out);
    events(report, !rows.is_empty(), &mut out);
    if let Some(old) = report.old.filter(|old| *old > 0) {
        let text = counted(old, "finding was", "findings were");
        let _ = writeln!(out, "\n{text} there before this change.");
    }
    let count = counted(report.not_assessed.len() as u64, "thing", "things");
    let gaps = report.not_assessed.iter().map(|row| {
        format!("{}: {} ({})", cell(&row.subject), cell(&row.reason), cell(&row.closes_with))
    });
    folded(&format!("Could not check {count}"), gaps, &mut out);
    let problems = report.problems.iter().map(|row| {
        let place = row.place.as_ref();
        let place = place.map(|at| format!("`{}:{}:{}` ", code(&at.path), at.line, at.column));
        place.unwrap_or_default() + &cell(&row.message)
    });
    folded("Files with problems", problems, &mut out);
    let verdict = report.verdict.word();
    let _ =
        writeln!(out, "\nVerdict: **{verdict}**, by the rules for acting `{}`.", report.appetite);
    out
}

fn table(report: &Report, rows: &[Row<'_>], out: &mut String) {
    if rows.is_empty() {
        return;
    }
    let short = short_length(&report.findings);
    out.push_str("| how soon | what | where | mended in | by | key |\n|---|---|---|---|---|---|\n");
    for row in rows {
        let finding = row.first;
        let place = finding.place.as_ref();
        let place = place.map(|at| format!("`{}:{}`", code(&at.path), at.line));
        let host = hosts::of(finding, report).map(|host| format!("{} ", cell(host)));
        let more = match row.more.len() {
            0 => String::new(),
            n => format!(" (and {n} more)"),
        };
        let due = finding.decision.as_ref().and_then(|decision| decision.due.as_deref());
        let key: String = finding.key.chars().take(short).collect();
        let _ = writeln!(
            out,
            "| {} | {}{more} | {}{} | {} | {} | {key} |",
            finding.severity.word(),
            cell(&row.title()),
            host.unwrap_or_default(),
            place.unwrap_or_default(),
            cell(&mended(finding)),
            due.and_then(|due| due.split('T').next()).unwrap_or("–"),
        );
    }
}

/// What rules say of events that nobody announced, and how many were announced.
fn events(report: &Report, after_table: bool, out: &mut String) {
    let groups = alerts::groups(&report.alerts);
    let announced = alerts::announced(&report.alerts);
    if after_table && (!groups.is_empty() || announced.is_some()) {
        out.push('\n');
    }
    if !groups.is_empty() {
        out.push_str(
            "| how soon | what | when | on what | where | rule |\n|---|---|---|---|---|---|\n",
        );
    }
    for group in &groups {
        let alert = group.last;
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | `{}:{}` | {} |",
            group.severity().word(),
            cell(&group.title()),
            alert.time,
            cell(&group.targets()),
            code(&alert.place.path),
            alert.place.line,
            cell(&alert.rule),
        );
    }
    if let Some(announced) = announced {
        let gap = if groups.is_empty() { "" } else { "\n" };
        let _ = writeln!(out, "{gap}{announced}.");
    }
}

/// The version or value in which it is mended.
fn mended(finding: &FindingRow) -> String {
    match (finding.kind, finding.mends()) {
        (FindingKind::Control, Some(mends)) => mends,
        _ => finding.fixed_in.as_deref().unwrap_or("–").to_owned(),
    }
}

/// A list that is folded away; nothing where it is empty.
fn folded(summary: &str, items: impl Iterator<Item = String>, out: &mut String) {
    let items: Vec<String> = items.collect();
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n<details><summary>{summary}</summary>\n");
    for item in items {
        let _ = writeln!(out, "- {item}");
    }
    out.push_str("\n</details>\n");
}

/// Text inside a code span of a table cell: no escape works there, so what could end it, or could
/// be taken for markup by a careless renderer, is shown as `?`.
fn code(text: &str) -> String {
    let odd = |letter: char| matches!(letter, '`' | '|' | '<' | '>') || letter.is_control();
    text.chars().map(|letter| if odd(letter) { '?' } else { letter }).collect()
}

/// Text that cannot break out of a table cell or start markup.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '|' | '<' | '>' | '[' | ']' | '(' | '*' | '_' | '`' | '\\' | '#' | '!' | '@' => {
                out.push('\\');
                out.push(letter);
            }
            '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_break_the_table() {
        assert_eq!(cell("a|b\n<img>"), "a\\|b \\<img\\>");
    }
}
