//! `/settings/…`: people, projects, access and the log of the whole deployment, and oneself; `/invitation/{token}`.

use trapline_core::json;
use worker::Response;

use super::{Visit, shell, visit_deployment};
use crate::access::Access;
use crate::api::projects::{self, New};
use crate::api::{audit as log, people as api};
use crate::failure::Failure;
use crate::people::Role;
use crate::people::invitations::{self, Invitation, Taken};
use crate::people::members::{self, Change};
use crate::request::{Incoming, field};
use crate::store::Store;
use crate::view::{InvitedPage, PeoplePage, ProjectLine, Section, SetupDonePage, Shell};
use crate::{account, attempts, audit, pages, random, read, reply};

type Form = Vec<(String, String)>;

/// What was just made and is shown this once.
type Made = (&'static str, String);

/// `GET /settings/{tab}/`
pub async fn page(incoming: &Incoming, tab: &str) -> Result<Response, Failure> {
    let tabs = ["people", "projects", "access", "audit", "profile"];
    let tab = tabs.into_iter().find(|known| *known == tab).ok_or(Failure::NotFound)?;
    let visit = visit_deployment(incoming).await?;
    rendered(incoming, &visit, tab, None).await
}

async fn rendered(
    incoming: &Incoming,
    visit: &Visit,
    tab: &'static str,
    made: Option<Made>,
) -> Result<Response, Failure> {
    let (viewer, project) = (&visit.viewer, &visit.project);
    if tab != "profile" {
        viewer.must_be_owner()?;
    }
    let counts = visit.store.read(&read::counts(project.id)).await?.first()?.unwrap_or_default();
    let line = |project: &read::ProjectRow| ProjectLine {
        id: project.id,
        slug: project.slug.clone(),
        name: project.name.clone(),
    };
    let mut page = PeoplePage {
        shell: Shell { section: Section::Settings, ..shell(visit, &counts, incoming.now_ms) },
        tab,
        is_owner: viewer.is_owner(),
        viewer_id: viewer.id,
        role: viewer.role.name(),
        projects: visit.projects.iter().map(line).collect(),
        made,
        ..PeoplePage::default()
    };
    match tab {
        "people" => {
            page.members = api::member_rows(incoming).await?;
            page.invitations = api::invitation_rows(incoming).await?;
        }
        "access" => {
            if let Some(access) = Access::of(incoming) {
                page.default_role = access.default_role.map_or("", Role::name);
                page.team = access.issuer;
            }
        }
        "audit" => (page.entries, page.next) = log::entries(incoming, log::ENTRIES).await?,
        "profile" => page.sessions = api::session_rows(incoming, viewer).await?,
        _ => {}
    }
    Ok(reply::page(200, pages::people(&page)?))
}

async fn signed(incoming: &mut Incoming) -> Result<(Visit, Form), Failure> {
    let form = incoming.form().await;
    let visit = visit_deployment(incoming).await?;
    account::check_form(incoming, &visit.viewer, &form)?;
    visit.viewer.must_be_person()?;
    Ok((visit, form))
}

async fn signed_owner(incoming: &mut Incoming) -> Result<(Visit, Form), Failure> {
    let (visit, form) = signed(incoming).await?;
    visit.viewer.must_be_owner()?;
    Ok((visit, form))
}

/// `POST /settings/people/{verb}` with `person`, or `invitation`: `invite`, `withdraw`, `change`, `remove`, `link`.
pub async fn people(incoming: &mut Incoming, verb: &str) -> Result<Response, Failure> {
    let (visit, form) = signed_owner(incoming).await?;
    let person = field(&form, "person");
    match verb {
        "invite" => {
            let (role, projects) = given(&visit, &form)?;
            let name = field(&form, "name").trim().to_owned();
            let wanted = Invitation { name, role, projects, ..Invitation::default() };
            let (_, link) = api::make_invitation(incoming, &visit, wanted).await?;
            return rendered(incoming, &visit, "people", Some(("Invitation link", link))).await;
        }
        "link" => {
            let link = api::make_link(incoming, &visit, person).await?;
            return rendered(incoming, &visit, "people", Some(("Sign-in link", link))).await;
        }
        "withdraw" => {
            api::withdraw_invitation(incoming, &visit, field(&form, "invitation")).await?;
        }
        "change" => {
            let (role, projects) = given(&visit, &form)?;
            let change = Change {
                name: None,
                role: Some(role),
                projects: Some(projects),
                email: Some(field(&form, "email").to_owned()),
            };
            api::change_member(incoming, &visit, person, change).await?;
        }
        "remove" => {
            api::remove_member(incoming, &visit, person).await?;
        }
        _ => return Err(Failure::NotFound),
    }
    Ok(reply::redirect("/settings/people/"))
}

/// `role`, and `project` once for each, or `all`.
fn given(visit: &Visit, form: &Form) -> Result<(i64, String), Failure> {
    let role = Role::named(field(form, "role"))
        .ok_or_else(|| Failure::BadRequest("role is viewer, member or admin".into()))?;
    let named = form.iter().filter(|(name, _)| name == "project");
    let slugs: Vec<String> = named.map(|(_, slug)| slug.clone()).collect();
    let slugs = (field(form, "all") != "on").then_some(slugs);
    Ok((role as i64, api::stored_projects(visit, slugs.as_deref())?))
}

/// `POST /settings/projects/create` with `name`, `slug`, `prefix` and `origins`, one a line: to the page that says how to send.
pub async fn create_project(incoming: &mut Incoming) -> Result<Response, Failure> {
    let (visit, form) = signed_owner(incoming).await?;
    let text = |name| field(&form, name).trim().to_owned();
    let new = New {
        name: text("name"),
        slug: text("slug"),
        prefix: text("prefix"),
        origins: text("origins").split_whitespace().map(str::to_owned).collect(),
    };
    projects::make(incoming, &visit, &new).await?;
    Ok(reply::redirect(&format!("/{}/issues/", new.slug)))
}

/// `POST /settings/profile/{verb}`: `name`, `key`, `end` with `session`, `end-all`.
pub async fn profile(incoming: &mut Incoming, verb: &str) -> Result<Response, Failure> {
    let (visit, form) = signed(incoming).await?;
    let (id, now_ms, viewer) = (visit.viewer.id, incoming.now_ms, &visit.viewer);
    let store = Store::open(&incoming.env, now_ms).await?;
    match verb {
        "name" => {
            let name = field(&form, "name").trim().to_owned();
            if !members::is_name(&name) {
                let most = members::MAX_NAME;
                return Err(Failure::BadRequest(format!("a name has 1 to {most} bytes")));
            }
            let note = audit::note(viewer, now_ms, "person changed", &viewer.name, &name);
            let change = members::change(id, &Change { name: Some(name), ..Change::default() });
            store.write(|_| vec![change.clone(), note.clone()]).await?;
        }
        "key" => {
            let key = random::token();
            let mut statements =
                members::replace_key(id, &key, now_ms, now_ms + account::KEY_LIFE_MS).to_vec();
            let name = &viewer.name;
            statements.push(audit::note_of_change(viewer, now_ms, "own key replaced", name, ""));
            store.write(|_| statements.clone()).await?;
            return rendered(incoming, &visit, "profile", Some(("Sign-in key", key))).await;
        }
        "end" => {
            let session = field(&form, "session");
            store.write(|_| vec![members::end_sessions(id, Some(session))]).await?;
        }
        "end-all" => {
            store.write(|_| vec![members::end_sessions(id, None)]).await?;
            return Ok(reply::redirect("/sign-in"));
        }
        _ => return Err(Failure::NotFound),
    }
    Ok(reply::redirect("/settings/profile/"))
}

/// `GET /invitation/{token}`: what it is, and a form that asks for a name.
pub async fn invited(incoming: &Incoming, token: &str) -> Result<Response, Failure> {
    attempts::check(incoming)?;
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    match invited_page(incoming, &store, token).await? {
        Some(page) => Ok(reply::page(200, pages::invited(&page)?)),
        None => gone(incoming).await,
    }
}

async fn invited_page(
    incoming: &Incoming,
    store: &Store,
    token: &str,
) -> Result<Option<InvitedPage>, Failure> {
    let found: Option<Invitation> =
        store.read(&invitations::of(token, incoming.now_ms)).await?.first()?;
    let Some(found) = found else { return Ok(None) };
    let ids: Vec<u32> = json::from_slice(found.projects.as_bytes()).unwrap_or_default();
    let projects: Vec<read::ProjectRow> = store.read(&read::projects()).await?.all()?;
    let named = projects.into_iter().filter(|project| ids.contains(&project.id));
    Ok(Some(InvitedPage {
        name: found.name,
        role: Role::of(found.role).name(),
        projects: named.map(|project| project.name).collect(),
        made_by: found.made_by,
        path: incoming.url.path().to_owned(),
        error: None,
    }))
}

async fn gone(incoming: &Incoming) -> Result<Response, Failure> {
    attempts::failed(incoming).await;
    Err(Failure::Conflict(
        "this invitation was used before, withdrawn, or is older than a week: ask for another one"
            .to_owned(),
    ))
}

/// `POST /invitation/{token}` with `name`: makes the person, shows a sign-in key once, and signs in.
pub async fn join(incoming: &mut Incoming, token: &str) -> Result<Response, Failure> {
    account::check_origin(incoming)?;
    attempts::check(incoming)?;
    let form = incoming.form().await;
    let (name, now_ms) = (field(&form, "name").trim(), incoming.now_ms);
    let store = Store::open(&incoming.env, now_ms).await?;
    if !members::is_name(name) {
        let Some(mut page) = invited_page(incoming, &store, token).await? else {
            return gone(incoming).await;
        };
        page.error = Some(format!("A name has 1 to {} bytes.", members::MAX_NAME));
        return Ok(reply::page(400, pages::invited(&page)?));
    }
    let (session, key) = (random::token(), random::token());
    let (device, address) = (account::device(incoming), account::address(incoming));
    let taken =
        Taken { token, name, session: &session, key: &key, device: &device, address: &address };
    let session_ms = now_ms + account::SESSION_LIFE_MS;
    let statements = invitations::take(&taken, now_ms, session_ms, now_ms + account::KEY_LIFE_MS);
    if !account::began(&store, &statements).await? {
        return gone(incoming).await;
    }
    let page = SetupDonePage { sign_in_key: key, next: "/".to_owned() };
    let response = reply::page(200, pages::setup_done(&page)?);
    Ok(account::with_cookie(incoming, response, &session, account::SESSION_LIFE_MS / 1_000))
}
