//! Renderings as they run: in a namespace with a copy of `/etc`, by dash, busybox, Ansible, Puppet and
//! what stands in for Chef. The second run changes nothing, and the undo restores every byte.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests run real programs on real files, and may panic"
)]

#[path = "apply/accounts.rs"]
mod accounts;
#[path = "apply/client.rs"]
mod client;
#[path = "apply/cron.rs"]
mod cron;
#[path = "apply/drift.rs"]
mod drift;
#[path = "apply/entries.rs"]
mod entries;
#[path = "apply/managers.rs"]
mod managers;
#[path = "apply/mounts.rs"]
mod mounts;
#[path = "apply/presence.rs"]
mod presence;
#[path = "../../holdfast/tests/support/skip.rs"]
mod skip;
#[path = "apply/texts.rs"]
mod texts;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use holdfast_model::{
    Aspect, Desired, Dialect, ModeWanted, Place, Reading, Resource, Setting, Severity, Tool, Wanted,
};
use holdfast_posture::{Control, Rendered, Risk, Seen, render};

/// Where the copies of `/etc` begin: the same on every machine.
const SEED: &str = include_str!("apply/seed.sh");

fn setting(resource: Resource, aspect: Aspect, value: &str, place: Option<(&str, u32)>) -> Setting {
    let reading = if value == "absent" { Reading::Absent } else { Reading::Is(value.into()) };
    let place = place.map(|(path, line)| Place { path: path.into(), line, column: 1 });
    Setting { resource, aspect, scope: None, reading, place, default: false }
}

fn control(id: &str, ensure: Vec<Desired>) -> Control {
    Control {
        id: id.into(),
        title: "It's as it {{ should }} be".to_owned(),
        wrong: String::new(),
        why: String::new(),
        severity: Severity::Soon,
        refs: BTreeMap::new(),
        when: None,
        ensure: ensure.into(),
        risk: Risk { lockout: true, ..Risk::default() },
        manual: None,
        examples: Vec::new(),
        place: Place::start_of("control.yaml"),
        lines: Vec::new(),
    }
}

fn is(value: &str) -> Wanted {
    Wanted::Is(value.into())
}

fn file(path: &str) -> Resource {
    Resource::File { path: path.into() }
}

fn sshd(option: &str) -> Resource {
    Resource::Sshd { option: option.into() }
}

fn root_login(value: &str) -> Desired {
    Desired::Sshd { option: "PermitRootLogin".into(), value: is(value) }
}

/// Every state that can be brought about without packages.
fn everything() -> (Control, Vec<Setting>) {
    let key = |dialect, key: &str, value: &str| Desired::Key {
        dialect,
        key: key.into(),
        value: is(value),
    };
    let meta = |path: &str, mode| Desired::File {
        path: path.into(),
        kind: None,
        owner: Some("root".into()),
        group: vec!["root".into()],
        mode: Some(mode),
    };
    let ensure = vec![
        Desired::Sysctl { key: "net.ipv4.ip_forward".into(), value: is("0") },
        Desired::Sysctl { key: "kernel.sysrq".into(), value: is("4") },
        meta("/etc/played-with", ModeWanted::AtMost(0o640)),
        meta("/etc/played-with.d", ModeWanted::Is(0o755)),
        meta("/etc/not-there", ModeWanted::AtMost(0o640)),
        Desired::FileAbsent { path: "/etc/hosts.equiv".into() },
        key(Dialect::LoginDefs, "PASS_MAX_DAYS", "365"),
        key(Dialect::LoginDefs, "PASS_WARN_AGE", "7"),
        key(Dialect::LoginDefs, "UMASK", "022"),
        key(Dialect::Limits, "* hard core", "0"),
        key(Dialect::Apt, "APT::Periodic::Unattended-Upgrade", "1"),
        Desired::ServiceOn { unit: "played-with.service".into() },
        Desired::ServiceOff { unit: "played-off.service".into() },
        root_login("no"),
    ];
    let forward = || Resource::Sysctl { key: "net.ipv4.ip_forward".into() };
    let unit = |name: &str| Resource::Service { unit: name.into() };
    let mut settings = vec![
        setting(forward(), Aspect::Running, "1", None),
        setting(forward(), Aspect::Boot, "1", Some(("/etc/sysctl.conf", 3))),
        setting(file("/etc/hosts.equiv"), Aspect::Type, "file", None),
        setting(file("/etc/not-there"), Aspect::Type, "absent", None),
        setting(unit("played-with.service"), Aspect::Boot, "disabled", None),
        setting(unit("played-off.service"), Aspect::Boot, "enabled", None),
    ];
    for (path, mode) in [("/etc/played-with", "4666"), ("/etc/played-with.d", "3777")] {
        let owner = if mode == "4666" { ("daemon", "daemon") } else { ("root", "root") };
        settings.push(setting(file(path), Aspect::Type, "file", None));
        settings.push(setting(file(path), Aspect::Owner, owner.0, None));
        settings.push(setting(file(path), Aspect::Group, owner.1, None));
        settings.push(setting(file(path), Aspect::Mode, mode, None));
    }
    settings.extend(root_login_seen(true));
    (control("everything", ensure), settings)
}

/// Root may log in: by a drop-in, and in a block of the main file.
fn root_login_seen(include: bool) -> Vec<Setting> {
    let main = "/etc/ssh/sshd_config";
    let cloud = Some(("/etc/ssh/sshd_config.d/50-cloud.conf", 1));
    let mut block = setting(sshd("PermitRootLogin"), Aspect::Value, "yes", Some((main, 5)));
    block.scope = Some("User backup".into());
    let folder = "/etc/ssh/sshd_config.d/*.conf";
    let folder = setting(sshd("Include"), Aspect::Value, folder, Some((main, 1)));
    let mut all = vec![setting(sshd("PermitRootLogin"), Aspect::Value, "yes", cloud), block];
    all.extend(include.then_some(folder));
    all
}

fn has(program: &str) -> bool {
    let quiet = Command::new("sh")
        .args(["-c", "command -v \"$1\"", "sh", program])
        .stdout(Stdio::null())
        .status();
    quiet.is_ok_and(|status| status.success())
}

/// The tools that can run here as they do on a host; the test is skipped for the others.
fn runners(wanted: &[&'static str]) -> Vec<&'static str> {
    let namespaces = Command::new("unshare")
        .args(["--mount", "--net", "mount", "-t", "tmpfs", "tmpfs", "/mnt"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let needs = ["/usr/sbin/sshd", "systemctl"];
    let missing = needs.iter().find(|program| !has(program));
    if !namespaces || missing.is_some() {
        let right = "no right to make a mount namespace (it takes root)".to_owned();
        let missing = missing.map(|program| format!("no {program}"));
        skip::skip(&missing.filter(|_| namespaces).unwrap_or(right));
        return Vec::new();
    }
    let program = |runner: &'static str| match runner {
        "yml" => "ansible-playbook",
        "pp" | "noop" => "puppet",
        "rb" | "why" => "ruby",
        shell => shell,
    };
    let able = |&runner: &&'static str| {
        let there = has(program(runner));
        if !there {
            skip::skip(&format!("no {}", program(runner)));
        }
        there
    };
    wanted.iter().copied().filter(able).collect()
}

fn tool(runner: &str) -> Tool {
    match runner {
        "yml" => Tool::Ansible,
        "pp" | "noop" => Tool::Puppet,
        "rb" | "why" => Tool::Chef,
        _ => Tool::Shell,
    }
}

fn rendered(control: &Control, settings: &[Setting], runner: &str) -> Rendered {
    let lines: Vec<usize> = (0..control.ensure.len()).collect();
    let seen = Seen::new(settings.to_vec(), Vec::new(), BTreeMap::new());
    render(control, &lines, &seen, tool(runner))
}

/// What one run said and left behind.
struct Run {
    out: String,
    err: String,
    ok: bool,
    state: String,
    folder: std::path::PathBuf,
}

impl Run {
    /// Whether the tool says that it changed something.
    fn changed(&self) -> bool {
        let recap =
            self.out.lines().find(|line| line.contains(" changed=") && line.contains("ok="));
        recap.map_or_else(
            || self.out.lines().any(|line| line.starts_with("changed: ")),
            |line| !line.contains(" changed=0 "),
        )
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap()
    }
}

/// Runs texts one after the other; the first state is that before any.
fn play(seed: &str, texts: &[(&str, &str)]) -> (String, Vec<Run>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("seed.sh"), seed).unwrap();
    fs::write(path.join("namespace.sh"), include_str!("apply/namespace.sh")).unwrap();
    fs::write(path.join("chef.rb"), include_str!("apply/chef.rb")).unwrap();
    let mut command = Command::new("unshare");
    command.args(["--mount", "--net", "sh"]).arg(path.join("namespace.sh")).arg(path);
    for (number, (runner, text)) in texts.iter().enumerate() {
        let name = format!("text-{number}.{runner}");
        fs::write(path.join(&name), text).unwrap();
        command.arg(name);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read = |name: String| fs::read_to_string(path.join(name)).unwrap();
    let runs = (1..=texts.len()).map(|number| {
        let kept = tempfile::tempdir().unwrap().keep();
        for entry in fs::read_dir(path.join(format!("{number}.etc"))).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), kept.join(entry.file_name())).unwrap();
        }
        Run {
            out: read(format!("{number}.out")),
            err: read(format!("{number}.err")),
            ok: read(format!("{number}.status")).trim() == "0",
            state: read(format!("{number}.state")),
            folder: kept,
        }
    });
    (read("0.state".to_owned()), runs.collect())
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Lines that are in one state and not in the other.
fn difference(before: &str, after: &str) -> String {
    let only = |one: &str, other: &str, sign: char| -> Vec<String> {
        let other: std::collections::HashSet<&str> = other.lines().collect();
        one.lines()
            .filter(|line| !other.contains(line))
            .map(|line| format!("{sign}{line}"))
            .collect()
    };
    [only(before, after, '-'), only(after, before, '+')].concat().join("\n")
}

/// Applies twice and undoes twice; hands back the first run.
fn round_trip(control: &Control, settings: &[Setting], seed: &str, runner: &'static str) -> Run {
    let text = rendered(control, settings, runner);
    let (code, undo) = ((runner, text.code.as_str()), (runner, text.undo.as_str()));
    let (before, mut runs) = play(seed, &[code, code, undo, undo]);
    for (number, run) in runs.iter().enumerate() {
        assert!(run.ok, "{runner} {number}: {}{}", run.out, run.err);
    }
    assert!(runs[0].changed() && !runs[1].changed(), "{runner}: {}", runs[1].out);
    assert_eq!(difference(&runs[0].state, &runs[1].state), "", "{runner}: a second run");
    assert!(runs[2].changed() && !runs[3].changed(), "{runner}: {}", runs[3].out);
    assert_eq!(difference(&before, &runs[2].state), "", "{runner}: undone");
    assert_eq!(difference(&before, &runs[3].state), "", "{runner}: undone twice");
    runs.remove(0)
}

fn check_everything(runner: &'static str) {
    let (control, settings) = everything();
    let first = round_trip(&control, &settings, SEED, runner);
    let state = |line: &str| first.state.lines().any(|found| found == line);
    assert!(state("/etc/played-with f 640 root root "), "{}", first.state);
    assert!(state("/etc/played-with.d d 755 root root "), "{}", first.state);
    assert!(state("/etc/sysctl.d/zz-holdfast-everything.conf f 644 root root "), "{runner}");
    assert!(state("/etc/login.defs f 640 root root "), "the mode stays");
    let wants = "/etc/systemd/system/multi-user.target.wants";
    assert!(first.state.contains(&format!("{wants}/played-with.service l ")), "{runner}");
    assert!(!first.state.contains(&format!("{wants}/played-off.service l ")), "{runner}");
    assert!(!first.state.contains("hosts.equiv"), "{runner}");
    assert!(first.state.ends_with("\n0\n"), "the running parameter");
    assert_eq!(
        first.file("login.defs"),
        "#holdfast everything was: PASS_MAX_DAYS\t99999\nPASS_MAX_DAYS 365\n# PASS_WARN_AGE 3\n\n\
         UMASK  022\n#holdfast everything was: UMASK = 022\nUMASK 022\n#holdfast everything added the \
         next line\nPASS_WARN_AGE 7\n",
        "{runner}"
    );
    assert_eq!(
        first.file("sysctl.conf"),
        "# local\n#holdfast everything off: net.ipv4.ip_forward=1\n\
         #holdfast everything off: net/ipv4/ip_forward = 1\nkernel.panic = 3\n",
        "{runner}"
    );
    // Only the first such option of the block counts, and only of that block.
    assert_eq!(
        first.file("sshd_config"),
        "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin yes\nMatch User  backup\n    \
         X11Forwarding no\n#holdfast everything was:     PermitRootLogin yes\n    PermitRootLogin \
         no\n    PermitRootLogin yes\nMatch User other\n    PermitRootLogin no\n",
        "{runner}"
    );
}

#[test]
fn everything_by_the_shell() {
    runners(&["dash", "busybox"]).into_iter().for_each(check_everything);
}

#[test]
fn everything_by_ansible() {
    runners(&["yml"]).into_iter().for_each(check_everything);
}

#[test]
fn everything_by_puppet() {
    runners(&["pp"]).into_iter().for_each(check_everything);
}

#[test]
fn everything_by_chef() {
    runners(&["rb"]).into_iter().for_each(check_everything);
}

#[test]
fn who_only_looks_changes_nothing() {
    let (control, settings) = everything();
    for runner in runners(&["noop", "why"]) {
        let text = rendered(&control, &settings, runner);
        let (before, runs) = play(SEED, &[(runner, &text.code)]);
        assert!(runs[0].ok, "{runner}: {}{}", runs[0].out, runs[0].err);
        assert_eq!(difference(&before, &runs[0].state), "", "{runner}");
        let would = ["would change: ", "(noop)"];
        assert!(would.iter().any(|word| runs[0].out.contains(word)), "{runner}: {}", runs[0].out);
    }
}

const NO_INCLUDE: &str = "printf 'PermitRootLogin yes\\nmatch user=\"backup\"\\n    PermitRootLogin=yes\\n' \
                          >/etc/ssh/sshd_config\n";

#[test]
fn without_an_include_the_option_goes_above_everything() {
    let control = control("top", vec![root_login("no")]);
    let seed = format!("{SEED}{NO_INCLUDE}");
    for runner in runners(&["dash", "busybox", "yml", "pp", "rb"]) {
        let first = round_trip(&control, &root_login_seen(false), &seed, runner);
        assert_eq!(
            first.file("sshd_config"),
            "# BEGIN holdfast top\nPermitRootLogin no\n# END holdfast top\nPermitRootLogin yes\n\
             match user=\"backup\"\n#holdfast top was:     PermitRootLogin=yes\n    PermitRootLogin \
             no\n",
            "{runner}"
        );
    }
}

#[test]
fn what_sshd_refuses_is_taken_back() {
    let control = control("refused", vec![root_login("perhaps")]);
    for runner in runners(&["dash", "busybox", "yml", "pp", "rb"]) {
        let text = rendered(&control, &root_login_seen(true), runner);
        let (before, runs) = play(SEED, &[(runner, &text.code)]);
        assert!(!runs[0].ok, "{runner}: {}", runs[0].out);
        assert_eq!(difference(&before, &runs[0].state), "", "{runner}");
    }
}

#[test]
fn a_link_is_never_followed() {
    let wanted = Desired::File {
        path: "/etc/a-link".into(),
        kind: None,
        owner: Some("root".into()),
        group: Vec::new(),
        mode: Some(ModeWanted::AtMost(0o600)),
    };
    let control = control("link", vec![wanted]);
    let seed = format!("{SEED}ln -s played-with /etc/a-link\n");
    for runner in runners(&["dash", "busybox", "yml", "pp", "rb"]) {
        let text = rendered(&control, &[], runner);
        let (before, runs) = play(&seed, &[(runner, &text.code)]);
        assert!(!runs[0].ok, "{runner}: {}", runs[0].out);
        assert_eq!(difference(&before, &runs[0].state), "", "{runner}");
    }
}

/// Who could log in, in what way, and what the check says to it.
#[test]
fn somebody_else_has_to_be_able_to_log_in() {
    let people = "printf 'root:x:0:0::/run/root:/bin/sh\\nann:x:7:7::/run/ann:/bin/sh\\n\
                  bob:x:8:8::/run/bob:/usr/sbin/nologin\\n' >/etc/passwd\n\
                  printf 'sudo:x:27:ann,bob\\n' >/etc/group\nprintf 'ann:!:1\\n' >/etc/shadow\n\
                  mkdir -p /run/ann/.ssh /run/bob/.ssh; echo '# none' >/run/ann/.ssh/authorized_keys\n\
                  echo key >/run/bob/.ssh/authorized_keys\n";
    let key = "echo ssh-ed25519 AAAA >/run/ann/.ssh/authorized_keys\n";
    let cases: &[(&str, &str, bool)] = &[
        ("only a comment for a key", "", false),
        ("a key", key, true),
        (
            "a key that others may write",
            "echo k >/run/ann/.ssh/authorized_keys; chmod o+w /run/ann/.ssh/authorized_keys\n",
            false,
        ),
        (
            "a key and no shell",
            "sed -i 's,/run/ann:/bin/sh,/run/ann:/bin/false,' /etc/passwd\n",
            false,
        ),
        (
            "a key and no right to become root",
            "echo k >/run/ann/.ssh/authorized_keys; : >/etc/group\n",
            false,
        ),
        ("a password", "printf 'ann:$y$x:1\\n' >/etc/shadow\n", true),
        (
            "root's key, and root stays out",
            "mkdir -p /run/root/.ssh; echo k >/run/root/.ssh/authorized_keys\n",
            false,
        ),
    ];
    let mut settings = root_login_seen(true);
    settings.push(setting(sshd("PasswordAuthentication"), Aspect::Value, "yes", None));
    for runner in runners(&["dash", "busybox"]) {
        let root = rendered(&control("root", vec![root_login("no")]), &settings, runner).precheck;
        for (name, seed, expected) in cases {
            let (_, runs) = play(&format!("{SEED}{people}{seed}"), &[(runner, &root)]);
            assert_eq!(runs[0].ok, *expected, "{runner}, {name}: {}{}", runs[0].out, runs[0].err);
            assert_eq!(runs[0].err.is_empty(), *expected, "it says what is missing");
        }
        // Without passwords, a password is no way in; root's key is.
        let off = Desired::Sshd { option: "PasswordAuthentication".into(), value: is("no") };
        let password = rendered(&control("password", vec![off]), &settings, runner).precheck;
        for (seed, expected) in [(cases[5].1, false), (cases[1].1, true), (cases[6].1, true)] {
            let (_, runs) = play(&format!("{SEED}{people}{seed}"), &[(runner, &password)]);
            assert_eq!(runs[0].ok, expected, "{runner}: {}{}", runs[0].out, runs[0].err);
        }
    }
}

#[test]
fn every_playbook_is_one() {
    if runners(&["yml"]).is_empty() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (control, settings) = everything();
    let text = rendered(&control, &settings, "yml");
    let path: &Path = folder.path();
    for (name, text) in [("code.yml", &text.code), ("undo.yml", &text.undo)] {
        fs::write(path.join(name), text).unwrap();
    }
    let output = Command::new("ansible-playbook")
        .args(["--syntax-check", "-i", "localhost,", "code.yml", "undo.yml"])
        .env("HOME", path)
        .current_dir(path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
