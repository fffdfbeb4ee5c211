//! Whether the program is installed that a family of files is for. Where it is not, nobody reads
//! the files, and what they do not say is no matter.
//!
//! Knows where distributions put programs; must not know what their files say.

use std::sync::Arc;

use holdfast_model::Dialect;

use super::Family;
use crate::reader::{Answer, Need};

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
        Dialect::Docker => &["/usr/bin/dockerd", "/usr/sbin/dockerd", "/usr/local/bin/dockerd"],
        Dialect::Kubelet => &["/usr/bin/kubelet", "/usr/local/bin/kubelet"],
        _ => &[],
    }
}

/// Looks for the program, unless a file of the family is there: a program that lies elsewhere reads
/// that all the same.
pub(super) fn look(family: &mut Family<'_>, dialect: Dialect) {
    let files = files(dialect);
    if files.is_empty() || family.installed.is_some() {
        return;
    }
    if family.start.is_some() {
        family.installed = Some(true);
        return;
    }
    let (mut found, mut hidden) = (false, None);
    for file in files {
        let path: Arc<str> = (*file).into();
        let pattern = file.contains('*');
        let need = if pattern { Need::Glob(path) } else { Need::Stat(path) };
        match family.answers.get(need) {
            Answer::Stat(_) => found = true,
            Answer::Paths(paths) => found |= !paths.is_empty(),
            Answer::Missing => {}
            _ => hidden = Some(*file),
        }
    }
    match hidden.filter(|_| !found) {
        Some(file) => family.hide(format!("whether `{file}` is there could not be seen"), "root"),
        None => family.installed = Some(found),
    }
}
