//! What tells a receiver that a message is ours: HMAC-SHA256 (RFC 2104) over time and body, as
//! `t=1800000000,v1=…` in the header `Trapline-Signature`.

use sha2::{Digest, Sha256};
use trapline_core::fingerprint::hex;

/// Bytes of a block of SHA-256.
const BLOCK: usize = 64;

/// The header's value: 64 hexadecimal digits of HMAC-SHA256 over `{at_s}.{body}`.
pub fn signature(secret: &str, at_s: i64, body: &str) -> String {
    let signed = format!("{at_s}.{body}");
    format!("t={at_s},v1={}", hex(&hmac(secret.as_bytes(), signed.as_bytes())))
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let long = Sha256::digest(key);
    let key = if key.len() > BLOCK { long.as_slice() } else { key };
    let padded = |with: u8| -> Vec<u8> {
        let zeroes = std::iter::repeat(&0);
        key.iter().chain(zeroes).take(BLOCK).map(|byte| byte ^ with).collect()
    };
    let inner = Sha256::new_with_prefix(padded(0x36)).chain_update(text).finalize();
    Sha256::new_with_prefix(padded(0x5c)).chain_update(inner).finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &[u8], text: &[u8], expected: &str) {
        assert_eq!(hex(&hmac(key, text)), expected);
    }

    /// RFC 4231, cases 1, 2 and 6.
    #[test]
    fn hmac_is_that_of_the_rfc() {
        check(
            &[0x0b; 20],
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        );
        check(
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        );
        check(
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        );
    }

    #[test]
    fn a_signature_is_of_time_and_body() {
        let signed = signature("secret", 1_800_000_000, "{}");
        assert!(signed.starts_with("t=1800000000,v1="), "{signed}");
        assert_ne!(signed, signature("secret", 1_800_000_000, "{ }"));
        assert_ne!(signed[16..], signature("secret", 1_800_000_001, "{}")[16..]);
        assert_ne!(signed, signature("other", 1_800_000_000, "{}"));
    }
}
