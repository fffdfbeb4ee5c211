//! Files of JSON that an installation leaves behind, as far as they are whole.
//!
//! Knows how one is opened and where it was cut off; must not know what stands in it.

use holdfast_model::{Fact, Span};

use crate::Sources;
use crate::text::json::{Value, parse};
use crate::text::{Document, Report};

/// A file that was read.
pub(super) struct Read<'d> {
    pub(super) root: Value<'d>,
    /// Where the file ends within a text; beyond every position where it ends as it should.
    end: usize,
}

impl Read<'_> {
    /// Whether it ends too early.
    pub(super) fn is_cut(&self) -> bool {
        self.end != usize::MAX
    }

    /// Whether a value stands there to its end: a text in which the file ends does not.
    pub(super) fn holds(&self, span: Span) -> bool {
        span.end < self.end
    }
}

/// Opens a file, tells what is wrong with it, and lets `say` tell what stands there.
pub(super) fn read(
    sources: &Sources<'_>,
    out: &mut dyn FnMut(Fact),
    say: impl FnOnce(&Document<'_>, &Read<'_>, &mut Report<'_>),
) {
    let document = Document::open(sources.path(), sources.bytes());
    let mut report = Report::new(out);
    report.open(&document);
    if document.readable() {
        let (root, mistakes) = parse(document.text());
        for mistake in &mistakes {
            report.mistake(&document, mistake);
        }
        let cut = mistakes.iter().any(|mistake| mistake.code == "json-cut-off");
        let end = if cut { document.text().trim_end().len() } else { usize::MAX };
        say(&document, &Read { root, end }, &mut report);
    }
    report.finish();
}
