//! Changes of issues, for forms and the JSON API alike: one issue or up to a hundred.

use std::fmt::Write as _;

use serde_json::json;

use super::{Visit, not_ours};
use crate::activity::{self, Key, Kind, MAX_COMMENT, Note};
use crate::audit;
use crate::deletion;
use crate::failure::Failure;
use crate::life::{self, Decision, Deleting, Until};
use crate::plan::HOUR_MS;
use crate::read::{self, NumberRow, ProjectRow};
use crate::request::{Incoming, field};
use crate::store::Store;
use crate::workflow::{
    Change, Changing, MAX_ISSUES, Person, Reached, Undoing, link_of, people, reached,
};

/// Steps of a deletion within one request: what is left goes by cron.
const DELETE_STEPS: u32 = 4;

/// What is to be done with several issues.
pub enum Deed {
    /// Each is changed.
    Change(Vec<Change>),
    /// They become part of the one with this short ID.
    Merge(String),
    /// They go.
    Delete,
    /// What this key names is taken back.
    Undo(String),
}

/// What became of it.
#[derive(Debug, Default)]
pub struct Done {
    /// Of the activity that was written; of several changes, the last one that was.
    pub key: Option<Key>,
    /// Numbers of issues that are as they were meant to be.
    pub done: Vec<u32>,
    /// Numbers of those that are not.
    pub not_done: Vec<u32>,
    /// Why not.
    pub why: &'static str,
}

impl Done {
    /// `?done=1795426880000-42`, by which the issue's page offers to undo it; empty if nothing was changed.
    pub fn query(&self) -> String {
        self.key.map(|key| format!("?done={}", key.text())).unwrap_or_default()
    }

    /// Says what was not done.
    pub fn failure(&self, prefix: &str) -> Failure {
        let names: Vec<String> =
            self.not_done.iter().map(|number| read::short_id(prefix, *number)).collect();
        let mut text = format!("{}: {}.", names.join(", "), self.why);
        if !self.done.is_empty() {
            let others: Vec<String> =
                self.done.iter().map(|number| read::short_id(prefix, *number)).collect();
            let _ = write!(text, " Done with {}.", others.join(", "));
        }
        Failure::Conflict(text)
    }
}

/// Does it with all of them, in one batch.
pub async fn act(
    incoming: &Incoming,
    visit: &Visit,
    numbers: &[u32],
    deed: &Deed,
    now_ms: i64,
) -> Result<Done, Failure> {
    match deed {
        Deed::Change(changes) => change(visit, numbers, changes, now_ms).await,
        Deed::Undo(of) => undo(visit, numbers, of, now_ms).await,
        Deed::Delete => delete(incoming, visit, numbers, now_ms).await,
        Deed::Merge(to) => {
            let prefix = &visit.project.short_prefix;
            let target = read::number_in(prefix, to).ok_or_else(|| not_ours(prefix, to))?;
            let others = numbers.iter().filter(|number| **number != target);
            let others: Vec<String> = others.map(|other| read::short_id(prefix, *other)).collect();
            merge(visit, target, &others, now_ms).await
        }
    }
}

/// Numbers of short IDs, each once.
///
/// # Errors
/// None, more than 100, or one that names no issue of the project.
pub fn numbers(visit: &Visit, short_ids: &[String]) -> Result<Vec<u32>, Failure> {
    let prefix = &visit.project.short_prefix;
    let mut numbers = Vec::new();
    for short_id in short_ids {
        let number = read::number_in(prefix, short_id).ok_or_else(|| not_ours(prefix, short_id))?;
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    if numbers.is_empty() || short_ids.len() > MAX_ISSUES {
        return Err(Failure::BadRequest(format!("name 1 to {MAX_ISSUES} issues")));
    }
    Ok(numbers)
}

/// What fields ask for: `status` (`unresolved`; `resolved`, with or without `release` or `in_next_release`; `ignored`, with
/// or without `hours`, `events`, `users`), `assignee` (a person's number, `me`, or empty for nobody), `link` (https, or empty
/// for none).
///
/// # Errors
/// A field that has no meaning, or a person who does not see the project.
pub async fn changes_of(
    incoming: &Incoming,
    visit: &Visit,
    fields: &[(String, String)],
) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    let has = |name: &str| fields.iter().any(|(known, _)| known == name);
    if has("status") {
        changes.push(Change::Decide(decision(fields, incoming.now_ms)?));
    }
    if has("assignee") {
        changes.push(assignment(incoming, visit, field(fields, "assignee").trim()).await?);
    }
    if has("link") {
        let link = link_of(field(fields, "link")).ok_or_else(|| {
            Failure::BadRequest("link is an address like https://tickets.example/SHOP/12".into())
        })?;
        changes.push(Change::Link(link));
    }
    Ok(changes)
}

async fn assignment(incoming: &Incoming, visit: &Visit, typed: &str) -> Result<Change, Failure> {
    let to = match typed {
        "" | "0" => return Ok(Change::Assign { to: 0, name: String::new() }),
        "me" => visit.viewer.id,
        number => number.parse().unwrap_or_default(),
    };
    let people = people_of(incoming, visit).await?;
    let person = people.into_iter().find(|person| person.id == to && to > 0).ok_or_else(|| {
        Failure::BadRequest(format!(
            "{typed:?} is nobody who sees this project: name a person by number"
        ))
    })?;
    Ok(Change::Assign { to, name: person.name })
}

/// Whom the project's issues can be assigned to. One query.
pub async fn people_of(incoming: &Incoming, visit: &Visit) -> Result<Vec<Person>, Failure> {
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    Ok(store.read(&people(visit.project.id)).await?.all()?)
}

fn decision(fields: &[(String, String)], now_ms: i64) -> Result<Decision, Failure> {
    const MAX_RELEASE: usize = 200;
    let number = |name: &str| match field(fields, name).trim() {
        "" => Ok(None),
        text => match text.parse::<u32>() {
            Ok(number @ 1..=1_000_000_000) => Ok(Some(number)),
            _ => Err(Failure::BadRequest(format!("{name} is a number from 1 on, not {text:?}"))),
        },
    };
    let is_next = match field(fields, "in_next_release") {
        "" | "false" => false,
        "true" | "on" | "1" => true,
        other => {
            return Err(Failure::BadRequest(format!(
                "in_next_release is true or false, not {other:?}"
            )));
        }
    };
    match field(fields, "status") {
        "unresolved" => Ok(Decision::Reopen),
        "resolved" if is_next => Ok(Decision::ResolveInNext),
        "resolved" => match field(fields, "release").trim() {
            "" => Ok(Decision::Resolve),
            release if release.len() > MAX_RELEASE => {
                Err(Failure::BadRequest(format!("release has more than {MAX_RELEASE} bytes")))
            }
            release => Ok(Decision::ResolveIn { release: release.to_owned() }),
        },
        "ignored" => Ok(Decision::Ignore(Until {
            at_ms: number("hours")?.map(|hours| now_ms + i64::from(hours) * HOUR_MS),
            events: number("events")?,
            users: number("users")?,
        })),
        _ => Err(Failure::BadRequest("status is unresolved, resolved or ignored".into())),
    }
}

/// Changes issues.
pub async fn change(
    visit: &Visit,
    numbers: &[u32],
    changes: &[Change],
    now_ms: i64,
) -> Result<Done, Failure> {
    let project_id = visit.project.id;
    // What happens in one moment stands in the order in which it was asked for.
    let prepared: Vec<Changing> =
        changes.iter().map(|change| Changing::new(change.clone(), &visit.viewer, now_ms)).collect();
    let rows = visit
        .store
        .write(|_| {
            let mut statements: Vec<_> =
                prepared.iter().flat_map(|one| one.statements(project_id, numbers)).collect();
            statements.extend(prepared.iter().map(|one| reached(project_id, numbers, one.key())));
            statements
        })
        .await?;
    let mut done = Done { why: "there is no such issue any more", ..Done::default() };
    let answers = rows.len().saturating_sub(prepared.len());
    for (rows, changing) in rows.iter().skip(answers).zip(&prepared) {
        let reached: Vec<Reached> = rows.all()?;
        let lives = |lives| {
            let those = reached.iter().filter(move |one| (one.lives == 1) == lives);
            those.map(|one| one.number).collect()
        };
        (done.done, done.not_done) = (lives(true), lives(false));
        if reached.iter().any(|one| one.noted == 1) {
            done.key = Some(changing.key());
        }
    }
    Ok(done)
}

/// Takes back what `of` names, a key as [`Done::query`] has it. A merge is taken back group by group.
pub async fn undo(visit: &Visit, numbers: &[u32], of: &str, now_ms: i64) -> Result<Done, Failure> {
    let key = Key::of(of)
        .ok_or_else(|| Failure::BadRequest("of names an entry of the issue's activity".into()))?;
    let project_id = visit.project.id;
    if let &[number] = numbers {
        let brought: Vec<Brought> =
            visit.store.read(&activity::brought(project_id, number, key)).await?.all()?;
        if !brought.is_empty() {
            let groups: Vec<String> = brought.into_iter().map(|group| group.hash).collect();
            let note = Note::new(&visit.viewer, now_ms, Kind::Undone, &json!({ "of": "merged" }));
            let split = |_| life::split_noted(project_id, number, &groups, now_ms, Some(&note));
            visit.store.write(split).await?;
            return Ok(Done { done: vec![number], key: Some(note.key()), ..Done::default() });
        }
    }
    let undoing = Undoing::new(key, &visit.viewer, now_ms);
    let rows = visit
        .store
        .write(|_| {
            let mut statements = undoing.statements(project_id, numbers);
            statements.push(reached(project_id, numbers, undoing.key()));
            statements
        })
        .await?;
    let reached: Vec<Reached> = rows.last().map(|rows| rows.all()).transpose()?.unwrap_or_default();
    let noted = |noted| {
        let those = reached.iter().filter(move |one| one.noted == noted);
        those.map(|one| one.number).collect()
    };
    Ok(Done {
        key: Some(undoing.key()),
        done: noted(1),
        not_done: noted(0),
        why: "it has changed since, so that this cannot be undone",
    })
}

/// A group that a merge brought.
#[derive(Debug, serde::Deserialize)]
struct Brought {
    hash: String,
}

/// Makes issues part of another one.
pub async fn merge(
    visit: &Visit,
    target: u32,
    short_ids: &[String],
    now_ms: i64,
) -> Result<Done, Failure> {
    let sources = numbers(visit, short_ids)?;
    let project_id = visit.project.id;
    let note = Note::new(&visit.viewer, now_ms, Kind::Merged, &json!({}));
    let merged = |_| life::merge_noted(project_id, target, &sources, now_ms, Some(&note));
    visit.store.write(merged).await?;
    let left_out = read::not_merged(project_id, target, &sources);
    let left_out: Vec<NumberRow> = visit.store.read(&left_out).await?.all()?;
    let not_done: Vec<u32> = left_out.into_iter().map(|row| row.number).collect();
    let done: Vec<u32> = sources.into_iter().filter(|source| !not_done.contains(source)).collect();
    Ok(Done {
        key: Some(note.key()).filter(|_| !done.is_empty()),
        done,
        not_done,
        why: "cannot be merged: there is no such issue, it is part of another one, or it is the same",
    })
}

/// Takes issues away. Of a single one all that fits into a request goes at once; the rest goes by cron.
pub async fn delete(
    incoming: &Incoming,
    visit: &Visit,
    numbers: &[u32],
    now_ms: i64,
) -> Result<Done, Failure> {
    let ProjectRow { id: project_id, short_prefix, slug, .. } = &visit.project;
    let project_id = *project_id;
    let names: Vec<String> = numbers.iter().map(|of| read::short_id(short_prefix, *of)).collect();
    let note = audit::note(&visit.viewer, now_ms, "issue deleted", slug, &names.join(" "));
    Store::open(&incoming.env, now_ms).await?.write(|_| vec![note.clone()]).await?;
    let begin = |_| vec![life::begin_delete_all(project_id, numbers, now_ms)];
    visit.store.write(begin).await?;
    if let &[number] = numbers {
        let deleting = Deleting { project_id, number, status_ms: now_ms };
        for _ in 0..DELETE_STEPS {
            if deletion::step(&visit.store, deleting, now_ms).await? {
                break;
            }
        }
    }
    Ok(Done { done: numbers.to_vec(), ..Done::default() })
}

/// Says something about an issue; with `of`, changes what was said; without a text, takes it away. Gives back its key.
///
/// # Errors
/// No text, one that is too long, or a comment that is not the viewer's.
pub async fn comment(
    visit: &Visit,
    number: u32,
    of: &str,
    text: Option<&str>,
    now_ms: i64,
) -> Result<Key, Failure> {
    let at = (visit.project.id, number);
    let text = text.map(|text| text.replace("\r\n", "\n").trim().to_owned());
    if text.as_ref().is_some_and(|text| text.is_empty() || text.len() > MAX_COMMENT) {
        return Err(Failure::BadRequest(format!("a comment has 1 to {MAX_COMMENT} bytes")));
    }
    let (key, rows) = match (Key::of(of), text) {
        (None, Some(text)) if of.is_empty() => {
            let detail = json!({ "text": text });
            let note = Note::new(&visit.viewer, now_ms, Kind::Commented, &detail);
            let numbers = [number];
            let rows = visit
                .store
                .write(|_| vec![note.of(at.0, number), reached(at.0, &numbers, note.key())])
                .await?;
            let reached: Option<Reached> =
                rows.last().map(|rows| rows.first()).transpose()?.flatten();
            let noted = reached.is_some_and(|one| one.noted == 1);
            return if noted { Ok(note.key()) } else { Err(Failure::NotFound) };
        }
        (None, _) => return Err(Failure::NotFound),
        (Some(key), Some(text)) => {
            let edit = |_| vec![activity::edit_comment(at, key, &visit.viewer, &text, now_ms)];
            (key, visit.store.write(edit).await?)
        }
        (Some(key), None) => {
            let delete = |_| vec![activity::delete_comment(at, key, &visit.viewer)];
            (key, visit.store.write(delete).await?)
        }
    };
    #[derive(serde::Deserialize)]
    struct Changed {
        id: i64,
    }
    let changed: Option<Changed> = rows.first().map(|rows| rows.first()).transpose()?.flatten();
    if changed.is_some_and(|row| row.id == key.id) {
        Ok(key)
    } else {
        Err(Failure::Conflict(
            "this comment is not yours to change, or it is not there any more".into(),
        ))
    }
}
