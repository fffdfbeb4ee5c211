//! What stands in files: keys, lines, whole texts.

use std::sync::Arc;

use holdfast_model::{Aspect, Dialect, Resource, Setting, Wanted};

use super::evidence::{Look, source, spot, written};
use super::state::{Scoped, compared, unseen};
use super::{ControlResult, Verdict};
use crate::Seen;
use crate::compare::Reads;

/// Why a key that no file gives a value is nobody's mistake; `None` where it is missing. `here` is
/// whether the program is there that would read it.
fn nothing_to_say(dialect: Dialect, here: bool) -> Option<&'static str> {
    match dialect {
        Dialect::Profile => Some("nothing that shells read when somebody logs in sets it"),
        Dialect::CpuFlaws => Some("this kernel says nothing of flaws of its processors"),
        _ if here => None,
        Dialect::Auditd | Dialect::AuditRules => Some("auditd is not installed"),
        Dialect::Pwquality => Some("pam_pwquality is not installed"),
        Dialect::Journald => Some("systemd-journald is not installed"),
        Dialect::Coredump => Some("systemd-coredump is not installed"),
        Dialect::Resolved => Some("systemd-resolved is not installed"),
        Dialect::Useradd => Some("useradd is not installed"),
        Dialect::Docker => Some("docker is not installed"),
        Dialect::Kubelet => Some("no kubelet is installed"),
        Dialect::LoginDefs
        | Dialect::Sudoers
        | Dialect::Limits
        | Dialect::Apt
        | Dialect::Cpuinfo => None,
    }
}

/// auditd.conf(5): room may be a share of the file system, and how large that is no file tells.
fn share(dialect: Dialect, setting: &Setting, found: &str, wanted: &Wanted) -> Option<Verdict> {
    let number = matches!(wanted, Wanted::AtLeast(_) | Wanted::AtMost(_));
    let percent = found.strip_suffix('%').is_some_and(|share| share.parse::<u8>().is_ok());
    (dialect == Dialect::Auditd && number && percent).then(|| {
        let from = source(setting);
        let reason = format!("found `{found}`{from}, a share of a size that is not known");
        let verdict = Verdict::new(ControlResult::NotAssessed, reason).found(found);
        verdict.at(written(setting)).closes_with("write it in megabytes")
    })
}

/// The value for everybody, and each that holds under a condition on its own.
pub(super) fn key(
    dialect: Dialect,
    key: &str,
    wanted: &Wanted,
    resource: &Resource,
    seen: &Seen,
) -> Vec<Scoped> {
    let mut out: Vec<Scoped> = Vec::new();
    for setting in seen.of(resource, Aspect::Value) {
        let look = Look::of(setting);
        let verdict = match look {
            Look::Is(setting, found) => share(dialect, setting, found, wanted)
                .unwrap_or_else(|| compared(Reads::of_key(dialect, key), setting, found, wanted)),
            Look::Absent(setting) => {
                let verdict = match nothing_to_say(dialect, setting.default) {
                    Some(reason) => Verdict::new(ControlResult::NotApplicable, reason.to_owned()),
                    None if matches!(wanted, Wanted::NoneOf(_)) => {
                        let reason = format!("`{key}` is not set, so it is {wanted}");
                        Verdict::new(ControlResult::Pass, reason).found("not set")
                    }
                    None => {
                        let file = dialect.file();
                        let reason = format!("`{key}` is not set in `{file}`, wanted {wanted}");
                        Verdict::new(ControlResult::Fail, reason).found("not set")
                    }
                };
                verdict.at(written(setting))
            }
            other => unseen(other),
        };
        let scope: Option<Arc<str>> = setting.scope.clone();
        // Of two under one condition the one that fails is the one to look at.
        match out.iter_mut().find(|(its, _)| *its == scope) {
            None => out.push((scope, verdict)),
            Some(known) if known.1.result == ControlResult::Pass => known.1 = verdict,
            Some(_) => {}
        }
    }
    if out.is_empty() {
        out.push((None, unseen(Look::Missing)));
    }
    out
}

/// No file gives the key a value, and the program's own default is as good as none.
pub(super) fn key_absent(dialect: Dialect, key: &str, resource: &Resource, seen: &Seen) -> Verdict {
    for setting in seen.of(resource, Aspect::Value) {
        let Look::Is(_, found) = Look::of(setting) else { continue };
        if setting.default {
            continue;
        }
        let reason = format!("found `{found}`{}, wanted not set", source(setting));
        let verdict = Verdict::new(ControlResult::Fail, reason).found(found);
        return verdict.at(written(setting));
    }
    let look = Look::at(seen, resource, Aspect::Value);
    match look {
        Look::Absent(setting) => {
            if let Some(reason) = nothing_to_say(dialect, setting.default) {
                return Verdict::new(ControlResult::NotApplicable, reason.to_owned());
            }
            let reason = format!("`{key}` is not set in `{}`, as wanted", dialect.file());
            Verdict::new(ControlResult::Pass, reason).found("not set").at(look.place())
        }
        Look::Is(setting, found) => {
            let reason = format!("`{key}` is `{found}` by default, and not set, as wanted");
            Verdict::new(ControlResult::Pass, reason).found("not set").at(written(setting))
        }
        other => unseen(other),
    }
}

/// Whether a key has a value in files of no family, where one of them is there.
pub(super) fn entry(
    key: &str,
    wanted: Option<&Wanted>,
    resource: &Resource,
    seen: &Seen,
) -> Verdict {
    let look = Look::at(seen, resource, Aspect::Value);
    match (look, wanted) {
        (Look::Is(setting, found), Some(wanted)) => compared(Reads::Entry, setting, found, wanted),
        (Look::Is(setting, found), None) => {
            let reason = format!("found `{found}`{}, wanted not set", source(setting));
            let verdict = Verdict::new(ControlResult::Fail, reason).found(found);
            verdict.at(setting.place.as_ref())
        }
        (Look::Absent(setting), _) if setting.place.is_none() && !setting.default => {
            let reason = "none of its files is there".to_owned();
            Verdict::new(ControlResult::NotApplicable, reason).found("absent")
        }
        (Look::Absent(_), Some(wanted)) => {
            let reason = format!("`{key}` is not set, wanted {wanted}");
            Verdict::new(ControlResult::Fail, reason).found("not set").at(look.place())
        }
        (Look::Absent(_), None) => {
            let reason = format!("`{key}` is not set, as wanted");
            Verdict::new(ControlResult::Pass, reason).found("not set").at(look.place())
        }
        (other, _) => unseen(other),
    }
}

/// Whether a line stands in a file. A file that is not there has no line.
pub(super) fn line(wanted: bool, path: &str, resource: &Resource, seen: &Seen) -> Verdict {
    let look = Look::at(seen, resource, Aspect::Value);
    let result = |right: bool| if right { ControlResult::Pass } else { ControlResult::Fail };
    match look {
        Look::Is(setting, found) => {
            let at = written(setting).map_or_else(|| format!("`{path}`"), spot);
            let end = if wanted { "as wanted" } else { "wanted absent" };
            let verdict = Verdict::new(result(wanted), format!("the line stands at {at}, {end}"));
            verdict.found(found).at(written(setting))
        }
        Look::Absent(setting) => {
            let end = if wanted { "wanted present" } else { "as wanted" };
            let no = if setting.place.is_some() { "has no such line" } else { "is not there" };
            let verdict = Verdict::new(result(!wanted), format!("`{path}` {no}, {end}"));
            verdict.found("absent").at(written(setting))
        }
        other => unseen(other),
    }
}

/// Whether a file says just this.
pub(super) fn text(path: &str, wanted: &str, resource: &Resource, seen: &Seen) -> Verdict {
    match Look::at(seen, resource, Aspect::Value) {
        Look::Is(setting, found) if found == wanted => {
            let reason = format!("`{path}` says just what is wanted");
            let verdict = Verdict::new(ControlResult::Pass, reason).found(shown(found));
            verdict.at(written(setting))
        }
        Look::Is(setting, found) => {
            let reason = format!("`{path}` says `{}`, wanted `{}`", shown(found), shown(wanted));
            let verdict = Verdict::new(ControlResult::Fail, reason).found(shown(found));
            verdict.at(written(setting))
        }
        Look::Absent(_) => {
            let reason = format!("there is no `{path}`, wanted `{}`", shown(wanted));
            Verdict::new(ControlResult::Fail, reason).found("absent")
        }
        other => unseen(other),
    }
}

/// How a text is shown in a sentence.
pub(super) fn shown(text: &str) -> String {
    let line = text.lines().map(str::trim).collect::<Vec<_>>().join(" / ");
    let mut begins: String = line.chars().take(80).collect();
    if begins.len() < line.len() {
        begins.push('…');
    }
    begins
}
