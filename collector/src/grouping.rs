//! Why events are one issue, why two issues are not, what rules would catch, and along what an issue may be split. Pure:
//! made of kept events, of the project's rules, and of what is stored.

mod aspects;
mod compare;
mod preview;

use serde::Serialize;
use trapline_core::event::Event;
use trapline_core::fingerprint::rules::Rules;
use trapline_core::fingerprint::{Grouping, group_by};

pub use aspects::{Aspect, Looked, Part, aspects};
pub use compare::{Compared, Pair, Side, compared, pairs};
pub use preview::{Caught, Example, Preview, Sampled, preview};

/// What decided of an event's fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decided {
    /// What was thrown, and where.
    Thrown,
    /// The page, which set a fingerprint.
    Sender,
    /// A rule of the project.
    Rule,
}

/// How an event is grouped today.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    /// What came first.
    pub decided_by: Decided,
    /// The rule that did; else empty.
    pub rule: String,
    /// What is hashed, readable: `nullish access: total + pay`.
    pub fingerprint: String,
    /// What was hashed when its group was stored, if that was something else.
    pub stored_fingerprint: Option<String>,
    /// All that was looked at.
    pub grouping: Grouping,
}

/// Explains an event's grouping. `stored` is the label of its group.
pub fn explained(event: &Event, rules: &Rules, stored: &str) -> Explained {
    let grouping = group_by(event, rules);
    let fingerprint = grouping.fingerprint().label;
    let (decided_by, rule) = match rules.first_for(event) {
        _ if !event.fingerprint.is_empty() => (Decided::Sender, ""),
        Some(rule) => (Decided::Rule, rule.text()),
        None => (Decided::Thrown, ""),
    };
    let stored_fingerprint = Some(stored.to_owned()).filter(|stored| *stored != fingerprint);
    Explained { decided_by, rule: rule.to_owned(), fingerprint, stored_fingerprint, grouping }
}

#[cfg(test)]
mod tests;
