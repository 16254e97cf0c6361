//! `/api/0/projects/{project}/…`: why events are one issue, why two issues are not, and what rules would catch.

use serde::Serialize;
use serde_json::Value;
use trapline_core::decode::rfc3339_of;
use trapline_core::fingerprint::hex;
use worker::Response;

use super::settings::signed;
use crate::dashboard::grouping as asked;
use crate::dashboard::visit;
use crate::failure::Failure;
use crate::grouping::{Explained, preview as tried};
use crate::people::Role;
use crate::read;
use crate::request::Incoming;
use crate::{reply, settings};

#[derive(Serialize)]
struct IssueGrouping<'a> {
    short_id: &'a str,
    /// Of the newest kept event; `null` if none is kept.
    newest_event: Option<Explained>,
    groups: Vec<Group<'a>>,
}

#[derive(Serialize)]
struct Group<'a> {
    /// Raw fingerprint.
    hash: String,
    fingerprint: &'a str,
    count: u64,
    last_seen: String,
    /// The issue from which a merge brought it.
    merged_from: Option<String>,
}

/// `GET …/issues/{short_id}/grouping/`: the newest 50 groups, and how the newest kept event is grouped.
pub async fn grouping(
    incoming: &Incoming,
    project: &str,
    short_id: &str,
) -> Result<Response, Failure> {
    let visit = visit(incoming, project).await?;
    let prefix = &visit.project.short_prefix;
    let number = read::number_in(prefix, short_id).ok_or(Failure::NotFound)?;
    let known = asked::known(incoming, &visit, number).await?;
    let rules = settings::parse(&visit.project.settings).rules();
    let mut groups = Vec::new();
    for record in &known.groups {
        groups.push(Group {
            hash: hex(&record.hash),
            fingerprint: &record.label,
            count: record.events,
            last_seen: rfc3339_of(record.last_seen_ms),
            merged_from: (record.home > 0).then(|| read::short_id(prefix, record.home)),
        });
    }
    let newest_event = known.explained(&rules);
    Ok(reply::json(200, &IssueGrouping { short_id: &known.row.short_id, newest_event, groups }))
}

/// `GET …/issues/{short_id}/compare/{other}/`
pub async fn compare(
    incoming: &Incoming,
    project: &str,
    short_id: &str,
    other: &str,
) -> Result<Response, Failure> {
    let visit = visit(incoming, project).await?;
    let both = asked::both(incoming, &visit, short_id, other).await?;
    Ok(reply::json(200, &both.compared))
}

/// `POST …/rules/preview/` with `{"grouping_rules": "…"}`: what each would have caught of the newest kept events. Nothing is
/// stored.
pub async fn preview(incoming: &mut Incoming, project: &str) -> Result<Response, Failure> {
    let (visit, object) = signed(incoming, project, Role::Viewer).await?;
    let text = object.get("grouping_rules").and_then(Value::as_str);
    let text = text.ok_or_else(|| Failure::BadRequest("grouping_rules is a text".into()))?;
    let rules = settings::rules(text).map_err(Failure::BadRequest)?;
    Ok(reply::json(200, &tried(&rules, asked::sample(&visit).await?)))
}
