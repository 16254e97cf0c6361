//! Whose project a sender means: the key that it sends, and what the isolate remembers of keys.

use std::cell::RefCell;
use std::collections::HashMap;

use serde::Deserialize;
use trapline_core::dsn::Dsn;
use trapline_core::envelope::Envelope;

use crate::refused::Refused;
use crate::request::Incoming;
use crate::sql::Statement;
use crate::store::Store;

/// From query, `X-Sentry-Auth`, `Authorization` or the envelope's DSN; those that are there must agree.
pub fn key(incoming: &Incoming, envelope: &Envelope) -> Result<String, Refused> {
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
pub struct KnownKey {
    /// Its project.
    pub project_id: u32,
    /// Which database holds the project's events.
    pub database: u32,
    /// Origins that may send, as JSON.
    pub allowed_origins: String,
    /// Keys the hash of visitors.
    pub visitor_salt: String,
}

/// A revoked key is refused, and another setting heeded, after this long at the latest.
const KEY_LIFE_MS: i64 = 10_000;

/// Keys that an isolate remembers: far above what one deployment has.
const MAX_KEYS: usize = 1_000;

thread_local! {
    static KEYS: RefCell<HashMap<String, (i64, KnownKey)>> = RefCell::default();
}

/// Primary keys of `project_key`, `project` and `setting`.
const KEY: &str = "
    SELECT k.project_id, p.database, p.allowed_origins,
        (SELECT value FROM setting WHERE name = 'visitor_salt') AS visitor_salt
    FROM project_key k JOIN project p ON p.id = k.project_id
    WHERE k.public_key = ?1 AND k.revoked_ms IS NULL";

/// Settings have changed: this isolate heeds them at once, others within `KEY_LIFE_MS`.
pub fn forget() {
    KEYS.with_borrow_mut(HashMap::clear);
}

/// Gives back a [`KnownKey`].
pub fn statement(key: &str) -> Statement {
    Statement::new(KEY, [key.into()])
}

/// What a key says.
pub async fn known_key(incoming: &Incoming, key: &str) -> Result<KnownKey, Refused> {
    let now_ms = incoming.now_ms;
    let remembered = KEYS.with_borrow(|keys| {
        keys.get(key).filter(|(until_ms, _)| *until_ms > now_ms).map(|(_, known)| known.clone())
    });
    if let Some(known) = remembered {
        return Ok(known);
    }
    let store = Store::open(&incoming.env, now_ms).await?;
    let rows = store.read(&statement(key)).await?;
    let known: KnownKey = rows.first()?.ok_or(Refused::UnknownKey)?;
    KEYS.with_borrow_mut(|keys| {
        if keys.len() >= MAX_KEYS {
            keys.clear();
        }
        keys.insert(key.to_owned(), (now_ms + KEY_LIFE_MS, known.clone()));
    });
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

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
