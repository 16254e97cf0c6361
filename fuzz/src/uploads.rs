//! As `targets.rs`, for what uploads consist of.

use trapline_collector::artifacts::{bundle, multipart, zip};

use super::replay::Target;

/// All targets of this file.
pub const TARGETS: [Target; 2] = [("multipart", form), ("zip", archive)];

/// The boundary on the first line, then the body.
pub fn form(bytes: &[u8]) {
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (first, rest) = bytes.split_at(at);
    let kind = String::from_utf8_lossy(first);
    let Some(boundary) = multipart::boundary(&kind) else { return };
    let body = rest.get(1..).unwrap_or_default();
    if let Some(parts) = multipart::parts(body, &boundary) {
        let of_parts: usize = parts.iter().map(|part| part.bytes.len()).sum();
        assert!(of_parts <= body.len());
    }
}

/// An archive, its manifest, and all that lies in it: no more than it says, and nothing twice.
pub fn archive(bytes: &[u8]) {
    let tail_at = bytes.len().saturating_sub(zip::MAX_END);
    let Ok(directory) = zip::directory(&bytes[tail_at..], bytes.len()) else { return };
    let records = bytes.get(directory.offset..directory.offset + directory.bytes);
    let records = records.expect("the directory lies within the archive");
    let Ok(entries) = zip::entries(records, &directory) else { return };
    assert_eq!(entries.len(), directory.entries);
    let mut packed = 0;
    for entry in &entries {
        assert!(!entry.name.starts_with('/') && !entry.name.split('/').any(|step| step == ".."));
        let part = bytes.get(entry.part.start..entry.part.end).expect("within the archive");
        packed += part.len();
        // What an upload may claim is more than a fuzzer has memory for.
        if entry.part.size > 1 << 20 {
            continue;
        }
        if let Some(content) = zip::content(part, &entry.part) {
            assert_eq!(content.len(), entry.part.size);
            if let Ok(to_do) = bundle::to_do(&content, &entries) {
                assert!(to_do.len() <= entries.len());
            }
        }
    }
    assert!(packed <= bytes.len(), "files overlap");
}
