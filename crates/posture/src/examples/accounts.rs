//! What an example states of accounts, groups, files of a walk and processes:
//! `{users: {system: {games: {shell: /usr/sbin/nologin}}}}`, `{files: {setuid: [/usr/bin/su]}}`.

use std::sync::Arc;

use holdfast_model::{Aspect, Reading};
use holdfast_rulefile::{Decoder, Node, Value};

use super::given::{Stated, absent_or};
use crate::read::{OF_ACCOUNT, value_text};

/// Reads what is stated of one of these things.
pub(super) fn stated(decoder: &mut Decoder<'_>, noun: &str, node: &Node, out: &mut Vec<Stated>) {
    let word = match &node.value {
        Value::Text { text, .. } => Some(text.as_str()),
        _ => None,
    };
    match (noun, word) {
        ("process", Some("running")) => {
            out.push((None, Aspect::Running, Reading::Is("running".into())));
        }
        ("process", Some("absent")) => out.push((None, Aspect::Running, Reading::Absent)),
        ("process", _) => refuse(decoder, node, "write `running` or `absent`"),
        (_, Some("absent")) => out.push((None, Aspect::Value, Reading::Absent)),
        ("user", _) => {
            out.push((None, Aspect::Value, Reading::Is("present".into())));
            account(decoder, None, node, out);
        }
        ("group", _) => {
            let members = members(decoder, node);
            let member = |name| (Some(name), Aspect::Member, Reading::Is("member".into()));
            out.extend(members.into_iter().map(member));
            out.push((None, Aspect::Value, Reading::Is("present".into())));
        }
        ("files", _) => {
            let paths = members(decoder, node);
            out.push((None, Aspect::Value, Reading::Is(paths.len().to_string().into())));
            let file = |path| (Some(path), Aspect::Mode, Reading::Is("0755".into()));
            out.extend(paths.into_iter().map(file));
        }
        _ => set(decoder, noun, node, out),
    }
}

fn refuse(decoder: &mut Decoder<'_>, node: &Node, help: &str) {
    let message = format!("{} says nothing of this", node.what());
    decoder.refuse("control-value", node, message, help);
}

fn members(decoder: &mut Decoder<'_>, node: &Node) -> Vec<Arc<str>> {
    let nodes = decoder.list(node).unwrap_or_default();
    nodes.iter().filter_map(|node| value_text(decoder, node)).collect()
}

/// The members of a set by name; one whose name stands twice is a list.
fn set(decoder: &mut Decoder<'_>, noun: &str, node: &Node, out: &mut Vec<Stated>) {
    let Some(table) = decoder.map(node) else { return };
    let mut count = 0_usize;
    for (name, value) in table.pairs() {
        let Some(name) = value_text(decoder, name) else { continue };
        let entries = match &value.value {
            Value::Seq(entries) => entries.as_slice(),
            _ => std::slice::from_ref(value),
        };
        for entry in entries {
            count += 1;
            if noun == "groups" {
                let number = value_text(decoder, entry);
                let number = number.map(|number| (Aspect::Number, Reading::Is(number)));
                out.extend(number.map(|(aspect, number)| (Some(name.clone()), aspect, number)));
            } else {
                account(decoder, Some(&name), entry, out);
            }
        }
    }
    out.push((None, Aspect::Value, Reading::Is(count.to_string().into())));
}

fn account(decoder: &mut Decoder<'_>, name: Option<&Arc<str>>, node: &Node, out: &mut Vec<Stated>) {
    let Some(mut table) = decoder.map(node) else { return };
    for (key, aspect) in OF_ACCOUNT {
        let Some(node) = table.optional(key) else { continue };
        let reading = value_text(decoder, node).map(absent_or);
        out.extend(reading.map(|reading| (name.cloned(), aspect, reading)));
    }
    table.finish(decoder);
}
