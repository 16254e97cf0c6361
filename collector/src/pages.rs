//! Values in, HTML out: one function a page. Templates lie in `www/templates`, and escape whatever they print.
//!
//! Each page's module turns the store's values into the words, shapes and numbers that its template prints, so
//! that templates decide nothing but where things stand. No database, no clock, no request in here. The strict
//! content security policy forbids inline styles and scripts: widths are SVG attributes.

mod activity;
pub mod alerts;
mod breadcrumbs;
mod chart;
mod code_link;
mod columns;
mod details;
mod effect;
mod events;
mod feedback;
mod grouping;
mod issue;
mod life;
mod limits;
mod list;
mod markdown;
mod measure;
mod number;
mod outcomes;
mod overview;
mod people;
mod regroup;
mod releases;
mod requests;
mod row;
mod scope;
mod settings;
mod shell;
mod stack;
mod time;
mod trend;
mod vitals;
mod welcome;

#[cfg(test)]
mod tests;

pub use stack::why_unresolved;

use askama::Template;
use trapline_core::event::Event;

pub use measure::whole;
pub use requests::failed;
use shell::framed;

use crate::view::{
    ActivityPage, ComparePage, ErrorPage, EventsPage, FeedbackPage, InvitedPage, IssuePage,
    IssuesPage, OutcomesPage, OverviewPage, PageCheck, PeoplePage, RegroupPage, ReleasesPage,
    RequestsPage, SettingsPage, SetupDonePage, SetupPage, SignInPage, SplitPage, VitalsPage,
};

/// Changes with the files of `www/static`: `/static/app.css?v=…`.
pub const STATIC_VERSION: &str = env!("TRAPLINE_STATIC_VERSION");

/// `GET /{project}/issues/`: the list, or how to send the first event.
pub fn issues(page: &IssuesPage) -> Result<String, askama::Error> {
    match page.waiting {
        true => waiting(page, &welcome::Welcome::of(page)),
        false => framed(&page.shell, "Issues", &list::List::of(page)?.render()?),
    }
}

/// `POST /{project}/setup/check`: how to send the first event, with what a page of the site says.
pub fn checked(page: &IssuesPage, check: &PageCheck) -> Result<String, askama::Error> {
    waiting(page, &welcome::Welcome::checked(page, check))
}

fn waiting(page: &IssuesPage, welcome: &welcome::Welcome) -> Result<String, askama::Error> {
    framed(&page.shell, "Send your first event", &welcome.render()?)
}

/// `GET /`: all projects.
pub fn overview(page: &OverviewPage) -> Result<String, askama::Error> {
    overview::Overview::of(page).render()
}

/// `GET /{project}/issues/{short_id}/` and `…/events/{event_id}/`
pub fn issue(page: &IssuePage) -> Result<String, askama::Error> {
    let title = format!("{} {}", page.issue.short_id, row::title(&page.issue).kind);
    framed(&page.shell, &title, &issue::Issue::of(page).render()?)
}

/// `GET /{project}/issues/{short_id}/events/`
pub fn events(page: &EventsPage) -> Result<String, askama::Error> {
    let title = format!("Events of {}", page.issue.short_id);
    framed(&page.shell, &title, &events::Events::of(page).render()?)
}

/// `GET /{project}/issues/{short_id}/activity/`
pub fn older_activity(page: &ActivityPage) -> Result<String, askama::Error> {
    let title = format!("Activity of {}", page.page.issue.short_id);
    framed(&page.page.shell, &title, &events::Older::of(page).render()?)
}

/// An event as Markdown.
pub fn markdown(event: &Event, short_id: &str, link: &str) -> String {
    markdown::markdown(event, short_id, link)
}

/// `GET /{project}/issues/{short_id}/compare/{other}/`: posts `with` to `…/merge`, and rules to `…/settings/grouping`.
pub fn compare(page: &ComparePage) -> Result<String, askama::Error> {
    let [one, other] = page.both.issues.each_ref().map(|issue| &issue.row.short_id);
    framed(&page.shell, &format!("{one} and {other}"), &grouping::Compare::of(page).render()?)
}

/// `GET /{project}/issues/{short_id}/split/`: posts `kind` and `value` there.
pub fn split(page: &SplitPage) -> Result<String, askama::Error> {
    let title = format!("Split {}", page.issue.short_id);
    framed(&page.shell, &title, &grouping::Split::of(page).render()?)
}

/// The last segment of a tab's path, if there is such a tab of a project's settings.
pub fn settings_tab(segment: &str) -> Option<&'static str> {
    // Alerts have pages of their own.
    let own = settings::TABS.iter().filter(|(path, _)| *path != "alerts");
    own.map(|(path, _)| *path).find(|path| *path == segment)
}

/// `GET /settings/{tab}/`: people, projects, access, the audit log, oneself.
pub fn people(page: &PeoplePage) -> Result<String, askama::Error> {
    framed(&page.shell, "Settings", &people::People::of(page).render()?)
}

/// `GET /invitation/{token}`: posts `name` there.
pub fn invited(page: &InvitedPage) -> Result<String, askama::Error> {
    Invited { page }.render()
}

/// `GET /{project}/settings/` and its tabs.
pub fn settings(page: &SettingsPage) -> Result<String, askama::Error> {
    framed(&page.shell, "Settings", &settings::Settings::of(page).render()?)
}

/// `GET /{project}/outcomes/`: counts, noise, reasons, limits.
pub fn outcomes(page: &OutcomesPage) -> Result<String, askama::Error> {
    framed(&page.shell, "Outcomes", &outcomes::Outcomes::of(page).render()?)
}

/// `GET /{project}/releases/`: crash-free sessions, two releases compared, all of them.
pub fn releases(page: &ReleasesPage) -> Result<String, askama::Error> {
    framed(&page.shell, "Releases", &releases::Releases::of(page)?.render()?)
}

/// `GET /{project}/feedback/`: posts `verb`, `id` and what the list was asked for there.
pub fn feedback(page: &FeedbackPage) -> Result<String, askama::Error> {
    framed(&page.shell, "Feedback", &feedback::Inbox::of(page).render()?)
}

/// `GET /{project}/vitals/`: tiles, pages, loads, long frames.
pub fn vitals(page: &VitalsPage) -> Result<String, askama::Error> {
    framed(&page.shell, "Web vitals", &vitals::Vitals::of(page)?.render()?)
}

/// `GET /{project}/requests/`: failures over time, endpoints.
pub fn requests(page: &RequestsPage) -> Result<String, askama::Error> {
    framed(&page.shell, "Requests", &requests::Requests::of(page)?.render()?)
}

/// `GET /{project}/settings/alerts/`: posts there, and to `…/{id}/{verb}`.
pub fn alerts(page: &alerts::AlertsPage) -> Result<String, askama::Error> {
    framed(&page.shell, "Alerts", &alerts::Alerts::of(page).render()?)
}

/// `GET /{project}/regroup/`: posts to `/{project}/regroup/{verb}`.
pub fn regroup(page: &RegroupPage) -> Result<String, askama::Error> {
    framed(&page.shell, "Regroup", &regroup::Regroup::of(page).render()?)
}

/// `GET /sign-in`: posts `key` and `next` to `/sign-in`.
pub fn sign_in(page: &SignInPage) -> Result<String, askama::Error> {
    SignIn { destination: destination(&page.next), page }.render()
}

/// `GET /setup`: posts `secret`, `project`, `slug` and `administrator` to `/setup`.
pub fn setup(page: &SetupPage) -> Result<String, askama::Error> {
    Setup { page }.render()
}

/// `POST /setup`: shows the new sign-in key, once.
pub fn setup_done(page: &SetupDonePage) -> Result<String, askama::Error> {
    SetupDone { page }.render()
}

/// Any refusal that a person sees.
pub fn error(page: &ErrorPage) -> Result<String, askama::Error> {
    Refusal { page }.render()
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    destination: Option<String>,
    page: &'a SignInPage,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct Setup<'a> {
    page: &'a SetupPage,
}

#[derive(Template)]
#[template(path = "setup_done.html")]
struct SetupDone<'a> {
    page: &'a SetupDonePage,
}

#[derive(Template)]
#[template(path = "invited.html")]
struct Invited<'a> {
    page: &'a InvitedPage,
}

#[derive(Template)]
#[template(path = "error.html")]
struct Refusal<'a> {
    page: &'a ErrorPage,
}

/// `/hazel-shop/issues/SHOP-4F/` → `issue SHOP-4F`; `None` for the start page.
fn destination(next: &str) -> Option<String> {
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [] => None,
        [project, "issues"] => Some(format!("the issues of {project}")),
        [_, "issues", short_id, ..] => Some(format!("issue {short_id}")),
        _ => Some(path.to_owned()),
    }
}
