//! Who is signed in: 160-bit keys, shown once and stored hashed; one-time links; sessions.
//!
//! There are no passwords: hashing them well does not fit a Worker's CPU time, and a random key of 160 bits needs
//! only one SHA-256.

mod sign_in;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use trapline_core::fingerprint::hex;
use trapline_core::json;
use trapline_core::user_agent;
use worker::Response;

use crate::artifacts::token::{self, Holder};
use crate::failure::Failure;
use crate::people::{Role, Viewer};
use crate::request::{Incoming, field};
use crate::sql::Statement;
use crate::store::Store;
use crate::{random, reply};

pub use sign_in::{began, form, has_session, link_page, page, sign_out, with_session};

/// Thirty days.
pub const SESSION_LIFE_MS: i64 = 30 * 24 * 3_600_000;

/// A key lasts until it is revoked: a hundred years.
pub const KEY_LIFE_MS: i64 = 100 * 365 * 24 * 3_600_000;

/// What is stored of a secret.
pub fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// Primary keys of `session` and `person`.
const SESSION: &str = "
    SELECT person.id, person.name, person.role, person.projects FROM session JOIN person ON person.id = session.person_id
    WHERE session.hash = ?1 AND session.expires_ms > ?2";

/// Gives back a [`PersonRow`]: whoever has a session.
pub fn session_statement(token: &str, now_ms: i64) -> Statement {
    Statement::new(SESSION, [hash(token).into(), now_ms.into()])
}

/// A person.
#[derive(Clone, Debug, Deserialize)]
pub struct PersonRow {
    id: u32,
    name: String,
    role: i64,
    projects: String,
}

impl PersonRow {
    fn viewer(self, csrf: String, address: String) -> Viewer {
        // What is no list names no project.
        let listed = || json::from_slice(self.projects.as_bytes()).unwrap_or_default();
        Viewer {
            id: self.id,
            role: Role::of(self.role),
            projects: (!self.projects.is_empty()).then(listed),
            name: self.name,
            csrf,
            address,
        }
    }
}

/// Who sent the request.
pub async fn viewer(incoming: &Incoming, store: &Store) -> Result<Viewer, Failure> {
    if let Some(token) = program_token(incoming) {
        return program(incoming, store, &token).await;
    }
    let token = session_token(incoming).ok_or(Failure::SignedOut)?;
    let statement = session_statement(&token, incoming.now_ms);
    let row: PersonRow = store.read(&statement).await?.first()?.ok_or(Failure::SignedOut)?;
    Ok(row.viewer(csrf_of(&token), address(incoming)))
}

/// Whence the request comes; empty if there is no network between.
pub fn address(incoming: &Incoming) -> String {
    incoming.address().unwrap_or_default()
}

/// What is stored of the request's session; empty if it has none.
pub fn session_hash(incoming: &Incoming) -> Vec<u8> {
    session_token(incoming).map(|token| hash(&token)).unwrap_or_default()
}

/// `Firefox 133 on Windows`, as far as the browser says.
pub fn device(incoming: &Incoming) -> String {
    let device = user_agent::parse(&incoming.header("user-agent").unwrap_or_default());
    let browser = format!("{} {}", device.browser.name, device.browser.version);
    match device.os.name.as_str() {
        "" => browser.trim().to_owned(),
        os => format!("{} on {os}", browser.trim()).trim().to_owned(),
    }
}

/// The token of a program that uses the JSON API. Nothing else is open to tokens here.
fn program_token(incoming: &Incoming) -> Option<String> {
    let authorization = incoming.header("authorization")?;
    let is_api = incoming.url.path().starts_with("/api/0/");
    Some(token::bearer(&authorization).filter(|_| is_api)?.to_owned())
}

async fn program(incoming: &Incoming, store: &Store, sent: &str) -> Result<Viewer, Failure> {
    let holder: Option<Holder> = store.read(&token::holder(sent)).await?.first()?;
    let holder = holder.ok_or(Failure::Token("the token is not known here, or was revoked"))?;
    let role = holder.role().ok_or_else(|| {
        Failure::Scope(format!("the token has not the scope {}", token::PROJECT_READ))
    })?;
    Ok(Viewer {
        id: 0,
        role,
        projects: (holder.project_id != 0).then(|| vec![holder.project_id]),
        name: holder.label,
        // It sends no forms.
        csrf: random::token(),
        address: address(incoming),
    })
}

/// Refuses a form that another site sent in the viewer's name.
pub fn check_form(
    incoming: &Incoming,
    viewer: &Viewer,
    form: &[(String, String)],
) -> Result<(), Failure> {
    check_origin(incoming)?;
    if field(form, "csrf") == viewer.csrf { Ok(()) } else { Err(Failure::Forged) }
}

/// Refuses what another site posts: browsers name the origin of every `POST`, and say whether it is the same.
pub fn check_origin(incoming: &Incoming) -> Result<(), Failure> {
    match incoming.header("origin") {
        Some(origin) if origin != incoming.origin() => Err(Failure::Forged),
        _ if is_sent_elsewhere(incoming) => Err(Failure::Forged),
        _ => Ok(()),
    }
}

/// Whether a page of another origin made the browser ask: `none` is what somebody typed or opened from elsewhere.
fn is_sent_elsewhere(incoming: &Incoming) -> bool {
    let site = incoming.header("sec-fetch-site");
    site.is_some_and(|site| site != "same-origin" && site != "none")
}

fn csrf_of(token: &str) -> String {
    let mut csrf = hex(&hash(&format!("csrf {token}")));
    csrf.truncate(32);
    csrf
}

/// `__Host-` forbids a sibling domain to set the cookie; it needs https, which local development has not.
fn cookie_name(scheme: &str) -> &'static str {
    if scheme == "https" { "__Host-trapline" } else { "trapline" }
}

/// The token of the request's session.
fn session_token(incoming: &Incoming) -> Option<String> {
    incoming.cookie(cookie_name(incoming.url.scheme()))
}

/// Adds a session's cookie to an answer.
pub fn with_cookie(
    incoming: &Incoming,
    response: Response,
    token: &str,
    max_age_s: i64,
) -> Response {
    let cookie = cookie(incoming.url.scheme(), token, max_age_s);
    reply::with_headers(response, &[("set-cookie", &cookie)])
}

fn cookie(scheme: &str, token: &str, max_age_s: i64) -> String {
    let (name, secure) = (cookie_name(scheme), if scheme == "https" { "; Secure" } else { "" });
    format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}")
}

#[cfg(test)]
mod tests {
    use super::{cookie, csrf_of};

    #[test]
    fn a_cookie_is_out_of_reach_of_scripts_and_other_hosts() {
        let parts = |text: String| text.split("; ").map(str::to_owned).collect::<Vec<_>>();
        let secure = parts(cookie("https", "t", 7));
        let expected =
            ["__Host-trapline=t", "Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=7", "Secure"];
        assert_eq!(secure, expected, "what __Host- asks for: Secure, Path=/, no Domain");
        assert_eq!(parts(cookie("http", "t", 0))[..3], ["trapline=t", "Path=/", "HttpOnly"]);
    }

    #[test]
    fn a_forms_token_belongs_to_one_session_and_does_not_tell_it() {
        let (one, other) = (csrf_of("session one"), csrf_of("session other"));
        assert_ne!(one, other);
        assert_eq!((one.len(), csrf_of("session one")), (32, one));
    }
}
