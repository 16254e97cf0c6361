//! Where a page sends its events: `https://{public_key}@{host}[/{path}]/{project_id}`.
//!
//! Refused: another scheme than http or https, a missing key, a project that is no number. A secret after the key
//! (`key:secret@`), which old SDKs wrote, is dropped.

use alloc::string::String;

/// A parsed DSN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dsn {
    /// `https://host:port`, and the path before the project if there is one; no slash at the end.
    pub origin: String,
    /// Names the project to the collector; public by nature.
    pub public_key: String,
    /// The number at the end.
    pub project_id: u32,
}

/// Why a text is no DSN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DsnError {
    /// Neither `http://` nor `https://`.
    #[error("a DSN begins with https:// or http://")]
    Scheme,
    /// Nothing before the `@`.
    #[error("a DSN names a key before the @")]
    Key,
    /// Nothing after the `@`.
    #[error("a DSN names a host after the @")]
    Host,
    /// The last part of the path is no number.
    #[error("a DSN ends with the number of a project")]
    Project,
}

impl Dsn {
    /// Reads `https://key@host/1`.
    pub fn parse(text: &str) -> Result<Self, DsnError> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(DsnError::Scheme)?;
        if scheme != "https" && scheme != "http" {
            return Err(DsnError::Scheme);
        }
        let (credentials, place) = rest.split_once('@').ok_or(DsnError::Key)?;
        let key = credentials.split(':').next().unwrap_or_default();
        if key.is_empty() {
            return Err(DsnError::Key);
        }
        let (host, project) =
            place.trim_end_matches('/').rsplit_once('/').ok_or(DsnError::Project)?;
        if host.is_empty() {
            return Err(DsnError::Host);
        }
        let project_id = project.parse().map_err(|_| DsnError::Project)?;
        let mut origin = String::with_capacity(text.len());
        origin.push_str(scheme);
        origin.push_str("://");
        origin.push_str(host);
        Ok(Self { origin, public_key: key.into(), project_id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(&str, &str, u32), DsnError>) {
        let dsn = Dsn::parse(text);
        let parts = dsn.as_ref().map(|dsn| (&*dsn.origin, &*dsn.public_key, dsn.project_id));
        assert_eq!(parts, expected.as_ref().copied());
    }

    #[test]
    fn dsn_is_read_or_refused() {
        check("https://abc@shop.test/1", Ok(("https://shop.test", "abc", 1)));
        check(" http://abc@127.0.0.1:8787/42/ ", Ok(("http://127.0.0.1:8787", "abc", 42)));
        check("https://abc:secret@shop.test/t/7", Ok(("https://shop.test/t", "abc", 7)));
        check("shop.test/1", Err(DsnError::Scheme));
        check("ftp://abc@shop.test/1", Err(DsnError::Scheme));
        check("https://shop.test/1", Err(DsnError::Key));
        check("https://@shop.test/1", Err(DsnError::Key));
        check("https://abc@shop.test", Err(DsnError::Project));
        check("https://abc@shop.test/one", Err(DsnError::Project));
        check("https://abc@/1", Err(DsnError::Host));
    }
}
