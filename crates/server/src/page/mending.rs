//! Mending times: the one number, the curve, what is open by age, and what is wanted.
//!
//! Knows how numbers are shown. Must not know how they are counted: the desk says each in words.

use holdfast_engine::desk::{GoalView, MendingGroup, MendingView, View};
use maud::{Markup, PreEscaped, html};

use super::findings::kind_words;
use super::part::{command, empty};
use super::text::{Foreign, counted, len, number, sentence};
use super::{Ctx, icon, shell};

/// Rows of the table of groups before the rest is only counted.
const MOST: usize = 100;
/// What the table says of each group.
const COLUMNS: [&str; 5] =
    ["Found", "Mended", "Open", "Half mended within", "Open, of its first 90 days"];

/// The page at `/mending`.
pub fn mending(ctx: &Ctx, view: &View) -> Markup {
    let mending = &view.mending;
    let found = mending.groups.first().map_or(0, |group| group.found);
    let content = html! {
        header.page-head {
            div {
                h1 { "Mending times" }
                @if found > 0 && !mending.half.trim().is_empty() {
                    p.one-number { (sentence(&mending.half)) }
                }
            }
        }
        @if found == 0 {
            (none(view))
        } @else {
            (reconstructed(mending, found))
            (curve(mending))
            (ages(mending))
            (goals(&mending.goals))
            (groups(mending))
            (flattery(mending))
        }
    };
    shell::page(ctx, "Mending times", &content)
}

/// What is told by old files is not what was seen: said before any number is read.
fn reconstructed(mending: &MendingView, found: usize) -> Markup {
    html! {
        @if mending.reconstructed > 0 {
            div.callout.is-calm role="note" {
                p {
                    strong {
                        @if mending.reconstructed >= found { "All of this is reconstructed. " }
                        @else {
                            (count(mending.reconstructed)) " of " (count(found))
                            " mending times are reconstructed. "
                        }
                    }
                    "They are told by old lockfiles and package logs, beginning on the day on which "
                    "the advisory was published. Holdfast did not look at that time."
                }
            }
        }
    }
}

/// The curve, where it is one drawing and nothing else.
fn curve(mending: &MendingView) -> Markup {
    html! {
        @if is_drawing(&mending.curve) {
            section aria-labelledby="curve" {
                h2 #curve { "What is not mended yet, by age" }
                figure.km-figure { (PreEscaped(mending.curve.trim())) }
                p.meta {
                    "Everything that was found, urgent or not. The pale band is where the true line lies 19 times out of 20. What is still open "
                    "counts for as long as it has been open; ticks show where that ends."
                }
            }
        }
    }
}

/// Whether a text is one SVG element, so that it can neither break out of its place nor bring
/// anything that runs. Its words were escaped by whoever drew it.
fn is_drawing(text: &str) -> bool {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let once = lower.matches("<svg").count() == 1 && lower.matches("</svg").count() == 1;
    let foreign = ["<script", "<foreignobject", "<style", "<a ", "<image", "<use", "<!", "<?"];
    text.starts_with("<svg ")
        && text.ends_with("</svg>")
        && once
        && !foreign.into_iter().any(|element| lower.contains(element))
}

fn ages(mending: &MendingView) -> Markup {
    let all: usize = mending.ages.iter().map(|(_, count)| count).sum();
    let most = mending.ages.iter().map(|(_, count)| *count).max().unwrap_or_default().max(1);
    html! {
        section aria-labelledby="ages" {
            h2 #ages { "How old is what is open " span.count { (count(all)) } }
            @if all == 0 {
                p { "Nothing is open." }
            } @else {
                dl.ages {
                    @for (words, open) in &mending.ages {
                        div {
                            dt { (words) }
                            dd { (bar(*open, most)) span.figure { (count(*open)) } }
                        }
                    }
                }
            }
        }
    }
}

/// A bar beside a number: hidden from readers, who have the number.
fn bar(open: usize, most: usize) -> Markup {
    let wide = if open == 0 { 0 } else { (open.saturating_mul(100) / most).max(1) };
    html! {
        svg.bar viewBox="0 0 100 8" width="100" height="8" preserveAspectRatio="none"
            aria-hidden="true" focusable="false" { rect width=(wide) height="8" {} }
    }
}

fn goals(goals: &[GoalView]) -> Markup {
    html! {
        section aria-labelledby="goals" {
            h2 #goals { "What is wanted" }
            @if goals.is_empty() {
                p { "No goal is set. A goal says how much is to be mended within how long, and until when." }
            } @else {
                ul.goals { @for goal in goals { li { (one_goal(goal)) } } }
            }
        }
    }
}

fn one_goal(goal: &GoalView) -> Markup {
    html! {
        span.mark-cell {
            @match goal.verdict {
                "kept" => { (icon::passed()) }
                "missed" => { (icon::refused()) }
                "on the way" => { (icon::under_way()) }
                _ => { (icon::untold()) }
            }
        }
        div.body {
            h3 { (sentence(&goal.title)) }
            p { (sentence(&goal.sentence)) }
        }
    }
}

fn groups(mending: &MendingView) -> Markup {
    let rest = mending.groups.len().saturating_sub(MOST);
    html! {
        section aria-labelledby="groups" {
            h2 #groups { "By team and kind" }
            div.table tabindex="0" role="region" aria-label="Table of groups" {
                // On a phone its rows become blocks, which are a table by their roles alone.
                table.stacks role="table" {
                    thead role="rowgroup" {
                        tr role="row" {
                            th role="columnheader" scope="col" { "Of" }
                            @for name in COLUMNS { th role="columnheader" scope="col" { (name) } }
                        }
                    }
                    tbody role="rowgroup" { @for group in mending.groups.iter().take(MOST) { (one_group(group)) } }
                }
            }
            @if rest > 0 { p.more-of { "And " (count(rest)) " smaller groups." } }
        }
    }
}

fn one_group(group: &MendingGroup) -> Markup {
    let [found, mended, open] = [group.found, group.mended, group.open].map(count);
    let cells = [found, mended, open, group.median.clone(), group.mean.clone()];
    html! {
        tr role="row" {
            th role="rowheader" scope="row" { (group_words(group)) }
            @for (name, said) in COLUMNS.into_iter().zip(cells) {
                td.figure role="cell" data-of=(name) { (said) }
            }
        }
    }
}

fn group_words(group: &MendingGroup) -> Markup {
    let kind = holdfast_model::FindingKind::ALL.into_iter().find(|kind| kind.word() == group.name);
    html! {
        @match (group.sort, kind) {
            ("kind", Some(kind)) => { (kind_words(kind)) }
            ("team", _) if group.name.is_empty() => { "Nobody named yet" }
            (_, _) if group.name.is_empty() => { "Everything" }
            _ => { (Foreign(&group.name)) }
        }
        @if !group.name.is_empty() { span.sort { (group.sort) } }
    }
}

fn flattery(mending: &MendingView) -> Markup {
    html! {
        @if !mending.flattery.trim().is_empty() {
            section aria-labelledby="flattery" {
                h2 #flattery { "Why the mean of what was mended flatters" }
                p { (sentence(&mending.flattery)) }
            }
        }
    }
}

fn none(view: &View) -> Markup {
    empty(
        "No mending time is known yet",
        &html! {
            @if view.findings.is_empty() { "Nothing was found so far that could be mended. " }
            @else {
                "Looked through " (counted(len(&view.findings), "finding", "findings")) ". "
            }
            "A mending time begins when something is found and ends when the same check no longer "
            "finds it."
        },
        &html! {
            p { "Old lockfiles in git and package logs can tell how it was before:" }
            (command("holdfast history"))
        },
    )
}

fn count(count: usize) -> String {
    number(u64::try_from(count).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::is_drawing;

    #[test]
    fn only_one_drawing_and_nothing_else_is_shown() {
        assert!(is_drawing("<svg class=\"curve\"><path d=\"M0 0\"/></svg>\n"));
        for other in [
            "",
            "words",
            "<p>words</p>",
            "<svg></svg>",
            "<svg class=\"a\"></svg><p>words</p>",
            "<svg class=\"a\"></svg><svg class=\"b\"></svg>",
            "<svg class=\"a\"><script>alert(1)</script></svg>",
            "<svg class=\"a\"><STYLE>*{display:none}</STYLE></svg>",
            "<svg class=\"a\"><foreignObject></foreignObject></svg>",
            "<svg class=\"a\">",
        ] {
            assert!(!is_drawing(other), "{other}");
        }
    }
}
