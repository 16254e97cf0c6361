//! `POST /api/{project}/envelope/`: what a page or an SDK sends, from bytes to one D1 batch.
//!
//! In this order: size → inflate → envelope → key → decode → fingerprints → plan → batch → `200 {"id"}`.
//! Refusals are one enum; every answer is JSON and readable across origins.

use std::cell::RefCell;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use trapline_core::decode::{self, DecodeError, Received};
use trapline_core::dsn::Dsn;
use trapline_core::envelope::{self, Envelope, EnvelopeError};
use trapline_core::fingerprint::Hash;
use trapline_core::inflate::{InflateError, inflate};
use trapline_core::limits::{MAX_ENVELOPE, MAX_INFLATED};
use worker::Response;

use crate::plan::{Commit, Digested, Kept, counted_at, digest, plan, plan_known, short_hash};
use crate::reply;
use crate::request::{Body, Incoming};
use crate::sql::Statement;
use crate::store::{Rows, Store, StoreError};

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
    /// The database did not take it.
    #[error("the event was not stored: {0}")]
    Store(#[from] StoreError),
}

impl Refused {
    fn status(&self) -> u16 {
        match self {
            Refused::TooLarge { .. } | Refused::Inflate(InflateError::TooLarge { .. }) => 413,
            Refused::Item { reason: DecodeError::TooLarge { .. }, .. } => 413,
            Refused::Inflate(InflateError::Unknown) => 415,
            Refused::Body | Refused::Inflate(_) | Refused::Envelope(_) | Refused::Item { .. } => {
                400
            }
            Refused::KeysDisagree => 400,
            Refused::NoKey => 401,
            Refused::UnknownKey | Refused::WrongProject { .. } => 403,
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
            Refused::Store(_) => Some(DOWN_S),
            _ => None,
        }
    }
}

/// Answers an envelope.
pub async fn envelope(incoming: &mut Incoming, project: &str) -> Response {
    match accept(incoming, project).await {
        Ok(id) => across_origins(reply::json(200, &Accepted { id })),
        Err(refused) => refusal(&refused, incoming.now_ms),
    }
}

/// `OPTIONS`: our agent needs none; SDKs that send `X-Sentry-Auth` do.
pub fn preflight() -> Response {
    let response = reply::with_headers(
        reply::text(200, ""),
        &[
            ("access-control-allow-methods", "POST"),
            (
                "access-control-allow-headers",
                "authorization, content-encoding, content-type, x-sentry-auth",
            ),
            ("access-control-max-age", "86400"),
        ],
    );
    across_origins(response)
}

#[derive(Serialize)]
struct Accepted {
    id: Option<String>,
}

#[derive(Serialize)]
struct Detail {
    detail: String,
    causes: [String; 0],
}

fn refusal(refused: &Refused, now_ms: i64) -> Response {
    let detail = Detail { detail: refused.to_string(), causes: [] };
    let response = across_origins(reply::json(refused.status(), &detail));
    match refused.retry_after_s(now_ms) {
        Some(seconds) => reply::with_headers(response, &[("retry-after", &seconds.to_string())]),
        None => response,
    }
}

fn across_origins(response: Response) -> Response {
    reply::with_headers(
        response,
        &[
            ("access-control-allow-origin", "*"),
            ("access-control-expose-headers", "retry-after, x-sentry-rate-limits, x-sentry-error"),
            ("cross-origin-resource-policy", "cross-origin"),
        ],
    )
}

async fn accept(incoming: &mut Incoming, project: &str) -> Result<Option<String>, Refused> {
    let body = match incoming.body(MAX_ENVELOPE).await {
        Body::Whole(body) => body,
        Body::TooLarge => return Err(Refused::TooLarge { limit: MAX_ENVELOPE }),
        Body::Broken => return Err(Refused::Body),
    };
    let encoding = incoming.header("content-encoding");
    let inflated = inflate(&body, encoding.as_deref(), MAX_INFLATED)?;
    let envelope = envelope::parse(&inflated)?;
    let public_key = key(incoming, &envelope)?;
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    let key = known_key(&store, &public_key, incoming.now_ms).await?;
    if project.parse() != Ok(key.project_id) {
        return Err(Refused::WrongProject { project: project.to_owned() });
    }
    let digested = digested(incoming, &envelope, key.project_id)?;
    let id = digested.first().map(|digested| digested.event_id().to_owned()).or(envelope.event_id);
    let visitor = visitor(incoming, &key.visitor_salt);
    for digested in &digested {
        let commit = |nonce| Commit { project_id: key.project_id, nonce, visitor };
        keep(&store, digested, commit).await?;
    }
    Ok(id)
}

/// Groups that an isolate remembers.
const MAX_GROUPS: usize = 10_000;

thread_local! {
    static GROUPS: RefCell<HashMap<Hash, Kept>> = RefCell::default();
}

/// Writes one event. A group that this isolate has seen needs six statements instead of ten; if they count nothing,
/// the event was there before or its group is gone, and the whole plan does what is left to do.
async fn keep(
    store: &Store,
    digested: &Digested,
    commit: impl Fn(i64) -> Commit,
) -> Result<(), StoreError> {
    let group = digested.group();
    if let Some(known) = GROUPS.with_borrow(|groups| groups.get(&group).copied()) {
        let rows = store.write(|nonce| plan_known(digested, commit(nonce), known)).await?;
        if remember(group, &rows)? {
            return Ok(());
        }
    }
    let rows = store.write(|nonce| plan(digested, commit(nonce))).await?;
    remember(group, &rows)?;
    Ok(())
}

/// Whether the event was counted.
fn remember(group: Hash, rows: &[Rows]) -> Result<bool, StoreError> {
    let kept: Option<Kept> =
        rows.get(counted_at(rows.len())).map(Rows::first).transpose()?.flatten();
    GROUPS.with_borrow_mut(|groups| {
        if groups.len() >= MAX_GROUPS {
            groups.clear();
        }
        match kept {
            Some(kept) => groups.insert(group, kept),
            None => groups.remove(&group),
        };
    });
    Ok(kept.is_some())
}

/// The events of an envelope. One that cannot be read does not harm its neighbours; if none can, the first is named.
fn digested(
    incoming: &Incoming,
    envelope: &Envelope,
    project_id: u32,
) -> Result<Vec<Digested>, Refused> {
    let user_agent = incoming.header("user-agent");
    let received = Received {
        now_ms: incoming.now_ms,
        event_id: envelope.event_id.as_deref(),
        user_agent: user_agent.as_deref(),
    };
    let mut events = Vec::new();
    let mut unreadable = None;
    for (index, item) in envelope.items.iter().enumerate().filter(|(_, item)| item.kind == "event")
    {
        match decode::event(item.payload, &received) {
            Ok(event) => events.push(digest(project_id, event)),
            Err(reason) => {
                unreadable.get_or_insert(Refused::Item { item: index + 1, reason });
            }
        }
    }
    match unreadable {
        Some(refused) if events.is_empty() => Err(refused),
        _ => Ok(events),
    }
}

/// From query, `X-Sentry-Auth`, `Authorization` or the envelope's DSN; those that are there must agree.
fn key(incoming: &Incoming, envelope: &Envelope) -> Result<String, Refused> {
    let dsn = envelope.dsn.as_deref().and_then(|dsn| Dsn::parse(dsn).ok());
    let header = |name| incoming.header(name).and_then(|value| key_of_header(&value));
    let found = [
        incoming.query("sentry_key"),
        header("x-sentry-auth"),
        header("authorization"),
        dsn.map(|dsn| dsn.public_key),
    ];
    let mut found = found.into_iter().flatten();
    let key = found.next().ok_or(Refused::NoKey)?;
    if found.any(|other| other != key) {
        return Err(Refused::KeysDisagree);
    }
    Ok(key)
}

/// `Sentry sentry_version=7, sentry_key=abc, …` → `abc`
fn key_of_header(value: &str) -> Option<String> {
    let pairs = value.strip_prefix("Sentry ").or_else(|| value.strip_prefix("sentry "))?;
    let mut pairs = pairs.split(',').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == "sentry_key").map(|(_, key)| key.trim().to_owned())
}

/// What a key says, as the isolate remembers it.
#[derive(Clone, Debug, Deserialize)]
struct KnownKey {
    project_id: u32,
    visitor_salt: String,
}

/// A revoked key is refused after this long at the latest.
const KEY_LIFE_MS: i64 = 30_000;

/// Keys that an isolate remembers: far above what one deployment has.
const MAX_KEYS: usize = 1_000;

thread_local! {
    static KEYS: RefCell<HashMap<String, (i64, KnownKey)>> = RefCell::default();
}

/// Primary keys of `project_key` and `setting`.
const KEY: &str = "
    SELECT project_id, (SELECT value FROM setting WHERE name = 'visitor_salt') AS visitor_salt
    FROM project_key WHERE public_key = ?1 AND revoked_ms IS NULL";

async fn known_key(store: &Store, key: &str, now_ms: i64) -> Result<KnownKey, Refused> {
    let remembered = KEYS.with_borrow(|keys| {
        keys.get(key).filter(|(until_ms, _)| *until_ms > now_ms).map(|(_, known)| known.clone())
    });
    if let Some(known) = remembered {
        return Ok(known);
    }
    let rows = store.read(&Statement::new(KEY, [key.into()])).await?;
    let known: KnownKey = rows.first()?.ok_or(Refused::UnknownKey)?;
    KEYS.with_borrow_mut(|keys| {
        if keys.len() >= MAX_KEYS {
            keys.clear();
        }
        keys.insert(key.to_owned(), (now_ms + KEY_LIFE_MS, known.clone()));
    });
    Ok(known)
}

/// Stands for a sender without a user: a hash of address and user agent, keyed by the deployment and the month, so
/// that it can neither be traced back nor followed from one month to the next.
fn visitor(incoming: &Incoming, salt: &str) -> Option<[u8; 8]> {
    let address = incoming.header("cf-connecting-ip")?;
    let agent = incoming.header("user-agent").unwrap_or_default();
    let month = decode::rfc3339_of(incoming.now_ms);
    Some(short_hash(&[salt, month.get(..7).unwrap_or_default(), &address, &agent]))
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

    #[test]
    fn the_key_is_read_from_sentrys_header() {
        let key = |value| key_of_header(value);
        assert_eq!(
            key("Sentry sentry_version=7, sentry_key=abc, sentry_client=x/1"),
            Some("abc".into())
        );
        assert_eq!(key("Sentry sentry_key=abc"), Some("abc".into()));
        assert_eq!(key("Bearer abc"), None);
        assert_eq!(key("Sentry sentry_version=7"), None);
    }
}
