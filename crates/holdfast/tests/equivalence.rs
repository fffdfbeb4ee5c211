//! One statement, four tools, one verdict: in a small Debian system, everything that can drift is
//! made to drift, and each rendering has to bring the same verdicts by our own controls, change
//! nothing when it runs again, repair what drifts anew, and leave no trace once it is undone.
//!
//! Everything runs inside a mount and network namespace; `/proc/sys` is read-only there, since most
//! of it belongs to the whole machine.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

#[path = "equivalence/drift.rs"]
mod drift;
#[path = "equivalence/layout.rs"]
mod layout;
#[path = "support/real.rs"]
mod real;
#[path = "equivalence/serverspec.rs"]
mod serverspec;
#[path = "equivalence/stock.rs"]
mod stock;
#[path = "equivalence/updates.rs"]
mod updates;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Makes everything drift that a control looks at.
const DRIFT: &str = r"
cat > /etc/sysctl.d/10-drift.conf <<'END'
fs.suid_dumpable = 2
kernel.kptr_restrict = 0
kernel.dmesg_restrict = 0
net.ipv4.ip_forward = 1
net.ipv6.conf.all.forwarding = 1
END
mkdir -p /etc/ssh/sshd_config.d /etc/ssh/ssh_config.d
# A folder that a fix had to make stays behind when it is undone: nobody can tell whose it is.
mkdir -p /etc/modprobe.d /etc/systemd/journald.conf.d /etc/systemd/coredump.conf.d \
    /etc/systemd/resolved.conf.d /etc/security/pwquality.conf.d /etc/audit/rules.d
printf 'PermitRootLogin yes\nPasswordAuthentication yes\n' > /etc/ssh/sshd_config.d/50-drift.conf
printf 'Host a.example\nForwardX11 yes\nHost *\nForwardAgent yes\nStrictHostKeyChecking no\n' \
    > /etc/ssh/ssh_config.d/50-drift.conf
chmod 0644 /etc/shadow; chmod 0666 /etc/gshadow
chmod o+w /etc /usr/local/bin
sed -i 's/^PASS_MAX_DAYS.*/PASS_MAX_DAYS 99999/' /etc/login.defs
printf '* hard core unlimited\n' > /etc/security/limits.d/drift.conf
useradd --create-home --groups sudo --shell /bin/bash ana
mkdir -p /home/ana/.ssh; echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA77LWu+/NUELonochMGlN73lBmjZwunntPxS44jcP2O ana' > /home/ana/.ssh/authorized_keys
chmod 0700 /home/ana/.ssh; chmod 0600 /home/ana/.ssh/authorized_keys; chown -R ana: /home/ana
DEBIAN_FRONTEND=noninteractive apt-get -qq --yes install telnet >/dev/null
";

/// Gives it a package source of our own, and no other.
const SOURCE: &str = r"
rm -f /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/packages ./' > /etc/apt/sources.list
apt-get -qq update
";

/// Enters the namespaces and the root; the script comes on standard input.
const INSIDE: &str = r#"
root=$1
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,ro,bind "$root/proc/sys"
exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive ANSIBLE_NOCOLOR=1 ANSIBLE_PIPELINING=1 /bin/sh -e
"#;

/// Applies a manifest with settings of its own. puppet-apply(8): 0 says that nothing had to be done, 2
/// that something was.
const PUPPET: &str = r#"
folder=$(mktemp -d /root/puppet.XXXXXX)
echo '[main]' > "$folder/puppet.conf"
for name in code var log run public ssl; do echo "${name}dir = $folder/$name"; done >> "$folder/puppet.conf"
status=0
puppet apply --detailed-exitcodes --color=false --confdir "$folder" /manifest.pp 2>&1 || status=$?
rm -rf "$folder"
case $status in 0 | 2) ;; *) exit 1 ;; esac
"#;

/// What stands in for Chef, which Debian does not have; see there what it does and refuses.
const CHEF: &str = include_str!("../../posture/tests/apply/chef.rb");

struct System {
    folder: tempfile::TempDir,
    tool: &'static str,
}

impl System {
    fn new(small: &Path, tool: &'static str) -> Self {
        let system = Self::stock(small, tool);
        system.equip();
        system.run(DRIFT);
        system
    }

    /// A copy as it comes.
    fn stock(small: &Path, tool: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        real::copy(small, &folder.path().join("root"));
        Self { folder, tool }
    }

    /// What fixes need: packages, and something in the place of Chef.
    fn equip(&self) {
        packages(&self.root().join("packages"));
        let chef = self.root().join("usr/bin/chef-client");
        std::fs::write(&chef, format!("#!/usr/bin/env ruby\n{CHEF}")).unwrap();
        std::fs::set_permissions(&chef, std::fs::Permissions::from_mode(0o755)).unwrap();
        self.run(SOURCE);
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// Runs a script inside; what it wrote.
    fn run(&self, script: &str) -> String {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--net", "--pid", "--fork", "sh", "-e", "-c", INSIDE, "inside"]);
        command.arg(self.root()).stdin(std::process::Stdio::piped());
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::io::Write::write_all(&mut stdin, script.as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {script}\n{text}\n{complaint}", self.tool);
        text
    }

    fn output(&self, args: &[&str]) -> std::process::Output {
        Command::new(env!("CARGO_BIN_EXE_holdfast"))
            .args(args)
            .args(["--format", "json", "--data"])
            .arg(self.folder.path().join("data"))
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    fn holdfast(&self, args: &[&str]) -> Value {
        let output = self.output(args);
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// What every control says of every resource: result, and the key where it fails.
    fn audit(&self) -> BTreeMap<String, (String, Option<String>)> {
        let target = format!("root:{}", self.root().display());
        let audit = self.holdfast(&["audit", &target]);
        assert_eq!(audit["problems"], serde_json::json!([]), "{}", audit["problems"]);
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        let rows = audit["results"].as_array().unwrap().iter();
        rows.map(|row| {
            let key = row["key"].as_str().map(ToOwned::to_owned);
            let name = format!("{}: {}", text(row, "control"), text(row, "resource"));
            (name, (text(row, "result"), key))
        })
        .collect()
    }

    fn results(&self) -> BTreeMap<String, String> {
        self.audit().into_iter().map(|(name, (result, _))| (name, result)).collect()
    }

    /// The renderings that mend everything that fails: code and undo of each control.
    fn forms(&self) -> Vec<(String, String)> {
        let keys: Vec<String> = self.audit().into_values().filter_map(|(_, key)| key).collect();
        let target = format!("root:{}", self.root().display());
        let mut args = vec!["fix", "--target", &target, "--as", self.tool];
        args.extend(keys.iter().map(String::as_str));
        let fixed = self.holdfast(&args);
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        let forms = fixed["forms"].as_array().unwrap().iter();
        forms.map(|form| (text(form, "code"), text(form, "undo"))).collect()
    }

    /// Runs several renderings; how many things changed.
    fn play(&self, texts: &[&str]) -> usize {
        if self.tool == "shell" {
            let run = |text: &&str| {
                let script = self.root().join("script");
                std::fs::write(&script, text).unwrap();
                self.run("sh /script").lines().filter(|line| line.starts_with("changed:")).count()
            };
            return texts.iter().map(run).sum();
        }
        if self.tool == "chef" {
            let run = |text: &&str| {
                std::fs::write(self.root().join("recipe.rb"), text).unwrap();
                let said = self.run("chef-client /recipe.rb");
                said.lines().filter(|line| line.starts_with("changed:")).count()
            };
            return texts.iter().map(run).sum();
        }
        if self.tool == "puppet" {
            // Many classes in one file: Puppet takes long to begin.
            std::fs::write(self.root().join("manifest.pp"), texts.concat()).unwrap();
            let said = self.run(PUPPET);
            let changed = |line: &&str| {
                line.starts_with("Notice: /Stage[main]/") && !line.contains("Triggered 'refresh'")
            };
            return said.lines().filter(changed).count();
        }
        // Many plays in one file: Ansible takes long to begin.
        let plays: Vec<String> = texts.iter().map(|text| text.replacen("---\n", "", 1)).collect();
        let playbook = self.root().join("playbook.yml");
        std::fs::write(&playbook, format!("---\n{}", plays.join("\n"))).unwrap();
        let said = self.run("ansible-playbook -i localhost, -c local /playbook.yml");
        let recap = said.lines().find(|line| line.contains("changed=")).unwrap();
        assert!(recap.contains("failed=0"), "{said}");
        let changed = recap.split("changed=").nth(1).unwrap();
        changed.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// Names, modes, owners and contents of what is configured.
    fn configuration(&self) -> String {
        self.run(
            "cd /etc && find . ! -path './ld.so.cache' ! -path './*-' ! -path './.pwd.lock' \
             -printf '%p %M %u %g %l\\n' | sort; find . -type f ! -path './ld.so.cache' \
             ! -path './*-' -exec sha256sum {} + | sort -k2",
        )
    }
}

/// A package source with packages of the names that controls ask for, and next to nothing in them.
fn packages(folder: &Path) {
    for (name, unit) in [
        ("telnet", ""),
        ("nftables", "nftables.service"),
        ("systemd-timesyncd", "systemd-timesyncd.service"),
        ("unattended-upgrades", "unattended-upgrades.service"),
        ("auditd", "auditd.service"),
        ("needrestart", ""),
        ("debian-security-support", ""),
    ] {
        deb(folder, name, "2026.1", unit);
    }
}

/// Adds a package to a source.
fn deb(folder: &Path, name: &str, version: &str, unit: &str) {
    let tree = folder.join(name);
    std::fs::create_dir_all(tree.join("DEBIAN")).unwrap();
    if !unit.is_empty() {
        let units = tree.join("lib/systemd/system");
        std::fs::create_dir_all(&units).unwrap();
        let text = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n";
        std::fs::write(units.join(unit), text).unwrap();
    }
    let control = format!(
        "Package: {name}\nVersion: {version}\nArchitecture: all\n\
         Maintainer: Tests <tests@shop.example>\nDescription: stands in for {name}\n"
    );
    std::fs::write(tree.join("DEBIAN/control"), &control).unwrap();
    let file = format!("{name}_{version}.deb");
    let made = folder.join(&file);
    let done = Command::new("dpkg-deb")
        .args(["--root-owner-group", "--build"])
        .args([&tree, &made])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let sum = Command::new("sha256sum").arg(&made).output().unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    let size = std::fs::metadata(&made).unwrap().len();
    let sum = sum.split(' ').next().unwrap();
    let index = folder.join("Packages");
    let mut listed = std::fs::read_to_string(&index).unwrap_or_default();
    writeln!(listed, "{control}Filename: ./{file}\nSize: {size}\nSHA256: {sum}\n").unwrap();
    std::fs::write(index, listed).unwrap();
    std::fs::remove_dir_all(&tree).unwrap();
}

/// What no tool can do here: on which device a folder gets a file system of its own, and which mirror
/// has the security suite.
const MANUAL: [&str; 8] = [
    "data-mounts: mount /boot",
    "data-mounts: mount /home",
    "data-mounts: mount /var",
    "kernel-mounts: mount /dev",
    "log-mounts: mount /var/log",
    "security-updates: suite security",
    "temporary-mounts: mount /tmp",
    "temporary-mounts: mount /var/tmp",
];

/// Everything about one tool; the verdicts that it brought.
fn everything(small: &Path, tool: &'static str) -> BTreeMap<String, String> {
    let system = System::new(small, tool);
    drift::begin(&system);
    let drifted = system.results();
    drift::is_there(tool, &drifted);
    let before = system.configuration();
    let fails = |results: &BTreeMap<String, String>| {
        results.values().filter(|result| *result == "fail").count()
    };
    assert!(fails(&drifted) > 20, "{drifted:#?}");

    let forms = system.forms();
    let code: Vec<&str> = forms.iter().map(|(code, _)| code.as_str()).collect();
    let undo: Vec<&str> = forms.iter().rev().map(|(_, undo)| undo.as_str()).collect();
    assert!(forms.len() >= 12, "{} forms", forms.len());
    assert!(system.play(&code) > 20);
    let mended = system.results();
    let left = mended.iter().filter(|(_, result)| *result == "fail");
    let left: Vec<&str> = left.map(|(what, _)| what.as_str()).collect();
    assert_eq!(left, MANUAL, "{tool}");

    assert_eq!(system.play(&code), 0, "{tool} changes something each time");

    system.play(&undo);
    assert_eq!(system.results(), drifted, "{tool}: the undo does not bring the verdicts back");
    let after = system.configuration();
    let differing: Vec<&str> = before
        .lines()
        .filter(|line| !after.lines().any(|other| other == *line))
        .chain(after.lines().filter(|line| !before.lines().any(|other| other == *line)))
        .collect();
    assert!(differing.is_empty(), "{tool} left traces:\n{}", differing.join("\n"));

    assert!(system.play(&code) > 20);
    assert_eq!(system.results(), mended);
    drift::again(&system);
    drift::is_there(tool, &system.results());
    assert!(system.play(&code) > 0);
    assert_eq!(system.results(), mended, "{tool} did not repair what drifted");
    mended
}

#[test]
fn every_tool_brings_the_same_verdicts() {
    let Some(small) = real::system("every_tool_brings_the_same_verdicts") else { return };
    let mut tools = vec!["ansible"];
    if real::has_puppet(&small, "every_tool_brings_the_same_verdicts") {
        tools.extend(["puppet", "chef"]);
    }
    let others: Vec<_> = tools
        .into_iter()
        .map(|tool| {
            let small = small.clone();
            (tool, std::thread::spawn(move || everything(&small, tool)))
        })
        .collect();
    let shell = everything(&small, "shell");
    for (tool, other) in others {
        assert_eq!(shell, other.join().unwrap(), "{tool}");
    }
}

/// Through a plan, as people do it: proven by the same control, and taken back.
#[test]
fn every_tool_carries_a_plan_out() {
    let Some(small) = real::system("every_tool_carries_a_plan_out") else { return };
    if !real::has_puppet(&small, "every_tool_carries_a_plan_out") {
        return;
    }
    for tool in ["puppet", "chef"] {
        let system = System::new(&small, tool);
        let before = system.configuration();
        let target = format!("root:{}", system.root().display());
        let limits = "core-dumps: key * hard core in /etc/security/limits.conf";
        let ssh = "root-login: sshd PermitRootLogin";
        assert_eq!((&*system.results()[limits], &*system.results()[ssh]), ("fail", "fail"));
        let args =
            ["fix", "core-dumps", "root-login", "--target", &target, "--as", tool, "--apply"];
        let done = system.holdfast(&args);
        let message = done["message"].as_str().unwrap();
        assert!(message.contains("proven by a new look"), "{tool}: {done:#}");
        assert_eq!((&*system.results()[limits], &*system.results()[ssh]), ("pass", "pass"));
        let plan = done["plan"].as_str().unwrap();
        system.holdfast(&["plan", "confirm", plan]);
        system.holdfast(&["plan", "undo", plan]);
        assert_eq!(system.configuration(), before, "{tool}");
    }
}

/// What is not there is said, and nothing is changed.
#[test]
fn a_tool_that_is_not_there_is_named() {
    let Some(small) = real::system("a_tool_that_is_not_there_is_named") else { return };
    let system = System::new(&small, "chef");
    std::fs::remove_file(system.root().join("usr/bin/chef-client")).unwrap();
    let before = system.configuration();
    let target = format!("root:{}", system.root().display());
    let args = ["fix", "core-dumps", "--target", &target, "--as", "chef", "--apply"];
    let said = system.output(&args);
    let text = [said.stdout, said.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(!said.status.success(), "{text}");
    assert!(text.contains("neither chef-client nor cinc-client is installed there"), "{text}");
    assert_eq!(system.configuration(), before);
    // Nothing was begun, so that it is tried again once the tool is there.
    let listed = String::from_utf8(system.output(&["plan", "list"]).stdout).unwrap();
    assert!(listed.contains("approved") && !listed.contains("unknown"), "{listed}");
}
