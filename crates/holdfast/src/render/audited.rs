//! What controls say of hosts, for people: what fails by urgency, then what could not be checked, then
//! the numbers, and at the end the next command.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use holdfast_engine::audit::{Audit, ResultRow};
use holdfast_model::{Key, Severity};

use super::human::{counted, headline};
use super::sheet::Sheet;
use super::style::{Style, on_one_line, shorten, wrap};
use super::{problem, quoted};

/// Rows that are shown unless all are asked for.
const ROWS: usize = 10;
/// Resources of one row, and problems, that are shown then.
const EACH: usize = 3;
/// The fewest letters of a key: `fix` looks at more than what was asked for here.
const LETTERS: usize = 6;

/// How somebody asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The command, as it can be pasted again.
    pub command: &'a str,
    /// Whether every row and every resource is to be shown.
    pub all: bool,
}

/// What one control says of the resources of one host, where it does not hold.
struct Row<'a> {
    first: &'a ResultRow,
    all: Vec<&'a ResultRow>,
}

impl Row<'_> {
    /// What is wrong. Of a broken configuration nobody can say whether the control holds.
    fn title(&self) -> String {
        let title = on_one_line(&self.first.title);
        match self.first.result {
            "error" => format!("not known, since the configuration is broken: {title}"),
            _ => title,
        }
    }
}

/// The whole text.
pub fn report(audit: &Audit, asked: Asked<'_>, style: &Style) -> String {
    let mut out = String::new();
    let sheet = Sheet::of_audit(audit);
    let rows = rows(audit);
    let shown = if asked.all { rows.len() } else { ROWS };
    let later = rows.iter().take(shown).any(|row| row.first.severity == Severity::WhenYouCan);
    let width = if later { 12 } else { 4 };
    let letters = letters(audit);
    for row in rows.iter().take(shown) {
        headline(&row.title(), row.first.severity, width, style, &mut out);
        details(row, &sheet, letters, (asked, width + 4), style, &mut out);
    }
    if rows.len() > shown {
        let _ = writeln!(out, "  and {} more: {} --all", rows.len() - shown, asked.command);
    }
    for failed in audit.details.iter().take(if asked.all { usize::MAX } else { EACH }) {
        out.push_str(&problem::render(failed, style));
    }
    if audit.details.len() > EACH && !asked.all {
        let more = audit.details.len() - EACH;
        let _ = writeln!(out, "  and {more} more problems: {} --all", asked.command);
    }
    for note in &audit.notes {
        let _ = writeln!(out, "note: {note}");
    }
    gaps(audit, &sheet, asked, style, &mut out);
    numbers(audit, style, &mut out);
    let first = rows.iter().find_map(|row| Some((row.first, row.first.key.as_deref()?)));
    if let Some((row, key)) = first {
        let next = fix(key, letters, &row.target);
        let _ = writeln!(out, "{}", style.strong(&format!("Start here: {next}")));
    }
    out
}

/// What does not hold, most urgent first; within one urgency in the order of the controls.
fn rows(audit: &Audit) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut at: BTreeMap<(&str, &str, bool), usize> = BTreeMap::new();
    let fails = |row: &&ResultRow| matches!(row.result, "fail" | "acceptance expired" | "error");
    for result in audit.results.iter().filter(fails) {
        let group = (result.target.as_str(), &*result.control, result.result == "error");
        if let Some(row) = at.get(&group).and_then(|index| rows.get_mut(*index)) {
            row.all.push(result);
        } else {
            at.insert(group, rows.len());
            rows.push(Row { first: result, all: vec![result] });
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.first.severity));
    rows
}

/// How many letters of a key are enough here.
fn letters(audit: &Audit) -> usize {
    let keys = audit.results.iter().filter_map(|row| Key::parse(row.key.as_deref()?));
    holdfast_model::shortest_unique(&keys.collect::<Vec<_>>()).max(LETTERS)
}

fn fix(key: &str, letters: usize, target: &str) -> String {
    let key: String = key.chars().take(letters).collect();
    format!("holdfast fix {key} --target {}", quoted(target))
}

/// On which host, where more than one was looked at.
fn on(target: &str, sheet: &Sheet<'_>) -> String {
    match (sheet.targets.len(), target) {
        (0 | 1, _) => String::new(),
        (_, "local") => " on this machine".to_owned(),
        _ => format!(" on {}", on_one_line(&sheet.called(target))),
    }
}

/// The resources with their evidence, and what mends them.
fn details(
    row: &Row<'_>,
    sheet: &Sheet<'_>,
    letters: usize,
    (asked, indent): (Asked<'_>, usize),
    style: &Style,
    out: &mut String,
) {
    let room = style.width.saturating_sub(indent);
    let mut say = |text: &str| {
        let _ = writeln!(out, "{}{}", " ".repeat(indent), style.dim(text));
    };
    let shown = if asked.all { row.all.len() } else { EACH };
    for one in row.all.iter().take(shown) {
        let text = format!("{}{}: {}", one.resource, on(&one.target, sheet), one.reason);
        for line in wrap(&on_one_line(&text), room) {
            say(&line);
        }
    }
    if row.all.len() > shown {
        say(&format!("and {} more like it", row.all.len() - shown));
    }
    if let Some(key) = &row.first.key {
        say(&fix(key, letters, &row.first.target));
    }
}

/// What could not be told, by what would close the gap: one sentence each, however many they are.
fn gaps(audit: &Audit, sheet: &Sheet<'_>, asked: Asked<'_>, style: &Style, out: &mut String) {
    let mut groups: BTreeMap<&str, Vec<&ResultRow>> = BTreeMap::new();
    for row in audit.results.iter().filter(|row| is_open(row)) {
        groups.entry(&row.closes_with).or_default().push(row);
    }
    if groups.is_empty() {
        return;
    }
    let open: usize = groups.values().map(Vec::len).sum();
    let _ = writeln!(out, "Could not check {}:", counted(open as u64, "resource", "resources"));
    let mut groups: Vec<(&str, Vec<&ResultRow>)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, rows)| std::cmp::Reverse(rows.len()));
    let shown = if asked.all { groups.len() } else { EACH };
    for (closes_with, rows) in groups.iter().take(shown) {
        let text = gap(closes_with, rows, sheet, asked);
        for line in wrap(&text, style.width.saturating_sub(2)) {
            let _ = writeln!(out, "  {line}");
        }
    }
    if groups.len() > shown {
        let more: usize = groups.iter().skip(shown).map(|(_, rows)| rows.len()).sum();
        let _ = writeln!(out, "  and {more} more: {} --all", asked.command);
    }
}

fn is_open(row: &ResultRow) -> bool {
    matches!(row.result, "not assessed" | "manual")
}

fn gap(closes_with: &str, rows: &[&ResultRow], sheet: &Sheet<'_>, asked: Asked<'_>) -> String {
    let count = rows.len();
    if closes_with == "root" {
        let far = rows.iter().all(|row| row.target.starts_with("ssh://"));
        let how = if far {
            "let the user there become root".to_owned()
        } else {
            format!("sudo {}", asked.command)
        };
        return format!("{count} may only be looked at by root: {how}");
    }
    let Some(first) = rows.first() else { return String::new() };
    let what = format!("{}{}", shorten(&first.resource, 60), on(&first.target, sheet));
    let mut text = match count {
        1 => format!("{what}: {}", first.reason),
        _ => format!("{count}, such as {what}: {}", first.reason),
    };
    if !closes_with.is_empty() {
        let _ = write!(text, "; {closes_with}");
    }
    on_one_line(&text)
}

/// How many are as they should be, of those that apply: what is not there cannot be wrong, and does
/// not hold either.
fn numbers(audit: &Audit, style: &Style, out: &mut String) {
    let of =
        |words: &[&str]| audit.results.iter().filter(|row| words.contains(&row.result)).count();
    let away = of(&["not applicable"]);
    let all = audit.results.len() - away;
    let mut say = |text: &str| {
        for line in wrap(&on_one_line(text), style.width) {
            let _ = writeln!(out, "{line}");
        }
    };
    if all > 0 {
        let passed = of(&["pass"]);
        let resources = counted(all as u64, "resource passes", "resources pass");
        let others = [
            (of(&["fail", "acceptance expired"]), "fails", "fail"),
            (of(&["error"]), "stands in a broken configuration", "stand in broken configurations"),
            (of(&["not assessed", "manual"]), "could not be checked", "could not be checked"),
            (of(&["accepted"]), "is accepted for a time", "are accepted for a time"),
        ];
        let others: Vec<String> = others
            .iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many)| counted(*count as u64, one, many))
            .collect();
        let others = if others.is_empty() { others } else { vec![others.join(", ")] };
        let mut sentence = vec![format!("{passed} of {resources}")];
        sentence.extend(others);
        say(&format!("{}.", sentence.join("; ")));
    }
    let mut not_here = audit.results.iter().filter(|row| row.result == "not applicable");
    match (not_here.next(), all) {
        (Some(first), 0) => {
            let resources = counted(away as u64, "resource applies", "resources apply");
            say(&format!("None of {resources} here: {}: {}.", first.resource, first.reason));
        }
        (Some(first), _) => {
            let more = counted(away as u64, "more does", "more do");
            say(&format!("{more} not apply, such as {}: {}.", first.resource, first.reason));
        }
        (None, 0) => say("No control was asked."),
        (None, _) => {}
    }
}

#[cfg(test)]
mod tests {
    use holdfast_engine::audit::AuditedRow;
    use holdfast_model::Verdict;

    use super::*;

    fn row(control: &str, resource: &str, result: &'static str, severity: Severity) -> ResultRow {
        ResultRow {
            control: control.into(),
            title: format!("title of {control}"),
            resource: resource.to_owned(),
            target: "local".to_owned(),
            result,
            reason: format!("reason of {result}"),
            found: None,
            wanted: "no".into(),
            place: None,
            severity,
            key: (result == "fail").then(|| Key([7; 16]).to_string()),
            refs: BTreeMap::new(),
            why: String::new(),
            closes_with: String::new(),
        }
    }

    fn audit(results: Vec<ResultRow>) -> Audit {
        let host = |target: &str, name: &str| AuditedRow {
            target: target.to_owned(),
            id: target.to_owned(),
            name: name.to_owned(),
            os: None,
        };
        let mut hosts = vec![host("local", "laptop")];
        if results.iter().any(|row| row.target != "local") {
            hosts.push(host("ssh://web1", "web1"));
        }
        Audit {
            schema: "holdfast/audit/1",
            at: "2026-03-04T05:06:07Z".to_owned(),
            hosts,
            results,
            verdict: Verdict::Warn,
            problems: Vec::new(),
            notes: Vec::new(),
            details: Vec::new(),
        }
    }

    fn said(results: Vec<ResultRow>, all: bool) -> String {
        let asked = Asked { command: "holdfast audit", all };
        let said = report(&audit(results), asked, &Style::plain());
        assert!(said.lines().all(|line| line.chars().count() <= 100), "{said}");
        said
    }

    use Severity::{Now, Soon, WhenYouCan};

    #[test]
    fn the_most_urgent_is_first_and_its_command_last() {
        let rows = vec![
            row("a", "sysctl a", "fail", WhenYouCan),
            row("b", "sysctl b", "error", Soon),
            row("c", "sysctl c", "fail", Now),
            row("d", "sysctl d", "pass", Now),
        ];
        let said = said(rows, false);
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines[0], "  NOW           title of c");
        assert_eq!(lines[1].trim(), "sysctl c: reason of fail");
        assert_eq!(
            lines[3],
            "  SOON          not known, since the configuration is broken: title of b"
        );
        assert!(lines[5].starts_with("  WHEN YOU CAN  title of a"), "{said}");
        let numbers = "1 of 4 resources pass; 2 fail, 1 stands in a broken configuration.";
        assert!(lines.contains(&numbers), "{said}");
        let key: String = Key([7; 16]).to_string().chars().take(6).collect();
        assert_eq!(
            *lines.last().unwrap(),
            format!("Start here: holdfast fix {key} --target local")
        );
    }

    #[test]
    fn many_rows_and_resources_are_counted_unless_all_are_asked_for() {
        let mut rows: Vec<ResultRow> =
            (0..14).map(|n| row(&format!("c{n:02}"), "file x", "fail", Soon)).collect();
        rows.extend((0..58).map(|n| row("c00", &format!("users all for u{n}"), "fail", Soon)));
        let short = said(rows, false);
        assert_eq!(short.matches("  SOON  ").count(), 10, "{short}");
        assert!(short.contains("  and 4 more: holdfast audit --all\n"), "{short}");
        assert!(short.contains("        and 56 more like it\n"), "{short}");
        assert!(short.contains("0 of 72 resources pass; 72 fail.\n"), "{short}");
        let rows = (0..14).map(|n| row(&format!("c{n:02}"), "file x", "fail", Soon)).collect();
        let whole = said(rows, true);
        assert_eq!(whole.matches("  SOON  ").count(), 14, "{whole}");
        assert!(!whole.contains("--all"), "{whole}");
    }

    #[test]
    fn what_only_root_may_see_is_one_sentence() {
        let gap = |n: usize, closes_with: &str| ResultRow {
            closes_with: closes_with.to_owned(),
            ..row("passwords", &format!("users all for u{n}"), "not assessed", Now)
        };
        let mut rows: Vec<ResultRow> = (0..58).map(|n| gap(n, "root")).collect();
        rows.push(gap(59, "a machine that runs"));
        let said = said(rows, false);
        assert_eq!(
            said,
            "Could not check 59 resources:\n  \
             58 may only be looked at by root: sudo holdfast audit\n  \
             users all for u59: reason of not assessed; a machine that runs\n\
             0 of 59 resources pass; 59 could not be checked.\n"
        );
        assert!(!said.contains("title of"), "what was not seen does not read as if it held");
    }

    #[test]
    fn only_what_applies_is_counted() {
        let away = || row("a", "sysctl a", "not applicable", Soon);
        let none = said(vec![away(), away()], false);
        let wanted = "None of 2 resources apply here: sysctl a: reason of not applicable.\n";
        assert_eq!(none, wanted);
        let some = said(vec![away(), row("b", "sysctl b", "pass", Soon)], false);
        assert_eq!(
            some,
            "1 of 1 resource passes.\n\
             1 more does not apply, such as sysctl a: reason of not applicable.\n"
        );
        assert_eq!(said(Vec::new(), false), "No control was asked.\n");
    }

    #[test]
    fn what_no_tool_mends_names_no_fix() {
        let waits = || ResultRow { key: None, ..row("old", "restart host", "fail", Now) };
        let alone = said(vec![waits()], false);
        assert!(alone.contains("title of old") && !alone.contains("holdfast fix"), "{alone}");
        let both = said(vec![waits(), row("a", "sysctl a", "fail", Soon)], false);
        assert_eq!(both.matches("holdfast fix").count(), 2, "{both}");
        assert!(both.lines().last().unwrap().starts_with("Start here: holdfast fix "), "{both}");
    }

    #[test]
    fn hosts_are_named_where_there_are_several() {
        let far =
            ResultRow { target: "ssh://web1".to_owned(), ..row("a", "sysctl a", "fail", Soon) };
        let said = said(vec![row("a", "sysctl a", "fail", Soon), far], false);
        assert!(said.contains("sysctl a on this machine: reason of fail"), "{said}");
        assert!(said.contains("sysctl a on web1: reason of fail"), "{said}");
    }
}
