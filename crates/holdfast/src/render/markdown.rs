//! Markdown for pull requests and tickets: one table, folded details, no shouting.

use std::fmt::Write as _;

use holdfast_engine::document::Report;
use holdfast_model::Verdict;

use super::human::{counted, rows, short_length};

/// The whole report.
pub fn report(report: &Report) -> String {
    let mut out = String::new();
    let rows = rows(&report.findings);
    let headline = match (report.verdict, rows.len() as u64) {
        (Verdict::Block, _) => "This needs a change before it can go on".to_owned(),
        (_, 0) => "Nothing known to mend".to_owned(),
        (_, n) => format!("{} to mend", counted(n, "package or file", "packages or files")),
    };
    let _ = writeln!(out, "### {headline}\n");
    let short = short_length(&report.findings);
    if !rows.is_empty() {
        out.push_str(
            "| how soon | what | where | mended in | by | key |\n|---|---|---|---|---|---|\n",
        );
    }
    for row in &rows {
        let finding = row.first;
        let place = finding
            .place
            .as_ref()
            .map(|place| format!("`{}:{}`", place.path, place.line))
            .unwrap_or_default();
        let more = match row.more.len() {
            0 => String::new(),
            n => format!(" (and {n} more)"),
        };
        let due = finding
            .decision
            .as_ref()
            .and_then(|decision| decision.due.as_deref())
            .and_then(|due| due.split('T').next())
            .unwrap_or("–");
        let key: String = finding.key.chars().take(short).collect();
        let _ = writeln!(
            out,
            "| {} | {}{more} | {place} | {} | {due} | {key} |",
            finding.severity.word(),
            cell(&row.title()),
            finding.fixed_in.as_deref().unwrap_or("–"),
        );
    }
    if let Some(old) = report.old.filter(|old| *old > 0) {
        let text = counted(old, "finding was", "findings were");
        let _ = writeln!(out, "\n{text} there before this change.");
    }
    if !report.not_assessed.is_empty() {
        let count = report.not_assessed.len() as u64;
        let _ = writeln!(
            out,
            "\n<details><summary>Could not check {}</summary>\n",
            counted(count, "thing", "things")
        );
        for row in &report.not_assessed {
            let _ = writeln!(
                out,
                "- {}: {} ({})",
                cell(&row.subject),
                cell(&row.reason),
                cell(&row.closes_with)
            );
        }
        out.push_str("\n</details>\n");
    }
    if !report.problems.is_empty() {
        out.push_str("\n<details><summary>Files with problems</summary>\n\n");
        for row in &report.problems {
            let place = row
                .place
                .as_ref()
                .map(|place| format!("`{}:{}:{}` ", place.path, place.line, place.column))
                .unwrap_or_default();
            let _ = writeln!(out, "- {place}{}", cell(&row.message));
        }
        out.push_str("\n</details>\n");
    }
    let _ = writeln!(
        out,
        "\nVerdict: **{}**, by the rules for acting `{}`.",
        report.verdict.word(),
        report.appetite
    );
    out
}

/// Text that cannot break out of a table cell or start markup.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '|' | '<' | '>' | '[' | ']' | '*' | '_' | '`' | '\\' | '#' | '!' | '@' => {
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
