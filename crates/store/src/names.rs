//! Which names of packages other assets use: a question to the index of components, name by name.
//!
//! Must not know which names look like others.

use std::collections::BTreeMap;

use holdfast_model::{AssetId, Ecosystem};

use crate::error::StoreError;
use crate::tx::Tx;
use crate::{Store, sql};

impl Store {
    /// How many assets other than this one have a package by each of these names, counted up to
    /// `most`; names that nobody else has are left out. Names are as the ecosystem compares them.
    ///
    /// # Errors
    ///
    /// Where the record cannot be read.
    pub async fn used_elsewhere(
        &self,
        asset: &AssetId,
        ecosystem: &Ecosystem,
        names: &[String],
        most: u32,
    ) -> Result<BTreeMap<String, u64>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let mut used = BTreeMap::new();
        for part in names.chunks(MOST_AT_ONCE) {
            let (ecosystem, asset) = (ecosystem.as_str().to_owned(), asset.0.to_string());
            let json = serde_json::Value::from(part.to_vec()).to_string();
            let rows = tx
                .rows(&sql::COMPONENT_USED, |q| {
                    q.bind(ecosystem).bind(asset).bind(i64::from(most)).bind(json)
                })
                .await?;
            for row in rows {
                used.insert(row.text("name")?, row.count("assets")?);
            }
        }
        Ok(used)
    }
}

/// So many names are asked about in one statement.
const MOST_AT_ONCE: usize = 5_000;
