//! Mixes of events that rows are counted on: how many bugs, how frequent, met by whom.

use crate::event::{Occurrence, scrambled};

/// Releases of every mix.
const RELEASES: u64 = 3;

/// Who meets the bugs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Users {
    /// One of so many.
    Among(u64),
    /// Somebody new each time.
    EachNew,
}

/// A mix of events. The bug with rank r is 1/r times as frequent as the first, as Zipf has it.
#[derive(Debug, Clone)]
pub(crate) struct Mix {
    pub(crate) name: &'static str,
    pub(crate) users: Users,
    /// For each bug, the share of events that it or a more frequent one makes.
    shares: Vec<f64>,
}

impl Mix {
    /// Few bugs, met again and again by the same users: what most sites have.
    pub(crate) fn a() -> Self {
        Self { name: "A", users: Users::Among(5_000), shares: zipf(100) }
    }

    /// Many bugs, each event by a new user: what costs most rows.
    pub(crate) fn b() -> Self {
        Self { name: "B", users: Users::EachNew, shares: zipf(5_000) }
    }

    pub(crate) fn bugs(&self) -> usize {
        self.shares.len()
    }

    /// The event with this number.
    pub(crate) fn occurrence(&self, number: u64, at_s: f64) -> Occurrence {
        let roll = scrambled(number);
        Occurrence {
            number,
            bug: self.bug(roll),
            user: match self.users {
                Users::Among(users) => scrambled(roll) % users,
                Users::EachNew => number,
            },
            release: roll % RELEASES,
            at_s,
        }
    }

    fn bug(&self, roll: u64) -> u64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits of chance are enough")]
        let chance = (roll >> 11) as f64 / (1_u64 << 53) as f64;
        let rank = self.shares.partition_point(|share| *share <= chance);
        rank.min(self.shares.len().saturating_sub(1)) as u64
    }
}

fn zipf(bugs: u32) -> Vec<f64> {
    let total: f64 = (1..=bugs).map(|rank| 1.0 / f64::from(rank)).sum();
    let mut sum = 0.0;
    let share = |rank: u32| {
        sum += 1.0 / f64::from(rank) / total;
        sum
    };
    (1..=bugs).map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bug_is_the_most_frequent() {
        let mix = Mix::a();
        let of = |bug| (0..10_000).filter(|n| mix.occurrence(*n, 0.0).bug == bug).count();
        assert!(of(0) > 2 * of(2) && of(2) > of(49), "{} {} {}", of(0), of(2), of(49));
        assert!((0..10_000).all(|n| mix.occurrence(n, 0.0).bug < 100));
    }

    #[test]
    fn each_new_user_is_new() {
        let mix = Mix::b();
        assert_ne!(mix.occurrence(1, 0.0).user, mix.occurrence(2, 0.0).user);
        assert!((0..50_000).any(|n| mix.occurrence(n, 0.0).user >= 5_000));
    }
}
