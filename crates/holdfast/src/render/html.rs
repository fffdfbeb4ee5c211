//! One page of HTML without a script and without anything from elsewhere: for people who get a
//! report as a file.
//!
//! Most urgent first, then what could not be told; what is as it should be is folded away. Colour
//! only repeats what a word says; light and dark follow the system; it prints.

use std::borrow::Cow;
use std::fmt::Write as _;

use holdfast_model::{Severity, Verdict};

use super::human::counted;
use super::quoted;
use super::sheet::{Came, Outcome, Sheet, escaped, place, targets};

const STYLE: &str = include_str!("report.css");

/// The groups of what is to be mended, in their order.
const GROUPS: [(Severity, &str, &str); 3] = [
    (Severity::Now, "Now", "now"),
    (Severity::Soon, "Soon", "soon"),
    (Severity::WhenYouCan, "When you can", "later"),
];

/// The whole page.
pub fn report(sheet: &Sheet<'_>) -> String {
    let of: Vec<Cow<'_, str>> =
        targets(sheet).into_iter().map(|target| sheet.called(target)).collect();
    let of = of.join(", ");
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{} – Holdfast</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>",
        escaped(&of)
    );
    header(sheet, &of, &mut out);
    for (severity, title, class) in GROUPS {
        let rows = sheet.outcomes.iter().filter(|one| {
            matches!(one.came, Came::Failed | Came::Error) && one.severity == Some(severity)
        });
        section(title, class, rows, sheet, &mut out);
    }
    let rows = |came: Came| sheet.outcomes.iter().filter(move |one| one.came == came);
    section("Could not check", "gap", rows(Came::NotAssessed), sheet, &mut out);
    problems(sheet, &mut out);
    folded("Accepted for a time", rows(Came::Accepted), sheet, &mut out);
    folded("As it should be", rows(Came::Passed), sheet, &mut out);
    folded("Not applicable here", rows(Came::NotApplicable), sheet, &mut out);
    let _ = writeln!(
        out,
        "<footer><p>Holdfast {} looked at {}. Made <time datetime=\"{at}\">{at}</time>.</p>\
         </footer>\n</main>\n</body>\n</html>",
        env!("CARGO_PKG_VERSION"),
        escaped(&sheet.looked),
        at = escaped(sheet.at),
    );
    out
}

fn header(sheet: &Sheet<'_>, of: &str, out: &mut String) {
    let open = sheet.count(Came::Failed) + sheet.count(Came::Error);
    let says = match sheet.verdict {
        Verdict::Pass => "By our rules for acting this may go on.",
        Verdict::Warn => "By our rules for acting this may go on, with a warning.",
        Verdict::Block => "By our rules for acting this needs a change before it can go on.",
    };
    let mut parts = vec![format!("looked at {}", sheet.looked)];
    let gaps = sheet.count(Came::NotAssessed) + sheet.problems.len();
    if gaps > 0 {
        parts.push(format!("could not check {}", counted(gaps as u64, "thing", "things")));
    }
    let _ = writeln!(
        out,
        "<header>\n<p class=\"of\">{}</p>\n<h1><span class=\"number\">{open}</span> to mend</h1>\n\
         <p>{says}</p>\n<p class=\"soft\">{}</p>\n</header>",
        escaped(of),
        escaped(&parts.join("; ")),
    );
}

fn section<'d>(
    title: &str,
    class: &str,
    rows: impl Iterator<Item = &'d Outcome<'d>>,
    sheet: &Sheet<'_>,
    out: &mut String,
) {
    let rows: Vec<&Outcome<'_>> = rows.collect();
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "<section class=\"{class}\">\n<h2>{title} <span class=\"soft\">{}</span></h2>\n<ol>",
        rows.len()
    );
    for row in rows {
        item(row, sheet, out);
    }
    out.push_str("</ol>\n</section>\n");
}

fn item(row: &Outcome<'_>, sheet: &Sheet<'_>, out: &mut String) {
    let _ = writeln!(out, "<li>\n<h3>{}</h3>", escaped(row.title));
    let mut stands = vec![format!("<code>{}</code>", escaped(row.subject))];
    if sheet.targets.len() > 1 {
        stands.push(format!("on {}", escaped(&sheet.called(row.target))));
    }
    stands.extend(row.place.map(|at| format!("<code>{}</code>", escaped(&place(at)))));
    let _ = writeln!(out, "<p>{}</p>", stands.join(" · "));
    if !row.reason.is_empty() {
        let _ = writeln!(out, "<p>{}</p>", escaped(&row.reason));
    }
    if !row.why.is_empty() {
        let _ = writeln!(out, "<p class=\"soft\">{}</p>", escaped(row.why));
    }
    let mut last = vec![escaped(row.id)];
    last.extend(row.due.map(|due| format!("by <time datetime=\"{0}\">{0}</time>", escaped(due))));
    if let (Some(key), Came::Failed) = (row.key, row.came) {
        let key: String = key.chars().take(12).collect();
        let target = match sheet.command {
            "audit" => format!(" --target {}", quoted(row.target)),
            _ => String::new(),
        };
        last.push(format!("<code>holdfast fix {}{}</code>", escaped(&key), escaped(&target)));
    }
    let _ = writeln!(out, "<p class=\"soft\">{}</p>\n</li>", last.join(" · "));
}

fn problems(sheet: &Sheet<'_>, out: &mut String) {
    if sheet.problems.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "<section class=\"gap\">\n<h2>Could not be read <span class=\"soft\">{}</span></h2>\n<ol>",
        sheet.problems.len()
    );
    for problem in sheet.problems {
        let at = problem.place.as_ref().map(place).unwrap_or_default();
        let _ = writeln!(
            out,
            "<li>\n<h3>{}</h3>\n<p><code>{}</code></p>\n<p class=\"soft\">{} · {}</p>\n</li>",
            escaped(&problem.message),
            escaped(&at),
            escaped(&problem.help),
            escaped(&problem.code),
        );
    }
    out.push_str("</ol>\n</section>\n");
}

fn folded<'d>(
    title: &str,
    rows: impl Iterator<Item = &'d Outcome<'d>>,
    sheet: &Sheet<'_>,
    out: &mut String,
) {
    let rows: Vec<&Outcome<'_>> = rows.collect();
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "<details>\n<summary>{title} <span class=\"soft\">{}</span></summary>\n<div class=\"wide\">\
         <table>\n<thead><tr><th scope=\"col\">What</th><th scope=\"col\">Where</th>\
         <th scope=\"col\">Because</th></tr></thead>\n<tbody>",
        rows.len()
    );
    for row in rows {
        let on = match sheet.targets.len() {
            0 | 1 => String::new(),
            _ => format!(" on {}", sheet.called(row.target)),
        };
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td><code>{}</code>{}</td><td>{}</td></tr>",
            escaped(row.title),
            escaped(row.subject),
            escaped(&on),
            escaped(&row.reason),
        );
    }
    out.push_str("</tbody>\n</table></div>\n</details>\n");
}
