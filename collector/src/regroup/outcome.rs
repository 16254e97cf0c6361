//! What a regrouping changes, as the page, the API and the command line show it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use trapline_core::json;

use serde::Serialize;

use crate::read::short_id;

/// What becomes of the issues.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Issues that become one, in the order of the ones that stay.
    pub joins: Vec<Join>,
    /// Issues that become several.
    pub splits: Vec<Split>,
    /// Changes that are made and not listed, because there are so many.
    pub unlisted: u32,
}

/// An issue that takes others in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Join {
    /// It keeps its number, status and history.
    pub into: Named,
    /// What comes of each other issue.
    pub from: Vec<Part>,
}

/// An issue that groups leave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Split {
    /// The issue.
    pub issue: Named,
    /// Where its groups go, itself included, if some stay.
    pub parts: Vec<Part>,
}

/// An issue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Named {
    /// `SHOP-4F`
    pub short_id: String,
    /// `TypeError: x is not a function`
    pub title: String,
}

/// Groups that go together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Of a join, where they come from; of a split, where they go. `None`: a new issue.
    pub issue: Option<Named>,
    /// What they have in common: the label of their fingerprint. Empty of groups that stay, for no event of theirs is kept.
    pub label: String,
    /// How many.
    pub groups: u32,
    /// Their events.
    pub events: u64,
}

/// A row of [`READY`](super::settle::READY): issue, where its groups go (0: a new one), label, groups, events, title of the
/// issue, title and status of where they go, groups and events of the issue without those that were merged into it, and the
/// number of rows before they were cut.
type Change = (u32, u32, String, u32, u64, String, Option<String>, Option<u32>, u32, u64, u32);

/// Sorts changes into joins and splits.
pub(super) fn outcome(prefix: &str, result: &str) -> Outcome {
    let mut changes: Vec<Change> = json::from_slice(result.as_bytes()).unwrap_or_default();
    changes.sort_by_key(|change| (change.0, Reverse(change.4), change.1));
    let mut joins: BTreeMap<u32, Join> = BTreeMap::new();
    let mut by_issue: BTreeMap<u32, Vec<&Change>> = BTreeMap::new();
    for change in &changes {
        let (issue, to, _, _, _, title, _, status, ..) = change;
        by_issue.entry(*issue).or_default().push(change);
        // One that regrouping had closed comes back: nothing joins it.
        let is_open = status.is_some_and(|status| status < 3);
        if let Some(into) = named_part(prefix, change).filter(|_| is_open && to != issue) {
            let join = joins.entry(*to).or_insert_with(|| Join { into, from: Vec::new() });
            join.from.push(part(change, Some(named(prefix, *issue, title))));
        }
    }
    let splits = by_issue.values().filter_map(|changes| split(prefix, changes)).collect();
    let listed = u32::try_from(changes.len()).unwrap_or(u32::MAX);
    let all = changes.first().map_or(0, |change| change.10);
    Outcome { joins: joins.into_values().collect(), splits, unlisted: all.saturating_sub(listed) }
}

/// `None` if all of the issue's groups go to one place.
fn split(prefix: &str, changes: &[&Change]) -> Option<Split> {
    let (number, _, _, _, _, title, _, _, own_groups, own_events, _) = changes.first()?;
    let issue = named(prefix, *number, title);
    let mut parts: Vec<Part> =
        changes.iter().map(|change| part(change, named_part(prefix, change))).collect();
    let (groups, events) =
        parts.iter().fold((0, 0), |sum, part| (sum.0 + part.groups, sum.1 + part.events));
    let left = own_groups.saturating_sub(groups);
    if left > 0 {
        let events = own_events.saturating_sub(events);
        match parts.iter_mut().find(|part| part.issue.as_ref() == Some(&issue)) {
            Some(part) => {
                part.groups += left;
                part.events += events;
            }
            None => {
                let issue = Some(issue.clone());
                parts.push(Part { issue, label: String::new(), groups: left, events });
            }
        }
    }
    (parts.len() > 1).then_some(Split { issue, parts })
}

fn part(change: &Change, issue: Option<Named>) -> Part {
    let (_, _, label, groups, events, ..) = change;
    Part { issue, label: label.clone(), groups: *groups, events: *events }
}

fn named_part(prefix: &str, change: &Change) -> Option<Named> {
    change.6.as_ref().map(|title| named(prefix, change.1, title))
}

fn named(prefix: &str, number: u32, title: &str) -> Named {
    Named { short_id: short_id(prefix, number), title: title.to_owned() }
}
