//! What a page or an SDK sends, from bytes to one D1 batch.
//!
//! ```text
//! POST /api/{project}/envelope/              an envelope
//! POST /api/{project}/store/                 one event, as old SDKs send it
//! POST /api/{project}/security/, /csp-report/    reports that browsers send by themselves
//! ```
//!
//! In this order: key and origin, where they stand outside the body → size → inflate → envelope → key and origin → rate →
//! quotas → items → batch → `200 {"id"}`. Whatever can be refused is refused before more is done for it. Refusals are one
//! enum; every answer is JSON and readable across origins.

mod answer;
mod others;
mod sender;

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use trapline_core::envelope::{self, Envelope, Item};
use trapline_core::limits::{MAX_ENVELOPE, MAX_INFLATED};
use trapline_core::origin::is_allowed;
use worker::Response;

use crate::alert;
use crate::artifacts::digest;
use crate::auth::{self, Named, Places};
use crate::inflate::inflate;
use crate::key::{KnownKey, known_key};
use crate::memory::keep;
use crate::outcome::{self, Ended};
use crate::pipeline::{Context, Judged, judge};
use crate::plan::{Commit, Digested, stored};
use crate::refused::{Refused, Wait};
use crate::report::{self, Told};
use crate::request::{Body, Incoming};
use crate::store::{Budget, Store};
use crate::symbolicate::{Symbolicator, late};
use crate::{queue, quota, random, rate, reply};
use answer::{across_origins, limits, refusal};
use sender::{Hints, sender};

pub use answer::preflight;

/// What a path takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Envelopes.
    Envelope,
    /// One event as JSON.
    Store,
    /// Reports of browsers.
    Security,
}

impl Endpoint {
    /// Of the last part of a path.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "envelope" => Some(Endpoint::Envelope),
            "store" => Some(Endpoint::Store),
            "security" | "csp-report" => Some(Endpoint::Security),
            _ => None,
        }
    }
}

/// Answers what was posted.
pub async fn take(incoming: &mut Incoming, project: &str, endpoint: Endpoint) -> Response {
    let mut attempt = Attempt { project: project.parse().ok(), items: 1 };
    match accept(incoming, project, endpoint, &mut attempt).await {
        Ok(accepted) => {
            outcome::see_to(incoming);
            let response = across_origins(reply::json(200, &Id { id: accepted.id }));
            match accepted.wait {
                Some(wait) => limits(response, &wait),
                None => response,
            }
        }
        Err(refused) => {
            if let (Some(ended), Some(project_id)) =
                (ended(&refused, attempt.items), attempt.project)
            {
                outcome::count(incoming, project_id, ended);
            }
            refusal(&refused, incoming.now_ms)
        }
    }
}

/// What is known of a request before it is refused.
struct Attempt {
    project: Option<u32>,
    items: u32,
}

fn ended(refused: &Refused, items: u32) -> Option<Ended> {
    let (outcome, reason, detail) = refused.outcome()?;
    Some(Ended { outcome, reason, detail, quantity: items })
}

#[derive(Serialize)]
struct Id {
    id: Option<String>,
}

struct Accepted {
    id: Option<String>,
    /// Some events were over a limit.
    wait: Option<Wait>,
}

async fn accept(
    incoming: &mut Incoming,
    project: &str,
    endpoint: Endpoint,
    attempt: &mut Attempt,
) -> Result<Accepted, Refused> {
    let named = auth::of_request(&places(incoming))?;
    if let Some(named) = &named {
        let key = known(incoming, project, named).await?;
        check_origin(incoming, &key, endpoint)?;
    }
    let body = match incoming.body(MAX_ENVELOPE).await {
        Body::Whole(body) => body,
        Body::TooLarge => return Err(Refused::TooLarge { limit: MAX_ENVELOPE }),
        Body::Broken => return Err(Refused::Body),
        Body::Endless => return Err(Refused::Endless),
    };
    let encoding = incoming.header("content-encoding");
    let inflated = inflate(&body, encoding.as_deref(), MAX_INFLATED)?;
    let reports = match endpoint {
        Endpoint::Security => report::events(&inflated, &told(incoming), random::public_key)?,
        _ => Vec::new(),
    };
    let envelope = match endpoint {
        Endpoint::Envelope => envelope::parse(&inflated)?,
        Endpoint::Store => of_events([&*inflated]),
        Endpoint::Security => of_events(reports.iter().map(Vec::as_slice)),
    };
    attempt.items = u32::try_from(envelope.items.len()).unwrap_or(u32::MAX).max(1);
    let named = auth::with_envelope(named, envelope.dsn.as_deref())?;
    let key = known(incoming, project, &named).await?;
    match endpoint {
        Endpoint::Security => check_reports(&key, &reports)?,
        _ => check_origin(incoming, &key, endpoint)?,
    }
    rate::check(incoming, key.project_id).await?;
    admit(incoming, &key, &envelope).await
}

fn of_events<'a>(payloads: impl IntoIterator<Item = &'a [u8]>) -> Envelope<'a> {
    let item = |payload| Item { kind: "event".to_owned(), payload };
    Envelope { items: payloads.into_iter().map(item).collect(), ..Envelope::default() }
}

fn places(incoming: &Incoming) -> Places {
    Places {
        query: incoming.queries("sentry_key"),
        sentry_auth: incoming.header("x-sentry-auth"),
        authorization: incoming.header("authorization"),
    }
}

fn told(incoming: &Incoming) -> Told {
    Told {
        now_ms: incoming.now_ms,
        release: incoming.query("sentry_release"),
        environment: incoming.query("sentry_environment"),
    }
}

/// What the key says, if it is one of the project in the path.
async fn known(incoming: &Incoming, project: &str, named: &Named) -> Result<Rc<KnownKey>, Refused> {
    let key = known_key(incoming, &named.key).await?;
    let wrong = || Refused::WrongProject { project: project.to_owned() };
    if project.parse() != Ok(key.project_id) {
        return Err(wrong());
    }
    match named.project_id {
        Some(project_id) if project_id != key.project_id => Err(wrong()),
        _ => Ok(key),
    }
}

fn check_origin(incoming: &Incoming, key: &KnownKey, endpoint: Endpoint) -> Result<(), Refused> {
    match incoming.header("origin") {
        // Of reports, the page that they tell of counts: browsers leave the origin out, or call it null.
        _ if endpoint == Endpoint::Security => Ok(()),
        Some(origin) if !is_allowed(&key.allowed_origins, &origin) => Err(refused(key, origin)),
        None if !key.settings.allow_without_origin => Err(Refused::NoOrigin),
        _ => Ok(()),
    }
}

fn check_reports(key: &KnownKey, reports: &[Vec<u8>]) -> Result<(), Refused> {
    for report in reports {
        let origin = report::origin_of(report).unwrap_or_else(|| "null".into());
        if !is_allowed(&key.allowed_origins, &origin) {
            return Err(refused(key, origin));
        }
    }
    Ok(())
}

/// What its owner has blocked is not counted.
fn refused(key: &KnownKey, origin: String) -> Refused {
    match key.settings.blocked_origins.contains(&origin) {
        true => Refused::Blocked { origin },
        false => Refused::Origin { origin },
    }
}

/// Limits, items, batch: the key is good.
async fn admit(
    incoming: &Incoming,
    key: &KnownKey,
    envelope: &Envelope<'_>,
) -> Result<Accepted, Refused> {
    let (project_id, settings, now_ms) = (key.project_id, &key.settings, incoming.now_ms);
    let full = quota::reached(project_id, settings, now_ms);
    let mut judged = judged(incoming, key, envelope, full.is_some());
    for ended in judged.ended.drain(..) {
        outcome::count(incoming, project_id, ended);
    }
    if let Some(refused) = judged.unreadable {
        return Err(refused);
    }
    if let (Some(reached), true) = (full, judged.left_out > 0) {
        outcome::count(incoming, project_id, Ended::limited(&reached, judged.left_out));
        return Err(Refused::OverQuota(reached));
    }
    let wanted = u32::try_from(judged.events.len()).unwrap_or(u32::MAX);
    let (taken, reached) = quota::take(project_id, settings, wanted, now_ms);
    judged.events.truncate(usize::try_from(taken).unwrap_or(usize::MAX));
    if let Some(reached) = &reached {
        outcome::count(incoming, project_id, Ended::limited(reached, wanted - taken));
        if taken == 0 {
            return Err(Refused::OverQuota(*reached));
        }
    }
    if let Err(refused) = write(incoming, key, &judged.events).await {
        quota::give_back(project_id, taken, now_ms);
        return Err(refused);
    }
    // After the events: they come first, whatever becomes of the rest.
    let reserved = others::write(incoming, key, &judged).await?;
    if quota::due(project_id, settings, now_ms) {
        incoming.context.wait_until(quota::write(incoming.env.clone(), project_id, now_ms));
    }
    let id = judged.first_id.or_else(|| envelope.event_id.clone());
    Ok(Accepted { id, wait: reached.as_ref().map(Wait::of).or(reserved) })
}

/// Decoding is the dear part: where there is no room for events, they are left out before.
fn judged(incoming: &Incoming, key: &KnownKey, envelope: &Envelope<'_>, is_full: bool) -> Judged {
    let hints = Hints::of(incoming);
    let (user_agent, address) = (incoming.header("user-agent"), incoming.address());
    let country = incoming.country();
    let context = Context {
        now_ms: incoming.now_ms,
        project_id: key.project_id,
        settings: &key.settings,
        rules: &key.rules,
        event_id: envelope.event_id.as_deref(),
        sent_at: envelope.sent_at.as_deref(),
        user_agent: user_agent.as_deref(),
        client_hints: hints.borrowed(),
        country: country.as_deref(),
        address: address.as_deref(),
    };
    if !is_full {
        return judge(&envelope.items, &context);
    }
    let (events, others): (Vec<Item>, Vec<Item>) =
        envelope.items.iter().cloned().partition(|item| item.kind == "event");
    let left_out = u32::try_from(events.len()).unwrap_or(u32::MAX);
    Judged { left_out, ..judge(&others, &context) }
}

/// Into the queue where there is one, else into the database. What comes again, because its answer was lost, has no quota.
async fn write(incoming: &Incoming, key: &KnownKey, events: &[Digested]) -> Result<(), Refused> {
    let commit = Commit {
        project_id: key.project_id,
        nonce: 0,
        now_ms: incoming.now_ms,
        sender: sender(incoming, key),
    };
    let mut waiting = Vec::new();
    for digested in events {
        if !queue::send(&incoming.env, key.database, &key.settings, digested, &commit).await {
            waiting.push(digested);
        }
    }
    let before = store(incoming, key, &waiting, &commit).await?;
    quota::give_back(key.project_id, before, incoming.now_ms);
    digest::follow_up(incoming, key.project_id, key.database);
    late::follow_up_known(incoming, key.project_id, key.database, &key.settings);
    Ok(())
}

/// Into the database, one after another. An envelope of many events may take more queries than a request has: then the
/// sender is asked to come again, and what was stored before is left out. How many those were.
async fn store(
    incoming: &Incoming,
    key: &KnownKey,
    events: &[&Digested],
    commit: &Commit,
) -> Result<u32, Refused> {
    if events.is_empty() {
        return Ok(0);
    }
    let store = Store::open_database(&incoming.env, key.database, incoming.now_ms).await?;
    let stored = match events {
        [_] => Vec::new(),
        several => store.read(&stored(commit.project_id, several)).await?.all::<Stored>()?,
    };
    let budget = Budget::of_a_request();
    let around = Symbolicator {
        env: &incoming.env,
        store: &store,
        project_id: key.project_id,
        now_ms: incoming.now_ms,
        scrub: &key.settings.scrub,
        rules: &key.rules,
    };
    let (mut is_news, mut before) = (false, 0);
    for (index, digested) in events.iter().enumerate() {
        let is_counted = !stored.iter().any(|stored| stored.position == index) && {
            let written = keep(&around, &budget, digested, commit).await?;
            is_news |= written.is_news;
            written.is_counted
        };
        before += u32::from(!is_counted);
    }
    if is_news {
        alert::deliver::follow_up(incoming, key.database, budget);
    }
    Ok(before)
}

#[derive(Deserialize)]
struct Stored {
    position: usize,
}
