//! Takes secrets out of commands before anybody keeps them.
//!
//! Knows how programs are given passwords; errs on the side of hiding too much.

use std::borrow::Cow;

/// What stands in the place of a secret.
const MASK: &str = "***";

/// Parts of names that hold secrets, in small letters and without `-` and `_`.
const SECRET: [&str; 11] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "authorization",
    "cookie",
];

/// Names that hold secrets only as a whole.
const SECRET_WHOLE: [&str; 5] = ["pass", "pwd", "pw", "auth", "pin"];

/// Programs whose `-p` is a port, a path, a number of a process, or nothing at all.
const PLAIN_P: [&str; 30] = [
    "mkdir",
    "cp",
    "install",
    "tar",
    "rsync",
    "ssh",
    "nc",
    "ncat",
    "nmap",
    "ps",
    "kill",
    "pkill",
    "renice",
    "ionice",
    "taskset",
    "lsof",
    "ss",
    "strace",
    "gdb",
    "systemctl",
    "journalctl",
    "loginctl",
    "docker",
    "podman",
    "read",
    "patch",
    "iptables",
    "cargo",
    "ip",
    "xargs",
];

/// Programs with another letter before a password, or before a user with one behind a colon.
const LETTERS: [(&str, &str); 8] = [
    ("ldapsearch", "-w"),
    ("ldapmodify", "-w"),
    ("ldapadd", "-w"),
    ("redis-cli", "-a"),
    ("sqlcmd", "-P"),
    ("zip", "-P"),
    ("unzip", "-P"),
    ("openssl", "-pass"),
];

/// The command with `***` in the place of everything that looks like a secret: values of options
/// and variables whose names say so, of `-p` unless the program is known to mean something else,
/// passwords in addresses and of `curl -u`, and what follows `Bearer` or `Basic`.
pub fn mask(command: &str) -> Cow<'_, str> {
    let mut next = Next::Shown;
    let mut program = "";
    let mut words: Vec<Cow<'_, str>> = Vec::new();
    for word in command.split(' ') {
        let shown = match next {
            _ if word.is_empty() => Cow::Borrowed(word),
            Next::Shown => {
                let (shown, then) = first(word, program);
                next = then;
                shown
            }
            // `Authorization: Bearer …`: the word in between says nothing.
            Next::Hidden if is_scheme(word) => Cow::Borrowed(word),
            Next::Hidden => {
                next = behind_value(word);
                Cow::Borrowed(MASK)
            }
            Next::BehindColon => {
                next = Next::Shown;
                behind_colon(word)
            }
            Next::HiddenUntil(quote) => {
                if word.ends_with(quote) {
                    next = Next::Shown;
                }
                continue;
            }
        };
        words.push(shown);
        let name = word.rsplit('/').next().unwrap_or(word);
        let known = |known: &&str| name == *known;
        // `sudo env mysql -p…`: the program is the last word that is known as one.
        let telling = PLAIN_P.iter().any(known)
            || LETTERS.iter().any(|(name, _)| known(name))
            || name == "curl";
        if program.is_empty() || telling {
            program = name;
        }
    }
    let masked = words.join(" ");
    if masked == command { Cow::Borrowed(command) } else { Cow::Owned(masked) }
}

/// What becomes of the next word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Shown,
    Hidden,
    BehindColon,
    HiddenUntil(char),
}

/// A word of which nothing was known before.
fn first<'w>(word: &'w str, program: &str) -> (Cow<'w, str>, Next) {
    if let Some((name, value)) = word.split_once('=')
        && is_secret(name)
        && !value.is_empty()
    {
        return (Cow::Owned(format!("{name}={MASK}")), behind_value(value));
    }
    if let Some((name, value)) = word.split_once(':') {
        let header = name.trim_start_matches(['\'', '"']);
        if is_secret(header) && !value.starts_with("//") {
            return match value {
                "" => (Cow::Borrowed(word), Next::Hidden),
                _ => (Cow::Owned(format!("{name}:{MASK}")), Next::Shown),
            };
        }
    }
    if is_scheme(word) || LETTERS.contains(&(program, word)) {
        return (Cow::Borrowed(word), Next::Hidden);
    }
    if program == "curl" && matches!(word, "-u" | "-U" | "--user" | "--proxy-user") {
        return (Cow::Borrowed(word), Next::BehindColon);
    }
    if word.starts_with("--") {
        let next = if is_secret(word) && !word.contains('=') { Next::Hidden } else { Next::Shown };
        return (in_address(word), next);
    }
    if let Some(value) = word.strip_prefix("-p").filter(|_| !PLAIN_P.contains(&program)) {
        return match value {
            "" => (Cow::Borrowed(word), Next::Hidden),
            _ => (Cow::Owned(format!("-p{MASK}")), behind_value(value)),
        };
    }
    (in_address(word), Next::Shown)
}

/// A value that a quote opens goes on until it closes.
fn behind_value(value: &str) -> Next {
    let quote = value.chars().next().filter(|first| matches!(first, '\'' | '"'));
    match quote {
        Some(quote) if value.len() == 1 || !value.ends_with(quote) => Next::HiddenUntil(quote),
        _ => Next::Shown,
    }
}

fn is_scheme(word: &str) -> bool {
    ["bearer", "basic", "token"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// Whether a name of an option or a variable says that its value is secret.
fn is_secret(name: &str) -> bool {
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    SECRET.iter().any(|part| name.contains(part)) || SECRET_WHOLE.contains(&name.as_str())
}

/// `https://ana:secret@host.example/`.
fn in_address(word: &str) -> Cow<'_, str> {
    let masked = || {
        let (scheme, rest) = word.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let (user_and_password, _) = authority.rsplit_once('@')?;
        let (user, _) = user_and_password.split_once(':')?;
        let behind = rest.strip_prefix(user_and_password)?;
        Some(format!("{scheme}://{user}:{MASK}{behind}"))
    };
    masked().map_or(Cow::Borrowed(word), Cow::Owned)
}

fn behind_colon(word: &str) -> Cow<'_, str> {
    match word.split_once(':') {
        Some((user, password)) if !password.is_empty() => Cow::Owned(format!("{user}:{MASK}")),
        _ => Cow::Borrowed(word),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn secrets_are_hidden() {
        for (command, masked) in [
            ("/usr/bin/mysql -u root -pS3cret db", "/usr/bin/mysql -u root -p*** db"),
            ("mysql -p S3cret db", "mysql -p *** db"),
            ("mysql --password=S3cret", "mysql --password=***"),
            ("tool --db-password S3cret --host x", "tool --db-password *** --host x"),
            ("tool --api_key 'a b c' --x", "tool --api_key *** --x"),
            ("tool --token=\"a b\" y", "tool --token=*** y"),
            (
                "env PGPASSWORD=x AWS_SECRET_ACCESS_KEY=y psql",
                "env PGPASSWORD=*** AWS_SECRET_ACCESS_KEY=*** psql",
            ),
            ("curl -u ana:x https://a.example/", "curl -u ana:*** https://a.example/"),
            ("git clone https://ana:x@a.example/b", "git clone https://ana:***@a.example/b"),
            (
                "curl -H Authorization: Bearer abc https://a.example",
                "curl -H Authorization: Bearer *** https://a.example",
            ),
            ("curl -H 'X-Api-Key: abc' x", "curl -H 'X-Api-Key: *** x"),
            ("usermod -p $6$hash ana", "usermod -p *** ana"),
            ("sh -c redis-cli -a S3cret ping", "sh -c redis-cli -a *** ping"),
            ("sshpass -pS3cret ssh -p 22 a.example", "sshpass -p*** ssh -p 22 a.example"),
        ] {
            assert_eq!(mask(command), masked);
        }
    }

    #[test]
    fn what_is_none_is_shown() {
        for command in [
            "/usr/bin/mkdir -p /srv/a",
            "/usr/bin/apt-get install -y curl",
            "ssh -p 2222 a.example",
            "/usr/sbin/usermod -aG sudo ben",
            "vi /etc/passwd",
            "curl https://a.example:8443/x",
            "",
        ] {
            assert_eq!(mask(command), command);
        }
    }

    proptest! {
        #[test]
        fn no_secret_is_left(before in "[a-z]{1,8}", secret in "[A-Z0-9]{8,20}", after in "[a-z ]{0,12}") {
            for option in ["--password=", "--password ", "-p", "-p ", "API_TOKEN=", "x --client-secret "] {
                let command = format!("/opt/{before}/own {option}{secret} {after}");
                prop_assert!(!mask(&command).contains(&secret), "{}", command);
            }
        }
    }
}
