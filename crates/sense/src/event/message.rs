//! What programs say that let people in and change users.
//!
//! Knows the messages of sshd, sudo, su, PAM, cron, systemd-logind and Debian's shadow tools, as
//! their sources write them; must not know syslog or the journal around them.

mod accounts;
mod sessions;
mod sshd;

use super::object::Object;

/// What a message says was done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said<'a> {
    /// One of the words in the table of `event`.
    pub(super) action: &'static str,
    /// Why it failed, where it did.
    pub(super) failed: Option<&'a str>,
    /// Further members by their names in that table.
    pub(super) members: Vec<(&'static str, &'a str)>,
}

impl<'a> Said<'a> {
    fn done(action: &'static str) -> Self {
        Self { action, ..Self::default() }
    }

    fn failed(action: &'static str, why: &'a str) -> Self {
        Self { action, failed: Some(why), ..Self::default() }
    }

    /// With a member, unless it is empty. Of two with one name the last one counts: what people
    /// can put into a line stands before what the program says.
    fn with(mut self, name: &'static str, value: &'a str) -> Self {
        if !value.is_empty() {
            self.members.retain(|(known, _)| *known != name);
            self.members.push((name, value));
        }
        self
    }
}

/// Reads a message, by the program that wrote it; `None` where it tells of nothing in the table.
pub(super) fn read<'a>(process: &str, message: &'a str) -> Option<Said<'a>> {
    let name = process.rsplit('/').next().unwrap_or(process);
    if let Some(said) = sessions::pam(message) {
        return Some(said);
    }
    match name {
        "sshd" | "sshd-session" | "sshd-auth" => sshd::read(message),
        "sudo" => sessions::sudo(message),
        "su" => sessions::su(message),
        "cron" | "crond" | "CRON" | "CROND" | "crontab" => sessions::cron(name, message),
        "systemd-logind" => sessions::logind(message),
        "useradd" | "usermod" | "userdel" | "groupadd" | "groupmod" | "groupdel" | "gpasswd" => {
            accounts::read(message)
        }
        _ => None,
    }
}

/// Writes what was understood into an object.
pub(super) fn write(said: &Said<'_>, object: &mut Object) {
    object.text("action", said.action);
    match said.failed {
        None => object.text("outcome", "done"),
        Some(why) => {
            object.text("outcome", "failed");
            object.text("reason", why);
        }
    }
    for (name, value) in &said.members {
        object.text(name, value);
    }
}

/// The text between two others.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    Some(text.strip_prefix(before)?.split_once(after)?.0)
}

#[cfg(test)]
mod tests;
