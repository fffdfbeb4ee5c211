//! Steps as a POSIX shell script, for dash and busybox alike. It says `changed: …` or `ok: …` of
//! each state and ends with 0 only if everything is as wanted.
//!
//! Knows the shell. Must not know controls or what was seen.

use std::fmt::Write as _;

use holdfast_model::About;

use super::Heading;
use super::acts;
use super::deeds::{self, LINE, MATCH, Program, RESTORE, SILENCE, WORDS};
use super::manager::Manager;
use super::quote::{one_line, shell};
use super::ssh_unit::SshUnit;
use super::steps::{Boot, Edit, Step};

/// The tool, for its page.
pub(super) const ABOUT: About = About {
    id: "shell",
    title: "Shell script",
    text: "A POSIX shell script for dash and busybox alike, run as root: `sh FILE`. It says \
           `changed: …` or `ok: …` of each state and ends with 0 only if everything is as wanted. \
           Files are written aside and renamed; what is replaced in a file of others stays above as \
           a comment, so that the undo finds it. Packages are installed and removed by apt, and \
           lifted by the manager that the host has: apt, dnf, yum, microdnf, tdnf, zypper or apk.",
    file: file!(),
};

/// The functions that scripts are made of; a script carries those that it needs, in this order.
const BASE: &str = include_str!("shell/base.sh");
const FILE: &str = include_str!("shell/file.sh");
const LINES: &str = include_str!("shell/lines.sh");
const TOP: &str = include_str!("shell/top.sh");
const CHANGE: &str = include_str!("shell/change.sh");
const SUDOERS: &str = include_str!("shell/sudoers.sh");
const SSHD: &str = include_str!("shell/sshd.sh");
const KERNEL: &str = include_str!("shell/kernel.sh");
const META: &str = include_str!("shell/meta.sh");
const MOVE: &str = include_str!("shell/move.sh");
const PACKAGE: &str = include_str!("shell/package.sh");
const RPM_ORDER: &str = include_str!("shell/rpm-order.sh");
const PACKAGE_RPM: &str = include_str!("shell/package-rpm.sh");
const WORLD_APK: &str = include_str!("shell/world-apk.sh");
const PACKAGE_APK: &str = include_str!("shell/package-apk.sh");
const EXACT: &str = include_str!("shell/exact.sh");
const SERVICE: &str = include_str!("shell/service.sh");
const UNMASK: &str = include_str!("shell/unmask.sh");

/// The whole script; empty where there is nothing to do.
pub(super) fn script(heading: &Heading<'_>, steps: &[Step]) -> String {
    if steps.is_empty() {
        return String::new();
    }
    let (id, title) = (heading.id, one_line(heading.title));
    let mut out = format!("#!/bin/sh\n# {id}: {title}\n# {}. Run as root.\n", heading.purpose());
    for line in heading.manual {
        let _ = writeln!(out, "# To be done by hand: {}", one_line(line));
    }
    out.push_str(BASE);
    for piece in pieces(steps).into_iter().chain(acts::pieces(steps)) {
        out.push('\n');
        out.push_str(&piece);
    }
    let _ = write!(out, "\nid={}\nmark={}\n", shell(id), shell(&format!("#holdfast {id}")));
    let _ = writeln!(out, "store={}", shell(&format!("/var/lib/holdfast/taken/{id}")));
    for step in steps {
        let _ = write!(out, "\n# {id}: {title}\n# {}\n{}", one_line(&step.says()), block(step));
    }
    out
}

fn pieces(steps: &[Step]) -> Vec<String> {
    let edits: Vec<&Edit> = steps.iter().flat_map(edits_of).collect();
    let any = |test: fn(&Step) -> bool| steps.iter().any(test);
    let lines = |edit: &&Edit| {
        matches!(
            edit,
            Edit::Line { .. } | Edit::Silence { .. } | Edit::Match { .. } | Edit::Restore { .. }
        )
    };
    let top = |edit: &&Edit| matches!(edit, Edit::Top { .. } | Edit::NoTop { .. });
    let manager = |step: &Step| match step {
        Step::Install { .. } | Step::Uninstall { .. } => Some(Manager::Deb),
        Step::Upgrade { manager, .. } => Some(*manager),
        _ => None,
    };
    let exact = |step: &Step| match step {
        Step::UpgradeTo { manager, .. } | Step::Downgrade { manager, .. } => Some(*manager),
        _ => None,
    };
    let accounts = super::accounts::pieces(steps.iter().filter_map(|step| match step {
        Step::Account { what, .. } => Some(what),
        _ => None,
    }));
    let managed = |by: Manager| steps.iter().any(|step| manager(step) == Some(by));
    let by = |step: &Step| manager(step).or(exact(step));
    let ordered = |step: &Step| by(step) == Some(Manager::Rpm);
    let in_world = |step: &Step| by(step) == Some(Manager::Apk);
    [
        (!edits.is_empty(), FILE),
        (edits.iter().any(lines), LINES),
        (edits.iter().any(top), TOP),
        (edits.iter().any(|edit| matches!(edit, Edit::Change(_))), CHANGE),
        (any(|step| matches!(step, Step::Sudoers(_))), SUDOERS),
        (any(|step| matches!(step, Step::Sshd { .. })), SSHD),
        (any(|step| matches!(step, Step::Kernel { .. })), KERNEL),
        (any(|step| matches!(step, Step::Meta { .. })), META),
        (any(|step| matches!(step, Step::TakeAway { .. } | Step::BringBack { .. })), MOVE),
        (managed(Manager::Deb), PACKAGE),
        (steps.iter().any(ordered), RPM_ORDER),
        (managed(Manager::Rpm), PACKAGE_RPM),
        (steps.iter().any(in_world), WORLD_APK),
        (managed(Manager::Apk), PACKAGE_APK),
        (any(|step| matches!(step, Step::Boot { .. } | Step::Run { .. })), SERVICE),
        (any(|step| matches!(step, Step::Boot { boot: Boot::On, .. })), deeds::ON_AT_BOOT),
        (any(|step| matches!(step, Step::Boot { boot: Boot::Off, .. })), deeds::OFF_AT_BOOT),
        (any(|step| matches!(step, Step::Boot { boot: Boot::Unmasked, .. })), UNMASK),
    ]
    .into_iter()
    .filter(|(needed, _)| *needed)
    .map(|(_, piece)| with_programs(piece))
    .chain(to_just_one(steps.iter().find_map(exact)))
    .chain(accounts)
    .chain(programs(&edits))
    .collect()
}

/// What brings packages to just one version: how a manager is asked and told, and what is said of it.
fn to_just_one(manager: Option<Manager>) -> Vec<String> {
    let asked = manager.map(|manager| [deeds::exact(manager), EXACT]);
    asked.into_iter().flatten().map(str::to_owned).collect()
}

/// The programs of changes, each once, as variables.
fn programs(edits: &[&Edit]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for edit in edits {
        let Edit::Change(change) = edit else { continue };
        let (name, program) = (change.name(), change.program());
        let piece =
            format!("# shellcheck disable=SC2016 # the program is awk\n{name}='\n{program}'\n");
        if !all.contains(&piece) {
            all.push(piece);
        }
    }
    all
}

/// A piece with the awk programs in place of their names.
fn with_programs(piece: &str) -> String {
    let mut out = piece.replace("@words@\n", WORDS.text);
    for Program { name, text } in [LINE, SILENCE, MATCH, RESTORE] {
        let lines: Vec<String> = text.lines().map(|line| format!("    {line}")).collect();
        out = out.replace(&format!("    @{name}@"), &lines.join("\n"));
    }
    out
}

fn edits_of(step: &Step) -> &[Edit] {
    match step {
        Step::Edit(edit) | Step::Sudoers(edit) => std::slice::from_ref(edit),
        Step::Sshd { edits, .. } => edits,
        _ => &[],
    }
}

/// What one step is called.
fn block(step: &Step) -> String {
    match step {
        Step::Edit(one) => edit(one, ""),
        Step::Sudoers(one) => edit(one, " sudo_accepts"),
        Step::Sshd { edits, reload, .. } => sshd(edits, *reload),
        Step::Account { name, what } => {
            let (deed, texts) = super::accounts::call(name, what);
            let texts = texts.iter().map(String::as_str);
            call("account", &std::iter::once(deed).chain(texts).collect::<Vec<_>>())
        }
        Step::Kernel { key, value } => call("set_kernel", &[key, &super::proc_file(key), value]),
        Step::Meta { path, owner, group, bits } => call(
            "set_meta",
            &[
                path,
                owner.as_deref().unwrap_or_default(),
                group.as_deref().unwrap_or_default(),
                &bits.map(super::steps::Bits::symbolic).unwrap_or_default(),
            ],
        ),
        Step::TakeAway { path, store } => call("move", &[path, store]),
        Step::BringBack { path, store } => call("move", &[store, path]),
        Step::Install { name } => call("install_package", &[name]),
        Step::Uninstall { name, with } => {
            let others = with.iter().filter(|other| *other != name).map(String::as_str);
            let all: Vec<&str> = std::iter::once(name.as_str()).chain(others).collect();
            call("remove_package", &all)
        }
        Step::Upgrade { name, version, .. } => call("upgrade_package", &[name, version]),
        Step::UpgradeTo { name, version, with, .. } => {
            call_with("upgrade_to", [name, version], with)
        }
        Step::Downgrade { name, version, with, .. } => {
            call_with("downgrade_package", [name, version], with)
        }
        Step::Boot { unit, boot } => {
            let function = match boot {
                Boot::On => "boot_on",
                Boot::Off => "boot_off",
                Boot::Masked => "boot_masked",
                Boot::Unmasked => "boot_unmasked",
            };
            call(function, &[unit])
        }
        Step::Deed(act) => act.call(),
        Step::Run { unit, on } => call("run_unit", &[unit, if *on { "on" } else { "off" }]),
    }
}

fn edit(edit: &Edit, check: &str) -> String {
    match edit {
        Edit::Write { path, content, mode } => {
            let command = format!("write_file {} {mode:04o}{check}", shell(path));
            here_document(&command, content)
        }
        Edit::Delete { path } => call("delete_file", &[path]),
        Edit::Top { path, lines } => {
            let content: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
            here_document(&format!("top_block {}", shell(path)), &content)
        }
        Edit::NoTop { path } => call("no_top_block", &[path]),
        Edit::Line { path, key, value } => call("set_line", &[path, key, value]),
        Edit::Silence { path, key, value } => call("silence", &[path, key, value]),
        Edit::Match { path, criteria, option, value } => {
            call("set_match", &[path, option, value, criteria])
        }
        Edit::Restore { path, key, .. } => call("restore", &[path, key]),
        Edit::Change(change) => {
            let variables = change.variables.iter();
            let set: Vec<String> =
                variables.map(|(name, value)| shell(&format!("{name}={value}"))).collect();
            let (path, says) = (shell(&change.path), shell(&one_line(&change.says)));
            format!("change {path} {says} \"${}\" {}\n", change.name(), set.join(" "))
        }
    }
}

fn sshd(edits: &[Edit], reload: Option<SshUnit>) -> String {
    let mut out = "sshd_begin\n".to_owned();
    let mut back = String::new();
    let mut paths: Vec<&str> = edits.iter().map(Edit::path).collect();
    paths.sort_unstable();
    paths.dedup();
    for (number, path) in (1..).zip(paths) {
        let _ = writeln!(out, "keep {number} {}", shell(path));
        let _ = writeln!(back, "    give_back {number} {}", shell(path));
    }
    let _ = write!(out, "take_back() {{\n{back}}}\npending=take_back\n");
    for one in edits {
        out.push_str(&edit(one, ""));
    }
    out.push_str("sshd_accepts || failed \"sshd refuses its options; its files are as before\"\n");
    let _ = match reload {
        Some(unit) => writeln!(out, "sshd_end reload {}", unit.units().join(" ")),
        None => writeln!(out, "sshd_end stay"),
    };
    out
}

fn call_with(function: &str, first: [&String; 2], with: &[String]) -> String {
    let all = first.into_iter().chain(with).map(String::as_str);
    call(function, &all.collect::<Vec<&str>>())
}

fn call(function: &str, arguments: &[&str]) -> String {
    let words: Vec<String> = arguments.iter().map(|word| shell(word)).collect();
    format!("{function} {}\n", words.join(" "))
}

/// A command with a text as its standard input, word for word; no line of the text ends it.
fn here_document(command: &str, text: &str) -> String {
    let mut end = "END".to_owned();
    while text.lines().any(|line| line == end) {
        end.push('_');
    }
    format!("{command} <<'{end}'\n{text}{end}\n")
}
