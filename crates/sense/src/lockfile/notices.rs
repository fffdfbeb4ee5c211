//! What publishers say of their releases in lockfiles whose tree is that of JSON, and the names
//! that manifests declare as their own.
//!
//! Knows that such words are no vulnerabilities; must not know any format.

use std::sync::Arc;

use holdfast_model::{Ecosystem, Fact, Informational, Notice, OwnPackage, Span};

use super::shape::Shape;
use crate::text::json::{Kind, Value};
use crate::text::{Document, Report};

/// So much is kept of what a publisher says, in characters.
const MOST_SAID: usize = 200;

/// One line of a publisher's words, without signs that steer terminals, and not for ever.
pub(super) fn said(text: &str) -> Arc<str> {
    let words: Vec<&str> =
        text.split(|sign: char| sign.is_whitespace() || sign.is_control()).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(MOST_SAID).collect::<String>().into()
}

/// npm writes what the publisher says of a release into the lockfile, and so does pnpm.
pub(super) fn deprecated(
    shape: Shape<'_>,
    value: &Value<'_>,
    name: &str,
    version: &str,
    report: &mut Report<'_>,
) {
    let Some(member) = value.member("deprecated") else { return };
    let words = match &member.value.kind {
        Kind::String(words) => said(words),
        Kind::Bool(true) => "".into(),
        _ => return,
    };
    report.fact(Fact::Notice(Notice {
        ecosystem: Ecosystem::new(Ecosystem::NPM),
        name: name.into(),
        first: version.into(),
        last: version.into(),
        kind: Informational::Deprecated,
        said: words,
        place: shape.document.place(member.key_span.start),
    }));
}

/// A name that a manifest declares; one that cannot be read is none.
pub(super) fn own(
    document: &Document<'_>,
    ecosystem: &Ecosystem,
    name: &str,
    span: Span,
    report: &mut Report<'_>,
) {
    own_release(document, ecosystem, name, None, span, report);
}

/// The same, with its release.
pub(super) fn own_release(
    document: &Document<'_>,
    ecosystem: &Ecosystem,
    name: &str,
    version: Option<&str>,
    span: Span,
    report: &mut Report<'_>,
) {
    if name.is_empty() || name.chars().any(char::is_whitespace) || name.len() > LONGEST_NAME {
        return;
    }
    report.fact(Fact::Own(OwnPackage {
        ecosystem: ecosystem.clone(),
        name: ecosystem.normal_name(name).into(),
        version: version.map(Arc::from),
        place: document.place(span.start),
    }));
}

/// No ecosystem lets a name be longer, in bytes: npm's 214 are the most, and Go's paths may have
/// a few more.
const LONGEST_NAME: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_one_line_and_bounded() {
        assert_eq!(&*said("use\n  fetch\u{1b}[2J now"), "use fetch [2J now");
        assert_eq!(said(&"é".repeat(1000)).chars().count(), MOST_SAID);
    }
}
