//! Regrouping: what issues would be if the stored groups were fingerprinted anew, with the current version and the project's
//! rules of now; and making it so.
//!
//! ```text
//! start ─► look (a step some groups) ─► settle: who gets which issue ─► ready ─► apply (a part a step) ─► applied
//!                                                                  └─► discard                    undo ◄─┘
//! ```
//! Whoever asks how far it is takes a step, and so does cron. Groups are moved, events are not: counts stay exact. What
//! somebody merged or split by hand stays so.

mod apply;
mod look;
mod outcome;
mod settle;
mod state;
mod undo;

use trapline_core::fingerprint::VERSION;
use trapline_core::fingerprint::rules::Rules;
use worker::Env;

use crate::failure::Failure;
use crate::read::{self, ProjectRow};
use crate::settings;
use crate::sql::Statement;
use crate::store::{Store, StoreError};

pub use outcome::{Join, Named, Outcome, Part, Split};
pub use state::{Regroup, Stage, going, of_project};

/// The regrouping of a project, if there was one.
///
/// # Errors
/// When the database does not answer.
pub async fn of(store: &Store, project_id: u32) -> Result<Option<Regroup>, StoreError> {
    store.read(&of_project(project_id)).await?.first()
}

/// The rules that a project's events are grouped by.
pub fn rules_of(project: &ProjectRow) -> Rules {
    settings::parse(&project.settings).rules()
}

/// Begins to look. Groups that are being moved are moved first.
///
/// # Errors
/// [`Failure::Conflict`].
pub async fn start(
    store: &Store,
    project_id: u32,
    rules: &Rules,
    by: &str,
    now_ms: i64,
) -> Result<Regroup, Failure> {
    let (version, digest) = (u32::from(VERSION), rules.digest());
    write(store, state::start(project_id, version, &digest, by, now_ms)).await?;
    expect(store, project_id, &[Stage::Looking], "groups are being moved: wait until that is over")
        .await
}

/// Begins to move groups.
///
/// # Errors
/// [`Failure::Conflict`] where it is not known what would change, or rules have changed since.
pub async fn apply(
    store: &Store,
    project_id: u32,
    rules: &Rules,
    by: &str,
    now_ms: i64,
) -> Result<Regroup, Failure> {
    let stages = [Stage::Ready, Stage::Applying, Stage::Applied];
    let wrong = "there is nothing to apply: start a dry run first, and wait until it is over";
    let found = expect(store, project_id, &stages, wrong).await?;
    if found.stage() == Stage::Ready && !is_current(&found, rules) {
        let changed = "the rules have changed since the dry run: start another one";
        return Err(Failure::Conflict(changed.into()));
    }
    write(store, vec![state::begin_apply(project_id, by, now_ms)]).await?;
    expect(store, project_id, &stages, wrong).await
}

/// Begins to move groups back.
///
/// # Errors
/// [`Failure::Conflict`] where nothing was applied.
pub async fn undo(
    store: &Store,
    project_id: u32,
    by: &str,
    now_ms: i64,
) -> Result<Regroup, Failure> {
    write(store, vec![state::begin_undo(project_id, by, now_ms)]).await?;
    let stages = [Stage::Undoing, Stage::Undone];
    expect(store, project_id, &stages, "nothing was applied that could be undone").await
}

/// What was found is not applied.
///
/// # Errors
/// [`Failure::Conflict`] where it was applied.
pub async fn discard(
    store: &Store,
    project_id: u32,
    by: &str,
    now_ms: i64,
) -> Result<Regroup, Failure> {
    write(store, state::discard(project_id, by, now_ms)).await?;
    expect(store, project_id, &[Stage::Discarded], "there is no dry run that could be discarded")
        .await
}

/// Every statement here does nothing the second time. One function, because each closure makes all of the store's retrying anew.
async fn write(store: &Store, statements: Vec<Statement>) -> Result<(), StoreError> {
    store.write(|_| statements.clone()).await.map(drop)
}

async fn expect(
    store: &Store,
    project_id: u32,
    stages: &[Stage],
    wrong: &str,
) -> Result<Regroup, Failure> {
    let found = of(store, project_id).await?;
    let found = found.filter(|found| stages.contains(&found.stage()));
    found.ok_or_else(|| Failure::Conflict(wrong.to_owned()))
}

fn is_current(found: &Regroup, rules: &Rules) -> bool {
    found.version == u32::from(VERSION) && found.rules == rules.digest()
}

/// Takes a step, if there is one to take; how far it is then. At most 30 queries.
///
/// # Errors
/// When the database does not answer: the next step does the same again.
pub async fn step(
    store: &Store,
    project_id: u32,
    rules: &Rules,
    now_ms: i64,
) -> Result<Option<Regroup>, Failure> {
    let Some(found) = of(store, project_id).await? else { return Ok(None) };
    match found.stage() {
        // What was looked at so far is of other rules.
        Stage::Looking if !is_current(&found, rules) => {
            return start(store, project_id, rules, &found.started_by, now_ms).await.map(Some);
        }
        Stage::Looking => look(store, &found, rules).await?,
        Stage::Applying => {
            write(store, apply::apply(project_id, found.applied, now_ms)).await?;
        }
        Stage::Undoing => {
            let part = found.applied.saturating_sub(1);
            write(store, undo::undo(project_id, part, now_ms)).await?;
        }
        _ => return Ok(Some(found)),
    }
    Ok(of(store, project_id).await?)
}

async fn look(store: &Store, found: &Regroup, rules: &Rules) -> Result<(), Failure> {
    let project_id = found.project_id;
    let rows: Vec<look::Looked> = store.read(&look::next(project_id, &found.place)).await?.all()?;
    if !rows.is_empty() {
        return Ok(write(store, look::keep(found, &rows, rules).into()).await?);
    }
    let mut statements = settle::settle(project_id);
    statements.push(settle::ready(project_id));
    Ok(write(store, statements).await?)
}

/// A step for one project, by cron; whether there was one to take.
///
/// # Errors
/// When the database does not answer.
pub async fn run(env: &Env, now_ms: i64) -> Result<bool, Failure> {
    #[derive(serde::Deserialize)]
    struct Going {
        project_id: u32,
    }
    let people = Store::open(env, now_ms).await?;
    let projects: Vec<ProjectRow> = people.read(&read::projects()).await?.all()?;
    for database in 0..Store::databases(env) {
        let store = Store::open_database(env, database, now_ms).await?;
        let going: Option<Going> = store.read(&going()).await?.first()?;
        let is_it =
            |project: &&ProjectRow| going.as_ref().is_some_and(|row| row.project_id == project.id);
        if let Some(project) = projects.iter().find(is_it) {
            step(&store, project.id, &rules_of(project), now_ms).await?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// All of them, for the snapshot of their plans.
#[cfg(test)]
pub(crate) fn statements() -> Vec<Statement> {
    let mut all = vec![of_project(1), going(), look::next(1, ""), settle::ready(1)];
    all.extend(look::keep(
        &Regroup { project_id: 1, ..Regroup::default() },
        &[],
        &Rules::default(),
    ));
    all.extend(settle::settle(1));
    all.extend(apply::apply(1, 0, 1));
    all.extend(undo::undo(1, 0, 1));
    all.extend(state::start(1, 1, "", "Jo", 1));
    all.extend(state::discard(1, "Jo", 1));
    all.extend([state::begin_apply(1, "Jo", 1), state::begin_undo(1, "Jo", 1)]);
    all
}

#[cfg(test)]
mod tests;
