//! When a database is nearly full, things go before their time: whole events first, then the rows of events, never groups.
//!
//! A database does not shrink when rows go: their pages are used again before it grows. So what counts is how much was
//! freed since it last grew. Levels halve the days that things are kept: one up after a walk over all groups that did not
//! free enough, one down after a walk during which there was no need.

use super::Keep;
use crate::sql::Statement;

/// The last level that shortens: 2^-7 of 90 days is less than a day.
const MAX_LEVEL: u32 = 9;

/// Levels at which only whole events go.
const BODY_LEVELS: u32 = 2;

/// Bytes that a deleted row frees, about: a body has 1,500, an event 200, an hour 30.
const ROW_BYTES: usize = 300;

/// How much is evicted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pressure {
    /// 0: nothing goes before its time.
    level: u32,
    /// The greatest size that was seen.
    bytes: usize,
    /// Freed since it was seen, about.
    freed: usize,
}

impl Pressure {
    /// Reads what [`keep`](Self::keep) wrote: `level bytes freed`.
    pub(super) fn parse(text: &str) -> Self {
        let mut numbers = text.split(' ').map(|number| number.parse::<usize>().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        Self { level: u32::try_from(next()).unwrap_or(0), bytes: next(), freed: next() }
    }

    /// Writes it down.
    pub(super) fn keep(self) -> Statement {
        let Self { level, bytes, freed } = self;
        Statement::new(
            "INSERT INTO setting (name, value) VALUES ('pressure', ?1)
             ON CONFLICT DO UPDATE SET value = excluded.value",
            [format!("{level} {bytes} {freed}").into()],
        )
    }

    /// Retention under this pressure; at least a day.
    pub(super) fn shortened(self, kept: &[Keep]) -> Vec<Keep> {
        let event_level = self.level.saturating_sub(BODY_LEVELS);
        let halved = |days: u32, level: u32| days.checked_shr(level).unwrap_or(0).max(1);
        kept.iter()
            .map(|keep| Keep {
                days: halved(keep.days, event_level),
                body_days: halved(keep.body_days, self.level),
                ..*keep
            })
            .collect()
    }

    /// After a step that deleted rows, with the size that the database has of the one that it may have. `walked`: it was
    /// the last of a walk over all groups.
    pub(super) fn after(
        self,
        bytes: usize,
        max_bytes: usize,
        deleted: usize,
        walked: bool,
    ) -> Self {
        let has_grown = bytes > self.bytes;
        let mut next = Self {
            level: self.level,
            bytes: if has_grown || bytes < self.bytes / 2 { bytes } else { self.bytes },
            freed: if has_grown { 0 } else { self.freed } + deleted * ROW_BYTES,
        };
        let is_full = bytes >= max_bytes / 10 * 9 && next.freed < max_bytes / 10;
        if is_full && (walked || self.level == 0) {
            next.level = (self.level + 1).min(MAX_LEVEL);
        } else if walked && !is_full {
            next.level = self.level.saturating_sub(1);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 1_000_000;

    #[test]
    fn levels_rise_while_full_and_fall_afterwards() {
        let calm = Pressure::default().after(500_000, MAX, 10, true);
        assert_eq!(calm.level, 0);
        let full = calm.after(950_000, MAX, 0, false);
        assert_eq!(full.level, 1, "at once");
        assert_eq!(full.after(950_000, MAX, 10, false).level, 1, "one walk a level");
        let higher = full.after(950_000, MAX, 10, true);
        assert_eq!(higher.level, 2);
        let freed = higher.after(950_000, MAX, 400, true);
        assert_eq!(freed.level, 1, "a tenth was freed");
        assert_eq!(freed.after(960_000, MAX, 0, true).level, 2, "and used again");
    }

    #[test]
    fn bodies_go_first_and_a_day_stays() {
        let kept = [Keep { project_id: 1, days: 90, body_days: 90 }];
        let at = |level| Pressure { level, ..Pressure::default() }.shortened(&kept)[0];
        assert_eq!((at(0).days, at(0).body_days), (90, 90));
        assert_eq!((at(2).days, at(2).body_days), (90, 22));
        assert_eq!((at(4).days, at(4).body_days), (22, 5));
        assert_eq!((at(9).days, at(9).body_days), (1, 1));
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let pressure = Pressure { level: 3, bytes: 77, freed: 5 };
        let crate::sql::Arg::Text(text) = &pressure.keep().args[0] else { panic!("a text") };
        assert_eq!(Pressure::parse(text), pressure);
        assert_eq!(Pressure::parse("damaged"), Pressure::default());
    }
}
