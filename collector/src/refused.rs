//! Why what a sender sent was not taken: one enum, the only place that knows its status codes, and how it is counted.

use trapline_core::decode::DecodeError;
use trapline_core::dsn::DsnError;
use trapline_core::envelope::EnvelopeError;
use trapline_core::inflate::InflateError;

use crate::quota::Reached;
use crate::report::ReportError;
use crate::request::BODY_S;
use crate::store::StoreError;

/// Why a request was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// More bytes than are read.
    #[error("envelope is larger than the limit of {limit} bytes")]
    TooLarge {
        /// Bytes allowed.
        limit: usize,
    },
    /// The connection ended early.
    #[error("the body could not be read")]
    Body,
    /// It goes on and on.
    #[error("the body had not ended after {BODY_S} seconds")]
    Endless,
    /// Compressed wrongly, or in an unknown way.
    #[error(transparent)]
    Inflate(#[from] InflateError),
    /// Not an envelope.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// Not a report of a browser.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// Every item of the envelope was unreadable.
    #[error("item {item}: {reason}")]
    Item {
        /// From 1.
        item: usize,
        /// What is wrong with it.
        reason: DecodeError,
    },
    /// An item header that does not say what the item is.
    #[error("item {item} has no type")]
    NoType {
        /// From 1.
        item: usize,
    },
    /// An event above the project's own limit.
    #[error("event is {bytes} bytes, this project's limit is {limit}")]
    EventTooLarge {
        /// Of the largest one.
        bytes: usize,
        /// Bytes allowed.
        limit: u32,
    },
    /// No key in query, header or envelope.
    #[error(
        "no key: send sentry_key in the query, X-Sentry-Auth, or the DSN in the envelope header"
    )]
    NoKey,
    /// The only thing that could name a key.
    #[error("the envelope's DSN: {reason}")]
    Dsn {
        /// What is wrong with it.
        reason: DsnError,
    },
    /// Two places name different keys, or one key and different projects.
    #[error("{first} and {second} name different keys: send one, or the same in both")]
    KeysDisagree {
        /// `the query`
        first: &'static str,
        /// `X-Sentry-Auth`
        second: &'static str,
    },
    /// No project has this key, or it was revoked.
    #[error("unknown key: copy the DSN from the project's page")]
    UnknownKey,
    /// The key belongs elsewhere.
    #[error("the key does not belong to project {project}")]
    WrongProject {
        /// As the URL has it.
        project: String,
    },
    /// The project does not take events from there.
    #[error("the origin {origin} is not among those that may send to this project")]
    Origin {
        /// As the browser names it.
        origin: String,
    },
    /// As before, and the project's owner does not want to hear of it.
    #[error("the origin {origin} is not among those that may send to this project")]
    Blocked {
        /// As the browser names it.
        origin: String,
    },
    /// The project takes events of pages only.
    #[error("senders without an Origin, such as servers, may not send to this project")]
    NoOrigin,
    /// Too much from one address.
    #[error("too many requests from this address, come again in {retry_after_s} seconds")]
    TooOften {
        /// Seconds.
        retry_after_s: i64,
    },
    /// No room in the hour or the day.
    #[error("{}", words(.0))]
    OverQuota(Reached),
    /// Ours to repair; the sender should try again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// `the project's hourly_quota of 5000 events is reached, it begins anew in 60 seconds`
fn words(reached: &Reached) -> String {
    let Reached { limit, most, retry_after_s } = reached;
    let name = match limit {
        crate::quota::Limit::Hourly => "hourly quota",
        crate::quota::Limit::Daily => "daily quota",
        crate::quota::Limit::Spike => "spike limit",
    };
    format!(
        "the project's {name} of {most} events is reached, it begins anew in {retry_after_s} seconds"
    )
}

/// Which part of what a sender sends has to wait, and how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Seconds.
    pub after_s: i64,
    /// Value of `X-Sentry-Rate-Limits`.
    pub header: String,
}

impl Wait {
    /// `{seconds}:{categories}:{scope}:{reason}`; no category stands for all.
    fn new(after_s: i64, categories: &str, scope: &str, reason: &str) -> Self {
        Self { after_s, header: format!("{after_s}:{categories}:{scope}:{reason}") }
    }

    /// Of a limit of events.
    pub fn of(reached: &Reached) -> Self {
        Self::new(reached.retry_after_s, "default;error;security", "project", reached.limit.name())
    }
}

impl Refused {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Refused::TooLarge { .. } | Refused::EventTooLarge { .. } => 413,
            Refused::Inflate(InflateError::TooLarge { .. }) => 413,
            Refused::Item { reason: DecodeError::TooLarge { .. }, .. } => 413,
            Refused::Inflate(InflateError::Unknown | InflateError::Unavailable { .. }) => 415,
            Refused::Body
            | Refused::Endless
            | Refused::Inflate(_)
            | Refused::Envelope(_)
            | Refused::Report(_)
            | Refused::NoType { .. }
            | Refused::Item { .. } => 400,
            Refused::KeysDisagree { .. } => 400,
            Refused::NoKey | Refused::Dsn { .. } => 401,
            Refused::UnknownKey
            | Refused::WrongProject { .. }
            | Refused::Origin { .. }
            | Refused::Blocked { .. }
            | Refused::NoOrigin => 403,
            Refused::TooOften { .. } | Refused::OverQuota(_) => 429,
            Refused::Store(StoreError::TooLarge { .. }) => 413,
            Refused::Store(StoreError::DaySpent | StoreError::Full) => 429,
            Refused::Store(_) => 503,
        }
    }

    /// When the sender may try again, if that can help, and what has to wait.
    pub fn wait(&self, now_ms: i64) -> Option<Wait> {
        const DAY_MS: i64 = 24 * 3_600_000;
        /// A database that is down is mostly up again at once; all pages at once would keep it down.
        const DOWN_S: i64 = 5;
        // To midnight UTC: then the rows begin anew, and by then somebody has made room.
        let midnight_s = (DAY_MS - now_ms.rem_euclid(DAY_MS)) / 1_000 + 1;
        match self {
            Refused::TooOften { retry_after_s } => {
                Some(Wait::new(*retry_after_s, "", "key", "too_often"))
            }
            Refused::OverQuota(reached) => Some(Wait::of(reached)),
            Refused::Store(StoreError::DaySpent) => {
                Some(Wait::new(midnight_s, "", "organization", "database_day_spent"))
            }
            Refused::Store(StoreError::Full) => {
                Some(Wait::new(midnight_s, "", "organization", "database_full"))
            }
            Refused::Store(StoreError::TooLarge { .. }) => None,
            Refused::Store(StoreError::Migrating) => {
                Some(Wait::new(1, "", "organization", "database_migrating"))
            }
            Refused::Store(_) => Some(Wait::new(DOWN_S, "", "organization", "database_down")),
            _ => None,
        }
    }

    /// How it is counted: outcome, reason, and a detail that a developer can act on. `None` if it was counted item by
    /// item, or if the sender is asked to come again because of us: nothing is lost yet.
    pub fn outcome(&self) -> Option<(&'static str, &'static str, String)> {
        match self {
            Refused::TooLarge { .. }
            | Refused::Inflate(InflateError::TooLarge { .. })
            | Refused::Store(StoreError::TooLarge { .. }) => {
                Some(("invalid", "too_large", self.to_string()))
            }
            Refused::Body
            | Refused::Endless
            | Refused::Inflate(_)
            | Refused::Envelope(_)
            | Refused::Report(_) => Some(("invalid", "malformed", self.to_string())),
            Refused::NoKey
            | Refused::Dsn { .. }
            | Refused::KeysDisagree { .. }
            | Refused::UnknownKey
            | Refused::WrongProject { .. } => Some(("invalid", "key", self.to_string())),
            Refused::Origin { origin } => Some(("invalid", "origin", origin.clone())),
            Refused::NoOrigin => Some(("invalid", "no_origin", self.to_string())),
            Refused::TooOften { .. } => Some(("limited", "too_often", self.to_string())),
            Refused::Item { .. }
            | Refused::Blocked { .. }
            | Refused::NoType { .. }
            | Refused::EventTooLarge { .. }
            | Refused::OverQuota(_)
            | Refused::Store(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quota::Limit;

    #[test]
    fn a_spent_day_ends_at_midnight() {
        let spent = Refused::Store(StoreError::DaySpent);
        let six_in_the_evening_ms =
            1_800_000_000_000 - 1_800_000_000_000 % 86_400_000 + 18 * 3_600_000;
        let after_s = |refused: &Refused, now_ms| refused.wait(now_ms).map(|wait| wait.after_s);
        assert_eq!(spent.status(), 429);
        assert_eq!(after_s(&spent, six_in_the_evening_ms), Some(6 * 3_600 + 1));
        let down = Refused::Store(StoreError::Failed { reason: String::new() });
        assert_eq!((down.status(), after_s(&down, 0)), (503, Some(5)));
        assert_eq!(Refused::NoKey.wait(0), None);
    }

    #[test]
    fn limits_name_the_categories_that_have_to_wait() {
        let reached = Reached { limit: Limit::Hourly, most: 10, retry_after_s: 61 };
        let quota = Refused::OverQuota(reached);
        let header = quota.wait(0).map(|wait| wait.header);
        assert_eq!(header.as_deref(), Some("61:default;error;security:project:hourly_quota"));
        assert_eq!(quota.status(), 429);
        assert_eq!(
            quota.to_string(),
            "the project's hourly quota of 10 events is reached, it begins anew in 61 seconds"
        );
        let often = Refused::TooOften { retry_after_s: 60 };
        assert_eq!(often.wait(0).map(|wait| wait.header).as_deref(), Some("60::key:too_often"));
    }
}
