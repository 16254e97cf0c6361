//! Rows written a page view, as D1 meters them: from its arrival, adding up included, until retention has taken it and its sums away.

use anyhow::Result;
use serde_json::{Value, json};
use xtask::paths::Paths;

use crate::database::{BYTES, Database};
use crate::event::scrambled;
use crate::report::{Effort, Report};
use crate::rows::{cells, purge, share};
use crate::table::thousands;
use crate::{load, meter, target};

/// How many are sent.
const VIEWS: u64 = 20_000;

/// Rows a view may cost.
const BAR: f64 = 1.3;

const CONNECTIONS: usize = 8;

/// Over which views are spread, so that hours begin and end.
const HOURS: f64 = 6.0;

/// Past the 90 days that a project keeps events.
const AGE_DAYS: u32 = 91;

const PAGES: u64 = 200;
const ENDPOINTS: u64 = 120;

/// The trigger that adds up, and takes away what is old.
const CRON: &str = "3-58/5+*+*+*+*";

const HEADINGS: [&str; 4] = ["rows written a page view", "ingest", "purge", "sum"];

/// Sends views, ages them, has them purged; prints what was written by table, and notes where that is above the bar.
pub(crate) fn run(paths: &Paths, effort: Effort, report: &mut Report) -> Result<Value> {
    let views = effort.requests(VIEWS);
    let target = target::metered(paths, "meter")?;
    let now_s = target::now_s()?;
    let body = |number| {
        let at_s = now_s - HOURS * 3_600.0 * (1.0 - share(number, views));
        envelope(number, at_s, &target.dsn)
    };
    meter::reset(&target.worker)?;
    load::for_count(&target.url, CONNECTIONS, views, &body)?.all_accepted("page views")?;
    let database = Database::open(&target.state)?;
    let mut ingested = meter::read(&target.worker)?;
    let kv_reads = ingested.kv_reads;
    let stored = database.number("SELECT coalesce(sum(count), 0) FROM page_view_chunk")?;
    let sums = database.number("SELECT count(*) FROM page_view_stat")?;
    // What still waits is added up by the cron, as an hour later.
    database.run("UPDATE page_view_fold SET begun_ms = 0")?;
    ingested.add(purge(&target.worker, CRON)?.reading);
    let bytes = database.number(BYTES)?;
    database.age_by_days(AGE_DAYS)?;
    let purged = purge(&target.worker, CRON)?.reading;
    let left = database.number(
        "SELECT (SELECT count(*) FROM page_view_chunk) + (SELECT count(*) FROM page_view_stat)",
    )?;
    let read = share(ingested.sum().read, views);
    report.say(format!(
        "{} page views of {PAGES} pages over {HOURS} hours, kept as {} sums. Read a view: {read:.1} rows while ingesting and adding up, {:.1} while purging.",
        thousands(views),
        thousands(sums),
        share(purged.sum().read, views),
    ));
    report.table("rows-views", &HEADINGS, &cells(&ingested, &purged, views));
    let rows = share(ingested.sum().written + purged.sum().written, views);
    report.equal("page views stored, of those sent", stored, views);
    report.equal("rows of page views that retention left", left, 0);
    report.at_most("rows written a page view", rows, BAR);
    Ok(json!({
        "events": views, "stored": stored, "sums": sums, "bar": BAR, "rows_written_an_event": rows,
        "rows_read_an_event": { "ingest": read, "purge": share(purged.sum().read, views) },
        "kv_reads_an_event": share(kv_reads, views), "stored_bytes_an_event": share(bytes, views),
    }))
}

/// A rank below `many`, as Zipf has it.
fn zipf(roll: u64, many: u64) -> u64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits of chance are enough")]
    let (chance, most) = ((roll >> 11) as f64 / (1_u64 << 53) as f64, many as f64);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below `many`")]
    let rank = (most.powf(chance) - 1.0) as u64;
    rank
}

fn word(number: u64) -> String {
    number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}

/// The view with a number.
pub(crate) fn envelope(number: u64, at_s: f64, dsn: &str) -> Vec<u8> {
    let (roll, other) = (scrambled(number), scrambled(!number));
    let page = format!("/{}", word(zipf(other, PAGES)));
    let requests: Vec<Value> = (0..1 + roll % 4)
        .map(|index| {
            let url = format!("/api/{}", word(zipf(scrambled(roll ^ index), ENDPOINTS)));
            json!({ "method": "GET", "url": url, "count": 1, "durations": [[50 + roll % 30, 1]], "received": 4000 })
        })
        .collect();
    let view = json!({
        "id": format!("{roll:016x}{number:016x}"), "session_id": format!("{other:032x}"), "started": at_s * 1_000.0,
        "url": format!("https://shop.test{page}"), "page": page, "kind": "navigate",
        "release": format!("shop@{}", roll % 3), "environment": "production", "sample_rate": 0.1, "visible_ms": 5_300,
        "device": "phone", "connection": "4g",
        "vitals": {
            "lcp": { "value": 900 + roll % 3_000, "target": "main > img.hero", "ttfb": 210, "load_delay": 300, "load": 900 },
            "inp": { "value": 50 + other % 400, "target": "button#buy", "processing": 180 },
            "cls": { "value": 0.021, "target": "div.banner" },
            "fcp": { "value": 900 }, "ttfb": { "value": 210 },
        },
        "load": { "dns": 5, "connect": 20, "request": 175, "load": 1_510 },
        "requests": requests,
    });
    format!("{}\n{{\"type\":\"page_view\"}}\n{view}", json!({ "dsn": dsn })).into_bytes()
}
