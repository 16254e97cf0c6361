//! `GET /api/0/projects/{project}/suggestions/?query=`: how the word of a search may go on.

use serde::Serialize;
use worker::Response;

use crate::dashboard::{self, Visit, visit};
use crate::failure::Failure;
use crate::people::Viewer;
use crate::read::{self, KnownRow};
use crate::reply;
use crate::request::Incoming;
use crate::search::{IS, KEYS, LEVELS};
use crate::sql::Statement;
use crate::workflow::Person;

/// Most of one answer.
const MOST: usize = 12;

/// Longest word that is looked for.
const MAX_WORD: usize = 100;

#[derive(Serialize)]
struct Suggestion {
    /// The whole word: `release:shop@2`.
    value: String,
    /// What it is, where that is not plain.
    hint: String,
}

/// Keys that begin so, or values of a key.
pub async fn suggestions(incoming: &Incoming, project: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, project).await?;
    let query = incoming.query("query").unwrap_or_default();
    let word = query.rsplit(char::is_whitespace).next().unwrap_or_default();
    let word = word.get(..word.floor_char_boundary(MAX_WORD)).unwrap_or_default();
    let (negation, word) = word.strip_prefix('!').map_or(("", word), |rest| ("!", rest));
    let mut found = match word.split_once(':') {
        Some((key, value)) => values(incoming, &visit, key, value.trim_matches('"')).await?,
        None => keys(&visit, word).await?,
    };
    found.truncate(MOST);
    for suggestion in &mut found {
        suggestion.value.insert_str(0, negation);
    }
    Ok(reply::json(200, &found))
}

fn suggestion(value: String, hint: &str) -> Suggestion {
    Suggestion { value, hint: hint.to_owned() }
}

async fn keys(visit: &Visit, word: &str) -> Result<Vec<Suggestion>, Failure> {
    let word = word.to_ascii_lowercase();
    let known = KEYS.iter().filter(|(key, _)| key.starts_with(&word));
    let mut found: Vec<Suggestion> =
        known.map(|(key, hint)| suggestion(format!("{key}:"), hint)).collect();
    if found.len() < MOST && !word.is_empty() {
        for kind in ["tag.", "flag."] {
            let part = word.strip_prefix(kind).unwrap_or(&word);
            for line in lines(visit, read::lines(visit.project.id, kind, part)).await? {
                let key = line.split('=').next().unwrap_or_default();
                let value = format!("{key}:");
                if key.contains(part) && found.iter().all(|other| other.value != value) {
                    found.push(suggestion(value, ""));
                }
            }
        }
    }
    Ok(found)
}

async fn values(
    incoming: &Incoming,
    visit: &Visit,
    key: &str,
    part: &str,
) -> Result<Vec<Suggestion>, Failure> {
    let part = part.to_ascii_lowercase();
    let fixed = |all: &[&str]| {
        all.iter().filter(|value| value.starts_with(&part)).map(|&value| value.to_owned()).collect()
    };
    let id = visit.project.id;
    let values: Vec<String> = match key {
        "is" => fixed(&IS),
        "level" => fixed(&LEVELS),
        "has" => fixed(&[
            "release",
            "environment",
            "browser",
            "os",
            "country",
            "url",
            "user",
            "assignee",
        ]),
        "first-seen" | "last-seen" => fixed(&["<1h", "<24h", "<7d", ">24h", ">7d"]),
        "count" => fixed(&[">10", ">100", ">1000"]),
        "users" => fixed(&[">=5", ">=50", ">=500"]),
        "assigned" => names(&visit.viewer, dashboard::everybody(incoming, visit).await?, &part),
        "release" => lines(visit, read::releases(id, &part)).await?,
        "user" => Vec::new(),
        _ => {
            let is_own = KEYS.iter().any(|(known, _)| *known == key) || key.contains('.');
            let start = if is_own { format!("{key}=") } else { format!("tag.{key}=") };
            let found = lines(visit, read::lines(id, &start, &part)).await?;
            found.iter().filter_map(|line| Some(line.split_once('=')?.1.to_owned())).collect()
        }
    };
    let word = |value: String| match value.contains(char::is_whitespace) || value.contains('*') {
        true => suggestion(format!("{key}:\"{value}\""), ""),
        false => suggestion(format!("{key}:{value}"), ""),
    };
    Ok(values.into_iter().map(word).collect())
}

fn names(viewer: &Viewer, people: Vec<Person>, part: &str) -> Vec<String> {
    let me = (viewer.id > 0).then(|| "me".to_owned());
    let named = people.into_iter().map(|person| person.name.replace('"', ""));
    me.into_iter().chain(named).filter(|name| name.to_lowercase().contains(part)).collect()
}

async fn lines(visit: &Visit, statement: Statement) -> Result<Vec<String>, Failure> {
    let rows: Vec<KnownRow> = visit.store.read(&statement).await?.all()?;
    Ok(rows.into_iter().map(|row| row.value).collect())
}
