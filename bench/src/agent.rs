//! What our agent costs a page, beside `@sentry/browser` (errors only), `@bugsnag/browser`, `@honeybadger-io/js` and a page
//! without any: bytes, main-thread time, captures, memory, and what happens on a page in trouble. One Chromium, one page
//! after another, the variants in turn, so that the machine's moods meet all alike.

mod driver;
mod server;

mod pages;
mod sink;
mod told;

mod figures;
mod loops;
mod visits;

use anyhow::{Context, Result};
use serde_json::json;
use xtask::paths::Paths;

use crate::agent::driver::Chrome;
use crate::agent::figures::{Figures, What};
use crate::agent::loops::{ERRORS, Loop, Looped};
use crate::agent::pages::{Pages, VARIANTS, Variant};
use crate::agent::sink::Sink;
use crate::agent::visits::Site;
use crate::report::{self, Failures};

/// Visits of each page; one more before them is not measured.
const ROUNDS: usize = 20;

/// Most that ours may take of Sentry's.
const MOST_OF_SENTRYS: [(What, f64, &str); 3] = [
    (What::ArmingMs, 0.5, "main thread to armed"),
    (What::ThrownMs, 0.5, "main thread from throw to sent"),
    (What::CaptureMs, 0.25, "capture call"),
];

/// Most requests that equal errors may cost: the first, and the number of the others.
const MOST_REQUESTS: usize = 2;
/// Least different errors that have to come whole.
const LEAST_WHOLE: u64 = 100;
/// How much longer a loop of different errors may hold up the page than without an agent.
const MOST_HELD_UP: f64 = 2.0;

/// Below the figures.
const NOTES: &str = "\
×: of Sentry's. ±: half of what lies between the quartiles; below, between the least and the most.
Main thread: time that it ran, over all its tasks. Main thread, wall time until armed and heap: less the blank page's.
Armed: init has returned. Ours tells of visits, and measures each page view, which by itself it does of one visit in ten. It fetches its wasm for the first error: that is in what an error takes, as is all until 0.6 s
after the navigation in what arming takes. One error: thrown, first on its page, preflights counted.
";

/// Measures, prints, and fails where a bar is not met.
pub(crate) fn run(paths: &Paths) -> Result<()> {
    pages::bundle(paths)?;
    let sink = Sink::start()?;
    let pages = Pages::serve(paths, sink.port)?;
    let site = Site { chrome: Chrome::start(paths)?, pages, sink };
    println!("{}, {ROUNDS} rounds of {} pages", site.chrome.name, VARIANTS.len());
    let figures = measure(paths, &site)?;
    println!("\n{}", figures.table());
    println!("{NOTES}");
    let mut loops = Vec::new();
    for (index, which) in [Loop::Equal, Loop::Distinct, Loop::Megabyte].into_iter().enumerate() {
        let all = loops::run(&site, which, 1_000 * (index + 1))?;
        println!("{}", loops::table(which, &all)?);
        loops.push((which, all));
    }
    let written: Vec<_> = loops.iter().map(|(which, all)| loops::json(*which, all)).collect();
    report::write(
        paths,
        "agent",
        json!({ "browser": site.chrome.name, "figures": figures.json(), "loops": written }),
    )?;
    let mut failures = Failures::default();
    check_figures(&figures, &mut failures)?;
    for (which, all) in &loops {
        check_loop(*which, all, &mut failures)?;
    }
    failures.result()
}

fn measure(paths: &Paths, site: &Site) -> Result<Figures> {
    let mut figures = Figures::default();
    for variant in VARIANTS {
        #[expect(clippy::cast_precision_loss, reason = "sizes are small")]
        let bytes = pages::loaded_bytes(paths, variant)? as f64;
        figures.note(variant, [(What::LoadedBytes, bytes)]);
    }
    for round in 0..=ROUNDS {
        for (index, variant) in VARIANTS.into_iter().enumerate() {
            let number = round * VARIANTS.len() + index;
            let samples = visits::measure(site, variant, number);
            let samples = samples.with_context(|| format!("the page with {}", variant.name()))?;
            if round > 0 {
                figures.note(variant, samples);
            }
        }
    }
    Ok(figures)
}

fn check_figures(figures: &Figures, failures: &mut Failures) -> Result<()> {
    for (what, most, title) in MOST_OF_SENTRYS {
        let ratio = figures.ratio(what, Variant::Trapline).context("ours is measured")?;
        failures.expect(ratio <= most, || format!("{title}: {ratio:.3} of Sentry's, bar {most}"));
    }
    Ok(())
}

fn check_loop(which: Loop, all: &[Looped], failures: &mut Failures) -> Result<()> {
    let Looped { requests, whole, accounted, .. } = *loops::of(all, Variant::Trapline)?;
    match which {
        Loop::Equal => {
            failures.expect(requests <= MOST_REQUESTS, || {
                format!("{}: {requests} requests, bar {MOST_REQUESTS}", which.title())
            });
        }
        Loop::Distinct => {
            let ratio = loops::held_up_ratio(all, Variant::Trapline)?;
            failures.expect(whole >= LEAST_WHOLE, || {
                format!("{}: {whole} came whole, bar {LEAST_WHOLE}", which.title())
            });
            failures.expect(ratio <= MOST_HELD_UP, || {
                format!("{}: held up {ratio:.2} times as long, bar {MOST_HELD_UP}", which.title())
            });
        }
        Loop::Megabyte => return Ok(()),
    }
    failures.expect(accounted == ERRORS, || {
        format!("{}: {accounted} are accounted for", which.title())
    });
    Ok(())
}
