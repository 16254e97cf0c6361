//! All projects at a glance.

use askama::Template;

use super::chart::{Spark, spark};
use super::number::{count, counted};
use super::shell::initials;
use super::time::{Moment, moment};
use crate::read::MAX_ISSUES;
use crate::view::{OverviewPage, ProjectSummary};

/// `overview.html`
#[derive(Template)]
#[template(path = "overview.html")]
pub(super) struct Overview<'a> {
    page: &'a OverviewPage,
    initials: String,
    rows: Vec<Row<'a>>,
    /// `21–40 of 63 projects`
    range: String,
    /// `?query=shop&page=2`
    previous: Option<String>,
    next: Option<String>,
}

struct Row<'a> {
    project: &'a ProjectSummary,
    spark: Spark,
    open: String,
    active: String,
    events: String,
    last_seen: Option<Moment>,
}

impl<'a> Overview<'a> {
    pub(super) fn of(page: &'a OverviewPage) -> Self {
        let row = |project: &'a ProjectSummary| Row {
            project,
            spark: spark(&project.hours),
            open: at_most(project.open),
            active: at_most(project.active),
            events: count(project.events()),
            last_seen: moment(project.last_seen_ms, page.now_ms),
        };
        Self {
            page,
            initials: initials(&page.user_name),
            rows: page.projects.iter().map(row).collect(),
            range: range(page),
            previous: (page.page > 1).then(|| link(page, page.page - 1)),
            next: (page.page < page.pages).then(|| link(page, page.page + 1)),
        }
    }
}

fn at_most(issues: u64) -> String {
    if issues > u64::from(MAX_ISSUES) { format!("{MAX_ISSUES}+") } else { count(issues) }
}

fn range(page: &OverviewPage) -> String {
    let projects = counted(page.found as u64, "project");
    if page.pages == 1 {
        return projects;
    }
    let first = (page.page - 1) * crate::read::PROJECTS + 1;
    format!("{first}–{} of {projects}", first + page.projects.len() - 1)
}

fn link(page: &OverviewPage, number: usize) -> String {
    let mut link = form_urlencoded::Serializer::for_suffix("?".to_owned(), 1);
    if !page.query.is_empty() {
        link.append_pair("query", &page.query);
    }
    link.append_pair("page", &number.to_string()).finish()
}

#[cfg(test)]
mod tests {
    use crate::view::{OverviewPage, ProjectSummary};

    fn page(projects: usize, query: &str) -> OverviewPage {
        let project = |n: usize| ProjectSummary {
            slug: format!("shop-{n}"),
            name: format!("Shop <{n}>"),
            open: 101,
            ..ProjectSummary::default()
        };
        OverviewPage {
            projects: (0..projects).map(project).collect(),
            found: 63,
            query: query.into(),
            page: 2,
            pages: 4,
            ..OverviewPage::default()
        }
    }

    #[test]
    fn each_project_is_a_link_to_its_issues() {
        let html = crate::pages::overview(&page(20, "a b")).unwrap();
        assert!(html.contains("href=\"/shop-0/issues/\"") && html.contains("Shop &#60;0&#62;"));
        assert!(html.contains("100+") && html.contains("21–40 of 63 projects"), "{html}");
        assert!(html.contains("?query=a+b&#38;page=3") && html.contains("?query=a+b&#38;page=1"));
    }

    #[test]
    fn nothing_found_says_so() {
        let html = crate::pages::overview(&page(0, "boat")).unwrap();
        assert!(html.contains("No project is called") && html.contains("boat"), "{html}");
    }
}
