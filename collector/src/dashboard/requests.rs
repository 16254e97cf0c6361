//! `GET /{project}/requests/`: how what pages ask for is answered, by endpoint.

use worker::Response;

use super::vitals::{apart, choices};
use super::{shell, visit};
use crate::failure::Failure;
use crate::page_views::read::{Asked, Filter, Measured, Window, detail, measured};
use crate::page_views::{Kind, endpoint};
use crate::pages::{failed, whole};
use crate::request::Incoming;
use crate::view::{RequestsPage, Section, Shell};
use crate::{pages, read, reply};

/// Endpoints of the table.
const LISTED: u32 = 50;

/// Renders the page.
pub async fn requests(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let project_id = visit.project.id;
    let counts = visit.store.read(&read::counts(project_id)).await?.first()?.unwrap_or_default();
    let (window, filter) =
        (Window::of(visit.scope.range, incoming.now_ms), Filter::of(&visit.scope, ""));
    let open = incoming.query("endpoint").filter(|name| !name.is_empty());
    let names: Vec<&str> = std::iter::once("").chain(open.as_deref()).collect();
    let kind = Kind::Endpoint;
    let asked = Asked { project_id, kind, window, filter: &filter, names: &names, most: LISTED };
    let (all, mut endpoints) = apart(measured(&visit.store, &asked).await?);
    let sort = incoming.query("sort").unwrap_or_default();
    let sort = if SORTS.contains(&sort.as_str()) { sort } else { "failed".to_owned() };
    endpoints.sort_by_key(|one| std::cmp::Reverse(rank(one, &sort)));
    let divided = detail(&visit.store, project_id, kind, window, "").await?;
    let open = match open {
        Some(name) => {
            let detail = detail(&visit.store, project_id, kind, window, &name).await?;
            Some((name, detail))
        }
        None => None,
    };
    let page = RequestsPage {
        shell: Shell { section: Section::Requests, ..shell(&visit, &counts, incoming.now_ms) },
        scope: visit.scope.clone(),
        choices: choices(&divided),
        sort,
        length_ms: window.length_ms(incoming.now_ms),
        all,
        endpoints,
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
