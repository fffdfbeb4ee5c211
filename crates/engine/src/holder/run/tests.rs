use std::sync::Mutex;

use holdfast_model::Tool;
use holdfast_world::Recorded;

use super::*;

/// What runs changes of a host far away; its lines are kept.
fn job(known: Recorded, changes: Vec<Change>) -> (Job, Arc<Mutex<Vec<String>>>) {
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&lines);
    let job = Job {
        world: World::recorded(known),
        target: Target::Ssh("ssh://web1".into()),
        plan: Digest::of(b"plan"),
        changes,
        within_s: 300,
        say: Arc::new(move |line: &str| kept.lock().unwrap().push(line.to_owned())),
    };
    (job, lines)
}

fn output(status: Option<i32>, stdout: &str) -> Output {
    Output { status, stdout: stdout.into(), ..Output::default() }
}

fn change(control: &str, tool: Tool) -> Change {
    Change {
        control: control.into(),
        resources: Vec::new(),
        tool,
        code: format!("set {control}"),
        undo: format!("take {control} back"),
        revert: format!("take {control} back"),
        precheck: String::new(),
        lockout: false,
        seen: Digest::of(b"seen"),
    }
}

#[test]
fn a_host_that_cannot_be_changed_says_so_before_anything_is_begun() {
    let of = |status: i32, complaint: &str| {
        let said = output(Some(0), &format!("\nholdfast: it ended with {status}\n"));
        let said = Output { stderr: complaint.as_bytes().to_vec(), ..said };
        job(Recorded::new().command("ssh", ["-T"], said), Vec::new()).0.prechecks()
    };
    assert_eq!(of(0, ""), Ok(()));
    let problem = of(126, "a change needs root there\n").unwrap_err();
    assert_eq!(problem.message, "nothing was changed: a change needs root there");
    let apply = format!("holdfast plan apply {}", short(Digest::of(b"plan")));
    assert!(problem.help.ends_with(&apply), "{problem:?}");
    // Who does not answer says nothing of root.
    let lost = Recorded::new().command("ssh", ["-T"], output(Some(255), ""));
    let problem = job(lost, Vec::new()).0.prechecks().unwrap_err();
    assert!(problem.help.starts_with("see that the host answers"), "{problem}");
}

/// Two changes by plays from here, each of which ends so.
fn plays(ended: Output) -> (Job, Arc<Mutex<Vec<String>>>) {
    let known = Recorded::new()
        .command("ssh", ["-T"], output(Some(0), "0\n"))
        .command("ansible-playbook", ["--version"], output(Some(0), ""))
        .command("/bin/sh", ["-c"], ended);
    job(known, ["one", "other"].map(|control| change(control, Tool::Ansible)).into())
}

/// A play that was not heard of to its end may go on over there, and would undo its undo.
#[test]
fn what_may_still_run_over_there_is_not_taken_back_beside_it() {
    let lost = "fatal: [target]: UNREACHABLE! => the connection was reset\n";
    let slow = Output { timed_out: true, ..output(None, "fatal: nothing more\n") };
    for ended in [output(Some(4), lost), output(None, lost), output(Some(250), lost), slow] {
        let (one, lines) = plays(ended.clone());
        let Err(broken) = one.run(Direction::Forth) else { panic!("{ended:?} passes for done") };
        let said = &broken.problem.message;
        let alone =
            "`one` could not be set, and nothing was taken back, since it may still run there: ";
        assert!(said.starts_with(alone) && !broken.taken_back, "{said}");
        assert!(broken.problem.help.contains("plan undo"), "{said}");
        assert_eq!(lines.lock().unwrap().len(), 1, "an undo ran beside {ended:?}");

        // Nor is another change taken back beside an undo that may still run.
        let (one, lines) = plays(ended.clone());
        let Err(left) = one.take_back() else { panic!("{ended:?} passes for taken back") };
        assert!(left.problem.message.starts_with("`other` could not be taken back: "), "{ended:?}");
        assert!(left.again, "{ended:?}");
        assert_eq!(lines.lock().unwrap().len(), 2, "{ended:?}");
    }
}

#[test]
fn a_play_that_ended_with_an_error_is_taken_back_at_once() {
    let failed = "fatal: [target]: FAILED! => the disk is full\n";
    let (one, lines) = plays(output(Some(2), failed));
    let Err(broken) = one.run(Direction::Forth) else { panic!("it passes for done") };
    assert!(
        broken.problem.message.contains("`one` could not be taken back: "),
        "{}",
        broken.problem
    );
    // Its line, that of its undo, and that the undo failed.
    assert_eq!(lines.lock().unwrap().len(), 3);
    let Err(left) = one.take_back() else { panic!("it passes for taken back") };
    assert!(!left.again, "each ran and failed");
    assert_eq!(lines.lock().unwrap().len(), 7, "each is tried");
}

/// Only what ran to its end is not worth another try.
#[test]
fn an_undo_that_was_not_run_may_be_tried_again() {
    for (status, again) in [(1, false), (4, false), (126, true), (127, true), (137, true)] {
        let said = output(Some(0), &format!("\nholdfast: it ended with {status}\n"));
        let known = Recorded::new().command("ssh", ["-T"], said);
        let (one, _) = job(known, vec![change("one", Tool::Shell)]);
        let Err(left) = one.take_back() else { panic!("{status} passes for taken back") };
        assert_eq!(left.again, again, "{status}: {}", left.problem);
    }
    // A connection that was lost, and what was never there to be run.
    let known = Recorded::new().command("ssh", ["-T"], output(Some(255), ""));
    let Err(left) = job(known, vec![change("one", Tool::Shell)]).0.take_back() else {
        panic!("a lost connection passes for taken back")
    };
    assert!(left.again, "{}", left.problem);
    let none = Change { undo: String::new(), ..change("one", Tool::Shell) };
    let Err(left) = job(Recorded::new(), vec![none]).0.take_back() else {
        panic!("nothing passes for taken back")
    };
    assert!(!left.again, "{}", left.problem);
}
