//! Hosts and groups as they are read, and what they come to: the variables of a group count for its
//! children, those of a child before them, and those of a host first.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_model::{GROUP_LABEL, ManagedHost, Span, SshAddress};

use super::range::expand;
pub(super) use super::vars::{Said, Vars};
use crate::text::Mistake;
use crate::text::report::MAX_PROBLEMS;

/// So many hosts are taken of one inventory.
pub(super) const MOST_HOSTS: usize = 10_000;
/// So many groups.
const MOST_GROUPS: usize = 1_000;
/// How often hosts may be named in it, ranges counted out.
const MOST_NAMED: usize = 100_000;
/// So many groups of one host are kept, by name.
const MOST_LABELS: usize = 50;
/// The longest variable that is looked at, in bytes; every host of a range has it.
const MOST_TEXT: usize = 1_000;
/// So much of a reason is shown: it quotes what stands there.
const MOST_SHOWN: usize = 120;
/// So many mistakes are kept while it is read: more than are told.
const MOST_MISTAKES: usize = 4 * MAX_PROBLEMS;
/// The group that every host is in.
const ALL: &str = "all";
/// The group of those that are in no other.
const UNGROUPED: &str = "ungrouped";

struct Host {
    span: Span,
    vars: Vars,
    /// What files beside the inventory say.
    files: Vars,
    groups: BTreeSet<String>,
}

struct Group {
    span: Span,
    vars: Vars,
    /// What files beside the inventory say.
    files: Vars,
    /// Which of several of one depth counts: the higher one.
    priority: i64,
    children: BTreeSet<String>,
}

impl Group {
    /// One of which only its name is known.
    fn at(span: Span) -> Self {
        let (vars, files, children) = (Vars::default(), Vars::default(), BTreeSet::new());
        Self { span, vars, files, priority: 1, children }
    }
}

/// An inventory while it is read.
#[derive(Default)]
pub(super) struct Builder {
    pub(super) mistakes: Vec<Mistake>,
    hosts: BTreeMap<String, Host>,
    groups: BTreeMap<String, Group>,
    /// How often hosts were named.
    named: usize,
    full: bool,
}

impl Builder {
    /// One of a file with which this was wrong already.
    pub(super) fn new(mistakes: Vec<Mistake>) -> Self {
        Self { mistakes, ..Self::default() }
    }

    /// Something that is not taken.
    pub(super) fn wrong(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: &str,
    ) {
        if self.mistakes.len() < MOST_MISTAKES {
            self.mistakes.push(Mistake::loss(code, span, message).help(help));
        }
    }

    /// A group, which may be named before or after what it holds; whether it can be used.
    pub(super) fn group(&mut self, name: &str, span: Span) -> bool {
        if self.groups.contains_key(name) {
            return true;
        }
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        if name.is_empty() || name.len() > 100 || !name.chars().all(plain) {
            let message = format!("`{}` is no name of a group", name.escape_debug());
            let help = "write letters, digits, `_`, `-` and `.`";
            self.wrong("inventory-group", span, message, help);
            return false;
        }
        if self.groups.len() >= MOST_GROUPS {
            self.too_many(span, MOST_GROUPS, "groups");
            return false;
        }
        self.groups.insert(name.to_owned(), Group::at(span));
        true
    }

    /// All groups and where each is named, with those two that are always there.
    pub(super) fn all_groups(&mut self) -> Vec<(String, Span)> {
        for name in [ALL, UNGROUPED] {
            let group = self.groups.entry(name.to_owned());
            group.or_insert_with(|| Group::at(Span { start: 0, end: 0 }));
        }
        self.groups.iter().map(|(name, group)| (name.clone(), group.span)).collect()
    }

    /// All hosts and where each is named first.
    pub(super) fn all_hosts(&self) -> Vec<(String, Span)> {
        self.hosts.iter().map(|(name, host)| (name.clone(), host.span)).collect()
    }

    /// What files beside the inventory say of a group.
    pub(super) fn files_of_group(&mut self, name: &str, vars: &Vars) {
        if let Some(group) = self.groups.get_mut(name) {
            group.files.under(vars);
        }
    }

    /// What files beside the inventory say of a host.
    pub(super) fn files_of_host(&mut self, name: &str, vars: &Vars) {
        if let Some(host) = self.hosts.get_mut(name) {
            host.files.under(vars);
        }
    }

    /// A group that is part of another.
    pub(super) fn child(&mut self, parent: &str, child: &str, span: Span) -> bool {
        let known = self.group(child, span);
        if let (true, Some(parent)) = (known, self.groups.get_mut(parent)) {
            parent.children.insert(child.to_owned());
        }
        known
    }

    /// A variable of a group that was named.
    pub(super) fn group_var(&mut self, group: &str, name: &str, said: Said) {
        let Some(group) = self.groups.get_mut(group) else { return };
        if name == "ansible_group_priority" {
            group.priority = said.text.trim().parse().unwrap_or(group.priority);
        }
        group.vars.set(name, said);
    }

    /// Hosts by their name or by a range of names, with what is said of them.
    pub(super) fn host(&mut self, pattern: &str, span: Span, group: Option<&str>, vars: &Vars) {
        if self.named > MOST_NAMED {
            return self.too_many(span, MOST_HOSTS, "hosts");
        }
        // Where `:vars` was forgotten, what stands here may be a password.
        if pattern.contains('=') {
            let message = "a variable stands where a host is named";
            let help = "write the variables of a group below `[web:vars]`";
            return self.wrong("inventory-host", span, message, help);
        }
        // An address that is none may hold a password, which the reason does not show.
        if let (true, Err(why)) = (pattern.starts_with("ssh://"), SshAddress::parse(pattern)) {
            let why: String = why.chars().take(MOST_SHOWN).collect();
            let help = "write it as `ssh://USER@HOST:PORT`";
            return self.wrong("inventory-host", span, why, help);
        }
        let mut vars = vars.clone();
        let names = match address(pattern, span, &mut vars) {
            Some(name) => vec![name],
            None => match names(without_port(pattern, span, &mut vars)) {
                Ok(names) => names,
                Err(why) => {
                    let message = format!("`{}` names no hosts: {why}", shown(pattern));
                    let help = "write a range as `web[01:10].example`";
                    return self.wrong("inventory-host", span, message, help);
                }
            },
        };
        self.named = self.named.saturating_add(names.len());
        for name in names {
            if self.named > MOST_NAMED
                || (self.hosts.len() >= MOST_HOSTS && !self.hosts.contains_key(&name))
            {
                return self.too_many(span, MOST_HOSTS, "hosts");
            }
            let host = self.hosts.entry(name).or_insert_with(|| Host {
                span,
                vars: Vars::default(),
                files: Vars::default(),
                groups: BTreeSet::new(),
            });
            host.vars.under(&vars);
            host.groups.extend(group.map(str::to_owned));
        }
    }

    fn too_many(&mut self, span: Span, most: usize, what: &str) {
        if !std::mem::replace(&mut self.full, true) {
            let message = format!("there are more than {most} {what}; the others are left out");
            self.wrong("inventory-too-many", span, message, "divide it into several files");
        }
    }

    /// The hosts by name, and everything that was wrong.
    pub(super) fn finish(mut self) -> (Vec<(ManagedHost, Span)>, Vec<Mistake>) {
        let order = self.order();
        let hosts = std::mem::take(&mut self.hosts);
        let mut mistakes = std::mem::take(&mut self.mistakes);
        let above = self.above(&order);
        let mut out: Vec<(ManagedHost, Span)> = Vec::new();
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        for (name, host) in hosts {
            let mut groups: BTreeSet<&str> = BTreeSet::new();
            for group in &host.groups {
                groups.insert(group);
                groups.extend(above.get(group.as_str()).into_iter().flatten());
            }
            if groups.iter().all(|name| *name == ALL) {
                groups.insert(UNGROUPED);
            }
            let vars = self.vars_of(&host, &groups, &order);
            let made = managed(&name, host.span, &vars, &groups);
            match made {
                Ok(made) => match taken.get(&*made.address) {
                    None => {
                        taken.insert(made.address.to_string(), name);
                        out.push((made, host.span));
                    }
                    Some(first) => {
                        let message = format!("`{name}` is `{first}` by its address");
                        let help = "name each host once";
                        let wrong = Mistake::slip("inventory-host", host.span, message);
                        mistakes.push(wrong.help(help));
                    }
                },
                Err(mistake) => mistakes.push(mistake),
            }
        }
        (out, mistakes)
    }

    /// The groups, each behind those that it is part of and those that count less. One that is part of
    /// itself loses its children.
    fn order(&mut self) -> Vec<String> {
        let mut parents: BTreeMap<&str, usize> =
            self.groups.keys().map(|name| (name.as_str(), 0)).collect();
        for child in self.groups.values().flat_map(|group| &group.children) {
            if let Some(count) = parents.get_mut(child.as_str()) {
                *count += 1;
            }
        }
        let free = parents.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name);
        let mut ready: Vec<&str> = free.collect();
        let mut order: Vec<String> = Vec::new();
        let mut at = 0;
        while let Some(name) = ready.get(at).copied() {
            at += 1;
            order.push(name.to_owned());
            for child in self.groups.get(name).into_iter().flat_map(|group| &group.children) {
                if let Some(count) = parents.get_mut(child.as_str()) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(child);
                    }
                }
            }
        }
        let left = parents.iter().filter(|(_, count)| **count > 0);
        let left: BTreeSet<String> = left.map(|(name, _)| (*name).to_owned()).collect();
        if left.is_empty() {
            return self.ranked(&order);
        }
        for name in self.circular(left) {
            let Some(group) = self.groups.get_mut(&name) else { continue };
            group.children.clear();
            let span = group.span;
            let message = format!("the group `{name}` is part of itself, over its children");
            let help = "take it out of the children of one that it holds";
            self.wrong("inventory-group", span, message, help);
        }
        self.order()
    }

    /// The same as Ansible sorts them: by depth, then by priority, then by name.
    fn ranked(&self, order: &[String]) -> Vec<String> {
        let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
        let mut ranked: Vec<(usize, i64, &str)> = Vec::new();
        for name in order {
            let Some(group) = self.groups.get(name) else { continue };
            // Every group but `all` is part of that one.
            let depth = depths.get(name.as_str()).copied().unwrap_or(usize::from(name != ALL));
            for child in &group.children {
                let below = depths.entry(child.as_str()).or_default();
                *below = (*below).max(depth + 1);
            }
            ranked.push((depth, group.priority, name.as_str()));
        }
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, _, name)| name.to_owned()).collect()
    }

    /// Those of some groups that are on a circle, or between two.
    fn circular(&self, mut left: BTreeSet<String>) -> BTreeSet<String> {
        loop {
            let leads = |name: &&String| {
                let group = self.groups.get(*name);
                group.is_some_and(|group| group.children.iter().any(|one| left.contains(one)))
            };
            let next: BTreeSet<String> = left.iter().filter(leads).cloned().collect();
            if next.len() == left.len() {
                return next;
            }
            left = next;
        }
    }

    /// For each group those that it is part of.
    fn above<'s>(&'s self, order: &'s [String]) -> BTreeMap<&'s str, BTreeSet<&'s str>> {
        let mut above: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for name in order {
            let Some(group) = self.groups.get(name) else { continue };
            let mut own = above.get(name.as_str()).cloned().unwrap_or_default();
            own.insert(name);
            for child in &group.children {
                above.entry(child).or_default().extend(own.iter().copied());
            }
        }
        above
    }

    fn vars_of(&self, host: &Host, groups: &BTreeSet<&str>, order: &[String]) -> Vars {
        let named = order.iter().filter(|name| *name != ALL && groups.contains(name.as_str()));
        let named = named.filter_map(|name| self.groups.get(name));
        let groups: Vec<&Group> = self.groups.get(ALL).into_iter().chain(named).collect();
        // As Ansible has it: what a file says of any group counts before what the inventory says of
        // all of them, and what the inventory says of a host before both.
        let mut vars = Vars::default();
        for group in &groups {
            vars.under(&group.vars);
        }
        for group in &groups {
            vars.under(&group.files);
        }
        vars.under(&host.vars);
        vars.under(&host.files);
        vars
    }
}

/// What may stand in place of a name: `ssh://ana@web1:2222`.
fn address(pattern: &str, span: Span, vars: &mut Vars) -> Option<String> {
    let address = SshAddress::parse(pattern).ok()?;
    let mut say = |name: &str, text: String| vars.set(name, Said::new(text, span));
    if let Some(user) = address.user() {
        say("ansible_user", user.to_owned());
    }
    if let Some(port) = address.port() {
        say("ansible_port", port.to_string());
    }
    Some(address.host().to_owned())
}

/// The name, where its port stands behind it: `web1:2222`, `web[1:3]:2222`. An address of IPv6 has
/// colons of its own.
fn without_port<'p>(pattern: &'p str, span: Span, vars: &mut Vars) -> &'p str {
    let Some((name, port)) = pattern.rsplit_once(':') else { return pattern };
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let outside = |part: &str| part.contains(':');
    if !is_port || name.is_empty() || name.split(['[', ']']).step_by(2).any(outside) {
        return pattern;
    }
    vars.set("ansible_port", Said::new(port, span));
    name
}

/// The names that a pattern stands for. An address of IPv6 in brackets is no range.
fn names(pattern: &str) -> Result<Vec<String>, String> {
    let inside = pattern.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match inside.filter(|inside| is_ipv6(inside)) {
        Some(inside) => Ok(vec![inside.to_owned()]),
        None => expand(pattern, MOST_HOSTS),
    }
}

/// Whether a text is an address of IPv6, maybe with its zone.
pub(super) fn is_ipv6(text: &str) -> bool {
    let bare = text.split('%').next().unwrap_or_default();
    bare.parse::<core::net::Ipv6Addr>().is_ok()
}

/// Refuses what names no host; colons stand in addresses of IPv6 alone.
fn sound(host: &str) -> Result<(), String> {
    SshAddress::new(None, host, None)?;
    let bare = host.split('%').next().unwrap_or_default();
    if bare.contains(':') && !is_ipv6(bare) {
        return Err(format!("`{}` is no name of a host", shown(host)));
    }
    Ok(())
}

/// The host as it is reached.
fn managed(
    name: &str,
    span: Span,
    vars: &Vars,
    groups: &BTreeSet<&str>,
) -> Result<ManagedHost, Mistake> {
    let refuse =
        |code, span, message: String, help: &str| Mistake::loss(code, span, message).help(help);
    let wrong = |span, message: String| {
        let message = message.chars().take(MOST_SHOWN).collect();
        refuse("inventory-host", span, message, "write the name as ssh knows it; nothing runs here")
    };
    sound(name).map_err(|why| wrong(span, why))?;
    let all = [&vars.host, &vars.port, &vars.user, &vars.connection];
    if let Some(long) = all.into_iter().flatten().find(|one| one.text.len() > MOST_TEXT) {
        return Err(wrong(long.span, format!("{} is too long", long.shown())));
    }
    if let Some(other) = vars.connection.as_ref().filter(|one| !is_ssh(&one.text)) {
        let message = format!("`{name}` is reached by {}, and not over ssh", other.shown());
        let help = "look at it with holdfast on the host itself";
        return Err(refuse("inventory-not-ssh", other.span, message, help));
    }
    let said = [&vars.host, &vars.port, &vars.user];
    if let Some(open) = said.into_iter().flatten().find(|one| one.text.contains("{{")) {
        let message = format!("{} is worked out when it is run", open.shown());
        let help = "write it out, or give what comes of: ansible-inventory --list";
        return Err(refuse("inventory-host", open.span, message, help));
    }
    let port =
        match &vars.port {
            None => None,
            Some(said) => Some(said.text.trim().parse::<u16>().map_err(|_| {
                wrong(said.span, format!("{} is no number of a port", said.shown()))
            })?),
        };
    let host = vars.host.as_ref().map_or(name, |said| said.text.trim());
    let user = vars.user.as_ref().map(|said| said.text.trim());
    let at = vars.host.as_ref().or(vars.user.as_ref());
    let unsound = |why: String| {
        let file = at.map(Said::of_file).unwrap_or_default();
        wrong(at.map_or(span, |said| said.span), format!("{why}{file}"))
    };
    sound(host).map_err(unsound)?;
    let address = SshAddress::new(user, host, port).map_err(unsound)?;
    let groups = groups.iter().filter(|name| !matches!(**name, ALL | UNGROUPED));
    Ok(ManagedHost {
        address: address.to_string().into(),
        name: name.to_owned(),
        team: None,
        labels: groups.take(MOST_LABELS).map(|name| format!("{GROUP_LABEL}{name}")).collect(),
    })
}

/// Ansible's connections that are the system's own `ssh`, or a stand-in for it.
fn is_ssh(connection: &str) -> bool {
    matches!(
        connection.trim(),
        "ssh" | "smart" | "paramiko" | "paramiko_ssh" | "ansible.builtin.ssh"
    )
}

/// As much of a text as a message has room for.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_debug).collect()
}
