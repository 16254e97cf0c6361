//! An event needs a table that is not made yet: it is made beside the answer, and the event follows as after any upload.

use std::cell::RefCell;
use std::collections::HashMap;

use worker::Env;

use super::{BundleRow, Which, bundle, some};
use crate::artifacts::Pending;
use crate::failure::Failure;
use crate::request::Incoming;
use crate::store::Store;

thread_local! {
    /// What events of this isolate have waited for, by project.
    static ASKED: RefCell<HashMap<u32, Pending>> = RefCell::default();
}

/// An event waits for a table: it is made once the request has been answered.
pub fn ask(project_id: u32, pending: &Pending) {
    ASKED.with_borrow_mut(|asked| asked.insert(project_id, pending.clone()));
}

/// Makes what was asked for of this project, beside the answer.
pub fn follow_up(incoming: &Incoming, project_id: u32, database: u32) {
    let asked = ASKED.with_borrow_mut(|asked| asked.remove(&project_id));
    let Some(pending) = asked else { return };
    let (env, now_ms) = (incoming.env.clone(), incoming.now_ms);
    incoming.context.wait_until(async move {
        let made = async {
            let store = Store::open_database(&env, database, now_ms).await?;
            wanted(&env, &store, project_id, &pending, now_ms).await
        };
        if let Err(error) = made.await {
            // The next event, or cron, tries again.
            worker::console_error!("a table could not be made: {}", error);
        }
    });
}

/// Makes the table that an event waits for, and some of its neighbours.
///
/// # Errors
/// When database or KV do not answer; another invocation will try again.
async fn wanted(
    env: &Env,
    store: &Store,
    project_id: u32,
    pending: &Pending,
    now_ms: i64,
) -> Result<(), Failure> {
    let which = Which {
        project_id,
        bundle: &pending.bundle,
        release: &pending.release,
        dist: &pending.dist,
    };
    let row: Option<BundleRow> = store.read(&bundle(&which)).await?.first()?;
    if let Some(row) = row {
        some(env, store, row, Some((&pending.url, &pending.debug_id)), now_ms).await?;
    }
    Ok(())
}
