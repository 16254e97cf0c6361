//! Trapline's collector: one Worker that receives, groups, stores and shows.
//!
//! A request meets [`route`] first. What a page sends goes through `ingest` and [`plan`] to the `store`; what a
//! developer reads goes from the `store` through `dashboard` and [`pages`] back. Only `store` talks to D1. What Cloudflare
//! calls is `collector/worker`.

pub mod access;
pub mod account;
pub mod activity;
pub mod alert;
pub mod api;
pub mod artifacts;
pub mod attempts;
pub mod audit;
pub mod auth;
pub mod dashboard;
pub mod deletion;
pub mod demo;
pub mod described;
pub mod erasure;
pub mod facts;
pub mod failure;
pub mod feedback;
pub mod first_event;
pub mod grouping;
pub mod health;
pub mod inflate;
pub mod ingest;
pub mod key;
pub mod life;
pub mod limits;
pub mod memory;
pub mod migrate;
pub mod outcome;
pub mod page_fetch;
pub mod page_views;
pub mod pages;
pub mod people;
pub mod pipeline;
pub mod plan;
pub mod project_key;
pub mod purge;
pub mod queue;
pub mod quota;
pub mod random;
pub mod rate;
pub mod read;
pub mod refused;
pub mod regroup;
pub mod reply;
pub mod report;
pub mod request;
pub mod reserve;
pub mod route;
pub mod saved_view;
pub mod scope;
pub mod search;
pub mod sessions;
pub mod settings;
pub mod setup;
pub mod sql;
pub mod store;
pub mod symbolicate;
pub mod upper_case;
pub mod view;
pub mod workflow;

use artifacts::retain;
use symbolicate::late;
use worker::{Context, Date, Env, MessageBatch, Request, Response, ScheduledEvent};

/// Answers a request.
///
/// # Errors
/// A request whose URL cannot be read.
pub async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    let incoming = request::Incoming::new(request, env, context, now_ms())?;
    Ok(route::answer(incoming).await)
}

/// Does what is due: one of the triggers of `wrangler.toml` has fired.
pub async fn scheduled(event: &ScheduledEvent, env: &Env) {
    let now_ms = now_ms();
    // Invocations of their own, each with its queries.
    let stopped = match event.cron().as_str() {
        LATE_MAPS_CRON => walk(env, now_ms).await.err().map(|error| error.to_string()),
        ALERT_CRON => alert::deliver::run(env, now_ms).await.err().map(|error| error.to_string()),
        ARTIFACTS_CRON => retain_and_add_up(env, now_ms).await.err().map(|error| error.to_string()),
        _ => purge::run(env, now_ms).await.err().map(|error| error.to_string()),
    };
    if let Some(error) = stopped {
        // The next run begins where this one stopped.
        worker::console_error!("cron stopped early: {}", error);
    }
}

/// The second trigger of `wrangler.toml`: maps that came late, and regrouping.
const LATE_MAPS_CRON: &str = "2-57/5 * * * *";

/// The third: artifacts, and adding up page views.
const ARTIFACTS_CRON: &str = "3-58/5 * * * *";

/// The fourth: thresholds, and what is to be told and was not yet.
const ALERT_CRON: &str = "* * * * *";

/// A step over the groups of a project: as much as an invocation has queries for. Somebody waits for a regrouping; late maps are
/// also applied by whoever comes by.
async fn walk(env: &Env, now_ms: i64) -> Result<(), failure::Failure> {
    if regroup::run(env, now_ms).await? {
        return Ok(());
    }
    late::run(env, now_ms).await
}

/// Neither keeps the other waiting.
async fn retain_and_add_up(env: &Env, now_ms: i64) -> Result<(), failure::Failure> {
    let retained = retain::run(env, now_ms).await;
    page_views::run::cron(env, purge::turn(env, now_ms), now_ms).await?;
    retained
}

/// Stores what waited in the queue.
pub async fn queued(batch: &MessageBatch<String>, env: &Env) {
    queue::consume(batch, env, now_ms()).await;
}

fn now_ms() -> i64 {
    i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX)
}
