//! Configuration that is a tree: docker's `daemon.json` and the kubelet's YAML. A key is a path
//! with dots between its parts.
//!
//! Knows how values become text, and docker's defaults; must not know what is wanted.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::Dialect;

use super::Family;
use crate::text::json::{self, Kind, Member, Value};
use crate::text::yaml;
use crate::text::{Document, Mistake};

pub(super) const DOCKER: &str = "/etc/docker/daemon.json";
const KUBELET: &str = "/var/lib/kubelet/config.yaml";

/// So deep are members named.
const DEPTH: usize = 16;
/// So much of an object is shown, in characters.
const SHOWN: usize = 200;

/// What dockerd does where nobody says otherwise, dockerd(8). What depends on the host or the
/// version is not here.
const DEFAULTS: &[(&str, &str)] = &[
    ("debug", "false"),
    ("experimental", "false"),
    ("icc", "true"),
    ("ip-forward", "true"),
    ("ip-masq", "true"),
    ("iptables", "true"),
    ("ipv6", "false"),
    ("live-restore", "false"),
    ("log-driver", "json-file"),
    ("log-level", "info"),
    ("no-new-privileges", "false"),
    ("raw-logs", "false"),
    ("seccomp-profile", "builtin"),
    ("selinux-enabled", "false"),
    ("tls", "false"),
    ("tlsverify", "false"),
    ("userland-proxy", "true"),
];

/// The value of a key that no file says; `None` where it is not known, or there is none.
pub(super) fn default(dialect: Dialect, key: &str) -> Option<&'static str> {
    let known = DEFAULTS.iter().find(|(name, _)| dialect == Dialect::Docker && *name == key);
    known.map(|(_, value)| *value)
}

/// Reads docker's file. One that is empty says nothing; with one that is no JSON dockerd does not
/// start. Of two members with one key the last counts, which is told.
pub(super) fn docker(family: &mut Family<'_>) {
    let path: Arc<str> = DOCKER.into();
    let Some(bytes) = family.bytes_of(&path) else { return };
    let document = family.open(&path, bytes);
    family.begins(&path);
    if document.text().trim().is_empty() {
        return;
    }
    let (root, mistakes) = json::parse(document.text());
    for mistake in &mistakes {
        family.tell(&document, mistake);
    }
    let wrong = mistakes.iter().find(|mistake| mistake.code != "json-duplicate-key");
    let reason = "dockerd does not start with this file: it is no JSON";
    whole(family, &document, &root, wrong, reason);
}

/// Reads the kubelet's file, which is YAML or JSON.
pub(super) fn kubelet(family: &mut Family<'_>) {
    let path: Arc<str> = KUBELET.into();
    let Some(bytes) = family.bytes_of(&path) else { return };
    let document = family.open(&path, bytes);
    family.begins(&path);
    let (roots, mistakes) = yaml::parse(document.text(), yaml::Dialect::Hand);
    for mistake in &mistakes {
        family.tell(&document, mistake);
    }
    let Some(root) = roots.first() else { return };
    let wrong = mistakes.iter().find(|mistake| mistake.loses);
    let reason = "the kubelet does not start with this file: it is no YAML";
    whole(family, &document, root, wrong, reason);
}

fn whole(
    family: &mut Family<'_>,
    document: &Document<'_>,
    root: &Value<'_>,
    wrong: Option<&Mistake>,
    reason: &str,
) {
    let as_file = document.mistakes(false);
    let unreadable = as_file.iter().find(|mistake| mistake.loses).or(wrong);
    let broken = unreadable.map(|mistake| mistake.span).or_else(|| {
        // A file whose whole is no object says nothing that its reader could take.
        root.as_object().is_none().then_some(root.span)
    });
    if let Some(span) = broken {
        family.broken = Some((reason.to_owned(), document.place(span.start)));
        return;
    }
    members(family, document, root, "", 0);
}

/// Holds each member by its path; of two with one key the last.
fn members(
    family: &mut Family<'_>,
    document: &Document<'_>,
    value: &Value<'_>,
    above: &str,
    depth: usize,
) {
    let all = value.as_object().unwrap_or_default();
    let last: BTreeMap<&str, &Member<'_>> =
        all.iter().map(|member| (member.key.as_ref(), member)).collect();
    // A name with a dot of its own would be taken for a path.
    for (name, member) in last.into_iter().filter(|(name, _)| !name.contains('.')) {
        let key = if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") };
        if let Some(text) = text_of(document, &member.value) {
            family.hold(key.clone(), text, document.place(member.key_span.start));
        }
        if depth < DEPTH {
            members(family, document, &member.value, &key, depth + 1);
        }
    }
}

/// A value as rules write it: a list with commas, an object as it stands; `null` is no value.
fn text_of(document: &Document<'_>, value: &Value<'_>) -> Option<String> {
    Some(match &value.kind {
        Kind::Null | Kind::Broken => return None,
        Kind::Bool(truth) => truth.to_string(),
        Kind::Number(number) => (*number).to_owned(),
        Kind::String(text) => text.to_string(),
        Kind::Array(values) => {
            let all: Vec<String> =
                values.iter().filter_map(|value| text_of(document, value)).collect();
            if all.is_empty() {
                return None;
            }
            all.join(",")
        }
        Kind::Object(members) if members.is_empty() => return None,
        Kind::Object(_) => {
            let raw = value.span.of(document.text()).unwrap_or_default();
            let begins: String = raw.chars().take(SHOWN).collect();
            begins.split_whitespace().collect::<Vec<_>>().join(" ")
        }
    })
}
