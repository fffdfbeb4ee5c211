//! The frame of every page: head, navigation, the one sentence about what was just done.
//!
//! Knows where things stand. Must not know what any page is about.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Ctx;
use super::icon::{self, Place};
use super::part::hidden_token;
use super::text::{Foreign, beginning, honest, sentence};
use crate::link;

/// Places of the navigation.
const PLACES: [(Place, &str, &str); 9] = [
    (Place::Today, "/", "Today"),
    (Place::Findings, "/findings", "Findings"),
    (Place::Assets, "/assets", "Assets"),
    (Place::Cases, "/cases", "Cases"),
    (Place::Timeline, "/timeline", "Time line"),
    (Place::Plans, "/plans", "Plans"),
    (Place::Mending, "/mending", "Mending times"),
    (Place::Rules, "/rules", "Our rules"),
    (Place::Record, "/record", "Record"),
];

/// Whether a phone shows a place at once: those where somebody may be waited for. It folds the rest.
fn is_first(place: Place) -> bool {
    matches!(place, Place::Today | Place::Findings | Place::Cases | Place::Plans)
}

/// A page of somebody who has signed in.
pub(super) fn page(ctx: &Ctx, title: &str, content: &Markup) -> Markup {
    whole(
        title,
        &html! {
            a.skip href="#main" { "Skip to the content" }
            div.frame {
                (navigation(ctx))
                // The script replaces what stands in here, and nothing else.
                main #main tabindex="-1" data-change=(ctx.change) {
                    (demo(ctx))
                    @if let Some(notice) = &ctx.notice {
                        p.notice role="status" { (sentence(notice)) }
                    }
                    (content)
                }
            }
        },
    )
}

/// A page without navigation, for somebody who has not signed in.
pub(super) fn bare(ctx: &Ctx, title: &str, content: &Markup) -> Markup {
    whole(
        title,
        &html! {
            main.bare #main tabindex="-1" {
                div.brand { (icon::sign()) span { "Holdfast" } }
                (demo(ctx))
                (content)
            }
        },
    )
}

/// Nobody may take a demonstration for their own hosts, whichever page they come to first.
fn demo(ctx: &Ctx) -> Markup {
    html! {
        @if ctx.demo {
            p.demo role="note" {
                strong { "This is a demonstration. " }
                "Nothing here is real: its hosts, people and numbers are made up."
            }
        }
    }
}

fn whole(title: &str, body: &Markup) -> Markup {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (beginning(title, 80)) " · Holdfast" }
                link rel="icon" type="image/svg+xml" href=(link::mark());
                link rel="stylesheet" href=(link::style());
                script src=(link::script()) defer {}
            }
            body { (body) }
        }
    };
    PreEscaped(honest(page.0))
}

fn navigation(ctx: &Ctx) -> Markup {
    html! {
        nav.side aria-label="Pages" {
            a.brand href="/" { (icon::sign()) span { "Holdfast" } }
            ul.places {
                @for place in PLACES { (entry(ctx, place, if is_first(place.0) { "" } else { "wide" })) }
                li.narrow {
                    details.more {
                        summary { (icon::place(Place::More)) span { "More" } }
                        div.sheet {
                            ul {
                                @for place in PLACES {
                                    @if !is_first(place.0) { (entry(ctx, place, "")) }
                                }
                            }
                            (account(ctx))
                        }
                    }
                }
            }
            div.wide.account { (account(ctx)) }
        }
    }
}

/// What stands below a place in the navigation though its address does not say so.
const BELOW: [(&str, &str); 1] = [("/announcements", "/cases")];

fn entry(ctx: &Ctx, (place, address, words): (Place, &str, &str), class: &str) -> Markup {
    let is_below = |path: &str| {
        let rest = ctx.path.strip_prefix(path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let inside = if address == "/" {
        ctx.path == "/"
    } else {
        is_below(address) || BELOW.iter().any(|(path, of)| *of == address && is_below(path))
    };
    let current = match (inside, ctx.path == address) {
        (_, true) => Some("page"),
        (true, false) => Some("true"),
        _ => None,
    };
    html! {
        li class=[Some(class).filter(|class| !class.is_empty())] {
            a href=(address) aria-current=[current] { (icon::place(place)) span { (words) } }
        }
    }
}

fn account(ctx: &Ctx) -> Markup {
    html! {
        @if let Some(person) = &ctx.person {
            p.who { "Signed in as " strong { (Foreign(&person.name)) } }
            a.plain.to-settings href="/settings" aria-current=[(ctx.path == "/settings").then_some("page")] {
                "Settings"
            }
            form method="post" action="/sign-out" {
                (hidden_token(ctx))
                button.plain type="submit" { "Sign out" }
            }
        }
        // Only with the script are there keys to list.
        button.plain.keys type="button" data-keys hidden { "Keys " kbd { "?" } }
    }
}
