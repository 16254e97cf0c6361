//! The people of a deployment: what an administrator changes of them, and what they change of themselves. Tables with a row a
//! person or a session: each SCAN of them is short.

use serde::Deserialize;

use crate::account::hash;
use crate::sql::Statement;

/// Longest name, in bytes.
pub const MAX_NAME: usize = 80;

/// Longest mail address, in bytes.
pub const MAX_EMAIL: usize = 254;

/// Sessions of a person that are listed.
const MAX_SESSIONS: u32 = 50;

/// A person, as administrators see them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Member {
    /// Never given to somebody else.
    pub id: u32,
    /// Display name.
    pub name: String,
    /// As [`Role::of`](super::Role::of) reads it.
    pub role: i64,
    /// JSON list of project IDs; empty: all.
    pub projects: String,
    /// Whom Cloudflare Access signs in; may be empty.
    pub email: String,
    /// Since when they are here.
    pub created_ms: i64,
    /// When the newest of their sessions began.
    pub signed_in_ms: Option<i64>,
}

/// Everybody, by name. SCAN of `person` and `session`.
pub fn list() -> Statement {
    Statement::new(
        "SELECT person.id, name, role, projects, email, person.created_ms, signed_in_ms FROM person
         LEFT JOIN (SELECT person_id, max(created_ms) AS signed_in_ms FROM session GROUP BY person_id) signed
            ON signed.person_id = person.id
         ORDER BY lower(name), person.id LIMIT 1000",
        [],
    )
}

/// What changes of a person; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Display name.
    pub name: Option<String>,
    /// As a number.
    pub role: Option<i64>,
    /// JSON list of project IDs; empty: all.
    pub projects: Option<String>,
    /// Lower case; empty: nobody.
    pub email: Option<String>,
}

/// Changes a person, unless nobody would administer all projects then, or another person has the mail address. Primary key of
/// `person`; SCAN of it for the two conditions.
pub fn change(id: u32, change: &Change) -> Statement {
    Statement::new(
        "UPDATE person SET name = coalesce(?2, name), role = coalesce(?3, role),
            projects = coalesce(?4, projects), email = coalesce(?5, email)
         WHERE id = ?1 AND (coalesce(?3, role) = 2 AND coalesce(?4, projects) = ''
            OR NOT (role = 2 AND projects = '')
            OR EXISTS (SELECT 1 FROM person p WHERE p.id <> ?1 AND p.role = 2 AND p.projects = ''))
         AND (coalesce(?5, '') = '' OR NOT EXISTS (SELECT 1 FROM person p WHERE p.email = ?5 AND p.id <> ?1))",
        [
            id.into(),
            change.name.clone().into(),
            change.role.into(),
            change.projects.clone().into(),
            change.email.clone().into(),
        ],
    )
}

/// Removes a person with all that signs them in, unless nobody would administer all projects then. Invitations that they made
/// go too, and all links that wait: they may know them. The name stays. The last statement changes a row if all did. Primary
/// key of `person`; SCAN of it, of `session`, `sign_in` and `invitation`.
pub fn remove(id: u32, now_ms: i64) -> [Statement; 5] {
    [
        Statement::new(
            "DELETE FROM invitation WHERE made_by = (SELECT name FROM person WHERE id = ?1)
             AND EXISTS (SELECT 1 FROM person p WHERE p.id <> ?1 AND p.role = 2 AND p.projects = '')",
            [id.into()],
        ),
        Statement::new(
            "DELETE FROM session WHERE person_id = ?1
             AND EXISTS (SELECT 1 FROM person p WHERE p.id <> ?1 AND p.role = 2 AND p.projects = '')",
            [id.into()],
        ),
        Statement::new(
            "DELETE FROM sign_in WHERE (person_id = ?1 OR is_link = 1)
             AND EXISTS (SELECT 1 FROM person p WHERE p.id <> ?1 AND p.role = 2 AND p.projects = '')",
            [id.into()],
        ),
        Statement::new(
            "INSERT INTO former_person (id, name, email, removed_ms) SELECT id, name, email, ?2 FROM person WHERE id = ?1
             AND EXISTS (SELECT 1 FROM person p WHERE p.id <> ?1 AND p.role = 2 AND p.projects = '')
             ON CONFLICT DO NOTHING",
            [id.into(), now_ms.into()],
        ),
        Statement::new(
            "DELETE FROM person WHERE id = ?1
             AND EXISTS (SELECT 1 FROM person p WHERE p.id <> ?1 AND p.role = 2 AND p.projects = '')",
            [id.into()],
        ),
    ]
}

/// A link that signs a person in, once. Primary key of `person`.
pub fn link(id: u32, token: &str, now_ms: i64, expires_ms: i64) -> Statement {
    Statement::new(
        "INSERT INTO sign_in (hash, person_id, is_link, created_ms, expires_ms)
         SELECT ?2, id, 1, ?3, ?4 FROM person WHERE id = ?1 ON CONFLICT DO NOTHING",
        [id.into(), hash(token).into(), now_ms.into(), expires_ms.into()],
    )
}

/// Revokes a person's keys, and makes this one. SCAN of `sign_in`; primary key of `person`.
pub fn replace_key(id: u32, key: &str, now_ms: i64, expires_ms: i64) -> [Statement; 2] {
    [
        Statement::new(
            "DELETE FROM sign_in WHERE person_id = ?1 AND is_link = 0 AND hash <> ?2",
            [id.into(), hash(key).into()],
        ),
        Statement::new(
            "INSERT INTO sign_in (hash, person_id, is_link, created_ms, expires_ms)
             SELECT ?2, id, 0, ?3, ?4 FROM person WHERE id = ?1 ON CONFLICT DO NOTHING",
            [id.into(), hash(key).into(), now_ms.into(), expires_ms.into()],
        ),
    ]
}

/// A session of a person, as they see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct SessionRow {
    /// The first 16 hexadecimal digits of its hash.
    pub id: String,
    /// `Firefox 133 on Windows`; may be empty.
    pub device: String,
    /// IP address; may be empty.
    pub address: String,
    /// When it began.
    pub created_ms: i64,
    /// When it ends by itself.
    pub expires_ms: i64,
    /// It is the one that asks.
    pub is_this: u32,
}

/// Sessions of a person, newest first. SCAN of `session`.
pub fn sessions(id: u32, own: &[u8], now_ms: i64) -> Statement {
    Statement::new(
        "SELECT lower(hex(substr(hash, 1, 8))) AS id, device, address, created_ms, expires_ms, hash = ?2 AS is_this
         FROM session WHERE person_id = ?1 AND expires_ms > ?3 ORDER BY created_ms DESC LIMIT ?4",
        [id.into(), own.into(), now_ms.into(), MAX_SESSIONS.into()],
    )
}

/// Ends a session of a person, or with `None` all of them. SCAN of `session`.
pub fn end_sessions(id: u32, session: Option<&str>) -> Statement {
    Statement::new(
        "DELETE FROM session WHERE person_id = ?1 AND (?2 IS NULL OR lower(hex(substr(hash, 1, 8))) = ?2)",
        [id.into(), session.into()],
    )
}

/// What somebody calls themselves or another one: 1 to [`MAX_NAME`] bytes.
pub fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len()) && !name.chars().any(char::is_control)
}

/// A mail address as it is stored; empty stays empty.
pub fn email_of(typed: &str) -> Option<String> {
    let email = typed.trim().to_lowercase();
    let is_email = |email: &str| {
        let parts = email.split_once('@');
        email.len() <= MAX_EMAIL
            && parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
            && !email.chars().any(|letter| letter.is_whitespace() || letter.is_control())
    };
    (email.is_empty() || is_email(&email)).then_some(email)
}

/// All of them, for the snapshot of their plans.
#[cfg(test)]
pub(crate) fn statements() -> Vec<Statement> {
    let mut all = vec![list(), change(1, &Change::default())];
    all.extend(remove(1, 1));
    all.push(link(1, "t", 1, 2));
    all.extend(replace_key(1, "k", 1, 2));
    all.extend([sessions(1, &[], 1), end_sessions(1, None)]);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::test_db::TestDb;

    /// An administrator of all projects, one of a project, a viewer.
    fn three() -> TestDb {
        let db = TestDb::with_project();
        db.run(
            "INSERT INTO person (id, name, created_ms, role, projects) VALUES
                (1, 'Jo', 0, 2, ''), (2, 'Mara', 0, 2, '[1]'), (3, 'Ada', 0, 0, '')",
        );
        db.batch(&[link(1, "jo", 1, 9), link(3, "ada", 1, 9)]);
        db.run("INSERT INTO session (hash, person_id, created_ms, expires_ms) VALUES (x'aabb', 3, 5, 99)");
        db
    }

    fn role(db: &TestDb, id: u32) -> i64 {
        db.number(&format!("SELECT coalesce(max(role), -1) FROM person WHERE id = {id}"))
    }

    #[test]
    fn the_last_administrator_of_all_projects_stays_one() {
        let db = three();
        let to = |id, role, projects: &str| {
            let change =
                Change { role: Some(role), projects: Some(projects.into()), ..Change::default() };
            super::change(id, &change)
        };
        db.batch(&[to(1, 1, ""), to(1, 2, "[1]")]);
        db.batch(&remove(1, 9));
        assert_eq!(role(&db, 1), 2);
        assert_eq!(db.number("SELECT count(*) FROM sign_in WHERE person_id = 1"), 1);
        assert_eq!(db.number("SELECT count(*) FROM former_person"), 0);
        // Two who take each other's role away: one stays.
        db.batch(&[to(3, 2, "")]);
        db.batch(&[to(1, 0, ""), to(3, 0, "")]);
        assert_eq!((role(&db, 1), role(&db, 3)), (0, 2));
        db.batch(&remove(1, 9));
        assert_eq!(role(&db, 1), -1);
    }

    #[test]
    fn a_removed_person_keeps_the_name_and_nothing_that_signs_in() {
        let db = three();
        for _ in 0..2 {
            db.batch(&remove(3, 9));
        }
        for table in ["session", "sign_in"] {
            let left = format!("SELECT count(*) FROM {table} WHERE person_id = 3");
            assert_eq!(db.number(&left), 0);
        }
        let former = Statement::new("SELECT * FROM former_person", []);
        assert_eq!(db.rows(&former), [["3", "Ada", "", "9"]]);
    }

    #[test]
    fn one_person_has_a_mail_address() {
        let db = three();
        let to = |id, email: &str| {
            super::change(id, &Change { email: Some(email.into()), ..Change::default() })
        };
        db.batch(&[to(1, "a@b.test"), to(3, "a@b.test"), to(1, "a@b.test"), to(2, ""), to(3, "")]);
        assert_eq!(db.number("SELECT count(*) FROM person WHERE email = 'a@b.test'"), 1);
        assert_eq!(role(&db, 1), 2, "what is not named stays");
        for (typed, email) in [
            (" Jo@Shop.Test ", Some("jo@shop.test")),
            ("", Some("")),
            ("jo", None),
            ("@shop.test", None),
            ("jo@shop", None),
            ("a b@shop.test", None),
        ] {
            assert_eq!(email_of(typed).as_deref(), email, "{typed:?}");
        }
    }

    #[test]
    fn a_new_key_is_the_only_one() {
        let db = three();
        for key in ["first", "second", "second"] {
            db.batch(&replace_key(3, key, 1, 9));
        }
        let keys = "SELECT count(*) FROM sign_in WHERE person_id = 3 AND is_link = 0";
        assert_eq!(db.number(keys), 1);
        db.batch(&replace_key(9, "nobody's", 1, 9));
        assert_eq!(db.number("SELECT count(*) FROM sign_in"), 3);
    }

    #[test]
    fn sessions_are_ended_by_whose_they_are() {
        let db = three();
        assert_eq!(db.rows(&list())[0][6], "5", "Ada was here");
        let own = db.rows(&sessions(3, &[0xaa, 0xbb], 6));
        assert_eq!((own.len(), own[0][0].as_str(), own[0][5].as_str()), (1, "aabb", "1"));
        db.batch(&[end_sessions(2, Some("aabb")), end_sessions(3, Some("cc"))]);
        assert_eq!(db.number("SELECT count(*) FROM session"), 1);
        db.batch(&[end_sessions(3, None)]);
        assert_eq!(db.number("SELECT count(*) FROM session"), 0);
    }
}
