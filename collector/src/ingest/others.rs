//! What is no error: page views, sessions and feedback, as long as the rows of the day that are theirs last.

use serde::Deserialize;

use crate::feedback;
use crate::key::KnownKey;
use crate::outcome::{self, Ended};
use crate::page_views::append::append;
use crate::page_views::run;
use crate::pipeline::Judged;
use crate::refused::Wait;
use crate::request::Incoming;
use crate::reserve::{self, Category};
use crate::sessions;
use crate::sql::Statement;
use crate::store::{Rows, Store, StoreError};

use super::sender::sender;

/// Statements of one batch: a request has 50 queries, and events come first.
const MOST: usize = 20;

/// Writes all of it; what has to wait, if there was no room.
pub(super) async fn write(
    incoming: &Incoming,
    key: &KnownKey,
    judged: &Judged,
) -> Result<Option<Wait>, StoreError> {
    let (project_id, now_ms) = (key.project_id, incoming.now_ms);
    if judged.views.is_empty() && judged.sessions.is_empty() && judged.feedback.is_empty() {
        return Ok(None);
    }
    let sender = sender(incoming, key);
    let said = judged.feedback.iter();
    let said = said.map(|feedback| feedback::store(project_id, feedback, &sender, now_ms));
    let said = write_some(incoming, key, Category::Feedback, said.collect()).await?;
    let full = match said {
        Ok(rows) => {
            count_unheard(incoming, key, judged, &rows).await?;
            None
        }
        Err(wait) => Some(wait),
    };
    let views = judged.views.iter().map(|view| append(project_id, view, now_ms));
    let sessions = judged.sessions.iter();
    let sessions =
        sessions.map(|sessions| sessions::count(project_id, sessions, sender.visitor, now_ms));
    let statements: Vec<Statement> = sessions.chain(views).collect();
    let reserved = write_some(incoming, key, Category::Views, statements).await?.err();
    if reserved.is_none() && !judged.views.is_empty() {
        let views = u64::try_from(judged.views.len()).unwrap_or(0);
        run::follow_up(incoming, project_id, key.database, views);
    }
    Ok(full.or(reserved))
}

/// Messages that are not stored, because their sender wrote the same or too much: those of which no row was made, and that are
/// not there from before.
async fn count_unheard(
    incoming: &Incoming,
    key: &KnownKey,
    judged: &Judged,
    rows: &[Rows],
) -> Result<(), StoreError> {
    let without_row = judged.feedback.iter().zip(rows).filter(|(_, rows)| rows.changed() == 0);
    let ids: Vec<&str> = without_row.map(|(feedback, _)| feedback.id.as_str()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let store = Store::open_database(&incoming.env, key.database, incoming.now_ms).await?;
    let unheard = store.read(&feedback::missing(key.project_id, &ids)).await?;
    let Some(Quantity { quantity: quantity @ 1.. }) = unheard.first()? else { return Ok(()) };
    let ended = Ended { quantity, ..Ended::one("filtered", "feedback_spam", "") };
    outcome::count(incoming, key.project_id, ended);
    Ok(())
}

#[derive(Deserialize)]
struct Quantity {
    quantity: u32,
}

/// What was written, by statement; or how long to wait, where there was no room.
async fn write_some(
    incoming: &Incoming,
    key: &KnownKey,
    category: Category,
    statements: Vec<Statement>,
) -> Result<Result<Vec<Rows>, Wait>, StoreError> {
    if statements.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    let (env, now_ms) = (&incoming.env, incoming.now_ms);
    let limited = |quantity: usize| Ended {
        outcome: "limited",
        reason: reserve::REASON,
        detail: category.names().split(';').next().unwrap_or_default().to_owned(),
        quantity: u32::try_from(quantity).unwrap_or(u32::MAX),
    };
    if let Some(wait) = reserve::room(env, category, now_ms).await? {
        outcome::count(incoming, key.project_id, limited(statements.len()));
        return Ok(Err(wait));
    }
    let some = statements.get(..MOST.min(statements.len())).unwrap_or_default();
    let store = Store::open_database(env, key.database, now_ms).await?;
    // Each is idempotent by what the sender sent.
    let rows = store.write(|_| some.to_vec()).await?;
    if reserve::count(env, category, &rows, now_ms) {
        incoming.context.wait_until(reserve::write(env.clone(), now_ms));
    }
    if some.len() < statements.len() {
        let mut ended = limited(statements.len() - some.len());
        ended.reason = "too_many_items";
        outcome::count(incoming, key.project_id, ended);
    }
    Ok(Ok(rows))
}
