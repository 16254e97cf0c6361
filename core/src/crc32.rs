//! CRC-32, the checksum of gzip and zip (RFC 1952, section 8).
//!
//! Eight bytes a step, by tables that are made when first asked for: compiled in they would be 8 KB that nothing compresses.

use std::sync::LazyLock;

/// What each byte adds, standing up to seven bytes before the end.
static TABLES: LazyLock<[[u32; 256]; 8]> = LazyLock::new(|| {
    let mut sums = std::array::from_fn(|byte| byte as u32);
    std::array::from_fn(|_| {
        sums = sums.map(after_zero);
        sums
    })
});

/// The checksum of these bytes.
#[expect(clippy::indexing_slicing, reason = "there are as many entries as bytes")]
pub fn crc32(bytes: &[u8]) -> u32 {
    let tables = &*TABLES;
    let (steps, rest) = bytes.as_chunks::<8>();
    let sum = steps.iter().fold(!0, |sum, step| {
        let step = (u64::from_le_bytes(*step) ^ u64::from(sum)).to_le_bytes();
        let added = step.iter().zip(tables.iter().rev());
        added.fold(0, |sum, (byte, table)| sum ^ table[usize::from(*byte)])
    });
    !rest.iter().fold(sum, |sum, byte| after_zero(sum ^ u32::from(*byte)))
}

/// The sum once another byte has come, of which the sum has been told already.
fn after_zero(sum: u32) -> u32 {
    (0..u8::BITS).fold(sum, |sum, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
}

#[cfg(test)]
mod tests {
    use super::crc32;

    #[test]
    fn checksum_is_the_one_of_the_standard() {
        assert_eq!(crc32(b""), 0);
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    proptest::proptest! {
        #[test]
        fn checksum_is_the_same_in_steps_and_by_bytes(bytes: Vec<u8>) {
            let mut crc = flate2::Crc::new();
            crc.update(&bytes);
            proptest::prop_assert_eq!(crc32(&bytes), crc.sum());
        }
    }
}
