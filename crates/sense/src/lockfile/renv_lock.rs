//! `renv.lock`: the packages of an R project.
//!
//! Knows sources of packages; must not know R's version order.

use std::collections::HashMap;
use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Origin};

use super::keyed_graph::Graph;
use super::ranges::in_brackets;
use super::whole::{Fields, cut, json};
use crate::text::file_name;
use crate::text::json::{Kind, Member, Value};
use crate::{Claim, Need, Reader, Sources};

/// Reads renv's lockfiles.
#[derive(Debug)]
pub struct RenvLock;

static ABOUT: About = About {
    id: "renv-lock",
    title: "R lockfile (renv.lock)",
    text: "Every package with the repository or the git address that it comes from, and what it \
           needs, with the range where more than its name is written. Packages of Bioconductor \
           have an ecosystem of their own. renv does not say which packages the project itself \
           uses, nor which are for development. R itself is left out.",
    file: file!(),
};

impl Reader for RenvLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "renv.lock" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        json(sources, out, lock);
    }
}

fn lock(root: &Value<'_>, fields: &mut Fields<'_, '_>) {
    let repositories = repositories(root, fields);
    let mut graph = Graph::new(fields.document);
    for member in fields.object(root, "Packages") {
        package(member, &repositories, &mut graph, fields);
    }
    graph.say(fields.report);
}

/// Addresses of repositories by their names.
fn repositories<'v>(root: &'v Value<'_>, fields: &mut Fields<'_, '_>) -> HashMap<&'v str, &'v str> {
    let Some(r) = root.get("R") else { return HashMap::new() };
    if !fields.members(r, "R").is_empty() {
        let list = fields.list(r, "Repositories");
        let pair =
            |one: &'v Value<'_>| Some((one.get("Name")?.as_str()?, one.get("URL")?.as_str()?));
        return list.iter().filter_map(pair).collect();
    }
    HashMap::new()
}

/// The field that lists what a package needs by the names alone.
const BARE: &str = "Requirements";

fn package(
    member: &Member<'_>,
    repositories: &HashMap<&str, &str>,
    graph: &mut Graph<'_>,
    fields: &mut Fields<'_, '_>,
) {
    let value = &member.value;
    if !matches!(value.kind, Kind::Object(_)) {
        fields.members(value, &member.key);
        return;
    }
    let name = fields.text(value, "Package").unwrap_or(&member.key);
    let version = fields.text(value, "Version");
    if version.is_none() {
        let message = format!("`{}` has no version here", cut(&member.key));
        fields.loss("lock-package-incomplete", member.key_span, message);
    }
    let family = if fields.text(value, "Source") == Some("Bioconductor") {
        "Bioconductor"
    } else {
        Ecosystem::CRAN
    };
    let origin = origin(value, repositories, fields);
    let hash = fields.text(value, "Hash");
    let component = Component {
        origin,
        integrity: Some(hash.is_some_and(|hash| !hash.is_empty())),
        ..Component::new(
            Ecosystem::new(family),
            name,
            version.map(Arc::from),
            fields.document.place(member.key_span.start),
        )
    };
    let at = graph.add(&member.key, component);
    // Until renv 1.0 the names alone, since then the fields of the package's own description.
    for key in [BARE, "Depends", "Imports", "LinkingTo"] {
        let Some(list) = value.get(key).and_then(Value::as_array) else { continue };
        for need in list {
            let text = need.as_str().unwrap_or_default();
            let name = text.split(['(', ' ', '\n']).next().unwrap_or_default();
            // Where the names stand alone, the ranges are left out.
            let range = in_brackets(text).filter(|range| key != BARE || !range.is_empty());
            // R itself and the packages that come with it stand in no lockfile.
            graph.wish(Some(at), name, range, need.span, false);
        }
    }
}

fn origin(
    value: &Value<'_>,
    repositories: &HashMap<&str, &str>,
    fields: &mut Fields<'_, '_>,
) -> Origin {
    let source = fields.text(value, "Source").unwrap_or("Repository");
    let remote = |fields: &mut Fields<'_, '_>, key: &str| {
        fields.text(value, key).map(str::to_owned).unwrap_or_default()
    };
    match source.to_ascii_lowercase().as_str() {
        "local" => Origin::Tree,
        // renv writes that where it cannot tell where a package came from.
        "unknown" => Origin::Feed(None),
        "url" => Origin::Archive(remote(fields, "RemoteUrl").into()),
        "git" | "git2r" | "xgit" => Origin::Git(remote(fields, "RemoteUrl").into()),
        "github" | "gitlab" | "bitbucket" => {
            let host = remote(fields, "RemoteHost");
            let user = remote(fields, "RemoteUsername");
            let repository = remote(fields, "RemoteRepo");
            let host = if host.is_empty() { source.to_owned() } else { host };
            Origin::Git(format!("{host}/{user}/{repository}").into())
        }
        _ => {
            let name = fields.text(value, "Repository");
            Origin::Feed(name.map(|name| Arc::from(*repositories.get(name).unwrap_or(&name))))
        }
    }
}
