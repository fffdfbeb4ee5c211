//! `packages.lock.json`: what NuGet chose for a .NET project.
//!
//! Knows target frameworks and kinds of packages; what was asked for stands in the project file.

use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Origin};

use super::keyed_graph::Graph;
use super::whole::{Fields, cut, json};
use crate::text::file_name;
use crate::text::json::{Kind, Member, Value};
use crate::{Claim, Need, Reader, Sources};

/// Reads NuGet's lockfiles.
#[derive(Debug)]
pub struct NugetLock;

static ABOUT: About = About {
    id: "nuget-lock",
    title: "NuGet lockfile (packages.lock.json)",
    text: "Every package of every target framework and every dependency with its range, for the \
           formats 1 and 2; a version that several frameworks use is told once. What the project \
           file asks for is direct. Projects of the solution belong to the tree. A package without \
           `contentHash` has no checksum. NuGet does not say here what is for development only.",
    file: file!(),
};

impl Reader for NugetLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        let name = file_name(path);
        // A project with its own name for the file begins it with `packages.`.
        let own = name.starts_with("packages.") && name.ends_with(".lock.json");
        if own { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        json(sources, out, lock);
    }
}

fn lock(root: &Value<'_>, fields: &mut Fields<'_, '_>) {
    if let Some(version) = root.get("version")
        && !matches!(version.kind, Kind::Number("1" | "2" | "3"))
    {
        let written = cut(version.span.of(fields.document.text()).unwrap_or_default());
        let message = format!("the lockfile format `{written}` is not known here; 1 to 3 are");
        fields.loss("lock-version-unknown", version.span, message);
    }
    let nuget = Ecosystem::new(Ecosystem::NUGET);
    let mut graph = Graph::new(fields.document);
    graph.roots_known = true;
    for framework in fields.object(root, "dependencies") {
        for member in fields.members(&framework.value, &framework.key) {
            package(&nuget, &framework.key, member, &mut graph, fields);
        }
    }
    let all = root.get("dependencies").and_then(Value::as_object).unwrap_or_default();
    for framework in all {
        shared(&nuget, &framework.key, root, &mut graph);
    }
    graph.say(fields.report);
}

/// The section of a runtime (`net8.0/linux-x64`) lists only what differs from that of its framework:
/// the rest is what stands there.
fn shared(nuget: &Ecosystem, runtime: &str, root: &Value<'_>, graph: &mut Graph<'_>) {
    let Some((framework, _)) = runtime.split_once('/') else { return };
    let all = root.get("dependencies").and_then(|all| all.get(framework));
    for member in all.and_then(Value::as_object).unwrap_or_default() {
        if let Some(at) = graph.find(&key(nuget, framework, &member.key)) {
            graph.alias(&key(nuget, runtime, &member.key), at);
        }
    }
}

/// Needs are met within one framework.
fn key(nuget: &Ecosystem, framework: &str, name: &str) -> String {
    format!("{framework}\0\0{}", nuget.normal_name(name))
}

fn package(
    nuget: &Ecosystem,
    framework: &str,
    member: &Member<'_>,
    graph: &mut Graph<'_>,
    fields: &mut Fields<'_, '_>,
) {
    if !matches!(member.value.kind, Kind::Object(_)) {
        fields.members(&member.value, &member.key);
        return;
    }
    let name = nuget.normal_name(&member.key);
    let kind = fields.text(&member.value, "type").unwrap_or_default();
    let version = fields.text(&member.value, "resolved");
    let hash = fields.text(&member.value, "contentHash");
    let project = kind.eq_ignore_ascii_case("project");
    if version.is_none() && !project {
        let message = format!("`{}` has no version here", cut(&member.key));
        fields.loss("lock-package-incomplete", member.key_span, message);
    }
    let once = format!("{name}\0{}", version.unwrap_or_default());
    let at = graph.find(&once).unwrap_or_else(|| {
        let place = fields.document.place(member.key_span.start);
        let component = Component {
            origin: if project { Origin::Tree } else { Origin::Feed(None) },
            integrity: (!project).then_some(hash.is_some_and(|hash| !hash.is_empty())),
            ..Component::new(nuget.clone(), &*name, version.map(Arc::from), place)
        };
        graph.add(&once, component)
    });
    let key = |name: &str| key(nuget, framework, name);
    graph.alias(&key(&member.key), at);
    if kind.eq_ignore_ascii_case("direct") {
        graph.wish(None, &key(&member.key), None, member.key_span, false);
    }
    for need in fields.object(&member.value, "dependencies") {
        // A bare version is the least one that will do.
        let range = need.value.as_str();
        graph.wish(Some(at), &key(&need.key), range, need.key_span, !project);
    }
}
