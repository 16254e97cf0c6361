//! Envelopes as a browser SDK sends them: about 3.1 KB, ten frames, ten breadcrumbs.

use serde_json::{Value, json};

/// What tells one event from another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Occurrence {
    /// No two events of a database have the same.
    pub(crate) number: u64,
    /// Events of one bug make one issue.
    pub(crate) bug: u64,
    /// Who met it.
    pub(crate) user: u64,
    /// In which release.
    pub(crate) release: u64,
    /// When, by the sender's clock.
    pub(crate) at_s: f64,
}

/// The envelope that tells of an occurrence.
pub(crate) fn envelope(occurrence: &Occurrence, dsn: &str) -> Vec<u8> {
    let number = occurrence.number;
    let event_id = format!("{:016x}{number:016x}", scrambled(number));
    let event = event(&event_id, occurrence);
    let header = json!({ "event_id": event_id, "dsn": dsn });
    format!("{header}\n{{\"type\":\"event\"}}\n{event}").into_bytes()
}

fn event(event_id: &str, occurrence: &Occurrence) -> Value {
    let bug = word(occurrence.bug);
    let frames: Vec<Value> = (0..10)
        .map(|depth| {
            json!({
                "function": format!("{}Of{bug}", word(depth)),
                "filename": format!("https://shop.test/assets/checkout/part{depth}.js"),
                "lineno": 40 + depth, "colno": 7, "in_app": true,
            })
        })
        .collect();
    let crumbs: Vec<Value> = (0..10)
        .map(|step| {
            json!({
                "timestamp": occurrence.at_s - f64::from(10 - step),
                "category": "ui.click",
                "message": format!("main > form#checkout > button.primary[name=\"step-{step}\"]"),
            })
        })
        .collect();
    json!({
        "event_id": event_id,
        "timestamp": occurrence.at_s,
        "platform": "javascript",
        "release": format!("shop@2026.11.{}", occurrence.release),
        "environment": "production",
        "exception": {"values": [{
            "type": "TypeError",
            "value": format!("Cannot read properties of undefined (reading 'part{bug}')"),
            "mechanism": {"type": "onerror", "handled": false},
            "stacktrace": {"frames": frames},
        }]},
        "breadcrumbs": {"values": crumbs},
        "user": {"id": format!("u{}", occurrence.user)},
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
    number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'A')).collect()
}

/// Spreads neighbouring numbers (splitmix64).
pub(crate) fn scrambled(number: u64) -> u64 {
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
        let one = Occurrence { number: 1, bug: 40, user: 7, release: 2, at_s: 1_800_000_000.0 };
        let bytes = envelope(&one, "https://k@shop.test/1").len();
        assert!((2_900..3_400).contains(&bytes), "{bytes}");
    }
}
