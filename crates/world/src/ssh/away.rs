//! Another host as the place where programs run: each goes there as a script over one connection, and
//! its lines come back as they are written. What waits there to take a change back goes on without
//! any connection, as it does on this machine.
//!
//! Needs root over there, by itself or by `sudo` without a password, and of programs `sh`, `env` and
//! those of util-linux that an armed undo takes (`setsid`, `flock`). Leaves nothing behind but what
//! is armed. Must not know what is run.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use holdfast_model::SshAddress;

use super::{Ssh, refused};
use crate::run::GUARD;
use crate::{Arm, Armed, ArmedState, Command, Output, Run, RunError, SYSTEM_PATH, Stream};

/// How much longer a connection may take than what runs behind it.
const GRACE: Duration = Duration::from_secs(30);
/// The status with which timeout(1) says that the time was over.
const TIME_OVER: i32 = 124;
/// What stands before the status of what ran; the last such line counts.
const ENDED: &str = "holdfast: it ended with ";

/// What the shell of the user is told over there, whichever it is. Whether `sudo` lets us is asked
/// beforehand, so that complaints of the script are heard.
const SHELL: &str =
    "sh -c 'if sudo -n true </dev/null 2>/dev/null; then exec sudo -n sh; fi; exec sh'";

/// Refuses before anything is done. A change that is made by halves because somebody is not root is
/// worse than none.
const ROOT: &str = "[ \"$(id -u)\" = 0 ] || {
    echo 'a change needs root there: let this user sudo without a password' >&2
    exit 126
}
";

/// Arms: folder, name, seconds, script, guard. The lock is the guard's standard input, so that it is
/// locked for as long as the guard lives, and nothing that it starts keeps it. Nobody waits for it: it has
/// said that it waits once it closes its output.
const ARM: &str = r#"
set -eu
umask 077
folder=$1 own=$1/$2 seconds=$3
for program in setsid flock sleep mv stat; do
    command -v "$program" >/dev/null || { echo "$program is not installed there" >&2; exit 1; }
done
mkdir -p "$folder"
case $(stat -c %u:%A "$folder") in
    0:d????-??-?) ;;
    *) echo "others may write in $folder" >&2; exit 1 ;;
esac
mkdir "$own"
cd "$own"
printf '%s' "$4" >undo
: >empty
: >lock
echo "$seconds" >waiting
sync
said=$( (
    exec <>lock 2>log
    flock -n 0 || exit 1
    exec env -i PATH="$PATH" setsid /bin/sh -c "$5" sh "$own" "$seconds"
) & ) || :
if [ "$said" = armed ]; then exit 0; fi
echo 'the process that was to wait did not start' >&2
cat log >&2
cd /
rm -rf -- "$own"
exit 1
"#;

/// Calls it off: folder, name. rename(2) lets either this or the firing win.
const DISARM: &str = r#"
cd "$1/$2" 2>/dev/null || { echo "nothing is armed as $2" >&2; exit 1; }
if mv waiting disarmed 2>/dev/null; then
    sync
    echo in-time
elif [ -e disarmed ]; then
    echo in-time
elif [ -e fired ]; then
    echo late
else
    echo "$2 was never armed to the end" >&2
    exit 1
fi
"#;

/// Says how it stands: folder, name. First whether the guard lives: what a process that is dead by now
/// has written is all that it will ever write.
const STATE: &str = r#"
cd "$1/$2" 2>/dev/null || { echo absent; exit 0; }
lives=no
if [ -e lock ] && ! flock -n -s lock true; then lives=yes; fi
if [ -e disarmed ]; then
    echo disarmed
elif [ -e waiting ]; then
    echo "waiting $lives"
elif [ -s status ]; then
    echo "fired $(cat status)"
elif [ -e disarmed ]; then
    echo disarmed
elif [ -e fired ]; then
    echo "firing $lives"
else
    echo absent
fi
"#;

/// Removes what is kept of it: folder, name.
const FORGET: &str = r#"rm -rf -- "$1/$2""#;

/// Programs of another host.
#[derive(Debug, Clone)]
pub struct Away {
    run: Arc<dyn Run>,
    /// Or why there is none.
    address: Result<SshAddress, String>,
    config: Option<PathBuf>,
}

impl Away {
    /// The host of an address, reached by the `ssh` of this machine.
    pub fn new(run: Arc<dyn Run>, address: &str, config: Option<PathBuf>) -> Self {
        Self { run, address: SshAddress::parse(address), config }
    }

    fn ssh(&self, command: &Command) -> Result<Ssh, RunError> {
        let address = self.address.clone().map_err(RunError::Other)?;
        Ok(Ssh {
            address,
            config: self.config.clone(),
            sudo: false,
            script: script(command)?,
            behind: None,
            timeout: command.timeout.saturating_add(GRACE),
            limit: command.output_limit,
        })
    }

    /// Why nobody knows how it ended.
    fn lost(&self, output: &Output) -> RunError {
        let host = self.address.as_ref().map_or("the host", SshAddress::host);
        RunError::Other(match refused(output) {
            Some(error) => format!("`{host}`: {error}"),
            None => format!("the connection to `{host}` ended before it did"),
        })
    }

    /// Runs one of our own scripts with its arguments: what it says.
    fn ask(&self, script: &str, args: &[&str]) -> Result<String, RunError> {
        let command = Command::new("/bin/sh", "/");
        let mut command = command.args(["-c", script, "sh"]).args(args.iter().copied());
        command.clear = true;
        command.environment = vec![("PATH".to_owned(), SYSTEM_PATH.to_owned())];
        let output = self.run(&command)?;
        if output.succeeded() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let complaint = output.complaint();
        let first = complaint.lines().next().unwrap_or("it did not end well");
        Err(RunError::Other(first.to_owned()))
    }
}

impl Run for Away {
    fn run(&self, command: &Command) -> Result<Output, RunError> {
        self.run_streamed(command, &mut |_, _| {})
    }

    fn run_streamed(
        &self,
        command: &Command,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<Output, RunError> {
        let carried = self.ssh(command)?.command_for(SHELL);
        let mut ended = None;
        let output = self.run.run_streamed(&carried, &mut |stream, text| {
            let status = text.strip_prefix(ENDED).filter(|_| stream == Stream::Stdout);
            match status.and_then(|status| status.trim().parse::<i32>().ok()) {
                Some(status) => ended = Some(status),
                None => line(stream, text),
            }
        });
        let output = output.map_err(|error| match error {
            RunError::NotInstalled => RunError::Other("`ssh` is not installed here".to_owned()),
            other => other,
        })?;
        let Some(status) = ended else {
            return if output.timed_out { Ok(output) } else { Err(self.lost(&output)) };
        };
        let timed_out = status == TIME_OVER;
        let stdout = before_end(output.stdout);
        Ok(Output { status: Some(status), timed_out, stdout, ..output })
    }

    fn installed(&self, program: &str) -> bool {
        self.ask("command -v \"$1\"", &[program]).is_ok()
    }

    fn arm(&self, arm: &Arm) -> Result<Armed, RunError> {
        let armed = arm.handle();
        let (folder, id) = named(&armed)?;
        let seconds = arm.seconds.to_string();
        self.ask(ARM, &[folder, id, &seconds, &arm.script, GUARD]).map(|_| armed.clone())
    }

    fn disarm(&self, armed: &Armed) -> Result<bool, RunError> {
        let (folder, id) = named(armed)?;
        Ok(self.ask(DISARM, &[folder, id])? == "in-time")
    }

    fn armed_state(&self, armed: &Armed) -> Result<ArmedState, RunError> {
        let (folder, id) = named(armed)?;
        let said = self.ask(STATE, &[folder, id])?;
        state(&said).ok_or_else(|| {
            let shown: String = said.chars().filter(|c| !c.is_control()).take(60).collect();
            RunError::Other(format!("`{shown}` says nothing of an armed undo"))
        })
    }

    fn forget(&self, armed: &Armed) -> Result<(), RunError> {
        let (folder, id) = named(armed)?;
        match self.armed_state(armed)? {
            ArmedState::Waiting | ArmedState::Firing => {
                Err(RunError::Other(format!("`{id}` is still armed")))
            }
            _ => self.ask(FORGET, &[folder, id]).map(|_| ()),
        }
    }
}

/// How things stand, by the words of the script that was asked.
fn state(said: &str) -> Option<ArmedState> {
    Some(match said {
        "absent" => ArmedState::Absent,
        "disarmed" => ArmedState::Disarmed,
        "waiting yes" => ArmedState::Waiting,
        "waiting no" => ArmedState::Gone { claimed: false },
        "firing yes" => ArmedState::Firing,
        "firing no" => ArmedState::Gone { claimed: true },
        other => ArmedState::Fired(other.strip_prefix("fired ")?.trim().parse().ok()?),
    })
}

/// Folder and name of something armed, as arguments.
fn named(armed: &Armed) -> Result<(&str, &str), RunError> {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let folder = armed.folder.to_str().filter(|folder| folder.starts_with('/'));
    match folder {
        Some(folder) if armed.root.is_none() => {
            if !armed.id.is_empty() && armed.id.chars().all(letter) {
                return Ok((folder, &armed.id));
            }
            Err(RunError::Other(format!("`{}` is no name for something armed", armed.id)))
        }
        _ => Err(RunError::Other("nothing is armed there by such a path".to_owned())),
    }
}

/// A command as a script: it runs, and how it ended is said.
fn script(command: &Command) -> Result<String, RunError> {
    let Some(folder) = command.folder.to_str() else {
        return Err(RunError::Other("the folder to run in is no text".to_owned()));
    };
    if command.root.is_some() || command.stdin.is_some() {
        return Err(RunError::Other("a host over ssh has no other roots or inputs".to_owned()));
    }
    // In a shell of its own, so that the end is told whatever happens inside.
    let mut script = String::from("(\n");
    script.push_str(ROOT);
    script.push_str("set -- env");
    if command.clear {
        script.push_str(" -i");
    }
    for (name, value) in &command.environment {
        let _ = write!(script, " {name}={}", quoted(value));
    }
    for word in std::iter::once(&command.program).chain(&command.args) {
        let _ = write!(script, " {}", quoted(word));
    }
    let _ = write!(
        script,
        "\nPATH={SYSTEM_PATH}\nexport PATH\n\
         if command -v timeout >/dev/null; then set -- timeout {} \"$@\"; fi\n\
         cd {} && exec \"$@\" </dev/null\n)\nprintf '\\n{ENDED}%s\\n' \"$?\"\n",
        command.timeout.as_secs().max(1),
        quoted(folder),
    );
    Ok(script)
}

/// A word that no shell reads.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// What was written before the end was told.
fn before_end(mut stdout: Vec<u8>) -> Vec<u8> {
    let mark = format!("\n{ENDED}");
    let at = stdout.windows(mark.len()).rposition(|part| part == mark.as_bytes());
    stdout.truncate(at.unwrap_or(stdout.len()));
    stdout
}

#[cfg(test)]
mod tests {
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
        Away::new(Arc::new(RealRun::new(Some(path.as_str()))), "ssh://web1", None)
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
}
