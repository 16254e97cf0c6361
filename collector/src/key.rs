//! Whose project a key belongs to, and what the isolate remembers of keys.
//!
//! A key that nobody has costs a look-up once; where many are tried, the isolate reads all keys that there are and answers
//! from those, so that made-up keys cannot keep the database busy.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use serde::Deserialize;
use trapline_core::fingerprint::rules::Rules;

use crate::auth::is_key;
use crate::plan::HOUR_MS;
use crate::quota::{self, Usage};
use crate::refused::Refused;
use crate::request::Incoming;
use crate::settings::{self, Settings};
use crate::sql::Statement;
use crate::store::Store;
use crate::{day_before, spike_limit};

/// What a key says, as the isolate remembers it.
#[derive(Clone, Debug)]
pub struct KnownKey {
    /// Its project.
    pub project_id: u32,
    /// Which database holds the project's events.
    pub database: u32,
    /// Origins that may send, as JSON.
    pub allowed_origins: String,
    /// Keys the hash of visitors.
    pub visitor_salt: String,
    /// What its owner has set.
    pub settings: Settings,
    /// Those of the settings, read.
    pub rules: Rules,
}

/// What the database says of a key.
#[derive(Clone, Debug, Deserialize)]
struct KeyRow {
    project_id: u32,
    database: u32,
    allowed_origins: String,
    visitor_salt: String,
    settings: String,
    hour: i64,
    events: u32,
    day_before: u32,
    spike_limit: u32,
}

impl KeyRow {
    fn usage(&self) -> Usage {
        let Self { hour, events, day_before, spike_limit, .. } = *self;
        Usage { hour, events, day_before, spike_limit }
    }
}

/// A revoked key is refused, and another setting heeded, after this long at the latest.
const KEY_LIFE_MS: i64 = 10_000;

/// Keys that an isolate remembers: far above what one deployment has.
const MAX_KEYS: usize = 1_000;

/// Unknown keys within [`KEY_LIFE_MS`], from which on all that exist are read.
const MANY_UNKNOWN: usize = 20;

#[derive(Default)]
struct Memory {
    /// Until when, and what it says.
    known: HashMap<String, (i64, Rc<KnownKey>)>,
    unknown: HashSet<String>,
    /// All keys, once many unknown ones were tried.
    all: Option<HashSet<String>>,
    /// When the last two are forgotten.
    until_ms: i64,
}

/// What an isolate can say of a key without asking.
enum Recalled {
    Known(Rc<KnownKey>),
    Unknown,
    Nothing,
    /// Too many unknown ones: ask for all.
    Suspicious,
}

impl Memory {
    fn recall(&mut self, key: &str, now_ms: i64) -> Recalled {
        if let Some((_, known)) = self.known.get(key).filter(|(until_ms, _)| *until_ms > now_ms) {
            return Recalled::Known(Rc::clone(known));
        }
        if self.until_ms <= now_ms {
            (self.all, self.until_ms) = (None, now_ms + KEY_LIFE_MS);
            self.unknown.clear();
        }
        match &self.all {
            Some(all) if !all.contains(key) => Recalled::Unknown,
            None if self.unknown.contains(key) => Recalled::Unknown,
            None if self.unknown.len() >= MANY_UNKNOWN => Recalled::Suspicious,
            _ => Recalled::Nothing,
        }
    }

    fn keep(&mut self, key: &str, known: &Rc<KnownKey>, now_ms: i64) {
        if self.known.len() >= MAX_KEYS {
            self.known.clear();
        }
        self.known.insert(key.to_owned(), (now_ms + KEY_LIFE_MS, Rc::clone(known)));
    }
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// Primary keys of `project_key`, `project`, `setting` and `project_hour`; the hour's row makes its sums, so that they are
/// only computed before it is there.
const KEY: &str = concat!(
    "SELECT k.project_id, p.database, p.allowed_origins, p.settings,
        (SELECT value FROM setting WHERE name = 'visitor_salt') AS visitor_salt,
        ?2 AS hour, coalesce(h.events, 0) AS events,
        coalesce(h.day_before, ",
    day_before!("k.project_id", "?2", "?3"),
    ") AS day_before, coalesce(h.spike_limit, ",
    spike_limit!("k.project_id", "?2"),
    ", 0) AS spike_limit
    FROM project_key k JOIN project p ON p.id = k.project_id
    LEFT JOIN project_hour h ON h.project_id = k.project_id AND h.hour = ?2
    WHERE k.public_key = ?1 AND k.revoked_ms IS NULL"
);

/// SCAN of `project_key`: one row a key.
const ALL_KEYS: &str = "SELECT public_key FROM project_key WHERE revoked_ms IS NULL LIMIT 20000";

/// Settings have changed: this isolate heeds them at once, others within `KEY_LIFE_MS`.
pub fn forget() {
    MEMORY.with_borrow_mut(|memory| *memory = Memory::default());
}

/// Gives back what is known of a key.
pub fn statement(key: &str, now_ms: i64) -> Statement {
    let hour = now_ms / HOUR_MS;
    Statement::new(KEY, [key.into(), hour.into(), quota::first_of_day(hour).into()])
}

/// What a key says.
pub async fn known_key(incoming: &Incoming, key: &str) -> Result<Rc<KnownKey>, Refused> {
    if !is_key(key) {
        return Err(Refused::UnknownKey);
    }
    let now_ms = incoming.now_ms;
    match MEMORY.with_borrow_mut(|memory| memory.recall(key, now_ms)) {
        Recalled::Known(known) => return Ok(known),
        Recalled::Unknown => return Err(Refused::UnknownKey),
        Recalled::Suspicious if !is_any(incoming, key).await? => return Err(Refused::UnknownKey),
        Recalled::Suspicious | Recalled::Nothing => {}
    }
    let store = Store::open(&incoming.env, now_ms).await?;
    let row: Option<KeyRow> = store.read(&statement(key, now_ms)).await?.first()?;
    let Some(row) = row else {
        MEMORY.with_borrow_mut(|memory| memory.unknown.insert(key.to_owned()));
        return Err(Refused::UnknownKey);
    };
    quota::learn(row.project_id, row.usage(), now_ms);
    let settings = settings::parse(&row.settings);
    let known = Rc::new(KnownKey {
        project_id: row.project_id,
        database: row.database,
        allowed_origins: row.allowed_origins,
        visitor_salt: row.visitor_salt,
        rules: settings.rules(),
        settings,
    });
    MEMORY.with_borrow_mut(|memory| memory.keep(key, &known, now_ms));
    Ok(known)
}

/// Whether it is among all keys that exist, which the isolate remembers for a while.
async fn is_any(incoming: &Incoming, key: &str) -> Result<bool, Refused> {
    #[derive(Deserialize)]
    struct Row {
        public_key: String,
    }
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    let rows: Vec<Row> = store.read(&Statement::new(ALL_KEYS, [])).await?.all()?;
    let all: HashSet<String> = rows.into_iter().map(|row| row.public_key).collect();
    let is_known = all.contains(key);
    MEMORY.with_borrow_mut(|memory| memory.all = Some(all));
    Ok(is_known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::test_db::TestDb;

    #[test]
    fn a_key_brings_along_what_the_project_has_used() {
        let db = TestDb::with_project();
        db.run("INSERT INTO project_key (public_key, project_id, created_ms) VALUES ('abc', 1, 0)");
        db.run("UPDATE project SET settings = '{\"hourly_quota\":7}'");
        let now_ms = 480_030 * HOUR_MS;
        let row = || db.rows(&statement("abc", now_ms)).remove(0);
        assert_eq!(row()[5..], ["480030", "0", "0", "0"]);
        db.rows(&quota::add(1, 480_000, 960));
        db.rows(&quota::add(1, 480_025, 5));
        let before = row();
        assert_eq!(before[3], "{\"hourly_quota\":7}");
        assert_eq!(before[5..], ["480030", "0", "5", "1000"]);
        db.rows(&quota::add(1, 480_030, 2));
        assert_eq!(row()[5..], ["480030", "2", "5", "1000"]);
        db.run("UPDATE project_key SET revoked_ms = 1");
        assert!(db.rows(&statement("abc", now_ms)).is_empty());
    }

    #[test]
    fn many_unknown_keys_are_answered_from_a_list() {
        let mut memory = Memory::default();
        let known = |recalled: Recalled| match recalled {
            Recalled::Known(_) => "known",
            Recalled::Unknown => "unknown",
            Recalled::Nothing => "nothing",
            Recalled::Suspicious => "suspicious",
        };
        for number in 0..MANY_UNKNOWN {
            assert_eq!(known(memory.recall(&number.to_string(), 1)), "nothing");
            memory.unknown.insert(number.to_string());
        }
        assert_eq!(known(memory.recall("1", 1)), "unknown");
        assert_eq!(known(memory.recall("new", 1)), "suspicious");
        memory.all = Some(HashSet::from(["real".to_owned()]));
        assert_eq!(known(memory.recall("new", 1)), "unknown");
        assert_eq!(known(memory.recall("real", 1)), "nothing");
        // A key that was made meanwhile is looked up again after a while.
        assert_eq!(known(memory.recall("new", KEY_LIFE_MS + 1)), "nothing");
    }
}
