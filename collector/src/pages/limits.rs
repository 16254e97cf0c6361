//! Limits as every page shows them: the meter at the sidebar's bottom, and the one notice once something is not stored.

use super::number::{count, counted, percent};
use crate::limits::Limits;
use crate::quota::Limit;
use crate::store::StoreError;

/// How much of the owner's quota is used.
pub(super) struct Meter {
    /// `Events today`
    pub(super) name: &'static str,
    pub(super) percent: u64,
    pub(super) is_over: bool,
    /// `612 k of 1.0 M, resets 00:00 UTC`
    pub(super) words: String,
}

/// Of the daily quota, else of the hourly one; nothing where the owner has set none.
pub(super) fn meter(limits: &Limits) -> Option<Meter> {
    let (name, used, quota, resets) = match (limits.daily_quota, limits.hourly_quota) {
        (0, 0) => return None,
        (0, hourly) => ("Events this hour", limits.usage.events, hourly, "at the full hour"),
        (daily, _) => ("Events today", limits.today(), daily, "00:00 UTC"),
    };
    Some(Meter {
        name,
        percent: percent(used.into(), quota.into()),
        is_over: used >= quota || limits.reached.is_some(),
        words: format!("{} of {}, resets {resets}", count(used.into()), count(quota.into())),
    })
}

/// What is not stored, what still is, and where something can be done.
pub(super) struct Notice {
    pub(super) fact: String,
    pub(super) detail: &'static str,
    /// Behind the project's path.
    pub(super) link: &'static str,
    pub(super) action: &'static str,
}

/// The gravest one.
pub(super) fn notice(limits: &Limits) -> Option<Notice> {
    let (fact, detail, link, action) = match (&limits.database, limits.reached) {
        (Some(StoreError::Full), _) => (
            "The database is full.".to_owned(),
            "New events are refused until there is room; the agent keeps them and sends them later. What is stored can be \
             read.",
            "outcomes/#limits",
            "Storage",
        ),
        (Some(_), _) => (
            "The database’s rows of this day are spent.".to_owned(),
            "Nothing more is stored until 00:00 UTC; the agent keeps events and sends them then. What is stored can be \
             read.",
            "outcomes/#limits",
            "Plan limits",
        ),
        (None, Some(reached)) => {
            let events = counted(reached.most.into(), "event");
            let (fact, detail) = match reached.limit {
                Limit::Daily => {
                    (format!("The daily quota of {events} is reached."), UNTIL_MIDNIGHT)
                }
                Limit::Hourly => (format!("The hourly quota of {events} is reached."), UNTIL_HOUR),
                Limit::Spike => {
                    (format!("Far more than usual comes: over {events} in this hour."), UNTIL_HOUR)
                }
            };
            (fact, detail, "settings/limits/", "Change limit")
        }
        (None, None) => return None,
    };
    Some(Notice { fact, detail, link, action })
}

const UNTIL_MIDNIGHT: &str =
    "Until 00:00 UTC further events are counted as limited and not stored. All else goes on.";
const UNTIL_HOUR: &str =
    "Until the full hour further events are counted as limited and not stored. All else goes on.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quota::{Reached, Usage};

    fn used(events: u32, day_before: u32, hourly_quota: u32, daily_quota: u32) -> Limits {
        let usage = Usage { events, day_before, ..Usage::default() };
        Limits { usage, hourly_quota, daily_quota, ..Limits::default() }
    }

    #[test]
    fn the_meter_is_of_the_quota_that_was_set() {
        assert!(meter(&used(5, 5, 0, 0)).is_none());
        let daily = meter(&used(612, 611_388, 10, 1_000_000)).unwrap();
        assert_eq!((daily.words.as_str(), daily.percent), ("612 k of 1.0 M, resets 00:00 UTC", 61));
        let hourly = meter(&used(7, 90, 7, 0)).unwrap();
        assert!(hourly.is_over);
        assert_eq!(hourly.words, "7 of 7, resets at the full hour");
    }

    #[test]
    fn there_is_one_notice_of_the_gravest() {
        assert!(notice(&Limits::default()).is_none());
        let reached = Reached { limit: Limit::Daily, most: 5_000, retry_after_s: 60 };
        let mut limits = Limits { reached: Some(reached), ..Limits::default() };
        assert_eq!(notice(&limits).unwrap().fact, "The daily quota of 5,000 events is reached.");
        limits.database = Some(StoreError::Full);
        assert_eq!(notice(&limits).unwrap().fact, "The database is full.");
    }
}
