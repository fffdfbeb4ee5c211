//! Serverspec, which asks in its own words, agrees: assertions are made of the same statements that the
//! controls are made of, and have to come out as our verdicts do, as the system comes and once it is
//! hardened.
//!
//! What Serverspec has no word for, or could only ask of a running system, is not compared. `/proc/sys`
//! is the whole machine's, so that of a kernel parameter the value of the next start is asked.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use holdfast_engine::controls::Controls;
use holdfast_model::{BootWanted, Desired, Dialect, ModeWanted, Wanted};
use serde_json::Value;

use crate::{System, real};

/// What begins the file.
const HEAD: &str = "require 'serverspec'\nset :backend, :exec\n\n";

const RUN: &str = r"
mkdir -p /run/sshd
rm -f /spec.json
rspec --format json --out /spec.json /holdfast_spec.rb >/dev/null 2>/spec.err || :
test -s /spec.json || { cat /spec.err >&2; exit 1; }
";

/// Prints the last value of a key, if it has one.
const LAST: &str = "END { if (v != \"\") print v }";

/// A text as Ruby writes it.
fn ruby(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// What a line of output has to be; `None` where it cannot be said in a line.
fn wanted(value: &Wanted) -> Option<String> {
    Some(match value {
        Wanted::Is(value) => format!("eq {}", ruby(&value.to_lowercase())),
        Wanted::OneOf(values) => {
            let values: Vec<String> = values.iter().map(|one| ruby(&one.to_lowercase())).collect();
            format!("satisfy {{ |is| [{}].include?(is) }}", values.join(", "))
        }
        Wanted::AtMost(most) => {
            format!("satisfy {{ |is| is =~ /\\A-?\\d+\\z/ && is.to_i <= {most} }}")
        }
        Wanted::AtLeast(least) => {
            format!("satisfy {{ |is| is =~ /\\A-?\\d+\\z/ && is.to_i >= {least} }}")
        }
        Wanted::StartupsAtMost(most) => {
            let (begin, rate, full) = (most.begin, most.rate, most.full);
            format!(
                "satisfy {{ |is| b, r, f = is.split(':').map(&:to_i); \
                 b <= {begin} && r >= {rate} && f <= {full} }}"
            )
        }
        Wanted::SubsetOf(_) | Wanted::NoneOf(_) => return None,
    })
}

/// What a command prints, in lower case and without its line end, has to be something.
fn printed(command: &str, should: &str) -> String {
    let command = ruby(&format!("{command} | tr A-Z a-z"));
    format!("describe(command({command})) {{ its('stdout.chomp') {{ should {should} }} }}\n")
}

/// The same, asked only where a command succeeds.
fn given(command: &str, asked: &str) -> String {
    format!("if command({}).exit_status.zero?\n{asked}end\n", ruby(command))
}

/// One of the matchers that Serverspec brings, asked of a file.
fn of_file(path: &str, matcher: &str) -> String {
    format!("describe(file({})) {{ it {{ should {matcher} }} }}\n", ruby(path))
}

fn file(path: &str, owner: Option<&str>, group: &[&str], mode: Option<ModeWanted>) -> String {
    let mut out = String::new();
    if let Some(owner) = owner {
        out.push_str(&of_file(path, &format!("be_owned_by {}", ruby(owner))));
    }
    match group {
        [] => {}
        [one] => out.push_str(&of_file(path, &format!("be_grouped_into {}", ruby(one)))),
        several => {
            let names: Vec<String> = several.iter().map(|one| ruby(one)).collect();
            let should = format!("satisfy {{ |is| [{}].include?(is) }}", names.join(", "));
            out.push_str(&printed(&format!("stat --format %G {path}"), &should));
        }
    }
    match mode {
        Some(ModeWanted::Is(bits)) => out.push_str(&of_file(path, &format!("be_mode {bits:o}"))),
        Some(ModeWanted::AtMost(bits)) => {
            let should = format!("satisfy {{ |is| (is.to_i(8) & ~0o{bits:o}).zero? }}");
            out.push_str(&printed(&format!("stat --format %a {path}"), &should));
        }
        None => {}
    }
    given(&format!("test -e {path}"), &out)
}

fn unit_at_boot(unit: &str, wanted: BootWanted) -> String {
    let should = match wanted {
        BootWanted::Enabled => "should",
        BootWanted::Disabled => "should_not",
        BootWanted::Masked => {
            let state = format!("systemctl is-enabled {unit}");
            return given(&format!("{state} | grep -q ."), &printed(&state, "eq('masked')"));
        }
    };
    format!("describe(service({})) {{ it {{ {should} be_enabled }} }}\n", ruby(unit))
}

/// The same statement in Serverspec's words; `None` where it has none.
fn asked(desired: &Desired) -> Option<String> {
    Some(match desired {
        Desired::Sysctl { key, value } => {
            let awk = format!("awk -F ' = ' '$1 == \"{key}\" {{ v = $2 }} {LAST}'");
            let found = format!("sysctl --dry-run --system 2>/dev/null | {awk}");
            // Of a parameter that this kernel does not have, sysctl says nothing.
            let there = format!("test -e /proc/sys/{}", key.replace('.', "/"));
            given(&there, &printed(&found, &wanted(value)?))
        }
        Desired::File { path, kind, owner, group, mode } => {
            let group: Vec<&str> = group.iter().map(|one| &**one).collect();
            let there = kind.as_deref().map(|kind| match kind {
                "file" => of_file(path, "be_file"),
                "folder" => of_file(path, "be_directory"),
                "link" => of_file(path, "be_symlink"),
                _ => of_file(path, "exist"),
            });
            there.unwrap_or_default() + &file(path, owner.as_deref(), &group, *mode)
        }
        Desired::FileAbsent { path } => {
            format!("describe(file({})) {{ it {{ should_not exist }} }}\n", ruby(path))
        }
        Desired::PackagePresent { name } => {
            format!("describe(package({})) {{ it {{ should be_installed }} }}\n", ruby(name))
        }
        Desired::PackageAbsent { name } => {
            format!("describe(package({})) {{ it {{ should_not be_installed }} }}\n", ruby(name))
        }
        Desired::ServiceOn { unit } => unit_at_boot(unit, BootWanted::Enabled),
        Desired::ServiceOff { unit } => unit_at_boot(unit, BootWanted::Disabled),
        Desired::Service { unit, boot: Some(boot), .. } => unit_at_boot(unit, *boot),
        Desired::Mounted { point, options } if !options.is_empty() => {
            let options: Vec<String> = options.iter().map(|one| ruby(one)).collect();
            let should =
                format!("satisfy {{ |is| ([{}] - is.split(',')).empty? }}", options.join(", "));
            // What systemd mounts by itself stands in no table.
            let found = format!("findmnt --fstab --noheadings --output OPTIONS {point}");
            given(&found, &printed(&found, &should))
        }
        Desired::Sshd { option, value } => {
            let key = option.to_lowercase();
            let awk = format!("awk '$1 == \"{key}\" {{ $1 = \"\"; print substr($0, 2); exit }}'");
            // Not every option is printed by every build.
            let found = format!("sshd -T 2>/dev/null | {awk}");
            let should = match value {
                // It takes 0 for no limit at all.
                Wanted::AtMost(most) => format!("satisfy {{ |is| is.to_i.between?(1, {most}) }}"),
                other => wanted(other)?,
            };
            given(&format!("{found} | grep -q ."), &printed(&found, &should))
        }
        Desired::Key { dialect: Dialect::LoginDefs, key, value } => {
            let awk = format!("awk '$1 == \"{key}\" {{ v = $2 }} {LAST}' /etc/login.defs");
            printed(&awk, &wanted(value)?)
        }
        Desired::Key { dialect: Dialect::Journald, key, value } => {
            let awk = format!("awk -F = '$1 == \"{key}\" {{ v = $2 }} {LAST}'");
            let shown = "systemd-analyze cat-config systemd/journald.conf 2>/dev/null";
            printed(&format!("{shown} | {awk}"), &wanted(value)?)
        }
        _ => return None,
    })
}

/// Every statement that Serverspec has words for, by the name of its row.
fn statements() -> Vec<(String, String)> {
    let controls = Controls::read(None);
    let mut out = Vec::new();
    for control in &controls.list {
        for desired in &control.ensure {
            if let Some(asked) = asked(desired) {
                out.push((format!("{}: {}", control.id, desired.subject()), asked));
            }
        }
    }
    out
}

/// What Serverspec says: whether everything that it asked about a statement is so.
fn said(system: &System, statements: &[(String, String)]) -> BTreeMap<String, bool> {
    let mut spec = HEAD.to_owned();
    for (at, (_, asked)) in statements.iter().enumerate() {
        let _ = write!(spec, "describe '[[{at}]]' do\n  {asked}end\n\n");
    }
    std::fs::write(system.root().join("holdfast_spec.rb"), spec).unwrap();
    system.run(RUN);
    let json = std::fs::read(system.root().join("spec.json")).unwrap();
    let json: Value = serde_json::from_slice(&json).unwrap();
    let broken = &json["summary"]["errors_outside_of_examples_count"];
    assert_eq!(broken.as_u64().unwrap_or_default(), 0, "{json:#}");
    let mut out = BTreeMap::new();
    for example in json["examples"].as_array().unwrap() {
        let name = example["full_description"].as_str().unwrap();
        let at = name.strip_prefix("[[").and_then(|rest| rest.split("]]").next());
        let at: usize = at.unwrap().parse().unwrap();
        let holds = match example["status"].as_str().unwrap() {
            "passed" => true,
            "failed" => false,
            other => panic!("{other}: {example:#}"),
        };
        let known = out.entry(statements[at].0.clone()).or_insert(true);
        *known = *known && holds;
    }
    out
}

/// Compares both, where both say something; how many they agree in that hold, and that do not.
fn agree(system: &System, statements: &[(String, String)], when: &str) -> (usize, usize) {
    let ours = system.results();
    let (mut hold, mut fail, mut differ) = (0, 0, Vec::new());
    for (name, holds) in said(system, statements) {
        match (ours.get(&name).map(String::as_str), holds) {
            (Some("pass"), true) => hold += 1,
            (Some("fail"), false) => fail += 1,
            (Some(found @ ("pass" | "fail")), _) => {
                differ.push(format!("{name}: we say {found}, Serverspec says {holds}"));
            }
            // Not applicable, or not assessed.
            _ => {}
        }
    }
    assert!(differ.is_empty(), "{when}:\n{}", differ.join("\n"));
    (hold, fail)
}

#[test]
fn serverspec_agrees_as_it_comes_and_once_it_is_hardened() {
    let test = "serverspec_agrees_as_it_comes_and_once_it_is_hardened";
    let Some(small) = real::system(test) else { return };
    if !real::has_serverspec(&small, test) {
        return;
    }
    let statements = statements();
    assert!(statements.len() > 100, "{}", statements.len());
    let system = System::stock(&small, "shell");
    let (hold, fail) = agree(&system, &statements, "as it comes");
    assert!(hold > 30 && fail > 30, "{hold} hold and {fail} fail");

    system.equip();
    let forms = system.forms();
    let code: Vec<&str> = forms.iter().map(|(code, _)| code.as_str()).collect();
    assert!(system.play(&code) > 20);
    let (hardened, left) = agree(&system, &statements, "once it is hardened");
    assert!(hardened > hold + 30 && left < 10, "{hardened} hold and {left} fail");
}
