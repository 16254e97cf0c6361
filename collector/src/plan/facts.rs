//! What events of one bug may have in common beside release, page and browser: a line each, in the event's own row, so that it
//! costs no rows.
//!
//! ```text
//! flag.new-pay=true
//! tag.plan=gold
//! request=POST /api/orders/<n> 503
//! request=GET /api/cart/totals unanswered
//! ```
//! Left out is what no two events share, or what would be too long.

use serde_json::Value;
use trapline_core::event::{Breadcrumb, Event};
use trapline_core::fingerprint::parameterised;

/// Longest text of all lines, in bytes.
const MAX_FACTS: usize = 400;

/// Longest line, in bytes.
const MAX_LINE: usize = 100;

/// Requests that are named, the last ones.
const MAX_REQUESTS: usize = 3;

/// How long before the error a request may have gone wrong.
const RECENT_MS: i64 = 60_000;

/// The event's lines, each ended by a line feed.
pub(super) fn facts_of(event: &Event) -> String {
    let mut text = String::new();
    let mut add = |name: &str, value: &str| {
        let line = format!("{name}={value}").replace(char::is_control, " ");
        let is_known = text.lines().any(|known: &str| known == line);
        if !is_known && line.len() <= MAX_LINE && text.len() + line.len() < MAX_FACTS {
            text.push_str(&line);
            text.push('\n');
        }
    };
    for request in requests(event) {
        add("request", &request);
    }
    for (flag, result) in flags(event) {
        add(&format!("flag.{flag}"), &result);
    }
    for (name, value) in &event.tags {
        add(&format!("tag.{name}"), value);
    }
    text
}

/// Last requests before the error that got no answer, or one that says they failed; the newest first.
fn requests(event: &Event) -> impl Iterator<Item = String> + '_ {
    let at_ms = if event.claimed_ms == 0 { event.received_ms } else { event.claimed_ms };
    let recent = event
        .breadcrumbs
        .iter()
        .rev()
        .filter(move |crumb| crumb.at_ms == 0 || at_ms - crumb.at_ms <= RECENT_MS);
    recent.filter_map(failed_request).take(MAX_REQUESTS)
}

/// `POST /api/orders/<n> 503`
fn failed_request(crumb: &Breadcrumb) -> Option<String> {
    let is_request = matches!(crumb.category.as_str(), "fetch" | "xhr" | "http")
        || crumb.category.is_empty() && crumb.kind == "http";
    let text = |name| crumb.data.get(name).and_then(Value::as_str).unwrap_or_default();
    let url = text("url");
    if !is_request || url.is_empty() {
        return None;
    }
    let status = crumb.data.get("status_code");
    let status = status.and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()));
    let ended = match status {
        Some(code @ 400..) => code.to_string(),
        Some(1..) => return None,
        Some(0) | None => "unanswered".to_owned(),
    };
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = match path.split_once("://") {
        // Another host is part of what failed; ours cannot be told here, so only the path counts.
        Some((_, rest)) => rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or("/"),
        None => path,
    };
    let path = path.split('/').map(parameterised).collect::<Vec<_>>().join("/");
    let method = if text("method").is_empty() { "GET" } else { text("method") };
    Some(format!("{method} {path} {ended}"))
}

/// `contexts.flags`, as SDKs send it.
fn flags(event: &Event) -> impl Iterator<Item = (&str, String)> {
    let flags = event.contexts.get("flags").and_then(|flags| flags.get("values"));
    let flags = flags.and_then(Value::as_array).into_iter().flatten();
    flags.filter_map(|flag| {
        let result = match flag.get("result")? {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Some((flag.get("flag")?.as_str()?, result))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn crumb(category: &str, at_ms: i64, data: Value) -> Breadcrumb {
        Breadcrumb {
            at_ms,
            category: category.into(),
            data: data.as_object().cloned().unwrap_or_default(),
            ..Breadcrumb::default()
        }
    }

    fn event() -> Event {
        Event { claimed_ms: 1_000_000, ..Event::default() }
    }

    #[test]
    fn requests_that_failed_shortly_before_are_named_without_what_varies() {
        let url = "https://shop.test/api/orders/4711?token=1";
        let event = Event {
            breadcrumbs: vec![
                crumb("fetch", 900_000, json!({"url": "/old", "status_code": 500})),
                crumb("fetch", 990_000, json!({"url": "/fine", "status_code": 200})),
                crumb("xhr", 995_000, json!({"url": url, "method": "POST", "status_code": "503"})),
                crumb("fetch", 999_000, json!({"url": "/api/cart"})),
                crumb("console", 999_000, json!({"url": "/no-request"})),
            ],
            ..event()
        };
        let expected = "request=GET /api/cart unanswered\nrequest=POST /api/orders/<n> 503\n";
        assert_eq!(facts_of(&event), expected);
    }

    #[test]
    fn flags_and_tags_are_lines_and_none_breaks_out_of_its_line() {
        let event = Event {
            contexts: json!({"flags": {"values": [
                {"flag": "new-pay", "result": true}, {"flag": "theme", "result": "b"}, {"result": 1}, 7,
            ]}})
            .as_object()
            .cloned()
            .unwrap_or_default(),
            tags: vec![("plan".into(), "gold\nflag.x=true".into()), ("t".into(), "x".repeat(200))],
            ..event()
        };
        let expected = "flag.new-pay=true\nflag.theme=b\ntag.plan=gold flag.x=true\n";
        assert_eq!(facts_of(&event), expected);
    }

    #[test]
    fn all_lines_together_are_bounded() {
        let tags = (0..100).map(|n| (format!("name-{n}"), "a value of some length".into()));
        let facts = facts_of(&Event { tags: tags.collect(), ..event() });
        assert!(facts.len() <= MAX_FACTS && facts.ends_with('\n'), "{}", facts.len());
    }
}
