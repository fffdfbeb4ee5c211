//! The signature of Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdfast_model::{Problem, Timestamp};
use ring::hmac;

use super::Secret;

/// The headers: id, seconds, and one signature for each secret, so that a receiver that knows the
/// old one or the new one is content.
///
/// # Errors
///
/// `secret-unusable`: there is none, or one is not `whsec_` and base64 of 24 to 64 bytes.
pub(super) fn headers(
    id: &str,
    at: Timestamp,
    body: &[u8],
    secrets: &[Secret],
) -> Result<[(&'static str, String); 3], Problem> {
    let seconds = at.0.div_euclid(1000).to_string();
    let mut signatures = Vec::new();
    for secret in secrets {
        let unusable = || {
            Problem::new("secret-unusable", "the secret of a webhook is not `whsec_` and base64")
                .help("make one of 24 to 64 random bytes: `openssl rand -base64 32`")
        };
        let text = secret.reveal();
        let bytes = STANDARD
            .decode(text.strip_prefix("whsec_").unwrap_or(text))
            .ok()
            .filter(|bytes| (24..=64).contains(&bytes.len()))
            .ok_or_else(unusable)?;
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &bytes));
        for part in [id.as_bytes(), b".", seconds.as_bytes(), b".", body] {
            context.update(part);
        }
        signatures.push(format!("v1,{}", STANDARD.encode(context.sign())));
    }
    if signatures.is_empty() {
        return Err(Problem::new("secret-unusable", "a webhook has no secret to sign with")
            .help("name one in its account"));
    }
    Ok([
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", seconds),
        ("webhook-signature", signatures.join(" ")),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn signed(secrets: &[&str]) -> Result<String, Problem> {
        let secrets: Vec<Secret> = secrets.iter().map(|key| Secret::new(key).unwrap()).collect();
        let at = Timestamp(1_614_265_330_999);
        let body = br#"{"test": 2432232314}"#;
        headers("msg_p5jXN8AQM9LWM0D4loKWxJek", at, body, &secrets).map(|[.., (_, value)]| value)
    }

    #[test]
    fn the_example_of_the_specification_is_signed_alike() {
        assert_eq!(signed(&[KEY]).unwrap(), SPECIFIED);
    }

    #[test]
    fn each_secret_signs_and_a_bad_one_is_refused() {
        let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let both = signed(&[other, KEY]).unwrap();
        let (first, second) = both.split_once(' ').unwrap();
        assert_eq!(second, SPECIFIED);
        assert_ne!(first, SPECIFIED);
        for bad in ["whsec_AAAA", "whsec_?", "short"] {
            assert_eq!(signed(&[KEY, bad]).unwrap_err().code, "secret-unusable", "{bad}");
        }
        assert_eq!(signed(&[]).unwrap_err().code, "secret-unusable");
    }

    const SPECIFIED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
}
