//! `GET /{project}/issues/`: the issue list, and what a project shows that never received an event.

mod asked;
mod days;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use worker::{Response, ResponseBuilder};

use super::peek::peek;
use super::{Visit, row, shell, visit};
use crate::failure::Failure;
use crate::outcome::{self, OutcomeRow};
use crate::people::Role;
use crate::plan::HOUR_MS;
use crate::read::{self, CountsRow, Cursor, IssueRecord, KnownRow, ListEnd};
use crate::request::Incoming;
use crate::saved_view::{self, ViewRow};
use crate::scope::Choices;
use crate::search::Problem;
use crate::store::{Rows, Store};
use crate::view::{Choice, IssueRow, IssuesPage, Refusal, Tab, View};
use crate::workflow::{self, Person};
use crate::{pages, reply, setup};

pub use asked::{Asked, link};
use asked::{Sort, TABS};
use days::days_of;

/// Renders the page, or says that it shows what the browser has.
pub async fn issues(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let known = incoming.header("if-none-match");
    let people = everybody(incoming, &visit).await?;
    let mut asked = Asked::of(incoming, &visit, &people);
    let listed = list(incoming, &visit, &mut asked, &people).await?;
    let etag = etag(incoming, &visit, &listed);
    if known.is_some_and(|known| known == etag) && listed.counts.has_any > 0 {
        let response = ResponseBuilder::new().with_status(304).empty();
        return Ok(reply::with_headers(
            response,
            &[("etag", &etag), ("cache-control", "no-store")],
        ));
    }
    let page = page(incoming, &visit, &asked, listed, &people, etag).await?;
    let response = reply::page(200, pages::issues(&page)?);
    Ok(reply::with_headers(response, &[("etag", &page.etag)]))
}

/// What the list shows, or the page that waits for a first event.
pub async fn issues_page(incoming: &Incoming, visit: &Visit) -> Result<IssuesPage, Failure> {
    let people = everybody(incoming, visit).await?;
    let mut asked = Asked::of(incoming, visit, &people);
    let listed = list(incoming, visit, &mut asked, &people).await?;
    page(incoming, visit, &asked, listed, &people, String::new()).await
}

async fn page(
    incoming: &Incoming,
    visit: &Visit,
    asked: &Asked,
    listed: Listed,
    people: &[Person],
    etag: String,
) -> Result<IssuesPage, Failure> {
    let waiting = listed.counts.has_any == 0;
    let refusals = if waiting { refusals(incoming, visit).await? } else { Vec::new() };
    let may_change = visit.viewer.is(Role::Member);
    let around = match waiting {
        true => Vec::new(),
        false => visit.store.batch(&around(visit)).await?,
    };
    let around: [Option<&Rows>; 3] = [around.first(), around.get(1), around.get(2)];
    let [environments, releases, views] = around;
    // Filtered pages differ in length.
    let next_row = listed.first_row + listed.rows.len() as u64;
    let public_key = visit.project.public_key.clone().unwrap_or_default();
    let views: Vec<ViewRow> = views.map(Rows::all).transpose()?.unwrap_or_default();
    let search = asked.search();
    let peek = match listed.first {
        Some(number) => peek(visit, number).await?,
        None => None,
    };
    Ok(IssuesPage {
        shell: shell(visit, &listed.counts, incoming.now_ms),
        choices: Choices { environments: values(environments)?, releases: values(releases)? },
        tabs: tabs(incoming, asked, &listed.counts),
        sorts: sorts(incoming, asked),
        kept: asked.kept(),
        views: views.iter().map(|view| view_of(visit, view, &search)).collect(),
        people: if may_change { people.to_vec() } else { Vec::new() },
        may_change,
        query: asked.query.clone(),
        problems: listed.problems,
        peek,
        etag,
        first_row: if listed.rows.is_empty() { 0 } else { listed.first_row },
        next_page: listed.next.map(|next| page_link(incoming, next_row, next)),
        first_page: asked.after.is_some().then(|| link(incoming, &[])),
        unfiltered: asked.is_filtered().then(|| asked.unfiltered()),
        scanned: listed.scanned,
        issues: listed.rows,
        scope: asked.scope.clone(),
        search,
        is_exact: asked.is_exact(),
        waiting,
        dsn: setup::dsn(incoming, &public_key, visit.project.id),
        agent_origin: setup::site_origin(incoming),
        agent_script: format!("{}/{}.js", setup::site_origin(incoming), incoming.agent_name()),
        refusals,
    })
}

/// What stands around the list, and is asked for only where the list has changed.
fn around(visit: &Visit) -> [crate::sql::Statement; 3] {
    let id = visit.project.id;
    [
        read::lines(id, "environment=", ""),
        read::releases(id, ""),
        saved_view::list(id, visit.viewer.id),
    ]
}

/// Values of what was asked for with [`read::lines`] or [`read::releases`].
pub(super) fn values(rows: Option<&Rows>) -> Result<Vec<String>, Failure> {
    let rows: Vec<KnownRow> = rows.map(Rows::all).transpose()?.unwrap_or_default();
    let value = |row: KnownRow| match row.value.strip_prefix("environment=") {
        Some(value) => value.to_owned(),
        None => row.value,
    };
    Ok(rows.into_iter().map(value).collect())
}

/// Everybody who sees the project.
pub async fn everybody(incoming: &Incoming, visit: &Visit) -> Result<Vec<Person>, Failure> {
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    Ok(store.read(&workflow::people(visit.project.id)).await?.all()?)
}

fn tabs(incoming: &Incoming, asked: &Asked, counts: &CountsRow) -> Vec<Tab> {
    let (all, special) = (u64::from(read::MAX_TAB_COUNT), u64::from(read::MAX_SPECIAL));
    let counted = [
        (counts.unresolved, all),
        (counts.fresh, special),
        (counts.regressed, special),
        (counts.escalating, special),
        (counts.mine, special),
        (counts.ignored, all),
        (counts.resolved, all),
    ];
    let tab =
        |(&(name, words, _), (count, most)): (&(&'static str, &'static str, &str), (u64, u64))| {
            Tab {
                name,
                words,
                count,
                most,
                link: link(incoming, &[("status", name)]),
                is_current: asked.tab == Some(name),
            }
        };
    TABS.iter().zip(counted).map(tab).collect()
}

fn sorts(incoming: &Incoming, asked: &Asked) -> Vec<Choice> {
    let sort = |&(sort, name, words): &(Sort, &'static str, &'static str)| Choice {
        name,
        words,
        link: link(incoming, &[("sort", name)]),
        is_current: asked.sort == sort,
    };
    Sort::CHOICES.iter().map(sort).collect()
}

fn view_of(visit: &Visit, view: &ViewRow, search: &str) -> View {
    View {
        id: view.id,
        name: view.name.clone(),
        link: format!("?{}", view.search),
        is_current: view.search == search,
        is_shared: view.is_shared == 1,
        is_own: saved_view::may_change(&visit.viewer, view),
    }
}

/// Changes with whatever the list shows but ages, which the page's script counts on.
fn etag(incoming: &Incoming, visit: &Visit, listed: &Listed) -> String {
    let mut hasher = DefaultHasher::new();
    let counts = &listed.counts;
    let numbers =
        [counts.unresolved, counts.resolved, counts.ignored, counts.fresh, counts.regressed];
    (pages::STATIC_VERSION, visit.viewer.id, incoming.now_ms / HOUR_MS, numbers).hash(&mut hasher);
    (counts.escalating, counts.mine, listed.next.map(|next| (next.key, next.number)))
        .hash(&mut hasher);
    for row in &listed.rows {
        (&row.short_id, &row.value, row.status as u8, row.level as u8, row.handled)
            .hash(&mut hasher);
        (row.events, row.users, row.last_seen_ms, &row.assignee).hash(&mut hasher);
        (row.is_new, row.is_regressed, row.is_escalating).hash(&mut hasher);
    }
    format!("\"{:016x}\"", hasher.finish())
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
    /// Number of the first one.
    pub first: Option<u32>,
    /// By tab.
    pub counts: CountsRow,
    /// Where the next page begins.
    pub next: Option<Cursor>,
    /// What of the search has no meaning.
    pub problems: Vec<Problem>,
    /// From 1.
    pub first_row: u64,
    /// How many issues were looked at.
    pub scanned: usize,
}

/// Reads the list that was asked for; of few issues in exact order, which takes a look at how many there are.
pub async fn list(
    incoming: &Incoming,
    visit: &Visit,
    asked: &mut Asked,
    people: &[Person],
) -> Result<Listed, Failure> {
    let (now_ms, now_hour) = (incoming.now_ms, incoming.now_ms / HOUR_MS);
    let tabs = read::tabs(visit.project.id, now_ms, visit.viewer.id);
    let known: Option<CountsRow> = match asked.may_be_exact() {
        true => visit.store.read(&tabs).await?.first()?,
        false => None,
    };
    if let Some(counts) = &known {
        asked.of_all(counts);
    }
    let filter = asked.filter(visit.project.id, now_hour);
    let days = asked.scope.range.days();
    let mut statements = vec![read::list(&filter, now_hour, days)];
    statements.extend(known.is_none().then_some(tabs));
    let rows = visit.store.batch(&statements).await?;
    let [list, counts @ ..] = rows.as_slice() else { return Err(Failure::NotFound) };
    let counts = match counts.first() {
        Some(counts) => counts.first()?,
        None => known,
    };
    let end: ListEnd = list.first()?.unwrap_or_default();
    let mut records: Vec<IssueRecord> = match end.number {
        Some(_) => list.all()?,
        None => Vec::new(),
    };
    let has_more = records.len() > filter.page;
    records.truncate(filter.page);
    let last =
        records.last().map(|last| Cursor { key: last.sort_key, number: i64::from(last.number) });
    let next = if has_more { last } else { asked.rest(&filter, &end) };
    // The index knows hours and steps; within the page the order is exact.
    records.sort_by_cached_key(|record| std::cmp::Reverse(asked.sort.measure(record)));
    let prefix = &visit.project.short_prefix;
    let to_row = |record: &IssueRecord| {
        let named = people.iter().find(|person| person.id == record.assignee);
        IssueRow {
            days: days_of(&record.days, now_ms / super::DAY_MS, days),
            assignee: match named {
                Some(person) => person.name.clone(),
                None if record.assignee > 0 => "somebody who is gone".to_owned(),
                None => String::new(),
            },
            ..row(prefix, record, now_ms)
        }
    };
    Ok(Listed {
        rows: records.iter().map(to_row).collect(),
        first: records.first().map(|record| record.number),
        counts: counts.unwrap_or_default(),
        next,
        problems: asked.problems.clone(),
        first_row: incoming.query("row").and_then(|row| row.parse().ok()).unwrap_or(1),
        scanned: end.scanned,
    })
}

/// `?…&after=495000.12&row=51`
fn page_link(incoming: &Incoming, next_row: u64, next: Cursor) -> String {
    let after = format!("{}.{}", next.key, next.number);
    link(incoming, &[("after", &after), ("row", &next_row.to_string())])
}
