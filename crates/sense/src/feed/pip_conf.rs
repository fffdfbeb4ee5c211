//! pip's configuration (pip's documentation, "Configuration"): which indexes it asks.

use holdfast_model::{About, Ecosystem, Fact, FeedRole, FeedSource};

use super::ini::{Dialect, parse};
use super::{is_address, no_address, source};
use crate::text::{Document, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `pip.conf` and `pip.ini`.
#[derive(Debug)]
pub struct PipConf;

static ABOUT: About = About {
    id: "pip-conf",
    title: "pip's configuration (pip.conf)",
    text: "The indexes that pip asks: `index-url` replaces its default, `extra-index-url` and \
           `find-links` are asked besides, and of all of them the highest version wins. Hosts under \
           `trusted-host` are asked without checking who answers.",
    file: file!(),
};

impl Reader for PipConf {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if matches!(file_name(path), "pip.conf" | "pip.ini") { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            let (entries, mut mistakes) = parse(document.text(), Dialect::Python);
            let mut trusted: Vec<&str> = Vec::new();
            let mut feeds: Vec<FeedSource> = Vec::new();
            for entry in entries.iter().filter(|entry| !entry.value.is_empty()) {
                // pip takes `_` for `-`.
                let role = match entry.key.replace('_', "-").as_str() {
                    "index-url" | "i" => FeedRole::Instead,
                    "extra-index-url" | "find-links" => FeedRole::Besides,
                    "trusted-host" => {
                        trusted.extend(entry.value.split_whitespace());
                        continue;
                    }
                    _ => continue,
                };
                for address in entry.value.split_whitespace() {
                    if !is_address(address) {
                        mistakes.push(no_address(entry.key, entry.span));
                        continue;
                    }
                    let made = source(&document, Ecosystem::PYPI, role, address, entry.span);
                    feeds.push(made);
                }
            }
            for mut feed in feeds {
                let host = feed.host().unwrap_or_default();
                // A port may stand behind the host.
                let same = |trusted: &&str| trusted.split(':').next() == Some(host.as_str());
                feed.unchecked = trusted.iter().any(same);
                report.fact(Fact::Feed(feed));
            }
            super::tell(&document, &mistakes, &mut report);
        }
        report.finish();
    }
}
