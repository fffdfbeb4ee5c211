//! `/etc/security/limits.conf` and `limits.d`, limits.conf(5), as `pam_limits` reads them.
//!
//! Knows lines of domain, type, item and value. It must not know whom a domain means.

use std::sync::Arc;

use holdfast_model::Span;

use super::{Family, shown};
use crate::text::{Document, Mistake};

const MAIN: &str = "/etc/security/limits.conf";
const FOLDER: &str = "/etc/security/limits.d";

const ITEMS: [&str; 20] = [
    "core",
    "data",
    "fsize",
    "memlock",
    "nofile",
    "rss",
    "stack",
    "cpu",
    "nproc",
    "as",
    "maxlogins",
    "maxsyslogins",
    "nonewprivs",
    "priority",
    "locks",
    "sigpending",
    "msgqueue",
    "nice",
    "rtprio",
    "chroot",
];

/// Domain, type and item with one blank between them; the domain alone keeps its case.
pub(super) fn normal(key: &str) -> String {
    let mut words = key.split_whitespace();
    let domain = words.next().unwrap_or_default().to_owned();
    words.fold(domain, |key, word| format!("{key} {}", word.to_ascii_lowercase()))
}

/// Reads the main file and then the folder; a later line replaces an earlier one.
pub(super) fn read(family: &mut Family<'_>) {
    let mut paths: Vec<Arc<str>> = vec![MAIN.into()];
    paths.extend(family.folder(FOLDER, |name| {
        !name.starts_with('.') && name.rsplit_once('.').is_some_and(|(_, ending)| ending == "conf")
    }));
    for path in paths {
        let Some(bytes) = family.bytes_of(&path) else { continue };
        let document = family.open(&path, bytes);
        let mut at = 0;
        for line in document.text().split_inclusive('\n') {
            one(family, &document, line, at);
            at += line.len();
        }
    }
}

fn one(family: &mut Family<'_>, document: &Document<'_>, line: &str, at: usize) {
    let body = line.split('#').next().unwrap_or_default();
    let start = at + (body.len() - body.trim_start().len());
    let body = body.trim();
    if body.is_empty() {
        return;
    }
    let words: Vec<&str> = body.split_whitespace().collect();
    let place = document.place(start);
    let span = Span { start, end: start + body.len() };
    let mut refuse = |message: String, help: &str| {
        let mistake = Mistake::loss("limits-syntax", span, message).help(help);
        family.tell(document, &mistake);
    };
    let (domain, kind, item, value) = match words.as_slice() {
        // No limits at all for a domain: nothing that a key could name.
        [_, "-"] => return,
        [domain, kind, item, value] => (*domain, *kind, *item, *value),
        _ => {
            let message = "a line has four words: domain, type, item and value".to_owned();
            return refuse(message, "write it as `* hard core 0`");
        }
    };
    let kind = kind.to_ascii_lowercase();
    let item = item.to_ascii_lowercase();
    let kinds: &[&str] = match kind.as_str() {
        "soft" => &["soft"],
        "hard" => &["hard"],
        "-" => &["soft", "hard", "-"],
        other => {
            return refuse(
                format!("`{}` is no type of limit", shown(other)),
                "write `soft`, `hard` or `-`",
            );
        }
    };
    if !ITEMS.contains(&item.as_str()) {
        return refuse(
            format!("`{}` is no item that is limited", shown(&item)),
            "see limits.conf(5)",
        );
    }
    for kind in kinds {
        let key = format!("{domain} {kind} {item}");
        family.hold(key, value.to_ascii_lowercase(), place.clone());
    }
    // Where one of two is set alone, they no longer have a value in common.
    if kinds.len() == 1 {
        family.values.remove(&format!("{domain} - {item}"));
    }
}
