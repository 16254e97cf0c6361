//! The deployment's people, projects, access and log, and what a person sets for themselves.

use askama::Template;
use trapline_core::json;

use super::settings::Tabs;
use super::time::{Moment, moment};
use crate::audit::Entry;
use crate::people::Role;
use crate::people::invitations::Invitation;
use crate::people::members::{Member, SessionRow};
use crate::view::{PeoplePage, ProjectLine};

/// `people.html`
#[derive(Template)]
#[template(path = "people.html")]
pub(super) struct People<'a> {
    page: &'a PeoplePage,
    tabs: Tabs<'a>,
    /// Of who is invited, unless another one is chosen.
    new_role: &'static str,
    members: Vec<Row<'a, Member>>,
    invitations: Vec<Row<'a, Invitation>>,
    entries: Vec<(&'a Entry, Option<Moment>)>,
    sessions: Vec<(&'a SessionRow, Option<Moment>)>,
}

/// A person, or somebody who is invited.
struct Row<'a, T> {
    row: &'a T,
    role: &'static str,
    /// `all`, or names of projects.
    projects: String,
    is_for_all: bool,
    /// Those that a box names, and whether it is ticked.
    boxes: Vec<(&'a ProjectLine, bool)>,
    /// When they last signed in, or the invitation was made.
    at: Option<Moment>,
    is_viewer: bool,
}

impl<'a> People<'a> {
    pub(super) fn of(page: &'a PeoplePage) -> Self {
        let now_ms = page.shell.now_ms;
        let member = |row: &'a Member| {
            let at = row.signed_in_ms.and_then(|at_ms| moment(at_ms, now_ms));
            line(page, row, row.role, &row.projects, at, row.id == page.viewer_id)
        };
        let invitation = |row: &'a Invitation| {
            let at = moment(row.created_ms, now_ms);
            line(page, row, row.role, &row.projects, at, false)
        };
        Self {
            page,
            tabs: Tabs { base: &page.shell.project_slug, tab: page.tab, is_owner: page.is_owner },
            new_role: Role::Member.name(),
            members: page.members.iter().map(member).collect(),
            invitations: page.invitations.iter().map(invitation).collect(),
            entries: page.entries.iter().map(|row| (row, moment(row.at_ms, now_ms))).collect(),
            sessions: page
                .sessions
                .iter()
                .map(|row| (row, moment(row.created_ms, now_ms)))
                .collect(),
        }
    }
}

fn line<'a, T>(
    page: &'a PeoplePage,
    row: &'a T,
    role: i64,
    projects: &str,
    at: Option<Moment>,
    is_viewer: bool,
) -> Row<'a, T> {
    let ids: Vec<u32> = json::from_slice(projects.as_bytes()).unwrap_or_default();
    let boxes: Vec<(&ProjectLine, bool)> =
        page.projects.iter().map(|project| (project, ids.contains(&project.id))).collect();
    let named: Vec<&str> =
        boxes.iter().filter(|(_, is_on)| *is_on).map(|(project, _)| &*project.name).collect();
    let is_for_all = projects.is_empty();
    let projects = if is_for_all { "all".to_owned() } else { named.join(", ") };
    Row { row, role: Role::of(role).name(), projects, is_for_all, boxes, at, is_viewer }
}
