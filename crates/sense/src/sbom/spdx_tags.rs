//! The tag-value notation of SPDX 2.2 and 2.3 (SPDX 2.3, section 6 and following): lines of
//! `Tag: value`, values of several lines between `<text>` and `</text>`.
//!
//! Knows tags; what they mean is [`super::spdx`]'s.

use crate::report::cursor::At;
use crate::report::item::Text;
use crate::report::say::{Say, Wrong};
use crate::text::number;

use super::spdx::{Checksum, Package, Reading, Reference, Relationship};

/// Which element the lines belong to.
#[derive(PartialEq, Eq)]
enum Section {
    Document,
    Package,
    Other,
}

/// Reads a whole document.
pub(super) fn read(bytes: &[u8], reading: &mut Reading, say: &mut Say<'_>) {
    let text = String::from_utf8_lossy(bytes);
    if matches!(text, std::borrow::Cow::Owned(_)) {
        let wrong = Wrong::loss("not-utf-8", At::START, "some bytes of this document are no UTF-8");
        say.wrong(wrong.help("they were read as `\u{FFFD}`; save it as UTF-8"));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut section = Section::Document;
    let mut open: Option<(Package<'_>, At)> = None;
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let at = At { line: number(index + 1), column: 1 };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((tag, value)) = line.split_once(':') else {
            let wrong = Wrong::loss("spdx-line", at, "this line is no `Tag: value`");
            say.wrong(wrong.help("let its tool write this document again"));
            continue;
        };
        let value = value.trim();
        let value = match value.strip_prefix("<text>") {
            None => value.to_owned(),
            Some(begin) => long(begin, &mut lines).unwrap_or_else(|| {
                let wrong = Wrong::loss("spdx-cut-off", at, "the text that begins here never ends");
                say.wrong(wrong.help("copy the document again, or let its tool write it again"));
                String::new()
            }),
        };
        match tag {
            "PackageName" => {
                finish(&mut open, reading);
                section = Section::Package;
                open = Some((Package { name: owned(&value), ..Package::default() }, at));
            }
            "FileName" | "SnippetSPDXID" | "LicenseID" | "Reviewer" | "Annotator" => {
                section = Section::Other;
            }
            "SPDXVersion" => reading.version(&value, at, say),
            "DocumentName" => reading.name(&value),
            "Relationship" => relationship(&value, at, reading, say),
            _ => {
                if let (Section::Package, Some((package, _))) = (&section, &mut open) {
                    of_package(package, tag, &value);
                }
            }
        }
    }
    finish(&mut open, reading);
}

/// The rest of a value that began with `<text>`; `None` where the document ends within.
fn long<'t>(begin: &str, lines: &mut impl Iterator<Item = (usize, &'t str)>) -> Option<String> {
    let mut value = String::new();
    let mut part = begin;
    loop {
        if let Some((last, _)) = part.split_once("</text>") {
            value.push_str(last);
            return Some(value);
        }
        value.push_str(part);
        value.push('\n');
        part = lines.next()?.1;
    }
}

fn finish(open: &mut Option<(Package<'_>, At)>, reading: &mut Reading) {
    if let Some((package, at)) = open.take() {
        reading.package(&package, at);
    }
}

fn of_package(package: &mut Package<'_>, tag: &str, value: &str) {
    match tag {
        "SPDXID" => package.id = owned(value),
        "PackageVersion" => package.version = owned(value),
        "PackageSourceInfo" => package.source_info = owned(value),
        "PrimaryPackagePurpose" => package.purpose = owned(value),
        "PackageChecksum" => package.checksums.push(Checksum { value: owned(value) }),
        "ExternalRef" => {
            // Category, type and locator.
            let mut words = value.split_whitespace().skip(1);
            if let (Some(kind), Some(locator)) = (words.next(), words.next()) {
                package.references.push(Reference { kind: owned(kind), locator: owned(locator) });
            }
        }
        _ => {}
    }
}

fn relationship(value: &str, at: At, reading: &mut Reading, say: &mut Say<'_>) {
    let mut words = value.split_whitespace();
    let (Some(from), Some(kind), Some(to)) = (words.next(), words.next(), words.next()) else {
        let wrong = Wrong::slip("spdx-line", at, "this relationship has no two ends");
        return say.wrong(wrong.help("write it as `Relationship: A DEPENDS_ON B`"));
    };
    let one = Relationship { from: owned(from), kind: owned(kind), to: owned(to) };
    reading.relationship(&one, at);
}

fn owned(text: &str) -> Text<'static> {
    Text(text.to_owned().into())
}
