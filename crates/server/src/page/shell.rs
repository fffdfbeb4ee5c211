//! The frame of every page: head, navigation, the one sentence about what was just done.
//!
//! Knows where things stand. Must not know what any page is about.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Ctx;
use super::icon::{self, Place};
use super::part::hidden_token;
use super::text::{Foreign, beginning, honest, sentence};
use crate::link;

/// Places of the navigation: a phone shows the first four and folds the rest.
const PLACES: [(Place, &str, &str); 6] = [
    (Place::Today, "/", "Today"),
    (Place::Findings, "/findings", "Findings"),
    (Place::Assets, "/assets", "Assets"),
    (Place::Plans, "/plans", "Plans"),
    (Place::Rules, "/rules", "Our rules"),
    (Place::Record, "/record", "Record"),
];
const FIRST: usize = 4;

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
pub(super) fn bare(title: &str, content: &Markup) -> Markup {
    whole(
        title,
        &html! {
            main.bare #main tabindex="-1" {
                div.brand { (icon::sign()) span { "Holdfast" } }
                (content)
            }
        },
    )
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
    let (first, rest) = PLACES.split_at(FIRST.min(PLACES.len()));
    html! {
        nav.side aria-label="Pages" {
            a.brand href="/" { (icon::sign()) span { "Holdfast" } }
            ul.places {
                @for place in first { (entry(ctx, *place)) }
                @for place in rest { (entry_of(ctx, *place, "wide")) }
                li.narrow {
                    details.more {
                        summary { (icon::place(Place::More)) span { "More" } }
                        div.sheet {
                            ul { @for place in rest { (entry(ctx, *place)) } }
                            (account(ctx))
                        }
                    }
                }
            }
            div.wide.account { (account(ctx)) }
        }
    }
}

fn entry(ctx: &Ctx, place: (Place, &str, &str)) -> Markup {
    entry_of(ctx, place, "")
}

fn entry_of(ctx: &Ctx, (place, address, words): (Place, &str, &str), class: &str) -> Markup {
    let inside = if address == "/" {
        ctx.path == "/"
    } else {
        ctx.path.strip_prefix(address).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
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
            form method="post" action="/sign-out" {
                (hidden_token(ctx))
                button.plain type="submit" { "Sign out" }
            }
        }
        // Only with the script are there keys to list.
        button.plain.keys type="button" data-keys hidden { "Keys " kbd { "?" } }
    }
}
