//! What a project has used of its quotas, and of what the database gives: for the meter in the sidebar, for the one notice that
//! stands on every page once a limit is reached, and for the outcomes page.

use crate::dashboard::Visit;
use crate::quota::{self, Reached, Usage};
use crate::settings;
use crate::store::{self, StoreError};

/// How far a project is from its limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Events of the hour, and of the day before it.
    pub usage: Usage,
    /// Events an hour that the owner allows; 0: any number.
    pub hourly_quota: u32,
    /// Events a day, UTC.
    pub daily_quota: u32,
    /// No more events are stored for now.
    pub reached: Option<Reached>,
    /// What the database said last: [`StoreError::Full`] or [`StoreError::DaySpent`].
    pub database: Option<StoreError>,
}

impl Limits {
    /// Of a visit's project.
    pub fn of(visit: &Visit, now_ms: i64) -> Self {
        let settings = settings::parse(&visit.project.settings);
        let (usage, reached) = quota::used(visit.project.id, &settings, visit.usage, now_ms);
        Self {
            usage,
            reached,
            hourly_quota: settings.hourly_quota,
            daily_quota: settings.daily_quota,
            database: store::limit(now_ms),
        }
    }

    /// Events of the day, UTC; at least so many.
    pub fn today(&self) -> u32 {
        self.usage.events.saturating_add(self.usage.day_before)
    }
}
