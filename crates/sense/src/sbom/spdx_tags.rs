//! The tag-value notation of SPDX 2.2 and 2.3 (SPDX 2.3, section 6 and following): lines of
//! `Tag: value`, values of several lines between `<text>` and `</text>`.
//!
//! Knows tags; what they mean is [`super::spdx`]'s.

use std::borrow::Cow;
use std::iter::Enumerate;
use std::str::Lines;

use serde_json::{Map, Value};

use crate::report::cursor::At;
use crate::report::item::Text;
use crate::report::say::{Say, Wrong};
use crate::text::number;

use super::made::object;
use super::spdx::{Checksum, Package, Reading, Reference, Relationship};

/// Which element the lines belong to.
#[derive(PartialEq, Eq)]
enum Section {
    Document,
    Package,
    Other,
}

/// The tags behind which lines belong to no package any more.
const OTHERS: [&str; 5] = ["FileName", "SnippetSPDXID", "LicenseID", "Reviewer", "Annotator"];
/// The most checksums, and the most references, that are kept of the package a document describes.
const MOST: usize = 100;

/// A line, with those that its value takes.
struct Tag<'t> {
    name: &'t str,
    value: Cow<'t, str>,
    /// Whether the document ends within the value.
    cut_off: bool,
}

/// The lines of a document; `None` for one that is no tag.
struct Tags<'t> {
    lines: Enumerate<Lines<'t>>,
}

impl<'t> Tags<'t> {
    fn of(text: &'t str) -> Self {
        Self { lines: text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate() }
    }
}

impl<'t> Iterator for Tags<'t> {
    type Item = (At, Option<Tag<'t>>);

    fn next(&mut self) -> Option<Self::Item> {
        let (index, line) = self.lines.find(|(_, line)| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#')
        })?;
        let at = At { line: number(index + 1), column: 1 };
        let Some((name, value)) = line.trim().split_once(':') else { return Some((at, None)) };
        let value = value.trim();
        let tag = match value.strip_prefix("<text>").map(|begin| long(begin, &mut self.lines)) {
            None => Tag { name, value: Cow::Borrowed(value), cut_off: false },
            Some(Some(value)) => Tag { name, value: Cow::Owned(value), cut_off: false },
            Some(None) => Tag { name, value: Cow::Borrowed(""), cut_off: true },
        };
        Some((at, Some(tag)))
    }
}

/// Reads a whole document.
pub(super) fn read(bytes: &[u8], reading: &mut Reading, say: &mut Say<'_>) {
    let text = String::from_utf8_lossy(bytes);
    if matches!(text, Cow::Owned(_)) {
        let wrong = Wrong::loss("not-utf-8", At::START, "some bytes of this document are no UTF-8");
        say.wrong(wrong.help("they were read as `\u{FFFD}`; save it as UTF-8"));
    }
    let mut section = Section::Document;
    let mut open: Option<(Package<'_>, At)> = None;
    for (at, tag) in Tags::of(&text) {
        let Some(Tag { name, value, cut_off }) = tag else {
            let wrong = Wrong::loss("spdx-line", at, "this line is no `Tag: value`");
            say.wrong(wrong.help("let its tool write this document again"));
            continue;
        };
        if cut_off {
            let wrong = Wrong::loss("spdx-cut-off", at, "the text that begins here never ends");
            say.wrong(wrong.help("copy the document again, or let its tool write it again"));
        }
        match name {
            "PackageName" => {
                finish(&mut open, reading);
                section = Section::Package;
                open = Some((Package { name: owned(&value), ..Package::default() }, at));
            }
            other if OTHERS.contains(&other) => section = Section::Other,
            "SPDXVersion" => reading.version(&value, at, say),
            "DocumentName" => reading.name(&value),
            "Relationship" => relationship(&value, at, reading, say),
            _ => {
                if let (Section::Package, Some((package, _))) = (&section, &mut open) {
                    of_package(package, name, &value);
                }
            }
        }
    }
    finish(&mut open, reading);
}

/// The first package that a document describes, as a document in JSON that holds nothing else would
/// write it; nothing where there is none.
pub(super) fn subject(bytes: &[u8]) -> Value {
    let text = String::from_utf8_lossy(bytes);
    let Some(described) = Tags::of(&text).find_map(|(_, tag)| describes(&tag?)) else {
        return Value::Null;
    };
    let is = |package: &Map<String, Value>| {
        package.get("SPDXID").and_then(Value::as_str) == Some(described.as_str())
    };
    let mut package = Map::new();
    let mut inside = false;
    for tag in Tags::of(&text).filter_map(|(_, tag)| tag) {
        let begins = tag.name == "PackageName";
        if begins || OTHERS.contains(&tag.name) {
            if is(&package) {
                break;
            }
            package.clear();
            inside = begins;
        }
        if inside {
            note(&mut package, &tag);
        }
    }
    if !is(&package) {
        return Value::Null;
    }
    let packages = Value::Array(vec![Value::Object(package)]);
    object([("documentDescribes", Value::Array(vec![described.into()])), ("packages", packages)])
}

/// What a line says that the document describes.
fn describes(tag: &Tag<'_>) -> Option<String> {
    let mut words = tag.value.split_whitespace().filter(|_| tag.name == "Relationship");
    let (from, kind, to) = (words.next()?, words.next()?, words.next()?);
    match &*kind.to_ascii_uppercase() {
        "DESCRIBES" => Some(to.to_owned()),
        "DESCRIBED_BY" => Some(from.to_owned()),
        _ => None,
    }
}

/// Adds a line to the package that it belongs to, under the name that it has in JSON (SPDX 2.3,
/// section 7).
fn note(package: &mut Map<String, Value>, tag: &Tag<'_>) {
    let value = &*tag.value;
    let name = match tag.name {
        "SPDXID" => "SPDXID",
        "PackageName" => "name",
        "PackageVersion" => "versionInfo",
        "PackageDownloadLocation" => "downloadLocation",
        "PrimaryPackagePurpose" => "primaryPackagePurpose",
        "PackageChecksum" => {
            let Some((algorithm, sum)) = value.split_once(':') else { return };
            let sum =
                [("algorithm", algorithm.trim().into()), ("checksumValue", sum.trim().into())];
            return push(package, "checksums", object(sum));
        }
        "ExternalRef" => {
            let mut words = value.split_whitespace().skip(1);
            let (Some(kind), Some(locator)) = (words.next(), words.next()) else { return };
            let reference = [("referenceType", kind.into()), ("referenceLocator", locator.into())];
            return push(package, "externalRefs", object(reference));
        }
        _ => return,
    };
    package.insert(name.to_owned(), value.into());
}

fn push(package: &mut Map<String, Value>, list: &str, one: Value) {
    let list = package.entry(list).or_insert_with(|| Value::Array(Vec::new()));
    if let Some(list) = list.as_array_mut().filter(|list| list.len() < MOST) {
        list.push(one);
    }
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
