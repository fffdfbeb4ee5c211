//! What drifts after it was mended: in files, and in the running system alone.

use holdfast_model::{Aspect, Desired, Dialect, Resource};

use crate::{SEED, control, difference, is, play, rendered, runners, setting};

#[test]
fn drift_is_repaired_and_its_undo_brings_the_drift_back() {
    let of = || Resource::Key { dialect: Dialect::LoginDefs, key: "PASS_MAX_DAYS".into() };
    let wanted =
        Desired::Key { dialect: Dialect::LoginDefs, key: "PASS_MAX_DAYS".into(), value: is("365") };
    let control = control("drift", vec![wanted]);
    let seen = |value| vec![setting(of(), Aspect::Value, value, Some(("/etc/login.defs", 1)))];
    for runner in runners(&["dash", "busybox", "pp", "rb"]) {
        let text = rendered(&control, &seen("99999"), runner);
        let (code, undo) = ((runner, &*text.code), (runner, &*text.undo));
        let drift = "sed -i 's/^PASS_MAX_DAYS 365/PASS_MAX_DAYS 500/' /etc/login.defs\n";
        let (before, runs) = play(SEED, &[code, ("dash", drift), code, undo, undo]);
        assert!(runs.iter().all(|run| run.ok), "{runner}: {}", runs[2].err);
        assert!(runs[2].file("login.defs").contains("\nPASS_MAX_DAYS 365\n"), "{runner}");
        assert_eq!(difference(&runs[1].state, &runs[3].state), "", "{runner}: the drift");
        assert_eq!(difference(&before, &runs[4].state), "", "{runner}: the beginning");
    }
}

/// Somebody sets a parameter by hand, and no file changes: a tool that acts only when a file of its
/// own changed would leave it.
#[test]
fn drift_of_the_running_system_alone_is_repaired() {
    let key = || Resource::Sysctl { key: "net.ipv4.ip_forward".into() };
    let wanted = Desired::Sysctl { key: "net.ipv4.ip_forward".into(), value: is("0") };
    let control = control("running", vec![wanted]);
    let seen = [
        setting(key(), Aspect::Running, "1", None),
        setting(key(), Aspect::Boot, "1", Some(("/etc/sysctl.conf", 3))),
    ];
    for runner in runners(&["dash", "busybox", "yml", "pp", "rb"]) {
        let text = rendered(&control, &seen, runner);
        let code = (runner, &*text.code);
        let by_hand = ("dash", "echo 1 >/proc/sys/net/ipv4/ip_forward\n");
        let (_, runs) = play(SEED, &[code, by_hand, code]);
        assert!(runs[1].state.ends_with("\n1\n"), "{runner}: nothing drifted");
        assert!(runs[2].state.ends_with("\n0\n"), "{runner}: {}", runs[2].out);
        assert_eq!(difference(&runs[0].state, &runs[2].state), "", "{runner}");
    }
}
