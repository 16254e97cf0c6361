//! Releases: crash-free sessions over time, two of them compared at the same age, and all of them in a table.

mod chart;
mod compare;

use askama::Template;

use super::measure::{part, whole};
use super::number::{count, share};
use super::scope::ScopeForm;
use super::time::{Moment, moment};
use crate::health::Release;
use crate::scope::Range;
use crate::view::ReleasesPage;
use chart::Chart;
use compare::Comparison;

/// Sessions that should be crash-free.
const TARGET: f64 = 0.99;

/// `releases.html`
#[derive(Template)]
#[template(path = "releases.html")]
pub(super) struct Releases<'a> {
    page: &'a ReleasesPage,
    /// Environment, release, range: HTML.
    scope: String,
    /// `None` without sessions.
    chart: Option<Chart>,
    comparison: Option<Comparison>,
    /// Parameters that the choice of two keeps.
    kept: Vec<(String, String)>,
    rows: Vec<Row<'a>>,
    /// `14 days`
    span: &'static str,
}

struct Row<'a> {
    version: &'a str,
    is_newest: bool,
    first_seen: Option<Moment>,
    /// `88%`, and a width.
    share: String,
    width: String,
    sessions: String,
    /// `98.41%`; empty without sessions.
    crash_free: String,
    is_below: bool,
    /// Its place between 98 and 100 %, in percent of the width.
    place: String,
    /// `99.02%`
    users: String,
    new: String,
    regressed: String,
    /// A path behind the project's: its open issues.
    issues: String,
}

impl<'a> Releases<'a> {
    pub(super) fn of(page: &'a ReleasesPage) -> Result<Self, askama::Error> {
        let chosen = page.scope.release.as_str();
        let rows = page.list.releases.iter().enumerate();
        let rows = rows.filter(|(_, one)| chosen.is_empty() || one.known.version == chosen);
        let compared = page.compared.as_ref();
        let mut kept: Vec<(String, String)> = Vec::new();
        if let Some(compared) = compared {
            let names = ["to", "with"].map(str::to_owned).into_iter();
            kept.extend(names.zip(compared.releases.iter().map(|one| one.known.version.clone())));
        }
        let scope = page.scope.query();
        let fields = form_urlencoded::parse(scope.strip_prefix('?').unwrap_or_default().as_bytes());
        Ok(Self {
            page,
            scope: ScopeForm::of_numbers(&page.scope, &page.choices, &kept).render()?,
            chart: Chart::of(page),
            comparison: compared.map(|compared| Comparison::of(page, compared)),
            kept: fields.into_owned().collect(),
            rows: rows.map(|(index, one)| row(page, index, one)).collect(),
            span: match page.scope.range {
                Range::Hour => "hour",
                Range::Day => "24 hours",
                Range::Quarter => "90 days",
                Range::All | Range::Fortnight => "14 days",
            },
        })
    }
}

fn row<'a>(page: &ReleasesPage, index: usize, one: &'a Release) -> Row<'a> {
    let (known, health) = (&one.known, &one.health);
    let crash_free = health.crash_free_sessions();
    let all = page.list.all.sessions;
    let place = crash_free.map_or(0.0, |rate| ((rate - 0.98) / 0.02).clamp(0.0, 1.0));
    let issues = form_urlencoded::Serializer::new(String::new())
        .append_pair("release", &known.version)
        .finish();
    let number = |number: u32| count(number.into());
    Row {
        version: &known.version,
        is_newest: index == 0 && known.first_seen_ms > 0,
        first_seen: moment(known.first_seen_ms, page.shell.now_ms),
        share: if all == 0 { String::new() } else { share(health.sessions, all) },
        width: part(health.sessions, all),
        sessions: count(health.sessions),
        crash_free: crash_free.map(rate).unwrap_or_default(),
        is_below: crash_free.is_some_and(|rate| rate < TARGET),
        place: part(whole(place * 1_000.0), 1_000),
        users: health.crash_free_users().map(rate).unwrap_or_default(),
        new: number(known.new_issues),
        regressed: number(known.regressed_issues),
        issues: format!("issues/?{issues}"),
    }
}

/// `98.41%`; less than all is never all.
fn rate(rate: f64) -> String {
    let hundredths = whole(rate * 10_000.0);
    match hundredths {
        10_000 if rate < 1.0 => ">99.99%".to_owned(),
        10_000 => "100%".to_owned(),
        _ => format!("{}.{:02}%", hundredths / 100, hundredths % 100),
    }
}

#[cfg(test)]
mod tests {
    use super::rate;

    #[test]
    fn rates_have_two_places_and_are_all_only_if_nothing_crashed() {
        let rates = [1.0, 0.999_99, 0.984_1, 0.5, 0.0].map(rate);
        assert_eq!(rates, ["100%", ">99.99%", "98.41%", "50.00%", "0.00%"]);
    }
}
