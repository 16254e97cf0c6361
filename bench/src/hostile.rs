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
use crate::report::Report;
use crate::statistics::{median, percentile};
use crate::table::thousands;
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
    let mut report =
        Report::new(paths, "hostile", "Hostile traffic at full speed beside honest events")?;
    let target = target::metered(paths, "hostile")?;
    let victim = target.worker.set_up_for("Victim", "victim", &["https://shop.test"])?.dsn;
    let database = Database::open(&target.state)?;
    database.run(
        "UPDATE project SET settings = '{\"hourly_quota\":10}' WHERE slug = 'victim';
         UPDATE project SET settings = '{\"filters\":{\"messages\":[\"*for nobody*\"]}}' WHERE slug = 'bench';",
    )?;
    let attacks = Attacks::on(&target, &victim)?;
    meter::reset(&target.worker)?;
    report
        .say(format!("{ATTACKERS} attackers beside 20 events a second, for {} s.", time.as_secs()));
    let start = Instant::now();
    let (normal, statuses) = attack(&target, &attacks, time)?;
    let seconds = start.elapsed().as_secs_f64();
    let reading = meter::read(&target.worker)?;
    let hostile = print_attacks(&statuses, seconds, &mut report);
    let stored = print_normal(&normal, &database, &mut report)?;
    let rows = print_rows(reading.written("outcome"), seconds, &database, &mut report)?;
    let events = reading.written("event");
    let honest = normal.sent + 10;
    report.bar(
        "rows of events written",
        thousands(events),
        format!("≤ {}: the honest ones, and 10 within a quota", thousands(honest)),
        events <= honest,
    );
    report.finish(
        json!({ "seconds": seconds, "attacks": hostile, "normal": stored, "outcome_rows": rows }),
    )
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

fn print_attacks(statuses: &[Statuses], seconds: f64, report: &mut Report) -> Vec<Value> {
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
    report.table("", &["attack", "requests", "by status"], &rows);
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    let rate = all as f64 / seconds;
    report.say(format!("{} hostile requests, {rate:.0} a second. Status 0: the connection was closed before the answer.", thousands(all)));
    figures
}

fn print_normal(normal: &Normal, database: &Database, report: &mut Report) -> Result<Value> {
    let Normal { sent, accepted, refusal, latencies_ms } = normal;
    let stored = database.number(
        "SELECT count(*) FROM event e JOIN project p ON p.id = e.project_id WHERE p.slug = 'bench'",
    )?;
    let (p50_ms, p99_ms) = (median(latencies_ms), percentile(latencies_ms, 0.99));
    report.table(
        "honest",
        &["honest events", "sent", "answered 200", "stored", "p50 ms", "p99 ms"],
        &[vec![
            "beside the attack".into(),
            thousands(*sent),
            thousands(*accepted),
            thousands(stored),
            format!("{p50_ms:.0}"),
            format!("{p99_ms:.0}"),
        ]],
    );
    if let Some(refusal) = refusal {
        report.say(format!("One honest event was refused with {refusal}."));
    }
    report.equal("honest events answered 200, of those sent", *accepted, *sent);
    report.equal("honest events stored, of those sent", stored, *sent);
    Ok(
        json!({ "sent": sent, "accepted": accepted, "stored": stored, "p50_ms": p50_ms, "p99_ms": p99_ms }),
    )
}

fn print_rows(
    written: u64,
    seconds: f64,
    database: &Database,
    report: &mut Report,
) -> Result<Value> {
    let outcomes = database.number(
        "SELECT count(*) FROM (SELECT DISTINCT project_id, outcome, reason FROM outcome)",
    )?;
    ensure!(outcomes > 0, "no refusal was counted: the attack did not arrive");
    let counted = database.number("SELECT sum(quantity) FROM outcome")?;
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    let (bar, rows) = (outcomes as f64 * ((seconds / ROW_S).floor() + 1.0), written as f64);
    report.say(format!(
        "{outcomes} outcomes of {} items wrote {} rows: one an outcome in {ROW_S:.0} s is the most.",
        thousands(counted),
        thousands(written)
    ));
    report.at_most("rows that refusals wrote", rows, bar);
    Ok(json!({ "outcomes": outcomes, "items": counted, "written": written, "bar": bar }))
}
