//! Reports in JSON that are read item by item, while only one of them is held.
//!
//! Knows how bytes become items; what these mean is for each reader.

use super::json::{Event, Splitter, Take};
use super::say::Say;
use super::stream::Parse;

/// Reads the items of one kind of report.
pub(super) trait ReadItems {
    /// Takes what comes next.
    fn take(&mut self, event: Event<'_>, say: &mut Say<'_>);
    /// Nothing comes any more.
    fn end(&mut self, say: &mut Say<'_>);
}

/// A report, and what reads its items.
pub(super) struct Items<R> {
    json: Splitter,
    reader: R,
}

impl<R: ReadItems> Items<R> {
    /// `select` says what to do with the value at a path.
    pub(super) fn new(select: fn(&str) -> Take, reader: R) -> Self {
        Self { json: Splitter::new(select), reader }
    }
}

impl<R: ReadItems> Parse for Items<R> {
    fn push(&mut self, bytes: &[u8], say: &mut Say<'_>) {
        let reader = &mut self.reader;
        self.json.push(bytes, &mut |event| reader.take(event, say));
    }

    fn end(&mut self, say: &mut Say<'_>) {
        let reader = &mut self.reader;
        self.json.end(&mut |event| reader.take(event, say));
        reader.end(say);
    }
}
