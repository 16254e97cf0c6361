//! `multipart/form-data` (RFC 7578), as far as uploads of chunks need it: the names of a part, and its bytes.
//!
//! ```text
//! body := "--" boundary (CRLF headers CRLF CRLF bytes CRLF "--" boundary)* "--"
//! ```

/// Most parts that are read.
const MAX_PARTS: usize = 256;

/// Longest headers of a part, in bytes.
const MAX_HEADERS: usize = 2_048;

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// `file_gzip`
    pub name: String,
    /// The file's name; empty if it has none.
    pub filename: String,
    /// As they were sent.
    pub bytes: &'a [u8],
}

/// The boundary of a `Content-Type`; `None` if it is another type.
pub fn boundary(content_type: &str) -> Option<String> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = rest.split(';').find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    })?;
    (1..=70).contains(&boundary.len()).then(|| boundary.to_owned())
}

/// Splits a body; `None` if it is cut off or damaged.
pub fn parts<'a>(body: &'a [u8], boundary: &str) -> Option<Vec<Part<'a>>> {
    let first = format!("--{boundary}");
    let next = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(first.as_bytes())?;
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let headers_end = find(rest.get(..rest.len().min(MAX_HEADERS))?, b"\r\n\r\n")?;
        let headers = std::str::from_utf8(rest.get(..headers_end)?).ok()?;
        let content = rest.get(headers_end + 4..)?;
        let end = find(content, next.as_bytes())?;
        if parts.len() == MAX_PARTS {
            return None;
        }
        parts.push(part(headers, content.get(..end)?)?);
        rest = content.get(end + next.len()..)?;
    }
}

fn part<'a>(headers: &str, bytes: &'a [u8]) -> Option<Part<'a>> {
    let disposition = headers.split("\r\n").find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let parameter = |wanted: &str| {
        disposition.split(';').find_map(|parameter| {
            let (key, value) = parameter.split_once('=')?;
            (key.trim() == wanted).then(|| value.trim().trim_matches('"').to_owned())
        })
    };
    let filename = parameter("filename").unwrap_or_default();
    Some(Part { name: parameter("name")?, filename, bytes })
}

/// First place of `wanted`, whose first byte is looked for first.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = wanted.first()?;
    let mut from = 0;
    loop {
        let at = from + bytes.get(from..)?.iter().position(|byte| byte == first)?;
        if bytes.get(at..)?.starts_with(wanted) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_are_read_as_they_were_sent() {
        let boundary = boundary("multipart/form-data; boundary=\"--x1\"").unwrap();
        assert_eq!(boundary, "--x1");
        let body =
            b"----x1\r\nContent-Disposition: form-data; name=\"file_gzip\"; filename=\"ab\"\r\n\
            Content-Type: application/octet-stream\r\n\r\n\x1f\x8b\r\n--x\r\n----x1\r\n\
            content-disposition: form-data; name=note\r\n\r\n\r\n----x1--\r\n";
        let found = parts(body, &boundary).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!((&*found[0].name, &*found[0].filename), ("file_gzip", "ab"));
        assert_eq!(found[0].bytes, b"\x1f\x8b\r\n--x");
        assert_eq!((&*found[1].name, found[1].bytes), ("note", &b""[..]));
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        for content_type in
            ["", "text/plain; boundary=x", "multipart/form-data", "multipart/form-data; boundary="]
        {
            assert_eq!(boundary(content_type), None, "{content_type}");
        }
        let whole = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nbytes\r\n--x--";
        assert!(parts(whole, "x").is_some());
        for length in 0..whole.len() {
            assert_eq!(parts(&whole[..length], "x"), None, "{length}");
        }
        let endless = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n".repeat(300);
        assert_eq!(parts(&endless, "x"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body: Vec<u8>, boundary in "[a-z]{1,3}") {
            parts(&body, &boundary);
            let mut marked = format!("--{boundary}\r\n").into_bytes();
            marked.extend(&body);
            parts(&marked, &boundary);
        }
    }
}
