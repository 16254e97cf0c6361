//! What stands around the content of every page.

use crate::limits::Limits;

/// What every page of a signed-in viewer has around its content.
#[derive(Clone, Debug, Default)]
pub struct Shell {
    /// `Hazel shop`
    pub project_name: String,
    /// `hazel-shop`, as in URLs.
    pub project_slug: String,
    /// Other projects that the viewer may switch to: (slug, name).
    pub projects: Vec<(String, String)>,
    /// How far the project is from its limits.
    pub limits: Limits,
    /// Which entry of the sidebar is current.
    pub section: Section,
    /// Unresolved issues of the project.
    pub open_issues: u64,
    /// Feedback that nobody has dealt with.
    pub open_feedback: u64,
    /// Name of the signed-in person.
    pub user_name: String,
    /// Sent back by every form; belongs to the session.
    pub csrf: String,
    /// What part of the project is shown, as links to other pages have it: `?range=14d`; empty: all.
    pub scope: String,
    /// The server's clock, to compute ages.
    pub now_ms: i64,
}

/// Entries of the sidebar that exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Section {
    /// The issue list and issue pages.
    #[default]
    Issues,
    /// What users say.
    Feedback,
    /// How fast pages are.
    Vitals,
    /// How fast what pages ask for is answered.
    Requests,
    /// How releases fare.
    Releases,
    /// How what was sent ended.
    Outcomes,
    /// What the owner has set.
    Settings,
}
