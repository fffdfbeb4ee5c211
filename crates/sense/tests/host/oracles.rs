//! What the real tools say of this machine. Each test is passed over where its tool is missing,
//! and says so.

#![expect(clippy::disallowed_methods, reason = "oracles look at this machine")]

use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use holdfast_model::{Aspect, Fact, Reading, Resource, Setting};
use holdfast_sense::host::{Asked, collect};
use holdfast_sense::{Answer, FileStat, FileType, Need};

use crate::skip::skip;
use crate::tree::resource;

/// What a program prints, whatever its status; `None` where it is not installed.
fn says(program: &str, arguments: &[&str]) -> Option<String> {
    match Command::new(program).args(arguments).env("LC_ALL", "C").output() {
        Ok(output) => Some(String::from_utf8(output.stdout).unwrap()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            skip(&format!("no {program}"));
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

fn refused(error: &std::io::Error) -> Answer {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Answer::Missing,
        ErrorKind::PermissionDenied => Answer::Denied,
        _ => Answer::Unreadable(error.to_string().into()),
    }
}

/// A path under another root.
fn under(root: &str, path: &str) -> String {
    format!("{}{path}", root.trim_end_matches('/'))
}

fn answer(root: &str, need: &Need) -> Answer {
    match need {
        Need::File(path) => match std::fs::read(under(root, path)) {
            Ok(bytes) => Answer::Bytes(bytes.into()),
            Err(error) => refused(&error),
        },
        Need::Stat(path) => match std::fs::symlink_metadata(under(root, path)) {
            Ok(found) => {
                let kind = found.file_type();
                let other = kind.is_block_device() || kind.is_char_device();
                Answer::Stat(FileStat {
                    uid: found.uid(),
                    gid: found.gid(),
                    mode: found.mode() & 0o7777,
                    kind: match () {
                        () if kind.is_file() => FileType::File,
                        () if kind.is_dir() => FileType::Folder,
                        () if kind.is_symlink() => FileType::Link,
                        () => {
                            assert!(other || kind.is_fifo() || kind.is_socket());
                            FileType::Other
                        }
                    },
                    link: std::fs::read_link(under(root, path))
                        .ok()
                        .map(|to| Arc::from(to.to_str().unwrap())),
                })
            }
            Err(error) => refused(&error),
        },
        Need::Glob(pattern) => {
            let mut found = vec![String::new()];
            for segment in pattern.split('/').skip(1) {
                found = found.iter().flat_map(|folder| step(root, folder, segment)).collect();
            }
            found.sort();
            Answer::Paths(found.into_iter().map(Arc::from).collect())
        }
        Need::Sieved(path, sieve) => sieve.through(answer(root, &Need::File(path.clone()))),
        Need::Part { .. } | Need::Command(_) | Need::Walk { .. } => Answer::Missing,
    }
}

fn step(root: &str, folder: &str, segment: &str) -> Vec<String> {
    let Some((start, end)) = segment.split_once('*') else {
        return vec![format!("{folder}/{segment}")];
    };
    let Ok(entries) = std::fs::read_dir(under(root, folder)) else { return Vec::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter(|name| name.starts_with(start) && name.ends_with(end))
        .map(|name| format!("{folder}/{name}"))
        .collect()
}

fn settings(root: &str, resources: &[Resource], running: bool) -> Vec<Setting> {
    let asked = Asked { resources, running };
    let facts = collect(&asked, &mut |need| answer(root, need));
    let setting = |fact| match fact {
        Fact::Setting(setting) => Some(setting),
        _ => None,
    };
    facts.into_iter().filter_map(setting).collect()
}

fn value(settings: &[Setting], resource: &Resource, aspect: Aspect) -> String {
    let mut mine = settings.iter().filter(|s| s.resource == *resource && s.aspect == aspect);
    match &mine.next().unwrap().reading {
        Reading::Is(value) => value.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn running_values_are_those_of_sysctl() {
    let Some(all) = says("sysctl", &["-a"]) else { return };
    // Values that change by themselves, and such that print differently each time.
    let steady = |key: &str| {
        let folders = ["fs.", "kernel.random", "net.netfilter", "kernel.ns_last", "kernel.sched"];
        !folders.iter().any(|folder| key.starts_with(folder))
    };
    let pairs: Vec<(&str, String)> = all
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim(), value.split_whitespace().collect::<Vec<_>>().join(" ")))
        .filter(|(key, _)| steady(key))
        .collect();
    let resources: Vec<Resource> =
        pairs.iter().map(|(key, _)| resource(&format!("sysctl {key}"))).collect();
    let settings = settings("/", &resources, true);
    let mut compared = 0;
    for (resource, (key, wanted)) in resources.iter().zip(&pairs) {
        // A parameter of several lines is printed as several.
        if pairs.iter().filter(|(other, _)| other == key).count() == 1 {
            assert_eq!(value(&settings, resource, Aspect::Running), *wanted, "{key}");
            compared += 1;
        }
    }
    assert!(compared > 50, "{compared}");
}

/// What `systemctl is-enabled` says in our words.
fn word(systemctl: &str) -> Option<&str> {
    match systemctl {
        "enabled" | "disabled" | "static" | "masked" => Some(systemctl),
        // What we see through to the end, and what does not outlive a boot.
        _ => None,
    }
}

#[test]
fn states_at_boot_are_those_of_systemctl() {
    let listed = ["--root=/", "list-unit-files", "--no-legend", "--no-pager", "--plain"];
    let Some(listed) = says("systemctl", &listed) else { return };
    let units: Vec<&str> =
        listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    compare_with_systemctl("/", &units);
}

fn compare_with_systemctl(root: &str, units: &[&str]) -> usize {
    let resources: Vec<Resource> =
        units.iter().map(|unit| resource(&format!("service {unit}"))).collect();
    let settings = settings(root, &resources, false);
    let mut compared = 0;
    for (resource, unit) in resources.iter().zip(units) {
        let Some(state) = says("systemctl", &[&format!("--root={root}"), "is-enabled", unit])
        else {
            return 0;
        };
        if word(state.trim()).is_none() {
            println!("not compared: {unit} is `{}`", state.trim());
        }
        if let Some(wanted) = word(state.trim()) {
            assert_eq!(value(&settings, resource, Aspect::Boot), wanted, "{unit}");
            compared += 1;
        }
    }
    compared
}

/// Switches made by systemctl itself, in a root of their own.
#[test]
fn what_systemctl_switches_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    let units = Path::new(root).join("usr/lib/systemd/system");
    std::fs::create_dir_all(&units).unwrap();
    std::fs::create_dir_all(Path::new(root).join("etc/systemd/system")).unwrap();
    for (name, install) in [
        ("plain.service", "WantedBy=multi-user.target"),
        ("aliased.service", "Alias=other.service"),
        ("needed.service", "RequiredBy=multi-user.target\nAlias=need.service"),
        ("t@.service", "WantedBy=multi-user.target"),
        ("off.service", "WantedBy=multi-user.target"),
        ("gone.timer", "WantedBy=timers.target"),
        ("fixed.socket", ""),
    ] {
        let text = format!("[Unit]\nDescription=x\n[Install]\n{install}\n");
        std::fs::write(units.join(name), text).unwrap();
    }
    let at = format!("--root={root}");
    let switched = ["plain.service", "aliased.service", "needed.service", "t@one.service"];
    for unit in switched {
        if says("systemctl", &[&at, "enable", unit]).is_none() {
            return;
        }
    }
    says("systemctl", &[&at, "mask", "gone.timer"]);
    let others = ["t@two.service", "off.service", "gone.timer", "fixed.socket"];
    let all: Vec<&str> = switched.into_iter().chain(others).collect();
    assert_eq!(compare_with_systemctl(root, &all), all.len());
    says("systemctl", &[&at, "disable", "plain.service", "t@one.service"]);
    says("systemctl", &[&at, "unmask", "gone.timer"]);
    assert_eq!(compare_with_systemctl(root, &all), all.len());
}

#[test]
fn versions_are_those_of_dpkg() {
    let format = "${binary:Package}\t${db:Status-Status}\t${Version}\n";
    let Some(all) = says("dpkg-query", &["-W", "-f", format]) else { return };
    let rows: Vec<Vec<&str>> = all.lines().map(|line| line.split('\t').collect()).collect();
    let name = |row: &[&str]| row[0].split(':').next().unwrap().to_owned();
    let resources: Vec<Resource> =
        rows.iter().map(|row| resource(&format!("package {}", name(row)))).collect();
    let settings = settings("/", &resources, false);
    for (resource, row) in resources.iter().zip(&rows) {
        let wanted = if row[1] == "installed" { row[2].to_owned() } else { "Absent".to_owned() };
        let mine = settings.iter().filter(|setting| setting.resource == *resource);
        let found: Vec<String> = mine
            .map(|setting| match &setting.reading {
                Reading::Is(value) => value.to_string(),
                other => format!("{other:?}"),
            })
            .collect();
        assert!(found.contains(&wanted), "{resource}: {found:?}, {wanted}");
    }
}

#[test]
fn files_are_as_stat_says() {
    let paths = ["/etc/passwd", "/etc/shadow", "/etc", "/tmp", "/usr/bin/passwd", "/etc/localtime"];
    let resources: Vec<Resource> =
        paths.iter().map(|path| resource(&format!("file {path}"))).collect();
    let settings = settings("/", &resources, false);
    for (resource, path) in resources.iter().zip(paths) {
        let Some(said) = says("stat", &["-L", "-c", "%U %G %a", path]) else { return };
        let mode = value(&settings, resource, Aspect::Mode);
        let [owner, group] =
            [Aspect::Owner, Aspect::Group].map(|aspect| value(&settings, resource, aspect));
        let said: Vec<&str> = said.split_whitespace().collect();
        // A path that is not there has nothing to compare.
        if let [user, of, bits] = said.as_slice() {
            assert_eq!((owner.as_str(), group.as_str()), (*user, *of), "{path}");
            assert_eq!(mode, format!("{bits:0>4}"), "{path}");
        }
    }
}

/// The flags of a mount; all else is shown differently by different programs.
fn flags(options: &str) -> Vec<&str> {
    let mut flags: Vec<&str> = options
        .split(',')
        .filter(|word| ["ro", "nosuid", "nodev", "noexec"].contains(word))
        .collect();
    flags.sort_unstable();
    flags
}

#[test]
fn mounts_are_those_of_findmnt() {
    let Some(all) = says("findmnt", &["-rn", "-o", "TARGET,OPTIONS"]) else { return };
    let rows: Vec<(&str, &str)> = all.lines().filter_map(|line| line.split_once(' ')).collect();
    let resources: Vec<Resource> =
        rows.iter().map(|(point, _)| resource(&format!("mount {point}"))).collect();
    let settings = settings("/", &resources, true);
    let mut compared = 0;
    for (resource, (point, options)) in resources.iter().zip(&rows) {
        let found = value(&settings, resource, Aspect::Running);
        // Of several at one point, and under one that was mounted later, the last counts to us alone.
        let alone = rows.iter().filter(|(other, _)| other == point).count() == 1;
        if alone && found != "Absent" && !point.contains('\\') {
            assert_eq!(flags(&found), flags(options), "{point}: {found}, {options}");
            compared += 1;
        }
    }
    assert!(compared > 2, "{compared} of {all}");
}

/// kmod itself, with rules in a folder of their own, says what it would run.
#[test]
fn rules_for_modules_are_those_of_modprobe() {
    for (files, commands) in [
        (&[("a.conf", "install hf_x /bin/false\n"), ("b.conf", "install hf-x /bin/echo\n")][..], 1),
        (&[("a.conf", "blacklist hf_x\n"), ("b.conf", "install hf-x /bin/true\n")][..], 1),
        (&[("a.conf", "# x \\\ninstall hf_x /bin/false\n"), ("b.conf", "")][..], 0),
        (
            &[
                ("a.conf", "\u{feff}install hf_x /bin/false\n"),
                ("b.txt", "install hf_x /bin/false"),
            ][..],
            0,
        ),
        (
            &[
                ("b.conf", "install hf_x /bin/echo\n"),
                ("a.alias", "install hf_x \\\n /bin/false\n"),
            ][..],
            1,
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let rules = folder.path().join("etc/modprobe.d");
        std::fs::create_dir_all(&rules).unwrap();
        std::fs::create_dir_all(folder.path().join("lib/modules/1")).unwrap();
        for (name, text) in files {
            std::fs::write(rules.join(name), text).unwrap();
        }
        let (root, rules) = (folder.path().to_str().unwrap(), rules.to_str().unwrap());
        let arguments = ["-n", "-v", "-d", root, "-S", "1", "-C", rules, "hf_x"];
        let Some(said) = says("modprobe", &arguments) else { return };
        assert_eq!(said.lines().count(), commands, "{said}");
        let asked = [resource("module hf_x")];
        let found = value(&settings(root, &asked, false), &asked[0], Aspect::Boot);
        let wanted = match said.split_whitespace().nth(1) {
            Some("/bin/false" | "/bin/true") => "disabled",
            Some(_) => "command",
            None => "allowed",
        };
        assert_eq!(found, wanted, "{files:?}");
    }
}
/// passwd(1) says `L` of what nobody can enter, `NP` of what nobody has to, `P` of the rest.
#[test]
fn passwords_are_what_passwd_says() {
    let Some(said) = says("passwd", &["-Sa"]) else { return };
    let rows: Vec<Vec<&str>> = said.lines().map(|line| line.split(' ').collect()).collect();
    let names = rows.iter().filter_map(|row| row.first());
    let resources: Vec<Resource> = names.map(|name| resource(&format!("user {name}"))).collect();
    let settings = settings("/", &resources, false);
    for (resource, row) in resources.iter().zip(&rows) {
        let wanted: &[&str] = match row[1] {
            "L" => &["locked", "none"],
            "NP" => &["empty"],
            _ => &["set"],
        };
        let found = value(&settings, resource, Aspect::Password);
        assert!(wanted.contains(&found.as_str()), "{resource}: {found}");
        let days = value(&settings, resource, Aspect::MaxDays);
        let wanted = if row[4] == "-1" { "Absent" } else { row[4] };
        assert_eq!(days, wanted, "{resource}");
    }
    if rows.is_empty() {
        skip("no right to ask `passwd` of others (it takes root)");
    }
}

/// The numbers and shells of getent(1), which asks the files first.
#[test]
fn accounts_and_groups_are_those_of_getent() {
    let Some(said) = says("getent", &["-s", "files", "passwd"]) else { return };
    let resources = [resource("users all"), resource("groups all")];
    let settings = settings("/", &resources, false);
    let of = |which: usize, name: &str, aspect| {
        let mine = settings.iter().find(|setting| {
            setting.resource == resources[which]
                && setting.scope.as_deref() == Some(name)
                && setting.aspect == aspect
        });
        match &mine.unwrap().reading {
            Reading::Is(value) => value.to_string(),
            other => format!("{other:?}"),
        }
    };
    let mut compared = 0;
    for line in said.lines() {
        let fields: Vec<&str> = line.split(':').collect();
        assert_eq!(of(0, fields[0], Aspect::Number), fields[2], "{line}");
        let shell = if fields[6].is_empty() { "/bin/sh" } else { fields[6] };
        assert_eq!(of(0, fields[0], Aspect::Shell), shell, "{line}");
        compared += 1;
    }
    for line in says("getent", &["-s", "files", "group"]).unwrap().lines() {
        let fields: Vec<&str> = line.split(':').collect();
        assert_eq!(of(1, fields[0], Aspect::Number), fields[2], "{line}");
        compared += 1;
    }
    assert!(compared > 20, "{compared}");
}
