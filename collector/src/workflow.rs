//! What people decide about issues, one or a hundred at once: status, assignee, ticket, and taking it back. Pure: the
//! statements of one batch, which do nothing the second time, and write activity only where something changes.

use serde::Deserialize;
use serde_json::json;

use crate::activity::{Key, Kind, Note, is_last};
use crate::life::{self, Decision};
use crate::people::Viewer;
use crate::sql::{Arg, Statement};

/// Issues that are changed at once.
pub const MAX_ISSUES: usize = 100;

/// Longest address of a ticket, in bytes.
const MAX_LINK: usize = 1_000;

/// What is to become of issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another status.
    Decide(Decision),
    /// Somebody sees to them.
    Assign {
        /// `person.id`; 0: nobody.
        to: u32,
        /// Display name; empty for nobody.
        name: String,
    },
    /// A ticket elsewhere, `https://…`; empty: none.
    Link(String),
}

/// A change by somebody, at a time: its statements are the same on every try.
#[derive(Clone, Debug)]
pub struct Changing {
    change: Change,
    note: Note,
}

impl Changing {
    /// Prepares it.
    pub fn new(change: Change, viewer: &Viewer, now_ms: i64) -> Self {
        let (kind, detail) = match &change {
            Change::Decide(Decision::Reopen) => (Kind::Reopened, json!({})),
            Change::Decide(Decision::Ignore(until)) => (
                Kind::Ignored,
                json!({ "until": until.at_ms, "events": until.events, "users": until.users }),
            ),
            Change::Decide(Decision::ResolveInNext) => (Kind::Resolved, json!({ "next": true })),
            Change::Decide(_) => (Kind::Resolved, json!({})),
            Change::Assign { to, name } => (Kind::Assigned, json!({ "to": to, "name": name })),
            Change::Link(url) => (Kind::Linked, json!({ "url": url })),
        };
        Self { note: Note::new(viewer, now_ms, kind, &detail), change }
    }

    /// Names what is written of it.
    pub fn key(&self) -> Key {
        self.note.key()
    }

    /// Changes those issues that live. Primary keys of `issue` and `activity`; see [`life::decide_all`].
    pub fn statements(&self, project_id: u32, numbers: &[u32]) -> Vec<Statement> {
        let (value, note_sql, sql): (Arg, _, _) = match &self.change {
            Change::Decide(decision) => {
                let (note, now_ms) = (&self.note, self.note.at_ms());
                return life::decide_all(project_id, numbers, decision, now_ms, Some(note));
            }
            Change::Assign { to, .. } => ((*to).into(), NOTE_ASSIGN, ASSIGN),
            Change::Link(url) => (url.as_str().into(), NOTE_LINK, LINK),
        };
        let args: Vec<Arg> = vec![project_id.into(), list(numbers), value];
        let mut noted = args.clone();
        noted.extend(self.note.args());
        vec![Statement { sql: note_sql, args: noted }, Statement { sql, args }]
    }
}

/// An address that may be shown as a link to a ticket: https, without spaces and control characters.
pub fn link_of(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let is_plain = !typed.chars().any(|c| c.is_control() || c.is_whitespace());
    let has_host = typed
        .get(..8)
        .filter(|scheme| scheme.eq_ignore_ascii_case("https://"))
        .and_then(|_| typed.get(8..))
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['));
    (typed.is_empty() || is_plain && has_host && typed.len() <= MAX_LINK).then(|| typed.to_owned())
}

fn list(numbers: &[u32]) -> Arg {
    serde_json::to_string(numbers).unwrap_or_default().into()
}

/// Notes `$column` before it becomes `?3`, where that is something else.
macro_rules! noted {
    ($column:literal) => {
        concat!(
            "INSERT INTO activity (project_id, number, at_ms, id, person_id, person, kind, detail)
            SELECT ?1, issue.number, ?4, ?5, ?6, ?7, ?8, json_patch(?9, json_object('before', issue.",
            $column,
            ")) FROM json_each(?2) j CROSS JOIN issue ON issue.project_id = ?1 AND issue.number = j.value
            WHERE issue.status < 3 AND issue.",
            $column,
            " <> ?3 ON CONFLICT DO NOTHING"
        )
    };
}

macro_rules! set {
    ($column:literal) => {
        concat!(
            "UPDATE issue SET ",
            $column,
            " = ?3 WHERE project_id = ?1 AND number IN (SELECT value FROM json_each(?2)) AND status < 3 AND ",
            $column,
            " <> ?3"
        )
    };
}

const NOTE_ASSIGN: &str = noted!("assignee");
const ASSIGN: &str = set!("assignee");
const NOTE_LINK: &str = noted!("link");
const LINK: &str = set!("link");

/// An issue that a change was meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Reached {
    /// Its number.
    pub number: u32,
    /// 1 if the change was noted with it.
    pub noted: u32,
    /// 1 if it lives.
    pub lives: u32,
}

/// What became of issues, in the batch of the change: [`Reached`]. Primary keys of `issue` and `activity`.
pub fn reached(project_id: u32, numbers: &[u32], key: Key) -> Statement {
    Statement::new(
        "SELECT j.value AS number,
            EXISTS (SELECT 1 FROM activity a WHERE a.project_id = ?1 AND a.number = j.value AND a.at_ms = ?3 AND a.id = ?4) AS noted,
            EXISTS (SELECT 1 FROM issue i WHERE i.project_id = ?1 AND i.number = j.value AND i.status < 3) AS lives
         FROM json_each(?2) j",
        [project_id.into(), list(numbers), key.at_ms.into(), key.id.into()],
    )
}

/// Takes back what `undone` names, where nothing has changed since. Primary keys of `activity` and `issue`.
#[derive(Clone, Debug)]
pub struct Undoing {
    undone: Key,
    note: Note,
}

impl Undoing {
    /// Prepares it.
    pub fn new(undone: Key, viewer: &Viewer, now_ms: i64) -> Self {
        Self { undone, note: Note::new(viewer, now_ms, Kind::Undone, &json!({})) }
    }

    /// Names what is written of it.
    pub fn key(&self) -> Key {
        self.note.key()
    }

    /// For those of the issues where it can be.
    pub fn statements(&self, project_id: u32, numbers: &[u32]) -> Vec<Statement> {
        let args: Vec<Arg> =
            vec![project_id.into(), list(numbers), self.undone.at_ms.into(), self.undone.id.into()];
        let mut noted = args.clone();
        noted.extend(self.note.args());
        vec![Statement { sql: NOTE_UNDO, args: noted }, Statement { sql: UNDO, args }]
    }
}

/// What is to be undone, with the issue.
macro_rules! undoable {
    () => {
        concat!(
            "json_each(?2) j CROSS JOIN activity a ON a.project_id = ?1 AND a.number = j.value AND a.at_ms = ?3 AND a.id = ?4
            CROSS JOIN issue ON issue.project_id = ?1 AND issue.number = a.number
            WHERE issue.status < 3 AND a.kind <> 'merged' AND ",
            is_last!()
        )
    };
}

const NOTE_UNDO: &str = concat!(
    "INSERT INTO activity (project_id, number, at_ms, id, person_id, person, kind, detail)
    SELECT ?1, a.number, ?5, ?6, ?7, ?8, ?9, json_patch(?10, json_object('of', a.kind)) FROM ",
    undoable!(),
    " ON CONFLICT DO NOTHING"
);

/// Of a status, all that it came with; of an assignee or a ticket, that alone.
const UNDO: &str = concat!(
    "UPDATE issue SET
        status = coalesce(was.detail ->> '$.before.status', issue.status),
        status_ms = coalesce(was.detail ->> '$.before.status_ms', issue.status_ms),
        resolved_release = coalesce(was.detail ->> '$.before.release', issue.resolved_release),
        resolved_next = coalesce(was.detail ->> '$.before.next', issue.resolved_next),
        ignore_until_ms = coalesce(was.detail ->> '$.before.until', issue.ignore_until_ms),
        ignore_events = coalesce(was.detail ->> '$.before.events', issue.ignore_events),
        ignore_users = coalesce(was.detail ->> '$.before.users', issue.ignore_users),
        assignee = CASE was.kind WHEN 'assigned' THEN was.detail ->> '$.before' ELSE issue.assignee END,
        link = CASE was.kind WHEN 'linked' THEN was.detail ->> '$.before' ELSE issue.link END
    FROM (SELECT a.number, a.kind, a.detail FROM ",
    undoable!(),
    ") was WHERE issue.project_id = ?1 AND issue.number = was.number"
);

/// Somebody whom an issue can be assigned to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Person {
    /// `person.id`
    pub id: u32,
    /// Display name.
    pub name: String,
}

/// People who see a project, by name; in the first database. SCAN of `person`: one row a person.
pub fn people(project_id: u32) -> Statement {
    Statement::new(
        "SELECT id, name FROM person WHERE projects = '' OR (json_valid(projects)
            AND EXISTS (SELECT 1 FROM json_each(projects) p WHERE p.value = ?1)) ORDER BY name, id LIMIT 200",
        [project_id.into()],
    )
}

#[cfg(test)]
mod tests;
