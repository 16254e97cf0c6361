//! Requests: the failed share over time, a table by endpoint, how the endpoint that is open failed and where it is called from.

use askama::Template;
use trapline_core::histogram::Sums;

use super::columns::{Column, Links};
use super::measure::{duration, line, of_hundredths, part, whole};
use super::number::{bytes, count, share};
use super::scope::ScopeForm;
use super::time::{day, full_hour};
use crate::page_views::detail::Detail;
use crate::page_views::endpoint::{ABORTED, DURATION, NO_ANSWER, REQUESTS, STATUS_4XX, STATUS_5XX};
use crate::page_views::read::Measured;
use crate::plan::HOUR_MS;
use crate::view::RequestsPage;

/// `requests.html`
#[derive(Template)]
#[template(path = "requests.html")]
pub(super) struct Requests<'a> {
    page: &'a RequestsPage,
    scope: String,
    several: bool,
    total: String,
    chart: Chart,
    columns: Vec<Column>,
    rows: Vec<Row<'a>>,
}

/// Shares of all requests, as lines from zero.
#[derive(Default)]
struct Chart {
    lines: Vec<(&'static str, String)>,
    /// Share at the upper edge and in the middle.
    marks: [String; 2],
    /// Beginning and end.
    axis: [String; 2],
    /// At most so many failed, and when.
    sentence: String,
    /// Words, requests, shares of the three.
    table: Vec<(String, String, [String; 3])>,
}

struct Row<'a> {
    method: &'a str,
    path: &'a str,
    link: String,
    rate: String,
    spark: String,
    failed: String,
    class: &'static str,
    cause: String,
    /// p50, p75, p95.
    times: [String; 3],
    /// The same on a logarithmic axis from 10 ms to 10 s, in percent, where any was measured.
    places: Option<[String; 3]>,
    is_slow: bool,
    open: Option<Opened<'a>>,
}

struct Opened<'a> {
    /// Words, how many, their share.
    failures: Vec<(&'static str, String, String)>,
    aborted: String,
    /// Page, share.
    pages: Vec<(&'a str, String)>,
    received: String,
    issues: String,
}

/// How requests fail: words of the legend, class, place.
const FAILURES: [(&str, &str, usize); 3] = [
    ("No answer", "no-answer", NO_ANSWER),
    ("5xx", "status-5xx", STATUS_5XX),
    ("4xx", "status-4xx", STATUS_4XX),
];

/// Pages that are shown.
const SHOWN: usize = 6;

impl<'a> Requests<'a> {
    pub(super) fn of(page: &'a RequestsPage) -> Result<Self, askama::Error> {
        let kept = [("sort".to_owned(), page.sort.clone())];
        let columns = [
            ("rate", "Rate / min"),
            ("failed", "Failed"),
            ("p50", "p50"),
            ("p75", "p75"),
            ("p95", "p95"),
        ];
        Ok(Self {
            page,
            scope: ScopeForm::of_numbers(&page.scope, &page.choices, &kept).render()?,
            several: !page.scope.release.is_empty() && !page.scope.environment.is_empty(),
            total: count(of_hundredths(page.all.sums.counted(REQUESTS))),
            chart: chart(page),
            columns: columns.map(|(sort, words)| links(page).column(sort, words, "num")).into(),
            rows: page.endpoints.iter().map(|one| row(page, one)).collect(),
        })
    }
}

/// Without an answer, or answered by an error.
pub fn failed(sums: &Sums) -> u64 {
    FAILURES.iter().map(|(_, _, place)| sums.counted(*place)).sum()
}

fn links(page: &RequestsPage) -> Links<'_> {
    Links { scope: &page.scope, kept: &[], sort: &page.sort, row: "endpoint" }
}

fn row<'a>(page: &'a RequestsPage, one: &'a Measured) -> Row<'a> {
    let (method, path) = one.name.split_once(' ').unwrap_or(("", &one.name));
    let requests = one.sums.counted(REQUESTS);
    let failed = failed(&one.sums);
    let none = Default::default();
    let durations = one.sums.histograms.get(DURATION).unwrap_or(&none);
    let times = [50, 75, 95].map(|percent| durations.percentile(percent));
    let open = page.open.as_ref().filter(|(name, _)| *name == one.name);
    Row {
        method,
        path,
        link: links(page).opening(if open.is_some() { "" } else { &one.name }),
        rate: rate(requests, page.length_ms),
        spark: spark(one),
        failed: fine_share(failed, requests),
        class: match failed * 1_000 / requests.max(1) {
            0..10 => "",
            10..20 => "middling-text",
            _ => "poor-text",
        },
        cause: cause(&one.sums, failed),
        times: times.map(|time| time.map_or_else(|| "–".to_owned(), duration)),
        places: match times {
            [Some(middle), Some(most), Some(end)] => Some([middle, most, end].map(place)),
            _ => None,
        },
        is_slow: times.last().copied().flatten().is_some_and(|time| time > 2_000.0),
        open: open.map(|(_, detail)| opened(page, one, detail)),
    }
}

/// `38.2`, `905`, `0.02`: a minute.
fn rate(requests: u64, length_ms: i64) -> String {
    let minutes = u64::try_from(length_ms / 60_000).unwrap_or(1).max(1);
    // Requests are hundredths already.
    let hundredths = requests / minutes;
    match hundredths {
        0 if requests == 0 => "0".to_owned(),
        0 => "<0.01".to_owned(),
        1..100 => format!("0.{hundredths:02}"),
        100..10_000 => format!("{}.{}", hundredths / 100, hundredths % 100 / 10),
        _ => count(hundredths / 100),
    }
}

/// `4.1%`, `0.02%`, `0%`
fn fine_share(quantity: u64, total: u64) -> String {
    let hundredths =
        u64::try_from(u128::from(quantity) * 10_000 / u128::from(total.max(1))).unwrap_or(0);
    match hundredths {
        0 if quantity > 0 => "<0.01%".to_owned(),
        0 => "0%".to_owned(),
        1..10 => format!("0.0{hundredths}%"),
        10..10_000 => format!("{}.{}%", hundredths / 100, hundredths % 100 / 10),
        _ => "100%".to_owned(),
    }
}

/// What most of the failed ones have in common, where it is most of them.
fn cause(sums: &Sums, failed: u64) -> String {
    let most = FAILURES.iter().max_by_key(|(_, _, place)| sums.counted(*place));
    match most {
        Some((words, _, place)) if failed > 0 && sums.counted(*place) * 2 > failed => {
            format!("mostly {}", words.to_lowercase())
        }
        _ => String::new(),
    }
}

/// On the axis from 10 ms to 10 s.
fn place(ms: f64) -> String {
    part(whole((ms.clamp(10.0, 10_000.0).log10() - 1.0) * 1_000.0), 3_000)
}

/// Requests over time.
fn spark(one: &Measured) -> String {
    let most = one.trend.iter().map(|(_, sums)| sums.counted(REQUESTS)).max().unwrap_or(1).max(1);
    let points = places(&one.trend);
    let points: Vec<_> =
        points.map(|(x, sums)| (x, float(sums.counted(REQUESTS)) / float(most))).collect();
    line(&points, 84.0, 20.0)
}

/// Where each hour or day is, from 0 to 1.
fn places(trend: &[(i64, Sums)]) -> impl Iterator<Item = (f64, &Sums)> {
    let first = trend.first().map_or(0, |(hour, _)| *hour);
    let last = trend.last().map_or(0, |(hour, _)| *hour);
    let span = u64::try_from(last - first).unwrap_or(0).max(1);
    trend.iter().map(move |(hour, sums)| {
        (float(u64::try_from(hour - first).unwrap_or(0)) / float(span), sums)
    })
}

#[expect(clippy::cast_precision_loss, reason = "a place in a drawing")]
fn float(number: u64) -> f64 {
    number as f64
}

fn chart(page: &RequestsPage) -> Chart {
    let trend = &page.all.trend;
    let share_of =
        |sums: &Sums, at: usize| float(sums.counted(at)) / float(sums.counted(REQUESTS).max(1));
    let all = trend
        .iter()
        .flat_map(|(_, sums)| FAILURES.iter().map(move |(_, _, place)| share_of(sums, *place)));
    // The upper edge: the next whole percent.
    let edge = (all.fold(0.0, f64::max) * 100.0).ceil().max(1.0) / 100.0;
    let lines = FAILURES.map(|(_, class, at)| {
        let points: Vec<_> =
            places(trend).map(|(x, sums)| (x, share_of(sums, at) / edge)).collect();
        (class, line(&points, 1_000.0, 100.0))
    });
    let is_short = trend.windows(2).next().is_some_and(|two| match two {
        [(one, _), (other, _)] => other - one < 24,
        _ => false,
    });
    let name = |hour: i64| match is_short {
        true => format!("{} UTC", full_hour(hour * HOUR_MS, 0)),
        false => day(hour * HOUR_MS),
    };
    let worst =
        trend.iter().max_by_key(|(_, sums)| failed(sums) * 10_000 / sums.counted(REQUESTS).max(1));
    Chart {
        lines: if trend.len() > 1 { lines.into() } else { Vec::new() },
        marks: [edge, edge / 2.0].map(|share| fine_share(whole(share * 10_000.0), 10_000)),
        axis: [trend.first(), trend.last()]
            .map(|end| end.map_or_else(String::new, |(hour, _)| name(*hour))),
        sentence: worst.map_or_else(String::new, |(hour, sums)| {
            let share = fine_share(failed(sums), sums.counted(REQUESTS));
            format!("At most {share} of requests failed: {}.", name(*hour))
        }),
        table: trend
            .iter()
            .map(|(hour, sums)| {
                let requests = sums.counted(REQUESTS);
                let shares = FAILURES.map(|(_, _, at)| fine_share(sums.counted(at), requests));
                (name(*hour), count(of_hundredths(requests)), shares)
            })
            .collect(),
    }
}

fn opened<'a>(page: &RequestsPage, one: &'a Measured, detail: &'a Detail) -> Opened<'a> {
    let requests = one.sums.counted(REQUESTS);
    let from = detail.causes("page");
    let all: u64 = from.iter().map(|(_, sums)| sums.counted(0)).sum();
    let path = one.name.split_once(' ').map_or(one.name.as_str(), |(_, path)| path);
    let text = path.split("{id}").next().unwrap_or_default().replace('"', "");
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("query", &format!("\"{text}\""))
        .finish();
    let failure = |(words, _, place): (&'static str, &str, usize)| {
        let failed = one.sums.counted(place);
        (words, count(of_hundredths(failed)), fine_share(failed, requests))
    };
    Opened {
        failures: FAILURES.map(failure).into_iter().filter(|(_, _, share)| share != "0%").collect(),
        aborted: fine_share(one.sums.counted(ABORTED), requests),
        pages: from
            .into_iter()
            .take(SHOWN)
            .map(|(page, sums)| (page, share(sums.counted(0), all)))
            .collect(),
        received: bytes(one.sums.counted(crate::page_views::endpoint::RECEIVED) / requests.max(1)),
        issues: format!("/{}/issues/?{query}", page.shell.project_slug),
    }
}

#[cfg(test)]
mod tests {
    use super::{fine_share, place, rate};

    #[test]
    fn rates_and_shares_show_what_is_small() {
        assert_eq!(
            [0, 100, 382_000, 9_050_000].map(|number| rate(number, 6_000_000)),
            ["0", "0.01", "38.2", "905"]
        );
        let shares = [0, 1, 25, 410, 10_000].map(|part| fine_share(part, 100_000));
        assert_eq!(shares, ["0%", "<0.01%", "0.02%", "0.4%", "10.0%"]);
    }

    #[test]
    fn the_axis_is_logarithmic() {
        let places = [1.0, 10.0, 100.0, 1_000.0, 60_000.0].map(place);
        assert_eq!(places, ["0.0%", "0.0%", "33.3%", "66.6%", "100.0%"]);
    }
}
