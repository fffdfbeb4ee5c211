//! The terminal: calm, at most ten rows, what to do first, one copyable command at the end.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use holdfast_engine::document::{AssetRow, FindingRow, NotAssessedRow, Report};
use holdfast_model::{FindingKind, Severity, State, Verdict};

use super::alerts::{self, Group};
use super::hosts;
use super::problem;
use super::style::{Style, on_one_line, shorten, wrap};

/// Rows that are shown unless more are asked for.
const ROWS: usize = 10;
/// Problems that are shown in full.
const PROBLEMS: usize = 5;

/// The findings of one package at one place, or of one control: people mend packages and settings,
/// not identifiers. Pending updates of one machine are one row: one command installs them all.
pub struct Row<'a> {
    /// The most urgent of them.
    pub first: &'a FindingRow,
    /// The others.
    pub more: Vec<&'a FindingRow>,
}

/// What installs every pending update of a Debian-like machine.
const UPGRADE: &str = "apt-get update && apt-get upgrade";

/// What lists the cases that alerts belong to.
const CASES: &str = "holdfast case list";

/// How the weakness of a pending update begins.
const UPDATE: &str = "update:";

impl Row<'_> {
    /// Whether it stands for several pending updates.
    fn is_updates(&self) -> bool {
        self.first.weakness.starts_with(UPDATE) && !self.more.is_empty()
    }

    /// What is wrong, one sentence.
    pub fn title(&self) -> String {
        if !self.is_updates() {
            return self.first.title.clone();
        }
        let names: Vec<&str> = std::iter::once(self.first)
            .chain(self.more.iter().copied())
            .map(FindingRow::name)
            .collect();
        match names.as_slice() {
            [one, two] => format!("{one} and {two} have security updates ready"),
            [one, two, rest @ ..] => format!(
                "{} packages have security updates ready: {one}, {two} and {} more",
                names.len(),
                rest.len()
            ),
            _ => self.first.title.clone(),
        }
    }
}

/// Groups findings, keeping the order of the first of each group.
pub fn rows(findings: &[FindingRow]) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut at: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.state.is_open()) {
        let group = if finding.weakness.starts_with(UPDATE) {
            (finding.asset.as_str(), UPDATE, "")
        } else if finding.kind == FindingKind::Control {
            // One control is mended as a whole, whatever it is about.
            (finding.asset.as_str(), &*finding.weakness, "control")
        } else {
            let path = finding.place.as_ref().map_or("", |place| &place.path);
            (finding.asset.as_str(), &*finding.subject, path)
        };
        if let Some(row) = at.get(&group).and_then(|index| rows.get_mut(*index)) {
            row.more.push(finding);
        } else {
            at.insert(group, rows.len());
            rows.push(Row { first: finding, more: Vec::new() });
        }
    }
    rows
}

/// The whole report.
pub fn report(report: &Report, style: &Style) -> String {
    let mut out = String::new();
    header(report, style, &mut out);
    let rows = rows(&report.findings);
    if rows.is_empty() {
        nothing(report, &mut out);
    }
    let short = short_length(&report.findings);
    let groups = alerts::groups(&report.alerts);
    let lines = by_urgency(&rows, &groups);
    let width = if lines.iter().take(ROWS).any(|line| line.severity() == Severity::WhenYouCan) {
        12
    } else {
        4
    };
    for line in lines.iter().take(ROWS) {
        match line {
            Line::Finding(row) => finding_row(row, short, width, report, style, &mut out),
            Line::Alert(group) => alert_row(group, width, style, &mut out),
        }
    }
    let left = lines.get(ROWS..).unwrap_or_default();
    if !left.is_empty() {
        let _ = writeln!(out, "  and {} more: {}", left.len(), lists(left, report));
    }
    if let Some(announced) = alerts::announced(&report.alerts) {
        let _ = writeln!(out, "  {announced}");
    }
    for detail in report.details.iter().take(PROBLEMS) {
        out.push_str(&problem::render(detail, style));
    }
    if report.details.len() > PROBLEMS {
        let more = report.details.len() - PROBLEMS;
        let _ = writeln!(out, "  and {more} more files with problems: --format json");
    }
    gaps(report, style, &mut out);
    verdict(report, &mut out);
    start_here(&lines, short, report, style, &mut out);
    out
}

/// One row that is shown.
enum Line<'a> {
    Finding(&'a Row<'a>),
    Alert(&'a Group<'a>),
}

impl Line<'_> {
    fn severity(&self) -> Severity {
        match self {
            Self::Finding(row) => row.first.severity,
            Self::Alert(group) => group.severity(),
        }
    }
}

/// Both in one list. What happened comes before what is only as it should not be, where both are
/// as urgent; findings keep their order.
fn by_urgency<'a>(rows: &'a [Row<'a>], groups: &'a [Group<'a>]) -> Vec<Line<'a>> {
    let mut lines = Vec::with_capacity(rows.len() + groups.len());
    let mut groups = groups.iter().peekable();
    for row in rows {
        while let Some(group) = groups.next_if(|group| group.severity() >= row.first.severity) {
            lines.push(Line::Alert(group));
        }
        lines.push(Line::Finding(row));
    }
    lines.extend(groups.map(Line::Alert));
    lines
}

/// The commands that list what is not shown.
fn lists(left: &[Line<'_>], report: &Report) -> String {
    let findings = if report.schema.contains("up") {
        "holdfast findings"
    } else {
        "holdfast check --format json"
    };
    let mut commands = Vec::new();
    if left.iter().any(|line| matches!(line, Line::Finding(_))) {
        commands.push(findings);
    }
    if left.iter().any(|line| matches!(line, Line::Alert(_))) {
        commands.push(CASES);
    }
    commands.join(", ")
}

/// Like that of a finding: what, then when, on what and where, then what to do.
fn alert_row(group: &Group<'_>, width: usize, style: &Style, out: &mut String) {
    let indent = width + 4;
    let room = style.width.saturating_sub(indent);
    headline(&on_one_line(&group.title()), group.severity(), width, style, out);
    let alert = group.last;
    let on = match group.targets() {
        none if none.is_empty() => String::new(),
        targets => format!("on {}", on_one_line(&targets)),
    };
    let place = &alert.place;
    let mut parts = vec![
        alert.time.clone(),
        on,
        on_one_line(group.unannounced()),
        format!("{}:{}:{}", on_one_line(&place.path), place.line, place.column),
        format!("why: holdfast explain {}", super::quoted(&on_one_line(&alert.rule))),
    ];
    parts.retain(|part| !part.is_empty());
    for line in joined(&parts, room) {
        let _ = writeln!(out, "{}{}", " ".repeat(indent), style.dim(&line));
    }
}

/// The urgency, and one sentence that may take several lines.
pub fn headline(title: &str, severity: Severity, width: usize, style: &Style, out: &mut String) {
    let indent = width + 4;
    for (index, line) in wrap(title, style.width.saturating_sub(indent)).iter().enumerate() {
        if index == 0 {
            let _ = write!(out, "  {}  ", style.urgency(severity, width));
        } else {
            out.push_str(&" ".repeat(indent));
        }
        out.push_str(line);
        out.push('\n');
    }
}

/// How many letters of a key are enough here.
pub fn short_length(findings: &[FindingRow]) -> usize {
    let keys: Vec<holdfast_model::Key> =
        findings.iter().filter_map(|finding| holdfast_model::Key::parse(&finding.key)).collect();
    holdfast_model::shortest_unique(&keys)
}

fn header(report: &Report, style: &Style, out: &mut String) {
    let took = format!("{}.{} s", report.took_ms / 1000, report.took_ms % 1000 / 100);
    let text = format!("Looked at {}", hosts::looked_at(report, seen));
    let lines = wrap(&text, style.width.saturating_sub(8));
    let last = lines.len().saturating_sub(1);
    for (index, line) in lines.iter().enumerate() {
        if index == last {
            let gap =
                style.width.saturating_sub(line.chars().count() + took.chars().count()).max(2);
            let _ = writeln!(out, "{}{}{}", style.strong(line), " ".repeat(gap), style.dim(&took));
        } else {
            let _ = writeln!(out, "{}", style.strong(line));
        }
    }
}

/// What was seen of an asset.
fn seen(row: &AssetRow) -> String {
    let packages = counted(row.packages, "package", "packages");
    match row.settings {
        0 => packages,
        settings => format!("{packages}, {}", counted(settings, "setting", "settings")),
    }
}

/// "1 package", "12,345 packages".
pub fn counted(number: u64, one: &str, many: &str) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{text} {}", if number == 1 { one } else { many })
}

fn nothing(report: &Report, out: &mut String) {
    let packages: u64 = report.assets.iter().map(|asset| asset.packages).sum();
    let against = match &report.against.synced {
        Some(day) => format!(
            "{} of {}",
            counted(report.against.advisories, "advisory", "advisories"),
            day.split('T').next().unwrap_or(day)
        ),
        None => format!(
            "the {} that come along; a feed knows thousands more",
            counted(report.against.starter, "well-known weakness", "well-known weaknesses")
        ),
    };
    if !report.only.is_empty() && !report.only.contains(&"package") {
        let only = report.only.join(", ");
        let _ =
            writeln!(out, "  Nothing found by the checks of kind {only}; packages were not judged");
        return;
    }
    let what = if report.old.is_some() { "Nothing new" } else { "Nothing known" };
    let among = counted(packages, "package", "packages");
    let _ = writeln!(out, "  {what} among {among}, against {against}");
}

fn finding_row(
    row: &Row<'_>,
    short: usize,
    width: usize,
    report: &Report,
    style: &Style,
    out: &mut String,
) {
    let finding = row.first;
    let indent = width + 4;
    let place = finding
        .place
        .as_ref()
        .filter(|_| !row.is_updates())
        .map(|place| format!("{}:{}:{}", on_one_line(&place.path), place.line, place.column))
        .unwrap_or_default();
    let room = style.width.saturating_sub(indent);
    let mut title = row.title();
    if finding.state == State::Unproven {
        title.push_str(" (the last look could not tell)");
    }
    headline(&title, finding.severity, width, style, out);
    let host = hosts::of(finding, report).map(|host| format!("on {}", on_one_line(host)));
    let mut parts = vec![host.unwrap_or_default(), place];
    if row.is_updates() {
        parts.push(format!("as root: {UPGRADE}"));
    } else {
        if !row.more.is_empty() {
            parts.push(format!("and {} more about it", row.more.len()));
        }
        parts.push(remedy(finding, short, report));
    }
    parts.retain(|part| !part.is_empty());
    for line in joined(&parts, room) {
        let _ = writeln!(out, "{}{}", " ".repeat(indent), style.dim(&line));
    }
}

/// Joins parts with dots, a new line where one does not fit: a command is never broken.
fn joined(parts: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 3 + part.chars().count() <= width => {
                line.push_str(" · ");
                line.push_str(part);
            }
            _ if part.chars().count() > width => lines.extend(broken(part, width)),
            _ => lines.push(part.clone()),
        }
    }
    lines
}

/// A part that is longer than a line, broken at spaces. The command at its end has a line of its own,
/// and what says nothing but where something is stays whole.
fn broken(part: &str, width: usize) -> Vec<String> {
    match part.rsplit_once(": ") {
        Some((text, command)) if command.starts_with("holdfast ") => {
            let mut lines = wrap(&format!("{text}:"), width);
            lines.push(command.to_owned());
            lines
        }
        Some(_) => wrap(part, width),
        None => vec![part.to_owned()],
    }
}

fn remedy(finding: &FindingRow, short: usize, report: &Report) -> String {
    match (finding.mends(), finding.by_hand()) {
        // No step of ours lifts it: a command would only say so.
        (Some(mends), Some(does)) => format!("{mends}: {does}"),
        (Some(mends), None) => format!("{mends}: {}", command("fix", finding, short, report)),
        (None, _) => format!("why: {}", command("explain", finding, short, report)),
    }
}

/// A command about a finding that works where it is pasted: it names the folder that was named.
fn command(verb: &str, finding: &FindingRow, short: usize, report: &Report) -> String {
    let key: String = finding.key.chars().take(short).collect();
    match &report.path {
        Some(path) => format!("holdfast {verb} {key} --path {}", super::quoted(path)),
        None => format!("holdfast {verb} {key}"),
    }
}

fn gaps(report: &Report, style: &Style, out: &mut String) {
    let rows = &report.not_assessed;
    if rows.is_empty() {
        return;
    }
    let mut groups: BTreeMap<&str, Vec<&NotAssessedRow>> = BTreeMap::new();
    for row in rows {
        groups.entry(&row.closes_with).or_default().push(row);
    }
    let mut words: Vec<(usize, String)> = groups
        .iter()
        .map(|(closes_with, members)| {
            let on = hosts::of_gaps(members, report);
            let on = on.map(|host| format!(" on {}", on_one_line(host))).unwrap_or_default();
            (members.len(), gap(closes_with, members, &on))
        })
        .collect();
    words.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let words: Vec<String> = words.into_iter().map(|(_, text)| text).collect();
    let text = format!("Could not check {}:  {}", rows.len(), words.join(" · "));
    for (index, line) in wrap(&text, style.width.saturating_sub(2)).iter().enumerate() {
        let _ = writeln!(out, "{}{line}", if index == 0 { "" } else { "  " });
    }
}

/// A subject for people: the name of a package without the notation around it.
fn plain(subject: &str) -> String {
    let name = subject.strip_prefix("pkg:").and_then(|rest| rest.split_once('/'));
    name.map_or_else(|| subject.to_owned(), |(_, name)| name.replace("%40", "@"))
}

fn gap(closes_with: &str, members: &[&NotAssessedRow], on: &str) -> String {
    let mut subjects: Vec<String> = members.iter().map(|row| plain(&row.subject)).collect();
    subjects.sort_unstable();
    subjects.dedup();
    let what = match subjects.as_slice() {
        [one] => shorten(one, 60),
        [one, two] => format!("{} and {}", shorten(one, 40), shorten(two, 40)),
        [one, two, three] => {
            format!("{}, {} and {}", shorten(one, 40), shorten(two, 40), shorten(three, 40))
        }
        many => format!("{} things", many.len()),
    };
    if closes_with == "root" {
        let need = if members.len() == 1 { "needs" } else { "need" };
        format!("{} {need} root{on}", members.len())
    } else {
        format!("{what}{on}: {closes_with}")
    }
}

fn verdict(report: &Report, out: &mut String) {
    if report.schema.contains("up") {
        return;
    }
    if let Some(old) = report.old.filter(|old| *old > 0) {
        let text = counted(old, "finding was", "findings were");
        let _ = writeln!(out, "{text} there before this change, which did not bring them in");
    }
    let blocked = report
        .findings
        .iter()
        .filter(|row| row.state.is_open())
        .filter(|row| {
            row.decision.as_ref().is_some_and(|d| d.deeds.contains(&holdfast_model::Do::Block))
        })
        .count() as u64;
    let sentence = match report.verdict {
        Verdict::Pass => "pass".to_owned(),
        Verdict::Warn => "pass with warnings".to_owned(),
        Verdict::Block if blocked == 0 => "blocked: not everything could be checked".to_owned(),
        Verdict::Block => format!("blocked by {}", counted(blocked, "finding", "findings")),
    };
    let _ = writeln!(out, "Verdict: {sentence} (rules for acting: {})", report.appetite);
}

/// The last line is the next command: what can be mended first, else what can be done at all.
fn start_here(lines: &[Line<'_>], short: usize, report: &Report, style: &Style, out: &mut String) {
    // Somebody may be at it right now: what it came to is asked before anything is mended.
    if let Some(Line::Alert(group)) = lines.first()
        && (group.severity() == Severity::Now || lines.iter().all(|l| matches!(l, Line::Alert(_))))
    {
        let _ = writeln!(out, "{}", style.strong(&format!("Start here: {CASES}")));
        return;
    }
    let rows: Vec<&Row<'_>> = lines
        .iter()
        .filter_map(|line| match line {
            Line::Finding(row) => Some(*row),
            Line::Alert(_) => None,
        })
        .collect();
    let ours = |row: &Row<'_>| row.first.fixed_in.is_some() && row.first.by_hand().is_none();
    let mendable = rows.iter().find(|row| ours(row));
    let next = match (mendable, rows.first()) {
        (Some(row), _) if row.is_updates() => match hosts::of(row.first, report) {
            Some(host) => format!("{UPGRADE} (as root, on {})", on_one_line(host)),
            None => format!("{UPGRADE} (as root)"),
        },
        (Some(row), _) => command("fix", row.first, short, report),
        (None, Some(row)) => command("explain", row.first, short, report),
        (None, None) => match report.not_assessed.first() {
            Some(gap) if gap.closes_with.starts_with("holdfast") => gap.closes_with.clone(),
            _ => return,
        },
    };
    let _ = writeln!(out, "{}", style.strong(&format!("Start here: {next}")));
}
