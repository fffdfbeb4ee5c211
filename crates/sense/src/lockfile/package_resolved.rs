//! `Package.resolved`: what Swift's package manager chose.
//!
//! Knows pins of the formats 1 to 3; needs among packages stand in no such file.

use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Origin};

use super::whole::{Fields, cut, json};
use crate::text::file_name;
use crate::text::json::{Kind, Value};
use crate::{Claim, Need, Reader, Sources};

/// Reads `Package.resolved`.
#[derive(Debug)]
pub struct PackageResolved;

static ABOUT: About = About {
    id: "package-resolved",
    title: "Swift packages (Package.resolved)",
    text: "Every pin, for the formats 1 to 3, under the host and path of its repository. A pin to \
           a branch or to a bare commit has no version that could be judged; one of a registry \
           names no repository, by which advisories know these packages, and is not assessed. \
           Folders belong to the tree. The file does not say what is direct, nor what is for \
           development. A commit counts as the checksum.",
    file: file!(),
};

impl Reader for PackageResolved {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "Package.resolved" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        json(sources, out, |root, fields| {
            if let Some(version) = root.get("version")
                && !matches!(version.kind, Kind::Number("1" | "2" | "3"))
            {
                let written = cut(version.span.of(fields.document.text()).unwrap_or_default());
                let message = format!("the format `{written}` is not known here; 1 to 3 are");
                fields.loss("lock-version-unknown", version.span, message);
            }
            let holder = root.get("object").unwrap_or(root);
            if holder.get("pins").is_none() {
                fields.loss("lock-package-incomplete", holder.span, "this file has no `pins`");
            }
            for pin in fields.list(holder, "pins") {
                say(pin, fields);
            }
        });
    }
}

fn say(pin: &Value<'_>, fields: &mut Fields<'_, '_>) {
    if fields.members(pin, "pin").is_empty() {
        return;
    }
    let swift = Ecosystem::new(Ecosystem::SWIFT);
    let location = ["location", "repositoryURL"].iter().find_map(|key| pin.get(key));
    let identity = ["identity", "package"].iter().find_map(|key| pin.get(key));
    let address = location.and_then(Value::as_str).filter(|text| !text.is_empty());
    let named = identity.and_then(Value::as_str).filter(|text| !text.is_empty());
    let Some(at) = location.or(identity).map(|value| value.span) else {
        fields.loss("lock-package-incomplete", pin.span, "this pin names no package");
        return;
    };
    let place = fields.document.place(at.start);
    let kind = fields.text(pin, "kind").unwrap_or_default();
    let local = matches!(kind, "localSourceControl" | "fileSystem" | "local");
    let address = address.filter(|_| kind != "registry");
    let state = pin.get("state").filter(|state| matches!(state.kind, Kind::Object(_)));
    let mut of_state = |key| state.and_then(|state| fields.text(state, key));
    let (version, branch, revision) =
        (of_state("version"), of_state("branch"), of_state("revision"));
    let name = match (address, named) {
        (Some(address), _) if !local => swift.normal_name(address),
        (_, Some(named)) => named.to_owned(),
        (Some(address), None) => address.to_owned(),
        (None, None) => {
            fields.loss("lock-package-incomplete", at, "this pin names no package");
            return;
        }
    };
    if !local && address.is_none() {
        let reason = "its pin names no repository, and advisories know Swift packages by theirs";
        let reason = reason.to_owned();
        fields.report.fact(Fact::Unknown { ecosystem: swift, name: name.into(), reason, place });
        return;
    }
    if !local && version.is_none() {
        let reason = match (branch, revision) {
            (Some(branch), _) => format!("it is pinned to the branch `{}`", cut(branch)),
            (None, Some(_)) => "it is pinned to a commit, which says no version".to_owned(),
            (None, None) => "its pin says no version".to_owned(),
        };
        fields.report.fact(Fact::Unknown { ecosystem: swift, name: name.into(), reason, place });
        return;
    }
    let origin = match (local, address) {
        (true, _) => Origin::Tree,
        (false, Some(address)) => Origin::Git(address.into()),
        (false, None) => Origin::Feed(None),
    };
    fields.report.component(Component {
        origin,
        integrity: (!local).then_some(revision.is_some()),
        ..Component::new(swift, name, version.map(Arc::from), place)
    });
}
