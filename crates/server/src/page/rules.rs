//! Our rules for acting, in sentences, and what each line decided this week.
//!
//! Knows how rules are read aloud. Must not know how they decide.

use holdfast_engine::desk::{LineView, View};
use holdfast_model::Key;
use maud::{Markup, html};

use super::Ctx;
use super::part::{command, empty};
use super::row::is_sentence;
use super::shell;
use super::text::{Foreign, counted, prose, sentence};
use crate::link;

/// The page at `/rules`.
pub fn appetite(ctx: &Ctx, view: &View) -> Markup {
    let rules = &view.appetite;
    let content = html! {
        header.page-head {
            div {
                h1 { "Our rules for acting" }
                p.lead {
                    "The first line that fits decides. "
                    @if !rules.file.is_empty() { "They stand in " code { (rules.file) } "." }
                }
            }
        }
        @if rules.lines.is_empty() {
            (empty(
                "No rules for acting were read",
                &html! { "Without them nothing is blocked, and nothing has a date." },
                &html! { p { "What the built-in ones say:" } (command("holdfast rules list --kind appetite")) },
            ))
        } @else {
            section aria-labelledby="lines" {
                h2 #lines { "Lines of \u{201c}" (Foreign(&rules.name)) "\u{201d}" }
                ol.law { @for line in &rules.lines { (one(view, line)) } }
            }
        }
        section aria-labelledby="approvals" {
            h2 #approvals { "Whose yes a change needs" }
            @if rules.approvals.is_empty() { p { "Nothing is said about it." } }
            ul.effects { @for words in &rules.approvals { li { (sentence(words)) } } }
        }
        section aria-labelledby="gaps" {
            h2 #gaps { "What could not be checked" }
            p {
                @if rules.could_not_check.is_empty() { "Nothing is said about it." }
                @else { (sentence(&rules.could_not_check)) }
            }
        }
        @if let Some(line) = rules.lines.first() {
            section aria-labelledby="more" {
                h2 #more { "To understand a line" }
                (command(&format!("holdfast explain {}", quoted(&line.name))))
            }
        }
    };
    shell::page(ctx, "Our rules for acting", &content)
}

fn one(view: &View, line: &LineView) -> Markup {
    html! {
        li {
            div.body {
                h3 { (Foreign(&line.name)) }
                // A condition stands as its file has it; only those have names with dots.
                p {
                    @if line.when.contains('.') { "When " code { (line.when) } }
                    @else { (sentence(&line.when)) }
                }
                p.deed { (sentence(&line.deed)) }
                @if !line.examples.is_empty() {
                    ul.plain-list {
                        @for (key, title) in &line.examples { (example(view, *key, title)) }
                    }
                }
            }
            dl.tallies {
                div { dt { "open now" } dd { (counted(line.open, "finding", "findings")) } }
                div { dt { "within 7 days" } dd { (counted(line.week, "finding", "findings")) } }
            }
        }
    }
}

/// A finding that the line decides; the same on two hosts is told apart by its asset.
fn example(view: &View, key: Key, title: &str) -> Markup {
    let known = view.findings.iter().find(|finding| finding.key == key);
    let known = known.map(|finding| &finding.row);
    html! {
        li.headline[known.is_some_and(is_sentence)] {
            a href=(link::finding(key)) { (prose(title)) }
            @if let Some(row) = known { " on " (Foreign(&row.asset)) }
        }
    }
}

/// A name as a shell takes it for one word.
fn quoted(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if !name.is_empty() && name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_name_is_one_word_of_a_shell() {
        assert_eq!(quoted("urgent"), "urgent");
        assert_eq!(quoted("the rest"), "'the rest'");
        assert_eq!(quoted("a'; rm b"), "'a'\\''; rm b'");
    }
}
