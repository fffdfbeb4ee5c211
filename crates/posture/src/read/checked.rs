//! The lines about ports, keys, PAM, the packet filter and restarts: what can only be checked.
//!
//! Knows which words may stand behind these nouns. Must not know how any of them is judged.

use core::net::IpAddr;
use std::sync::Arc;

use holdfast_model::{Aspect, Desired, PamWanted, PortWanted, Resource, Wanted};
use holdfast_rulefile::{Decoder, Node, Value};

use super::ensure::short;
use super::{names, near, values};

/// The sets of keys, beside files of certificates.
const SETS: [&str; 3] = ["ssh-host", "authorized", MODULI];

/// The set of numbers that the ssh server agrees with others on a key by, moduli(5).
const MODULI: &str = "ssh-moduli";

/// Where the packet filter looks at what passes.
const HOOKS: [&str; 3] = ["input", "forward", "output"];

/// The stacks of PAM, pam.conf(5).
const STACKS: [&str; 4] = ["auth", "account", "password", "session"];

/// What may have to restart.
const RESTARTS: [&str; 2] = ["host", "services"];

/// What may be wanted of a key, by the word for it.
const OF_KEY: [(&str, Aspect); 4] = [
    ("types", Aspect::Type),
    ("rsa_bits", Aspect::Bits),
    ("dh_bits", Aspect::Bits),
    ("signature", Aspect::Method),
];

/// More would be no list that somebody looks through.
const MOST: usize = 64;

/// The thing that a noun and a name mean; else what is wrong with the name, and the help.
pub(super) fn subject(noun: &str, name: &str) -> Result<Resource, (String, String)> {
    let text: Arc<str> = name.into();
    let wrong = |what: &str, help: String| Err((format!("`{}` is no {what}", short(name)), help));
    match noun {
        "port" if is_socket(name) => Ok(Resource::Port { socket: text }),
        "port" => wrong("port", "write it as `tcp/22` or `udp/53`".to_owned()),
        "firewall" if HOOKS.contains(&name) || is_socket(name) => {
            Ok(Resource::Firewall { what: text })
        }
        "firewall" => {
            let help = "write `input`, `forward`, `output`, or a port such as `tcp/22`";
            wrong("part of the packet filter", help.to_owned())
        }
        "keys" if SETS.contains(&name) => Ok(Resource::Keys { set: text }),
        "keys" if name.starts_with('/') => match names::path(name) {
            Ok(()) => Ok(Resource::Keys { set: text }),
            Err(help) => wrong("absolute path", help.to_owned()),
        },
        "keys" => wrong("set of keys", near(name, SETS)),
        "restart" if RESTARTS.contains(&name) => Ok(Resource::Restart { of: text }),
        "restart" => wrong("thing that restarts", near(name, RESTARTS)),
        _ => pam(name),
    }
}

/// `PROTOCOL/NUMBER`, written in one way only.
fn is_socket(name: &str) -> bool {
    name.split_once('/').is_some_and(|(protocol, number)| {
        let same = |port: u16| port > 0 && port.to_string() == number;
        matches!(protocol, "tcp" | "udp") && number.parse::<u16>().is_ok_and(same)
    })
}

/// `MODULE in SERVICE`, both names of files.
fn pam(name: &str) -> Result<Resource, (String, String)> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+');
    let good = |name: &str| {
        !name.is_empty() && !name.starts_with('.') && name.len() < 256 && name.chars().all(plain)
    };
    let is_module = |name: &str| name.strip_suffix(".so").is_some();
    let parts = name.rsplit_once(" in ").map(|(module, service)| (module.trim(), service.trim()));
    match parts {
        Some((module, service)) if good(module) && is_module(module) && good(service) => {
            Ok(Resource::Pam { service: service.into(), module: module.into() })
        }
        _ => {
            let message = format!("`{}` is no module in a service", short(name));
            Err((message, "write `pam pam_unix.so in login`".to_owned()))
        }
    }
}

/// What is wanted of one of these things.
pub(super) fn wanted(
    decoder: &mut Decoder<'_>,
    resource: &Resource,
    node: &Node,
) -> Option<Desired> {
    match resource {
        Resource::Port { socket } => {
            let wanted = port(decoder, node)?;
            Some(Desired::Port { socket: Arc::clone(socket), wanted })
        }
        Resource::Keys { set } => {
            let wanted = keys(decoder, set, node)?;
            Some(Desired::Keys { set: Arc::clone(set), wanted })
        }
        Resource::Pam { service, module } => {
            let wanted = rule(decoder, node)?;
            let (service, module) = (Arc::clone(service), Arc::clone(module));
            Some(Desired::Pam { service, module, wanted })
        }
        Resource::Firewall { what } => {
            let word = if HOOKS.contains(&&**what) {
                let mut table = decoder.map(node)?;
                let policy = table.required(decoder, "policy");
                table.finish(decoder);
                values::word(decoder, policy?, &["drop", "accept"])?
            } else {
                values::word(decoder, node, &["accepted", "refused"])?
            };
            Some(Desired::Firewall { what: Arc::clone(what), wanted: word.into() })
        }
        Resource::Restart { of } => {
            values::word(decoder, node, &["not needed"])?;
            Some(Desired::Restart { of: Arc::clone(of) })
        }
        _ => None,
    }
}

fn port(decoder: &mut Decoder<'_>, node: &Node) -> Option<PortWanted> {
    if let Value::Text { .. } = &node.value {
        let listening = values::word(decoder, node, &["listening", "closed"])? == "listening";
        return Some(if listening { PortWanted::Listening } else { PortWanted::Closed });
    }
    let mut table = decoder.map(node)?;
    let list = table.required(decoder, "only_on");
    table.finish(decoder);
    let list = list?;
    let help = "write addresses such as `192.0.2.7`, or `loopback`; for none, write `closed`";
    let all = texts(decoder, list, help)?;
    let mut addresses: Vec<Arc<str>> = Vec::new();
    for text in all {
        let address: Arc<str> = match text.parse::<IpAddr>() {
            Ok(address) => address.to_canonical().to_string().into(),
            Err(_) if &*text == "loopback" => text,
            Err(_) => {
                decoder.refuse("control-value", list, format!("`{text}` is no address"), help);
                return None;
            }
        };
        if addresses.contains(&address) {
            let message = format!("`{address}` stands twice");
            decoder.refuse("control-value", list, message, "remove one of the two");
            return None;
        }
        addresses.push(address);
    }
    Some(PortWanted::OnlyOn(addresses))
}

/// A list of texts that is not empty, each once.
fn texts(decoder: &mut Decoder<'_>, node: &Node, help: &str) -> Option<Vec<Arc<str>>> {
    let nodes = decoder.list(node)?;
    if nodes.is_empty() || nodes.len() > MOST {
        let message = format!("1 to {MOST} are wanted here, not {}", nodes.len());
        decoder.refuse("control-value", node, message, help);
        return None;
    }
    let mut out: Vec<Arc<str>> = Vec::new();
    for node in nodes {
        let text = values::plain_text(decoder, node)?;
        if text.is_empty() || out.contains(&text) {
            let message = format!("`{text}` is nothing that can stand here, or stands twice");
            decoder.refuse("control-value", node, message, help);
            return None;
        }
        out.push(text);
    }
    Some(out)
}

fn keys(decoder: &mut Decoder<'_>, set: &str, node: &Node) -> Option<Vec<(Aspect, Wanted)>> {
    let before = decoder.problems().len();
    let mut table = decoder.map(node)?;
    let mut out = Vec::new();
    for (word, aspect) in OF_KEY {
        let Some(node) = table.optional(word) else { continue };
        let Some(wanted) = values::wanted(decoder, node) else { continue };
        let of_number = matches!(wanted, Wanted::AtLeast(_) | Wanted::AtMost(_));
        let list = matches!(wanted, Wanted::SubsetOf(_));
        let help = match aspect {
            _ if (set == MODULI) != (word == "dh_bits") => {
                Some("moduli have `dh_bits` alone, and nothing else has them")
            }
            Aspect::Bits if of_number => None,
            Aspect::Bits => Some("write a length, such as `{at_least: 3072}`"),
            Aspect::Method if !set.starts_with('/') => {
                Some("only certificates are signed; take it out")
            }
            _ if of_number || list => Some("write `{none_of: […]}` or `{one_of: […]}`"),
            _ => None,
        };
        match help {
            None => out.push((aspect, wanted)),
            Some(help) => {
                let message = format!("{wanted} is nothing that `{word}` of `{set}` can be");
                decoder.refuse("control-value", node, message, help);
            }
        }
    }
    table.finish(decoder);
    if out.is_empty() && decoder.problems().len() == before {
        let help = "write at least one of `types`, `rsa_bits`, `dh_bits` and `signature`";
        decoder.refuse("control-value", node, "nothing is wanted of these keys", help);
    }
    (decoder.problems().len() == before).then_some(out)
}

/// `present`, `absent`, or what of a rule.
fn rule(decoder: &mut Decoder<'_>, node: &Node) -> Option<PamWanted> {
    if let Value::Text { .. } = &node.value {
        let present = values::word(decoder, node, &["present", "absent"])? == "present";
        let any = PamWanted::Present { kind: None, control: vec![], has: vec![], lacks: vec![] };
        return Some(if present { any } else { PamWanted::Absent });
    }
    let before = decoder.problems().len();
    let mut table = decoder.map(node)?;
    let kind = table.optional("type").and_then(|node| values::word(decoder, node, &STACKS));
    let mut list = |word: &'static str, help: &str| {
        let node = table.optional(word);
        node.and_then(|node| texts(decoder, node, help)).unwrap_or_default()
    };
    let control = list("control", "write the controls that are good, such as `[required]`");
    let has = list("has", "write arguments, such as `[deny=5]`");
    let lacks = list("lacks", "write arguments, such as `[nullok]`");
    table.finish(decoder);
    if decoder.problems().len() > before {
        return None;
    }
    if kind.is_none() && control.is_empty() && has.is_empty() && lacks.is_empty() {
        let help = "write `present`, or at least one of `type`, `control`, `has` and `lacks`";
        decoder.refuse("control-value", node, "nothing is wanted of this rule", help);
        return None;
    }
    Some(PamWanted::Present { kind: kind.map(Arc::from), control, has, lacks })
}
