//! Public keys as ssh writes them, sshd(8) "AUTHORIZED_KEYS FILE FORMAT" and RFC 4253, section 6.6.
//!
//! Knows one line.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use holdfast_model::Digest;

use super::Key;

/// The key of a line `TYPE BASE64 COMMENT`, with its fingerprint.
pub(super) fn public(line: &str) -> Option<(Key, String)> {
    let mut words = line.split_whitespace();
    let (kind, blob) = (words.next()?, words.next()?);
    let blob = STANDARD.decode(blob).ok()?;
    let (inner, rest) = string(&blob)?;
    if inner != kind.as_bytes() {
        return None;
    }
    let certified = kind.strip_suffix("-cert-v01@openssh.com");
    if certified.is_none() && !is_whole(rest) {
        return None;
    }
    let bits = match certified.unwrap_or(kind) {
        "ssh-rsa" => {
            // A certificate has a random number before its key.
            let rest = if certified.is_some() { string(rest)?.1 } else { rest };
            let (_, rest) = string(rest)?;
            Some(super::certificate::length(string(rest)?.0))
        }
        _ => None,
    };
    let digest = STANDARD_NO_PAD.encode(Digest::of(&blob).0);
    Some((Key { kind: kind.to_owned(), bits, signature: None }, format!("SHA256:{digest}")))
}

/// The same of a line that may begin with options.
pub(super) fn authorized(line: &str) -> Option<(Key, String)> {
    public(line).or_else(|| public(line.get(options(line)..)?))
}

/// Where the options end: at the first blank outside of quotes.
fn options(line: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, sign) in line.char_indices() {
        match sign {
            ' ' | '\t' if !quoted => return at,
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = sign == '\\' && !escaped;
    }
    line.len()
}

/// Whether all of it is texts behind their lengths, as every key is (a certificate has numbers too).
fn is_whole(mut rest: &[u8]) -> bool {
    while let Some((_, behind)) = string(rest) {
        if behind.is_empty() {
            return true;
        }
        rest = behind;
    }
    false
}

/// A text behind its length, and what stands behind it.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA77LWu+/NUELonochMGlN73lBmjZwunntPxS44jcP2O";

    #[test]
    fn options_are_passed_over() {
        let (key, digest) = public(KEY).unwrap();
        assert_eq!((key.kind.as_str(), key.bits), ("ssh-ed25519", None));
        assert_eq!(digest, "SHA256:+xSJfPJX8VX7qVvsQvf5d/4xSgZw+HvvyrYfxrYs8SU");
        for options in ["restrict", "command=\"a \\\" b\",no-pty", "from=\"*.example, 192.0.2.7\""]
        {
            let line = format!("{options} {KEY} ann@host.example");
            assert_eq!(authorized(&line), Some((public(KEY).unwrap().0, digest.clone())), "{line}");
        }
        for bad in ["", "ssh-ed25519", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIA", "ssh-rsa !", "x y z"] {
            assert_eq!(authorized(bad), None, "{bad}");
        }
    }
}
