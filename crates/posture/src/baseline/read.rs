//! From a file to a baseline. Everything that is wrong with it is reported at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{Desired, Place, Problem};
use holdfast_rulefile::{Decoder, Field, Node, Schema, Value, yaml};

use super::settings::declarations;
use super::stricter::{filled_up, is_as_strict};
use super::{Baseline, Dropped, Named, Scope, Set, Settings, Spot, Tightened};
use crate::Control;
use crate::fields::typed;
use crate::judge::wanted;
use crate::read::{is_no_link_with_sides, near, sentence, state};

/// The controls that there are, by id.
pub(super) type Known<'c> = BTreeMap<&'c str, &'c Control>;

/// Reads a baseline. It comes back only where the file has no problem at all: half a baseline would
/// leave out what somebody asks for. `path` names the file for places, and its stem is the id.
pub(super) fn read(
    path: &Arc<str>,
    text: &str,
    known: &Known<'_>,
    settings: &Settings,
) -> (Option<Baseline>, Vec<Problem>) {
    let (node, mut problems) = yaml::parse(path, text);
    let Some(node) = node else {
        if problems.is_empty() {
            let place = Place::start_of(Arc::clone(path));
            let problem = Problem::at("rule-empty", place, "the file holds no baseline");
            problems.push(problem.help("begin with `id:`"));
        }
        return (None, problems);
    };
    let mut decoder = Decoder::new(path, text);
    let baseline = whole(&mut decoder, &node, path, known, settings);
    problems.extend(decoder.finish());
    problems.sort_by(|a, b| a.place.cmp(&b.place));
    (baseline.filter(|_| problems.is_empty()), problems)
}

fn whole(
    decoder: &mut Decoder<'_>,
    node: &Node,
    path: &str,
    known: &Known<'_>,
    settings: &Settings,
) -> Option<Baseline> {
    let mut table = decoder.map(node)?;
    let id = table.required(decoder, "id").and_then(|node| id(decoder, node, path));
    let title = sentence(decoder, &mut table, "title");
    let why = sentence(decoder, &mut table, "why");
    let (extended, listed) = (table.optional("extends"), table.optional("controls"));
    let extends = extended.map(|node| names(decoder, node)).unwrap_or_default();
    let (controls, all) = controls(decoder, listed, known);
    // Whoever has no id is refused; its steps are still read for their own mistakes.
    let whose = id.clone().unwrap_or_else(|| "".into());
    let declared = declarations(decoder, table.optional("settings"), &whose);
    settings.refuse(decoder, &declared);
    let set = set(decoder, table.optional("set"), &whose, &settings.schema());
    let dropped = drops(decoder, table.optional("drop"), &whose, known);
    let tightened = tighten(decoder, table.optional("tighten"), &whose, known);
    if [extended, listed].iter().flatten().all(|node| node.value == Value::Seq(Vec::new())) {
        let help = "write `controls: [root-login]`, `controls: all` or `extends: [devsec-ssh]`";
        decoder.refuse("baseline-empty", node, "this baseline asks for nothing", help);
    }
    table.finish(decoder);
    let place = node.place.clone();
    Some(Baseline {
        id: id?,
        title: title?,
        why: why?,
        place,
        extends,
        controls,
        all,
        declared,
        set,
        dropped,
        tightened,
    })
}

fn id(decoder: &mut Decoder<'_>, node: &Node, path: &str) -> Option<Arc<str>> {
    let id = decoder.text(node)?;
    if !is_kebab(id) {
        let message = format!("`{}` is no id", short(id));
        let help = "write lower-case words with hyphens between them, such as `our-web-servers`";
        decoder.refuse("baseline-id", node, message, help);
        return None;
    }
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = stem(path);
    if id != stem {
        let message = format!("the baseline `{id}` stands in a file called `{file}`");
        let help = format!("write `id: {stem}`, or call the file `{id}.yaml`");
        decoder.refuse("baseline-id", node, message, help);
        return None;
    }
    Some(id.into())
}

fn is_kebab(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    id.split('-').all(|part| !part.is_empty() && part.chars().all(plain))
}

/// The name of a file without its ending, which is the id of what stands in it.
pub(super) fn stem(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml")).unwrap_or(file)
}

pub(super) fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A list of names, each once.
fn names(decoder: &mut Decoder<'_>, node: &Node) -> Vec<Named> {
    let mut out: Vec<Named> = Vec::new();
    for item in decoder.list(node).unwrap_or_default() {
        let Some(name) = decoder.text(item) else { continue };
        if out.iter().any(|one| *one.name == *name) {
            let message = format!("`{}` stands twice", short(name));
            decoder.refuse("rule-value", item, message, "remove one of the two");
            continue;
        }
        out.push(Named { name: name.into(), spot: Spot::of(decoder, item) });
    }
    out
}

/// `controls`: a list, or the word `all`.
fn controls(
    decoder: &mut Decoder<'_>,
    node: Option<&Node>,
    known: &Known<'_>,
) -> (Vec<Named>, Option<Spot>) {
    let Some(node) = node else { return (Vec::new(), None) };
    if node.as_text() == Some("all") {
        return (Vec::new(), Some(Spot::of(decoder, node)));
    }
    let named = names(decoder, node);
    if let Value::Seq(items) = &node.value {
        for item in items {
            // What is no text was told of already.
            let _ = item.as_text().and_then(|name| control(decoder, item, name, known));
        }
    }
    (named, None)
}

/// The control of that name; one that there is not is reported.
fn control<'c>(
    decoder: &mut Decoder<'_>,
    node: &Node,
    name: &str,
    known: &Known<'c>,
) -> Option<&'c Control> {
    let found = known.get(name).copied();
    if found.is_none() && !name.trim().is_empty() {
        let help = holdfast_rulefile::suggest(name, known.keys().copied()).map_or_else(
            || "list them: holdfast rules list --kind control".to_owned(),
            |guess| format!("did you mean `{guess}`?"),
        );
        let message = format!("there is no control called `{}`", short(name));
        decoder.refuse("baseline-control", node, message, help);
    }
    found
}

/// The keys of a table that are data, as texts.
pub(super) fn entries<'n>(
    decoder: &mut Decoder<'_>,
    node: Option<&'n Node>,
) -> Vec<(&'n str, &'n Node, &'n Node)> {
    let Some(table) = node.and_then(|node| decoder.map(node)) else { return Vec::new() };
    let mut out = Vec::new();
    for (name, value) in table.pairs() {
        if let Some(text) = decoder.text(name) {
            out.push((text, name, value));
        }
    }
    out
}

/// `everywhere`, `ring canary`, `role web` or `host web-1`.
fn scope(decoder: &mut Decoder<'_>, node: &Node) -> Option<Scope> {
    let text = decoder.text(node)?.trim();
    let named = text.split_once(' ').map(|(kind, name)| (kind, name.trim()));
    let scope = match (text, named) {
        ("everywhere", _) => Some(Scope::Everywhere),
        (_, Some((kind, name))) if !name.is_empty() && !name.contains(char::is_whitespace) => {
            match kind {
                "ring" => Some(Scope::Ring(name.into())),
                "role" => Some(Scope::Role(name.into())),
                "host" => Some(Scope::Host(name.into())),
                _ => None,
            }
        }
        _ => None,
    };
    if scope.is_none() {
        let message = format!("`{}` does not say for which hosts", short(text));
        let help = "write `everywhere`, `ring NAME`, `role NAME` or `host NAME`";
        decoder.refuse("baseline-scope", node, message, help);
    }
    scope
}

/// Whether a table says values for some hosts each, rather than being a value itself.
fn says_for_whom(node: &Node) -> bool {
    let Value::Map(pairs) = &node.value else { return false };
    let kinds = ["everywhere", "ring", "role", "host"];
    let mut names = pairs.iter().filter_map(|(name, _)| name.as_text());
    names.any(|name| name.split(' ').next().is_some_and(|word| kinds.contains(&word)))
}

/// A value for all hosts, or a table of values by hosts.
fn scoped<'n>(
    decoder: &mut Decoder<'_>,
    node: &'n Node,
    by_hosts: bool,
) -> Vec<(Scope, &'n Node, &'n Node)> {
    if !by_hosts {
        return vec![(Scope::Everywhere, node, node)];
    }
    let mut out: Vec<(Scope, &Node, &Node)> = Vec::new();
    for (_, name, value) in entries(decoder, Some(node)) {
        let Some(scope) = scope(decoder, name) else { continue };
        // YAML sees two keys where there are two blanks.
        if out.iter().any(|(other, ..)| *other == scope) {
            let message = format!("`{scope}` stands twice");
            decoder.refuse("baseline-scope", name, message, "remove one of the two");
            continue;
        }
        out.push((scope, name, value));
    }
    out
}

/// `set`: what hosts are declared to be.
fn set(
    decoder: &mut Decoder<'_>,
    node: Option<&Node>,
    baseline: &Arc<str>,
    schema: &Schema<'_>,
) -> Vec<Set> {
    let known: Vec<(&str, &Field)> = schema
        .fields
        .iter()
        .filter_map(|field| field.name.strip_prefix("setting.").map(|name| (name, field)))
        .collect();
    let mut out = Vec::new();
    for (name, at, node) in entries(decoder, node) {
        let Some((_, field)) = known.iter().find(|(one, _)| *one == name) else {
            let message = format!("no control asks for the setting `{}`", short(name));
            let help = near(name, known.iter().map(|(name, _)| *name));
            decoder.refuse("baseline-setting", at, message, help);
            continue;
        };
        let by_hosts = matches!(&node.value, Value::Map(_));
        for (scope, at, node) in scoped(decoder, node, by_hosts) {
            let Some(value) = typed(decoder, field.kind, node) else { continue };
            let spot = Spot::of(decoder, at);
            let baseline = Arc::clone(baseline);
            out.push(Set { baseline, name: name.into(), value, scope, spot });
        }
    }
    // What is nearer to a host decides after what is for many.
    out.sort_by_key(|one| one.scope.nearness());
    out
}

/// `drop`: what is not asked, and why.
fn drops(
    decoder: &mut Decoder<'_>,
    node: Option<&Node>,
    baseline: &Arc<str>,
    known: &Known<'_>,
) -> Vec<Arc<Dropped>> {
    let mut out = Vec::new();
    for (name, at, node) in entries(decoder, node) {
        let control = control(decoder, at, name, known);
        let Value::Map(_) = &node.value else {
            without_reason(decoder, at, name);
            continue;
        };
        let Some(mut table) = decoder.map(node) else { continue };
        let because = table.optional("because");
        let hosts = table.optional("for");
        let before = decoder.problems().len();
        table.finish(decoder);
        let scopes = match hosts.map(|node| (node, &node.value)) {
            None => vec![Scope::Everywhere],
            Some((_, Value::Seq(items))) => {
                items.iter().filter_map(|item| scope(decoder, item)).collect()
            }
            Some((node, _)) => scope(decoder, node).into_iter().collect(),
        };
        if scopes.is_empty() && decoder.problems().len() == before {
            let help = "name some hosts, or remove `for` where all of them are meant";
            decoder.refuse("baseline-scope", hosts.unwrap_or(at), "no host is meant here", help);
        }
        let Some(because) = because else {
            without_reason(decoder, at, name);
            continue;
        };
        let Some(because) = decoder.text(because) else { continue };
        let because = because.split_whitespace().collect::<Vec<_>>().join(" ");
        let Some(control) = control else { continue };
        out.push(Arc::new(Dropped {
            baseline: Arc::clone(baseline),
            control: Arc::clone(&control.id),
            because,
            scopes,
            spot: Spot::of(decoder, at),
        }));
    }
    out
}

fn without_reason(decoder: &mut Decoder<'_>, at: &Node, name: &str) {
    let message = format!("`{}` is dropped without a reason", short(name));
    let help = "write `{because: why these hosts can do without it}` behind it";
    decoder.refuse("baseline-drop", at, message, help);
}

/// `tighten`: what is asked beyond a control, thing by thing.
fn tighten(
    decoder: &mut Decoder<'_>,
    node: Option<&Node>,
    baseline: &Arc<str>,
    known: &Known<'_>,
) -> Vec<Arc<Tightened>> {
    let mut out = Vec::new();
    for (name, at, lines) in entries(decoder, node) {
        let Some(control) = control(decoder, at, name, known) else { continue };
        for (_, at, value) in entries(decoder, Some(lines)) {
            for (scope, from, value) in scoped(decoder, value, says_for_whom(value)) {
                let Some(desired) = state(decoder, at, value) else { continue };
                let spot = Spot::of(decoder, if std::ptr::eq(from, value) { at } else { from });
                let Some((line, desired)) = tighter(decoder, at, value, control, desired) else {
                    continue;
                };
                out.push(Arc::new(Tightened {
                    baseline: Arc::clone(baseline),
                    control: Arc::clone(&control.id),
                    line,
                    desired,
                    scope,
                    spot,
                }));
            }
        }
    }
    // What is for many comes first, so that what is for few is compared with it.
    out.sort_by_key(|one| one.scope.nearness());
    out
}

/// The line of the control that a statement tightens, and the statement with all that the line
/// wants; a looser one is refused.
fn tighter(
    decoder: &mut Decoder<'_>,
    at: &Node,
    value: &Node,
    control: &Control,
    desired: Desired,
) -> Option<(usize, Desired)> {
    let subject = desired.subject();
    let found = control.ensure.iter().enumerate().find(|(_, line)| line.subject() == subject);
    let Some((line, asked)) = found else {
        let message = format!("`{}` says nothing of `{}`", control.id, short(&subject));
        let subjects: Vec<String> = control.ensure.iter().map(Desired::subject).collect();
        let help = near(&subject, subjects.iter().map(String::as_str));
        decoder.refuse("baseline-line", at, message, help);
        return None;
    };
    let desired = filled_up(desired, asked);
    if !is_no_link_with_sides(decoder, value, &desired) {
        return None;
    }
    if !is_as_strict(&desired, asked) {
        let message = format!(
            "`{}` lets something pass that `{}` of `{}` does not",
            wanted(&desired),
            wanted(asked),
            control.id
        );
        let help =
            "a value may only become stricter; to ask for less, drop the control and say why";
        decoder.refuse("baseline-loosens", value, message, help);
        return None;
    }
    Some((line, desired))
}
