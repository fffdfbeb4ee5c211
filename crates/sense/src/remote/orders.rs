//! What a program of Holdfast is asked that looks in place of the script: the same questions by the
//! same numbers, as one line of JSON.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Along, Item, Table};
use crate::Sieve;

/// Which document this is.
const SCHEMA: &str = "holdfast/collect/1";
/// The longest mark, in bytes.
const LONGEST_MARK: usize = 200;

/// What is asked of a host, by number: the place of a question is its number.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Orders {
    schema: String,
    pub(super) mark: String,
    pub(super) questions: Vec<Question>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) enum Question {
    Path {
        path: Arc<str>,
        /// Whether its bytes are asked for.
        file: bool,
        /// Whether it is looked at.
        stat: bool,
        /// Whether what its links lead to is read, too.
        read: bool,
    },
    /// A file of which not all is wanted.
    Sieved {
        path: Arc<str>,
        sieve: Sieve,
    },
    Pattern {
        pattern: Arc<str>,
        stat: bool,
        read: bool,
    },
    Program {
        words: Vec<Arc<str>>,
    },
}

impl Orders {
    /// The longest orders that are read, in bytes.
    pub const LIMIT: usize = 16 << 20;

    pub(super) fn new(table: &Table, mark: &str) -> Self {
        let question = |(at, item): (usize, &Item)| match item {
            Item::Path(path) => {
                let (file, along) = (table.files.contains(&at), table.stats.get(&at));
                // One whose bytes are asked for by its own name, too, is read where its links lead.
                let read = along.is_some_and(|along| along.read || file);
                Question::Path { path: Arc::clone(path), file, stat: along.is_some(), read }
            }
            Item::Sieved(path, sieve) => {
                Question::Sieved { path: Arc::clone(path), sieve: sieve.clone() }
            }
            Item::Pattern(pattern, Along { stat, read }) => {
                Question::Pattern { pattern: Arc::clone(pattern), stat: *stat, read: *read }
            }
            Item::Program(words) => Question::Program { words: words.clone() },
        };
        let questions = table.items.iter().enumerate().map(question).collect();
        Self { schema: SCHEMA.to_owned(), mark: mark.to_owned(), questions }
    }

    /// One line of JSON, where nothing stands in the way of it.
    pub fn line(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// Reads what is asked; or why it cannot be.
    ///
    /// # Errors
    ///
    /// Where it is something else, or of another version.
    pub fn read(text: &[u8]) -> Result<Self, String> {
        let orders: Self = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if orders.schema != SCHEMA {
            let schema = orders.schema.escape_debug();
            return Err(format!("it is `{schema}`, and this program reads `{SCHEMA}`"));
        }
        if !is_mark(&orders.mark) {
            return Err("its mark is no word of letters and digits".to_owned());
        }
        Ok(orders)
    }

    /// The questions by their numbers, as a request has them.
    pub(super) fn table(self) -> Table {
        let mut table = Table::default();
        for (at, question) in self.questions.into_iter().enumerate() {
            let item = match question {
                Question::Path { path, file, stat, read } => {
                    if file {
                        table.files.insert(at);
                    }
                    if stat {
                        table.stats.insert(at, Along { stat: false, read });
                    }
                    Item::Path(path)
                }
                Question::Sieved { path, sieve } => Item::Sieved(path, sieve),
                Question::Pattern { pattern, stat, read } => {
                    Item::Pattern(pattern, Along { stat, read })
                }
                Question::Program { words } => Item::Program(words),
            };
            table.items.push(item);
        }
        table
    }
}

/// Whether a word may be a mark: of letters and digits.
pub(super) fn is_mark(word: &str) -> bool {
    let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain && !word.is_empty() && word.len() <= LONGEST_MARK
}
