//! Page views: rows as the Worker appends them, added up by its own steps, hour by hour; and sessions, and some feedback.

use std::time::Instant;

use rusqlite::{Connection, Row};
use trapline_collector::feedback::{self, Feedback};
use trapline_collector::page_views::fold::{self, Chunk, Long, Named, State};
use trapline_collector::page_views::join::{self, Texts};
use trapline_collector::page_views::purge;
use trapline_collector::plan::{HOUR_MS, Sender};
use trapline_collector::purge::Keep;
use trapline_collector::sessions;
use trapline_collector::sql::Statement;
use trapline_core::decode::Sessions;
use trapline_core::page_view::{LongFrame, PageView, Requests, Vital};

use super::exact::Exact;
use super::{DAYS, pick, run_statement, scrambled};

/// Views of one row, as `append` has it.
const CHUNK: usize = 64;

/// Views that are not added up at the end: somewhat fewer than those for which the Worker does it.
const WAITING: usize = 1_000;

/// Views that have a session told of: the others belong to the same ones.
const VIEWS_OF_SESSION: u64 = 5;

/// What is to be stored.
pub(crate) struct Views {
    pub(crate) project_id: u32,
    pub(crate) views: u64,
    pub(crate) now_ms: i64,
}

/// Stores them over the last days; the last of them wait. Gives back how far percentiles are from the exact ones.
pub(crate) fn fill(connection: &Connection, seed: &Views) -> rusqlite::Result<f64> {
    let start = Instant::now();
    let hours = DAYS * 24;
    let last_hour = seed.now_ms / HOUR_MS;
    let of_hour = |hour: i64| {
        seed.views * u64::try_from(hour).unwrap_or(0) / u64::try_from(hours).unwrap_or(1)
    };
    let (mut nonce, mut exact) = (1, Exact::default());
    for hour in 0..hours {
        connection.execute_batch("BEGIN")?;
        let at_hour = last_hour - hours + hour + 1;
        let views: Vec<PageView> = (of_hour(hour)..of_hour(hour + 1))
            .map(|number| view(number, at_hour * HOUR_MS, seed))
            .collect();
        views.iter().for_each(|view| exact.add(view));
        let is_last = hour + 1 == hours;
        let waiting = if is_last { views.len().min(WAITING) } else { 0 };
        let (first, rest) = views.split_at(views.len() - waiting);
        append(connection, seed.project_id, at_hour, first)?;
        add_up(connection, seed.project_id, at_hour * HOUR_MS, &mut nonce)?;
        append(connection, seed.project_id, at_hour, rest)?;
        tell_sessions(connection, seed, &views)?;
        connection.execute_batch("COMMIT")?;
        if hour % 24 == 23 {
            eprintln!(
                "{} of {} views, {:.0} s",
                of_hour(hour + 1),
                seed.views,
                start.elapsed().as_secs_f64()
            );
        }
    }
    let keep = [Keep { project_id: seed.project_id, days: 90, body_days: 90 }];
    for _ in 0..200 {
        for statement in purge::step(&keep, seed.now_ms) {
            run_statement(connection, &statement, |_| Ok(()))?;
        }
    }
    say_something(connection, seed)?;
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    exact.compare(connection, seed)
}

/// As `append` would, a row of 64 at once.
fn append(
    connection: &Connection,
    project_id: u32,
    hour: i64,
    views: &[PageView],
) -> rusqlite::Result<()> {
    let state = state(connection, project_id)?;
    for slot in 0..4 {
        let own: Vec<&PageView> = views.iter().filter(|view| slot_of(view) == slot).collect();
        let next = "SELECT coalesce(max(seq) + 1, 0) FROM page_view_chunk WHERE project_id = ?1 AND hour = ?2 AND slot = ?3";
        let next: i64 = connection
            .prepare_cached(next)?
            .query_row((project_id, hour, slot), |row| row.get(0))?;
        for (seq, some) in (next..).zip(own.chunks(CHUNK)) {
            let join = |text: fn(&PageView) -> String, between: &str| {
                some.iter().map(|view| text(view)).collect::<Vec<_>>().join(between)
            };
            connection.prepare_cached(
                "INSERT INTO page_view_chunk (project_id, hour, slot, seq, generation, count, ids, views)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute((
                project_id,
                hour,
                slot,
                seq,
                state.generation,
                i64::try_from(some.len()).unwrap_or(0),
                join(|view| view.id.chars().take(16).collect(), " "),
                join(PageView::line, ","),
            ))?;
        }
    }
    Ok(())
}

fn slot_of(view: &PageView) -> u32 {
    let first = view.id.chars().next().and_then(|digit| digit.to_digit(16));
    first.unwrap_or(0) % 4
}

fn state(connection: &Connection, project_id: u32) -> rusqlite::Result<State> {
    let read = |row: &Row| {
        Ok(State {
            generation: row.get(0)?,
            folded: row.get(1)?,
            place: row.get(2)?,
            begun_ms: row.get(3)?,
            waiting: u64::from(row.get::<_, u32>(4)?),
        })
    };
    let mut rows = run_statement(connection, &fold::state(project_id), read)?;
    rows.pop().ok_or(rusqlite::Error::QueryReturnedNoRows)
}

/// Steps until nothing waits.
fn add_up(
    connection: &Connection,
    project_id: u32,
    now_ms: i64,
    nonce: &mut i64,
) -> rusqlite::Result<()> {
    let mut now = state(connection, project_id)?;
    if let Some(close) = now.close(project_id, now_ms) {
        run_statement(connection, &close, |_| Ok(()))?;
        now = state(connection, project_id)?;
    }
    while now.generation > now.folded + 1 {
        let chunk = |row: &Row| {
            Ok(Chunk { hour: row.get(0)?, slot: row.get(1)?, seq: row.get(2)?, views: row.get(3)? })
        };
        let chunks = run_statement(connection, &now.next(project_id), chunk)?;
        let named =
            |row: &Row| Ok(Named { kind: row.get(0)?, day: row.get(1)?, name: row.get(2)? });
        let known = run_statement(connection, &fold::known(project_id, &chunks), named)?;
        let statements = fold::step(project_id, &now, &chunks, &known, *nonce).unwrap_or_default();
        *nonce += 1;
        let mut long = Vec::new();
        for (index, statement) in statements.iter().enumerate() {
            let is_long = |row: &Row| {
                Ok(Long {
                    kind: row.get(0)?,
                    day: row.get(1)?,
                    name: row.get(2)?,
                    is_long: row.get(3)?,
                })
            };
            if index == 0 {
                run_statement(connection, statement, |_| Ok(()))?;
            } else {
                long.extend(run_statement(connection, statement, is_long)?);
            }
        }
        long.retain(|row| row.is_long == 1);
        join_long(connection, project_id, &long)?;
        now = state(connection, project_id)?;
    }
    Ok(())
}

fn join_long(connection: &Connection, project_id: u32, long: &[Long]) -> rusqlite::Result<()> {
    let long = long.get(..long.len().min(join::ROWS)).unwrap_or_default();
    let texts = |row: &Row| {
        Ok(Texts { kind: row.get(0)?, day: row.get(1)?, name: row.get(2)?, texts: row.get(3)? })
    };
    let rows = run_statement(connection, &join::texts(project_id, long), texts)?;
    match join::join(project_id, &rows) {
        Some(statement) => run_statement(connection, &statement, |_| Ok(())).map(drop),
        None => Ok(()),
    }
}

const PAGES: u64 = 200;
const ENDPOINTS: u64 = 120;
const BROWSERS: [&str; 6] =
    ["Chrome 142", "Chrome 141", "Safari 26", "Firefox 145", "Edge 142", "Mobile Safari 26"];
const COUNTRIES: [&str; 8] = ["DE", "US", "SE", "FR", "GB", "NL", "DK", "PL"];
const DEVICES: [&str; 4] = ["phone", "desktop", "phone", "tablet"];
const KINDS: [&str; 4] = ["navigate", "soft-navigation", "navigate", "back-forward-cache"];

/// A rank below `many`, the first ones most frequent, as Zipf has it.
fn zipf(roll: u64, many: u64) -> u64 {
    let chance = (roll >> 11) as f64 / (1_u64 << 53) as f64;
    ((many as f64).powf(chance) - 1.0) as u64
}

/// Around a median, with a long tail: the product of some chances.
fn around(roll: u64, median: f64) -> f64 {
    let chance = |shift: u32| ((roll >> shift) & 0xffff) as f64 / 65_536.0;
    let sum: f64 = [0, 16, 32, 48].into_iter().map(|shift| chance(shift) - 0.5).sum();
    median * (1.6 * sum).exp()
}

fn name_of(page: u64) -> String {
    match page {
        0 => "/".to_owned(),
        1 => "/checkout".to_owned(),
        page if page % 3 == 0 => format!("/c/{}/{{id}}", word(page)),
        page => format!("/{}", word(page)),
    }
}

fn word(number: u64) -> String {
    number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}

/// The view with this number, in an hour.
pub(crate) fn view(number: u64, hour_ms: i64, seed: &Views) -> PageView {
    let roll = scrambled(number ^ 0x9a9e);
    let again = scrambled(roll);
    let page = zipf(again, PAGES);
    let name = name_of(page);
    let slower = 1.0 + (page % 7) as f64 / 4.0;
    let vital = |value: f64, target: &str, parts: [f64; 5]| {
        let share = parts.map(|part| part * value);
        Some(Vital { value, target: target.to_owned(), parts: share, ..Vital::default() })
    };
    let is_error = roll.is_multiple_of(29);
    let (lcp, inp) = (
        around(roll, 1_700.0) * slower,
        around(again, 130.0) * slower * if is_error { 2.0 } else { 1.0 },
    );
    let requests = (0..1 + roll % 4).map(|index| request(scrambled(roll ^ index))).collect();
    PageView {
        id: format!("{again:016x}{number:016x}"),
        session_id: format!("{:032x}", number / VIEWS_OF_SESSION),
        started_ms: (hour_ms + i64::try_from(roll % 3_600_000).unwrap_or(0)).min(seed.now_ms),
        url: format!("https://shop.test{}", name.replace("{id}", &(roll % 900).to_string())),
        page: name,
        kind: pick(&KINDS, again).into(),
        release: format!("shop@2026.11.{}", number * 3 / seed.views.max(1)),
        environment: "production".into(),
        weight: 1_000,
        visible_ms: around(roll, 20_000.0),
        abandoned: lcp > 4_000.0 || roll.is_multiple_of(17),
        errors: u32::from(is_error),
        device: pick(&DEVICES, roll >> 20).into(),
        connection: "4g".into(),
        browser: pick(&BROWSERS, zipf(again >> 1, 6)).into(),
        country: pick(&COUNTRIES, zipf(roll >> 1, 8)).into(),
        vitals: [
            vital(
                lcp,
                pick(&["main > img.hero", "h1", "div.banner > img"], roll),
                [0.2, 0.3, 0.4, 0.1, 0.0],
            ),
            (!roll.is_multiple_of(3))
                .then(|| {
                    vital(
                        inp,
                        pick(&["button.pay", "input[name=voucher]", "a.more", "#menu"], again),
                        [0.1, 0.75, 0.15, 0.0, 0.0],
                    )
                })
                .flatten(),
            vital((around(roll, 30.0) - 15.0).max(0.0) / 1_000.0, "div.banner", [0.0; 5]),
            vital(lcp * 0.6, "", [0.2, 0.0, 0.0, 0.0, 0.0]),
            vital(lcp * 0.3, "", [0.05, 0.0, 0.05, 0.2, 0.7]),
        ],
        load: [0.0, 5.0, 20.0, lcp * 0.3, 30.0, lcp * 0.9, lcp * 1.2, lcp * 1.3],
        long_frames: u32::try_from(roll % 5).unwrap_or(0),
        blocking_ms: around(again, 90.0),
        frames: vec![LongFrame {
            duration: around(again, 140.0),
            blocking: around(again, 90.0),
            at: 1_000.0,
            script: format!(
                "https://shop.test/assets/{}.js",
                pick(&["app", "checkout", "chat"], again)
            ),
            function: pick(&["render", "onBuy", "hydrate"], roll).into(),
            invoker: "BUTTON.onclick".into(),
        }],
        requests,
        script_bytes: 400_000.0 + (page % 11) as f64 * 10_000.0,
        bytes: 1_500_000.0,
        ..PageView::default()
    }
}

fn request(roll: u64) -> Requests {
    let endpoint = zipf(roll, ENDPOINTS);
    let method = if endpoint % 4 == 3 { "POST" } else { "GET" };
    let duration = around(scrambled(roll), 90.0 + (endpoint % 9) as f64 * 60.0);
    let fails = endpoint % 13 == 5 && roll.is_multiple_of(20);
    Requests {
        method: method.into(),
        url: format!("/api/{}/{{id}}", word(endpoint)),
        count: 1,
        no_answer: u32::from(fails && roll.is_multiple_of(40)),
        status_5xx: u32::from(fails && !roll.is_multiple_of(40)),
        received: 4_000.0,
        durations: vec![(trapline_core::histogram::bucket_of(duration), 1)],
        ..Requests::default()
    }
}

fn tell_sessions(
    connection: &Connection,
    seed: &Views,
    views: &[PageView],
) -> rusqlite::Result<()> {
    // Each row of sessions is written anew as a whole: a part of them is enough.
    for view in views.iter().step_by(40) {
        let told = Sessions {
            key: view.id.chars().take(11).collect(),
            user: view.session_id.clone(),
            started_ms: view.started_ms,
            release: view.release.clone(),
            environment: view.environment.clone(),
            started: 1,
            errored: u32::from(view.errors > 0),
            crashed: u32::from(view.errors > 0 && view.abandoned),
            ..Sessions::default()
        };
        let statement = sessions::count(seed.project_id, &told, None, view.started_ms);
        run_statement(connection, &statement, |_| Ok(()))?;
    }
    Ok(())
}

const SAID: [&str; 5] = [
    "The pay button does nothing. I pressed it five times.",
    "No picture of the walnut stool, only a grey box.",
    "The total stays empty as soon as I type SPRING10.",
    "Why is everything in Danish when I picked Norwegian?",
    "The list jumps when I try to tap the first result.",
];

fn say_something(connection: &Connection, seed: &Views) -> rusqlite::Result<()> {
    for number in 0..(seed.views / 5_000).min(200) {
        let roll = scrambled(number);
        let at_ms = seed.now_ms - i64::try_from(roll % 1_000_000_000).unwrap_or(0);
        let said = Feedback {
            id: format!("{roll:032x}"),
            at_ms,
            message: format!("{} ({number})", pick(&SAID, roll)),
            name: if roll.is_multiple_of(2) { "Elin".into() } else { String::new() },
            url: "https://shop.test/checkout".into(),
            release: "shop@2026.11.2".into(),
            browser: pick(&BROWSERS, roll >> 7).into(),
            ..Feedback::default()
        };
        let statement: Statement =
            feedback::store(seed.project_id, &said, &Sender::default(), at_ms);
        run_statement(connection, &statement, |_| Ok(()))?;
    }
    Ok(())
}
