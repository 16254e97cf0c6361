//! The items `session` and `sessions`, as SDKs publish them, become what they add to the counts of a release.
//!
//! ```text
//! session    {"sid", "did", "init", "started", "status", "errors", "attrs": {"release", "environment"}}
//!            when a session begins, and whenever it is worse than it was: status ok, exited, crashed, unhandled,
//!            errored, abnormal; newer SDKs in pages say unhandled where older ones say crashed
//! sessions   {"aggregates": [{"started", "did", "exited", "errored", "crashed", "abnormal"}], "attrs"}
//!            of servers, sessions that ended
//! ```

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::fields::{Fields, object};
use super::{DecodeError, bound, repair};
use crate::bound::Bounds;
use crate::limits::MAX_JSON_DEPTH;

/// Longest release, environment or user.
const MAX_WORD: usize = 200;

/// Minutes of one item of servers.
const MAX_AGGREGATES: usize = 100;

/// A session has a dozen members, a list of aggregates 100 times six.
const BOUNDS: Bounds = Bounds { max_depth: MAX_JSON_DEPTH, max_values: 1_000 };

/// Sessions, or what became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sessions {
    /// Tells them from others: 11 hexadecimal digits.
    pub key: String,
    /// Who; empty if the sender does not say.
    pub user: String,
    /// When they began, in milliseconds since 1970.
    pub started_ms: i64,
    /// Version of the page's code.
    pub release: String,
    /// `production`, …
    pub environment: String,
    /// How many began.
    pub started: u32,
    /// How many have an error, crashed ones among them.
    pub errored: u32,
    /// How many were ended by an error that nobody caught.
    pub crashed: u32,
    /// How many ended without saying so.
    pub abnormal: u32,
    /// How many ended as they should.
    pub exited: u32,
}

/// Decodes an item of either kind.
///
/// # Errors
/// What is no JSON object, or tells of no session.
pub fn sessions(payload: &[u8]) -> Result<Vec<Sessions>, DecodeError> {
    bound::check(payload, &BOUNDS)?;
    let mut defects = Vec::new();
    let map = object(repair::json(payload, &mut defects)?).ok_or(DecodeError::NotAnObject)?;
    let mut fields = Fields::new(map, defects);
    let attributes = fields.object("attrs").unwrap_or_default();
    let attribute = |name| attributes.get(name).and_then(Value::as_str).unwrap_or_default();
    let cut = |text: &str| super::fields::cut(text, MAX_WORD).to_owned();
    let around = Sessions {
        release: cut(attribute("release")),
        environment: cut(attribute("environment")),
        ..Sessions::default()
    };
    let found = match fields.take("aggregates") {
        Some(Value::Array(minutes)) => {
            let minutes = minutes.into_iter().take(MAX_AGGREGATES).enumerate();
            let hash = |number: usize| key_of(&[payload, &number.to_le_bytes()]);
            let read = |(number, minute)| aggregate(object(minute)?, hash(number), &around);
            minutes.filter_map(read).collect()
        }
        _ => one(&mut fields, &around).into_iter().collect::<Vec<_>>(),
    };
    match found.is_empty() {
        true => Err(DecodeError::Missing("sid and started")),
        false => Ok(found),
    }
}

fn one(fields: &mut Fields, around: &Sessions) -> Option<Sessions> {
    let id = fields.text("sid", MAX_WORD).filter(|id| !id.is_empty())?;
    let status = fields.text("status", MAX_WORD).unwrap_or_default();
    let errors = fields.count("errors", u32::MAX).unwrap_or(0);
    let is = |name: &str| u32::from(status == name);
    let timestamp = fields.time("timestamp");
    Some(Sessions {
        key: key_of(&[id.as_bytes()]),
        user: fields.text("did", MAX_WORD).unwrap_or_default(),
        started_ms: fields.time("started").or(timestamp)?,
        started: u32::from(fields.flag("init").unwrap_or(false)),
        errored: u32::from(
            errors > 0 || matches!(&*status, "errored" | "crashed" | "unhandled" | "abnormal"),
        ),
        crashed: is("crashed") + is("unhandled"),
        abnormal: is("abnormal"),
        exited: is("exited"),
        ..around.clone()
    })
}

fn aggregate(map: Map<String, Value>, key: String, around: &Sessions) -> Option<Sessions> {
    let mut fields = Fields::new(map, Vec::new());
    let mut count = |name| fields.count(name, 1_000_000).unwrap_or(0);
    let (exited, errored) = (count("exited"), count("errored"));
    let (crashed, abnormal) = (count("crashed") + count("unhandled"), count("abnormal"));
    Some(Sessions {
        key,
        user: fields.text("did", MAX_WORD).unwrap_or_default(),
        started_ms: fields.time("started")?,
        started: exited + errored + crashed + abnormal,
        errored: errored + crashed + abnormal,
        crashed,
        abnormal,
        exited,
        ..around.clone()
    })
}

/// 11 hexadecimal digits of a hash.
fn key_of(parts: &[&[u8]]) -> String {
    let mut digest = Sha256::new();
    parts.iter().for_each(|part| digest.update(part));
    let mut key: String =
        digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    key.pop();
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[[u32; 5]]) {
        let found = sessions(text.as_bytes()).unwrap();
        let counts: Vec<_> = found
            .iter()
            .map(|one| [one.started, one.errored, one.crashed, one.abnormal, one.exited])
            .collect();
        assert_eq!(counts, expected);
        assert!(found.iter().all(|one| one.release == "shop@1" && one.key.len() == 11));
    }

    fn session(rest: &str) -> String {
        format!(
            r#"{{"sid": "9c5d8bd80f2e4a8f94be2b4b8e3c2f11", "started": "2026-11-29T01:02:03.456Z", "attrs": {{"release": "shop@1"}}, {rest}}}"#
        )
    }

    #[test]
    fn what_became_of_a_session_is_told() {
        check(&session(r#""init": true, "status": "ok", "errors": 0"#), &[[1, 0, 0, 0, 0]]);
        check(&session(r#""status": "ok", "errors": 1"#), &[[0, 1, 0, 0, 0]]);
        check(&session(r#""status": "crashed", "errors": 1"#), &[[0, 1, 1, 0, 0]]);
        check(&session(r#""init": true, "status": "exited""#), &[[1, 0, 0, 0, 1]]);
        check(&session(r#""status": "unhandled", "errors": 1"#), &[[0, 1, 1, 0, 0]]);
        check(&session(r#""status": "abnormal""#), &[[0, 1, 0, 1, 0]]);
    }

    #[test]
    fn minutes_of_servers_are_added_up() {
        let text = r#"{"attrs": {"release": "shop@1", "environment": "eu"}, "aggregates": [
            {"started": "2026-11-29T01:02:00Z", "exited": 10, "errored": 2, "crashed": 1}, {"exited": 7}, 5,
            {"started": "2026-11-29T01:03:00Z", "did": "u1", "exited": 3}]}"#;
        check(text, &[[13, 3, 1, 0, 10], [3, 0, 0, 0, 3]]);
    }

    #[test]
    fn what_tells_of_no_session_is_refused() {
        for text in ["7", "{}", r#"{"sid": "1"}"#, r#"{"aggregates": []}"#] {
            assert!(sessions(text.as_bytes()).is_err(), "{text}");
        }
    }
}
