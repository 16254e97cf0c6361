//! Which of what breaks in pages each agent reports: the same page with each, the same scripts, one after another. A case
//! is whole where each of its errors came with type, message and stack, as far as it has them; `partly` where something
//! came; `×2` behind it where it came more often than it happened.

mod list;

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::agent::pages::{VARIANTS, Variant};
use crate::agent::told::{Reported, reported};
use crate::agent::visits::{Site, Visit};
use crate::report::Report;
use list::{CASES, Case, Wanted};
pub(crate) use list::{Case as PageCase, Way};

/// How long a report may take. Those that gather some first wait for a second at most.
const PATIENCE: Duration = Duration::from_millis(2_500);
/// The same where it has to be tried again.
const RETRYING: Duration = Duration::from_secs(10);
/// After a case has come whole: whether it comes again.
const AGAIN: Duration = Duration::from_millis(350);
/// While the network or the collector is away.
const AWAY: Duration = Duration::from_millis(600);

/// What came of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Outcome {
    verdict: Verdict,
    /// More reports than errors.
    is_repeated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Whole,
    Partly,
    Nothing,
}

/// The case with a number.
pub(crate) fn case(number: usize) -> Option<&'static PageCase> {
    CASES.get(number)
}

/// Plays all of them, or those whose names contain what the variable `CASES` says, and tells of them, a line each; visits get numbers from `first_visit` on.
pub(crate) fn run(site: &Site, first_visit: usize, report: &mut Report) -> Result<Value> {
    let agents: Vec<Variant> =
        VARIANTS.into_iter().filter(|variant| *variant != Variant::Blank).collect();
    let (mut rows, mut figures) = (Vec::new(), Vec::new());
    let mut sums = vec![0_usize; agents.len()];
    let wanted = std::env::var("CASES").unwrap_or_default();
    let cases = || CASES.iter().enumerate().filter(|(_, case)| case.name.contains(&wanted));
    for (number, case) in cases() {
        let mut row = vec![case.name.to_owned()];
        for (index, agent) in agents.iter().enumerate() {
            let visit = first_visit + number * agents.len() + index;
            let outcome = play(site, *agent, number, case, visit)
                .with_context(|| format!("{}: {}", agent.name(), case.name))?;
            let word = outcome.word();
            if let Some(sum) = sums.get_mut(index) {
                *sum += usize::from(outcome.verdict == Verdict::Whole && !outcome.is_repeated);
            }
            figures.push(json!({ "case": case.name, "agent": agent.name(), "outcome": word }));
            row.push(word);
        }
        println!("{}", row.join("  "));
        rows.push(row);
    }
    let mut all = vec![format!("whole and once, of {}", cases().count())];
    all.extend(sums.iter().map(usize::to_string));
    rows.push(all);
    let headings = agents.iter().map(|agent| agent.name());
    let headings: Vec<&str> = std::iter::once("capture cases").chain(headings).collect();
    report.table("cases", &headings, &rows);
    Ok(Value::Array(figures))
}

fn play(site: &Site, agent: Variant, number: usize, case: &Case, visit: usize) -> Result<Outcome> {
    let visit = Visit::open_case(site, agent, number, visit)?;
    let tab = &visit.tab;
    match case.way {
        Way::Early | Way::Before => {}
        Way::Armed | Way::Policy => drop(tab.value("bench.play()")?),
        // The page is gone before it has answered.
        Way::Leaving => drop(tab.value("bench.play()")),
        Way::Offline => {
            tab.value("bench.load()")?;
            tab.set_offline(true)?;
            tab.value("bench.play()")?;
            thread::sleep(AWAY);
            tab.set_offline(false)?;
        }
        Way::Refused => {
            site.sink.refuse(&visit.origin, true);
            tab.value("bench.play()")?;
            thread::sleep(AWAY);
            site.sink.refuse(&visit.origin, false);
            visit.reload_without_case(agent)?;
        }
    }
    let found = || reported(&site.sink.of(&visit.origin));
    let patience = match case.way {
        Way::Offline | Way::Refused => RETRYING,
        _ => PATIENCE,
    };
    let end = Instant::now() + patience;
    while Instant::now() < end && judge(case.wanted, &found()).verdict != Verdict::Whole {
        thread::sleep(Duration::from_millis(30));
    }
    if judge(case.wanted, &found()).verdict == Verdict::Whole {
        thread::sleep(AGAIN);
    }
    visit.leave()?;
    thread::sleep(Duration::from_millis(150));
    Ok(judge(case.wanted, &found()))
}

fn judge(wanted: &[Wanted], reports: &[Reported]) -> Outcome {
    let is_there = |wanted: &Wanted| reports.iter().any(|one| says(one, wanted));
    let verdict = if reports.is_empty() {
        Verdict::Nothing
    } else if wanted.iter().all(is_there) {
        Verdict::Whole
    } else {
        Verdict::Partly
    };
    let count: u64 = reports.iter().map(|one| one.count).sum();
    Outcome { verdict, is_repeated: count > wanted.len() as u64 }
}

fn says(report: &Reported, wanted: &Wanted) -> bool {
    let is_typed = wanted.kind.is_empty()
        || report.exceptions.iter().any(|one| {
            one.kind.as_deref() == Some(wanted.kind)
                && one.message.as_deref().unwrap_or_default().contains(wanted.text)
        });
    let has_stack = !wanted.has_stack || report.exceptions.iter().any(|one| one.has_stack);
    is_typed && has_stack && report.json.contains(wanted.text)
}

impl Outcome {
    fn word(self) -> String {
        let word = match self.verdict {
            Verdict::Whole => "whole",
            Verdict::Partly => "partly",
            Verdict::Nothing => "–",
        };
        if self.is_repeated { format!("{word} ×2") } else { word.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::told::Exception;

    fn error(kind: &str, message: &str, has_stack: bool) -> Reported {
        let exception =
            Exception { kind: Some(kind.into()), message: Some(message.into()), has_stack };
        Reported { exceptions: vec![exception], count: 1, json: message.to_owned() }
    }

    #[track_caller]
    fn check(reports: &[Reported], expected: &str) {
        let wanted = [Wanted { kind: "Error", text: "oak", has_stack: true }];
        assert_eq!(judge(&wanted, reports).word(), expected);
    }

    #[test]
    fn whole_is_what_has_all_of_it() {
        check(&[], "–");
        check(&[error("Error", "an oak", true)], "whole");
        check(&[error("Error", "an oak", false)], "partly");
        check(&[error("TypeError", "an oak", true)], "partly");
        check(&[error("Error", "an oak", true), error("Error", "an oak", true)], "whole ×2");
    }
}
