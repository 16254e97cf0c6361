//! `GET /api/0/overview/?query=&page=`: what the page of all projects shows, 20 a page.

use serde::Serialize;
use trapline_core::decode::rfc3339_of;
use worker::Response;

use crate::dashboard;
use crate::failure::Failure;
use crate::reply;
use crate::request::Incoming;
use crate::view::ProjectSummary;

#[derive(Serialize)]
struct Overview<'a> {
    page: usize,
    pages: usize,
    found: usize,
    projects: Vec<Project<'a>>,
}

#[derive(Serialize)]
struct Project<'a> {
    slug: &'a str,
    name: &'a str,
    open_issues: u64,
    active_issues: u64,
    events: u64,
    hours: &'a [u32; 24],
    last_seen: Option<String>,
}

impl<'a> From<&'a ProjectSummary> for Project<'a> {
    fn from(project: &'a ProjectSummary) -> Self {
        Self {
            slug: &project.slug,
            name: &project.name,
            open_issues: project.open,
            active_issues: project.active,
            events: project.events(),
            hours: &project.hours,
            last_seen: (project.last_seen_ms > 0).then(|| rfc3339_of(project.last_seen_ms)),
        }
    }
}

/// Answers it.
pub async fn overview(incoming: &Incoming) -> Result<Response, Failure> {
    if incoming.query("page").is_some_and(|page| !page.parse().is_ok_and(|page: usize| page > 0)) {
        return Err(Failure::BadRequest("page is a number from 1 on".to_owned()));
    }
    let page = dashboard::overview(incoming).await?;
    let projects = page.projects.iter().map(Project::from).collect();
    let (page, pages, found) = (page.page, page.pages, page.found);
    Ok(reply::json(200, &Overview { page, pages, found, projects }))
}
