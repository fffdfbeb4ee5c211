//! What all chores need: the root of the tree, other programs, and saying something.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Whether a chore was done; if not, everything there is to say about it.
pub(crate) type Done = Result<(), String>;

/// Changes to the root of the workspace, so that all paths are relative to it.
pub(crate) fn enter_root() -> Done {
    let failed = |error: std::io::Error| format!("the root of the project is not found: {error}");
    let here = std::env::current_dir().map_err(failed)?;
    // Cargo names the folder of this package; without cargo, the tree is looked for upward.
    let named = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let root = match named.as_deref().and_then(Path::parent) {
        Some(root) => root,
        None => here
            .ancestors()
            .find(|folder| folder.join("xtask/Cargo.toml").is_file())
            .ok_or_else(|| "the root of the project is not found: start inside it".to_owned())?,
    };
    std::env::set_current_dir(root).map_err(failed)
}

/// Says a line, or several, to whoever called.
pub(crate) fn say(text: &str) {
    // A closed pipe is the reader's choice, not our failure.
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

/// Says what is wrong.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", text.trim_end());
}

/// The cargo that runs us, without what it told us of our own package: build scripts look at that,
/// and what a chore builds would be built anew by hand, and the other way round.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    for (name, _) in std::env::vars_os() {
        let ours = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
        if name.to_str().is_some_and(|name| ours.iter().any(|start| name.starts_with(start))) {
            command.env_remove(&name);
        }
    }
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs a command that speaks for itself.
pub(crate) fn run(mut command: Command) -> Done {
    let shown = shown(&command);
    let status = command.status().map_err(|error| format!("`{shown}` cannot be run: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{shown}` failed")) }
}

/// Runs a command and returns what it wrote; its complaints are shown only if it fails.
pub(crate) fn output(mut command: Command) -> Result<String, String> {
    let shown = shown(&command);
    command.stdin(Stdio::null());
    let output = command.output().map_err(|error| format!("`{shown}` cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let answer = String::from_utf8_lossy(&output.stdout);
    Err(format!("`{shown}` failed\n{}{}", answer, complaint.trim_end()))
}

/// Whether a program answers when asked for its version.
pub(crate) fn answers(mut command: Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Whether a program stands in `PATH`.
pub(crate) fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or_default().to_string_lossy();
    let args = command.get_args().map(|arg| format!(" {}", arg.to_string_lossy()));
    format!("{program}{}", args.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_failure_says_what_was_said() {
        assert_eq!(output(sh("echo fine")), Ok("fine\n".to_owned()));
        let failed = output(sh("echo out; echo why >&2; exit 1")).unwrap_err();
        assert_eq!(failed, "`sh -c echo out; echo why >&2; exit 1` failed\nout\nwhy");
        assert_eq!(run(sh("exit 3")), Err("`sh -c exit 3` failed".to_owned()));
    }

    #[test]
    fn programs_are_found_in_the_path_only() {
        assert!(installed("sh"));
        assert!(!installed("no-such-program-1"));
        assert!(!answers(Command::new("no-such-program-1")));
    }
}
