//! Events by day, out of what the groups of an issue have counted.

/// Days up to `today`, oldest first. Of each group, ended by `|`: `2083300000005 ` for a day that is over, day in 5 digits and
/// events in 8, and `49700100000012 ` for an hour; hours of its newest day are not in a day yet.
pub(super) fn days_of(text: &str, today: i64, days: u32) -> Vec<u32> {
    let mut found = vec![0_u32; usize::try_from(days).unwrap_or(0)];
    let mut add = |day: i64, events: u32| {
        let index = usize::try_from(day - today + i64::from(days) - 1).ok();
        if let Some(slot) = index.and_then(|index| found.get_mut(index)) {
            *slot = slot.saturating_add(events);
        }
    };
    for group in text.split('|') {
        let mut hours = Vec::new();
        for entry in group.split_ascii_whitespace() {
            let at = if entry.len() == 13 { 5 } else { 6 };
            let Some((time, events)) = entry.split_at_checked(at) else { continue };
            let (Ok(time), Ok(events)) = (time.parse::<i64>(), events.parse::<u32>()) else {
                continue;
            };
            match at {
                5 => add(time, events),
                _ => hours.push((time / 24, events)),
            }
        }
        let newest = hours.last().map_or(0, |(day, _)| *day);
        for (day, events) in hours.into_iter().filter(|(day, _)| *day == newest) {
            add(day, events);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::days_of;

    #[test]
    fn days_of_all_groups_are_added() {
        let text = "2083100000009 2083200000005 49999100000007 49999200000002 49999300000001 |damaged 49999300000004 |";
        // 499,992 is the first hour of day 20,833; the hour before it is in none: a day that is over counts it.
        assert_eq!(days_of(text, 20_833, 3), [9, 5, 7]);
        assert_eq!(days_of(text, 20_833, 0), [0_u32; 0]);
        assert_eq!(days_of(text, 20_834, 2), [7, 0]);
    }
}
