//! Who may come in: tokens, sessions, sign-in links.
//!
//! These rows are no projections: secrets stand in no entry. What happened does, by name.
//!
//! Only SHA-256 of each secret is kept and compared. A secret is 256 random bits, so that no hash
//! made for passwords is needed; and as whoever guesses cannot choose the hash that is looked up,
//! the time that a lookup takes tells nothing about those that are there.

use holdfast_model::{Digest, Problem, Timestamp};
use serde_json::json;

use crate::entry::{Entry, EntryKind};
use crate::error::StoreError;
use crate::ledger::{Random, append_in};
use crate::store::has_plans;
use crate::tx::{Got, Tx};
use crate::{Store, sql};

/// Longer names are refused, in characters.
const LONGEST_NAME: usize = 64;

/// A token that was issued; its secret is not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// To whom.
    pub name: String,
    /// When.
    pub issued: Timestamp,
    /// When it was made worthless.
    pub revoked: Option<Timestamp>,
}

/// A session to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// SHA-256 of its secret.
    pub secret: Digest,
    /// What every form of it must carry. It stands here as it is: forms are rendered with it, and
    /// alone it opens nothing.
    pub form_token: String,
    /// When it ends.
    pub until: Timestamp,
}

/// A session that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub name: String,
    /// What every form of it must carry.
    pub form_token: String,
    /// When it ends.
    pub until: Timestamp,
}

fn token(row: &Got) -> Result<Token, StoreError> {
    Ok(Token {
        name: row.text("name")?,
        issued: Timestamp(row.int("issued")?),
        revoked: row.maybe_int("revoked")?.map(Timestamp),
    })
}

/// A name that stands in clear in the ledger for ever, and by which people are told apart.
fn named(name: &str) -> Result<(), StoreError> {
    // Letters that look alike would let one person be two.
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._@+-".contains(letter);
    let words = name.split(' ').all(|word| !word.is_empty() && word.chars().all(plain));
    let sound = words && name.chars().count() <= LONGEST_NAME;
    if sound {
        return Ok(());
    }
    let shown: String = name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    let problem = Problem::new("access-name", format!("`{shown}` cannot name a person"));
    let help = "give 1 to 64 letters, digits and `._@+-`, and single spaces in between";
    Err(StoreError::denied(problem.help(help)))
}

fn entry(what: &str, why: String, name: &str, by: &str, now: Timestamp) -> Entry {
    Entry {
        kind: EntryKind::Access,
        happened: now,
        who: by.to_owned(),
        why,
        payload: json!({ "what": what, "name": name }),
    }
}

impl Store {
    /// Keeps a token that `by` issued to somebody; `secret` is SHA-256 of it. A person may have
    /// several.
    ///
    /// # Errors
    ///
    /// `Denied` with `access-name` for a name that cannot be one of a person.
    pub async fn token_issue(
        &self,
        name: &str,
        secret: Digest,
        by: &str,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<(), StoreError> {
        named(name)?;
        let signer = self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        let (hash, owned) = (secret.0.to_vec(), name.to_owned());
        tx.run(&sql::TOKEN_PUT, |q| q.bind(hash).bind(owned).bind(now.0)).await?;
        let why = format!("a token for `{name}` was issued");
        let entry = entry("token_issued", why, name, by, now);
        append_in(&mut tx, signer, &[entry], now, random).await?;
        tx.commit().await
    }

    /// The token of a secret; `None` where there is none or it was revoked.
    pub async fn token_find(&self, secret: Digest) -> Result<Option<Token>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        if !has_plans(&mut tx).await? {
            return Ok(None);
        }
        let row = tx.row(&sql::TOKEN_FIND, |q| q.bind(secret.0.to_vec())).await?;
        row.map(|row| token(&row)).transpose()
    }

    /// Every token that was ever issued, oldest first.
    pub async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        if !has_plans(&mut tx).await? {
            return Ok(Vec::new());
        }
        tx.rows(&sql::TOKEN_LIST, |q| q).await?.iter().map(token).collect()
    }

    /// Makes every token, session and unused link of somebody worthless; how many tokens there
    /// were.
    pub async fn token_revoke(
        &self,
        name: &str,
        by: &str,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<u64, StoreError> {
        let signer = self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        let owned = name.to_owned();
        let tokens = tx.run(&sql::TOKEN_REVOKE, |q| q.bind(owned).bind(now.0)).await?;
        let mut ended = tokens;
        for statement in [&sql::SESSION_DROP_NAMED, &sql::LINK_DROP_NAMED] {
            let owned = name.to_owned();
            ended += tx.run(statement, |q| q.bind(owned)).await?;
        }
        if ended > 0 {
            let why = format!("the tokens and sessions of `{name}` were made worthless");
            let entry = entry("token_revoked", why, name, by, now);
            append_in(&mut tx, signer, &[entry], now, random).await?;
        }
        tx.commit().await?;
        Ok(tokens)
    }

    /// Keeps a link by which somebody can sign in once until a time; `secret` is SHA-256 of what it
    /// carries. Links that are over are deleted.
    ///
    /// # Errors
    ///
    /// `Denied` with `access-name` for a name that cannot be one of a person.
    pub async fn link_put(
        &self,
        secret: Digest,
        name: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        named(name)?;
        self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        tx.run(&sql::LINK_DROP_OVER, |q| q.bind(now.0)).await?;
        let (hash, name) = (secret.0.to_vec(), name.to_owned());
        tx.run(&sql::LINK_PUT, |q| q.bind(hash).bind(name).bind(until.0)).await?;
        tx.commit().await
    }

    /// Opens a session with the secret of a token, or with that of a link, which is used up by it;
    /// `None` where it is neither, is over or was revoked. All of it happens or nothing: a link is
    /// never lost to a crash, a token never revoked in between. Sessions that are over are deleted.
    pub async fn sign_in(
        &self,
        secret: Digest,
        session: NewSession,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<Option<Session>, StoreError> {
        let signer = self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        let row = tx.row(&sql::TOKEN_FIND, |q| q.bind(secret.0.to_vec())).await?;
        let (name, by) = if let Some(row) = row {
            (row.text("name")?, "a token")
        } else {
            let link = tx.row(&sql::LINK_TAKE, |q| q.bind(secret.0.to_vec()).bind(now.0));
            let Some(row) = link.await? else { return Ok(None) };
            (row.text("name")?, "a sign-in link")
        };
        tx.run(&sql::SESSION_DROP_OVER, |q| q.bind(now.0)).await?;
        let NewSession { secret, form_token, until } = session;
        let (hash, owned, form) = (secret.0.to_vec(), name.clone(), form_token.clone());
        tx.run(&sql::SESSION_PUT, |q| q.bind(hash).bind(owned).bind(form).bind(until.0)).await?;
        let entry = entry("signed_in", format!("signed in with {by}"), &name, &name, now);
        append_in(&mut tx, signer, &[entry], now, random).await?;
        tx.commit().await?;
        Ok(Some(Session { name, form_token, until }))
    }

    /// The session of a secret; `None` where there is none or it is over.
    pub async fn session_find(
        &self,
        secret: Digest,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        if !has_plans(&mut tx).await? {
            return Ok(None);
        }
        let row = tx.row(&sql::SESSION_FIND, |q| q.bind(secret.0.to_vec()).bind(now.0)).await?;
        row.map(|row| {
            Ok(Session {
                name: row.text("name")?,
                form_token: row.text("form_token")?,
                until: Timestamp(row.int("until")?),
            })
        })
        .transpose()
    }

    /// Ends a session; one that is not there is over already.
    pub async fn session_end(&self, secret: Digest) -> Result<(), StoreError> {
        self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        tx.run(&sql::SESSION_DROP, |q| q.bind(secret.0.to_vec())).await?;
        tx.commit().await
    }
}
