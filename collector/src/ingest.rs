//! `POST /api/{project}/envelope/`: what a page or an SDK sends, from bytes to one D1 batch.
//!
//! In this order: size → inflate → envelope → key → origin → decode → fingerprints → plan → batch → `200 {"id"}`.
//! Refusals are one enum; every answer is JSON and readable across origins.

use serde::{Deserialize, Serialize};
use trapline_core::client_report::{self, Discarded};
use trapline_core::decode::{self, Received};
use trapline_core::envelope::{self, Envelope};
use trapline_core::inflate::inflate;
use trapline_core::limits::{MAX_ENVELOPE, MAX_INFLATED};
use trapline_core::origin::is_allowed;
use worker::Response;

use crate::key::{KnownKey, key, known_key};
use crate::memory::keep;
use crate::plan::{Commit, Digested, Sender, digest, short_hash, stored};
use crate::refused::{Refused, across_origins, refusal};
use crate::request::{Body, Incoming};
use crate::store::{Budget, Store};
use crate::{outcome, queue, reply};

/// Answers an envelope.
pub async fn envelope(incoming: &mut Incoming, project: &str) -> Response {
    match accept(incoming, project).await {
        Ok(id) => across_origins(reply::json(200, &Accepted { id })),
        Err(refused) => {
            if let (Some((outcome, reason, detail)), Ok(project_id)) =
                (refused.outcome(), project.parse())
            {
                outcome::count(incoming, project_id, outcome, reason, &detail);
            }
            refusal(&refused, incoming.now_ms)
        }
    }
}

/// `OPTIONS`: our agent needs none; SDKs that send `X-Sentry-Auth` do.
pub fn preflight() -> Response {
    let response = reply::with_headers(
        reply::text(200, ""),
        &[
            ("access-control-allow-methods", "POST"),
            (
                "access-control-allow-headers",
                "authorization, content-encoding, content-type, x-sentry-auth",
            ),
            ("access-control-max-age", "86400"),
        ],
    );
    across_origins(response)
}

#[derive(Serialize)]
struct Accepted {
    id: Option<String>,
}

async fn accept(incoming: &mut Incoming, project: &str) -> Result<Option<String>, Refused> {
    let body = match incoming.body(MAX_ENVELOPE).await {
        Body::Whole(body) => body,
        Body::TooLarge => return Err(Refused::TooLarge { limit: MAX_ENVELOPE }),
        Body::Broken => return Err(Refused::Body),
    };
    let encoding = incoming.header("content-encoding");
    let inflated = inflate(&body, encoding.as_deref(), MAX_INFLATED)?;
    let envelope = envelope::parse(&inflated)?;
    let key = known_key(incoming, &key(incoming, &envelope)?).await?;
    if project.parse() != Ok(key.project_id) {
        return Err(Refused::WrongProject { project: project.to_owned() });
    }
    check_origin(incoming, &key)?;
    let digested = digested(incoming, &envelope, key.project_id)?;
    let id = digested.first().map(|digested| digested.event_id().to_owned()).or(envelope.event_id);
    let sender = sender(incoming, &key.visitor_salt);
    let commit = Commit { project_id: key.project_id, nonce: 0, now_ms: incoming.now_ms, sender };
    let mut waiting = Vec::new();
    for digested in &digested {
        if !queue::send(&incoming.env, key.database, digested, &commit).await {
            waiting.push(digested);
        }
    }
    store(incoming, key.database, &waiting, &commit).await?;
    Ok(id)
}

/// Into the database, one after another. An envelope of many events may take more queries than a request has: then the
/// sender is asked to come again, and what was stored before is left out.
async fn store(
    incoming: &Incoming,
    database: u32,
    events: &[&Digested],
    commit: &Commit,
) -> Result<(), Refused> {
    if events.is_empty() {
        return Ok(());
    }
    let store = Store::open_database(&incoming.env, database, incoming.now_ms).await?;
    let stored = match events {
        [_] => Vec::new(),
        several => store.read(&stored(commit.project_id, several)).await?.all::<Stored>()?,
    };
    let budget = Budget::of_a_request();
    for (index, digested) in events.iter().enumerate() {
        if !stored.iter().any(|stored| stored.position == index) {
            keep(&store, &budget, digested, commit).await?;
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Stored {
    position: usize,
}

/// A sender without an origin is no page: it passes.
fn check_origin(incoming: &Incoming, key: &KnownKey) -> Result<(), Refused> {
    match incoming.header("origin") {
        Some(origin) if !is_allowed(&key.allowed_origins, &origin) => {
            Err(Refused::Origin { origin })
        }
        _ => Ok(()),
    }
}

/// The events of an envelope. One that cannot be read does not harm its neighbours; if none can, the first is named.
fn digested(
    incoming: &Incoming,
    envelope: &Envelope,
    project_id: u32,
) -> Result<Vec<Digested>, Refused> {
    let user_agent = incoming.header("user-agent");
    let received = Received {
        now_ms: incoming.now_ms,
        event_id: envelope.event_id.as_deref(),
        user_agent: user_agent.as_deref(),
    };
    for item in &envelope.items {
        match item.kind.as_str() {
            "event" => {}
            "client_report" => count_discarded(incoming, project_id, item.payload),
            kind => outcome::count(incoming, project_id, "dropped", "unsupported_item", kind),
        }
    }
    let mut events = Vec::new();
    let mut unreadable = None;
    for (index, item) in envelope.items.iter().enumerate().filter(|(_, item)| item.kind == "event")
    {
        match decode::event(item.payload, &received) {
            Ok(event) => events.push(digest(project_id, event)),
            Err(reason) => {
                unreadable.get_or_insert(Refused::Item { item: index + 1, reason });
            }
        }
    }
    match unreadable {
        Some(refused) if events.is_empty() => Err(refused),
        _ => Ok(events),
    }
}

/// What the sender says that it did not send.
fn count_discarded(incoming: &Incoming, project_id: u32, payload: &[u8]) {
    for Discarded { reason, category, quantity } in client_report::parse(payload) {
        let outcome = ("discarded", reason);
        outcome::count_many(incoming, project_id, outcome, &category, quantity);
    }
}

/// What the connection says of who sent it.
fn sender(incoming: &Incoming, salt: &str) -> Sender {
    let country = incoming.header("cf-ipcountry").filter(|country| country.len() == 2);
    Sender { visitor: visitor(incoming, salt), country: country.unwrap_or_default() }
}

/// Stands for a sender without a user: a hash of address and user agent, keyed by the deployment and the month, so
/// that it can neither be traced back nor followed from one month to the next.
fn visitor(incoming: &Incoming, salt: &str) -> Option<[u8; 8]> {
    let address = incoming.header("cf-connecting-ip")?;
    let agent = incoming.header("user-agent").unwrap_or_default();
    let month = decode::rfc3339_of(incoming.now_ms);
    Some(short_hash(&[salt, month.get(..7).unwrap_or_default(), &address, &agent]))
}
