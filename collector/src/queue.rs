//! The queue between ingest and the database, where one is bound as `QUEUE`: takes bursts off the database, and holds what
//! it refuses. A message is an event with all that its plan needs, so that both ways write the same; delivered twice, it
//! counts once.

use std::collections::BTreeSet;
use trapline_core::json;

use serde::{Deserialize, Serialize};
use trapline_core::event::Event;
use trapline_core::fingerprint::rules::Rules;
use trapline_core::scrub::ScrubSettings;
use wasm_bindgen::JsValue;
use worker::{
    Env, MessageBatch, MessageExt, QueueContentType, QueueRetryOptionsBuilder, RawMessageBuilder,
};

use crate::alert;
use crate::memory::keep;
use crate::plan::{Commit, Digested, Sender, digest_by};
use crate::settings::Settings;
use crate::store::{Budget, Store, StoreError};
use crate::symbolicate::Symbolicator;

/// Larger messages are stored at once: a queue takes 128 KB with its own header.
const MAX_MESSAGE: usize = 120_000;

/// First pause before the database is tried again.
const RETRY_S: u32 = 10;

/// Pause of what lies in the dead-letter queue: by then somebody has seen to the database.
const DEAD_RETRY_S: u32 = 3_600;

/// One event on its way to the database.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Message {
    /// Its project.
    pub project_id: u32,
    /// The `n` of `DB_n`; 0 for `DB`.
    pub database: u32,
    /// When the collector received it.
    pub now_ms: i64,
    /// Who sent it.
    pub sender: Sender,
    /// What is taken out of source lines.
    #[serde(default)]
    pub scrub: ScrubSettings,
    /// The project's grouping rules.
    #[serde(default)]
    pub rules: String,
    /// The event.
    pub event: Event,
}

/// Whether a queue is bound and has taken the event.
pub async fn send(
    env: &Env,
    database: u32,
    settings: &Settings,
    digested: &Digested,
    commit: &Commit,
) -> bool {
    let Ok(queue) = env.queue("QUEUE") else { return false };
    let message = Message {
        project_id: commit.project_id,
        database,
        now_ms: commit.now_ms,
        sender: commit.sender.clone(),
        scrub: settings.scrub.clone(),
        rules: settings.grouping_rules.clone(),
        event: digested.event().clone(),
    };
    let text = serde_json::to_string(&message).unwrap_or_default();
    if text.is_empty() || text.len() > MAX_MESSAGE {
        return false;
    }
    let message = RawMessageBuilder::new(JsValue::from_str(&text))
        .build_with_content_type(QueueContentType::Text);
    let sent = queue.send_raw(message).await;
    if let Err(error) = &sent {
        worker::console_error!("the queue did not take an event, it is stored at once: {}", error);
    }
    sent.is_ok()
}

/// Stores a batch of messages, each for itself: what fails comes again, alone.
pub async fn consume(batch: &MessageBatch<String>, env: &Env, now_ms: i64) {
    let budget = Budget::of_a_request();
    let mut databases = BTreeSet::new();
    let retry_s = if batch.queue().ends_with("dead") { DEAD_RETRY_S } else { RETRY_S };
    for raw in batch.raw_iter() {
        let text = raw.body().as_string().unwrap_or_default();
        match store(env, &budget, &text, now_ms).await {
            Ok(news) => {
                raw.ack();
                databases.extend(news);
            }
            Err(error) => {
                worker::console_error!("an event stays in the queue: {}", error);
                let options = QueueRetryOptionsBuilder::new().with_delay_seconds(retry_s).build();
                raw.retry_with_options(&options);
            }
        }
    }
    for database in databases {
        alert::deliver::after_event(env, database, &budget, now_ms).await;
    }
}

/// The database in which an issue was made or changed.
async fn store(
    env: &Env,
    budget: &Budget,
    text: &str,
    now_ms: i64,
) -> Result<Option<u32>, StoreError> {
    let Ok(message) = json::from_slice::<Message>(text.as_bytes()) else {
        // Not written by any version of this code: no other try would read it either.
        worker::console_error!("a message of the queue is no event, {} bytes", text.len());
        return Ok(None);
    };
    let database = message.database;
    let store = Store::open_database(env, database, now_ms).await?;
    let Message { project_id, now_ms, sender, scrub, rules, event, .. } = message;
    let rules = Rules::stored(&rules);
    let commit = Commit { project_id, nonce: 0, now_ms, sender };
    let around =
        Symbolicator { env, store: &store, project_id, now_ms, scrub: &scrub, rules: &rules };
    let written = keep(&around, budget, &digest_by(project_id, event, &rules), &commit).await?;
    Ok(written.is_news.then_some(database))
}
