//! Users of sites that never call `setUser`: a name that says "the same person again", and nothing else.
//!
//! ```text
//! salt of the month = HMAC-SHA-256(key of the deployment, "2026-11")
//! name              = first 64 bits of HMAC-SHA-256(salt, length of address, address, length of agent, agent)
//! ```
//!
//! Without the key nobody can try out addresses, and names of two months have nothing in common. The address itself is
//! kept nowhere.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Names who sent from `address` with `user_agent`, in 16 hexadecimal digits. `month` is `2026-11`, in UTC; `key` is the
/// deployment's secret, 32 random bytes. None without an address: everybody would be one user.
pub fn anonymous_user(address: &str, user_agent: &str, key: &[u8], month: &str) -> Option<String> {
    let address = address.trim();
    if address.is_empty() {
        return None;
    }
    let salt = keyed_hash(key, &[month])?;
    let name = keyed_hash(&salt, &[address, user_agent])?;
    Some(name.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// Of texts, each led by its length.
fn keyed_hash(key: &[u8], texts: &[&str]) -> Option<[u8; 32]> {
    // Never an error: HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for text in texts {
        mac.update(&(text.len() as u64).to_le_bytes());
        mac.update(text.as_bytes());
    }
    Some(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

    #[test]
    fn the_same_person_has_one_name_a_month() {
        let name = anonymous_user("192.0.2.1", "Firefox", KEY, "2026-11").unwrap();
        assert_eq!(name.len(), 16);
        assert_eq!(anonymous_user(" 192.0.2.1", "Firefox", KEY, "2026-11"), Some(name.clone()));
        for other in [
            anonymous_user("192.0.2.2", "Firefox", KEY, "2026-11"),
            anonymous_user("192.0.2.1", "Chrome", KEY, "2026-11"),
            anonymous_user("192.0.2.1F", "irefox", KEY, "2026-11"),
            anonymous_user("192.0.2.1", "Firefox", KEY, "2026-12"),
            anonymous_user("192.0.2.1", "Firefox", b"another key", "2026-11"),
        ] {
            assert_ne!(other.unwrap(), name);
        }
    }

    #[test]
    fn without_an_address_there_is_no_user() {
        assert_eq!(anonymous_user("", "Firefox", KEY, "2026-11"), None);
    }
}
