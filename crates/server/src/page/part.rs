//! Parts that several pages share: buttons and their reasons, code to copy, tabs, pages of lists.
//!
//! Knows the look of small things. Must not know what any of them does.

use holdfast_model::{Severity, Tool};
use maud::{Markup, html};

use super::Ctx;
use super::icon;
use super::query::given;
use super::text::{number, sentence};

/// What proves that a form came from a page of this session.
pub(super) fn hidden_token(ctx: &Ctx) -> Markup {
    html! { input type="hidden" name="form_token" value=(ctx.form_token); }
}

/// A button that does something: its form, and what else it sends.
pub(super) fn deed(
    ctx: &Ctx,
    to: &str,
    words: &str,
    class: &str,
    sends: &[(&str, &str)],
) -> Markup {
    html! {
        form method="post" action=(to) {
            (hidden_token(ctx))
            @for (name, value) in sends { input type="hidden" name=(name) value=(value); }
            button class={ "button " (class) } type="submit" { (words) }
        }
    }
}

/// An action that is not there for this person, and why, beside it.
pub(super) fn not_now(words: &str, why: &str, id: &str) -> Markup {
    html! {
        div.not-now {
            button.button type="button" disabled aria-describedby=(id) { (words) }
            p.why id=(id) { (sentence(why)) }
        }
    }
}

/// An urgency: its mark and its word.
pub(super) fn urgency(severity: Severity) -> Markup {
    html! {
        span class={ "urgency " (urgency_class(severity)) } {
            (icon::urgency(severity)) span { (urgency_words(severity)) }
        }
    }
}

/// The word of an urgency as a heading says it.
pub(super) fn urgency_words(severity: Severity) -> &'static str {
    match severity {
        Severity::Now => "Now",
        Severity::Soon => "Soon",
        Severity::WhenYouCan => "When you can",
    }
}

/// The class of an urgency in the style sheet.
pub(super) fn urgency_class(severity: Severity) -> &'static str {
    match severity {
        Severity::Now => "is-now",
        Severity::Soon => "is-soon",
        Severity::WhenYouCan => "is-later",
    }
}

/// Code that somebody may want to take along. The button is there with the script only.
pub(super) fn code(text: &str, label: &str) -> Markup {
    html! {
        div.code {
            pre tabindex="0" role="region" aria-label=(label) { code { (text) } }
            button.copy type="button" data-copy hidden aria-label={ "Copy: " (label) } { "Copy" }
        }
    }
}

/// A command to be typed in a terminal.
pub(super) fn command(text: &str) -> Markup {
    html! {
        div.code.command {
            pre tabindex="0" role="region" aria-label="Command" { code { (text) } }
            button.copy type="button" data-copy hidden aria-label="Copy the command" { "Copy" }
        }
    }
}

/// What a page says where it has nothing to list: what was looked at and when, and what to do.
pub(super) fn empty(headline: &str, looked: &Markup, next: &Markup) -> Markup {
    html! {
        div.empty {
            h2 { (headline) }
            p { (looked) }
            (next)
        }
    }
}

/// Links that choose what stands below; they work without a script.
pub(super) fn tabs(label: &str, all: &[(String, String, Option<u64>)], chosen: &str) -> Markup {
    html! {
        nav.tabs aria-label=(label) {
            ul {
                @for (address, words, count) in all {
                    li {
                        a href=(address) aria-current=[(words == chosen).then_some("true")] {
                            (words)
                            @if let Some(count) = count { " " span.count { (number(*count)) } }
                        }
                    }
                }
            }
        }
    }
}

/// A choice; what is asked and nobody offers is offered, so that it can be seen and taken back.
pub(super) fn choice(
    name: &str,
    label: &str,
    all: &str,
    asked: Option<&String>,
    offers: &[(String, String)],
) -> Markup {
    let asked = given(asked);
    let unknown = asked.filter(|asked| offers.iter().all(|(value, _)| value != asked));
    html! {
        div.field {
            label for=(name) { (label) }
            select #(name) name=(name) {
                option value="" { (all) }
                @for (value, words) in offers {
                    option value=(value) selected[asked == Some(value.as_str())] { (words) }
                }
                @if let Some(unknown) = unknown {
                    option value=(unknown) selected { (unknown) " (not known)" }
                }
            }
        }
    }
}

/// One page of a long list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    /// From 1.
    pub(super) number: usize,
    /// How many pages there are, at least 1.
    pub(super) of: usize,
    /// How many rows stand before it.
    pub(super) before: usize,
}

impl Page {
    /// The page that is asked for, or the last one.
    pub(super) fn of(rows: usize, most: usize, asked: usize) -> Self {
        let of = rows.div_ceil(most.max(1)).max(1);
        let number = asked.clamp(1, of);
        Self { number, of, before: (number - 1) * most }
    }

    /// The way to its neighbours.
    pub(super) fn links(self, address: impl Fn(usize) -> String) -> Markup {
        html! {
            @if self.of > 1 {
                nav.pager aria-label="Pages of this list" {
                    @if self.number > 1 {
                        a.button rel="prev" href=(address(self.number - 1)) { "Previous page" }
                    }
                    span { "Page " (self.number) " of " (self.of) }
                    @if self.number < self.of {
                        a.button rel="next" href=(address(self.number + 1)) { "Next page" }
                    }
                }
            }
        }
    }
}

/// The name of a tool, for people.
pub(super) fn tool(tool: Tool) -> &'static str {
    match tool {
        Tool::Shell => "shell",
        Tool::Ansible => "Ansible",
        Tool::Puppet => "Puppet",
        Tool::Chef => "Chef",
    }
}
