//! Card numbers: as their issuers make them, with the check digit that Luhn's formula asks for.
//!
//! ```text
//! card = digits | 4 " " 4 " " 4 " " 4 | 4 " " 6 " " 5 (American Express) | 4 " " 6 " " 4 (Diners); "-" may stand for " "
//! ```
//!
//! Issuers: ISO/IEC 7812, and what Visa, Mastercard, American Express, Discover, Diners, JCB and UnionPay publish. Of ten
//! numbers with an issuer's beginning and length, one passes by chance: an order number may be masked, a card is never
//! kept. Refused: numbers next to letters, digits or decimal points, which are IDs and amounts.

/// Shortest and longest number.
const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// Length in bytes of the card number that `text` begins with. `text` has to begin behind the border of a word.
pub(super) fn length(text: &str) -> Option<usize> {
    let (digits, length) = digits(text)?;
    let after = text.get(length..).unwrap_or_default();
    let goes_on = |c: char| c.is_alphanumeric() || c == '_';
    let is_whole = !after.starts_with(goes_on)
        && !after.strip_prefix(['.', '-']).is_some_and(|rest| rest.starts_with(goes_on));
    (is_whole && is_issued(&digits) && luhn(&digits)).then_some(length)
}

/// The digits, and how many bytes they take with what stands between their groups.
fn digits(text: &str) -> Option<(Vec<u8>, usize)> {
    let bytes = text.as_bytes();
    let mut digits = Vec::with_capacity(*DIGITS.end());
    let mut groups = Vec::new();
    let mut separator = None;
    let mut length = 0;
    for (at, byte) in bytes.iter().enumerate().take(DIGITS.end() + 4) {
        match byte {
            b'0'..=b'9' => {
                digits.push(byte - b'0');
                length = at + 1;
            }
            // A number without groups ends here; an expiry date may follow.
            b' ' | b'-' if separator.is_none() && digits.len() > 4 => break,
            b' ' | b'-' if separator.is_none_or(|known| known == byte) && groups.len() < 4 => {
                let is_followed = bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
                if !is_followed {
                    break;
                }
                groups.push(digits.len());
                separator = Some(byte);
            }
            _ => break,
        }
    }
    let grouped = matches!(
        (groups.as_slice(), digits.len()),
        ([], _) | ([4, 8, 12], 16) | ([4, 10], 14 | 15) | ([4, 8, 12, 16], 17..=19)
    );
    (grouped && DIGITS.contains(&digits.len())).then_some((digits, length))
}

/// Whether an issuer begins numbers of this length so.
fn is_issued(digits: &[u8]) -> bool {
    let start = |count: usize| {
        digits.iter().take(count).fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit))
    };
    match digits.len() {
        13 => start(1) == 4,
        14 => matches!(start(3), 300..=305 | 309) || matches!(start(2), 36 | 38 | 39),
        15 => matches!(start(2), 34 | 37),
        16 => {
            start(1) == 4
                || matches!(start(2), 51..=55 | 62 | 65)
                || matches!(start(3), 644..=649)
                || matches!(start(4), 2221..=2720 | 3528..=3589 | 6011 | 5018 | 5020 | 5038 | 6304 | 6759 | 6761..=6763)
        }
        17 | 18 => start(2) == 62,
        19 => start(1) == 4 || matches!(start(2), 62 | 65) || start(4) == 6011,
        _ => false,
    }
}

/// <https://www.iso.org/standard/70484.html>, annex B
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits.iter().rev().enumerate().map(|(at, digit)| weighted(at, *digit)).sum();
    let is_one_digit_over = digits.windows(2).all(|pair| pair.first() == pair.last());
    sum.is_multiple_of(10) && !is_one_digit_over
}

fn weighted(at: usize, digit: u8) -> u32 {
    let digit = u32::from(digit);
    match (at % 2, digit) {
        (0, digit) => digit,
        (_, 0..=4) => digit * 2,
        (_, digit) => digit * 2 - 9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers that payment services publish for tests.
    #[test]
    fn cards_of_every_issuer_are_known() {
        for card in [
            "4242424242424242",
            "4000056655665556",
            "4222222222222",
            "5555555555554444",
            "2223003122003222",
            "5105105105105100",
            "378282246310005",
            "371449635398431",
            "6011111111111117",
            "6011000990139424",
            "36227206271667",
            "30569309025904",
            "38520000023237",
            "3566002020360505",
            "6200000000000005",
            "6205500000000000004",
            "4242 4242 4242 4242",
            "4242-4242-4242-4242",
            "3782 822463 10005",
            "5555555555554444.",
            "5555555555554444,",
            "4111111111111111\n",
        ] {
            let digits =
                card.trim_end_matches([' ', '.', ',', '/', '\n']).trim_end_matches(" 12/29");
            assert_eq!(length(card), Some(digits.len()), "{card}");
        }
    }

    #[test]
    fn numbers_alike_are_no_cards() {
        for number in [
            "4242424242424241",
            "1763630000500123",
            "1234567812345670",
            "4242424242424242a",
            "4242424242424242.5",
            "42424242424242424",
            "424242424242424",
            "4242 424242 424242",
            "4242-4242 4242-4242",
            "0000000000000000",
            "4444444444444444",
            "9999999999999995",
            "4242424242424242-a",
            "4242424242424242_1",
            "4242424242424242-1",
            "411111111111111",
            "2720992720992720",
        ] {
            assert_eq!(length(number), None, "{number}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_judged(text in "[0-9 -]{0,40}") {
            let length = length(&text);
            proptest::prop_assert!(length.is_none_or(|length| length <= text.len()));
        }
    }
}
