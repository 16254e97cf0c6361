//! `GET /{project}/issues/{short_id}/`, or one event of it: the issue, an event, where it happens, its groups.

use trapline_core::event::Event;
use trapline_core::fingerprint::{Hash, hex};
use trapline_core::noise::{Explanation, Releases, classify, explain};
use worker::Response;

use super::grouping::just_split;
use super::{Visit, row, shell, visit};
use crate::failure::Failure;
use crate::grouping::explained;
use crate::plan::{HOUR_MS, bytes_of_hex, event_of_bytes};
use crate::read::{self, BodyRow, FacetsRow, GroupRecord, IssueRecord, KeptRow, ReleaseRow};
use crate::request::Incoming;
use crate::store::Rows;
use crate::view::{Distribution, FACET_EVENTS, GroupRow, IssuePage, Position};
use crate::{pages, reply, settings};

/// Groups of an issue that distributions look at: one statement each.
const FACET_GROUPS: usize = 10;

/// Renders the page. A merged issue's link leads to the issue that it was merged into.
pub async fn issue(
    incoming: &Incoming,
    slug: &str,
    short_id: &str,
    event_id: Option<&str>,
) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let number = read::number_of(short_id).ok_or(Failure::NotFound)?;
    let project_id = visit.project.id;
    let rows = visit
        .store
        .batch(&[
            read::issue(project_id, number, incoming.now_ms / HOUR_MS - 24),
            read::groups(project_id, number),
            read::counts(project_id),
            read::newest_release(project_id, number),
        ])
        .await?;
    let [issue, groups, counts, newest_release] = rows.as_slice() else {
        return Err(Failure::NotFound);
    };
    let record: IssueRecord = issue.first()?.ok_or(Failure::NotFound)?;
    let prefix = &visit.project.short_prefix;
    if record.number != number {
        let target = read::short_id(prefix, record.number);
        return Ok(reply::redirect(&format!("/{slug}/issues/{target}/")));
    }
    let groups: Vec<GroupRecord> = groups.all()?;
    let shown = shown_event(incoming, &visit, &groups, event_id).await?;
    let group = shown.group;
    let last_release = groups.first().map(|newest| newest.last_release.clone()).unwrap_or_default();
    // Events of before releases were noted have none but their own.
    let newest_release = newest_release
        .first()?
        .map_or_else(|| last_release.clone(), |newest: ReleaseRow| newest.version);
    let rules = settings::parse(&visit.project.settings).rules();
    let page = IssuePage {
        shell: shell(&visit, &counts.first()?.unwrap_or_default(), incoming.now_ms),
        issue: row(prefix, &record, incoming.now_ms),
        noise: shown.event.as_ref().and_then(|event| noise(event, &newest_release)),
        newest_release,
        releases: (record.first_release.clone(), last_release),
        explained: shown.event.as_ref().map(|event| {
            let stored = groups.iter().find(|record| group == Some(record.hash));
            explained(event, &rules, stored.map_or("", |record| &record.label))
        }),
        split: just_split(incoming, &visit.viewer),
        event: shown.event,
        position: shown.position,
        distributions: shown.distributions,
        groups: groups.iter().map(|record| group_row(prefix, record, group)).collect(),
    };
    Ok(reply::page(200, pages::issue(&page)?))
}

/// What the event really is, if it is noise.
fn noise(event: &Event, newest_release: &str) -> Option<Explanation> {
    let own = event.release.as_deref();
    let newest = Some(newest_release).filter(|newest| !newest.is_empty() && own != Some(newest));
    Some(explain(classify(event)?, &Releases { own, newest }))
}

fn group_row(prefix: &str, record: &GroupRecord, current: Option<Hash>) -> GroupRow {
    GroupRow {
        hash: hex(&record.hash),
        fingerprint: record.label.clone(),
        events: record.events,
        last_seen_ms: record.last_seen_ms,
        is_current: current == Some(record.hash),
        home: (record.home > 0).then(|| read::short_id(prefix, record.home)),
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
    incoming: &Incoming,
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
    let body = read::body_in_slot(project_id, current);
    let body: Option<BodyRow> = visit.store.read(&body).await?.first()?;
    let event = match body.and_then(|body| event_of(&body)) {
        Some(event) => Some(visit.readable(incoming, event).await?),
        None => None,
    };
    Ok(Shown { event, group: Some(current.group_hash), position, distributions })
}

/// A kept event, whole.
pub async fn stored_event(
    incoming: &Incoming,
    visit: &Visit,
    event_id: &str,
) -> Result<Option<Event>, Failure> {
    let statement = read::body(visit.project.id, event_id);
    let body: Option<BodyRow> = visit.store.read(&statement).await?.first()?;
    match body.and_then(|body| event_of(&body)) {
        Some(event) => Ok(Some(visit.readable(incoming, event).await?)),
        None => Ok(None),
    }
}

fn event_of(body: &BodyRow) -> Option<Event> {
    event_of_bytes(&bytes_of_hex(&body.bytes))
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
        distribution("Country", &rows, |row| &row.country),
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
