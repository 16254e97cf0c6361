//! Taking an issue away, step by step: by the request that asks for it as far as it gets, the rest by cron.

use serde::Deserialize;

use crate::life::{self, Deleting};
use crate::store::{Store, StoreError};

/// One step of a deletion; whether it was the last.
pub async fn step(store: &Store, deleting: Deleting, now_ms: i64) -> Result<bool, StoreError> {
    #[derive(Deserialize)]
    struct Remaining {
        remaining: u32,
    }
    let Deleting { project_id, number, .. } = deleting;
    let rows = store
        .write(|_| {
            let mut statements = Vec::from(life::delete_rows(project_id, number));
            statements.extend(life::finish_delete(project_id, number, now_ms));
            statements
        })
        .await?;
    let remaining: Option<Remaining> = rows.last().map(|rows| rows.first()).transpose()?.flatten();
    Ok(remaining.is_none_or(|row| row.remaining == 0))
}
