//! `/etc/security/limits.conf` and `limits.d`, limits.conf(5), as `pam_limits` reads them.
//!
//! Knows lines of domain, type, item and value, and which domains count before everybody's. It must not
//! know who belongs to a domain.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{Place, Reading, Span};

use super::{Family, Held, Said, shown};
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

/// The key under which those stand of whom no limit is enforced, whatever the item.
const FREE: &str = "* -";

/// What is said of some, which counts before what is said of everybody.
#[derive(Debug, Default)]
struct OfSome {
    /// By item and domain: the soft limit and the hard one.
    limits: BTreeMap<(String, String), [Option<Held>; 2]>,
    /// Domains without any limit, `DOMAIN -`.
    free: BTreeMap<String, Place>,
}

/// Domain, type and item with one blank between them; the domain alone keeps its case.
pub(super) fn normal(key: &str) -> String {
    let mut words = key.split_whitespace();
    let domain = words.next().unwrap_or_default().to_owned();
    words.fold(domain, |key, word| format!("{key} {}", word.to_ascii_lowercase()))
}

/// Whether what is held under one key is said of another.
pub(super) fn is_of(held: &str, key: &str) -> bool {
    held == key || (held == FREE && key.starts_with("* "))
}

/// Reads the main file and then the folder; a later line replaces an earlier one.
pub(super) fn read(family: &mut Family<'_>) {
    let mut paths: Vec<Arc<str>> = vec![MAIN.into()];
    paths.extend(family.folder(FOLDER, |name| {
        !name.starts_with('.') && name.rsplit_once('.').is_some_and(|(_, ending)| ending == "conf")
    }));
    let mut of_some = OfSome::default();
    for path in paths {
        let Some(bytes) = family.bytes_of(&path) else { continue };
        let document = family.open(&path, bytes);
        let mut at = 0;
        for line in document.text().split_inclusive('\n') {
            one(family, &mut of_some, &document, (line, at));
            at += line.len();
        }
    }
    tell_of(family, of_some);
}

/// Whether a domain is one of some. Only the word `root` means root, whom no limit of everybody binds;
/// with `%` logins are counted together.
fn is_some(domain: &str) -> bool {
    !matches!(domain, "*" | "root") && !domain.starts_with('%')
}

/// Tells what some have under the key of everybody, with their domain as its scope.
fn tell_of(family: &mut Family<'_>, of_some: OfSome) {
    for ((item, domain), [soft, hard]) in of_some.limits {
        let scope: Arc<str> = domain.into();
        // What a key of both asks is told once where both are the same.
        let other = hard.clone().filter(|_| soft != hard);
        for (kind, held) in [("soft", soft.clone()), ("hard", hard), ("-", soft), ("-", other)] {
            let Some(Held { value, place }) = held else { continue };
            let said = said(Arc::clone(&scope), value, place);
            family.scoped.push((format!("* {kind} {item}"), said));
        }
    }
    for (domain, place) in of_some.free {
        let said = said(domain.into(), "unlimited".to_owned(), place);
        family.scoped.push((FREE.to_owned(), said));
    }
}

fn said(scope: Arc<str>, value: String, place: Place) -> Said {
    let (scope, reading) = (Some(scope), Reading::Is(value.into()));
    Said { scope, reading, place: Some(place), default: false }
}

fn one(
    family: &mut Family<'_>,
    of_some: &mut OfSome,
    document: &Document<'_>,
    (line, at): (&str, usize),
) {
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
        // limits.conf(5): none of the limits is enforced on this domain.
        [domain, "-"] => {
            if is_some(domain) {
                of_some.free.insert((*domain).to_owned(), place);
            }
            return;
        }
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
    let value = value.to_ascii_lowercase();
    if is_some(domain) {
        let sides = of_some.limits.entry((item.clone(), domain.to_owned())).or_default();
        for (side, _) in sides.iter_mut().zip(["soft", "hard"]).filter(|(_, s)| kinds.contains(s)) {
            *side = Some(Held { value: value.clone(), place: place.clone() });
        }
    }
    for kind in kinds {
        let key = format!("{domain} {kind} {item}");
        family.hold(key, value.clone(), place.clone());
    }
    // Where one of two is set alone, they no longer have a value in common.
    if kinds.len() == 1 {
        family.values.remove(&format!("{domain} - {item}"));
    }
}
