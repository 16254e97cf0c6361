//! Runs the steps that add views up: after an isolate has taken in enough, and by cron.

use std::cell::RefCell;
use std::collections::HashMap;

use serde::Deserialize;
use worker::Env;

use super::fold::{self, Chunk, Long, Named, State};
use super::join::{self, ROWS, Texts};
use super::purge;
use crate::purge::Keep;
use crate::request::Incoming;
use crate::reserve::{self, Category};
use crate::sql::Statement;
use crate::store::{Budget, Rows, Store, StoreError};

/// Queries of a step: how far it is, closing, chunks, names, up to ten statements, long rows and joining them.
const STEP_QUERIES: usize = 16;

thread_local! {
    /// Views that this isolate has appended since it last added up, by project.
    static APPENDED: RefCell<HashMap<u32, u64>> = RefCell::default();
}

/// Counts appended views, and adds up in the background once there are enough.
pub fn follow_up(incoming: &Incoming, project_id: u32, database: u32, views: u64) {
    let is_enough = APPENDED.with_borrow_mut(|appended| {
        let sum = appended.entry(project_id).or_default();
        *sum += views;
        let is_enough = *sum >= fold::ENOUGH;
        *sum = if is_enough { 0 } else { *sum };
        is_enough
    });
    if !is_enough {
        return;
    }
    let (env, now_ms) = (incoming.env.clone(), incoming.now_ms);
    incoming.context.wait_until(async move {
        let folded = async {
            let store = Store::open_database(&env, database, now_ms).await?;
            add_up(&env, &store, project_id, &Budget::of_a_request(), now_ms).await
        };
        if let Err(error) = folded.await {
            worker::console_error!("page views wait for the next run: {}", error);
        }
    });
}

/// The cron: projects of one database, then what is too old.
///
/// # Errors
/// When the database does not answer: the next run goes on.
pub async fn cron(env: &Env, database: u32, now_ms: i64) -> Result<(), StoreError> {
    #[derive(Deserialize)]
    struct Project {
        project_id: u32,
    }
    /// What a run may take beside others of its trigger.
    const LEFT_TO_OTHERS: usize = 16;
    let people = Store::open(env, now_ms).await?;
    let kept: Vec<Keep> = people.read(&retention(database)).await?.all()?;
    let store = Store::open_database(env, database, now_ms).await?;
    let ids: Vec<u32> = kept.iter().map(|keep| keep.project_id).collect();
    let due: Vec<Project> = store.read(&fold::due(&ids, now_ms)).await?.all()?;
    let budget = Budget::of_a_request();
    budget.spend(LEFT_TO_OTHERS);
    for project in due {
        add_up(env, &store, project.project_id, &budget, now_ms).await?;
    }
    let rows = store.write(|_| purge::step(&kept, now_ms).into()).await?;
    counted(env, &rows, now_ms).await;
    Ok(())
}

/// SCAN of `project`: one row a project.
fn retention(database: u32) -> Statement {
    Statement::new(
        "SELECT id AS project_id, retention_days AS days, retention_days AS body_days FROM project WHERE database = ?1",
        [database.into()],
    )
}

/// Steps of one project, as long as there is something to add up and the budget lasts.
async fn add_up(
    env: &Env,
    store: &Store,
    project_id: u32,
    budget: &Budget,
    now_ms: i64,
) -> Result<(), StoreError> {
    while budget.spend(STEP_QUERIES) {
        let Some(mut state) = store.read(&fold::state(project_id)).await?.first::<State>()? else {
            break;
        };
        if !state.is_due(now_ms) {
            break;
        }
        if let Some(close) = state.close(project_id, now_ms) {
            store.write(|_| vec![close.clone()]).await?;
            state.generation += 1;
        }
        let chunks: Vec<Chunk> = store.read(&state.next(project_id)).await?.all()?;
        let known: Vec<Named> = store.read(&fold::known(project_id, &chunks)).await?.all()?;
        let written = store
            .write(|nonce| {
                fold::step(project_id, &state, &chunks, &known, nonce).unwrap_or_default()
            })
            .await?;
        let mut long = Vec::new();
        for rows in written.iter().skip(1) {
            long.extend(rows.all::<Long>()?.into_iter().filter(|row| row.is_long == 1));
        }
        counted(env, &written, now_ms).await;
        join_long(env, store, project_id, &long, now_ms).await?;
    }
    Ok(())
}

async fn join_long(
    env: &Env,
    store: &Store,
    project_id: u32,
    long: &[Long],
    now_ms: i64,
) -> Result<(), StoreError> {
    let long = long.get(..ROWS.min(long.len())).unwrap_or_default();
    if long.is_empty() {
        return Ok(());
    }
    let rows: Vec<Texts> = store.read(&join::texts(project_id, long)).await?.all()?;
    if let Some(joined) = join::join(project_id, &rows) {
        let written = store.write(|_| vec![joined.clone()]).await?;
        counted(env, &written, now_ms).await;
    }
    Ok(())
}

async fn counted(env: &Env, rows: &[Rows], now_ms: i64) {
    if reserve::count(env, Category::Views, rows, now_ms) {
        reserve::write(env.clone(), now_ms).await;
    }
}
