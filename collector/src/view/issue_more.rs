//! What an issue's page shows around the issue.

use super::{IssuePage, IssueRow, Shell};
use crate::activity::{Key, Row};
use crate::dashboard::events::ListedEvents;
use crate::page_views::visits::Effect;
use crate::workflow::Person;

/// Around the issue: whose it is, what was done with it, how it went on, what its events share.
#[derive(Clone, Debug, Default)]
pub struct IssueMore {
    /// Who sees to it; 0: nobody.
    pub assignee: u32,
    /// Whom it can be assigned to.
    pub people: Vec<Person>,
    /// Who reads; 0 of a program.
    pub viewer_id: u32,
    /// The reader may change things.
    pub may_change: bool,
    /// The reader may change what others have said.
    pub is_admin: bool,
    /// A ticket elsewhere; empty without one.
    pub link: String,
    /// Resolved "in the next release".
    pub resolved_next: bool,
    /// Newest first; of one more than are shown, the last is only a sign that there are more.
    pub activity: Vec<Row>,
    /// What the reader has just done, if it can be undone.
    pub done: Option<Key>,
    /// How many events there were when.
    pub trend: Trend,
    /// What its newest events share.
    pub shared: SharedFacts,
    /// What it did to visits of the last three days.
    pub effect: Effect,
    /// The oldest kept event, the newest, and that with most context, where they are not the one shown.
    pub oldest: Option<String>,
    /// Of the kept ones.
    pub newest: Option<String>,
    /// Of the kept ones.
    pub recommended: Option<String>,
    /// Frames as the engine said them.
    pub is_raw: bool,
    /// Template of links to the code, or empty.
    pub repository: String,
}

/// A stretch of time in which events are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Range {
    /// 24 bars of an hour.
    #[default]
    Day,
    /// 56 bars of 6 hours.
    Fortnight,
    /// 90 bars of a day.
    Quarter,
}

impl Range {
    /// All of them, with their words in URLs.
    pub const ALL: [(Range, &str); 3] =
        [(Range::Day, "24h"), (Range::Fortnight, "14d"), (Range::Quarter, "90d")];

    /// Bars, and hours of each.
    pub fn bars(self) -> (usize, i64) {
        match self {
            Range::Day => (24, 1),
            Range::Fortnight => (56, 6),
            Range::Quarter => (90, 24),
        }
    }
}

/// Events by stretches of time, the running one last.
#[derive(Clone, Debug, Default)]
pub struct Trend {
    /// How far back.
    pub range: Range,
    /// Oldest first.
    pub events: Vec<u64>,
    /// Start of the first, in hours since 1970.
    pub since_hour: i64,
    /// Groups that were left out: those with fewest events.
    pub left_out: usize,
    /// Releases in which it was seen, and when they were first seen at all.
    pub releases: Vec<(String, i64)>,
}

/// What events of an issue have in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SharedFacts {
    /// At most 3, the most telling one first.
    pub facts: Vec<Shared>,
    /// Users, or events without a user, that were looked at.
    pub seen: u32,
    /// The same of other issues.
    pub others: u32,
}

/// One fact.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shared {
    /// `release`, `url`, `flag.new-pay`, `tag.plan`, `request`, …
    pub name: String,
    /// `shop@2`
    pub value: String,
    /// From 0 to 1.
    pub share: f64,
    /// The same of other issues.
    pub others: f64,
}

/// `GET /{project}/issues/{short_id}/events/`
pub struct EventsPage {
    /// Around the content.
    pub shell: Shell,
    /// The issue.
    pub issue: IssueRow,
    /// Its events.
    pub listed: ListedEvents,
    /// Newer ones were shown before.
    pub is_later_page: bool,
}

/// `GET /{project}/issues/{short_id}/activity/`
pub struct ActivityPage {
    /// The issue, as far as its activity needs it.
    pub page: IssuePage,
}
