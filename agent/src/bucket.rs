//! How many different errors are sent whole: a token bucket for each kind, so that a page full of broken pictures does
//! not use up what a crash needs. What finds its bucket empty is counted by the façade.

/// Tokens at first and at most, and how many come back in a second, by kind: errors, failed loads and browser reports,
/// messages.
const KINDS: [(f64, f64); 3] = [(120.0, 1.0), (40.0, 0.2), (60.0, 0.5)];

/// The buckets of all kinds.
#[derive(Debug)]
pub struct Buckets {
    /// Tokens taken and not come back, and when that was so.
    taken: [(f64, f64); KINDS.len()],
}

impl Buckets {
    /// All are full.
    pub const fn new() -> Self {
        Self { taken: [(0.0, 0.0); KINDS.len()] }
    }

    /// Whether there is a token of this kind; of an unknown kind there is none.
    pub fn has_room(&mut self, kind: usize, now_ms: f64) -> bool {
        let (Some((taken, since_ms)), Some((most, per_s))) =
            (self.taken.get_mut(kind), KINDS.get(kind))
        else {
            return false;
        };
        // The page's clock may be set back.
        *taken = (*taken - (now_ms - *since_ms).max(0.0) / 1_000.0 * per_s).max(0.0);
        *since_ms = now_ms;
        *taken <= most - 1.0
    }

    /// Takes a token.
    pub fn take(&mut self, kind: usize) {
        if let Some((taken, _)) = self.taken.get_mut(kind) {
            *taken += 1.0;
        }
    }
}

impl Default for Buckets {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(buckets: &mut Buckets, kind: usize, now_ms: f64) -> u32 {
        let mut count = 0;
        while buckets.has_room(kind, now_ms) {
            buckets.take(kind);
            count += 1;
        }
        count
    }

    #[test]
    fn a_burst_goes_through_and_then_one_a_second() {
        let mut buckets = Buckets::new();
        assert_eq!(taken(&mut buckets, 0, 1_000.0), 120);
        assert_eq!(taken(&mut buckets, 0, 1_999.0), 0);
        assert_eq!(taken(&mut buckets, 0, 3_000.0), 2);
        assert_eq!(taken(&mut buckets, 0, 1_000_000.0), 120);
    }

    #[test]
    fn kinds_do_not_take_from_each_other() {
        let mut buckets = Buckets::new();
        taken(&mut buckets, 1, 0.0);
        assert!(buckets.has_room(0, 0.0));
        assert!(!buckets.has_room(99, 0.0));
    }

    #[test]
    fn clock_that_is_set_back_gives_and_takes_nothing() {
        let mut buckets = Buckets::new();
        taken(&mut buckets, 0, 50_000.0);
        assert!(!buckets.has_room(0, 10_000.0));
        assert!(buckets.has_room(0, 11_000.0));
    }
}
