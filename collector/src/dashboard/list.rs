//! `GET /{project}/issues/`: the issue list, and what a project shows that never received an event.

use worker::Response;

use super::{Visit, row, shell, status_of, visit};
use crate::failure::Failure;
use crate::outcome::{self, OutcomeRow};
use crate::plan::{HOUR_MS, facet_line};
use crate::read::{self, CountsRow, Cursor, IssueRecord, ListFilter};
use crate::request::Incoming;
use crate::store::Store;
use crate::view::{IssueRow, IssuesPage, Refusal, Status};
use crate::{pages, reply, setup};

/// Renders the page.
pub async fn issues(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let page = issues_page(incoming, &visit).await?;
    Ok(reply::page(200, pages::issues(&page)?))
}

/// What the list shows, or the page that waits for a first event.
pub async fn issues_page(incoming: &Incoming, visit: &Visit) -> Result<IssuesPage, Failure> {
    let listed = list(incoming, visit).await?;
    let waiting = listed.counts.has_any == 0;
    let refusals = if waiting { refusals(incoming, visit).await? } else { Vec::new() };
    let status = listed.status;
    let shell = shell(visit, &listed.counts, incoming.now_ms);
    // Filtered pages differ in length.
    let next_row = listed.first_row + listed.rows.len() as u64;
    let public_key = visit.project.public_key.clone().unwrap_or_default();
    Ok(IssuesPage {
        shell,
        status,
        counts: [listed.counts.unresolved, listed.counts.resolved, listed.counts.ignored],
        query: listed.query,
        first_row: if listed.rows.is_empty() { 0 } else { listed.first_row },
        next_page: listed.next.map(|next| page_link(incoming, next_row, next)),
        is_later_page: listed.is_later_page,
        issues: listed.rows,
        waiting,
        dsn: setup::dsn(incoming, &public_key, visit.project.id),
        agent_origin: setup::site_origin(incoming),
        agent_script: format!("{}/{}.js", setup::site_origin(incoming), incoming.agent_name()),
        refusals,
    })
}

/// What came within a day and was not stored.
async fn refusals(incoming: &Incoming, visit: &Visit) -> Result<Vec<Refusal>, Failure> {
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    let since = outcome::since(visit.project.id, incoming.now_ms / HOUR_MS - 24);
    let rows: Vec<OutcomeRow> = store.read(&since).await?.all()?;
    let refusal = |row: OutcomeRow| Refusal {
        outcome: row.outcome,
        reason: row.reason,
        detail: row.detail,
        quantity: row.quantity,
        last_ms: row.last_ms,
    };
    Ok(rows.into_iter().map(refusal).collect())
}

/// One page of a list, for the dashboard and the API.
pub struct Listed {
    /// The issues.
    pub rows: Vec<IssueRow>,
    /// By status.
    pub counts: CountsRow,
    /// Where the next page begins.
    pub next: Option<Cursor>,
    /// Of these.
    pub status: Status,
    /// Filtered by this.
    pub query: String,
    /// From 1.
    pub first_row: u64,
    /// It begins behind other issues.
    pub is_later_page: bool,
}

/// Query parameters that filter by a facet.
const FACETS: [&str; 5] = ["release", "environment", "browser", "os", "country"];

/// Reads the list that the query parameters `status`, `query`, `after` and those of `FACETS` ask for.
pub async fn list(incoming: &Incoming, visit: &Visit) -> Result<Listed, Failure> {
    let status = status_of(&incoming.query("status").unwrap_or_default()).unwrap_or_default();
    let query = incoming.query("query").unwrap_or_default().trim().to_owned();
    let after = incoming.query("after").and_then(|after| cursor_of(&after));
    let facet = |name: &&str| {
        let value = incoming.query(name).filter(|value| !value.is_empty())?;
        Some(facet_line(name, &value))
    };
    let filter = ListFilter {
        project_id: visit.project.id,
        status: status as u32,
        text: &query,
        facets: FACETS.iter().filter_map(facet).collect(),
        after,
    };
    let mut statements =
        vec![read::list(&filter, incoming.now_ms / HOUR_MS - 24), read::counts(visit.project.id)];
    if filter.is_filtered() {
        statements.push(read::last_scanned(&filter));
    }
    let rows = visit.store.batch(&statements).await?;
    let [list, counts, scanned @ ..] = rows.as_slice() else { return Err(Failure::NotFound) };
    let mut records: Vec<IssueRecord> = list.all()?;
    let has_more = records.len() > read::PAGE;
    records.truncate(read::PAGE);
    let last = records.last().map(|last| Cursor { hour: last.last_hour, number: last.number });
    let scanned: Option<Cursor> = scanned.first().map(|rows| rows.first()).transpose()?.flatten();
    // Within an hour the index does not know the order.
    records.sort_by_key(|record| std::cmp::Reverse((record.last_hour, record.last_seen_ms)));
    let prefix = &visit.project.short_prefix;
    Ok(Listed {
        rows: records.iter().map(|record| row(prefix, record, incoming.now_ms)).collect(),
        counts: counts.first()?.unwrap_or_default(),
        next: if has_more { last } else { scanned },
        status,
        query,
        first_row: incoming.query("row").and_then(|row| row.parse().ok()).unwrap_or(1),
        is_later_page: after.is_some(),
    })
}

/// `?…&after=495000.12&row=51`
fn page_link(incoming: &Incoming, next_row: u64, next: Cursor) -> String {
    let mut link = form_urlencoded::Serializer::new(String::new());
    let kept = incoming.url.query_pairs().filter(|(name, _)| name != "after" && name != "row");
    for (name, value) in kept {
        link.append_pair(&name, &value);
    }
    link.append_pair("after", &format!("{}.{}", next.hour, next.number));
    link.append_pair("row", &next_row.to_string());
    format!("?{}", link.finish())
}

fn cursor_of(text: &str) -> Option<Cursor> {
    let (hour, number) = text.split_once('.')?;
    Some(Cursor { hour: hour.parse().ok()?, number: number.parse().ok()? })
}
