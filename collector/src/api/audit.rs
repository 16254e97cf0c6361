//! `/api/0/audit/`: who did what. Only for administrators of all projects.

use serde_json::{Value, json};
use trapline_core::decode::rfc3339_of;
use worker::Response;

use super::people::owner;
use super::settings::bad;
use crate::audit::{self, Cursor, Entry};
use crate::failure::Failure;
use crate::reply;
use crate::request::Incoming;
use crate::store::Store;

/// Entries of the log in an answer.
pub const ENTRIES: u32 = 100;

/// Lines of an export.
const EXPORTED: u32 = 5_000;

fn entry_json(entry: &Entry) -> Value {
    json!({
        "at": rfc3339_of(entry.at_ms),
        "person": entry.person,
        "address": entry.address,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
    })
}

/// Entries behind `after`, and where the next ones begin.
pub async fn entries(
    incoming: &Incoming,
    most: u32,
) -> Result<(Vec<Entry>, Option<String>), Failure> {
    let after = match incoming.query("after") {
        None => Cursor::START,
        Some(after) => Cursor::parse(&after)
            .ok_or_else(|| bad("after is what an answer before gave as next"))?,
    };
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    let mut rows: Vec<Entry> = store.read(&audit::list(after, most + 1)).await?.all()?;
    let has_more = rows.len() > most as usize;
    rows.truncate(most as usize);
    let next = rows.last().filter(|_| has_more).map(Cursor::after);
    Ok((rows, next))
}

/// `GET /api/0/audit/?after=`: newest first, 100 an answer.
pub async fn log(incoming: &Incoming) -> Result<Response, Failure> {
    owner(incoming).await?;
    let (rows, next) = entries(incoming, ENTRIES).await?;
    let rows: Vec<Value> = rows.iter().map(entry_json).collect();
    Ok(reply::json(200, &json!({ "entries": rows, "next": next })))
}

/// `GET /api/0/audit/export/?after=`: a line each, newest first, up to 5,000; the header `X-Next` says where the next begin.
pub async fn export(incoming: &Incoming) -> Result<Response, Failure> {
    owner(incoming).await?;
    let (rows, next) = entries(incoming, EXPORTED).await?;
    let lines: String = rows.iter().map(|row| format!("{}\n", entry_json(row))).collect();
    let headers = [
        ("content-type", "application/x-ndjson"),
        ("cache-control", "no-store"),
        ("content-disposition", "attachment; filename=\"audit.ndjson\""),
        ("x-content-type-options", "nosniff"),
    ];
    let response = reply::with_headers(reply::text(200, &lines), &headers);
    Ok(match next {
        Some(next) => reply::with_headers(response, &[("x-next", &next)]),
        None => response,
    })
}
