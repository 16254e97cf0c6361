//! What was changed by whom, and from where: a row each in the first database, kept for a year. Nothing in it is a secret, and
//! nothing in it is what an owner wants forgotten: a user that was erased is not named.
//!
//! Actions are words: `signed in`, `key made`, `key revoked`, `token made`, `token revoked`, `settings changed`,
//! `origin allowed`, `project made`, `project changed`, `person invited`, `invitation withdrawn`, `person joined`,
//! `person changed`, `person removed`, `sign-in link made`, `own key replaced`, `issue deleted`, `user erased`,
//! `alert made`, `alert changed`, `alert secret renewed`, `alert deleted`.

use serde::Deserialize;
use serde_json::Value;

use crate::people::Viewer;
use crate::random;
use crate::sql::Statement;

/// A year.
const KEPT_MS: i64 = 365 * 24 * 3_600_000;

/// Rows that one run of the cron deletes.
const PURGED: u32 = 500;

/// Longest subject or detail, in bytes.
const MAX_TEXT: usize = 500;

/// One thing that somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// When.
    pub at_ms: i64,
    /// Tells two of one moment apart.
    pub id: i64,
    /// Who, by name.
    pub person: String,
    /// IP address; empty if there is no network between.
    pub address: String,
    /// `key made`
    pub action: String,
    /// `shop`, or a person's name.
    pub subject: String,
    /// What exactly.
    pub detail: String,
}

/// Notes what `viewer` does to `subject`, for the same batch as the change. Made once for all tries of a write. Primary key of
/// `audit`.
pub fn note(viewer: &Viewer, now_ms: i64, action: &str, subject: &str, detail: &str) -> Statement {
    noted(viewer, now_ms, action, subject, detail, true)
}

/// As [`note`], if the statement before it in the batch has changed a row.
pub fn note_of_change(
    viewer: &Viewer,
    now_ms: i64,
    action: &str,
    subject: &str,
    detail: &str,
) -> Statement {
    noted(viewer, now_ms, action, subject, detail, false)
}

fn noted(
    viewer: &Viewer,
    now_ms: i64,
    action: &str,
    subject: &str,
    detail: &str,
    is_sure: bool,
) -> Statement {
    let cut = |text: &str| text.get(..text.floor_char_boundary(MAX_TEXT)).map(str::to_owned);
    Statement::new(
        "INSERT INTO audit (at_ms, id, person_id, person, address, action, subject, detail)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE ?9 OR changes() > 0 ON CONFLICT DO NOTHING",
        [
            now_ms.into(),
            random::nonce().into(),
            viewer.id.into(),
            viewer.name.as_str().into(),
            viewer.address.as_str().into(),
            action.into(),
            cut(subject).unwrap_or_default().into(),
            cut(detail).unwrap_or_default().into(),
            is_sure.into(),
        ],
    )
}

/// What changes of something, for a detail: members that are null stay. `{"name": "Lamps", "slug": null}` → `name: Lamps`.
pub fn changes(object: &Value) -> String {
    let members = object.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let told = members.map(|(name, value)| match value.as_str() {
        Some(text) => format!("{name}: {text}"),
        None => format!("{name}: {value}"),
    });
    told.collect::<Vec<_>>().join(", ")
}

/// Notes who has just begun the session with this hash. Primary keys of `session` and `person`.
pub fn note_session(hash: &[u8], now_ms: i64, address: &str, action: &str) -> Statement {
    Statement::new(
        "INSERT INTO audit (at_ms, id, person_id, person, address, action, subject, detail)
         SELECT ?2, ?3, person.id, person.name, ?4, ?5, '', session.device
         FROM session JOIN person ON person.id = session.person_id WHERE session.hash = ?1
         ON CONFLICT DO NOTHING",
        [hash.into(), now_ms.into(), random::nonce().into(), address.into(), action.into()],
    )
}

/// Where a page of the log begins: behind this row. Written `1700000000000.42`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    at_ms: i64,
    id: i64,
}

impl Cursor {
    /// Before what is newest.
    pub const START: Self = Self { at_ms: 1 << 52, id: 0 };

    /// Reads one.
    pub fn parse(text: &str) -> Option<Self> {
        let (at_ms, id) = text.split_once('.')?;
        let (at_ms, id) = (at_ms.parse().ok()?, id.parse().ok()?);
        let fits = |number: i64| (0..1 << 53).contains(&number);
        (fits(at_ms) && fits(id)).then_some(Self { at_ms, id })
    }

    /// Behind an entry.
    pub fn after(entry: &Entry) -> String {
        format!("{}.{}", entry.at_ms, entry.id)
    }
}

/// Entries, newest first; primary key of `audit`.
pub fn list(after: Cursor, limit: u32) -> Statement {
    Statement::new(
        "SELECT at_ms, id, person, address, action, subject, detail FROM audit
         WHERE (at_ms, id) < (?1, ?2) ORDER BY at_ms DESC, id DESC LIMIT ?3",
        [after.at_ms.into(), after.id.into(), limit.into()],
    )
}

/// What is older than a year; primary key of `audit`.
pub fn expired(now_ms: i64) -> Statement {
    Statement::new(
        "DELETE FROM audit WHERE (at_ms, id) IN (
            SELECT at_ms, id FROM audit WHERE at_ms < ?1 ORDER BY at_ms LIMIT ?2)",
        [(now_ms - KEPT_MS).into(), PURGED.into()],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::test_db::TestDb;

    #[test]
    fn what_changed_nothing_is_not_noted_and_nothing_is_noted_twice() {
        let db = TestDb::with_project();
        let viewer =
            Viewer { id: 7, name: "Jo".into(), address: "192.0.2.7".into(), ..Viewer::default() };
        let rename =
            |to: &str| Statement::new("UPDATE project SET name = ?1 WHERE name <> ?1", [to.into()]);
        let renamed = note_of_change(&viewer, 5, "project changed", "shop", "name");
        db.batch(&[rename("Lamps"), renamed.clone()]);
        db.batch(&[rename("Lamps"), renamed]);
        db.batch(&[rename("Lamps"), note_of_change(&viewer, 6, "project changed", "shop", "")]);
        let sure = note(&viewer, 7, "user erased", "shop", &"ä".repeat(400));
        db.batch(&[sure.clone(), sure]);
        let rows = db.rows(&list(Cursor::START, 9));
        let found: Vec<&str> = rows.iter().map(|row| row[4].as_str()).collect();
        assert_eq!(found, ["user erased", "project changed"]);
        assert_eq!(rows[0][6].len(), 500);
        assert_eq!((rows[1][2].as_str(), rows[1][3].as_str()), ("Jo", "192.0.2.7"));
    }

    #[test]
    fn a_page_begins_behind_the_last_row_of_the_one_before() {
        let db = TestDb::new();
        for number in 0..7 {
            db.batch(&[note(&Viewer::default(), number / 3, "a", &number.to_string(), "")]);
        }
        let mut after = Cursor::START;
        let mut seen = Vec::new();
        loop {
            let rows = db.rows(&list(after, 2));
            let Some(last) = rows.last() else { break };
            after = Cursor::parse(&format!("{}.{}", last[0], last[1])).unwrap();
            seen.extend(rows.into_iter().map(|row| row[5].clone()));
        }
        assert_eq!(seen.len(), 7);
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 7);
        for text in ["", "1", "1.", "a.1", "-1.0", "1.99999999999999999", "1.-2"] {
            assert_eq!(Cursor::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn only_what_changes_is_told() {
        let object =
            serde_json::json!({ "name": "Lamps", "slug": null, "projects": ["a"], "days": 7 });
        assert_eq!(changes(&object), "days: 7, name: Lamps, projects: [\"a\"]");
    }

    #[test]
    fn a_year_is_kept() {
        let db = TestDb::new();
        for at_ms in [1, KEPT_MS, 2 * KEPT_MS] {
            db.batch(&[note(&Viewer::default(), at_ms, "a", "", "")]);
        }
        db.batch(&[expired(2 * KEPT_MS)]);
        assert_eq!(db.number("SELECT count(*) FROM audit"), 2);
    }
}
