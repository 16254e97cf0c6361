//! Bodies that arrive compressed, with a cap on what comes out.
//!
//! ```text
//! gzip, x-gzip   RFC 1952, at most 16 members
//! deflate        RFC 1950 (zlib), and RFC 1951 alone, which some senders call so too
//! ```
//!
//! Gzip is also sniffed by its first bytes (`1f 8b`), because the agent leaves `Content-Encoding` away: with it a
//! browser would ask for permission first (a CORS preflight, one more billed request). Bytes come out piece by piece,
//! so a bomb costs the cap, never its own size. What else HTTP knows, brotli and zstd, the Worker's platform inflates: see the
//! collector. Refused: several encodings of one body.

use std::borrow::Cow;
use std::io::{self, Read};

use flate2::bufread;
use flate2::read::{DeflateDecoder, ZlibDecoder};

mod gzip;

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
        /// `gzip`, `deflate`, `br` or `zstd`.
        encoding: &'static str,
    },
    /// The deployment's Worker runs without the part of its platform that inflates this.
    #[error(
        "this deployment cannot read {encoding}: add nodejs_compat to compatibility_flags in wrangler.toml"
    )]
    Unavailable {
        /// `br` or `zstd`.
        encoding: &'static str,
    },
    /// `Content-Encoding` names something else.
    #[error("content-encoding is not one of gzip, deflate, br, zstd, identity")]
    Unknown,
}

/// Members of a gzip file: senders write one, and each costs the decoder a fresh start.
const MAX_MEMBERS: usize = 16;

/// How much is asked of a decoder at once, in bytes.
const PIECE: usize = 32 * 1024;

/// Inflates `body` as `content_encoding` says, and gzip also where it says nothing.
pub fn inflate<'a>(
    body: &'a [u8],
    content_encoding: Option<&str>,
    max_bytes: usize,
) -> Result<Cow<'a, [u8]>, InflateError> {
    let encoding = content_encoding.unwrap_or_default().trim().to_ascii_lowercase();
    match encoding.as_str() {
        "" | "identity" if !is_gzip(body) => Ok(Cow::Borrowed(body)),
        "" | "identity" | "gzip" | "x-gzip" => gzip(body, max_bytes).map(Cow::Owned),
        "deflate" => zlib_or_deflate(body, max_bytes).map(Cow::Owned),
        _ => Err(InflateError::Unknown),
    }
}

fn is_gzip(body: &[u8]) -> bool {
    body.starts_with(&[0x1f, 0x8b])
}

fn gzip(body: &[u8], max_bytes: usize) -> Result<Vec<u8>, InflateError> {
    let damaged = InflateError::Damaged { encoding: "gzip" };
    let mut inflated = Vec::new();
    let mut rest = body;
    for _ in 0..MAX_MEMBERS {
        let mut member = bufread::DeflateDecoder::new(gzip::behind_header(rest).ok_or(damaged)?);
        let start = inflated.len();
        read_capped(&mut member, "gzip", max_bytes, &mut inflated)?;
        let content = inflated.get(start..).unwrap_or_default();
        rest = gzip::behind_trailer(member.into_inner(), content).ok_or(damaged)?;
        if rest.is_empty() {
            return Ok(inflated);
        }
    }
    Err(damaged)
}

/// `deflate` means zlib, but not to all: raw deflate is tried where zlib's header or checksum is not there.
fn zlib_or_deflate(body: &[u8], max_bytes: usize) -> Result<Vec<u8>, InflateError> {
    match read_all(ZlibDecoder::new(body), "deflate", max_bytes) {
        Err(InflateError::Damaged { .. }) => {
            read_all(DeflateDecoder::new(body), "deflate", max_bytes)
        }
        read => read,
    }
}

fn read_all(
    mut reader: impl Read,
    encoding: &'static str,
    max_bytes: usize,
) -> Result<Vec<u8>, InflateError> {
    let mut inflated = Vec::new();
    read_capped(&mut reader, encoding, max_bytes, &mut inflated)?;
    Ok(inflated)
}

/// Appends what the reader has. `inflated` never holds more than `max_bytes`, and never takes more room either.
fn read_capped(
    reader: &mut impl Read,
    encoding: &'static str,
    max_bytes: usize,
    inflated: &mut Vec<u8>,
) -> Result<(), InflateError> {
    let mut piece = vec![0; PIECE];
    loop {
        let count = match reader.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return Err(InflateError::Damaged { encoding }),
        };
        let room = max_bytes - inflated.len();
        if count > room {
            return Err(InflateError::TooLarge { limit: max_bytes });
        }
        if inflated.capacity() < inflated.len() + count {
            inflated.reserve_exact(inflated.capacity().max(PIECE).min(room));
        }
        inflated.extend_from_slice(piece.get(..count).unwrap_or_default());
    }
}

/// Compresses for storage: zlib at a level that costs little CPU.
pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::read::ZlibEncoder::new(bytes, flate2::Compression::fast());
    let mut deflated = Vec::with_capacity(bytes.len() / 3);
    // Reading from memory cannot fail; an empty result would be read back as damaged.
    let _ = encoder.read_to_end(&mut deflated);
    deflated
}

#[cfg(test)]
mod tests;
