//! Bodies that arrive compressed: gzip and zlib, with a cap on what comes out.
//!
//! Gzip is sniffed by its first bytes (`1f 8b`), because the agent leaves `Content-Encoding` away: with it a
//! browser would ask for permission first (a CORS preflight, one more billed request).

use std::borrow::Cow;
use std::io::Read;

use flate2::read::{MultiGzDecoder, ZlibDecoder};

/// Why a body could not be inflated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InflateError {
    /// It would be larger than allowed.
    #[error("body inflates to more than {limit} bytes")]
    TooLarge {
        /// Bytes allowed.
        limit: usize,
    },
    /// The compressed bytes are damaged or cut off.
    #[error("body is damaged {encoding}")]
    Damaged {
        /// `gzip` or `deflate`.
        encoding: &'static str,
    },
    /// `Content-Encoding` names something else.
    #[error("content-encoding is not one of gzip, deflate, identity")]
    Unknown,
}

/// Inflates `body` as `content_encoding` says, and gzip also where it says nothing.
pub fn inflate<'a>(
    body: &'a [u8],
    content_encoding: Option<&str>,
    max_bytes: usize,
) -> Result<Cow<'a, [u8]>, InflateError> {
    let encoding = content_encoding.unwrap_or_default().trim().to_ascii_lowercase();
    match encoding.as_str() {
        _ if body.starts_with(&[0x1f, 0x8b]) => {
            read_capped(MultiGzDecoder::new(body), "gzip", max_bytes).map(Cow::Owned)
        }
        "" | "identity" => Ok(Cow::Borrowed(body)),
        "deflate" => read_capped(ZlibDecoder::new(body), "deflate", max_bytes).map(Cow::Owned),
        "gzip" | "x-gzip" => Err(InflateError::Damaged { encoding: "gzip" }),
        _ => Err(InflateError::Unknown),
    }
}

fn read_capped(
    reader: impl Read,
    encoding: &'static str,
    max_bytes: usize,
) -> Result<Vec<u8>, InflateError> {
    let mut inflated = Vec::new();
    // One byte more than allowed tells "exactly full" from "too large".
    let cap = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(cap).read_to_end(&mut inflated).map_err(|_| InflateError::Damaged { encoding })?;
    if inflated.len() > max_bytes {
        return Err(InflateError::TooLarge { limit: max_bytes });
    }
    Ok(inflated)
}

/// Compresses for storage: raw zlib at a level that costs little CPU.
pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::read::ZlibEncoder::new(bytes, flate2::Compression::fast());
    let mut deflated = Vec::with_capacity(bytes.len() / 3);
    // Reading from memory cannot fail; an empty result would be read back as damaged.
    let _ = encoder.read_to_end(&mut deflated);
    deflated
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, read::GzEncoder};

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut zipped = Vec::new();
        GzEncoder::new(bytes, Compression::fast()).read_to_end(&mut zipped).unwrap();
        zipped
    }

    #[test]
    fn gzip_is_sniffed_with_or_without_the_header() {
        let zipped = gzip(b"hello");
        assert_eq!(&*inflate(&zipped, None, 100).unwrap(), b"hello");
        assert_eq!(&*inflate(&zipped, Some("gzip"), 100).unwrap(), b"hello");
        assert_eq!(&*inflate(b"plain", None, 100).unwrap(), b"plain");
    }

    #[test]
    fn stored_bytes_come_back() {
        let bytes = "event ".repeat(1_000).into_bytes();
        let stored = deflate(&bytes);
        assert!(stored.len() < bytes.len() / 10);
        assert_eq!(&*inflate(&stored, Some("deflate"), 10_000).unwrap(), bytes.as_slice());
    }

    #[test]
    fn bombs_cut_bodies_and_unknown_encodings_are_refused() {
        let bomb = gzip(&vec![0; 1_000_000]);
        assert_eq!(inflate(&bomb, None, 1_000), Err(InflateError::TooLarge { limit: 1_000 }));
        assert_eq!(
            inflate(&bomb[..bomb.len() / 2], None, 2_000_000),
            Err(InflateError::Damaged { encoding: "gzip" })
        );
        assert_eq!(
            inflate(b"plain", Some("gzip"), 100),
            Err(InflateError::Damaged { encoding: "gzip" })
        );
        assert_eq!(inflate(b"plain", Some("br"), 100), Err(InflateError::Unknown));
    }
}
