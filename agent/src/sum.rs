//! Texts that are compared.

/// FNV-1a: tells equal events from others. Not for what an attacker may choose to collide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum(u64);

impl Sum {
    /// The sum of one text.
    pub fn of(text: &str) -> Self {
        Self(text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_apart() {
        assert_eq!(Sum::of("oak"), Sum::of("oak"));
        assert_ne!(Sum::of("oak"), Sum::of("oka"));
    }
}
