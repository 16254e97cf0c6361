//! Why events are one issue, why two issues are not, what rules would catch, and along what an issue may be split. Pure:
//! made of kept events, of the project's rules, and of what is stored.

mod aspects;
mod compare;
mod preview;

use trapline_core::event::Event;
use trapline_core::fingerprint::rules::Rules;
use trapline_core::fingerprint::{Grouping, group_by};

pub use aspects::{Aspect, Looked, Part, aspects, groups_with};
pub use compare::{Compared, Pair, Side, compared};
pub use preview::{Caught, Example, Preview, Sampled, preview};

/// What decided of an event's fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// What was thrown, and where.
    Thrown,
    /// The page, which set a fingerprint.
    Sender,
    /// This rule of the project.
    Rule(String),
}

/// How an event is grouped today.
#[derive(Clone, Debug)]
pub struct Explained {
    /// All that was looked at.
    pub grouping: Grouping,
    /// What came first.
    pub decided: Decided,
    /// What is hashed, readable: `nullish access: total + pay`.
    pub label: String,
    /// What was hashed when its group was stored, if that was something else.
    pub before: Option<String>,
}

/// Explains an event's grouping. `stored` is the label of its group.
pub fn explained(event: &Event, rules: &Rules, stored: &str) -> Explained {
    let grouping = group_by(event, rules);
    let label = grouping.fingerprint().label;
    let decided = match rules.first_for(event) {
        _ if !event.fingerprint.is_empty() => Decided::Sender,
        Some(rule) => Decided::Rule(rule.text().to_owned()),
        None => Decided::Thrown,
    };
    let before = Some(stored.to_owned()).filter(|before| *before != label);
    Explained { grouping, decided, label, before }
}

#[cfg(test)]
mod tests;
