//! Links that make people: 160 random bits, shown once and stored hashed, good for a week and for one person.

use serde::Deserialize;

use crate::account::{self, hash};
use crate::audit;
use crate::sql::Statement;

/// A week.
pub const LIFE_MS: i64 = 7 * 24 * 3_600_000;

/// Invitations that wait at a time.
const MAX_INVITATIONS: u32 = 100;

/// An invitation that nobody has taken yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Invitation {
    /// The first 16 hexadecimal digits of its hash.
    pub id: String,
    /// Whom it is meant for; may be empty.
    pub name: String,
    /// What they may do, as a number.
    pub role: i64,
    /// JSON list of project IDs; empty: all.
    pub projects: String,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub created_ms: i64,
    /// Until when it is good.
    pub expires_ms: i64,
}

/// Stores one, unless too many wait. SCAN of `invitation`: a row each that waits.
pub fn create(token: &str, new: &Invitation) -> Statement {
    Statement::new(
        "INSERT INTO invitation (hash, name, role, projects, made_by, created_ms, expires_ms)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE ?8 > (SELECT count(*) FROM invitation waiting) ON CONFLICT DO NOTHING",
        [
            hash(token).into(),
            new.name.as_str().into(),
            new.role.into(),
            new.projects.as_str().into(),
            new.made_by.as_str().into(),
            new.created_ms.into(),
            new.expires_ms.into(),
            MAX_INVITATIONS.into(),
        ],
    )
}

/// Those that are good, newest first. SCAN of `invitation`.
pub fn list(now_ms: i64) -> Statement {
    Statement::new(
        "SELECT lower(hex(substr(hash, 1, 8))) AS id, name, role, projects, made_by, created_ms, expires_ms
         FROM invitation WHERE expires_ms > ?1 ORDER BY created_ms DESC",
        [now_ms.into()],
    )
}

/// The one of a link. Primary key of `invitation`.
pub fn of(token: &str, now_ms: i64) -> Statement {
    Statement::new(
        "SELECT lower(hex(substr(hash, 1, 8))) AS id, name, role, projects, made_by, created_ms, expires_ms
         FROM invitation WHERE hash = ?1 AND expires_ms > ?2",
        [hash(token).into(), now_ms.into()],
    )
}

/// Takes one back. SCAN of `invitation`.
pub fn withdraw(id: &str) -> Statement {
    Statement::new("DELETE FROM invitation WHERE lower(hex(substr(hash, 1, 8))) = ?1", [id.into()])
}

/// Those that nobody took in time. SCAN of `invitation`.
pub fn expired(now_ms: i64) -> Statement {
    Statement::new("DELETE FROM invitation WHERE expires_ms < ?1", [now_ms.into()])
}

/// Who takes an invitation, and what signs them in from now on.
#[derive(Clone, Copy, Debug)]
pub struct Taken<'a> {
    /// Of the link.
    pub token: &'a str,
    /// As they want to be called.
    pub name: &'a str,
    /// A session's token.
    pub session: &'a str,
    /// A sign-in key.
    pub key: &'a str,
    /// `Firefox 133 on Windows`
    pub device: &'a str,
    /// IP address.
    pub address: &'a str,
}

/// Makes a person of an invitation, with a session and a key, and uses it up: of two who take it at once, one gets it. Written
/// again it makes nothing more. The last statement tells as `sessions` whether the session is there. Primary keys of
/// `invitation`, `person`, `former_person`.
pub fn take(taken: &Taken<'_>, now_ms: i64, session_ms: i64, key_ms: i64) -> [Statement; 6] {
    let Taken { token, name, session, key, device, address } = *taken;
    let (invitation, session) = (hash(token), hash(session));
    [
        // The greatest ID is that of the new person then.
        Statement::new(
            "INSERT INTO person (id, name, created_ms, role, projects)
             SELECT 1 + max((SELECT coalesce(max(id), 0) FROM person), (SELECT coalesce(max(id), 0) FROM former_person)),
                ?2, ?3, role, projects FROM invitation WHERE hash = ?1 AND expires_ms > ?3",
            [invitation.clone().into(), name.into(), now_ms.into()],
        ),
        Statement::new(
            "INSERT INTO session (hash, person_id, created_ms, expires_ms, device, address)
             SELECT ?2, (SELECT max(id) FROM person), ?3, ?4, ?5, ?6
             FROM invitation WHERE hash = ?1 AND expires_ms > ?3 ON CONFLICT DO NOTHING",
            [
                invitation.clone().into(),
                session.clone().into(),
                now_ms.into(),
                session_ms.into(),
                device.into(),
                address.into(),
            ],
        ),
        Statement::new(
            "INSERT INTO sign_in (hash, person_id, is_link, created_ms, expires_ms)
             SELECT ?2, (SELECT max(id) FROM person), 0, ?3, ?4
             FROM invitation WHERE hash = ?1 AND expires_ms > ?3 ON CONFLICT DO NOTHING",
            [invitation.clone().into(), hash(key).into(), now_ms.into(), key_ms.into()],
        ),
        audit::note_session(&session, now_ms, address, "person joined"),
        Statement::new("DELETE FROM invitation WHERE hash = ?1", [invitation.into()]),
        account::has_session(&session),
    ]
}

/// All of them, for the snapshot of their plans.
#[cfg(test)]
pub(crate) fn statements() -> Vec<Statement> {
    let (token, name, session, key) = ("t", "Jo", "s", "k");
    let taken = Taken { token, name, session, key, device: "", address: "" };
    let mut all = vec![create("t", &Invitation::default()), list(1), of("t", 1), withdraw("aa")];
    all.extend(take(&taken, 1, 2, 3));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::test_db::TestDb;

    fn invited(role: i64, projects: &str) -> Invitation {
        let (made_by, projects) = ("Jo".into(), projects.into());
        Invitation {
            role,
            projects,
            made_by,
            created_ms: 5,
            expires_ms: 100,
            ..Invitation::default()
        }
    }

    fn taken<'a>(token: &'a str, session: &'a str) -> Taken<'a> {
        Taken { token, name: "Mara", session, key: "key", device: "Firefox", address: "192.0.2.7" }
    }

    #[test]
    fn an_invitation_makes_one_person_with_its_role_and_projects() {
        let db = TestDb::new();
        db.run("INSERT INTO person (id, name, created_ms) VALUES (1, 'Jo', 0)");
        db.run("INSERT INTO former_person VALUES (7, 'Ada', '', 1)");
        db.batch(&[create("link", &invited(1, "[2]"))]);
        // Again after a lost answer, and by somebody else with the same link.
        let mine = take(&taken("link", "mine"), 50, 60, 70);
        db.batch(&mine);
        db.batch(&mine);
        db.batch(&take(&taken("link", "theirs"), 51, 60, 70));
        let people = Statement::new("SELECT id, name, role, projects FROM person", []);
        let expected = [["1", "Jo", "2", ""], ["8", "Mara", "1", "[2]"]];
        assert_eq!(db.rows(&people), expected, "nobody gets the ID of somebody who went");
        assert_eq!(db.number("SELECT count(*) FROM session WHERE person_id = 8"), 1);
        assert_eq!(db.number("SELECT count(*) FROM sign_in WHERE person_id = 8"), 1);
        assert_eq!(db.number("SELECT count(*) FROM audit"), 1);
        let sessions = |session| {
            let statements = take(&taken("link", session), 50, 60, 70);
            db.rows(&statements[5])[0][0].clone()
        };
        assert_eq!((sessions("mine"), sessions("theirs")), ("1".into(), "0".into()));
    }

    #[test]
    fn what_is_too_old_or_withdrawn_makes_nobody() {
        let db = TestDb::new();
        db.batch(&[create("old", &invited(2, "")), create("back", &invited(2, ""))]);
        let id = db.rows(&of("back", 6))[0][0].clone();
        db.batch(&[withdraw(&id)]);
        db.batch(&take(&taken("back", "a"), 50, 60, 70));
        db.batch(&take(&taken("old", "b"), 100, 160, 170));
        for table in ["person", "session", "sign_in", "audit"] {
            assert_eq!(db.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
        }
        assert!(db.rows(&of("old", 100)).is_empty());
        db.batch(&[create("old", &invited(2, "")), expired(101)]);
        assert_eq!(db.number("SELECT count(*) FROM invitation"), 0);
    }
}
