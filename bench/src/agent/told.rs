//! What a body tells of errors, in each protocol: an envelope of Sentry's (ours are such), Bugsnag's and Honeybadger's
//! JSON. What tells of none, as sessions do, is empty here.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::agent::sink::Arrival;

/// What a number of requests told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Messages of errors that came with their type and their stack.
    pub(crate) whole: BTreeSet<String>,
    /// Occurrences: of events, each as often as it says that it happened, and of reports of what was dropped.
    pub(crate) occurrences: u64,
}

/// What all these tell.
pub(crate) fn told(arrivals: &[Arrival]) -> Told {
    let mut told = Told::default();
    for arrival in arrivals {
        match serde_json::from_str::<Value>(&arrival.text) {
            Ok(json) => read_json(&json, &mut told),
            Err(_) => read_envelope(&arrival.text, &mut told),
        }
    }
    told
}

/// Lines of JSON: a header, then for each item a header and its content.
fn read_envelope(text: &str, told: &mut Told) {
    let mut lines = text.lines().skip(1);
    while let (Some(header), Some(content)) = (lines.next(), lines.next()) {
        let read = |line| serde_json::from_str::<Value>(line).unwrap_or_default();
        let content = read(content);
        match read(header).get("type").and_then(Value::as_str) {
            Some("event") => {
                let values = list(content.pointer("/exception/values"));
                told.note(values.last(), ["type", "value"], &["stack", "stacktrace"]);
                told.occurrences += content.get("count").and_then(Value::as_u64).unwrap_or(1);
            }
            Some("client_report") => {
                let dropped = list(content.get("discarded_events")).iter();
                let errors = dropped.filter(|one| one.get("category") == Some(&"error".into()));
                let quantity = |one: &Value| one.get("quantity").and_then(Value::as_u64);
                told.occurrences += errors.filter_map(quantity).sum::<u64>();
            }
            _ => {}
        }
    }
}

/// `{"events": [{"exceptions": [{"errorClass", "message", "stacktrace"}]}]}` is Bugsnag's, `{"error": {"class",
/// "message", "backtrace"}}` Honeybadger's.
fn read_json(json: &Value, told: &mut Told) {
    for event in list(json.get("events")) {
        let exceptions = list(event.get("exceptions"));
        told.note(exceptions.first(), ["errorClass", "message"], &["stacktrace"]);
        told.occurrences += 1;
    }
    if let Some(error) = json.get("error") {
        told.note(Some(error), ["class", "message"], &["backtrace"]);
        told.occurrences += 1;
    }
}

impl Told {
    fn note(&mut self, error: Option<&Value>, [kind, message]: [&str; 2], stacks: &[&str]) {
        let text = |name| error?.get(name)?.as_str().filter(|text| !text.is_empty());
        let is_full = |stack: &&str| match error.and_then(|error| error.get(*stack)) {
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(frames)) => !frames.is_empty(),
            Some(Value::Object(stack)) => !list(stack.get("frames")).is_empty(),
            _ => false,
        };
        if let (Some(_), Some(message), true) =
            (text(kind), text(message), stacks.iter().any(is_full))
        {
            self.whole.insert(message.to_owned());
        }
    }
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, whole: &[&str], occurrences: u64) {
        let text = text.to_owned();
        let arrival = Arrival { at_ms: 0.0, body_bytes: text.len(), header_bytes: 0, text };
        let whole = whole.iter().map(|message| (*message).to_owned()).collect();
        assert_eq!(told(&[arrival]), Told { whole, occurrences });
    }

    #[test]
    fn events_count_as_often_as_they_say() {
        let values = r#"[{"type":"Error","value":"oak","stacktrace":{"frames":[{"lineno":1}]}}]"#;
        let event = format!(r#"{{"exception":{{"values":{values}}}}}"#);
        check(&format!("{{}}\n{{\"type\":\"event\"}}\n{event}"), &["oak"], 1);
        let counted = r#"{"count":999,"repeat_of":"1","exception":{"values":[{"type":"Error","value":"oak"}]}}"#;
        check(&format!("{{}}\n{{\"type\":\"event\"}}\n{counted}\n"), &[], 999);
    }

    #[test]
    fn what_was_dropped_is_accounted_for() {
        let dropped = r#"[{"reason":"queue_overflow","category":"error","quantity":7},{"category":"session","quantity":2}]"#;
        let report = format!(r#"{{"discarded_events":{dropped}}}"#);
        check(&format!("{{}}\n{{\"type\":\"client_report\"}}\n{report}"), &[], 7);
        check("{}\n{\"type\":\"session\"}\n{\"errors\":1}", &[], 0);
    }

    #[test]
    fn peers_speak_their_own_json() {
        let stack = r#"[{"lineNumber":1}]"#;
        let bugsnag = format!(
            r#"{{"events":[{{"exceptions":[{{"errorClass":"Error","message":"oak","stacktrace":{stack}}}]}}]}}"#
        );
        check(&bugsnag, &["oak"], 1);
        check(
            r#"{"error":{"class":"Error","message":"ash","backtrace":[{"number":"1"}]}}"#,
            &["ash"],
            1,
        );
        check(r#"{"sessions":[{"id":"1"}]}"#, &[], 0);
        check("", &[], 0);
    }
}
