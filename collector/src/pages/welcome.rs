//! What a project shows that never received an event: how to send the first one.

use askama::Template;

use super::shell::Sidebar;
use crate::view::IssuesPage;

/// `welcome.html`
#[derive(Template)]
#[template(path = "welcome.html")]
pub(super) struct Welcome<'a> {
    sidebar: Sidebar<'a>,
    page: &'a IssuesPage,
}

impl<'a> Welcome<'a> {
    pub(super) fn of(page: &'a IssuesPage) -> Self {
        Self { sidebar: Sidebar::of(&page.shell), page }
    }
}
