//! Counts and shares as people read them.

/// In full up to 99,999, then `612 k`, `1.3 M`, and `>999 M`: columns are 66 pixels wide.
pub(super) fn count(number: u64) -> String {
    match number {
        0..100_000 => grouped(number),
        100_000..999_500 => format!("{} k", (number + 500) / 1000),
        999_500..999_950_000 => {
            let tenths = (number + 50_000) / 100_000;
            format!("{}.{} M", tenths / 10, tenths % 10)
        }
        _ => ">999 M".to_owned(),
    }
}

/// `1,284`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Users are counted exactly to 1,000 an issue; the store stops there.
pub(super) fn users(number: u64) -> String {
    if number < 1000 { number.to_string() } else { "1,000+".to_owned() }
}

/// Issues are counted up to 500; one more stands for all that are left.
pub(super) fn issues(number: u64) -> String {
    if number <= 500 { count(number) } else { "500+".to_owned() }
}

/// `1 event`, `1,284 events`
pub(super) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

/// Whole percent. Neither 0% for something nor 100% for less than all.
pub(super) fn share(part: u64, total: u64) -> String {
    match percent(part, total) {
        0 if part > 0 => "<1%".to_owned(),
        100 if part < total => ">99%".to_owned(),
        whole => format!("{whole}%"),
    }
}

/// 0 to 100, rounded.
pub(super) fn percent(part: u64, total: u64) -> u64 {
    let (part, total) = (u128::from(part), u128::from(total.max(1)));
    u64::try_from((part * 100 + total / 2) / total).unwrap_or(100).min(100)
}

/// `640 kB`, `12.3 MB`, `1.2 GB`
pub(super) fn bytes(number: u64) -> String {
    let (unit, name) = match number {
        0..1_000_000 => return format!("{} kB", number.div_ceil(1_000)),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    match number % unit {
        0 => format!("{} {name}", number / unit),
        rest => format!("{}.{} {name}", number / unit, rest * 10 / unit),
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, count, counted, share};

    #[test]
    fn bytes_are_read_at_a_glance() {
        for (number, expected) in [
            (0, "0 kB"),
            (639_001, "640 kB"),
            (12_340_000, "12.3 MB"),
            (500_000_000, "500 MB"),
            (10_000_000_000, "10 GB"),
        ] {
            assert_eq!(bytes(number), expected);
        }
    }

    #[test]
    fn counts_are_full_up_to_99_999() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1_284, "1,284"),
            (99_999, "99,999"),
            (100_000, "100 k"),
            (612_345, "612 k"),
            (999_500, "1.0 M"),
            (1_284_000, "1.3 M"),
            (u64::MAX, ">999 M"),
        ] {
            assert_eq!(count(number), expected);
        }
        assert_eq!(counted(1, "event"), "1 event");
        assert_eq!(counted(0, "event"), "0 events");
    }

    #[test]
    fn shares_do_not_round_to_nothing_or_all() {
        for (part, total, expected) in [
            (0, 10, "0%"),
            (1, 1_000, "<1%"),
            (88, 100, "88%"),
            (999, 1_000, ">99%"),
            (10, 10, "100%"),
            (3, 0, "100%"),
            (u64::MAX, u64::MAX, "100%"),
        ] {
            assert_eq!(share(part, total), expected);
        }
    }
}
