//! `*.deps.json`: what a built .NET application runs with.
//!
//! Knows targets and libraries (runtime-configuration-file.md of dotnet/sdk); must not know what
//! the project asked for.

use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Origin, Span};

use super::keyed_graph::Graph;
use super::whole::{Fields, cut, json};
use crate::text::file_name;
use crate::text::json::{Member, Value};
use crate::{Claim, Need, Reader, Scope, Sources};

/// Reads the dependency file of a .NET application.
#[derive(Debug)]
pub struct NugetDeps;

static ABOUT: About = About {
    id: "nuget-deps",
    title: ".NET application (*.deps.json)",
    text: "Every library that a built application names, with who needs whom. Projects belong to \
           the tree; what they need is direct. Runtime packs are told like packages. Nothing here \
           is for development only, because the file belongs to what runs, also in an image.",
    file: file!(),
};

impl Reader for NugetDeps {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// It lies beside what runs, in folders as on systems.
    fn scope(&self) -> Scope {
        Scope::Anywhere
    }

    fn alone(&self) -> bool {
        true
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path).ends_with(".deps.json") { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        json(sources, out, application);
    }
}

fn application(root: &Value<'_>, fields: &mut Fields<'_, '_>) {
    let nuget = Ecosystem::new(Ecosystem::NUGET);
    let mut graph = Graph::new(fields.document);
    let libraries = fields.object(root, "libraries");
    let targets = fields.object(root, "targets");
    if libraries.is_empty() && targets.is_empty() {
        let span = Span { start: root.span.start, end: root.span.start + 1 };
        let message = "this file names neither `targets` nor `libraries`";
        fields.loss("lock-package-incomplete", span, message);
    }
    for member in libraries {
        library(&nuget, member, false, &mut graph, fields);
    }
    for target in targets {
        for member in fields.members(&target.value, &target.key) {
            library(&nuget, member, true, &mut graph, fields);
        }
    }
    graph.roots_known = !targets.is_empty();
    graph.say(fields.report);
}

/// A member `Name/1.2.3` of `libraries`, or of one target, which adds needs.
fn library(
    nuget: &Ecosystem,
    member: &Member<'_>,
    of_target: bool,
    graph: &mut Graph<'_>,
    fields: &mut Fields<'_, '_>,
) {
    let (name, version) = member.key.split_once('/').unwrap_or((&*member.key, ""));
    if name.is_empty() || version.is_empty() {
        let message = format!("`{}` is not a name and a version", cut(&member.key));
        fields.loss("lock-package-incomplete", member.key_span, message);
    }
    if name.is_empty() {
        return;
    }
    let key = member.key.to_lowercase();
    let kind = if of_target { None } else { fields.text(&member.value, "type") };
    // What a program brings along of the runtime is known by the name of its package, and no feed's
    // checksum is written down.
    let runtime = name.strip_prefix("runtimepack.").filter(|_| kind == Some("runtimepack"));
    let name = runtime.unwrap_or(name);
    let hash = if of_target { None } else { fields.text(&member.value, "sha512") };
    let at = graph.find(&key).unwrap_or_else(|| {
        let place = fields.document.place(member.key_span.start);
        let in_tree = kind.is_some_and(|kind| kind == "project");
        let component = Component {
            origin: if in_tree { Origin::Tree } else { Origin::Feed(None) },
            direct: in_tree.then_some(true),
            integrity: kind
                .filter(|_| !in_tree && runtime.is_none())
                .map(|_| hash.is_some_and(|hash| !hash.is_empty())),
            ..Component::new(
                nuget.clone(),
                nuget.normal_name(name),
                (!version.is_empty()).then(|| Arc::from(version)),
                place,
            )
        };
        graph.add(&key, component)
    });
    if !of_target {
        return;
    }
    let in_tree = graph.node(at).is_some_and(|node| node.origin == Origin::Tree);
    for need in fields.object(&member.value, "dependencies") {
        let Some(version) = need.value.as_str() else { continue };
        let wanted = format!("{}/{version}", need.key).to_lowercase();
        // Reference assemblies are named and left out of what runs, so absence says nothing.
        graph.wish(Some(at), &wanted, None, need.key_span, false);
        if in_tree
            && let Some(child) = graph.find(&wanted)
            && let Some(child) = graph.node(child)
        {
            child.direct = Some(true);
        }
    }
}
