//! Steps as a Puppet manifest of one class with core types alone, for Puppet 6 and later. Each
//! resource is named after the control, and waits for the one before it, so that nothing is done
//! behind something that failed.
//!
//! Knows Puppet. Must not know controls or what was seen.

use std::fmt::Write as _;

use holdfast_model::About;

use super::Heading;
use super::deeds::{Program, SSHD_ACCEPTS};
use super::precheck::{NOBODY_ELSE, SOMEBODY_ELSE};
use super::quote::{heredoc_end, one_line, shell, single_quoted};
use super::resources::{Body, Resource, Value, resources, used};
use super::steps::{Bits, Step};

/// The tool, for its page.
pub(super) const ABOUT: About = About {
    id: "puppet",
    title: "Puppet manifest",
    text: "A manifest of one class with core types alone (`file`, `package`, `service`, `exec`), for \
           Puppet 6 and later: `puppet apply FILE`, and with `--noop` it only looks. With `--into` it \
           is a class of a module. Each resource is named after its control and waits for the one \
           before it. Every `exec` has a guard that asks for the state itself, so that what drifts in \
           the running system alone is repaired too. `visudo` and `sshd` judge a file before it is \
           put in place.",
    file: file!(),
};

/// The whole manifest; empty where there is nothing to do.
pub(super) fn manifest(heading: &Heading<'_>, steps: &[Step]) -> String {
    if steps.is_empty() {
        return String::new();
    }
    let class = class(heading);
    let mut out = format!("# {}: {}\n#\n", heading.id, one_line(heading.title));
    let _ = writeln!(out, "# {}. Run as root: puppet apply FILE", heading.purpose());
    out.push_str("# With --noop it only looks. In a module the last line goes away.\n");
    for line in heading.manual {
        let _ = writeln!(out, "# To be done by hand: {}", one_line(line));
    }
    let _ = write!(out, "{}\ninclude {class}\n", declared(&class, heading.id, steps, ""));
    out
}

/// A class. What has to succeed before anything is done, if anything has, stands first.
pub(super) fn declared(class: &str, id: &str, steps: &[Step], precheck: &str) -> String {
    let mut out = format!("class {class} {{\n");
    let all = resources(id, steps);
    out.push_str(&variables(&all));
    let asks = !precheck.is_empty();
    if asks {
        let title = single_quoted(&format!("{id}: {SOMEBODY_ELSE}"));
        let refuse = single_quoted(NOBODY_ELSE);
        let _ = writeln!(out, "  $somebody_else = {}", heredoc(precheck, 4));
        let _ = writeln!(out, "  exec {{ {title}:");
        let _ = writeln!(out, "    command => {refuse},\n    unless  => $somebody_else,\n  }}");
    }
    for (number, resource) in all.iter().enumerate() {
        write(&mut out, resource, number == 0 && !asks);
    }
    out.push_str("}\n");
    out
}

/// The name of a class for a control: its words, small, with `_` between them, and none begins with a
/// digit.
pub(super) fn name_of(id: &str) -> String {
    let mut name = id.to_ascii_lowercase().replace('-', "_");
    // A module's own class stands in `init.pp`.
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) || name == "init" {
        name.insert_str(0, "control_");
    }
    name
}

fn class(heading: &Heading<'_>) -> String {
    let name = name_of(heading.id);
    if heading.undo { format!("holdfast::undo::{name}") } else { format!("holdfast::{name}") }
}

/// How commands are run, and the texts that they share.
fn variables(all: &[Resource]) -> String {
    let mut out = String::new();
    let runs = |resource: &Resource| {
        !matches!(
            resource.body,
            Body::File { .. }
                | Body::Gone { .. }
                | Body::Meta { .. }
                | Body::Package { .. }
                | Body::Service { .. }
        )
    };
    if all.iter().any(runs) {
        out.push_str("  Exec {\n    path     => ['/usr/sbin', '/usr/bin', '/sbin', '/bin'],\n");
        out.push_str("    provider => shell,\n  }\n\n");
    }
    let (programs, deeds) = used(all);
    let mut variable = |name: &str, text: &str| {
        let _ = writeln!(out, "  ${name} = {}", heredoc(text, 4));
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

/// A text word for word, behind `=` or `=>`, indented, and an empty line behind it.
fn heredoc(text: &str, indent: usize) -> String {
    let end = heredoc_end(text);
    let pad = " ".repeat(indent);
    let mut out = format!("@({end})\n");
    for line in text.lines() {
        let _ = if line.is_empty() { writeln!(out) } else { writeln!(out, "{pad}{line}") };
    }
    let cut = if text.ends_with('\n') { "|" } else { "|-" };
    let _ = writeln!(out, "{pad}{cut} {end}");
    out
}

/// The attributes of a resource, in the order in which they are written.
struct Attributes(Vec<(&'static str, String)>);

impl Attributes {
    fn word(mut self, name: &'static str, word: impl Into<String>) -> Self {
        self.0.push((name, word.into()));
        self
    }

    fn text(self, name: &'static str, text: &str) -> Self {
        self.word(name, single_quoted(text))
    }

    fn texts(self, name: &'static str, text: Option<&String>) -> Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    fn environment(self, all: &[(&'static str, Value)]) -> Self {
        let mut list = String::from("[\n");
        for (name, value) in all {
            let pair = match value {
                Value::Text(text) => single_quoted(&format!("{name}={text}")),
                Value::Programs(programs) => {
                    let texts: Vec<String> =
                        programs.iter().map(|program| format!("${{{}}}", program.name)).collect();
                    format!("\"{name}={}\"", texts.concat())
                }
                Value::Act(deed) => format!("\"{name}=${{{}}}\"", deed.name),
            };
            let _ = writeln!(list, "      {pair},");
        }
        list.push_str("    ]");
        if all.is_empty() { self } else { self.word("environment", list) }
    }
}

fn write(out: &mut String, resource: &Resource, first: bool) {
    let (kind, mut attributes) = body(&resource.body);
    if let Some(told) = &resource.tells {
        attributes = attributes.word("notify", format!("Exec[{}]", single_quoted(told)));
    }
    let arrow = if first { "" } else { "-> " };
    let _ = writeln!(out, "  {arrow}{kind} {{ {}:", single_quoted(&resource.title));
    let width = attributes.0.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, value) in &attributes.0 {
        // The comma stands behind the mark that opens the text, not behind its end.
        match value.split_once('\n').filter(|_| value.starts_with("@(")) {
            Some((opened, text)) => {
                let _ = write!(out, "    {name:width$} => {opened},\n{text}");
            }
            None => {
                let _ = writeln!(out, "    {name:width$} => {value},");
            }
        }
    }
    out.push_str("  }\n");
}

fn body(body: &Body) -> (&'static str, Attributes) {
    let none = Attributes(Vec::new());
    match body {
        // No file: others may declare the same folder, and two of one path are refused.
        Body::Folder { path, mode } => {
            let mode = mode.map_or_else(String::new, |mode| format!("-m {mode:04o} "));
            let command = format!("mkdir -p {mode}{}", shell(path));
            ("exec", none.text("command", &command).text("creates", path))
        }
        Body::File { path, content, mode, accepted_by } => {
            let judge = accepted_by.map(|judge| judge.command("%"));
            let file = none
                .word("ensure", "file")
                .text("path", path)
                .text("mode", &format!("{mode:04o}"))
                .word("backup", "false")
                .texts("validate_cmd", judge.as_ref());
            (
                "file",
                if content.is_empty() {
                    file.text("content", "")
                } else {
                    file.word("content", heredoc(content, 6))
                },
            )
        }
        Body::Gone { path } => {
            ("file", none.word("ensure", "absent").text("path", path).word("backup", "false"))
        }
        // Without `ensure`, what is not there is left so.
        Body::Meta { path, owner, group, bits } => {
            let mode = bits.and_then(|bits| match bits {
                Bits::Exactly(mode) => Some(format!("{mode:04o}")),
                Bits::Without(0) => None,
                Bits::Without(_) => Some(bits.symbolic()),
            });
            let file = none.text("path", path).texts("owner", owner.as_ref());
            ("file", file.texts("group", group.as_ref()).texts("mode", mode.as_ref()))
        }
        Body::Package { name, present: true } => {
            let package = none.word("ensure", "installed").text("name", name);
            ("package", package.word("install_options", "['--no-install-recommends']"))
        }
        Body::Package { name, present: false } => {
            ("package", none.word("ensure", "absent").text("name", name))
        }
        Body::Service { unit, on } => ("service", service(unit, *on)),
        Body::Command { deed, environment } => {
            let exec = none
                .word("command", format!("${}", deed.name))
                .word("unless", format!("${}_done", deed.name));
            ("exec", exec.environment(environment))
        }
        Body::TakeBack { script, environment } => {
            let exec = none.word("command", heredoc(script, 6)).text("unless", SSHD_ACCEPTS);
            ("exec", exec.environment(environment))
        }
        Body::Reload { unit } => {
            let exec = none.text("command", &unit.reload()).text("onlyif", &unit.runs());
            ("exec", exec.word("refreshonly", "true"))
        }
    }
}

/// By commands of its own: where systemd does not run, as in most containers, there is nothing to
/// start or stop, and Puppet's own provider for it would fail.
fn service(unit: &str, on: bool) -> Attributes {
    let unit_word = shell(unit);
    let active = format!("systemctl is-active --quiet {unit_word}");
    let (ensure, status) = if on {
        ("running", format!("test ! -d /run/systemd/system || {active}"))
    } else {
        ("stopped", format!("test -d /run/systemd/system && {active}"))
    };
    Attributes(Vec::new())
        .word("ensure", ensure)
        .text("name", unit)
        .word("provider", "base")
        .word("hasstatus", "true")
        .text("start", &format!("systemctl start {unit_word} && {active}"))
        .text("stop", &format!("systemctl stop {unit_word}"))
        .text("status", &status)
}
