//! `GET /{project}/vitals/`: web vitals by page, what a page divides into, the slowest loads, long frames.

use trapline_core::page_view::VITALS;
use worker::Response;

use super::question::{Listing, Question};
use super::shell;
use crate::failure::Failure;
use crate::page_views::detail::Detail;
use crate::page_views::read::Measured;
use crate::page_views::{Column, Kind, page};
use crate::request::Incoming;
use crate::scope::Choices;
use crate::view::{Section, Shell, VitalsPage};
use crate::{pages, read, reply};

/// Renders the page.
pub async fn vitals(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let question = Question::of(incoming, slug).await?;
    let visit = &question.visit;
    let counts =
        visit.store.read(&read::counts(visit.project.id)).await?.first()?.unwrap_or_default();
    let open = incoming.query("page").filter(|name| !name.is_empty());
    let Listing { all, mut list, detail, open } =
        question.listing(Kind::Page, open.as_deref(), true).await?;
    let sort = sort_of(incoming, &SORTS, "inp");
    list.sort_by_key(|one| std::cmp::Reverse(rank(one, &sort)));
    let page = VitalsPage {
        shell: Shell { section: Section::Vitals, ..shell(visit, &counts, incoming.now_ms) },
        scope: visit.scope.clone(),
        choices: choices(&detail),
        device: question.device.clone(),
        sort,
        all,
        pages: list,
        detail,
        open,
    };
    Ok(reply::page(200, pages::vitals(&page)?))
}

const SORTS: [&str; 5] = ["views", "errors", "lcp", "inp", "cls"];

/// The parameter `sort`, if it is one of these.
pub(super) fn sort_of(incoming: &Incoming, sorts: &[&str], first: &str) -> String {
    let sort = incoming.query("sort").unwrap_or_default();
    if sorts.contains(&sort.as_str()) { sort } else { first.to_owned() }
}

/// What a page is ordered by, the greatest first.
fn rank(one: &Measured, sort: &str) -> (u64, u64) {
    let views = one.sums.counted(page::VIEWS);
    let place = VITALS.iter().position(|vital| *vital == sort);
    let rank = match place.and_then(|place| one.sums.histograms.get(place)) {
        Some(histogram) => histogram.percentile(75).map_or(0, pages::whole),
        None if sort == "errors" => one.sums.counted(page::WITH_ERRORS) * 10_000 / views.max(1),
        None => 0,
    };
    (rank, views)
}

/// Releases and environments of what was measured.
pub(super) fn choices(detail: &Detail) -> Choices {
    let values = |column| {
        let keys = detail.by(column).into_iter().map(|(key, _)| key.to_owned());
        keys.filter(|key| !key.is_empty()).collect()
    };
    Choices { environments: values(Column::Environments), releases: values(Column::Releases) }
}
