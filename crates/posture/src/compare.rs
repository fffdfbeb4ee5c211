//! Whether a value is as wanted, in the sense of the program that reads it.

use std::sync::Arc;

use holdfast_model::{Dialect, ModeWanted, Startups, Wanted};

use crate::cron::normal;

#[cfg(test)]
mod tests;

/// Who reads the value: what is the same and what is a number differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads<'o> {
    /// A kernel parameter. Numbers may be hexadecimal or octal, and white space separates several
    /// (Linux, kernel/sysctl.c, which reads with base 0).
    Kernel,
    /// A key in a family of files.
    Key(Dialect),
    /// How often apt does something by itself: days, or with a unit as in `12h`.
    Period,
    /// An option of the ssh server or client, whose words ignore case.
    Sshd(&'o str),
    /// A key in files of no family: what its program takes for the same is not known.
    Entry,
    /// A time of cron.
    Cron,
    /// A side of an account.
    Account,
}

impl Reads<'_> {
    /// Who reads a key in a family of files.
    pub(crate) fn of_key(dialect: Dialect, key: &str) -> Self {
        let period = |key: &str| key.to_ascii_lowercase().starts_with("apt::periodic::");
        if dialect == Dialect::Apt && period(key) { Self::Period } else { Self::Key(dialect) }
    }
}

/// A number as its reader takes it.
struct Number {
    value: i64,
    /// It stands for "no limit", which is at most nothing.
    unlimited: bool,
}

impl Number {
    fn plain(value: i64) -> Self {
        Self { value, unlimited: false }
    }

    fn no_limit() -> Self {
        Self { value: i64::MAX, unlimited: true }
    }
}

/// Whether a value is as wanted.
pub(crate) fn meets(reads: Reads<'_>, value: &str, wanted: &Wanted) -> bool {
    match wanted {
        Wanted::Is(wanted) => same(reads, value, wanted),
        Wanted::OneOf(all) => all.iter().any(|wanted| same(reads, value, wanted)),
        Wanted::SubsetOf(names) => value.split(',').all(|name| is_one_of(name, names)),
        Wanted::NoneOf(names) => {
            !parts(reads, value).any(|part| names.iter().any(|name| same(reads, part, name)))
        }
        Wanted::AtMost(most) => {
            number(reads, value).is_some_and(|found| !found.unlimited && found.value <= *most)
        }
        Wanted::AtLeast(least) => number(reads, value).is_some_and(|found| found.value >= *least),
        Wanted::StartupsAtMost(most) => {
            Startups::parse(value).is_some_and(|found| found.is_at_most(*most))
        }
    }
}

/// The parts of a value where it is a list: of folders in shells, of names in JSON and for sshd.
pub(crate) fn parts<'v>(
    reads: Reads<'_>,
    value: &'v str,
) -> impl Iterator<Item = &'v str> + use<'v> {
    let sign = match reads {
        Reads::Key(Dialect::Profile) => Some(':'),
        Reads::Key(Dialect::Docker | Dialect::Kubelet) | Reads::Sshd(_) => Some(','),
        Reads::Kernel
        | Reads::Key(_)
        | Reads::Period
        | Reads::Entry
        | Reads::Cron
        | Reads::Account => None,
    };
    value.split(move |c: char| Some(c) == sign)
}

/// Whether a list may name this. Only the whole name counts, in its case: ssh tells algorithms apart
/// so, and one that nobody here has heard of is none of them.
pub(crate) fn is_one_of(name: &str, names: &[Arc<str>]) -> bool {
    names.iter().any(|known| **known == *name)
}

/// Whether a mode is as wanted. "At most" compares sets of bits, never numbers: `0604` is a
/// smaller number than `0640` and lets everybody read.
pub(crate) fn mode_meets(bits: u32, wanted: ModeWanted) -> bool {
    match wanted {
        ModeWanted::Is(wanted) => bits == wanted,
        ModeWanted::AtMost(allowed) => bits & !allowed == 0,
    }
}

/// The permission bits of up to four octal digits.
pub(crate) fn mode(text: &str) -> Option<u32> {
    let digits = (3..=4).contains(&text.len()) && text.bytes().all(|b| (b'0'..=b'7').contains(&b));
    digits.then(|| u32::from_str_radix(text, 8).ok()).flatten()
}

fn same(reads: Reads<'_>, a: &str, b: &str) -> bool {
    match reads {
        Reads::Kernel => {
            let (a, b) = (a.split_whitespace(), b.split_whitespace());
            a.clone().count() == b.clone().count() && a.zip(b).all(|(a, b)| same_number(a, b))
        }
        Reads::Key(Dialect::LoginDefs | Dialect::Pwquality | Dialect::Useradd) => same_number(a, b),
        // auditd.conf(5): "all option names and values are case insensitive".
        Reads::Key(Dialect::Auditd | Dialect::Apt) => a.eq_ignore_ascii_case(b),
        Reads::Period => {
            a.eq_ignore_ascii_case(b) || matches!((days(a), days(b)), (Some(a), Some(b)) if a == b)
        }
        // What is recorded beside what is wanted does not harm it.
        Reads::Key(Dialect::AuditRules) => b.chars().all(|kind| a.contains(kind)),
        Reads::Key(Dialect::Journald | Dialect::Coredump | Dialect::Resolved) => {
            a == b || matches!((truth(a), truth(b)), (Some(a), Some(b)) if a == b)
        }
        // A umask may begin with zeros, and the present folder has many names.
        Reads::Key(Dialect::Profile) => {
            a == b || octal(a).is_some_and(|a| octal(b) == Some(a)) || (b == "." && begins_here(a))
        }
        Reads::Key(Dialect::Limits) => match (number(reads, a), number(reads, b)) {
            (Some(a), Some(b)) => a.unlimited == b.unlimited && a.value == b.value,
            _ => a == b,
        },
        Reads::Key(
            Dialect::Sudoers
            | Dialect::Docker
            | Dialect::Kubelet
            | Dialect::Cpuinfo
            | Dialect::CpuFlaws,
        )
        | Reads::Entry
        | Reads::Account => a == b,
        Reads::Cron => a == b || normal(a).is_some_and(|a| normal(b) == Some(a)),
        Reads::Sshd(option) => {
            let (a, b) = (current_name(option, a), current_name(option, b));
            a.eq_ignore_ascii_case(b)
        }
    }
}

/// sshd_config(5), PermitRootLogin: `without-password` is the deprecated name.
fn current_name<'v>(option: &str, value: &'v str) -> &'v str {
    if option == "PermitRootLogin" && value.eq_ignore_ascii_case("without-password") {
        return "prohibit-password";
    }
    value
}

/// systemd.syntax(7): "boolean arguments".
fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "yes" | "true" | "on" | "y" | "t" => Some(true),
        "0" | "no" | "false" | "off" | "n" | "f" => Some(false),
        _ => None,
    }
}

/// Whether a folder of a shell's path is looked for from the present one: all that does not begin with
/// a slash, unless what it begins with is only known when the shell runs.
fn begins_here(folder: &str) -> bool {
    let here = folder.split('/').next().unwrap_or_default();
    matches!(here, "$PWD" | "${PWD}") || (!here.is_empty() && !here.starts_with(['$', '~']))
}

/// The permission bits of a umask.
fn octal(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| (b'0'..=b'7').contains(&b));
    digits.then(|| u32::from_str_radix(text, 8).ok()).flatten()
}

fn same_number(a: &str, b: &str) -> bool {
    a == b || matches!((base_zero(a), base_zero(b)), (Some(a), Some(b)) if a == b)
}

/// A number as strtol(3) reads it with base 0: `0x10` and `010` are not ten.
fn base_zero(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let hexadecimal = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let value = match hexadecimal {
        Some(rest) => i64::from_str_radix(rest, 16),
        None if digits.len() > 1 && digits.starts_with('0') => i64::from_str_radix(digits, 8),
        None => digits.parse(),
    };
    value.ok().map(|value| value * sign)
}

/// sshd_config(5): a login that may take 0 seconds may take for ever, and at 0 a client that is
/// silent is never asked, or never dropped.
const ENDLESS_AT_ZERO: &[&str] = &["LoginGraceTime", "ClientAliveInterval", "ClientAliveCountMax"];

fn number(reads: Reads<'_>, text: &str) -> Option<Number> {
    match reads {
        Reads::Kernel => base_zero(text).map(Number::plain),
        // login.defs(5): a negative number of days switches the limit off.
        Reads::Key(Dialect::LoginDefs) => {
            base_zero(text).map(|value| Number { value, unlimited: value < 0 })
        }
        // useradd(8): -1 switches `INACTIVE` off.
        Reads::Key(Dialect::Useradd) => {
            text.parse().ok().map(|value| Number { value, unlimited: value < 0 })
        }
        // limits.conf(5): `-1`, `unlimited` and `infinity` all mean no limit.
        Reads::Key(Dialect::Limits) if matches!(text, "-1" | "unlimited" | "infinity") => {
            Some(Number::no_limit())
        }
        Reads::Key(_) | Reads::Entry | Reads::Cron | Reads::Account => {
            text.parse().ok().map(Number::plain)
        }
        Reads::Period => days(text).map(Number::plain),
        Reads::Sshd(option) => {
            let value = seconds(text)?;
            let endless = value == 0 && ENDLESS_AT_ZERO.contains(&option);
            Some(if endless { Number::no_limit() } else { Number::plain(value) })
        }
    }
}

/// Days as `apt.systemd.daily` counts them: `2`, `36h`, and what is begun is one too. With a unit 0 is
/// no time, and does not switch it off either.
fn days(text: &str) -> Option<i64> {
    let unit = |sign: char, seconds: i64| text.strip_suffix(sign).map(|number| (number, seconds));
    let units = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];
    let Some((number, seconds)) = units.into_iter().find_map(|(sign, long)| unit(sign, long))
    else {
        return text.parse().ok();
    };
    let total = number.parse::<i64>().ok().filter(|number| *number > 0)?.checked_mul(seconds)?;
    Some(total.checked_add(86_399)? / 86_400)
}

/// A plain number, or a time as sshd_config(5) writes it in "TIME FORMATS": `90`, `1h30m`.
fn seconds(text: &str) -> Option<i64> {
    if let Ok(plain) = text.parse() {
        return Some(plain);
    }
    let mut total = 0_i64;
    let mut digits = String::new();
    for letter in text.chars() {
        let unit = match letter {
            '0'..='9' => {
                digits.push(letter);
                continue;
            }
            's' | 'S' => 1,
            'm' | 'M' => 60,
            'h' | 'H' => 3_600,
            'd' | 'D' => 86_400,
            'w' | 'W' => 604_800,
            _ => return None,
        };
        total = digits.parse::<i64>().ok()?.checked_mul(unit)?.checked_add(total)?;
        digits.clear();
    }
    let rest = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    (!text.is_empty()).then(|| total.checked_add(rest)).flatten()
}
