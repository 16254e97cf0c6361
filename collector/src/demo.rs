//! The demo shop under `/demo/`, on while the variable `DEMO` is `1`: a page that breaks on purpose.

use serde::Deserialize;
use worker::Response;

use crate::reply;
use crate::request::Incoming;
use crate::setup;
use crate::sql::Statement;
use crate::store::{Store, StoreError};

const INDEX: &str = include_str!("../../www/demo/index.html");

/// Whether the deployment shows the demo.
pub fn is_on(incoming: &Incoming) -> bool {
    incoming.setting("DEMO").as_deref() == Some("1")
}

/// The shop's page with the DSN of the first project, or one of its files.
pub async fn answer(incoming: Incoming, parts: &[&str]) -> Response {
    match parts {
        [_] if !incoming.url.path().ends_with('/') => reply::redirect("/demo/"),
        [_] | [_, "index.html"] => page(&incoming).await,
        [_, "api", ..] => reply::json(404, &serde_json::json!({"detail": "the demo has no stock"})),
        _ => {
            let missing = |error: worker::Error| reply::text(404, &format!("{error}\n"));
            incoming.asset().await.unwrap_or_else(missing)
        }
    }
}

#[derive(Deserialize)]
struct Key {
    project_id: u32,
    public_key: String,
}

/// SCAN of `project_key`: one row a key.
const FIRST_KEY: &str = "
    SELECT project_id, public_key FROM project_key WHERE revoked_ms IS NULL
    ORDER BY project_id, created_ms LIMIT 1";

async fn page(incoming: &Incoming) -> Response {
    let dsn = match first_key(incoming).await {
        Ok(Some(key)) => setup::dsn(incoming, &key.public_key, key.project_id),
        Ok(None) => return reply::text(404, "no project yet: run the set-up first\n"),
        Err(error) => return reply::text(503, &format!("{error}\n")),
    };
    let response = reply::text(
        200,
        &INDEX.replace("{{dsn}}", &dsn).replace("{{agent}}", &incoming.agent_name()),
    );
    let headers = [("content-type", "text/html; charset=utf-8"), ("cache-control", "no-store")];
    reply::with_headers(response, &headers)
}

async fn first_key(incoming: &Incoming) -> Result<Option<Key>, StoreError> {
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    store.read(&Statement::new(FIRST_KEY, [])).await?.first()
}
