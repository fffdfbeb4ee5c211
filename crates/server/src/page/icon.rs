//! Small drawings: the marks of urgency, each with a shape of its own, and those of the navigation.
//!
//! Knows shapes. Must not know what they stand beside: every drawing is hidden from readers, and
//! the word stands next to it.

use holdfast_engine::desk::PlanState;
use holdfast_model::{Severity, State};
use maud::{Markup, html};

/// The mark of an urgency: a full diamond, a half disc, a ring.
pub(super) fn urgency(severity: Severity) -> Markup {
    match severity {
        Severity::Now => mark(
            "now",
            &html! {
                path d="M8 .8 15.2 8 8 15.2 .8 8Z" fill="currentColor" {}
            },
        ),
        Severity::Soon => mark(
            "soon",
            &html! {
                circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.6" {}
                path d="M8 2a6 6 0 0 1 0 12Z" fill="currentColor" {}
            },
        ),
        Severity::WhenYouCan => mark(
            "later",
            &html! {
                circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.6" {}
            },
        ),
    }
}

/// The mark of a state that is not open: green only where it is proven that it was mended.
pub(super) fn state(state: State, severity: Severity) -> Markup {
    match state {
        State::Open => urgency(severity),
        State::Fixed => proven(),
        State::Unproven => untold(),
        State::Accepted => mark(
            "quiet",
            &html! {
                circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.6" {}
                path d="M8 4.6V8l2.4 1.6" fill="none" stroke="currentColor" stroke-width="1.6"
                    stroke-linecap="round" {}
            },
        ),
        State::Removed | State::Withdrawn | State::Moved | State::Merged => gone(),
    }
}

/// A check mark: the same check that found it says that it is mended.
pub(super) fn proven() -> Markup {
    mark(
        "proven",
        &html! {
            circle cx="8" cy="8" r="7" fill="currentColor" {}
            path class="cut" d="m4.8 8.3 2.2 2.2 4.2-4.6" fill="none" stroke-width="1.7"
                stroke-linecap="round" stroke-linejoin="round" {}
        },
    )
}

/// A check in a ring: as it should be, which says nothing of how it came to be so.
pub(super) fn passed() -> Markup {
    mark(
        "quiet",
        &html! {
            circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.6" {}
            path d="m5.6 8.2 1.7 1.7 3.2-3.6" fill="none" stroke="currentColor" stroke-width="1.6"
                stroke-linecap="round" stroke-linejoin="round" {}
        },
    )
}

/// A ring with a bar: it is over, and nobody claims that it is mended.
pub(super) fn gone() -> Markup {
    mark(
        "quiet",
        &html! {
            circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.6" {}
            path d="M5 8h6" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" {}
        },
    )
}

/// A cross in a ring: it did not bring what it should.
pub(super) fn failed() -> Markup {
    mark(
        "now",
        &html! {
            circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.6" {}
            path d="m5.6 5.6 4.8 4.8m0-4.8-4.8 4.8" stroke="currentColor" stroke-width="1.6"
                stroke-linecap="round" {}
        },
    )
}

/// A cross in a grey ring: it was tried and did not come to be, which is no alarm by itself.
pub(super) fn refused() -> Markup {
    mark(
        "quiet",
        &html! {
            circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.6" {}
            path d="m5.6 5.6 4.8 4.8m0-4.8-4.8 4.8" stroke="currentColor" stroke-width="1.6"
                stroke-linecap="round" {}
        },
    )
}

/// A dashed ring: it cannot be told.
pub(super) fn untold() -> Markup {
    mark(
        "quiet",
        &html! {
            circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.6"
                stroke-dasharray="2.4 2.4" {}
        },
    )
}

/// A ring that is half filled with nothing but grey: it is under way.
pub(super) fn under_way() -> Markup {
    mark(
        "quiet",
        &html! {
            circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.6" {}
            path d="M8 2a6 6 0 0 1 0 12Z" fill="currentColor" {}
        },
    )
}

/// A small dot: something happened, and nobody says more of it.
pub(super) fn event() -> Markup {
    mark("quiet", &html! { circle cx="8" cy="8" r="2.2" fill="currentColor" {} })
}

/// The mark of a plan.
pub(super) fn plan(state: PlanState) -> Markup {
    match state {
        PlanState::Waiting => mark(
            "act",
            &html! {
                circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.6" {}
                circle cx="8" cy="8" r="2.4" fill="currentColor" {}
            },
        ),
        PlanState::Approved | PlanState::Running => mark(
            "act",
            &html! {
                circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.6" {}
                path d="M6.6 5.2 11 8l-4.4 2.8Z" fill="currentColor" {}
            },
        ),
        PlanState::ToConfirm => urgency(Severity::Now),
        PlanState::Done => proven(),
        PlanState::Failed | PlanState::Unknown => failed(),
        PlanState::Undone | PlanState::Refused | PlanState::Expired => gone(),
    }
}

fn mark(class: &str, inside: &Markup) -> Markup {
    html! {
        svg class={ "mark mark-" (class) } viewBox="0 0 16 16" width="16" height="16"
            aria-hidden="true" focusable="false" { (inside) }
    }
}

/// The sign of Holdfast: the root by which kelp holds on to its rock.
pub(super) fn sign() -> Markup {
    html! {
        svg class="sign" viewBox="0 0 32 32" width="24" height="24" fill="none"
            stroke="currentColor" stroke-width="2.6" stroke-linecap="round"
            aria-hidden="true" focusable="false" {
            path d="M16 3v24M16 14c-6.4 0-10 4.6-10 11M16 14c6.4 0 10 4.6 10 11" {}
            path d="M16 8c2.6 0 4.6-1.6 5.2-4.2" {}
        }
    }
}

/// A place in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Today,
    Findings,
    Assets,
    Cases,
    Timeline,
    Plans,
    Mending,
    Rules,
    Record,
    More,
}

/// The drawing of a place in the navigation.
pub(super) fn place(place: Place) -> Markup {
    let lines = match place {
        Place::Today => {
            "M10 2.8v1.6M10 15.6v1.6M2.8 10h1.6M15.6 10h1.6M4.9 4.9 6 6M14 14l1.1 1.1\
             M4.9 15.1 6 14M14 6l1.1-1.1M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0Z"
        }
        Place::Findings => "M5 17.2V3.2M5 4h9.6l-2 3.4 2 3.4H5",
        Place::Assets => "M3.2 4h13.6v4.8H3.2ZM3.2 11.2h13.6V16H3.2ZM6 6.4h.01M6 13.6h.01",
        Place::Cases => {
            "M10 3.2 16.4 5.6v4.2c0 3.4-2.6 6-6.4 7.4-3.8-1.4-6.4-4-6.4-7.4V5.6ZM10 7v3.4\
             M10 13.2h.01"
        }
        Place::Timeline => {
            "M5 3v14M5 5.4h.01M8.4 5.4h8.4M5 10h.01M8.4 10h5.6M5 14.6h.01M8.4 14.6h7"
        }
        Place::Mending => "M3 3.4v13.4h14M5.6 5.4h2.6v3.2h3v3h2.8v2.2h3",
        Place::Plans => "m3 5.2 1.3 1.3 2.2-2.6M3 13.4l1.3 1.3 2.2-2.6M9.6 5.4h7.2M9.6 13.6h7.2",
        Place::Rules => {
            "M10 3v14M6 17h8M3 6.2h14M5.2 6.2 3 11.4a2.4 2.4 0 0 0 4.4 0ZM14.8 6.2l-2.2 \
             5.2a2.4 2.4 0 0 0 4.4 0Z"
        }
        Place::Record => {
            "M4.4 3h9.2a2 2 0 0 1 2 2v12H6.4a2 2 0 0 1-2-2ZM4.4 15a2 2 0 0 1 \
             2-2h9.2M8 6.4h4.4"
        }
        Place::More => "M4.6 10h.01M10 10h.01M15.4 10h.01",
    };
    html! {
        svg class="icon" viewBox="0 0 20 20" width="20" height="20" fill="none"
            stroke="currentColor" stroke-width=[(place == Place::More).then_some("2.6").or(Some("1.5"))]
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false" {
            path d=(lines) {}
        }
    }
}
