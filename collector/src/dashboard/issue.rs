//! `GET /{project}/issues/{short_id}/`, or one event of it: the issue, an event, where it happens, its groups.

use trapline_core::event::Event;
use trapline_core::fingerprint::{Hash, hex};
use trapline_core::json;
use trapline_core::noise::{Explanation, Releases, classify, explain};
use worker::Response;

use super::grouping::just_split;
use super::workflow::people_of;
use super::{DAY_MS, Visit, row, shell, visit};
use crate::activity::{self, Key};
use crate::failure::Failure;
use crate::grouping::explained;
use crate::page_views::visits::{self, Effect};
use crate::people::Role;
use crate::plan::{HOUR_MS, bytes_of_hex, event_of_bytes};
use crate::read::{
    self, AroundRow, BodyRow, CountsRow, GroupRecord, IssueRecord, KeptRow, SeenRow, TextRow,
};
use crate::request::Incoming;
use crate::store::Rows;
use crate::view::{
    Distribution, FACET_EVENTS, GroupRow, IssueMore, IssuePage, Position, Range, SharedFacts, Trend,
};
use crate::{facts, pages, reply, settings};

/// Groups of an issue that distributions look at.
const FACET_GROUPS: usize = 10;

/// Groups whose kept events can be leafed through: at most 32 rows each.
const KEPT_GROUPS: usize = 20;

/// Renders the page. A merged issue's link leads to the issue that it was merged into.
pub async fn issue(
    incoming: &Incoming,
    slug: &str,
    short_id: &str,
    event_id: Option<&str>,
) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    match view(incoming, &visit, short_id, event_id).await? {
        Found::Here(page) => Ok(reply::page(200, pages::issue(&page)?)),
        Found::At(target) => Ok(reply::redirect(&format!("/{slug}/issues/{target}/"))),
    }
}

/// An issue by its short ID.
pub enum Found {
    /// The issue.
    Here(Box<IssuePage>),
    /// It is part of the one with this short ID.
    At(String),
}

/// All that the page shows. At most ten queries: this one, its two batches, the body, and what its frames need.
pub async fn view(
    incoming: &Incoming,
    visit: &Visit,
    short_id: &str,
    event_id: Option<&str>,
) -> Result<Found, Failure> {
    let prefix = &visit.project.short_prefix;
    let number = read::number_in(prefix, short_id).ok_or(Failure::NotFound)?;
    let (project_id, now_ms) = (visit.project.id, incoming.now_ms);
    let since_ms = now_ms - 90 * DAY_MS;
    let rows = visit
        .store
        .batch(&[
            read::issue_page(project_id, number, now_ms / HOUR_MS - 24, since_ms),
            read::groups(project_id, number),
        ])
        .await?;
    let [issue, groups] = rows.as_slice() else { return Err(Failure::NotFound) };
    let record: IssueRecord = issue.first()?.ok_or(Failure::NotFound)?;
    let around: AroundRow = issue.first()?.ok_or(Failure::NotFound)?;
    if record.number != number {
        return Ok(Found::At(read::short_id(prefix, record.number)));
    }
    let groups: Vec<GroupRecord> = groups.all()?;
    let range = range_of(incoming);
    let shown = shown_event(incoming, visit, &record, &groups, event_id, range).await?;
    let group = shown.group;
    let last_release = groups.first().map(|newest| newest.last_release.clone()).unwrap_or_default();
    // Events of before releases were noted have none but their own.
    let newest_release = around.newest_release.unwrap_or_else(|| last_release.clone());
    let settings = settings::parse(&visit.project.settings);
    let rules = settings.rules();
    let issue = row(prefix, &record, now_ms);
    let counts = CountsRow { unresolved: around.unresolved, ..CountsRow::default() };
    let activity = activity::page(&around.activity);
    let viewer = &visit.viewer;
    let mut trend = shown.trend;
    if range == Range::Day {
        trend.events = issue.hours.iter().map(|events| u64::from(*events)).collect();
    }
    trend.releases = json::from_slice(around.releases.as_bytes()).unwrap_or_default();
    let is_raw = incoming.query("frames").is_some_and(|frames| frames == "raw");
    let page = IssuePage {
        shell: shell(visit, &counts, now_ms),
        noise: shown.event.as_ref().and_then(|event| noise(event, &newest_release)),
        newest_release,
        releases: (record.first_release.clone(), last_release),
        explained: shown.event.as_ref().map(|event| {
            let stored = groups.iter().find(|record| group == Some(record.hash));
            explained(event, &rules, stored.map_or("", |record| &record.label))
        }),
        split: just_split(incoming, viewer),
        more: IssueMore {
            assignee: around.assignee,
            people: people_of(incoming, visit).await?,
            viewer_id: viewer.id,
            may_change: viewer.is(Role::Member),
            is_admin: viewer.is(Role::Admin),
            link: around.link,
            resolved_next: around.resolved_next == 1,
            done: just_done(incoming, &activity, viewer.id),
            activity,
            trend,
            shared: shown.shared,
            effect: shown.effect,
            oldest: shown.oldest,
            newest: shown.newest,
            recommended: shown.recommended,
            is_raw,
            repository: settings.repository,
        },
        issue,
        event: shown.event,
        position: shown.position,
        distributions: shown.distributions,
        groups: groups.iter().map(|record| group_row(prefix, record, group)).collect(),
    };
    Ok(Found::Here(Box::new(page)))
}

fn range_of(incoming: &Incoming) -> Range {
    let named = incoming.query("trend").unwrap_or_default();
    let range = Range::ALL.into_iter().find(|(_, name)| *name == named);
    range.map_or(Range::Day, |(range, _)| range)
}

/// What the viewer did within the last minute, as a change leads back here.
fn just_done(incoming: &Incoming, activity: &[activity::Row], viewer_id: u32) -> Option<Key> {
    const OFFERED_MS: i64 = 60_000;
    let key = Key::of(&incoming.query("done")?)?;
    let is_it = |row: &&activity::Row| {
        row.key == key && row.person_id == viewer_id && row.key.at_ms > incoming.now_ms - OFFERED_MS
    };
    activity.iter().find(is_it).map(|row| row.key)
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
    shared: SharedFacts,
    effect: Effect,
    trend: Trend,
    oldest: Option<String>,
    newest: Option<String>,
    recommended: Option<String>,
}

/// The event that the path names (`recommended` is the one with most context), else the newest kept one; with its neighbours
/// among the kept events.
async fn shown_event(
    incoming: &Incoming,
    visit: &Visit,
    record: &IssueRecord,
    groups: &[GroupRecord],
    event_id: Option<&str>,
    range: Range,
) -> Result<Shown, Failure> {
    let project_id = visit.project.id;
    let newest = groups.get(..FACET_GROUPS).unwrap_or(groups);
    // A long trend reads more hours, so shares read fewer events.
    let (events, others) =
        if range == Range::Day { (FACET_EVENTS, 24) } else { (FACET_EVENTS / 2, 12) };
    let each = events / u32::try_from(newest.len().max(1)).unwrap_or(1);
    let mut statements = vec![
        read::kept(project_id, groups.get(..KEPT_GROUPS).unwrap_or(groups)),
        read::seen(
            (project_id, record.number),
            newest,
            each,
            others,
            visits::since_ms(incoming.now_ms),
        ),
    ];
    let (bars, bucket_hours) = range.bars();
    let this_hour = incoming.now_ms / HOUR_MS;
    let hours = bucket_hours * i64::try_from(bars).unwrap_or_default();
    // The running stretch ends with the hour that now is in, and begins at midnight UTC or every sixth hour.
    let since_hour = (this_hour / bucket_hours + 1) * bucket_hours - hours;
    let counted = trend_groups(groups, hours);
    if range != Range::Day {
        statements.push(read::trend(project_id, &counted, since_hour, bucket_hours));
    }
    let rows = visit.store.batch(&statements).await?;
    let [kept, seen, trends @ ..] = rows.as_slice() else { return Err(Failure::NotFound) };
    let trend = Trend {
        range,
        since_hour,
        left_out: if range == Range::Day { 0 } else { groups.len() - counted.len() },
        events: stretches(trends, bars)?,
        ..Trend::default()
    };
    let (mut own, mut other) = (Vec::new(), Vec::new());
    let seen: Vec<SeenRow> = seen.all()?;
    for row in seen.iter().filter(|row| row.own < 2) {
        let side = if row.own == 1 { &mut own } else { &mut other };
        side.extend(facts::read(&row.events));
    }
    let (distributions, shared) = facts::look(&own, &other);
    let kept: Vec<KeptRow> = kept.all()?;
    // Of equals the newest, which stands first.
    let best = kept.iter().rev().max_by_key(|kept| kept.context).map(|kept| kept.event_id.clone());
    let event_id = match event_id {
        Some("recommended") => best.clone(),
        Some("oldest") => kept.last().map(|kept| kept.event_id.clone()),
        other => other.map(str::to_ascii_lowercase),
    };
    let index = match &event_id {
        None => 0,
        Some(id) => kept.iter().position(|kept| kept.event_id == *id).unwrap_or(usize::MAX),
    };
    let other = |id: Option<&KeptRow>| {
        id.map(|kept| kept.event_id.clone()).filter(|id| Some(id) != event_id.as_ref())
    };
    let mut shown = Shown {
        distributions,
        shared,
        effect: visits::compared(seen.iter().map(|row| (row.own, row.events.as_str()))),
        trend,
        oldest: other(kept.last()).filter(|_| kept.len() > 1),
        newest: other(kept.first()).filter(|_| index != 0),
        recommended: best,
        ..Shown::default()
    };
    let Some(current) = kept.get(index) else {
        // The link is to an event whose body made room for newer ones.
        shown.position = Position { event_id: event_id.unwrap_or_default(), ..Position::default() };
        return Ok(shown);
    };
    shown.recommended = shown.recommended.filter(|best| *best != current.event_id);
    shown.oldest = shown.oldest.filter(|oldest| *oldest != current.event_id);
    let neighbour = |index: Option<usize>| Some(kept.get(index?)?.event_id.clone());
    shown.position = Position {
        event_id: current.event_id.clone(),
        is_newest: index == 0,
        older: neighbour(index.checked_add(1)),
        newer: neighbour(index.checked_sub(1)),
    };
    shown.group = Some(current.group_hash);
    let body = read::body_in_slot(project_id, current);
    let body: Option<BodyRow> = visit.store.read(&body).await?.first()?;
    if let Some(event) = body.and_then(|body| event_of(&body)) {
        shown.event = Some(visit.readable(incoming, event).await?);
    }
    Ok(shown)
}

/// Groups whose hours a trend reads: those with most events, as long as it stays bounded.
fn trend_groups(groups: &[GroupRecord], hours: i64) -> Vec<GroupRecord> {
    const MAX_ROWS: u64 = 2_300;
    let mut sorted = groups.to_vec();
    sorted.sort_by_key(|group| std::cmp::Reverse(group.events));
    let mut rows = 0;
    sorted.retain(|group| {
        rows += group.events.min(hours.unsigned_abs());
        rows <= MAX_ROWS
    });
    sorted
}

/// Events of each stretch, oldest first; none without a trend.
fn stretches(rows: &[Rows], bars: usize) -> Result<Vec<u64>, Failure> {
    let Some(rows) = rows.first() else { return Ok(Vec::new()) };
    let text = rows.first::<TextRow>()?.and_then(|row| row.text).unwrap_or_default();
    let known: Vec<(usize, u64)> = json::from_slice(text.as_bytes()).unwrap_or_default();
    let mut events = vec![0; bars];
    for (stretch, counted) in known {
        if let Some(slot) = events.get_mut(stretch) {
            *slot += counted;
        }
    }
    Ok(events)
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
