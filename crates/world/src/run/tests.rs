//! The machine's own programs.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc;

use tempfile::TempDir;

use super::*;
use crate::skip::skip;

fn shell(script: &str) -> Command {
    Command::new("sh", "/").args(["-c", script])
}

fn run(command: &Command) -> Output {
    RealRun::new(Some("/usr/bin:/bin")).run(command).unwrap()
}

#[test]
fn both_outputs_and_the_status_come_back() {
    let output = run(&shell("echo out; echo err >&2; exit 3"));
    assert_eq!((output.status, output.succeeded()), (Some(3), false));
    assert_eq!((&*output.stdout, output.complaint().as_str()), (&b"out\n"[..], "err"));
}

#[test]
fn much_input_and_output_at_once_do_not_block() {
    let bytes = vec![b'x'; 1 << 20];
    let output = run(&Command { stdin: Some(bytes.clone()), ..Command::new("cat", "/") });
    assert!(output.succeeded());
    assert_eq!(output.stdout, bytes);
}

#[test]
fn input_that_nobody_reads_is_no_error() {
    let output = run(&Command { stdin: Some(vec![0; 1 << 20]), ..shell("exit 0") });
    assert!(output.succeeded());
}

#[test]
fn output_is_bounded_and_says_so() {
    let output = run(&Command { output_limit: 10, ..shell("yes | head -c 1000000") });
    assert!(output.succeeded());
    assert_eq!((output.stdout.len(), output.truncated), (10, true));
    let output = run(&Command { output_limit: 4, ..shell("printf abcd") });
    assert_eq!((&*output.stdout, output.truncated), (&b"abcd"[..], false));
}

#[test]
fn the_end_of_time_ends_the_children_too() {
    let folder = tempfile::tempdir().unwrap();
    let late = folder.path().join("late");
    let script = format!("(sleep 2; touch {}) & echo started; wait", late.display());
    let timeout = Duration::from_millis(300);
    let output = run(&Command { timeout, ..shell(&script) });
    assert_eq!((output.status, output.timed_out), (None, true));
    assert_eq!(output.stdout, b"started\n");
    std::thread::sleep(Duration::from_millis(2200));
    assert!(!late.exists(), "a child of the command outlived it");
}

#[test]
fn what_runs_on_in_the_background_is_ended() {
    let output = run(&shell("sleep 600 & echo $!"));
    assert!(output.succeeded());
    let pid = String::from_utf8(output.stdout).unwrap();
    let stat = PathBuf::from(format!("/proc/{}/stat", pid.trim()));
    // Gone, or dead and not yet reaped by whoever inherited it, see proc_pid_stat(5).
    let ended = || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
    let waits = (0..500).take_while(|_| !ended());
    waits.for_each(|_| std::thread::sleep(Duration::from_millis(10)));
    assert!(ended(), "process {pid} runs on");
}

#[test]
fn a_cleared_environment_is_empty() {
    let environment = vec![("WORD".to_owned(), "x".to_owned())];
    let output = run(&Command { clear: true, environment, ..Command::new("env", "/") });
    assert_eq!(String::from_utf8_lossy(&output.stdout), "WORD=x\n");
}

#[test]
fn what_is_not_there_is_said_exactly() {
    let real = RealRun::new(Some("/usr/bin:/bin"));
    assert_eq!(real.run(&Command::new("no-such-program-1", "/")), Err(RunError::NotInstalled));
    assert_eq!(real.run(&Command::new("/no/such", "/")), Err(RunError::NotInstalled));
    let elsewhere = real.run(&Command::new("true", "/no/such/folder"));
    let message = "there is no folder `/no/such/folder` to run it in";
    assert_eq!(elsewhere, Err(RunError::Other(message.to_owned())));
    assert!(real.installed("sh") && !real.installed("no-such-program-1"));
}

#[test]
fn a_program_of_the_tree_is_never_found() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("git");
    std::fs::write(&own, "#!/bin/sh\nexit 7\n").unwrap();
    std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o755)).unwrap();
    let real = RealRun::new(Some(":.:relative"));
    let command = Command::new("git", folder.path());
    assert_eq!(real.run(&command), Err(RunError::NotInstalled));
    assert_eq!(real.run(&Command::new("./git", folder.path())), Err(RunError::NotInstalled));
}

#[test]
fn a_file_that_is_no_program_is_denied() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plain");
    std::fs::write(&file, "").unwrap();
    let command = Command::new(file.to_str().unwrap(), "/");
    assert_eq!(RealRun::new(None).run(&command), Err(RunError::Denied));
    assert!(!RealRun::new(None).installed(file.to_str().unwrap()));
}

fn streamed(command: &Command) -> (Output, Vec<(Stream, String)>) {
    let mut lines = Vec::new();
    let real = RealRun::new(Some("/usr/bin:/bin"));
    let output = real.run_streamed(command, &mut |stream, text| {
        lines.push((stream, text.to_owned()));
    });
    (output.unwrap(), lines)
}

#[test]
fn lines_come_from_both_outputs() {
    let script = "echo one; printf 'two\\r\\n'; echo three >&2; printf 'four\\377'; exit 4";
    let (output, lines) = streamed(&shell(script));
    assert_eq!(output.status, Some(4));
    assert_eq!((output.stdout.len(), output.complaint().as_str()), (14, "three"));
    let of = |wanted| {
        let own = lines.iter().filter(move |(stream, _)| *stream == wanted);
        own.map(|(_, text)| text.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(of(Stream::Stdout), ["one", "two", "four\u{FFFD}"]);
    assert_eq!(of(Stream::Stderr), ["three"]);
}

#[test]
fn a_line_comes_while_the_program_runs() {
    let folder = tempfile::tempdir().unwrap();
    let go = folder.path().join("go");
    // It goes on only when its line was taken: nobody could answer after its end.
    let script = format!("echo ready; while [ ! -e {} ]; do sleep 0.01; done", go.display());
    let real = RealRun::new(Some("/usr/bin:/bin"));
    let mut taken = Vec::new();
    let output = real.run_streamed(&shell(&script), &mut |_, text| {
        taken.push(text.to_owned());
        std::fs::write(&go, "").unwrap();
    });
    assert!(output.unwrap().succeeded());
    assert_eq!(taken, ["ready"]);
}

#[test]
fn who_takes_long_over_a_line_keeps_nobody_alive_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let late = folder.path().join("late");
    let script = format!("seq 200000; (sleep 1; touch {}) & wait", late.display());
    let timeout = Duration::from_millis(300);
    let mut lines = 0;
    let real = RealRun::new(Some("/usr/bin:/bin"));
    let output = real.run_streamed(&Command { timeout, ..shell(&script) }, &mut |_, _| {
        if lines == 0 {
            std::thread::sleep(Duration::from_millis(1500));
        }
        lines += 1;
    });
    let output = output.unwrap();
    assert!(output.timed_out);
    assert!(!late.exists(), "it lived on while a line was taken");
    // What was kept has as many lines, of which the last may be half of one.
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), lines);
}

#[test]
fn lines_have_no_limit_where_what_is_kept_has_one() {
    let (output, lines) = streamed(&Command { output_limit: 10, ..shell("seq 1000") });
    assert_eq!((lines.len(), output.stdout.len(), output.truncated), (1000, 10, true));
}

#[test]
fn what_left_the_group_and_writes_for_ever_is_not_waited_for() {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let real = RealRun::new(Some("/usr/bin:/bin"));
        let output = real.run_streamed(&shell("setsid yes & sleep 0.1"), &mut |_, _| {});
        let _ = sender.send(output.unwrap().status);
    });
    // A minute is the time that the command itself would have had.
    assert_eq!(receiver.recv_timeout(Duration::from_secs(50)), Ok(Some(0)));
}

/// A root with a shell and a few programs of this machine, or `None` where we may not enter one.
fn little_root() -> Option<TempDir> {
    if !rustix::process::geteuid().is_root() {
        skip("no right to change the root (it takes root)");
        return None;
    }
    let root = tempfile::tempdir().unwrap();
    for folder in ["usr/bin", "etc", "srv"] {
        std::fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    std::os::unix::fs::symlink("usr/bin", root.path().join("bin")).unwrap();
    for program in ["sh", "env", "pwd", "mv", "sleep", "cat"] {
        let found = RealRun::new(Some("/usr/bin:/bin")).of_system(program).unwrap();
        let needs = run(&Command::new("ldd", "/").args([found.to_str().unwrap()]));
        let needs = String::from_utf8(needs.stdout).unwrap();
        for library in needs.split_whitespace().filter(|word| word.starts_with('/')) {
            let copy = root.path().join(library.trim_start_matches('/'));
            std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
            std::fs::copy(library, copy).unwrap();
        }
        std::fs::copy(&found, root.path().join("usr/bin").join(program)).unwrap();
    }
    Some(root)
}

#[test]
fn a_program_runs_inside_a_root() {
    let Some(root) = little_root() else { return };
    std::fs::write(root.path().join("etc/name"), "inside").unwrap();
    let within = |command: Command| run(&command.within(root.path()));
    let output = within(Command::new("cat", "/").args(["/etc/name"]));
    assert_eq!((&*output.stdout, output.status), (&b"inside"[..], Some(0)));
    let output = within(Command::new("pwd", "/srv").args(["-P"]));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "/srv\n");
    let (output, lines) = streamed(&shell("cat /etc/name; exit 3").within(root.path()));
    assert_eq!((output.status, lines), (Some(3), vec![(Stream::Stdout, "inside".to_owned())]));
}

#[test]
fn inside_a_root_the_path_is_its_own() {
    let Some(root) = little_root() else { return };
    let environment = vec![("WORD".to_owned(), "x y".to_owned())];
    let command = Command { clear: true, environment, ..Command::new("env", "/") };
    let output = run(&command.clone().within(root.path()));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut set: Vec<&str> = text.lines().collect();
    set.sort_unstable();
    assert_eq!(set, [&format!("PATH={SYSTEM_PATH}"), "WORD=x y"]);
    let path = ("PATH".to_owned(), "/usr/bin".to_owned());
    let command = Command { environment: vec![path], ..command }.within(root.path());
    assert_eq!(String::from_utf8_lossy(&run(&command).stdout), "PATH=/usr/bin\n");
}

#[test]
fn what_is_wrong_with_a_root_is_said() {
    let real = RealRun::new(Some("/usr/bin:/bin"));
    let said = |command: &Command| real.run(command).unwrap_err().to_string();
    let nowhere = Command::new("true", "/").within("/no/such");
    assert_eq!(said(&nowhere), "there is no root `/no/such`");
    let Some(root) = little_root() else {
        let refused = said(&Command::new("true", "/").within("/"));
        assert_eq!(refused, "only the user root may run something in `/`");
        return;
    };
    let within = |program: &str| Command::new(program, "/").within(root.path());
    // `true` and `id` are on this machine, not in there.
    assert_eq!(real.run(&within("id")), Err(RunError::NotInstalled));
    assert_eq!(real.run(&within("/usr/bin/id")), Err(RunError::NotInstalled));
    let program = root.path().join("usr/bin/odd");
    std::fs::write(&program, "#!/no/such/interpreter\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(said(&within("odd")).starts_with("chroot: "));
}

#[test]
fn the_end_of_time_ends_what_runs_inside_a_root() {
    let Some(root) = little_root() else { return };
    let timeout = Duration::from_millis(200);
    let command = Command { timeout, ..shell("sleep 30; pwd") }.within(root.path());
    assert!(run(&command).timed_out);
}

fn armed_in(root: &Path, seconds: u32) -> Arm {
    Arm {
        root: Some(root.to_owned()),
        script: "echo back >/etc/setting; cat /etc/setting".to_owned(),
        seconds,
        folder: "/var/lib/holdfast/armed".into(),
        id: "p1".to_owned(),
    }
}

fn settled(armed: &Armed) -> ArmedState {
    let real = RealRun::new(None);
    let open = [ArmedState::Waiting, ArmedState::Firing];
    let mut states = (0..2000).map(|_| {
        std::thread::sleep(Duration::from_millis(10));
        real.armed_state(armed).unwrap()
    });
    states.find(|state| !open.contains(state)).unwrap()
}

#[test]
fn an_undo_fires_inside_its_root() {
    let Some(root) = little_root() else { return };
    // A link that means a folder of the root, not one of this machine.
    std::os::unix::fs::symlink("/srv", root.path().join("var")).unwrap();
    let setting = root.path().join("etc/setting");
    std::fs::write(&setting, "changed").unwrap();
    let real = RealRun::new(None);
    let armed = real.arm(&armed_in(root.path(), 1)).unwrap();
    assert_eq!(real.armed_state(&armed), Ok(ArmedState::Waiting));
    assert_eq!(settled(&armed), ArmedState::Fired(0));
    assert_eq!(std::fs::read_to_string(setting).unwrap(), "back\n");
    let own = root.path().join("srv/lib/holdfast/armed/p1");
    let log = std::fs::read_to_string(own.join("log")).unwrap();
    assert_eq!(log.lines().last(), Some("back"));
    real.forget(&armed).unwrap();
    assert_eq!(real.armed_state(&armed), Ok(ArmedState::Absent));
    assert!(!own.exists());
}
