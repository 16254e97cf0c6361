//! Envelopes as SDKs send them, some twice, some slowly; each is sent until it was taken, and what was taken is noted.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use trapline_tests::{Answer, Faulty, post_as, post_to};

use crate::chaos::{Tally, one_more};
use crate::{Ground, Target};

/// How many send at once.
pub const SENDERS: u64 = 4;

/// Bugs that events are of; each is one issue.
pub const BUGS: usize = 40;

/// Events of the project whose events have become old.
pub const OLD: u64 = 300;

const PAUSE: Duration = Duration::from_millis(40);

/// What was taken.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Occurrences by bug.
    pub bugs: Mutex<BTreeMap<usize, u64>>,
    /// Events, each once.
    pub events: AtomicU64,
    /// Page views.
    pub views: AtomicU64,
    /// Messages of users.
    pub feedback: AtomicU64,
    /// Attempts, also in vain.
    pub attempts: AtomicU64,
    /// Envelopes that were sent again although they had been taken.
    pub again: AtomicU64,
    /// Answers that nobody should get.
    pub wrong: Mutex<Vec<String>>,
}

impl Ledger {
    fn note_bug(&self, bug: usize, count: u64) {
        let mut bugs = self.bugs.lock().unwrap_or_else(PoisonError::into_inner);
        *bugs.entry(bug).or_default() += count;
        one_more(&self.events);
    }

    fn note_wrong(&self, words: String) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).push(words);
    }
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// `bug ab`: numbers would be taken for what differs between occurrences of one bug.
fn name_of(bug: usize) -> String {
    let letter = |number: usize| char::from(b'a' + u8::try_from(number % 26).unwrap_or(0));
    format!("{}{}", letter(bug / 8), letter(bug % 8))
}

/// An envelope, and what it adds to which bug.
fn event(number: u64) -> (Vec<u8>, usize, u64) {
    let bug = usize::try_from(number * 7 % BUGS as u64).unwrap_or(0);
    let name = name_of(bug);
    let count = if number.is_multiple_of(11) { 3 } else { 1 };
    // Clocks of senders are anywhere within two days.
    let at_s = now_s() - number * 13 % 172_800;
    let event = json!({
        "event_id": format!("{number:032x}"),
        "timestamp": at_s,
        "platform": "javascript",
        "count": count,
        "release": format!("shop@1.{}.0", number / 5_000),
        "user": { "id": format!("user-{}", number % 500) },
        "exception": { "values": [{
            "type": "TypeError",
            "value": format!("no {name} in the cart"),
            "stacktrace": { "frames": [{
                "function": format!("find_{name}"), "filename": "https://shop.test/app.js",
                "lineno": 10 + number / 7 % 2, "colno": 7, "in_app": true,
            }] },
        }] },
    });
    (format!("{{}}\n{{\"type\":\"event\"}}\n{event}").into_bytes(), bug, count)
}

fn item(kind: &str, payload: &Value) -> Vec<u8> {
    format!("{{}}\n{{\"type\":\"{kind}\"}}\n{payload}").into_bytes()
}

fn page_view(number: u64) -> Vec<u8> {
    let view = json!({
        "id": format!("{number:016x}{number:016x}"), "started": now_s() * 1_000, "url": "https://shop.test/checkout",
        "page": "/checkout", "kind": "navigate", "sample_rate": 1, "visible_ms": 9_000,
        "vitals": { "lcp": { "value": 1_200 + number % 900 } },
    });
    item("page_view", &view)
}

fn feedback(number: u64) -> Vec<u8> {
    let said = json!({
        "event_id": format!("{number:032x}"), "timestamp": now_s(),
        "contexts": { "feedback": { "message": format!("It broke, says buyer {number}."), "url": "https://shop.test/" } },
    });
    item("feedback", &said)
}

/// Sends one thing after another, each until it was taken.
pub fn send(ground: &Ground, ledger: &Ledger, target: &Target, sender: u64) {
    let mut number = 1_000_000 * (sender + 1);
    while !ground.is_calm() {
        number += 1;
        if number % 10 == 3 {
            until_taken(ground, ledger, target, &page_view(number));
            one_more(&ledger.views);
        } else if number % 500 == 7 {
            // Who writes thirty times a day is not heard any more.
            let buyer = format!("Buyer/{number}");
            until_taken_of(&buyer, ground, ledger, target, &feedback(number));
            one_more(&ledger.feedback);
        } else {
            let (envelope, bug, count) = event(number);
            until_taken(ground, ledger, target, &envelope);
            ledger.note_bug(bug, count);
            if number.is_multiple_of(10) {
                // Its sender has not heard the answer.
                until_taken(ground, ledger, target, &envelope);
                one_more(&ledger.again);
            }
        }
        ground.wait(PAUSE);
    }
}

fn until_taken(ground: &Ground, ledger: &Ledger, target: &Target, envelope: &[u8]) {
    until_taken_of("Shop/1", ground, ledger, target, envelope);
}

fn until_taken_of(
    user_agent: &str,
    ground: &Ground,
    ledger: &Ledger,
    target: &Target,
    envelope: &[u8],
) {
    loop {
        one_more(&ledger.attempts);
        let pause = match post_as(user_agent, &target.address, envelope) {
            Ok(Answer { status: 200, .. }) => return,
            Ok(Answer { status: 503 | 429, retry_after: Some(_), .. }) => {
                Duration::from_millis(500)
            }
            // The Worker is being started.
            Err(_) => Duration::from_millis(500),
            Ok(answer) => {
                ledger.note_wrong(format!("{answer:?}"));
                Duration::from_secs(2)
            }
        };
        // Whoever is refused comes again, sooner than told: it is one test among thousands.
        if ground.is_calm() {
            std::thread::sleep(pause);
        } else {
            ground.wait(pause);
        }
    }
}

/// Envelopes that come byte by byte over seconds; of every second one the sender is gone in the middle, and sends it again
/// as a whole.
pub fn send_slowly(ground: &Ground, ledger: &Ledger, tally: &Tally, target: &Target) {
    let mut number = 9_000_000;
    while !ground.is_calm() {
        number += 1;
        let (envelope, bug, count) = event(number);
        let goes_away = number.is_multiple_of(2);
        let [trickled, gone] = &tally.slow;
        one_more(if goes_away { gone } else { trickled });
        let is_taken = trickle(ground, target, &envelope, goes_away).unwrap_or(false);
        if !is_taken {
            until_taken(ground, ledger, target, &envelope);
        }
        ledger.note_bug(bug, count);
    }
}

fn trickle(ground: &Ground, target: &Target, envelope: &[u8], goes_away: bool) -> Result<bool> {
    let rest = target.address.strip_prefix("http://").context("an address")?;
    let (host, path) = rest.split_once('/').context("a path")?;
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let length = envelope.len();
    write!(
        stream,
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    for (index, bytes) in envelope.chunks(length.div_ceil(12)).enumerate() {
        if goes_away && index == 6 {
            stream.shutdown(Shutdown::Both)?;
            return Ok(false);
        }
        stream.write_all(bytes)?;
        ground.wait(Duration::from_millis(400));
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200"))
}

/// Events of three months ago: retention takes them away, and their count stays.
///
/// # Panics
/// When one is refused: nothing fails yet.
pub fn fill_old(target: &Target, faulty: &Faulty) {
    for number in 0..OLD {
        let event = json!({
            "event_id": format!("{number:032x}"),
            "exception": { "values": [{ "type": "Error", "value": format!("long ago {}", number % 5) }] },
        });
        let sent = || -> Result<()> {
            let answer = post_to(&target.address, &item("event", &event))?;
            ensure!(answer.status == 200, "{answer:?}");
            Ok(())
        };
        sent().expect("an event of long ago");
    }
    faulty.database.age_issues_by_days(&target.id, 91);
}

/// What is counted.
pub fn of(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}
