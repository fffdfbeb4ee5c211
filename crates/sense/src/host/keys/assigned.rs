//! Files of `key = value`: auditd.conf(5), pwquality.conf(5), and useradd(8)'s defaults. Each is
//! split as its own program splits it, which differs in blanks, comments and what is refused.
//!
//! Knows lines; must not know which keys there are.

use std::sync::Arc;

use holdfast_model::Span;

use super::{Family, Look, shown};
use crate::host::pam;
use crate::text::{Document, Mistake};

const AUDITD: &str = "/etc/audit/auditd.conf";
const PWQUALITY: &str = "/etc/security/pwquality.conf";
const PWQUALITY_FOLDER: &str = "/etc/security/pwquality.conf.d";
/// Whoever sets a password of their own asks this service, and its rules this module.
const SERVICE: &str = "passwd";
const MODULE: &str = "pam_pwquality.so";
const USERADD: &str = "/etc/default/useradd";

/// auditd.conf(5): "each line should be limited to 160 characters or the line will be skipped".
const AUDITD_LINE: usize = 160;

/// Reads auditd.conf: words with blanks between them, the second of which is `=`. On any other line
/// auditd gives up and does not start.
pub(super) fn auditd(family: &mut Family<'_>) {
    family.each_line(&AUDITD.into(), |family, document, line, at| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let Some(first) = words.first().filter(|word| !word.starts_with('#')) else { return };
        let start = at + (line.len() - line.trim_start().len());
        let span = Span { start, end: start + line.trim().len() };
        if line.len() > AUDITD_LINE {
            let message = "auditd passes over a line of more than 160 characters";
            let mistake = Mistake::slip("conf-line-long", span, message);
            return family.tell(document, &mistake.help("shorten the line"));
        }
        match words.as_slice() {
            [_, "=", value @ ..] if (1..=2).contains(&value.len()) => {
                let value = value.join(" ");
                family.hold(first.to_ascii_lowercase(), value, document.place(start));
            }
            _ => {
                let help = "write `key = value`, with blanks around the sign and nothing behind";
                refuse(family, document, span, "auditd does not start with this line", help);
            }
        }
    });
}

/// A line with which the program does not work at all.
fn refuse(family: &mut Family<'_>, document: &Document<'_>, span: Span, message: &str, help: &str) {
    let place = document.place(span.start);
    family.tell(document, &Mistake::loss("conf-line", span, message).help(help));
    if family.broken.is_none() {
        family.broken = Some((message.to_owned(), place));
    }
}

/// Reads the folder, then the main file, which wins over it, then what PAM says. Everything behind `#`
/// is a comment, the sign may be a blank alone, and a key without a value is switched on.
pub(super) fn pwquality(family: &mut Family<'_>) {
    let mut paths = family.folder(PWQUALITY_FOLDER, |name| {
        name.rsplit_once('.').is_some_and(|(stem, ending)| !stem.is_empty() && ending == "conf")
    });
    paths.push(PWQUALITY.into());
    for path in paths {
        family.each_line(&path, |family, document, line, at| {
            let body = line.split('#').next().unwrap_or_default();
            let start = at + (body.len() - body.trim_start().len());
            let body = body.trim();
            let (key, rest) = match body.find(|c: char| c.is_whitespace() || c == '=') {
                Some(end) => body.split_at(end),
                None => (body, ""),
            };
            if key.is_empty() {
                if !body.is_empty() {
                    let span = Span { start, end: start + body.len() };
                    let message = "this line has a value and no key";
                    let mistake = Mistake::slip("conf-line", span, message);
                    family.tell(document, &mistake.help("write `key = value`"));
                }
                return;
            }
            let rest = rest.trim_start();
            let value = rest.strip_prefix('=').unwrap_or(rest).trim_start();
            let value = if value.is_empty() { "1" } else { value };
            family.hold(key.to_owned(), value.to_owned(), document.place(start));
        });
    }
    arguments(family);
}

/// Reads the arguments that the rules of PAM give the module, which win over all files
/// (pam_pwquality(8)).
fn arguments(family: &mut Family<'_>) {
    let rules = match pam::of_passwords(&Look::new(family.answers), SERVICE, MODULE) {
        Ok(rules) => rules,
        Err(gap) => return family.hide(gap.reason, &gap.closes_with),
    };
    let alike = rules.iter().zip(rules.iter().skip(1)).all(|((one, _), (next, _))| one == next);
    if !alike {
        let reason = format!("several rules of `{SERVICE}` name `{MODULE}`, and differ");
        return family.hide(reason, "one rule alone");
    }
    let Some((words, place)) = rules.into_iter().next() else { return };
    for word in words {
        let (key, value) = word.split_once('=').unwrap_or((word.as_str(), "1"));
        family.hold(key.to_owned(), value.to_owned(), place.clone());
    }
}

/// What pwquality.conf(5) says of a key that no file names, of those that decide whether a password is
/// refused and how many signs it needs.
pub(super) fn default(key: &str) -> Option<&'static str> {
    match key {
        "enforcing" => Some("1"),
        "dcredit" | "ucredit" | "lcredit" | "ocredit" => Some("0"),
        _ => None,
    }
}

/// Reads the defaults of useradd: what begins with a key and `=`, without blanks; nothing is taken
/// off the value.
pub(super) fn useradd(family: &mut Family<'_>) {
    let path: Arc<str> = USERADD.into();
    family.each_line(&path, |family, document, line, at| {
        let name = |key: &str| key.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        match line.split_once('=').filter(|(key, _)| !key.is_empty() && name(key)) {
            Some((key, value)) => {
                family.hold(key.to_owned(), value.to_owned(), document.place(at));
            }
            None if line.trim().is_empty() || line.trim_start().starts_with('#') => {}
            None => {
                let span = Span { start: at, end: at + line.len() };
                let message = format!("useradd passes over `{}`", shown(line.trim()));
                let mistake = Mistake::slip("conf-line", span, message);
                family.tell(document, &mistake.help("write `KEY=value` at the line's beginning"));
            }
        }
    });
}
