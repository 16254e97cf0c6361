//! Two releases at the same age: a row a measure, what changed, and where to look for why.

use trapline_core::histogram::{Histogram, Sums};
use trapline_core::json;
use trapline_core::page_view::{INP, LCP};

use super::super::measure::{duration, of_hundredths, whole};
use super::super::number::{count, counted};
use super::rate;
use crate::health::{Compared, ReleaseRow, Young};
use crate::page_views::page as places;
use crate::read;
use crate::view::ReleasesPage;

/// Smaller changes of times are no more than what buckets hide twice over.
const NOTABLE: f64 = 0.1;

/// Hundredths of views with a value, below which a page explains nothing.
const ENOUGH: u64 = 1_000;

/// Pages and issues that a row names.
const NAMED: usize = 3;

/// Ready to print.
pub(super) struct Comparison {
    /// Versions, the newer one first.
    pub(super) versions: [String; 2],
    /// `first 48 hours of each`
    pub(super) age: String,
    /// What it rests on.
    pub(super) base: String,
    pub(super) rows: [Row; 6],
}

/// One measure.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// `98.41%`; `–` where nothing is known.
    pub(super) values: [String; 2],
    /// `−0.71 pt`, `same`; empty where one of them is unknown.
    pub(super) change: String,
    /// `bad`, `warn`, `ok` or nothing.
    pub(super) class: &'static str,
    pub(super) reasons: Vec<Reason>,
}

/// Something that explains a change.
pub(super) struct Reason {
    /// Behind the project's path.
    pub(super) href: String,
    pub(super) link: String,
    /// What is said of it.
    pub(super) words: String,
}

impl Comparison {
    pub(super) fn of(page: &ReleasesPage, compared: &Compared) -> Self {
        let [new, old] = &compared.releases;
        let views = |one: &Young| of_hundredths(one.views.counted(places::VIEWS));
        let base = |one: &Young| {
            let sessions = counted(one.health.sessions, "session");
            format!(
                "{} with {sessions} and {}",
                one.known.version,
                counted(views(one), "page view")
            )
        };
        Self {
            versions: [new.known.version.clone(), old.known.version.clone()],
            age: match compared.hours {
                1 => "first hour of each".to_owned(),
                hours => format!("first {hours} hours of each"),
            },
            base: format!(
                "{}; {}. Sessions in steps of six hours, page views of whole days, in all environments.",
                base(new),
                base(old)
            ),
            rows: [
                rates(
                    "Crash-free sessions",
                    [new, old].map(|one| one.health.crash_free_sessions()),
                    unhandled(&new.known),
                ),
                rates(
                    "Crash-free users",
                    [new, old].map(|one| one.health.crash_free_users()),
                    Vec::new(),
                ),
                new_issues(page, &new.known, &old.known),
                times("INP p75", INP, new, old),
                times("LCP p75", LCP, new, old),
                scripts(&new.views, &old.views),
            ],
        }
    }
}

/// Values, change and class of two numbers; the change is asked for in words of what is measured.
fn row(
    name: &'static str,
    [new, old]: [Option<f64>; 2],
    value: impl Fn(f64) -> String,
    change: impl Fn(f64, f64) -> (String, &'static str),
) -> Row {
    let shown = |one: Option<f64>| one.map_or_else(|| "–".to_owned(), &value);
    let (change, class) = match (new, old) {
        (Some(new), Some(old)) => change(new, old),
        _ => (String::new(), ""),
    };
    Row { name, values: [shown(new), shown(old)], change, class, reasons: Vec::new() }
}

/// `+17 ms`, with a true minus; `same` of nothing.
fn signed(difference: f64, size: &str) -> String {
    let sign = if difference < 0.0 { '\u{2212}' } else { '+' };
    format!("{sign}{size}")
}

fn rates(name: &'static str, both: [Option<f64>; 2], reasons: Vec<Reason>) -> Row {
    let change = |new: f64, old: f64| {
        let hundredths = whole((new - old).abs() * 10_000.0);
        let class = match hundredths {
            0 => return ("same".to_owned(), ""),
            1..5 => "",
            _ if new < old => "bad",
            _ => "ok",
        };
        let points = format!("{}.{:02} pt", hundredths / 100, hundredths % 100);
        (signed(new - old, &points), class)
    };
    let row = row(name, both, rate, change);
    let is_worse = row.class == "bad";
    Row { reasons: if is_worse { reasons } else { Vec::new() }, ..row }
}

/// Where to look for what crashed.
fn unhandled(known: &ReleaseRow) -> Vec<Reason> {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("query", "is:unhandled")
        .append_pair("release", &known.version)
        .finish();
    vec![Reason {
        href: format!("issues/?{query}"),
        link: "Unhandled issues".to_owned(),
        words: format!("seen in {}", known.version),
    }]
}

fn new_issues(page: &ReleasesPage, new: &ReleaseRow, old: &ReleaseRow) -> Row {
    let both = [new, old].map(|one| Some(f64::from(one.new_issues)));
    let change = |new: f64, old: f64| match whole((new - old).abs()) {
        0 => ("same".to_owned(), ""),
        size => (signed(new - old, &count(size)), ""),
    };
    let mut newest: Vec<(u32, String, String)> =
        json::from_slice(new.newest.as_bytes()).unwrap_or_default();
    newest.sort_by_key(|(number, ..)| std::cmp::Reverse(*number));
    let reason = |(number, kind, value): (u32, String, String)| {
        let short_id = read::short_id(&page.prefix, number);
        Reason {
            href: format!("issues/{short_id}/"),
            link: short_id,
            words: format!("{kind} {value}").trim().to_owned(),
        }
    };
    let mut reasons: Vec<Reason> = newest.into_iter().take(NAMED).map(reason).collect();
    let others = u64::from(new.new_issues).saturating_sub(reasons.len() as u64);
    if others > 0 && !reasons.is_empty() {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("sort", "first-seen")
            .append_pair("release", &new.version)
            .finish();
        reasons.push(Reason {
            href: format!("issues/?{query}"),
            link: format!("{} more", count(others)),
            words: String::new(),
        });
    }
    Row { reasons, ..row("New issues", both, |number| count(whole(number)), change) }
}

fn p75(sums: &Sums, vital: usize) -> Option<f64> {
    sums.histograms.get(vital).and_then(|histogram| histogram.percentile(75))
}

fn times(name: &'static str, vital: usize, new: &Young, old: &Young) -> Row {
    let change = |new: f64, old: f64| {
        let difference = whole((new - old).abs());
        if difference == 0 {
            return ("same".to_owned(), "");
        }
        let is_notable = (new - old).abs() > old * NOTABLE;
        let class = match is_notable {
            true if new > old => "warn",
            true => "ok",
            false => "",
        };
        // In the unit of the greater one.
        let size = match new.max(old) {
            ..999.5 => format!("{difference} ms"),
            _ => {
                let tenths = difference.saturating_add(50) / 100;
                format!("{}.{} s", tenths / 10, tenths % 10)
            }
        };
        if size == "0.0 s" {
            return ("same".to_owned(), "");
        }
        (signed(new - old, &size), class)
    };
    let both = [&new.views, &old.views].map(|views| p75(views, vital));
    Row { reasons: pages(vital, new, old), ..row(name, both, duration, change) }
}

/// Pages of which the vital changed most, of those that enough views measured.
fn pages(vital: usize, new: &Young, old: &Young) -> Vec<Reason> {
    let total = |sums: &Sums| sums.histograms.get(vital).map_or(0, Histogram::total);
    let mut changed: Vec<(&str, f64, f64)> = Vec::new();
    for (name, sums) in &new.pages {
        let Some((_, before)) = old.pages.iter().find(|(other, _)| other == name) else { continue };
        let (Some(now), Some(then)) = (p75(sums, vital), p75(before, vital)) else { continue };
        let is_known = total(sums) >= ENOUGH && total(before) >= ENOUGH;
        if is_known && (now - then).abs() > then * NOTABLE {
            changed.push((name, now, then));
        }
    }
    let by = |(_, now, then): &(&str, f64, f64)| (now - then).abs();
    changed.sort_by(|one, other| by(other).total_cmp(&by(one)));
    let reason = |(name, now, then): &(&str, f64, f64)| {
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("page", name).finish();
        Reason {
            href: format!("vitals/?{query}"),
            link: (*name).to_owned(),
            words: format!("{} → {}", duration(*then), duration(*now)),
        }
    };
    changed.iter().take(NAMED).map(reason).collect()
}

#[expect(clippy::cast_precision_loss, reason = "bytes are below 2^53")]
fn scripts(new: &Sums, old: &Sums) -> Row {
    let mean = |sums: &Sums| {
        let views = sums.counted(places::WITH_SCRIPTS);
        (views > 0).then(|| sums.counted(places::SCRIPT_BYTES) as f64 / views as f64)
    };
    let change = |new: f64, old: f64| {
        let kilobytes = whole((new - old).abs() / 1_000.0);
        let class = match kilobytes {
            0 => return ("same".to_owned(), ""),
            _ if (new - old).abs() < old * NOTABLE => "",
            _ if new > old => "warn",
            _ => "ok",
        };
        (signed(new - old, &format!("{} kB", count(kilobytes))), class)
    };
    let value = |bytes: f64| format!("{} kB", count(whole(bytes / 1_000.0)));
    row("JavaScript sent", [new, old].map(mean), value, change)
}

#[cfg(test)]
mod tests {
    use trapline_core::histogram::bucket_of;

    use super::*;
    use crate::sessions::Health;

    fn young(version: &str, crashed: u64, inp: f64, bytes: u64) -> Young {
        let mut views = Sums::default();
        views.count(places::VIEWS, 10_000);
        views.count(places::WITH_SCRIPTS, 10_000);
        views.count(places::SCRIPT_BYTES, bytes * 10_000);
        views.add(INP, bucket_of(inp), 10_000);
        views.add(LCP, bucket_of(2_600.0), 10_000);
        let health = Health { sessions: 10_000, crashed, ..Health::default() };
        let newest = r#"[[143,"TypeError","x is undefined"]]"#.to_owned();
        let known =
            ReleaseRow { version: version.into(), new_issues: 3, newest, ..Default::default() };
        Young { known, health, pages: vec![("/checkout".into(), views.clone())], views }
    }

    fn rows(new: Young, old: Young) -> Vec<String> {
        let page = ReleasesPage { prefix: "SHOP".into(), ..ReleasesPage::default() };
        let compared = Compared { hours: 48, releases: [new, old] };
        let words = |reason: &Reason| format!("{} {}", reason.link, reason.words);
        let line = |row: &Row| {
            let reasons: Vec<String> = row.reasons.iter().map(words).collect();
            let [new, old] = &row.values;
            format!("{new} {old} {} {} {}", row.change, row.class, reasons.join(", "))
        };
        Comparison::of(&page, &compared).rows.iter().map(line).collect()
    }

    #[test]
    fn changes_have_a_sign_a_unit_and_a_reason() {
        let found = rows(young("shop@2", 159, 500.0, 412_000), young("shop@1", 88, 320.0, 512_000));
        assert_eq!(
            found,
            [
                "98.41% 99.12% −0.71 pt bad Unhandled issues seen in shop@2",
                "– –   ",
                "3 3 same  SHOP-4F TypeError x is undefined, 2 more ",
                "490 ms 309 ms +181 ms warn /checkout 309 ms → 490 ms",
                "2.7 s 2.7 s same  ",
                "412 kB 512 kB −100 kB ok ",
            ]
        );
    }

    #[test]
    fn what_is_better_or_the_same_needs_no_explanation() {
        let found = rows(young("2", 10, 200.0, 400_000), young("1", 88, 210.0, 400_400));
        assert_eq!(found[0], "99.90% 99.12% +0.78 pt ok ");
        assert!(found[3].ends_with("ms  "), "a bucket is no change: {}", found[3]);
        assert_eq!(found[5], "400 kB 400 kB same  ");
        let found = rows(Young::default(), Young::default());
        assert_eq!((found[0].as_str(), found[4].as_str()), ("– –   ", "– –   "));
    }
}
