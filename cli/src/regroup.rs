//! `trapline regroup`: which issues would join or split if the stored groups were fingerprinted anew, by the version of
//! grouping and the project's rules of now; and making it so.

use std::io::{IsTerminal, stderr};

use anyhow::{Result, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::Outcome;
use crate::api::{Api, Conflict};
use crate::arguments::Regroup;
use crate::settings::Settings;

/// How far it is.
#[derive(Debug, Deserialize)]
struct State {
    state: String,
    #[serde(default)]
    details: Details,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    groups: u64,
    all_groups: u64,
    groups_without_event: u64,
    steps: u64,
    steps_applied: u64,
    joins: Vec<Join>,
    splits: Vec<Split>,
    unlisted: u64,
}

#[derive(Debug, Deserialize)]
struct Join {
    into: Named,
    from: Vec<Part>,
}

#[derive(Debug, Deserialize)]
struct Split {
    issue: Named,
    parts: Vec<Part>,
}

#[derive(Debug, Deserialize)]
struct Named {
    short_id: String,
    title: String,
}

#[derive(Debug, Deserialize)]
struct Part {
    issue: Option<Named>,
    label: String,
    groups: u64,
    events: u64,
}

/// Asks for it, and waits until it is done.
///
/// # Errors
/// A collector that does not answer, or refuses.
pub(crate) fn run(arguments: &Regroup) -> Result<Outcome> {
    let settings = Settings::from(&std::env::current_dir()?)?;
    let api = Api::to(settings.target(&arguments.collector)?);
    let asked = match (arguments.action.dry_run, arguments.action.apply) {
        (true, _) => ("regroup/", "looking", "ready"),
        (_, true) => ("regroup/apply/", "applying", "applied"),
        _ => ("regroup/undo/", "undoing", "undone"),
    };
    match wait(&api, asked) {
        Ok(answer) if arguments.json => println!("{}", serde_json::to_string_pretty(&answer)?),
        Ok(answer) => print(&serde_json::from_value(answer)?),
        Err(error) if error.is::<Conflict>() => {
            eprintln!("{error:#}");
            return Ok(Outcome::NothingFound);
        }
        Err(error) => return Err(error),
    }
    Ok(Outcome::Done)
}

/// Takes steps as long as there are any. The collector takes them by itself too, only slowly.
fn wait(api: &Api, (path, going, done): (&str, &str, &str)) -> Result<Value> {
    let mut answer = api.ask(path)?;
    loop {
        let state: State = serde_json::from_value(answer.clone())?;
        if state.state == done {
            return Ok(answer);
        }
        if state.state != going {
            bail!("somebody else has changed it meanwhile: it is {}", state.state);
        }
        if stderr().is_terminal() {
            let Details { groups, all_groups, steps, steps_applied, .. } = state.details;
            let (at, of) =
                if going == "looking" { (groups, all_groups) } else { (steps_applied, steps) };
            eprint!("\r{going}: {at} of {of} ");
        }
        answer = api.ask("regroup/step/")?;
    }
}

fn print(state: &State) {
    let details = &state.details;
    for Join { into, from } in &details.joins {
        println!("{} takes in ({})", into.short_id, into.title);
        from.iter().for_each(|part| print_part(part, ""));
    }
    for Split { issue, parts } in &details.splits {
        println!("{} splits into ({})", issue.short_id, issue.title);
        for part in parts {
            let stays = part.issue.as_ref().is_some_and(|to| to.short_id == issue.short_id);
            print_part(part, if stays { ", which stay" } else { "" });
        }
    }
    if details.unlisted > 0 {
        println!("and {} more changes", details.unlisted);
    }
    if details.groups_without_event > 0 {
        println!(
            "{} stay where they are: no event of theirs is kept",
            counted(details.groups_without_event, "group")
        );
    }
    let (joins, splits) = (details.joins.len() as u64, details.splits.len() as u64);
    println!(
        "{}: {} looked at, {}, {}",
        state.state,
        counted(details.groups, "group"),
        counted(joins, "join"),
        counted(splits, "split"),
    );
}

fn print_part(part: &Part, more: &str) {
    let issue = part.issue.as_ref().map_or("a new issue", |issue| &issue.short_id);
    let label = if part.label.is_empty() { "no event is kept" } else { &part.label };
    let (groups, events) = (counted(part.groups, "group"), counted(part.events, "event"));
    println!("    {issue}: {groups}, {events}{more}: {label}");
}

fn counted(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
