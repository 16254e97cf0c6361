//! What a page of the dashboard costs, with little stored and with much: time in workerd, statements and rows read as D1
//! counts them, and what a first visit loads. Two Workers run side by side and are asked in turn, so that the machine's
//! moods meet both.

mod pages;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use xtask::paths::Paths;
use xtask::size::compressed;
use xtask::worker::Worker;

use crate::database::Database;
use crate::meter;
use crate::questions::{MOST_MS_OF_VISITS, busiest, is_of_visits};
use crate::report::{Effort, Report};
use crate::seeded::{self, Size};
use crate::statistics::median;
use crate::table::thousands;
use crate::target;
use crate::visitor::Visitor;
use pages::PAGES;

const SIZES: [Size; 2] = [seeded::ONE, seeded::HUNDRED];

/// Not measured: caches fill, and code gets compiled.
const WARM_UP: usize = 3;
const ROUNDS: usize = 9;
const QUICK_ROUNDS: usize = 3;

const MOST_MS: f64 = 100.0;
const MOST_STATEMENTS: f64 = 10.0;
const MOST_READ: f64 = 5_000.0;
/// Of a page with all that it loads, when nothing of it was loaded before.
const MOST_BYTES: f64 = 60_000.0;

/// One of the Workers.
struct Site {
    worker: Worker,
    visitor: Visitor,
    paths: Vec<String>,
    costs: Vec<Cost>,
}

/// Of one page.
#[derive(Default)]
struct Cost {
    ms: Vec<f64>,
    statements: u64,
    rows_read: u64,
    bytes: usize,
}

/// Measures, prints, and fails where a bar is not met.
pub(crate) fn run(paths: &Paths, effort: Effort) -> Result<()> {
    let rounds = effort.rounds(ROUNDS, QUICK_ROUNDS);
    let mut report = Report::new(
        paths,
        "dashboard",
        "Dashboard: what a page costs, with 1,000 issues and with 100,000",
    )?;
    let [small, large] = SIZES.map(|size| open(paths, &size));
    let mut sites = [small?, large?];
    report.say(format!("{} pages in {rounds} rounds, medians; statements and rows as D1 counts them; bytes of a first visit, brotli.", PAGES.len()));
    for round in 0..WARM_UP + rounds {
        for index in 0..PAGES.len() {
            // Neither is always the one that is asked first.
            for turn in 0..SIZES.len() {
                let site = sites.get_mut((round + turn) % SIZES.len()).context("a site")?;
                let ms = site.visitor.get(site.path(index)?)?.ms;
                if round >= WARM_UP {
                    site.costs.get_mut(index).context("a cost")?.ms.push(ms);
                }
            }
        }
    }
    for site in &mut sites {
        site.count(&paths.deploy.join("assets"))?;
    }
    let pages = print(&sites, &mut report)?;
    report.finish(json!({ "pages": pages }))
}

fn open(paths: &Paths, size: &Size) -> Result<Site> {
    let state = seeded::state(paths, size)?;
    let name = format!("dashboard-{}", size.name);
    let worker = Worker::start(paths, &target::metered_options(paths, &name, &state))?;
    let visitor = Visitor::sign_in(&worker, seeded::PROJECT.0, seeded::PROJECT.1)?;
    let issues = Database::open(&state)?.number("SELECT count(*) FROM issue")?;
    ensure!(issues >= size.issues, "the seed was to store {} issues", size.issues);
    let paths = paths_of(&visitor)?;
    let costs = paths.iter().map(|_| Cost::default()).collect();
    Ok(Site { worker, visitor, paths, costs })
}

/// Of [`PAGES`], with what is there.
fn paths_of(visitor: &Visitor) -> Result<Vec<String>> {
    let project = &visitor.project;
    let api = format!("/api/0/projects/{project}/issues/");
    let list = visitor.json(&api)?;
    let text = |value: &Value, name: &str| -> Result<String> {
        let text = value.get(name).and_then(Value::as_str).map(str::to_owned);
        text.with_context(|| format!("{name} is missing in {value}"))
    };
    let id = text(busiest(&list).context("no issue")?, "short_id")?;
    let others = list.as_array().context("a list")?.iter().map(|issue| text(issue, "short_id"));
    let others = others.collect::<Result<Vec<_>>>()?;
    let other = others.into_iter().find(|other| *other != id).context("another issue")?;
    let events = visitor.json(&format!("{api}{id}/events/"))?;
    let event = text(events.get(0).context("a kept event")?, "event_id")?;
    let first = visitor.get(&format!("/{project}/issues/"))?.body;
    let next = crate::questions::second_page(&first).context("a second page")?;
    let fill = |(_, path): &(&str, &str)| {
        let names = [
            ("{p}", project),
            ("{id}", &id),
            ("{other}", &other),
            ("{event}", &event),
            ("{next}", &next),
        ];
        names.iter().fold((*path).to_owned(), |path, (name, value)| path.replace(name, value))
    };
    Ok(PAGES.iter().map(fill).collect())
}

impl Site {
    fn path(&self, index: usize) -> Result<&str> {
        Ok(self.paths.get(index).context("a path")?)
    }

    /// Asks for everything once more, and notes what the meter says of it and what a first visit loads.
    fn count(&mut self, assets: &Path) -> Result<()> {
        for index in 0..self.paths.len() {
            let path = self.path(index)?.to_owned();
            let body = self.visitor.get(&path)?.body;
            let mut bytes = compressed(body.as_bytes());
            for file in files_of(&body) {
                bytes += compressed(&fs::read(assets.join(&file)).with_context(|| file)?);
            }
            let rows = meter::read(&self.worker)?.requests.get(&path).copied();
            let rows = rows.with_context(|| format!("the meter has not seen {path}"))?;
            let cost = self.costs.get_mut(index).context("a cost")?;
            (cost.statements, cost.rows_read, cost.bytes) = (rows.statements, rows.read, bytes);
        }
        Ok(())
    }
}

/// `href="/static/app.css?v=1"` and `src="/static/app.js?v=1"`: what a page loads beside itself, as names in `deploy/assets`.
fn files_of(html: &str) -> Vec<String> {
    let names = html.split("=\"/static/").skip(1).filter_map(|rest| rest.split(['"', '?']).next());
    names.map(|name| format!("static/{name}")).collect()
}

fn print(sites: &[Site; SIZES.len()], report: &mut Report) -> Result<Vec<Value>> {
    let (mut rows, mut figures) = (Vec::new(), Vec::new());
    let mut found: [Vec<(String, f64)>; 5] = Default::default();
    for (index, (name, path)) in PAGES.iter().enumerate() {
        let costs = sites.iter().map(|site| site.costs.get(index).context("a cost"));
        let costs = costs.collect::<Result<Vec<_>>>()?;
        for (cost, size) in costs.iter().zip(SIZES) {
            let name = format!("{name} with {} issues", thousands(size.issues));
            #[expect(clippy::cast_precision_loss, reason = "counts are small")]
            let counts = [cost.statements as f64, cost.rows_read as f64, cost.bytes as f64];
            let [statements, read, bytes] = counts;
            let [ms, of_visits, others @ ..] = &mut found;
            if is_of_visits(path) { of_visits } else { ms }.push((name.clone(), median(&cost.ms)));
            for (all, value) in others.iter_mut().zip([statements, read, bytes]) {
                all.push((name.clone(), value));
            }
        }
        let [small, large] = costs.as_slice() else { bail!("two sizes") };
        let mut row = vec![(*name).to_owned()];
        row.extend([small, large].map(|cost| format!("{:.1}", median(&cost.ms))));
        row.extend([small, large].map(|cost| cost.statements.to_string()));
        row.extend([small, large].map(|cost| thousands(cost.rows_read)));
        row.extend([small, large].map(|cost| thousands(cost.bytes as u64)));
        rows.push(row);
        let figure = |cost: &Cost| {
            json!({
                "median_ms": median(&cost.ms), "statements": cost.statements,
                "rows_read": cost.rows_read, "bytes": cost.bytes,
            })
        };
        figures.push(json!({ "page": name, "1k": figure(small), "100k": figure(large) }));
    }
    let headings = [
        "",
        "ms at 1 k issues",
        "100 k",
        "statements",
        "100 k",
        "rows read",
        "100 k",
        "bytes",
        "100 k",
    ];
    report.table("", &headings, &rows);
    let bars = [
        ("ms at the median", MOST_MS),
        ("ms at the median, of page views", MOST_MS_OF_VISITS),
        ("statements", MOST_STATEMENTS),
        ("rows read", MOST_READ),
        ("bytes of a first visit", MOST_BYTES),
    ];
    for ((what, bar), found) in bars.into_iter().zip(&found) {
        report.none_above(what, found, bar);
    }
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::files_of;

    #[test]
    fn files_of_a_page_are_what_it_names() {
        let html = r#"<link href="/static/app.css?v=1"><script src="/static/app.js"></script><a href="/x">"#;
        assert_eq!(files_of(html), ["static/app.css", "static/app.js"]);
    }
}
