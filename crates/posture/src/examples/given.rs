//! What one example states: `{sysctl: {net.ipv4.ip_forward: 0}, host: {container: false}}`.

mod mounts;

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{Aspect, Reading, Resource, Setting, TraitValue};
use holdfast_rulefile::{Decoder, Node, Value};

use super::{accounts, checked};
use crate::baseline::Settings;
use crate::fields::{LISTS, typed};
use crate::read::{file_mode, near, part, plain_text, subject, value_text, word};

const NOUNS: &[&str] = &[
    "sysctl", "file", "key", "line", "text", "sshd", "package", "service", "suite", "mount",
    "module", "user", "users", "group", "groups", "files", "process", "ssh", "port", "keys", "pam",
    "firewall", "cron", "restart", "host", "setting",
];

/// The statements of one example.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) settings: Vec<Setting>,
    pub(super) traits: BTreeMap<Arc<str>, TraitValue>,
    pub(super) declared: BTreeMap<String, TraitValue>,
}

impl Given {
    /// Reads an example. It may speak only of what the control speaks of, and of settings; those of
    /// a team's own are by default what their baseline says.
    pub(super) fn read(
        decoder: &mut Decoder<'_>,
        node: &Node,
        known: &[Resource],
        settings: &Settings,
    ) -> Self {
        let mut given = Self { declared: settings.defaults(), ..Self::default() };
        let Some(table) = decoder.map(node) else { return given };
        if table.pairs().is_empty() {
            let help = "write what the host looks like, such as `{sysctl: {kernel.x: 1}}`";
            decoder.refuse("control-value", node, "this example states nothing", help);
        }
        for (name, value) in table.pairs() {
            let Some(word) = decoder.text(name) else { continue };
            let Some(noun) = NOUNS.iter().find(|noun| **noun == word).copied() else {
                let shown: String = word.chars().take(60).collect();
                let message = format!("the noun `{shown}` is not known");
                decoder.refuse("control-noun", name, message, near(word, NOUNS.iter().copied()));
                continue;
            };
            let Some(things) = decoder.map(value) else { continue };
            for (name, value) in things.pairs() {
                match noun {
                    "host" | "setting" => given.field(decoder, noun, (name, value), settings),
                    _ => given.thing(decoder, noun, (name, value), known),
                }
            }
        }
        given
    }

    /// A trait of the host, or what its owner declares.
    fn field(
        &mut self,
        decoder: &mut Decoder<'_>,
        noun: &str,
        (name, value): (&Node, &Node),
        settings: &Settings,
    ) {
        let Some(word) = decoder.text(name) else { return };
        if noun == "setting" && LISTS.iter().any(|(list, _)| *list == word) {
            let texts = decoder.texts(value).iter().map(|text| text.as_str().into()).collect();
            self.declared.insert(word.to_owned(), TraitValue::Texts(texts));
            return;
        }
        let prefix = format!("{noun}.");
        let schema = settings.schema();
        let Some(field) = schema.field(&format!("{prefix}{word}")) else {
            let known = schema.fields.iter().filter_map(|field| field.name.strip_prefix(&prefix));
            let shown: String = word.chars().take(60).collect();
            let message = format!("the field `{prefix}{shown}` is not known");
            decoder.refuse("condition-field", name, message, near(word, known));
            return;
        };
        let Some(value) = typed(decoder, field.kind, value) else { return };
        if noun == "host" {
            self.traits.insert(word.into(), value);
        } else {
            self.declared.insert(word.to_owned(), value);
        }
    }

    fn thing(
        &mut self,
        decoder: &mut Decoder<'_>,
        noun: &'static str,
        (name, value): (&Node, &Node),
        known: &[Resource],
    ) {
        let Some(text) = decoder.text(name) else { return };
        let Some(resource) = find(noun, text, known) else {
            let names: Vec<String> =
                known.iter().filter(|known| known.noun() == noun).map(short_name).collect();
            let shown: String = text.chars().take(60).collect();
            let message = format!("no line of `ensure` speaks of `{noun} {shown}`");
            let help = if names.is_empty() {
                "write a line for it, or remove it".to_owned()
            } else {
                near(text, names.iter().map(String::as_str))
            };
            decoder.refuse("control-name", name, message, help);
            return;
        };
        let mut facts = Vec::new();
        match noun {
            "sysctl" => sides(decoder, value, true, &mut facts),
            "file" => file(decoder, value, &mut facts),
            "sshd" | "ssh" => scopes(decoder, value, value_text, &mut facts),
            "key" => scopes(decoder, value, part, &mut facts),
            "text" => {
                let reading = crate::read::text(decoder, value).map(text_or_absent);
                facts.extend(reading.map(|reading| (None, Aspect::Value, reading)));
            }
            "package" => {
                let reading = plain_text(decoder, value).map(present_or);
                facts.extend(reading.map(|reading| (None, Aspect::Version, reading)));
            }
            "service" => service(decoder, value, &mut facts),
            "mount" => mounts::mount(decoder, value, &mut facts),
            "module" => mounts::module(decoder, value, &mut facts),
            "user" | "users" | "group" | "groups" | "files" | "process" => {
                accounts::stated(decoder, noun, value, &mut facts);
            }
            "port" | "keys" | "pam" | "firewall" | "restart" => {
                checked::stated(decoder, noun, value, &mut facts);
            }
            _ => {
                let reading = value_text(decoder, value).map(absent_or);
                facts.extend(reading.map(|reading| (None, Aspect::Value, reading)));
            }
        }
        let stated = facts
            .into_iter()
            .map(|(scope, aspect, reading)| setting(resource, scope, aspect, reading))
            .map(|setting| if matches!(noun, "key" | "pam") { unset(setting) } else { setting });
        self.settings.extend(stated);
    }
}

/// Everything that is seen of a thing that is not there.
pub(super) fn absent(resource: &Resource) -> Vec<Setting> {
    let aspects: &[Aspect] = match resource {
        Resource::Sysctl { .. } | Resource::Service { .. } | Resource::Module { .. } => {
            &[Aspect::Running, Aspect::Boot]
        }
        Resource::Process { .. }
        | Resource::Port { .. }
        | Resource::Firewall { .. }
        | Resource::Restart { .. } => &[Aspect::Running],
        Resource::File { .. } => &[Aspect::Type],
        Resource::Key { .. }
        | Resource::Entry { .. }
        | Resource::Line { .. }
        | Resource::Text { .. }
        | Resource::Sshd { .. }
        | Resource::Ssh { .. }
        | Resource::Keys { .. }
        | Resource::Pam { .. }
        | Resource::Suite { .. }
        | Resource::Cron { .. }
        | Resource::User { .. }
        | Resource::Users { .. }
        | Resource::Group { .. }
        | Resource::Groups { .. }
        | Resource::Files { .. } => &[Aspect::Value],
        Resource::Package { .. } => &[Aspect::Version],
        Resource::Mount { .. } => &[Aspect::Running, Aspect::Boot, Aspect::Type],
    };
    aspects.iter().map(|aspect| setting(resource, None, *aspect, Reading::Absent)).collect()
}

fn setting(
    resource: &Resource,
    scope: Option<Arc<str>>,
    aspect: Aspect,
    reading: Reading,
) -> Setting {
    Setting { resource: resource.clone(), aspect, scope, reading, place: None, default: false }
}

pub(super) type Stated = (Option<Arc<str>>, Aspect, Reading);

/// The resource of that name among those that the control speaks of. Of a key its file may be left
/// out.
fn find<'r>(noun: &str, name: &str, known: &'r [Resource]) -> Option<&'r Resource> {
    let whole = subject(noun, name).ok();
    known.iter().find(|resource| {
        let same = whole.as_ref() == Some(*resource);
        same || resource.noun() == noun && short_name(resource) == name
    })
}

/// The name as examples write it.
fn short_name(resource: &Resource) -> String {
    match resource {
        Resource::Key { key: name, .. }
        | Resource::Entry { key: name, .. }
        | Resource::Line { line: name, .. }
        | Resource::Text { path: name }
        | Resource::Sysctl { key: name }
        | Resource::File { path: name }
        | Resource::Sshd { option: name }
        | Resource::Ssh { option: name }
        | Resource::Port { socket: name }
        | Resource::Keys { set: name }
        | Resource::Pam { module: name, .. }
        | Resource::Firewall { what: name }
        | Resource::Restart { of: name }
        | Resource::Package { name }
        | Resource::Service { unit: name }
        | Resource::Cron { command: name, .. }
        | Resource::Suite { purpose: name }
        | Resource::Mount { point: name }
        | Resource::Module { name }
        | Resource::User { name }
        | Resource::Users { set: name }
        | Resource::Group { name }
        | Resource::Groups { set: name }
        | Resource::Files { which: name }
        | Resource::Process { name } => name.to_string(),
    }
}

pub(super) fn absent_or(text: Arc<str>) -> Reading {
    if &*text == "absent" { Reading::Absent } else { Reading::Is(text) }
}

fn text_or_absent(text: Arc<str>) -> Reading {
    if &*text == "absent\n" { Reading::Absent } else { Reading::Is(text) }
}

/// `not set`: the program is there, and no file gives the key a value; `absent` says nothing of the
/// program.
fn unset(setting: Setting) -> Setting {
    match &setting.reading {
        Reading::Is(value) if &**value == "not set" => {
            Setting { reading: Reading::Absent, default: true, ..setting }
        }
        _ => setting,
    }
}

/// A package that is present has some version.
fn present_or(text: Arc<str>) -> Reading {
    if &*text == "present" { Reading::Is("1".into()) } else { absent_or(text) }
}

/// One value for now and after the next start, or one for each; of a kernel parameter also what files
/// give single interfaces.
fn sides(decoder: &mut Decoder<'_>, node: &Node, has_interfaces: bool, out: &mut Vec<Stated>) {
    let (running, boot, single) = match &node.value {
        Value::Map(_) => {
            let Some(mut table) = decoder.map(node) else { return };
            let both = (table.required(decoder, "running"), table.required(decoder, "boot"));
            let single = if has_interfaces { table.optional("interfaces") } else { None };
            table.finish(decoder);
            (both.0, both.1, single)
        }
        _ => (Some(node), Some(node), None),
    };
    for (aspect, node) in [(Aspect::Running, running), (Aspect::Boot, boot)] {
        let reading = node.and_then(|node| value_text(decoder, node)).map(absent_or);
        out.extend(reading.map(|reading| (None, aspect, reading)));
        // One mistake in a value that counts for both is one problem.
        if out.is_empty() {
            return;
        }
    }
    let Some(single) = single.and_then(|single| decoder.map(single)) else { return };
    for (name, value) in single.pairs() {
        let (name, value) = (plain_text(decoder, name), value_text(decoder, value));
        let (Some(name), Some(value)) = (name, value) else { continue };
        out.push((Some(name), Aspect::Boot, absent_or(value)));
    }
}

/// What a file can be.
const KINDS: &[&str] = &["file", "folder", "link", "other"];

fn file(decoder: &mut Decoder<'_>, node: &Node, out: &mut Vec<Stated>) {
    if let Value::Text { text, .. } = &node.value {
        if text == "absent" || text == "present" {
            let reading =
                if text == "absent" { Reading::Absent } else { Reading::Is("file".into()) };
            out.push((None, Aspect::Type, reading));
        } else {
            let message = format!("`{}` is no file", text.chars().take(60).collect::<String>());
            let help = "write `absent`, or `{type: file, owner: root, mode: \"0600\"}`";
            decoder.refuse("control-value", node, message, help);
        }
        return;
    }
    let Some(mut table) = decoder.map(node) else { return };
    let kind = table.optional("type").map_or(Some("file"), |node| word(decoder, node, KINDS));
    out.extend(kind.map(|kind| (None, Aspect::Type, Reading::Is(kind.into()))));
    for (key, aspect) in [("owner", Aspect::Owner), ("group", Aspect::Group)] {
        let name = table.optional(key).and_then(|node| plain_text(decoder, node));
        out.extend(name.map(|name| (None, aspect, Reading::Is(name))));
    }
    let bits = table.optional("mode").and_then(|node| file_mode(decoder, node));
    out.extend(bits.map(|bits| (None, Aspect::Mode, Reading::Is(format!("{bits:04o}").into()))));
    table.finish(decoder);
}

/// One value for everybody, or a table: `everybody`, and the criteria of `Match` blocks.
fn scopes(
    decoder: &mut Decoder<'_>,
    node: &Node,
    of: fn(&mut Decoder<'_>, &Node) -> Option<Arc<str>>,
    out: &mut Vec<Stated>,
) {
    let Value::Map(pairs) = &node.value else {
        let reading = of(decoder, node).map(absent_or);
        out.extend(reading.map(|reading| (None, Aspect::Value, reading)));
        return;
    };
    for (name, value) in pairs {
        let (name, value) = (plain_text(decoder, name), of(decoder, value));
        let (Some(name), Some(value)) = (name, value) else { continue };
        let scope = (&*name != "everybody").then_some(name);
        out.push((scope, Aspect::Value, absent_or(value)));
    }
}

fn service(decoder: &mut Decoder<'_>, node: &Node, out: &mut Vec<Stated>) {
    if let Value::Map(_) = &node.value {
        sides(decoder, node, false, out);
        return;
    }
    let Some(word) = value_text(decoder, node) else { return };
    let (running, boot) = match &*word {
        "on" => (Reading::Is("active".into()), Reading::Is("enabled".into())),
        "off" => (Reading::Is("inactive".into()), Reading::Is("disabled".into())),
        "masked" => (Reading::Is("inactive".into()), Reading::Is("masked".into())),
        "absent" => (Reading::Absent, Reading::Absent),
        other => {
            let message = format!("`{other}` is not one of `on`, `off`, `masked`, `absent`");
            let help = "write one of these, or `{running: active, boot: enabled}`";
            decoder.refuse("control-value", node, message, help);
            return;
        }
    };
    out.extend([(None, Aspect::Running, running), (None, Aspect::Boot, boot)]);
}
