//! What our agent costs a page, beside `@sentry/browser`, `@bugsnag/browser`, `@honeybadger-io/js`, `rollbar` and
//! `@grafana/faro-web-sdk` (errors only), and a page without any: bytes, main-thread time, captures, memory, and what happens on a page in trouble. One Chromium, one page
//! after another, the variants in turn, so that the machine's moods meet all alike.

mod driver;
mod server;

mod pages;
mod sink;
mod told;

mod cases;
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
use crate::report::{Effort, Report};
use crate::table::thousands;

/// Visits of each page; one more before them is not measured.
const ROUNDS: usize = 15;
const QUICK_ROUNDS: usize = 3;

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
const NOTES: [&str; 3] = [
    "±: half of what lies between the quartiles; in the tables of loops, between the least and the most. Main thread: time that it ran, over all its tasks. Main thread, wall time until armed and heap: less the blank page's.",
    "Armed: init has returned. Ours tells of visits, and measures each page view, which by itself it does of one visit in ten. It fetches its wasm for the first error: that is in what an error takes, as is all until 0.6 s after the navigation in what arming takes. One error: thrown, first on its page, preflights counted.",
    "All are the newest versions, set up as their documentation says for errors in production, with only the address of the bench beside; tracing, replay and analytics are not loaded, or off.",
];

/// Below the cases.
const CASES: &str = "Whole: each error came with its type, message and stack, as far as it has them. Partly: something came. ×2: it came more often than it happened. –: nothing came. Early: the first script behind the agent's. In a worker with the agent: the same script in it, ours by its one line. Integrations that have to be asked for, such as captureConsole of ours and of Sentry's, are not.";

/// Measures, prints, and fails where a bar is not met.
pub(crate) fn run(paths: &Paths, effort: Effort) -> Result<()> {
    let title = "The agent in the page, beside other agents";
    let mut report = Report::new(paths, "agent", title)?;
    let rounds = effort.rounds(ROUNDS, QUICK_ROUNDS);
    let site = open(paths)?;
    report.say(format!(
        "{}, {rounds} rounds of {} pages, medians.",
        site.chrome.name,
        VARIANTS.len()
    ));
    let figures = measure(paths, &site, rounds)?;
    figures.tell(&mut report);
    for note in NOTES {
        report.say(note);
    }
    let part = |(name, bytes): &(&str, usize)| vec![(*name).to_owned(), thousands(*bytes as u64)];
    let parts: Vec<_> = pages::parts(paths)?.iter().map(part).collect();
    report.table("parts", &["what a visitor of ours loads", "bytes (brotli)"], &parts);
    let mut loops = Vec::new();
    for (index, which) in [Loop::Equal, Loop::Distinct, Loop::Megabyte].into_iter().enumerate() {
        let all = loops::run(&site, which, 1_000 * (index + 1), effort)?;
        loops::tell(which, &all, &mut report)?;
        loops.push((which, all));
    }
    let cases = cases::run(&site, 10_000, &mut report)?;
    report.say(CASES);
    check_figures(&figures, &mut report)?;
    for (which, all) in &loops {
        check_loop(*which, all, &mut report)?;
    }
    let written: Vec<_> = loops.iter().map(|(which, all)| loops::json(*which, all)).collect();
    report
        .finish(json!({ "browser": site.chrome.name, "figures": figures.json(), "loops": written, "cases": cases }))
}

/// The capture cases alone.
pub(crate) fn run_cases(paths: &Paths) -> Result<()> {
    let mut report = Report::new(paths, "cases", "What each agent reports of what breaks")?;
    let cases = cases::run(&open(paths)?, 10_000, &mut report)?;
    report.say(CASES);
    report.finish(cases)
}

fn open(paths: &Paths) -> Result<Site> {
    pages::bundle(paths)?;
    let sink = Sink::start()?;
    let pages = Pages::serve(paths, sink.port)?;
    Ok(Site { chrome: Chrome::start(paths)?, pages, sink })
}

fn measure(paths: &Paths, site: &Site, rounds: usize) -> Result<Figures> {
    let mut figures = Figures::default();
    for variant in VARIANTS {
        #[expect(clippy::cast_precision_loss, reason = "sizes are small")]
        let bytes = pages::loaded_bytes(paths, variant)? as f64;
        figures.note(variant, [(What::LoadedBytes, bytes)]);
    }
    for round in 0..=rounds {
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

fn check_figures(figures: &Figures, report: &mut Report) -> Result<()> {
    for (what, most, title) in MOST_OF_SENTRYS {
        let ratio = figures.ratio(what, Variant::Sentry).context("both are measured")?;
        report.at_most(format!("{title}, of Sentry's"), ratio, most);
    }
    Ok(())
}

fn check_loop(which: Loop, all: &[Looped], report: &mut Report) -> Result<()> {
    let Looped { requests, whole, accounted, .. } = *loops::of(all, Variant::Trapline)?;
    let title = which.title();
    match which {
        Loop::Equal => {
            let (found, bar) = (requests.to_string(), format!("≤ {MOST_REQUESTS}"));
            report.bar(format!("{title}: requests"), found, bar, requests <= MOST_REQUESTS);
        }
        Loop::Distinct => {
            let (found, bar) = (thousands(whole), format!("≥ {LEAST_WHOLE}"));
            report.bar(format!("{title}: that came whole"), found, bar, whole >= LEAST_WHOLE);
            let ratio = loops::held_up_ratio(all, Variant::Trapline)?;
            report.at_most(format!("{title}: held up, of the blank page's"), ratio, MOST_HELD_UP);
        }
        Loop::Megabyte => return Ok(()),
    }
    report.equal(format!("{title}: accounted for"), accounted, ERRORS);
    Ok(())
}
