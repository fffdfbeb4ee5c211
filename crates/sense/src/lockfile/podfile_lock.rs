//! `Podfile.lock`: what CocoaPods chose for an Apple project.
//!
//! Knows pods, their subspecs and where they come from; must not know Podfiles.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Origin};

use super::keyed_graph::Graph;
use super::ranges::in_brackets;
use super::whole::{Fields, yaml_file};
use crate::text::file_name;
use crate::text::json::{Kind, Member, Value};
use crate::text::yaml::Dialect;
use crate::{Claim, Need, Reader, Sources};

/// Reads CocoaPods' lockfiles.
#[derive(Debug)]
pub struct PodfileLock;

static ABOUT: About = About {
    id: "podfile-lock",
    title: "CocoaPods lockfile (Podfile.lock)",
    text: "Every pod, its subspecs joined to one, with edges and their ranges. What the Podfile asks \
           for is direct. Pods from a path belong to the tree; others name their spec repository or \
           git address. `SPEC CHECKSUMS` are the checksums. The file does not say what is for \
           development.",
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
        yaml_file(sources, out, Dialect::Tool, lock);
    }
}

fn lock(root: &Value<'_>, fields: &mut Fields<'_, '_>) {
    if root.get("PODS").is_none() {
        fields.loss("lock-package-incomplete", root.span, "this file has no `PODS`");
        return;
    }
    let origins = Origins::of(root);
    let mut graph = Graph::new(fields.document);
    graph.roots_known = root.get("DEPENDENCIES").is_some();
    let mut needs = Vec::new();
    for entry in fields.list(root, "PODS") {
        // `Name (1.0)`, or a table of it with what it needs.
        let (written, span, list) = match &entry.kind {
            Kind::Object(members) => match members.first() {
                Some(Member { key, key_span, value }) => (&**key, *key_span, value.as_array()),
                None => ("", entry.span, None),
            },
            _ => (entry.as_str().unwrap_or_default(), entry.span, None),
        };
        let Some((name, version)) = pod(written) else {
            let message = "this is no pod such as `Name (1.0)`";
            fields.loss("lock-package-incomplete", span, message);
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
                    fields.document.place(span.start),
                )
            };
            graph.add(name, component)
        });
        needs.extend(list.into_iter().flatten().map(|need| (at, need)));
    }
    for (at, need) in needs {
        let name = need.as_str().map(root_name).unwrap_or_default();
        // A subspec that needs another one of its own pod says nothing new.
        if graph.find(name) != Some(at) {
            graph.wish(Some(at), name, need.as_str().and_then(in_brackets), need.span, true);
        }
    }
    for wish in fields.list(root, "DEPENDENCIES") {
        let name = wish.as_str().map(root_name).unwrap_or_default();
        graph.wish(None, name, None, wish.span, false);
    }
    graph.say(fields.report);
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
    external: BTreeMap<&'n str, &'n Value<'n>>,
    feeds: BTreeMap<&'n str, &'n str>,
    sums: BTreeSet<&'n str>,
}

impl<'n> Origins<'n> {
    fn of(root: &'n Value<'n>) -> Self {
        let table = |key: &str| root.get(key).and_then(Value::as_object).unwrap_or_default();
        let feeds = table("SPEC REPOS").iter().flat_map(|feed| {
            let pods = feed.value.as_array().unwrap_or_default();
            pods.iter().filter_map(move |pod| Some((pod.as_str()?, &*feed.key)))
        });
        let external = table("EXTERNAL SOURCES").iter();
        Self {
            external: external.map(|member| (&*member.key, &member.value)).collect(),
            feeds: feeds.collect(),
            sums: table("SPEC CHECKSUMS").iter().map(|member| &*member.key).collect(),
        }
    }

    fn origin(&self, name: &str) -> Origin {
        let Some(external) = self.external.get(name) else {
            return Origin::Feed(self.feeds.get(name).map(|feed| Arc::from(*feed)));
        };
        let text = |key: &str| external.get(key).and_then(Value::as_str);
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
