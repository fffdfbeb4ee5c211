//! Announcements in the ledger: said beforehand, approved, asked for.
//!
//! An announcement's id is the number of its entry, so nobody can choose it. Whether one covers an
//! event, and whether it needs a yes, is for the room that compares them.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{Announcement, Problem, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::entry::{Entry, EntryKind};
use crate::error::StoreError;
use crate::ledger::{Random, append_in};
use crate::project::event::read_announcement;
use crate::rows::event::AnnouncementRow;
use crate::store::has_events;
use crate::tx::Tx;
use crate::{Store, sql};

/// The payload of a yes to an announcement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Approves {
    /// The announcement's id.
    pub(crate) approves: String,
    /// Who said so.
    pub(crate) by: String,
}

/// Reads an announcement from its payload, which has neither `id` nor `noted`: its entry says both.
pub(crate) fn read(payload: &Value, seq: i64, noted: Timestamp) -> Result<Announcement, String> {
    let Value::Object(fields) = payload else {
        return Err("the payload is no announcement".to_owned());
    };
    let mut fields = fields.clone();
    fields.insert("id".to_owned(), json!(seq.to_string()));
    fields.insert("noted".to_owned(), json!(noted));
    Announcement::deserialize(Value::Object(fields))
        .map_err(|error| format!("the payload is no announcement: {error}"))
}

/// The payload of an announcement.
fn payload(said: &Announcement) -> Result<Value, StoreError> {
    let mut payload = serde_json::to_value(said)
        .map_err(|error| StoreError::refused(format!("it cannot be written: {error}")))?;
    if let Value::Object(fields) = &mut payload {
        fields.remove("id");
        fields.remove("noted");
    }
    Ok(payload)
}

impl Store {
    /// Writes an announcement down, and returns it as it stands in the record: with the id of its
    /// entry, noted now whatever was given. The same one again is another one.
    pub async fn announce(
        &self,
        said: &Announcement,
        noted: Timestamp,
        random: Random<'_>,
    ) -> Result<Announcement, StoreError> {
        let entry = Entry {
            kind: EntryKind::Announcement,
            happened: noted,
            who: said.by.clone(),
            why: said.because.clone(),
            payload: payload(said)?,
        };
        let committed = self.record(&[entry], noted, random, None).await?;
        let id = Arc::from(committed.seqs.start.to_string());
        Ok(Announcement { id, noted, ..said.clone() })
    }

    /// Writes down that somebody said yes to an announcement. The same person again writes nothing.
    ///
    /// # Errors
    ///
    /// `Denied` with `announcement-unknown`.
    pub async fn announcement_approve(
        &self,
        id: &str,
        by: &str,
        noted: Timestamp,
        random: Random<'_>,
    ) -> Result<(), StoreError> {
        let signer = self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        let all = all(&mut tx).await?;
        let Some(known) = all.iter().find(|known| &*known.id == id) else {
            let problem = Problem::new(
                "announcement-unknown",
                format!("the record holds no announcement `{id}`"),
            );
            return Err(StoreError::denied(problem.help("`holdfast announce` lists them")));
        };
        if known.approver.as_deref() == Some(by) {
            return Ok(());
        }
        let entry = Entry {
            kind: EntryKind::Announcement,
            happened: noted,
            who: by.to_owned(),
            why: format!("announcement {id} is expected"),
            payload: json!(Approves { approves: id.to_owned(), by: by.to_owned() }),
        };
        append_in(&mut tx, signer, &[entry], noted, random).await?;
        tx.commit().await
    }

    /// Every announcement whose payload is still there, oldest first, each with its last yes.
    pub async fn announcements(&self) -> Result<Vec<Announcement>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        if !has_events(&mut tx).await? {
            return Ok(Vec::new());
        }
        all(&mut tx).await
    }
}

async fn all(tx: &mut Tx<'_>) -> Result<Vec<Announcement>, StoreError> {
    let mut all = BTreeMap::new();
    for row in tx.rows(&sql::ANNOUNCEMENT_LIST, |q| q).await? {
        let AnnouncementRow { seq, of, noted, document } = read_announcement(&row)?;
        let unreadable =
            |error: String| tx.corrupt(format!("announcement {seq} cannot be read: {error}"));
        let payload: Value =
            serde_json::from_str(&document).map_err(|error| unreadable(error.to_string()))?;
        let Some(of) = of else {
            let said = read(&payload, seq, Timestamp(noted)).map_err(unreadable)?;
            all.insert(seq, said);
            continue;
        };
        let yes = Approves::deserialize(&payload).map_err(|error| unreadable(error.to_string()))?;
        if let Some(said) = all.get_mut(&of) {
            said.approver = Some(yes.by);
        }
    }
    Ok(all.into_values().collect())
}
