//! What package managers are told of feeds: one file a format.
//!
//! Knows which key of which tool adds, replaces or binds a feed; must not know which feeds are
//! anybody's own, nor name a public one. Users, passwords and tokens are passed over: they belong
//! in no fact.

mod cargo_config;
mod ini;
pub(crate) mod maven_settings;
mod npmrc;
mod nuget_sources;
mod pip_conf;
pub(crate) mod python;
mod yarnrc;

pub use cargo_config::CargoConfig;
pub use maven_settings::MavenSettings;
pub use npmrc::Npmrc;
pub use nuget_sources::NugetSources;
pub use pip_conf::PipConf;
pub use yarnrc::Yarnrc;

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_model::{Ecosystem, FeedRole, FeedSource, Problem, Span, without_user};

use crate::text::{Document, Mistake, Report};

/// A feed as written at a span of a document.
fn source(
    document: &Document<'_>,
    ecosystem: &str,
    role: FeedRole,
    address: &str,
    span: Span,
) -> FeedSource {
    FeedSource {
        ecosystem: Ecosystem::new(ecosystem),
        address: Some(without_user(address).into()),
        role,
        names: Vec::new(),
        unchecked: false,
        place: document.place(span.start),
    }
}

/// Whether a text names a feed: an address, or a path of a folder.
fn is_address(text: &str) -> bool {
    text.contains("://") || text.starts_with(['/', '.', '~', '$'])
}

/// What is told of a text that names none.
fn no_address(key: &str, span: Span) -> Mistake {
    let message = format!("`{key}` names no address");
    Mistake::loss("feed-setting-unreadable", span, message)
}

/// The same, for some names only.
fn named(source: FeedSource, names: impl IntoIterator<Item = Arc<str>>) -> FeedSource {
    FeedSource { role: FeedRole::Named, names: names.into_iter().collect(), ..source }
}

/// Tells what could not be read, without showing the line: a secret may stand in it.
fn tell(document: &Document<'_>, mistakes: &[Mistake], report: &mut Report<'_>) {
    let mut told = BTreeSet::new();
    for mistake in mistakes {
        // A parser that tries again from line to line comes across the same thing again.
        if !told.insert((mistake.span, &mistake.message)) {
            continue;
        }
        let place = document.place(mistake.span.start);
        let problem = Problem::at(mistake.code, place, mistake.message.clone());
        report.problem(problem.help("write the setting as its tool wants it"), true);
    }
}
