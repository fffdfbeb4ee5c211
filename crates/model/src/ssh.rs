//! Where a host is reached by ssh.
//!
//! Knows what may stand in such an address, so that no part of one is ever taken for an option of a
//! program. Must not know how a connection is made.

use std::fmt;
use std::sync::Arc;

/// User, host and port, as `ssh://USER@HOST:PORT` says them. What is not said is as OpenSSH's own
/// configuration says; `HOST` may be a name of that.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SshAddress {
    user: Option<Arc<str>>,
    host: Arc<str>,
    port: Option<u16>,
}

/// The longest name of a host or user, in bytes: that of DNS (RFC 1035, 2.3.4).
const LONGEST: usize = 255;

impl SshAddress {
    /// An address of its parts; the host may be an IPv6 address, in brackets or without.
    ///
    /// # Errors
    ///
    /// Why it is none, in words.
    pub fn new(user: Option<&str>, host: &str, port: Option<u16>) -> Result<Self, String> {
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let shown = host.escape_debug();
        if host.is_empty() {
            return Err("it names no host".to_owned());
        }
        if host.starts_with('-') {
            return Err(format!("the host `{shown}` begins with `-`, as options do"));
        }
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
        if host.len() > LONGEST || !host.chars().all(plain) {
            return Err(format!("`{shown}` is no name of a host"));
        }
        if let Some(user) = user {
            let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '$');
            let sound = !user.is_empty() && user.len() <= LONGEST && !user.starts_with('-');
            if !sound || !user.chars().all(plain) {
                return Err(format!("`{}` is no name of a user", user.escape_debug()));
            }
        }
        if port == Some(0) {
            return Err("there is no port 0".to_owned());
        }
        Ok(Self { user: user.map(Arc::from), host: host.into(), port })
    }

    /// Reads `ssh://[USER@]HOST[:PORT]`; a last `/` may follow.
    ///
    /// # Errors
    ///
    /// Why it is none, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix("ssh://") else {
            return Err(format!("`{}` does not begin with `ssh://`", text.escape_debug()));
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, _)) if user.contains(':') => {
                return Err("passwords have no place in an address".to_owned());
            }
            Some((user, rest)) => (Some(user), rest),
            None => (None, rest),
        };
        let (host, port) = match (rest.rsplit_once(']'), rest.rsplit_once(':')) {
            (Some((host, port)), _) => (host.strip_prefix('['), port.strip_prefix(':')),
            (None, Some((host, port))) => (Some(host), Some(port)),
            (None, None) => (Some(rest), None),
        };
        let Some(host) = host else {
            return Err(format!("`{}` has a bracket too many", rest.escape_debug()));
        };
        let whole = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let port = match port {
            _ if whole == Some(host) => None,
            Some(port) => Some(
                port.parse()
                    .map_err(|_| format!("`{}` is no number of a port", port.escape_debug()))?,
            ),
            None if rest.contains(']') => {
                return Err(format!("`{}` is no name of a host", rest.escape_debug()));
            }
            None => None,
        };
        if whole.is_none() && !rest.starts_with('[') && host.contains(':') {
            return Err("an IPv6 address stands in brackets".to_owned());
        }
        Self::new(user, host, port)
    }

    /// Who signs in; `None` where OpenSSH's configuration says it.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The host, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; `None` where OpenSSH's configuration says it.
    pub fn port(&self) -> Option<u16> {
        self.port
    }
}

impl fmt::Display for SshAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ssh://")?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written_alike() {
        for text in [
            "ssh://web1",
            "ssh://ana@web1:2222",
            "ssh://[fe80::1%eth0]:22",
            "ssh://[::1]",
            "ssh://a.b",
        ] {
            assert_eq!(SshAddress::parse(text).unwrap().to_string(), text);
        }
        let address = SshAddress::parse("ssh://ana@web1:2222/").unwrap();
        let parts = (address.user(), address.host(), address.port());
        assert_eq!(parts, (Some("ana"), "web1", Some(2222)));
        assert_eq!(SshAddress::new(None, "::1", None).unwrap().to_string(), "ssh://[::1]");
    }

    #[test]
    fn nothing_that_could_be_an_option_is_an_address() {
        for text in [
            "web1",
            "ssh://",
            "ssh://-oProxyCommand=id",
            "ssh://-l@web1",
            "ssh://a@-x",
            "ssh://[-x]",
            "ssh://a b",
            "ssh://a;id",
            "ssh://a\n",
            "ssh://$(id)",
            "ssh://web1:0",
            "ssh://web1:65536",
            "ssh://web1:",
            "ssh://web1:x",
            "ssh://ana:secret@web1",
            "ssh://::1",
            "ssh://[::1",
            "ssh://::1]",
            "ssh://[::1]x",
            "ssh://web1/path",
            "ssh://@web1",
        ] {
            assert!(SshAddress::parse(text).is_err(), "{text}");
        }
        assert!(SshAddress::new(None, &"a".repeat(256), None).is_err());
    }
}
