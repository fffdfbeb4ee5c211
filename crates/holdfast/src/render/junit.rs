//! JUnit's XML, as build servers read it: a suite for each asset, a case for each outcome.
//!
//! What fails is a failure of the type of its urgency; what is accepted, does not apply or could not
//! be told is skipped, each with its reason, since the form has no other word; a configuration that
//! cannot be read is an error. There is no official schema; the elements and attributes are those
//! that Ant wrote first and Jenkins, GitLab and others read.

use std::fmt::Write as _;

use super::sheet::{Came, Outcome, Sheet, Who, escaped, place, targets};

/// The whole sheet.
pub fn report(sheet: &Sheet<'_>) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all: Vec<&Outcome<'_>> = sheet.outcomes.iter().collect();
    let _ = writeln!(
        out,
        "<testsuites name=\"holdfast {}\" {} time=\"0\">",
        sheet.command,
        counts(&all, sheet.problems.len())
    );
    for (at, target) in targets(sheet).into_iter().enumerate() {
        let rows: Vec<&Outcome<'_>> =
            sheet.outcomes.iter().filter(|one| one.target == target).collect();
        // Problems belong to no asset: they stand with the first.
        let problems = if at == 0 { sheet.problems } else { &[] };
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" {} time=\"0\" timestamp=\"{}\"{}>",
            escaped(&sheet.called(target)),
            counts(&rows, problems.len()),
            escaped(sheet.at.trim_end_matches('Z')),
            hostname(sheet.who(target)),
        );
        let _ = writeln!(out, "    <properties>{}</properties>", properties(sheet, target));
        for row in rows {
            case(row, &mut out);
        }
        for problem in problems {
            let at = problem.place.as_ref().map(place).unwrap_or_default();
            let _ = writeln!(
                out,
                "    <testcase classname=\"problem.{}\" name=\"{}\" time=\"0\">\n      \
                 <error type=\"{}\" message=\"{}\">{} {}</error>\n    </testcase>",
                escaped(&problem.code),
                escaped(if at.is_empty() { &problem.code } else { &at }),
                escaped(&problem.code),
                escaped(&problem.message),
                escaped(&at),
                escaped(&problem.help),
            );
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// The attribute by which build servers know the machine.
fn hostname(who: Who<'_>) -> String {
    if who.host { format!(" hostname=\"{}\"", escaped(who.name)) } else { String::new() }
}

/// What was looked at, what came of it, and who the asset is.
fn properties(sheet: &Sheet<'_>, target: &str) -> String {
    let who = sheet.who(target);
    let mut all = vec![
        ("looked", sheet.looked.as_str()),
        ("verdict", sheet.verdict.word()),
        ("asset", who.id),
    ];
    all.extend(who.os.map(|os| ("os", &*os.id)));
    all.extend(who.os.and_then(|os| os.version.as_deref()).map(|version| ("os-version", version)));
    let property = |(name, value): (&str, &str)| {
        format!("<property name=\"{name}\" value=\"{}\"/>", escaped(value))
    };
    all.into_iter().map(property).collect()
}

fn counts(rows: &[&Outcome<'_>], problems: usize) -> String {
    let of = |wanted: &[Came]| rows.iter().filter(|row| wanted.contains(&row.came)).count();
    format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
        rows.len() + problems,
        of(&[Came::Failed]),
        of(&[Came::Error]) + problems,
        of(&[Came::Accepted, Came::NotApplicable, Came::NotAssessed]),
    )
}

fn case(row: &Outcome<'_>, out: &mut String) {
    let (file, line) = match row.place {
        Some(at) => (format!(" file=\"{}\"", escaped(&at.path)), format!(" line=\"{}\"", at.line)),
        None => (String::new(), String::new()),
    };
    let name = format!("{}: {}", row.subject, row.title);
    let _ = write!(
        out,
        "    <testcase classname=\"{}\" name=\"{}\"{file}{line} time=\"0\"",
        escaped(row.id),
        escaped(&name)
    );
    let reason = escaped(&row.reason);
    match row.came {
        Came::Passed => {
            out.push_str("/>\n");
            return;
        }
        Came::Failed => {
            let _ = write!(
                out,
                ">\n      <failure type=\"{}\" message=\"{}\">{}</failure>",
                row.severity.map_or("unknown", holdfast_model::Severity::word),
                escaped(row.title),
                escaped(&detail(row))
            );
        }
        Came::Error => {
            let _ = write!(out, ">\n      <error type=\"error\" message=\"{reason}\"/>");
        }
        Came::Accepted | Came::NotApplicable | Came::NotAssessed => {
            let message = match row.came.word() {
                word if reason.is_empty() => word.to_owned(),
                word => format!("{word}: {reason}"),
            };
            let _ = write!(out, ">\n      <skipped message=\"{message}\"/>");
        }
    }
    out.push_str("\n    </testcase>\n");
}

/// Everything that helps to find and mend it, on one line.
fn detail(row: &Outcome<'_>) -> String {
    let mut parts = Vec::new();
    parts.extend(row.place.map(place));
    parts.extend((!row.reason.is_empty()).then(|| row.reason.clone()));
    parts.extend((!row.why.is_empty()).then(|| row.why.to_owned()));
    parts.extend(row.key.map(|key| format!("holdfast findings {key}")));
    parts.join("; ")
}
