//! Writing down what somebody found who looked at a host by themselves.

use std::path::Path;

use holdfast_findings::accept::{ATTESTED, NewAttestation, attest as added};
use holdfast_model::{ManagedHost, Problem, Timestamp};
use holdfast_world::{ReadError, World};
use jiff::civil::Date;

use crate::controls::Controls;
use crate::failure::Failure;
use crate::trees::DOCUMENT_LIMIT;
use crate::{hosts, sensors, settings};

/// The file that is written.
pub const FILE: &str = ATTESTED;

/// What is attested.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The control.
    pub control: &'a str,
    /// The host: a target, the name of this machine, or that of a host of the record.
    pub host: &'a str,
    /// The last day on which it counts.
    pub until: Date,
    /// What was seen.
    pub because: &'a str,
    /// Who looked.
    pub by: &'a str,
}

/// What was written.
#[derive(Debug)]
pub struct Written {
    /// The host's name.
    pub host: String,
    /// The question that was answered.
    pub ask: String,
}

/// Writes an attestation into the tree of a folder, where others can read and review it. `managed`
/// are the hosts of the record.
///
/// # Errors
///
/// Where the control is not there or no person is asked, nobody knows the host, the day is over or
/// too far away, nothing was seen, or the file cannot be written.
pub fn attest(
    world: &World,
    path: &Path,
    managed: &[ManagedHost],
    request: &Request<'_>,
) -> Result<Written, Failure> {
    let folder = sensors::open(world, path)?;
    let settings = settings::read(&folder.tree, None, &world.clock.zone())?;
    let controls = Controls::read(Some(&folder.tree));
    let Some(manual) = controls.manual.get(request.control) else {
        return Err(not_asked(&controls, request.control).into());
    };
    if request.because.trim().is_empty() {
        let problem = Problem::new("no-reason", "an attestation says what was seen");
        return Err(problem.help("say it: --because TEXT").into());
    }
    let now = world.clock.now();
    let end = Timestamp::end_of(request.until, &settings.zone);
    if end.is_none_or(|end| end <= now) {
        let problem = Problem::new("day-over", format!("{} is over", request.until));
        return Err(problem.help("name a day to come").into());
    }
    // The last day counts whole.
    let latest = now.plus_days(manual.days.saturating_add(1));
    if end.is_some_and(|end| end > latest) {
        let message =
            format!("an answer to `{}` counts for at most {} days", request.control, manual.days);
        let problem = Problem::new("attested-too-long", message);
        return Err(problem.help("name an earlier day, and look again then").into());
    }
    let name = hosts::meant(world, managed, request.host, &settings.config)?.1.name;
    let new = NewAttestation {
        control: request.control,
        host: &name,
        because: request.because,
        by: request.by,
        until: request.until,
    };
    let root = folder.root();
    let cannot = |code, error: &dyn std::fmt::Display| {
        Problem::new(code, format!("`{FILE}` cannot be used: {error}"))
            .help("check its permissions")
    };
    let before = match root.read(FILE, DOCUMENT_LIMIT) {
        Ok(bytes) => Some(String::from_utf8(bytes).map_err(|_| {
            Problem::new("not-text", format!("`{FILE}` is no UTF-8 text")).help("save it as UTF-8")
        })?),
        Err(ReadError::Missing) => None,
        Err(error) => return Err(cannot("cannot-read", &error).into()),
    };
    let after = added(before.as_deref(), &new)?;
    if let Some(parent) = root.path().join(FILE).parent() {
        world.files.make_folder(parent).map_err(|error| cannot("cannot-write", &error))?;
    }
    root.write_atomic(FILE, after.as_bytes()).map_err(|error| cannot("cannot-write", &error))?;
    Ok(Written { host: name, ask: manual.ask.clone() })
}

/// The control is not there, or a look answers it.
fn not_asked(controls: &Controls, name: &str) -> Problem {
    if controls.find(name).is_some() {
        let message = format!("no person is asked by `{name}`: a look at the host answers it");
        return Problem::new("attested-by-look", message).help("look: holdfast audit");
    }
    controls.unknown(name)
}
