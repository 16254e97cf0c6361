//! Wrong keys, links and secrets: who sends ten in a minute waits. Keys have 160 bits, so this is not what keeps them from being
//! guessed; it keeps guesses from costing queries.
//!
//! Counted by address: of IPv6 the first 64 bits, which one household has. In the isolate, and beyond it by the binding
//! `SIGN_IN_LIMIT`, which a data centre counts for itself. A right key of another address is never held up, and an address
//! that is held up makes no query.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::failure::Failure;
use crate::request::Incoming;

/// Wrong ones within a period, after which an address waits.
const MOST: u32 = 10;

/// The binding's period in `wrangler.toml`.
const PERIOD_MS: i64 = 60_000;

/// Addresses that an isolate remembers; the binding knows the others.
const MAX_ADDRESSES: usize = 10_000;

/// Since when, and how many.
type Counts = HashMap<String, (i64, u32)>;

thread_local! {
    static FAILED: RefCell<Counts> = RefCell::default();
}

/// Refuses an address that has sent too many wrong ones.
pub fn check(incoming: &Incoming) -> Result<(), Failure> {
    let Some(address) = incoming.address() else { return Ok(()) };
    FAILED.with_borrow(|counts| wait_ms(counts, &network(&address), incoming.now_ms)).map_or(
        Ok(()),
        |wait_ms| {
            let retry_after_s = u32::try_from(wait_ms / 1_000 + 1).unwrap_or(60);
            Err(Failure::TooOften { retry_after_s })
        },
    )
}

/// Counts a wrong one.
pub async fn failed(incoming: &Incoming) {
    let Some(address) = incoming.address() else { return };
    let (network, now_ms) = (network(&address), incoming.now_ms);
    let Ok(limiter) = incoming.env.rate_limiter("SIGN_IN_LIMIT") else {
        FAILED.with_borrow_mut(|counts| count(counts, network, now_ms, 1));
        return;
    };
    let is_over = match limiter.limit(network.clone()).await {
        Ok(outcome) => !outcome.success,
        Err(error) => {
            worker::console_error!("the limit of sign-ins did not answer: {}", error);
            false
        }
    };
    FAILED.with_borrow_mut(|counts| {
        count(counts, network, now_ms, if is_over { MOST } else { 1 });
    });
}

fn wait_ms(counts: &Counts, network: &str, now_ms: i64) -> Option<i64> {
    let (since_ms, failed) = counts.get(network)?;
    let wait_ms = since_ms + PERIOD_MS - now_ms;
    (*failed >= MOST && wait_ms > 0).then_some(wait_ms)
}

fn count(counts: &mut Counts, network: String, now_ms: i64, failed: u32) {
    if counts.len() >= MAX_ADDRESSES {
        counts.retain(|_, (since_ms, _)| now_ms - *since_ms < PERIOD_MS);
    }
    // All of them within a minute: an attack from many places.
    if counts.len() >= MAX_ADDRESSES {
        counts.clear();
    }
    let known = counts.entry(network).or_insert((now_ms, 0));
    if now_ms - known.0 >= PERIOD_MS {
        *known = (now_ms, 0);
    }
    known.1 = known.1.saturating_add(failed);
}

/// `2001:db8:1:2::7` → `2001:db8:1:2`; an IPv4 address is itself.
fn network(address: &str) -> String {
    match address.parse::<std::net::Ipv6Addr>() {
        Ok(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_waits_after_ten_and_no_other_one_does() {
        let mut counts = Counts::new();
        for tried in 0..10 {
            assert_eq!(wait_ms(&counts, "192.0.2.7", 1_000 + tried), None);
            count(&mut counts, "192.0.2.7".into(), 1_000 + tried, 1);
        }
        assert_eq!(wait_ms(&counts, "192.0.2.7", 1_010), Some(PERIOD_MS - 10));
        assert_eq!(wait_ms(&counts, "192.0.2.8", 1_010), None);
        assert_eq!(wait_ms(&counts, "192.0.2.7", 1_000 + PERIOD_MS), None);
        count(&mut counts, "192.0.2.7".into(), 1_000 + PERIOD_MS, 1);
        assert_eq!(wait_ms(&counts, "192.0.2.7", 1_001 + PERIOD_MS), None, "it begins anew");
    }

    #[test]
    fn a_household_has_one_count_and_memory_is_bounded() {
        assert_eq!(network("2001:db8:1:2::7"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::7"), network("2001:db8:1:3::7"));
        let mut counts = Counts::new();
        for number in 0..MAX_ADDRESSES + 7 {
            count(&mut counts, number.to_string(), 5, 1);
        }
        assert!(counts.len() <= MAX_ADDRESSES);
    }
}
