//! `/sign-in` and `/sign-out`: a key, a link that works once, Cloudflare Access. Each sign-in makes a session with a token of its
//! own: what a browser brought along before is never taken over.

use serde::Deserialize;
use worker::Response;

use super::{
    SESSION_LIFE_MS, address, check_form, check_origin, device, hash, is_sent_elsewhere,
    session_token, viewer, with_cookie,
};
use crate::access::{self, Access, Around};
use crate::failure::Failure;
use crate::request::{Incoming, field};
use crate::sql::Statement;
use crate::store::Store;
use crate::view::SignInPage;
use crate::{attempts, audit, pages, random, reply};

/// A day: who is no longer let in by Access does not stay longer.
const ACCESS_LIFE_MS: i64 = 24 * 3_600_000;

/// One answer for every wrong key.
const WRONG: &str = "This key does not sign in. It may have been revoked or mistyped.";

/// `GET /sign-in` with `next`: the page with the field for a key. Whom Cloudflare Access brings is signed in at once, unless
/// they have just signed out (`left`).
pub async fn page(incoming: &Incoming) -> Result<Response, Failure> {
    let next = incoming.query("next").unwrap_or_default();
    let next = reply::local_path(&next).to_owned();
    let Some(access) = Access::of(incoming) else {
        return shown(200, &SignInPage { next, ..SignInPage::default() });
    };
    let token = incoming.header("cf-access-jwt-assertion");
    let error = match token.filter(|_| incoming.query("left").is_none()) {
        None => None,
        Some(token) => match by_access(incoming, &access, &token).await? {
            Ok(session) => {
                let response = reply::redirect(&next);
                return Ok(with_cookie(incoming, response, &session, ACCESS_LIFE_MS / 1_000));
            }
            Err(error) => Some(error),
        },
    };
    let status = if error.is_some() { 403 } else { 200 };
    shown(status, &SignInPage { next, error, access: true, ..SignInPage::default() })
}

/// The token of a session, or why there is none, in words.
async fn by_access(
    incoming: &Incoming,
    access: &Access,
    token: &str,
) -> Result<Result<String, String>, Failure> {
    let now_ms = incoming.now_ms;
    let email = match access::email(access, token, now_ms).await {
        Ok(email) => email,
        Err(refused) => {
            return Ok(Err(format!("Cloudflare Access does not sign you in: {refused}.")));
        }
    };
    let (session, device, address) = (random::token(), device(incoming), address(incoming));
    let expires_ms = now_ms + ACCESS_LIFE_MS;
    let around = Around { now_ms, expires_ms, device: &device, address: &address };
    let statements = access::begin(access, &email, &hash(&session), &around);
    let store = Store::open(&incoming.env, now_ms).await?;
    Ok(match began(&store, &statements).await? {
        true => Ok(session),
        false => Err(format!(
            "Cloudflare Access says that you are {email}, and nobody here has that mail address. Ask an administrator to \
             add it to you under Settings, People."
        )),
    })
}

fn shown(status: u16, page: &SignInPage) -> Result<Response, Failure> {
    Ok(reply::page(status, pages::sign_in(page)?))
}

/// `POST /sign-in` with `key` and `next`.
pub async fn form(incoming: &mut Incoming) -> Result<Response, Failure> {
    check_origin(incoming)?;
    attempts::check(incoming)?;
    let form = incoming.form().await;
    let next = reply::local_path(field(&form, "next")).to_owned();
    let secret = field(&form, "key").trim().to_owned();
    if let Some(token) = start_session(incoming, &secret).await? {
        return Ok(with_cookie(incoming, reply::redirect(&next), &token, SESSION_LIFE_MS / 1_000));
    }
    attempts::failed(incoming).await;
    shown(403, &SignInPage { next, error: Some(WRONG.to_owned()), ..SignInPage::default() })
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

/// `GET /sign-in/{token}`: works once. Where another site leads to it, a button has to be pressed: else that site could sign
/// somebody in as somebody else.
pub async fn link_page(incoming: &Incoming, token: &str) -> Result<Response, Failure> {
    let next = incoming.query("next").unwrap_or_default();
    let next = reply::local_path(&next).to_owned();
    if is_sent_elsewhere(incoming) {
        let link = Some(token.to_owned());
        return shown(200, &SignInPage { next, link, ..SignInPage::default() });
    }
    attempts::check(incoming)?;
    if let Some(session) = start_session(incoming, token).await? {
        return Ok(with_cookie(
            incoming,
            reply::redirect(&next),
            &session,
            SESSION_LIFE_MS / 1_000,
        ));
    }
    attempts::failed(incoming).await;
    let error = Some("This link was used before or is too old.".to_owned());
    shown(403, &SignInPage { next, error, ..SignInPage::default() })
}

/// Ends the session here and in the browser.
pub async fn sign_out(incoming: &mut Incoming) -> Result<Response, Failure> {
    let form = incoming.form().await;
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    let viewer = viewer(incoming, &store).await?;
    check_form(incoming, &viewer, &form)?;
    if let Some(token) = session_token(incoming) {
        store.write(|_| vec![Statement::new(END_SESSION, [hash(&token).into()])]).await?;
    }
    Ok(with_cookie(incoming, reply::redirect("/sign-in?left=yes"), "", 0))
}

const END_SESSION: &str = "DELETE FROM session WHERE hash = ?1";

/// A session for a key or link that is still good, in one batch: a link that two requests carry at once signs in
/// one of them.
const START_SESSION: &str = "
    INSERT INTO session (hash, person_id, created_ms, expires_ms, device, address)
    SELECT ?1, person_id, ?3, ?4, ?5, ?6 FROM sign_in WHERE hash = ?2 AND expires_ms > ?3
    ON CONFLICT DO NOTHING";

const USE_LINK: &str = "DELETE FROM sign_in WHERE hash = ?1 AND is_link = 1";

/// Primary key of `session`.
const HAS_SESSION: &str = "SELECT count(*) AS sessions FROM session WHERE hash = ?1";

/// Tells as `sessions` whether a session with this hash is there.
pub fn has_session(hash: &[u8]) -> Statement {
    Statement::new(HAS_SESSION, [hash.into()])
}

async fn start_session(incoming: &Incoming, secret: &str) -> Result<Option<String>, Failure> {
    let (now_ms, address, device) = (incoming.now_ms, address(incoming), device(incoming));
    // The token stays the same over retries: a link that a lost answer used up still signs in.
    let token = random::token();
    let session = hash(&token);
    let args = [
        session.clone().into(),
        hash(secret).into(),
        now_ms.into(),
        (now_ms + SESSION_LIFE_MS).into(),
        device.into(),
        address.as_str().into(),
    ];
    let statements = [
        Statement::new(START_SESSION, args),
        audit::note_session(&session, now_ms, &address, "signed in"),
        Statement::new(USE_LINK, [hash(secret).into()]),
        has_session(&session),
    ];
    let store = Store::open(&incoming.env, now_ms).await?;
    Ok(began(&store, &statements).await?.then_some(token))
}

/// Runs statements of which the last one tells as `sessions` whether a session is there.
pub async fn began(store: &Store, statements: &[Statement]) -> Result<bool, Failure> {
    #[derive(Deserialize)]
    struct Row {
        sessions: u32,
    }
    let rows = store.write(|_| statements.to_vec()).await?;
    let row: Option<Row> = rows.last().map(|rows| rows.first()).transpose()?.flatten();
    Ok(row.is_some_and(|row| row.sessions == 1))
}
