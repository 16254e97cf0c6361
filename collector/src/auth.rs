//! Which key a sender names: in the query, in a header, or in the envelope's DSN. All that are there must agree.
//!
//! ```text
//! ?sentry_key=abc
//! X-Sentry-Auth: Sentry sentry_version=7, sentry_key=abc, sentry_client=x/1
//! Authorization: Sentry sentry_key=abc        the same grammar
//! Authorization: DSN https://abc@shop.test/1
//! {"dsn": "https://abc@shop.test/1"}          first line of an envelope
//! ```
//!
//! Other schemes of `Authorization` name no key, and are passed over. Keys are 1 to 64 letters and digits; another text is
//! nobody's key.

use trapline_core::dsn::{Dsn, DsnError};

use crate::refused::Refused;

/// Longest key: ours have 32 digits.
const MAX_KEY: usize = 64;

/// A key, and what named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// As it was sent.
    pub key: String,
    /// `the query`, …
    pub place: &'static str,
    /// A DSN names the project too.
    pub project_id: Option<u32>,
}

/// Where a request may name a key beside its body.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Every `sentry_key` of the query.
    pub query: Vec<String>,
    /// `X-Sentry-Auth`
    pub sentry_auth: Option<String>,
    /// `Authorization`
    pub authorization: Option<String>,
}

/// What the request names before its body is read; `None` if nothing.
pub fn of_request(places: &Places) -> Result<Option<Named>, Refused> {
    let query = places.query.iter().map(|key| Named {
        key: key.clone(),
        place: "the query",
        project_id: None,
    });
    let headers = [
        header(places.sentry_auth.as_deref(), "X-Sentry-Auth"),
        header(places.authorization.as_deref(), "Authorization"),
    ];
    agreed(query.chain(headers.into_iter().flatten()))
}

/// What request and envelope name together.
pub fn with_envelope(request: Option<Named>, dsn: Option<&str>) -> Result<Named, Refused> {
    let envelope = match dsn.map(Dsn::parse) {
        None => None,
        Some(Ok(dsn)) => Some(named_by(dsn, "the envelope's DSN")),
        // A damaged DSN beside a whole key does no harm.
        Some(Err(_)) if request.is_some() => None,
        Some(Err(reason)) => return Err(Refused::Dsn { reason }),
    };
    agreed(request.into_iter().chain(envelope))?.ok_or(Refused::NoKey)
}

/// The key with what anyone said of its project.
fn agreed(all: impl Iterator<Item = Named>) -> Result<Option<Named>, Refused> {
    let mut first: Option<Named> = None;
    for other in all {
        let Some(first) = &mut first else {
            first = Some(other);
            continue;
        };
        let projects = first.project_id.zip(other.project_id);
        if first.key != other.key || projects.is_some_and(|(one, other)| one != other) {
            return Err(Refused::KeysDisagree { first: first.place, second: other.place });
        }
        first.project_id = first.project_id.or(other.project_id);
    }
    Ok(first)
}

fn header(value: Option<&str>, place: &'static str) -> Option<Named> {
    let (scheme, rest) = value?.trim().split_once(' ')?;
    if scheme.eq_ignore_ascii_case("dsn") {
        return dsn_of(rest).ok().map(|dsn| named_by(dsn, place));
    }
    let key = scheme.eq_ignore_ascii_case("sentry").then(|| key_of(rest)).flatten()?;
    Some(Named { key, place, project_id: None })
}

fn dsn_of(text: &str) -> Result<Dsn, DsnError> {
    Dsn::parse(text)
}

fn named_by(dsn: Dsn, place: &'static str) -> Named {
    Named { key: dsn.public_key, place, project_id: Some(dsn.project_id) }
}

/// `sentry_version=7, sentry_key=abc` → `abc`
fn key_of(pairs: &str) -> Option<String> {
    let mut pairs = pairs
        .split(|c: char| c == ',' || c.is_ascii_whitespace())
        .filter_map(|pair| pair.split_once('='));
    let (_, key) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("sentry_key"))?;
    Some(key.trim_matches('"').to_owned())
}

/// Whether a project may have this key: others need not be looked up.
pub fn is_key(text: &str) -> bool {
    (1..=MAX_KEY).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(
        query: &[&str],
        x: &str,
        authorization: &str,
        dsn: &str,
        expected: Result<&str, &str>,
    ) {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let places = Places {
            query: query.iter().map(|key| (*key).to_owned()).collect(),
            sentry_auth: some(x),
            authorization: some(authorization),
        };
        let found = of_request(&places)
            .and_then(|named| with_envelope(named, some(dsn).as_deref()))
            .map(|named| named.key)
            .map_err(|refused| refused.to_string());
        assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned));
    }

    const DSN: &str = "https://abc@shop.test/1";

    #[test]
    fn each_place_may_name_the_key() {
        check(&["abc"], "", "", "", Ok("abc"));
        check(&[], "Sentry sentry_version=7, sentry_key=abc, sentry_client=x/1", "", "", Ok("abc"));
        check(&[], "sentry sentry_key=abc,sentry_version=7", "", "", Ok("abc"));
        check(&[], "", "Sentry sentry_version=7 sentry_key=\"abc\"", "", Ok("abc"));
        check(&[], "", &format!("DSN {DSN}"), "", Ok("abc"));
        check(&[], "", "", DSN, Ok("abc"));
        check(&["abc"], "Sentry sentry_key=abc", &format!("dsn {DSN}"), DSN, Ok("abc"));
    }

    #[test]
    fn what_names_no_key_is_passed_over() {
        check(&["abc"], "nonsense", "Bearer xyz", "nonsense", Ok("abc"));
        let none = "no key: send sentry_key in the query, X-Sentry-Auth, or the DSN in the envelope header";
        check(&[], "Sentry sentry_version=7", "Bearer abc", "", Err(none));
        check(
            &[],
            "",
            "",
            "nonsense",
            Err("the envelope's DSN: a DSN begins with https:// or http://"),
        );
    }

    #[test]
    fn two_that_disagree_are_named() {
        let words = |first: &str, second: &str| {
            format!("{first} and {second} name different keys: send one, or the same in both")
        };
        check(&["abc", "abd"], "", "", "", Err(&words("the query", "the query")));
        check(&["abd"], "Sentry sentry_key=abc", "", "", Err(&words("the query", "X-Sentry-Auth")));
        check(&["abd"], "", "", DSN, Err(&words("the query", "the envelope's DSN")));
        let other = "DSN https://abc@shop.test/2";
        check(&[], "", other, DSN, Err(&words("Authorization", "the envelope's DSN")));
    }

    #[test]
    fn keys_are_letters_and_digits() {
        assert!(is_key("0123456789abcdef0123456789abcdef"));
        for text in ["", "a b", "a'", &"a".repeat(65), "ä"] {
            assert!(!is_key(text), "{text:?}");
        }
    }
}
