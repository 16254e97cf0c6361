//! `GET /{project}/requests/`: how what pages ask for is answered, by endpoint.

use worker::Response;

use super::question::{Listing, Question};
use super::shell;
use super::vitals::{choices, sort_of};
use crate::failure::Failure;
use crate::page_views::read::Measured;
use crate::page_views::{Kind, endpoint};
use crate::pages::{failed, whole};
use crate::request::Incoming;
use crate::view::{RequestsPage, Section, Shell};
use crate::{pages, read, reply};

/// Renders the page.
pub async fn requests(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let question = Question::of(incoming, slug).await?;
    let visit = &question.visit;
    let counts =
        visit.store.read(&read::counts(visit.project.id)).await?.first()?.unwrap_or_default();
    let open = incoming.query("endpoint").filter(|name| !name.is_empty());
    let Listing { all, mut list, detail, open } =
        question.listing(Kind::Endpoint, open.as_deref(), true).await?;
    let sort = sort_of(incoming, &SORTS, "failed");
    list.sort_by_key(|one| std::cmp::Reverse(rank(one, &sort)));
    let page = RequestsPage {
        shell: Shell { section: Section::Requests, ..shell(visit, &counts, incoming.now_ms) },
        scope: visit.scope.clone(),
        choices: choices(&detail),
        sort,
        length_ms: question.window.length_ms(incoming.now_ms),
        all,
        endpoints: list,
        open,
    };
    Ok(reply::page(200, pages::requests(&page)?))
}

const SORTS: [&str; 5] = ["rate", "failed", "p50", "p75", "p95"];

/// What an endpoint is ordered by, the greatest first.
fn rank(one: &Measured, sort: &str) -> (u64, u64) {
    let requests = one.sums.counted(endpoint::REQUESTS);
    let percent = sort.strip_prefix('p').and_then(|percent| percent.parse().ok());
    let rank = match (percent, one.sums.histograms.first()) {
        (Some(percent), Some(durations)) => durations.percentile(percent).map_or(0, whole),
        _ if sort == "failed" => failed(&one.sums) * 1_000_000 / requests.max(1),
        _ => 0,
    };
    (rank, requests)
}
