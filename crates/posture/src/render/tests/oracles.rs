//! Every state, code and undo, as the tools themselves read it: Puppet's own parser, Ruby's, and what
//! stands in for Chef's resources.
#![expect(clippy::disallowed_methods, reason = "real programs are the oracles of these tests")]

#[path = "../../../../holdfast/tests/support/skip.rs"]
mod skip;

use std::path::{Path, PathBuf};
use std::process::Command;

use holdfast_model::Tool;

use self::skip::skip;
use super::{all_lines, cron, entries, presence, render, services, states};
use crate::{Control, Seen};

/// States of which no snapshot is kept.
fn newer() -> [(Control, Seen); 4] {
    [entries::entries(), cron::jobs(), presence::folder(), services::units()]
}

/// Everything that is rendered for a tool, as files of a folder.
fn written(folder: &Path, tool: Tool, ending: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for (control, seen) in states().into_iter().chain(newer()) {
        for (rest, seen) in [("runs", seen.clone()), ("rests", seen.at_rest())] {
            let rendered = render(&control, &all_lines(&control), &seen, tool);
            for (part, text) in [("code", rendered.code), ("undo", rendered.undo)] {
                let path = folder.join(format!("{}-{rest}-{part}.{ending}", control.id));
                std::fs::write(&path, text).unwrap();
                files.push(path);
            }
        }
    }
    files
}

/// Whether a program is there; the test is skipped if not.
fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        skip(&format!("no {program}"));
    }
    found
}

fn accepts(command: &mut Command) {
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said));
}

#[test]
fn every_manifest_is_one() {
    if has("puppet") {
        let folder = tempfile::tempdir().unwrap();
        let files = written(folder.path(), Tool::Puppet, "pp");
        let home = folder.path().join("home");
        accepts(Command::new("puppet").args(["parser", "validate"]).args(files).env("HOME", home));
    }
}

#[test]
fn every_recipe_is_one() {
    if has("ruby") {
        let folder = tempfile::tempdir().unwrap();
        let double = folder.path().join("chef");
        std::fs::write(&double, include_str!("../../../tests/apply/chef.rb")).unwrap();
        for file in written(folder.path(), Tool::Chef, "rb") {
            accepts(Command::new("ruby").arg("-wc").arg(&file));
            accepts(Command::new("ruby").arg(&double).arg("--read").arg(&file));
        }
    }
}

/// A double that accepts everything would prove nothing.
#[test]
fn what_chef_does_not_know_is_refused() {
    if !has("ruby") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let double = folder.path().join("chef");
    std::fs::write(&double, include_str!("../../../tests/apply/chef.rb")).unwrap();
    let read = |text: &str| {
        let recipe = folder.path().join("recipe.rb");
        std::fs::write(&recipe, text).unwrap();
        Command::new("ruby").arg(&double).arg("--read").arg(recipe).output().unwrap()
    };
    assert!(read("execute 'a' do\n  command 'true'\n  not_if 'true'\nend\n").status.success());
    for (wrong, said) in [
        ("execute 'a' do\n  unless 'true'\nend\n", "syntax error"),
        ("execute 'a' do\n  commands 'true'\nend\n", "commands"),
        ("services 'a' do\nend\n", "services"),
        ("file 'a' do\n  mode 'u=rw'\n  path '/a'\nend\n", "mode"),
        ("file 'a' do\n  action :absent\nend\n", "absent"),
        ("file 'a' do\n  content 1\nend\n", "content"),
        ("execute 'a' do\n  not_if ''\nend\n", "guard"),
        ("execute 'a' do\n  not_if 'true', env: {}\nend\n", "guard"),
        ("execute 'a' do\n  environment('A' => 1)\nend\n", "words"),
        ("file '/a' do\n  notifies :run, 'execute[b]', :delayed\nend\n", "execute[b]"),
        ("execute 'b'\nfile '/a' do\n  notifies :start, 'execute[b]', :delayed\nend\n", ":start"),
        ("file '/a' do\n  notifies :run, 'execute[b]', :later\nend\n", "later"),
        ("file ''\n", "name"),
    ] {
        let output = read(wrong);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && complaint.contains(said), "{wrong}\n{complaint}");
    }
}
