//! What the `when` of a control may ask, and where the answers come from.

use std::sync::Arc;

use holdfast_model::TraitValue;
use holdfast_rulefile::{Condition, Decoder, Field, FieldValue, Kind, Node, Schema, Truth};

use crate::Seen;

/// The fields of controls. A new `setting.` field is declared here together with the rule that
/// asks it, and told of in `rules/control/README.md`.
pub const SCHEMA: Schema<'static> = Schema {
    fields: &[
        field("host.os", Kind::Text, "the distribution"),
        field("host.version", Kind::Text, "the distribution's release"),
        field("host.family", Kind::Text, "the distribution's family"),
        field("host.container", Kind::Bool, "a container"),
        field("host.virtual", Kind::Bool, "a virtual machine"),
        field("host.efi", Kind::Bool, "started by EFI firmware"),
        field("host.roles", Kind::Texts, "the list of its roles"),
        field("setting.banner", Kind::Bool, "declared to greet people before they log in"),
        field("setting.boot_server", Kind::Bool, "declared to hand out what other hosts boot"),
        field("setting.docker", Kind::Bool, "declared to run containers of docker"),
        field("setting.docker_over_tcp", Kind::Bool, "declared to have docker on the network"),
        field("setting.docker_swarm", Kind::Bool, "declared to be part of a swarm of docker"),
        field("setting.fixed_modules", Kind::Bool, "declared to need no further kernel modules"),
        field("setting.image_programs", Kind::Bool, "declared to have programs that are images"),
        field("setting.ipv4_only", Kind::Bool, "declared to be reached over IPv4 alone"),
        field("setting.ipv6_autoconf", Kind::Bool, "declared to learn its IPv6 from routers"),
        field("setting.jump_host", Kind::Bool, "declared to pass ssh connections on"),
        field("setting.kerberos", Kind::Bool, "declared to know people by Kerberos"),
        field("setting.may_restart", Kind::Bool, "declared to restart by itself after updates"),
        field("setting.multihomed", Kind::Bool, "declared to have several ways to a network"),
        field("setting.other_ssh_port", Kind::Bool, "declared to have ssh on another port"),
        field("setting.router", Kind::Bool, "declared to route packets for others"),
    ],
};

/// The settings that are lists, with what they name: a control that lets only some have or do
/// something takes them in by `and`. Told of in `rules/control/README.md`, too.
pub const LISTS: &[(&str, &str)] = &[
    ("docker_users", "accounts that may control Docker, and so everything here"),
    ("setuid_programs", "programs that run with the rights of their owner or group"),
];

const fn field(name: &'static str, kind: Kind, help: &'static str) -> Field {
    Field::new(name, kind, help)
}

/// A value of the type that conditions ask for. A number stays as it is written.
pub(crate) fn typed(decoder: &mut Decoder<'_>, kind: Kind, node: &Node) -> Option<TraitValue> {
    let text = |text: &str| TraitValue::Text(text.into());
    match kind {
        Kind::Bool => decoder.boolean(node).map(TraitValue::Truth),
        Kind::Ordered(words) | Kind::Enum(words) => {
            decoder.word(node, words, |word| words.contains(&word).then(|| text(word)))
        }
        Kind::Number => decoder.number(node).and(node.as_text()).map(text),
        Kind::Text => decoder.text(node).map(text),
        Kind::Texts => {
            let items = decoder.list(node)?;
            let texts: Vec<Arc<str>> =
                items.iter().filter_map(|item| decoder.text(item).map(Arc::from)).collect();
            (texts.len() == items.len()).then_some(TraitValue::Texts(texts))
        }
    }
}

/// The value of a field that a condition asks; `None` where it is not known.
fn value<'s>(when: &Condition, field: &str, seen: &'s Seen) -> Option<FieldValue<'s>> {
    if let Some(name) = field.strip_prefix("host.") {
        return seen.host(name)?.value.as_ref().map(shown);
    }
    match seen.declared(field.strip_prefix("setting.")?) {
        None => Some(FieldValue::Bool(false)),
        Some(TraitValue::Text(text)) if when.kind_of(field) == Some(Kind::Number) => {
            text.parse::<f64>().ok().map(FieldValue::Number)
        }
        Some(value) => Some(shown(value)),
    }
}

fn shown(value: &TraitValue) -> FieldValue<'_> {
    match value {
        TraitValue::Truth(truth) => FieldValue::Bool(*truth),
        TraitValue::Text(text) => FieldValue::text(text.as_ref()),
        TraitValue::Texts(texts) => {
            FieldValue::Texts(texts.iter().map(|text| (&**text).into()).collect())
        }
    }
}

/// Whether a control applies.
pub(crate) enum Applies {
    Yes,
    /// It does not, because of this.
    No(String),
    /// It cannot be told, because of this.
    Unknown {
        reason: String,
        closes_with: String,
    },
}

/// Whether a condition holds of a host, with what decided.
pub(crate) fn applies(when: Option<&Condition>, seen: &Seen) -> Applies {
    let Some(when) = when else { return Applies::Yes };
    let answer = when.explain(&|name| value(when, name, seen));
    if answer.truth == Truth::Yes {
        return Applies::Yes;
    }
    let because = |field: &str| {
        let found = field.strip_prefix("host.").and_then(|name| seen.host(name));
        found.map(|found| found.because.as_str()).filter(|because| !because.is_empty())
    };
    let sentences: Vec<String> = answer
        .reasons
        .iter()
        .map(|reason| match because(&reason.field) {
            Some(because) => format!("{}: {because}", reason.sentence),
            None => reason.sentence.clone(),
        })
        .collect();
    let reason = sentences.join("; ");
    if answer.truth == Truth::No {
        return Applies::No(reason);
    }
    let closes_with = if seen.is_at_rest() {
        "a look at the host while it runs".to_owned()
    } else {
        let fields: Vec<String> =
            answer.reasons.iter().map(|reason| format!("`{}`", reason.field)).collect();
        format!("a look as root, or by whoever may see {}", fields.join(" and "))
    };
    Applies::Unknown { reason, closes_with }
}
