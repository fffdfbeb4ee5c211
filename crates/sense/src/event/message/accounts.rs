//! Debian's shadow tools: useradd, usermod, userdel, groupadd, groupdel, gpasswd. Only gpasswd
//! says who called it.

use super::{Said, between};

pub(super) fn read(message: &str) -> Option<Said<'_>> {
    made(message).or_else(|| member(message)).or_else(|| changed(message))
}

/// `new user: name=ben, UID=1001, GID=1001, home=/home/ben, shell=/bin/bash, from=none`.
fn made(message: &str) -> Option<Said<'_>> {
    let (said, rest) = if let Some(rest) = message.strip_prefix("new user: ") {
        (Said::done("user-add"), rest)
    } else if let Some(rest) = message.strip_prefix("new group: ") {
        (Said::done("group-add"), rest)
    } else {
        return None;
    };
    let named = if said.action == "user-add" { "target_user" } else { "group" };
    Some(rest.split(", ").filter_map(|part| part.split_once('=')).fold(
        said,
        |said, (name, value)| match name {
            "name" => said.with(named, value),
            "UID" => said.with("uid", value),
            "GID" => said.with("gid", value),
            "home" => said.with("home", value),
            "shell" => said.with("shell", value),
            "from" if value != "none" => said.with("tty", value),
            _ => said,
        },
    ))
}

/// Somebody comes into a group, or leaves it.
fn member(message: &str) -> Option<Said<'_>> {
    for (verb, word, action) in
        [("add", "to", "group-member-add"), ("delete", "from", "group-member-remove")]
    {
        // add 'ben' to group 'sudo'; the line for /etc/gshadow says `shadow group`.
        if let Some((user, group)) = quoted_pair(message, verb, word) {
            return Some(Said::done(action).with("target_user", user).with("group", group));
        }
    }
    // user ben added by root to group sudo
    let rest = message.strip_prefix("user ")?;
    let (user, rest) = rest.split_once(' ')?;
    let (verb, rest) = rest.split_once(" by ")?;
    let (by, rest) = rest.split_once(' ')?;
    let (action, group) = match verb {
        "added" => ("group-member-add", rest.strip_prefix("to group ")?),
        "removed" => ("group-member-remove", rest.strip_prefix("from group ")?),
        _ => return None,
    };
    Some(Said::done(action).with("user", by).with("target_user", user).with("group", group))
}

fn quoted_pair<'a>(message: &'a str, verb: &str, word: &str) -> Option<(&'a str, &'a str)> {
    let rest = message.strip_prefix(verb)?.strip_prefix(" '")?;
    let (user, rest) = rest.split_once("' ")?;
    let rest = rest.strip_prefix(word)?.strip_prefix(' ')?;
    let rest = rest.strip_prefix("shadow ").unwrap_or(rest);
    Some((user, between(rest, "group '", "'")?))
}

/// The other changes of users and groups.
fn changed(message: &str) -> Option<Said<'_>> {
    const USERS: [(&str, &str); 6] = [
        ("delete user '", "user-remove"),
        ("change user '", "user-change"),
        ("lock user '", "user-lock"),
        ("unlock user '", "user-unlock"),
        ("change user name '", "user-change"),
        ("failed adding user '", "user-add"),
    ];
    for (before, action) in USERS {
        if let Some(user) = between(message, before, "'") {
            let said = if before.starts_with("failed") {
                Said::failed(action, message)
            } else {
                Said::done(action)
            };
            return Some(said.with("target_user", user));
        }
    }
    let group = between(message, "removed group '", "'")
        .or_else(|| message.strip_prefix("group '")?.strip_suffix("' removed"));
    if let Some(group) = group {
        return Some(Said::done("group-remove").with("group", group));
    }
    // gpasswd -M: members of group adm set by root to ana,ben
    let (group, rest) = message.strip_prefix("members of group ")?.split_once(" set by ")?;
    let (by, users) = rest.split_once(" to ")?;
    let said = Said::done("group-member-add").with("user", by).with("group", group);
    Some(said.with("target_user", users))
}
