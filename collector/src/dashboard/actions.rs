//! What a developer does with issues: forms in, a redirect out. All need the session's token.

use worker::Response;

use super::{Visit, visit};
use crate::account;
use crate::audit;
use crate::deletion;
use crate::failure::Failure;
use crate::life::{self, Decision, Deleting, Until};
use crate::people::Role;
use crate::plan::HOUR_MS;
use crate::read::{self, NumberRow};
use crate::reply;
use crate::request::{Incoming, field};
use crate::store::Store;

/// Steps of a deletion within one request: what is left goes by cron.
const DELETE_STEPS: u32 = 4;

/// Issues that are merged at once.
const MAX_MERGED: usize = 100;

/// A form that a viewer has sent about an issue.
struct Signed {
    visit: Visit,
    form: Vec<(String, String)>,
    project_id: u32,
    number: u32,
    now_ms: i64,
}

async fn signed(incoming: &mut Incoming, slug: &str, short_id: &str) -> Result<Signed, Failure> {
    let form = incoming.form().await;
    let visit = visit(incoming, slug).await?;
    account::check_form(incoming, &visit.viewer, &form)?;
    visit.viewer.must_be(Role::Member)?;
    let number = read::number_of(short_id).ok_or(Failure::NotFound)?;
    Ok(Signed { project_id: visit.project.id, visit, form, number, now_ms: incoming.now_ms })
}

/// `POST /{project}/issues/{short_id}/status` with `status`: `unresolved`; `resolved`, with or without `release`;
/// `ignored`, with or without `hours`, `events`, `users`.
pub async fn set_status(
    incoming: &mut Incoming,
    slug: &str,
    short_id: &str,
) -> Result<Response, Failure> {
    let Signed { visit, form, project_id, number, now_ms } =
        signed(incoming, slug, short_id).await?;
    let decision = decision(&form, now_ms)?;
    visit.store.write(|_| life::decide(project_id, number, &decision, now_ms)).await?;
    Ok(reply::redirect(&format!("/{slug}/issues/{short_id}/")))
}

fn decision(form: &[(String, String)], now_ms: i64) -> Result<Decision, Failure> {
    const MAX_RELEASE: usize = 200;
    let number = |name: &str| match field(form, name).trim() {
        "" => Ok(None),
        text => match text.parse::<u32>() {
            Ok(number @ 1..=1_000_000_000) => Ok(Some(number)),
            _ => Err(Failure::BadRequest(format!("{name} is a number from 1 on, not {text:?}"))),
        },
    };
    match field(form, "status") {
        "unresolved" => Ok(Decision::Reopen),
        "resolved" => match field(form, "release").trim() {
            "" => Ok(Decision::Resolve),
            release if release.len() > MAX_RELEASE => {
                Err(Failure::BadRequest(format!("release has more than {MAX_RELEASE} bytes")))
            }
            release => Ok(Decision::ResolveIn { release: release.to_owned() }),
        },
        "ignored" => Ok(Decision::Ignore(Until {
            at_ms: number("hours")?.map(|hours| now_ms + i64::from(hours) * HOUR_MS),
            events: number("events")?,
            users: number("users")?,
        })),
        _ => Err(Failure::BadRequest("status is unresolved, resolved or ignored".into())),
    }
}

/// `POST /{project}/issues/{short_id}/merge` with `with`, the short IDs of the issues that become part of this one, parted
/// by spaces or commas.
pub async fn merge(
    incoming: &mut Incoming,
    slug: &str,
    short_id: &str,
) -> Result<Response, Failure> {
    let Signed { visit, form, project_id, number: target, now_ms } =
        signed(incoming, slug, short_id).await?;
    let named = form.iter().filter(|(name, _)| name == "with").flat_map(|(_, value)| {
        value.split([',', ' ', '\n', '\r']).filter(|part| !part.is_empty()).collect::<Vec<_>>()
    });
    let prefix = &visit.project.short_prefix;
    let mut sources = Vec::new();
    for name in named {
        sources.push(read::number_in(prefix, name).ok_or_else(|| super::not_ours(prefix, name))?);
    }
    if sources.is_empty() || sources.len() > MAX_MERGED {
        return Err(Failure::BadRequest(format!("name 1 to {MAX_MERGED} issues to merge")));
    }
    visit.store.write(|_| life::merge(project_id, target, &sources, now_ms)).await?;
    let left_out = read::not_merged(project_id, target, &sources);
    let left_out: Vec<NumberRow> = visit.store.read(&left_out).await?.all()?;
    if !left_out.is_empty() {
        let name = |row: &NumberRow| read::short_id(&visit.project.short_prefix, row.number);
        let names: Vec<String> = left_out.iter().map(name).collect();
        let others = if left_out.len() < sources.len() { " The others were merged." } else { "" };
        return Err(Failure::BadRequest(format!(
            "{} cannot be merged into {short_id}: there is no such issue, it is part of another one, or it is \
             the same.{others}",
            names.join(", "),
        )));
    }
    Ok(reply::redirect(&format!("/{slug}/issues/{short_id}/")))
}

/// `POST /{project}/issues/{short_id}/delete`
pub async fn delete(
    incoming: &mut Incoming,
    slug: &str,
    short_id: &str,
) -> Result<Response, Failure> {
    let Signed { visit, project_id, number, now_ms, .. } = signed(incoming, slug, short_id).await?;
    let note = audit::note(&visit.viewer, now_ms, "issue deleted", &visit.project.slug, short_id);
    Store::open(&incoming.env, now_ms).await?.write(|_| vec![note.clone()]).await?;
    visit.store.write(|_| vec![life::begin_delete(project_id, number, now_ms)]).await?;
    let deleting = Deleting { project_id, number, status_ms: now_ms };
    for _ in 0..DELETE_STEPS {
        if deletion::step(&visit.store, deleting, now_ms).await? {
            break;
        }
    }
    Ok(reply::redirect(&format!("/{slug}/issues/")))
}
