//! What is to be delivered, and when it may be tried: bounded, in memory, with backoff.
//!
//! An entry leaves when it was answered for: accepted, or refused for good. Until then it stays, and the oldest goes
//! first.

use alloc::vec::Vec;
use core::mem;

/// Entries kept; a page that cannot deliver stops here, and the newest are counted as lost.
const MAX_WAITING: usize = 200;

/// Requests under way at a time: latency for the first, and the rest of the connections for the page.
const MAX_UNDER_WAY: usize = 3;

/// Entries of a request: a request to a collector on the free plan has 50 queries, and a new issue takes 11.
const MAX_ENTRIES: usize = 3;

/// Bytes of a request, and under way in requests that outlive the page: browsers allow 64 KB in all.
const MAX_BYTES: u32 = 60_000;

/// First wait after a failure; doubles up to [`MAX_WAIT_MS`], each with up to half of it more at random.
const FIRST_WAIT_MS: u32 = 1_000;
const MAX_WAIT_MS: u32 = 60_000;

/// Entries on their way to the collector, each by a number of the caller's choice.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: Vec<Entry>,
    under_way: Vec<Request>,
    failures: u32,
    /// Own caution after a failure.
    backoff_ms: f64,
    /// What the collector asked for.
    ordered_ms: f64,
}

#[derive(Debug)]
struct Entry {
    number: u32,
    bytes: u32,
}

#[derive(Debug)]
struct Request {
    entries: Vec<Entry>,
    bytes: u32,
    keepalive: bool,
}

/// When the moment is: the clock, and a number from 0 to 1 that spreads many pages' retries.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Milliseconds since 1970.
    pub now_ms: f64,
    /// At random.
    pub jitter: f64,
}

/// What a request was answered.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// 0 if there was none.
    pub status: u32,
    /// From `Retry-After` or a rate limit, whatever the status; 0 if there was none.
    pub retry_after_s: f64,
}

impl Outbox {
    /// Nothing waits.
    pub const fn new() -> Self {
        Self {
            waiting: Vec::new(),
            under_way: Vec::new(),
            failures: 0,
            backoff_ms: 0.0,
            ordered_ms: 0.0,
        }
    }

    /// Puts an entry at the end; `false` if there is no room.
    pub fn push(&mut self, number: u32, bytes: u32) -> bool {
        let has_room = self.waiting.len() < MAX_WAITING;
        if has_room {
            self.waiting.push(Entry { number, bytes });
        }
        has_room
    }

    /// Begins a request, which is under way until [`Outbox::answered`]. Its name is the number of its first entry;
    /// [`Outbox::member`] gives all. Whether it shall outlive the page: browsers refuse what is too large for that.
    pub fn next(&mut self, now_ms: f64) -> Option<(u32, bool)> {
        // After a failure one request finds out whether the collector is back.
        let most = if self.failures > 0 { 1 } else { MAX_UNDER_WAY };
        if self.under_way.len() >= most || now_ms < self.not_before_ms() {
            return None;
        }
        let mut request = self.batch()?;
        let name = request.entries.first()?.number;
        let held = self.under_way.iter().filter(|other| other.keepalive);
        let bytes = held.fold(request.bytes, |sum, other| sum.saturating_add(other.bytes));
        // Only while all is well: a refusal for its size must not repeat.
        request.keepalive = self.failures == 0 && bytes <= MAX_BYTES;
        let sending = (name, request.keepalive);
        self.under_way.push(request);
        Some(sending)
    }

    /// The oldest that fit one request: at least one entry, whatever its size.
    fn batch(&mut self) -> Option<Request> {
        let mut bytes = self.waiting.first()?.bytes;
        let mut count = 1;
        for next in self.waiting.iter().take(MAX_ENTRIES).skip(1) {
            if bytes.saturating_add(next.bytes) > MAX_BYTES {
                break;
            }
            bytes += next.bytes;
            count += 1;
        }
        let rest = self.waiting.split_off(count);
        let entries = mem::replace(&mut self.waiting, rest);
        Some(Request { entries, bytes, keepalive: false })
    }

    /// The entry at a place in a request that is under way.
    pub fn member(&self, name: u32, place: usize) -> Option<u32> {
        let request = self.under_way.iter().find(|request| request.is_named(name))?;
        request.entries.get(place).map(|entry| entry.number)
    }

    /// Ends what [`Outbox::next`] began. Whether its entries are done with; otherwise they wait again.
    pub fn answered(&mut self, name: u32, answer: Answer, moment: Moment) -> bool {
        let at = self.under_way.iter().position(|request| request.is_named(name));
        let Some(request) = at.map(|at| self.under_way.swap_remove(at)) else { return true };
        let is_done = !is_later(answer.status);
        if is_done {
            self.failures = 0;
        } else {
            let wait_ms = f64::from((FIRST_WAIT_MS << self.failures.min(6)).min(MAX_WAIT_MS));
            self.backoff_ms = moment.now_ms + wait_ms * (1.0 + moment.jitter / 2.0);
            self.failures += 1;
            let later = mem::replace(&mut self.waiting, request.entries);
            self.waiting.extend(later);
        }
        if answer.retry_after_s > 0.0 {
            self.ordered_ms = self.ordered_ms.max(moment.now_ms + answer.retry_after_s * 1_000.0);
        }
        is_done
    }

    /// The browser is online again: what had no answer need not wait. An order to wait holds.
    pub fn online(&mut self) {
        self.backoff_ms = 0.0;
    }

    fn not_before_ms(&self) -> f64 {
        self.backoff_ms.max(self.ordered_ms)
    }

    /// When to call [`Outbox::next`] again, if waiting is all that there is to do; otherwise infinity.
    pub fn wake_ms(&self) -> f64 {
        let waits = !self.waiting.is_empty() && self.under_way.is_empty();
        if waits { self.not_before_ms() } else { f64::INFINITY }
    }

    /// Whether nothing may be sent now.
    pub fn is_paused(&self, now_ms: f64) -> bool {
        now_ms < self.not_before_ms()
    }

    /// Takes the oldest that is not under way; the page is going.
    pub fn take(&mut self) -> Option<u32> {
        (!self.waiting.is_empty()).then(|| self.waiting.remove(0).number)
    }

    /// Whether everything has been answered for.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.under_way.is_empty()
    }
}

impl Request {
    fn is_named(&self, name: u32) -> bool {
        self.entries.first().is_some_and(|entry| entry.number == name)
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

    fn outbox(entries: impl IntoIterator<Item = u32>) -> Outbox {
        let mut outbox = Outbox::new();
        entries.into_iter().for_each(|entry| assert!(outbox.push(entry, 1_000)));
        outbox
    }

    /// The entries of the request that begins now.
    fn next(outbox: &mut Outbox, now_ms: f64) -> Vec<u32> {
        let name = outbox.next(now_ms).map(|(name, _)| name);
        let member = |place| outbox.member(name?, place);
        (0..).map_while(member).collect()
    }

    fn answered(outbox: &mut Outbox, name: u32, status: u32, retry_after_s: f64, now_ms: f64) {
        let answer = Answer { status, retry_after_s };
        let is_done = outbox.answered(name, answer, Moment { now_ms, jitter: 0.0 });
        assert_eq!(is_done, status == 200);
    }

    #[test]
    fn entries_share_requests_of_which_few_are_under_way() {
        let mut outbox = outbox(1..=12);
        assert_eq!(next(&mut outbox, 0.0), [1, 2, 3]);
        assert_eq!(next(&mut outbox, 0.0), [4, 5, 6]);
        assert_eq!(next(&mut outbox, 0.0), [7, 8, 9]);
        assert!(next(&mut outbox, 0.0).is_empty());
        answered(&mut outbox, 4, 200, 0.0, 1.0);
        assert_eq!(next(&mut outbox, 1.0), [10, 11, 12]);
        for name in [1, 7, 10] {
            assert!(!outbox.is_idle());
            answered(&mut outbox, name, 200, 0.0, 2.0);
        }
        assert!(outbox.is_idle());
    }

    #[test]
    fn failures_wait_twice_as_long_each_time_and_keep_the_entries_in_order() {
        let mut outbox = outbox([1, 2]);
        for (now_ms, wait_ms) in [(0.0, 1_000.0), (1_000.0, 2_000.0), (3_000.0, 4_000.0)] {
            assert_eq!(next(&mut outbox, now_ms), [1, 2]);
            answered(&mut outbox, 1, 503, 0.0, now_ms);
            assert!(next(&mut outbox, now_ms).is_empty());
            assert_eq!(outbox.wake_ms(), now_ms + wait_ms);
        }
        (3..=5).for_each(|entry| assert!(outbox.push(entry, 1_000)));
        assert_eq!(outbox.next(7_000.0), Some((1, false)), "not to outlive the page");
        assert!(
            next(&mut outbox, 7_000.0).is_empty(),
            "one request asks whether all is well again"
        );
        answered(&mut outbox, 1, 200, 0.0, 7_100.0);
        assert_eq!(next(&mut outbox, 7_100.0), [4, 5]);
    }

    #[test]
    fn orders_to_wait_are_kept_whatever_the_answer() {
        let mut outbox = outbox([1]);
        next(&mut outbox, 0.0);
        answered(&mut outbox, 1, 429, 120.0, 0.0);
        outbox.online();
        assert!(next(&mut outbox, 119_999.0).is_empty());
        assert!(outbox.is_paused(119_999.0));
        assert_eq!(next(&mut outbox, 120_000.0), [1]);
        answered(&mut outbox, 1, 200, 60.0, 120_000.0);
        outbox.push(2, 1);
        assert_eq!(outbox.wake_ms(), 180_000.0);
    }

    #[test]
    fn online_again_does_not_wait_and_jitter_only_adds() {
        let mut outbox = outbox([1]);
        next(&mut outbox, 0.0);
        let answer = Answer { status: 0, retry_after_s: 0.0 };
        outbox.answered(1, answer, Moment { now_ms: 0.0, jitter: 1.0 });
        assert_eq!(outbox.wake_ms(), 1_500.0);
        outbox.online();
        assert_eq!(next(&mut outbox, 1.0), [1]);
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
        for (entry, bytes) in [(1, 50_000), (2, 20_000), (3, 45_000), (4, 100_000)] {
            outbox.push(entry, bytes);
        }
        let sent = core::iter::from_fn(|| outbox.next(0.0));
        assert_eq!(sent.collect::<Vec<_>>(), [(1, true), (2, false), (3, false)]);
        answered(&mut outbox, 2, 200, 0.0, 0.0);
        assert_eq!(outbox.next(0.0), Some((4, false)), "too large for that, and alone");
    }

    #[test]
    fn there_is_room_for_so_many_and_no_more() {
        let mut outbox = Outbox::new();
        let kept = (1..=MAX_WAITING as u32 + 2).filter(|entry| outbox.push(*entry, 1)).count();
        assert_eq!(kept, MAX_WAITING);
        assert_eq!(core::iter::from_fn(|| outbox.take()).count(), MAX_WAITING);
        assert!(outbox.is_idle());
    }
}
