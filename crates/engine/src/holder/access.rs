//! Who comes in: tokens, sign-in links and sessions. Secrets are 256 random bits as base 16; the
//! record only sees their hashes.

use holdfast_model::{Digest, Problem, Timestamp};
use holdfast_store::NewSession;

use super::Holder;
use super::plans::PRACTICE;
use crate::desk::{Done, Person, Session};
use crate::failure::Failure;
use crate::record;

/// How long a session lasts, in milliseconds: a working day.
const SESSION_MS: i64 = 12 * 3_600_000;
/// How long a sign-in link works, in milliseconds: long enough to walk to another screen.
const LINK_MS: i64 = 30 * 60_000;

/// A new secret.
fn secret(holder: &Holder) -> Result<String, Failure> {
    let mut bytes = [0; 32];
    holder.world.random.fill(&mut bytes).map_err(Failure::Ours)?;
    Ok(Digest(bytes).to_string())
}

fn hash(secret: &str) -> Digest {
    Digest::of(secret.as_bytes())
}

/// Only the user who holds the data folder lets others in.
fn only_holder(holder: &Holder, who: &Person) -> Result<(), Failure> {
    if who.name == holder.world.host.user {
        return Ok(());
    }
    let message =
        format!("only `{}`, who holds the data folder, may do this", holder.world.host.user);
    Err(Failure::NotDone(Problem::new("not-permitted", message).help("ask them")))
}

/// Whether practices say yes by names that begin so, in whatever letter case: so people are told
/// apart too. A token of old may have one.
pub(super) fn is_of_practice(name: &str) -> bool {
    name.trim().to_lowercase().starts_with(PRACTICE)
}

/// Makes a token for somebody.
pub(super) async fn issue(holder: &Holder, who: &Person, name: &str) -> Result<Done, Failure> {
    only_holder(holder, who)?;
    if name.eq_ignore_ascii_case(&holder.world.host.user) {
        let message = format!("`{name}` holds the data folder and needs no token");
        let problem = Problem::new("not-permitted", message);
        return Err(Failure::NotDone(problem.help("tokens are for other people")));
    }
    if is_of_practice(name) {
        let message = format!("`{name}` is what practices are called that say yes");
        let problem = Problem::new("not-permitted", message);
        return Err(Failure::NotDone(problem.help("name whom the token is for")));
    }
    let secret = secret(holder)?;
    let now = holder.world.clock.now();
    let mut random = record::random(&holder.world)?;
    holder
        .store
        .token_issue(name, hash(&secret), &who.name, now, &mut random)
        .await
        .map_err(|error| record::ours(&error))?;
    let message = format!("A token for {name}. It is shown once; hand it over in private.");
    Ok(Done { message, plan: None, secret: Some(secret) })
}

/// Makes the tokens and sessions of somebody worthless.
pub(super) async fn revoke(holder: &Holder, who: &Person, name: &str) -> Result<Done, Failure> {
    only_holder(holder, who)?;
    let now = holder.world.clock.now();
    let mut random = record::random(&holder.world)?;
    let count = holder
        .store
        .token_revoke(name, &who.name, now, &mut random)
        .await
        .map_err(|error| record::ours(&error))?;
    let message = match count {
        0 => format!("{name} had no token."),
        1 => format!("The token of {name} and what was opened with it are worthless now."),
        many => format!("The {many} tokens of {name} are worthless now."),
    };
    Ok(Done { message, ..Done::default() })
}

impl Holder {
    /// Makes a link by which the user who holds the data folder signs in, once.
    ///
    /// # Errors
    ///
    /// Where the record cannot be written.
    pub async fn sign_in_secret(&self) -> Result<String, Failure> {
        let secret = secret(self)?;
        let now = self.world.clock.now();
        let until = Timestamp(now.0.saturating_add(LINK_MS));
        self.store
            .link_put(hash(&secret), &self.world.host.user, until, now)
            .await
            .map_err(|error| record::ours(&error))?;
        Ok(secret)
    }

    /// Whom a token belongs to.
    ///
    /// # Errors
    ///
    /// Where it is no token, or the record cannot be read.
    pub async fn person_of_token(&self, token: &str) -> Result<Person, Failure> {
        bearer(self, token).await?.ok_or_else(|| {
            let problem = Problem::new("unknown-token", "this token is worthless");
            problem.help("ask for another: holdfast token issue NAME").into()
        })
    }
}

/// Whom a token belongs to; `None` where it is worthless.
pub(super) async fn bearer(holder: &Holder, token: &str) -> Result<Option<Person>, Failure> {
    let found = holder.store.token_find(hash(token)).await.map_err(|error| record::ours(&error))?;
    Ok(found.map(|token| Person { name: token.name }))
}

/// Opens a session.
pub(super) async fn sign_in(
    holder: &Holder,
    given: &str,
) -> Result<Option<(String, Session)>, Failure> {
    let (session, form_token) = (secret(holder)?, secret(holder)?);
    let now = holder.world.clock.now();
    let until = Timestamp(now.0.saturating_add(SESSION_MS));
    let new = NewSession { secret: hash(&session), form_token, until };
    let mut random = record::random(&holder.world)?;
    let opened = holder
        .store
        .sign_in(hash(given), new, now, &mut random)
        .await
        .map_err(|error| record::ours(&error))?;
    Ok(opened.map(|opened| (session, known(opened))))
}

fn known(session: holdfast_store::Session) -> Session {
    Session {
        person: Person { name: session.name },
        form_token: session.form_token,
        until: session.until,
    }
}

/// The session of a secret.
pub(super) async fn session(holder: &Holder, secret: &str) -> Result<Option<Session>, Failure> {
    let now = holder.world.clock.now();
    let found =
        holder.store.session_find(hash(secret), now).await.map_err(|error| record::ours(&error))?;
    Ok(found.map(known))
}

/// Ends a session.
pub(super) async fn sign_out(holder: &Holder, secret: &str) -> Result<(), Failure> {
    holder.store.session_end(hash(secret)).await.map_err(|error| record::ours(&error))
}
