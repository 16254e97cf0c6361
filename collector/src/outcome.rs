//! What was not stored, and why. Refusals cost no rows: they are added up in the isolate, and each outcome writes at most one
//! row in ten seconds. What an isolate holds when it ends is lost, so these numbers are "at least".

pub mod summary;

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;
use worker::{Delay, Env};

use crate::plan::HOUR_MS;
use crate::quota::Reached;
use crate::request::Incoming;
use crate::sql::Statement;
use crate::store::Store;

/// At most one row an outcome in this time.
const PAUSE_MS: i64 = 10_000;

/// How often it is looked what may be written: whoever waits for a first event should not wait long for what was wrong.
const ROUND_MS: u64 = 1_000;

/// A request may go on for 30 s after its answer.
const ROUNDS: u32 = 25;

/// After this time a request that waits has written, or was ended.
const LONGEST_MS: i64 = 30_000;

/// Outcomes with their details that an isolate holds; more of the same outcome share an empty detail.
const MAX_HELD: usize = 100;

/// Longest detail in bytes.
const MAX_DETAIL: usize = 200;

/// Project, outcome, reason.
type Outcome = (u32, &'static str, &'static str);

#[derive(Default)]
struct Held {
    /// Not written yet, by outcome and detail.
    pending: HashMap<(Outcome, String), u32>,
    /// When an outcome last wrote a row.
    written_ms: HashMap<Outcome, i64>,
    /// Since when a request waits to write. The platform may end it: it counts no longer than its rounds.
    scheduled_ms: i64,
}

thread_local! {
    static HELD: RefCell<Held> = RefCell::default();
}

/// So many items ended in a way that is not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// `filtered`, `limited`, `dropped`, `invalid`; `discarded` by the sender itself.
    pub outcome: &'static str,
    /// Why, in one word.
    pub reason: &'static str,
    /// What a developer can act on; differs from one to the next.
    pub detail: String,
    /// How many items.
    pub quantity: u32,
}

impl Ended {
    /// A single item.
    pub fn one(outcome: &'static str, reason: &'static str, detail: impl Into<String>) -> Self {
        Self { outcome, reason, detail: detail.into(), quantity: 1 }
    }

    /// Events over a limit.
    pub fn limited(reached: &Reached, quantity: u32) -> Self {
        let Reached { limit, most, .. } = reached;
        Self { outcome: "limited", reason: limit.name(), detail: most.to_string(), quantity }
    }
}

/// Counts what was not stored.
pub fn count(incoming: &Incoming, project_id: u32, ended: Ended) {
    let Ended { outcome, reason, detail, quantity } = ended;
    let detail = detail.get(..detail.floor_char_boundary(MAX_DETAIL)).unwrap_or_default();
    let must_schedule = HELD.with_borrow_mut(|held| {
        hold(held, (project_id, outcome, reason), detail, quantity);
        let is_scheduled = incoming.now_ms - held.scheduled_ms < LONGEST_MS;
        if !is_scheduled {
            held.scheduled_ms = incoming.now_ms;
        }
        !is_scheduled
    });
    if must_schedule {
        incoming.context.wait_until(write_in_rounds(incoming.env.clone()));
    }
}

fn hold(held: &mut Held, outcome: Outcome, detail: &str, quantity: u32) {
    let key = (outcome, detail.to_owned());
    let is_full = held.pending.len() >= MAX_HELD && !held.pending.contains_key(&key);
    // An attacker makes up projects: those that are too many are not counted.
    if is_full && held.pending.len() >= 2 * MAX_HELD {
        return;
    }
    let key = if is_full { (outcome, String::new()) } else { key };
    let sum = held.pending.entry(key).or_default();
    *sum = sum.saturating_add(quantity);
}

async fn write_in_rounds(env: Env) {
    for round in 0..=ROUNDS {
        if round > 0 {
            Delay::from(Duration::from_millis(ROUND_MS)).await;
        }
        let now_ms = crate::now_ms();
        let due = HELD.with_borrow_mut(|held| due(held, now_ms));
        if !due.is_empty() && write(&env, &due, now_ms).await.is_err() {
            HELD.with_borrow_mut(|held| {
                for Due { outcome, detail, quantity } in due {
                    hold(held, outcome, &detail, quantity);
                }
            });
        }
        if HELD.with_borrow(|held| held.pending.is_empty()) {
            break;
        }
    }
    HELD.with_borrow_mut(|held| held.scheduled_ms = 0);
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Due {
    outcome: Outcome,
    detail: String,
    quantity: u32,
}

/// Takes what may be written now: of each outcome whose pause is over, the most frequent detail.
fn due(held: &mut Held, now_ms: i64) -> Vec<Due> {
    let mut due: HashMap<Outcome, (String, u32)> = HashMap::new();
    for ((outcome, detail), quantity) in &held.pending {
        if held.written_ms.get(outcome).is_some_and(|written| now_ms - written < PAUSE_MS) {
            continue;
        }
        let most = due.entry(*outcome).or_default();
        if *quantity > most.1 {
            *most = (detail.clone(), *quantity);
        }
    }
    held.written_ms.retain(|_, written| now_ms - *written < PAUSE_MS);
    due.into_iter()
        .map(|(outcome, (detail, quantity))| {
            held.pending.remove(&(outcome, detail.clone()));
            held.written_ms.insert(outcome, now_ms);
            Due { outcome, detail, quantity }
        })
        .collect()
}

async fn write(env: &Env, due: &[Due], now_ms: i64) -> Result<(), crate::store::StoreError> {
    let store = Store::open(env, now_ms).await?;
    // Not tried again by the store: a lost answer would count twice.
    store.batch(&[add(due, now_ms)]).await?;
    Ok(())
}

/// One row each, of projects that exist; primary keys of `project` and `outcome`.
fn add(due: &[Due], now_ms: i64) -> Statement {
    let rows: Vec<_> = due
        .iter()
        .map(|due| (due.outcome.0, due.outcome.1, due.outcome.2, &due.detail, due.quantity))
        .collect();
    Statement::new(
        "INSERT INTO outcome (project_id, hour, outcome, reason, detail, quantity, last_ms)
         SELECT p.id, ?2, j.value ->> 1, j.value ->> 2, j.value ->> 3, j.value ->> 4, ?3
         FROM json_each(?1) j JOIN project p ON p.id = j.value ->> 0 WHERE true
         ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity, last_ms = excluded.last_ms",
        [
            serde_json::to_string(&rows).unwrap_or_default().into(),
            (now_ms / HOUR_MS).into(),
            now_ms.into(),
        ],
    )
}

/// What was counted of one outcome.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OutcomeRow {
    /// `invalid`, `filtered`, `dropped`, `limited`, `discarded` (by the sender); `refused` of older versions.
    pub outcome: String,
    /// `origin`, `key`, …
    pub reason: String,
    /// The origin, the error's words, …
    pub detail: String,
    /// At least so many.
    pub quantity: u64,
    /// When the last one was.
    pub last_ms: i64,
}

/// Outcomes since an hour, the newest first; primary key of `outcome`.
pub fn since(project_id: u32, hour: i64) -> Statement {
    Statement::new(
        "SELECT outcome, reason, detail, sum(quantity) AS quantity, max(last_ms) AS last_ms
         FROM outcome WHERE project_id = ?1 AND hour >= ?2
         GROUP BY outcome, reason, detail ORDER BY last_ms DESC LIMIT 50",
        [project_id.into(), hour.into()],
    )
}

/// Details of one outcome since an hour, the most frequent first: of a reason, or of all where it is empty. Primary key of
/// `outcome`.
pub fn details(project_id: u32, hour: i64, outcome: &str, reason: &str) -> Statement {
    Statement::new(
        "SELECT outcome, reason, detail, sum(quantity) AS quantity, max(last_ms) AS last_ms FROM outcome
         WHERE project_id = ?1 AND hour >= ?2 AND outcome = ?3 AND (?4 = '' OR reason = ?4)
         GROUP BY reason, detail ORDER BY quantity DESC LIMIT 20",
        [project_id.into(), hour.into(), outcome.into(), reason.into()],
    )
}

/// An outcome of an hour.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct HourRow {
    /// Hours since 1970.
    pub hour: i64,
    /// `accepted`, or as in [`OutcomeRow`].
    pub outcome: String,
    /// Why; empty for what was accepted.
    pub reason: String,
    /// What was met.
    pub detail: String,
    /// How many: exact for what was accepted, else at least so many.
    pub quantity: u64,
}

/// Lines of an export.
pub const EXPORTED_LINES: u32 = 10_000;

/// Lines of which the sums by hour are made.
pub const SUMMED_LINES: u32 = 2_000;

/// What was not stored, as it was counted, newest first; primary key of `outcome`.
pub fn lines(project_id: u32, since_hour: i64, most: u32) -> Statement {
    Statement::new(
        "SELECT hour, outcome, reason, detail, quantity FROM outcome WHERE project_id = ?1 AND hour >= ?2
         ORDER BY hour DESC, outcome DESC, reason DESC, detail DESC LIMIT ?3",
        [project_id.into(), since_hour.into(), most.into()],
    )
}

/// Quantities of lines as [`lines`] has them, summed by hour, outcome and reason, oldest first.
pub fn summed(lines: Vec<HourRow>) -> Vec<HourRow> {
    let mut sums: Vec<HourRow> = Vec::new();
    for line in lines.into_iter().rev() {
        match sums.last_mut() {
            Some(sum)
                if (sum.hour, &sum.outcome, &sum.reason)
                    == (line.hour, &line.outcome, &line.reason) =>
            {
                sum.quantity += line.quantity;
            }
            _ => sums.push(line),
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::test_db::TestDb;

    const ORIGIN: Outcome = (1, "invalid", "origin");
    const KEY: Outcome = (1, "invalid", "key");

    fn held(counts: &[(Outcome, &str, u32)]) -> Held {
        let mut held = Held::default();
        for (outcome, detail, quantity) in counts {
            hold(&mut held, *outcome, detail, *quantity);
        }
        held
    }

    #[test]
    fn each_outcome_writes_one_row_in_ten_seconds() {
        let mut held =
            held(&[(ORIGIN, "https://a.test", 1), (ORIGIN, "https://b.test", 3), (KEY, "", 2)]);
        let mut first = due(&mut held, 100_000);
        first.sort_by_key(|due| due.quantity);
        assert_eq!(
            first.iter().map(|due| due.detail.as_str()).collect::<Vec<_>>(),
            ["", "https://b.test"]
        );
        assert_eq!(due(&mut held, 109_999), []);
        assert_eq!(due(&mut held, 110_000)[0].detail, "https://a.test");
        assert!(held.pending.is_empty());
    }

    #[test]
    fn made_up_projects_and_origins_are_bounded() {
        let mut held = Held::default();
        for number in 0..10_000 {
            hold(&mut held, (number, "invalid", "key"), &number.to_string(), 1);
        }
        assert!(held.pending.len() <= 2 * MAX_HELD);
    }

    #[test]
    fn rows_add_up_and_only_projects_that_exist_have_some() {
        let db = TestDb::with_project();
        let due = [
            Due { outcome: ORIGIN, detail: "https://a.test".into(), quantity: 3 },
            Due { outcome: (99, "invalid", "key"), detail: String::new(), quantity: 5 },
        ];
        db.batch(&[add(&due, 7_200_000)]);
        db.batch(&[add(&due, 7_300_000)]);
        assert_eq!(
            db.rows(&since(1, 2)),
            [["invalid", "origin", "https://a.test", "6", "7300000"]]
        );
        assert_eq!(db.rows(&lines(1, 2, 5)), [["2", "invalid", "origin", "https://a.test", "6"]]);
    }

    #[test]
    fn lines_of_one_reason_and_hour_are_summed() {
        let line = |hour: i64, reason: &str, detail: &str, quantity: u64| HourRow {
            hour,
            outcome: "invalid".into(),
            reason: reason.into(),
            detail: detail.into(),
            quantity,
        };
        let lines = vec![
            line(8, "origin", "https://b.test", 4),
            line(8, "origin", "https://a.test", 3),
            line(8, "key", "", 2),
            line(7, "key", "", 1),
        ];
        let sums: Vec<_> =
            summed(lines).into_iter().map(|sum| (sum.hour, sum.reason, sum.quantity)).collect();
        assert_eq!(sums, [(7, "key".into(), 1), (8, "key".into(), 2), (8, "origin".into(), 7)]);
    }
}
