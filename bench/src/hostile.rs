//! Hostile traffic at full speed beside normal traffic: whether each normal event is stored, and how many rows refusals write.
//! At most one row an outcome in ten seconds is the bar; an outcome is a project, what became of an item, and why.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use xtask::paths::Paths;
use xtask::worker::http;

use crate::attack::{ATTACKS, Attacks};
use crate::database::Database;
use crate::event::envelope;
use crate::meter;
use crate::mix::Mix;
use crate::report::{self, Failures};
use crate::statistics::{median, percentile};
use crate::table::{self, thousands};
use crate::target::{self, Target};

/// Attackers, each as fast as it is answered.
const ATTACKERS: usize = 6;

/// A busy page: 20 events a second.
const PAUSE: Duration = Duration::from_millis(50);

/// An outcome writes a row in this time.
const ROW_S: f64 = 10.0;

/// Statuses of one attack.
type Statuses = BTreeMap<u16, u64>;

/// What the normal sender saw.
#[derive(Default)]
struct Normal {
    sent: u64,
    accepted: u64,
    refusal: Option<String>,
    latencies_ms: Vec<f64>,
}

/// Attacks for `time`; prints, and fails where a bar is not met.
pub(crate) fn run(paths: &Paths, time: Duration) -> Result<()> {
    let target = target::metered(paths, "hostile")?;
    let victim = target.worker.set_up_for("Victim", "victim", &["https://shop.test"])?.dsn;
    let database = Database::open(&target.state)?;
    database.run(
        "UPDATE project SET settings = '{\"hourly_quota\":10}' WHERE slug = 'victim';
         UPDATE project SET settings = '{\"filters\":{\"messages\":[\"*for nobody*\"]}}' WHERE slug = 'bench';",
    )?;
    let attacks = Attacks::on(&target, &victim)?;
    meter::reset(&target.worker)?;
    println!("{ATTACKERS} attackers beside 20 events a second, for {} s", time.as_secs());
    let start = Instant::now();
    let (normal, statuses) = attack(&target, &attacks, time)?;
    let seconds = start.elapsed().as_secs_f64();
    let reading = meter::read(&target.worker)?;
    let mut failures = Failures::default();
    let hostile = print_attacks(&statuses, seconds);
    let stored = print_normal(&normal, &database, &mut failures)?;
    let rows = print_rows(reading.written("outcome"), seconds, &database, &mut failures)?;
    let events = reading.written("event");
    failures.expect(events <= normal.sent + 10, || {
        format!("{events} rows of events were written, {} events are honest", normal.sent)
    });
    report::write(
        paths,
        "hostile",
        json!({ "seconds": seconds, "attacks": hostile, "normal": stored, "outcome_rows": rows }),
    )?;
    failures.result()
}

fn attack(target: &Target, attacks: &Attacks, time: Duration) -> Result<(Normal, Vec<Statuses>)> {
    let end = Instant::now() + time;
    let numbers = AtomicU64::new(0);
    let now_s = target::now_s()?;
    thread::scope(|scope| {
        let attacker = || scope.spawn(|| until(end, attacks, &numbers));
        let attackers: Vec<_> = (0..ATTACKERS).map(|_| attacker()).collect();
        let normal = send_normally(target, end, now_s);
        let mut all = vec![Statuses::new(); ATTACKS.len()];
        for attacker in attackers {
            let seen = attacker.join().ok().context("an attacker panicked")?;
            for (sum, seen) in all.iter_mut().zip(seen) {
                for (status, count) in seen {
                    *sum.entry(status).or_default() += count;
                }
            }
        }
        Ok((normal, all))
    })
}

fn until(end: Instant, attacks: &Attacks, numbers: &AtomicU64) -> Vec<Statuses> {
    let http = http();
    let mut all = vec![Statuses::new(); ATTACKS.len()];
    while Instant::now() < end {
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        let request = attacks.request(number);
        let mut post = http.post(&request.url).header("Content-Type", "text/plain");
        for (name, value) in &request.headers {
            post = post.header(*name, value);
        }
        let answer = post.send(&*request.body);
        // Read to the end, or the connection is not used again. An answer before the body's end may close it: status 0.
        let status = answer.and_then(|mut answer| {
            answer.body_mut().read_to_string()?;
            Ok(answer.status().as_u16())
        });
        if let Some(statuses) = all.get_mut(request.attack) {
            *statuses.entry(status.unwrap_or(0)).or_default() += 1;
        }
    }
    all
}

fn send_normally(target: &Target, end: Instant, now_s: f64) -> Normal {
    let (http, mix) = (http(), Mix::a());
    let mut normal = Normal::default();
    while Instant::now() < end {
        let body = envelope(&mix.occurrence(normal.sent, now_s), &target.dsn);
        normal.sent += 1;
        let start = Instant::now();
        let answer = http.post(&target.url).header("Content-Type", "text/plain").send(&body);
        let answer = answer.and_then(|mut answer| {
            Ok((answer.status().as_u16(), answer.body_mut().read_to_string()?))
        });
        normal.latencies_ms.push(start.elapsed().as_secs_f64() * 1_000.0);
        match answer {
            Ok((200, _)) => normal.accepted += 1,
            other => normal.refusal = Some(format!("{other:?}")),
        }
        thread::sleep(PAUSE.saturating_sub(start.elapsed()));
    }
    normal
}

fn print_attacks(statuses: &[Statuses], seconds: f64) -> Vec<Value> {
    let (mut rows, mut figures, mut all) = (Vec::new(), Vec::new(), 0);
    for (name, statuses) in ATTACKS.iter().zip(statuses) {
        let sum: u64 = statuses.values().sum();
        all += sum;
        let words: Vec<String> = statuses
            .iter()
            .map(|(status, count)| format!("{status}: {}", thousands(*count)))
            .collect();
        rows.push(vec![(*name).to_owned(), thousands(sum), words.join(", ")]);
        figures.push(json!({ "attack": name, "requests": sum, "statuses": statuses }));
    }
    println!("\n{}", table::lines(&["attack", "requests", "by status"], &rows));
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    let rate = all as f64 / seconds;
    println!("{} hostile requests, {rate:.0} a second", thousands(all));
    figures
}

fn print_normal(normal: &Normal, database: &Database, failures: &mut Failures) -> Result<Value> {
    let Normal { sent, accepted, refusal, latencies_ms } = normal;
    let stored = database.number(
        "SELECT count(*) FROM event e JOIN project p ON p.id = e.project_id WHERE p.slug = 'bench'",
    )?;
    let (p50_ms, p99_ms) = (median(latencies_ms), percentile(latencies_ms, 0.99));
    println!(
        "normal events: {} sent, {} answered 200, {} stored; p50 {p50_ms:.0} ms, p99 {p99_ms:.0} ms",
        thousands(*sent),
        thousands(*accepted),
        thousands(stored),
    );
    failures.expect(accepted == sent && stored == *sent, || {
        let refusal = refusal.as_deref().unwrap_or("none was refused");
        format!("{sent} normal events were sent, {accepted} accepted, {stored} stored ({refusal})")
    });
    Ok(
        json!({ "sent": sent, "accepted": accepted, "stored": stored, "p50_ms": p50_ms, "p99_ms": p99_ms }),
    )
}

fn print_rows(
    written: u64,
    seconds: f64,
    database: &Database,
    failures: &mut Failures,
) -> Result<Value> {
    let outcomes = database.number(
        "SELECT count(*) FROM (SELECT DISTINCT project_id, outcome, reason FROM outcome)",
    )?;
    ensure!(outcomes > 0, "no refusal was counted: the attack did not arrive");
    let counted = database.number("SELECT sum(quantity) FROM outcome")?;
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    let (bar, rows) = (outcomes as f64 * ((seconds / ROW_S).floor() + 1.0), written as f64);
    println!(
        "{outcomes} outcomes of {} items wrote {} rows; bar {bar:.0}: one an outcome in {ROW_S:.0} s",
        thousands(counted),
        thousands(written)
    );
    failures.expect(rows <= bar, || format!("refusals wrote {rows:.0} rows, bar {bar:.0}"));
    Ok(json!({ "outcomes": outcomes, "items": counted, "written": written, "bar": bar }))
}
