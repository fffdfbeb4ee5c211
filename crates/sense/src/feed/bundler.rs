//! Where Bundler takes gems from (Bundler's documentation, "gemfile", "Source Priority" and
//! "bundle config"): the sources of a `Gemfile`, and the mirrors of `.bundle/config`.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use holdfast_model::{About, Ecosystem, Fact, FeedRole, FeedSource, Span};

use super::{is_address, named, no_address, source, unchecked_default};
use crate::text::json::{Kind, Member};
use crate::text::yaml::{Dialect, parse};
use crate::text::{Document, Mistake, Report};
use crate::{Claim, Need, Reader, Sources};

/// Reads `.bundle/config`.
#[derive(Debug)]
pub struct BundleConfig;

static ABOUT: About = About {
    id: "bundle-config",
    title: "Bundler's configuration (.bundle/config)",
    text: "Mirrors: that of `all` is asked instead of every source, any other instead of the one \
           that it names. With `ssl_verify_mode` 0 nobody checks who answers, and with \
           `disable_checksum_validation` nobody checks what. Credentials are passed over.",
    file: file!(),
};

impl Reader for BundleConfig {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        let mine = path == ".bundle/config" || path.ends_with("/.bundle/config");
        if mine { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            let (roots, mut mistakes) = parse(document.text(), Dialect::Hand);
            for root in &roots {
                let members = root.as_object().unwrap_or_default();
                if members.is_empty() && !matches!(root.kind, Kind::Null | Kind::Broken) {
                    mistakes.push(no_address("this file", root.span));
                }
                for feed in mirrors(&document, members, &mut mistakes) {
                    report.fact(Fact::Feed(feed));
                }
            }
            super::tell(&document, &mistakes, &mut report);
        }
        report.finish();
    }
}

/// What a value says, however it is written.
fn word<'m>(document: &'m Document<'_>, member: &'m Member<'_>) -> &'m str {
    let span = member.value.span;
    member.value.as_str().or_else(|| span.of(document.text())).unwrap_or_default().trim()
}

fn mirrors(
    document: &Document<'_>,
    members: &[Member<'_>],
    mistakes: &mut Vec<Mistake>,
) -> Vec<FeedSource> {
    let mut feeds = Vec::new();
    let mut careless = None;
    for member in members {
        let key = member.key.to_ascii_uppercase();
        let value = word(document, member);
        match key.as_str() {
            "BUNDLE_SSL_VERIFY_MODE" if matches!(value, "0" | "none") => {
                careless = Some(member.key_span);
            }
            "BUNDLE_DISABLE_CHECKSUM_VALIDATION" if value == "true" => {
                careless = Some(member.key_span);
            }
            _ => {}
        }
        let Some(of) = key.strip_prefix("BUNDLE_MIRROR__") else { continue };
        if of.ends_with("FALLBACK_TIMEOUT") {
            continue;
        }
        if !is_address(value) {
            mistakes.push(no_address("mirror", member.key_span));
            continue;
        }
        let feed = source(document, Ecosystem::GEM, FeedRole::Instead, value, member.value.span);
        feeds.push(if of == "ALL" {
            feed
        } else {
            named(feed, [Arc::from(format!("source {}", address_of(of)))])
        });
    }
    if let Some(span) = careless {
        for feed in &mut feeds {
            feed.unchecked = true;
        }
        if feeds.is_empty() {
            feeds.push(unchecked_default(document, Ecosystem::GEM, span));
        }
    }
    feeds
}

/// Bundler writes `___` for a hyphen and `__` for a dot into a key.
fn address_of(key: &str) -> String {
    key.replace("___", "-").replace("__", ".").to_ascii_lowercase()
}

/// The sources of a `Gemfile`: those for every gem, in their order, with `None` for the default by
/// its word; and those for some gems only.
#[derive(Debug, Default)]
pub(crate) struct GemSources<'t> {
    /// For every gem.
    pub(crate) global: Vec<(Option<&'t str>, Span)>,
    /// For the gems of a block, or one that names its source: address, place and gem.
    pub(crate) bound: Vec<(&'t str, Span, Option<&'t str>)>,
}

/// What Bundler does with them: of several sources for every gem the highest version wins.
pub(crate) fn of_sources(document: &Document<'_>, sources: &GemSources<'_>) -> Vec<FeedSource> {
    let gem = Ecosystem::GEM;
    let mut feeds = Vec::new();
    let mut told: BTreeSet<Option<&str>> = BTreeSet::new();
    for (address, span) in &sources.global {
        // The same source twice is one.
        if !told.insert(*address) {
            continue;
        }
        let role = if told.len() == 1 { FeedRole::Instead } else { FeedRole::Besides };
        let made = source(document, gem, role, address.unwrap_or_default(), *span);
        let made = FeedSource { address: made.address.filter(|_| address.is_some()), ..made };
        // The default alone is what is asked anyway.
        if address.is_some() || role == FeedRole::Besides {
            feeds.push(made);
        }
    }
    let mut bound: Vec<(&str, Span, Vec<Arc<str>>)> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (address, span, name) in &sources.bound {
        let at = *known.entry(*address).or_insert(bound.len());
        if at == bound.len() {
            bound.push((*address, *span, Vec::new()));
        }
        if let Some((.., names)) = bound.get_mut(at) {
            names.extend(name.map(Arc::from));
        }
    }
    for (address, span, names) in bound {
        feeds.push(named(source(document, gem, FeedRole::Named, address, span), names));
    }
    feeds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(feeds: &[FeedSource]) -> Vec<String> {
        let one = |feed: &FeedSource| {
            let address = feed.address.as_deref().unwrap_or("-");
            format!("{:?} {address} {}", feed.role, feed.names.join(","))
        };
        feeds.iter().map(one).collect()
    }

    #[test]
    fn keys_are_addresses() {
        assert_eq!(address_of("HTTPS://A___B__EXAMPLE/"), "https://a-b.example/");
    }

    #[test]
    fn of_several_global_sources_all_are_asked() {
        let text = "source 'a'";
        let document = Document::open(&"Gemfile".into(), text.as_bytes());
        let at = Span { start: 0, end: 1 };
        let (one, two) = (Some("https://a.example"), Some("https://b.example"));
        let of = |global: &[Option<&'static str>]| {
            let global = global.iter().map(|address| (*address, at)).collect();
            shown(&of_sources(&document, &GemSources { global, bound: Vec::new() }))
        };
        assert_eq!(of(&[one]), ["Instead https://a.example "]);
        assert_eq!(of(&[one, one]), ["Instead https://a.example "]);
        assert_eq!(of(&[one, two]), ["Instead https://a.example ", "Besides https://b.example "]);
        assert_eq!(of(&[None]), [""; 0]);
        assert_eq!(of(&[one, None]), ["Instead https://a.example ", "Besides - "]);
    }
}
