//! `/api/0/projects/`: makes projects; `/api/0/projects/{project}/`: what one is called, and how long it keeps events.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use trapline_core::json;
use worker::Response;

use super::settings::{bad, object, signed};
use crate::dashboard::{Visit, visit, visit_deployment};
use crate::failure::Failure;
use crate::people::Role;
use crate::people::members::{MAX_NAME, is_name};
use crate::request::Incoming;
use crate::setup;
use crate::sql::Statement;
use crate::store::{Rows, Store};
use crate::{audit, key, reply};

/// Longest time for which events are kept, in days.
const MAX_DAYS: u32 = 3_650;

/// What a project is called, and how long it keeps events; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// Display name.
    pub name: Option<String>,
    /// In links.
    pub slug: Option<String>,
    /// Days.
    pub retention_days: Option<u32>,
}

/// How long a project keeps events. Primary key of `project`.
pub fn retention(project_id: u32) -> Statement {
    Statement::new(
        "SELECT retention_days AS number FROM project WHERE id = ?1",
        [project_id.into()],
    )
}

/// Gives back the project's row, unless another one has the slug. Primary key of `project`, index of its slugs.
fn renamed(project_id: u32, named: &Named) -> Statement {
    Statement::new(
        "UPDATE OR IGNORE project SET name = coalesce(?2, name), slug = coalesce(?3, slug),
            retention_days = coalesce(?4, retention_days) WHERE id = ?1
         RETURNING slug, name, short_prefix, retention_days",
        [
            project_id.into(),
            named.name.clone().into(),
            named.slug.clone().into(),
            named.retention_days.into(),
        ],
    )
}

#[derive(Deserialize, serde::Serialize)]
struct Project {
    slug: String,
    name: String,
    short_prefix: String,
    retention_days: u32,
}

/// `GET /api/0/projects/{project}/`
pub async fn one(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let project = visit(incoming, slug).await?.project;
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    let row: Option<Project> = store
        .read(&Statement::new(
            "SELECT slug, name, short_prefix, retention_days FROM project WHERE id = ?1",
            [project.id.into()],
        ))
        .await?
        .first()?;
    Ok(reply::json(200, &row.ok_or(Failure::NotFound)?))
}

/// `PATCH /api/0/projects/{project}/` with `{"name"?, "slug"?, "retention_days"?}`: as it is then. Links with the old slug end.
pub async fn change(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (mut visit, wanted) = signed(incoming, slug, Role::Admin).await?;
    let days = match wanted.get("retention_days") {
        None | Some(Value::Null) => None,
        Some(days) => Some(
            days.as_u64()
                .and_then(|days| days.try_into().ok())
                .ok_or_else(|| bad("retention_days is a number"))?,
        ),
    };
    let named =
        Named { name: text(&wanted, "name")?, slug: text(&wanted, "slug")?, retention_days: days };
    let project = rename(incoming, &mut visit, &named).await?;
    Ok(reply::json(200, &project))
}

/// Changes what is named, in the database and in the visit.
pub async fn rename(
    incoming: &Incoming,
    visit: &mut Visit,
    named: &Named,
) -> Result<impl serde::Serialize + use<>, Failure> {
    if let Some(name) = &named.name {
        check_name(name)?;
    }
    let project = &mut visit.project;
    if let Some(slug) = named.slug.as_ref().filter(|slug| **slug != project.slug) {
        setup::check_slug(slug)?;
    }
    if named.retention_days.is_some_and(|days| days == 0 || days > MAX_DAYS) {
        return Err(bad(&format!("retention_days is a number from 1 to {MAX_DAYS}")));
    }
    let detail = json!({
        "name": named.name, "slug": named.slug, "retention_days": named.retention_days,
    });
    let now_ms = incoming.now_ms;
    let detail = audit::changes(&detail);
    let statements = [
        renamed(project.id, named),
        audit::note_of_change(&visit.viewer, now_ms, "project changed", &project.slug, &detail),
    ];
    let store = Store::open(&incoming.env, now_ms).await?;
    let rows = store.write(|_| statements.to_vec()).await?;
    key::forget();
    let row: Option<Project> = rows.first().map(Rows::first).transpose()?.flatten();
    let row = row.ok_or_else(|| taken(named.slug.as_deref().unwrap_or_default()))?;
    (project.slug, project.name) = (row.slug.clone(), row.name.clone());
    Ok(row)
}

/// `POST /api/0/projects/` with `{"name", "slug", "prefix"?, "origins"?}`: the new one, with its DSN.
pub async fn create(incoming: &mut Incoming) -> Result<Response, Failure> {
    let wanted = object(incoming).await;
    let visit = visit_deployment(incoming).await?;
    visit.viewer.must_be_owner()?;
    let wanted = wanted?;
    let origins = match wanted.get("origins") {
        None | Some(Value::Null) => Vec::new(),
        Some(origins) => json::from_slice(origins.to_string().as_bytes())
            .map_err(|_| bad("origins is a list of texts"))?,
    };
    let text = |name| text(&wanted, name).map(Option::unwrap_or_default);
    let new = New { name: text("name")?, slug: text("slug")?, prefix: text("prefix")?, origins };
    let dsn = make(incoming, &visit, &new).await?;
    Ok(reply::json(201, &json!({ "slug": new.slug, "name": new.name, "dsn": dsn })))
}

/// A project to be made.
#[derive(Clone, Debug, Default)]
pub struct New {
    /// Display name.
    pub name: String,
    /// In links.
    pub slug: String,
    /// Of issues' short IDs; empty: of the slug.
    pub prefix: String,
    /// Origins that may send; none: all.
    pub origins: Vec<String>,
}

/// Makes a project with a key; its DSN.
pub async fn make(incoming: &Incoming, visit: &Visit, new: &New) -> Result<String, Failure> {
    check_name(&new.name)?;
    setup::check_slug(&new.slug)?;
    let prefix = if new.prefix.is_empty() { &new.slug } else { &new.prefix };
    let prefix = prefix.to_ascii_uppercase();
    let is_plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    if !prefix.bytes().all(is_plain) || prefix.len() > 40 || prefix.starts_with('-') {
        return Err(bad(&format!(
            "{prefix:?} cannot begin short IDs: up to 40 of A-Z, 0-9 and -, like SHOP"
        )));
    }
    let origins = crate::settings::origins(&new.origins).map_err(Failure::BadRequest)?;
    let note =
        audit::note_of_change(&visit.viewer, incoming.now_ms, "project made", &new.slug, &new.name);
    let made = setup::make_project(incoming, &new.name, &new.slug, &prefix, &origins, note).await?;
    made.ok_or_else(|| taken(&new.slug))
}

fn check_name(name: &str) -> Result<(), Failure> {
    if is_name(name) { Ok(()) } else { Err(bad(&format!("name needs 1 to {MAX_NAME} bytes"))) }
}

fn taken(slug: &str) -> Failure {
    Failure::Conflict(format!("another project is called {slug:?}: choose another short name"))
}

/// A member that is a text, if it is there.
pub fn text(object: &Map<String, Value>, name: &str) -> Result<Option<String>, Failure> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
        Some(_) => Err(bad(&format!("{name} is a text"))),
    }
}

/// All of them, for the snapshot of their plans.
#[cfg(test)]
pub(crate) fn statements() -> Vec<Statement> {
    vec![retention(1), renamed(1, &Named::default())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::test_db::TestDb;

    #[test]
    fn a_project_takes_no_other_ones_slug() {
        let db = TestDb::with_project();
        db.run(
            "INSERT INTO project (slug, name, short_prefix, created_ms) VALUES ('b', 'B', 'B', 0)",
        );
        let to = |id, slug: &str| {
            let named = Named { slug: Some(slug.into()), ..Named::default() };
            db.rows(&renamed(id, &named))
        };
        assert!(to(2, "shop").is_empty());
        assert_eq!(to(2, "lamps"), [["lamps", "B", "B", "90"]]);
        assert_eq!(to(2, "lamps").len(), 1, "its own");
        let days = Named { retention_days: Some(7), ..Named::default() };
        assert_eq!(db.rows(&renamed(2, &days)), [["lamps", "B", "B", "7"]]);
    }
}
