//! `/api/0/projects/{project}/issues/`: the list, a page at a time or as lines.

use serde_json::json;
use worker::Response;

use super::Issue;
use crate::dashboard::{self, Asked, Visit, visit};
use crate::failure::Failure;
use crate::read::Cursor;
use crate::reply;
use crate::request::Incoming;
use crate::workflow::Person;

/// Issues of one query of an export.
const EXPORT_PAGE: usize = 200;

/// Queries of one export: a request of the free plan has 50, and others are made before.
const EXPORT_QUERIES: u32 = 10;

/// `GET …/issues/?status=&query=&sort=&environment=&release=&range=&after=`: 50 a page. A `Link` header leads to the next one.
pub async fn list(incoming: &Incoming, project: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, project).await?;
    let (mut asked, people) = asked(incoming, &visit).await?;
    let listed = dashboard::list(incoming, &visit, &mut asked, &people).await?;
    let issues: Vec<Issue> = listed.rows.iter().map(Issue::from).collect();
    let response = reply::json(200, &issues);
    Ok(match listed.next {
        Some(next) => {
            let path = incoming.url.path();
            let link = dashboard::link(incoming, &[("after", &cursor(next))]);
            reply::with_headers(response, &[("link", &format!("<{path}{link}>; rel=\"next\""))])
        }
        None => response,
    })
}

/// `GET …/issues/export/` with the parameters of the list: an issue a line, all of them. Where there are more than a request can
/// read, the last line says where to go on: `{"next":"495000.12"}`, for the parameter `after`.
pub async fn export(incoming: &Incoming, project: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, project).await?;
    let (mut asked, people) = asked(incoming, &visit).await?;
    asked.page = EXPORT_PAGE;
    let mut lines = String::new();
    for _ in 0..EXPORT_QUERIES {
        let listed = dashboard::list(incoming, &visit, &mut asked, &people).await?;
        for row in &listed.rows {
            lines += &serde_json::to_string(&Issue::from(row)).unwrap_or_default();
            lines.push('\n');
        }
        asked.after = listed.next;
        if listed.next.is_none() {
            break;
        }
    }
    if let Some(next) = asked.after {
        lines += &json!({ "next": cursor(next) }).to_string();
        lines.push('\n');
    }
    let headers = [
        ("content-type", "application/x-ndjson"),
        ("content-disposition", "attachment; filename=\"issues.ndjson\""),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ];
    Ok(reply::with_headers(reply::text(200, &lines), &headers))
}

/// Programs are told what of a search has no meaning, instead of getting another list.
async fn asked(incoming: &Incoming, visit: &Visit) -> Result<(Asked, Vec<Person>), Failure> {
    let people = dashboard::everybody(incoming, visit).await?;
    let asked = Asked::of(incoming, visit, &people);
    match asked.problems.first() {
        None => Ok((asked, people)),
        Some(problem) => Err(Failure::BadRequest(format!(
            "query has no meaning at {}: {} ({})",
            problem.at + 1,
            problem.typed,
            problem.reason
        ))),
    }
}

fn cursor(next: Cursor) -> String {
    format!("{}.{}", next.key, next.number)
}
