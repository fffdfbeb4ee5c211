//! An undo that waits fires although everything that started it is gone, and it either fires or is
//! called off.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests may fail where they stand"
)]

use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use holdfast_world::{Arm, Armed, ArmedState, RealRun, Run, RunError};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;

/// A file that was changed, and where its undo waits.
struct Target {
    folder: TempDir,
}

impl Target {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("setting"), "changed").unwrap();
        Self { folder }
    }

    fn arm(&self, id: &str, seconds: u32) -> Arm {
        undo(self.folder.path(), id, seconds)
    }

    fn setting(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("setting")).unwrap()
    }

    fn own(&self, id: &str) -> PathBuf {
        self.folder.path().join("state/armed").join(id)
    }
}

fn undo(folder: &Path, id: &str, seconds: u32) -> Arm {
    let setting = folder.join("setting");
    Arm {
        root: None,
        script: format!("pwd; printf %s before >'{}'", setting.display()),
        seconds,
        folder: folder.join("state/armed"),
        id: id.to_owned(),
    }
}

fn real() -> RealRun {
    RealRun::new(None)
}

fn until<T>(mut found: impl FnMut() -> Option<T>) -> T {
    for _ in 0..3000 {
        if let Some(found) = found() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it did not happen within 30 seconds")
}

/// The state once nothing moves any more.
fn settled(armed: &Armed) -> ArmedState {
    until(|| {
        let state = real().armed_state(armed).unwrap();
        (!matches!(state, ArmedState::Waiting | ArmedState::Firing)).then_some(state)
    })
}

/// The process that waits, found by what it was started with.
fn guard(target: &Target, id: &str) -> Option<Pid> {
    let own = target.own(id).to_str().unwrap().to_owned();
    std::fs::read_dir("/proc").unwrap().find_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let number: i32 = name.parse().ok()?;
        let line = std::fs::read(format!("/proc/{number}/cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).into_owned();
        line.split('\0').any(|word| word == own).then(|| Pid::from_raw(number).unwrap())
    })
}

/// Not a test of its own: another one runs it in a process that it kills.
#[test]
#[ignore = "another test runs it in a process of its own"]
fn arms_and_never_ends() {
    let folder = PathBuf::from(std::env::var("ARMED_TEST_FOLDER").unwrap());
    real().arm(&undo(&folder, "p1", 1)).unwrap();
    // Behind whatever the test runner has written on this line.
    println!("\narmed");
    std::thread::sleep(Duration::from_mins(10));
}

#[test]
fn it_fires_although_its_whole_process_group_was_killed() {
    let target = Target::new();
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "arms_and_never_ends", "--ignored", "--nocapture"])
        .env("ARMED_TEST_FOLDER", target.folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "armed"));
    kill_process_group(Pid::from_child(&process), Signal::KILL).unwrap();
    assert_eq!(process.wait().unwrap().code(), None);
    // Nobody is left who remembers: what is known stands in the folder.
    let armed = target.arm("p1", 0).handle();
    assert_eq!(settled(&armed), ArmedState::Fired(0));
    assert_eq!(target.setting(), "before");
    assert_eq!(real().disarm(&armed), Ok(false));
}

#[test]
fn it_has_a_session_of_its_own_and_is_nobodys_child() {
    let target = Target::new();
    let armed = real().arm(&target.arm("p1", 600)).unwrap();
    let pid = guard(&target, "p1").unwrap();
    let session = rustix::process::getsid(Some(pid)).unwrap();
    assert_eq!(session, pid);
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap();
    // After the name: state, parent, group, session, terminal; see proc_pid_stat(5).
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    assert_ne!(fields[1], std::process::id().to_string());
    assert_eq!(fields[4], "0", "it has a terminal");
    assert_eq!(real().disarm(&armed), Ok(true));
    until(|| guard(&target, "p1").is_none().then_some(()));
}

#[test]
fn what_was_called_off_does_not_fire() {
    let target = Target::new();
    let armed = real().arm(&target.arm("p1", 2)).unwrap();
    assert_eq!(real().armed_state(&armed), Ok(ArmedState::Waiting));
    assert_eq!(real().disarm(&armed), Ok(true));
    assert_eq!(real().disarm(&armed), Ok(true), "asked again, the same");
    assert_eq!(real().armed_state(&armed), Ok(ArmedState::Disarmed));
    until(|| guard(&target, "p1").is_none().then_some(()));
    assert_eq!((target.setting().as_str(), settled(&armed)), ("changed", ArmedState::Disarmed));
    real().forget(&armed).unwrap();
    assert_eq!(real().armed_state(&armed), Ok(ArmedState::Absent));
    assert!(!target.own("p1").exists());
}

#[test]
fn who_comes_too_late_is_told() {
    let target = Target::new();
    let script = format!("{}; exit 3", target.arm("p1", 0).script);
    let armed = real().arm(&Arm { script, ..target.arm("p1", 0) }).unwrap();
    assert_eq!(settled(&armed), ArmedState::Fired(3));
    assert_eq!(real().disarm(&armed), Ok(false));
    assert_eq!(real().armed_state(&armed), Ok(ArmedState::Fired(3)));
    assert_eq!(target.setting(), "before");
    let log = std::fs::read_to_string(target.own("p1").join("log")).unwrap();
    assert_eq!(log.lines().last(), Some("/"));
}

/// Both sides at once, many times: exactly one wins, and both know which.
#[test]
fn firing_and_calling_off_exclude_each_other() {
    let target = Target::new();
    let script = |id: &str| format!("echo x >>'{}'", target.folder.path().join(id).display());
    for round in 0..24_u64 {
        let id = format!("p{round}");
        let armed = real().arm(&Arm { script: script(&id), ..target.arm(&id, 0) }).unwrap();
        // From at once to later than it can take.
        std::thread::sleep(Duration::from_micros(round * 250));
        let in_time = real().disarm(&armed).unwrap();
        let end = if in_time { ArmedState::Disarmed } else { ArmedState::Fired(0) };
        assert_eq!(settled(&armed), end);
        until(|| guard(&target, &id).is_none().then_some(()));
        assert_eq!(target.folder.path().join(&id).exists(), !in_time, "{id}");
    }
}

#[test]
fn one_that_was_killed_is_gone_and_can_be_forgotten() {
    let target = Target::new();
    let armed = real().arm(&target.arm("p1", 600)).unwrap();
    assert!(matches!(real().forget(&armed), Err(RunError::Other(_))), "it still waits");
    kill_process(guard(&target, "p1").unwrap(), Signal::KILL).unwrap();
    assert_eq!(settled(&armed), ArmedState::Gone { claimed: false });
    assert_eq!(target.setting(), "changed");
    real().forget(&armed).unwrap();
    assert_eq!(real().armed_state(&armed), Ok(ArmedState::Absent));
}

#[test]
fn one_that_was_killed_while_it_fired_is_told_apart() {
    let target = Target::new();
    let going = target.folder.path().join("going");
    let script = format!("touch '{}'; sleep 600", going.display());
    let armed = real().arm(&Arm { script, ..target.arm("p1", 0) }).unwrap();
    until(|| going.exists().then_some(()));
    assert_eq!(real().armed_state(&armed), Ok(ArmedState::Firing));
    assert_eq!(real().disarm(&armed), Ok(false));
    let group = guard(&target, "p1").unwrap();
    kill_process_group(group, Signal::KILL).unwrap();
    assert_eq!(settled(&armed), ArmedState::Gone { claimed: true });
}

#[test]
fn one_that_is_asked_to_end_fires_first() {
    let target = Target::new();
    let armed = real().arm(&target.arm("p1", 600)).unwrap();
    let pid = guard(&target, "p1").unwrap();
    kill_process(pid, Signal::HUP).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    assert_eq!(real().armed_state(&armed), Ok(ArmedState::Waiting), "a terminal means nothing");
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(settled(&armed), ArmedState::Fired(0));
    assert_eq!(target.setting(), "before");
}

#[test]
fn its_folder_is_closed_to_others() {
    let target = Target::new();
    let armed = real().arm(&target.arm("p1", 600)).unwrap();
    let mode = |path: &Path| path.metadata().unwrap().mode() & 0o7777;
    let own = target.own("p1");
    assert_eq!(mode(&own), 0o700);
    assert_eq!(mode(own.parent().unwrap()), 0o700);
    assert_eq!(mode(&own.join("undo")), 0o600);
    assert_eq!(mode(&own.join("log")), 0o600);
    real().disarm(&armed).unwrap();
    let all = own.parent().unwrap();
    std::fs::set_permissions(all, std::fs::Permissions::from_mode(0o777)).unwrap();
    let refused = real().arm(&target.arm("p2", 600)).unwrap_err().to_string();
    assert_eq!(refused, format!("others may write in `{}`", all.display()));
}

#[test]
fn what_cannot_be_armed_is_refused_and_leaves_nothing() {
    let target = Target::new();
    let refused = |arm: &Arm| real().arm(arm).unwrap_err().to_string();
    let long = "x".repeat(65);
    for id in ["", ".", "..", "../x", "a/b", ".hidden", "a b", "a\n", "ä", &long] {
        let said = refused(&target.arm(id, 0));
        assert_eq!(said, format!("`{id}` is no name for something armed"));
    }
    for folder in ["relative", "/a/../b", ""] {
        let arm = Arm { folder: folder.into(), ..target.arm("p1", 0) };
        assert!(refused(&arm).contains("no absolute path"), "{folder}");
    }
    assert!(!target.folder.path().join("state").exists());
    let armed = real().arm(&target.arm("p1", 600)).unwrap();
    assert_eq!(refused(&target.arm("p1", 600)), "`p1` was armed before");
    assert_eq!(real().disarm(&armed), Ok(true));
    assert_eq!(refused(&target.arm("p1", 600)), "`p1` was armed before");
    let nothing = target.arm("p9", 0).handle();
    assert_eq!(real().armed_state(&nothing), Ok(ArmedState::Absent));
    assert!(matches!(real().disarm(&nothing), Err(RunError::Other(_))));
    assert_eq!(real().forget(&nothing), Ok(()));
    let elsewhere = Arm { root: Some("/no/such".into()), ..target.arm("p2", 0) };
    assert!(refused(&elsewhere).contains("there is no root"));
}
