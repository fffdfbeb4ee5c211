//! Settings: the ways to reach teams, each with a message as it would look.
//!
//! Knows how a way is shown. Must not know how anything is sent.

use holdfast_engine::desk::{ChannelView, View};
use holdfast_engine::document::ProblemRow;
use maud::{Markup, html};

use super::gaps::unread;
use super::part::{code, deed, empty};
use super::text::{Foreign, counted, len, listed, prose};
use super::time::Clock;
use super::{Ctx, shell};

/// Where channels are written.
const FILE: &str = "channels.toml";
/// Problems before the rest is only counted.
const MOST_PROBLEMS: usize = 20;

/// What whoever has no channel yet may begin with.
const EXAMPLE: &str = "[channels.payments]\n\
                       through = \"slack\"\n\
                       to = \"#payments\"\n\
                       secret_file = \"/etc/holdfast/slack-token\"\n\
                       teams = [\"payments\"]\n";

/// The page at `/settings`.
pub fn settings(ctx: &Ctx, view: &View) -> Markup {
    let clock = ctx.clock(view);
    let waiting: u64 = view.channels.iter().map(|channel| channel.waiting).sum();
    let content = html! {
        header.page-head {
            div {
                h1 { "Settings" }
                p.lead {
                    @if view.channels.is_empty() { "Nobody is told anything outside this page." }
                    @else {
                        (counted(len(&view.channels), "channel reaches", "channels reach")) " teams"
                        @if waiting == 0 { "; nothing waits to be sent." }
                        @else { "; " (counted(waiting, "message waits", "messages wait")) " to be sent." }
                    }
                }
            }
        }
        (wrong(view))
        @if view.channels.is_empty() {
            (empty(
                "No channel is set",
                &html! {
                    "Tickets, messages and mail go by channels. They are written into "
                    code { (FILE) } " in the data folder, where no repository can name an "
                    "address for your secrets:"
                },
                &html! {
                    (code(EXAMPLE, "an example of channels.toml"))
                    p { "Cases and plans that need somebody stand on " a href="/" { "Today" } "." }
                },
            ))
        } @else {
            @for (index, channel) in view.channels.iter().enumerate() {
                (one(ctx, channel, &clock, index, view.channels.len() == 1))
            }
        }
    };
    shell::page(ctx, "Settings", &content)
}

/// What is wrong with the file of the channels: a team that is not reached would not miss anything.
fn wrong(view: &View) -> Markup {
    let all: Vec<&ProblemRow> =
        view.problems.iter().filter(|problem| is_of_channels(problem)).collect();
    html! {
        @if !all.is_empty() {
            div.callout role="note" {
                p { strong { "Not all of " code { (FILE) } " could be used at the last look." } }
                ul.plain-list { @for problem in all.iter().take(MOST_PROBLEMS) { (unread(problem)) } }
                @if all.len() > MOST_PROBLEMS { p.more-of { "And " (all.len() - MOST_PROBLEMS) " more." } }
            }
        }
    }
}

/// Whether a problem is about the channels: by its place, or by its words where the whole file is
/// meant.
fn is_of_channels(problem: &ProblemRow) -> bool {
    match &problem.place {
        Some(place) => place.path.rsplit('/').next() == Some(FILE),
        None => problem.message.contains(FILE),
    }
}

fn one(ctx: &Ctx, channel: &ChannelView, clock: &Clock, index: usize, open: bool) -> Markup {
    let id = format!("channel-{index}");
    html! {
        section.channel aria-labelledby=(id) {
            div.channel-head {
                div {
                    h2 #(id) { (Foreign(&channel.name)) }
                    p.meta-line {
                        span { (connector_words(channel.connector)) }
                        span {
                            @if channel.teams.is_empty() { "reaches every team that no other names" }
                            @else { "reaches " (Foreign(&listed(&channel.teams))) }
                        }
                        @if channel.waiting > 0 {
                            span { (counted(channel.waiting, "message waits", "messages wait")) " to be sent" }
                        }
                    }
                }
                (deed(ctx, "/test-channel", "Send a test", "", &[("name", &channel.name)]))
            }
            p.last {
                @match &channel.last {
                    Some((at, words)) => { "Last message " (clock.near(*at)) ": " (prose(words)) "." }
                    None => { "Nothing was sent yet." }
                }
            }
            details.inline #{ "message-" (index) } open[open] {
                summary { "A message would look like this" }
                (code(&channel.preview, &format!("a message on {}", channel.name)))
            }
        }
    }
}

/// What a way is called.
fn connector_words(connector: &str) -> &str {
    match connector {
        "slack" => "Slack",
        "slack-webhook" => "an incoming webhook of Slack",
        "mail" | "email" | "smtp" => "e-mail",
        "webhook" => "webhook",
        "jira" => "Jira",
        "github" => "GitHub issues",
        other => other,
    }
}
