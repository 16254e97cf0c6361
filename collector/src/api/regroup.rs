//! `/api/0/projects/{project}/regroup/`: what issues would be by the rules of now, and making it so. Somebody who is signed in,
//! or a token with the scope `project:write`; reading it takes `project:read`.

use serde::Serialize;
use trapline_core::decode::rfc3339_of;
use worker::Response;

use super::settings::signed;
use crate::artifacts::access::Access;
use crate::artifacts::token::PROJECT_WRITE;
use crate::dashboard::visit;
use crate::failure::Failure;
use crate::people::Role;
use crate::read::ProjectRow;
use crate::regroup::{self, Join, Outcome, Regroup, Split, Stage};
use crate::reply;
use crate::request::Incoming;
use crate::store::Store;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Look at all groups.
    Start,
    /// Take a step of what is being done.
    Step,
    /// Move groups.
    Apply,
    /// Move them back.
    Undo,
    /// Forget what was found.
    Discard,
}

impl Verb {
    /// By its word in URLs.
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "start" => Some(Self::Start),
            "step" => Some(Self::Step),
            "apply" => Some(Self::Apply),
            "undo" => Some(Self::Undo),
            "discard" => Some(Self::Discard),
            _ => None,
        }
    }
}

/// `GET …/regroup/`: how far it is.
///
/// # Errors
/// Without a session or token.
pub async fn state(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let found = regroup::of(&visit.store, visit.project.id).await?;
    Ok(reply::json(200, &state_json(&visit.project, found.as_ref())))
}

/// `POST …/regroup/` begins a dry run; `…/regroup/step/`, `apply/`, `undo/` and `discard/` go on. How far it is then.
///
/// # Errors
/// Without a session or the scope; [`Failure::Conflict`] where it is not the time for that.
pub async fn change(incoming: &mut Incoming, slug: &str, verb: Verb) -> Result<Response, Failure> {
    let (project, store, by) = match incoming.header("authorization") {
        Some(_) => {
            let access = Access::of(incoming, PROJECT_WRITE).await?;
            let (project, store) = access.open(incoming, slug).await?;
            (project.clone(), store, access.holder.label.clone())
        }
        None => {
            let (visit, _) = signed(incoming, slug, Role::Member).await?;
            (visit.project, visit.store, visit.viewer.name)
        }
    };
    let found = act(&store, &project, verb, &by, incoming.now_ms).await?;
    Ok(reply::json(200, &state_json(&project, found.as_ref())))
}

/// Does it.
///
/// # Errors
/// As [`change`].
pub async fn act(
    store: &Store,
    project: &ProjectRow,
    verb: Verb,
    by: &str,
    now_ms: i64,
) -> Result<Option<Regroup>, Failure> {
    let rules = regroup::rules_of(project);
    match verb {
        Verb::Start => regroup::start(store, project.id, &rules, by, now_ms).await.map(Some),
        Verb::Step => regroup::step(store, project.id, &rules, now_ms).await,
        Verb::Apply => regroup::apply(store, project.id, &rules, by, now_ms).await.map(Some),
        Verb::Undo => regroup::undo(store, project.id, by, now_ms).await.map(Some),
        Verb::Discard => regroup::discard(store, project.id, by, now_ms).await.map(Some),
    }
}

#[derive(Serialize)]
struct State {
    /// `none`, `looking`, `ready`, `applying`, `applied`, `undoing`, `undone`, `discarded`
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details>,
}

#[derive(Serialize)]
struct Details {
    /// Of the fingerprints.
    version: u32,
    /// Groups that were looked at, that there are, and that stay because no event of theirs is kept.
    groups: u32,
    all_groups: u32,
    groups_without_event: u32,
    /// Of how many.
    steps: u32,
    steps_applied: u32,
    /// Once it is known.
    joins: Vec<Join>,
    splits: Vec<Split>,
    unlisted: u32,
    started: Done,
    applied: Option<Done>,
    /// Undone or discarded.
    undone: Option<Done>,
}

#[derive(Serialize)]
struct Done {
    by: String,
    at: String,
}

fn state_json(project: &ProjectRow, found: Option<&Regroup>) -> State {
    let Some(found) = found else { return State { state: "none", details: None } };
    let state = match found.stage() {
        Stage::Looking => "looking",
        Stage::Ready => "ready",
        Stage::Applying => "applying",
        Stage::Applied => "applied",
        Stage::Undoing => "undoing",
        Stage::Undone => "undone",
        Stage::Discarded => "discarded",
    };
    State { state, details: Some(details(&project.short_prefix, found)) }
}

fn details(prefix: &str, found: &Regroup) -> Details {
    let done = |by: &str, at_ms: i64| {
        (at_ms > 0).then(|| Done { by: by.to_owned(), at: rfc3339_of(at_ms) })
    };
    let Outcome { joins, splits, unlisted } = found.outcome(prefix);
    Details {
        version: found.version,
        groups: found.groups,
        all_groups: found.all_groups,
        groups_without_event: found.bodiless,
        steps: found.parts,
        steps_applied: found.applied,
        joins,
        splits,
        unlisted,
        started: Done { by: found.started_by.clone(), at: rfc3339_of(found.started_ms) },
        applied: done(&found.applied_by, found.applied_ms),
        undone: done(&found.undone_by, found.undone_ms),
    }
}
