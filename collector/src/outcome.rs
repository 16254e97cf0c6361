//! What was not stored, and why. Refusals cost no rows: they are added up in the isolate, and each outcome writes at most one
//! row in ten seconds. What an isolate holds when it ends is lost, so these numbers are "at least".

mod lines;
pub mod summary;

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use worker::{Delay, Env};

use crate::plan::HOUR_MS;
use crate::quota::Reached;
use crate::request::Incoming;
use crate::sql::Statement;
use crate::store::Store;

pub use lines::{EXPORTED_LINES, HourRow, OutcomeRow, SUMMED_LINES, details, lines, since, summed};

/// At most one row an outcome in this time.
const PAUSE_MS: i64 = 10_000;

/// How often it is looked what may be written: whoever waits for a first event should not wait long for what was wrong.
const ROUND_MS: u64 = 1_000;

/// A request may go on for 30 s after its answer.
const ROUNDS: u32 = 25;

/// A request that waits to write takes what is counted in this time; the next one takes over then. Whatever is counted has
/// [`PAUSE_MS`] and more before the last round of the request that writes it.
const TURN_MS: i64 = 10_000;

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
    /// Since when a request waits to write, and which: it ends where another one took over.
    turn_ms: i64,
    turn: u32,
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
    HELD.with_borrow_mut(|held| hold(held, (project_id, outcome, reason), detail, quantity));
    see_to(incoming);
}

/// Has what is not written yet written after this request, if no other one is at it.
pub fn see_to(incoming: &Incoming) {
    if let Some(turn) = HELD.with_borrow_mut(|held| next_turn(held, incoming.now_ms)) {
        incoming.context.wait_until(write_in_rounds(incoming.env.clone(), turn));
    }
}

fn next_turn(held: &mut Held, now_ms: i64) -> Option<u32> {
    // A clock that was set back does not make anybody wait.
    let is_others = (0..TURN_MS).contains(&(now_ms - held.turn_ms));
    if held.pending.is_empty() || is_others {
        return None;
    }
    held.turn_ms = now_ms;
    held.turn = held.turn.wrapping_add(1);
    Some(held.turn)
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

async fn write_in_rounds(env: Env, turn: u32) {
    for round in 0..=ROUNDS {
        if round > 0 {
            Delay::from(Duration::from_millis(ROUND_MS)).await;
        }
        if HELD.with_borrow(|held| held.turn != turn) {
            return;
        }
        let now_ms = crate::now_ms();
        let take = if round < ROUNDS { due } else { rest };
        let due = HELD.with_borrow_mut(|held| take(held, now_ms));
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
    HELD.with_borrow_mut(|held| {
        if held.turn == turn {
            held.turn_ms = 0;
        }
    });
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

/// Takes all of it, for nothing was counted for a while and nobody may come again: of each outcome its most frequent detail,
/// and one row for the others.
fn rest(held: &mut Held, now_ms: i64) -> Vec<Due> {
    held.written_ms.clear();
    let mut rest = due(held, now_ms);
    for ((outcome, _), quantity) in held.pending.drain() {
        match rest.iter_mut().find(|due| due.outcome == outcome && due.detail.is_empty()) {
            Some(others) => others.quantity = others.quantity.saturating_add(quantity),
            None => rest.push(Due { outcome, detail: String::new(), quantity }),
        }
    }
    rest
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
    fn what_is_left_is_written_at_last_in_two_rows_an_outcome() {
        let mut held = held(&[(KEY, "", 2)]);
        let now_ms = 100_000;
        assert_eq!(due(&mut held, now_ms).len(), 1);
        for (detail, quantity) in
            [("https://a.test", 1), ("https://b.test", 3), ("https://c.test", 2)]
        {
            hold(&mut held, ORIGIN, detail, quantity);
        }
        hold(&mut held, KEY, "", 4);
        let mut rest = rest(&mut held, now_ms + 1);
        rest.sort_by_key(|due| (due.outcome, due.detail.clone()));
        let due =
            |outcome, detail: &str, quantity| Due { outcome, detail: detail.into(), quantity };
        assert_eq!(rest, [due(KEY, "", 4), due(ORIGIN, "", 3), due(ORIGIN, "https://b.test", 3)]);
        assert!(held.pending.is_empty());
    }

    #[test]
    fn who_writes_has_time_enough_for_what_was_counted() {
        let mut held = Held::default();
        assert_eq!(next_turn(&mut held, 100_000), None);
        hold(&mut held, KEY, "", 1);
        assert_eq!(next_turn(&mut held, 100_000), Some(1));
        assert_eq!(next_turn(&mut held, 109_999), None);
        assert_eq!(next_turn(&mut held, 110_000), Some(2));
        assert_eq!(next_turn(&mut held, 50_000), Some(3));
        let rounds_ms = i64::from(ROUNDS) * i64::try_from(ROUND_MS).unwrap();
        assert!(TURN_MS + PAUSE_MS < rounds_ms);
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
}
