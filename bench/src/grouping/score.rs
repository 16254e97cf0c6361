//! How well a grouping finds the bugs: over all pairs of events, how many of those that it puts together belong together
//! (precision), and how many of those that belong together it puts together (recall).

use super::corpus::Labelled;

/// Pairs of events, counted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Score {
    /// Of one bug, and put together.
    right: u64,
    /// Put together.
    together: u64,
    /// Of one bug.
    same: u64,
}

impl Score {
    /// Of pairs put together, the part that is of one bug.
    pub(crate) fn precision(self) -> f64 {
        ratio(self.right, self.together)
    }

    /// Of pairs of one bug, the part that is put together.
    pub(crate) fn recall(self) -> f64 {
        ratio(self.right, self.same)
    }

    /// Harmonic mean of the two.
    pub(crate) fn f1(self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
    }
}

#[expect(clippy::cast_precision_loss, reason = "some millions")]
fn ratio(part: u64, all: u64) -> f64 {
    if all == 0 { 1.0 } else { part as f64 / all as f64 }
}

/// Scores the pairs that count. `groups` says for each event where it was put.
pub(crate) fn score<G: Eq>(
    events: &[Labelled],
    groups: &[G],
    counts: impl Fn(&Labelled, &Labelled) -> bool,
) -> Score {
    let mut score = Score::default();
    let mut rest = events.iter().zip(groups);
    while let Some((one, group)) = rest.next() {
        // One project has one SDK.
        let others =
            rest.clone().filter(|(other, _)| one.sender == other.sender && counts(one, other));
        for (other, other_group) in others {
            let (same, together) = (one.bug == other.bug, group == other_group);
            score.same += u64::from(same);
            score.together += u64::from(together);
            score.right += u64::from(same && together);
        }
    }
    score
}
