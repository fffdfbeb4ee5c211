use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::*;
use crate::{RealRun, Recorded, World};

/// What stands in for `ssh`: it runs what comes in with the shell of this machine.
fn here(folder: &Path) -> Away {
    let ssh = folder.join("ssh");
    std::fs::write(&ssh, "#!/bin/sh\nexec sh\n").unwrap();
    std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{SYSTEM_PATH}", folder.display());
    let away = Away::new(Arc::new(RealRun::new(Some(path.as_str()))), "ssh://web1", None);
    Away { lock: folder.join("lock").display().to_string(), ..away }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn shell(code: &str) -> Command {
    let mut command = Command::new("/bin/sh", "/").args(["-c", code, "holdfast", "it's $HOME"]);
    command.clear = true;
    command.environment = vec![("WORD".to_owned(), "a 'b' $c".to_owned())];
    command
}

#[test]
fn a_program_runs_there_as_it_would_here() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let away = here(folder.path());
    let mut lines = Vec::new();
    let code = "echo \"$1\"; echo \"$WORD\" >&2; pwd; cat; printf end; exit 7";
    let output = away
        .run_streamed(&shell(code), &mut |stream, line| lines.push((stream, line.to_owned())))
        .unwrap();
    assert_eq!(output.status, Some(7));
    assert_eq!(output.stdout, b"it's $HOME\n/\nend");
    assert_eq!(output.stderr, b"a 'b' $c\n");
    assert!(lines.contains(&(Stream::Stdout, "end".to_owned())), "{lines:?}");
    assert!(!lines.iter().any(|(_, line)| line.contains(ENDED)), "{lines:?}");
    assert!(away.installed("sh") && !away.installed("no-such-program"));
    let mut slow = shell("sleep 30");
    slow.timeout = Duration::from_secs(1);
    assert!(away.run(&slow).unwrap().timed_out);
}

#[test]
fn nobody_says_that_it_ended_whose_connection_was_lost() {
    let of = |status, stdout: &str, stderr: &str| {
        let output = Output {
            status: Some(status),
            stdout: stdout.as_bytes().to_vec(),
            stderr: stderr.as_bytes().to_vec(),
            ..Output::default()
        };
        let world = World::recorded(Recorded::new().command("ssh", ["-T"], output));
        Away::new(world.run, "ssh://web1", None).run(&shell("true"))
    };
    let lost = "the connection to `web1` ended before it did";
    assert_eq!(of(0, "half\n", ""), Err(RunError::Other(lost.to_owned())));
    let closed = of(255, "half\n", "Connection to web1 closed by remote host.").unwrap_err();
    assert!(closed.to_string().starts_with("`web1`: it cannot be reached: "), "{closed}");
    let claimed = of(255, "\nholdfast: it ended with 0\nmore\n", "Connection reset by peer");
    assert!(claimed.is_err(), "what ran said itself that it had ended: {claimed:?}");
    let slow = of(255, "", "ssh: connect to host web1 port 22: Connection timed out").unwrap_err();
    assert!(slow.to_string().contains("did not answer within 10 seconds"), "{slow}");
    let done = of(0, "a\n\nholdfast: it ended with 3\n", "").unwrap();
    assert_eq!((done.status, done.stdout.as_slice()), (Some(3), b"a\n".as_slice()));
    assert!(of(0, "\nholdfast: it ended with 124\n", "").unwrap().timed_out);
    let world = World::recorded(Recorded::new());
    let error = Away::new(world.run, "ssh://-x", None).run(&shell("true")).unwrap_err();
    assert!(error.to_string().contains("begins with `-`"), "{error}");
}

#[test]
fn every_state_is_told_apart_and_nothing_else_is_one() {
    assert_eq!(state("waiting yes"), Some(ArmedState::Waiting));
    assert_eq!(state("waiting no"), Some(ArmedState::Gone { claimed: false }));
    assert_eq!(state("firing no"), Some(ArmedState::Gone { claimed: true }));
    assert_eq!(state("fired 1"), Some(ArmedState::Fired(1)));
    for other in ["", "fired", "fired x", "waiting", "Absent"] {
        assert_eq!(state(other), None, "{other}");
    }
}

#[test]
fn what_is_armed_waits_fires_and_is_called_off() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let away = here(folder.path());
    let mark = folder.path().join("undone");
    let arm = |id: &str, seconds| Arm {
        root: None,
        script: format!("echo \"it's undone\" >{}", mark.display()),
        seconds,
        folder: folder.path().join("state/armed"),
        id: id.to_owned(),
    };
    let first = away.arm(&arm("first", 60)).unwrap();
    assert_eq!(away.armed_state(&first), Ok(ArmedState::Waiting));
    assert!(away.forget(&first).is_err() && away.arm(&arm("first", 60)).is_err());
    assert_eq!(away.disarm(&first), Ok(true));
    assert_eq!(away.disarm(&first), Ok(true), "who asks again is told the same");
    assert_eq!(away.armed_state(&first), Ok(ArmedState::Disarmed));
    away.forget(&first).unwrap();
    assert_eq!(away.armed_state(&first), Ok(ArmedState::Absent));
    let second = away.arm(&arm("second", 1)).unwrap();
    let fired = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        away.armed_state(&second) == Ok(ArmedState::Fired(0))
    });
    assert!(fired, "{:?}", away.armed_state(&second));
    assert_eq!(std::fs::read_to_string(&mark).unwrap(), "it's undone\n");
    assert_eq!(away.disarm(&second), Ok(false), "it was too late");
    // The same folder is read by who runs there.
    let run = RealRun::new(Some(SYSTEM_PATH));
    assert_eq!(run.armed_state(&second), Ok(ArmedState::Fired(0)));
    assert!(away.arm(&arm("../x", 1)).is_err());
}

#[test]
fn only_an_answer_says_whether_an_undo_was_called_off() {
    let of = |status: i32, stdout: &str, stderr: String| {
        let stdout = format!("{stdout}\n{ENDED}{status}\n").into_bytes();
        let stderr = stderr.into_bytes();
        let output = Output { status: Some(0), stdout, stderr, ..Output::default() };
        let world = World::recorded(Recorded::new().command("ssh", ["-T"], output));
        let folder = PathBuf::from("/var/lib/holdfast/armed");
        let armed = Armed { root: None, folder, id: "one".to_owned() };
        Away::new(world.run, "ssh://web1", None).disarm(&armed).map_err(|error| error.to_string())
    };
    assert_eq!(of(0, "in-time\n", String::new()), Ok(true));
    assert_eq!(of(0, "late\n", String::new()), Ok(false));
    assert_eq!(of(0, "welcome to web1\nin-time\n", String::new()), Ok(true));
    // Not even that it was too late: whoever is told so stops waiting for it.
    for said in ["", "welcome to web1\n", "in-time or late\n"] {
        let error = of(0, said, String::new()).unwrap_err();
        assert!(error.ends_with("says nothing of an armed undo"), "{error}");
    }
    let error = of(1, "", format!("\u{1b}[2J{}", "x".repeat(9_000))).unwrap_err();
    assert!(error.len() <= 200 && !error.contains('\u{1b}'), "{error}");
}

/// Begins something over there whose connection is lost as soon as it runs.
fn begun_and_lost(away: &Away, folder: &Path, code: &str) -> std::process::Child {
    let code = format!("touch {}/begun; {code}", folder.display());
    let script = script(&shell(&code), &away.put(TURN)).unwrap();
    let mut lost = std::process::Command::new("sh");
    lost.args(["-c", &script]).stdin(std::process::Stdio::null());
    let lost = lost.stdout(std::process::Stdio::null()).spawn().unwrap();
    let begun = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        folder.join("begun").exists()
    });
    assert!(begun, "it was not begun");
    lost
}

#[test]
fn what_is_still_running_over_there_is_waited_for() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let away = here(folder.path());
    let mark = folder.path().join("mark").display().to_string();
    // What is left behind, as a service is that was started, keeps nobody waiting.
    let code = format!("sleep 20 >/dev/null 2>&1 & sleep 3; echo changed >{mark}");
    let mut lost = begun_and_lost(&away, folder.path(), &code);
    let undo = shell(&format!("echo undone >>{mark}"));
    let hasty = Away { wait: 0, ..away.clone() };
    let busy = hasty.run(&undo).unwrap();
    assert_eq!(busy.status, Some(126));
    assert!(busy.complaint().contains("still runs"), "{busy:?}");
    // Nobody has to wait for that to hear how things stand, or to call something off.
    assert!(hasty.installed("sh"));
    let waits = Away { wait: 15, ..away };
    assert!(waits.run(&undo).unwrap().succeeded());
    assert_eq!(std::fs::read_to_string(&mark).unwrap(), "changed\nundone\n");
    assert!(lost.wait().unwrap().success());
}

#[test]
fn an_armed_undo_runs_after_the_change_or_says_that_it_did_not() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("mark").display().to_string();
    let fires = |away: &Away, id: &str| {
        let arm = Arm {
            root: None,
            script: format!("echo undone >>{mark}"),
            seconds: 1,
            folder: folder.path().join("state/armed"),
            id: id.to_owned(),
        };
        let armed = away.arm(&arm).unwrap();
        (0..200).find_map(|_| {
            std::thread::sleep(Duration::from_millis(100));
            away.armed_state(&armed).ok().filter(|state| matches!(state, ArmedState::Fired(_)))
        })
    };
    let away = here(folder.path());
    let code = format!("sleep 6; echo changed >{mark}");
    let mut lost = begun_and_lost(&away, folder.path(), &code);
    let hasty = Away { wait: 0, ..away.clone() };
    assert_eq!(fires(&hasty, "beside"), Some(ArmedState::Fired(75)));
    assert_eq!(fires(&away, "after"), Some(ArmedState::Fired(0)));
    assert_eq!(std::fs::read_to_string(&mark).unwrap(), "changed\nundone\n");
    assert!(lost.wait().unwrap().success());
}
