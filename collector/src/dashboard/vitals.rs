//! `GET /{project}/vitals/`: web vitals by page, what a page divides into, the slowest loads, long frames.

use worker::Response;

use super::{shell, visit};
use crate::failure::Failure;
use crate::page_views::read::{Asked, Detail, Filter, Measured, Window, detail, measured};
use crate::page_views::{Column, Kind, page};
use crate::request::Incoming;
use crate::scope::Choices;
use crate::view::{Section, Shell, VitalsPage};
use crate::{pages, read, reply};

/// Pages of the table.
const LISTED: u32 = 50;

/// Renders the page.
pub async fn vitals(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let project_id = visit.project.id;
    let counts = visit.store.read(&read::counts(project_id)).await?.first()?.unwrap_or_default();
    let device = incoming.query("device").unwrap_or_default();
    let (window, filter) =
        (Window::of(visit.scope.range, incoming.now_ms), Filter::of(&visit.scope, &device));
    let open = incoming.query("page").filter(|name| !name.is_empty());
    let names: Vec<&str> = std::iter::once("").chain(open.as_deref()).collect();
    let asked = Asked {
        project_id,
        kind: Kind::Page,
        window,
        filter: &filter,
        names: &names,
        most: LISTED,
    };
    let (all, mut listed) = apart(measured(&visit.store, &asked).await?);
    let sort = incoming.query("sort").unwrap_or_default();
    let sort = if SORTS.contains(&sort.as_str()) { sort } else { "inp".to_owned() };
    listed.sort_by_key(|one| std::cmp::Reverse(rank(one, &sort)));
    let divided = detail(&visit.store, project_id, Kind::Page, window, "").await?;
    let open = match open {
        Some(name) => {
            let detail = detail(&visit.store, project_id, Kind::Page, window, &name).await?;
            Some((name, detail))
        }
        None => None,
    };
    let page = VitalsPage {
        shell: Shell { section: Section::Vitals, ..shell(&visit, &counts, incoming.now_ms) },
        scope: visit.scope.clone(),
        choices: choices(&divided),
        device,
        sort,
        all,
        pages: listed,
        detail: divided,
        open,
    };
    Ok(reply::page(200, pages::vitals(&page)?))
}

const SORTS: [&str; 5] = ["views", "errors", "lcp", "inp", "cls"];

/// What a page is ordered by, the greatest first.
fn rank(one: &Measured, sort: &str) -> (u64, u64) {
    let views = one.sums.counted(page::VIEWS);
    let place = trapline_core::page_view::VITALS.iter().position(|vital| *vital == sort);
    let rank = match place.and_then(|place| one.sums.histograms.get(place)) {
        Some(histogram) => histogram.percentile(75).map_or(0, pages::whole),
        None if sort == "errors" => one.sums.counted(page::WITH_ERRORS) * 10_000 / views.max(1),
        None => 0,
    };
    (rank, views)
}

/// All together, and the rest.
pub(super) fn apart(measured: Vec<Measured>) -> (Measured, Vec<Measured>) {
    let (all, rest): (Vec<_>, Vec<_>) = measured.into_iter().partition(|one| one.name.is_empty());
    (all.into_iter().next().unwrap_or_default(), rest)
}

/// Releases and environments of what was measured.
pub(super) fn choices(detail: &Detail) -> Choices {
    let values = |column| {
        let keys = detail.by(column).into_iter().map(|(key, _)| key.to_owned());
        keys.filter(|key| !key.is_empty()).collect()
    };
    Choices { environments: values(Column::Environments), releases: values(Column::Releases) }
}
