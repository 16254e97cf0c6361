//! `GET /{project}/outcomes/`: how what was sent ended, which noise can be cut, and how far the project is from its limits.

use worker::Response;

use super::{Visit, shell, visit};
use crate::failure::Failure;
use crate::outcome::summary::{self, Range, Summary};
use crate::plan::HOUR_MS;
use crate::request::Incoming;
use crate::store::Store;
use crate::view::{OutcomesPage, Section, Shell};
use crate::{pages, purge, read, reply};

/// Renders the page.
pub async fn outcomes(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let range = incoming.query("range").and_then(|name| Range::named(&name));
    let (summary, database_bytes) = summary_of(incoming, &visit, range).await?;
    let counts =
        visit.store.read(&read::counts(visit.project.id)).await?.first()?.unwrap_or_default();
    let page = OutcomesPage {
        shell: Shell { section: Section::Outcomes, ..shell(&visit, &counts, incoming.now_ms) },
        summary,
        database_bytes,
        database_limit: purge::max_bytes(&incoming.env),
    };
    Ok(reply::page(200, pages::outcomes(&page)?))
}

/// The summary of a range, the last 24 hours if none is asked for, and the bytes of the project's database.
pub async fn summary_of(
    incoming: &Incoming,
    visit: &Visit,
    range: Option<&'static Range>,
) -> Result<(Summary, usize), Failure> {
    let range = range.unwrap_or(&summary::RANGES[0]);
    let first = range.first_hour(incoming.now_ms / HOUR_MS);
    let (rows, database_bytes) = rows_since(incoming, visit, first, true).await?;
    Ok((summary::of(range, first, &visit.project.short_prefix, &rows), database_bytes))
}

/// What a summary is made of, with or without what was not stored; and the bytes of the project's database.
pub async fn rows_since(
    incoming: &Incoming,
    visit: &Visit,
    first: i64,
    with_ended: bool,
) -> Result<(summary::Rows, usize), Failure> {
    let (id, hour) = (visit.project.id, incoming.now_ms / HOUR_MS);
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    let mut people = vec![summary::came(id, first)];
    people.extend(with_ended.then(|| summary::ended(id, first)));
    let of_groups = [summary::groups(id, first, hour), summary::past(id, first, hour)];
    let (people, stored) = (store.batch(&people).await?, visit.store.batch(&of_groups).await?);
    let ([came, ended @ ..], [groups, past]) = (people.as_slice(), stored.as_slice()) else {
        return Err(Failure::NotFound);
    };
    let rows = summary::Rows {
        ended: ended.first().map(|ended| ended.all()).transpose()?.unwrap_or_default(),
        came: came.all()?,
        groups: groups.all()?,
        past: past.all()?,
    };
    Ok((rows, groups.database_bytes()))
}
