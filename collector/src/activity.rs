//! What people do with an issue and say about it, with who and when, and what the collector noticed by itself: a row each,
//! in the database of the project's events.

use serde::Deserialize;
use serde_json::Value;

use crate::people::{Role, Viewer};
use crate::random;
use crate::sql::{Arg, Statement};

mod read;

pub use read::{PAGE, Row, activity, page};
pub(crate) use read::{activity_json, is_last};

/// Longest comment, in bytes.
pub const MAX_COMMENT: usize = 10_000;

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{"release": "shop@2", "next": true, "before": …}`; the first two may be missing.
    Resolved,
    /// `{"until": ms, "events": 7, "users": 7, "before": …}`; the first three may be missing.
    Ignored,
    /// `{"before": …}`
    Reopened,
    /// `{"to": person, "name": "…", "before": person}`; 0: to nobody.
    Assigned,
    /// `{"with": [2, 3]}`, numbers of issues that became part of this one.
    Merged,
    /// `{"groups": 2, "to": 3}`, the number of the issue that they make.
    Split,
    /// `{"text": "…", "edited": ms}`; the latter may be missing.
    Commented,
    /// `{"url": "…", "before": "…"}`; empty: taken away.
    Linked,
    /// `{"of": "resolved"}`
    Undone,
}

impl Kind {
    /// As `activity.kind` has it. The collector's own are `regressed`, `escalated` and `woke`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Resolved => "resolved",
            Kind::Ignored => "ignored",
            Kind::Reopened => "reopened",
            Kind::Assigned => "assigned",
            Kind::Merged => "merged",
            Kind::Split => "split",
            Kind::Commented => "commented",
            Kind::Linked => "linked",
            Kind::Undone => "undone",
        }
    }
}

/// Names one row of an issue's activity: `1795426880000-42` in URLs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Key {
    /// When.
    pub at_ms: i64,
    /// Tells two things of one moment apart.
    pub id: i64,
}

impl Key {
    /// Reads [`Key::text`].
    pub fn of(text: &str) -> Option<Self> {
        let (at_ms, id) = text.split_once('-')?;
        Some(Self { at_ms: at_ms.parse().ok()?, id: id.parse().ok()? })
    }

    /// `1795426880000-42`
    pub fn text(self) -> String {
        format!("{}-{}", self.at_ms, self.id)
    }
}

/// One thing that somebody did, ready to be written again: each try writes the same row.
#[derive(Clone, Debug)]
pub struct Note {
    id: i64,
    at_ms: i64,
    person_id: u32,
    person: String,
    kind: Kind,
    detail: String,
}

impl Note {
    /// What `viewer` does at `at_ms`.
    pub fn new(viewer: &Viewer, at_ms: i64, kind: Kind, detail: &Value) -> Self {
        Self {
            id: random::nonce(),
            at_ms,
            person_id: viewer.id,
            person: viewer.name.clone(),
            kind,
            detail: detail.to_string(),
        }
    }

    /// Its row.
    pub fn key(&self) -> Key {
        Key { at_ms: self.at_ms, id: self.id }
    }

    /// When.
    pub fn at_ms(&self) -> i64 {
        self.at_ms
    }

    /// `at_ms`, `id`, `person_id`, `person`, `kind`, `detail`
    pub fn args(&self) -> [Arg; 6] {
        [
            self.at_ms.into(),
            self.id.into(),
            self.person_id.into(),
            self.person.as_str().into(),
            self.kind.name().into(),
            self.detail.as_str().into(),
        ]
    }

    /// Writes it, if there is such an issue; primary keys of `issue` and `activity`.
    pub fn of(&self, project_id: u32, number: u32) -> Statement {
        let mut args: Vec<Arg> = vec![project_id.into(), number.into()];
        args.extend(self.args());
        let sql =
            "INSERT INTO activity (project_id, number, at_ms, id, person_id, person, kind, detail)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM issue
             WHERE project_id = ?1 AND number = ?2 AND status < 4 ON CONFLICT DO NOTHING";
        Statement { sql, args }
    }
}

/// Issue `?2` and those that were merged into it.
macro_rules! with_merged {
    () => {
        "number IN (SELECT ?2 UNION ALL SELECT m.number FROM issue m INDEXED BY issue_by_merged
            WHERE m.project_id = ?1 AND m.merged_into = ?2 AND m.merged_into > 0)"
    };
}

/// A comment of somebody's own: `?5` is its author, `?6` the author's name, `?7` 1 of an administrator. Programs have no
/// number, but a name.
macro_rules! own_comment {
    () => {
        concat!(
            " WHERE project_id = ?1 AND at_ms = ?3 AND id = ?4 AND kind = 'commented' AND ",
            with_merged!(),
            " AND (?7 = 1 OR (person_id = ?5 AND (?5 > 0 OR person = ?6))) "
        )
    };
}

fn comment_args(project_id: u32, number: u32, key: Key, viewer: &Viewer) -> Vec<Arg> {
    vec![
        project_id.into(),
        number.into(),
        key.at_ms.into(),
        key.id.into(),
        viewer.id.into(),
        viewer.name.as_str().into(),
        viewer.is(Role::Admin).into(),
    ]
}

/// Changes a comment, if it is the viewer's own or the viewer is an administrator; gives back its `id` if it did. Primary
/// key of `activity`, `issue_by_merged`.
pub fn edit_comment(
    (project_id, number): (u32, u32),
    key: Key,
    viewer: &Viewer,
    text: &str,
    now_ms: i64,
) -> Statement {
    let mut args = comment_args(project_id, number, key, viewer);
    args.extend([text.into(), now_ms.into()]);
    let sql = concat!(
        "UPDATE activity SET detail = json_object('text', ?8, 'edited', CAST(?9 AS INTEGER))",
        own_comment!(),
        "RETURNING id"
    );
    Statement { sql, args }
}

/// Takes a comment away; the same as [`edit_comment`].
pub fn delete_comment((project_id, number): (u32, u32), key: Key, viewer: &Viewer) -> Statement {
    let sql = concat!("DELETE FROM activity", own_comment!(), "RETURNING id");
    Statement { sql, args: comment_args(project_id, number, key, viewer) }
}

/// Groups that the merge which `key` names brought to an issue, and which still count for it, as hexadecimal digits. Primary
/// key of `activity`; `event_group_by_issue`.
pub fn brought(project_id: u32, number: u32, key: Key) -> Statement {
    Statement::new(
        "SELECT lower(hex(g.hash)) AS hash FROM activity a CROSS JOIN json_each(a.detail, '$.with') w
         CROSS JOIN event_group g INDEXED BY event_group_by_issue ON g.project_id = ?1 AND g.number = ?2 AND g.home = w.value
         WHERE a.project_id = ?1 AND a.number = ?2 AND a.at_ms = ?3 AND a.id = ?4 AND a.kind = 'merged' LIMIT 1000",
        [project_id.into(), number.into(), key.at_ms.into(), key.id.into()],
    )
}
