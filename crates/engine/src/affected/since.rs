//! What feeds brought since some sync, and whom it concerns.
//!
//! Knows the journal of syncs. Must not know how they were made.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_model::{Problem, Severity, Timestamp, WeaknessId};
use holdfast_world::World;
use serde::Serialize;

use super::{Affected, AssetRow, MOST, Page, TeamRow, in_record, unknown};
use crate::document::{ProblemRow, written};
use crate::failure::Failure;
use crate::sync::{Journal, Synced};
use crate::{index_file, record};

/// The shortest beginning of a digest that names a sync.
const SHORTEST: usize = 6;

/// `holdfast/affected-since/1`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Since {
    /// Which document this is.
    pub schema: &'static str,
    /// How many syncs changed something since then.
    pub syncs: u64,
    /// When the first of them was; `None` for none.
    pub from: Option<String>,
    /// How many weaknesses came, changed and went in them.
    pub came: u64,
    /// As above.
    pub changed: u64,
    /// As above.
    pub gone: u64,
    /// Those that touch an asset, the most urgent first.
    pub weaknesses: Vec<SinceRow>,
    /// How many others there are: nobody who was looked at has them.
    pub untouched: u64,
    /// What could not be told.
    pub problems: Vec<ProblemRow>,
}

/// A weakness that came or changed, and who has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SinceRow {
    /// `came` or `changed`.
    pub what: Arc<str>,
    /// Its one name.
    pub weakness: Arc<str>,
    /// One sentence.
    pub title: String,
    /// Without any context.
    pub severity: Severity,
    /// Known to be exploited.
    pub exploited: bool,
    /// How many copies were seen.
    pub total: u64,
    /// Whose they are.
    pub teams: Vec<TeamRow>,
    /// Where they are; not all where there are very many altogether.
    pub assets: Vec<AssetRow>,
}

/// What changed since a time, or since the index that begins with a digest; of one weakness, where one
/// is named.
///
/// # Errors
///
/// Where it is neither, where nobody knows that digest or weakness, or where the record cannot be
/// read.
pub async fn since(
    world: &World,
    data: &Path,
    text: &str,
    id: Option<&str>,
) -> Result<Since, Failure> {
    let (file, _) = index_file::open(world, data);
    let index = Index::open(file.bytes()).map_err(Failure::Ours)?;
    let one = match id {
        Some(id) => Some(index.find(id).ok_or_else(|| unknown(id))?.weakness.id),
        None => None,
    };
    let journal = Journal::read(world, data);
    let syncs = syncs(&journal, text)?;
    let store = record::reader(data).await?;
    let mut out = Since {
        schema: "holdfast/affected-since/1",
        syncs: syncs.len() as u64,
        from: syncs.first().map(|synced| written(synced.at)),
        came: syncs.iter().map(|synced| synced.came).sum(),
        changed: syncs.iter().map(|synced| synced.changed).sum(),
        gone: syncs.iter().map(|synced| synced.gone).sum(),
        weaknesses: Vec::new(),
        untouched: 0,
        problems: Vec::new(),
    };
    for synced in syncs.iter().filter(|synced| synced.list.is_none()) {
        let many = synced.came + synced.changed + synced.gone;
        let message = format!("the sync of {} changed {many} weaknesses", written(synced.at));
        let problem = Problem::new("too-many-changes", message);
        out.problems.push((&problem.help("ask about one: holdfast advisories affected ID")).into());
    }
    let mut room = MOST;
    for (weakness, what) in latest(&syncs) {
        if one.as_ref().is_some_and(|one| one != weakness) || &**what == "gone" {
            continue;
        }
        // What came and went again is in no index.
        let page = Page { after: 0, limit: room };
        let Some(found) = in_record(store.as_ref(), &index, &weakness.0, page).await? else {
            continue;
        };
        if found.total == 0 {
            out.untouched += 1;
            continue;
        }
        room = room.saturating_sub(found.assets.len());
        out.weaknesses.push(row(what, found));
    }
    out.weaknesses.sort_by(|a, b| {
        (b.severity, b.total).cmp(&(a.severity, a.total)).then_with(|| a.weakness.cmp(&b.weakness))
    });
    Ok(out)
}

fn row(what: &Arc<str>, found: Affected) -> SinceRow {
    SinceRow {
        what: Arc::clone(what),
        weakness: found.weakness,
        title: found.title,
        severity: found.severity,
        exploited: found.exploited,
        total: found.total,
        teams: found.teams,
        assets: found.assets,
    }
}

/// What became of each weakness: what came and changed later is still new.
fn latest<'s>(syncs: &[&'s Synced]) -> BTreeMap<&'s WeaknessId, &'s Arc<str>> {
    let mut latest: BTreeMap<&WeaknessId, &Arc<str>> = BTreeMap::new();
    for changed in syncs.iter().filter_map(|synced| synced.list.as_deref()).flatten() {
        latest
            .entry(&changed.weakness)
            .and_modify(|what| {
                if !(&***what == "came" && &*changed.what == "changed") {
                    *what = &changed.what;
                }
            })
            .or_insert(&changed.what);
    }
    latest
}

/// The syncs since a time, or since the index that begins with a digest.
fn syncs<'j>(journal: &'j Journal, text: &str) -> Result<Vec<&'j Synced>, Problem> {
    let all = &journal.syncs;
    if let Some(time) = time(text) {
        return Ok(all.iter().filter(|synced| synced.at >= time).collect());
    }
    let text = text.to_ascii_lowercase();
    let names = |digest: &holdfast_model::Digest| digest.to_string().starts_with(&text);
    let is_digest = text.len() >= SHORTEST && text.chars().all(|c| c.is_ascii_hexdigit());
    if is_digest {
        if let Some(at) = all.iter().rposition(|synced| names(&synced.after)) {
            return Ok(all.iter().skip(at + 1).collect());
        }
        if let Some(at) = all.iter().rposition(|synced| names(&synced.before)) {
            return Ok(all.iter().skip(at).collect());
        }
        let message = format!("no sync here led to or from an index `{text}`");
        return Err(Problem::new("unknown-sync", message)
            .help("name a time instead, as 2026-11-21 or 2026-11-21T06:00:00Z"));
    }
    Err(Problem::new("since-unreadable", format!("`{text}` is neither a time nor a digest"))
        .help("write 2026-11-21, 2026-11-21T06:00:00Z, or the digest that a sync told"))
}

/// A time, or the beginning of a day (UTC).
fn time(text: &str) -> Option<Timestamp> {
    let day = || Timestamp::parse(&format!("{text}T00:00:00Z"));
    let looks_so = text.contains('-');
    looks_so.then(|| Timestamp::parse(text).or_else(day)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::Digest;

    fn synced(before: u8, after: u8, at: &str) -> Synced {
        Synced {
            at: Timestamp::parse(at).unwrap(),
            before: Digest([before; 32]),
            after: Digest([after; 32]),
            came: 1,
            changed: 0,
            gone: 0,
            list: Some(Vec::new()),
        }
    }

    #[test]
    fn a_sync_is_named_by_time_day_or_digest() {
        let journal = Journal {
            syncs: vec![
                synced(0, 1, "2026-11-20T10:00:00Z"),
                synced(1, 2, "2026-11-21T10:00:00Z"),
                synced(2, 3, "2026-11-22T10:00:00Z"),
            ],
        };
        let told = |text: &str| {
            syncs(&journal, text).map(|all| all.iter().map(|one| one.after.0[0]).collect())
        };
        let after = |text: &str| -> Vec<u8> { told(text).unwrap() };
        assert_eq!(after("2026-11-21"), [2, 3]);
        assert_eq!(after("2026-11-21T10:00:01Z"), [3]);
        assert_eq!(after("010101"), [2, 3]);
        assert_eq!(after("000000"), [1, 2, 3]);
        assert_eq!(after("030303"), [0_u8; 0]);
        assert_eq!(told("0909090909").unwrap_err().code, "unknown-sync");
        for text in ["yesterday", "0101", "", "2026-13-41"] {
            assert_eq!(told(text).unwrap_err().code, "since-unreadable", "{text}");
        }
    }
}
