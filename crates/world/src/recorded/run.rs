//! Outputs of programs as values.

use std::path::PathBuf;
use std::sync::Arc;

use super::files::RecordedFiles;
use crate::{Command, Output, Run, RunError};

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

#[derive(Debug)]
pub(super) struct RecordedRun {
    commands: Vec<RecordedCommand>,
    files: Arc<RecordedFiles>,
}

impl RecordedRun {
    pub(super) fn new(commands: Vec<RecordedCommand>, files: Arc<RecordedFiles>) -> Self {
        Self { commands, files }
    }
}

impl Run for RecordedRun {
    fn run(&self, command: &Command) -> Result<Output, RunError> {
        if !self.installed(&command.program) {
            return Err(RunError::NotInstalled);
        }
        let fits = |recorded: &&RecordedCommand| {
            recorded.program == command.program && command.args.starts_with(&recorded.args)
        };
        let Some(recorded) = self.commands.iter().find(fits) else {
            let asked = command.args.join(" ");
            let message = format!("no answer is recorded for `{} {asked}`", command.program);
            return Err(RunError::Other(message));
        };
        for (path, bytes) in &recorded.writes {
            self.files.put(path, bytes);
        }
        Ok(recorded.output.clone())
    }

    fn installed(&self, program: &str) -> bool {
        self.commands.iter().any(|recorded| recorded.program == program)
    }
}
