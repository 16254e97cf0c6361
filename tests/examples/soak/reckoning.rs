//! The reckoning: whatever was thrown is stored, counted or reported.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use trapline_tests::{Faulty, eventually_within};
use xtask::paths::Paths;

use crate::Target;
use crate::browsers::Pages;
use crate::chaos::Tally;
use crate::memory::Samples;
use crate::others::Visits;
use crate::senders::{Ledger, OLD, of};

/// Least faults of a soak of half an hour.
const LEAST_FAULTS: u64 = 100;

/// How much more memory the last third of a life may take than the first.
const MOST_GROWTH: f64 = 1.25;

/// What is compared.
pub struct Sums<'a> {
    pub faulty: &'a Faulty,
    pub engines: &'a [Target],
    pub pages: &'a [Pages],
    pub sdk: &'a Target,
    pub ledger: &'a Ledger,
    pub old: &'a Target,
}

/// A line of the reckoning: both have to be the same.
struct Line {
    name: String,
    expected: i64,
    found: i64,
    words: String,
}

impl Line {
    fn of(name: &str, expected: u64, found: i64) -> Self {
        let expected = i64::try_from(expected).unwrap_or(i64::MAX);
        Self { name: name.to_owned(), expected, found, words: String::new() }
    }
}

/// Prints everything, writes `target/report/soak.json`, and says whether it closes.
///
/// # Errors
/// When the report cannot be written.
pub fn run(
    paths: &Paths,
    sums: &Sums,
    faults: &Tally,
    visits: &Visits,
    samples: &Samples,
) -> Result<bool> {
    let faults = faults.lines();
    let injected: u64 = faults.iter().map(|(_, count)| count).sum();
    println!("\nWhat failed");
    faults.iter().for_each(|(name, count)| println!("  {count:>8}  {name}"));
    println!("  {injected:>8}  in all, bar {LEAST_FAULTS}");
    let traffic = [
        ("envelopes that were taken", of(&sums.ledger.events) + of(&sums.ledger.views)),
        ("attempts to send them", of(&sums.ledger.attempts)),
        ("sent again although they had been taken", of(&sums.ledger.again)),
        ("pages of the dashboard that were shown", of(&visits.shown)),
        ("pages that said when to come again, or were not answered", of(&visits.refused)),
        ("uploads that were begun again", of(&visits.again)),
        ("runs of the cron", of(&visits.crons)),
    ];
    println!("\nTraffic");
    traffic.iter().for_each(|(name, count)| println!("  {count:>8}  {name}"));
    let lines = lines(sums, visits);
    println!("\nReckoning: expected, found");
    for line in &lines {
        let mark = if line.expected == line.found { " " } else { "!" };
        println!("{mark} {:>8} {:>8}  {}{}", line.expected, line.found, line.name, line.words);
    }
    let mut wrong = taken(&sums.ledger.wrong);
    wrong.extend(taken(&visits.wrong));
    wrong.iter().take(20).for_each(|words| println!("! {words}"));
    let memory = samples.of_the_last_life();
    let heap = sums.pages.iter().find_map(|pages| pages.heap);
    println!("\nMemory, bar {MOST_GROWTH} times");
    let mut is_flat = true;
    let bytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let grown = [
        (
            "MiB of the collector's wasm, first and last third of its last life",
            memory.map(|of| of.wasm),
        ),
        (
            "MiB of heap of a page that throws all the time",
            heap.map(|(one, two)| (bytes(one), bytes(two))),
        ),
    ];
    for (name, pair) in grown {
        match pair {
            Some((before, after)) => {
                is_flat &= after <= before * MOST_GROWTH;
                println!("  {before:>8.1} {after:>8.1}  {name}");
            }
            None => println!("  too short to tell: {name}"),
        }
    }
    if let Some((before, after)) = memory.map(|of| of.resident) {
        println!(
            "  {before:>8.1} {after:>8.1}  MiB resident of workerd, its proxy and its D1 (no bar)"
        );
    }
    let closes = lines.iter().all(|line| line.expected == line.found) && wrong.is_empty();
    let report = json!({
        "faults": faults.iter().copied().collect::<BTreeMap<_, _>>(), "injected": injected,
        "traffic": traffic.iter().copied().collect::<BTreeMap<_, _>>(),
        "reckoning": lines.iter().map(|line| json!([line.name, line.expected, line.found])).collect::<Vec<_>>(),
        "wrong": wrong, "wasm_mib": memory.map(|of| of.wasm),
        "resident_mib": memory.map(|of| of.resident), "heap_bytes": heap, "closes": closes,
    });
    fs::create_dir_all(paths.target.join("report"))?;
    fs::write(
        paths.target.join("report/soak.json"),
        serde_json::to_string_pretty(&report)? + "\n",
    )?;
    println!("\n{}", if closes { "It closes to zero." } else { "It does not close." });
    Ok(closes && is_flat && injected >= LEAST_FAULTS)
}

fn taken(words: &Mutex<Vec<String>>) -> Vec<String> {
    std::mem::take(&mut *words.lock().unwrap_or_else(PoisonError::into_inner))
}

fn lines(sums: &Sums, visits: &Visits) -> Vec<Line> {
    let database = &sums.faulty.database;
    let mut lines = Vec::new();
    for (pages, target) in sums.pages.iter().zip(sums.engines) {
        let found = || {
            let stored = database.stored(&target.id).counted;
            (stored, database.discarded(&target.slug))
        };
        // Reports of what was not sent are written with the next outcomes.
        let expected = i64::try_from(pages.thrown).unwrap_or(i64::MAX);
        let waited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            eventually_within(Duration::from_secs(45), || {
                let (stored, discarded) = found();
                anyhow::ensure!(stored + discarded == expected, "{stored} + {discarded}");
                Ok(())
            });
        }));
        let (stored, discarded) = found();
        let late = if waited.is_ok() { "" } else { ": it was waited for" };
        lines.push(Line {
            words: format!(
                " of {} visits: {stored} stored, {discarded} reported{late}",
                pages.visits
            ),
            ..Line::of(
                &format!("errors of pages in {}", pages.engine.name()),
                pages.thrown,
                stored + discarded,
            )
        });
    }
    let (ledger, id) = (sums.ledger, &sums.sdk.id);
    let stored = database.stored(id);
    let mut expected: Vec<u64> =
        ledger.bugs.lock().unwrap_or_else(PoisonError::into_inner).values().copied().collect();
    let occurrences: u64 = expected.iter().sum();
    lines.push(Line::of("events of SDKs, each once", of(&ledger.events), stored.events));
    lines.push(Line::of("their occurrences, by group", occurrences, stored.counted));
    lines.push(Line::of("their occurrences, by hour", occurrences, stored.in_hours));
    let issues = sums.sdk.api.issues().unwrap_or_default();
    let mut found: Vec<u64> = issues.iter().map(|issue| issue.count).collect();
    expected.sort_unstable();
    found.sort_unstable();
    let same = expected.iter().zip(&found).filter(|(one, other)| one == other).count() as i64;
    lines.push(Line::of("issues whose count is exact", expected.len() as u64, same));
    let views =
        format!("SELECT coalesce(sum(count), 0) FROM page_view_chunk WHERE project_id = {id}");
    lines.push(Line::of("page views of SDKs", of(&ledger.views), database.number(&views)));
    let said = format!("SELECT count(*) FROM feedback WHERE project_id = {id}");
    lines.push(Line::of("messages of users", of(&ledger.feedback), database.number(&said)));
    let files = format!(
        "SELECT count(DISTINCT release) FROM artifact_file WHERE project_id = {id} AND hash IS NOT NULL AND release LIKE 'build@%'"
    );
    lines.push(Line::of("builds that were uploaded", of(&visits.uploads), database.number(&files)));
    let old = database.stored(&sums.old.id);
    lines.push(Line::of("events of long ago that are counted", OLD, old.counted));
    lines.push(Line::of("events of long ago that are still kept", 0, old.events));
    lines
}
