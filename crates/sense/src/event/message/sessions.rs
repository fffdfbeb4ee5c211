//! Sessions and commands under another name: PAM, sudo, su, cron, systemd-logind.

use super::{Said, between};

/// `pam_unix(sshd:session): session opened for user ana(uid=1000) by (uid=0)`.
pub(super) fn pam(message: &str) -> Option<Said<'_>> {
    let (head, text) = message.strip_prefix("pam_")?.split_once("): ")?;
    let (service, _) = head.split_once('(')?.1.split_once(':')?;
    let said = if let Some(rest) = text.strip_prefix("session opened for user ") {
        let (target, by) = rest.split_once(" by ").unwrap_or((rest, ""));
        let (target, by) = (without_uid(target), without_uid(by));
        // Who opens a session for somebody else is named; a daemon that does so is not.
        if by.is_empty() || by == "root" || by == target {
            Said::done("session-open").with("user", target)
        } else {
            Said::done("session-open").with("user", by).with("target_user", target)
        }
    } else if let Some(user) = text.strip_prefix("session closed for user ") {
        Said::done("session-close").with("user", without_uid(user))
    } else if let Some(rest) = text.strip_prefix("authentication failure;") {
        let member = |name: &str| {
            rest.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
        };
        Said::failed("authenticate", "authentication failure")
            .with("user", member("user").unwrap_or_default())
            .with("src_ip", member("rhost").unwrap_or_default())
            .with("tty", member("tty").unwrap_or_default())
    } else if let Some(user) = text.strip_prefix("password changed for ") {
        Said::done("password-change").with("target_user", user.trim())
    } else {
        return None;
    };
    Some(said.with("service", service))
}

/// `ana(uid=1000)`; Debian 10 and older write no number.
fn without_uid(text: &str) -> &str {
    text.split_once('(').map_or(text, |(name, _)| name).trim()
}

/// `ana : TTY=pts/0 ; PWD=/srv ; USER=root ; COMMAND=/usr/bin/id`; before the first member stands
/// why it was refused, if it was.
pub(super) fn sudo(message: &str) -> Option<Said<'_>> {
    let (user, rest) = message.split_once(" : ")?;
    // The first one: whatever a folder's name or an argument adds, nothing is hidden behind it.
    let (before, command) = match rest.split_once("COMMAND=") {
        Some((before, command)) => (before, command),
        None => (rest, ""),
    };
    let mut said = Said::done("sudo").with("user", user.trim());
    for part in before.split(" ; ").map(str::trim).filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim_end_matches([' ', ';']);
        said = match name {
            "TTY" => said.with("tty", value),
            "PWD" => said.with("pwd", value),
            "USER" => said.with("target_user", value),
            "GROUP" => said.with("group", value),
            _ if name.bytes().all(|byte| byte.is_ascii_uppercase()) => said,
            _ => Said { failed: Some(part), ..said },
        };
    }
    // A continued command, or text that is not of this shape.
    let known = !command.is_empty() || said.failed.is_some();
    known.then(|| said.with("command", command))
}

/// `(to root) ana on pts/0`, of util-linux; `Successful su for root by ana`, of shadow.
pub(super) fn su(message: &str) -> Option<Said<'_>> {
    let (failed, text) = match message.strip_prefix("FAILED SU ") {
        Some(text) => (true, text),
        None => (false, message),
    };
    let (target, user, tty) = if let Some(target) = between(text, "(to ", ") ") {
        let (_, rest) = text.split_once(") ")?;
        let (user, tty) = rest.split_once(" on ").unwrap_or((rest, ""));
        (target, user, tty)
    } else {
        let rest = text
            .strip_prefix("Successful su for ")
            .or_else(|| text.strip_prefix("FAILED su for "))?;
        let (target, user) = rest.split_once(" by ")?;
        (target, user, "")
    };
    let failed = failed || text.starts_with("FAILED");
    let said = if failed { Said::failed("su", "refused") } else { Said::done("su") };
    Some(said.with("user", user.trim()).with("target_user", target).with("tty", tty))
}

/// `(root) CMD (run-parts /etc/cron.hourly)`; of crontab, `(ana) REPLACE (ben)`.
pub(super) fn cron<'a>(name: &str, message: &'a str) -> Option<Said<'a>> {
    let user = between(message, "(", ") ")?;
    let (_, rest) = message.split_once(") ")?;
    let (verb, argument) = rest.split_once(" (")?;
    let argument = argument.strip_suffix(')').unwrap_or(argument).trim();
    match verb {
        "CMD" => Some(Said::done("cron").with("user", user).with("command", argument)),
        "REPLACE" | "DELETE" | "BEGIN EDIT" | "END EDIT" if name == "crontab" => {
            Some(Said::done("crontab").with("user", user).with("target_user", argument))
        }
        _ => None,
    }
}

/// `New session 5 of user ana.`; from systemd 256 on with more behind the name.
pub(super) fn logind(message: &str) -> Option<Said<'_>> {
    let (session, rest) = message.strip_prefix("New session ")?.split_once(" of user ")?;
    let session = session.trim_matches('\'');
    let user = rest.split(' ').next().unwrap_or(rest);
    let user = user.trim_end_matches('.').trim_matches('\'');
    Some(Said::done("session-open").with("user", user).with("session", session))
}
