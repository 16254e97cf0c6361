//! Why what a sender sent was not taken: one enum, the only place that knows its status codes, and how it is counted.

use serde::Serialize;
use trapline_core::decode::DecodeError;
use trapline_core::envelope::EnvelopeError;
use trapline_core::inflate::InflateError;
use worker::Response;

use crate::reply;
use crate::store::StoreError;

/// Why an envelope was not taken.
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
    /// Compressed wrongly, or in an unknown way.
    #[error(transparent)]
    Inflate(#[from] InflateError),
    /// Not an envelope.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// Every item of the envelope was unreadable.
    #[error("item {item}: {reason}")]
    Item {
        /// From 1.
        item: usize,
        /// What is wrong with it.
        reason: DecodeError,
    },
    /// No key in query, header or envelope.
    #[error(
        "no key: send sentry_key in the query, X-Sentry-Auth, or the DSN in the envelope header"
    )]
    NoKey,
    /// Two places name different keys.
    #[error("the request and the envelope name different keys")]
    KeysDisagree,
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
    /// The database did not take it.
    #[error("the event was not stored: {0}")]
    Store(#[from] StoreError),
}

impl Refused {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Refused::TooLarge { .. } | Refused::Inflate(InflateError::TooLarge { .. }) => 413,
            Refused::Item { reason: DecodeError::TooLarge { .. }, .. } => 413,
            Refused::Inflate(InflateError::Unknown) => 415,
            Refused::Body | Refused::Inflate(_) | Refused::Envelope(_) | Refused::Item { .. } => {
                400
            }
            Refused::KeysDisagree => 400,
            Refused::NoKey => 401,
            Refused::UnknownKey | Refused::WrongProject { .. } | Refused::Origin { .. } => 403,
            Refused::Store(StoreError::TooLarge { .. }) => 413,
            Refused::Store(StoreError::DaySpent | StoreError::Full) => 429,
            Refused::Store(_) => 503,
        }
    }

    /// Seconds after which the sender may try again, if that can help.
    fn retry_after_s(&self, now_ms: i64) -> Option<i64> {
        const DAY_MS: i64 = 24 * 3_600_000;
        /// A database that is down is mostly up again at once; all pages at once would keep it down.
        const DOWN_S: i64 = 5;
        match self {
            // To midnight UTC: then the rows begin anew, and by then somebody has made room.
            Refused::Store(StoreError::DaySpent | StoreError::Full) => {
                Some((DAY_MS - now_ms.rem_euclid(DAY_MS)) / 1_000 + 1)
            }
            Refused::Store(StoreError::Migrating) => Some(1),
            Refused::Store(StoreError::TooLarge { .. }) => None,
            Refused::Store(_) => Some(DOWN_S),
            _ => None,
        }
    }

    /// How it is counted: outcome, reason, and a detail that a developer can act on. `None` if the sender is asked to
    /// come again: nothing is lost yet.
    pub fn outcome(&self) -> Option<(&'static str, &'static str, String)> {
        match self {
            Refused::TooLarge { .. }
            | Refused::Inflate(InflateError::TooLarge { .. })
            | Refused::Item { reason: DecodeError::TooLarge { .. }, .. }
            | Refused::Store(StoreError::TooLarge { .. }) => {
                Some(("invalid", "too_large", self.to_string()))
            }
            Refused::Body | Refused::Inflate(_) | Refused::Envelope(_) | Refused::Item { .. } => {
                Some(("invalid", "malformed", self.to_string()))
            }
            Refused::NoKey
            | Refused::KeysDisagree
            | Refused::UnknownKey
            | Refused::WrongProject { .. } => Some(("refused", "key", self.to_string())),
            Refused::Origin { origin } => Some(("refused", "origin", origin.clone())),
            Refused::Store(_) => None,
        }
    }
}

#[derive(Serialize)]
struct Detail {
    detail: String,
    causes: [String; 0],
}

/// The answer to a refused envelope.
pub fn refusal(refused: &Refused, now_ms: i64) -> Response {
    let detail = Detail { detail: refused.to_string(), causes: [] };
    let response = across_origins(reply::json(refused.status(), &detail));
    match refused.retry_after_s(now_ms) {
        Some(seconds) => reply::with_headers(response, &[("retry-after", &seconds.to_string())]),
        None => response,
    }
}

/// Lets scripts of every origin read an answer.
pub fn across_origins(response: Response) -> Response {
    reply::with_headers(
        response,
        &[
            ("access-control-allow-origin", "*"),
            ("access-control-expose-headers", "retry-after, x-sentry-rate-limits, x-sentry-error"),
            ("cross-origin-resource-policy", "cross-origin"),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_day_ends_at_midnight() {
        let spent = Refused::Store(StoreError::DaySpent);
        let six_in_the_evening_ms =
            1_800_000_000_000 - 1_800_000_000_000 % 86_400_000 + 18 * 3_600_000;
        assert_eq!(spent.status(), 429);
        assert_eq!(spent.retry_after_s(six_in_the_evening_ms), Some(6 * 3_600 + 1));
        let down = Refused::Store(StoreError::Failed { reason: String::new() });
        assert_eq!((down.status(), down.retry_after_s(0)), (503, Some(5)));
        assert_eq!(Refused::NoKey.retry_after_s(0), None);
    }
}
