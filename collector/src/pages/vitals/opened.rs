//! The page that is open in the table: where the time goes, which elements, how values are spread, who is slower.

use trapline_core::histogram::{Histogram, Sums, value_of};
use trapline_core::page_view::{PARTS, VITALS};

use super::ratio;
use crate::page_views::detail::Detail;
use crate::page_views::read::Measured;
use crate::page_views::tally::SLOW;
use crate::page_views::{Column, page};
use crate::pages::measure::{NAMES, class_of, duration, of_hundredths, part, vital};
use crate::pages::number::{count, counted, percent, share};
use crate::view::VitalsPage;

/// Ready to print.
pub(in crate::pages) struct Opened<'a> {
    /// `INP 534 ms`
    pub(super) heading: String,
    /// `Interaction`
    pub(super) name: &'static str,
    pub(super) parts: Vec<Part>,
    /// What takes most of the time.
    pub(super) sentence: String,
    pub(super) targets: Vec<Target<'a>>,
    pub(super) bars: Vec<Bar>,
    pub(super) groups: Vec<Group<'a>>,
    /// What views with an error were like; empty: there were none.
    pub(super) errors: String,
    /// Search for the issues of this page.
    pub(super) issues: String,
    /// `1,284 views`
    pub(super) views: String,
}

/// A part of the time, on average.
pub(super) struct Part {
    pub(super) words: &'static str,
    pub(super) time: String,
    pub(super) x: String,
    pub(super) width: String,
    pub(super) is_most: bool,
}

/// An element.
pub(super) struct Target<'a> {
    pub(super) name: &'a str,
    /// Of the views.
    pub(super) share: String,
    /// Of its views, those that were not good.
    pub(super) slow: String,
}

/// Views with a value in a bucket.
pub(super) struct Bar {
    pub(super) class: &'static str,
    pub(super) x: String,
    pub(super) width: String,
    pub(super) height: u64,
    pub(super) label: String,
}

/// Views by release, browser and so on.
pub(super) struct Group<'a> {
    pub(super) name: &'static str,
    pub(super) rows: Vec<GroupRow<'a>>,
}

pub(super) struct GroupRow<'a> {
    pub(super) key: &'a str,
    pub(super) share: String,
    pub(super) value: String,
    pub(super) class: &'static str,
    pub(super) words: &'static str,
}

/// Elements, and values of a group, that are shown.
const SHOWN: usize = 5;

/// Height of the spread.
const HEIGHT: u64 = 56;

impl<'a> Opened<'a> {
    pub(super) fn of(
        asked: &VitalsPage,
        one: &'a Measured,
        detail: &'a Detail,
        sort: usize,
    ) -> Self {
        let (name, short) = NAMES.get(sort).copied().unwrap_or_default();
        let histogram = histogram(&one.sums, sort);
        let value = histogram.percentile(75);
        let causes = detail.causes(VITALS.get(sort).copied().unwrap_or_default());
        let (parts, sentence) = parts(sort, &causes);
        let views = one.sums.counted(page::VIEWS);
        Self {
            heading: match value {
                Some(value) => format!("{short} {}", vital(sort, value)),
                None => format!("{short} was not measured"),
            },
            name,
            parts,
            sentence,
            targets: targets(&causes),
            bars: bars(sort, &histogram),
            groups: groups(detail, sort),
            errors: errors(one, detail, sort),
            issues: issues(asked, &one.name),
            views: counted(of_hundredths(views), "view"),
        }
    }
}

fn histogram(sums: &Sums, sort: usize) -> Histogram {
    sums.histograms.get(sort).cloned().unwrap_or_default()
}

/// Search for the issues that were met on a page.
fn issues(asked: &VitalsPage, name: &str) -> String {
    let quoted = format!("url:\"*{}\"", name.replace('"', "").replace("{id}", "*"));
    let link =
        form_urlencoded::Serializer::new(String::new()).append_pair("query", &quoted).finish();
    format!("/{}/issues/?{link}", asked.shell.project_slug)
}

fn parts(sort: usize, causes: &[(&str, &Sums)]) -> (Vec<Part>, String) {
    let words: &[&'static str] = match PARTS.get(sort).copied() {
        Some([_, _, _, _]) => &["First byte", "Load delay", "Load", "Render"],
        Some([_, _, _]) => &["Input delay", "Processing", "Paint"],
        _ => return (Vec::new(), String::new()),
    };
    let views: u64 = causes.iter().map(|(_, sums)| sums.counted(0)).sum();
    let times: Vec<u64> = (1..=words.len())
        .map(|place| causes.iter().map(|(_, sums)| sums.counted(place)).sum())
        .collect();
    let (all, most) = (times.iter().sum(), times.iter().max().copied().unwrap_or_default());
    if all == 0 {
        return (Vec::new(), String::new());
    }
    let mut begin = 0;
    let mut parts = Vec::new();
    for (words, time) in words.iter().zip(times) {
        parts.push(Part {
            words,
            time: duration(ratio(time, views)),
            x: part(begin, all),
            width: part(time, all),
            is_most: time == most,
        });
        begin += time;
    }
    let advice = parts.iter().find(|part| part.is_most).map_or("", |part| match part.words {
        "First byte" => "Most of the time passes before the first byte: the server, redirects, or a cache that is not used.",
        "Load delay" => "Most of the time passes before the element begins to load: it is found late, or loaded lazily.",
        "Load" => "Most of the time the element loads: it is large, or waits for others.",
        "Render" => "The element is there and waits to be drawn: styles, fonts or scripts hold it back.",
        "Input delay" => "Most of the time passes before a handler begins: something else keeps the page busy.",
        "Processing" => "Most of the time is in the page’s own handlers.",
        _ => "Handlers are quick; most of the time goes into drawing what they changed.",
    });
    (parts, advice.to_owned())
}

fn targets<'a>(causes: &[(&'a str, &Sums)]) -> Vec<Target<'a>> {
    let all: u64 = causes.iter().map(|(_, sums)| sums.counted(0)).sum();
    let target = |(name, sums): &(&'a str, &Sums)| Target {
        name: if name.is_empty() { "others" } else { name },
        share: share(sums.counted(0), all),
        slow: share(sums.counted(SLOW), sums.counted(0)),
    };
    causes.iter().take(SHOWN).map(target).collect()
}

/// Neighbouring buckets share a bar: as many bars as fit.
fn bars(sort: usize, histogram: &Histogram) -> Vec<Bar> {
    const JOINED: u16 = 3;
    let mut joined: Vec<(u16, u64)> = Vec::new();
    for (bucket, quantity) in histogram.buckets() {
        let place = bucket / JOINED;
        match joined.last_mut() {
            Some((last, sum)) if *last == place => *sum += quantity,
            _ => joined.push((place, *quantity)),
        }
    }
    let (Some((first, _)), Some((last, _))) = (joined.first(), joined.last()) else {
        return Vec::new();
    };
    let (first, places) = (*first, u64::from(last - first) + 1);
    let most = joined.iter().map(|(_, quantity)| *quantity).max().unwrap_or_default();
    let bar = |(place, quantity): &(u16, u64)| {
        let middle = value_of(place * JOINED + 1);
        let (class, words) = class_of(sort, middle);
        Bar {
            class,
            x: part(u64::from(place - first), places),
            width: part(9, places * 10),
            height: (percent(*quantity, most) * HEIGHT / 100).max(2),
            label: format!(
                "about {}: {} views, {words}",
                vital(sort, middle),
                count(of_hundredths(*quantity))
            ),
        }
    };
    joined.iter().map(bar).collect()
}

fn groups(detail: &Detail, sort: usize) -> Vec<Group<'_>> {
    const GROUPS: [(Column, &str); 4] = [
        (Column::Releases, "Release"),
        (Column::Browsers, "Browser"),
        (Column::Devices, "Device"),
        (Column::Countries, "Country"),
    ];
    let group = |(column, name)| {
        let by = detail.by(column);
        let all: u64 = by.iter().map(|(_, sums)| sums.counted(page::VIEWS)).sum();
        let rows = by.into_iter().take(SHOWN);
        Group { name, rows: rows.map(|(key, sums)| group_row(key, sums, all, sort)).collect() }
    };
    GROUPS.map(group).into_iter().filter(|group| !group.rows.is_empty()).collect()
}

fn group_row<'a>(key: &'a str, sums: &Sums, all: u64, sort: usize) -> GroupRow<'a> {
    let value = histogram(sums, sort).percentile(75);
    let (class, words) = value.map_or(("", ""), |value| class_of(sort, value));
    GroupRow {
        key: if key.is_empty() { "unknown" } else { key },
        share: share(sums.counted(page::VIEWS), all),
        value: value.map_or_else(|| "–".to_owned(), |value| vital(sort, value)),
        class,
        words,
    }
}

/// What those without an error had instead.
fn errors(one: &Measured, detail: &Detail, sort: usize) -> String {
    let views = one.sums.counted(page::VIEWS);
    let with = one.sums.counted(page::WITH_ERRORS);
    if with == 0 {
        return String::new();
    }
    let calm = detail.causes("calm").first().map(|(_, sums)| histogram(sums, sort));
    let calm = calm.and_then(|calm| calm.percentile(75));
    let (_, short) = NAMES.get(sort).copied().unwrap_or_default();
    match (calm, histogram(&one.sums, sort).percentile(75)) {
        (Some(calm), Some(all)) if calm.to_bits() == all.to_bits() => {
            format!(
                "{} of views had an error; {short} is the same without them.",
                share(with, views)
            )
        }
        (Some(calm), Some(all)) => format!(
            "{} of views had an error. Without them {short} is {} instead of {}.",
            share(with, views),
            vital(sort, calm),
            vital(sort, all)
        ),
        _ => format!("{} of views had an error.", share(with, views)),
    }
}
