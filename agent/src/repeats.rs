//! Folding: the first of equal errors goes out at once, the others add to a count that follows it.
//!
//! After the first, a count is due in 1 s, then 5 s and then every 30 s, as long as there is something to count. An
//! error unheard for the longest wait is forgotten, and is a first one again.

use alloc::vec::Vec;

use crate::sum::Sum;

/// Waits between an error and its counts; the last one repeats.
const WAITS_MS: [f64; 3] = [1_000.0, 5_000.0, 30_000.0];

/// Different errors remembered at a time. Beyond that every error is a first one: nothing is lost, only not folded.
const MAX_KNOWN: usize = 250;

/// Highest count: far more than a page can throw in half a minute.
const MAX_COUNT: u32 = 1_000_000;

/// What has been seen, and how often it happened since.
#[derive(Debug, Default)]
pub struct Repeats {
    known: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    sum: Sum,
    first: u32,
    count: u32,
    due_ms: f64,
    waits: usize,
}

/// `count` further occurrences of `first`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// As it was given to [`Repeats::fold`].
    pub first: u32,
    /// 0 if `first` has been forgotten.
    pub count: u32,
}

impl Repeats {
    /// Nothing has been seen.
    pub const fn new() -> Self {
        Self { known: Vec::new() }
    }

    /// Counts an error that is known: `true`. Otherwise remembers it by the number `first`.
    pub fn fold(&mut self, sum: Sum, first: u32, now_ms: f64) -> bool {
        let known = self.known.iter_mut().find(|known| known.sum == sum);
        if let Some(known) = known {
            known.count = (known.count + 1).min(MAX_COUNT);
            return true;
        }
        if self.known.len() < MAX_KNOWN {
            let due_ms = now_ms + WAITS_MS[0];
            self.known.push(Known { sum, first, count: 0, due_ms, waits: 1 });
        }
        false
    }

    /// A count that is due, until none is; forgets what has not been heard for long. At infinity every count is due,
    /// and nothing is forgotten.
    pub fn due(&mut self, now_ms: f64) -> Option<Repeated> {
        for (at, known) in self.known.iter_mut().enumerate() {
            if known.due_ms > now_ms {
                continue;
            }
            let (first, count) = (known.first, core::mem::take(&mut known.count));
            let next = WAITS_MS.get(known.waits);
            if now_ms.is_finite() {
                known.due_ms = now_ms + next.unwrap_or(&WAITS_MS[2]);
                known.waits += 1;
                if count == 0 && next.is_none() {
                    self.known.swap_remove(at);
                    return Some(Repeated { first, count });
                }
            }
            if count > 0 {
                return Some(Repeated { first, count });
            }
        }
        None
    }

    /// When to ask for [`Repeats::due`] next; infinity if never.
    pub fn next_due_ms(&self) -> f64 {
        self.known.iter().fold(f64::INFINITY, |due_ms, known| due_ms.min(known.due_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(repeats: &mut Repeats, now_ms: f64) -> Vec<(u32, u32)> {
        let due = std::iter::from_fn(|| repeats.due(now_ms));
        due.map(|repeated| (repeated.first, repeated.count)).collect()
    }

    #[test]
    fn equal_errors_are_counted_after_1_5_and_30_seconds() {
        let (mut repeats, oak) = (Repeats::new(), Sum::of("oak"));
        assert!(!repeats.fold(oak, 1, 0.0));
        for at_ms in 1..50 {
            assert!(repeats.fold(oak, 99, f64::from(at_ms)));
        }
        assert!(!repeats.fold(Sum::of("ash"), 2, 5_500.0));
        assert_eq!(due(&mut repeats, 999.0), []);
        assert_eq!(due(&mut repeats, 1_000.0), [(1, 49)]);
        repeats.fold(oak, 99, 1_500.0);
        assert_eq!(due(&mut repeats, 5_999.0), []);
        assert_eq!(due(&mut repeats, 6_000.0), [(1, 1)]);
        for (heard_ms, due_ms) in [(7_000.0, 36_000.0), (65_000.0, 66_000.0)] {
            repeats.fold(oak, 99, heard_ms);
            assert!(due(&mut repeats, due_ms).contains(&(1, 1)));
        }
    }

    #[test]
    fn error_unheard_for_long_is_a_first_one_again() {
        let mut repeats = Repeats::new();
        repeats.fold(Sum::of("oak"), 1, 0.0);
        assert_eq!(due(&mut repeats, 1_000.0), []);
        assert_eq!(due(&mut repeats, 6_000.0), []);
        assert_eq!(due(&mut repeats, 36_000.0), [(1, 0)]);
        assert!(repeats.next_due_ms().is_infinite());
        assert!(!repeats.fold(Sum::of("oak"), 2, 36_001.0));
    }

    #[test]
    fn without_room_every_error_is_a_first_one() {
        let mut repeats = Repeats::new();
        for error in 0..MAX_KNOWN as u32 {
            assert!(!repeats.fold(Sum::of(&error.to_string()), error, 0.0));
        }
        assert!(!repeats.fold(Sum::of("oak"), 200, 0.0));
        assert!(!repeats.fold(Sum::of("oak"), 201, 0.0));
        assert!(repeats.fold(Sum::of("0"), 202, 0.0));
    }

    #[test]
    fn all_counts_go_when_the_page_goes() {
        let mut repeats = Repeats::new();
        for number in [1, 2] {
            repeats.fold(Sum::of("oak"), number, 0.0);
            repeats.fold(Sum::of("ash"), 2 + number, 0.0);
        }
        assert_eq!(due(&mut repeats, f64::INFINITY), [(1, 1), (3, 1)]);
        assert_eq!(due(&mut repeats, f64::INFINITY), []);
        assert_eq!(repeats.next_due_ms(), 1_000.0, "and the page may live on");
    }
}
