//! Hosts that are looked at by schedule, in the ledger: one entry whenever one is added, changed or
//! removed.

use std::collections::BTreeMap;

use holdfast_model::{ManagedHost, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::entry::{Entry, EntryKind};
use crate::error::StoreError;
use crate::ledger::{Random, append_in};
use crate::project::event::read_host;
use crate::rows::event::HostRow;
use crate::store::has_hosts;
use crate::tx::Tx;
use crate::{Store, sql};

/// The payload of an entry about a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum HostSaid {
    /// It is not looked at any more.
    Removed {
        /// Its address.
        removes: String,
    },
    /// It is looked at from now on.
    Managed(ManagedHost),
}

/// A host that is looked at by schedule, with its entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostRecord {
    /// The entry that said so last.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// The host.
    pub host: ManagedHost,
}

impl Store {
    /// Writes down hosts that are looked at from now on: how many of them are new, and how many are
    /// described otherwise than before. What stands there already writes nothing.
    pub async fn hosts_put(
        &self,
        hosts: &[ManagedHost],
        who: &str,
        why: &str,
        noted: Timestamp,
        random: Random<'_>,
    ) -> Result<(usize, usize), StoreError> {
        let signer = self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        let known = current(&mut tx).await?;
        // Of one address the last one counts, as in the ledger.
        let wanted: BTreeMap<&str, &ManagedHost> =
            hosts.iter().map(|host| (&*host.address, host)).collect();
        let (mut new, mut changed) = (0, 0);
        let mut entries = Vec::new();
        for (address, host) in wanted {
            match known.get(address) {
                Some(before) if before.host == *host => continue,
                Some(_) => changed += 1,
                None => new += 1,
            }
            let payload = serde_json::to_value(host)
                .map_err(|error| StoreError::refused(format!("it cannot be written: {error}")))?;
            let (who, why) = (who.to_owned(), why.to_owned());
            entries.push(Entry { kind: EntryKind::Host, happened: noted, who, why, payload });
        }
        if !entries.is_empty() {
            append_in(&mut tx, signer, &entries, noted, random).await?;
            tx.commit().await?;
        }
        Ok((new, changed))
    }

    /// Writes down that a host is not looked at any more; `false` where it was not anyway.
    pub async fn host_remove(
        &self,
        address: &str,
        who: &str,
        why: &str,
        noted: Timestamp,
        random: Random<'_>,
    ) -> Result<bool, StoreError> {
        let signer = self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        if !current(&mut tx).await?.contains_key(address) {
            return Ok(false);
        }
        let entry = Entry {
            kind: EntryKind::Host,
            happened: noted,
            who: who.to_owned(),
            why: why.to_owned(),
            payload: json!(HostSaid::Removed { removes: address.to_owned() }),
        };
        append_in(&mut tx, signer, &[entry], noted, random).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Every host that is looked at by schedule, by address.
    pub async fn hosts(&self) -> Result<Vec<HostRecord>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        if !has_hosts(&mut tx).await? {
            return Ok(Vec::new());
        }
        Ok(current(&mut tx).await?.into_values().collect())
    }
}

/// How each host stands, by address.
async fn current(tx: &mut Tx<'_>) -> Result<BTreeMap<String, HostRecord>, StoreError> {
    let mut hosts = BTreeMap::new();
    for row in tx.rows(&sql::MANAGED_HOST_ALL, |q| q).await? {
        let seq = row.count("seq")?;
        let HostRow { address, removed, at, document, .. } = read_host(&row)?;
        if removed != 0 {
            hosts.remove(&address);
            continue;
        }
        let host = serde_json::from_str(&document)
            .map_err(|error| tx.corrupt(format!("host {seq} cannot be read: {error}")))?;
        hosts.insert(address, HostRecord { seq, at: Timestamp(at), host });
    }
    Ok(hosts)
}
