//! Searches that somebody kept, for themselves or for everybody. They lie with the project's events.

use serde::Deserialize;

use crate::people::{Role, Viewer};
use crate::sql::Statement;

/// Most of a project.
pub const MAX_VIEWS: u32 = 50;

/// Longest name, and longest search, in bytes.
pub const MAX_NAME: usize = 60;

/// Longest search, in bytes.
pub const MAX_SEARCH: usize = 2_000;

/// One of them.
#[derive(Clone, Debug, Deserialize)]
pub struct ViewRow {
    /// Below 2^53.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// The query of the list's URL, without `?`.
    pub search: String,
    /// Who made it.
    pub person_id: u32,
    /// 1: everybody sees it.
    pub is_shared: u32,
}

/// Those that a person sees; primary key of `saved_view`.
pub fn list(project_id: u32, person_id: u32) -> Statement {
    Statement::new(
        "SELECT id, name, search, person_id, is_shared FROM saved_view
         WHERE project_id = ?1 AND (is_shared = 1 OR person_id = ?2) ORDER BY lower(name), id",
        [project_id.into(), person_id.into()],
    )
}

/// Keeps one, unless there are [`MAX_VIEWS`]; primary key of `saved_view`. The second time it does nothing.
pub fn keep(project_id: u32, view: &ViewRow, now_ms: i64) -> Statement {
    Statement::new(
        "INSERT INTO saved_view (project_id, id, name, search, person_id, is_shared, created_ms)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE (SELECT count(*) FROM saved_view WHERE project_id = ?1) < ?8
         ON CONFLICT DO NOTHING",
        [
            project_id.into(),
            view.id.into(),
            view.name.as_str().into(),
            view.search.as_str().into(),
            view.person_id.into(),
            view.is_shared.into(),
            now_ms.into(),
            MAX_VIEWS.into(),
        ],
    )
}

/// Calls one something else, or shows it to everybody or nobody; primary key of `saved_view`.
pub fn change(project_id: u32, id: i64, name: &str, is_shared: bool) -> Statement {
    Statement::new(
        "UPDATE saved_view SET name = ?3, is_shared = ?4 WHERE project_id = ?1 AND id = ?2",
        [project_id.into(), id.into(), name.into(), is_shared.into()],
    )
}

/// Forgets one; primary key of `saved_view`.
pub fn forget(project_id: u32, id: i64) -> Statement {
    Statement::new(
        "DELETE FROM saved_view WHERE project_id = ?1 AND id = ?2",
        [project_id.into(), id.into()],
    )
}

/// A person's own; what everybody sees, every member.
pub fn may_change(viewer: &Viewer, view: &ViewRow) -> bool {
    viewer.is(Role::Member) && (view.is_shared == 1 || view.person_id == viewer.id)
}
