//! What is to be delivered, and when it may be tried: bounded, in memory, with backoff.
//!
//! An entry leaves when it was answered for: accepted, or refused for good. Until then it stays, and the oldest goes
//! first.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Entries kept; a page that cannot deliver stops here, and the newest are counted as lost.
const MAX_WAITING: usize = 100;

/// Requests under way at a time: latency for the first, and the rest of the connections for the page.
const MAX_UNDER_WAY: usize = 3;

/// Bytes under way in requests that outlive the page: browsers allow 64 KB in all, the rest is for others.
const MAX_KEEPALIVE: u32 = 60_000;

/// First wait after a failure; doubles up to [`MAX_WAIT_MS`], each with up to half of it more at random.
const FIRST_WAIT_MS: u32 = 1_000;
const MAX_WAIT_MS: u32 = 60_000;

/// Entries on their way to the collector, each by a number of the caller's choice.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: VecDeque<Entry>,
    under_way: Vec<Entry>,
    failures: u32,
    not_before_ms: f64,
}

#[derive(Debug)]
struct Entry {
    number: u32,
    bytes: u32,
    /// Asked to outlive the page. Only on the first try: a refusal for its size must not repeat.
    keepalive: bool,
    is_retry: bool,
}

/// A request to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending {
    /// What to send.
    pub entry: u32,
    /// Whether the request shall outlive the page.
    pub keepalive: bool,
}

/// When the moment is: the clock, and a number from 0 to 1 that spreads many pages' retries.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Milliseconds since 1970.
    pub now_ms: f64,
    /// At random.
    pub jitter: f64,
}

impl Outbox {
    /// Nothing waits.
    pub const fn new() -> Self {
        Self { waiting: VecDeque::new(), under_way: Vec::new(), failures: 0, not_before_ms: 0.0 }
    }

    /// Puts an entry at the end; `false` if there is no room.
    pub fn push(&mut self, number: u32, bytes: u32) -> bool {
        let has_room = self.waiting.len() < MAX_WAITING;
        if has_room {
            self.waiting.push_back(Entry { number, bytes, keepalive: false, is_retry: false });
        }
        has_room
    }

    /// The request to make now, which is under way from here until [`Outbox::answered`].
    pub fn next(&mut self, now_ms: f64) -> Option<Sending> {
        // After a failure one request finds out whether the collector is back.
        let most = if self.failures > 0 { 1 } else { MAX_UNDER_WAY };
        if self.under_way.len() >= most || now_ms < self.not_before_ms {
            return None;
        }
        let mut entry = self.waiting.pop_front()?;
        let held = self.under_way.iter().filter(|other| other.keepalive);
        let bytes = held.fold(entry.bytes, |sum, other| sum.saturating_add(other.bytes));
        entry.keepalive = !entry.is_retry && bytes <= MAX_KEEPALIVE;
        let sending = Sending { entry: entry.number, keepalive: entry.keepalive };
        self.under_way.push(entry);
        Some(sending)
    }

    /// Ends what [`Outbox::next`] began. `status` is 0 if there was no answer; `retry_after_s` 0 if none was given.
    /// Whether the entry is done with.
    pub fn answered(
        &mut self,
        entry: u32,
        status: u32,
        retry_after_s: f64,
        moment: Moment,
    ) -> bool {
        let at = self.under_way.iter().position(|other| other.number == entry);
        let Some(mut entry) = at.map(|at| self.under_way.swap_remove(at)) else { return true };
        if !is_later(status) {
            self.failures = 0;
            return true;
        }
        let wait_ms = f64::from((FIRST_WAIT_MS << self.failures.min(6)).min(MAX_WAIT_MS));
        let wait_ms = (wait_ms * (1.0 + moment.jitter / 2.0)).max(retry_after_s * 1_000.0);
        self.not_before_ms = self.not_before_ms.max(moment.now_ms + wait_ms);
        self.failures += 1;
        entry.is_retry = true;
        self.waiting.push_front(entry);
        false
    }

    /// When to call [`Outbox::next`] again, if waiting is all that there is to do; otherwise infinity.
    pub fn wake_ms(&self) -> f64 {
        let waits = !self.waiting.is_empty() && self.under_way.is_empty();
        if waits { self.not_before_ms } else { f64::INFINITY }
    }

    /// Takes the oldest that is not under way; the page is going.
    pub fn take(&mut self) -> Option<u32> {
        self.waiting.pop_front().map(|entry| entry.number)
    }

    /// Whether everything has been answered for.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.under_way.is_empty()
    }
}

/// Whether an entry is to be tried again. Everything else has been read by the collector, which may have refused it for
/// good: either way it is done with.
fn is_later(status: u32) -> bool {
    status == 0 || status == 429 || status >= 500
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(entries: &[u32]) -> Outbox {
        let mut outbox = Outbox::new();
        entries.iter().for_each(|entry| assert!(outbox.push(*entry, 1_000)));
        outbox
    }

    fn at(now_ms: f64) -> Moment {
        Moment { now_ms, jitter: 0.0 }
    }

    fn next(outbox: &mut Outbox, now_ms: f64) -> Option<u32> {
        outbox.next(now_ms).map(|sending| sending.entry)
    }

    #[test]
    fn few_requests_are_under_way_at_a_time() {
        let mut outbox = outbox(&[1, 2, 3, 4]);
        let sent: Vec<_> = std::iter::from_fn(|| next(&mut outbox, 0.0)).collect();
        assert_eq!(sent, [1, 2, 3]);
        assert!(outbox.answered(1, 200, 0.0, at(1.0)));
        assert_eq!(next(&mut outbox, 1.0), Some(4));
        for entry in [2, 3, 4] {
            assert!(!outbox.is_idle());
            outbox.answered(entry, 200, 0.0, at(2.0));
        }
        assert!(outbox.is_idle());
    }

    #[test]
    fn failures_wait_twice_as_long_each_time_and_keep_the_entry() {
        let mut outbox = outbox(&[1]);
        for (now_ms, wait_ms) in [(0.0, 1_000.0), (1_000.0, 2_000.0), (3_000.0, 4_000.0)] {
            assert_eq!(next(&mut outbox, now_ms), Some(1));
            assert!(!outbox.answered(1, 503, 0.0, at(now_ms)));
            assert_eq!(next(&mut outbox, now_ms), None);
            assert_eq!(outbox.wake_ms(), now_ms + wait_ms);
        }
        outbox.push(2, 1_000);
        assert_eq!(outbox.next(7_000.0), Some(Sending { entry: 1, keepalive: false }));
        assert_eq!(
            next(&mut outbox, 7_000.0),
            None,
            "one request asks whether the collector is back"
        );
        outbox.answered(1, 200, 0.0, at(7_100.0));
        assert_eq!(next(&mut outbox, 7_100.0), Some(2));
    }

    #[test]
    fn retry_after_is_honoured_and_jitter_only_adds() {
        let mut outbox = outbox(&[1]);
        outbox.next(0.0);
        outbox.answered(1, 429, 120.0, Moment { now_ms: 0.0, jitter: 1.0 });
        assert_eq!(next(&mut outbox, 119_999.0), None);
        assert_eq!(next(&mut outbox, 120_000.0), Some(1));
        outbox.answered(1, 0, 0.0, Moment { now_ms: 120_000.0, jitter: 1.0 });
        assert_eq!(outbox.wake_ms(), 123_000.0);
    }

    #[test]
    fn status_says_whether_to_try_again() {
        for status in [200, 400, 401, 403, 413] {
            assert!(!is_later(status), "{status}");
        }
        for status in [0, 429, 500, 502, 503, 504] {
            assert!(is_later(status), "{status}");
        }
    }

    #[test]
    fn requests_outlive_the_page_within_what_browsers_allow() {
        let mut outbox = Outbox::new();
        for (entry, bytes) in [(1, 50_000), (2, 20_000), (3, 10_000)] {
            outbox.push(entry, bytes);
        }
        let sent = std::iter::from_fn(|| outbox.next(0.0));
        assert_eq!(sent.map(|sent| sent.keepalive).collect::<Vec<_>>(), [true, false, true]);
    }

    #[test]
    fn there_is_room_for_so_many_and_no_more() {
        let mut outbox = Outbox::new();
        let kept = (1..=MAX_WAITING as u32 + 2).filter(|entry| outbox.push(*entry, 1)).count();
        assert_eq!(kept, MAX_WAITING);
        assert_eq!(std::iter::from_fn(|| outbox.take()).count(), MAX_WAITING);
        assert!(outbox.is_idle());
    }
}
