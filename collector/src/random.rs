//! Randomness: tokens, keys, nonces. Called at the rim only; what is computed from it gets it as an argument.

use trapline_core::fingerprint::hex;

/// 160 random bits as 40 hexadecimal digits: sign-in keys, session tokens.
pub fn token() -> String {
    hex(&bytes::<20>())
}

/// 128 random bits as 32 hexadecimal digits: the public key of a project.
pub fn public_key() -> String {
    hex(&bytes::<16>())
}

/// 256 random bits: the secret part of a token.
pub fn secret() -> [u8; 32] {
    bytes()
}

/// From 1, below 2^53.
pub fn nonce() -> i64 {
    let bits = bytes::<8>().iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
    i64::try_from(bits >> 11).unwrap_or(0).max(1)
}

/// Below `limit`.
pub fn below(limit: u64) -> u64 {
    nonce().unsigned_abs() % limit.max(1)
}

fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Fails only without a source of randomness; zeroes would be guessable, so nothing goes on.
    if let Err(error) = getrandom::fill(&mut bytes) {
        worker::console_error!("no randomness: {}", error);
        std::process::abort();
    }
    bytes
}
