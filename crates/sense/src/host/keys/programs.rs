//! Whether the program is installed that a family of files is for. Where it is not, nobody reads
//! the files, and what they do not say is no matter.
//!
//! Knows where distributions put programs; must not know what their files say.

use std::sync::Arc;

use holdfast_model::Dialect;

use super::Family;
use crate::FileType;
use crate::reader::{Answer, Need};
use crate::text::file_name;

/// The files of which one is there where the program is; with `*` in a folder's name.
fn files(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Auditd | Dialect::AuditRules => &["/usr/sbin/auditd", "/sbin/auditd"],
        Dialect::Pwquality => &[
            "/usr/lib/*/security/pam_pwquality.so",
            "/lib/*/security/pam_pwquality.so",
            "/usr/lib64/security/pam_pwquality.so",
            "/lib64/security/pam_pwquality.so",
            "/usr/lib/security/pam_pwquality.so",
        ],
        Dialect::Journald => {
            &["/usr/lib/systemd/systemd-journald", "/lib/systemd/systemd-journald"]
        }
        Dialect::Coredump => {
            &["/usr/lib/systemd/systemd-coredump", "/lib/systemd/systemd-coredump"]
        }
        Dialect::Resolved => {
            &["/usr/lib/systemd/systemd-resolved", "/lib/systemd/systemd-resolved"]
        }
        Dialect::Useradd => &["/usr/sbin/useradd", "/sbin/useradd"],
        Dialect::LoginDefs => {
            &["/usr/sbin/useradd", "/sbin/useradd", "/usr/bin/login", "/bin/login"]
        }
        Dialect::Limits => &[
            "/usr/lib/*/security/pam_limits.so",
            "/lib/*/security/pam_limits.so",
            "/usr/lib64/security/pam_limits.so",
            "/lib64/security/pam_limits.so",
            "/usr/lib/security/pam_limits.so",
            "/lib/security/pam_limits.so",
        ],
        Dialect::Docker => &["/usr/bin/dockerd", "/usr/sbin/dockerd", "/usr/local/bin/dockerd"],
        Dialect::Kubelet => &["/usr/bin/kubelet", "/usr/local/bin/kubelet"],
        _ => &[],
    }
}

/// Where busybox lies, which lets people in by itself where nothing better is installed.
const BUSYBOX: [&str; 2] = ["/bin/busybox", "/usr/bin/busybox"];

/// Looks for the program, unless a file of the family is there: a program that lies elsewhere reads
/// that all the same.
pub(super) fn look(family: &mut Family<'_>, dialect: Dialect) {
    let files = files(dialect);
    if files.is_empty() || family.installed.is_some() {
        return;
    }
    if matches!(dialect, Dialect::LoginDefs | Dialect::Limits) {
        return without(family, dialect, files);
    }
    if family.start.is_some() {
        family.installed = Some(true);
        return;
    }
    let (found, hidden) = any(family, files);
    match hidden.filter(|_| !found) {
        Some(file) => family.hide(format!("whether `{file}` is there could not be seen"), "root"),
        None => family.installed = Some(found),
    }
}

/// Busybox comes without shadow and PAM, and reads none of their files, which lie there all the same
/// where somebody wrote them.
fn without(family: &mut Family<'_>, dialect: Dialect, files: &[&'static str]) {
    let (found, hidden) = any(family, files);
    let (busybox, unseen) = any(family, &BUSYBOX);
    if let Some(file) = hidden.or(unseen).filter(|_| !found && (busybox || unseen.is_some())) {
        family.hide(format!("whether `{file}` is there could not be seen"), "root");
    } else if busybox && !found {
        let (what, package) = match dialect {
            Dialect::Limits => {
                ("`pam_limits` is not installed", "linux-pam, and services that ask it")
            }
            _ => ("no program of shadow is installed", "shadow"),
        };
        let reason = format!("{what}, and busybox does not read `{}`", dialect.file());
        family.hide(reason, package);
    }
}

/// Whether one of the files is there, and one of which that could not be seen. A link may be one of the
/// many names of busybox.
fn any(family: &Family<'_>, files: &[&'static str]) -> (bool, Option<&'static str>) {
    let (mut found, mut hidden) = (false, None);
    for file in files {
        let path: Arc<str> = (*file).into();
        let pattern = file.contains('*');
        let need = if pattern { Need::Glob(path) } else { Need::Stat(path) };
        match family.answers.get(need) {
            Answer::Stat(stat) => found |= stat.kind == FileType::File || !may_be_busybox(file),
            Answer::Paths(paths) => found |= !paths.is_empty(),
            Answer::Missing => {}
            _ => hidden = Some(*file),
        }
    }
    (found, hidden)
}

/// Whether busybox goes by this name.
fn may_be_busybox(file: &str) -> bool {
    file_name(file) == "login"
}
