//! What rules would have caught of the events that a project keeps.

use serde::Serialize;
use trapline_core::event::Event;
use trapline_core::fingerprint::rules::{Previewed, Rules};

/// A kept event, and the issue that it counts for.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// The issue.
    pub issue: Example,
    /// The event.
    pub event: Event,
}

/// What rules would have done with the newest kept events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// Events that were looked at.
    pub events: usize,
    /// Those of which the page set the fingerprint: no rule catches them.
    pub with_own_fingerprint: usize,
    /// In their order.
    pub rules: Vec<Caught>,
}

/// What one rule would have done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Caught {
    /// The rule, as it was written.
    pub rule: String,
    /// Events that it would have caught.
    pub events: usize,
    /// Issues that these count for now.
    pub issues: usize,
    /// The first of these issues.
    pub examples: Vec<Example>,
    /// What is wrong with it, in a sentence; empty if nothing is.
    pub warning: String,
}

/// An issue of which a rule would have caught events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Example {
    /// `SHOP-4F`
    pub short_id: String,
    /// `TypeError x is undefined`
    pub title: String,
}

/// Issues that are named as examples.
const EXAMPLES: usize = 3;

/// Tries rules on kept events, newest first.
pub fn preview(rules: &Rules, sample: Vec<Sampled>) -> Preview {
    let (issues, events): (Vec<Example>, Vec<Event>) =
        sample.into_iter().map(|one| (one.issue, one.event)).unzip();
    Preview {
        events: events.len(),
        with_own_fingerprint: events.iter().filter(|event| !event.fingerprint.is_empty()).count(),
        rules: rules.preview(&events).iter().map(|one| caught(one, rules, &issues)).collect(),
    }
}

fn caught(previewed: &Previewed, rules: &Rules, issues: &[Example]) -> Caught {
    let mut examples: Vec<Example> = Vec::new();
    for issue in previewed.caught.iter().filter_map(|at| issues.get(*at)) {
        if !examples.iter().any(|known| known.short_id == issue.short_id) {
            examples.push(issue.clone());
        }
    }
    let before = previewed.behind.and_then(|index| rules.all().get(index));
    let before = before.map(|rule| rule.text()).unwrap_or_default();
    let warning = match (previewed.caught.len(), previewed.lost) {
        (0, 0) => "Catches none of these events.".to_owned(),
        (0, _) => {
            format!("Does nothing: rules before it catch all that it fits. The first is {before}")
        }
        (_, 0) => String::new(),
        (_, 1) => format!("A rule before it catches 1 more: {before}"),
        (_, lost) => format!("Rules before it catch {lost} more. The first is {before}"),
    };
    let count = examples.len();
    examples.truncate(EXAMPLES);
    Caught {
        rule: previewed.rule.text().to_owned(),
        events: previewed.caught.len(),
        issues: count,
        examples,
        warning,
    }
}
