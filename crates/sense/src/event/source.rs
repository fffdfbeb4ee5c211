//! Which of Sigma's services a program's log belongs to.

use holdfast_model::LogSource;

/// CloudTrail.
pub(super) const CLOUDTRAIL: LogSource =
    LogSource { product: "aws", service: "cloudtrail", category: "" };

/// The service under which Sigma files the log of a program: its own where the standard has one,
/// `auth` for what changes users and sessions, else `syslog`.
pub(super) fn of_process(process: &str) -> LogSource {
    let name = process.rsplit('/').next().unwrap_or(process);
    let service = match name {
        // From OpenSSH 9.8 on, each session is a program of its own.
        "sshd" | "sshd-session" | "sshd-auth" => "sshd",
        "sudo" => "sudo",
        "cron" | "crond" | "CRON" | "CROND" | "crontab" | "anacron" => "cron",
        "audit" | "auditd" | "audisp-syslog" => "auditd",
        "clamd" | "freshclam" => "clamav",
        "guacd" => "guacamole",
        "vsftpd" => "vsftpd",
        "su" | "login" | "useradd" | "usermod" | "userdel" | "groupadd" | "groupmod"
        | "groupdel" | "gpasswd" | "passwd" | "chpasswd" | "chage" | "systemd-logind"
        | "polkitd" | "pkexec" => "auth",
        _ => "syslog",
    };
    linux(service)
}

/// A service of Linux.
pub(super) const fn linux(service: &'static str) -> LogSource {
    LogSource { product: "linux", service, category: "" }
}
