//! `stack.yaml.lock`: what Stack completed of a Haskell project's settings.
//!
//! Knows completed packages and snapshots; must not know what is in a snapshot.

use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Origin};

use super::whole::{Fields, cut, yaml_file};
use crate::text::file_name;
use crate::text::json::Value;
use crate::text::yaml::Dialect;
use crate::{Claim, Need, Reader, Sources};

/// Reads Stack's lockfiles.
#[derive(Debug)]
pub struct StackLock;

static ABOUT: About = About {
    id: "stack-lock",
    title: "Haskell lockfile (stack.yaml.lock)",
    text: "Every package that stack.yaml adds to its snapshot. The packages of the snapshot itself \
           stand in no file of the project, so they are not assessed, and that is said. All \
           packages here are direct; the file keeps no edges.",
    file: file!(),
};

impl Reader for StackLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        let name = file_name(path);
        let mine = name.starts_with("stack") && name.ends_with(".yaml.lock");
        if mine { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        yaml_file(sources, out, Dialect::Tool, |root, fields| {
            if root.get("packages").is_none() && root.get("snapshots").is_none() {
                let message = "this file has neither packages nor snapshots";
                fields.loss("lock-package-incomplete", root.span, message);
            }
            for entry in fields.list(root, "packages") {
                package(entry, fields);
            }
            for entry in fields.list(root, "snapshots") {
                snapshot(entry, fields);
            }
        });
    }
}

fn package(entry: &Value<'_>, fields: &mut Fields<'_, '_>) {
    let completed = entry.get("completed").unwrap_or(entry);
    let text = |key: &str| completed.get(key).and_then(Value::as_str);
    let hackage = Ecosystem::new(Ecosystem::HACKAGE);
    if let Some(node) = completed.get("hackage") {
        let written = node.as_str().unwrap_or_default();
        let (package, sum) = written.split_once('@').unwrap_or((written, ""));
        let parts = package.rsplit_once('-').filter(|(name, version)| {
            !name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit())
        });
        let Some((name, version)) = parts else {
            let message = format!("`{}` is no name with a version", cut(written));
            fields.loss("lock-package-incomplete", node.span, message);
            return;
        };
        let place = fields.place(node);
        fields.report.component(Component {
            direct: Some(true),
            integrity: Some(sum.starts_with("sha256:")),
            ..Component::new(hackage, name, Some(Arc::from(version)), place)
        });
        return;
    }
    let origin = match (text("git").or_else(|| text("hg")), text("url").or_else(|| text("archive")))
    {
        (Some(address), _) => Some(Origin::Git(address.into())),
        (None, Some(address)) => Some(Origin::Archive(address.into())),
        (None, None) => None,
    };
    let (Some(name), Some(version), Some(origin)) = (text("name"), text("version"), origin) else {
        let message = "this package lacks its name, version or address";
        fields.loss("lock-package-incomplete", entry.span, message);
        return;
    };
    let place = fields.place(completed.get("name").unwrap_or(entry));
    fields.report.component(Component {
        direct: Some(true),
        integrity: Some(text("commit").is_some() || text("sha256").is_some()),
        origin,
        ..Component::new(hackage, name, Some(Arc::from(version)), place)
    });
}

fn snapshot(entry: &Value<'_>, fields: &mut Fields<'_, '_>) {
    let named = entry.get("original").map(|original| original.get("url").unwrap_or(original));
    let completed = entry.get("completed").and_then(|completed| completed.get("url"));
    let name = named.and_then(Value::as_str).or_else(|| completed.and_then(Value::as_str));
    let name = name.unwrap_or("snapshot");
    let place = fields.place(named.or(completed).unwrap_or(entry));
    fields.report.fact(Fact::Unknown {
        ecosystem: Ecosystem::new(Ecosystem::HACKAGE),
        name: cut(name).into(),
        reason: "its packages stand in the snapshot, which is not part of the project".to_owned(),
        place,
    });
}
