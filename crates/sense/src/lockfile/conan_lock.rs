//! `conan.lock`: what Conan chose for a C or C++ project.
//!
//! Knows the graph of Conan 1 (formats 0.0 to 0.4) and the lists of Conan 2 (0.5), and references
//! as `name/version@user/channel#revision`.

use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Origin, Span};

use super::keyed_graph::Graph;
use super::whole::{Fields, cut, json};
use crate::text::file_name;
use crate::text::json::{Kind, Member, Value};
use crate::{Claim, Need, Reader, Sources};

/// Reads Conan's lockfiles.
#[derive(Debug)]
pub struct ConanLock;

static ABOUT: About = About {
    id: "conan-lock",
    title: "Conan lockfile (conan.lock)",
    text: "Every package of Conan 1 and 2. Conan 1 keeps the whole graph; Conan 2 keeps lists \
           without edges, so that direct packages cannot be told from others. What builds need, \
           and what recipes need, is for development. A recipe revision counts as the checksum.",
    file: file!(),
};

impl Reader for ConanLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "conan.lock" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        json(sources, out, |root, fields| {
            let conan = Ecosystem::new(Ecosystem::CONAN);
            if root.get("graph_lock").is_some() {
                graph(&conan, root, fields);
            } else {
                lists(&conan, root, fields);
            }
        });
    }
}

/// A recipe reference.
struct Reference<'t> {
    name: &'t str,
    version: &'t str,
    revision: bool,
}

/// `name/version[@user/channel][#revision][:package…][%time]`.
fn reference(text: &str) -> Option<Reference<'_>> {
    let text = text.split('%').next().unwrap_or_default();
    let (recipe, rest) = text.split_at(text.find(['#', ':']).unwrap_or(text.len()));
    let revision = rest.strip_prefix('#').unwrap_or_default();
    let revision = revision.split(':').next().unwrap_or_default();
    let (name, version) = recipe.split('@').next().unwrap_or_default().split_once('/')?;
    let sound = !name.is_empty() && !version.is_empty() && !version.contains('/');
    // Conan 1 without revisions writes `#0`.
    sound.then_some(Reference { name, version, revision: !matches!(revision, "" | "0") })
}

fn component(
    conan: &Ecosystem,
    text: &str,
    span: Span,
    fields: &mut Fields<'_, '_>,
) -> Option<Component> {
    let Some(found) = reference(text) else {
        let message = format!("`{}` is no reference such as `name/1.0`", cut(text));
        fields.loss("lock-package-incomplete", span, message);
        return None;
    };
    Some(Component {
        integrity: Some(found.revision),
        ..Component::new(
            conan.clone(),
            found.name,
            Some(Arc::from(found.version)),
            fields.document.place(span.start),
        )
    })
}

/// Conan 2.
fn lists(conan: &Ecosystem, root: &Value<'_>, fields: &mut Fields<'_, '_>) {
    let lists = [
        ("requires", false),
        ("build_requires", true),
        ("python_requires", true),
        ("config_requires", true),
    ];
    if !lists.iter().any(|(key, _)| root.get(key).is_some()) {
        let span = Span { start: root.span.start, end: root.span.start + 1 };
        fields.loss(
            "lock-version-unknown",
            span,
            "no format of Conan's lockfile is known to have this shape",
        );
    }
    for (key, dev) in lists {
        for value in fields.list(root, key) {
            let Some(text) = value.as_str() else {
                fields.wrong(value, "this reference", "a string");
                continue;
            };
            if let Some(one) = component(conan, text, value.span, fields) {
                fields.report.component(Component { dev, ..one });
            }
        }
    }
}

/// Conan 1.
fn graph(conan: &Ecosystem, root: &Value<'_>, fields: &mut Fields<'_, '_>) {
    let Some(lock) = root.get("graph_lock") else { return };
    if fields.members(lock, "graph_lock").is_empty() {
        return;
    }
    let nodes = fields.object(lock, "nodes");
    let mut graph = Graph::new(fields.document);
    graph.roots_known = true;
    let needed = needed(nodes);
    for member in nodes {
        let Kind::Object(_) = member.value.kind else {
            fields.members(&member.value, &member.key);
            continue;
        };
        let mut parent = None;
        // The project itself has a `path`, or no reference at all.
        let own = member.value.get("path").is_some_and(|path| path.as_str().is_some())
            || !needed.contains(&*member.key);
        let written = ["ref", "pref"].iter().find_map(|key| {
            let value = member.value.get(key)?;
            Some((value.as_str()?, value.span))
        });
        match written {
            Some((text, span)) if !own => {
                if let Some(one) = component(conan, text, span, fields) {
                    let context = fields.text(&member.value, "context");
                    let dev = context == Some("build");
                    parent = Some(graph.add(&member.key, Component { dev, ..one }));
                }
            }
            Some((text, span)) => {
                if let Some(found) = reference(text) {
                    let place = fields.document.place(span.start);
                    let version = Some(Arc::from(found.version));
                    parent = Some(graph.add(
                        &member.key,
                        Component {
                            origin: Origin::Tree,
                            direct: Some(true),
                            ..Component::new(conan.clone(), found.name, version, place)
                        },
                    ));
                }
            }
            None if !own => {
                let message = format!("the node `{}` has no reference", cut(&member.key));
                fields.loss("lock-package-incomplete", member.key_span, message);
            }
            None => {}
        }
        for (id, span) in needs(&member.value) {
            graph.wish(parent, id, None, span, true);
            if own && parent.is_some() {
                graph.wish(None, id, None, span, false);
            }
        }
    }
    graph.say(fields.report);
}

/// The nodes that others need.
fn needed<'v>(nodes: &'v [Member<'_>]) -> std::collections::HashSet<&'v str> {
    nodes.iter().flat_map(|member| needs(&member.value)).map(|(id, _)| id).collect()
}

/// A list of ids, or, before format 0.4, an object from references to ids.
fn needs<'v>(node: &'v Value<'_>) -> Vec<(&'v str, Span)> {
    let mut out = Vec::new();
    for key in ["requires", "build_requires"] {
        match node.get(key).map(|value| &value.kind) {
            Some(Kind::Array(list)) => {
                out.extend(list.iter().filter_map(|id| Some((id.as_str()?, id.span))));
            }
            Some(Kind::Object(members)) => {
                out.extend(
                    members.iter().filter_map(|one| Some((one.value.as_str()?, one.key_span))),
                );
            }
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        let parts = |text| reference(text).map(|one| (one.name, one.version, one.revision));
        assert_eq!(parts("zlib/1.2.11"), Some(("zlib", "1.2.11", false)));
        assert_eq!(parts("zlib/1.2@a/b#5f49:1972#58%1.5"), Some(("zlib", "1.2", true)));
        assert_eq!(parts("zlib/1.2#0:1972#0"), Some(("zlib", "1.2", false)));
        assert_eq!(parts("zlib/1.2:1972#5f"), Some(("zlib", "1.2", false)));
        for wrong in ["1.2.3", "", "/1", "a/", "a/b/c"] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }
}
