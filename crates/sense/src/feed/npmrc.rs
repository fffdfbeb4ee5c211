//! npm's configuration (npm's documentation, "npmrc" and "scope"); pnpm and the first yarn read it
//! too.

use holdfast_model::{About, Ecosystem, Fact, FeedRole, FeedSource};

use super::ini::{Dialect, Entry, parse};
use super::{is_address, named, no_address, source};
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `.npmrc`.
#[derive(Debug)]
pub struct Npmrc;

static ABOUT: About = About {
    id: "npmrc",
    title: "npm's configuration (.npmrc)",
    text: "The registry that npm asks instead of its default, and those that scopes are bound to. \
           With `strict-ssl=false` nobody checks who answers. Tokens are passed over.",
    file: file!(),
};

impl Reader for Npmrc {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == ".npmrc" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            let (entries, mut mistakes) = parse(document.text(), Dialect::Npm);
            let unchecked = |entry: &Entry<'_>| entry.key == "strict-ssl" && entry.value == "false";
            let unchecked = entries.iter().any(unchecked);
            for entry in &entries {
                match feed(&document, entry) {
                    Some(Ok(feed)) => {
                        report.fact(Fact::Feed(FeedSource { unchecked, ..feed }));
                    }
                    Some(Err(mistake)) => mistakes.push(mistake),
                    None => {}
                }
            }
            super::tell(&document, &mistakes, &mut report);
        }
        report.finish();
    }
}

fn feed(document: &Document<'_>, entry: &Entry<'_>) -> Option<Result<FeedSource, Mistake>> {
    let scope = match entry.key {
        "registry" => None,
        key => Some(key.strip_suffix(":registry").filter(|scope| scope.starts_with('@'))?),
    };
    let address = entry.value.trim_matches('"');
    if !is_address(address) {
        return Some(Err(no_address(entry.key, entry.span)));
    }
    let feed = source(document, Ecosystem::NPM, FeedRole::Instead, address, entry.span);
    Some(Ok(match scope {
        Some(scope) => named(feed, [scope.into()]),
        None => feed,
    }))
}
