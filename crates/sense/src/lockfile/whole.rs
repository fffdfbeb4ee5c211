//! What readers of one whole file begin and end with, and members of JSON and YAML with complaints
//! about their types.
//!
//! Knows files; must not know what stands in them.

use holdfast_model::{Fact, Place, Span};

use crate::Sources;
use crate::text::json::{Kind, Member, Value, parse};
use crate::text::xml::{self, declares_encoding};
use crate::text::yaml::{self, Dialect};
use crate::text::{Document, Mistake, Report};

/// What helps with any file that a tool writes.
pub(super) const AGAIN: &str =
    "restore the file from version control, or let its tool write it again";

/// Opens a document, says what is wrong with it as a file, and lets `read` say what stands there.
pub(super) fn whole(
    sources: &Sources<'_>,
    out: &mut dyn FnMut(Fact),
    read: impl FnOnce(&Document<'_>, &mut Report<'_>),
) {
    let document = Document::open(sources.path(), sources.bytes());
    let mut report = Report::new(out);
    for mistake in document.mistakes(declares_encoding(document.text())) {
        report.mistake(&document, &mistake);
    }
    if document.readable() {
        if document.text().trim().is_empty() {
            let start = Span { start: 0, end: 0 };
            let empty = Mistake::loss("empty-file", start, "this file is empty").help(AGAIN);
            report.mistake(&document, &empty);
        } else {
            read(&document, &mut report);
        }
    }
    report.finish();
}

/// The root object of a JSON file; anything else is told.
pub(super) fn json(
    sources: &Sources<'_>,
    out: &mut dyn FnMut(Fact),
    read: impl FnOnce(&Value<'_>, &mut Fields<'_, '_>),
) {
    whole(sources, out, |document, report| {
        let (root, mistakes) = parse(document.text());
        let mut fields = Fields { document, report };
        fields.told(&mistakes);
        fields.root(&root, read);
    });
}

/// The tables of a YAML file, of which there is mostly one; anything else is told. People may
/// write a file in which nothing but comments stands.
pub(super) fn yaml_file(
    sources: &Sources<'_>,
    out: &mut dyn FnMut(Fact),
    dialect: Dialect,
    mut read: impl FnMut(&Value<'_>, &mut Fields<'_, '_>),
) {
    whole(sources, out, |document, report| {
        let (roots, mistakes) = yaml::parse(document.text(), dialect);
        let mut fields = Fields { document, report };
        fields.told(&mistakes);
        if roots.is_empty() && dialect != Dialect::Hand {
            fields.loss("empty-file", Span { start: 0, end: 0 }, "nothing stands in this file");
        }
        for root in &roots {
            fields.root(root, &mut read);
        }
    });
}

/// The root element of an XML file, whose name must be one of `names`.
pub(crate) fn xml_file(
    sources: &Sources<'_>,
    out: &mut dyn FnMut(Fact),
    name: &str,
    read: impl FnOnce(&Document<'_>, &xml::Element<'_>, &mut Report<'_>),
) {
    whole(sources, out, |document, report| {
        let (root, mistakes) = xml::parse(document.text());
        for mistake in &mistakes {
            report.mistake(document, mistake);
        }
        match root {
            Some(root) if root.name == name => read(document, &root, report),
            Some(root) => {
                let at = Span { start: root.at, end: root.at + 1 };
                let found = cut(root.name);
                let message = format!("the root element is `{found}` here, not `{name}`");
                report.mistake(document, &Mistake::loss("wrong-type", at, message).help(AGAIN));
            }
            None if mistakes.is_empty() => {
                let start = Span { start: 0, end: 0 };
                let message = format!("there is no `{name}` element here");
                report.mistake(document, &Mistake::loss("wrong-type", start, message).help(AGAIN));
            }
            None => {}
        }
    });
}

/// Reads members of objects and says where they are of another type than their tool writes.
pub(super) struct Fields<'s, 'o> {
    pub(super) document: &'s Document<'s>,
    pub(super) report: &'s mut Report<'o>,
}

impl Fields<'_, '_> {
    /// Says what the parser found wrong.
    fn told(&mut self, mistakes: &[Mistake]) {
        for mistake in mistakes {
            self.report.mistake(self.document, mistake);
        }
    }

    /// Reads a root that is an object; anything else is told.
    fn root(&mut self, root: &Value<'_>, read: impl FnOnce(&Value<'_>, &mut Self)) {
        match root.kind {
            Kind::Object(_) => read(root, self),
            Kind::Broken => {}
            _ => self.wrong(root, "this file", "an object"),
        }
    }

    /// Where a value begins.
    pub(super) fn place(&self, value: &Value<'_>) -> Place {
        self.document.place(value.span.start)
    }

    /// Says that a value is of the wrong type.
    pub(super) fn wrong(&mut self, value: &Value<'_>, what: &str, wanted: &str) {
        let message = format!("{what} is {} here, and should be {wanted}", value.word());
        let mistake = Mistake::loss("wrong-type", value.span, message).help(AGAIN);
        self.report.mistake(self.document, &mistake);
    }

    /// Says something at a span; what stands there is lost.
    pub(super) fn loss(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.report.mistake(self.document, &Mistake::loss(code, span, message).help(AGAIN));
    }

    /// The text of a member; `null` is nothing, anything else is told.
    pub(super) fn text<'v>(&mut self, value: &'v Value<'_>, key: &str) -> Option<&'v str> {
        let value = value.get(key)?;
        match &value.kind {
            Kind::String(text) => Some(text),
            Kind::Null | Kind::Broken => None,
            _ => {
                self.wrong(value, &format!("`{key}`"), "a string");
                None
            }
        }
    }

    /// The members of a member; `null` is nothing, anything else is told.
    pub(super) fn object<'v, 'a>(&mut self, value: &'v Value<'a>, key: &str) -> &'v [Member<'a>] {
        value.get(key).map_or(&[], |value| self.members(value, key))
    }

    /// The members of a value; `null` is nothing, anything else is told.
    pub(super) fn members<'v, 'a>(&mut self, value: &'v Value<'a>, what: &str) -> &'v [Member<'a>] {
        match &value.kind {
            Kind::Object(members) => members,
            Kind::Null | Kind::Broken => &[],
            _ => {
                self.wrong(value, &format!("`{}`", cut(what)), "an object");
                &[]
            }
        }
    }

    /// The values of a member; `null` is nothing, anything else is told.
    pub(super) fn list<'v, 'a>(&mut self, value: &'v Value<'a>, key: &str) -> &'v [Value<'a>] {
        let Some(value) = value.get(key) else { return &[] };
        match &value.kind {
            Kind::Array(values) => values,
            Kind::Null | Kind::Broken => &[],
            _ => {
                self.wrong(value, &format!("`{key}`"), "a list");
                &[]
            }
        }
    }
}

/// What messages show of a name: at most 80 characters.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}
