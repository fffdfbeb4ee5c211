//! Whether a signature holds. The counterpart of the credentials that are put in here: keys come in,
//! and only yes or no goes out.

use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey, VerificationAlgorithm};

/// By which rules something was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032): a key of 32 bytes, a signature of 64.
    Ed25519,
    /// ECDSA on P-256 over SHA-256 (FIPS 186-5): a point of 65 bytes, a signature in DER.
    P256,
}

/// Whether `signature` is one of `message` by the owner of `key`.
pub fn is_signed(algorithm: Algorithm, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let algorithm: &'static dyn VerificationAlgorithm = match algorithm {
        Algorithm::Ed25519 => &ED25519,
        Algorithm::P256 => &ECDSA_P256_SHA256_ASN1,
    };
    UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    };

    use super::*;

    /// Nobody else's key, message or signature passes.
    fn only_its_own(algorithm: Algorithm, key: &[u8], signature: &[u8]) {
        assert!(is_signed(algorithm, key, b"message", signature));
        assert!(!is_signed(algorithm, key, b"another", signature));
        let mut other = signature.to_vec();
        if let Some(last) = other.last_mut() {
            *last ^= 1;
        }
        assert!(!is_signed(algorithm, key, b"message", &other));
        assert!(!is_signed(algorithm, key, b"message", b""));
        assert!(!is_signed(algorithm, b"", b"message", signature));
        assert!(!is_signed(algorithm, &key[1..], b"message", signature));
    }

    #[test]
    fn ed25519_holds_for_its_own_only() {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let key = pair.public_key().as_ref();
        only_its_own(Algorithm::Ed25519, key, pair.sign(b"message").as_ref());
        assert!(!is_signed(Algorithm::P256, key, b"message", pair.sign(b"message").as_ref()));
    }

    #[test]
    fn p256_holds_for_its_own_only() {
        let random = SystemRandom::new();
        let kind = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &random).unwrap();
        let signature = pair.sign(&random, b"message").unwrap();
        only_its_own(Algorithm::P256, pair.public_key().as_ref(), signature.as_ref());
    }
}
