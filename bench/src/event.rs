//! Envelopes as a browser SDK sends them: about 3.1 KB, ten frames, ten breadcrumbs.

use serde_json::{Value, json};

/// Distinct bugs of the mix.
const ISSUES: u64 = 100;

/// Distinct users of the mix.
const USERS: u64 = 5_000;

/// Releases of the mix.
const RELEASES: u64 = 3;

/// The envelope with this number; two numbers give two events. Bugs are as frequent as Zipf has it.
pub(crate) fn envelope(number: u64, dsn: &str, now_s: f64) -> Vec<u8> {
    let roll = scrambled(number);
    let event_id = format!("{roll:016x}{number:016x}");
    let event = event(&event_id, zipf(roll), roll, now_s);
    let header = json!({ "event_id": event_id, "dsn": dsn });
    format!("{header}\n{{\"type\":\"event\"}}\n{event}").into_bytes()
}

fn event(event_id: &str, bug: u64, roll: u64, now_s: f64) -> Value {
    let frames: Vec<Value> = (0..10)
        .map(|depth| {
            json!({
                "function": format!("step{}of{bug}", depth + 1),
                "filename": format!("https://shop.test/assets/checkout/part{depth}.js"),
                "lineno": 40 + depth, "colno": 7, "in_app": true,
            })
        })
        .collect();
    let crumbs: Vec<Value> = (0..10)
        .map(|step| {
            json!({
                "timestamp": now_s - f64::from(10 - step),
                "category": "ui.click",
                "message": format!("main > form#checkout > button.primary[name=\"step-{step}\"]"),
            })
        })
        .collect();
    json!({
        "event_id": event_id,
        "timestamp": now_s,
        "platform": "javascript",
        "release": format!("shop@2026.11.{}", roll % RELEASES),
        "environment": "production",
        "exception": {"values": [{
            "type": "TypeError",
            "value": format!("Cannot read properties of undefined (reading 'part{}')", word(bug)),
            "mechanism": {"type": "onerror", "handled": false},
            "stacktrace": {"frames": frames},
        }]},
        "breadcrumbs": {"values": crumbs},
        "user": {"id": format!("u{}", scrambled(roll) % USERS)},
        "tags": {"plan": "gold"},
        "request": {
            "url": "https://shop.test/checkout?step=payment",
            "headers": {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
                (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"},
        },
        "sdk": {"name": "sentry.javascript.browser", "version": "11.12.0"},
    })
}

/// A number in letters: digits would be taken for what varies.
fn word(number: u64) -> String {
    number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}

/// The bug with rank r is 1/r times as frequent as the first.
fn zipf(roll: u64) -> u64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits of chance are enough")]
    let mut share = (roll >> 11) as f64 / (1_u64 << 53) as f64;
    let weight = |rank: u64| {
        #[expect(clippy::cast_precision_loss, reason = "ranks are small")]
        let rank = rank as f64;
        1.0 / rank
    };
    let total: f64 = (1..=ISSUES).map(weight).sum();
    (1..=ISSUES)
        .find(|rank| {
            share -= weight(*rank) / total;
            share < 0.0
        })
        .unwrap_or(ISSUES)
}

/// Spreads neighbouring numbers (splitmix64).
fn scrambled(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_have_the_size_of_real_ones() {
        let bytes = envelope(1, "https://k@shop.test/1", 1_800_000_000.0).len();
        assert!((2_900..3_400).contains(&bytes), "{bytes}");
    }

    #[test]
    fn the_first_bug_is_the_most_frequent() {
        let of = |bug| (0..10_000).filter(|number| zipf(scrambled(*number)) == bug).count();
        assert!(of(1) > 2 * of(3) && of(3) > of(50), "{} {} {}", of(1), of(3), of(50));
    }
}
