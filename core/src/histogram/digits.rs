//! Keys and numbers of the text, and how they are read: most of the time that a page of numbers takes.

/// A key with its length before it.
pub(super) fn take_key<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let length = usize::try_from(take_number(rest)?).ok()?;
    let (key, after) = rest.split_at_checked(length)?;
    *rest = after;
    std::str::from_utf8(key).ok()
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Writes a number.
pub(super) fn number(text: &mut String, mut number: u64) {
    loop {
        let more = if number >> 5 > 0 { 32 } else { 0 };
        let digit = DIGITS.get((number & 31 | more) as usize).copied().unwrap_or(b'A');
        text.push(char::from(digit));
        number >>= 5;
        if more == 0 {
            break;
        }
    }
}

/// What a character stands for; 64 of what is no digit.
#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "counted when it is compiled"
)]
const VALUES: [u8; 256] = {
    let mut values = [64; 256];
    let mut digit = 0;
    while digit < DIGITS.len() {
        values[DIGITS[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
};

fn value_of_digit(byte: u8) -> Option<u8> {
    VALUES.get(usize::from(byte)).copied().filter(|value| *value < 64)
}

/// Reads a number; of what is damaged nothing.
pub(super) fn take_number(text: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (0_u64, 0_u32);
    loop {
        let (byte, rest) = text.split_first()?;
        *text = rest;
        let digit = value_of_digit(*byte)?;
        number |= u64::from(digit & 31).checked_shl(shift)?;
        shift += 5;
        if digit < 32 {
            return Some(number);
        }
    }
}

/// Passes over so many numbers: each ends with a digit below 32.
pub(super) fn skip_numbers(text: &mut &[u8], mut count: u64) -> Option<()> {
    let mut rest = text.iter();
    while count > 0 {
        count -= u64::from(value_of_digit(*rest.next()?)? < 32);
    }
    *text = rest.as_slice();
    Some(())
}
