//! Our reading of the ssh client's files against what `ssh -G` makes of them, where it is installed.

#![expect(clippy::disallowed_methods, reason = "tests run ssh on files of their own")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use holdfast_model::{Reading, Resource};

use crate::dice::Dice;
use crate::skip::skip;
use crate::support::Tree;

const MAIN: &str = "/etc/ssh/ssh_config";

/// Options whose values ssh says as we do, and values that they take.
const OPTIONS: &[(&str, &[&str])] = &[
    ("AddressFamily", &["any", "inet6"]),
    ("BatchMode", &["yes", "no", "True"]),
    ("CheckHostIP", &["yes", "no"]),
    ("ConnectionAttempts", &["1", "007"]),
    ("ForwardAgent", &["yes", "no", "false", "/run/agent"]),
    ("ForwardX11", &["yes", "no"]),
    ("KbdInteractiveAuthentication", &["yes", "no"]),
    ("LogLevel", &["verbose", "DEBUG1"]),
    ("Port", &["22", "2222"]),
    ("StrictHostKeyChecking", &["ask", "off", "accept-new", "yes"]),
    ("Tunnel", &["yes", "no", "ethernet"]),
    ("VisualHostKey", &["yes", "false"]),
];

/// Blocks for everybody, and for some hosts.
const BLOCKS: &[&str] = &[
    "Host a.example",
    "Host *.example",
    "Host \"a.example\" b.example",
    "Host *",
    "Host=*",
    "Match host a.example,c.example",
    "Match originalhost a.*",
    "Match all",
    "Match host *",
];

fn text(dice: &mut Dice) -> String {
    let mut out = String::new();
    for _ in 0..dice.roll(12) {
        if dice.once_in(3) {
            out += dice.pick(BLOCKS);
        } else {
            let (name, values) = dice.pick(OPTIONS);
            let name = if dice.once_in(4) { name.to_uppercase() } else { name.to_owned() };
            let (blank, value) = (dice.pick(&[" ", " = ", "\t"]), dice.pick(values));
            let _ = write!(out, "  {name}{blank}{value}");
        }
        out.push('\n');
    }
    out
}

/// What ssh says of a host, by option in lower case.
fn oracle(file: &Path, host: &str) -> Option<BTreeMap<String, String>> {
    let ran = Command::new("/usr/bin/ssh").arg("-F").arg(file).args(["-G", host]).output().ok()?;
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let said = String::from_utf8(ran.stdout).unwrap();
    let line = |line: &str| line.split_once(' ').map(|(key, value)| (key.into(), value.into()));
    Some(said.lines().filter_map(line).collect())
}

/// The words of `ssh -G` that are others than those of the manual.
fn normal(option: &str, value: &str) -> String {
    match (option, value) {
        ("StrictHostKeyChecking" | "Tunnel", "false") => "no".to_owned(),
        ("StrictHostKeyChecking", "true") => "yes".to_owned(),
        ("Tunnel", "true") => "point-to-point".to_owned(),
        (_, "DEBUG1") => "DEBUG".to_owned(),
        (_, value) => value.to_owned(),
    }
}

#[test]
fn what_holds_without_a_block_is_what_ssh_says() {
    if !Path::new("/usr/bin/ssh").exists() {
        return skip("no ssh");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    let mut dice = Dice::new(7);
    for _ in 0..60 {
        let text = text(&mut dice);
        std::fs::write(&file, &text).unwrap();
        let Some(said) = oracle(&file, "holdfast.invalid") else { return };
        // Its version decides what holds without a line.
        let mut tree = Tree::default().file(MAIN, &text).installed();
        let resource = |name: &str| Resource::Ssh { option: name.into() };
        tree.resources.extend(OPTIONS.iter().map(|(name, _)| resource(name)));
        let settings = tree.settings("host-ssh");
        for (name, _) in OPTIONS {
            let ours = settings.iter().find(|s| s.resource == resource(name) && s.scope.is_none());
            let theirs = normal(name, &said[&name.to_lowercase()]);
            let ours = &ours.unwrap().reading;
            if *name == "ForwardAgent"
                && theirs.starts_with('/')
                && *ours == Reading::Is("no".into())
            {
                // `ssh -G` shows the socket of a later line, and hands on nothing all the same.
                continue;
            }
            assert_eq!(*ours, Reading::Is(theirs.into()), "{name} in:\n{text}");
        }
    }
}
