//! Who is signed in: 160-bit keys, shown once and stored hashed; one-time links; sessions.
//!
//! There are no passwords: hashing them well does not fit a Worker's CPU time, and a random key of 160 bits needs
//! only one SHA-256.

use serde::Deserialize;
use sha2::{Digest, Sha256};
use trapline_core::fingerprint::hex;
use worker::Response;

use crate::artifacts::token::{self, Holder};
use crate::failure::Failure;
use crate::people::{Role, Viewer};
use crate::request::{Incoming, field};
use crate::sql::Statement;
use crate::store::Store;
use crate::view::SignInPage;
use crate::{pages, random, reply};

/// Thirty days.
const SESSION_LIFE_MS: i64 = 30 * 24 * 3_600_000;

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
    fn viewer(self, csrf: String) -> Viewer {
        // What is no list names no project.
        let listed = || serde_json::from_slice(self.projects.as_bytes()).unwrap_or_default();
        Viewer {
            id: self.id,
            role: Role::of(self.role),
            projects: (!self.projects.is_empty()).then(listed),
            name: self.name,
            csrf,
        }
    }
}

/// Who sent the request.
pub async fn viewer(incoming: &Incoming, store: &Store) -> Result<Viewer, Failure> {
    if let Some(token) = program_token(incoming) {
        return program(store, &token).await;
    }
    let token = incoming.cookie(cookie_name(incoming)).ok_or(Failure::SignedOut)?;
    let statement = session_statement(&token, incoming.now_ms);
    let row: PersonRow = store.read(&statement).await?.first()?.ok_or(Failure::SignedOut)?;
    Ok(row.viewer(csrf_of(&token)))
}

/// The token of a program that uses the JSON API. Nothing else is open to tokens here.
fn program_token(incoming: &Incoming) -> Option<String> {
    let authorization = incoming.header("authorization")?;
    let is_api = incoming.url.path().starts_with("/api/0/");
    Some(token::bearer(&authorization).filter(|_| is_api)?.to_owned())
}

async fn program(store: &Store, sent: &str) -> Result<Viewer, Failure> {
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

/// Refuses what another site posts: browsers name the origin of every `POST`.
pub fn check_origin(incoming: &Incoming) -> Result<(), Failure> {
    match incoming.header("origin") {
        Some(origin) if origin != incoming.origin() => Err(Failure::Forged),
        _ => Ok(()),
    }
}

fn csrf_of(token: &str) -> String {
    let mut csrf = hex(&hash(&format!("csrf {token}")));
    csrf.truncate(32);
    csrf
}

/// `__Host-` forbids a sibling domain to set the cookie; it needs https, which local development has not.
fn cookie_name(incoming: &Incoming) -> &'static str {
    if incoming.url.scheme() == "https" { "__Host-trapline" } else { "trapline" }
}

fn with_cookie(incoming: &Incoming, response: Response, token: &str, max_age_s: i64) -> Response {
    let name = cookie_name(incoming);
    let secure = if incoming.url.scheme() == "https" { "; Secure" } else { "" };
    let cookie =
        format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}");
    reply::with_headers(response, &[("set-cookie", &cookie)])
}

/// The page with the field for a key.
pub fn sign_in_page(incoming: &Incoming, error: Option<&str>) -> Result<Response, Failure> {
    let next = incoming.query("next").unwrap_or_default();
    let page =
        SignInPage { next: reply::local_path(&next).to_owned(), error: error.map(str::to_owned) };
    let status = if error.is_some() { 403 } else { 200 };
    Ok(reply::page(status, pages::sign_in(&page)?))
}

/// `POST /sign-in` with `key` and `next`.
pub async fn sign_in(incoming: &mut Incoming) -> Result<Response, Failure> {
    check_origin(incoming)?;
    let form = incoming.form().await;
    let next = reply::local_path(field(&form, "next")).to_owned();
    let secret = field(&form, "key").trim().to_owned();
    match start_session(incoming, &secret).await? {
        Some(token) => {
            Ok(with_cookie(incoming, reply::redirect(&next), &token, SESSION_LIFE_MS / 1_000))
        }
        None => {
            // One answer for every wrong key.
            let error =
                Some("This key does not sign in. It may have been revoked or mistyped.".into());
            let page = SignInPage { next, error };
            Ok(reply::page(403, pages::sign_in(&page)?))
        }
    }
}

/// Adds a new session to an answer, for whoever holds `secret`.
pub async fn with_session(
    incoming: &Incoming,
    response: Response,
    secret: &str,
) -> Result<Response, Failure> {
    let token = start_session(incoming, secret).await?.ok_or(Failure::SignedOut)?;
    Ok(with_cookie(incoming, response, &token, SESSION_LIFE_MS / 1_000))
}

/// `GET /sign-in/{token}`: works once.
pub async fn sign_in_by_link(incoming: &Incoming, token: &str) -> Result<Response, Failure> {
    let next = incoming.query("next").unwrap_or_default();
    match start_session(incoming, token).await? {
        Some(session) => {
            let response = reply::redirect(reply::local_path(&next));
            Ok(with_cookie(incoming, response, &session, SESSION_LIFE_MS / 1_000))
        }
        None => sign_in_page(incoming, Some("This link was used before or is too old.")),
    }
}

/// Ends the session here and in the browser.
pub async fn sign_out(incoming: &mut Incoming) -> Result<Response, Failure> {
    let form = incoming.form().await;
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    let viewer = viewer(incoming, &store).await?;
    check_form(incoming, &viewer, &form)?;
    if let Some(token) = incoming.cookie(cookie_name(incoming)) {
        store.write(|_| vec![Statement::new(END_SESSION, [hash(&token).into()])]).await?;
    }
    Ok(with_cookie(incoming, reply::redirect("/sign-in"), "", 0))
}

const END_SESSION: &str = "DELETE FROM session WHERE hash = ?1";

/// A session for a key or link that is still good, in one batch: a link that two requests carry at once signs in
/// one of them.
const START_SESSION: &str = "
    INSERT INTO session (hash, person_id, created_ms, expires_ms)
    SELECT ?1, person_id, ?3, ?4 FROM sign_in WHERE hash = ?2 AND expires_ms > ?3
    ON CONFLICT DO NOTHING";

const USE_LINK: &str = "DELETE FROM sign_in WHERE hash = ?1 AND is_link = 1";

const HAS_SESSION: &str = "SELECT count(*) AS sessions FROM session WHERE hash = ?1";

async fn start_session(incoming: &Incoming, secret: &str) -> Result<Option<String>, Failure> {
    #[derive(Deserialize)]
    struct Row {
        sessions: u32,
    }
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    // The token stays the same over retries: a link that a lost answer used up still signs in.
    let token = random::token();
    let expires_ms = incoming.now_ms + SESSION_LIFE_MS;
    let rows = store
        .write(|_| {
            let session = hash(&token);
            let args = [
                session.clone().into(),
                hash(secret).into(),
                incoming.now_ms.into(),
                expires_ms.into(),
            ];
            vec![
                Statement::new(START_SESSION, args),
                Statement::new(USE_LINK, [hash(secret).into()]),
                Statement::new(HAS_SESSION, [session.into()]),
            ]
        })
        .await?;
    let started = rows.last().map(|rows| rows.first::<Row>()).transpose()?.flatten();
    Ok(started.filter(|row| row.sessions == 1).map(|_| token))
}
