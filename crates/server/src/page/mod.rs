//! The pages of the console: pure functions from what the desk shows to HTML.
//!
//! Knows words, layout and the rows of the desk. Must not know requests, sessions or who may do
//! what: a page shows what the desk says, and the routes refuse what is not allowed.

use holdfast_engine::desk::{Person, View};
use holdfast_model::Timestamp;
use jiff::tz::TimeZone;

mod announcements;
mod aside;
mod asset;
mod asset_tabs;
mod assets;
mod case;
mod case_actions;
mod cases;
mod entry;
mod event;
mod finding;
mod findings;
mod gaps;
mod icon;
mod mending;
mod number;
mod part;
mod plan;
mod plan_actions;
mod plans;
mod query;
mod record;
mod row;
mod rules;
mod settings;
mod shell;
mod sign;
mod text;
mod time;
mod timeline;
mod today;

pub use announcements::announcements;
pub use asset::asset;
pub use assets::assets;
pub use case::case;
pub use cases::cases;
pub use entry::entry;
pub use finding::finding;
pub use findings::findings;
pub use mending::mending;
pub use plan::plan;
pub use plans::plans;
pub use query::{AnnouncementsQuery, AssetQuery, CasesQuery, FindingsQuery, TimelineQuery};
pub use record::record;
pub use rules::appetite;
pub use settings::settings;
pub use sign::{SignIn, message, sign_in};
pub use timeline::timeline;
pub use today::today;

/// For whom a page is made, and when.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// Who looks; `None` before anybody has signed in.
    pub person: Option<Person>,
    /// What every form has to carry.
    pub form_token: String,
    /// The path of the page, without what is asked of it.
    pub path: String,
    /// Now.
    pub now: Timestamp,
    /// Whether what is shown is made up.
    pub demo: bool,
    /// One sentence about what was just done.
    pub notice: Option<String>,
    /// The number of the change of the desk that the page was made from, so that the script can
    /// tell whether it is old.
    pub change: u64,
}

impl Ctx {
    /// The name of whoever looks; empty for nobody.
    fn name(&self) -> &str {
        self.person.as_ref().map_or("", |person| person.name.as_str())
    }

    /// Now, in the zone of the view.
    fn clock(&self, view: &View) -> time::Clock {
        time::Clock { now: self.now, zone: view.zone.clone() }
    }

    /// Now, in UTC, for pages of the record.
    fn utc(&self) -> time::Clock {
        time::Clock { now: self.now, zone: TimeZone::UTC }
    }
}
