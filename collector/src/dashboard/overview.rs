//! `/`: all projects at a glance. Who sees only one goes there at once.

use std::collections::BTreeMap;

use worker::Response;

use crate::account;
use crate::failure::Failure;
use crate::plan::HOUR_MS;
use crate::read::{self, CameRow, OpenRow, PROJECTS, ProjectRow};
use crate::request::Incoming;
use crate::store::Store;
use crate::view::{OverviewPage, ProjectSummary};
use crate::{pages, reply};

/// Renders the page.
pub async fn start(incoming: &Incoming) -> Result<Response, Failure> {
    let page = overview(incoming).await?;
    match page.projects.as_slice() {
        [only] if page.found == 1 && page.query.is_empty() => {
            Ok(reply::redirect(&format!("/{}/issues/", only.slug)))
        }
        _ => Ok(reply::page(200, pages::overview(&page)?)),
    }
}

/// What it shows: the query parameters `query`, text in name or slug, and `page`, from 1.
pub async fn overview(incoming: &Incoming) -> Result<OverviewPage, Failure> {
    let (store, now_ms) = (Store::open(&incoming.env, incoming.now_ms).await?, incoming.now_ms);
    let viewer = account::viewer(incoming, &store).await?;
    let query = incoming.query("query").unwrap_or_default().trim().to_owned();
    let projects: Vec<ProjectRow> = store.read(&read::projects()).await?.all()?;
    let mut found: Vec<ProjectRow> = projects
        .into_iter()
        .filter(|project| viewer.sees(project.id) && is_named(project, &query))
        .collect();
    found.sort_by_cached_key(|project| (project.name.to_lowercase(), project.id));
    let pages = found.len().div_ceil(PROJECTS).max(1);
    let page = incoming.query("page").and_then(|page| page.parse().ok()).unwrap_or(1);
    let page = page.clamp(1, pages);
    let shown: Vec<&ProjectRow> = found.iter().skip((page - 1) * PROJECTS).take(PROJECTS).collect();
    Ok(OverviewPage {
        user_name: viewer.name,
        csrf: viewer.csrf,
        projects: summaries(incoming, &store, &shown).await?,
        found: found.len(),
        query,
        page,
        pages,
        now_ms,
    })
}

fn is_named(project: &ProjectRow, text: &str) -> bool {
    let text = text.to_lowercase();
    project.name.to_lowercase().contains(&text) || project.slug.contains(&text)
}

/// One query for what came, and one for each database that holds some of the projects.
async fn summaries(
    incoming: &Incoming,
    store: &Store,
    projects: &[&ProjectRow],
) -> Result<Vec<ProjectSummary>, Failure> {
    let now_ms = incoming.now_ms;
    let ids: Vec<u32> = projects.iter().map(|project| project.id).collect();
    let came: Vec<CameRow> = store.read(&read::came(&ids, now_ms)).await?.all()?;
    let mut by_database: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for project in projects {
        by_database.entry(project.database).or_default().push(project.id);
    }
    let mut open: Vec<OpenRow> = Vec::new();
    for (database, ids) in by_database {
        let store = Store::open_database(&incoming.env, database, now_ms).await?;
        open.extend(store.read(&read::open(&ids, now_ms)).await?.all::<OpenRow>()?);
    }
    let summary = |project: &&ProjectRow| {
        let of_project = |row: &&OpenRow| row.project_id == project.id;
        let open = open.iter().find(of_project).copied().unwrap_or_default();
        ProjectSummary {
            slug: project.slug.clone(),
            name: project.name.clone(),
            open: open.open,
            active: open.active,
            hours: hours(came.iter().filter(|row| row.project_id == project.id), now_ms),
            last_seen_ms: open.last_hour * HOUR_MS,
        }
    };
    Ok(projects.iter().map(summary).collect())
}

fn hours<'a>(came: impl Iterator<Item = &'a CameRow>, now_ms: i64) -> [u32; 24] {
    let mut hours = [0; 24];
    for row in came {
        let index = usize::try_from(row.hour - now_ms / HOUR_MS + 23).ok();
        if let Some(hour) = index.and_then(|index| hours.get_mut(index)) {
            *hour = row.events;
        }
    }
    hours
}
