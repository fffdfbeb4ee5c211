//! Options of mounts and rules for modules, by every tool: in files and in the running system.

use holdfast_model::{Aspect, Desired, Resource};

use crate::{control, difference, play, rendered, round_trip, runners, setting};

/// Two file systems in memory, one of which no line of fstab mounts.
const SEED: &str = r"
set -eu
mkdir -p /etc/modprobe.d /etc/ssh/sshd_config.d
[ -e /etc/ssh/sshd_config ] || : >/etc/ssh/sshd_config
: >>/etc/login.defs
: >>/etc/sysctl.conf
mkdir '/run/played' '/run/played b'
mount -t tmpfs -o nosuid,size=64k tmpfs /run/played
mount -t tmpfs -o size=64k tmpfs '/run/played b'
printf '# device point type options\ntmpfs\t/run/played/  tmpfs defaults,dev,nosuid,size=64k 0 0\n\ntmpfs /run/played\\040b tmpfs\nnone none swap sw 0 0\n' >/etc/fstab
printf 'install holdfast_played /sbin/modprobe -i holdfast_played\n' >/etc/modprobe.d/played.conf
";

fn everything() -> (holdfast_posture::Control, Vec<holdfast_model::Setting>) {
    let mount = |point: &str| Desired::Mounted {
        point: point.into(),
        options: vec!["nodev".into(), "noexec".into()],
    };
    let module = || Desired::ModuleDisabled { name: "holdfast_played".into() };
    let ensure = vec![mount("/run/played"), mount("/run/played b"), module()];
    let point = |point: &str| Resource::Mount { point: point.into() };
    let rule = || Resource::Module { name: "holdfast_played".into() };
    let seen = vec![
        setting(point("/run/played"), Aspect::Running, "rw,nosuid,relatime,size=64k", None),
        setting(point("/run/played"), Aspect::Boot, "rw,nosuid,size=64k", Some(("/etc/fstab", 2))),
        setting(point("/run/played b"), Aspect::Running, "rw,relatime,size=64k", None),
        setting(point("/run/played b"), Aspect::Boot, "rw", Some(("/etc/fstab", 4))),
        setting(rule(), Aspect::Running, "absent", None),
        setting(rule(), Aspect::Boot, "command", Some(("/etc/modprobe.d/played.conf", 1))),
    ];
    (control("mounts", ensure), seen)
}

#[test]
fn mounts_and_modules_by_every_tool() {
    for runner in runners(&["dash", "busybox", "yml", "pp", "rb"]) {
        let (control, settings) = everything();
        let first = round_trip(&control, &settings, SEED, runner);
        for point in ["/run/played rw,nosuid,nodev,noexec", "/run/played\\040b rw,nodev,noexec"] {
            let line = format!("\nmounted {point}");
            assert!(first.state.contains(&line), "{runner} {point}: {}", first.state);
        }
        let rules = "/etc/modprobe.d/00-holdfast-mounts.conf f 644 root root ";
        assert!(first.state.lines().any(|line| line == rules), "{runner}: {}", first.state);
    }
}

/// systemd needs no fstab for what it mounts by itself, and images come without one.
#[test]
fn a_table_that_is_not_there_is_begun() {
    let of = || Resource::Mount { point: "/dev/shm".into() };
    let ensure = vec![Desired::Mounted { point: "/dev/shm".into(), options: vec!["nodev".into()] }];
    let control = control("table", ensure);
    let settings = [
        setting(of(), Aspect::Running, "rw,nosuid,nodev", None),
        setting(of(), Aspect::Boot, "rw,nosuid", None),
    ];
    let seed = format!("{SEED}rm /etc/fstab\n");
    let asked = "grep -qx 'tmpfs /dev/shm tmpfs rw,nosuid,nodev 0 0' /etc/fstab\n";
    for runner in runners(&["dash", "busybox", "yml", "pp", "rb"]) {
        round_trip(&control, &settings, &seed, runner);
        let text = rendered(&control, &settings, runner);
        let (_, runs) = play(&seed, &[(runner, &text.code), ("dash", asked)]);
        assert!(runs[1].ok, "{runner}: {}{}", runs[0].out, runs[0].err);
    }
}

/// Somebody mounts it anew by hand, and no file changes; then somebody edits the line.
#[test]
fn drift_of_a_mount_is_repaired() {
    let (control, settings) = everything();
    for runner in runners(&["dash", "busybox", "yml", "pp", "rb"]) {
        let text = rendered(&control, &settings, runner);
        let (code, undo) = ((runner, &*text.code), (runner, &*text.undo));
        let by_hand = ("dash", "mount -o remount,rw,dev,exec /run/played\n");
        let edited = ("dash", "sed -i 's/,nodev,noexec/,noexec/' /etc/fstab\n");
        let (before, runs) = play(SEED, &[code, by_hand, code, edited, code, undo, undo]);
        assert!(runs.iter().all(|run| run.ok), "{runner}: {}", runs[2].err);
        assert!(!difference(&runs[0].state, &runs[1].state).is_empty(), "{runner}: no drift");
        assert_eq!(difference(&runs[0].state, &runs[2].state), "", "{runner}: now");
        let mounted = |state: &str| {
            let lines = state.lines().filter(|line| line.starts_with("mounted "));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(mounted(&runs[4].state), mounted(&runs[0].state), "{runner}: edited");
        assert_eq!(mounted(&runs[6].state), mounted(&before), "{runner}: undone");
    }
}

/// The kernel that tests run on may take no modules: a file stands for its list, and two scripts for
/// the programs that change it.
const KERNEL: &str = r#"
set -eu
mkdir -p /etc/modprobe.d /etc/ssh/sshd_config.d
for file in ssh/sshd_config login.defs sysctl.conf; do : >>"/etc/$file"; done
mount -t tmpfs -o mode=0755 tmpfs /usr/local/sbin
cat >/usr/local/sbin/rmmod <<'END'
#!/bin/sh
grep -v "^$1 " /run/modules >/run/rest
cat /run/rest >/run/modules
END
cat >/usr/local/sbin/modprobe <<'END'
#!/bin/sh
! grep -qs "^install $1 " /etc/modprobe.d/*.conf || exit 1
echo "$1 1 0 - Live 0x0" >>/run/modules
END
chmod 0755 /usr/local/sbin/rmmod /usr/local/sbin/modprobe
printf 'holdfast_used 1 2 - Live 0x0\nholdfast_played 1 0 - Live 0x0\n' >/run/modules
"#;

#[test]
fn a_module_that_nothing_uses_is_unloaded_and_comes_back() {
    let names = ["holdfast_played", "holdfast_used"];
    let ensure = names.map(|name| Desired::ModuleDisabled { name: name.into() }).to_vec();
    let control = control("modules", ensure);
    let seen: Vec<_> = names
        .into_iter()
        .flat_map(|name| {
            let of = || Resource::Module { name: name.into() };
            [
                setting(of(), Aspect::Running, "loaded", None),
                setting(of(), Aspect::Boot, "allowed", None),
            ]
        })
        .collect();
    // Puppet looks for programs in folders of its own.
    for runner in runners(&["dash", "busybox", "yml", "rb"]) {
        let text = rendered(&control, &seen, runner);
        let here = |text: &str| text.replace("/proc/modules", "/run/modules");
        let (code, undo) = (here(&text.code), here(&text.undo));
        let (code, undo) = ((runner, &*code), (runner, &*undo));
        let (before, runs) = play(KERNEL, &[code, code, undo, undo]);
        for run in &runs {
            assert!(run.ok, "{runner}: {}{}", run.out, run.err);
        }
        let loaded = |state: &str, name: &str| state.lines().any(|line| line.starts_with(name));
        assert!(!loaded(&runs[0].state, "holdfast_played "), "{runner}: {}", runs[0].state);
        assert!(loaded(&runs[0].state, "holdfast_used "), "{runner}: it is used");
        assert!(runs[0].changed() && !runs[1].changed(), "{runner}: {}", runs[1].out);
        assert_eq!(difference(&before, &runs[2].state), "", "{runner}: undone");
        assert!(!runs[3].changed(), "{runner}: {}", runs[3].out);
    }
}
