//! Another host as the place where programs run: each goes there as a script over one connection, and
//! its lines come back as they are written. What waits there to take a change back goes on without
//! any connection, as it does on this machine.
//!
//! A connection that is lost ends nothing over there. So whatever runs holds a lock there until it has
//! ended, and what comes after it, such as its undo, waits for that or is not begun.
//!
//! Needs root over there, by itself or by `sudo` without a password, and of programs `sh`, `env`,
//! `sleep`, `flock` and, where an undo is armed, `setsid`. Leaves nothing behind but what is armed, and
//! until the next start an empty file to lock. Must not know what is run.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use holdfast_model::SshAddress;

use super::{CONNECT_SECONDS, OWN_ERROR, Ssh, SshError, refused};
use crate::run::GUARD;
use crate::{Arm, Armed, ArmedState, Command, Output, Run, RunError, SYSTEM_PATH, Stream};

/// How much longer a connection may take than what runs behind it.
const GRACE: Duration = Duration::from_secs(30);
/// The status with which timeout(1) says that the time was over.
const TIME_OVER: i32 = 124;
/// How much longer what does not end at the end of its time may live, in seconds.
const KILL_AFTER: u64 = 10;
/// What is locked over there for as long as something runs; only root may make it or open it.
const LOCK: &str = "/run/holdfast.lock";
/// How long it is waited for, in seconds.
const WAIT: u64 = 120;
/// How much is read of what our own scripts say, in bytes.
const MOST_SAID: usize = 64 << 10;
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

/// Waits for what was begun there before: file and seconds, put in by [`Away::put`]. Programs do not get the
/// lock: what they leave behind would keep it.
const TURN: &str = r#"command -v flock >/dev/null || {
    echo 'a change needs flock there: install util-linux' >&2
    exit 126
}
(umask 077 && : >>LOCK) || exit 126
exec 9<>LOCK
waited=0
until flock -n 9; do
    if [ "$waited" -ge WAIT ]; then
        echo 'what was begun there before still runs, so nothing more was begun' >&2
        exit 126
    fi
    sleep 1
    waited=$((waited + 1))
done
"#;

/// Stands before an undo that was armed, which waits as long and then runs all the same: people may be
/// locked out meanwhile.
const BEFORE_UNDO: &str = r#"waited=0 alone=yes
if (umask 077 && : >>LOCK); then
    exec 9<>LOCK
    until flock -n 9; do
        if [ "$waited" -ge WAIT ]; then
            alone=no
            break
        fi
        sleep 1
        waited=$((waited + 1))
    done
fi
(
"#;

/// Stands behind it. One that ran beside a change has not taken it back for certain.
const AFTER_UNDO: &str = r#"
) 9<&-
status=$?
if [ "$alone" = no ]; then
    echo 'a change still ran beside it' >&2
    exit 75
fi
exit "$status"
"#;

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
    /// What is locked over there.
    lock: String,
    /// How long it is waited for, in seconds.
    wait: u64,
}

impl Away {
    /// The host of an address, reached by the `ssh` of this machine.
    pub fn new(run: Arc<dyn Run>, address: &str, config: Option<PathBuf>) -> Self {
        let address = SshAddress::parse(address);
        Self { run, address, config, lock: LOCK.to_owned(), wait: WAIT }
    }

    /// Runs a command over there, in its turn where `turn` says how to wait for that.
    fn over(
        &self,
        command: &Command,
        turn: Option<&str>,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<Output, RunError> {
        let waits = turn.map_or(0, |_| self.wait);
        let more = GRACE.saturating_add(Duration::from_secs(waits.saturating_add(KILL_AFTER)));
        let ssh = Ssh {
            address: self.address.clone().map_err(RunError::Other)?,
            config: self.config.clone(),
            sudo: false,
            script: script(command, turn.unwrap_or_default())?,
            behind: None,
            timeout: command.timeout.saturating_add(more),
            limit: command.output_limit,
        };
        let mut ended = None;
        let output = self.run.run_streamed(&ssh.command_for(SHELL), &mut |stream, text| {
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
        // What ran may write such a line too. Where ssh got to the end, ours came behind it.
        let Some(status) = ended.filter(|_| output.status != Some(OWN_ERROR)) else {
            return if output.timed_out { Ok(output) } else { Err(self.lost(&output)) };
        };
        let timed_out = status == TIME_OVER;
        let stdout = before_end(output.stdout);
        Ok(Output { status: Some(status), timed_out, stdout, ..output })
    }

    /// Puts file and seconds of the lock into a script.
    fn put(&self, script: &str) -> String {
        script.replace("LOCK", &quoted(&self.lock)).replace("WAIT", &self.wait.to_string())
    }

    /// Why nobody knows how it ended.
    fn lost(&self, output: &Output) -> RunError {
        let host = self.address.as_ref().map_or("the host", SshAddress::host);
        let refused = refused(output).map(|error| match error {
            SshError::Timeout(_) => {
                SshError::Timeout(Duration::from_secs(u64::from(CONNECT_SECONDS)))
            }
            other => other,
        });
        RunError::Other(match refused {
            Some(error) => format!("`{host}`: {error}"),
            None => format!("the connection to `{host}` ended before it did"),
        })
    }

    /// Runs one of our own scripts with its arguments: its last line. What stands before that, the
    /// files that a shell reads first may have written.
    fn ask(&self, script: &str, args: &[&str]) -> Result<String, RunError> {
        let command = Command::new("/bin/sh", "/");
        let mut command = command.args(["-c", script, "sh"]).args(args.iter().copied());
        command.clear = true;
        command.environment = vec![("PATH".to_owned(), SYSTEM_PATH.to_owned())];
        command.output_limit = MOST_SAID;
        // How things stand, and that an undo is called off, is not kept waiting by what runs.
        let output = self.over(&command, None, &mut |_, _| {})?;
        if output.succeeded() {
            let said = String::from_utf8_lossy(&output.stdout);
            return Ok(said.trim().lines().next_back().unwrap_or_default().trim().to_owned());
        }
        let complaint = output.complaint();
        let first = complaint.lines().next().unwrap_or("it did not end well");
        Err(RunError::Other(shown(first)))
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
        self.over(command, Some(self.put(TURN).as_str()), line)
    }

    fn installed(&self, program: &str) -> bool {
        self.ask("command -v \"$1\"", &[program]).is_ok()
    }

    fn arm(&self, arm: &Arm) -> Result<Armed, RunError> {
        let armed = arm.handle();
        let (folder, id) = named(&armed)?;
        let seconds = arm.seconds.to_string();
        let (before, after) = (self.put(BEFORE_UNDO), self.put(AFTER_UNDO));
        let script = format!("{before}{}{after}", arm.script);
        self.ask(ARM, &[folder, id, &seconds, &script, GUARD]).map(|_| armed.clone())
    }

    fn disarm(&self, armed: &Armed) -> Result<bool, RunError> {
        let (folder, id) = named(armed)?;
        // Anything else is no answer: what is not known to be over may still be confirmed.
        match self.ask(DISARM, &[folder, id])?.as_str() {
            "in-time" => Ok(true),
            "late" => Ok(false),
            said => Err(no_answer(said)),
        }
    }

    fn armed_state(&self, armed: &Armed) -> Result<ArmedState, RunError> {
        let (folder, id) = named(armed)?;
        let said = self.ask(STATE, &[folder, id])?;
        state(&said).ok_or_else(|| no_answer(&said))
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

/// Words of another host, for a message.
fn shown(said: &str) -> String {
    said.chars().filter(|c| !c.is_control()).take(200).collect()
}

fn no_answer(said: &str) -> RunError {
    RunError::Other(format!("`{}` says nothing of an armed undo", shown(said)))
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

/// A command as a script: it runs in its turn, and how it ended is said.
fn script(command: &Command, turn: &str) -> Result<String, RunError> {
    let Some(folder) = command.folder.to_str() else {
        return Err(RunError::Other("the folder to run in is no text".to_owned()));
    };
    if command.root.is_some() || command.stdin.is_some() {
        return Err(RunError::Other("a host over ssh has no other roots or inputs".to_owned()));
    }
    // In a shell of its own, so that the end is told whatever happens inside.
    let mut script = String::from("(\n");
    script.push_str(ROOT);
    let _ = writeln!(script, "PATH={SYSTEM_PATH}\nexport PATH");
    script.push_str(turn);
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
    let seconds = command.timeout.as_secs().max(1);
    // Not every timeout(1) knows `-k`. The shell stays, since it is what holds the lock.
    let _ = write!(
        script,
        "\nif timeout -k 1 1 true 2>/dev/null; then\n\
         set -- timeout -k {KILL_AFTER} {seconds} \"$@\"\n\
         elif command -v timeout >/dev/null; then\n\
         set -- timeout {seconds} \"$@\"\n\
         fi\n\
         cd {} && \"$@\" </dev/null 9<&-\n\
         exit\n)\nprintf '\\n{ENDED}%s\\n' \"$?\"\n",
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
