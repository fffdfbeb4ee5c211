//! OpenSSH's server: `auth.c` writes what is read here.

use super::Said;

pub(super) fn read(message: &str) -> Option<Said<'_>> {
    let (verb, rest) = message.split_once(' ')?;
    match verb {
        "Accepted" => accepted(rest),
        "Failed" => failed(rest),
        "Invalid" => {
            let (user, from) = last_from(rest.strip_prefix("user ")?)?;
            Some(from.of(Said::failed("login", "invalid user").with("user", user)))
        }
        "error:" => {
            let rest = rest.strip_prefix("maximum authentication attempts exceeded for ")?;
            let (user, from) = last_from(rest)?;
            let user = user.strip_prefix("invalid user ").unwrap_or(user);
            Some(from.of(Said::failed("login", "too many attempts").with("user", user)))
        }
        _ => None,
    }
}

/// `publickey for ana from 192.0.2.7 port 52314 ssh2: ED25519 SHA256:…`: the user exists, so that
/// no name holds ` from `; what follows the address may, for it can name a certificate.
fn accepted(rest: &str) -> Option<Said<'_>> {
    let (method, rest) = rest.split_once(" for ")?;
    let (user, rest) = rest.split_once(" from ")?;
    let from = From::parse(rest)?;
    let key = rest.split_once(": ").map_or("", |(_, key)| key);
    let said = Said::done("login").with("user", user).with("method", method).with("key", key);
    Some(from.of(said))
}

/// `password for invalid user ana from 192.0.2.7 port 52314 ssh2`: whoever knocks chooses the
/// name, and may choose one with ` from 198.51.100.1 port 1 ssh2` in it. The last address is
/// sshd's.
fn failed(rest: &str) -> Option<Said<'_>> {
    let (method, rest) = rest.split_once(" for ")?;
    let (user, from) = last_from(rest)?;
    let (user, why) = match user.strip_prefix("invalid user ") {
        Some(user) => (user, "invalid user"),
        None => (user, "wrong credentials"),
    };
    Some(from.of(Said::failed("login", why).with("user", user).with("method", method)))
}

fn last_from(text: &str) -> Option<(&str, From<'_>)> {
    // Old versions write no address behind an invalid user where the name is all there is.
    let (user, rest) = text.rsplit_once(" from ")?;
    Some((user, From::parse(rest)?))
}

struct From<'a> {
    address: &'a str,
    port: &'a str,
}

impl<'a> From<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut words = text.split(' ');
        let address = words.next().filter(|word| !word.is_empty())?;
        let port = match (words.next(), words.next()) {
            (Some("port"), Some(port)) => port,
            _ => "",
        };
        Some(Self { address, port })
    }

    fn of(&self, said: Said<'a>) -> Said<'a> {
        said.with("src_ip", self.address).with("src_port", self.port)
    }
}
