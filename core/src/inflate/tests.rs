use std::io::Read;

use flate2::{Compression, read};

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut zipped = Vec::new();
    read::GzEncoder::new(bytes, Compression::fast()).read_to_end(&mut zipped).unwrap();
    zipped
}

fn raw_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut zipped = Vec::new();
    read::DeflateEncoder::new(bytes, Compression::fast()).read_to_end(&mut zipped).unwrap();
    zipped
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// `hello hello hello hello`, as Node's `zlib.brotliCompressSync` writes it.
const BROTLI_HELLO: &[u8] =
    b"\x1b\x16\x00\xf8\x8d\x94\x6e\xde\x44\x55\x86\x96\x6c\x20\x6f\x21\x4f\x1c\xe0\x38";

/// 500 MB of zeros in 397 bytes: a million times of what comes in would come out.
fn zstd_bomb() -> Vec<u8> {
    // Magic number; a frame of a window of 8 MiB; then blocks that repeat one byte 128 Ki times.
    let mut bomb = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x68];
    let block = |last: u32| (128 * 1024) << 3 | 1 << 1 | last;
    for _ in 0..4_000 {
        bomb.extend_from_slice(&block(0).to_le_bytes()[..3]);
        bomb.push(0);
    }
    bomb.extend_from_slice(&block(1).to_le_bytes()[..3]);
    bomb.push(0);
    bomb
}

#[track_caller]
fn check(body: &[u8], encoding: Option<&str>, expected: Result<&[u8], InflateError>) {
    let inflated = inflate(body, encoding, 100_000);
    assert_eq!(inflated.as_deref().map_err(|error| *error), expected);
}

#[test]
fn every_encoding_of_http_is_read() {
    let hello: &[u8] = b"hello hello hello hello";
    for encoding in [None, Some(""), Some("identity")] {
        check(hello, encoding, Ok(hello));
    }
    for encoding in [None, Some("identity"), Some("gzip"), Some("x-gzip"), Some(" GZIP ")] {
        check(&gzip(hello), encoding, Ok(hello));
    }
    check(&deflate(hello), Some("deflate"), Ok(hello));
    check(&raw_deflate(hello), Some("deflate"), Ok(hello));
    check(BROTLI_HELLO, Some("br"), Ok(hello));
    check(&zstd(hello), Some("zstd"), Ok(hello));
}

#[test]
fn members_and_frames_follow_each_other() {
    check(&[gzip(b"one "), gzip(b"two")].concat(), None, Ok(b"one two"));
    check(&[zstd(b"one "), zstd(b"two")].concat(), Some("zstd"), Ok(b"one two"));
    let damaged = |encoding| Err(InflateError::Damaged { encoding });
    check(&gzip(b"").repeat(17), None, damaged("gzip"));
    check(&zstd(b"").repeat(17), Some("zstd"), damaged("zstd"));
    check(&[gzip(b"one"), b"two".to_vec()].concat(), None, damaged("gzip"));
}

#[test]
fn stored_bytes_come_back() {
    let bytes = "event ".repeat(1_000).into_bytes();
    let stored = deflate(&bytes);
    assert!(stored.len() < bytes.len() / 10);
    assert_eq!(&*inflate(&stored, Some("deflate"), 10_000).unwrap(), bytes.as_slice());
}

#[test]
fn exactly_full_is_not_too_large() {
    let bytes = vec![7; 100_000];
    check(&gzip(&bytes), None, Ok(&bytes));
    check(&gzip(&[bytes.as_slice(), b"7"].concat()), None, too_large());
}

fn too_large() -> Result<&'static [u8], InflateError> {
    Err(InflateError::TooLarge { limit: 100_000 })
}

#[test]
fn bombs_are_refused_at_the_cap() {
    let zeros = vec![0; 10_000_000];
    check(&gzip(&zeros), None, too_large());
    check(&deflate(&zeros), Some("deflate"), too_large());
    check(&raw_deflate(&zeros), Some("deflate"), too_large());
    check(&zstd_bomb(), Some("zstd"), too_large());
}

#[test]
fn what_inflates_takes_no_more_room_than_the_cap() {
    let inflated = inflate(&gzip(&vec![1; 3_000_000]), None, 4_000_000).unwrap().into_owned();
    assert!(inflated.capacity() <= 4_000_000, "{}", inflated.capacity());
}

#[test]
fn damaged_bodies_and_unknown_encodings_are_refused() {
    let damaged = |encoding| Err(InflateError::Damaged { encoding });
    let long = "event ".repeat(1_000).into_bytes();
    let half = |body: Vec<u8>| body[..body.len() / 2].to_vec();
    check(&half(gzip(&long)), None, damaged("gzip"));
    check(&half(deflate(&long)), Some("deflate"), damaged("deflate"));
    check(&half(zstd(&long)), Some("zstd"), damaged("zstd"));
    check(&BROTLI_HELLO[..8], Some("br"), damaged("br"));
    for encoding in ["gzip", "deflate", "br", "zstd"] {
        check(b"{\"plain\":1}", Some(encoding), damaged(encoding));
    }
    for encoding in ["lzma", "gzip, br", "*"] {
        check(b"plain", Some(encoding), Err(InflateError::Unknown));
    }
}

/// Both ask for a gigabyte before the first byte comes out.
#[test]
fn windows_of_a_gigabyte_are_refused() {
    let large_window_brotli = [0x11, 0x1e, 0x80, 0x00, 0x00];
    check(&large_window_brotli, Some("br"), Err(InflateError::Damaged { encoding: "br" }));
    let zstd_window = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa0, 0x01, 0x00, 0x00];
    check(&zstd_window, Some("zstd"), Err(InflateError::Damaged { encoding: "zstd" }));
}

#[test]
fn an_empty_body_is_empty_unless_it_should_be_compressed() {
    check(b"", None, Ok(b""));
    for encoding in ["gzip", "deflate", "br", "zstd"] {
        check(b"", Some(encoding), Err(InflateError::Damaged { encoding }));
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_inflated_or_refused(body: Vec<u8>, which in 0_usize..4) {
        let encoding = ["gzip", "deflate", "br", "zstd"][which];
        let inflated = inflate(&body, Some(encoding), 10_000).unwrap_or_default();
        proptest::prop_assert!(inflated.len() <= 10_000);
    }
}
