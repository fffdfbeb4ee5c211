//! Questions to the projections.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{
    Acceptance, Asset, AssetId, FindingKind, Key, Known, NotAssessed, Observation, Place, Standing,
    Timestamp, Transition,
};
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::rows::Scope;
use crate::tx::{Got, Tx};
use crate::{Store, batch, codes, look, sql};

/// How many keys an ambiguous prefix is answered with.
const MOST_KEYS: i64 = 20;

/// Which findings are wanted; the default is all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only those that count as open.
    pub open_only: bool,
    /// Only of this asset.
    pub asset: Option<AssetId>,
    /// Only in this copy.
    pub standing: Option<Standing>,
    /// Only of this kind.
    pub kind: Option<FindingKind>,
}

/// What the beginning of a key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prefix {
    /// No finding's key begins so.
    None,
    /// This one.
    One(Key),
    /// Several; at most 20 are given.
    Ambiguous(Vec<Key>),
}

/// Where a component is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whereabouts {
    /// On which asset.
    pub asset: AssetId,
    /// In which copy.
    pub standing: Standing,
    /// In which version.
    pub version: Option<Arc<str>>,
    /// Where it was read.
    pub place: Place,
}

fn parse<T: DeserializeOwned>(tx: &Tx<'_>, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| tx.corrupt(format!("a document cannot be read: {error}")))
}

/// A finding, with the time at which the look that saw it last was repeated unchanged: unchanged
/// looks move only their own time, and what they saw, they saw again.
fn known(
    tx: &Tx<'_>,
    text: &str,
    seen: impl FnOnce(i64) -> Option<i64>,
) -> Result<Known, StoreError> {
    let mut known: Known = parse(tx, text)?;
    if known.finding.state.is_open()
        && let Some(seen) = seen(known.last_seen.0)
    {
        known.last_seen = known.last_seen.max(Timestamp(seen));
    }
    Ok(known)
}

/// The lowest and highest key that begins with some letters; `None` where they cannot begin one.
fn bounds(prefix: &str) -> Option<(Key, Key)> {
    const LENGTH: usize = 26;
    if prefix.is_empty() || prefix.len() > LENGTH || !prefix.is_ascii() {
        return None;
    }
    let fill = |letter: &str| {
        let rest = letter.repeat(LENGTH - prefix.len());
        Key::parse(&format!("{prefix}{rest}"))
    };
    Some((fill("0")?, fill("Z")?))
}

impl Store {
    /// What is known of an asset in one copy, closed findings included.
    pub async fn known(
        &self,
        asset: &AssetId,
        standing: Standing,
    ) -> Result<BTreeMap<Key, Known>, StoreError> {
        let filter =
            Filter { asset: Some(asset.clone()), standing: Some(standing), ..Filter::default() };
        let found = self.findings(&filter).await?;
        Ok(found.into_iter().map(|known| (known.finding.key, known)).collect())
    }

    /// The findings that a filter lets through, by key and standing.
    pub async fn findings(&self, filter: &Filter) -> Result<Vec<Known>, StoreError> {
        Ok(self.findings_on(filter).await?.into_iter().map(|(_, known)| known).collect())
    }

    /// The same, each with the asset that it is on.
    pub async fn findings_on(&self, filter: &Filter) -> Result<Vec<(AssetId, Known)>, StoreError> {
        let asset = filter.asset.as_ref().map(|asset| asset.0.to_string());
        // One text with `OR` would keep SQLite from using the index on the asset.
        let statement = if asset.is_some() { &sql::FINDING_OF } else { &sql::FINDING_ALL };
        let standing = filter.standing.map(codes::standing);
        let kind = filter.kind.map(codes::kind);
        let most = if filter.open_only { 1_i64 } else { i64::MAX };
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        // Of one asset, nothing is read of all the others: a report asks so for each of its hosts.
        let seen = match asset.clone() {
            Some(asset) => tx.rows(&sql::SEEN_AGAIN_OF, |q| q.bind(asset)).await?,
            None => tx.rows(&sql::SEEN_AGAIN, |q| q).await?,
        };
        let mut again = BTreeMap::new();
        for row in seen {
            let of = (row.text("asset")?, row.int("standing")?, row.int("at")?);
            again.insert(of, row.int("seen_at")?);
        }
        let rows =
            tx.rows(statement, |q| q.bind(asset).bind(standing).bind(kind).bind(most)).await?;
        let mut found = Vec::new();
        for row in rows {
            let mut of = (row.text("asset")?, row.int("standing")?, 0);
            let asset = AssetId(of.0.as_str().into());
            for line in row.text("documents")?.split('\n') {
                let known = known(&tx, line, |at| {
                    of.2 = at;
                    again.get(&of).copied()
                })?;
                found.push((asset.clone(), known));
            }
        }
        found.sort_by_key(|(_, one)| (one.finding.key, codes::standing(one.finding.standing)));
        Ok(found)
    }

    /// One finding in each copy where it is known.
    pub async fn finding(&self, key: Key) -> Result<Vec<Known>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let rows = tx.rows(&sql::FINDING_BY_KEY, |q| q.bind(key.0.to_vec())).await?;
        rows.iter()
            .map(|row| {
                let seen = row.maybe_int("seen_at")?;
                known(&tx, &row.text("document")?, |_| seen)
            })
            .collect()
    }

    /// Finds the key that begins with some letters, in either case.
    pub async fn find_by_prefix(&self, prefix: &str) -> Result<Prefix, StoreError> {
        let Some((low, high)) = bounds(prefix) else { return Ok(Prefix::None) };
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let rows = tx
            .rows(&sql::FINDING_BETWEEN, |q| {
                q.bind(low.0.to_vec()).bind(high.0.to_vec()).bind(MOST_KEYS)
            })
            .await?;
        let mut keys = Vec::with_capacity(rows.len());
        for row in rows {
            let key = row.bytes("key")?.try_into().map(Key);
            keys.push(key.map_err(|_| tx.corrupt("a key has the wrong length"))?);
        }
        Ok(match keys.as_slice() {
            [] => Prefix::None,
            [one] => Prefix::One(*one),
            _ => Prefix::Ambiguous(keys),
        })
    }

    /// Every step of a finding, in every copy, with the number of its entry, which may hold steps
    /// of others too.
    pub async fn history(&self, key: Key) -> Result<Vec<(u64, Transition)>, StoreError> {
        #[derive(serde::Deserialize)]
        struct Payload {
            body: serde_json::Value,
        }
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let rows = tx.rows(&sql::TRANSITION_HISTORY, |q| q.bind(key.0.to_vec())).await?;
        let mut history = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(payload) = row.maybe_text("payload")? else { continue };
            let seq = row.count("seq")?;
            let body = parse::<Payload>(&tx, &payload)?.body;
            let steps = batch::steps(&body);
            let steps =
                steps.map_err(|error| tx.corrupt(format!("the steps of entry {seq}: {error}")))?;
            let own = steps.into_iter().filter(|step| step.key == key);
            history.extend(own.map(|step| (seq, step)));
        }
        Ok(history)
    }

    /// What could not be judged.
    pub async fn not_assessed(
        &self,
        asset: Option<&AssetId>,
        standing: Option<Standing>,
    ) -> Result<Vec<NotAssessed>, StoreError> {
        let asset = asset.map(|asset| asset.0.to_string());
        let standing = standing.map(codes::standing);
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let rows = tx.rows(&sql::NOT_ASSESSED_OF, |q| q.bind(asset).bind(standing)).await?;
        rows.iter().map(|row| parse(&tx, &row.text("document")?)).collect()
    }

    /// Every asset that was looked at, by id.
    pub async fn assets(&self) -> Result<Vec<Asset>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let rows = tx.rows(&sql::ASSET_LIST, |q| q).await?;
        rows.iter().map(|row| parse(&tx, &row.text("document")?)).collect()
    }

    /// One asset that was looked at.
    pub async fn asset(&self, id: &AssetId) -> Result<Option<Asset>, StoreError> {
        let id = id.0.to_string();
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let row = tx.row(&sql::ASSET_GET, |q| q.bind(id)).await?;
        row.map(|row| parse(&tx, &row.text("document")?)).transpose()
    }

    /// Every acceptance in the ledger whose payload is still there, with its entry, oldest first.
    /// A later one of the same file, `covers` and `subject` replaces an earlier one: so an approver is
    /// added, a day moved.
    pub async fn acceptances(&self) -> Result<Vec<(u64, Acceptance)>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let mut last = BTreeMap::new();
        for row in tx.rows(&sql::ACCEPTANCE_LIST, |q| q).await? {
            let seq = row.count("seq")?;
            let acceptance: Acceptance = parse(&tx, &row.text("document")?)?;
            let of = (
                Arc::clone(&acceptance.place.path),
                Arc::clone(&acceptance.covers),
                Arc::clone(&acceptance.subject),
            );
            last.insert(of, (seq, acceptance));
        }
        let mut acceptances: Vec<_> = last.into_values().collect();
        acceptances.sort_by_key(|(seq, _)| *seq);
        Ok(acceptances)
    }

    /// Who has a component: the last full look of each asset and copy, and the partial one since.
    /// The name is as the ecosystem compares it, the ecosystem with its release.
    pub async fn assets_with(
        &self,
        ecosystem: &holdfast_model::Ecosystem,
        name: &str,
    ) -> Result<Vec<Whereabouts>, StoreError> {
        let (ecosystem, name) = (ecosystem.as_str().to_owned(), name.to_owned());
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let rows = tx.rows(&sql::ASSETS_WITH, |q| q.bind(ecosystem).bind(name)).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let standing = codes::standing_of(row.int("standing")?);
            let small = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
            found.push(Whereabouts {
                asset: AssetId(row.text("asset")?.into()),
                standing: standing.ok_or_else(|| tx.corrupt("a standing is unknown"))?,
                version: row.maybe_text("version")?.map(Into::into),
                place: Place {
                    path: row.text("path")?.into(),
                    line: small(row.int("line")?),
                    column: small(row.int("col")?),
                },
            });
        }
        Ok(found)
    }

    /// The last look at one copy of an asset, whatever its sensor and coverage; what a feed said
    /// since is none. Its time is that of the last unchanged repetition.
    pub async fn last_observation(
        &self,
        asset: &AssetId,
        standing: Standing,
    ) -> Result<Option<Observation>, StoreError> {
        self.last_observation_by(asset, standing, None).await
    }

    /// The same of one sensor, where one is given.
    pub async fn last_observation_by(
        &self,
        asset: &AssetId,
        standing: Standing,
        sensor: Option<&str>,
    ) -> Result<Option<Observation>, StoreError> {
        let (asset, standing) = (asset.0.to_string(), codes::standing(standing));
        let sensor = sensor.map(ToOwned::to_owned);
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let row =
            tx.row(&sql::OBSERVATION_LAST, |q| q.bind(asset).bind(standing).bind(sensor)).await?;
        row.map(|row| observation(&tx, &row)).transpose()
    }

    /// Whether no finding of one copy of an asset was written since the last look of a sensor, and
    /// none stands or was seen at a time that this look could not know: a look that sees the same
    /// again then changes nothing but the time, whenever it was.
    pub async fn untouched_since(
        &self,
        asset: &AssetId,
        standing: Standing,
        sensor: &str,
    ) -> Result<bool, StoreError> {
        let scope = Scope {
            asset: asset.0.to_string(),
            standing: codes::standing(standing),
            sensor: sensor.to_owned(),
        };
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        look::untouched(&mut tx, &scope).await
    }

    /// The last look at each copy of each asset, by asset and copy, as [`Store::last_observation`]
    /// gives it.
    pub async fn asset_observations(&self) -> Result<Vec<Observation>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let rows = tx.rows(&sql::OBSERVATION_CURRENT, |q| q).await?;
        rows.iter().map(|row| observation(&tx, row)).collect()
    }

    /// Every look whose packages are kept, and what feeds said of them since, by asset and copy: by
    /// which index each was judged. What scanners report is judged by none, and is left out.
    pub async fn judged_observations(&self) -> Result<Vec<Observation>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let rows = tx.rows(&sql::OBSERVATION_JUDGED, |q| q).await?;
        rows.iter().map(|row| observation(&tx, row)).collect()
    }
}

fn observation(tx: &Tx<'_>, row: &Got) -> Result<Observation, StoreError> {
    let mut observation = look::read_observation(tx, row)?;
    if let Some(seen) = row.maybe_int("seen_at")? {
        observation.at = observation.at.max(Timestamp(seen));
    }
    Ok(observation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bounds_hold_exactly_the_keys_that_begin_so(
            key: [u8; 16], other: [u8; 16], length in 1..=26_usize
        ) {
            let (key, other) = (Key(key), Key(other));
            let prefix: String = key.to_string().chars().take(length).collect();
            let (low, high) = bounds(&prefix.to_lowercase()).unwrap();
            prop_assert!(low <= key && key <= high);
            let begins = other.to_string().starts_with(&prefix);
            prop_assert_eq!(begins, low <= other && other <= high);
        }
    }

    #[test]
    fn what_begins_no_key_is_refused() {
        for prefix in ["", "I", "K-", "ü", &"0".repeat(27)] {
            assert_eq!(bounds(prefix), None, "{prefix}");
        }
    }
}
