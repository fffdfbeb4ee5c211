//! Steps as a Chef recipe of core resources alone, for Chef 14 and later. Each resource is named
//! after the control; a recipe ends where one of them fails.
//!
//! Knows Chef. Must not know controls or what was seen.

use std::fmt::Write as _;

use holdfast_model::About;

use super::Heading;
use super::deeds::{self, Deed, Program, SSHD_ACCEPTS};
use super::precheck::{NOBODY_ELSE, SOMEBODY_ELSE};
use super::quote::{heredoc_end, literal, one_line, single_quoted};
use super::resources::{Body, Resource, Value, resources, used};
use super::steps::{Bits, Step};

/// The tool, for its page.
pub(super) const ABOUT: About = About {
    id: "chef",
    title: "Chef recipe",
    text: "A recipe of core resources alone (`file`, `directory`, `package`, `service`, `execute`), for \
           Chef 14 and Cinc 14 and later: `chef-client --local-mode FILE`, and with `--why-run` it only \
           looks. With `--into` it is a recipe of a cookbook. Each resource is named after its control; \
           every `execute` has a guard that asks for the state itself. Modes that only take bits away \
           are set by `chmod`, since Chef knows modes as whole numbers alone.",
    file: file!(),
};

/// The whole recipe; empty where there is nothing to do.
pub(super) fn recipe(heading: &Heading<'_>, steps: &[Step]) -> String {
    if steps.is_empty() {
        return String::new();
    }
    let mut out = format!("# {}: {}\n#\n", heading.id, one_line(heading.title));
    let _ = writeln!(out, "# {}. Run as root: chef-client --local-mode FILE", heading.purpose());
    out.push_str("# With --why-run it only looks.\n");
    for line in heading.manual {
        let _ = writeln!(out, "# To be done by hand: {}", one_line(line));
    }
    out.push_str(&declared(heading.id, steps, ""));
    out
}

/// The resources, and the texts that they share. What has to succeed before anything is done, if
/// anything has, stands first.
pub(super) fn declared(id: &str, steps: &[Step], precheck: &str) -> String {
    let mut all = resources(id, steps);
    // What is told has to be known before whoever tells it.
    all.sort_by_key(|resource| !matches!(resource.body, Body::Reload { .. }));
    let mut out = variables(&all);
    if !precheck.is_empty() {
        let title = single_quoted(&format!("{id}: {SOMEBODY_ELSE}"));
        let _ = write!(out, "\nsomebody_else = {}", heredoc(precheck, 2));
        let _ = writeln!(out, "\nexecute {title} do");
        line(&mut out, "command", &single_quoted(NOBODY_ELSE));
        line(&mut out, "not_if", "somebody_else");
        out.push_str("end\n");
    }
    for resource in &all {
        out.push('\n');
        write(&mut out, resource);
    }
    out
}

/// The texts that commands share.
fn variables(all: &[Resource]) -> String {
    let mut out = String::new();
    let (programs, mut deeds) = used(all);
    // Chef knows modes as numbers only, and has different resources for files and folders.
    if all.iter().any(|resource| matches!(resource.body, Body::Meta { .. })) {
        deeds.push((&deeds::SET_META, true));
    }
    let mut variable = |name: &str, text: &str| {
        let _ = write!(out, "\n{name} = {}", heredoc(text, 2));
    };
    for Program { name, text } in programs {
        variable(name, text);
    }
    for (deed, with_done) in deeds {
        variable(deed.name, deed.act);
        if with_done {
            variable(&format!("{}_done", deed.name), deed.done);
        }
    }
    out
}

/// A text word for word; indented where nothing of it is lost by that.
fn heredoc(text: &str, indent: usize) -> String {
    if !literal(text) {
        return format!("{}\n", single_quoted(text));
    }
    let end = heredoc_end(text);
    let pad = " ".repeat(indent);
    let mut out = format!("<<~'{end}'\n");
    for line in text.lines() {
        let _ = if line.is_empty() { writeln!(out) } else { writeln!(out, "{pad}{line}") };
    }
    let _ = writeln!(out, "{}{end}", " ".repeat(indent.saturating_sub(2)));
    out
}

fn write(out: &mut String, resource: &Resource) {
    let (kind, lines) = body(&resource.body);
    let _ = writeln!(out, "{kind} {} do", single_quoted(&resource.title));
    out.push_str(&lines);
    if let Some(told) = &resource.tells {
        // Once everything is in place and was accepted.
        let told = single_quoted(&format!("execute[{told}]"));
        let _ = writeln!(out, "  notifies :run, {told}, :delayed");
    }
    out.push_str("end\n");
}

/// One line of a resource.
fn line(out: &mut String, property: &str, value: &str) {
    let _ = writeln!(out, "  {property} {value}");
}

fn body(body: &Body) -> (&'static str, String) {
    let mut out = String::new();
    let kind = match body {
        Body::Folder { path, mode } => {
            line(&mut out, "path", &single_quoted(path));
            if let Some(mode) = mode {
                line(&mut out, "mode", &single_quoted(&format!("{mode:04o}")));
            }
            line(&mut out, "recursive", "true");
            "directory"
        }
        Body::File { path, content, mode, accepted_by } => {
            line(&mut out, "path", &single_quoted(path));
            let _ = write!(out, "  content {}", heredoc(content, 4));
            line(&mut out, "mode", &single_quoted(&format!("{mode:04o}")));
            line(&mut out, "backup", "false");
            if let Some(judge) = accepted_by {
                line(&mut out, "verify", &single_quoted(&judge.command("%{path}")));
            }
            "file"
        }
        Body::Gone { path } => {
            line(&mut out, "path", &single_quoted(path));
            line(&mut out, "backup", "false");
            line(&mut out, "action", ":delete");
            "file"
        }
        Body::Meta { path, owner, group, bits } => {
            guarded(&mut out, &deeds::SET_META, &meta(path, [owner, group], *bits));
            "execute"
        }
        Body::Package { name, present } => {
            line(&mut out, "package_name", &single_quoted(name));
            if *present {
                line(&mut out, "options", "'--no-install-recommends'");
            }
            line(&mut out, "action", if *present { ":install" } else { ":remove" });
            "package"
        }
        Body::Service { unit, on } => {
            line(&mut out, "service_name", &single_quoted(unit));
            line(&mut out, "action", if *on { ":start" } else { ":stop" });
            line(&mut out, "only_if", "'test -d /run/systemd/system'");
            "service"
        }
        Body::Command { deed, environment } => {
            guarded(&mut out, deed, environment);
            "execute"
        }
        Body::TakeBack { script, environment } => {
            hash(&mut out, environment);
            let _ = write!(out, "  command {}", heredoc(script, 4));
            line(&mut out, "not_if", &single_quoted(SSHD_ACCEPTS));
            "execute"
        }
        Body::Reload { unit } => {
            line(&mut out, "command", &single_quoted(&unit.reload()));
            line(&mut out, "action", ":nothing");
            line(&mut out, "only_if", &single_quoted(&unit.runs()));
            "execute"
        }
    };
    (kind, out)
}

/// A deed that is done unless it is done already; both texts get the same environment.
fn guarded(out: &mut String, deed: &Deed, environment: &[(&'static str, Value)]) {
    hash(out, environment);
    line(out, "command", deed.name);
    line(out, "not_if", &format!("{}_done, environment: environment", deed.name));
}

fn hash(out: &mut String, environment: &[(&'static str, Value)]) {
    if environment.is_empty() {
        return;
    }
    out.push_str("  environment(\n");
    for (at, (name, value)) in environment.iter().enumerate() {
        let value = match value {
            Value::Text(text) => single_quoted(text),
            Value::Programs(programs) => {
                programs.iter().map(|program| program.name).collect::<Vec<_>>().join(" + ")
            }
            Value::Act(deed) => deed.name.to_owned(),
        };
        let comma = if at + 1 < environment.len() { "," } else { "" };
        let _ = writeln!(out, "    '{name}' => {value}{comma}");
    }
    out.push_str("  )\n");
}

/// What the deed reads: chmod(1) is told symbols, which it reads alike for files and folders;
/// find(1) is asked for the bits themselves.
fn meta(
    path: &str,
    [owner, group]: [&Option<String>; 2],
    bits: Option<Bits>,
) -> Vec<(&'static str, Value)> {
    let mut all = vec![("FILE", Value::Text(path.to_owned()))];
    let mut such = Vec::new();
    for (name, test, value) in [("OWNER", "-user", owner), ("GROUP", "-group", group)] {
        if let Some(value) = value {
            all.push((name, Value::Text(value.clone())));
            such.push(format!("{test} {value}"));
        }
    }
    if let Some(bits) = bits {
        all.push(("MODE", Value::Text(bits.symbolic())));
        match bits {
            Bits::Exactly(mode) => such.push(format!("-perm {mode:04o}")),
            Bits::Without(0) => {}
            Bits::Without(mask) => such.push(format!("! -perm /{mask:04o}")),
        }
    }
    all.push(("SUCH", Value::Text(such.join(" "))));
    all
}
