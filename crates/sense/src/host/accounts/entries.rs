//! The lines of passwd(5), shadow(5) and group(5).
//!
//! Knows their fields, and of a password only what it is: no hash leaves this file. That is why
//! problems here carry no excerpt and quote nothing.

use std::sync::Arc;

use holdfast_model::{Place, Problem};

use crate::text::number;

/// So many accounts or groups are told of one file; more are no host's own.
const MOST: usize = 16_384;

/// So many problems are told of one file.
const PROBLEMS: usize = 16;

/// What a field for a password is, without saying what stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Secret {
    /// `set`, `empty`, `locked` or `none`.
    pub(super) state: &'static str,
    /// By which method the hash was made, where there is one.
    pub(super) method: Option<&'static str>,
}

/// An entry of passwd(5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) name: Arc<str>,
    pub(super) line: u32,
    /// What stands here; `None` where `x` says that shadow(5) knows.
    pub(super) secret: Option<Secret>,
    pub(super) number: u32,
    pub(super) group: u32,
    pub(super) shell: Arc<str>,
}

/// An entry of shadow(5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shadow {
    pub(super) line: u32,
    pub(super) secret: Secret,
    /// After how many days the password has to be changed.
    pub(super) max_days: Option<u32>,
    /// How many days later the account is closed.
    pub(super) inactive_days: Option<u32>,
    /// The day on which it is closed, counted from 1970-01-01.
    pub(super) expires: Option<u32>,
}

/// An entry of group(5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) name: Arc<str>,
    pub(super) line: u32,
    pub(super) number: u32,
    pub(super) members: Vec<Arc<str>>,
}

/// One file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entries<T> {
    pub(super) all: Vec<T>,
    /// The line that brings in entries from elsewhere, which are not seen here: `+` of NIS.
    pub(super) elsewhere: Option<u32>,
    /// The first line that is no entry: nobody knows whom it was meant for.
    pub(super) broken: Option<u32>,
    /// Whether there are more entries than are told.
    pub(super) cut: bool,
    pub(super) problems: Vec<Problem>,
}

/// passwd(5): `name:password:number:group:comment:home:shell`.
pub(super) fn accounts(path: &str, bytes: &[u8]) -> Entries<Account> {
    read(path, bytes, |line, fields| {
        let &[name, password, number, group, _, _, shell] = fields else { return None };
        let shell = if shell.is_empty() { "/bin/sh" } else { shell };
        Some(Account {
            name: name.into(),
            line,
            secret: (password != "x").then(|| secret(password)),
            number: number.parse().ok()?,
            group: group.parse().ok()?,
            shell: plain(shell),
        })
    })
}

/// group(5): `name:password:number:members`.
pub(super) fn groups(path: &str, bytes: &[u8]) -> Entries<Group> {
    read(path, bytes, |line, fields| {
        let &[name, _, number, members] = fields else { return None };
        let members = members.split(',').map(str::trim).filter(|member| !member.is_empty());
        Some(Group {
            name: name.into(),
            line,
            number: number.parse().ok()?,
            members: members.map(plain).collect(),
        })
    })
}

/// shadow(5), by name and line; several entries of one name follow each other as in the file.
pub(super) fn shadows(path: &str, bytes: &[u8]) -> Entries<(Arc<str>, Shadow)> {
    read(path, bytes, |line, fields| {
        let &[name, password, _, _, max, _, inactive, expires, _] = fields else { return None };
        let shadow = Shadow {
            line,
            secret: secret(password),
            max_days: days(max)?,
            inactive_days: days(inactive)?,
            expires: days(expires)?,
        };
        Some((name.into(), shadow))
    })
}

/// Every line that is an entry. Empty lines and comments are passed over, as the C library does.
fn read<T>(
    path: &str,
    bytes: &[u8],
    mut entry: impl FnMut(u32, &[&str]) -> Option<T>,
) -> Entries<T> {
    let mut out = Entries {
        all: Vec::new(),
        elsewhere: None,
        broken: None,
        cut: false,
        problems: Vec::new(),
    };
    for (at, bytes) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = number(at + 1);
        let text = String::from_utf8_lossy(bytes);
        if text.trim().is_empty() || text.starts_with('#') {
            continue;
        }
        // A name never begins so; compat of nsswitch.conf(5) takes accounts in or out by it.
        if text.starts_with(['+', '-']) {
            out.elsewhere = out.elsewhere.or_else(|| text.starts_with('+').then_some(line));
            continue;
        }
        if out.all.len() >= MOST {
            out.cut = true;
            break;
        }
        let fields: Vec<&str> = text.split(':').collect();
        let named = fields.first().is_some_and(|name| sound(name));
        if let Some(entry) = named.then(|| entry(line, &fields)).flatten() {
            out.all.push(entry);
            continue;
        }
        out.broken = out.broken.or(Some(line));
        if out.problems.len() < PROBLEMS {
            let place = Place { path: path.into(), line, column: 1 };
            let message = "this line is no entry, and nobody says what programs make of it";
            let help = "correct it with `vipw`, `vipw -s` or `vigr`, or take it out";
            out.problems.push(Problem::at("account-line", place, message).help(help));
        }
    }
    out
}

/// Whether this may be a name at all. A byte order mark before the first one is none of it.
fn sound(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 256
        && !name.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\u{feff}')
}

/// A text that is shown to people and compared: what cannot be seen is written out.
fn plain(text: &str) -> Arc<str> {
    if text.chars().any(char::is_control) {
        text.escape_debug().to_string().into()
    } else {
        text.chars().take(1024).collect::<String>().into()
    }
}

/// A number of days; empty or negative is no limit. `None` where it is no number.
#[expect(clippy::option_option, reason = "no limit is not the same as no number")]
fn days(field: &str) -> Option<Option<u32>> {
    if field.is_empty() {
        return Some(None);
    }
    let days: i64 = field.parse().ok()?;
    Some(u32::try_from(days).ok())
}

/// What a field for a password says, as pam_unix(8) reads it.
pub(super) fn secret(field: &str) -> Secret {
    let locked = field.starts_with('!');
    let hash = field.trim_start_matches('!');
    let method = method(hash);
    let state = match (field, locked, method) {
        ("", ..) => "empty",
        (_, true, _) => "locked",
        (_, false, Some(_)) => "set",
        (_, false, None) => "none",
    };
    Secret { state, method }
}

/// The method by which a hash was made, crypt(5); `None` where nothing that is hashed gives this.
fn method(hash: &str) -> Option<&'static str> {
    if let Some(rest) = hash.strip_prefix('$') {
        let word = rest.split(['$', ',']).next().unwrap_or_default();
        return Some(match word {
            "1" => "md5",
            "2" | "2a" | "2b" | "2x" | "2y" => "bcrypt",
            "3" => "nt",
            "5" => "sha256",
            "6" => "sha512",
            "7" => "scrypt",
            "y" => "yescrypt",
            "gy" => "gost-yescrypt",
            "sha1" => "sha1",
            "md5" => "sunmd5",
            _ => "unknown",
        });
    }
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/');
    match hash.strip_prefix('_') {
        Some(rest) if rest.len() == 19 && rest.chars().all(letter) => Some("bsdicrypt"),
        None if hash.len() == 13 && hash.chars().all(letter) => Some("descrypt"),
        // Eight letters count, and then the next eight: 24 signs and more.
        None if hash.len() >= 24 && hash.chars().all(letter) => Some("bigcrypt"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn of_a_password_only_its_kind_is_known() {
        let kinds = |field: &str| (secret(field).state, secret(field).method);
        for (field, state, method) in [
            ("", "empty", None),
            ("*", "none", None),
            ("!", "locked", None),
            ("!!", "locked", None),
            ("!*", "locked", None),
            ("*LK*", "none", None),
            ("x", "none", None),
            ("$y$j9T$abc$def", "set", Some("yescrypt")),
            ("!$6$abc$def", "locked", Some("sha512")),
            ("$md5,rounds=5$a$b", "set", Some("sunmd5")),
            ("$9$a$b", "set", Some("unknown")),
            ("abJnggxhB/yWI", "set", Some("descrypt")),
            ("abJnggxhB/yW:", "none", None),
        ] {
            assert_eq!(kinds(field), (state, method), "{field}");
        }
    }

    #[test]
    fn what_is_no_entry_is_told_without_a_word_of_it() {
        let text = b"root:x:0:0:root:/root:/bin/bash\nb:$6$secret$hash\n\xef\xbb\xbfc:x:1:1:::\n\
            # a comment\n\nd:x:-1:1:::\ne::7:7:::\n+@admins::::::\n-f\n";
        let read = accounts("/etc/passwd", text);
        let names: Vec<&str> = read.all.iter().map(|account| &*account.name).collect();
        assert_eq!(names, ["root", "e"]);
        assert_eq!(read.elsewhere, Some(8));
        let lines: Vec<u32> =
            read.problems.iter().map(|problem| problem.place.as_ref().unwrap().line).collect();
        assert_eq!(lines, [2, 3, 6]);
        assert!(!format!("{:?}", read.problems).contains("secret"));
        assert_eq!((&*read.all[1].shell, read.all[1].secret.unwrap().state), ("/bin/sh", "empty"));
        assert_eq!(read.all[0].secret, None);
    }

    #[test]
    fn days_without_a_limit_are_none() {
        let text = b"a:*:1:0:99999:7:::\nb:!:1:0:::30:20000:\nc:!:1:0:-1:::-1:\nd:!:1:0:x::::\n\
            a::1:0:::::\n";
        let read = shadows("/etc/shadow", text);
        assert_eq!((read.all.len(), read.broken), (4, Some(4)));
        let all: BTreeMap<&str, &Shadow> =
            read.all.iter().rev().map(|(name, shadow)| (&**name, shadow)).collect();
        assert_eq!(all["a"].secret.state, "none");
        assert_eq!(all["a"].max_days, Some(99_999));
        assert_eq!((all["b"].inactive_days, all["b"].expires), (Some(30), Some(20_000)));
        assert_eq!((all["c"].max_days, all["c"].expires), (None, None));
        assert_eq!(read.problems.len(), 1);
    }
}
