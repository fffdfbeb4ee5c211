//! What a `composer.json` says of repositories (Composer's documentation, "Repositories",
//! "Repository priorities" and "Config").
//!
//! The default repository is switched off by its own name. That name is an address, and no address
//! of a public feed is written here: the entry is known by its shape, for no other has the value
//! `false`.

use std::sync::Arc;

use holdfast_model::{Ecosystem, FeedRole, FeedSource, Span};

use super::{is_address, named, no_address, source, unchecked_default};
use crate::text::json::{Kind, Member, Value};
use crate::text::{Document, Mistake};

/// Kinds of repositories that hold one package, which they alone are asked for.
const OF_ONE_PACKAGE: [&str; 9] =
    ["vcs", "git", "github", "gitlab", "bitbucket", "svn", "hg", "fossil", "perforce"];

/// The repositories of a manifest, and what cannot be read of them.
pub(crate) fn of_manifest(
    document: &Document<'_>,
    root: &Value<'_>,
) -> (Vec<FeedSource>, Vec<Mistake>) {
    let mut reading = Reading { document, feeds: Vec::new(), mistakes: Vec::new(), off: false };
    if let Some(member) = root.member("repositories") {
        match &member.value.kind {
            Kind::Array(list) => list.iter().for_each(|one| reading.entry(one)),
            Kind::Object(members) => members.iter().for_each(|one| reading.member(one)),
            Kind::Null | Kind::Broken => {}
            _ => reading.mistakes.push(no_address("repositories", member.key_span)),
        }
    }
    let Reading { mut feeds, mistakes, off, .. } = reading;
    // With the default switched off, the first one is what is asked instead.
    if off && let Some(first) = feeds.iter_mut().find(|feed| feed.role != FeedRole::Named) {
        first.role = FeedRole::Instead;
    }
    let config = root.get("config");
    let careless = [("secure-http", false), ("disable-tls", true)].iter().find_map(|(key, bad)| {
        config?.member(key).filter(|member| member.value.kind == Kind::Bool(*bad))
    });
    if let Some(member) = careless {
        for feed in &mut feeds {
            feed.unchecked = true;
        }
        if feeds.is_empty() {
            let composer = Ecosystem::COMPOSER;
            feeds.push(unchecked_default(document, composer, member.key_span));
        }
    }
    (feeds, mistakes)
}

struct Reading<'d> {
    document: &'d Document<'d>,
    feeds: Vec<FeedSource>,
    mistakes: Vec<Mistake>,
    /// The default is not asked.
    off: bool,
}

impl Reading<'_> {
    /// An entry of a list: a repository, or `{"name": false}`.
    fn entry(&mut self, value: &Value<'_>) {
        match value.as_object() {
            Some([member]) if member.value.kind == Kind::Bool(false) => self.off = true,
            Some(_) => self.repository(value),
            None if value.kind == Kind::Broken => {}
            None => self.mistakes.push(no_address("repositories", value.span)),
        }
    }

    /// An entry by name.
    fn member(&mut self, member: &Member<'_>) {
        match member.value.kind {
            Kind::Bool(false) => self.off = true,
            Kind::Object(_) => self.repository(&member.value),
            Kind::Broken => {}
            _ => self.mistakes.push(no_address("repositories", member.key_span)),
        }
    }

    fn repository(&mut self, value: &Value<'_>) {
        let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
        // These stand in the tree, or in the file itself.
        if matches!(kind, "path" | "package" | "artifact") {
            return;
        }
        let Some(url) = value.member("url") else {
            self.mistakes.push(no_address("repositories", cut(value)));
            return;
        };
        let Some(address) = url.value.as_str().filter(|text| !text.trim().is_empty()) else {
            self.mistakes.push(no_address("url", url.key_span));
            return;
        };
        let of_one = OF_ONE_PACKAGE.contains(&kind);
        // Composer takes a bare host for one; `git@host:path` is no address of the web.
        if !of_one && !is_address(address) && !address.contains('.') {
            self.mistakes.push(no_address("url", url.key_span));
            return;
        }
        let last = value.get("canonical").is_some_and(|one| one.kind == Kind::Bool(false));
        // Of a canonical one nothing further is asked for a name that it knows.
        let role = if last { FeedRole::Besides } else { FeedRole::Before };
        let feed = source(self.document, Ecosystem::COMPOSER, role, address, url.value.span);
        let only: Vec<Arc<str>> = texts(value, "only").collect();
        self.feeds.push(match () {
            () if of_one => named(feed, []),
            () if only.is_empty() => feed,
            // Others are asked for these names too.
            () if last => named(feed, []),
            () => named(feed, only),
        });
    }
}

fn texts<'v>(value: &'v Value<'_>, key: &str) -> impl Iterator<Item = Arc<str>> + 'v {
    let list = value.get(key).and_then(Value::as_array).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(Arc::from)
}

/// The first sign of a value, which may be the whole file.
fn cut(value: &Value<'_>) -> Span {
    Span { start: value.span.start, end: value.span.start + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::json::parse;

    fn read(text: &str) -> (Vec<String>, usize) {
        let document = Document::open(&"composer.json".into(), text.as_bytes());
        let (root, _) = parse(document.text());
        let (feeds, mistakes) = of_manifest(&document, &root);
        let shown = feeds.iter().map(|feed| {
            let address = feed.address.as_deref().unwrap_or("-");
            let sign = if feed.unchecked { " unchecked" } else { "" };
            format!("{:?} {address} {}{sign}", feed.role, feed.names.join(","))
        });
        (shown.collect(), mistakes.len())
    }

    fn feeds(text: &str) -> Vec<String> {
        let (feeds, mistakes) = read(text);
        assert_eq!(mistakes, 0, "{feeds:?}");
        feeds
    }

    const OWN: &str = r#"{"type": "composer", "url": "https://own.example"}"#;

    #[test]
    fn a_canonical_repository_is_asked_before_the_default() {
        let text = format!(r#"{{"repositories": [{OWN}]}}"#);
        assert_eq!(feeds(&text), ["Before https://own.example "]);
        let text = format!(r#"{{"repositories": {{"own": {OWN}}}}}"#);
        assert_eq!(feeds(&text), ["Before https://own.example "]);
    }

    #[test]
    fn the_default_is_switched_off_by_whatever_name() {
        for off in [r#"{"feed.example": false}"#, r#"{"feed": false}"#] {
            let text = format!(r#"{{"repositories": [{OWN}, {off}]}}"#);
            assert_eq!(feeds(&text), ["Instead https://own.example "]);
        }
        let text = format!(r#"{{"repositories": {{"own": {OWN}, "feed.example": false}}}}"#);
        assert_eq!(feeds(&text), ["Instead https://own.example "]);
    }

    #[test]
    fn canonical_only_and_exclude_decide_what_is_asked() {
        let of = |more: &str| {
            feeds(&format!(
                r#"{{"repositories": [{{"type": "composer", "url": "https://own.example", {more}}}]}}"#
            ))
        };
        assert_eq!(of(r#""canonical": false"#), ["Besides https://own.example "]);
        assert_eq!(of(r#""only": ["acme/*"]"#), ["Named https://own.example acme/*"]);
        assert_eq!(of(r#""only": ["acme/*"], "canonical": false"#), ["Named https://own.example "]);
        assert_eq!(of(r#""exclude": ["other/*"]"#), ["Before https://own.example "]);
    }

    #[test]
    fn repositories_of_one_package_and_of_the_tree_are_no_feeds() {
        let text = r#"{"repositories": [
            {"type": "vcs", "url": "git@forge.example:acme/till.git"},
            {"type": "path", "url": "../till"},
            {"type": "package", "package": {"name": "acme/x"}}]}"#;
        assert_eq!(feeds(text), ["Named git@forge.example:acme/till.git "]);
    }

    #[test]
    fn checks_that_are_switched_off_are_told() {
        let text = r#"{"config": {"disable-tls": true}}"#;
        assert_eq!(feeds(text), ["Named -  unchecked"]);
        let text = format!(r#"{{"repositories": [{OWN}], "config": {{"secure-http": false}}}}"#);
        assert_eq!(feeds(&text), ["Before https://own.example  unchecked"]);
        assert_eq!(feeds(r#"{"config": {"secure-http": true}}"#), [""; 0]);
    }

    #[test]
    fn what_names_no_address_is_told() {
        for entry in ["1", "{}", r#"{"type": "composer"}"#, r#"{"url": 1}"#, r#"{"url": ""}"#] {
            let text = format!(r#"{{"repositories": [{entry}, {OWN}]}}"#);
            assert_eq!(read(&text), (vec!["Before https://own.example ".to_owned()], 1), "{entry}");
        }
        assert_eq!(read(r#"{"repositories": "x"}"#), (Vec::new(), 1));
    }
}
