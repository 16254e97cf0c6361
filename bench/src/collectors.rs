//! The bench `collectors`: Bugsink beside our Worker, the same envelopes at both. Bugsink answers when an event is in a
//! file, and digests it afterwards; ours has stored it before it answers. So both are measured until all that was answered
//! is digested.

mod bugsink;

use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use xtask::paths::Paths;
use xtask::run::poll;

pub(crate) use bugsink::BUGSINK;
use bugsink::Bugsink;

use crate::database::Database;
use crate::event::envelope;
use crate::load;
use crate::mix::Mix;
use crate::report::{Effort, Report};
use crate::statistics::{median, percentile};
use crate::target::{self, Target};
use xtask::processes::{self, Usage};

const ROUNDS: usize = 5;
const QUICK_ROUNDS: usize = 1;
const CONNECTIONS: [usize; 2] = [1, 8];
const TIME: Duration = Duration::from_secs(3);

/// How long digesting may go on after the last answer.
const PATIENCE: Duration = Duration::from_secs(120);

const NOTES: [&str; 2] = [
    "Bugsink is set up by its own `bugsink-create-conf --template=singleserver` (SQLite, snappea for digesting with its 4 workers), gunicorn by the settings that it ships for containers (a worker a core, at most 4). No reverse proxy stands before it; limits of events are lifted, retention is its own 10,000 events a project. Ours is in workerd under `wrangler dev`, its proxy included, with D1 local.",
    "The same envelopes of mix A; rounds in turn. Answered: requests a second answered 200. Digested: events a second from the first request until the last event is stored. CPU: of all processes until then. Memory: resident after the rounds, what processes share counted once. Ours of: in proportion to Bugsink's of the same round.",
];

/// One of both.
enum Collector {
    Ours(Target),
    Bugsink(Bugsink),
}

/// A round.
struct Sample {
    answered_a_second: f64,
    digested_a_second: f64,
    latencies_ms: Vec<f64>,
    cpu_ms_an_event: Option<f64>,
}

/// Measures, and prints; without Bugsink where it cannot be installed, which is said.
pub(crate) fn run(paths: &Paths, effort: Effort) -> Result<()> {
    let mut report = Report::new(paths, "collectors", "The collector beside Bugsink")?;
    let mut collectors = vec![Collector::Ours(target::collector(paths)?)];
    match Bugsink::start(paths) {
        Ok(bugsink) => collectors.push(Collector::Bugsink(bugsink)),
        Err(error) => report.say(format!("Bugsink is left out: {error:#}.")),
    }
    let (mix, numbers) = (Mix::a(), AtomicU64::new(0));
    for collector in &collectors {
        // Compiles, migrates, and meets every bug of the mix.
        collector.measure(8, &mix, &numbers)?;
    }
    let rounds = effort.rounds(ROUNDS, QUICK_ROUNDS);
    let mut samples: Vec<[Vec<Sample>; CONNECTIONS.len()]> =
        collectors.iter().map(|_| Default::default()).collect();
    for round in 1..=rounds {
        println!("round {round} of {rounds}");
        for (index, connections) in CONNECTIONS.into_iter().enumerate() {
            for (collector, samples) in collectors.iter().zip(&mut samples) {
                let sample = collector.measure(connections, &mix, &numbers)?;
                samples.get_mut(index).context("samples")?.push(sample);
            }
        }
    }
    let figures = tell(&collectors, &samples, &mut report)?;
    for note in NOTES {
        report.say(note);
    }
    report.finish(json!({ "rounds": rounds, "collectors": figures }))
}

impl Collector {
    fn name(&self) -> &'static str {
        match self {
            Self::Ours(_) => "trapline",
            Self::Bugsink(_) => "bugsink",
        }
    }

    fn measure(&self, connections: usize, mix: &Mix, numbers: &AtomicU64) -> Result<Sample> {
        let (url, dsn) = match self {
            Self::Ours(target) => (&target.url, &target.dsn),
            Self::Bugsink(bugsink) => (&bugsink.url, &bugsink.dsn),
        };
        let now_s = target::now_s()?;
        let body = |number| envelope(&mix.occurrence(number, now_s), dsn);
        let (before, digested) = (self.usage(), self.digested()?);
        let start = Instant::now();
        let run = load::for_time(url, connections, TIME, numbers, &body)?;
        let run = run.all_accepted(self.name())?;
        let all = digested + run.accepted;
        let done = poll(PATIENCE, || self.digested().ok().filter(|digested| *digested >= all));
        let seconds = start.elapsed().as_secs_f64();
        if done != Some(all) {
            bail!("{} digested {done:?} events, {all} were answered", self.name());
        }
        let cpu_ms = before.zip(self.usage()).map(|(before, after)| after.cpu_ms - before.cpu_ms);
        #[expect(clippy::cast_precision_loss, reason = "counts are small")]
        let events = run.accepted as f64;
        Ok(Sample {
            answered_a_second: run.rate(),
            digested_a_second: events / seconds,
            latencies_ms: run.latencies_ms,
            cpu_ms_an_event: cpu_ms.map(|cpu_ms| cpu_ms / events),
        })
    }

    fn digested(&self) -> Result<u64> {
        match self {
            Self::Ours(target) => Database::open(&target.state)?
                .number("SELECT coalesce(sum(events), 0) FROM event_group"),
            Self::Bugsink(bugsink) => bugsink.digested(),
        }
    }

    fn usage(&self) -> Option<Usage> {
        match self {
            Self::Ours(target) => processes::usage(target.worker.process_group()),
            Self::Bugsink(bugsink) => bugsink.usage(),
        }
    }
}

/// What is told of the rounds at one number of connections, in the order of the table.
const FIGURES: [(&str, usize); 5] = [
    ("answered a second", 0),
    ("digested a second", 0),
    ("p50 ms", 1),
    ("p99 ms", 1),
    ("CPU ms an event", 2),
];

fn figures(sample: &Sample) -> [Option<f64>; FIGURES.len()] {
    [
        Some(sample.answered_a_second),
        Some(sample.digested_a_second),
        Some(median(&sample.latencies_ms)),
        Some(percentile(&sample.latencies_ms, 0.99)),
        sample.cpu_ms_an_event,
    ]
}

fn tell(
    collectors: &[Collector],
    samples: &[[Vec<Sample>; CONNECTIONS.len()]],
    report: &mut Report,
) -> Result<Vec<Value>> {
    let (mut rows, mut told) = (Vec::new(), Vec::new());
    for (index, connections) in CONNECTIONS.into_iter().enumerate() {
        let of = |samples: &[Vec<Sample>; CONNECTIONS.len()]| -> Result<Vec<_>> {
            Ok(samples.get(index).context("samples")?.iter().map(figures).collect())
        };
        let rounds = samples.iter().map(of).collect::<Result<Vec<_>>>()?;
        for (which, (what, decimals)) in FIGURES.into_iter().enumerate() {
            let values = |rounds: &Vec<[Option<f64>; FIGURES.len()]>| -> Vec<f64> {
                rounds.iter().filter_map(|round| round.get(which).copied().flatten()).collect()
            };
            let all: Vec<Vec<f64>> = rounds.iter().map(values).collect();
            let ratio = match all.as_slice() {
                [ours, theirs] => {
                    let ratios = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs);
                    Some(median(&ratios.collect::<Vec<_>>()))
                }
                _ => None,
            };
            let mut row = vec![format!(
                "{what}, {connections} connection{}",
                if connections == 1 { "" } else { "s" }
            )];
            row.extend(all.iter().map(|values| format!("{:.decimals$}", median(values))));
            row.push(ratio.map_or("–".into(), |ratio| format!("{ratio:.2}")));
            rows.push(row);
            for (collector, values) in collectors.iter().zip(&all) {
                told.push(json!({
                    "collector": collector.name(), "connections": connections, "figure": what,
                    "median": median(values), "ratio_of_ours": ratio,
                }));
            }
        }
    }
    let memory = collectors.iter().map(|one| one.usage().map(|usage| usage.proportional_mib));
    let memory: Vec<Option<f64>> = memory.collect();
    let mut row = vec!["memory, MiB".to_owned()];
    row.extend(memory.iter().map(|mib| mib.map_or("–".into(), |mib| format!("{mib:.0}"))));
    row.push(match memory.as_slice() {
        [Some(ours), Some(theirs)] => format!("{:.2}", ours / theirs),
        _ => "–".into(),
    });
    rows.push(row);
    told.push(json!({ "figure": "memory, MiB", "of": memory }));
    let names = collectors.iter().map(Collector::name);
    let headings: Vec<&str> = std::iter::once("").chain(names).chain(["ours of"]).collect();
    report.table("", &headings, &rows);
    Ok(told)
}
