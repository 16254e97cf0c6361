//! Rows that errors have for themselves: page views, sessions and feedback may write half of the day's rows at most.
//!
//! The free plan writes 100,000 rows a day, and refuses the rest of them all. What is no error is counted in rows that D1 itself
//! says it wrote; the isolate adds its own to what the database knew when it last wrote them there, like `quota`. So several isolates
//! may go over by what each holds: a 200th of the share.

use std::cell::RefCell;

use serde::Deserialize;
use worker::Env;

use crate::page_views::DAY_MS;
use crate::refused::Wait;
use crate::sql::Statement;
use crate::store::{Rows, Store, StoreError};

/// Rows a day of the free plan.
const FREE_PLAN: u64 = 100_000;

/// What the limit is called, in outcomes and in `X-Sentry-Rate-Limits`.
pub const REASON: &str = "reserved_for_errors";

/// What is no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Page views, and sessions.
    Views,
    /// What users say: it may write when views no longer may.
    Feedback,
}

impl Category {
    /// As senders know it.
    pub fn names(self) -> &'static str {
        match self {
            Category::Views => "page_view;transaction;span;session",
            Category::Feedback => "feedback;user_report_v2",
        }
    }
}

/// Rows of a day as the database has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Used {
    /// Of page views and sessions.
    pub views: u64,
    /// Of feedback.
    pub feedback: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Day {
    day: i64,
    /// As the database had them.
    known: Option<Used>,
    /// Written since.
    held: Used,
    written_ms: i64,
}

impl Day {
    fn turn(&mut self, day: i64) {
        if self.day != day {
            *self = Self { day, known: self.known.map(|_| Used::default()), ..Self::default() };
        }
    }

    fn has_room(&self, category: Category, daily_rows: u64) -> bool {
        let known = self.known.unwrap_or_default();
        let views = known.views + self.held.views;
        let all = views + known.feedback + self.held.feedback;
        daily_rows == 0
            || all < daily_rows / 2
                && (category == Category::Feedback || views < daily_rows / 20 * 9)
    }

    fn is_due(&self, daily_rows: u64, now_ms: i64) -> bool {
        /// So long a few may be held.
        const LONGEST_MS: i64 = 60_000;
        let held = self.held.views + self.held.feedback;
        let step = if daily_rows == 0 { 1_000 } else { (daily_rows / 400).clamp(1, 1_000) };
        held >= step || held > 9 && now_ms - self.written_ms >= LONGEST_MS
    }
}

thread_local! {
    static DAY: RefCell<Day> = RefCell::default();
}

fn with_day<T>(now_ms: i64, change: impl FnOnce(&mut Day) -> T) -> T {
    DAY.with_borrow_mut(|day| {
        day.turn(now_ms.div_euclid(DAY_MS));
        change(day)
    })
}

/// Rows a day: the variable `DAILY_ROWS`, or those of the free plan; 0 for any number.
pub fn daily_rows(env: &Env) -> u64 {
    let setting = env.var("DAILY_ROWS").ok().and_then(|value| value.to_string().parse().ok());
    setting.unwrap_or(FREE_PLAN)
}

/// Whether something of a category may be written; else when again. Asks the database once an isolate.
///
/// # Errors
/// When the database does not answer.
pub async fn room(env: &Env, category: Category, now_ms: i64) -> Result<Option<Wait>, StoreError> {
    let daily_rows = daily_rows(env);
    if daily_rows > 0 && with_day(now_ms, |day| day.known.is_none()) {
        let store = Store::open(env, now_ms).await?;
        let used: Option<Used> = store.read(&used(now_ms.div_euclid(DAY_MS))).await?.first()?;
        with_day(now_ms, |day| day.known = Some(used.unwrap_or_default()));
    }
    let has_room = with_day(now_ms, |day| day.has_room(category, daily_rows));
    let after_s = (DAY_MS - now_ms.rem_euclid(DAY_MS)) / 1_000 + 1;
    Ok((!has_room).then(|| Wait {
        after_s,
        header: format!("{after_s}:{}:organization:{REASON}", category.names()),
    }))
}

/// Counts what was written; whether it should be told to the database: then the caller runs [`write()`].
pub fn count(env: &Env, category: Category, rows: &[Rows], now_ms: i64) -> bool {
    let written: u64 = rows.iter().map(|rows| u64::try_from(rows.written()).unwrap_or(0)).sum();
    let daily_rows = daily_rows(env);
    with_day(now_ms, |day| {
        match category {
            Category::Views => day.held.views += written,
            Category::Feedback => day.held.feedback += written,
        }
        day.is_due(daily_rows, now_ms)
    })
}

/// Tells the database what was written; what it says becomes what is known.
pub async fn write(env: Env, now_ms: i64) {
    let (number, held) = with_day(now_ms, |day| {
        day.written_ms = now_ms;
        (day.day, std::mem::take(&mut day.held))
    });
    let written = async {
        let store = Store::open(&env, now_ms).await?;
        // Not tried again by the store: a lost answer would count twice.
        store.read(&add(number, held)).await?.first::<Used>()
    };
    let written = written.await;
    with_day(now_ms, |day| match written {
        Ok(used) if day.day == number => day.known = used.or(day.known),
        Ok(_) => {}
        Err(_) => {
            day.held.views += held.views;
            day.held.feedback += held.feedback;
        }
    });
}

/// What a day has used; gives back [`Used`]. Primary key.
pub fn used(day: i64) -> Statement {
    Statement::new("SELECT views, feedback FROM day_rows WHERE day = ?1", [day.into()])
}

/// One row; gives back [`Used`]. Primary key.
pub fn add(day: i64, used: Used) -> Statement {
    let number = |number: u64| i64::try_from(number).unwrap_or(0).into();
    Statement::new(
        "INSERT INTO day_rows (day, views, feedback) VALUES (?1, ?2 + 1, ?3)
         ON CONFLICT DO UPDATE SET views = views + excluded.views, feedback = feedback + excluded.feedback
         RETURNING views, feedback",
        [day.into(), number(used.views), number(used.feedback)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::test_db::TestDb;

    fn day(views: u64, feedback: u64) -> Day {
        Day { known: Some(Used { views, feedback }), ..Day::default() }
    }

    #[test]
    fn errors_keep_half_of_the_rows() {
        let room = |views, feedback, rows| {
            let day = day(views, feedback);
            (day.has_room(Category::Views, rows), day.has_room(Category::Feedback, rows))
        };
        assert_eq!(room(44_999, 0, 100_000), (true, true));
        assert_eq!(room(45_000, 0, 100_000), (false, true));
        assert_eq!(room(45_000, 5_000, 100_000), (false, false));
        assert_eq!(room(1_000_000, 0, 0), (true, true));
    }

    #[test]
    fn a_flood_of_views_leaves_half_of_the_day() {
        let mut day = Day { known: Some(Used::default()), ..Day::default() };
        let (mut views, mut errors, daily_rows) = (0_u64, 0_u64, 100_000);
        // A hundred views for each error, each two rows; every 250 rows are told.
        for number in 0..2_000_000_u64 {
            if views + errors >= daily_rows {
                break;
            }
            if number % 100 == 99 {
                errors += 4;
            } else if day.has_room(Category::Views, daily_rows) {
                day.held.views += 2;
                views += 2;
            }
        }
        assert!((45_000..46_000).contains(&views), "{views}");
        assert!(errors >= 54_000, "errors were stored until the rows ended: {errors}");
    }

    #[test]
    fn a_day_begins_anew() {
        let mut day = Day { day: 7, ..day(45_000, 0) };
        day.turn(8);
        assert!(day.has_room(Category::Views, 100_000) && day.known.is_some());
    }

    #[test]
    fn what_isolates_tell_adds_up() {
        let db = TestDb::new();
        assert!(db.rows(&used(5)).is_empty());
        db.batch(&[add(5, Used { views: 249, feedback: 1 })]);
        assert_eq!(db.rows(&add(5, Used { views: 99, feedback: 0 })), [["350", "1"]]);
        assert_eq!(db.rows(&used(5)), [["350", "1"]]);
    }
}
