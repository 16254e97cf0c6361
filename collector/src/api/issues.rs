//! `/api/0/projects/{project}/issues/…`: one issue with all that its page shows, and what members do with issues. The same
//! functions as behind the pages' forms.

use serde_json::{Map, Value, json};
use trapline_core::decode::rfc3339_of;
use trapline_core::meaning::meaning;
use worker::{Method, Response};

use super::Issue;
use super::settings::signed;
use crate::account;
use crate::activity::{Kind, Note, PAGE, Row};
use crate::dashboard::issue::{Found, view};
use crate::dashboard::workflow::{self, Deed, Done};
use crate::dashboard::{Visit, events, grouping, visit};
use crate::failure::Failure;
use crate::life;
use crate::people::Role;
use crate::read;
use crate::reply;
use crate::request::Incoming;
use crate::view::IssuePage;
use crate::workflow::Change;

/// Members that a change of issues may have, as [`workflow::changes_of`] reads them.
const FIELDS: [&str; 8] =
    ["status", "release", "in_next_release", "hours", "events", "users", "assignee", "link"];

/// What is not read elsewhere. `rest` begins behind `issues/`.
pub async fn answer(
    incoming: &mut Incoming,
    method: Method,
    project: &str,
    rest: &[&str],
) -> Result<Response, Failure> {
    match (method, rest) {
        (Method::Put | Method::Patch, []) => bulk(incoming, project).await,
        (Method::Get, [short_id]) => one(incoming, project, short_id).await,
        (Method::Patch, [short_id]) => change(incoming, project, short_id).await,
        (Method::Delete, [short_id]) => delete(incoming, project, short_id).await,
        (Method::Get, [short_id, "activity"]) => activity(incoming, project, short_id, "").await,
        (Method::Get, [short_id, "comments"]) => {
            activity(incoming, project, short_id, "commented").await
        }
        (Method::Post, [short_id, "comments"]) => comment(incoming, project, short_id, "").await,
        (Method::Put, [short_id, "comments", key]) => {
            comment(incoming, project, short_id, key).await
        }
        (Method::Delete, [short_id, "comments", key]) => {
            delete_comment(incoming, project, short_id, key).await
        }
        (Method::Post, [short_id, verb @ ("merge" | "split" | "undo")]) => {
            act(incoming, project, short_id, verb).await
        }
        _ => Err(Failure::NotFound),
    }
}

fn number(visit: &Visit, short_id: &str) -> Result<u32, Failure> {
    read::number_in(&visit.project.short_prefix, short_id).ok_or(Failure::NotFound)
}

/// What a form would have sent: members that a change has, as texts.
fn fields(object: &Map<String, Value>) -> Vec<(String, String)> {
    let known = object.iter().filter(|(name, _)| FIELDS.contains(&name.as_str()));
    known.map(|(name, value)| (name.clone(), text_of(value))).collect()
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether a field has a value of its type; what is no field is another matter.
fn fits(name: &str, value: &Value) -> bool {
    match name {
        "status" => value.is_string(),
        "release" => value.is_null() || value.as_str().is_some_and(|text| text.len() <= 200),
        "link" => value.is_string() || value.is_null(),
        "in_next_release" => value.is_boolean(),
        "hours" | "events" | "users" => {
            value.is_null()
                || value.as_u64().is_some_and(|number| (1..=1_000_000_000).contains(&number))
        }
        "assignee" => value.is_string() || value.is_u64() || value.is_null(),
        _ => true,
    }
}

fn unknown(object: &Map<String, Value>, others: &[&str]) -> Result<(), Failure> {
    let is_known = |name: &str| FIELDS.contains(&name) || others.contains(&name);
    if let Some((name, _)) = object.iter().find(|(name, value)| !fits(name, value)) {
        return Err(Failure::BadRequest(format!("{name} has a value of another type or size")));
    }
    match object.keys().find(|name| !is_known(name)) {
        Some(name) => Err(Failure::BadRequest(format!("an issue has no {name:?} that can be set"))),
        None => Ok(()),
    }
}

async fn changes(
    incoming: &Incoming,
    visit: &Visit,
    object: &Map<String, Value>,
) -> Result<Vec<Change>, Failure> {
    let changes = workflow::changes_of(incoming, visit, &fields(object)).await?;
    if changes.is_empty() {
        return Err(Failure::BadRequest("set status, assignee or link".into()));
    }
    Ok(changes)
}

/// `GET …/issues/{short_id}/`; of a merged issue, the one that it is part of.
async fn one(incoming: &Incoming, project: &str, short_id: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, project).await?;
    shown(incoming, &visit, short_id).await
}

async fn shown(incoming: &Incoming, visit: &Visit, short_id: &str) -> Result<Response, Failure> {
    let page = match view(incoming, visit, short_id, None).await? {
        Found::Here(page) => page,
        Found::At(target) => match view(incoming, visit, &target, None).await? {
            Found::Here(page) => page,
            Found::At(_) => return Err(Failure::NotFound),
        },
    };
    Ok(reply::json(200, &issue_json(&page, &visit.project.short_prefix)))
}

fn issue_json(page: &IssuePage, prefix: &str) -> Value {
    let more = &page.more;
    let mut json = serde_json::to_value(Issue::from(&page.issue)).unwrap_or_default();
    let person = more.people.iter().find(|person| person.id == more.assignee);
    let means = page.event.as_ref().filter(|_| page.noise.is_none()).and_then(meaning);
    let noise = page.noise.as_ref().map(|noise| (noise.explanation.clone(), noise.remedy));
    let explained = noise.or(means.map(|means| (means.what, means.remedy)));
    let around = json!({
        "assignee": (more.assignee > 0).then(|| json!({
            "id": more.assignee,
            "name": person.map(|person| &person.name),
        })),
        "link": Some(&more.link).filter(|link| !link.is_empty()),
        "resolved_in_next_release": more.resolved_next && page.issue.status == crate::view::Status::Resolved,
        "first_release": page.releases.0,
        "last_release": page.releases.1,
        "newest_release": page.newest_release,
        "what_broke": explained.as_ref().map(|(what, _)| what),
        "try": explained.as_ref().map(|(_, remedy)| remedy),
        "shared": {
            "facts": more.shared.facts.iter().map(|one| json!({
                "name": one.name, "value": one.value, "share": one.share, "share_of_others": one.others,
            })).collect::<Vec<_>>(),
            "users": more.shared.seen,
            "users_of_others": more.shared.others,
        },
        "distributions": page.distributions.iter().map(|one| json!({
            "name": one.name,
            "count": one.total,
            "values": one.values.iter().zip(&one.over).map(|((value, count), is_over)| json!({
                "value": value, "count": count, "over_represented": is_over,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "trend": {
            "counts": more.trend.events,
            "hours_each": more.trend.range.bars().1,
            "releases": more.trend.releases.iter().map(|(version, at_ms)| json!({
                "version": version, "first_seen": rfc3339_of(*at_ms),
            })).collect::<Vec<_>>(),
        },
        "event": {
            "event_id": Some(&page.position.event_id).filter(|id| !id.is_empty()),
            "older": page.position.older,
            "newer": page.position.newer,
            "oldest": more.oldest,
            "recommended": more.recommended,
        },
        "activity": entries(&more.activity, prefix),
    });
    if let (Some(json), Value::Object(around)) = (json.as_object_mut(), around) {
        json.extend(around);
    }
    json
}

fn entries(rows: &[Row], prefix: &str) -> Vec<Value> {
    let entry = |row: &Row| {
        json!({
            "key": row.key.text(),
            "at": rfc3339_of(row.key.at_ms),
            "issue": read::short_id(prefix, row.number),
            "person": (!row.person.is_empty()).then(|| json!({
                "id": (row.person_id > 0).then_some(row.person_id),
                "name": row.person,
            })),
            "kind": row.kind,
            "detail": row.detail,
            "can_be_undone": row.is_last == 1,
        })
    };
    rows.iter().take(PAGE).map(entry).collect()
}

/// `PATCH …/issues/{short_id}/`
async fn change(
    incoming: &mut Incoming,
    project: &str,
    short_id: &str,
) -> Result<Response, Failure> {
    let (visit, object) = signed(incoming, project, Role::Member).await?;
    unknown(&object, &[])?;
    let number = number(&visit, short_id)?;
    let changes = changes(incoming, &visit, &object).await?;
    let done = workflow::change(&visit, &[number], &changes, incoming.now_ms).await?;
    if !done.not_done.is_empty() {
        return Err(Failure::NotFound);
    }
    shown(incoming, &visit, short_id).await
}

/// `PUT …/issues/` with `issues` and the members of a change, or `merge_into`, `undo`, `delete`.
async fn bulk(incoming: &mut Incoming, project: &str) -> Result<Response, Failure> {
    let (visit, object) = signed(incoming, project, Role::Member).await?;
    unknown(&object, &["issues", "merge_into", "undo", "delete"])?;
    let numbers = workflow::numbers(&visit, &texts(&object, "issues"))?;
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let deed = match (text("merge_into"), text("undo"), object.get("delete")) {
        (Some(target), _, _) => Deed::Merge(target),
        (_, Some(key), _) => Deed::Undo(key),
        (_, _, Some(Value::Bool(true))) => Deed::Delete,
        _ => Deed::Change(changes(incoming, &visit, &object).await?),
    };
    let done = workflow::act(incoming, &visit, &numbers, &deed, incoming.now_ms).await?;
    Ok(done_json(&visit, &done))
}

fn texts(object: &Map<String, Value>, name: &str) -> Vec<String> {
    let list = object.get(name).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn done_json(visit: &Visit, done: &Done) -> Response {
    let names = |numbers: &[u32]| -> Vec<String> {
        numbers.iter().map(|number| read::short_id(&visit.project.short_prefix, *number)).collect()
    };
    let why = (!done.not_done.is_empty()).then_some(done.why);
    let key = done.key.map(|key| key.text());
    reply::json(
        200,
        &json!({ "done": names(&done.done), "not_done": names(&done.not_done), "why": why, "key": key }),
    )
}

/// Who may change issues by a request without a body.
async fn member(incoming: &Incoming, project: &str) -> Result<Visit, Failure> {
    account::check_origin(incoming)?;
    let visit = visit(incoming, project).await?;
    visit.viewer.must_be(Role::Member)?;
    Ok(visit)
}

/// `DELETE …/issues/{short_id}/`
async fn delete(incoming: &Incoming, project: &str, short_id: &str) -> Result<Response, Failure> {
    let visit = member(incoming, project).await?;
    let number = number(&visit, short_id)?;
    events::head(incoming, &visit, short_id).await?;
    let done = workflow::delete(incoming, &visit, &[number], incoming.now_ms).await?;
    Ok(done_json(&visit, &done))
}

/// `POST …/merge/` with `{"with": ["SHOP-2"]}`, `…/split/` with `{"groups": ["…"]}`, `…/undo/` with `{"of": "…"}`.
async fn act(
    incoming: &mut Incoming,
    project: &str,
    short_id: &str,
    verb: &str,
) -> Result<Response, Failure> {
    let (visit, object) = signed(incoming, project, Role::Member).await?;
    let (number, now_ms) = (number(&visit, short_id)?, incoming.now_ms);
    let done = match verb {
        "merge" => workflow::merge(&visit, number, &texts(&object, "with"), now_ms).await?,
        "undo" => {
            let of = object.get("of").and_then(Value::as_str).unwrap_or_default();
            workflow::undo(&visit, &[number], of, now_ms).await?
        }
        _ => {
            let groups = grouping::own_groups(&visit, number, texts(&object, "groups")).await?;
            if groups.is_empty() {
                return Err(Failure::BadRequest(
                    "groups are raw fingerprints of groups of this issue".into(),
                ));
            }
            let note = Note::new(&visit.viewer, now_ms, Kind::Split, &json!({}));
            let split =
                |_| life::split_noted(visit.project.id, number, &groups, now_ms, Some(&note));
            visit.store.write(split).await?;
            Done { done: vec![number], key: Some(note.key()), ..Done::default() }
        }
    };
    Ok(done_json(&visit, &done))
}

/// `GET …/activity/?before=` and `…/comments/?before=`: 30 entries a page, newest first; of these, those of one kind.
async fn activity(
    incoming: &Incoming,
    project: &str,
    short_id: &str,
    kind: &str,
) -> Result<Response, Failure> {
    let visit = visit(incoming, project).await?;
    let (record, _, _) = events::head(incoming, &visit, short_id).await?;
    let mut rows = events::older_activity(incoming, &visit, record.number).await?;
    let next = (rows.len() > PAGE).then(|| rows.get(PAGE - 1).map(|last| last.key.text()));
    rows.truncate(PAGE);
    rows.retain(|row| kind.is_empty() || row.kind == kind);
    let entries = entries(&rows, &visit.project.short_prefix);
    Ok(reply::json(200, &json!({ "entries": entries, "next_before": next.flatten() })))
}

/// `POST …/comments/` and `PUT …/comments/{key}/` with `{"text": "…"}`.
async fn comment(
    incoming: &mut Incoming,
    project: &str,
    short_id: &str,
    key: &str,
) -> Result<Response, Failure> {
    let (visit, object) = signed(incoming, project, Role::Member).await?;
    let number = number(&visit, short_id)?;
    let text = object.get("text").and_then(Value::as_str).unwrap_or_default();
    let key = workflow::comment(&visit, number, key, Some(text), incoming.now_ms).await?;
    Ok(reply::json(200, &json!({ "key": key.text() })))
}

async fn delete_comment(
    incoming: &Incoming,
    project: &str,
    short_id: &str,
    key: &str,
) -> Result<Response, Failure> {
    let visit = member(incoming, project).await?;
    let number = number(&visit, short_id)?;
    let key = workflow::comment(&visit, number, key, None, incoming.now_ms).await?;
    Ok(reply::json(200, &json!({ "key": key.text() })))
}
