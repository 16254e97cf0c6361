//! What rules would make of events: which each would have caught, and which rules do nothing.

use super::{Rule, Rules, Seen};
use crate::event::Event;

/// What a rule would have done.
#[derive(Clone, Debug)]
pub struct Previewed<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// Events that it would have caught, by index: those that it fits and no rule before it does, and whose sender set no
    /// fingerprint.
    pub caught: Vec<usize>,
    /// Events that it fits and a rule before it catches.
    pub lost: usize,
    /// Index of the first rule that takes events from it.
    pub behind: Option<usize>,
}

impl Rules {
    /// For each rule, what it would have done with these events.
    pub fn preview(&self, events: &[Event]) -> Vec<Previewed<'_>> {
        let none = |rule| Previewed { rule, caught: Vec::new(), lost: 0, behind: None };
        let mut rules: Vec<Previewed<'_>> = self.all().iter().map(none).collect();
        for (at, event) in events.iter().enumerate().filter(|(_, one)| one.fingerprint.is_empty()) {
            let (mut first, seen) = (None, Seen::of(event));
            for (index, previewed) in rules.iter_mut().enumerate() {
                if !previewed.rule.fits_seen(&seen) {
                    continue;
                }
                match first {
                    None => {
                        first = Some(index);
                        previewed.caught.push(at);
                    }
                    Some(first) => {
                        previewed.lost += 1;
                        previewed.behind =
                            Some(previewed.behind.map_or(first, |known| known.min(first)));
                    }
                }
            }
        }
        rules
    }
}
