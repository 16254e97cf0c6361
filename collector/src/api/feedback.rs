//! `/api/0/projects/{project}/feedback/`: what users say, and what became of it.

use serde_json::{Map, Value, json};
use trapline_core::decode::rfc3339_of;
use worker::Response;

use super::add_texts;
use super::settings::signed;
use crate::dashboard::{Visit, visit};
use crate::failure::Failure;
use crate::feedback::{self, Counts, Feedback, PAGE, Status};
use crate::people::Role;
use crate::request::Incoming;
use crate::{read, reply};

/// `GET …/feedback/?status=new&text=pay&before=1764380000000`: 50 messages, the newest first.
pub async fn list(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let status = incoming.query("status").unwrap_or_else(|| "new".to_owned());
    let status = Status::named(&status)
        .ok_or_else(|| Failure::BadRequest("status is one of new, done and spam".to_owned()))?;
    let before = incoming.query("before").map(|text| text.parse::<i64>());
    let before_ms = match before {
        None => incoming.now_ms + LATER_MS,
        Some(Ok(before_ms)) if (0..1 << 52).contains(&before_ms) => before_ms,
        Some(_) => return Err(Failure::BadRequest("before is milliseconds since 1970".to_owned())),
    };
    let visit = visit(incoming, slug).await?;
    let text = incoming.query("text").unwrap_or_default();
    let statements = [
        feedback::list(visit.project.id, status, &text, before_ms),
        feedback::counts(visit.project.id),
    ];
    let results = visit.store.batch(&statements).await?;
    let [rows, counts] = results.as_slice() else { return Err(Failure::NotFound) };
    let rows: Vec<Feedback> = rows.all()?;
    let counts: Counts = counts.first()?.unwrap_or_default();
    let is_full = rows.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
    let next = rows.last().filter(|_| is_full).map(|row| row.at_ms);
    Ok(reply::json(
        200,
        &json!({
            "counts": { "new": counts.fresh, "done": counts.done, "spam": counts.spam },
            "feedback": rows.iter().map(|row| feedback_json(&visit, row)).collect::<Vec<Value>>(),
            "next_before": next,
        }),
    ))
}

/// A sender's clock may be ahead a little.
const LATER_MS: i64 = 120_000;

/// `GET …/feedback/{id}/`
pub async fn one(incoming: &Incoming, slug: &str, id: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    Ok(reply::json(200, &feedback_json(&visit, &row(&visit, id).await?)))
}

/// `PATCH …/feedback/{id}/` with `{"status": "done"}`: the message as it is then.
pub async fn change(incoming: &mut Incoming, slug: &str, id: &str) -> Result<Response, Failure> {
    let (visit, changes) = signed(incoming, slug, Role::Member).await?;
    let status = changes.get("status").and_then(Value::as_str).and_then(Status::named);
    let status = status
        .filter(|_| changes.len() == 1)
        .ok_or_else(|| Failure::BadRequest("send status alone: new, done or spam".to_owned()))?;
    row(&visit, id).await?;
    let ids = [id.to_owned()];
    visit.store.write(|_| vec![feedback::set_status(visit.project.id, &ids, status)]).await?;
    Ok(reply::json(200, &feedback_json(&visit, &row(&visit, id).await?)))
}

async fn row(visit: &Visit, id: &str) -> Result<Feedback, Failure> {
    let row = visit.store.read(&feedback::one(visit.project.id, id)).await?;
    row.first()?.ok_or(Failure::NotFound)
}

fn feedback_json(visit: &Visit, row: &Feedback) -> Value {
    let issue = (row.number > 0).then(|| read::short_id(&visit.project.short_prefix, row.number));
    let mut json = Map::new();
    add_texts(
        &mut json,
        &[
            ("id", &row.id),
            ("at", &rfc3339_of(row.at_ms)),
            ("status", Status::of(row.status).name()),
            ("spam", &row.spam),
            ("message", &row.message),
            ("name", &row.name),
            ("email", &row.email),
            ("url", &row.url),
            ("event_id", &row.event_id),
            ("page_view_id", &row.page_view_id),
            ("session_id", &row.session_id),
            ("release", &row.release),
            ("environment", &row.environment),
            ("browser", &row.browser),
            ("os", &row.os),
            ("locale", &row.locale),
        ],
    );
    json.insert("issue".to_owned(), issue.into());
    Value::Object(json)
}
