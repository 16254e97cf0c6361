//! What an isolate remembers of the groups that it has stored, so that the next event of one takes fewer statements. All
//! of it may be forgotten or wrong: the plan asks the database.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use trapline_core::fingerprint::Hash;

use crate::plan::{Commit, Digested, Hints, Kept, plan};
use crate::store::{Budget, Rows, Store, StoreError};
use crate::symbolicate::{QUERIES, Symbolicator};

/// Groups, and groups with facets, and groups with users, that an isolate remembers: a few megabytes.
const MAX_REMEMBERED: usize = 20_000;

#[derive(Default)]
struct Memory {
    groups: HashMap<Hash, Kept>,
    facets: HashSet<u64>,
    users: HashSet<u64>,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// Writes one event; the nonce of `commit` is made anew for every try. Where the short plan of a remembered group counts
/// nothing, the event was there before or something has changed, and the whole plan does what is left to do.
///
/// Its frames are resolved where somebody will read them, or its group may be new: that of a known one is found without.
pub async fn keep(
    around: &Symbolicator<'_>,
    budget: &Budget,
    digested: &Digested,
    commit: &Commit,
) -> Result<Written, StoreError> {
    let store = around.store;
    let hints = remembered(digested, commit);
    let resolved = match digested.may_be_kept(&hints) && budget.spend(QUERIES) {
        true => around
            .resolved(digested.event())
            .await?
            .map(|event| digested.resolved(event, around.rules)),
        false => None,
    };
    let digested = resolved.as_ref().unwrap_or(digested);
    if hints.kept.is_some() {
        let written = write(store, budget, digested, commit, hints).await?;
        if written.is_counted {
            return Ok(written);
        }
    }
    write(store, budget, digested, commit, Hints::default()).await
}

/// What became of an event.
pub struct Written {
    /// It was not there before.
    pub is_counted: bool,
    /// Its issue was made or changed by it: somebody may have to be told.
    pub is_news: bool,
}

async fn write(
    store: &Store,
    budget: &Budget,
    digested: &Digested,
    commit: &Commit,
    hints: Hints,
) -> Result<Written, StoreError> {
    let counted_at = Cell::new(0);
    let rows = store
        .write_within(budget, |nonce| {
            let plan = plan(digested, &Commit { nonce, ..commit.clone() }, hints);
            counted_at.set(plan.counted_at);
            plan.statements
        })
        .await?;
    let kept: Option<Kept> = rows.get(counted_at.get()).map(Rows::first).transpose()?.flatten();
    remember(digested, commit, kept);
    let has_changed = |rows: Option<&Rows>| rows.is_some_and(|rows| rows.changed() > 0);
    // A new issue is made by the first statement of a plan without hints, and changed by what follows the counters.
    let is_made = hints.kept.is_none() && has_changed(rows.first());
    let is_changed = has_changed(rows.get(counted_at.get() + 1));
    Ok(Written { is_counted: kept.is_some(), is_news: is_made || is_changed })
}

fn remembered(digested: &Digested, commit: &Commit) -> Hints {
    MEMORY.with_borrow(|memory| Hints {
        kept: memory.groups.get(&digested.group()).copied(),
        knows_facets: memory.facets.contains(&digested.facets_hash(commit)),
        knows_user: digested.user_hash(commit).is_none_or(|user| memory.users.contains(&user)),
    })
}

fn remember(digested: &Digested, commit: &Commit, kept: Option<Kept>) {
    MEMORY.with_borrow_mut(|memory| {
        let group = digested.group();
        let Some(kept) = kept else {
            memory.groups.remove(&group);
            return;
        };
        // Another issue: the group was merged, split, or deleted and made anew.
        if memory.groups.get(&group).is_some_and(|before| before.number != kept.number) {
            *memory = Memory::default();
        }
        if memory.groups.len() >= MAX_REMEMBERED
            || memory.facets.len() >= MAX_REMEMBERED
            || memory.users.len() >= MAX_REMEMBERED
        {
            *memory = Memory::default();
        }
        memory.groups.insert(group, kept);
        memory.facets.insert(digested.facets_hash(commit));
        memory.users.extend(digested.user_hash(commit));
    });
}
