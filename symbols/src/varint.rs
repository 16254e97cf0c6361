//! Numbers of few bytes: seven bits a byte, the lowest first, the high bit set on all bytes but the last. Differences are
//! folded so that small negative ones are short too (0, -1, 1, -2 → 0, 1, 2, 3).

/// Appends `value`: one byte up to 127, five at most for what a table holds.
pub(crate) fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8 & 0x7f) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends the difference from `from` to `to`.
pub(crate) fn put_step(out: &mut Vec<u8>, from: u32, to: u32) {
    let step = i64::from(to) - i64::from(from);
    put(out, ((step << 1) ^ (step >> 63)) as u64);
}

/// Reads on from any bytes; `None` where they end or hold no such number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a>(pub(crate) &'a [u8]);

impl Cursor<'_> {
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    pub(crate) fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    /// The number that is a difference away from `from`.
    pub(crate) fn step(&mut self, from: u32) -> Option<u32> {
        let folded = self.number()?;
        let step = (folded >> 1) as i64 ^ -((folded & 1) as i64);
        u32::try_from(i64::from(from).checked_add(step)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_read_back(value in 0_u64..1 << 62, from: u32, to: u32) {
            let mut bytes = Vec::new();
            put(&mut bytes, value);
            put_step(&mut bytes, from, to);
            let mut cursor = Cursor(&bytes);
            prop_assert_eq!(cursor.number(), Some(value));
            prop_assert_eq!(cursor.step(from), Some(to));
            prop_assert!(cursor.0.is_empty());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, from: u32) {
            let mut cursor = Cursor(&bytes);
            while cursor.number().is_some() && cursor.step(from).is_some() {}
        }
    }
}
