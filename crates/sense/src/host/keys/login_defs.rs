//! `/etc/login.defs`, login.defs(5), as the shadow tools read it.
//!
//! Knows files of lines, and which of them count. It must not know which keys there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::Span;

use super::{Family, shown};
use crate::Need;
use crate::text::{Document, Mistake, file_name};

const MAIN: &str = "/etc/login.defs";
/// Where openSUSE and its kin ship it. Their shadow tools read by libeconf: this counts where there is no
/// other, and files of folders are read behind it, of one name that of `/etc` alone.
const VENDOR: &str = "/usr/etc/login.defs";
/// The folders, the first of which counts most.
const FOLDERS: [&str; 2] = ["/etc/login.defs.d", "/usr/etc/login.defs.d"];
const ENDING: &str = ".defs";

/// Reads the file; a later line replaces an earlier one.
pub(super) fn read(family: &mut Family<'_>) {
    let (main, vendor): (Arc<str>, Arc<str>) = (MAIN.into(), VENDOR.into());
    file(family, &main);
    if family.missing(&vendor) {
        return;
    }
    if family.missing(&main) {
        family.begins(&vendor);
        file(family, &vendor);
    }
    let mut parts: BTreeMap<String, Arc<str>> = BTreeMap::new();
    for folder in FOLDERS {
        for path in family.folder(folder, |name| name.ends_with(ENDING)) {
            // Asked for even where another one of its name counts: what is asked of a host far away
            // has to be known before its names are.
            family.answers.get(Need::File(Arc::clone(&path)));
            parts.entry(file_name(&path).to_owned()).or_insert(path);
        }
    }
    for path in parts.values() {
        file(family, path);
    }
}

fn file(family: &mut Family<'_>, path: &Arc<str>) {
    let Some(bytes) = family.bytes_of(path) else { return };
    let document = family.open(path, bytes);
    let mut at = 0;
    for line in document.text().split_inclusive('\n') {
        one(family, &document, line, at);
        at += line.len();
    }
}

fn one(family: &mut Family<'_>, document: &Document<'_>, line: &str, at: usize) {
    let body = line.trim_start_matches([' ', '\t']);
    let at = at + (line.len() - body.len());
    let body = body.trim_end();
    if body.is_empty() || body.starts_with('#') {
        return;
    }
    let Some((key, rest)) = body.split_once([' ', '\t']) else {
        let span = Span { start: at, end: at + body.len() };
        let mistake = Mistake::slip(
            "login-defs-value-missing",
            span,
            format!("`{}` has no value, so this line is passed over", shown(body)),
        );
        family.tell(document, &mistake.help("write the value behind the key"));
        return;
    };
    // Blanks and quotes in front are passed over; a quote ends the value.
    let value = rest.trim_start_matches([' ', '\t', '"']);
    let start = at + (body.len() - value.len());
    let value = value.split('"').next().unwrap_or_default();
    if let Some(sign) = value.find('#').filter(|_| value.contains([' ', '\t'])) {
        let span = Span { start: start + sign, end: start + value.len() };
        let mistake = Mistake::slip(
            "login-defs-comment",
            span,
            "a comment cannot stand behind a value; this is read as part of it",
        );
        family.tell(document, &mistake.help("give the comment a line of its own"));
    }
    family.hold(key.to_owned(), value.to_owned(), document.place(at));
}
