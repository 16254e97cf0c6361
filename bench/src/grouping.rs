//! `cargo xtask bench grouping`: how well bugs are told apart, on bugs recorded from three engines, three builds and two
//! releases (`tests/corpora/grouping`), with source maps and without, beside simpler rules; and what it costs.

mod baselines;
mod corpus;
#[cfg(test)]
mod pins;
mod score;

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Instant;

use anyhow::Result;
use serde_json::json;
use trapline_core::event::Event;
use trapline_core::fingerprint::{self, v1};
use xtask::paths::Paths;

use baselines::BASELINES;
use corpus::Labelled;
use score::{Score, score};

use crate::report::Report;
use crate::statistics::{median, percentile};

/// What has to be reached with maps and without: precision, recall.
const BARS: [(f64, f64); 2] = [(0.97, 0.92), (0.93, 0.55)];

/// Microseconds that grouping an event may take at the median.
const MAX_MEDIAN_US: f64 = 100.0;

/// Runs the bench; with `GROUPING_DETAILS=1` it says which bugs are mixed up and split.
///
/// # Errors
/// When a bar is not met.
pub(crate) fn run(paths: &Paths) -> Result<()> {
    let title = "Grouping: how well recorded bugs are told apart";
    let mut said = Report::new(paths, "grouping", title)?;
    let events = corpus::read(&paths.root)?;
    let bugs: BTreeSet<&str> = events.iter().map(|event| event.bug.as_str()).collect();
    said.say(format!("{} events of {} bugs.", events.len(), bugs.len()));
    let mut figures = Vec::new();
    for (mapped, (precision, recall)) in [true, false].into_iter().zip(BARS) {
        let all = report(&events, mapped, &mut said);
        let maps = if mapped { "with source maps" } else { "without source maps" };
        said.at_least(format!("precision {maps}"), all.precision(), precision);
        said.at_least(format!("recall {maps}"), all.recall(), recall);
        figures.push(json!({
            "with_source_maps": mapped, "precision": all.precision(), "recall": all.recall(),
        }));
    }
    let cost = cost(&events, &mut said);
    said.finish(json!({ "scores": figures, "median_us": cost }))
}

fn event_of(labelled: &Labelled, mapped: bool) -> &Event {
    if mapped { &labelled.mapped } else { &labelled.event }
}

fn report(events: &[Labelled], mapped: bool, said: &mut Report) -> Score {
    let mut rows = Vec::new();
    let mut print_row = |name: &str, score: Score, issues: Option<usize>| {
        rows.push(cells(name, score, issues));
    };
    let ours: Vec<_> = events.iter().map(|event| v1(event_of(event, mapped)).hash).collect();
    let all = score(events, &ours, |_, _| true);
    print_row("Trapline", all, Some(distinct(&ours)));
    for (name, rule) in BASELINES {
        let groups: Vec<String> =
            events.iter().map(|event| rule(event_of(event, mapped))).collect();
        print_row(
            &format!("rule: {name}"),
            score(events, &groups, |_, _| true),
            Some(distinct(&groups)),
        );
    }
    let engines: BTreeSet<&str> = events.iter().map(|event| event.engine.as_str()).collect();
    for one in &engines {
        for other in engines.iter().filter(|other| *other >= one) {
            let counts = |a: &Labelled, b: &Labelled| {
                (a.engine == *one && b.engine == *other) || (a.engine == *other && b.engine == *one)
            };
            print_row(&format!("{one} and {other}"), score(events, &ours, counts), None);
        }
    }
    for (one, other) in [("1", "1"), ("2", "2"), ("1", "2")] {
        let counts = |a: &Labelled, b: &Labelled| {
            (a.release == one && b.release == other) || (a.release == other && b.release == one)
        };
        print_row(&format!("release {one} and {other}"), score(events, &ours, counts), None);
    }
    let builds: BTreeSet<&str> = events.iter().map(|event| event.build.as_str()).collect();
    for one in &builds {
        for other in builds.iter().filter(|other| *other >= one) {
            let counts = |a: &Labelled, b: &Labelled| {
                (a.build == *one && b.build == *other) || (a.build == *other && b.build == *one)
            };
            print_row(&format!("{one} and {other}"), score(events, &ours, counts), None);
        }
    }
    let families: BTreeSet<&str> = events.iter().map(Labelled::family).collect();
    for family in families {
        let counts = |a: &Labelled, b: &Labelled| a.family() != family && b.family() != family;
        print_row(&format!("without the family {family}"), score(events, &ours, counts), None);
    }
    if std::env::var_os("GROUPING_DETAILS").is_some() {
        details(events, mapped);
    }
    let (id, title) =
        if mapped { ("maps", "with source maps") } else { ("no-maps", "without source maps") };
    said.table(id, &[title, "precision", "recall", "F1", "issues"], &rows);
    all
}

fn cells(name: &str, score: Score, issues: Option<usize>) -> Vec<String> {
    let scores = [score.precision(), score.recall(), score.f1()];
    let scores = scores.map(|score| format!("{score:.3}"));
    let issues = issues.map(|issues| issues.to_string()).unwrap_or_default();
    std::iter::once(name.to_owned()).chain(scores).chain([issues]).collect()
}

fn distinct<G: Ord>(groups: &[G]) -> usize {
    groups.iter().collect::<BTreeSet<_>>().len()
}

/// Fingerprints that hold several bugs, and bugs that have several, with where each comes from.
fn details(events: &[Labelled], mapped: bool) {
    use std::collections::BTreeMap;
    let mut labels: BTreeMap<String, BTreeMap<&str, BTreeSet<String>>> = BTreeMap::new();
    let mut bugs: BTreeMap<&str, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for event in events {
        let label = v1(event_of(event, mapped)).label;
        let from = format!("{} {}{} {}", event.engine, event.build, event.release, event.sender);
        labels
            .entry(label.clone())
            .or_default()
            .entry(&event.bug)
            .or_default()
            .insert(from.clone());
        bugs.entry(&event.bug).or_default().entry(label).or_default().insert(from);
    }
    for (label, bugs) in labels.iter().filter(|(_, bugs)| bugs.len() > 1) {
        println!("mixed  {label}");
        bugs.iter().for_each(|(bug, from)| println!("         {bug} × {}", from.len()));
    }
    for (bug, labels) in bugs.iter().filter(|(_, labels)| labels.len() > 1) {
        println!("split  {bug}");
        for (label, from) in labels {
            let some: Vec<&str> = from.iter().take(3).map(String::as_str).collect();
            println!("         {label} × {} ({}, …)", from.len(), some.join(", "));
        }
    }
}

/// What grouping an event takes, in microseconds at the median, and how it grows with the frames.
fn cost(events: &[Labelled], said: &mut Report) -> f64 {
    const REPEATS: u32 = 20;
    let time = |event: &Event| {
        let start = Instant::now();
        for _ in 0..REPEATS {
            black_box((v1(black_box(event)), fingerprint::raw(1, black_box(event))));
        }
        start.elapsed().as_secs_f64() * 1e6 / f64::from(REPEATS)
    };
    let times: Vec<f64> = events.iter().map(|event| time(&event.event)).collect();
    let at_median = median(&times);
    let line = |what: String, us: f64| vec![what, format!("{us:.1}")];
    let mut rows = vec![
        line("an event, median".into(), at_median),
        line("an event, 99th of 100".into(), percentile(&times, 0.99)),
    ];
    let has_frames = |event: &&Labelled| event.event.exceptions.iter().any(|e| e.frames.len() > 4);
    if let Some(sample) = events.iter().find(has_frames) {
        for frames in [8, 16, 32, 64, 128] {
            let mut event = sample.event.clone();
            for exception in &mut event.exceptions {
                exception.frames = exception.frames.iter().cycle().take(frames).cloned().collect();
            }
            rows.push(line(format!("an event of {frames} frames"), time(&event)));
        }
    }
    said.table("time", &["both fingerprints of", "µs"], &rows);
    said.at_most("µs for both fingerprints, median", at_median, MAX_MEDIAN_US);
    at_median
}
