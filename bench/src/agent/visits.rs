//! Visits: what an agent costs the page that loads it, the next page, and the page that breaks once.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xtask::run::poll;

use crate::agent::driver::{Chrome, MainThread, Tab};
use crate::agent::figures::What;
use crate::agent::pages::{Pages, Variant};
use crate::agent::sink::{Arrival, Sink};
use crate::statistics::median;

/// From the begin of a navigation until the page is looked at. Agents are armed after some 50 ms; what they put off by
/// up to half a second is in it.
const LOADING: Duration = Duration::from_millis(600);

/// From a throw until the page is looked at: the answer has come by then, and has been taken.
const THROWING: Duration = Duration::from_millis(250);

/// How long something may take that a page has to do.
const PATIENCE: Duration = Duration::from_secs(10);

/// Captures after the first, and the pause between two: nothing but the agent's own work meets the next one.
const CAPTURES: usize = 20;
const PAUSE_MS: u32 = 10;

/// Everything that a bench of pages needs.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) chrome: Chrome,
    pub(crate) pages: Pages,
    pub(crate) sink: Sink,
}

/// A page that has been opened on an origin of its own, and is quiet.
pub(crate) struct Visit<'site> {
    pub(crate) tab: Tab<'site>,
    pub(crate) origin: String,
    url: String,
}

impl<'site> Visit<'site> {
    /// A new tab, and the page in it.
    pub(crate) fn open(site: &'site Site, variant: Variant, number: usize) -> Result<Self> {
        let origin = site.pages.origin(number);
        let url = format!("{origin}/{}", variant.name());
        let visit = Self { tab: site.chrome.tab()?, origin, url };
        visit.load(&visit.url)?;
        Ok(visit)
    }

    /// The page of a case, once its agent is armed.
    pub(crate) fn open_case(
        site: &'site Site,
        variant: Variant,
        case: usize,
        number: usize,
    ) -> Result<Self> {
        let origin = site.pages.origin(number);
        let url = format!("{origin}/{}/case/{case}", variant.name());
        let visit = Self { tab: site.chrome.tab()?, origin, url };
        visit.tab.open(&visit.url)?;
        visit.wait_until_armed()?;
        Ok(visit)
    }

    /// The same site's next page, where nothing happens.
    pub(crate) fn reload_without_case(&self, variant: Variant) -> Result<()> {
        self.tab.open(&format!("{}/{}", self.origin, variant.name()))?;
        self.wait_until_armed().map(drop)
    }

    /// What the page has noted.
    fn wait_until_armed(&self) -> Result<Value> {
        let notes = || self.tab.value("bench.notes()").ok().filter(is_armed);
        poll(PATIENCE, notes).with_context(|| format!("{} was never armed", self.url))
    }

    fn load(&self, url: &str) -> Result<()> {
        let start = Instant::now();
        self.tab.open(url)?;
        thread::sleep(LOADING.saturating_sub(start.elapsed()));
        Ok(())
    }

    /// Goes elsewhere, as visitors do at last.
    pub(crate) fn leave(&self) -> Result<()> {
        self.tab.open("about:blank")
    }

    /// A number that an expression gives.
    pub(crate) fn number(&self, expression: &str) -> Result<f64> {
        let value = self.tab.value(expression)?;
        value.as_f64().with_context(|| format!("{expression} is {value} at {}", self.url))
    }
}

/// Measures one visit: a first page that throws, and a second one that captures.
pub(crate) fn measure(site: &Site, variant: Variant, number: usize) -> Result<Vec<(What, f64)>> {
    let visit = Visit::open(site, variant, number)?;
    let mut samples = loaded(&visit)?;
    samples.extend(thrown(site, &visit, variant)?);
    visit.load(&format!("{}?captures", visit.url))?;
    samples.extend(next_page(&visit)?);
    if variant != Variant::Blank {
        samples.extend(captured(&visit)?);
    }
    Ok(samples)
}

fn loaded(visit: &Visit) -> Result<Vec<(What, f64)>> {
    let notes = visit.wait_until_armed()?;
    let MainThread { tasks_ms, scripts_ms } = visit.tab.main_thread()?;
    let note = |name: &str| notes.get(name).and_then(Value::as_f64).unwrap_or_default();
    Ok(vec![
        (What::ArmingMs, tasks_ms),
        (What::ArmingScriptsMs, scripts_ms),
        (What::HeardMs, note("heard_ms")),
        (What::ArmedMs, note("armed_ms")),
        (What::HeapKib, visit.tab.heap_bytes()? / 1_024.0),
    ])
}

fn is_armed(notes: &Value) -> bool {
    notes.get("armed_ms").is_some_and(Value::is_number)
}

/// The second page finds everything in the browser's cache.
fn next_page(visit: &Visit) -> Result<[(What, f64); 2]> {
    let MainThread { tasks_ms, scripts_ms } = visit.tab.main_thread()?;
    Ok([(What::NextPageMs, tasks_ms), (What::NextPageScriptsMs, scripts_ms)])
}

fn thrown(site: &Site, visit: &Visit, variant: Variant) -> Result<Vec<(What, f64)>> {
    let message = "card declined";
    let quiet = site.sink.of(&visit.origin).len();
    let before = visit.tab.main_thread()?;
    let start = Instant::now();
    let thrown_ms = visit.number(&format!("bench.throwOne({message:?})"))?;
    thread::sleep(THROWING.saturating_sub(start.elapsed()));
    if variant == Variant::Blank {
        return Ok(costs(before, visit.tab.main_thread()?));
    }
    let tells = |text: &str| text.contains(message);
    let arrival = site.sink.wait_for(&visit.origin, PATIENCE, |arrival| tells(&arrival.text));
    let arrival = arrival.with_context(|| format!("{} never sent its error", visit.url))?;
    let mut samples = costs(before, visit.tab.main_thread()?);
    let all = site.sink.of(&visit.origin);
    let sent = all.get(quiet..).unwrap_or_default();
    let sum = |bytes: fn(&Arrival) -> usize| count(sent.iter().map(bytes).sum());
    samples.extend([
        (What::WasmKib, visit.number("bench.noted.wasm_bytes()")? / 1_024.0),
        (What::SentMs, arrival.at_ms - thrown_ms),
        (What::QuietRequests, count(quiet)),
        (What::ErrorRequests, count(sent.len())),
        (What::ErrorBodyBytes, sum(|arrival| arrival.body_bytes)),
        (What::ErrorHeaderBytes, sum(|arrival| arrival.header_bytes)),
    ]);
    Ok(samples)
}

fn costs(before: MainThread, after: MainThread) -> Vec<(What, f64)> {
    vec![
        (What::ThrownMs, after.tasks_ms - before.tasks_ms),
        (What::ThrownScriptsMs, after.scripts_ms - before.scripts_ms),
    ]
}

fn captured(visit: &Visit) -> Result<[(What, f64); 2]> {
    let took = visit.tab.value(&format!("bench.captures({}, {PAUSE_MS})", CAPTURES + 1))?;
    let took = took.as_array().context("captures take time")?;
    let took: Vec<f64> = took.iter().filter_map(Value::as_f64).collect();
    ensure!(took.len() == CAPTURES + 1, "{} captures were measured", took.len());
    let (first, later) = took.split_first().context("a first capture")?;
    Ok([(What::FirstCaptureMs, *first), (What::CaptureMs, median(later))])
}

fn count(number: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    let number = number as f64;
    number
}
