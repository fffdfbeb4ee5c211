//! What package managers are told of feeds: one file a format.
//!
//! Knows which key of which tool adds, replaces or binds a feed; must not know which feeds are
//! anybody's own, nor name a public one. Users, passwords and tokens are passed over: they belong
//! in no fact.

pub(crate) mod bundler;
mod cargo_config;
pub(crate) mod composer;
pub(crate) mod environment;
mod gradle;
mod gradle_filter;
mod gradle_script;
mod ini;
pub(crate) mod maven_settings;
mod npmrc;
mod nuget_sources;
mod pip_conf;
pub(crate) mod python;
mod yarnrc;

pub use bundler::BundleConfig;
pub use cargo_config::CargoConfig;
pub use environment::Environment;
pub use gradle::Gradle;
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

/// What is told of something that a program works out when it is run.
pub(crate) fn dynamic(span: Span, message: &str) -> Mistake {
    Mistake::loss("feed-dynamic", span, message)
        .help("write it in words, so that everybody can see which feed is asked for what")
}

/// What a tool is told not to check, where no feed is named: it is of the default.
fn unchecked_default(document: &Document<'_>, ecosystem: &str, span: Span) -> FeedSource {
    FeedSource {
        address: None,
        unchecked: true,
        ..source(document, ecosystem, FeedRole::Named, "", span)
    }
}

/// The same, for some names only.
fn named(source: FeedSource, names: impl IntoIterator<Item = Arc<str>>) -> FeedSource {
    FeedSource { role: FeedRole::Named, names: names.into_iter().collect(), ..source }
}

/// Tells what could not be read of a file that configures feeds and nothing else.
fn tell(document: &Document<'_>, mistakes: &[Mistake], report: &mut Report<'_>) {
    told(document, mistakes, true, report);
}

/// Tells what could not be read of feeds in a manifest: of its packages nothing is lost.
pub(crate) fn tell_beside(document: &Document<'_>, mistakes: &[Mistake], report: &mut Report<'_>) {
    told(document, mistakes, false, report);
}

/// Without showing the line: a secret may stand in it.
fn told(document: &Document<'_>, mistakes: &[Mistake], loses: bool, report: &mut Report<'_>) {
    let mut told = BTreeSet::new();
    for mistake in mistakes {
        // A parser that tries again from line to line comes across the same thing again.
        if !told.insert((mistake.span, &mistake.message)) {
            continue;
        }
        let place = document.place(mistake.span.start);
        let problem = Problem::at(mistake.code, place, mistake.message.clone());
        let help = match mistake.help.as_str() {
            "" => "write the setting as its tool wants it",
            help => help,
        };
        report.problem(problem.help(help), loses);
    }
}
