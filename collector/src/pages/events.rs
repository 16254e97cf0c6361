//! The table of all events of an issue, and the page of its older activity.

use askama::Template;

use super::activity::Activity;
use super::row::{Title, title};
use super::shell;
use super::time::{Moment, moment};
use crate::read::EventRow;
use crate::view::{ActivityPage, EventsPage, IssuePage};

/// `events.html`
#[derive(Template)]
#[template(path = "events.html")]
pub(super) struct Events<'a> {
    page: &'a EventsPage,
    here: String,
    title: Title<'a>,
    rows: Vec<Row<'a>>,
    /// Query of the next page.
    next: Option<String>,
    note: String,
}

struct Row<'a> {
    event: &'a EventRow,
    at: Option<Moment>,
    cells: [Cell<'a>; 4],
    is_kept: bool,
}

struct Cell<'a> {
    label: &'static str,
    value: &'a str,
    /// That leaves only events with the value.
    query: String,
}

/// What the page is filtered by, with one pair more in place of its like.
fn query(filters: &[(String, String)], name: &str, value: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(filters.iter().filter(|(known, _)| known != name));
    query.append_pair(name, value).finish()
}

impl<'a> Events<'a> {
    pub(super) fn of(page: &'a EventsPage) -> Self {
        let listed = &page.listed;
        let cell = |label, name, value: &'a str, whole: &str| Cell {
            label,
            value,
            query: query(&listed.filters, name, whole),
        };
        let row = |event: &'a EventRow| Row {
            event,
            at: moment(event.at_ms, page.shell.now_ms),
            cells: [
                cell("Release", "release", &event.release, &event.release),
                cell("Browser", "browser", &event.browser, &event.browser),
                cell("Page", "url", &event.page, &event.page),
                // Eight digits tell a few users apart.
                cell("User", "user", event.user.get(..8).unwrap_or_default(), &event.user),
            ],
            is_kept: listed.kept.contains(&event.event_id),
        };
        let mut note = "Of every group the first event and up to 31 later ones are kept whole; \
            the others are counted."
            .to_owned();
        if !listed.filters.is_empty() {
            note += " Filtered, the newest 2,000 events are looked at.";
        }
        if listed.left_out > 0 {
            note += " Only the groups that were seen last are listed.";
        }
        Self {
            here: shell::path_of(&page.shell, &page.issue),
            title: title(&page.issue),
            rows: listed.events.iter().map(row).collect(),
            next: listed.next.as_ref().map(|next| query(&listed.filters, "after", &next.text())),
            note,
            page,
        }
    }
}

/// `activity_page.html`
#[derive(Template)]
#[template(path = "activity_page.html")]
pub(super) struct Older<'a> {
    page: &'a IssuePage,
    here: String,
    title: Title<'a>,
    first_seen: Option<Moment>,
    activity: Activity<'a>,
}

impl<'a> Older<'a> {
    pub(super) fn of(page: &'a ActivityPage) -> Self {
        let page = &page.page;
        Self {
            here: shell::path_of(&page.shell, &page.issue),
            title: title(&page.issue),
            first_seen: moment(page.issue.first_seen_ms, page.shell.now_ms),
            activity: Activity::of(page),
            page,
        }
    }
}
