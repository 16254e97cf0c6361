//! The item `transaction` of other SDKs, as far as it tells of a page that was loaded or navigated to: its vitals
//! (`measurements`), how long it took, and its requests (spans `http.client`).

use serde_json::{Map, Value};

use super::fields::{Fields, list, object};
use super::page_view::weight_of;
use super::{BOUNDS, DecodeError, MAX_EVENT, bound, hex_id, repair};
use crate::histogram::bucket_of;
use crate::page_view::{LOAD, MAX_ENDPOINTS, PageView, Requests, VITALS, Vital, without_ids};
use crate::url;

/// Longest name.
const MAX_WORD: usize = 300;

/// Decodes one item. `None` if it tells of something else than a page: what servers do, say.
///
/// # Errors
/// What is no JSON object, or too large.
pub fn transaction(payload: &[u8]) -> Result<Option<PageView>, DecodeError> {
    if payload.len() > MAX_EVENT {
        return Err(DecodeError::TooLarge { bytes: payload.len(), limit: MAX_EVENT });
    }
    bound::check(payload, &BOUNDS)?;
    let mut defects = Vec::new();
    let map = object(repair::json(payload, &mut defects)?).ok_or(DecodeError::NotAnObject)?;
    Ok(view(&mut Fields::new(map, defects)))
}

pub(super) fn view(fields: &mut Fields) -> Option<PageView> {
    let contexts = fields.object("contexts")?;
    let trace = contexts.get("trace")?.as_object()?;
    let op = trace.get("op").and_then(Value::as_str)?;
    if op != "pageload" && op != "navigation" {
        return None;
    }
    let started_ms = fields.time("start_timestamp")?;
    let ended_ms = fields.time("timestamp")?;
    let of_trace = |name: &str| trace.get("data").and_then(|data| data.get(name));
    let rate = of_trace("sentry.sample_rate").and_then(Value::as_f64);
    let request = fields.object("request").unwrap_or_default();
    let address = request.get("url").or_else(|| of_trace("url.full")).and_then(Value::as_str);
    let address = url::cleaned(url::parts(address.unwrap_or_default()).before_query);
    let mut view = PageView {
        id: fields.text("event_id", MAX_WORD).and_then(|id| hex_id(&id))?,
        started_ms,
        page: without_ids(&fields.text("transaction", MAX_WORD)?),
        kind: if op == "pageload" { "navigate" } else { "soft-navigation" }.to_owned(),
        release: fields.text("release", MAX_WORD).unwrap_or_default(),
        environment: fields.text("environment", MAX_WORD).unwrap_or_default(),
        weight: weight_of(rate),
        ..PageView::default()
    };
    view.url = super::fields::cut(&address, MAX_WORD).to_owned();
    if op == "pageload" {
        // Of the transaction: until the page was idle.
        if let Some(load) = view.load.get_mut(LOAD) {
            *load = milliseconds(ended_ms.saturating_sub(started_ms));
        }
    }
    let measurements = fields.object("measurements").unwrap_or_default();
    for (place, name) in view.vitals.iter_mut().zip(VITALS) {
        let measured = measurements.get(name).and_then(|one| one.get("value"));
        let value = measured.and_then(Value::as_f64).filter(|value| (0.0..1e10).contains(value));
        *place =
            value.map(|value| Vital { value, target: target(&of_trace, name), ..Vital::default() });
    }
    let spans = fields.take("spans").and_then(list).unwrap_or_default();
    for span in spans.into_iter().filter_map(object) {
        add_request(&mut view.requests, &span, &view.url);
    }
    Some(view)
}

/// The SDK names the element of a vital in the trace's data.
fn target<'a>(of_trace: &dyn Fn(&str) -> Option<&'a Value>, vital: &str) -> String {
    let name = match vital {
        "lcp" => "lcp.element",
        "cls" => "cls.source.1",
        "inp" => "inp.target",
        _ => return String::new(),
    };
    let text = of_trace(name).and_then(Value::as_str).unwrap_or_default();
    super::fields::cut(text, MAX_WORD).to_owned()
}

fn add_request(requests: &mut Vec<Requests>, span: &Map<String, Value>, page: &str) {
    let text = |name: &str| span.get(name).and_then(Value::as_str);
    let data = |name: &str| span.get("data").and_then(|data| data.get(name));
    if text("op") != Some("http.client") {
        return;
    }
    // `GET https://api.shop.test/items`
    let (method, address) =
        text("description").and_then(|words| words.split_once(' ')).unwrap_or_default();
    let full = data("http.url").or_else(|| data("url")).and_then(Value::as_str).unwrap_or(address);
    let full = url::cleaned(url::parts(full).before_query);
    let origin = |address: &str| {
        let (scheme, rest) = address.split_once("://")?;
        Some([scheme, "://", rest.split('/').next()?].concat())
    };
    let own = origin(page).filter(|own| origin(&full).as_ref() == Some(own));
    let path = own.as_ref().and_then(|own| full.strip_prefix(own.as_str())).unwrap_or(&full);
    let endpoint =
        without_ids(super::fields::cut(if path.is_empty() { "/" } else { path }, MAX_WORD));
    let seconds = |name: &str| span.get(name).and_then(Value::as_f64);
    let (Some(from), Some(to)) = (seconds("start_timestamp"), seconds("timestamp")) else { return };
    let status = data("http.response.status_code").or_else(|| data("http.status_code"));
    let status =
        status.and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok())).unwrap_or(0);
    let method = method.to_ascii_uppercase();
    let known = requests.iter_mut().position(|one| one.method == method && one.url == endpoint);
    let known = known.or_else(|| {
        let is_room = requests.len() < MAX_ENDPOINTS && method.len() < 20;
        is_room.then(|| requests.push(Requests { method, url: endpoint, ..Requests::default() }));
        is_room.then(|| requests.len() - 1)
    });
    let Some(one) = known.and_then(|index| requests.get_mut(index)) else { return };
    one.count += 1;
    one.no_answer += u32::from(status == 0);
    one.status_4xx += u32::from((400..500).contains(&status));
    one.status_5xx += u32::from((500..600).contains(&status));
    if status > 0 {
        let bucket = bucket_of((to - from) * 1_000.0);
        match one.durations.iter_mut().find(|(known, _)| *known == bucket) {
            Some((_, count)) => *count += 1,
            None => one.durations.push((bucket, 1)),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "times are below 2^53")]
fn milliseconds(number: i64) -> f64 {
    number.clamp(0, 86_400_000) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_load_is_a_view_with_its_requests() {
        let text = r#"{"event_id": "0123456789abcdef0123456789abcdef", "type": "transaction", "transaction": "/orders/4711",
            "start_timestamp": 1764380000.5, "timestamp": 1764380002.5, "release": "shop@1", "environment": "production",
            "request": {"url": "https://shop.test/orders/4711?x=1"},
            "contexts": {"trace": {"op": "pageload", "data": {"sentry.sample_rate": 0.25, "lcp.element": "main > img"}}},
            "measurements": {"lcp": {"value": 1200.5, "unit": "millisecond"}, "cls": {"value": 0.1, "unit": ""}, "ttfb": {"value": 80}},
            "spans": [{"op": "http.client", "description": "GET /api/items/17", "start_timestamp": 1764380001.0,
            "timestamp": 1764380001.1, "data": {"http.url": "https://shop.test/api/items/17", "http.response.status_code": 503}},
            {"op": "http.client", "description": "GET https://other.test/a", "start_timestamp": 1, "timestamp": 2},
            {"op": "resource.script", "description": "/app.js"}]}"#;
        let view = transaction(text.as_bytes()).unwrap().unwrap();
        assert_eq!(
            (view.page.as_str(), view.weight, view.load[LOAD]),
            ("/orders/{id}", 400, 2_000.0)
        );
        assert_eq!(
            view.vitals[0].as_ref().map(|lcp| (lcp.value, lcp.target.as_str())),
            Some((1_200.5, "main > img"))
        );
        assert_eq!(view.vitals.iter().flatten().count(), 3);
        let endpoints: Vec<_> = view.requests.iter().map(Requests::endpoint).collect();
        assert_eq!(endpoints, ["GET /api/items/{id}", "GET https://other.test/a"]);
        assert_eq!((view.requests[0].status_5xx, view.requests[0].durations.len()), (1, 1));
        assert_eq!((view.requests[1].no_answer, view.requests[1].durations.len()), (1, 0));
    }

    #[test]
    fn what_servers_do_is_no_view() {
        let text = r#"{"event_id": "0123456789abcdef0123456789abcdef", "transaction": "job", "start_timestamp": 1764380000,
            "timestamp": 1764380001, "contexts": {"trace": {"op": "queue.task"}}}"#;
        assert_eq!(transaction(text.as_bytes()), Ok(None));
        assert_eq!(transaction(b"{}"), Ok(None));
        assert!(transaction(b"[]").is_err());
    }
}
