//! How many envelopes a second the collector stores, and at what cost, beside a Worker that does nothing and one that
//! does a single D1 insert of the same bytes. Rounds are interleaved, so that the machine's moods meet all three; the
//! ratio of each round is taken before the median.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use xtask::paths::Paths;

use crate::database::Database;
use crate::event::envelope;
use crate::load::{self, Run};
use crate::mix::Mix;
use crate::report::{Effort, Report};
use crate::statistics::{median, percentile};
use crate::target::{self, Target};
use xtask::processes::{self, Usage};

const ROUNDS: usize = 5;
const QUICK_ROUNDS: usize = 2;
const CONNECTIONS: [usize; 3] = [1, 8, 32];
const TIME: Duration = Duration::from_secs(2);

/// Least median ratio of requests a second to the single insert's.
const LEAST_RATIO: f64 = 0.6;

/// A target with what was measured of it.
struct Measured {
    target: Target,
    /// Answered 200, in warming up and in all rounds.
    accepted: u64,
    /// By number of connections, a sample a round.
    samples: [Vec<Sample>; CONNECTIONS.len()],
}

struct Sample {
    run: Run,
    /// CPU time of workerd; `None` off Linux.
    cpu_ms: Option<f64>,
}

impl Sample {
    fn cpu_ms_an_event(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "counts are small")]
        let events = self.run.accepted as f64;
        Some(self.cpu_ms? / events)
    }
}

/// Measures, prints, and notes a ratio that is too low and events that were not stored.
pub(crate) fn run(paths: &Paths, effort: Effort, report: &mut Report) -> Result<Value> {
    let rounds = effort.rounds(ROUNDS, QUICK_ROUNDS);
    let targets = [
        target::start(paths, "nothing")?,
        target::start(paths, "insert")?,
        target::collector(paths)?,
    ];
    let mut all =
        targets.map(|target| Measured { target, accepted: 0, samples: Default::default() });
    let (mix, numbers) = (Mix::a(), AtomicU64::new(0));
    for measured in &mut all {
        // Compiles, migrates, and meets every bug of the mix.
        measure(measured, 8, &mix, &numbers)?;
    }
    report.say(format!(
        "Mix A; {rounds} rounds of {} s for each target and number of connections, medians over rounds; latencies over all requests. CPU and memory are of workerd, its proxy included.",
        TIME.as_secs()
    ));
    for round in 1..=rounds {
        println!("round {round} of {rounds}");
        for (index, connections) in CONNECTIONS.into_iter().enumerate() {
            for measured in &mut all {
                let sample = measure(measured, connections, &mix, &numbers)?;
                measured.samples.get_mut(index).context("samples")?.push(sample);
            }
        }
    }
    let speeds = print_speeds(&all, report)?;
    let memory = print_memory(&all, report);
    let stored = print_stored(&all, report)?;
    Ok(json!({ "speeds": speeds, "memory": memory, "stored": stored }))
}

fn measure(
    measured: &mut Measured,
    connections: usize,
    mix: &Mix,
    numbers: &AtomicU64,
) -> Result<Sample> {
    let target = &measured.target;
    let now_s = target::now_s()?;
    let body = |number| envelope(&mix.occurrence(number, now_s), &target.dsn);
    let before = usage(target);
    let run = load::for_time(&target.url, connections, TIME, numbers, &body)?;
    let after = usage(target);
    let run = run.all_accepted(target.name)?;
    measured.accepted += run.accepted;
    let cpu_ms = before.zip(after).map(|(before, after)| after.cpu_ms - before.cpu_ms);
    Ok(Sample { run, cpu_ms })
}

fn usage(target: &Target) -> Option<Usage> {
    processes::usage(target.worker.process_group())
}

/// One line a target and number of connections.
fn print_speeds(all: &[Measured; 3], report: &mut Report) -> Result<Vec<Value>> {
    let (mut rows, mut figures) = (Vec::new(), Vec::new());
    let [_, insert, ours] = all;
    for (index, connections) in CONNECTIONS.into_iter().enumerate() {
        let base = insert.samples.get(index).context("samples")?;
        for measured in all {
            let name = measured.target.name;
            let speed = speed(measured.samples.get(index).context("samples")?, base);
            if name == ours.target.name {
                let what = format!("requests of the insert's at {connections} connections");
                report.at_least(what, speed.ratio, LEAST_RATIO);
            }
            rows.push(speed.cells(name, connections));
            figures.push(speed.json(name, connections));
        }
    }
    let headings = [
        "",
        "connections",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "of insert's",
        "CPU ms/event",
        "of insert's",
    ];
    report.table("throughput", &headings, &rows);
    if ours.samples.iter().flatten().all(|sample| sample.cpu_ms.is_none()) {
        report.say("CPU and memory are measured on Linux only.");
    }
    Ok(figures)
}

/// Medians over rounds; latencies over all requests.
struct Speed {
    rate: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// Of requests a second to the insert's of the same round.
    ratio: f64,
    cpu_ms: Option<f64>,
    /// Of CPU an event to the insert's of the same round.
    cpu_ratio: Option<f64>,
}

fn speed(samples: &[Sample], base: &[Sample]) -> Speed {
    let rounds = || samples.iter().zip(base);
    let rates: Vec<f64> = samples.iter().map(|sample| sample.run.rate()).collect();
    let ratios: Vec<f64> = rounds().map(|(of, base)| of.run.rate() / base.run.rate()).collect();
    let latencies: Vec<f64> =
        samples.iter().flat_map(|sample| sample.run.latencies_ms.iter().copied()).collect();
    let cpu: Option<Vec<f64>> = samples.iter().map(Sample::cpu_ms_an_event).collect();
    let cpu_ratios: Option<Vec<f64>> =
        rounds().map(|(of, base)| Some(of.cpu_ms_an_event()? / base.cpu_ms_an_event()?)).collect();
    Speed {
        rate: median(&rates),
        p50_ms: median(&latencies),
        p99_ms: percentile(&latencies, 0.99),
        ratio: median(&ratios),
        cpu_ms: cpu.map(|cpu| median(&cpu)),
        cpu_ratio: cpu_ratios.map(|ratios| median(&ratios)),
    }
}

impl Speed {
    fn cells(&self, name: &str, connections: usize) -> Vec<String> {
        let optional =
            |value: Option<f64>| value.map_or("–".into(), |value| format!("{value:.2}"));
        vec![
            name.into(),
            connections.to_string(),
            format!("{:.0}", self.rate),
            format!("{:.1}", self.p50_ms),
            format!("{:.1}", self.p99_ms),
            format!("{:.2}", self.ratio),
            optional(self.cpu_ms),
            optional(self.cpu_ratio),
        ]
    }

    fn json(&self, name: &str, connections: usize) -> Value {
        json!({
            "target": name, "connections": connections, "requests_a_second": self.rate,
            "p50_ms": self.p50_ms, "p99_ms": self.p99_ms, "ratio_to_insert": self.ratio,
            "cpu_ms_an_event": self.cpu_ms, "cpu_ratio_to_insert": self.cpu_ratio,
        })
    }
}

fn print_memory(all: &[Measured; 3], report: &mut Report) -> Vec<Value> {
    let (mut rows, mut figures) = (Vec::new(), Vec::new());
    for measured in all {
        let (name, Some(usage)) = (measured.target.name, usage(&measured.target)) else { continue };
        let (peak, resident) = (usage.peak_mib, usage.resident_mib);
        rows.push(vec![name.into(), format!("{peak:.0}"), format!("{resident:.0}")]);
        figures.push(json!({ "target": name, "peak_mib": peak, "resident_mib": resident }));
    }
    if !rows.is_empty() {
        report.table("memory", &["memory of workerd", "peak MiB", "now MiB"], &rows);
    }
    figures
}

/// What a target's database holds, counted from behind, beside what it answered 200 to.
fn print_stored(all: &[Measured; 3], report: &mut Report) -> Result<Vec<Value>> {
    let [_, insert, ours] = all;
    let counted = [
        (insert, "rows of event", "SELECT count(*) FROM event"),
        (ours, "rows of event", "SELECT count(*) FROM event"),
        (ours, "sum over groups", "SELECT sum(events) FROM event_group"),
    ];
    let mut figures = Vec::new();
    for (measured, what, sql) in counted {
        let (name, accepted) = (measured.target.name, measured.accepted);
        let stored = Database::open(&measured.target.state)?.number(sql)?;
        report.equal(format!("{name}: stored ({what}), of those answered 200"), stored, accepted);
        figures
            .push(json!({ "target": name, "what": what, "answered": accepted, "stored": stored }));
    }
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(accepted: u64, cpu_ms: Option<f64>) -> Sample {
        Sample { run: Run { accepted, seconds: 2.0, ..Run::default() }, cpu_ms }
    }

    #[test]
    fn ratios_are_of_the_same_round() {
        let ours = [sample(100, Some(100.0)), sample(50, Some(100.0)), sample(10, Some(10.0))];
        let base = [sample(200, Some(100.0)), sample(100, Some(100.0)), sample(20, Some(10.0))];
        let speed = speed(&ours, &base);
        assert_eq!((speed.rate, speed.ratio), (25.0, 0.5));
        assert_eq!((speed.cpu_ms, speed.cpu_ratio), (Some(1.0), Some(2.0)));
    }

    #[test]
    fn without_proc_there_is_no_cpu() {
        let speed = speed(&[sample(1, None)], &[sample(1, Some(1.0))]);
        assert_eq!((speed.cpu_ms, speed.cpu_ratio), (None, None));
    }
}
