//! What a thing can be called. What is refused here would otherwise be "not found" for ever, or
//! would reach a script as something else than a name.

use holdfast_model::Dialect;

/// What a noun's name is called in messages.
pub(super) fn what(noun: &str) -> &'static str {
    match noun {
        "sysctl" => "kernel parameter",
        "file" | "text" | "mount" => "absolute path",
        "module" => "kernel module",
        "package" => "package",
        "service" => "unit",
        _ => "name",
    }
}

/// sysctl(8): words with dots between them. The other spelling, with slashes, would give one
/// parameter two names.
pub(super) fn sysctl(name: &str) -> Result<(), &'static str> {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let good = |part: &str| !part.is_empty() && part.chars().all(letter);
    if name.contains('.') && name.split('.').all(good) {
        Ok(())
    } else {
        Err("write it with dots and without spaces, such as `net.ipv4.ip_forward`")
    }
}

/// An absolute path without detours, which means one file only.
pub(super) fn path(name: &str) -> Result<(), &'static str> {
    let Some(rest) = name.strip_prefix('/') else {
        return Err("begin it with `/`");
    };
    if name.chars().any(|c| matches!(c, '*' | '?' | '[')) {
        return Err("name one file; patterns are not read here");
    }
    let good = |part: &str| !matches!(part, "" | "." | "..") && !part.chars().any(char::is_control);
    if name == "/" || rest.split('/').all(good) {
        Ok(())
    } else {
        Err("write it without `//`, `.`, `..` and a `/` at its end")
    }
}

/// Debian policy, section 5.6.1, widened by the letters that RPM packages have.
pub(super) fn package(name: &str) -> Result<(), &'static str> {
    let mut letters = name.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphanumeric());
    if first && letters.all(|c| c.is_ascii_alphanumeric() || "+.-_".contains(c)) {
        Ok(())
    } else {
        Err("write the name of one package, such as `openssh-server`")
    }
}

/// systemd.unit(5), "Description".
pub(super) fn unit(name: &str) -> Result<(), &'static str> {
    let letter = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
    let stem = UNIT_TYPES.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    let first = stem.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    if first && name.len() < 256 && name.chars().all(letter) {
        Ok(())
    } else {
        Err("write a unit of systemd, such as `ssh` or `apt-daily.timer`")
    }
}

const UNIT_TYPES: &[&str] = &[
    ".service",
    ".socket",
    ".device",
    ".mount",
    ".automount",
    ".swap",
    ".target",
    ".path",
    ".timer",
    ".slice",
    ".scope",
];

/// systemctl(1): a name without a type means a service.
pub(super) fn with_ending(name: &str) -> String {
    if UNIT_TYPES.iter().any(|ending| name.ends_with(ending)) {
        name.to_owned()
    } else {
        format!("{name}.service")
    }
}

/// The name of a module, with `-` or `_`, which mean the same to modprobe(8).
pub(super) fn module(name: &str) -> Result<(), &'static str> {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.len() < 64 && name.chars().all(letter) {
        Ok(())
    } else {
        Err("write the name without its ending, such as `usb_storage`")
    }
}

/// A key as its family of files writes it.
pub(super) fn key(dialect: Dialect, name: &str) -> Result<(), &'static str> {
    let all = |good: &dyn Fn(char) -> bool| !name.is_empty() && name.chars().all(good);
    match dialect {
        Dialect::LoginDefs
            if all(&|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') =>
        {
            Ok(())
        }
        Dialect::LoginDefs => Err("write it in upper case, such as `PASS_MAX_DAYS`"),
        Dialect::Sudoers if all(&|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') => {
            Ok(())
        }
        Dialect::Sudoers => Err("write a setting of `Defaults`, such as `logfile`"),
        Dialect::Limits => {
            let words: Vec<&str> = name.split(' ').collect();
            let plain =
                |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_graphic());
            match words.as_slice() {
                [_, "hard" | "soft" | "-", _] if words.iter().all(plain) => Ok(()),
                _ => Err("write domain, `hard` or `soft`, and item, such as `* hard core`"),
            }
        }
        Dialect::Apt if all(&|c| c.is_ascii_alphanumeric() || "-_:./".contains(c)) => Ok(()),
        Dialect::Apt => Err("write it as apt does, such as `APT::Periodic::Unattended-Upgrade`"),
        _ => super::files::key(dialect, name),
    }
}
