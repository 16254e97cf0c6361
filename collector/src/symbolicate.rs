//! Frames of minified files and wasm modules, read with what was uploaded for them.
//!
//! ```text
//! ingest   an event whose group the isolate does not know, or that may be kept ─► symbolicate ─► plan
//! reading  a kept event with frames as the engine said them ────────────────────► symbolicate ─► page
//! later    something was uploaded: groups with such frames, step by step ───────► late.rs ─────► re-pointed
//! ```
//! A group that is known costs nothing of this: it is found by what the sender sent.

pub mod late;
pub mod resolve;

use std::collections::HashMap;
use std::rc::Rc;

use trapline_core::event::Event;
use trapline_core::fingerprint::rules::Rules;
use trapline_core::resolution::Unresolved;
use trapline_core::scrub::{ScrubSettings, scrub};
use trapline_symbols::table::Table;
use worker::Env;

use crate::artifacts::{self, Look};
use crate::store::{Store, StoreError};
use resolve::{Found, Wanted, resolve, wanted};

/// Queries that resolving an event takes at most.
pub const QUERIES: usize = 3;

/// What it takes to resolve frames of a project.
#[derive(Clone, Copy)]
pub struct Symbolicator<'a> {
    /// Bindings: the tables lie in KV.
    pub env: &'a Env,
    /// The database of the project's events and artifacts.
    pub store: &'a Store,
    /// The project.
    pub project_id: u32,
    /// The collector's clock.
    pub now_ms: i64,
    /// What is taken out of source lines, as of all else.
    pub scrub: &'a ScrubSettings,
    /// The project's grouping rules.
    pub rules: &'a Rules,
}

impl Symbolicator<'_> {
    /// The event with its frames resolved, or with the reasons why not; `None` if there is nothing to say, or nothing was ever
    /// uploaded. One query, and a read of KV for each table that the isolate does not remember.
    ///
    /// # Errors
    /// When the database does not answer. What KV does not answer is a reason in the frame.
    pub async fn resolved(&self, event: &Event) -> Result<Option<Event>, StoreError> {
        let wanted = wanted(event);
        if wanted.is_empty()
            || !late::uploads(self.store, self.project_id, self.now_ms).await?.any()
        {
            return Ok(None);
        }
        let looks = self.look(event, &wanted).await?;
        let mut tables: Vec<Result<Rc<[u8]>, Unresolved>> = Vec::with_capacity(looks.len());
        for (wanted, look) in wanted.iter().zip(&looks) {
            tables.push(self.table(wanted, look).await);
        }
        let mut found: HashMap<String, Found> = HashMap::new();
        for (wanted, table) in wanted.iter().zip(&tables) {
            found.insert(wanted.file.clone(), found_of(table));
        }
        let mut event = event.clone();
        resolve(&mut event, &found);
        scrub(&mut event, self.scrub);
        Ok(Some(event))
    }

    async fn look(&self, event: &Event, wanted: &[Wanted]) -> Result<Vec<Look>, StoreError> {
        let files: Vec<artifacts::Wanted> = wanted
            .iter()
            .map(|wanted| artifacts::Wanted {
                debug_id: wanted.debug_id.as_deref().unwrap_or_default(),
                release: event.release.as_deref().unwrap_or_default(),
                dist: event.dist.as_deref().unwrap_or_default(),
                url: &wanted.file,
            })
            .collect();
        let looks = artifacts::find(self.store, self.project_id, &files).await?;
        if let Some(touch) = artifacts::touch(self.project_id, &looks, self.now_ms) {
            self.store.write(|_| vec![touch.clone()]).await?;
        }
        Ok(looks)
    }

    async fn table(&self, wanted: &Wanted, look: &Look) -> Result<Rc<[u8]>, Unresolved> {
        match look {
            Look::Found(found) => {
                let loaded = artifacts::load(self.env, self.project_id, found).await;
                loaded.map_err(|error| {
                    worker::console_error!("{} of {}", error, wanted.file);
                    Unresolved::Pending
                })
            }
            Look::Pending(pending) => {
                artifacts::digest::ask(self.project_id, pending);
                Err(Unresolved::Pending)
            }
            Look::Refused(detail) => Err(Unresolved::Unreadable { detail: detail.clone() }),
            Look::NotUploaded { nearest_release } => Err(Unresolved::NotUploaded {
                debug_id: wanted.debug_id.clone().unwrap_or_default(),
                nearest_release: nearest_release.clone(),
            }),
        }
    }
}

fn found_of(table: &Result<Rc<[u8]>, Unresolved>) -> Found<'_> {
    match table.as_deref().map(Table::parse) {
        Ok(Ok(table)) => Found::Table(table),
        Ok(Err(error)) => Found::Nothing(Unresolved::Unreadable { detail: error.to_string() }),
        Err(why) => Found::Nothing(why.clone()),
    }
}
