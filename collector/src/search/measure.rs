//! `>100`, `<=5`, `<2h`, `>2026-11-01`: what may stand behind `count:` and `first-seen:`, as the least and the greatest number.

use trapline_core::decode::milliseconds_of;

use super::FAR;

/// `>100`, `>=100`, `<100`, `<=100`, `100`
pub(super) fn number(value: &str) -> Result<(i64, i64), String> {
    let (sign, digits) = signed(value);
    match digits.parse::<u32>().map(i64::from) {
        Ok(number) => Ok(match sign {
            ">" => (number + 1, FAR),
            ">=" => (number, FAR),
            "<" => (0, number - 1),
            "<=" => (0, number),
            _ => (number, number),
        }),
        Err(_) => Err("takes a number, as in >100 or <=5".into()),
    }
}

/// `<2h` within two hours, `>2h` longer ago; `>2026-11-01` after that day began (UTC), `<2026-11-01` before, `2026-11-01` on it.
pub(super) fn span(value: &str, now_ms: i64) -> Result<(i64, i64), String> {
    let (sign, rest) = signed(value);
    if let Some(ms) = duration(rest) {
        let at_ms = now_ms.saturating_sub(ms);
        return Ok(if sign.starts_with('>') { (0, at_ms) } else { (at_ms, FAR) });
    }
    let day_ms = if rest.len() == 10 {
        milliseconds_of(&format!("{rest}T00:00:00Z"))
    } else {
        milliseconds_of(rest)
    };
    match day_ms.filter(|_| rest.contains('-')) {
        Some(at_ms) => Ok(match sign {
            ">" | ">=" => (at_ms, FAR),
            "<" | "<=" => (0, at_ms - 1),
            _ => (at_ms, at_ms + 86_399_999),
        }),
        None => Err("takes an age or a day, as in <2h, >3d or >2026-11-01".into()),
    }
}

/// `30m`, `2h`, `3d`, `1w`
fn duration(text: &str) -> Option<i64> {
    let unit_ms = match text.bytes().next_back()? {
        b'm' => 60_000,
        b'h' => 3_600_000,
        b'd' => 86_400_000,
        b'w' => 7 * 86_400_000,
        _ => return None,
    };
    let number: u32 = text.get(..text.len() - 1)?.parse().ok()?;
    Some(i64::from(number) * unit_ms)
}

fn signed(value: &str) -> (&str, &str) {
    let end = value.bytes().take(2).take_while(|byte| b"<>=".contains(byte)).count();
    value.split_at(end)
}
