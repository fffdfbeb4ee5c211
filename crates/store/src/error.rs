//! What can go wrong with a store, each with what to do about it.

use std::fmt;
use std::path::PathBuf;

use holdfast_model::Problem;

/// A failure of the store. `Display` is the message; [`StoreError::help`] says what to do.
#[derive(Debug)]
pub enum StoreError {
    /// Another process holds the data folder.
    Held {
        /// Its process id, where it could be read.
        pid: Option<u32>,
        /// The data folder.
        folder: PathBuf,
    },
    /// There is no store.
    Missing {
        /// The data folder.
        folder: PathBuf,
    },
    /// The file system or the size limit of the file is exhausted. Nothing was written.
    DiskFull {
        /// The database file.
        path: PathBuf,
    },
    /// The data folder or a file in it cannot be written.
    ReadOnly {
        /// Which.
        path: PathBuf,
    },
    /// The file is damaged, or is no store.
    Corrupt {
        /// Which.
        path: PathBuf,
        /// What was noticed.
        detail: String,
    },
    /// The store was written by a newer version.
    Newer {
        /// The number of its last migration.
        found: i64,
        /// The number of the last one known here.
        known: i64,
    },
    /// The signing key is gone or is not this ledger's.
    Key {
        /// Where it should be.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The caller asked for something that would make the record contradict itself.
    Refused {
        /// What.
        message: String,
    },
    /// What somebody asked for is not possible as things stand; for that person to read.
    Denied {
        /// What, and what to do, with a code of [`CODES`](crate::CODES).
        problem: Box<Problem>,
    },
    /// There is no entry with this number.
    NoSuchEntry {
        /// The number.
        seq: u64,
    },
    /// A file of the data folder could not be used.
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The database refused a statement for another reason.
    Database {
        /// The statement's name.
        doing: &'static str,
        /// What it said.
        error: sqlx::Error,
    },
    /// A fault that a test asked for.
    Fault {
        /// The step that was reached.
        at: &'static str,
    },
}

impl StoreError {
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::Refused { message: message.into() }
    }

    pub(crate) fn denied(problem: Problem) -> Self {
        Self::Denied { problem: Box::new(problem) }
    }

    /// What to do about it; empty where nothing can be said.
    pub fn help(&self) -> String {
        match self {
            Self::Held { pid: Some(pid), .. } => format!(
                "wait until process {pid} has ended, or choose another folder with `--data`"
            ),
            Self::Held { pid: None, .. } => {
                "wait until it has ended, or choose another folder with `--data`".to_owned()
            }
            Self::Missing { .. } => "make one with `holdfast up --once`".to_owned(),
            Self::DiskFull { path } => format!(
                "make room on the file system of `{}` and run it again; nothing was lost",
                path.display()
            ),
            Self::ReadOnly { path } => format!(
                "make `{}` writable for this user, or choose another folder with `--data`",
                path.display()
            ),
            Self::Corrupt { path, .. } => format!(
                "move `{}` and the files beside it away and restore a backup; what is readable \
                 may still be listed with `holdfast ledger verify`",
                path.display()
            ),
            Self::Newer { .. } => "use the version of holdfast that wrote it, or a newer one; \
                                   stores are never taken back"
                .to_owned(),
            Self::Key { path, .. } => format!("restore `{}` from a backup", path.display()),
            Self::Denied { problem } => problem.help.clone(),
            Self::Refused { .. } | Self::Fault { .. } => String::new(),
            Self::NoSuchEntry { .. } => "`holdfast ledger export` lists the entries".to_owned(),
            Self::Io { .. } => "check the path and its permissions".to_owned(),
            Self::Database { .. } => "run it again; if it stays, `holdfast doctor`".to_owned(),
        }
    }

    /// Whether the database has not even the table of its migrations.
    pub(crate) fn is_unmade(&self) -> bool {
        match self {
            Self::Database { error: sqlx::Error::Database(inner), .. } => {
                inner.message().starts_with("no such table")
            }
            _ => false,
        }
    }

    /// Sorts what the database said into what can be done about it.
    pub(crate) fn database(
        error: sqlx::Error,
        doing: &'static str,
        path: &std::path::Path,
    ) -> Self {
        let path = path.to_owned();
        let (code, detail) = match &error {
            sqlx::Error::Database(inner) => {
                let code = inner.code().and_then(|code| code.parse::<i64>().ok());
                (code, inner.message().to_owned())
            }
            // A worker that died leaves its store as a crash would.
            other => (None, other.to_string()),
        };
        // Primary result codes of SQLite; the extended ones keep them in their low byte.
        match code.map(|code| code & 0xFF) {
            Some(13) => Self::DiskFull { path },
            Some(8) => Self::ReadOnly { path },
            Some(11 | 26) => Self::Corrupt { path, detail },
            _ => Self::Database { doing, error },
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { pid: Some(pid), folder } => {
                write!(f, "the data folder `{}` is held by process {pid}", folder.display())
            }
            Self::Held { pid: None, folder } => {
                write!(f, "the data folder `{}` is held by another process", folder.display())
            }
            Self::Missing { folder } => {
                write!(f, "there is no store in `{}` yet", folder.display())
            }
            Self::DiskFull { path } => write!(f, "no room is left for `{}`", path.display()),
            Self::ReadOnly { path } => write!(f, "`{}` cannot be written", path.display()),
            Self::Corrupt { path, detail } => {
                write!(f, "`{}` is damaged or is no store: {detail}", path.display())
            }
            Self::Newer { found, known } => write!(
                f,
                "the store was written by a newer holdfast (its form is {found}, this one knows {known})"
            ),
            Self::Key { path, detail } => {
                write!(f, "the signing key `{}` cannot be used: {detail}", path.display())
            }
            Self::Refused { message } => f.write_str(message),
            Self::Denied { problem } => f.write_str(&problem.message),
            Self::NoSuchEntry { seq } => write!(f, "the ledger has no entry {seq}"),
            Self::Io { path, error } => write!(f, "`{}`: {error}", path.display()),
            Self::Database { doing, error } => write!(f, "the store failed at `{doing}`: {error}"),
            Self::Fault { at } => write!(f, "a fault was injected at `{at}`"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            Self::Database { error, .. } => Some(error),
            _ => None,
        }
    }
}
