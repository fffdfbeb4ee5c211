//! `Podfile.lock`: what CocoaPods chose for an Apple project.
//!
//! Knows pods, their subspecs and where they come from; must not know Podfiles.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Origin, Span};
use holdfast_rulefile::{Node, Value};

use super::keyed_graph::Graph;
use super::whole::{AGAIN, whole};
use crate::text::{Document, Mistake, Report, file_name, yaml};
use crate::{Claim, Need, Reader, Sources};

/// Reads CocoaPods' lockfiles.
#[derive(Debug)]
pub struct PodfileLock;

static ABOUT: About = About {
    id: "podfile-lock",
    title: "CocoaPods lockfile (Podfile.lock)",
    text: "Every pod, its subspecs joined to one, with edges. What the Podfile asks for is direct. \
           Pods from a path belong to the tree; others name their spec repository or git address. \
           `SPEC CHECKSUMS` are the checksums. The file does not say what is for development.",
    file: file!(),
};

impl Reader for PodfileLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "Podfile.lock" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        whole(sources, out, |document, report| {
            let (root, mistakes) = yaml::parse(document);
            for mistake in &mistakes {
                report.mistake(document, mistake);
            }
            if let Some(root) = root {
                lock(document, &root, mistakes.is_empty(), report);
            }
        });
    }
}

fn wrong(document: &Document<'_>, span: Span, message: &str, report: &mut Report<'_>) {
    let end = document.text().floor_char_boundary(span.end.min(span.start + 80));
    let mistake = Mistake::loss("lock-package-incomplete", Span { end, ..span }, message);
    report.mistake(document, &mistake.help(AGAIN));
}

fn lock(document: &Document<'_>, root: &Node, sound: bool, report: &mut Report<'_>) {
    let Some(pods) = root.get("PODS") else {
        if sound {
            let start = Span { start: root.span.start, end: root.span.end };
            wrong(document, start, "this file has no `PODS`", report);
        }
        return;
    };
    if !matches!(pods.value, Value::Seq(_) | Value::Null) {
        let message = format!("`PODS` is {} here, not a list", pods.what());
        wrong(document, pods.span, &message, report);
    }
    let origins = Origins::of(root);
    let mut graph = Graph::new(document);
    graph.roots_known = root.get("DEPENDENCIES").is_some();
    let mut needs = Vec::new();
    for entry in yaml::items(pods) {
        // `Name (1.0)`, or a table of it with what it needs.
        let (written, list) = match yaml::pairs(entry) {
            [(name, list), ..] => (name, Some(list)),
            [] => (entry, None),
        };
        let Some((name, version)) = written.as_text().and_then(pod) else {
            wrong(document, written.span, "this is no pod such as `Name (1.0)`", report);
            continue;
        };
        let at = graph.find(name).unwrap_or_else(|| {
            let component = Component {
                origin: origins.origin(name),
                integrity: Some(origins.sums.contains(name)),
                ..Component::new(
                    Ecosystem::new(Ecosystem::COCOAPODS),
                    name,
                    Some(Arc::from(version)),
                    written.place.clone(),
                )
            };
            graph.add(name, component)
        });
        needs.extend(list.into_iter().flat_map(yaml::items).map(|need| (at, need)));
    }
    for (at, need) in needs {
        let name = need.as_text().map(root_name).unwrap_or_default();
        // A subspec that needs another one of its own pod says nothing new.
        if graph.find(name) != Some(at) {
            graph.wish(Some(at), name, need.span, true);
        }
    }
    for wish in root.get("DEPENDENCIES").map(yaml::items).unwrap_or_default() {
        graph.wish(None, wish.as_text().map(root_name).unwrap_or_default(), wish.span, false);
    }
    graph.say(report);
}

/// `Name/Subspec (1.0)`: the pod and the version.
fn pod(text: &str) -> Option<(&str, &str)> {
    let (name, version) = text.trim().strip_suffix(')')?.rsplit_once(" (")?;
    let sound = !name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit());
    sound.then(|| (root_name(name), version))
}

/// The pod of `Name/Subspec (~> 1.0)`.
fn root_name(text: &str) -> &str {
    let name = text.split(" (").next().unwrap_or_default().trim();
    name.split('/').next().unwrap_or_default()
}

/// Where pods come from, by their names.
struct Origins<'n> {
    external: BTreeMap<&'n str, &'n Node>,
    feeds: BTreeMap<&'n str, &'n str>,
    sums: BTreeSet<&'n str>,
}

impl<'n> Origins<'n> {
    fn of(root: &'n Node) -> Self {
        let table = |key: &str| root.get(key).map(yaml::pairs).unwrap_or_default();
        let named = |(key, value): &'n (Node, Node)| Some((key.as_text()?, value));
        let feeds = table("SPEC REPOS").iter().filter_map(named).flat_map(|(feed, pods)| {
            yaml::items(pods).iter().filter_map(move |pod| Some((pod.as_text()?, feed)))
        });
        Self {
            external: table("EXTERNAL SOURCES").iter().filter_map(named).collect(),
            feeds: feeds.collect(),
            sums: table("SPEC CHECKSUMS").iter().filter_map(|(key, _)| key.as_text()).collect(),
        }
    }

    fn origin(&self, name: &str) -> Origin {
        let Some(external) = self.external.get(name) else {
            return Origin::Feed(self.feeds.get(name).map(|feed| Arc::from(*feed)));
        };
        let text = |key: &str| external.get(key).and_then(Node::as_text);
        match (text(":path"), text(":git"), text(":http").or_else(|| text(":podspec"))) {
            (_, Some(address), _) => Origin::Git(address.into()),
            (_, None, Some(address)) if address.contains("://") => Origin::Archive(address.into()),
            (None, None, None) => Origin::Feed(None),
            _ => Origin::Tree,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_and_needs() {
        assert_eq!(pod("A/Core (1.2)"), Some(("A", "1.2")));
        assert_eq!(pod("A+B (1.2-beta.1)"), Some(("A+B", "1.2-beta.1")));
        assert_eq!(pod("A"), None);
        assert_eq!(pod("A (= 1)"), None);
        assert_eq!(root_name("A/Core (= 1.2)"), "A");
        assert_eq!(root_name("A (from `../A`)"), "A");
    }
}
