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
    let people =
        store.batch(&[summary::ended(id, range, first), summary::came(id, range, first)]).await?;
    let [ended, came] = people.as_slice() else { return Err(Failure::NotFound) };
    let stored = visit.store.read(&summary::stored(id, range, first, hour)).await?;
    let asked = (range, first, visit.project.short_prefix.as_str());
    let summary = summary::of(asked, &ended.all::<summary::Row>()?, &came.all()?, &stored.all()?);
    Ok((summary, stored.database_bytes()))
}
