//! Web vitals: five tiles, a table by page, what the page that is open divides into, the slowest loads, long frames.

mod opened;

use askama::Template;
use trapline_core::histogram::Sums;
use trapline_core::page_view::{INP, LOAD, PHASES, PageView};

use super::columns::{Column, Links};
use super::measure::{Measure, NAMES, duration, limit, line, of_hundredths, part, place_of, whole};
use super::number::{count, counted, share};
use super::scope::ScopeForm;
use super::time::{Moment, moment};
use crate::page_views::page;
use crate::page_views::read::Measured;
use crate::view::VitalsPage;
use opened::Opened;

/// `vitals.html`
#[derive(Template)]
#[template(path = "vitals.html")]
pub(super) struct Vitals<'a> {
    page: &'a VitalsPage,
    scope: String,
    /// Which of several choices holds, if several were made.
    left_out: &'static str,
    tiles: Vec<Tile>,
    /// `1,284 page views`
    views: String,
    columns: Vec<Column>,
    rows: Vec<Row<'a>>,
    loads: Vec<Load<'a>>,
    frames: Vec<Frame<'a>>,
}

struct Tile {
    name: &'static str,
    short: &'static str,
    measure: Measure,
    limit: String,
}

struct Row<'a> {
    name: &'a str,
    link: String,
    views: String,
    errors: String,
    spark: String,
    cells: Vec<Cell>,
    open: Option<Opened<'a>>,
}

struct Cell {
    label: &'static str,
    measure: Measure,
}

struct Load<'a> {
    view: &'a PageView,
    when: Option<Moment>,
    whole: String,
    paint: String,
    /// Words, where it begins, how wide it is, class.
    phases: Vec<(String, String, String, &'static str)>,
}

struct Frame<'a> {
    script: &'a str,
    function: &'a str,
    frames: String,
    blocking: String,
    mean: String,
    share: String,
}

/// Long frames, loads that are named.
const NAMED: usize = 10;

impl<'a> Vitals<'a> {
    pub(super) fn of(page: &'a VitalsPage) -> Result<Self, askama::Error> {
        let mut kept = vec![("sort".to_owned(), page.sort.clone())];
        if !page.device.is_empty() {
            kept.push(("device".to_owned(), page.device.clone()));
        }
        let sums = &page.all.sums;
        let sort = place_of(&page.sort).unwrap_or(INP);
        let tile = |(index, (name, short)): (usize, &(&'static str, &'static str))| Tile {
            name,
            short,
            measure: measure(sums, index),
            limit: limit(index),
        };
        let chosen = [&page.device, &page.scope.release, &page.scope.environment];
        let several = chosen.iter().filter(|chosen| !chosen.is_empty()).count() > 1;
        Ok(Self {
            page,
            scope: ScopeForm::of_numbers(&page.scope, &page.choices, &kept)
                .with_device(&page.device)
                .render()?,
            left_out: match several {
                false => "",
                true if page.device.is_empty() => "Only the release holds here",
                true => "Only the device holds here",
            },
            tiles: NAMES.iter().enumerate().map(tile).collect(),
            views: counted(of_hundredths(sums.counted(page::VIEWS)), "page view"),
            columns: columns(page),
            rows: page.pages.iter().map(|one| row(page, one, sort)).collect(),
            loads: loads(page),
            frames: frames(page),
        })
    }
}

fn measure(sums: &Sums, index: usize) -> Measure {
    let none = Default::default();
    Measure::of(index, sums.histograms.get(index).unwrap_or(&none))
}

fn links<'a>(page: &'a VitalsPage, kept: &'a [(&'static str, &'a str)]) -> Links<'a> {
    Links { scope: &page.scope, kept, sort: &page.sort, row: "page" }
}

fn columns(page: &VitalsPage) -> Vec<Column> {
    let kept = [("device", page.device.as_str())];
    let links = links(page, &kept);
    let columns = [
        ("views", "Views", "num"),
        ("errors", "With errors", "num"),
        ("lcp", "LCP", "measured"),
        ("inp", "INP", "measured"),
        ("cls", "CLS", "measured"),
    ];
    columns.map(|(sort, words, class)| links.column(sort, words, class)).into()
}

fn row<'a>(page: &'a VitalsPage, one: &'a Measured, sort: usize) -> Row<'a> {
    let views = one.sums.counted(page::VIEWS);
    let cell = |index: usize| Cell {
        label: NAMES.get(index).map_or("", |(_, short)| short),
        measure: measure(&one.sums, index),
    };
    let open = page.open.as_ref().filter(|(name, _)| *name == one.name);
    Row {
        name: &one.name,
        link: links(page, &[("device", &page.device)]).opening(if open.is_some() {
            ""
        } else {
            &one.name
        }),
        views: count(of_hundredths(views)),
        errors: share(one.sums.counted(page::WITH_ERRORS), views),
        spark: spark(one, sort),
        cells: [0, 1, 2].map(cell).into(),
        open: open.map(|(_, detail)| Opened::of(page, one, detail, sort)),
    }
}

/// The 75th percentile over time, from zero.
fn spark(one: &Measured, sort: usize) -> String {
    let value = |sums: &Sums| sums.histograms.get(sort).and_then(|one| one.percentile(75));
    let values: Vec<(i64, f64)> =
        one.trend.iter().filter_map(|(hour, sums)| Some((*hour, value(sums)?))).collect();
    let (Some((first, _)), Some((last, _))) = (values.first(), values.last()) else {
        return String::new();
    };
    let most = values.iter().map(|(_, value)| *value).fold(1.0, f64::max);
    let span = hours(last - first).max(1.0);
    let points: Vec<_> =
        values.iter().map(|(hour, value)| (hours(hour - first) / span, value / most)).collect();
    line(&points, 84.0, 20.0)
}

#[expect(clippy::cast_precision_loss, reason = "hours of a chart")]
fn hours(number: i64) -> f64 {
    number as f64
}

fn loads(page: &VitalsPage) -> Vec<Load<'_>> {
    let views = &page.detail.slowest;
    let most = views.iter().map(total).fold(1.0, f64::max);
    let load = |view| Load {
        view,
        when: moment(view.started_ms, page.shell.now_ms),
        whole: duration(total(view)),
        paint: match view.vitals.first().and_then(Option::as_ref) {
            Some(vital) => duration(vital.value),
            None => String::new(),
        },
        phases: phases(view, most),
    };
    views.iter().take(NAMED).map(load).collect()
}

fn total(view: &PageView) -> f64 {
    view.load.get(LOAD).copied().unwrap_or_default()
}

/// Those that take time one after another; the last three are points of time.
fn phases(view: &PageView, most: f64) -> Vec<(String, String, String, &'static str)> {
    const WORDS: [(&str, &str); 8] = [
        ("redirects", "phase-a"),
        ("DNS", "phase-a"),
        ("connection", "phase-a"),
        ("waiting for the server", "phase-b"),
        ("download", "phase-c"),
        ("building the page", "phase-d"),
        ("scripts and styles", "phase-e"),
        ("the rest", "phase-f"),
    ];
    let mut begin = 0.0_f64;
    let mut parts = Vec::new();
    for (index, ((words, class), time)) in WORDS.iter().zip(view.load).enumerate() {
        let is_point =
            PHASES.get(index).is_some_and(|name| name.starts_with("dom") || *name == "load");
        let took = if is_point { (time - begin).max(0.0) } else { time };
        if took >= 1.0 {
            let places = [begin, took].map(|ms| part(whole(ms), whole(most)));
            let [x, width] = places;
            parts.push((format!("{words} {}", duration(took)), x, width, *class));
        }
        begin += took;
    }
    parts
}

fn frames(page: &VitalsPage) -> Vec<Frame<'_>> {
    let mut causes = page.detail.causes("script");
    causes.sort_by_key(|(_, sums)| std::cmp::Reverse(sums.counted(1)));
    let all: u64 = causes.iter().map(|(_, sums)| sums.counted(1)).sum();
    causes.into_iter().take(NAMED).map(|(cause, sums)| frame(cause, sums, all)).collect()
}

fn frame<'a>(cause: &'a str, sums: &Sums, all: u64) -> Frame<'a> {
    let (script, function) = cause.rsplit_once(' ').unwrap_or((cause, ""));
    let [frames, blocking, took] = [0, 1, 2].map(|place| sums.counted(place));
    Frame {
        script: if script.is_empty() { "not attributed" } else { script },
        function,
        frames: count(of_hundredths(frames)),
        blocking: duration(ratio(blocking, frames)),
        mean: duration(ratio(took, frames)),
        share: share(blocking, all),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a mean")]
fn ratio(sum: u64, number: u64) -> f64 {
    sum as f64 / number.max(1) as f64
}
