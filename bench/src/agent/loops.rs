//! Pages in trouble: 1,000 equal errors in a row, 1,000 different ones, and one with a message of 1 MB. How long the page
//! is held up, what is sent, and whether all that happened is known of in the end, when the page has been left.

use std::slice;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::agent::figures::Spread;
use crate::agent::pages::{VARIANTS, Variant};
use crate::agent::sink::Arrival;
use crate::agent::told::told;
use crate::agent::visits::{Site, Visit};
use crate::report::{Effort, Report};
use crate::statistics::median;
use crate::table::thousands;

/// Errors of a loop.
pub(crate) const ERRORS: u64 = 1_000;

/// How often a loop is run that a bar is about: what is sent hardly varies, what it takes does.
const ROUNDS: usize = 5;

/// Nothing more comes: our counts follow after 1 s.
const QUIET: Duration = Duration::from_millis(1_300);
/// A sender that has not come to rest by then is left.
const PATIENCE: Duration = Duration::from_secs(8);
/// After the page has gone: what it hands to the browser is on its way.
const LEAVING: Duration = Duration::from_millis(150);

/// What a page does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loop {
    Equal,
    Distinct,
    Megabyte,
}

/// What came of it, over all rounds.
#[derive(Debug, Clone)]
pub(crate) struct Looped {
    pub(crate) variant: Variant,
    /// By the page's clock: the loop itself, and later tasks of over 50 ms.
    held_up_ms: Vec<f64>,
    /// Main-thread time until the page comes to something else, and those tasks.
    busy_ms: Vec<f64>,
    /// Main-thread time until all had been sent.
    main_thread_ms: Vec<f64>,
    /// Those that tell of errors: a page's view is told when it is left, and a visit when it begins, with or without any.
    pub(crate) requests: usize,
    pub(crate) bytes: usize,
    /// Different errors that came with type and stack.
    pub(crate) whole: u64,
    /// Occurrences that are known of.
    pub(crate) accounted: u64,
}

impl Loop {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Equal => "1,000 equal errors",
            Self::Distinct => "1,000 different errors",
            Self::Megabyte => "a message of 1 MB",
        }
    }

    fn id(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Distinct => "different",
            Self::Megabyte => "megabyte",
        }
    }

    /// `reportError` does what a browser does with what nobody caught, so that a loop of it is one of real errors.
    fn script(self) -> String {
        match self {
            Self::Equal => format!("bench.loop({ERRORS}, () => 'equal')"),
            Self::Distinct => format!("bench.loop({ERRORS}, (index) => 'distinct ' + index)"),
            Self::Megabyte => "bench.loop(1, () => 'm'.repeat(1e6))".to_owned(),
        }
    }
}

/// Runs a loop on the page of each variant in turn; visits get numbers from `first_visit` on.
pub(crate) fn run(
    site: &Site,
    which: Loop,
    first_visit: usize,
    effort: Effort,
) -> Result<Vec<Looped>> {
    let mut all: Vec<Looped> = Vec::new();
    for round in 0..effort.rounds(ROUNDS, 1) {
        for (index, variant) in VARIANTS.into_iter().enumerate() {
            if round > 0 && !has_bar(which, variant) {
                continue;
            }
            let number = first_visit + round * VARIANTS.len() + index;
            let one = run_one(site, which, variant, number)
                .with_context(|| format!("{}: {}", variant.name(), which.title()))?;
            match all.iter_mut().find(|looped| looped.variant == variant) {
                Some(looped) => looped.join(one),
                None => all.push(one),
            }
        }
    }
    Ok(all)
}

/// One of its own, or as what another's is measured by.
fn has_bar(which: Loop, variant: Variant) -> bool {
    which != Loop::Megabyte
        && matches!(variant, Variant::Blank | Variant::Trapline | Variant::Sentry)
}

fn run_one(site: &Site, which: Loop, variant: Variant, number: usize) -> Result<Looped> {
    let visit = Visit::open(site, variant, number)?;
    let quiet = site.sink.of(&visit.origin).len();
    let before = visit.tab.main_thread()?;
    let loop_ms = visit.number(&which.script())?;
    let looped = visit.tab.main_thread()?;
    if variant != Variant::Blank {
        site.sink.wait_for_quiet(&visit.origin, QUIET, PATIENCE);
    }
    let after = visit.tab.main_thread()?;
    let later_ms = visit.number("bench.heldUpLater()")?;
    visit.leave()?;
    site.sink.wait_for_quiet(&visit.origin, LEAVING, PATIENCE);
    let all = site.sink.of(&visit.origin);
    let sent = all.get(quiet..).unwrap_or_default();
    let told = told(sent);
    Ok(Looped {
        variant,
        held_up_ms: vec![loop_ms + later_ms],
        busy_ms: vec![looped.tasks_ms - before.tasks_ms + later_ms],
        main_thread_ms: vec![after.tasks_ms - before.tasks_ms],
        requests: sent.iter().filter(|arrival| tells(arrival)).count(),
        bytes: sent.iter().map(|arrival| arrival.body_bytes).sum(),
        whole: told.whole.len() as u64,
        accounted: told.occurrences,
    })
}

fn tells(arrival: &Arrival) -> bool {
    told(slice::from_ref(arrival)).occurrences > 0
}

impl Looped {
    /// Of what was sent, the worse of both.
    fn join(&mut self, other: Self) {
        self.held_up_ms.extend(other.held_up_ms);
        self.busy_ms.extend(other.busy_ms);
        self.main_thread_ms.extend(other.main_thread_ms);
        self.requests = self.requests.max(other.requests);
        self.bytes = self.bytes.max(other.bytes);
        self.whole = self.whole.min(other.whole);
        self.accounted = self.accounted.min(other.accounted);
    }
}

/// Of a variant.
pub(crate) fn of(all: &[Looped], variant: Variant) -> Result<&Looped> {
    all.iter().find(|looped| looped.variant == variant).context("every page is measured")
}

/// How much longer than without an agent the page is held up: what a visitor waits.
pub(crate) fn held_up_ratio(all: &[Looped], variant: Variant) -> Result<f64> {
    Ok(median(&of(all, variant)?.held_up_ms) / median(&of(all, Variant::Blank)?.held_up_ms))
}

/// Tells of a loop, a line a variant.
pub(crate) fn tell(which: Loop, all: &[Looped], report: &mut Report) -> Result<()> {
    let mut rows = Vec::new();
    for looped in all {
        rows.push(vec![
            looped.variant.name().to_owned(),
            Spread::with_range(&looped.held_up_ms).shown(1),
            format!("{:.2}", held_up_ratio(all, looped.variant)?),
            Spread::with_range(&looped.busy_ms).shown(1),
            Spread::with_range(&looped.main_thread_ms).shown(1),
            thousands(looped.requests as u64),
            thousands(looped.bytes as u64),
            thousands(looped.whole),
            thousands(looped.accounted),
        ]);
    }
    let headings = [
        which.title(),
        "held up, ms",
        "of blank's",
        "busy, ms",
        "until sent, ms",
        "requests",
        "bytes",
        "whole",
        "accounted",
    ];
    report.table(which.id(), &headings, &rows);
    Ok(())
}

pub(crate) fn json(which: Loop, all: &[Looped]) -> Value {
    let line = |looped: &Looped| {
        json!({
            "variant": looped.variant.name(), "held_up_ms": looped.held_up_ms,
            "busy_ms": looped.busy_ms, "main_thread_ms": looped.main_thread_ms,
            "requests": looped.requests, "bytes": looped.bytes,
            "whole": looped.whole, "accounted": looped.accounted,
        })
    };
    json!({ "loop": which.title(), "variants": all.iter().map(line).collect::<Vec<_>>() })
}
