//! What people do with an issue and say about it, with who and when: a row each, in the database of the project's events.

use serde_json::Value;

use crate::people::Viewer;
use crate::random;
use crate::sql::{Arg, Statement};

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{"release": "shop@2", "is_next": false}`; both may be missing.
    Resolved,
    /// `{"until": …, "events": …, "users": …}`; all may be missing.
    Ignored,
    /// `{}`
    Reopened,
    /// `{"to": person, "name": "…"}`; 0: to nobody.
    Assigned,
    /// `{"with": ["SHOP-2"]}`
    Merged,
    /// `{"groups": 2, "to": "SHOP-3"}`
    Split,
    /// `{"text": "…"}`
    Commented,
    /// `{"url": "…"}`
    Linked,
}

impl Kind {
    /// As `activity.kind` has it.
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
        }
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

    /// Writes it, if there is such an issue; primary keys of `issue` and `activity`.
    pub fn of(&self, project_id: u32, number: u32) -> Statement {
        let args: [Arg; 8] = [
            project_id.into(),
            number.into(),
            self.at_ms.into(),
            self.id.into(),
            self.person_id.into(),
            self.person.as_str().into(),
            self.kind.name().into(),
            self.detail.as_str().into(),
        ];
        Statement::new(
            "INSERT INTO activity (project_id, number, at_ms, id, person_id, person, kind, detail)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM issue
             WHERE project_id = ?1 AND number = ?2 AND status < 4 ON CONFLICT DO NOTHING",
            args,
        )
    }
}
