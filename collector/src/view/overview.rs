//! The page of all projects.

/// `GET /`
#[derive(Clone, Debug, Default)]
pub struct OverviewPage {
    /// Name of the signed-in person.
    pub user_name: String,
    /// Sent back by every form.
    pub csrf: String,
    /// Those of this page, by name.
    pub projects: Vec<ProjectSummary>,
    /// How many there are that the viewer sees and the text finds.
    pub found: usize,
    /// Text in name or slug; empty for all.
    pub query: String,
    /// From 1.
    pub page: usize,
    /// Of how many.
    pub pages: usize,
    /// The server's clock, to compute ages.
    pub now_ms: i64,
}

/// One project at a glance.
#[derive(Clone, Debug, Default)]
pub struct ProjectSummary {
    /// As in URLs.
    pub slug: String,
    /// Display name.
    pub name: String,
    /// Unresolved issues, counted up to 101.
    pub open: u64,
    /// Of those, the ones seen in the last 24 hours.
    pub active: u64,
    /// Events by hour, the running hour last; at least so many.
    pub hours: [u32; 24],
    /// Start of the hour of the newest event of an unresolved issue; 0 without one.
    pub last_seen_ms: i64,
}

impl ProjectSummary {
    /// Events of the last 24 hours.
    pub fn events(&self) -> u64 {
        self.hours.iter().map(|events| u64::from(*events)).sum()
    }
}
