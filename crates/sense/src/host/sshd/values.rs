//! Whether the value of an option is one, and its normal form, in which values are compared.
//!
//! Knows one option's words. It must not know files or which line wins.

use core::net::IpAddr;

use holdfast_model::Span;

use super::options::{SshOption, Takes};
use super::words::Word;

/// Why a value is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// The words that are meant; `None` where they are missing.
    pub span: Option<Span>,
    /// What is wrong, in words.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// The normal form of what stands behind the keyword of `option`.
pub(super) fn value(option: &SshOption, words: &[Word], rest: &str) -> Result<String, Wrong> {
    let name = option.name;
    match option.takes {
        Takes::Rest => return Ok(normal(option, rest.trim_start())),
        Takes::Program => {
            let text = rest.trim_start();
            if text.starts_with('/') || text.eq_ignore_ascii_case("none") {
                return Ok(normal(option, text));
            }
            return Err(wrong(words.first(), name, text, "a program with its whole path"));
        }
        _ => {}
    }
    let Some(first) = words.first() else {
        return Err(Wrong {
            span: None,
            message: format!("`{name}` has no value"),
            help: format!("write it as `{name} VALUE`, or take the line out"),
        });
    };
    if let Some(empty) = words.iter().find(|word| word.text.is_empty()) {
        return Err(Wrong {
            span: Some(empty.span),
            message: format!("`{name}` has an empty value"),
            help: "write the value between the quotes, or take the line out".to_owned(),
        });
    }
    if !matches!(option.takes, Takes::Texts | Takes::Variables | Takes::Loose | Takes::Subsystem)
        && let Some(extra) = words.get(1)
    {
        let end = words.last().map_or(extra.span.end, |word| word.span.end);
        return Err(Wrong {
            span: Some(Span { start: extra.span.start, end }),
            message: format!("`{name}` takes one value, and more stands behind it"),
            help: "take the rest of the line out".to_owned(),
        });
    }
    if let Some((word, what)) = misfit(option, first, words) {
        return Err(wrong(Some(word), name, &word.text, &what));
    }
    let joined: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    Ok(normal(option, &joined.join(" ")))
}

/// The first word that does not fit, and what would.
fn misfit<'w>(
    option: &SshOption,
    first: &'w Word,
    words: &'w [Word],
) -> Option<(&'w Word, String)> {
    let text = first.text.as_str();
    let none = text.eq_ignore_ascii_case("none");
    let what = match option.takes {
        Takes::Choice(choices)
            if choices.iter().all(|(word, _)| !word.eq_ignore_ascii_case(text)) =>
        {
            let mut all: Vec<String> =
                choices.iter().map(|(word, _)| format!("`{word}`")).collect();
            let last = all.pop().unwrap_or_default();
            return Some((first, format!("{} or {last}", all.join(", "))));
        }
        Takes::Number if number(text).is_none() => "a whole number",
        Takes::NumberOrNone if number(text).is_none() && !none => "a whole number or `none`",
        Takes::Time if seconds(text).is_none() => "a time, such as `90` or `2m`",
        Takes::TimeOrNone if seconds(text).is_none() && !none => {
            "a time, such as `90` or `2m`, or `none`"
        }
        // A name is one of /etc/services.
        Takes::Port if port(text).is_none() && !text.starts_with(char::is_alphabetic) => {
            "a port from 1 to 65535"
        }
        Takes::Startups if startups(text).is_none() => "one number, or three such as `10:30:100`",
        Takes::Variables => {
            let word = words.iter().find(|word| word.text.contains('='))?;
            return Some((word, "names of variables".to_owned()));
        }
        Takes::Subsystem if words.len() < 2 => "a name and a command",
        _ => return None,
    };
    Some((first, what.to_owned()))
}

/// The normal form of a value that is one, ours or sshd's.
pub(super) fn normal(option: &SshOption, text: &str) -> String {
    let none = |text: &str| {
        if text.eq_ignore_ascii_case("none") { "none".to_owned() } else { text.to_owned() }
    };
    match option.takes {
        Takes::Choice(choices) => choices
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(text))
            .map_or(text, |(_, normal)| normal)
            .to_owned(),
        Takes::Number | Takes::NumberOrNone => {
            number(text).map_or_else(|| none(text), |n| n.to_string())
        }
        Takes::Time | Takes::TimeOrNone => match seconds(text) {
            // No time at all is no limit.
            Some(0) if option.takes == Takes::TimeOrNone => "none".to_owned(),
            Some(seconds) => seconds.to_string(),
            None => none(text),
        },
        Takes::Port => port(text).map_or_else(|| text.to_owned(), |port| port.to_string()),
        Takes::Startups => startups(text).unwrap_or_else(|| text.to_owned()),
        Takes::Text | Takes::Rest | Takes::Program | Takes::Texts | Takes::Loose => none(text),
        Takes::FlagOrText => flag(text).map_or_else(|| none(text), str::to_owned),
        Takes::Pattern | Takes::Variables | Takes::Subsystem | Takes::Algorithms => text.to_owned(),
    }
}

/// The port in a value of `ListenAddress`, where it has one.
pub(super) fn port_of(value: &str) -> Option<&str> {
    let address = value.split(' ').next()?;
    match address.strip_prefix('[') {
        Some(rest) => rest.split_once("]:").map(|(_, port)| port),
        // With more than one colon it is an address of IPv6.
        None => address.split_once(':').map(|(_, port)| port).filter(|port| !port.contains(':')),
    }
}

fn wrong(word: Option<&Word>, name: &str, text: &str, what: &str) -> Wrong {
    let shown: String = text.chars().take(80).collect();
    Wrong {
        span: word.map(|word| word.span),
        message: format!("`{shown}` is no value of `{name}`"),
        help: format!("write {what}"),
    }
}

/// `yes` or `no`, in the four words that the client takes for them.
fn flag(text: &str) -> Option<&'static str> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("yes") || is("true") { Some("yes") } else { (is("no") || is("false")).then_some("no") }
}

fn number(text: &str) -> Option<i32> {
    text.parse::<i32>().ok().filter(|number| *number >= 0)
}

fn port(text: &str) -> Option<u16> {
    text.parse::<u16>().ok().filter(|port| *port > 0)
}

/// sshd_config(5) "TIME FORMATS": numbers with `s`, `m`, `h`, `d`, `w` that are added.
fn seconds(text: &str) -> Option<i32> {
    let mut rest = text;
    let mut total: i32 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (head, tail) = rest.split_at_checked(digits)?;
        let count = head.parse::<i32>().ok()?;
        let mut tail = tail.chars();
        let unit = match tail.next() {
            None | Some('s' | 'S') => 1,
            Some('m' | 'M') => 60,
            Some('h' | 'H') => 60 * 60,
            Some('d' | 'D') => 24 * 60 * 60,
            Some('w' | 'W') => 7 * 24 * 60 * 60,
            Some(_) => return None,
        };
        total = total.checked_add(count.checked_mul(unit)?)?;
        rest = tail.as_str();
    }
    Some(total)
}

/// One number is the limit itself; the rate then stays at 30.
fn startups(text: &str) -> Option<String> {
    let parts: Option<Vec<i32>> = text.split(':').map(number).collect();
    match parts?.as_slice() {
        [full] if *full >= 1 => Some(format!("{full}:30:{full}")),
        [begin, rate, full]
            if begin <= full && (1..=100).contains(rate) && *begin >= 1 && *full >= 1 =>
        {
            Some(format!("{begin}:{rate}:{full}"))
        }
        _ => None,
    }
}

/// One condition of a `Match` line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Criterion {
    /// As the manual spells it.
    pub attribute: &'static str,
    /// The pattern; empty where there is none to give.
    pub pattern: String,
}

/// The conditions of a `Match` line; none for `Match all`.
pub(super) fn conditions(words: &[Word], line: Span) -> Result<Vec<Criterion>, Wrong> {
    const KNOWN: [&str; 7] =
        ["User", "Group", "Host", "Address", "LocalAddress", "LocalPort", "RDomain"];
    let mut out = Vec::new();
    let mut rest = words.iter();
    let refuse = |span: Span, message: String, help: &str| Wrong {
        span: Some(span),
        message,
        help: help.to_owned(),
    };
    while let Some(word) = rest.next() {
        if word.text.eq_ignore_ascii_case("all") {
            if words.len() > 1 {
                return Err(refuse(
                    word.span,
                    "`all` cannot stand beside other conditions".to_owned(),
                    "write `Match all` alone",
                ));
            }
            return Ok(Vec::new());
        }
        // Since 9.9; the only one that takes no pattern.
        if word.text.eq_ignore_ascii_case("invalid-user") {
            out.push(Criterion { attribute: "Invalid-User", pattern: String::new() });
            continue;
        }
        let known = KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(&word.text));
        let Some(attribute) = known else {
            let shown: String = word.text.chars().take(80).collect();
            return Err(refuse(
                word.span,
                format!("`{shown}` is no condition of `Match`"),
                "write `User`, `Group`, `Host`, `Address`, `LocalAddress`, `LocalPort`, `RDomain` or `all`",
            ));
        };
        let Some(pattern) = rest.next() else {
            return Err(refuse(
                word.span,
                format!("`{attribute}` has no pattern"),
                "write what it has to match behind it",
            ));
        };
        let fits = match attribute {
            "Address" | "LocalAddress" => pattern.text.split(',').all(network),
            "LocalPort" => port(&pattern.text).is_some(),
            _ => true,
        };
        if !fits {
            let shown: String = pattern.text.chars().take(80).collect();
            return Err(refuse(
                pattern.span,
                format!("`{shown}` does not fit `{attribute}`"),
                "write an address, a network such as `192.0.2.0/24`, or a port",
            ));
        }
        out.push(Criterion { attribute, pattern: pattern.text.clone() });
    }
    if out.is_empty() {
        return Err(refuse(
            line,
            "`Match` has no condition".to_owned(),
            "write `Match all`, or the condition behind it",
        ));
    }
    Ok(out)
}

/// A network's mask may not be longer than its address, nor shorter than what is written of it.
fn network(item: &str) -> bool {
    let item = item.strip_prefix('!').unwrap_or(item);
    let Some((address, length)) = item.split_once('/') else { return true };
    let Ok(address) = address.parse::<IpAddr>() else { return true };
    let Ok(length) = length.parse::<u32>() else { return false };
    let (bits, width) = match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    };
    length <= width && bits.checked_shl(length).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::super::options::option;
    use super::super::words::arguments;
    use super::*;

    fn read(name: &str, text: &str) -> Result<String, String> {
        let words = arguments(text, 0).unwrap();
        value(option(name).unwrap(), &words, text).map_err(|wrong| wrong.message)
    }

    #[test]
    fn values_have_one_normal_form() {
        assert_eq!(read("PermitRootLogin", "Without-Password").unwrap(), "prohibit-password");
        assert_eq!(read("LoginGraceTime", "1m30").unwrap(), "90");
        assert_eq!(read("MaxStartups", "7").unwrap(), "7:30:7");
        assert_eq!(read("LogLevel", "verbose").unwrap(), "VERBOSE");
        assert_eq!(read("Compression", "delayed").unwrap(), "yes");
        assert_eq!(read("Banner", "NONE").unwrap(), "none");
        assert_eq!(read("ForceCommand", "/bin/x  -a # b").unwrap(), "/bin/x  -a # b");
        assert_eq!(read("AllowUsers", "a \"b c\"").unwrap(), "a b c");
        assert_eq!(read("MaxAuthTries", "007").unwrap(), "7");
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for (name, text) in [
            ("PermitRootLogin", "maybe"),
            ("PermitRootLogin", "no yes"),
            ("MaxAuthTries", "-1"),
            ("LoginGraceTime", "2 m"),
            ("LoginGraceTime", "m"),
            ("Port", "0"),
            ("Port", "65536"),
            ("MaxStartups", "10:0:5"),
            ("AcceptEnv", "A=b"),
            ("AuthorizedKeysCommand", "x"),
            ("Banner", "\"\""),
        ] {
            assert!(read(name, text).is_err(), "{name} {text}");
        }
    }

    #[test]
    fn addresses_may_have_ports() {
        for (value, port) in [
            ("0.0.0.0:2222", Some("2222")),
            ("[::]:22 rdomain red", Some("22")),
            ("host.example:22", Some("22")),
            ("[::1]", None),
            ("2001:db8::1", None),
            ("192.0.2.7", None),
        ] {
            assert_eq!(port_of(value), port, "{value}");
        }
    }

    #[test]
    fn networks_have_no_bits_behind_their_mask() {
        assert!(network("192.0.2.0/24") && network("!2001:db8::/32") && network("10.*"));
        assert!(!network("192.0.2.1/24") && !network("192.0.2.0/33") && network("0.0.0.0/0"));
    }
}
