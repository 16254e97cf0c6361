//! Tokens: what programs sign in with. 256 random bits, shown once and stored hashed; each for one project or for all, with
//! scopes, until it is revoked.
//!
//! ```text
//! token := "sntrys_" base64({"iat", "url", "region_url", "org"}) "_" secret
//! ```
//! This is the published form of an organisation's token: unmodified `sentry-cli` reads from it where to send and for which
//! organisation, so that nothing else has to be set. Only the secret counts here; it may also be sent alone.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use trapline_core::fingerprint::hex;

use crate::account;
use crate::people::Role;
use crate::random;
use crate::sql::Statement;

/// May upload source maps and debug files, and tell of releases.
pub const ARTIFACTS_WRITE: &str = "artifacts:write";

/// May read projects, issues and events by the JSON API.
pub const PROJECT_READ: &str = "project:read";

/// May do what members may: change issues, comment, regroup.
pub const PROJECT_WRITE: &str = "project:write";

/// May do what administrators of the project may: change settings, keys, alerts.
pub const PROJECT_ADMIN: &str = "project:admin";

/// Every scope that there is.
pub const SCOPES: [&str; 4] = [ARTIFACTS_WRITE, PROJECT_READ, PROJECT_WRITE, PROJECT_ADMIN];

/// The organisation that tools ask for: a deployment has one, and takes any name for it.
pub const ORGANISATION: &str = "trapline";

/// Tokens of a project that are not revoked.
pub const MAX_TOKENS: u32 = 50;

/// Longest name of a token, in bytes.
pub const MAX_LABEL: usize = 80;

/// A token with what its owner knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TokenRow {
    /// What it is called when it is revoked: the first 16 hexadecimal digits of its hash.
    pub id: String,
    /// 0: all projects.
    pub project_id: u32,
    /// Separated by spaces.
    pub scopes: String,
    /// Its name; may be empty.
    pub label: String,
    /// Who made it.
    pub made_by: String,
    /// When it was made.
    pub created_ms: i64,
    /// Since when it is refused.
    pub revoked_ms: Option<i64>,
}

/// Who sends a token that is good.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Holder {
    /// 0: all projects.
    pub project_id: u32,
    /// Separated by spaces.
    pub scopes: String,
    /// The token's name.
    pub label: String,
}

impl Holder {
    /// Whether the token has a scope.
    pub fn has(&self, scope: &str) -> bool {
        self.scopes.split(' ').any(|own| own == scope)
    }

    /// What it may do in the JSON API: the most that its scopes say; `None`: it does not even read.
    pub fn role(&self) -> Option<Role> {
        let roles = [
            (PROJECT_ADMIN, Role::Admin),
            (PROJECT_WRITE, Role::Member),
            (PROJECT_READ, Role::Viewer),
        ];
        roles.into_iter().find(|(scope, _)| self.has(scope)).map(|(_, role)| role)
    }

    /// Whether it is for this project.
    pub fn is_for(&self, project_id: u32) -> bool {
        self.project_id == 0 || self.project_id == project_id
    }
}

/// A new token, as it is shown once, for a dashboard at `origin`.
pub fn new_token(origin: &str, now_ms: i64) -> String {
    #[derive(Serialize)]
    struct Payload<'a> {
        iat: i64,
        url: &'a str,
        region_url: &'a str,
        org: &'a str,
    }
    let payload =
        Payload { iat: now_ms / 1_000, url: origin, region_url: origin, org: ORGANISATION };
    let payload = BASE64.encode(serde_json::to_vec(&payload).unwrap_or_default());
    let secret = BASE64.encode(random::secret());
    format!("sntrys_{payload}_{}", secret.trim_end_matches('='))
}

/// What is stored of a token.
fn hash_of(token: &str) -> Vec<u8> {
    account::hash(token.trim().rsplit('_').next().unwrap_or_default())
}

/// What a token is called when it is revoked.
pub fn id_of(token: &str) -> String {
    let mut id = hex(&hash_of(token));
    id.truncate(16);
    id
}

/// The token of `Authorization: Bearer …`.
pub fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.trim().split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()).then(|| token.trim())
}

/// Who has this token. Primary key of `api_token`.
pub fn holder(token: &str) -> Statement {
    Statement::new(
        "SELECT project_id, scopes, label FROM api_token WHERE hash = ?1 AND revoked_ms IS NULL",
        [hash_of(token).into()],
    )
}

/// All tokens that are good for a project, oldest first, revoked ones last. SCAN of `api_token`: one row a token.
pub fn list(project_id: u32) -> Statement {
    Statement::new(
        "SELECT lower(hex(substr(hash, 1, 8))) AS id, project_id, scopes, label, made_by, created_ms, revoked_ms
         FROM api_token k WHERE project_id IN (0, ?1)
         ORDER BY revoked_ms IS NOT NULL, created_ms, hash LIMIT 500",
        [project_id.into()],
    )
}

/// A token to be stored.
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    /// As it is shown.
    pub token: &'a str,
    /// 0: all projects.
    pub project_id: u32,
    /// Separated by spaces.
    pub scopes: &'a str,
    /// Its name.
    pub label: &'a str,
    /// Who makes it.
    pub made_by: &'a str,
}

/// Stores a token, unless there are [`MAX_TOKENS`]. SCAN of `api_token`: one row a token.
pub fn create(new: &New<'_>, now_ms: i64) -> Statement {
    Statement::new(
        "INSERT INTO api_token (hash, project_id, scopes, label, made_by, created_ms)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6
         WHERE ?7 > (SELECT count(*) FROM api_token k WHERE k.project_id = ?2 AND k.revoked_ms IS NULL)
         ON CONFLICT DO NOTHING",
        [
            hash_of(new.token).into(),
            new.project_id.into(),
            new.scopes.into(),
            new.label.into(),
            new.made_by.into(),
            now_ms.into(),
            MAX_TOKENS.into(),
        ],
    )
}

/// From now on refused. SCAN of `api_token`: one row a token.
pub fn revoke(project_id: u32, id: &str, now_ms: i64) -> Statement {
    Statement::new(
        "UPDATE api_token AS k SET revoked_ms = ?3
         WHERE project_id IN (0, ?1) AND lower(hex(substr(hash, 1, 8))) = ?2 AND revoked_ms IS NULL",
        [project_id.into(), id.into(), now_ms.into()],
    )
}

/// All of them, for the snapshot of their plans.
#[cfg(test)]
pub(crate) fn statements() -> Vec<Statement> {
    let (label, made_by) = ("CI", "Jo");
    let new = New { token: "t", project_id: 1, scopes: ARTIFACTS_WRITE, label, made_by };
    vec![holder("t"), list(1), create(&new, 1), revoke(1, "aa", 1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::test_db::TestDb;

    #[test]
    fn a_new_token_tells_tools_where_to_send() {
        let token = new_token("https://errors.test", 1_700_000_000_999);
        let parts: Vec<&str> = token.split('_').collect();
        let payload = String::from_utf8(BASE64.decode(parts[1]).unwrap()).unwrap();
        let expected = r#"{"iat":1700000000,"url":"https://errors.test","region_url":"https://errors.test","org":"trapline"}"#;
        assert_eq!((parts.len(), parts[0], payload.as_str()), (3, "sntrys", expected));
        // What sentry-cli takes as a secret: 32 bytes without padding.
        assert_eq!(parts[2].len(), 43);
    }

    #[test]
    fn a_bearer_is_named_in_a_header() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        for other in ["", "Bearer", "Bearer ", "Sentry abc", "DSN https://a@b/1"] {
            assert_eq!(bearer(other), None, "{other:?}");
        }
    }

    fn new<'a>(token: &'a str, project_id: u32) -> New<'a> {
        New { token, project_id, scopes: ARTIFACTS_WRITE, label: "CI", made_by: "Jo" }
    }

    #[test]
    fn a_token_is_good_by_its_secret_until_it_is_revoked() {
        let db = TestDb::with_project();
        db.batch(&[create(&new("sntrys_e30=_secret", 1), 1), create(&new("other", 0), 2)]);
        let found = |token| db.rows(&holder(token));
        assert_eq!(found("sntrys_another url_secret"), [["1", "artifacts:write", "CI"]]);
        assert_eq!(found("secret"), [["1", "artifacts:write", "CI"]]);
        assert_eq!(found("other")[0][0], "0");
        assert!(found("sntrys_e30=_").is_empty());
        assert!(found("Secret").is_empty());
        let id = db.rows(&list(1))[0][0].clone();
        assert_eq!(id, id_of("secret"));
        db.batch(&[revoke(2, &id, 3)]);
        assert!(!found("secret").is_empty(), "another project's");
        db.batch(&[revoke(1, &id, 4), revoke(1, &id, 5)]);
        assert!(found("secret").is_empty());
        let listed = db.rows(&list(1));
        assert_eq!(
            (listed[0][6].as_str(), listed[1][6].as_str()),
            ("null", "4"),
            "revoked ones last"
        );
        assert_eq!(db.rows(&list(7)).len(), 1, "that of all projects");
    }

    #[test]
    fn there_is_a_bounded_number_of_tokens() {
        let db = TestDb::with_project();
        for number in 0..MAX_TOKENS + 3 {
            db.batch(&[create(&new(&number.to_string(), 1), 1)]);
        }
        assert_eq!(db.number("SELECT count(*) FROM api_token"), i64::from(MAX_TOKENS));
    }
}
