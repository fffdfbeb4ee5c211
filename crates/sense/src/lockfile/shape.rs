//! What a lockfile's tree must look like, for all formats whose tree is that of JSON: members of
//! the right type, or a problem that says what stands there instead.
//!
//! Knows the name of the tool for its messages; must not know any format.

use holdfast_model::Span;

use crate::text::json::{Kind, Member, Value};
use crate::text::{Document, Mistake, Report};

/// One document and who writes such documents.
#[derive(Clone, Copy)]
pub(super) struct Shape<'d> {
    pub(super) document: &'d Document<'d>,
    /// The tool, as messages name it.
    pub(super) tool: &'static str,
    /// What to do about a broken file.
    pub(super) help: &'static str,
}

impl Shape<'_> {
    /// A value of another type than its tool writes.
    pub(super) fn wrong(
        &self,
        value: &Value<'_>,
        what: &str,
        wanted: &str,
        report: &mut Report<'_>,
    ) {
        let message =
            format!("{what} is {} here, where {} writes {wanted}", value.word(), self.tool);
        let at = cut(value.span);
        report.mistake(self.document, &Mistake::loss("wrong-type", at, message).help(self.help));
    }

    /// The members of an object; none where it is absent or null, anything else is told.
    pub(super) fn object<'v, 'a>(
        &self,
        value: &'v Value<'a>,
        key: &str,
        report: &mut Report<'_>,
    ) -> &'v [Member<'a>] {
        value.get(key).map_or(&[], |value| self.members(value, key, report))
    }

    /// The members of a value that must be an object.
    pub(super) fn members<'v, 'a>(
        &self,
        value: &'v Value<'a>,
        what: &str,
        report: &mut Report<'_>,
    ) -> &'v [Member<'a>] {
        match &value.kind {
            Kind::Object(members) => members,
            Kind::Null | Kind::Broken => &[],
            _ => {
                self.wrong(value, &quote(what), "an object", report);
                &[]
            }
        }
    }

    /// The values of a list; none where it is absent or null, anything else is told.
    pub(super) fn list<'v, 'a>(
        &self,
        value: &'v Value<'a>,
        key: &str,
        report: &mut Report<'_>,
    ) -> &'v [Value<'a>] {
        let Some(value) = value.get(key) else { return &[] };
        match &value.kind {
            Kind::Array(values) => values,
            Kind::Null | Kind::Broken => &[],
            _ => {
                self.wrong(value, &quote(key), "a list", report);
                &[]
            }
        }
    }

    /// A text; nothing where it is absent or null, anything else is told.
    pub(super) fn text<'v>(
        &self,
        value: &'v Value<'_>,
        key: &str,
        report: &mut Report<'_>,
    ) -> Option<&'v str> {
        let value = value.get(key)?;
        match &value.kind {
            Kind::String(text) => Some(text),
            Kind::Null | Kind::Broken => None,
            _ => {
                self.wrong(value, &quote(key), "a string", report);
                None
            }
        }
    }

    /// A whole document that must be an object; `false` where it is none.
    pub(super) fn is_lockfile(&self, root: &Value<'_>, report: &mut Report<'_>) -> bool {
        match root.kind {
            Kind::Object(_) => true,
            Kind::Broken => false,
            _ => {
                self.wrong(root, "this lockfile", "an object", report);
                false
            }
        }
    }

    /// A format version that is not known; what could be read is read all the same.
    pub(super) fn unknown_version(&self, span: Span, known: &str, report: &mut Report<'_>) {
        let mistake = unknown_version(self.document, span, known);
        report.mistake(self.document, &mistake);
    }

    /// A package that lacks what every package has.
    pub(super) fn incomplete(&self, at: Span, lacks: &str, report: &mut Report<'_>) {
        let message = format!("this package has no {lacks}");
        let mistake = Mistake::loss("lock-package-incomplete", cut(at), message).help(self.help);
        report.mistake(self.document, &mistake);
    }
}

/// The mistake of a format version that is not known here.
pub(super) fn unknown_version(document: &Document<'_>, span: Span, known: &str) -> Mistake {
    let written = span.of(document.text()).unwrap_or_default();
    let written: String = written.trim_matches(['"', '\'']).chars().take(40).collect();
    let message = format!("the lockfile format `{written}` is not known here; {known}");
    Mistake::loss("lock-version-unknown", cut(span), message)
        .help("what could be read was read; update Holdfast")
}

/// The mistake of a dependency that is not there, or of which there are several.
pub(super) fn doubt(at: Span, name: &str, several: bool, help: &str) -> Mistake {
    let name: String = name.chars().take(80).collect();
    let (code, message) = if several {
        (
            "lock-dependency-ambiguous",
            format!("several packages of this lockfile fit `{name}`; none was taken"),
        )
    } else {
        ("lock-dependency-missing", format!("`{name}` is needed here and is not in this lockfile"))
    };
    Mistake::slip(code, cut(at), message).help(help)
}

/// The mistake of a file that cannot be empty.
pub(super) fn empty(help: &str) -> Mistake {
    let start = Span { start: 0, end: 0 };
    Mistake::loss("empty-file", start, "this lockfile is empty").help(help)
}

fn quote(what: &str) -> String {
    format!("`{}`", what.chars().take(80).collect::<String>())
}

/// What is shown of a value that may be the whole file.
fn cut(span: Span) -> Span {
    Span { start: span.start, end: span.end.min(span.start.saturating_add(400)) }
}
