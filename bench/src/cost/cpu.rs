//! CPU of an event: what workerd takes for it, less what it takes for a Worker that does nothing with the same bytes.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::{Context, Result};
use xtask::paths::Paths;

use crate::event::envelope;
use crate::load::{self, Body};
use crate::mix::Mix;
use crate::page_views;
use crate::report::Effort;
use crate::statistics::median;
use crate::target::{self, Target};
use xtask::processes;

const ROUNDS: usize = 5;
const QUICK_ROUNDS: usize = 2;
const CONNECTIONS: usize = 8;
const TIME: Duration = Duration::from_secs(2);

/// Milliseconds of each round.
#[derive(Debug, Default)]
pub(super) struct Cpu(Vec<f64>);

impl Cpu {
    pub(super) fn ms(&self) -> f64 {
        median(&self.0)
    }
}

/// Of each kind of event.
#[derive(Debug, Default)]
pub(super) struct Measured {
    pub(super) mix_a: Cpu,
    pub(super) mix_b: Cpu,
    pub(super) page_views: Cpu,
}

pub(super) fn measure(paths: &Paths, effort: Effort) -> Result<Measured> {
    let (nothing, ours) = (target::start(paths, "nothing")?, target::collector(paths)?);
    let (a, b, numbers, now_s) = (Mix::a(), Mix::b(), AtomicU64::new(0), target::now_s()?);
    let of_a = |number| envelope(&a.occurrence(number, now_s), &ours.dsn);
    let of_b = |number| envelope(&b.occurrence(number, now_s), &ours.dsn);
    let view = |number| page_views::envelope(number, now_s, &ours.dsn);
    let mut measured = Measured::default();
    let rounds = effort.rounds(ROUNDS, QUICK_ROUNDS);
    for round in 0..=rounds {
        println!("round {round} of {rounds}");
        let bodies: [(Body, &mut Cpu); 3] = [
            (&of_a, &mut measured.mix_a),
            (&of_b, &mut measured.mix_b),
            (&view, &mut measured.page_views),
        ];
        for (body, cpu) in bodies {
            let base_ms = an_event(&nothing, &numbers, body)?;
            let ours_ms = an_event(&ours, &numbers, body)?;
            // The first compiles, migrates, and meets what is known from then on.
            if round > 0 {
                cpu.0.push(ours_ms - base_ms);
            }
        }
    }
    Ok(measured)
}

fn an_event(target: &Target, numbers: &AtomicU64, body: Body) -> Result<f64> {
    let cpu_ms = || {
        let usage = processes::usage(target.worker.process_group());
        Ok::<f64, anyhow::Error>(usage.context("CPU is measured on Linux only")?.cpu_ms)
    };
    let before = cpu_ms()?;
    let run = load::for_time(&target.url, CONNECTIONS, TIME, numbers, body)?;
    let run = run.all_accepted(target.name)?;
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    let events = run.accepted as f64;
    Ok((cpu_ms()? - before) / events)
}
