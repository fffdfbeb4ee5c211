//! Writing an acceptance into the tree that carries the finding.

use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_findings::accept::{NewAcceptance, append};
use holdfast_model::{Finding, Key, Problem, Timestamp, quoted};
use holdfast_posture::ControlResult;
use holdfast_store::Prefix;
use holdfast_world::{ReadError, World};
use jiff::civil::Date;

use crate::assess::Assessment;
use crate::check::{Judged, Options, judge};
use crate::controls;
use crate::failure::Failure;
use crate::look::Look;
use crate::trees::DOCUMENT_LIMIT;
use crate::{cycle, index_file, record};

pub use holdfast_findings::accept::not_affected;

/// The code of a name that is no finding of the folder; it may be one of a host.
pub const UNKNOWN: &str = "unknown-finding";
/// Fewer letters are no beginning of a key.
pub(crate) const SHORTEST: usize = 2;

/// The file that is written.
pub const FILE: &str = holdfast_findings::accept::FILE;

/// What is to be accepted.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// A key, the beginning of one, or the name of a weakness.
    pub name: &'a str,
    /// The last day.
    pub until: Date,
    /// Why.
    pub reason: &'a str,
    /// Who answers for it.
    pub owner: &'a str,
}

/// What was written.
#[derive(Debug)]
pub struct Written {
    /// The finding's key.
    pub key: String,
    /// What is accepted.
    pub weakness: Arc<str>,
    /// Who answers for it.
    pub owner: String,
    /// Whether it already counts: one person may approve.
    pub approved: bool,
}

/// Finds the finding in the folder and writes the acceptance.
///
/// # Errors
///
/// Where the finding is not there, the day is over, or the file cannot be written.
pub fn accept(
    world: &World,
    data: &Path,
    options: &Options,
    request: &Request<'_>,
) -> Result<Written, Failure> {
    let (file, _) = index_file::open(world, data);
    let index = Index::open(file.bytes()).map_err(Failure::Ours)?;
    let judged = judge(world, data, &index, options)?;
    let now = world.clock.now();
    let end = Timestamp::end_of(request.until, &judged.settings.zone);
    if end.is_none_or(|end| end <= now) {
        let problem = Problem::new("day-over", format!("{} is over", request.until));
        return Err(problem.help("name a day to come").into());
    }
    if request.reason.trim().is_empty() {
        let problem = Problem::new("no-reason", "an acceptance needs a reason");
        return Err(problem.help("say why: --because TEXT").into());
    }
    let finding = one(&judged, request.name)?;
    let mut versions: Vec<Arc<str>> =
        finding.instances.iter().filter_map(|instance| instance.version.clone()).collect();
    versions.sort();
    versions.dedup();
    let new = NewAcceptance {
        covers: finding.local.to_string().into(),
        subject: "".into(),
        reason: request.reason.to_owned(),
        owner: request.owner.to_owned(),
        approver: None,
        until: request.until,
        versions,
    };
    let root = judged.folder.root();
    let before = match root.read(FILE, DOCUMENT_LIMIT) {
        Ok(bytes) => Some(String::from_utf8(bytes).map_err(|_| {
            Problem::new("not-text", format!("`{FILE}` is no UTF-8 text")).help("save it as UTF-8")
        })?),
        Err(ReadError::Missing) => None,
        Err(error) => {
            let problem = Problem::new("cannot-read", format!("`{FILE}` cannot be read: {error}"));
            return Err(problem.into());
        }
    };
    let after = append(before.as_deref(), &new)?;
    let cannot = |error: &dyn std::fmt::Display| {
        Problem::new("cannot-write", format!("`{FILE}` cannot be written: {error}"))
    };
    if let Some(parent) = root.path().join(FILE).parent() {
        world.files.make_folder(parent).map_err(|error| cannot(&error))?;
    }
    root.write_atomic(FILE, after.as_bytes()).map_err(|error| cannot(&error))?;
    Ok(Written {
        key: finding.key.to_string(),
        weakness: Arc::clone(&finding.weakness.id.0),
        owner: request.owner.to_owned(),
        approved: judged.settings.appetite.one_person,
    })
}

/// The one finding that a name means.
///
/// # Errors
///
/// Where there is none, or there are several.
pub fn one<'a>(judged: &'a Judged, name: &str) -> Result<&'a Finding, Problem> {
    let named = all(judged, name);
    match named.as_slice() {
        [one] => Ok(one),
        [] => Err(unknown(name)),
        several => {
            let keys: Vec<String> = several.iter().map(|one| one.key.to_string()).collect();
            let message = format!("`{name}` means {} findings", several.len());
            Err(Problem::new("ambiguous-key", message)
                .help(format!("use the key of one: {}", keys.join(", "))))
        }
    }
}

/// No finding goes by that name.
pub fn unknown(name: &str) -> Problem {
    Problem::new(UNKNOWN, format!("nothing here is called `{name}`"))
        .help("see what there is: holdfast check, or of hosts: holdfast findings")
}

/// Why a name means no finding of a host: its control may have found nothing wrong there.
pub(crate) fn unknown_there(name: &str, look: &Look, assessment: &Assessment) -> Problem {
    let Some(host) = &look.host else { return unknown(name) };
    let of_control = assessment.controls.iter().filter(|one| {
        host.controls.list.get(one.control).is_some_and(|control| *control.id == *name)
    });
    // What could not be told says more than what holds.
    let Some(one) = of_control.min_by_key(|one| match one.judgement.result {
        ControlResult::Fail => 0,
        ControlResult::Pass => 2,
        _ => 1,
    }) else {
        return controls::of_file(&look.problems, name).cloned().unwrap_or_else(|| unknown(name));
    };
    let (word, reason) = (one.judgement.result.word(), &one.judgement.reason);
    if one.judgement.result == ControlResult::Fail {
        // What waits for a restart: the finding is that of the package, and this has none.
        let message = format!("no tool mends `{name}` on `{}`: {reason}", host.target);
        let manual = host.controls.list.get(one.control).and_then(|one| one.manual.clone());
        return Problem::new("manual-only", message)
            .help(manual.unwrap_or_else(|| "no tool can know what to do".to_owned()));
    }
    let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let message = format!("`{name}` finds nothing to mend on `{}`; {word}{because}", host.target);
    Problem::new("nothing-wrong", message).help(format!(
        "see what it says: holdfast audit {} --only {}",
        quoted(&host.target.to_string()),
        quoted(name)
    ))
}

/// The finding of the record that a key, or the beginning of one, means.
///
/// # Errors
///
/// Where there are several, or the record cannot be read.
pub async fn recorded(data: &Path, name: &str) -> Result<Option<Key>, Failure> {
    if name.len() < SHORTEST {
        return Ok(None);
    }
    let Some(store) = record::reader(data).await? else { return Ok(None) };
    match store.find_by_prefix(name).await.map_err(|error| record::ours(&error))? {
        Prefix::None => Ok(None),
        Prefix::One(key) => Ok(Some(key)),
        Prefix::Ambiguous(keys) => {
            let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
            let problem = Problem::new("ambiguous-key", format!("`{name}` begins several keys"));
            Err(problem.help(format!("use more of one: {}", keys.join(", "))).into())
        }
    }
}

/// What the record says of the acceptance of a finding of a host; `None` where there is none.
///
/// # Errors
///
/// Where the record cannot be read.
pub async fn in_record(data: &Path, key: Key) -> Result<Option<Written>, Failure> {
    let ours = |error| record::ours(&error);
    let Some(store) = record::reader(data).await? else { return Ok(None) };
    let known = store.finding(key).await.map_err(ours)?;
    let Some(finding) = known.into_iter().map(|one| one.finding).next() else { return Ok(None) };
    let assets = store.assets().await.map_err(ours)?;
    let owner = assets.iter().find(|asset| Key::new(&asset.id, finding.local) == key);
    let Some(asset) = owner else { return Ok(None) };
    let covers = finding.local.to_string();
    let all = cycle::accepted_on(&store, &asset.id).await?;
    Ok(all.iter().find(|one| *one.covers == *covers).map(|one| Written {
        key: key.to_string(),
        weakness: finding.weakness.id.0,
        owner: one.owner.clone(),
        approved: one.approver.is_some(),
    }))
}

/// Every finding that a name means: one key or its beginning, or all of one weakness.
pub fn all<'a>(judged: &'a Judged, name: &str) -> Vec<&'a Finding> {
    judged.assessment.findings.iter().filter(|finding| is_named(finding, name)).collect()
}

/// Whether a name is that of a finding's weakness, or its key or the beginning of it.
pub fn is_named(finding: &Finding, name: &str) -> bool {
    let upper = name.to_uppercase();
    *finding.weakness.id.0 == *name
        || finding.weakness.aliases.iter().any(|alias| **alias == *name)
        || (name.len() >= SHORTEST
            && (finding.key.to_string().starts_with(&upper) || finding.local.to_string() == upper))
}
