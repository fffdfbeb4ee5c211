//! X.509 certificates (RFC 5280) in PEM or DER: which key they hold, and what was hashed to sign
//! them.
//!
//! Knows the few places of a certificate that say so. It verifies nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Key;
use crate::text::number;

/// RFC 7468, section 5.1, and the two other headings that OpenSSL reads; a trusted certificate has
/// notes behind it.
const HEADINGS: [(&str, &str); 3] = [
    ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"),
    ("-----BEGIN X509 CERTIFICATE-----", "-----END X509 CERTIFICATE-----"),
    ("-----BEGIN TRUSTED CERTIFICATE-----", "-----END TRUSTED CERTIFICATE-----"),
];
/// So many certificates of one file are read.
pub(super) const MOST: usize = 512;
/// The word for an algorithm that is not known here.
pub(super) const UNKNOWN: &str = "unknown";

/// The certificates of a file, each with the line on which it begins; `None` for one that is no
/// base64. One more than are read says that there are more.
pub(super) fn all(bytes: &[u8]) -> Vec<(u32, Option<Vec<u8>>)> {
    if bytes.first() == Some(&SEQUENCE) {
        return vec![(1, Some(bytes.to_vec()))];
    }
    let text = String::from_utf8_lossy(bytes);
    let mut out = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let heading = HEADINGS.iter().find(|(begin, _)| line.trim() == *begin);
        let Some((_, end)) = heading else { continue };
        if out.len() > MOST {
            break;
        }
        let body: String =
            lines.by_ref().map(|(_, line)| line.trim()).take_while(|line| line != end).collect();
        out.push((number(index).saturating_add(1), STANDARD.decode(body).ok()));
    }
    out
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT: u8 = 0x06;
/// The version of a certificate, and the hash of a signature with PSS.
const FIRST: u8 = 0xA0;

/// The key of a certificate.
pub(super) fn key(der: &[u8]) -> Option<Key> {
    let (certificate, _) = expect(SEQUENCE, der)?;
    let (body, rest) = expect(SEQUENCE, certificate)?;
    let (signed, _) = expect(SEQUENCE, rest)?;
    let body = expect(FIRST, body).map_or(body, |(_, rest)| rest);
    let (_, body) = expect(INTEGER, body)?;
    let (_, body) = expect(SEQUENCE, body)?;
    let (issuer, body) = expect(SEQUENCE, body)?;
    let (_, body) = expect(SEQUENCE, body)?;
    let (subject, body) = expect(SEQUENCE, body)?;
    let (public, _) = expect(SEQUENCE, body)?;
    let (algorithm, public) = expect(SEQUENCE, public)?;
    let (bits, _) = expect(BIT_STRING, public)?;
    let (kind, parameters) = expect(OBJECT, algorithm)?;
    let kind = kind_of(kind, parameters);
    let modulus = || {
        let (_, key) = bits.split_first()?;
        let (key, _) = expect(SEQUENCE, key)?;
        Some(length(expect(INTEGER, key)?.0))
    };
    let bits = if kind == "rsa" { Some(modulus()?) } else { None };
    // What signed itself is trusted for another reason.
    let signature = (issuer != subject).then(|| hash_of(signed));
    Some(Key { kind: kind.to_owned(), bits, signature })
}

/// How many bits a number has, which stands with its first byte first.
pub(super) fn length(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let rest = number.get(zeros..).unwrap_or_default();
    let unused = rest.first().map_or(0, |byte| byte.leading_zeros());
    (rest.len() * 8).saturating_sub(usize::try_from(unused).unwrap_or(0))
}

/// An element with this tag: its content, and what stands behind it.
fn expect(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    if *found != tag {
        return None;
    }
    let (length, rest) = match first {
        0..=0x7F => (usize::from(*first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            let length = digits.iter().fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte));
            (length, rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

/// RFC 3279, RFC 5480 and RFC 8410.
fn kind_of(object: &[u8], parameters: &[u8]) -> &'static str {
    match object {
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01 | 0x0A] => "rsa",
        [0x2A, 0x86, 0x48, 0xCE, 0x38, 0x04, 0x01] => "dsa",
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01] => {
            match expect(OBJECT, parameters).map(|(curve, _)| curve) {
                Some([0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x01]) => "ecdsa-p192",
                Some([0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]) => "ecdsa-p256",
                Some([0x2B, 0x81, 0x04, 0x00, 0x21]) => "ecdsa-p224",
                Some([0x2B, 0x81, 0x04, 0x00, 0x22]) => "ecdsa-p384",
                Some([0x2B, 0x81, 0x04, 0x00, 0x23]) => "ecdsa-p521",
                _ => UNKNOWN,
            }
        }
        [0x2B, 0x65, 0x70] => "ed25519",
        [0x2B, 0x65, 0x71] => "ed448",
        _ => UNKNOWN,
    }
}

/// What an algorithm of signatures hashes: RFC 3279, RFC 4055, RFC 5758 and RFC 8410.
fn hash_of(algorithm: &[u8]) -> &'static str {
    let Some((object, parameters)) = expect(OBJECT, algorithm) else { return UNKNOWN };
    match object {
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, last] => match last {
            0x02 => "md2",
            0x04 => "md5",
            0x05 => "sha1",
            0x0A => of_pss(parameters),
            0x0B => "sha256",
            0x0C => "sha384",
            0x0D => "sha512",
            0x0E => "sha224",
            _ => UNKNOWN,
        },
        // OIW names SHA-1 with RSA and with DSA in its own way.
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x01]
        | [0x2A, 0x86, 0x48, 0xCE, 0x38, 0x04, 0x03]
        | [0x2B, 0x0E, 0x03, 0x02, 0x1D | 0x1B] => "sha1",
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, last]
        | [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, last] => match last {
            0x01 => "sha224",
            0x02 => "sha256",
            0x03 => "sha384",
            0x04 => "sha512",
            _ => UNKNOWN,
        },
        [0x2B, 0x0E, 0x03, 0x02, 0x03] => "md5",
        // Both hash by themselves, and strongly.
        [0x2B, 0x65, 0x70] => "sha512",
        [0x2B, 0x65, 0x71] => "shake256",
        _ => UNKNOWN,
    }
}

/// RFC 4055, section 3.1: without parameters it is SHA-1.
fn of_pss(parameters: &[u8]) -> &'static str {
    let hash = || {
        let (all, _) = expect(SEQUENCE, parameters)?;
        let (hash, _) = expect(FIRST, all)?;
        let (hash, _) = expect(SEQUENCE, hash)?;
        Some(expect(OBJECT, hash)?.0)
    };
    match hash() {
        None | Some([0x2B, 0x0E, 0x03, 0x02, 0x1A]) => "sha1",
        Some([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last]) => match last {
            0x01 => "sha256",
            0x02 => "sha384",
            0x03 => "sha512",
            0x04 => "sha224",
            _ => UNKNOWN,
        },
        Some(_) => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use holdfast_model::Reading;

    use super::*;

    #[test]
    fn bits_are_counted_from_the_first_that_is_set() {
        assert_eq!(length(&[]), 0);
        assert_eq!(length(&[0]), 0);
        assert_eq!(length(&[0, 0x80]), 8);
        assert_eq!(length(&[0x01, 0]), 9);
    }

    #[test]
    fn an_element_ends_where_its_length_says() {
        assert_eq!(expect(INTEGER, &[2, 1, 5, 9]), Some((&[5_u8][..], &[9_u8][..])));
        assert_eq!(expect(INTEGER, &[2, 0x81, 1, 5]), Some((&[5_u8][..], &[][..])));
        for bad in [&[][..], &[2], &[2, 2, 1], &[3, 1, 1], &[2, 0x80, 1], &[2, 0x85, 0, 0, 0, 0, 1]]
        {
            assert_eq!(expect(INTEGER, bad), None, "{bad:?}");
        }
    }

    #[test]
    fn what_is_not_known_has_no_word_and_old_names_of_sha1_have_theirs() {
        let named = |object: &[u8]| {
            let length = u8::try_from(object.len()).unwrap();
            [&[OBJECT, length][..], object].concat()
        };
        assert_eq!(hash_of(&named(&[0x2B, 0x0E, 0x03, 0x02, 0x1D])), "sha1");
        assert_eq!(hash_of(&named(&[0x2B, 0x0E, 0x03, 0x02, 0x1B])), "sha1");
        assert_eq!(hash_of(&named(&[0x2A, 0x03])), UNKNOWN);
        let curve = named(&[0x2B, 0x24, 0x03]);
        assert_eq!(kind_of(&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01], &curve), UNKNOWN);
        assert_eq!(super::super::told("sha1".into()), Reading::Is("sha1".into()));
        assert!(matches!(super::super::told(UNKNOWN.into()), Reading::Unknown { .. }));
    }

    #[test]
    fn every_heading_counts_and_one_too_many_is_seen() {
        let text: String = HEADINGS.map(|(begin, end)| format!("{begin}\nAAAA\n{end}\n")).concat();
        let lines: Vec<u32> = all(text.as_bytes()).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [1, 4, 7]);
        assert_eq!(all(text.repeat(MOST).as_bytes()).len(), MOST + 1);
    }
}
