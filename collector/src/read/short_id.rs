//! Short IDs: the project's prefix and the issue's number in base 32.

/// Digits of short IDs: Crockford's base 32, which leaves out what is misread.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// `SHOP`, 143 → `SHOP-4F`
pub fn short_id(prefix: &str, number: u32) -> String {
    let mut digits = Vec::new();
    let mut rest = number;
    loop {
        digits.extend(DIGITS.get((rest % 32) as usize).map(|digit| char::from(*digit)));
        rest /= 32;
        if rest == 0 {
            break;
        }
    }
    let digits: String = digits.into_iter().rev().collect();
    format!("{prefix}-{digits}")
}

/// `SHOP-4F` → 143, in either case, with or without the prefix.
pub fn number_of(short_id: &str) -> Option<u32> {
    let digits = short_id.rsplit('-').next().filter(|digits| !digits.is_empty())?;
    digits.bytes().try_fold(0_u32, |number, digit| {
        let upper = digit.to_ascii_uppercase();
        let value = DIGITS.iter().position(|known| *known == upper)?;
        number.checked_mul(32)?.checked_add(u32::try_from(value).ok()?)
    })
}

/// The same, of a project with this prefix alone: `None` for another project's.
pub fn number_in(prefix: &str, short_id: &str) -> Option<u32> {
    let upper = short_id.to_ascii_uppercase();
    let is_ours = match upper.rsplit_once('-') {
        Some((named, _)) => named == prefix.to_ascii_uppercase(),
        None => true,
    };
    number_of(short_id).filter(|_| is_ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_projects_short_id_names_no_issue() {
        for (typed, expected) in [
            ("SHOP-4F", Some(143)),
            ("shop-4f", Some(143)),
            ("4F", Some(143)),
            ("OTHER-4F", None),
            ("SHOP-", None),
        ] {
            assert_eq!(number_in("SHOP", typed), expected, "{typed}");
        }
    }
}
