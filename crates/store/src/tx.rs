//! One transaction: the only way by which statements reach the database, so that faults can be
//! injected before each of them and on both sides of the commit.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Connection as _, Row as _, Sqlite, SqliteConnection, Transaction};

use crate::error::StoreError;
use crate::sql::{self, Statement};

/// So many rows travel in one parameter,
const MOST_ROWS: usize = 5_000;
/// or so many bytes of them, and the row that went beyond.
const MOST_BYTES: usize = 4 << 20;
/// So many bytes travel beside rows, and the text that went beyond: few enough to stay in a
/// processor's cache.
pub(crate) const MOST_BESIDE: usize = 512 << 10;

/// A fault to inject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The process dies here: the call ends at once, the transaction is dropped.
    Crash,
}

/// Asked at every step with its name; for tests.
pub type Faults = Arc<dyn Fn(&'static str) -> Result<(), Fault> + Send + Sync>;

/// What a transaction needs to know beside its connection.
#[derive(Clone, Default)]
pub(crate) struct Context {
    pub(crate) path: PathBuf,
    pub(crate) faults: Option<Faults>,
}

impl Context {
    pub(crate) fn reach(&self, step: &'static str) -> Result<(), StoreError> {
        match self.faults.as_ref().map(|faults| faults(step)) {
            Some(Err(Fault::Crash)) => Err(StoreError::Fault { at: step }),
            Some(Ok(())) | None => Ok(()),
        }
    }

    pub(crate) fn error(&self, doing: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
        move |error| StoreError::database(error, doing, &self.path)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("path", &self.path).finish_non_exhaustive()
    }
}

pub(crate) type Q<'q> = Query<'q, Sqlite, SqliteArguments>;

/// An open transaction; dropping it takes everything back.
pub(crate) struct Tx<'c> {
    inner: Transaction<'c, Sqlite>,
    context: &'c Context,
}

impl<'c> Tx<'c> {
    /// Begins to write: no other writer can come between.
    pub(crate) async fn write(
        conn: &'c mut SqliteConnection,
        context: &'c Context,
    ) -> Result<Self, StoreError> {
        context.reach(sql::BEGIN.name)?;
        let inner =
            conn.begin_with(sql::BEGIN.text).await.map_err(context.error(sql::BEGIN.name))?;
        Ok(Self { inner, context })
    }

    /// Begins to read: all statements see the same state.
    pub(crate) async fn read(
        conn: &'c mut SqliteConnection,
        context: &'c Context,
    ) -> Result<Self, StoreError> {
        let inner = conn.begin().await.map_err(context.error("begin"))?;
        Ok(Self { inner, context })
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        self.context.reach("before commit")?;
        self.inner.commit().await.map_err(self.context.error("commit"))?;
        self.context.reach("after commit")
    }

    /// Runs a statement; how many rows it changed.
    pub(crate) async fn run<'q>(
        &mut self,
        statement: &Statement,
        bind: impl FnOnce(Q<'q>) -> Q<'q>,
    ) -> Result<u64, StoreError> {
        self.context.reach(statement.name)?;
        let done = bind(sqlx::query(statement.text)).execute(&mut *self.inner).await;
        Ok(done.map_err(self.context.error(statement.name))?.rows_affected())
    }

    pub(crate) async fn rows<'q>(
        &mut self,
        statement: &Statement,
        bind: impl FnOnce(Q<'q>) -> Q<'q>,
    ) -> Result<Vec<Got>, StoreError> {
        self.context.reach(statement.name)?;
        let rows = bind(sqlx::query(statement.text)).fetch_all(&mut *self.inner).await;
        let rows = rows.map_err(self.context.error(statement.name))?;
        Ok(rows.into_iter().map(|row| Got { row, statement: statement.name }).collect())
    }

    pub(crate) async fn row<'q>(
        &mut self,
        statement: &Statement,
        bind: impl FnOnce(Q<'q>) -> Q<'q>,
    ) -> Result<Option<Got>, StoreError> {
        self.context.reach(statement.name)?;
        let row = bind(sqlx::query(statement.text)).fetch_optional(&mut *self.inner).await;
        let row = row.map_err(self.context.error(statement.name))?;
        Ok(row.map(|row| Got { row, statement: statement.name }))
    }

    /// Runs a statement for rows given as one JSON parameter for every 5,000 of them, or for every
    /// 4 MiB. It is the last parameter, behind what `bind` binds.
    pub(crate) async fn bulk<R: serde::Serialize>(
        &mut self,
        statement: &Statement,
        rows: &[R],
        bind: impl Fn(Q<'static>) -> Q<'static>,
    ) -> Result<(), StoreError> {
        let mut list = List::default();
        for row in rows {
            list.push(row)?;
            if list.rows >= MOST_ROWS || list.json.len() >= MOST_BYTES {
                let json = std::mem::take(&mut list).finish()?;
                self.run(statement, |q| bind(q).bind(json)).await?;
            }
        }
        if list.rows > 0 {
            let json = list.finish()?;
            self.run(statement, |q| bind(q).bind(json)).await?;
        }
        Ok(())
    }

    /// Runs a statement once for rows given as one JSON parameter, the first one, and the bytes to
    /// which they refer, the second one.
    pub(crate) async fn bulk_beside<R: serde::Serialize>(
        &mut self,
        statement: &Statement,
        rows: &[R],
        beside: Vec<u8>,
    ) -> Result<(), StoreError> {
        let mut list = List::default();
        rows.iter().try_for_each(|row| list.push(row))?;
        let json = list.finish()?;
        self.run(statement, |q| q.bind(json).bind(beside)).await?;
        Ok(())
    }

    /// Runs the statements of a migration.
    pub(crate) async fn script(
        &mut self,
        name: &'static str,
        text: &'static str,
    ) -> Result<(), StoreError> {
        self.context.reach(name)?;
        let done = sqlx::raw_sql(text).execute(&mut *self.inner).await;
        done.map(|_| ()).map_err(self.context.error(name))
    }

    pub(crate) fn corrupt(&self, detail: impl Into<String>) -> StoreError {
        StoreError::Corrupt { path: self.context.path.clone(), detail: detail.into() }
    }
}

/// A JSON array that grows row by row.
#[derive(Default)]
struct List {
    json: Vec<u8>,
    rows: usize,
}

impl List {
    fn push<R: serde::Serialize>(&mut self, row: &R) -> Result<(), StoreError> {
        self.json.push(if self.rows == 0 { b'[' } else { b',' });
        self.rows += 1;
        serde_json::to_writer(&mut self.json, row)
            .map_err(|_| StoreError::refused("a row cannot be written as JSON"))
    }

    fn finish(mut self) -> Result<String, StoreError> {
        if self.rows == 0 {
            self.json.push(b'[');
        }
        self.json.push(b']');
        String::from_utf8(self.json)
            .map_err(|_| StoreError::refused("a row cannot be written as JSON"))
    }
}

/// A row with the name of the statement that it came from.
pub(crate) struct Got {
    row: SqliteRow,
    statement: &'static str,
}

impl Got {
    fn get<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: for<'r> sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite>,
    {
        self.row
            .try_get(column)
            .map_err(|error| StoreError::Database { doing: self.statement, error })
    }

    pub(crate) fn int(&self, column: &'static str) -> Result<i64, StoreError> {
        self.get(column)
    }

    pub(crate) fn maybe_int(&self, column: &'static str) -> Result<Option<i64>, StoreError> {
        self.get(column)
    }

    pub(crate) fn text(&self, column: &'static str) -> Result<String, StoreError> {
        self.get(column)
    }

    pub(crate) fn maybe_text(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        self.get(column)
    }

    pub(crate) fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        self.get(column)
    }

    pub(crate) fn maybe_bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(column)
    }

    /// A number that counts: a position, a size.
    pub(crate) fn count(&self, column: &'static str) -> Result<u64, StoreError> {
        u64::try_from(self.int(column)?).map_err(|_| self.damaged(column))
    }

    pub(crate) fn digest(
        &self,
        column: &'static str,
    ) -> Result<holdfast_model::Digest, StoreError> {
        let bytes = self.bytes(column)?;
        bytes.try_into().map(holdfast_model::Digest).map_err(|_| self.damaged(column))
    }

    fn damaged(&self, column: &'static str) -> StoreError {
        StoreError::Database {
            doing: self.statement,
            error: sqlx::Error::ColumnDecode {
                index: column.to_owned(),
                source: "the value has the wrong form".into(),
            },
        }
    }
}

/// A position as the database keeps it.
pub(crate) fn position(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
