//! Milliseconds since 1970 UTC as people read them: ages, clock times, distances to an event.

/// A point in time, in the forms that `<time>` needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Moment {
    /// `2026-11-23T09:41:08Z`
    pub(super) iso: String,
    /// `23 Nov 2026, 09:41:08 UTC`
    pub(super) exact: String,
    /// `09:41:08 UTC` on the day of `now_ms`, else with the day before it: `22 Nov, 09:41:08 UTC`.
    pub(super) clock: String,
    /// `3 Dec 14:00 UTC`, with the year if it is not that of `now_ms`: of what lies ahead nobody needs the second.
    pub(super) minute: String,
    /// `12 s`
    pub(super) age: String,
}

/// `None` for 0, which stands for unknown.
pub(super) fn moment(at_ms: i64, now_ms: i64) -> Option<Moment> {
    if at_ms == 0 {
        return None;
    }
    let (at, now) = (civil(at_ms), civil(now_ms));
    let Civil { year, month, day, hour, minute, second } = at;
    let month_name = MONTHS.get(month.saturating_sub(1)).copied().unwrap_or_default();
    let time = format!("{hour:02}:{minute:02}:{second:02} UTC");
    let clock = if (at.year, at.month, at.day) == (now.year, now.month, now.day) {
        time.clone()
    } else {
        format!("{day} {month_name}, {time}")
    };
    let year_name = if year == now.year { String::new() } else { format!(" {year}") };
    Some(Moment {
        iso: format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"),
        exact: format!("{day} {month_name} {year}, {time}"),
        clock,
        minute: format!("{day} {month_name}{year_name} {hour:02}:{minute:02} UTC"),
        age: age(now_ms.saturating_sub(at_ms)),
    })
}

/// `12 s`, `6 min`, `2 h`, `6 d`. Clocks of senders run ahead: what lies in the future happened now.
pub(super) fn age(elapsed_ms: i64) -> String {
    let seconds = elapsed_ms.max(0) / 1000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// How far before an event: `−48.2 s`, `−12 min`, `+0.3 s`.
pub(super) fn distance(at_ms: i64, event_ms: i64) -> String {
    let offset_ms = at_ms.saturating_sub(event_ms);
    let size_ms = offset_ms.unsigned_abs();
    // Below a twentieth of a second both signs round to the same.
    let sign = match offset_ms {
        -49..50 => "",
        _ if offset_ms < 0 => "\u{2212}",
        _ => "+",
    };
    match size_ms {
        0..100_000 => {
            let tenths = (size_ms + 50) / 100;
            format!("{sign}{}.{} s", tenths / 10, tenths % 10)
        }
        100_000..6_000_000 => format!("{sign}{} min", size_ms / 60_000),
        _ => format!("{sign}{} h", size_ms / 3_600_000),
    }
}

/// The full hour that lies `hours_ago` before the running one: `09:00`.
pub(super) fn full_hour(now_ms: i64, hours_ago: i64) -> String {
    let at = civil(now_ms.saturating_sub(hours_ago.saturating_mul(3_600_000)));
    format!("{:02}:00", at.hour)
}

/// `21 Nov`
pub(super) fn day(at_ms: i64) -> String {
    let at = civil(at_ms);
    let month = MONTHS.get(at.month.saturating_sub(1)).copied().unwrap_or_default();
    format!("{} {month}", at.day)
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

struct Civil {
    year: i64,
    month: usize,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
}

/// Days to dates in the proleptic Gregorian calendar, counted in eras of 400 years that begin on 1 March:
/// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>. A calendar library would weigh more
/// than all pages together.
fn civil(at_ms: i64) -> Civil {
    let (day_number, ms) = (at_ms.div_euclid(86_400_000), at_ms.rem_euclid(86_400_000));
    let shifted = day_number + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    Civil {
        year: year_of_era + era * 400 + i64::from(month <= 2),
        month: usize::try_from(month).unwrap_or_default(),
        day: day_of_year - (153 * from_march + 2) / 5 + 1,
        hour: ms / 3_600_000,
        minute: ms / 60_000 % 60,
        second: ms / 1000 % 60,
    }
}

#[cfg(test)]
mod tests {
    use super::{age, distance, moment};

    #[track_caller]
    fn check_moment(at_ms: i64, iso: &str, exact: &str, clock: &str) {
        let shown = moment(at_ms, 1_795_426_880_000).unwrap();
        assert_eq!((&*shown.iso, &*shown.exact, &*shown.clock), (iso, exact, clock));
    }

    #[test]
    fn moments_know_the_calendar() {
        check_moment(
            1_795_426_868_000,
            "2026-11-23T09:41:08Z",
            "23 Nov 2026, 09:41:08 UTC",
            "09:41:08 UTC",
        );
        check_moment(
            1_709_164_800_000,
            "2024-02-29T00:00:00Z",
            "29 Feb 2024, 00:00:00 UTC",
            "29 Feb, 00:00:00 UTC",
        );
        check_moment(
            -1000,
            "1969-12-31T23:59:59Z",
            "31 Dec 1969, 23:59:59 UTC",
            "31 Dec, 23:59:59 UTC",
        );
        assert_eq!(moment(0, 1), None);
        assert!(moment(i64::MIN, i64::MAX).is_some());
    }

    #[test]
    fn ages_have_one_unit() {
        for (elapsed_ms, expected) in [
            (-5_000, "0 s"),
            (12_900, "12 s"),
            (6 * 60_000, "6 min"),
            (2 * 3_600_000 + 1, "2 h"),
            (6 * 86_400_000, "6 d"),
            (i64::MAX, "106751991167 d"),
        ] {
            assert_eq!(age(elapsed_ms), expected);
        }
    }

    #[test]
    fn distances_carry_a_true_minus() {
        for (at_ms, expected) in [
            (951_800, "−48.2 s"),
            (999_960, "0.0 s"),
            (1_000_300, "+0.3 s"),
            (1_000_000 - 12 * 60_000, "−12 min"),
            (1_000_000 - 7_200_000, "−2 h"),
        ] {
            assert_eq!(distance(at_ms, 1_000_000), expected);
        }
    }
}
