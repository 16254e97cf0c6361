//! What a body tells of errors, in each protocol: an envelope of Sentry's (ours are such), and the JSON of Bugsnag,
//! Honeybadger, Rollbar and Faro. What tells of none, as sessions do, is empty here.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::agent::sink::Arrival;

/// One error, or a number of equal ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reported {
    /// What was thrown comes first, its causes follow; empty of what is told in words alone.
    pub(crate) exceptions: Vec<Exception>,
    /// How often it happened.
    pub(crate) count: u64,
    /// All that was sent of it.
    pub(crate) json: String,
}

/// An error with its type, or `None` in place of what is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Exception {
    pub(crate) kind: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) has_stack: bool,
}

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
    for one in reported(arrivals) {
        told.occurrences += one.count;
        if let Some(Exception { kind: Some(_), message: Some(message), has_stack: true }) =
            one.exceptions.into_iter().next()
        {
            told.whole.insert(message);
        }
    }
    told.occurrences += arrivals.iter().map(dropped).sum::<u64>();
    told
}

/// The errors that all these tell of.
pub(crate) fn reported(arrivals: &[Arrival]) -> Vec<Reported> {
    let read = |arrival: &Arrival| match serde_json::from_str::<Value>(&arrival.text) {
        Ok(Value::Array(all)) => all.iter().flat_map(of_json).collect(),
        Ok(json) => of_json(&json),
        Err(_) => items(&arrival.text)
            .filter(|(kind, _)| kind == "event")
            .map(|(_, event)| of_event(&event))
            .collect(),
    };
    arrivals.iter().flat_map(read).collect()
}

/// Items of an envelope: lines of JSON, a header, then for each item a header and its content.
fn items(text: &str) -> impl Iterator<Item = (String, Value)> {
    let mut lines = text.lines().skip(1);
    std::iter::from_fn(move || {
        let (header, content) = (lines.next()?, lines.next()?);
        let read = |line| serde_json::from_str::<Value>(line).unwrap_or_default();
        let kind = read(header).get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        Some((kind, read(content)))
    })
}

fn of_event(event: &Value) -> Reported {
    let values = list(event.pointer("/exception/values")).iter().rev();
    let stacks = ["stack", "stacktrace"];
    Reported {
        exceptions: values.map(|value| exception(value, ["type", "value"], &stacks)).collect(),
        count: event.get("count").and_then(Value::as_u64).unwrap_or(1),
        json: event.to_string(),
    }
}

/// Errors that an envelope says were dropped.
fn dropped(arrival: &Arrival) -> u64 {
    let reports = items(&arrival.text).filter(|(kind, _)| kind == "client_report");
    let quantity = |report: Value| {
        let dropped = list(report.get("discarded_events")).iter();
        let errors = dropped.filter(|one| one.get("category") == Some(&"error".into()));
        errors.filter_map(|one| one.get("quantity").and_then(Value::as_u64)).sum::<u64>()
    };
    reports.map(|(_, report)| quantity(report)).sum()
}

/// `{"notifier", "events": [{"exceptions": [{"errorClass", "message", "stacktrace"}]}]}` is Bugsnag's; `{"error": {"class",
/// "message", "backtrace", "causes"}}` Honeybadger's; `{"data": {"body": {"trace": {"exception": {"class", "message"},
/// "frames"}}}}` Rollbar's, with `trace_chain` for causes and `message` for words; `{"exceptions": [{"type", "value",
/// "stacktrace"}], "logs": [{"level"}], "events": [{"name"}]}` Faro's, whose events tell of policies too.
fn of_json(json: &Value) -> Vec<Reported> {
    let one = |exceptions: Vec<Exception>, json: &Value| Reported {
        exceptions,
        count: 1,
        json: json.to_string(),
    };
    let bugsnag = |value: &Value| exception(value, ["errorClass", "message"], &["stacktrace"]);
    let honeybadger = |value: &Value| exception(value, ["class", "message"], &["backtrace"]);
    let faro = |value: &Value| exception(value, ["type", "value"], &["stacktrace"]);
    if json.get("notifier").is_some() && json.get("events").is_some() {
        let of =
            |event: &Value| one(list(event.get("exceptions")).iter().map(bugsnag).collect(), event);
        return list(json.get("events")).iter().map(of).collect();
    }
    if let Some(error) = json.get("error").filter(|error| error.is_object()) {
        let causes = list(error.get("causes")).iter();
        let all = std::iter::once(error).chain(causes).map(honeybadger).collect();
        return vec![one(all, json)];
    }
    if let Some(body) = json.pointer("/data/body") {
        let chain = list(body.get("trace_chain")).iter().chain(body.get("trace"));
        return vec![one(chain.map(rollbar).collect(), json)];
    }
    let is_error = |log: &&Value| log.get("level") == Some(&"error".into());
    let exceptions = list(json.get("exceptions")).iter();
    let exceptions = exceptions.map(|value| one(vec![faro(value)], value));
    let logs = list(json.get("logs")).iter().filter(is_error);
    let is_violation =
        |event: &&Value| event.get("name") == Some(&"securitypolicyviolation".into());
    let violations = list(json.get("events")).iter().filter(is_violation);
    exceptions.chain(logs.chain(violations).map(|told| one(Vec::new(), told))).collect()
}

fn rollbar(trace: &Value) -> Exception {
    let mut found = trace
        .get("exception")
        .map(|value| exception(value, ["class", "message"], &[]))
        .unwrap_or_default();
    found.has_stack = !list(trace.get("frames")).is_empty();
    found
}

fn exception(value: &Value, [kind, message]: [&str; 2], stacks: &[&str]) -> Exception {
    let text = |name| value.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let is_full = |stack: &&str| match value.get(*stack) {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(frames)) => !frames.is_empty(),
        Some(Value::Object(stack)) => !list(stack.get("frames")).is_empty(),
        _ => false,
    };
    Exception { kind: text(kind), message: text(message), has_stack: stacks.iter().any(is_full) }
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
            r#"{{"notifier":{{}},"events":[{{"exceptions":[{{"errorClass":"Error","message":"oak","stacktrace":{stack}}}]}}]}}"#
        );
        check(&bugsnag, &["oak"], 1);
        check(
            r#"{"error":{"class":"Error","message":"ash","backtrace":[{"number":"1"}]}}"#,
            &["ash"],
            1,
        );
        let trace = r#"{"frames":[{"lineno":1}],"exception":{"class":"Error","message":"elm"}}"#;
        check(&format!(r#"{{"data":{{"body":{{"trace":{trace}}}}}}}"#), &["elm"], 1);
        check(r#"{"data":{"body":{"message":{"body":"yew"}}}}"#, &[], 1);
        let faro = r#"[{"type":"Error","value":"fir","stacktrace":{"frames":[{"lineno":1}]}}]"#;
        check(
            &format!(r#"{{"exceptions":{faro},"events":[{{"name":"session_start"}}]}}"#),
            &["fir"],
            1,
        );
        check(r#"{"logs":[{"level":"info"},{"level":"error"}]}"#, &[], 1);
        check(r#"{"sessions":[{"id":"1"}]}"#, &[], 0);
        check("", &[], 0);
    }
}
