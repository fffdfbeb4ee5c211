//! Folders that have to be there, and units that nothing may start, by every tool.

use holdfast_model::{Aspect, BootWanted, Desired, ModeWanted, Resource};

use crate::{SEED, control, difference, file, play, rendered, round_trip, runners, setting};

const FOLDER: &str = "/etc/played-anew.d";

fn folder() -> (holdfast_posture::Control, Vec<holdfast_model::Setting>) {
    let wanted = Desired::File {
        path: FOLDER.into(),
        kind: Some("folder".into()),
        owner: Some("root".into()),
        group: vec!["root".into()],
        mode: Some(ModeWanted::Is(0o750)),
    };
    (control("folder", vec![wanted]), vec![setting(file(FOLDER), Aspect::Type, "absent", None)])
}

#[test]
fn a_folder_is_made_and_taken_away_again_by_every_tool() {
    let (control, settings) = folder();
    for runner in runners(&["dash", "busybox", "yml", "pp", "rb"]) {
        let first = round_trip(&control, &settings, SEED, runner);
        let line = format!("{FOLDER} d 750 root root ");
        assert!(first.state.lines().any(|its| its == line), "{runner}: {}", first.state);
    }
}

/// Somebody takes it away; then somebody puts something into it, which the undo leaves.
#[test]
fn a_folder_that_went_comes_back_and_stays_where_it_is_used() {
    let (control, settings) = folder();
    for runner in runners(&["dash", "busybox", "yml", "pp", "rb"]) {
        let text = rendered(&control, &settings, runner);
        let (code, undo) = ((runner, &*text.code), (runner, &*text.undo));
        let gone = ("dash", "rmdir /etc/played-anew.d\n");
        let used = ("dash", "echo kept >/etc/played-anew.d/kept\n");
        let (_, runs) = play(SEED, &[code, gone, code, used, undo]);
        assert!(runs.iter().all(|run| run.ok), "{runner}: {}", runs[2].err);
        assert_eq!(difference(&runs[0].state, &runs[2].state), "", "{runner}: drift");
        assert!(!runs[4].changed(), "{runner}: {}", runs[4].out);
        assert_eq!(difference(&runs[3].state, &runs[4].state), "", "{runner}: used");
    }
}

/// The mask is taken off by hand in between.
#[test]
fn a_unit_is_masked_and_may_be_started_again_by_every_tool() {
    let unit = "fstrim.timer";
    let wanted =
        Desired::Service { unit: unit.into(), boot: Some(BootWanted::Masked), running: None };
    let control = control("masked", vec![wanted]);
    let of = Resource::Service { unit: unit.into() };
    let settings = [setting(of, Aspect::Boot, "disabled", None)];
    let seed = format!(
        "{SEED}rm -f /etc/systemd/system/{unit} /etc/systemd/system/timers.target.wants/{unit}\n"
    );
    let mask = format!("/etc/systemd/system/{unit} l 777 root root /dev/null");
    for runner in runners(&["dash", "busybox", "yml", "pp", "rb"]) {
        let first = round_trip(&control, &settings, &seed, runner);
        assert!(first.state.lines().any(|line| line == mask), "{runner}: {}", first.state);
        let text = rendered(&control, &settings, runner);
        let by_hand = ("dash", "rm /etc/systemd/system/fstrim.timer\n");
        let (_, runs) = play(&seed, &[(runner, &text.code), by_hand, (runner, &text.code)]);
        assert_eq!(difference(&runs[0].state, &runs[2].state), "", "{runner}: drift");
    }
}

/// What stands in `/run` is gone after the next start: a mask there hides what counts then, and comes
/// back, and what starts a unit there alone is switched off too. A unit whose file stands elsewhere
/// keeps the link to it.
const FLEETING: &str = r#"
mkdir -p /run/programs /run/work /run/systemd/system
mount -t overlay overlay -o lowerdir=/usr/bin,upperdir=/run/programs,workdir=/run/work /usr/bin
cp /usr/bin/systemctl /run/systemctl
# With that folder it would ask the systemd that runs.
printf '#!/bin/sh\nSYSTEMD_OFFLINE=1 exec /run/systemctl "$@"\n' >/run/own
chmod 0755 /run/own
mv /run/own /usr/bin/systemctl
printf '[Install]\nWantedBy=multi-user.target\n' >/etc/played-linked.service
ln -s /etc/played-linked.service /etc/systemd/system/played-linked.service
rm -f /etc/systemd/system/fstrim.timer /etc/systemd/system/timers.target.wants/fstrim.timer
systemctl -q enable played-linked.service fstrim.timer
ln -s /dev/null /run/systemd/system/fstrim.timer
"#;

#[test]
fn units_stay_down_whatever_stands_in_run() {
    let units = ["fstrim.timer", "played-linked.service"];
    let off = |unit: &str| Desired::Service {
        unit: unit.into(),
        boot: Some(BootWanted::Disabled),
        running: None,
    };
    let control = control("down", units.map(off).into());
    let of = |unit: &str| Resource::Service { unit: unit.into() };
    let settings = units.map(|unit| setting(of(unit), Aspect::Boot, "enabled", None));
    let seed = format!("{SEED}{FLEETING}");
    let states = ("dash", "systemctl is-enabled fstrim.timer played-linked.service || :\n");
    let runtime =
        "rm /run/systemd/system/fstrim.timer\nsystemctl -q enable --runtime fstrim.timer\n";
    for runner in runners(&["dash", "busybox", "yml", "pp", "rb"]) {
        let text = rendered(&control, &settings, runner);
        let (code, undo) = ((runner, &*text.code), (runner, &*text.undo));
        let all = [code, states, code, ("dash", runtime), states, code, states, undo, states];
        let (before, runs) = play(&seed, &all);
        assert!(runs.iter().all(|run| run.ok), "{runner}: {}{}", runs[0].out, runs[0].err);
        assert!(!difference(&before, &runs[0].state).is_empty(), "{runner}: {}", runs[0].out);
        assert_eq!(runs[1].out, "masked-runtime\nlinked\n", "{runner}");
        assert!(!runs[2].changed(), "{runner}: {}", runs[2].out);
        assert_eq!(runs[4].out, "enabled-runtime\nlinked\n", "{runner}");
        assert_eq!(runs[6].out, "disabled\nlinked\n", "{runner}");
        assert_eq!(runs[8].out, "enabled\nenabled\n", "{runner}");
        assert_eq!(difference(&before, &runs[7].state), "", "{runner}: undone");
    }
}
