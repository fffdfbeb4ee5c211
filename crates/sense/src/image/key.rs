//! Public keys as people keep them: PEM of a SubjectPublicKeyInfo (RFC 7468, section 13; RFC 5280,
//! section 4.1.2.7) with Ed25519 (RFC 8410) or ECDSA on P-256 (RFC 5480).
//!
//! Knows their form; verifies nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// Ed25519, its 32 bytes.
    Ed25519(Vec<u8>),
    /// ECDSA on P-256, its point uncompressed: 65 bytes.
    P256(Vec<u8>),
}

/// What stands before the key in DER: the algorithm, and how long the rest is.
const ED25519: &[u8] = &[0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00];
/// The same for P-256.
const P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A,
    0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// Reads a key; the error says what is wrong with it.
///
/// # Errors
///
/// Where it is no PEM of a public key, or one of another kind.
pub fn read(pem: &str) -> Result<PublicKey, &'static str> {
    let inner = pem
        .split_once("-----BEGIN PUBLIC KEY-----")
        .and_then(|(_, rest)| rest.split_once("-----END PUBLIC KEY-----"))
        .ok_or("it holds no `PUBLIC KEY`")?;
    let text: String = inner.0.split_whitespace().collect();
    let der = STANDARD.decode(text).map_err(|_| "it is no base64")?;
    if let Some(key) = der.strip_prefix(ED25519).filter(|key| key.len() == 32) {
        return Ok(PublicKey::Ed25519(key.to_vec()));
    }
    let point = |key: &&[u8]| key.len() == 65 && key.first() == Some(&4);
    if let Some(key) = der.strip_prefix(P256).filter(point) {
        return Ok(PublicKey::P256(key.to_vec()));
    }
    Err("it is neither a key for Ed25519 nor one for ECDSA on P-256")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pem(head: &[u8], key: &[u8]) -> String {
        let text = STANDARD.encode([head, key].concat());
        let (one, two) = text.split_at(20);
        format!("a comment\n-----BEGIN PUBLIC KEY-----\n{one}\r\n{two}\n-----END PUBLIC KEY-----\n")
    }

    #[test]
    fn keys_of_two_kinds_are_read() {
        assert_eq!(read(&pem(ED25519, &[7; 32])), Ok(PublicKey::Ed25519(vec![7; 32])));
        let mut point = vec![4];
        point.extend([9; 64]);
        assert_eq!(read(&pem(P256, &point)), Ok(PublicKey::P256(point)));
    }

    #[test]
    fn what_is_no_key_says_why() {
        for (text, why) in [
            (String::new(), "no `PUBLIC KEY`"),
            ("-----BEGIN PRIVATE KEY-----\n".to_owned(), "no `PUBLIC KEY`"),
            ("-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----".to_owned(), "no base64"),
            (pem(ED25519, &[7; 31]), "neither"),
            (pem(P256, &[9; 65]), "neither"),
        ] {
            let said = read(&text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }
}
