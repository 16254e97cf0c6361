//! The keys of a project: several, each with a name, made and revoked by its owner. A revoked key stays in the list, so that
//! whoever is refused can be told why.

use serde::Deserialize;

use crate::sql::Statement;

/// Keys of one project that are not revoked: one a site or server, with room for more.
pub const MAX_KEYS: u32 = 50;

/// Longest name of a key, in bytes.
pub const MAX_LABEL: usize = 80;

/// A key with what its owner knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct KeyRow {
    /// As DSNs have it.
    pub public_key: String,
    /// Its name; may be empty.
    pub label: String,
    /// When it was made.
    pub created_ms: i64,
    /// Since when it is refused.
    pub revoked_ms: Option<i64>,
}

/// All keys of a project, oldest first. SCAN of `project_key`: one row a key.
pub fn list(project_id: u32) -> Statement {
    Statement::new(
        "SELECT public_key, label, created_ms, revoked_ms FROM project_key k
         WHERE project_id = ?1 ORDER BY revoked_ms IS NOT NULL, created_ms, public_key LIMIT 500",
        [project_id.into()],
    )
}

/// A new key, unless the project has [`MAX_KEYS`]. SCAN of `project_key`.
pub fn create(project_id: u32, public_key: &str, label: &str, now_ms: i64) -> Statement {
    Statement::new(
        "INSERT INTO project_key (public_key, project_id, created_ms, label)
         SELECT ?2, ?1, ?4, ?3
         WHERE ?5 > (SELECT count(*) FROM project_key k WHERE k.project_id = ?1 AND k.revoked_ms IS NULL)
         ON CONFLICT DO NOTHING",
        [project_id.into(), public_key.into(), label.into(), now_ms.into(), MAX_KEYS.into()],
    )
}

/// From now on refused; what was revoked before stays as it is. Primary key of `project_key`.
pub fn revoke(project_id: u32, public_key: &str, now_ms: i64) -> Statement {
    Statement::new(
        "UPDATE project_key SET revoked_ms = ?3
         WHERE public_key = ?2 AND project_id = ?1 AND revoked_ms IS NULL",
        [project_id.into(), public_key.into(), now_ms.into()],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::test_db::TestDb;

    #[test]
    fn a_key_is_revoked_once_and_by_its_own_project() {
        let db = TestDb::with_project();
        db.batch(&[
            create(1, "aa", "shop", 1),
            create(1, "bb", "", 2),
            create(1, "aa", "again", 3),
        ]);
        db.batch(&[revoke(2, "aa", 4), revoke(1, "bb", 5), revoke(1, "bb", 6)]);
        assert_eq!(db.rows(&list(1)), [["aa", "shop", "1", "null"], ["bb", "", "2", "5"]]);
        assert!(db.rows(&list(2)).is_empty());
    }

    #[test]
    fn a_project_has_a_bounded_number_of_keys() {
        let db = TestDb::with_project();
        for number in 0..MAX_KEYS + 5 {
            db.batch(&[create(1, &format!("{number:032x}"), "", 1)]);
        }
        assert_eq!(db.number("SELECT count(*) FROM project_key"), i64::from(MAX_KEYS));
        db.batch(&[revoke(1, &"0".repeat(32), 2), create(1, "one more", "", 3)]);
        assert_eq!(db.number("SELECT count(*) FROM project_key"), i64::from(MAX_KEYS) + 1);
    }
}
