//! Accounts that are locked, closed and aged by each tool, and opened again by its undo.

use holdfast_model::{Aspect, Desired, Resource, Setting, Wanted};

use crate::skip::skip;
use crate::{SEED, control, difference, has, is, play, rendered, runners, setting};

/// A service that can be logged in to, and somebody whose password never ends.
const ACCOUNTS: &str = r"
printf 'played:x:910:910::/:/bin/sh\nperson:x:4910:4910::/:/bin/sh\n' >>/etc/passwd
printf 'played:$6$salt$hash:19000:0:99999:7:::\nperson:$6$salt$hash:19000:0::7:::\n' >>/etc/shadow
";

/// What is wanted of them, and what was seen.
fn closed() -> (Vec<Desired>, Vec<Setting>) {
    let users = |set: &str, wanted: Vec<(Aspect, Wanted)>| Desired::Users {
        set: set.into(),
        wanted,
        only: None,
        unique: Vec::new(),
    };
    let ensure = vec![
        users("system", vec![(Aspect::Password, is("locked")), (Aspect::Shell, is("none"))]),
        users(
            "people",
            vec![(Aspect::MaxDays, Wanted::AtMost(365)), (Aspect::InactiveDays, is("30"))],
        ),
        Desired::User { name: "person".into(), wanted: vec![(Aspect::Expires, is("2027-01-31"))] },
        Desired::User { name: "nobody-here".into(), wanted: vec![(Aspect::Shell, is("none"))] },
    ];
    let member = |set: &str, name: &str, aspect, value: &str| {
        let setting = setting(Resource::Users { set: set.into() }, aspect, value, None);
        Setting { scope: Some(name.into()), ..setting }
    };
    let person = || Resource::User { name: "person".into() };
    // Somebody took the account away since it was looked at.
    let gone = || Resource::User { name: "nobody-here".into() };
    let seen = vec![
        member("system", "played", Aspect::Password, "set"),
        member("system", "played", Aspect::Shell, "/bin/sh"),
        member("people", "person", Aspect::Password, "set"),
        member("people", "person", Aspect::MaxDays, "absent"),
        member("people", "person", Aspect::InactiveDays, "absent"),
        setting(person(), Aspect::Value, "present", None),
        setting(person(), Aspect::Expires, "absent", None),
        setting(gone(), Aspect::Value, "present", None),
        setting(gone(), Aspect::Shell, "/bin/sh", None),
    ];
    (ensure, seen)
}

/// A state without the copies and locks that the shadow tools leave behind.
fn without_copies(state: &str) -> String {
    let copy = |line: &&str| {
        let path = line.split(' ').find(|word| word.starts_with("/etc/")).unwrap_or_default();
        path.ends_with('-') || path.rsplit_once('.').is_some_and(|(_, end)| end == "lock")
    };
    let kept: Vec<&str> = state.lines().filter(|line| !copy(line)).collect();
    kept.join("\n")
}

#[test]
fn accounts_are_closed_and_opened_again() {
    if !has("usermod") || !has("chage") {
        return skip("no usermod and chage");
    }
    let (ensure, seen) = closed();
    let control = control("accounts", ensure);
    let seed = format!("{SEED}{ACCOUNTS}");
    let check = "grep '^played:' /etc/passwd /etc/shadow\ngrep '^person:' /etc/shadow\n";
    for runner in runners(&["dash", "yml", "pp", "rb"]) {
        let text = rendered(&control, &seen, runner);
        let (code, undo) = ((runner, &*text.code), (runner, &*text.undo));
        let drift = "usermod -s /bin/sh played\n";
        let texts = [code, ("dash", check), code, ("dash", drift), code, undo, undo];
        let (before, runs) = play(&seed, &texts);
        for (number, run) in runs.iter().enumerate() {
            assert!(run.ok, "{runner} {number}: {}{}", run.out, run.err);
        }
        assert_eq!(
            runs[1].out,
            "/etc/passwd:played:x:910:910::/:/usr/sbin/nologin\n\
             /etc/shadow:played:!$6$salt$hash:19000:0:99999:7:::\n\
             person:$6$salt$hash:19000:0:365:7:30:20849:\n",
            "{runner}"
        );
        assert!(runs[0].changed() && !runs[2].changed(), "{runner}: {}", runs[2].out);
        assert!(runs[4].changed(), "{runner}: the drift");
        let state = |at: usize| without_copies(&runs[at].state);
        assert_eq!(difference(&state(0), &state(4)), "", "{runner}: the drift");
        assert_eq!(difference(&without_copies(&before), &state(5)), "", "{runner}: undone");
        assert!(!runs[6].changed(), "{runner}: {}", runs[6].out);
    }
}
