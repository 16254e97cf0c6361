//! How far a project's regrouping has come: one row a project, and the statements that move it on. Each says which state it
//! moves on from, so that two who ask at once do it once.

use serde::Deserialize;

use super::{Outcome, outcome};
use crate::sql::Statement;

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Groups are looked at.
    Looking,
    /// What would change is known.
    Ready,
    /// Groups are moved.
    Applying,
    /// All were moved.
    Applied,
    /// They are moved back.
    Undoing,
    /// All were moved back.
    Undone,
    /// It was not applied.
    Discarded,
}

/// The newest regrouping of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Regroup {
    /// The project.
    pub project_id: u32,
    /// See [`stage`](Self::stage).
    pub state: u32,
    /// Of the fingerprints.
    pub version: u32,
    /// Digest of the project's rules.
    pub rules: String,
    /// The last group that was looked at, in hexadecimal digits.
    pub place: String,
    /// Parts that the groups are looked at, moved and moved back in.
    pub parts: u32,
    /// Parts whose groups are moved.
    pub applied: u32,
    /// Groups that were looked at.
    pub groups: u32,
    /// Those of them that stay where they are, for no event of theirs is kept.
    pub bodiless: u32,
    /// Groups that the project has, as far as they are counted.
    pub all_groups: u32,
    /// JSON: see [`outcome`](Self::outcome).
    pub result: String,
    /// Who asked for it.
    pub started_by: String,
    /// When.
    pub started_ms: i64,
    /// Who applied it.
    pub applied_by: String,
    /// When; 0: never.
    pub applied_ms: i64,
    /// Who undid or discarded it.
    pub undone_by: String,
    /// When; 0: never.
    pub undone_ms: i64,
}

impl Regroup {
    /// What is being done.
    pub fn stage(&self) -> Stage {
        match self.state {
            0 => Stage::Looking,
            1 => Stage::Ready,
            2 => Stage::Applying,
            3 => Stage::Applied,
            4 => Stage::Undoing,
            5 => Stage::Undone,
            _ => Stage::Discarded,
        }
    }

    /// What would change, or has changed; nothing while that is not known.
    pub fn outcome(&self, prefix: &str) -> Outcome {
        outcome::outcome(prefix, &self.result)
    }

    /// Whether steps have to be taken.
    pub fn is_going(&self) -> bool {
        matches!(self.stage(), Stage::Looking | Stage::Applying | Stage::Undoing)
    }
}

/// Most groups of a project that are counted, to say how far it has come.
const COUNTED: u32 = 200_000;

/// The regrouping of a project, if there was one. Primary key of `regroup`; of `event_group`, while groups are looked at.
pub fn of_project(project_id: u32) -> Statement {
    Statement::new(
        "SELECT project_id, state, version, rules, lower(hex(place)) AS place, parts, applied, groups, bodiless, result, started_by,
            started_ms, applied_by, applied_ms, undone_by, undone_ms,
            CASE WHEN state > 0 THEN groups ELSE (SELECT count(*) FROM (
                SELECT 1 FROM event_group g WHERE g.project_id = ?1 AND g.hash > x'' LIMIT ?2)) END AS all_groups
         FROM regroup WHERE project_id = ?1",
        [project_id.into(), COUNTED.into()],
    )
}

/// Projects of a database with steps to be taken. SCAN of `regroup`: one row a project.
pub fn going() -> Statement {
    Statement::new(
        "SELECT r.project_id FROM regroup r WHERE r.state IN (0, 2, 4) ORDER BY r.project_id LIMIT 1",
        [],
    )
}

/// Begins to look at all groups, unless groups are being moved. What an earlier one has kept goes.
pub(super) fn start(
    project_id: u32,
    version: u32,
    rules: &str,
    by: &str,
    now_ms: i64,
) -> Vec<Statement> {
    let mut statements = vec![
        Statement::new(
            "INSERT INTO regroup (project_id, state, version, rules, place, started_by, started_ms)
             VALUES (?1, 0, ?2, ?3, x'', ?4, ?5)
             ON CONFLICT DO UPDATE SET state = 0, version = ?2, rules = ?3, place = x'', parts = 0, applied = 0, groups = 0,
                bodiless = 0, result = '', started_by = ?4, started_ms = ?5, applied_by = '', applied_ms = 0, undone_by = '',
                undone_ms = 0
             WHERE state NOT IN (2, 4) AND started_ms <> ?5",
            [project_id.into(), version.into(), rules.into(), by.into(), now_ms.into()],
        ),
    ];
    statements.extend(forget(project_id));
    statements
}

/// What is kept goes once no state needs it.
fn forget(project_id: u32) -> [Statement; 2] {
    [
        Statement::new(
            "DELETE FROM regroup_part WHERE project_id = ?1 AND EXISTS (
                SELECT 1 FROM regroup WHERE project_id = ?1 AND (state = 6 OR state = 0 AND parts = 0))",
            [project_id.into()],
        ),
        Statement::new(
            "DELETE FROM regroup_claim WHERE project_id = ?1 AND EXISTS (
                SELECT 1 FROM regroup WHERE project_id = ?1 AND (state = 6 OR state = 0 AND parts = 0))",
            [project_id.into()],
        ),
    ]
}

/// Groups are to be moved.
pub(super) fn begin_apply(project_id: u32, by: &str, now_ms: i64) -> Statement {
    Statement::new(
        "UPDATE regroup SET state = CASE WHEN parts = 0 THEN 3 ELSE 2 END, applied_by = ?2, applied_ms = ?3
         WHERE project_id = ?1 AND state = 1",
        [project_id.into(), by.into(), now_ms.into()],
    )
}

/// Groups are to be moved back. Of a regrouping that is half applied, too.
pub(super) fn begin_undo(project_id: u32, by: &str, now_ms: i64) -> Statement {
    Statement::new(
        "UPDATE regroup SET state = CASE WHEN applied = 0 THEN 5 ELSE 4 END, undone_by = ?2, undone_ms = ?3
         WHERE project_id = ?1 AND state IN (2, 3)",
        [project_id.into(), by.into(), now_ms.into()],
    )
}

/// It is not applied.
pub(super) fn discard(project_id: u32, by: &str, now_ms: i64) -> Vec<Statement> {
    let mut statements = vec![Statement::new(
        "UPDATE regroup SET state = 6, undone_by = ?2, undone_ms = ?3 WHERE project_id = ?1 AND state IN (0, 1)",
        [project_id.into(), by.into(), now_ms.into()],
    )];
    statements.extend(forget(project_id));
    statements
}
