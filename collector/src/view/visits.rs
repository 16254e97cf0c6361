//! What the pages of releases and of feedback show.

use super::{Peek, Shell};
use crate::feedback::{Counts, Feedback, Status};
use crate::health::{Compared, Releases};
use crate::scope::{Choices, Scope};

/// `GET /{project}/releases/`
#[derive(Clone, Debug, Default)]
pub struct ReleasesPage {
    /// Around the content.
    pub shell: Shell,
    /// What part of the project is shown.
    pub scope: Scope,
    /// What there is to choose from.
    pub choices: Choices,
    /// Of short IDs: `SHOP`.
    pub prefix: String,
    /// First hour of what is shown, since 1970.
    pub first_hour: i64,
    /// Releases, the newest first, and sessions by six hours.
    pub list: Releases,
    /// The newer one, and the one that it is compared with.
    pub compared: Option<Compared>,
}

/// `GET /{project}/feedback/`
#[derive(Clone, Debug, Default)]
pub struct FeedbackPage {
    /// Around the content.
    pub shell: Shell,
    /// Of short IDs: `SHOP`.
    pub prefix: String,
    /// Which messages are listed, where it is not those of an issue.
    pub status: Status,
    /// What was searched for.
    pub query: String,
    /// Short ID of the issue whose messages are listed; empty: those of a status.
    pub issue: String,
    /// How many there are.
    pub counts: Counts,
    /// The newest first.
    pub rows: Vec<Feedback>,
    /// Time before which the next page begins, if there is one.
    pub next_ms: Option<i64>,
    /// This is not the first page: when it begins.
    pub before_ms: Option<i64>,
    /// The message that is shown.
    pub open: Option<Letter>,
    /// The path names it: on a phone it is then a page of its own.
    pub is_named: bool,
    /// The reader may change things.
    pub may_change: bool,
    /// A message of which something was just decided: its ID, what it is now, what it was.
    pub done: Option<(String, Status, Status)>,
}

/// A message with what is known of it.
#[derive(Clone, Debug, Default)]
pub struct Letter {
    /// As it is stored.
    pub row: Feedback,
    /// The event that it is about, if it is still stored: type, value, when it happened, where it crashes.
    pub event: Option<(String, String, i64, Peek)>,
    /// Others who wrote about the same issue.
    pub others: u32,
}
