//! `/api/0/members/`, `/api/0/invitations/`, `/api/0/audit/`: who may do what in this deployment, and who did what. Only for
//! administrators of all projects. Programs read; people are changed by people.

use serde_json::{Map, Value, json};
use trapline_core::decode::rfc3339_of;
use trapline_core::json;
use worker::Response;

use super::projects::text;
use super::settings::{bad, object};
use crate::audit;
use crate::dashboard::{Visit, visit_deployment};
use crate::failure::Failure;
use crate::people::invitations::{self, Invitation};
use crate::people::members::{self, Change, MAX_NAME, Member, SessionRow};
use crate::people::{Role, Viewer};
use crate::request::Incoming;
use crate::store::{Rows, Store};
use crate::{account, random, reply};

/// A sign-in link that an administrator makes is opened soon.
const LINK_LIFE_MS: i64 = 24 * 3_600_000;

/// An administrator of all projects.
pub async fn owner(incoming: &Incoming) -> Result<Visit, Failure> {
    let visit = visit_deployment(incoming).await?;
    visit.viewer.must_be_owner()?;
    Ok(visit)
}

/// The same who is a person and sent JSON.
async fn signed(incoming: &mut Incoming) -> Result<(Visit, Map<String, Value>), Failure> {
    let object = object(incoming).await;
    let visit = owner(incoming).await?;
    visit.viewer.must_be_person()?;
    Ok((visit, object?))
}

/// The same who sent nothing.
async fn signed_empty(incoming: &Incoming) -> Result<Visit, Failure> {
    account::check_origin(incoming)?;
    let visit = owner(incoming).await?;
    visit.viewer.must_be_person()?;
    Ok(visit)
}

/// Slugs of a stored list; `null`: all projects.
fn slugs(visit: &Visit, stored: &str) -> Value {
    if stored.is_empty() {
        return Value::Null;
    }
    let ids: Vec<u32> = json::from_slice(stored.as_bytes()).unwrap_or_default();
    let named = visit.projects.iter().filter(|project| ids.contains(&project.id));
    named.map(|project| project.slug.as_str()).collect()
}

/// A list of slugs as it is stored; `None`: all projects.
pub fn stored_projects(visit: &Visit, slugs: Option<&[String]>) -> Result<String, Failure> {
    let Some(slugs) = slugs else { return Ok(String::new()) };
    let id = |slug: &String| {
        let found = visit.projects.iter().find(|project| project.slug == *slug);
        found.map(|project| project.id).ok_or_else(|| bad(&format!("there is no project {slug:?}")))
    };
    let ids = slugs.iter().map(id).collect::<Result<Vec<u32>, Failure>>()?;
    if ids.is_empty() {
        return Err(bad("name at least one project, or all"));
    }
    Ok(serde_json::to_string(&ids).unwrap_or_default())
}

/// `projects` of a request, as it is stored: `null` stands for all.
fn wanted_projects(visit: &Visit, wanted: &Map<String, Value>) -> Result<Option<String>, Failure> {
    let Some(listed) = wanted.get("projects") else { return Ok(None) };
    let listed: Option<Vec<String>> = json::from_slice(listed.to_string().as_bytes())
        .map_err(|_| bad("projects is a list of short names, or null for all"))?;
    stored_projects(visit, listed.as_deref()).map(Some)
}

/// `role` of a request.
fn wanted_role(wanted: &Map<String, Value>) -> Result<Option<i64>, Failure> {
    let role = |name: &str| Role::named(name).ok_or_else(|| bad("role is viewer, member or admin"));
    Ok(text(wanted, "role")?.map(|name| role(&name)).transpose()?.map(|role| role as i64))
}

fn member_json(visit: &Visit, row: &Member) -> Value {
    json!({
        "id": row.id,
        "name": row.name,
        "role": Role::of(row.role).name(),
        "projects": slugs(visit, &row.projects),
        "email": row.email,
        "created": rfc3339_of(row.created_ms),
        "last_signed_in": row.signed_in_ms.map(rfc3339_of),
    })
}

/// `GET /api/0/me/`: whoever asks, with their sessions.
pub async fn me(incoming: &Incoming) -> Result<Response, Failure> {
    let visit = visit_deployment(incoming).await?;
    visit.viewer.must_be_person()?;
    let viewer = &visit.viewer;
    let slugs: Vec<&str> = visit.projects.iter().map(|project| &*project.slug).collect();
    let session = |row: &SessionRow| {
        json!({
            "id": row.id,
            "device": row.device,
            "address": row.address,
            "created": rfc3339_of(row.created_ms),
            "expires": rfc3339_of(row.expires_ms),
            "current": row.is_this == 1,
        })
    };
    let sessions = session_rows(incoming, viewer).await?;
    let me = json!({
        "id": viewer.id,
        "name": viewer.name,
        "role": viewer.role.name(),
        "projects": viewer.projects.as_ref().map(|_| slugs),
        "sessions": sessions.iter().map(session).collect::<Vec<Value>>(),
    });
    Ok(reply::json(200, &me))
}

/// Sessions of who asks, newest first.
pub async fn session_rows(
    incoming: &Incoming,
    viewer: &Viewer,
) -> Result<Vec<SessionRow>, Failure> {
    let own = account::session_hash(incoming);
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    Ok(store.read(&members::sessions(viewer.id, &own, incoming.now_ms)).await?.all()?)
}

/// Everybody, by name.
pub async fn member_rows(incoming: &Incoming) -> Result<Vec<Member>, Failure> {
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    Ok(store.read(&members::list()).await?.all()?)
}

async fn member(incoming: &Incoming, id: &str) -> Result<Member, Failure> {
    let id: u32 = id.parse().map_err(|_| Failure::NotFound)?;
    let rows = member_rows(incoming).await?;
    rows.into_iter().find(|row| row.id == id).ok_or(Failure::NotFound)
}

/// `GET /api/0/members/`
pub async fn list(incoming: &Incoming) -> Result<Response, Failure> {
    let visit = owner(incoming).await?;
    let rows = member_rows(incoming).await?;
    let rows: Vec<Value> = rows.iter().map(|row| member_json(&visit, row)).collect();
    Ok(reply::json(200, &rows))
}

/// `PATCH /api/0/members/{id}/` with `{"name"?, "role"?, "projects"?, "email"?}`: as the person is then.
pub async fn change(incoming: &mut Incoming, id: &str) -> Result<Response, Failure> {
    let (visit, wanted) = signed(incoming).await?;
    let change = Change {
        name: text(&wanted, "name")?,
        role: wanted_role(&wanted)?,
        projects: wanted_projects(&visit, &wanted)?,
        email: text(&wanted, "email")?,
    };
    let row = change_member(incoming, &visit, id, change).await?;
    Ok(reply::json(200, &member_json(&visit, &row)))
}

/// Changes a person.
///
/// # Errors
/// [`Failure::Conflict`] for the last administrator, and for another one's mail address.
pub async fn change_member(
    incoming: &Incoming,
    visit: &Visit,
    id: &str,
    mut change: Change,
) -> Result<Member, Failure> {
    if change.name.as_ref().is_some_and(|name| !members::is_name(name)) {
        return Err(bad(&format!("name needs 1 to {MAX_NAME} bytes")));
    }
    if let Some(typed) = &change.email {
        let email = members::email_of(typed);
        change.email = Some(email.ok_or_else(|| bad("email is a mail address, or empty"))?);
    }
    let before = member(incoming, id).await?;
    let detail = json!({
        "name": change.name,
        "role": change.role.map(|role| Role::of(role).name()),
        "projects": change.projects.as_ref().map(|projects| match slugs(visit, projects) {
            Value::Null => "all".into(),
            slugs => slugs,
        }),
        "email": change.email,
    });
    let (name, detail) = (&before.name, audit::changes(&detail));
    let statements = [
        members::change(before.id, &change),
        audit::note_of_change(&visit.viewer, incoming.now_ms, "person changed", name, &detail),
    ];
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    let rows = store.write(|_| statements.to_vec()).await?;
    if rows.first().map_or(0, Rows::changed) == 0 {
        let email = change.email.filter(|email| !email.is_empty());
        let all = member_rows(incoming).await?;
        let has_other =
            all.iter().any(|row| row.id != before.id && Some(&row.email) == email.as_ref());
        return Err(if has_other {
            Failure::Conflict("another person has this mail address".to_owned())
        } else {
            last_owner()
        });
    }
    member(incoming, id).await
}

fn last_owner() -> Failure {
    Failure::Conflict(
        "this is the last administrator of all projects: make somebody else one first".to_owned(),
    )
}

/// `DELETE /api/0/members/{id}/`: sessions, keys and links end at once. The person who was removed.
pub async fn remove(incoming: &Incoming, id: &str) -> Result<Response, Failure> {
    let visit = signed_empty(incoming).await?;
    let row = remove_member(incoming, &visit, id).await?;
    Ok(reply::json(200, &member_json(&visit, &row)))
}

/// Removes a person.
///
/// # Errors
/// [`Failure::Conflict`] for the last administrator.
pub async fn remove_member(
    incoming: &Incoming,
    visit: &Visit,
    id: &str,
) -> Result<Member, Failure> {
    let (row, now_ms) = (member(incoming, id).await?, incoming.now_ms);
    let mut statements = members::remove(row.id, now_ms).to_vec();
    let detail = Role::of(row.role).name();
    let note = audit::note_of_change(&visit.viewer, now_ms, "person removed", &row.name, detail);
    statements.push(note);
    let store = Store::open(&incoming.env, now_ms).await?;
    store.write(|_| statements.clone()).await?;
    let is_there = member_rows(incoming).await?.iter().any(|other| other.id == row.id);
    if is_there { Err(last_owner()) } else { Ok(row) }
}

/// `POST /api/0/members/{id}/sign-in-link/`: a link for somebody who lost their key.
pub async fn link(incoming: &Incoming, id: &str) -> Result<Response, Failure> {
    let visit = signed_empty(incoming).await?;
    let link = make_link(incoming, &visit, id).await?;
    let expires = rfc3339_of(incoming.now_ms + LINK_LIFE_MS);
    Ok(reply::json(201, &json!({ "link": link, "expires": expires })))
}

/// Makes a link that signs a person in, once.
pub async fn make_link(incoming: &Incoming, visit: &Visit, id: &str) -> Result<String, Failure> {
    let (row, now_ms, token) = (member(incoming, id).await?, incoming.now_ms, random::token());
    let statements = [
        members::link(row.id, &token, now_ms, now_ms + LINK_LIFE_MS),
        audit::note_of_change(&visit.viewer, now_ms, "sign-in link made", &row.name, ""),
    ];
    let store = Store::open(&incoming.env, now_ms).await?;
    store.write(|_| statements.to_vec()).await?;
    Ok(format!("{}/sign-in/{token}", incoming.origin()))
}

fn invitation_json(visit: &Visit, row: &Invitation) -> Value {
    json!({
        "id": row.id,
        "name": row.name,
        "role": Role::of(row.role).name(),
        "projects": slugs(visit, &row.projects),
        "made_by": row.made_by,
        "created": rfc3339_of(row.created_ms),
        "expires": rfc3339_of(row.expires_ms),
    })
}

/// Those that nobody took yet.
pub async fn invitation_rows(incoming: &Incoming) -> Result<Vec<Invitation>, Failure> {
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    Ok(store.read(&invitations::list(incoming.now_ms)).await?.all()?)
}

/// `GET /api/0/invitations/`
pub async fn invited(incoming: &Incoming) -> Result<Response, Failure> {
    let visit = owner(incoming).await?;
    let rows = invitation_rows(incoming).await?;
    let rows: Vec<Value> = rows.iter().map(|row| invitation_json(&visit, row)).collect();
    Ok(reply::json(200, &rows))
}

/// `POST /api/0/invitations/` with `{"role", "name"?, "projects"?}`: the new one with its `link`, this once.
pub async fn invite(incoming: &mut Incoming) -> Result<Response, Failure> {
    let (visit, wanted) = signed(incoming).await?;
    let new = Invitation {
        name: text(&wanted, "name")?.unwrap_or_default(),
        role: wanted_role(&wanted)?.ok_or_else(|| bad("role is viewer, member or admin"))?,
        projects: wanted_projects(&visit, &wanted)?.unwrap_or_default(),
        ..Invitation::default()
    };
    let (row, link) = make_invitation(incoming, &visit, new).await?;
    let mut json = invitation_json(&visit, &row);
    if let Some(json) = json.as_object_mut() {
        json.insert("link".to_owned(), link.into());
    }
    Ok(reply::json(201, &json))
}

/// Makes an invitation, and its link.
pub async fn make_invitation(
    incoming: &Incoming,
    visit: &Visit,
    wanted: Invitation,
) -> Result<(Invitation, String), Failure> {
    if !wanted.name.is_empty() && !members::is_name(&wanted.name) {
        return Err(bad(&format!("name has at most {MAX_NAME} bytes")));
    }
    let (now_ms, token) = (incoming.now_ms, random::token());
    let new = Invitation {
        made_by: visit.viewer.name.clone(),
        created_ms: now_ms,
        expires_ms: now_ms + invitations::LIFE_MS,
        ..wanted
    };
    let role = Role::of(new.role).name();
    let statements = [
        invitations::create(&token, &new),
        audit::note_of_change(&visit.viewer, now_ms, "person invited", &new.name, role),
        invitations::of(&token, now_ms),
    ];
    let store = Store::open(&incoming.env, now_ms).await?;
    let rows = store.write(|_| statements.to_vec()).await?;
    let made: Option<Invitation> = rows.last().map(Rows::first).transpose()?.flatten();
    let made = made
        .ok_or_else(|| Failure::Conflict("too many invitations wait: withdraw one first".into()))?;
    Ok((made, format!("{}/invitation/{token}", incoming.origin())))
}

/// `DELETE /api/0/invitations/{id}/`: the one that was taken back.
pub async fn withdraw(incoming: &Incoming, id: &str) -> Result<Response, Failure> {
    let visit = signed_empty(incoming).await?;
    let row = withdraw_invitation(incoming, &visit, id).await?;
    Ok(reply::json(200, &invitation_json(&visit, &row)))
}

/// Takes an invitation back.
pub async fn withdraw_invitation(
    incoming: &Incoming,
    visit: &Visit,
    id: &str,
) -> Result<Invitation, Failure> {
    let mut rows = invitation_rows(incoming).await?.into_iter();
    let row = rows.find(|row| row.id == id).ok_or(Failure::NotFound)?;
    let viewer = &visit.viewer;
    let note =
        audit::note_of_change(viewer, incoming.now_ms, "invitation withdrawn", &row.name, "");
    let statements = [invitations::withdraw(id), note];
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    store.write(|_| statements.to_vec()).await?;
    Ok(row)
}
