//! `/api/0/projects/{project}/views/`: searches that were kept; and the same for the list's forms.

use serde::Serialize;
use serde_json::{Map, Value};
use worker::Response;

use super::settings::{bad, signed};
use crate::account;
use crate::dashboard::{Visit, visit};
use crate::failure::Failure;
use crate::people::Role;
use crate::random;
use crate::reply;
use crate::request::{Incoming, field};
use crate::saved_view::{self, MAX_NAME, MAX_SEARCH, MAX_VIEWS, ViewRow};

#[derive(Serialize)]
struct View<'a> {
    id: i64,
    name: &'a str,
    search: &'a str,
    shared: bool,
}

impl<'a> From<&'a ViewRow> for View<'a> {
    fn from(row: &'a ViewRow) -> Self {
        Self { id: row.id, name: &row.name, search: &row.search, shared: row.is_shared == 1 }
    }
}

/// `GET …/views/`: those that the viewer sees, by name.
pub async fn list(incoming: &Incoming, project: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, project).await?;
    let rows = rows(&visit).await?;
    let views: Vec<View> = rows.iter().map(View::from).collect();
    Ok(reply::json(200, &views))
}

/// `POST …/views/` with `{"name": "…", "search": "query=is:new&sort=events", "shared": true}`: the new one.
pub async fn create(incoming: &mut Incoming, project: &str) -> Result<Response, Failure> {
    let (visit, sent) = signed(incoming, project, Role::Member).await?;
    let search = text(&sent, "search")?.unwrap_or_default();
    let name = text(&sent, "name")?.unwrap_or_default();
    let is_shared = flag(&sent)?.unwrap_or(true);
    let made = keep(incoming, &visit, name, search, is_shared).await?;
    Ok(reply::json(201, &View::from(&made)))
}

/// `PATCH …/views/{id}/` with `name`, `shared`, or both.
pub async fn change(incoming: &mut Incoming, project: &str, id: &str) -> Result<Response, Failure> {
    let (visit, sent) = signed(incoming, project, Role::Member).await?;
    let mut view = own(&visit, id).await?;
    if let Some(name) = text(&sent, "name")? {
        view.name = named(name)?;
    }
    let is_shared = flag(&sent)?.unwrap_or(view.is_shared == 1);
    view.is_shared = is_shared.into();
    let change = saved_view::change(visit.project.id, view.id, &view.name, is_shared);
    visit.store.write(|_| vec![change.clone()]).await?;
    Ok(reply::json(200, &View::from(&view)))
}

/// `DELETE …/views/{id}/`: the one that is gone.
pub async fn delete(incoming: &Incoming, project: &str, id: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, project).await?;
    account::check_origin(incoming)?;
    let view = forget(&visit, id).await?;
    Ok(reply::json(200, &View::from(&view)))
}

/// `POST /{project}/views` with `name`, `search`, `shared`: back to the list.
pub async fn create_form(incoming: &mut Incoming, project: &str) -> Result<Response, Failure> {
    let form = incoming.form().await;
    let visit = visit(incoming, project).await?;
    account::check_form(incoming, &visit.viewer, &form)?;
    let is_shared = field(&form, "shared") == "on";
    let made =
        keep(incoming, &visit, field(&form, "name"), field(&form, "search"), is_shared).await?;
    Ok(reply::redirect(&format!("/{project}/issues/?{}", made.search)))
}

/// `POST /{project}/views/{id}/delete`: back to the list.
pub async fn delete_form(
    incoming: &mut Incoming,
    project: &str,
    id: &str,
) -> Result<Response, Failure> {
    let form = incoming.form().await;
    let visit = visit(incoming, project).await?;
    account::check_form(incoming, &visit.viewer, &form)?;
    let gone = forget(&visit, id).await?;
    Ok(reply::redirect(&format!("/{project}/issues/?{}", gone.search)))
}

async fn rows(visit: &Visit) -> Result<Vec<ViewRow>, Failure> {
    Ok(visit.store.read(&saved_view::list(visit.project.id, visit.viewer.id)).await?.all()?)
}

/// One that the viewer may change.
async fn own(visit: &Visit, id: &str) -> Result<ViewRow, Failure> {
    visit.viewer.must_be(Role::Member)?;
    let found = rows(visit).await?.into_iter().find(|view| view.id.to_string() == id);
    let view = found.ok_or(Failure::NotFound)?;
    if saved_view::may_change(&visit.viewer, &view) { Ok(view) } else { Err(Failure::NotFound) }
}

async fn forget(visit: &Visit, id: &str) -> Result<ViewRow, Failure> {
    let view = own(visit, id).await?;
    visit.store.write(|_| vec![saved_view::forget(visit.project.id, view.id)]).await?;
    Ok(view)
}

async fn keep(
    incoming: &Incoming,
    visit: &Visit,
    name: &str,
    search: &str,
    is_shared: bool,
) -> Result<ViewRow, Failure> {
    visit.viewer.must_be(Role::Member)?;
    if visit.viewer.id == 0 && !is_shared {
        return Err(bad("a token is nobody: what it keeps is shared"));
    }
    if search.is_empty() || search.len() > MAX_SEARCH {
        return Err(bad(&format!(
            "search is the query of the list's URL, 1 to {MAX_SEARCH} bytes"
        )));
    }
    // In one form, whatever was sent.
    let pairs = form_urlencoded::parse(search.trim_start_matches('?').as_bytes());
    let search = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let view = ViewRow {
        id: random::nonce(),
        name: named(name)?,
        search,
        person_id: visit.viewer.id,
        is_shared: is_shared.into(),
    };
    let id = visit.project.id;
    visit.store.write(|_| vec![saved_view::keep(id, &view, incoming.now_ms)]).await?;
    // A second try changes no row: what counts is whether it stands there.
    match rows(visit).await?.iter().any(|kept| kept.id == view.id) {
        true => Ok(view),
        false => Err(Failure::Conflict(format!(
            "the project keeps {MAX_VIEWS} searches, which is as many as it can: forget one first"
        ))),
    }
}

fn named(name: &str) -> Result<String, Failure> {
    let name = name.trim();
    match name.is_empty() || name.len() > MAX_NAME {
        true => Err(bad(&format!("a name has 1 to {MAX_NAME} bytes"))),
        false => Ok(name.to_owned()),
    }
}

fn text<'a>(sent: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Failure> {
    match sent.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad(&format!("{name} is a text"))),
    }
}

fn flag(sent: &Map<String, Value>) -> Result<Option<bool>, Failure> {
    match sent.get("shared") {
        None => Ok(None),
        Some(Value::Bool(is_shared)) => Ok(Some(*is_shared)),
        Some(_) => Err(bad("shared is true or false")),
    }
}
