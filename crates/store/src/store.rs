//! Opening: holder or reader, migrations, the first entry.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use holdfast_model::Timestamp;
use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use tokio::sync::Mutex;

use crate::checkpoint::{Signer, Verifier};
use crate::entry::{Entry, EntryKind};
use crate::error::StoreError;
use crate::ledger::{self, Draft, Random};
use crate::rows::Hex;
use crate::tx::{Context, Faults, Tx};
use crate::{folder, holder, packages, sql};

/// How many bytes a page of a new database has. A report of many findings writes every page twice,
/// to the log and from there to the database, and what the kernel does for each costs more than its
/// bytes. A store that was made with pages of another size keeps them.
pub const PAGE_SIZE: u32 = 8_192;

const ORIGIN: &str = "origin";
const VERIFIER: &str = "verifier";

/// How to open a store.
#[derive(Default, Clone)]
pub struct StoreOptions {
    /// Asked at every step: before each statement (with its name), `before commit`, `after commit`.
    pub faults: Option<Faults>,
    /// The greatest size of the database in pages of [`PAGE_SIZE`]; for tests of a full disk.
    pub most_pages: Option<u32>,
}

/// The ledger and its projections.
pub struct Store {
    // Closed before the lock is given back.
    pub(crate) conn: Mutex<SqliteConnection>,
    pub(crate) context: Context,
    pub(crate) verifier: Verifier,
    signer: Option<Signer>,
    folder: PathBuf,
    lock: Option<File>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("folder", &self.folder)
            .field("holder", &self.lock.is_some())
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store in a folder to write, and makes what is missing: folder (0700), key, and
    /// database (0600). Only one process at a time holds a folder.
    ///
    /// `random` must give bytes fit for keys.
    pub async fn create_or_open(
        dir: &Path,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<Self, StoreError> {
        Self::create_or_open_with(dir, now, random, StoreOptions::default()).await
    }

    /// The same with options.
    pub async fn create_or_open_with(
        dir: &Path,
        now: Timestamp,
        random: Random<'_>,
        options: StoreOptions,
    ) -> Result<Self, StoreError> {
        folder::make(dir)?;
        let lock = folder::hold(dir)?;
        let path = folder::database(dir)?;
        let context = Context { path: path.clone(), faults: options.faults };
        let mut connect = connect_options(&path)
            .page_size(PAGE_SIZE)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // What was redacted must not be left in free pages.
            .pragma("secure_delete", "ON")
            // In kibibytes: a report of many findings does not fit into the default, and every page
            // that has to make room is written and read again.
            .pragma("cache_size", "-32768")
            // In pages, as many as the cache holds: what several transactions of a report write
            // again, as pages of indexes, goes to the database once.
            .pragma("wal_autocheckpoint", "4096");
        if let Some(pages) = options.most_pages {
            connect = connect.pragma("max_page_count", pages.to_string());
        }
        let mut conn = connect.connect().await.map_err(context.error("open"))?;
        migrate(&mut conn, &context, now).await?;
        let signer = begin(&mut conn, &context, dir, now, random).await?;
        Ok(Self {
            conn: Mutex::new(conn),
            context,
            verifier: signer.verifier(),
            signer: Some(signer),
            folder: dir.to_owned(),
            lock: Some(lock),
        })
    }

    /// Opens the store in a folder to read, beside whoever holds it.
    pub async fn open_reader(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(folder::DATABASE);
        let missing = || StoreError::Missing { folder: dir.to_owned() };
        match std::fs::metadata(&path) {
            Ok(file) if file.len() == 0 => return Err(missing()),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(missing()),
            Err(error) => return Err(StoreError::Io { path, error }),
        }
        let context = Context { path: path.clone(), faults: None };
        let options = connect_options(&path).read_only(true);
        let mut conn = match first_read(options.clone(), &context).await {
            Ok(conn) => conn,
            // Whoever made the file ended before the first step of its form was committed.
            Err(error) if error.is_unmade() => return Err(missing()),
            // Where not even the files beside the database may be made, it can still be read if
            // nobody writes: then there is no write-ahead log.
            Err(_) if !dir.join(format!("{}-wal", folder::DATABASE)).exists() => {
                first_read(options.immutable(true), &context).await?
            }
            Err(error) => return Err(error),
        };
        let verifier = {
            let mut tx = Tx::read(&mut conn, &context).await?;
            if known_form(&mut tx).await? == 0 {
                return Err(missing());
            }
            let Some(text) = meta(&mut tx, VERIFIER).await? else {
                // A store that never began has no entry either.
                let any = tx.rows(&sql::ENTRY_LIST, |q| q.bind(0_i64).bind(1_i64)).await?;
                return Err(if any.is_empty() {
                    missing()
                } else {
                    tx.corrupt("the public key of the ledger is gone")
                });
            };
            Verifier::parse(&text).map_err(|error| tx.corrupt(error.to_string()))?
        };
        let (folder, conn) = (dir.to_owned(), Mutex::new(conn));
        Ok(Self { conn, context, verifier, signer: None, folder, lock: None })
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whose signature stands under this ledger's checkpoints.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Closes the database in order. Dropping the store is safe too, but leaves tidying up to the
    /// next one who opens it.
    pub async fn close(self) -> Result<(), StoreError> {
        let Self { conn, context, lock, .. } = self;
        let done = conn.into_inner().close().await.map_err(context.error("close"));
        drop(lock);
        done
    }

    pub(crate) fn signer(&self) -> Result<&Signer, StoreError> {
        let read_only = || StoreError::ReadOnly { path: self.context.path.clone() };
        self.signer.as_ref().ok_or_else(read_only)
    }
}

fn connect_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        // There are some hundred statements; none should be prepared twice.
        .statement_cache_capacity(300)
        .disable_statement_logging()
}

/// Connects and reads once, since a database shows its faults only then.
async fn first_read(
    options: SqliteConnectOptions,
    context: &Context,
) -> Result<SqliteConnection, StoreError> {
    let mut conn = options.connect().await.map_err(context.error("open"))?;
    let mut tx = Tx::read(&mut conn, context).await?;
    tx.row(&sql::MIGRATION_LAST, |q| q).await?;
    drop(tx);
    Ok(conn)
}

/// The number of the last migration; refuses a store of a newer form.
async fn known_form(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let row = tx.row(&sql::MIGRATION_LAST, |q| q).await?;
    let found = match row {
        Some(row) => row.maybe_int("number")?.unwrap_or(0),
        None => 0,
    };
    let known = sql::MIGRATIONS.last().map_or(0, |last| last.number);
    if found > known { Err(StoreError::Newer { found, known }) } else { Ok(found) }
}

/// Whether the tables of plans and access are there: a reader may meet a store that no holder has
/// brought forward yet, in which nothing was ever planned.
pub(crate) async fn has_plans(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(known_form(tx).await? >= sql::PLANS_AND_ACCESS)
}

/// Whether the tables of events, cases and messages are there; see [`has_plans`].
pub(crate) async fn has_events(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(known_form(tx).await? >= sql::EVENTS_AND_OUTBOX)
}

/// Whether an entry may hold many steps; see [`has_plans`].
pub(crate) async fn has_many_steps(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(known_form(tx).await? >= sql::MANY_STEPS)
}

/// Whether holders stand beside the sets they hold; see [`has_plans`].
pub(crate) async fn has_holders(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(known_form(tx).await? >= sql::HOLDERS)
}

/// Whether what a package is stands beside where it stands; see [`has_plans`].
pub(crate) async fn has_packages(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(known_form(tx).await? >= sql::PACKAGES)
}

/// Whether the hosts that are looked at by schedule are kept; see [`has_plans`].
pub(crate) async fn has_hosts(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(known_form(tx).await? >= sql::HOSTS)
}

/// Brings the database forward, each step in a transaction of its own.
async fn migrate(
    conn: &mut SqliteConnection,
    context: &Context,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut tx = Tx::write(conn, context).await?;
    tx.run(&sql::MIGRATION_TABLE, |q| q).await?;
    let found = known_form(&mut tx).await?;
    tx.commit().await?;
    for step in sql::MIGRATIONS.iter().filter(|step| step.number > found) {
        let mut tx = Tx::write(conn, context).await?;
        tx.script(step.name, step.text).await?;
        if step.number == sql::HOLDERS {
            holder::fill(&mut tx).await?;
        }
        if step.number == sql::PACKAGES {
            packages::fill(&mut tx).await?;
        }
        tx.run(&sql::MIGRATION_PUT, |q| q.bind(step.number).bind(step.name).bind(now.0)).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn meta(tx: &mut Tx<'_>, name: &'static str) -> Result<Option<String>, StoreError> {
    let row = tx.row(&sql::META_GET, |q| q.bind(name)).await?;
    row.map(|row| row.text("value")).transpose()
}

/// The signer of this ledger; a new ledger gets an origin, a key and its first entry.
async fn begin(
    conn: &mut SqliteConnection,
    context: &Context,
    dir: &Path,
    now: Timestamp,
    random: Random<'_>,
) -> Result<Signer, StoreError> {
    let mut tx = Tx::write(conn, context).await?;
    if let Some(origin) = meta(&mut tx, ORIGIN).await? {
        let Some(key) = folder::read_key(dir)? else {
            return Err(folder::key_error(dir, "it is gone"));
        };
        let signer = signer(&tx, &origin, &key)?;
        if meta(&mut tx, VERIFIER).await? != Some(signer.verifier().to_string()) {
            return Err(folder::key_error(dir, "it is not the one that signed this ledger"));
        }
        return Ok(signer);
    }
    // A key without a ledger is left by a crash between the two.
    let key = match folder::read_key(dir)? {
        Some(key) => key,
        None => folder::make_key(dir, random)?,
    };
    let mut name = [0; 8];
    random(&mut name);
    let origin = format!("holdfast/{}", Hex(name.to_vec()).text());
    let signer = signer(&tx, &origin, &key)?;
    let verifier = signer.verifier().to_string();
    for (name, value) in [(ORIGIN, origin.clone()), (VERIFIER, verifier.clone())] {
        tx.run(&sql::META_PUT, |q| q.bind(name).bind(value)).await?;
    }
    let entry = Entry {
        kind: EntryKind::StoreOpened,
        happened: now,
        who: "holdfast".to_owned(),
        why: "a new ledger".to_owned(),
        payload: json!({ "origin": origin, "verifier": verifier }),
    };
    ledger::insert(&mut tx, vec![Draft::of(&entry)?], now, random).await?;
    ledger::number(&mut tx, &signer, now).await?;
    tx.commit().await?;
    Ok(signer)
}

fn signer(tx: &Tx<'_>, origin: &str, key: &[u8; 32]) -> Result<Signer, StoreError> {
    Signer::new(origin, key).map_err(|error| tx.corrupt(error.to_string()))
}
