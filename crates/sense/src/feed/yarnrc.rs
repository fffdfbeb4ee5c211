//! The configuration of later yarns (yarn's documentation, "Settings (.yarnrc.yml)").

use holdfast_model::{About, Ecosystem, Fact, FeedRole, FeedSource};

use super::{is_address, named, no_address, source};
use crate::text::json::{Kind, Member, Value};
use crate::text::yaml::{Dialect, parse};
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `.yarnrc.yml`.
#[derive(Debug)]
pub struct Yarnrc;

static ABOUT: About = About {
    id: "yarnrc",
    title: "yarn's configuration (.yarnrc.yml)",
    text: "The registry that yarn asks instead of its default, and those that scopes are bound to. \
           With `enableStrictSsl: false` nobody checks who answers, and with a `checksumBehavior` \
           other than `throw` nobody checks what. Tokens are passed over.",
    file: file!(),
};

const SERVER: &str = "npmRegistryServer";

impl Reader for Yarnrc {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == ".yarnrc.yml" { Claim::ByName } else { Claim::No }
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
                for feed in feeds(&document, root, &mut mistakes) {
                    report.fact(Fact::Feed(feed));
                }
            }
            super::tell(&document, &mistakes, &mut report);
        }
        report.finish();
    }
}

fn feeds(
    document: &Document<'_>,
    root: &Value<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Vec<FeedSource> {
    let text = |key: &str| root.get(key).and_then(Value::as_str);
    let careless =
        |key: &str| root.get(key).is_some_and(|one| matches!(one.kind, Kind::Bool(false)));
    let unchecked = careless("enableStrictSsl")
        || text("enableStrictSsl") == Some("false")
        || text("checksumBehavior").is_some_and(|word| word != "throw");
    let mut out = Vec::new();
    let mut take = |member: &Member<'_>, scope: Option<&str>| {
        let span = member.value.span;
        match member.value.as_str().filter(|address| is_address(address)) {
            Some(address) => {
                let feed = source(document, Ecosystem::NPM, FeedRole::Instead, address, span);
                let feed = match scope {
                    Some(scope) => named(feed, [format!("@{scope}").into()]),
                    None => feed,
                };
                out.push(FeedSource { unchecked, ..feed });
            }
            None => mistakes.push(no_address(SERVER, member.key_span)),
        }
    };
    if let Some(member) = root.member(SERVER) {
        take(member, None);
    }
    for scope in root.get("npmScopes").and_then(Value::as_object).unwrap_or_default() {
        if let Some(member) = scope.value.member(SERVER) {
            take(member, Some(&scope.key));
        }
    }
    out
}
