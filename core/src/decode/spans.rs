//! The item `span` of newer SDKs: spans one by one as they end, several in an item, with typed attributes.
//!
//! ```text
//! {"version": 2, "items": [{"trace_id", "span_id", "name", "start_timestamp", "end_timestamp", "is_segment",
//!   "attributes": {"sentry.op": {"value": "pageload", "type": "string"}, …}}]}
//! ```
//!
//! Those of a page are put together to a transaction, and read as one. What comes in a later item than the page's own span adds
//! to the page, and is no view of its own: its kind is [`LATE`].

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::fields::{Fields, object};
use super::transaction::view;
use super::{BOUNDS, DecodeError, MAX_EVENT, bound, repair};
use crate::page_view::{LATE, PageView, VITALS};

/// Spans of one item that are looked at.
const MAX_SPANS: usize = 1_000;

/// Decodes one item. Nothing if it tells of no page.
///
/// # Errors
/// What is no JSON object, or too large.
pub fn spans(payload: &[u8]) -> Result<Vec<PageView>, DecodeError> {
    if payload.len() > MAX_EVENT {
        return Err(DecodeError::TooLarge { bytes: payload.len(), limit: MAX_EVENT });
    }
    bound::check(payload, &BOUNDS)?;
    let map = object(repair::json(payload, &mut Vec::new())?).ok_or(DecodeError::NotAnObject)?;
    let items = map.get("items").and_then(Value::as_array).into_iter().flatten();
    let mut segments: BTreeMap<(&str, &str), Vec<&Map<String, Value>>> = BTreeMap::new();
    for span in items.take(MAX_SPANS).filter_map(Value::as_object) {
        let trace = span.get("trace_id").and_then(Value::as_str).unwrap_or_default();
        let segment = attribute(span, "sentry.segment.id").and_then(Value::as_str);
        segments.entry((trace, segment.unwrap_or_default())).or_default().push(span);
    }
    Ok(segments.into_values().filter_map(|spans| of_segment(&spans)).collect())
}

fn attribute<'a>(span: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    span.get("attributes")?.get(name)?.get("value")
}

fn op_of(span: &Map<String, Value>) -> &str {
    attribute(span, "sentry.op").and_then(Value::as_str).unwrap_or_default()
}

fn of_segment(spans: &[&Map<String, Value>]) -> Option<PageView> {
    let page = spans.iter().find(|span| matches!(op_of(span), "pageload" | "navigation"));
    let says_vital = |span: &&&Map<String, Value>| {
        VITALS.iter().any(|vital| attribute(span, &value_of(vital)).is_some())
    };
    let first = page.or_else(|| spans.iter().find(says_vital))?;
    let find = |name: &str| spans.iter().find_map(|span| attribute(span, name)).cloned();
    let mut measurements = Map::new();
    for vital in VITALS {
        if let Some(value) = find(&value_of(vital)) {
            measurements.insert(vital.to_owned(), json!({ "value": value }));
        }
    }
    let requests: Vec<Value> = spans
        .iter()
        .filter(|span| op_of(span) == "http.client")
        .map(|span| request(span))
        .collect();
    let op = if page.is_some() { op_of(first) } else { "navigation" };
    let name = find("sentry.segment.name").or_else(|| first.get("name").cloned());
    let transaction = json!({
        "event_id": id_of(first, page.is_none()), "transaction": name, "start_timestamp": first.get("start_timestamp"),
        "timestamp": first.get("end_timestamp"), "release": find("sentry.release"), "environment": find("sentry.environment"),
        "request": { "url": find("url.full") }, "measurements": measurements, "spans": requests,
        "contexts": { "trace": { "op": op, "data": {
            "sentry.sample_rate": find("sentry.sample_rate"), "lcp.element": find("browser.web_vital.lcp.element"),
            "cls.source.1": find("browser.web_vital.cls.source.1"), "inp.target": find("browser.web_vital.inp.target"),
        } } },
    });
    let mut view = view(&mut Fields::new(object(transaction)?, Vec::new()))?;
    if page.is_none() {
        view.kind = LATE.to_owned();
    }
    Some(view)
}

/// `browser.web_vital.lcp.value`
fn value_of(vital: &str) -> String {
    ["browser.web_vital.", vital, ".value"].concat()
}

fn request(span: &Map<String, Value>) -> Value {
    let address = attribute(span, "url.full").or_else(|| attribute(span, "http.url"));
    json!({
        "op": "http.client", "description": span.get("name"), "start_timestamp": span.get("start_timestamp"),
        "timestamp": span.get("end_timestamp"),
        "data": { "http.url": address, "http.response.status_code": attribute(span, "http.response.status_code") },
    })
}

/// Of the trace and span: the same bytes are the same view.
fn id_of(span: &Map<String, Value>, is_late: bool) -> String {
    let text = |name: &str| span.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut digest = Sha256::new();
    for part in [text("trace_id"), text("span_id"), if is_late { "late" } else { "" }] {
        digest.update(part);
    }
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(id: &str, op: &str, more: &[(&str, Value)]) -> Value {
        let mut attributes = json!({
            "sentry.op": { "value": op, "type": "string" }, "sentry.segment.id": { "value": "s1" },
            "sentry.segment.name": { "value": "/orders/17" }, "sentry.release": { "value": "shop@1" },
        });
        for (name, value) in more {
            attributes[*name] = json!({ "value": value });
        }
        json!({ "trace_id": "t1", "span_id": id, "name": "GET /api/items/1", "start_timestamp": 1764380000.5,
            "end_timestamp": 1764380001.5, "attributes": attributes })
    }

    fn check(items: &[Value], expected: &[(&str, usize, usize)]) {
        let text = json!({ "version": 2, "items": items }).to_string();
        let views = spans(text.as_bytes()).unwrap();
        let found: Vec<_> = views
            .iter()
            .map(|view| {
                (view.kind.as_str(), view.vitals.iter().flatten().count(), view.requests.len())
            })
            .collect();
        assert_eq!(found, expected);
        assert!(views.iter().all(|view| view.page == "/orders/{id}" && view.release == "shop@1"));
    }

    #[test]
    fn spans_of_a_page_are_a_view() {
        let fcp = [("browser.web_vital.fcp.value", json!(900))];
        let lcp = [
            ("browser.web_vital.lcp.value", json!(1_200.5)),
            ("browser.web_vital.lcp.element", json!("img")),
        ];
        let status = [
            ("http.response.status_code", json!(200)),
            ("url.full", json!("https://shop.test/api/items/1")),
        ];
        let page = span("s1", "pageload", &fcp);
        check(
            &[
                page.clone(),
                span("s2", "ui.webvital.lcp", &lcp),
                span("s3", "http.client", &status),
            ],
            &[("navigate", 2, 1)],
        );
        check(&[span("s2", "ui.webvital.lcp", &lcp)], &[(LATE, 1, 0)]);
        check(&[span("s4", "task", &[])], &[]);
        check(&[], &[]);
    }
}
