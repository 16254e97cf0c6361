//! What a regrouping would change, in words that the page, the API and the command line share.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What would become of the issues.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Issues that become one, in the order of the ones that stay.
    pub joins: Vec<Join>,
    /// Issues that become several.
    pub splits: Vec<Split>,
    /// Changes that are made and not listed, because there are so many.
    pub unlisted: u32,
}

/// An issue that takes others in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// It keeps its number, status and history.
    pub into: Issue,
    /// What comes of each other issue.
    pub from: Vec<Part>,
}

/// An issue that groups leave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// The issue.
    pub issue: Issue,
    /// Where its groups go, itself included, if some stay.
    pub parts: Vec<Part>,
}

/// An issue by its number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// Of its short ID.
    pub number: u32,
    /// `TypeError: x is not a function`
    pub title: String,
}

/// Groups that go together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Of a join, where they come from; of a split, where they go. `None`: a new issue.
    pub issue: Option<Issue>,
    /// What they have in common: the label of their fingerprint. Empty of groups that stay, for no event of theirs is kept.
    pub label: String,
    /// How many.
    pub groups: u32,
    /// Their events.
    pub events: u64,
}

/// A row of [`changes`](super::settle::changes).
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Change {
    pub(super) issue: u32,
    /// 0: a new one.
    pub(super) part: u32,
    pub(super) label: String,
    pub(super) groups: u32,
    pub(super) events: u64,
    pub(super) all_rows: u32,
    pub(super) kind: String,
    pub(super) value: String,
    pub(super) part_kind: Option<String>,
    pub(super) part_value: Option<String>,
    pub(super) part_status: Option<u32>,
    /// Of the issue, without those that were merged into it.
    pub(super) own_groups: u32,
    pub(super) own_events: Option<u64>,
}

impl Change {
    fn issue(&self) -> Issue {
        Issue { number: self.issue, title: titled(&self.kind, &self.value) }
    }

    fn part(&self) -> Option<Issue> {
        let (kind, value) = (self.part_kind.as_deref()?, self.part_value.as_deref()?);
        (self.part > 0).then(|| Issue { number: self.part, title: titled(kind, value) })
    }

    fn going(&self, issue: Option<Issue>) -> Part {
        Part { issue, label: self.label.clone(), groups: self.groups, events: self.events }
    }
}

/// Sorts changes into joins and splits.
pub(super) fn outcome(changes: &[Change]) -> Outcome {
    let mut joins: BTreeMap<u32, Join> = BTreeMap::new();
    let mut by_issue: BTreeMap<u32, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        by_issue.entry(change.issue).or_default().push(change);
        // One that regrouping had closed comes back: nothing joins it.
        let is_open = change.part_status.is_some_and(|status| status < 3);
        if let Some(into) = change.part().filter(|into| is_open && into.number != change.issue) {
            let join = joins.entry(into.number).or_insert_with(|| Join { into, from: Vec::new() });
            join.from.push(change.going(Some(change.issue())));
        }
    }
    let splits = by_issue.values().filter_map(|changes| split(changes)).collect();
    let listed = u32::try_from(changes.len()).unwrap_or(u32::MAX);
    let all = changes.first().map_or(0, |change| change.all_rows);
    Outcome { joins: joins.into_values().collect(), splits, unlisted: all.saturating_sub(listed) }
}

/// `None` if all of the issue's groups go to one place.
fn split(changes: &[&Change]) -> Option<Split> {
    let first = changes.first()?;
    let mut parts: Vec<Part> = changes.iter().map(|change| change.going(change.part())).collect();
    let (groups, events) =
        changes.iter().fold((0, 0), |sum, change| (sum.0 + change.groups, sum.1 + change.events));
    let left = first.own_groups.saturating_sub(groups);
    if left > 0 {
        let events = first.own_events.unwrap_or_default().saturating_sub(events);
        match parts.iter_mut().find(|part| is_of(part, first.issue)) {
            Some(part) => {
                part.groups += left;
                part.events += events;
            }
            None => {
                let issue = Some(first.issue());
                parts.push(Part { issue, label: String::new(), groups: left, events });
            }
        }
    }
    (parts.len() > 1).then(|| Split { issue: first.issue(), parts })
}

fn is_of(part: &Part, number: u32) -> bool {
    part.issue.as_ref().is_some_and(|issue| issue.number == number)
}

fn titled(kind: &str, value: &str) -> String {
    match (kind, value) {
        ("", text) | (text, "") => text.to_owned(),
        (kind, value) => format!("{kind}: {value}"),
    }
}
