//! `holdfast add`, `hosts` and `remove`: which other hosts are looked at by schedule.

use std::fmt::Write as _;
use std::path::Path;

use holdfast_engine::Failure;
use holdfast_engine::desk::Action;
use holdfast_engine::document::ProblemRow;
use holdfast_engine::hosts::{self, HostRow, Said};
use holdfast_model::{ControlCounts, ManagedHost, Problem};
use serde::Serialize;

use super::{Context, LARGEST, block_on, desk};
use crate::Outcome;
use crate::args::{AddArgs, Format, RemoveArgs};
use crate::render::{self, problem};

/// So many bytes of hosts go to the holder of the record at once: a part of what a request may have.
const PORTION: usize = 256 << 10;

/// `holdfast/add/1`.
#[derive(Debug, Serialize)]
struct Added<'a> {
    schema: &'static str,
    hosts: &'a [ManagedHost],
    messages: Vec<String>,
    problems: Vec<ProblemRow>,
}

/// `holdfast/remove/1`.
#[derive(Debug, Serialize)]
struct Removed<'a> {
    schema: &'static str,
    /// As it was listed; nothing where somebody else removed it meanwhile.
    host: Option<&'a HostRow>,
    message: String,
}

/// Adds hosts. What of an inventory cannot be taken is told, and the rest is added; the exit code is
/// 1 then, and nothing of hosts that were named one by one is added where one is none.
pub fn add(context: &Context<'_>, args: &AddArgs) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    let mut all: Vec<ManagedHost> = Vec::new();
    for address in &args.hosts {
        all.push(hosts::by_address(address)?);
    }
    let mut problems = Vec::new();
    for name in &args.inventory {
        let (listed, wrong) = hosts::of_inventory(context.world, name, &bytes(context, name)?);
        all.extend(listed);
        problems.extend(wrong);
    }
    let said = Said { team: args.team.as_deref(), labels: &args.labels };
    hosts::say_of_all(&mut all, &said)?;
    let from = || match args.inventory.as_slice() {
        [] => "named on the command line".to_owned(),
        files => format!("from {}", files.join(", ")),
    };
    let because = args.because.clone().unwrap_or_else(from);
    let mut messages = Vec::new();
    for some in portions(&all) {
        let action = Action::AddHosts { hosts: some.to_vec(), because: because.clone() };
        messages.push(desk::act(context, action)?.message);
    }
    let exit = u8::from(!problems.is_empty());
    if context.is_json() {
        let rows = problems.iter().map(Into::into).collect();
        let schema = "holdfast/add/1";
        let document = Added { schema, hosts: &all, messages, problems: rows };
        return Ok(Outcome { text: render::json(&document), exit });
    }
    let mut text = String::new();
    for wrong in &problems {
        text.push_str(&problem::render(wrong, context.style));
    }
    for message in &messages {
        let _ = writeln!(text, "{message}");
    }
    if all.is_empty() {
        text.push_str("Nothing was added: no host was found.\n");
    } else {
        text.push_str("Look at them now: holdfast up --once\n");
    }
    Ok(Outcome { text, exit })
}

/// Hosts in portions that fit into one request.
fn portions(mut hosts: &[ManagedHost]) -> Vec<&[ManagedHost]> {
    let mut portions = Vec::new();
    while !hosts.is_empty() {
        let mut room = PORTION;
        let fits = |host: &&ManagedHost| {
            let labels: usize = host.labels.iter().map(|label| label.len() + 8).sum();
            let size = 200 + host.address.len() + host.name.len() + labels;
            let fits = size <= room;
            room = room.saturating_sub(size);
            fits
        };
        let count = hosts.iter().take_while(fits).count().max(1);
        let (portion, rest) = hosts.split_at(count.min(hosts.len()));
        portions.push(portion);
        hosts = rest;
    }
    portions
}

fn bytes(context: &Context<'_>, name: &str) -> Result<Vec<u8>, Problem> {
    let path = context.world.here.join(name);
    let read = context.world.files.read(Path::new("/"), &path, LARGEST);
    read.map_err(|error| {
        Problem::new("cannot-read", format!("`{name}` cannot be read: {error}"))
            .help("name a file of hosts")
    })
}

/// Lists them.
pub fn list(context: &Context<'_>) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    let listing = block_on(hosts::listing(&context.data))??;
    if context.is_json() {
        return Ok(Outcome::ok(render::json(&listing)));
    }
    let mut out = String::new();
    for host in &listing.hosts {
        let _ = writeln!(out, "{:<18} {}", host.result, context.style.strong(&host.name));
        let mut words = vec![host.address.to_string()];
        words.extend(host.team.as_ref().map(|team| format!("team {team}")));
        if !host.groups.is_empty() {
            words.push(format!("in {}", host.groups.join(", ")));
        }
        words.extend(host.labels.iter().cloned());
        if !host.same_machine.is_empty() {
            words.push(format!("the same machine as {}, or a copy", host.same_machine.join(", ")));
        }
        let _ = writeln!(out, "{:18} {}", "", words.join("; "));
        let Some(looked) = &host.looked else { continue };
        let passed = host.controls.map(passed).unwrap_or_default();
        let _ = write!(out, "{:18} looked at {looked}: {passed}{} open", "", host.open);
        let _ = writeln!(out, ", {} not assessed", host.not_assessed);
        if !host.reason.is_empty() {
            let _ = writeln!(out, "{:18} {}", "", host.reason);
            let _ = writeln!(out, "{:18} {}", "", host.closes_with);
        }
    }
    if listing.hosts.is_empty() {
        out.push_str("No host is looked at by schedule. Add one: holdfast add ssh://HOST\n");
    }
    Ok(Outcome::ok(out))
}

/// How many controls pass, of those that apply.
fn passed(counts: ControlCounts) -> String {
    let controls = if counts.all() == 1 { "control passes" } else { "controls pass" };
    format!("{} of {} {controls}, {} fail, ", counts.passed, counts.all(), counts.failed)
}

/// Removes one.
pub fn remove(context: &Context<'_>, args: &RemoveArgs) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    let managed = block_on(hosts::all(&context.data))??;
    let host = hosts::named(&managed, &args.host)?;
    let listing = block_on(hosts::listing(&context.data))??;
    let row = listing.hosts.iter().find(|row| row.address == host.address);
    let because = args.because.clone().unwrap_or_else(|| "asked for".to_owned());
    let action = Action::RemoveHost { address: host.address.to_string(), because };
    let message = desk::act(context, action)?.message;
    if context.is_json() {
        let document = Removed { schema: "holdfast/remove/1", host: row, message };
        return Ok(Outcome::ok(render::json(&document)));
    }
    Ok(Outcome::ok(format!("{message}\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_has_its_base() {
        let counts = ControlCounts { passed: 128, failed: 2, not_assessed: 1 };
        assert_eq!(passed(counts), "128 of 131 controls pass, 2 fail, ");
        let one = ControlCounts { not_assessed: 1, ..ControlCounts::default() };
        assert_eq!(passed(one), "0 of 1 control passes, 0 fail, ");
    }

    #[test]
    fn every_host_is_in_one_portion_and_none_is_too_great() {
        let host = |n: usize| ManagedHost {
            address: format!("ssh://web{n}").into(),
            name: format!("web{n}"),
            team: None,
            labels: vec!["x".repeat(150); n % 50],
        };
        let hosts: Vec<ManagedHost> = (0..500).map(host).collect();
        let portions = portions(&hosts);
        assert!(portions.len() > 1);
        assert_eq!(portions.concat(), hosts);
        for portion in portions {
            assert!(serde_json::to_vec(portion).unwrap().len() < 1 << 20);
        }
        assert!(super::portions(&[]).is_empty());
    }
}
