//! One statement, two tools, one verdict: in a small Debian system, everything that can drift is
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

#[path = "support/real.rs"]
mod real;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Makes everything drift that a control looks at. `PACKAGES` is a package source of our own.
const DRIFT: &str = r"
cat > /etc/sysctl.d/10-drift.conf <<'END'
fs.suid_dumpable = 2
kernel.kptr_restrict = 0
kernel.dmesg_restrict = 0
net.ipv4.ip_forward = 1
net.ipv6.conf.all.forwarding = 1
END
mkdir -p /etc/ssh/sshd_config.d
printf 'PermitRootLogin yes\nPasswordAuthentication yes\n' > /etc/ssh/sshd_config.d/50-drift.conf
chmod 0644 /etc/shadow; chmod 0666 /etc/gshadow
chmod o+w /etc /usr/local/bin
sed -i 's/^PASS_MAX_DAYS.*/PASS_MAX_DAYS 99999/' /etc/login.defs
printf '* hard core unlimited\n' > /etc/security/limits.d/drift.conf
useradd --create-home --groups sudo --shell /bin/bash ana
mkdir -p /home/ana/.ssh; echo 'ssh-ed25519 AAAAC3Nz ana' > /home/ana/.ssh/authorized_keys
chmod 0700 /home/ana/.ssh; chmod 0600 /home/ana/.ssh/authorized_keys; chown -R ana: /home/ana
rm -f /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/packages ./' > /etc/apt/sources.list
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq --yes install telnet >/dev/null
";

/// What drifts again after it was mended.
const DRIFT_AGAIN: &str = r"
chmod 0644 /etc/shadow
chmod o+w /etc
echo 'PermitRootLogin yes' > /etc/ssh/sshd_config.d/00-a.conf && rm /etc/ssh/sshd_config.d/00-a.conf
rm -f /etc/sysctl.d/zz-holdfast-*
rm -f /etc/ssh/sshd_config.d/00-holdfast-*
sed -i 's/^PASS_MAX_DAYS.*/PASS_MAX_DAYS 9999/' /etc/login.defs
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

struct System {
    folder: tempfile::TempDir,
    tool: &'static str,
}

impl System {
    fn new(small: &Path, tool: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        real::copy(small, &folder.path().join("root"));
        let system = Self { folder, tool };
        packages(&system.root().join("packages"));
        system.run(DRIFT);
        system
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

    fn holdfast(&self, args: &[&str]) -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_holdfast"))
            .args(args)
            .args(["--format", "json", "--data"])
            .arg(self.folder.path().join("data"))
            .current_dir(self.folder.path())
            .output()
            .unwrap();
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
    let named = [
        ("telnet", ""),
        ("nftables", "nftables.service"),
        ("systemd-timesyncd", "systemd-timesyncd.service"),
        ("unattended-upgrades", "unattended-upgrades.service"),
    ];
    let mut index = String::new();
    for (name, unit) in named {
        let tree = folder.join(name);
        std::fs::create_dir_all(tree.join("DEBIAN")).unwrap();
        if !unit.is_empty() {
            let units = tree.join("lib/systemd/system");
            std::fs::create_dir_all(&units).unwrap();
            let text = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n";
            std::fs::write(units.join(unit), text).unwrap();
        }
        let control = format!(
            "Package: {name}\nVersion: 1.0\nArchitecture: all\n\
             Maintainer: Tests <tests@shop.example>\nDescription: stands in for {name}\n"
        );
        std::fs::write(tree.join("DEBIAN/control"), &control).unwrap();
        let made = folder.join(format!("{name}.deb"));
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
        writeln!(index, "{control}Filename: ./{name}.deb\nSize: {size}\nSHA256: {sum}\n").unwrap();
        std::fs::remove_dir_all(&tree).unwrap();
    }
    std::fs::write(folder.join("Packages"), index).unwrap();
}

/// What no tool can do here: which mirror has the security suite.
const MANUAL: &str = "security-updates: suite security";

/// Everything about one tool; the verdicts that it brought.
fn everything(small: &Path, tool: &'static str) -> BTreeMap<String, String> {
    let system = System::new(small, tool);
    let drifted = system.results();
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
    let left: Vec<_> = mended.iter().filter(|(_, result)| *result == "fail").collect();
    assert_eq!(left, [(&MANUAL.to_owned(), &"fail".to_owned())], "{tool}");

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
    system.run(DRIFT_AGAIN);
    assert!(fails(&system.results()) > 5, "{tool}: nothing drifted");
    assert!(system.play(&code) > 0);
    assert_eq!(system.results(), mended, "{tool} did not repair what drifted");
    mended
}

#[test]
fn shell_and_ansible_bring_the_same_verdicts() {
    let Some(small) = real::system("shell_and_ansible_bring_the_same_verdicts") else { return };
    let other = small.clone();
    let ansible = std::thread::spawn(move || everything(&other, "ansible"));
    let shell = everything(&small, "shell");
    assert_eq!(shell, ansible.join().unwrap());
}
