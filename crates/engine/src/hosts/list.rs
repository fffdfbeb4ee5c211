//! The list of hosts: whose each is, when it was last looked at, and what came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use holdfast_model::{
    AssetId, ControlCounts, Key, NotAssessed, Observation, Problem, Target, Timestamp,
};
use holdfast_store::{Filter, HostRecord, Store};
use serde::Serialize;

use super::same;
use crate::accept::is_named;
use crate::document::written;
use crate::failure::Failure;
use crate::record;

/// The sensor whose looks count here.
const SENSOR: &str = "host";

/// A host in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostRow {
    /// What people call it.
    pub name: String,
    /// Where it is reached; its id as an asset.
    pub address: Arc<str>,
    /// Whose it is, where that was said.
    pub team: Option<String>,
    /// The other hosts that tell its machine id: it is the same machine, or a copy of it.
    pub same_machine: Vec<String>,
    /// Groups of inventories.
    pub groups: Vec<String>,
    /// What else is said of it.
    pub labels: Vec<String>,
    /// When this was said last.
    pub added: String,
    /// When it was last looked at.
    pub looked: Option<String>,
    /// `not looked at yet`, `not assessed`, `fail`, `pass in part` or `pass`.
    pub result: &'static str,
    /// What was not assessed and why; empty where everything was.
    pub reason: String,
    /// What would close that gap.
    pub closes_with: String,
    /// How many findings are open there.
    pub open: u64,
    /// How much could not be checked.
    pub not_assessed: u64,
    /// How many controls pass there; nothing where the last look did not reach the host.
    pub controls: Option<ControlCounts>,
    /// When it was last looked at, for pages.
    #[serde(skip)]
    pub looked_at: Option<Timestamp>,
}

/// `holdfast/hosts/1`.
#[derive(Debug, Clone, Serialize)]
pub struct Listing {
    /// Which document this is.
    pub schema: &'static str,
    /// Every host, by name.
    pub hosts: Vec<HostRow>,
}

/// Every host that is looked at by schedule, for those who do not hold the record.
///
/// # Errors
///
/// Where the record cannot be read.
pub async fn listing(data: &Path) -> Result<Listing, Failure> {
    let hosts = match record::reader(data).await? {
        Some(store) => rows(&store).await?,
        None => Vec::new(),
    };
    Ok(Listing { schema: "holdfast/hosts/1", hosts })
}

/// Every host with its last look.
pub(crate) async fn rows(store: &Store) -> Result<Vec<HostRow>, Failure> {
    let hosts = store.hosts().await.map_err(|error| record::ours(&error))?;
    if hosts.is_empty() {
        return Ok(Vec::new());
    }
    let looks = last_looks(store).await?;
    let assets = store.assets().await.map_err(|error| record::ours(&error))?;
    let managed: Vec<holdfast_model::ManagedHost> =
        hosts.iter().map(|one| one.host.clone()).collect();
    let mut same = same::others(&assets, &managed);
    let mut rows = Vec::with_capacity(hosts.len());
    for HostRecord { host, at, .. } in hosts {
        let id = AssetId(Arc::clone(&host.address));
        let look = looks.get(&id);
        let gaps =
            store.not_assessed(Some(&id), None).await.map_err(|error| record::ours(&error))?;
        let verdict = verdict(look.map(|look| look.open), &host.address, &gaps);
        let own =
            host.labels.iter().filter(|label| !label.starts_with(holdfast_model::GROUP_LABEL));
        rows.push(HostRow {
            groups: host.groups().map(str::to_owned).collect(),
            labels: own.cloned().collect(),
            name: host.name,
            address: host.address,
            team: host.team,
            same_machine: same.remove(&id).unwrap_or_default(),
            added: written(at),
            looked: look.map(|look| written(look.at)),
            result: verdict.result,
            reason: verdict.reason,
            closes_with: verdict.closes_with,
            open: look.map_or(0, |look| look.open),
            not_assessed: gaps.len() as u64,
            controls: look.and_then(|look| look.controls),
            looked_at: look.map(|look| look.at),
        });
    }
    rows.sort_by(|a, b| (&a.name, &a.address).cmp(&(&b.name, &b.address)));
    Ok(rows)
}

/// What came of the last look at a host.
#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    result: &'static str,
    reason: String,
    closes_with: String,
}

/// What came of a look that left so many findings open, if there was one. Nothing passes altogether
/// of which a part was not looked at.
fn verdict(open: Option<u64>, address: &str, gaps: &[NotAssessed]) -> Verdict {
    // What is said of the host itself: nothing came of the last look.
    let whole = gaps.iter().find(|gap| *gap.subject == *address);
    let result = match (open, whole, gaps.is_empty()) {
        (None, ..) => "not looked at yet",
        (Some(_), Some(_), _) => "not assessed",
        (Some(open), None, _) if open > 0 => "fail",
        (Some(_), None, false) => "pass in part",
        (Some(_), None, true) => "pass",
    };
    let reason = match (whole, gaps) {
        (Some(gap), _) => gap.reason.clone(),
        (None, []) => String::new(),
        (None, [gap]) => format!("`{}`: {}", gap.subject, gap.reason),
        (None, [gap, rest @ ..]) => {
            format!("`{}`: {} (and {} more)", gap.subject, gap.reason, rest.len())
        }
    };
    let closes_with = whole.or(gaps.first()).map(|gap| gap.closes_with.clone());
    Verdict { result, reason, closes_with: closes_with.unwrap_or_default() }
}

/// The last look at each host.
pub(super) async fn last_looks(store: &Store) -> Result<BTreeMap<AssetId, Observation>, Failure> {
    let all = store.asset_observations().await.map_err(|error| record::ours(&error))?;
    let mut last: BTreeMap<AssetId, Observation> = BTreeMap::new();
    for look in all.into_iter().filter(|look| look.sensor == SENSOR) {
        match last.get(&look.asset) {
            Some(known) if known.at > look.at => {}
            _ => {
                last.insert(look.asset.clone(), look);
            }
        }
    }
    Ok(last)
}

/// The host over ssh whose findings these names mean, where they mean nothing else that is open.
///
/// # Errors
///
/// Where they are keys of several hosts, or the record cannot be read.
pub async fn of_findings(data: &Path, names: &[String]) -> Result<Option<Target>, Failure> {
    let Some(store) = record::reader(data).await? else { return Ok(None) };
    let hosts = store.hosts().await.map_err(|error| record::ours(&error))?;
    if hosts.is_empty() || names.is_empty() {
        return Ok(None);
    }
    let open = Filter { open_only: true, ..Filter::default() };
    let known = store.findings(&open).await.map_err(|error| record::ours(&error))?;
    let assets: Vec<AssetId> =
        hosts.iter().map(|one| AssetId(Arc::clone(&one.host.address))).collect();
    let mut owners: BTreeSet<Option<&AssetId>> = BTreeSet::new();
    for name in names {
        let mut any = false;
        for known in known.iter().filter(|known| is_named(&known.finding, name)) {
            let finding = &known.finding;
            owners.insert(assets.iter().find(|id| Key::new(id, finding.local) == finding.key));
            any = true;
        }
        if !any {
            return Ok(None);
        }
    }
    let far: Vec<&AssetId> = owners.iter().copied().flatten().collect();
    match far.as_slice() {
        [one] if owners.len() == 1 => Ok(Some(Target::Ssh(Arc::clone(&one.0)))),
        // The name of a control means this machine where nobody says otherwise; a key means one host.
        [_, ..] if names.iter().all(|name| known.iter().any(|one| is_key(one, name))) => {
            let message = "these are findings of several hosts, and one is mended at a time";
            let problem = Problem::new("ambiguous-asset", message);
            Err(problem
                .help("name those of one host: holdfast explain KEY says where it is")
                .into())
        }
        _ => Ok(None),
    }
}

/// Whether a name is a key, or the beginning of one.
fn is_key(known: &holdfast_model::Known, name: &str) -> bool {
    known.finding.key.to_string().starts_with(&name.to_uppercase())
}

#[cfg(test)]
mod tests {
    use holdfast_model::{FindingKind, LocalKey, Locus, WeaknessId};

    use super::*;

    fn gap(subject: &str) -> NotAssessed {
        let locus = Locus::Asset { respect: subject.into() };
        let local = LocalKey::new(FindingKind::Control, &WeaknessId("gap".into()), &locus);
        NotAssessed {
            key: Key::new(&AssetId("ssh://web1".into()), local),
            kind: FindingKind::Control,
            locus,
            subject: subject.into(),
            reason: "only root may read it".to_owned(),
            closes_with: "root".to_owned(),
            place: None,
        }
    }

    #[test]
    fn a_look_with_gaps_is_no_pass_and_says_what_was_left_out() {
        let of = |open, subjects: &[&str]| {
            let gaps: Vec<NotAssessed> = subjects.iter().map(|one| gap(one)).collect();
            verdict(open, "ssh://web1", &gaps)
        };
        assert_eq!(of(None, &[]).result, "not looked at yet");
        let clean = Verdict { result: "pass", reason: String::new(), closes_with: String::new() };
        assert_eq!(of(Some(0), &[]), clean);
        let part = of(Some(0), &["/etc/shadow"]);
        assert_eq!((part.result, part.closes_with.as_str()), ("pass in part", "root"));
        assert_eq!(part.reason, "`/etc/shadow`: only root may read it");
        let failed = of(Some(2), &["/etc/shadow", "/etc/gshadow", "/root"]);
        assert_eq!(failed.result, "fail");
        assert_eq!(failed.reason, "`/etc/shadow`: only root may read it (and 2 more)");
        let nothing = of(Some(2), &["/etc/shadow", "ssh://web1"]);
        assert_eq!(
            (nothing.result, nothing.reason.as_str()),
            ("not assessed", "only root may read it")
        );
    }
}
