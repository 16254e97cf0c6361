//! The pages' side of the store: reads rows, and fills the views that `pages` turns into HTML.

use trapline_core::event::Event;
use trapline_core::fingerprint::{Hash, hex};
use trapline_core::inflate::inflate;
use trapline_core::limits::MAX_INFLATED;
use worker::Response;

use crate::account::{self, Viewer};
use crate::failure::Failure;
use crate::plan::{HOUR_MS, level_of};
use crate::read::{
    self, BodyRow, CountsRow, Cursor, FacetsRow, GroupRecord, HourRow, IssueRecord, KeptRow,
    ListFilter, ProjectRow,
};
use crate::request::{Incoming, field};
use crate::sql::Statement;
use crate::store::{Rows, Store};
use crate::view::{
    Distribution, FACET_EVENTS, GroupRow, IssuePage, IssueRow, IssuesPage, Position, Section,
    Shell, Status,
};
use crate::{pages, reply, setup};

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * HOUR_MS;

/// Groups of an issue that distributions look at: one statement each.
const FACET_GROUPS: usize = 10;

/// What every page begins with.
pub struct Visit {
    /// The database.
    pub store: Store,
    /// Who reads.
    pub viewer: Viewer,
    /// The project that the path names.
    pub project: ProjectRow,
    /// All of them.
    pub projects: Vec<ProjectRow>,
}

/// Opens the store, and finds viewer and project.
pub async fn visit(incoming: &Incoming, slug: &str) -> Result<Visit, Failure> {
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    let viewer = account::viewer(incoming, &store).await?;
    let projects: Vec<ProjectRow> = store.read(&read::projects()).await?.all()?;
    let project = projects.iter().find(|project| project.slug == slug).cloned();
    Ok(Visit { store, viewer, project: project.ok_or(Failure::NotFound)?, projects })
}

/// `GET /`: the first project's issues.
pub async fn start(incoming: &Incoming) -> Result<Response, Failure> {
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    account::viewer(incoming, &store).await?;
    let projects: Vec<ProjectRow> = store.read(&read::projects()).await?.all()?;
    let first = projects.first().ok_or(Failure::NotFound)?;
    Ok(reply::redirect(&format!("/{}/issues/", first.slug)))
}

/// `GET /{project}/issues/`
pub async fn issues(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let listed = list(incoming, &visit).await?;
    let status = listed.status;
    let shell = shell(&visit, &listed.counts, incoming.now_ms);
    let public_key = visit.project.public_key.clone().unwrap_or_default();
    let page = IssuesPage {
        shell,
        status,
        counts: [listed.counts.unresolved, listed.counts.resolved, listed.counts.ignored],
        query: listed.query,
        first_row: if listed.rows.is_empty() { 0 } else { listed.first_row },
        next_page: listed.next.map(|next| page_link(incoming, listed.first_row, next)),
        issues: listed.rows,
        waiting: visit.project.last_issue == 0,
        dsn: setup::dsn(incoming, &public_key, visit.project.id),
        agent_origin: setup::site_origin(incoming),
    };
    Ok(reply::page(200, pages::issues(&page)?))
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
}

/// Reads the list that the query parameters `status`, `query` and `after` ask for.
pub async fn list(incoming: &Incoming, visit: &Visit) -> Result<Listed, Failure> {
    let status = status_of(&incoming.query("status").unwrap_or_default()).unwrap_or_default();
    let query = incoming.query("query").unwrap_or_default().trim().to_owned();
    let after = incoming.query("after").and_then(|after| cursor_of(&after));
    let filter =
        ListFilter { project_id: visit.project.id, status: status as u32, text: &query, after };
    let this_hour = incoming.now_ms / HOUR_MS;
    let [list, hours] = read::list(&filter, this_hour - 24);
    let rows = visit.store.batch(&[list, hours, read::counts(visit.project.id)]).await?;
    let [list, hours, counts] = rows.as_slice() else { return Err(Failure::NotFound) };
    let mut records: Vec<IssueRecord> = list.all()?;
    let hours: Vec<HourRow> = hours.all()?;
    let has_more = records.len() > read::PAGE;
    records.truncate(read::PAGE);
    let last = records.last().map(|last| Cursor { hour: last.last_hour, number: last.number });
    // Within an hour the index does not know the order.
    records.sort_by_key(|record| std::cmp::Reverse((record.last_hour, record.last_seen_ms)));
    let prefix = &visit.project.short_prefix;
    Ok(Listed {
        rows: records.iter().map(|record| row(prefix, record, &hours, incoming.now_ms)).collect(),
        counts: counts.first()?.unwrap_or_default(),
        next: last.filter(|_| has_more),
        status,
        query,
        first_row: incoming.query("row").and_then(|row| row.parse().ok()).unwrap_or(1),
    })
}

/// `?…&after=495000.12&row=51`
fn page_link(incoming: &Incoming, first_row: u64, next: Cursor) -> String {
    let mut link = form_urlencoded::Serializer::new(String::new());
    let kept = incoming.url.query_pairs().filter(|(name, _)| name != "after" && name != "row");
    for (name, value) in kept {
        link.append_pair(&name, &value);
    }
    link.append_pair("after", &format!("{}.{}", next.hour, next.number));
    link.append_pair("row", &(first_row + read::PAGE as u64).to_string());
    format!("?{}", link.finish())
}

fn cursor_of(text: &str) -> Option<Cursor> {
    let (hour, number) = text.split_once('.')?;
    Some(Cursor { hour: hour.parse().ok()?, number: number.parse().ok()? })
}

fn status_of(name: &str) -> Option<Status> {
    match name {
        "unresolved" => Some(Status::Unresolved),
        "resolved" => Some(Status::Resolved),
        "ignored" => Some(Status::Ignored),
        _ => None,
    }
}

fn shell(visit: &Visit, counts: &CountsRow, now_ms: i64) -> Shell {
    let pair = |project: &ProjectRow| (project.slug.clone(), project.name.clone());
    Shell {
        project_name: visit.project.name.clone(),
        project_slug: visit.project.slug.clone(),
        projects: visit
            .projects
            .iter()
            .filter(|other| other.id != visit.project.id)
            .map(pair)
            .collect(),
        section: Section::Issues,
        open_issues: counts.unresolved,
        user_name: visit.viewer.name.clone(),
        csrf: visit.viewer.csrf.clone(),
        now_ms,
    }
}

/// An issue as lists and pages show it.
pub fn row(prefix: &str, record: &IssueRecord, hours: &[HourRow], now_ms: i64) -> IssueRow {
    let this_hour = now_ms / HOUR_MS;
    let mut by_hour = [0; 24];
    for hour in hours.iter().filter(|hour| hour.number == record.number) {
        let index = usize::try_from(hour.hour - this_hour + 23).ok();
        if let Some(slot) = index.and_then(|index| by_hour.get_mut(index)) {
            *slot += hour.events;
        }
    }
    IssueRow {
        short_id: read::short_id(prefix, record.number),
        kind: record.kind.clone(),
        value: record.value.clone(),
        function: record.function.clone(),
        place: record.place.clone(),
        level: level_of(record.level),
        handled: record.handled == 1,
        status: match record.status {
            1 => Status::Resolved,
            2 => Status::Ignored,
            _ => Status::Unresolved,
        },
        events: record.events,
        users: record.users,
        first_seen_ms: record.first_seen_ms,
        last_seen_ms: record.last_seen_ms,
        hours: by_hour,
        is_new: now_ms - record.first_seen_ms < DAY_MS,
        is_regressed: record.status == 0 && record.regressed_ms > 0,
    }
}

/// `GET /{project}/issues/{short_id}/`, or one event of it.
pub async fn issue(
    incoming: &Incoming,
    slug: &str,
    short_id: &str,
    event_id: Option<&str>,
) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let number = read::number_of(short_id).ok_or(Failure::NotFound)?;
    let project_id = visit.project.id;
    let since_hour = incoming.now_ms / HOUR_MS - 24;
    let rows = visit
        .store
        .batch(&[
            read::issue(project_id, number),
            read::groups(project_id, number),
            read::issue_hours(project_id, number, since_hour),
            read::counts(project_id),
        ])
        .await?;
    let [issue, groups, hours, counts] = rows.as_slice() else { return Err(Failure::NotFound) };
    let record: IssueRecord = issue.first()?.ok_or(Failure::NotFound)?;
    let groups: Vec<GroupRecord> = groups.all()?;
    let hours: Vec<HourRow> = hours.all()?;
    let shown = shown_event(&visit, &groups, event_id).await?;
    let group = shown.group;
    let page = IssuePage {
        shell: shell(&visit, &counts.first()?.unwrap_or_default(), incoming.now_ms),
        issue: row(&visit.project.short_prefix, &record, &hours, incoming.now_ms),
        releases: (
            record.first_release.clone(),
            groups.first().map(|newest| newest.last_release.clone()).unwrap_or_default(),
        ),
        event: shown.event,
        position: shown.position,
        distributions: shown.distributions,
        groups: groups.iter().map(|record| group_row(record, group)).collect(),
    };
    Ok(reply::page(200, pages::issue(&page)?))
}

fn group_row(record: &GroupRecord, current: Option<Hash>) -> GroupRow {
    let mut short_hash = hex(&record.hash);
    short_hash.truncate(8);
    GroupRow {
        short_hash,
        fingerprint: record.label.clone(),
        events: record.events,
        last_seen_ms: record.last_seen_ms,
        is_current: current == Some(record.hash),
    }
}

#[derive(Default)]
struct Shown {
    event: Option<Event>,
    group: Option<Hash>,
    position: Position,
    distributions: Vec<Distribution>,
}

/// The event that the path names, else the newest kept one; with its neighbours among the kept events.
async fn shown_event(
    visit: &Visit,
    groups: &[GroupRecord],
    event_id: Option<&str>,
) -> Result<Shown, Failure> {
    let project_id = visit.project.id;
    let mut statements = vec![read::kept(project_id, groups)];
    let newest = groups.get(..FACET_GROUPS).unwrap_or(groups);
    let each = FACET_EVENTS / u32::try_from(newest.len().max(1)).unwrap_or(1);
    statements.extend(newest.iter().map(|group| read::facets(project_id, &group.hash, each)));
    let rows = visit.store.batch(&statements).await?;
    let [kept, facets @ ..] = rows.as_slice() else { return Err(Failure::NotFound) };
    let kept: Vec<KeptRow> = kept.all()?;
    let event_id = event_id.map(str::to_ascii_lowercase);
    let index = match &event_id {
        None => 0,
        Some(id) => kept.iter().position(|kept| kept.event_id == *id).unwrap_or(usize::MAX),
    };
    let distributions = distributions(facets)?;
    let Some(current) = kept.get(index) else {
        // The link is to an event whose body made room for newer ones.
        let position = Position { event_id: event_id.unwrap_or_default(), ..Position::default() };
        return Ok(Shown { position, distributions, ..Shown::default() });
    };
    let neighbour = |index: Option<usize>| Some(kept.get(index?)?.event_id.clone());
    let position = Position {
        event_id: current.event_id.clone(),
        is_newest: index == 0,
        older: neighbour(index.checked_add(1)),
        newer: neighbour(index.checked_sub(1)),
    };
    let event = stored_event(visit, &current.event_id).await?;
    Ok(Shown { event, group: Some(current.group_hash), position, distributions })
}

/// A kept event, whole.
pub async fn stored_event(visit: &Visit, event_id: &str) -> Result<Option<Event>, Failure> {
    let statement: Statement = read::body(visit.project.id, event_id);
    let body: Option<BodyRow> = visit.store.read(&statement).await?.first()?;
    Ok(body.and_then(|body| event_of(&body)))
}

fn event_of(body: &BodyRow) -> Option<Event> {
    let bytes = crate::plan::bytes_of_hex(&body.bytes);
    let json = inflate(&bytes, Some("deflate"), MAX_INFLATED).ok()?;
    serde_json::from_slice(&json).ok()
}

/// Shares of each facet that has values, of the newest events.
fn distributions(facets: &[Rows]) -> Result<Vec<Distribution>, Failure> {
    let mut rows: Vec<FacetsRow> = Vec::new();
    for group in facets {
        rows.extend(group.all::<FacetsRow>()?);
    }
    let distributions = [
        distribution("Release", &rows, |row| &row.release),
        distribution("Page", &rows, |row| &row.page),
        distribution("Browser", &rows, |row| &row.browser),
        distribution("System", &rows, |row| &row.os),
        distribution("Environment", &rows, |row| &row.environment),
    ];
    Ok(distributions.into_iter().flatten().collect())
}

fn distribution(
    name: &'static str,
    rows: &[FacetsRow],
    value: fn(&FacetsRow) -> &str,
) -> Option<Distribution> {
    const SHOWN: usize = 5;
    let mut values: Vec<(String, u64)> = Vec::new();
    for row in rows.iter().filter(|row| !value(row).is_empty()) {
        match values.iter_mut().find(|(known, _)| known == value(row)) {
            Some((_, events)) => *events += row.events,
            None => values.push((value(row).to_owned(), row.events)),
        }
    }
    values.sort_by_key(|(_, events)| std::cmp::Reverse(*events));
    let total = values.iter().map(|(_, events)| events).sum();
    values.truncate(SHOWN);
    (!values.is_empty()).then_some(Distribution { name, values, total })
}

/// `POST /{project}/issues/{short_id}/status` with `status` and `csrf`.
pub async fn set_status(
    incoming: &mut Incoming,
    slug: &str,
    short_id: &str,
) -> Result<Response, Failure> {
    let form = incoming.form().await;
    let visit = visit(incoming, slug).await?;
    account::check_form(incoming, &visit.viewer, &form)?;
    let number = read::number_of(short_id).ok_or(Failure::NotFound)?;
    let status = status_of(field(&form, "status"))
        .ok_or_else(|| Failure::BadRequest("status is unresolved, resolved or ignored".into()))?;
    let (project_id, now_ms) = (visit.project.id, incoming.now_ms);
    visit
        .store
        .write(|_| vec![read::set_status(project_id, number, status as u32, now_ms)])
        .await?;
    Ok(reply::redirect(&format!("/{slug}/issues/{short_id}/")))
}
