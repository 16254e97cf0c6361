//! `GET /{project}/issues/{short_id}/events/`: all events of an issue; and one of them as Markdown.

use std::collections::HashSet;

use worker::Response;

use super::{Visit, row, shell, visit};
use crate::activity::{self, Key};
use crate::failure::Failure;
use crate::plan::HOUR_MS;
use crate::read::{
    self, CountsRow, EVENT_GROUPS, EVENTS_PAGE, EventCursor, EventRow, GroupRecord, IssueRecord,
    KeptRow, TextRow,
};
use crate::request::Incoming;
use crate::store::Rows;
use crate::view::{ActivityPage, EventsPage, IssueMore, IssuePage};
use crate::{pages, reply};

/// What events can be filtered by, beside facts such as `tag.plan`.
const FACETS: [&str; 7] = ["release", "environment", "browser", "os", "country", "url", "user"];

/// A page of events of an issue.
pub struct ListedEvents {
    /// Newest first.
    pub events: Vec<EventRow>,
    /// IDs of those that are kept whole.
    pub kept: HashSet<String>,
    /// Where the next page begins.
    pub next: Option<EventCursor>,
    /// What the query asks for: facet and value.
    pub filters: Vec<(String, String)>,
    /// Groups that were left out, the oldest ones.
    pub left_out: usize,
}

fn filters(incoming: &Incoming) -> Vec<(String, String)> {
    let is_named = |name: &str| {
        FACETS.contains(&name)
            || name.starts_with("tag.")
            || name.starts_with("flag.")
            || name == "request"
    };
    let pairs =
        incoming.url.query_pairs().filter(|(name, value)| is_named(name) && !value.is_empty());
    pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).take(8).collect()
}

/// The page that the query asks for; two queries.
pub async fn listed_events(
    incoming: &Incoming,
    visit: &Visit,
    groups: &[GroupRecord],
) -> Result<ListedEvents, Failure> {
    let filters = filters(incoming);
    let after = match incoming.query("after") {
        None => None,
        Some(text) => Some(EventCursor::of(&text).ok_or_else(|| {
            Failure::BadRequest("after is what a page before this one gave".into())
        })?),
    };
    let looked = groups.get(..EVENT_GROUPS).unwrap_or(groups);
    let project_id = visit.project.id;
    let rows = visit
        .store
        .batch(&[
            read::events(project_id, looked, after.as_ref(), &filters),
            read::kept(project_id, looked),
        ])
        .await?;
    let [events, kept] = rows.as_slice() else { return Err(Failure::NotFound) };
    let mut events: Vec<EventRow> = events.all()?;
    let kept: Vec<KeptRow> = kept.all()?;
    let has_more = events.len() > EVENTS_PAGE;
    events.truncate(EVENTS_PAGE);
    let last = events.last().filter(|_| has_more);
    Ok(ListedEvents {
        next: last.map(|last| EventCursor {
            claimed_ms: last.claimed_ms,
            event_id: last.event_id.clone(),
        }),
        kept: kept.into_iter().map(|kept| kept.event_id).collect(),
        left_out: groups.len() - looked.len(),
        events,
        filters,
    })
}

/// Issue, groups, and open issues of the project; three queries.
pub async fn head(
    incoming: &Incoming,
    visit: &Visit,
    short_id: &str,
) -> Result<(IssueRecord, Vec<GroupRecord>, CountsRow), Failure> {
    let number = read::number_in(&visit.project.short_prefix, short_id).ok_or(Failure::NotFound)?;
    let project_id = visit.project.id;
    let since_hour = incoming.now_ms / HOUR_MS - 24;
    let rows = visit
        .store
        .batch(&[
            read::issue(project_id, number, since_hour),
            read::groups(project_id, number),
            read::counts(project_id),
        ])
        .await?;
    let [issue, groups, counts] = rows.as_slice() else { return Err(Failure::NotFound) };
    let record: IssueRecord = issue.first()?.ok_or(Failure::NotFound)?;
    Ok((record, groups.all()?, counts.first()?.unwrap_or_default()))
}

/// The page with the table.
pub async fn events(incoming: &Incoming, slug: &str, short_id: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let (record, groups, counts) = head(incoming, &visit, short_id).await?;
    let listed = listed_events(incoming, &visit, &groups).await?;
    let page = EventsPage {
        shell: shell(&visit, &counts, incoming.now_ms),
        issue: row(&visit.project.short_prefix, &record, incoming.now_ms),
        listed,
        is_later_page: incoming.query("after").is_some(),
    };
    Ok(reply::page(200, pages::events(&page)?))
}

/// Activity before a key, or the newest; one query.
pub async fn older_activity(
    incoming: &Incoming,
    visit: &Visit,
    number: u32,
) -> Result<Vec<activity::Row>, Failure> {
    let before = match incoming.query("before") {
        None => None,
        Some(text) => Some(Key::of(&text).ok_or_else(|| {
            Failure::BadRequest("before is the key of an entry, like 1795426880000-42".into())
        })?),
    };
    let statement = activity::activity(visit.project.id, number, before);
    let rows: Rows = visit.store.read(&statement).await?;
    let text = rows.first::<TextRow>()?.and_then(|row| row.text).unwrap_or_default();
    Ok(activity::page(&text))
}

/// `GET …/activity/?before=`: older entries.
pub async fn activity_page(
    incoming: &Incoming,
    slug: &str,
    short_id: &str,
) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let (record, _, counts) = head(incoming, &visit, short_id).await?;
    let viewer = &visit.viewer;
    let more = IssueMore {
        activity: older_activity(incoming, &visit, record.number).await?,
        viewer_id: viewer.id,
        ..IssueMore::default()
    };
    let page = ActivityPage {
        page: IssuePage {
            shell: shell(&visit, &counts, incoming.now_ms),
            issue: row(&visit.project.short_prefix, &record, incoming.now_ms),
            releases: (record.first_release.clone(), String::new()),
            more,
            ..IssuePage::default()
        },
    };
    Ok(reply::page(200, pages::older_activity(&page)?))
}

/// `GET …/events/{event_id}/markdown`: the event for a ticket or a chat.
pub async fn markdown(
    incoming: &Incoming,
    slug: &str,
    short_id: &str,
    event_id: &str,
) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let event = super::stored_event(incoming, &visit, event_id).await?.ok_or(Failure::NotFound)?;
    let number = read::number_in(&visit.project.short_prefix, short_id).ok_or(Failure::NotFound)?;
    let short_id = read::short_id(&visit.project.short_prefix, number);
    let link = format!("{}/{slug}/issues/{short_id}/events/{}/", incoming.origin(), event.event_id);
    let text = pages::markdown(&event, &short_id, &link);
    let response = reply::text(200, &text);
    Ok(reply::with_headers(
        response,
        &[
            ("content-type", "text/markdown; charset=utf-8"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
        ],
    ))
}
