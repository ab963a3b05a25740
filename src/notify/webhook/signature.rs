//! Signatures of Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks).

use crate::digest::{base64, hmac_sha256, is_same};
use base64::Engine as _;
use hotlined_core::time::Millis;
use std::fmt;
use std::str::FromStr;

/// The header with the id of the event.
pub const HEADER_ID: &str = "webhook-id";
/// The header with the time of the attempt, in seconds.
pub const HEADER_TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures.
pub const HEADER_SIGNATURE: &str = "webhook-signature";
/// How far the time of a request may be from the receiver's.
pub const TOLERANCE: Millis = Millis::seconds(300);
/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// How many bytes a secret has.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// What a signature of this version begins with.
const VERSION: &str = "v1,";

/// The secret of a receiver: `whsec_` and base64 of 24 to 64 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

/// Why a text is no secret of a web hook. The text is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret of a web hook is whsec_ and base64 of 24 to 64 bytes")]
pub struct InvalidSecret;

/// Why a request is not what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSignature {
    /// A header is missing or empty.
    #[error("a header is missing")]
    Missing,
    /// The time is no number.
    #[error("the timestamp is no number")]
    Timestamp,
    /// The request is from another time.
    #[error("the timestamp is too old or too new")]
    Time,
    /// No signature is right.
    #[error("no signature is right")]
    Signature,
}

impl FromStr for WebhookSecret {
    type Err = InvalidSecret;

    fn from_str(text: &str) -> Result<Self, InvalidSecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(InvalidSecret)?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).map_err(|_| InvalidSecret)?;
        if SECRET_BYTES.contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(InvalidSecret) }
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The header `webhook-signature`: one signature for each secret, so that a secret can be changed while both are known.
pub fn sign(secrets: &[WebhookSecret], id: &str, timestamp_s: u64, body: &[u8]) -> String {
    let signatures = secrets.iter().map(|secret| signature(secret, id, &timestamp_s.to_string(), body));
    signatures.collect::<Vec<_>>().join(" ")
}

fn signature(WebhookSecret(key): &WebhookSecret, id: &str, timestamp: &str, body: &[u8]) -> String {
    let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    format!("{VERSION}{}", base64(&hmac_sha256(key, &signed)))
}

/// Checks a request as a receiver must. An absent header is an empty text.
///
/// # Errors
/// If a header is missing, the time is off by more than [`TOLERANCE`], or no signature is right.
pub fn verify(
    secrets: &[WebhookSecret],
    id: &str,
    timestamp: &str,
    signatures: &str,
    body: &[u8],
    now_s: u64,
) -> Result<(), InvalidSignature> {
    if id.is_empty() || timestamp.is_empty() || signatures.is_empty() {
        return Err(InvalidSignature::Missing);
    }
    let at: u64 = timestamp.parse().map_err(|_| InvalidSignature::Timestamp)?;
    if Millis::seconds(now_s.abs_diff(at)) > TOLERANCE {
        return Err(InvalidSignature::Time);
    }
    let expected: Vec<String> = secrets.iter().map(|secret| signature(secret, id, timestamp, body)).collect();
    let is_ours = |given: &str| expected.iter().any(|ours| is_same(ours.as_bytes(), given.as_bytes()));
    if signatures.split(' ').any(is_ours) { Ok(()) } else { Err(InvalidSignature::Signature) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GO: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const GO_ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const GO_AT: u64 = 1_614_265_330;
    const GO_BODY: &[u8] = b"{\"test\": 2432232314}";
    const GO_SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn secret(text: &str) -> WebhookSecret {
        text.parse().unwrap()
    }

    /// libraries/go/webhook_test.go and libraries/rust/src/lib.rs of the specification's repository.
    #[test]
    fn the_signatures_are_the_official_ones() {
        assert_eq!(sign(&[secret(GO)], GO_ID, GO_AT, GO_BODY), GO_SIGNATURE);
        let rust = secret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
        let body = b"{\"email\":\"test@example.com\",\"username\":\"test_user\"}";
        assert_eq!(
            sign(&[rust], "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553, body),
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="
        );
    }

    /// What the libraries of the specification refuse and accept.
    #[test]
    fn a_receiver_accepts_only_ours() {
        let verify = |id: &str, at: &str, signatures: &str, now| {
            verify(&[secret(GO)], id, at, signatures, GO_BODY, now)
        };
        let at = GO_AT.to_string();
        assert_eq!(verify(GO_ID, &at, GO_SIGNATURE, GO_AT), Ok(()));
        assert_eq!(verify(GO_ID, &at, GO_SIGNATURE, GO_AT + 300), Ok(()));
        assert_eq!(verify(GO_ID, &at, GO_SIGNATURE, GO_AT - 300), Ok(()));
        assert_eq!(verify(GO_ID, &at, GO_SIGNATURE, GO_AT + 301), Err(InvalidSignature::Time));
        assert_eq!(verify(GO_ID, &at, GO_SIGNATURE, GO_AT - 301), Err(InvalidSignature::Time));
        for (id, at, signatures) in
            [("", at.as_str(), GO_SIGNATURE), (GO_ID, "", GO_SIGNATURE), (GO_ID, &at, "")]
        {
            assert_eq!(verify(id, at, signatures, GO_AT), Err(InvalidSignature::Missing));
        }
        assert_eq!(verify(GO_ID, "soon", GO_SIGNATURE, GO_AT), Err(InvalidSignature::Timestamp));
        let others =
            "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";
        let without_version = &GO_SIGNATURE[3..];
        for signatures in
            ["v1,", &GO_SIGNATURE[..8], others, without_version, &format!("v2,{without_version}")]
        {
            assert_eq!(
                verify(GO_ID, &at, signatures, GO_AT),
                Err(InvalidSignature::Signature),
                "{signatures}"
            );
        }
        assert_eq!(verify(GO_ID, &at, &format!("{others} {GO_SIGNATURE} v1,"), GO_AT), Ok(()));
        assert_eq!(verify("msg_other", &at, GO_SIGNATURE, GO_AT), Err(InvalidSignature::Signature));
    }

    #[test]
    fn a_secret_is_changed_while_both_are_known() {
        let other = secret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
        let both = sign(&[secret(GO), other.clone()], GO_ID, GO_AT, GO_BODY);
        assert_eq!(both.split(' ').count(), 2);
        for known in [secret(GO), other] {
            assert_eq!(verify(&[known], GO_ID, &GO_AT.to_string(), &both, GO_BODY, GO_AT), Ok(()));
        }
    }

    #[test]
    fn a_secret_has_its_length_and_is_not_printed() {
        let of = |bytes: usize| format!("whsec_{}", base64(&vec![7; bytes]));
        assert!(of(24).parse::<WebhookSecret>().is_ok() && of(64).parse::<WebhookSecret>().is_ok());
        for text in [of(23), of(65), "whsec_!".into(), GO[6..].to_owned(), String::new()] {
            assert_eq!(text.parse::<WebhookSecret>(), Err(InvalidSecret), "{text}");
        }
        assert_eq!(format!("{:?}", secret(GO)), "Secret");
    }
}
