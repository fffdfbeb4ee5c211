//! Outputs of programs as values.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdfast_model::Timestamp;

use super::files::RecordedFiles;
use crate::run::Splitter;
use crate::{Arm, Armed, ArmedState, Clock, Command, FixedClock, Output, Run, RunError, Stream};

/// What a program answers, and what it does to the files.
#[derive(Debug, Clone, Default)]
pub struct RecordedCommand {
    /// The program.
    pub program: String,
    /// How its arguments begin.
    pub args: Vec<String>,
    /// What it leaves.
    pub output: Output,
    /// Files that it writes, by absolute path.
    pub writes: Vec<(PathBuf, Vec<u8>)>,
}

/// Something that is armed: until it is settled, the clock decides.
#[derive(Debug, Clone)]
enum Waits {
    Until { at: Timestamp, script: String },
    Settled(ArmedState),
}

#[derive(Debug)]
pub(super) struct RecordedRun {
    commands: Vec<(Option<PathBuf>, RecordedCommand)>,
    armed: Mutex<BTreeMap<Armed, Waits>>,
    files: Arc<RecordedFiles>,
    clock: Arc<FixedClock>,
}

impl RecordedRun {
    pub(super) fn new(
        commands: Vec<(Option<PathBuf>, RecordedCommand)>,
        armed: BTreeMap<Armed, ArmedState>,
        files: Arc<RecordedFiles>,
        clock: Arc<FixedClock>,
    ) -> Self {
        let armed = armed.into_iter().map(|(armed, state)| (armed, Waits::Settled(state)));
        Self { commands, armed: Mutex::new(armed.collect()), files, clock }
    }

    fn find(
        &self,
        root: Option<&Path>,
        program: &str,
        args: &[String],
    ) -> Option<&RecordedCommand> {
        let fits = |(inside, recorded): &&(Option<PathBuf>, RecordedCommand)| {
            inside.as_deref() == root
                && recorded.program == program
                && args.starts_with(&recorded.args)
        };
        self.commands.iter().find(fits).map(|(_, recorded)| recorded)
    }

    fn has(&self, root: Option<&Path>, program: &str) -> bool {
        let fits = |(inside, recorded): &(Option<PathBuf>, RecordedCommand)| {
            inside.as_deref() == root && recorded.program == program
        };
        self.commands.iter().any(fits)
    }

    fn done(&self, recorded: &RecordedCommand) -> Output {
        for (path, bytes) in &recorded.writes {
            self.files.put(path, bytes);
        }
        recorded.output.clone()
    }

    /// Everything armed, after what is due has fired: the recorded answer of `sh -c SCRIPT` says
    /// how the script ended and what it wrote.
    fn armed(&self) -> MutexGuard<'_, BTreeMap<Armed, Waits>> {
        let mut all = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        for (armed, waits) in all.iter_mut() {
            let Waits::Until { at, script } = waits else { continue };
            if *at > now {
                continue;
            }
            let args = ["-c".to_owned(), std::mem::take(script)];
            let recorded = self.find(armed.root.as_deref(), "sh", &args);
            let output = recorded.map(|recorded| self.done(recorded));
            let status = output.map_or(Some(0), |output| output.status);
            // A shell says 128 and the signal; which one it was is not recorded.
            *waits = Waits::Settled(ArmedState::Fired(status.unwrap_or(128 + 9)));
        }
        all
    }
}

impl Run for RecordedRun {
    fn run(&self, command: &Command) -> Result<Output, RunError> {
        let root = command.root.as_deref();
        if !self.has(root, &command.program) {
            return Err(RunError::NotInstalled);
        }
        let Some(recorded) = self.find(root, &command.program, &command.args) else {
            let asked = command.args.join(" ");
            let message = format!("no answer is recorded for `{} {asked}`", command.program);
            return Err(RunError::Other(message));
        };
        Ok(self.done(recorded))
    }

    fn run_streamed(
        &self,
        command: &Command,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<Output, RunError> {
        let output = self.run(command)?;
        for (stream, bytes) in [(Stream::Stdout, &output.stdout), (Stream::Stderr, &output.stderr)]
        {
            let mut splitter = Splitter::new(stream);
            splitter.push(bytes, line);
            splitter.finish(line);
        }
        Ok(output)
    }

    fn installed(&self, program: &str) -> bool {
        self.has(None, program)
    }

    fn arm(&self, arm: &Arm) -> Result<Armed, RunError> {
        let (armed, mut all) = (arm.handle(), self.armed());
        if all.contains_key(&armed) {
            return Err(RunError::Other(format!("`{}` was armed before", armed.id)));
        }
        let at = Timestamp(self.clock.now().0.saturating_add(i64::from(arm.seconds) * 1000));
        all.insert(armed.clone(), Waits::Until { at, script: arm.script.clone() });
        Ok(armed)
    }

    fn disarm(&self, armed: &Armed) -> Result<bool, RunError> {
        let mut all = self.armed();
        let Some(waits) = all.get_mut(armed) else {
            return Err(RunError::Other(format!("nothing is armed as `{}`", armed.id)));
        };
        let in_time = match waits {
            Waits::Until { .. } => true,
            Waits::Settled(state) => match state {
                ArmedState::Waiting | ArmedState::Disarmed => true,
                ArmedState::Gone { claimed } => !*claimed,
                ArmedState::Firing | ArmedState::Fired(_) | ArmedState::Absent => false,
            },
        };
        if in_time {
            *waits = Waits::Settled(ArmedState::Disarmed);
        }
        Ok(in_time)
    }

    fn armed_state(&self, armed: &Armed) -> Result<ArmedState, RunError> {
        Ok(match self.armed().get(armed) {
            None => ArmedState::Absent,
            Some(Waits::Until { .. }) => ArmedState::Waiting,
            Some(Waits::Settled(state)) => *state,
        })
    }

    fn forget(&self, armed: &Armed) -> Result<(), RunError> {
        match self.armed_state(armed)? {
            ArmedState::Waiting | ArmedState::Firing => {
                Err(RunError::Other(format!("`{}` is still armed", armed.id)))
            }
            _ => {
                self.armed().remove(armed);
                Ok(())
            }
        }
    }
}
