//! Fills a local database with events as the Worker would have stored them, through the same plans: for measuring how
//! things grow, and for looking at a dashboard with something in it. Started by `cargo xtask seed`.
//!
//! `seed DATABASE PROJECT ISSUES EVENTS VIEWS NOW_MS`: the SQLite file of a Worker that does not run, with its schema.

mod exact;
mod views;

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::time::Instant;

use rusqlite::{Connection, params_from_iter, types::Value};
use trapline_collector::plan::{Commit, HOUR_MS, Hints, Kept, Sender, digest, plan};
use trapline_collector::sql::{Arg, Statement};
use trapline_core::event::{Breadcrumb, Event, Exception, Frame, Level, Named, Request, User};
use trapline_core::fingerprint::Hash;

/// Events of one transaction.
const AT_ONCE: u64 = 20_000;

/// How far back the first event lies.
pub(crate) const DAYS: i64 = 14;

/// Most that a percentile of page views may be off.
const MOST_ERROR: f64 = 0.05;

/// Distinct users.
const USERS: u64 = 5_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, project, issues, events, page_views, now_ms] = arguments.as_slice() else {
        return Err("usage: seed DATABASE PROJECT ISSUES EVENTS VIEWS NOW_MS".into());
    };
    let seed = Seed {
        project_id: project.parse()?,
        issues: issues.parse()?,
        events: events.parse()?,
        now_ms: now_ms.parse()?,
    };
    let connection = Connection::open(database)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "cache_size", -200_000)?;
    fill(&connection, &seed)?;
    let (project_id, now_ms) = (seed.project_id, seed.now_ms);
    let page_views = page_views.parse()?;
    if page_views > 0 {
        let seed = views::Views { project_id, views: page_views, now_ms };
        let worst = views::fill(&connection, &seed)?;
        if worst > MOST_ERROR {
            return Err(format!("percentiles are {:.2} % off at most", worst * 100.0).into());
        }
    }
    Ok(())
}

struct Seed {
    project_id: u32,
    issues: u64,
    events: u64,
    now_ms: i64,
}

/// What a Worker would remember.
#[derive(Default)]
struct Memory {
    groups: HashMap<Hash, Kept>,
    known: HashSet<u64>,
}

fn fill(connection: &Connection, seed: &Seed) -> rusqlite::Result<()> {
    let start = Instant::now();
    let mut memory = Memory::default();
    let mut next = 0;
    while next < seed.events {
        let end = (next + AT_ONCE).min(seed.events);
        connection.execute_batch("BEGIN")?;
        for number in next..end {
            store(connection, seed, number, &mut memory)?;
        }
        connection.execute_batch("COMMIT")?;
        next = end;
        eprintln!("{next} of {} events, {:.0} s", seed.events, start.elapsed().as_secs_f64());
    }
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
}

fn store(
    connection: &Connection,
    seed: &Seed,
    number: u64,
    memory: &mut Memory,
) -> rusqlite::Result<()> {
    let digested = digest(seed.project_id, event(seed, number));
    let commit = Commit {
        project_id: seed.project_id,
        nonce: i64::try_from(number + 1).unwrap_or(1),
        now_ms: seed.now_ms,
        sender: Sender { visitor: None, country: "DE".into() },
    };
    let (facets, user) = (digested.facets_hash(&commit), digested.user_hash(&commit));
    let hints = Hints {
        kept: memory.groups.get(&digested.group()).copied(),
        knows_facets: memory.known.contains(&facets),
        knows_user: user.is_none_or(|user| memory.known.contains(&user)),
    };
    let mut kept = run(connection, &plan(&digested, &commit, hints))?;
    if kept.is_none() && hints.kept.is_some() {
        kept = run(connection, &plan(&digested, &commit, Hints::default()))?;
    }
    memory.groups.extend(kept.map(|kept| (digested.group(), kept)));
    memory.known.insert(facets);
    memory.known.extend(user);
    Ok(())
}

fn run(
    connection: &Connection,
    plan: &trapline_collector::plan::Plan,
) -> rusqlite::Result<Option<Kept>> {
    let mut kept = None;
    for (index, statement) in plan.statements.iter().enumerate() {
        let row = execute(connection, statement)?;
        if index == plan.counted_at {
            kept = row;
        }
    }
    Ok(kept)
}

/// Runs a statement; its first row, if it gives back what [`Kept`] holds.
fn execute(connection: &Connection, statement: &Statement) -> rusqlite::Result<Option<Kept>> {
    let mut prepared = connection.prepare_cached(statement.sql)?;
    let columns = prepared.column_count();
    let mut rows = prepared.query(params_from_iter(statement.args.iter().map(value)))?;
    let mut kept = None;
    while let Some(row) = rows.next()? {
        if columns == 6 {
            kept = Some(Kept {
                stored: row.get(0)?,
                next_body: row.get(1)?,
                body_ms: row.get(2)?,
                number: row.get(3)?,
                hour: row.get(4)?,
                own_users: row.get(5)?,
            });
        }
    }
    Ok(kept)
}

/// Runs a statement, and reads its rows.
pub(crate) fn run_statement<T>(
    connection: &Connection,
    statement: &Statement,
    mut read: impl FnMut(&rusqlite::Row) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let mut prepared = connection.prepare_cached(statement.sql)?;
    let mut rows = prepared.query(params_from_iter(statement.args.iter().map(value)))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// Numbers are floats, as D1 binds them.
#[expect(clippy::cast_precision_loss, reason = "arguments are below 2^53")]
fn value(arg: &Arg) -> Value {
    match arg {
        Arg::Null => Value::Null,
        Arg::Int(number) => Value::Real(*number as f64),
        Arg::Text(text) => Value::Text(text.clone()),
        Arg::Blob(bytes) => Value::Blob(bytes.clone()),
    }
}

/// Every issue once, the others as often as chance has it: half of all among a tenth of the issues. In the order of time.
fn event(seed: &Seed, number: u64) -> Event {
    let roll = scrambled(number);
    let bug = match number {
        first if first < seed.issues => first,
        _ if roll.is_multiple_of(2) => (roll >> 8) % (seed.issues / 10).max(1),
        _ => (roll >> 8) % seed.issues,
    };
    let span_ms = DAYS * 24 * HOUR_MS;
    let passed = i64::try_from(number).unwrap_or(0)
        * (span_ms / i64::try_from(seed.events.max(1)).unwrap_or(1));
    let at_ms = seed.now_ms - span_ms + passed;
    Event {
        event_id: format!("{roll:016x}{number:016x}"),
        claimed_ms: at_ms,
        received_ms: at_ms,
        level: if bug.is_multiple_of(9) { Level::Warning } else { Level::Error },
        platform: "javascript".into(),
        exceptions: vec![exception(bug, roll)],
        release: Some(format!("shop@2026.11.{}", number * 3 / seed.events.max(1))),
        environment: Some("production".into()),
        user: User { id: Some(format!("u{}", (roll >> 20) % USERS)), ..User::default() },
        request: Request {
            url: Some(format!("https://shop.test/{}", pick(&PAGES, bug))),
            ..Request::default()
        },
        browser: named(pick(&BROWSERS, roll >> 30), "142.0"),
        os: named(pick(&SYSTEMS, roll >> 33), "15"),
        breadcrumbs: vec![Breadcrumb {
            category: "ui.click".into(),
            message: "main > form#checkout > button.primary".into(),
            ..Breadcrumb::default()
        }],
        count: 1,
        ..Event::default()
    }
}

const PAGES: [&str; 6] = ["checkout", "basket", "search", "product", "account", ""];
const BROWSERS: [&str; 4] = ["Chrome", "Firefox", "Safari", "Edge"];
const SYSTEMS: [&str; 4] = ["Windows", "macOS", "Android", "iOS"];
const PARTS: [&str; 8] =
    ["amount", "total", "items", "address", "price", "session", "token", "stock"];
const KINDS: [&str; 4] = ["TypeError", "RangeError", "ReferenceError", "NetworkError"];

/// One bug in five comes by two ways, which are two groups.
fn exception(bug: u64, roll: u64) -> Exception {
    let name = word(bug);
    let way = if bug.is_multiple_of(5) && roll.is_multiple_of(3) { "retry" } else { "submit" };
    let frame = |function: String, file: &str, line: u32, in_app: bool| Frame {
        function,
        file: format!("https://shop.test/assets/{file}.js"),
        line,
        column: 7,
        in_app,
        ..Frame::default()
    };
    Exception {
        kind: pick(&KINDS, bug).into(),
        value: format!(
            "Cannot read properties of undefined (reading '{}') in {name}",
            pick(&PARTS, bug)
        ),
        frames: vec![
            frame(format!("render{name}"), "checkout", 142, true),
            frame(format!("update{name}"), "basket", 61, true),
            frame(way.to_owned(), "form", 20, false),
        ],
        ..Exception::default()
    }
}

fn named(name: &str, version: &str) -> Named {
    Named { name: name.into(), version: version.into() }
}

pub(crate) fn pick(values: &[&'static str], roll: u64) -> &'static str {
    let index = usize::try_from(roll).unwrap_or(0) % values.len().max(1);
    values.get(index).copied().unwrap_or_default()
}

/// A number in letters: digits would be taken for what varies.
fn word(number: u64) -> String {
    number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}

/// Spreads neighbouring numbers (splitmix64).
pub(crate) fn scrambled(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
