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
    let (id, hour) = (visit.project.id, incoming.now_ms / HOUR_MS);
    let first = range.first_hour(hour);
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    let people = [summary::ended(id, first), summary::came(id, first)];
    let of_groups = [summary::groups(id, first, hour), summary::past(id, first, hour)];
    let (people, stored) = (store.batch(&people).await?, visit.store.batch(&of_groups).await?);
    let ([ended, came], [groups, past]) = (people.as_slice(), stored.as_slice()) else {
        return Err(Failure::NotFound);
    };
    let rows = summary::Rows {
        ended: ended.all()?,
        came: came.all()?,
        groups: groups.all()?,
        past: past.all()?,
    };
    let summary = summary::of(range, first, &visit.project.short_prefix, &rows);
    Ok((summary, groups.database_bytes()))
}
