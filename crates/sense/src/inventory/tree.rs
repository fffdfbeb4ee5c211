//! Inventories that are trees: Ansible's YAML, what `ansible-inventory --list` writes, and lists of
//! nodes as Puppet's database gives them.

use std::sync::Arc;

use holdfast_model::Span;

use super::build::{Builder, Said, Vars};
use crate::text::Mistake;
use crate::text::json::{Kind, Member, Value};

/// Groups by name, each with `hosts`, `vars` and `children`.
pub(super) fn yaml(value: &Value<'_>, builder: &mut Builder) {
    match &value.kind {
        Kind::Null => {}
        Kind::Object(groups) => groups.iter().for_each(|one| group(one, None, builder)),
        _ => {
            let help = "write groups by name, each with `hosts`, `vars` or `children`";
            wrong(value, "a table of groups is wanted here", help, builder);
        }
    }
}

fn group(member: &Member<'_>, parent: Option<&str>, builder: &mut Builder) {
    let (name, span) = (&*member.key, member.key_span);
    let known = match parent {
        Some(parent) => builder.child(parent, name, span),
        None => builder.group(name, span),
    };
    if !known {
        return;
    }
    let parts = match &member.value.kind {
        Kind::Null => return,
        Kind::Object(parts) => parts,
        _ => {
            let help = "write `hosts`, `vars` or `children` below a group";
            return wrong(&member.value, "a table is wanted here", help, builder);
        }
    };
    for part in parts {
        match (&*part.key, &part.value.kind) {
            (_, Kind::Null) => {}
            ("hosts", Kind::Object(hosts)) => {
                for host in hosts {
                    let vars = vars(&host.value, builder);
                    builder.host(&host.key, host.key_span, Some(name), &vars);
                }
            }
            ("vars", Kind::Object(vars)) => {
                for (key, said) in vars.iter().filter_map(said) {
                    builder.group_var(name, key, said);
                }
            }
            ("children", Kind::Object(children)) => {
                for child in children {
                    group(child, Some(name), builder);
                }
            }
            ("hosts" | "vars" | "children", _) => {
                let help = "write a `:` behind each name, also where nothing follows";
                wrong(&part.value, "a table is wanted here", help, builder);
            }
            (other, _) => {
                let message =
                    format!("`{}` is nothing that a group has", super::build::shown(other));
                let help = "write `hosts`, `vars` or `children`";
                builder.wrong("inventory-line", part.key_span, message, help);
            }
        }
    }
}

/// Lists of nodes, or groups as `ansible-inventory --list` writes them.
pub(super) fn json(value: &Value<'_>, builder: &mut Builder) {
    match &value.kind {
        Kind::Array(nodes) => nodes.iter().for_each(|node| self::node(node, builder)),
        Kind::Object(groups) => listed(value, groups, builder),
        Kind::Broken => {}
        _ => {
            let help = "give a list of names, or what comes of: ansible-inventory --list";
            wrong(value, "a list of hosts is wanted here", help, builder);
        }
    }
}

/// A node by its name, or as an object that has one.
fn node(value: &Value<'_>, builder: &mut Builder) {
    let named = ["certname", "name"].into_iter().find_map(|key| value.get(key)).unwrap_or(value);
    match named.as_str() {
        Some(name) => builder.host(name, named.span, None, &Vars::default()),
        None => wrong(value, "a node has no name here", "write its `certname`", builder),
    }
}

fn listed(whole: &Value<'_>, groups: &[Member<'_>], builder: &mut Builder) {
    for member in groups.iter().filter(|member| member.key != "_meta") {
        let (name, span) = (&*member.key, member.key_span);
        if !builder.group(name, span) {
            continue;
        }
        // An old form has the list alone.
        let hosts = member.value.as_array().or_else(|| member.value.get("hosts")?.as_array());
        for host in hosts.into_iter().flatten() {
            match host.as_str() {
                Some(text) => builder.host(text, host.span, Some(name), &Vars::default()),
                None => wrong(host, "a host has no name here", "write its name", builder),
            }
        }
        let children = member.value.get("children").and_then(Value::as_array);
        for child in children.into_iter().flatten() {
            if let Some(text) = child.as_str() {
                builder.child(name, text, child.span);
            }
        }
        let vars = member.value.get("vars").and_then(Value::as_object);
        for (key, said) in vars.into_iter().flatten().filter_map(said) {
            builder.group_var(name, key, said);
        }
    }
    let meta = whole.get("_meta").and_then(|meta| meta.get("hostvars")?.as_object());
    for host in meta.into_iter().flatten() {
        let vars = vars(&host.value, builder);
        builder.host(&host.key, host.key_span, None, &vars);
    }
}

fn vars(value: &Value<'_>, builder: &mut Builder) -> Vars {
    let mut vars = Vars::default();
    match &value.kind {
        Kind::Object(members) => {
            for (key, said) in members.iter().filter_map(said) {
                vars.set(key, said);
            }
        }
        Kind::Null | Kind::Broken => {}
        _ => wrong(value, "variables are wanted here", "write `name: value` below a host", builder),
    }
    vars
}

/// The variables of another file, which count for what is named at a place of the inventory.
pub(super) fn variables(
    value: &Value<'_>,
    file: &Arc<str>,
    span: Span,
    vars: &mut Vars,
) -> Option<Mistake> {
    match &value.kind {
        Kind::Object(members) => {
            for (key, said) in members.iter().filter_map(said) {
                vars.set(key, Said { span, file: Some(Arc::clone(file)), ..said });
            }
            None
        }
        Kind::Null | Kind::Broken => None,
        _ => {
            let start = value.span.start;
            let message = format!("variables are wanted here, not {}", value.word());
            let mistake = Mistake::loss("inventory-line", Span { start, end: start + 1 }, message);
            Some(mistake.help("write `name: value` on each line"))
        }
    }
}

/// A variable that is a text or a number; others say nothing of how a host is reached.
fn said<'m>(member: &'m Member<'_>) -> Option<(&'m str, Said)> {
    let text = match &member.value.kind {
        Kind::String(text) => &**text,
        Kind::Number(text) => *text,
        _ => return None,
    };
    Some((&*member.key, Said::new(text, member.value.span)))
}

fn wrong(value: &Value<'_>, message: &str, help: &str, builder: &mut Builder) {
    if value.kind == Kind::Broken {
        return;
    }
    let start = value.span.start;
    let message = format!("{message}, not {}", value.word());
    builder.wrong("inventory-line", Span { start, end: start + 1 }, message, help);
}
