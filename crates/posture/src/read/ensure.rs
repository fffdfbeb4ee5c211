//! The lines of `ensure`: a noun, a name, and what is wanted.

use std::ops::Range;
use std::sync::Arc;

use holdfast_model::{Desired, Dialect, ModeWanted, Resource};
use holdfast_rulefile::{Decoder, Node, Value, suggest};

use super::near;
use super::{accounts, checked, cron, entries, files, mounts, names};
use super::{services, ssh_options, sshd_options, values};
use crate::nouns::{self, NOUNS, Noun};

/// More would be a mistake, and a choice among very many ways costs their product.
const MOST_LINES: usize = 64;

/// Reads the list of wanted states; what is wrong with one is reported and leaves the others.
pub(super) fn lines(decoder: &mut Decoder<'_>, node: &Node) -> Vec<Desired> {
    states(decoder, node, true)
}

fn states(decoder: &mut Decoder<'_>, node: &Node, choice_allowed: bool) -> Vec<Desired> {
    let Some(nodes) = decoder.list(node) else { return Vec::new() };
    if nodes.is_empty() || nodes.len() > MOST_LINES {
        let message = format!("{} states are wanted here, not {}", "1 to 64", nodes.len());
        let help = "write lines such as `- sshd PermitRootLogin: \"no\"`";
        decoder.refuse("control-line", node, message, help);
        return Vec::new();
    }
    let mut out: Vec<Desired> = Vec::new();
    for node in nodes {
        let Some(desired) = state(decoder, node, choice_allowed) else { continue };
        let subject = desired.subject();
        if out.iter().any(|other| other.subject() == subject) {
            let message = format!("two lines speak of `{subject}`");
            let help = "put what is wanted of one thing into one line";
            decoder.refuse("control-line", node, message, help);
            continue;
        }
        out.push(desired);
    }
    out
}

fn state(decoder: &mut Decoder<'_>, node: &Node, choice_allowed: bool) -> Option<Desired> {
    let help = "write `- noun name: what is wanted`, such as `- sysctl kernel.dmesg_restrict: 1`";
    let Value::Map(pairs) = &node.value else {
        let message = format!("a state is wanted here, not {}", node.what());
        decoder.refuse("control-line", node, message, help);
        return None;
    };
    let [(name, value)] = pairs.as_slice() else {
        let message = format!("one state is wanted here, not {}", pairs.len());
        decoder.refuse("control-line", node, message, "begin each state with `- `");
        return None;
    };
    let line = Line::read(decoder, name)?;
    if line.noun == "any of" {
        if !choice_allowed {
            let help = "write out each way at the top";
            decoder.refuse("control-line", name, "a way holds no further choice", help);
            return None;
        }
        return any_of(decoder, &line, value);
    }
    let resource = line.resource(decoder)?;
    wanted(decoder, resource, value)
}

/// What stands before the colon.
struct Line<'n> {
    node: &'n Node,
    noun: &'static str,
    name: &'n str,
    /// Where the name stands in the node's text.
    part: Range<usize>,
}

impl<'n> Line<'n> {
    fn read(decoder: &mut Decoder<'_>, node: &'n Node) -> Option<Self> {
        let text = decoder.text(node)?;
        let begins = |noun: &&Noun| {
            let rest = text.strip_prefix(noun.word);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        let Some(known) = NOUNS.iter().find(begins) else {
            let word = text.split(' ').next().unwrap_or_default();
            let span = decoder.source().span_in(node, 0..word.len());
            let shown: String = word.chars().take(60).collect();
            let problem = decoder
                .source()
                .problem("control-noun", span, format!("the noun `{shown}` is not known"))
                .help(near(word, nouns::words()));
            decoder.report(problem);
            return None;
        };
        let noun = known.word;
        let rest = text.get(noun.len()..).unwrap_or_default();
        let name = rest.trim();
        let start = text.len() - rest.trim_start().len();
        if name.is_empty() {
            let message = format!("`{noun}` names nothing");
            let help = format!("write which, such as `{}`", known.named());
            decoder.refuse("control-name", node, message, help);
            return None;
        }
        Some(Self { node, noun, name, part: start..start + name.len() })
    }

    fn resource(&self, decoder: &mut Decoder<'_>) -> Option<Resource> {
        match subject(self.noun, self.name) {
            Ok(resource) => Some(resource),
            Err((message, help)) => {
                self.refuse(decoder, message, help);
                None
            }
        }
    }

    fn refuse(&self, decoder: &mut Decoder<'_>, message: String, help: String) {
        let span = decoder.source().span_in(self.node, self.part.clone());
        let problem = decoder.source().problem("control-name", span, message).help(help);
        decoder.report(problem);
    }
}

/// The thing that a noun and a name mean; else what is wrong with the name, and the help.
pub(crate) fn subject(noun: &str, name: &str) -> Result<Resource, (String, String)> {
    let plain = |known: Result<(), &'static str>| {
        known
            .map_err(|help| (format!("`{}` is no {}", short(name), names::what(noun)), help.into()))
    };
    let text: Arc<str> = name.into();
    Ok(match noun {
        "sysctl" => {
            plain(names::sysctl(name))?;
            Resource::Sysctl { key: text }
        }
        "file" => {
            plain(names::path(name))?;
            Resource::File { path: text }
        }
        "text" => {
            plain(names::path(name))?;
            Resource::Text { path: text }
        }
        "line" => files::line(name)?,
        "package" => {
            plain(names::package(name))?;
            Resource::Package { name: text }
        }
        "service" => {
            plain(names::unit(name))?;
            Resource::Service { unit: names::with_ending(name).into() }
        }
        "mount" => {
            plain(names::path(name))?;
            Resource::Mount { point: text }
        }
        "module" => {
            plain(names::module(name))?;
            Resource::Module { name: name.replace('-', "_").into() }
        }
        "sshd" => Resource::Sshd { option: sshd_options::named(name)?.name.into() },
        "ssh" => Resource::Ssh { option: ssh_options::named(name)?.name.into() },
        "cron" => cron::subject(name)?,
        "suite" if name == "security" => Resource::Suite { purpose: text },
        "suite" => {
            let message = format!("no package source is for `{}`", short(name));
            return Err((message, near(name, ["security"])));
        }
        "user" | "users" | "group" | "groups" | "files" | "process" => {
            accounts::subject(noun, name)?
        }
        "port" | "keys" | "pam" | "firewall" | "restart" => checked::subject(noun, name)?,
        _ => key(name)?,
    })
}

/// `NAME in /etc/login.defs`; the name may hold spaces.
fn key(name: &str) -> Result<Resource, (String, String)> {
    let files = || Dialect::ALL.iter().map(|dialect| dialect.file());
    let Some((key, file)) = name.rsplit_once(" in ") else {
        let message = format!("`{}` does not say in which file", short(name));
        return Err((message, "write `key NAME in /etc/login.defs`".to_owned()));
    };
    let (key, file) = (key.trim(), file.trim());
    if let Some((files, style)) = file.rsplit_once(" as ") {
        return entries::subject(key, files, style.trim());
    }
    let Some(dialect) = Dialect::of_file(file) else {
        let message = format!("keys of `{}` are not read", short(file));
        let help = match suggest(file, files()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                "say how it writes keys: `as ini`, `as equals`, `as blanks` or `as shell`".into()
            }
        };
        return Err((message, help));
    };
    names::key(dialect, key).map_err(|help| {
        (format!("`{}` is no key of `{}`", short(key), dialect.file()), help.to_owned())
    })?;
    Ok(Resource::Key { dialect, key: key.into() })
}

pub(super) fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

/// What is wanted of a resource.
fn wanted(decoder: &mut Decoder<'_>, resource: Resource, node: &Node) -> Option<Desired> {
    Some(match resource {
        Resource::Sysctl { key } => {
            let value = values::wanted(decoder, node)?;
            values::no_list(decoder, node, &value)?;
            values::no_choice(decoder, node, &value)?;
            Desired::Sysctl { key, value }
        }
        Resource::Key { dialect, key } if files::is_absent(node) => {
            Desired::KeyAbsent { dialect, key }
        }
        Resource::Entry { .. } => return entries::wanted(decoder, resource, node),
        Resource::Line { path, line } => {
            let present = values::word(decoder, node, &["present", "absent"])? == "present";
            if present {
                Desired::LinePresent { path, line }
            } else {
                Desired::LineAbsent { path, line }
            }
        }
        Resource::Text { path } => Desired::Text { path, text: files::text(decoder, node)? },
        Resource::Key { dialect, key } => {
            let value = values::wanted(decoder, node)?;
            values::no_list(decoder, node, &value)?;
            Desired::Key { dialect, key, value }
        }
        Resource::Sshd { option } => {
            let value = sshd_options::wanted(decoder, node, &option)?;
            let takes = sshd_options::named(&option).ok()?.takes;
            sshd_options::check(decoder, node, (&*option, takes), &value)?;
            Desired::Sshd { option, value }
        }
        Resource::Ssh { option } => {
            let value = values::wanted(decoder, node)?;
            let takes = ssh_options::named(&option).ok()?.takes;
            sshd_options::check(decoder, node, (&*option, takes), &value)?;
            Desired::Ssh { option, value }
        }
        Resource::File { path } => return file(decoder, path, node),
        Resource::Package { name } => return package(decoder, name, node),
        Resource::Service { unit } => return services::wanted(decoder, unit, node),
        Resource::Cron { .. } => return cron::wanted(decoder, resource, node),
        Resource::Suite { purpose } => {
            values::word(decoder, node, &["present"])?;
            Desired::SuitePresent { purpose }
        }
        Resource::Mount { point } => return mounts::wanted(decoder, point, node),
        Resource::Module { name } => {
            values::word(decoder, node, &["disabled"])?;
            Desired::ModuleDisabled { name }
        }
        Resource::User { .. }
        | Resource::Users { .. }
        | Resource::Group { .. }
        | Resource::Groups { .. }
        | Resource::Files { .. }
        | Resource::Process { .. } => return accounts::wanted(decoder, &resource, node),
        Resource::Port { .. }
        | Resource::Keys { .. }
        | Resource::Pam { .. }
        | Resource::Firewall { .. }
        | Resource::Restart { .. } => return checked::wanted(decoder, &resource, node),
    })
}

fn file(decoder: &mut Decoder<'_>, path: Arc<str>, node: &Node) -> Option<Desired> {
    if let Value::Text { .. } = &node.value {
        let there = values::word(decoder, node, &["present", "absent"])? == "present";
        return Some(if there {
            let kind = Some("any".into());
            Desired::File { path, kind, owner: None, group: Vec::new(), mode: None }
        } else {
            Desired::FileAbsent { path }
        });
    }
    let mut table = decoder.map(node)?;
    let kind_node = table.optional("type");
    let owner_node = table.optional("owner");
    let group_node = table.optional("group");
    let mode_node = table.optional("mode");
    table.finish(decoder);
    let kind: Option<Arc<str>> = match kind_node {
        Some(node) => Some(values::word(decoder, node, &["file", "folder", "link", "any"])?.into()),
        None => None,
    };
    let owner = match owner_node {
        Some(node) => Some(values::account(decoder, node)?),
        None => None,
    };
    let group = match group_node {
        Some(node) => values::accounts(decoder, node)?,
        None => Vec::new(),
    };
    let mode = match mode_node {
        Some(node) => Some(mode(decoder, node)?),
        None => None,
    };
    if kind.is_none() && owner.is_none() && group.is_empty() && mode.is_none() {
        let help = "write `present`, `absent`, or one of `type`, `owner`, `group` and `mode`";
        decoder.refuse("control-value", node, "nothing is wanted of this file", help);
        return None;
    }
    let desired = Desired::File { path, kind, owner, group, mode };
    let side = mode_node.or(owner_node).or(group_node).unwrap_or(node);
    is_no_link_with_sides(decoder, side, &desired).then_some(desired)
}

/// A link has no mode of its own, and who looks is told the owner and group of what it leads to: where
/// one is wanted, only its type can be asked. What is otherwise is refused.
pub(crate) fn is_no_link_with_sides(
    decoder: &mut Decoder<'_>,
    node: &Node,
    desired: &Desired,
) -> bool {
    let Desired::File { kind: Some(kind), owner, group, mode, .. } = desired else { return true };
    if &**kind != "link" || (owner.is_none() && group.is_empty() && mode.is_none()) {
        return true;
    }
    let message = "a link has no mode of its own, and its owner and group are not looked at";
    let help = "write `type: link` alone, and a line with the rest for the path that it leads to";
    decoder.refuse("control-value", node, message, help);
    false
}

fn mode(decoder: &mut Decoder<'_>, node: &Node) -> Option<ModeWanted> {
    let Value::Map(_) = &node.value else {
        return values::file_mode(decoder, node).map(ModeWanted::Is);
    };
    let mut table = decoder.map(node)?;
    let most = table.required(decoder, "at_most");
    table.finish(decoder);
    values::file_mode(decoder, most?).map(ModeWanted::AtMost)
}

fn package(decoder: &mut Decoder<'_>, name: Arc<str>, node: &Node) -> Option<Desired> {
    if let Value::Text { .. } = &node.value {
        let present = values::word(decoder, node, &["present", "absent"])? == "present";
        return Some(if present {
            Desired::PackagePresent { name }
        } else {
            Desired::PackageAbsent { name }
        });
    }
    let mut table = decoder.map(node)?;
    let least = table.required(decoder, "at_least");
    table.finish(decoder);
    let version = values::plain_text(decoder, least?)?;
    if !version.chars().all(|c| c.is_ascii_alphanumeric() || "+.:~-_^".contains(c)) {
        let help = "write a version as the distribution does, such as \"1:9.2p1-2\"";
        decoder.refuse("control-value", least?, format!("`{version}` is no version"), help);
        return None;
    }
    Some(Desired::PackageAtLeast { name, version })
}

fn any_of(decoder: &mut Decoder<'_>, line: &Line<'_>, node: &Node) -> Option<Desired> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !line.name.split('-').all(|part| !part.is_empty() && part.chars().all(plain)) {
        let help = "write one lower-case word, such as `any of firewall`";
        line.refuse(decoder, format!("`{}` is no name", short(line.name)), help.to_owned());
        return None;
    }
    let ways = decoder.list(node)?;
    if ways.len() < 2 || ways.len() > MOST_LINES {
        let message = format!("2 to {MOST_LINES} ways are wanted here, not {}", ways.len());
        let help = "write a list of ways, each a list of states, or a plain line for a single way";
        decoder.refuse("control-line", node, message, help);
        return None;
    }
    let before = decoder.problems().len();
    let ways: Vec<Vec<Desired>> = ways.iter().map(|way| states(decoder, way, false)).collect();
    let clean = decoder.problems().len() == before;
    (clean && ways.iter().all(|way| !way.is_empty()))
        .then(|| Desired::AnyOf { name: line.name.into(), ways })
}
