//! Who has a package: from its name over the deduplicated sets of components to the assets that hold
//! them. Two indexes answer it; nothing is scanned, and no set is unpacked.
//!
//! Knows how holders of a set are written and read again. Must not know which versions are bad.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{Asset, AssetId, Component, Coverage, Digest, Place, Standing, WeaknessId};

use crate::error::StoreError;
use crate::rows::{AssetSetRow, Scope};
use crate::segment::Segment;
use crate::store::has_packages;
use crate::tx::{Got, Tx};
use crate::{Store, codes, packages, sql};

/// Between the parts of a holder's line: the unit separator of ASCII, which no name contains.
const BETWEEN: char = '\u{1f}';

/// The sensor of what a feed says of packages that a look saw before: no look, so that it is never
/// the last one.
pub const ADVISORIES: &str = "advisories";

/// Somebody who has a set of packages: one copy of an asset.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holder {
    /// The asset.
    pub asset: AssetId,
    /// Which copy of it.
    pub standing: Standing,
    /// Who owns it.
    pub team: Arc<str>,
    /// Its name for people.
    pub name: Arc<str>,
}

impl Holder {
    /// As one line: asset, copy, team, name.
    pub(crate) fn line(asset: &Asset, standing: i64) -> String {
        let (before, behind) = Self::around(asset);
        format!("{before}{standing}{behind}")
    }

    /// What stands before the copy and behind it.
    fn around(asset: &Asset) -> (String, String) {
        let plain = |text: &str| text.replace([BETWEEN, '\n'], " ");
        let before = format!("{}{BETWEEN}", plain(&asset.id.0));
        (before, format!("{BETWEEN}{}{BETWEEN}{}", plain(&asset.team), plain(&asset.name)))
    }

    fn of_line(line: &str) -> Option<Self> {
        let mut parts = line.split(BETWEEN);
        let (asset, standing) = (parts.next()?, parts.next()?.parse().ok()?);
        let (team, name) = (parts.next()?, parts.next()?);
        Some(Self {
            asset: AssetId(asset.into()),
            standing: codes::standing_of(standing)?,
            team: team.into(),
            name: name.into(),
        })
    }
}

/// Copies of a package that stand at the same place of the same set, and who holds that set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copies {
    /// Where it was read.
    pub place: Place,
    /// The set.
    pub set: Digest,
    /// Who holds it, by id; fewer than `held` where a bound was reached.
    pub holders: Arc<[Holder]>,
    /// How many looks hold the set.
    pub held: u64,
}

/// What a look of an asset saw, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldSet {
    /// By which sensor.
    pub sensor: String,
    /// Whether it saw everything.
    pub coverage: Coverage,
    /// The set.
    pub set: Digest,
}

impl Store {
    /// Whether it can be told who has what: a reader may meet a store that no holder has brought
    /// forward yet.
    pub async fn tells_packages(&self) -> Result<bool, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        has_packages(&mut tx).await
    }

    /// The packages that somebody has under a name, each different one once and at no place: those
    /// that are called so, and those that are built from a source package that is. The name is as the
    /// ecosystem compares it, whichever ecosystem that is. None where [`Self::tells_packages`] says so.
    pub async fn packages_named(&self, name: &str) -> Result<Vec<Component>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        if !has_packages(&mut tx).await? {
            return Ok(Vec::new());
        }
        packages::named(&mut tx, name).await
    }

    /// Who has a package: the last full look of each asset and copy, and the partial one since.
    /// All copies are counted; holders are named until there are `most` of them.
    pub async fn copies_with(
        &self,
        package: &Component,
        most: u64,
    ) -> Result<Vec<Copies>, StoreError> {
        let about = About(packages::names(package).0, packages::text(package));
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        if !has_packages(&mut tx).await? {
            return Ok(Vec::new());
        }
        let of = about.clone();
        let rows = tx.rows(&sql::COMPONENT_COPIES, |q| q.bind(of.0).bind(of.1)).await?;
        let mut copies = Vec::with_capacity(rows.len());
        for row in &rows {
            copies.push((row.int("number")?, copy(row)?));
        }
        let sets: BTreeMap<i64, u64> =
            copies.iter().map(|(number, copy)| (*number, copy.held)).collect();
        let holders = holders(&mut tx, &about, &sets, most).await?;
        for (number, copy) in &mut copies {
            if let Some(of_set) = holders.get(number) {
                copy.holders = Arc::clone(of_set);
            }
        }
        Ok(copies.into_iter().map(|(_, copy)| copy).collect())
    }

    /// The sets that the looks at one copy of an asset hold, by sensor.
    pub async fn sets_of(
        &self,
        asset: &AssetId,
        standing: Standing,
    ) -> Result<Vec<HeldSet>, StoreError> {
        let (asset, standing) = (asset.0.to_string(), codes::standing(standing));
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let rows = tx.rows(&sql::ASSET_SET_ALL, |q| q.bind(asset).bind(standing)).await?;
        let held = |row: &Got| {
            let coverage = if row.int("coverage")? == codes::coverage(Coverage::Full) {
                Coverage::Full
            } else {
                Coverage::Partial
            };
            Ok(HeldSet { sensor: row.text("sensor")?, coverage, set: row.digest("digest")? })
        };
        rows.iter().map(held).collect()
    }

    /// Everything of a set, as it was seen; `None` where its segment is no longer kept.
    pub async fn set(&self, set: Digest) -> Result<Option<Vec<Component>>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let row = tx.row(&sql::SEGMENT_GET, |q| q.bind(set.0.to_vec())).await?;
        let Some(row) = row else { return Ok(None) };
        let components =
            Segment::unpack(set, &row.bytes("bytes")?).and_then(|segment| segment.components());
        components
            .map(Some)
            .map_err(|error| tx.corrupt(format!("a package set cannot be read: {error}")))
    }

    /// The assets, and the copies of them, of which the record knows a weakness by this name.
    pub async fn assets_known_with(
        &self,
        weakness: &WeaknessId,
    ) -> Result<Vec<(AssetId, Standing)>, StoreError> {
        let weakness = weakness.0.to_string();
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let rows = tx.rows(&sql::FINDING_ASSETS, |q| q.bind(weakness)).await?;
        let pair = |row: &Got| {
            let standing = codes::standing_of(row.int("standing")?)
                .ok_or_else(|| tx.corrupt("a standing is unknown"))?;
            Ok((AssetId(row.text("asset")?.into()), standing))
        };
        rows.iter().map(pair).collect()
    }
}

/// The name of a package, and what it is.
#[derive(Clone)]
struct About(String, String);

fn copy(row: &Got) -> Result<Copies, StoreError> {
    let small = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(Copies {
        place: Place {
            path: row.text("path")?.into(),
            line: small(row.int("line")?),
            column: small(row.int("col")?),
        },
        set: row.digest("digest")?,
        holders: [].into(),
        held: row.count("held")?,
    })
}

/// The holders of sets that have a version of a package, until there are `most`; all of each set, so
/// that there may be more, but never more than twice as many.
async fn holders(
    tx: &mut Tx<'_>,
    about: &About,
    sets: &BTreeMap<i64, u64>,
    most: u64,
) -> Result<BTreeMap<i64, Arc<[Holder]>>, StoreError> {
    let mut of = BTreeMap::new();
    let (mut named, mut from) = (0_u64, i64::MIN);
    let mut until = None;
    for (number, held) in sets {
        if named >= most {
            break;
        }
        named = named.saturating_add(*held);
        if *held <= most {
            until = Some(*number);
            continue;
        }
        // So many hold this one that only some are read.
        range(tx, about, (from, number.saturating_sub(1)), &mut of).await?;
        (from, until) = (number.saturating_add(1), None);
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        let row = tx.row(&sql::HOLDERS_SOME, |q| q.bind(*number).bind(limit)).await?;
        let lines = row.and_then(|row| row.maybe_text("holders").transpose()).transpose()?;
        of.insert(*number, read(tx, &lines.unwrap_or_default())?);
    }
    if let Some(until) = until {
        range(tx, about, (from, until), &mut of).await?;
    }
    Ok(of)
}

/// The holders of the sets from one number to another.
async fn range(
    tx: &mut Tx<'_>,
    about: &About,
    (from, until): (i64, i64),
    of: &mut BTreeMap<i64, Arc<[Holder]>>,
) -> Result<(), StoreError> {
    let About(name, package) = about.clone();
    let rows =
        tx.rows(&sql::HOLDERS_OF, |q| q.bind(name).bind(package).bind(from).bind(until)).await?;
    for row in rows {
        let lines = row.maybe_text("holders")?.unwrap_or_default();
        of.insert(row.int("number")?, read(tx, &lines)?);
    }
    Ok(())
}

/// Holders in the order of their lines, each once: several sensors may have seen the same.
fn read(tx: &Tx<'_>, lines: &str) -> Result<Arc<[Holder]>, StoreError> {
    let mut holders: Vec<Holder> = Vec::new();
    for line in lines.lines() {
        let holder = Holder::of_line(line).ok_or_else(|| tx.corrupt("a holder cannot be read"))?;
        if holders.last() != Some(&holder) {
            holders.push(holder);
        }
    }
    Ok(holders.into())
}

/// Writes what is shown of an asset where it holds a set already.
pub(crate) async fn renew(tx: &mut Tx<'_>, asset: &Asset) -> Result<(), StoreError> {
    let (id, (before, behind)) = (asset.id.0.to_string(), Holder::around(asset));
    tx.run(&sql::ASSET_SET_HOLDER, |q| q.bind(id).bind(before).bind(behind)).await?;
    Ok(())
}

/// The same for the projections in memory.
pub(crate) fn renew_in(sets: &mut BTreeMap<(Scope, i64), AssetSetRow>, asset: &Asset) {
    let id = asset.id.0.to_string();
    let first = Scope { asset: id, standing: i64::MIN, sensor: String::new() };
    for ((scope, _), row) in sets.range_mut((first, i64::MIN)..) {
        if *scope.asset != *asset.id.0 {
            break;
        }
        row.holder = Holder::line(asset, scope.standing);
    }
}

/// Writes what is shown of every holder, after the step that made room for it.
pub(crate) async fn fill(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    for row in tx.rows(&sql::ASSET_LIST, |q| q).await? {
        renew(tx, &asset_of(tx, &row.text("document")?)?).await?;
    }
    Ok(())
}

pub(crate) fn asset_of(tx: &Tx<'_>, document: &str) -> Result<Asset, StoreError> {
    serde_json::from_str(document)
        .map_err(|error| tx.corrupt(format!("an asset cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::AssetKind;

    #[test]
    fn a_holder_is_read_as_it_was_written() {
        let id = AssetId("host:4f".into());
        let asset = Asset::new(id.clone(), AssetKind::Host, "web\u{1f}1\n", "pay\nments");
        for standing in [Standing::Working, Standing::Trunk, Standing::Deployed] {
            let line = Holder::line(&asset, codes::standing(standing));
            assert!(!line.contains('\n'));
            let holder = Holder::of_line(&line).unwrap();
            assert_eq!((&holder.asset, holder.standing), (&id, standing));
            assert_eq!((&*holder.team, &*holder.name), ("pay ments", "web 1 "));
        }
        assert_eq!(Holder::of_line("host:4f"), None);
        assert_eq!(Holder::of_line("host:4f\u{1f}x\u{1f}t\u{1f}n"), None);
    }
}
