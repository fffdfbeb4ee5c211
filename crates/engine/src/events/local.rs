//! The logs of this machine, without configuration: who logged in and became root, from the
//! journal or from `auth.log`, and what apt did.

use std::path::{Path, PathBuf};
use std::time::Duration;

use holdfast_model::{Problem, Timestamp};
use holdfast_sense::event::log_readers;
use holdfast_world::{Command, Root, RunError, World};

use crate::detect::Scan;
use crate::failure::Failure;

/// How long the journal may take to answer.
const JOURNAL_TIME: Duration = Duration::from_secs(20);
/// Logs that are read beside it.
const APT: &str = "/var/log/apt/history.log";
/// Where a system without a journal keeps the same.
const AUTH: [&str; 2] = ["/var/log/auth.log", "/var/log/secure"];

/// Reads what happened on this machine since then. Of logs that were turned over meanwhile, the
/// one before is read too.
pub(super) fn read(
    world: &World,
    since: Timestamp,
    logs: &[String],
    scan: &mut Scan<'_>,
) -> Result<(), Failure> {
    let root = Root::machine(std::sync::Arc::clone(&world.files));
    if !journal(world, since, scan) {
        for path in AUTH {
            file(&root, path, since, scan)?;
        }
    }
    file(&root, APT, since, scan)?;
    for path in logs {
        named(&root, path, since, scan)?;
    }
    Ok(())
}

/// A file or folder that the settings name. What is not there is a problem, and no more: the rest is
/// read all the same.
fn named(root: &Root, path: &str, since: Timestamp, scan: &mut Scan<'_>) -> Result<(), Failure> {
    let whole = Path::new(path);
    match root.list(whole) {
        Ok(entries) => scan.folder(root, whole, path, (&entries, 0), Some(since)),
        Err(_) if root.has_file(path) => file(root, path, since, scan),
        Err(error) => {
            let message = format!("the logs `{path}` cannot be read: {error}");
            let help = "see `logs` under [host] in holdfast.toml";
            scan.problem(Problem::new("cannot-read", message).help(help));
            Ok(())
        }
    }
}

fn file(root: &Root, path: &str, since: Timestamp, scan: &mut Scan<'_>) -> Result<(), Failure> {
    let Ok(now) = root.metadata(path) else { return Ok(()) };
    let before = format!("{path}.1");
    let turned = root.metadata(&before).is_ok_and(|old| old.modified >= since);
    if turned {
        scan.file(root, Path::new(&before), &before, false)?;
    }
    if now.modified >= since { scan.file(root, Path::new(path), path, false) } else { Ok(()) }
}

/// Asks the journal for what programs said of logins and rights; whether it said anything.
fn journal(world: &World, since: Timestamp, scan: &mut Scan<'_>) -> bool {
    if !world.run.installed("journalctl") {
        return false;
    }
    let reader = log_readers().iter().find(|reader| reader.about().id == "journal");
    let Some(reader) = reader else { return false };
    let mut command = Command::new("journalctl", PathBuf::from("/")).args([
        "--output=json",
        "--no-pager",
        "--quiet",
        // The facilities auth and authpriv of syslog(3).
        "SYSLOG_FACILITY=4",
        "SYSLOG_FACILITY=10",
    ]);
    command.args.push(format!("--since=@{}", since.0.max(0) / 1000));
    command.timeout = JOURNAL_TIME;
    let shown = "journal".into();
    match world.run.run(&command) {
        Ok(output) if output.succeeded() && !output.stdout.is_empty() => {
            let mut log = reader.start_at(world.clock.now(), &world.clock.zone());
            log.push(&output.stdout, true, &mut |logged| scan.take(logged, &shown));
            true
        }
        Ok(output) if output.timed_out => {
            scan.problem(
                Problem::new("journal-slow", "the journal did not answer in time")
                    .help("see how large it is: journalctl --disk-usage"),
            );
            false
        }
        Ok(_) | Err(RunError::NotInstalled) => false,
        Err(error) => {
            let message = format!("the journal cannot be read: {error}");
            scan.problem(Problem::new("journal-unread", message).help("read it as root"));
            false
        }
    }
}

/// Whether a log of this machine can be read at all: else the time line is empty for a reason.
pub(super) fn readable(world: &World) -> bool {
    let root = Root::machine(std::sync::Arc::clone(&world.files));
    let head = |path: &str| root.head(path, 1).is_ok();
    world.run.installed("journalctl") || AUTH.into_iter().any(head) || head(APT)
}

#[cfg(test)]
mod tests {
    use holdfast_sense::event;

    use super::*;

    #[test]
    fn each_log_has_a_reader() {
        for path in AUTH.into_iter().chain([APT]) {
            assert!(event::log_reader_for(path, b"").is_some(), "{path}");
        }
        assert!(log_readers().iter().any(|reader| reader.about().id == "journal"));
    }
}
