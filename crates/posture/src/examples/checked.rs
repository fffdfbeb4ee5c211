//! What an example states of ports, keys, PAM, the packet filter and restarts:
//! `{port: {tcp/22: [127.0.0.1]}}`, `{pam: {pam_unix.so in login: {auth: "required nullok"}}}`.

use std::sync::Arc;

use holdfast_model::{Aspect, Reading};
use holdfast_rulefile::{Decoder, Node, Value};

use super::given::{Stated, absent_or};
use crate::read::{plain_text, value_text};

/// What an example states of a key, by the word for it.
const OF_KEY: [(&str, Aspect); 3] =
    [("type", Aspect::Type), ("bits", Aspect::Bits), ("signature", Aspect::Method)];

/// Reads what is stated of one of these things.
pub(super) fn stated(decoder: &mut Decoder<'_>, noun: &str, node: &Node, out: &mut Vec<Stated>) {
    match noun {
        "port" => port(decoder, node, out),
        "keys" => keys(decoder, node, out),
        "pam" => pam(decoder, node, out),
        "restart" => restart(decoder, node, out),
        _ => firewall(decoder, node, out),
    }
}

/// The addresses on which somebody listens, or `closed`.
fn port(decoder: &mut Decoder<'_>, node: &Node, out: &mut Vec<Stated>) {
    if let Value::Text { text, .. } = &node.value
        && text == "closed"
    {
        return out.push((None, Aspect::Running, Reading::Absent));
    }
    let nodes = decoder.list(node).unwrap_or_default();
    let mut count = 0_usize;
    for node in nodes {
        let Some(address) = plain_text(decoder, node) else { continue };
        count += 1;
        out.push((Some(address), Aspect::Running, Reading::Is("listening".into())));
    }
    out.push((None, Aspect::Running, Reading::Is(count.to_string().into())));
}

/// Keys by name, or `absent`.
fn keys(decoder: &mut Decoder<'_>, node: &Node, out: &mut Vec<Stated>) {
    if let Value::Text { text, .. } = &node.value
        && text == "absent"
    {
        return out.push((None, Aspect::Value, Reading::Absent));
    }
    let Some(table) = decoder.map(node) else { return };
    let mut count = 0_usize;
    for (name, value) in table.pairs() {
        let (name, table) = (plain_text(decoder, name), decoder.map(value));
        let (Some(name), Some(mut table)) = (name, table) else { continue };
        count += 1;
        for (word, aspect) in OF_KEY {
            let value = table.optional(word).and_then(|node| value_text(decoder, node));
            let reading = value.map_or(Reading::Absent, Reading::Is);
            out.push((Some(Arc::clone(&name)), aspect, reading));
        }
        table.finish(decoder);
    }
    out.push((None, Aspect::Value, Reading::Is(count.to_string().into())));
}

/// Control and arguments by stack, `not set` where no rule names the module, or `absent` where there
/// is no such service.
fn pam(decoder: &mut Decoder<'_>, node: &Node, out: &mut Vec<Stated>) {
    let Value::Map(pairs) = &node.value else {
        let reading = value_text(decoder, node).map(absent_or);
        return out.extend(reading.map(|reading| (None, Aspect::Value, reading)));
    };
    for (stack, rule) in pairs {
        let (stack, rule) = (plain_text(decoder, stack), plain_text(decoder, rule));
        let (Some(stack), Some(rule)) = (stack, rule) else { continue };
        out.push((Some(stack), Aspect::Value, Reading::Is(rule)));
    }
    out.push((None, Aspect::Value, Reading::Is("present".into())));
}

/// One word for both families, or one for each.
fn firewall(decoder: &mut Decoder<'_>, node: &Node, out: &mut Vec<Stated>) {
    let families = ["ipv4", "ipv6"];
    let Value::Map(_) = &node.value else {
        let Some(word) = value_text(decoder, node) else { return };
        let each =
            |family: &str| (Some(family.into()), Aspect::Running, Reading::Is(Arc::clone(&word)));
        return out.extend(families.map(each));
    };
    let Some(mut table) = decoder.map(node) else { return };
    for family in families {
        let word = table.required(decoder, family).and_then(|node| value_text(decoder, node));
        let stated = word.map(|word| (Some(family.into()), Aspect::Running, Reading::Is(word)));
        out.extend(stated);
    }
    table.finish(decoder);
}

/// Of the host `needed`, `absent` where no package brings its kernel, or the kernel that runs and one
/// that is installed; of services those that run what was replaced.
fn restart(decoder: &mut Decoder<'_>, node: &Node, out: &mut Vec<Stated>) {
    match &node.value {
        Value::Text { .. } => {
            let reading = value_text(decoder, node).map(absent_or);
            out.extend(reading.map(|reading| (None, Aspect::Running, reading)));
        }
        Value::Map(_) => {
            let Some(mut table) = decoder.map(node) else { return };
            let runs = table.required(decoder, "runs").and_then(|node| value_text(decoder, node));
            let installed = table.required(decoder, "installed");
            let installed = installed.and_then(|node| value_text(decoder, node));
            table.finish(decoder);
            out.extend(runs.map(|runs| (None, Aspect::Running, Reading::Is(runs))));
            let kernel = |version| (Some("kernel".into()), Aspect::Version, Reading::Is(version));
            out.extend(installed.map(kernel));
        }
        _ => {
            let mut count = 0_usize;
            for node in decoder.list(node).unwrap_or_default() {
                let Some(program) = plain_text(decoder, node) else { continue };
                count += 1;
                out.push((Some(program), Aspect::Running, Reading::Is("/usr/lib/old.so".into())));
            }
            out.push((None, Aspect::Running, Reading::Is(count.to_string().into())));
        }
    }
}
