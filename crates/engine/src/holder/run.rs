//! Runs the changes of a plan on their target: arm, run, and take back where one fails.
//! No choices are made here: everything that runs stands in the plan.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use holdfast_model::{Change, Digest, Problem, Target, Tool};
use holdfast_world::{Arm, Armed, ArmedState, Command, Output, Run, RunError, Stream, World};

use super::plans::short;
use super::tool::{self, runner};
use super::{Say, away};

/// How long one change may take.
pub(super) const CHANGE_TIME: Duration = Duration::from_mins(15);
/// How long a precheck may take.
const PRECHECK_TIME: Duration = Duration::from_secs(30);
/// Where Holdfast keeps what it needs on a target, over restarts.
const STATE: &str = "/var/lib/holdfast";
/// How much of a line is kept, in letters: it goes into messages and into the record.
const LONGEST_LINE: usize = 1_000;
/// The longest script, in bytes: the kernel hands on no longer argument (128 KiB).
const LONGEST: usize = 120 << 10;

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Carry it out.
    Forth,
    /// Take it back.
    Back,
}

/// What is to be run.
pub(super) struct Job {
    pub(super) world: World,
    pub(super) target: Target,
    pub(super) plan: Digest,
    pub(super) changes: Vec<Change>,
    /// Within how many seconds somebody has to confirm.
    pub(super) within_s: u32,
    pub(super) say: Say,
}

/// Something that did not bring what it should.
pub(super) struct Broken {
    /// What went wrong, for people.
    pub(super) problem: Problem,
    /// Whether everything is as it was before; otherwise somebody has to look.
    pub(super) taken_back: bool,
}

/// What could not be taken back.
pub(super) struct Left {
    /// What went wrong first, for people.
    pub(super) problem: Problem,
    /// Whether something of it was not run to its end, so that trying again may bring more.
    pub(super) again: bool,
}

/// How far a text came that did not bring what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    /// It ran, and failed; or it can never run.
    ToItsEnd,
    /// It did not run to its end.
    NotFar,
    /// It may still run over there, where nothing keeps others from running beside it.
    Unheard,
}

/// A text that did not bring what it should.
struct Stopped {
    problem: Problem,
    came: Came,
}

impl Job {
    /// Runs it. Answers whether an undo is armed; where a change fails, those that were done are
    /// taken back, the last first, unless it may still run: an undo beside it could be undone by it.
    pub(super) fn run(&self, direction: Direction) -> Result<bool, Broken> {
        let undone = |left: Left| Broken { problem: left.problem, taken_back: false };
        if direction == Direction::Back {
            return self.take_back().map(|()| false).map_err(undone);
        }
        let lockout = self.may_lock_out();
        if lockout {
            self.arm()
                .map_err(|problem| Broken { problem, taken_back: self.waits_for_nothing() })?;
        }
        for (at, change) in self.changes.iter().enumerate() {
            let Err(Stopped { mut problem, came }) = self.script(change, &change.code) else {
                continue;
            };
            let done = self.changes.get(..=at).unwrap_or_default();
            let back = match came {
                Came::ToItsEnd | Came::NotFar => self.take_each_back(done),
                Came::Unheard => Err(self.left_alone()),
            };
            let what = match &back {
                Ok(()) => "everything was taken back".to_owned(),
                Err(left) => left.problem.message.clone(),
            };
            let control = &change.control;
            problem.message =
                format!("`{control}` could not be set, and {what}: {}", problem.message);
            if let Err(left) = &back {
                problem.help.clone_from(&left.problem.help);
            }
            return Err(Broken { problem, taken_back: back.is_ok() });
        }
        if lockout && let Err(mut problem) = self.still_waits() {
            let back = self.take_back();
            let what = match &back {
                Ok(()) => "it was taken back",
                Err(left) => left.problem.message.as_str(),
            };
            problem.message = format!("{}, and {what}", problem.message);
            return Err(Broken { problem, taken_back: back.is_ok() });
        }
        Ok(lockout)
    }

    /// Takes everything back.
    pub(super) fn take_back(&self) -> Result<(), Left> {
        self.take_each_back(&self.changes)
    }

    /// Takes changes back, the last first, each whatever became of the others, unless one may still
    /// run. An armed undo is called off once nothing is left for it to do: it must not take a later
    /// change back.
    fn take_each_back(&self, changes: &[Change]) -> Result<(), Left> {
        let mut left: Option<Left> = None;
        for change in changes.iter().rev() {
            let back = if change.undo.is_empty() {
                let problem = Problem::new("no-undo", "nothing is known that would");
                Err(never(problem.help("take it back by hand")))
            } else {
                self.script(change, &change.undo)
            };
            let Err(Stopped { mut problem, came }) = back else { continue };
            let why = format!("`{}` could not be taken back: {}", change.control, problem.message);
            (self.say)(&why);
            problem.message = why;
            let problem = problem.help("mend that, and try again: holdfast plan undo PLAN");
            let again = came != Came::ToItsEnd;
            left.get_or_insert(Left { problem, again }).again |= again;
            if came == Came::Unheard {
                break;
            }
        }
        if let Some(left) = left {
            return Err(left);
        }
        let armed = armed(&self.target, self.plan);
        let there = || self.there().armed_state(&armed) != Ok(ArmedState::Absent);
        if self.may_lock_out() && there() {
            let off = disarm(&self.world, &self.target, self.plan);
            off.map_err(|problem| Left { problem, again: true })?;
        }
        Ok(())
    }

    /// What is said where nothing is taken back yet.
    fn left_alone(&self) -> Left {
        let message = "nothing was taken back, since it may still run there";
        let help = if self.may_lock_out() {
            "what is armed there takes it back at its time; or see that it has ended there, and take \
             it back: holdfast plan undo PLAN"
        } else {
            "see that it has ended there, and take it back: holdfast plan undo PLAN"
        };
        Left { problem: Problem::new("change-failed", message).help(help), again: true }
    }

    /// Whether nothing is armed where arming failed. It may wait over there although the answer was
    /// lost, and would take back what others change meanwhile, so that it is called off.
    fn waits_for_nothing(&self) -> bool {
        let (there, armed) = (self.there(), armed(&self.target, self.plan));
        match there.armed_state(&armed) {
            Ok(ArmedState::Absent | ArmedState::Disarmed) => true,
            Ok(_) => there.disarm(&armed) == Ok(true),
            Err(_) => false,
        }
    }

    /// Whether the armed undo has not fired yet; why not, or why nobody knows.
    fn still_waits(&self) -> Result<(), Problem> {
        match self.there().armed_state(&armed(&self.target, self.plan)) {
            Ok(ArmedState::Waiting) => Ok(()),
            Ok(_) => Err(Problem::new("too-late", "the time to confirm ended while it ran")
                .help("give it longer: `confirm_seconds` in `[host]`")),
            Err(error) => {
                let message = format!("nobody heard whether the armed undo still waits: {error}");
                Err(Problem::new("cannot-run", message)
                    .help("see how far it came: holdfast plan show PLAN"))
            }
        }
    }

    /// Where it runs.
    fn there(&self) -> Arc<dyn Run> {
        away::run_on(&self.world, &self.target)
    }

    fn may_lock_out(&self) -> bool {
        self.changes.iter().any(|change| change.lockout)
    }

    /// Runs what has to hold before anything is done; it changes nothing.
    pub(super) fn prechecks(&self) -> Result<(), Problem> {
        let again = format!("holdfast plan apply {}", short(self.plan));
        if matches!(self.target, Target::Ssh(_)) {
            // Root and what else a change needs over there, which is refused before any script.
            self.precheck(":", &format!("see that this host can be changed, then: {again}"))?;
        }
        // A tool that is missing has done nothing, and its undo could not do anything either.
        let help = format!("install it there, then: {again}");
        let tools = Tool::ALL.into_iter().filter(|tool| self.is_run_there(*tool));
        let mut scripts = tools.filter_map(|tool| runner(tool).script);
        scripts.try_for_each(|script| self.precheck(script, &help))?;
        let help = format!("see to it that somebody else can get in, then: {again}");
        let mut wanted = self.changes.iter().filter(|change| !change.precheck.is_empty());
        wanted.try_for_each(|change| self.precheck(&change.precheck, &help))
    }

    fn is_run_there(&self, tool: Tool) -> bool {
        self.changes.iter().any(|change| change.tool == tool)
            && !away::reaches_over(&self.world, &self.target, tool)
    }

    fn precheck(&self, code: &str, help: &str) -> Result<(), Problem> {
        let mut command = self.command("/bin/sh").args(["-c", code]);
        command.timeout = PRECHECK_TIME;
        let mut said = String::new();
        let output = self
            .there()
            .run_streamed(&command, &mut |_, line| {
                if !line.trim().is_empty() {
                    start(line).clone_into(&mut said);
                }
            })
            .map_err(|error| cannot_run(&self.target, "the precheck", &error))?;
        if output.succeeded() {
            return Ok(());
        }
        let why = match said.strip_prefix("failed: ").unwrap_or(&said) {
            "" => "the precheck did not succeed",
            why => why,
        };
        let message = format!("nothing was changed: {why}");
        Err(Problem::new("precheck-failed", message).help(help))
    }

    /// The undo of everything as one script, armed on the target before anything is done.
    fn arm(&self) -> Result<(), Problem> {
        let scripts: Vec<&str> =
            self.changes.iter().rev().map(|change| change.revert.as_str()).collect();
        let mut script = String::new();
        for one in scripts {
            // Each in a shell of its own, so that one that fails keeps none of the others back.
            script.push_str("(\n");
            script.push_str(one);
            script.push_str("\n)\n[ $? = 0 ] || bad=1\n");
        }
        // Not joined by `||`, behind which a shell would go on after an error inside.
        script.push_str("exit \"${bad:-0}\"\n");
        let armed = armed(&self.target, self.plan);
        let arm = Arm {
            root: armed.root,
            script,
            seconds: self.within_s,
            folder: armed.folder,
            id: armed.id,
        };
        let armed = self.there().arm(&arm);
        armed.map_err(|error| cannot_run(&self.target, "the armed undo", &error))?;
        (self.say)(&format!("armed: taken back in {} s unless confirmed", self.within_s));
        Ok(())
    }

    /// Runs one text with its tool.
    fn script(&self, change: &Change, code: &str) -> Result<(), Stopped> {
        let runner = runner(change.tool);
        if code.len() > LONGEST {
            let message = format!("its {} is too long to be run", runner.text);
            let problem = Problem::new("script-too-long", message);
            return Err(never(problem.help("plan for fewer findings")));
        }
        let play = away::ansible(&self.world, &self.target, change.tool, code).map_err(not_far)?;
        if let Some(command) = play {
            // From here, as people do it who keep their hosts so. What it runs there holds no lock.
            return self.streamed(&change.control, &command, &self.world.run, how_far_over);
        }
        let shell = self.command("/bin/sh");
        let mut command = match runner.script {
            None => shell.args(["-c", code]),
            Some(script) => shell.args(["-c", script, "holdfast", code]),
        };
        let more = runner.environment.iter();
        command.environment.extend(more.map(|(name, value)| ((*name).into(), (*value).into())));
        self.streamed(&change.control, &command, &self.there(), how_far)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program, "/");
        command.clear = true;
        command.environment = [
            ("PATH", holdfast_world::SYSTEM_PATH),
            ("LC_ALL", "C.UTF-8"),
            ("HOME", "/root"),
            ("DEBIAN_FRONTEND", "noninteractive"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        command.timeout = CHANGE_TIME;
        if let Target::Root(path) = &self.target {
            command.root = Some(PathBuf::from(&**path));
        }
        command
    }

    fn streamed(
        &self,
        control: &str,
        command: &Command,
        run: &Arc<dyn Run>,
        how_far: fn(&Output) -> Came,
    ) -> Result<(), Stopped> {
        let mut last = String::new();
        // Whether the program that failed said itself why.
        let mut told = false;
        let output = run.run_streamed(command, &mut |stream, line| {
            let line = start(line.trim_end());
            if line.is_empty() {
                return;
            }
            let complains = line.contains("fatal") || line.contains("failed:");
            if let Some(complaint) = tool::complaint(line) {
                complaint.clone_into(&mut last);
                told = true;
            } else if (stream == Stream::Stderr || complains) && !told {
                line.clone_into(&mut last);
            }
            (self.say)(&format!("{control}: {line}"));
        });
        let output =
            output.map_err(|error| not_far(cannot_run(&self.target, &command.program, &error)))?;
        if output.succeeded() {
            return Ok(());
        }
        let came = how_far(&output);
        let why = if output.timed_out {
            format!("it took longer than {} minutes", CHANGE_TIME.as_secs() / 60)
        } else if last.is_empty() {
            format!("it ended with status {}", output.status.unwrap_or(-1))
        } else {
            last
        };
        let problem = Problem::new("change-failed", why);
        let problem = problem.help("read its lines: holdfast plan show PLAN");
        Err(Stopped { problem, came })
    }
}

/// How far a program came that failed. A shell says 126 or 127 where it could not run it, and more
/// where a signal ended it; 255 is said of a connection too.
fn how_far(output: &Output) -> Came {
    let itself = output.timed_out || output.status.is_some_and(|status| status < 126);
    if itself { Came::ToItsEnd } else { Came::NotFar }
}

/// The same of a play that reaches over from here.
fn how_far_over(output: &Output) -> Came {
    if away::play_ended(output) { how_far(output) } else { Came::Unheard }
}

fn not_far(problem: Problem) -> Stopped {
    Stopped { problem, came: Came::NotFar }
}

/// What can never run, however often it is tried.
fn never(problem: Problem) -> Stopped {
    Stopped { problem, came: Came::ToItsEnd }
}

/// As much of a line as is kept.
fn start(line: &str) -> &str {
    let end = line.char_indices().nth(LONGEST_LINE).map(|(at, _)| at);
    end.and_then(|end| line.get(..end)).unwrap_or(line)
}

fn cannot_run(target: &Target, what: &str, error: &RunError) -> Problem {
    let message = format!("{what} cannot be run: {error}");
    let help = match (error, target) {
        (RunError::NotInstalled, _) => {
            "install it on the target, or plan with another tool: --as shell"
        }
        // Whether we are root there was asked before; now it did not answer, or not to the end.
        (RunError::Other(_), Target::Ssh(_)) => {
            "see that the host answers, and how far it came: holdfast plan show PLAN"
        }
        _ => "changes of a host need root",
    };
    Problem::new("cannot-run", message).help(help)
}

/// Where the undo of a plan is armed.
fn armed(target: &Target, plan: Digest) -> Armed {
    Armed {
        root: match target {
            Target::Local | Target::Ssh(_) | Target::Facts(_) => None,
            Target::Root(path) => Some(PathBuf::from(&**path)),
        },
        folder: PathBuf::from(STATE).join("armed"),
        id: plan.to_string().chars().take(32).collect(),
    }
}

/// Calls the armed undo of a plan off; whether it was in time.
pub(super) fn disarm(world: &World, target: &Target, plan: Digest) -> Result<bool, Problem> {
    let armed = armed(target, plan);
    away::run_on(world, target)
        .disarm(&armed)
        .map_err(|error| cannot_run(target, "the armed undo", &error))
}

/// What became of the armed undo of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It waits, or its script runs.
    Waits,
    /// It has run.
    Fired,
    /// It has run, and ended with an error.
    Failed,
    /// It was called off in time.
    CalledOff,
    /// Nobody waits any more although it was not called off: the machine was started anew. Whoever
    /// is told so runs the undo.
    Lost,
    /// There is no trace of it.
    None,
}

/// What became of the armed undo of a plan.
pub(super) fn fate(world: &World, target: &Target, plan: Digest) -> Result<Fate, Problem> {
    let armed = armed(target, plan);
    let state = away::run_on(world, target)
        .armed_state(&armed)
        .map_err(|error| cannot_run(target, "the armed undo", &error))?;
    Ok(match state {
        ArmedState::Waiting | ArmedState::Firing => Fate::Waits,
        ArmedState::Fired(0) => Fate::Fired,
        ArmedState::Fired(_) => Fate::Failed,
        ArmedState::Disarmed => Fate::CalledOff,
        // Also where its script had begun when the machine went down: it may run twice.
        ArmedState::Gone { .. } => Fate::Lost,
        ArmedState::Absent => Fate::None,
    })
}

/// Forgets a lost undo that was run in vain: it is not tried again and again.
pub(super) fn forget(world: &World, target: &Target, plan: Digest) -> Result<(), Problem> {
    let forgotten = away::run_on(world, target).forget(&armed(target, plan));
    forgotten.map_err(|error| cannot_run(target, "the armed undo", &error))
}

#[cfg(test)]
mod tests;
