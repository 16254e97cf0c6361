//! Views become sums: pure.
//!
//! Causes are named by what they are of:
//! ```text
//! lcp|main > img.hero       the element; counts: views, then milliseconds of each part, then poor views
//! inp|button#buy            the same
//! cls|div.banner            the same
//! script|app.js render      of long frames: frames, blocking, duration
//! page|/cart                of endpoints: where they were asked from; requests
//! calm|                     all of a page's views without an error, with their histograms
//! ```

use trapline_core::histogram::{Parts, Sums, bucket_of};
use trapline_core::page_view::{CLS, INP, LATE, LCP, PARTS, PageView, Requests, VITALS};

use super::{Column, DAY_MS, Kind, endpoint, page};
use crate::plan::HOUR_MS;

/// What a day of a page or endpoint adds up to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stat {
    /// Views that it is made of, each as one.
    pub views: u32,
    /// In the order of [`Column::ALL`].
    pub columns: [Parts; 8],
    /// Milliseconds, and the line of the view.
    pub slowest: Vec<(f64, String)>,
}

/// Kind, day and name.
pub type Key = (Kind, i64, String);

/// Stats by what they are of, in the order of keys.
pub type Tally = Vec<(Key, Stat)>;

/// The stat of a key, which is made where it is missing.
#[expect(clippy::indexing_slicing, reason = "found or inserted just before")]
fn at(tally: &mut Tally, key: Key) -> &mut Stat {
    let found = tally.binary_search_by(|(known, _)| known.cmp(&key));
    let index = found.unwrap_or_else(|index| index);
    if found.is_err() {
        tally.insert(index, (key, Stat::default()));
    }
    &mut tally[index].1
}

/// From when on a vital is poor: `lcp`, `inp`, `cls`, `fcp`, `ttfb`, as buckets count them.
pub const POOR: [f64; 5] = [4_000.0, 500.0, 250.0, 3_000.0, 1_800.0];

/// Up to where it is good.
pub const GOOD: [f64; 5] = [2_500.0, 200.0, 100.0, 1_800.0, 800.0];

/// Place among the counts of a cause of the views that were not good.
pub const SLOW: usize = 6;

/// What of views is added up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Only<'a> {
    /// Pages or endpoints; both.
    pub kind: Option<Kind>,
    /// A column, without causes and slow loads; all.
    pub column: Option<Column>,
    /// Names of which all is added up nevertheless.
    pub whole: &'a [&'a str],
}

impl Only<'_> {
    fn is_whole(&self, name: &str) -> bool {
        self.column.is_none() || self.whole.contains(&name)
    }
}

/// Adds up views.
pub fn tally(views: &[PageView], only: Only) -> Tally {
    let mut tally = Tally::new();
    for view in views {
        if only.kind != Some(Kind::Page) {
            add_requests(&mut tally, view, only);
        }
        if only.kind != Some(Kind::Endpoint) {
            add_page(&mut tally, view, only);
        }
    }
    tally
}

fn add_requests(tally: &mut Tally, view: &PageView, only: Only) {
    let day = view.started_ms / DAY_MS;
    let mut all_requests = Sums::default();
    for requests in &view.requests {
        let sums = sums_of_requests(requests, view.weight);
        all_requests.merge(&sums);
        let name = requests.endpoint();
        let mut causes = Vec::new();
        if only.is_whole(&name) {
            let mut from = Sums::default();
            from.count(0, sums.counted(endpoint::REQUESTS));
            causes.push((["page|", &view.page].concat(), from));
        }
        spread(tally, (Kind::Endpoint, day, name), view, &sums, &causes, only);
    }
    if !view.requests.is_empty() {
        spread(tally, (Kind::Endpoint, day, String::new()), view, &all_requests, &[], only);
    }
}

fn add_page(tally: &mut Tally, view: &PageView, only: Only) {
    let day = view.started_ms / DAY_MS;
    let sums = sums_of(view);
    let is_needed = only.is_whole("") || only.is_whole(&view.page);
    let causes = if is_needed { causes_of(view, &sums) } else { Vec::new() };
    for name in [String::new(), view.page.clone()] {
        let (is_all, is_whole) = (name.is_empty(), only.is_whole(&name));
        let causes = if is_whole { causes.as_slice() } else { &[] };
        let stat = spread(tally, (Kind::Page, day, name), view, &sums, causes, only);
        if is_whole {
            note_load(stat, view, if is_all { SLOWEST } else { 1 });
        }
    }
}

/// Loads that a step notes of all pages; of one page it notes one.
const SLOWEST: usize = 3;

/// Keeps the load, if it is one of the so many slowest.
fn note_load(stat: &mut Stat, view: &PageView, most: usize) {
    let slowness = slowness(view);
    let is_full = stat.slowest.len() >= most;
    let is_slower = stat.slowest.last().is_none_or(|(last, _)| slowness > *last);
    if slowness > 0.0 && (is_slower || !is_full) {
        stat.slowest.push((slowness, view.line()));
        keep_slowest(&mut stat.slowest, most);
    }
}

/// Keeps so many of the slowest, the slowest first.
pub fn keep_slowest(slowest: &mut Vec<(f64, String)>, most: usize) {
    slowest.sort_by(|left, right| right.0.total_cmp(&left.0));
    slowest.truncate(most);
}

/// How long a load took for who waited: to the largest paint, or until everything was there. 0 if it is not known.
pub fn slowness(view: &PageView) -> f64 {
    let lcp = view.vitals.get(LCP).and_then(Option::as_ref).map_or(0.0, |lcp| lcp.value);
    lcp.max(view.load.last().copied().unwrap_or(0.0))
}

fn spread<'a>(
    tally: &'a mut Tally,
    key: Key,
    view: &PageView,
    sums: &Sums,
    causes: &[(String, Sums)],
    only: Only,
) -> &'a mut Stat {
    let is_whole = only.is_whole(&key.2);
    let stat = at(tally, key);
    stat.views += 1;
    let hour = (view.started_ms / HOUR_MS).rem_euclid(24).to_string();
    let keys =
        ["", &hour, &view.release, &view.environment, &view.browser, &view.device, &view.country];
    let causes = causes.iter().map(|(key, sums)| (Column::Causes.index(), key.as_str(), sums));
    let divided = keys.into_iter().enumerate().map(|(column, key)| (column, key, sums));
    let is_wanted =
        |column: usize| is_whole || only.column.is_some_and(|only| only.index() == column);
    for (column, key, sums) in divided.chain(causes).filter(|one| is_wanted(one.0)) {
        if let Some(parts) = stat.columns.get_mut(column) {
            parts.at(key).merge(sums);
        }
    }
    stat
}

/// What a view adds to its page.
pub fn sums_of(view: &PageView) -> Sums {
    let (weight, mut sums) = (view.weight, Sums::default());
    sums.count(page::VIEWS, weight * u64::from(view.kind != LATE));
    sums.count(page::WITH_ERRORS, weight * u64::from(view.errors > 0));
    sums.count(page::ABANDONED, weight * u64::from(view.abandoned));
    sums.count(page::VISIBLE_MS, weighed(view.visible_ms, weight));
    sums.count(page::SCRIPT_BYTES, weighed(view.script_bytes, weight));
    sums.count(page::WITH_SCRIPTS, weight * u64::from(view.script_bytes > 0.0));
    sums.count(page::LONG_FRAMES, weight * u64::from(view.long_frames));
    sums.count(page::BLOCKING_MS, weighed(view.blocking_ms, weight));
    for (place, vital) in view.vitals.iter().enumerate() {
        if let Some(vital) = vital {
            sums.add(place, bucket_of(scaled(place, vital.value)), weight);
        }
    }
    if let Some(load) = view.load.last().filter(|load| **load > 0.0) {
        sums.add(page::LOAD, bucket_of(*load), weight);
    }
    sums
}

/// A vital as its buckets count it: layout shifts in thousandths.
pub fn scaled(place: usize, value: f64) -> f64 {
    if place == CLS { value * 1_000.0 } else { value }
}

fn sums_of_requests(requests: &Requests, weight: u64) -> Sums {
    let mut sums = Sums::default();
    for (place, count) in [
        (endpoint::REQUESTS, requests.count),
        (endpoint::NO_ANSWER, requests.no_answer),
        (endpoint::STATUS_4XX, requests.status_4xx),
        (endpoint::STATUS_5XX, requests.status_5xx),
        (endpoint::ABORTED, requests.aborted),
    ] {
        sums.count(place, weight * u64::from(count));
    }
    sums.count(endpoint::RECEIVED, weighed(requests.received, weight));
    sums.count(endpoint::SENT, weighed(requests.sent, weight));
    for (bucket, count) in &requests.durations {
        sums.add(endpoint::DURATION, *bucket, weight * u64::from(*count));
    }
    sums
}

fn causes_of(view: &PageView, sums: &Sums) -> Vec<(String, Sums)> {
    let mut causes = Vec::new();
    for place in [LCP, INP, CLS] {
        let Some(vital) = view.vitals.get(place).and_then(Option::as_ref) else { continue };
        let (Some(name), Some(parts)) = (VITALS.get(place), PARTS.get(place)) else { continue };
        let mut cause = Sums::default();
        cause.count(0, view.weight);
        for (index, part) in vital.parts.iter().take(parts.len()).enumerate() {
            cause.count(1 + index, weighed(*part, view.weight));
        }
        let is_good = GOOD.get(place).is_some_and(|good| scaled(place, vital.value) <= *good);
        cause.count(SLOW, view.weight * u64::from(!is_good));
        causes.push(([name, "|", &vital.target].concat(), cause));
    }
    for frame in &view.frames {
        let mut cause = Sums::default();
        cause.count(0, view.weight);
        cause.count(1, weighed(frame.blocking, view.weight));
        cause.count(2, weighed(frame.duration, view.weight));
        let words = ["script|", &frame.script, " ", &frame.function];
        causes.push((words.concat().trim_end().to_owned(), cause));
    }
    if view.errors == 0 {
        causes.push(("calm|".to_owned(), sums.clone()));
    }
    causes
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "bounded when it was read"
)]
fn weighed(number: f64, weight: u64) -> u64 {
    (number * weight as f64) as u64
}

/// Joins what would be too many rows: names seen in fewer than four views where there are many names, and those that are
/// not among `known` where a day has enough.
pub fn without_rare(mut tally: Tally, known: &[Key]) -> Tally {
    let many = |kind: Kind| tally.iter().filter(|(key, _)| key.0 == kind).count() > MANY;
    let (many_pages, many_endpoints) = (many(Kind::Page), many(Kind::Endpoint));
    let (mut joined, mut fresh) = (Tally::new(), Vec::new());
    // The most frequent first: they get the rows.
    tally.sort_by_key(|(_, stat)| std::cmp::Reverse(stat.views));
    for (key, stat) in tally {
        let (kind, day) = (key.0, key.1);
        let is_many = if kind == Kind::Page { many_pages } else { many_endpoints };
        let is_known = key.2.is_empty() || known.contains(&key);
        let is_same = |other: &&Key| other.0 == kind && other.1 == day;
        let rows = known.iter().chain(&fresh).filter(is_same).count();
        let is_rare = is_many && stat.views < RARE || !is_known && rows >= MAX_NAMES;
        if !is_rare || key.2.is_empty() {
            if !is_known {
                fresh.push(key.clone());
            }
            *at(&mut joined, key) = stat;
            continue;
        }
        let rare = at(&mut joined, (kind.rare(), day, String::new()));
        rare.views += stat.views;
        if let (Some(to), Some(from)) = (rare.columns.first_mut(), stat.columns.first()) {
            from.iter().for_each(|(_, sums)| to.at(&key.2).merge(sums));
        }
    }
    joined
}

/// Fewer names are no matter.
const MANY: usize = 60;

/// Views from which on a name has a row of its own.
const RARE: u32 = 4;

/// Pages, and endpoints, that have rows of their own in a day.
const MAX_NAMES: usize = 300;

/// Whether a view was slow to answer: what its visitor felt.
pub fn inp_of(view: &PageView) -> Option<f64> {
    view.vitals.get(INP).and_then(Option::as_ref).map(|inp| inp.value)
}
