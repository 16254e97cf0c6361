//! Breadcrumbs as a table: when before the error, what kind, what, and how it ended.

use serde_json::{Map, Value};
use trapline_core::event::{Breadcrumb, Level};

use super::details::{LONG, plain};
use super::time::{distance, moment};

/// Newest breadcrumbs that are shown at once; older ones stand behind a disclosure.
const SHOWN: usize = 20;

/// What stands above the last row, which is the error itself.
#[derive(Debug)]
pub(super) struct Trail {
    /// `34 before the error`, or that there are none.
    pub(super) summary: String,
    /// [`Crumb::group`] of those that there are, each once.
    pub(super) kinds: Vec<&'static str>,
    pub(super) older: Vec<Crumb>,
    pub(super) newer: Vec<Crumb>,
}

/// A row, ready to print.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Crumb {
    /// `−48.2 s`; empty if unknown.
    pub(super) distance: String,
    /// Exact time; empty if unknown.
    pub(super) exact: String,
    /// `navigation`, `request`, `click`, …
    pub(super) kind: String,
    /// What it can be filtered by: `request`, `navigation`, `click`, `console`, `other`.
    pub(super) group: &'static str,
    /// In the words of the page: mono.
    pub(super) content: String,
    /// Gets a box of its own that scrolls.
    pub(super) is_long: bool,
    /// Status of a request, or the level.
    pub(super) result: String,
    /// `warn`, `bad` or empty.
    pub(super) tone: &'static str,
}

/// Oldest first.
pub(super) fn trail(crumbs: &[Breadcrumb], event_ms: i64) -> Trail {
    let (older, newer) = crumbs.split_at(crumbs.len().saturating_sub(SHOWN));
    let rows = |part: &[Breadcrumb]| part.iter().map(|one| crumb(one, event_ms)).collect();
    let known = |group: &&&str| crumbs.iter().any(|crumb| group_of(kind_of(crumb)) == **group);
    Trail {
        kinds: GROUPS.iter().filter(known).copied().collect(),
        summary: match crumbs.len() {
            0 => "none came with this event".to_owned(),
            number => format!("{number} before the error"),
        },
        older: rows(older),
        newer: rows(newer),
    }
}

/// Kinds that breadcrumbs can be filtered by.
const GROUPS: [&str; 5] = ["request", "navigation", "click", "console", "other"];

fn group_of(kind: &str) -> &'static str {
    match kind {
        "request" => "request",
        "navigation" => "navigation",
        "click" | "input" => "click",
        "console" => "console",
        _ => "other",
    }
}

/// `Requests`
pub(super) fn plural(group: &str) -> &'static str {
    match group {
        "request" => "Requests",
        "navigation" => "Navigation",
        "click" => "Clicks and input",
        "console" => "Console",
        _ => "Others",
    }
}

fn crumb(crumb: &Breadcrumb, event_ms: i64) -> Crumb {
    let at = moment(crumb.at_ms, event_ms);
    let kind = kind_of(crumb);
    let (content, result, tone) = match kind {
        "request" => request(crumb),
        "navigation" => (navigation(crumb), String::new(), ""),
        _ => (message(crumb), String::new(), ""),
    };
    let (level_word, level_tone) = match crumb.level {
        Level::Warning => ("warning", "warn"),
        Level::Error => ("error", "bad"),
        Level::Fatal => ("fatal", "bad"),
        Level::Debug | Level::Info => ("", ""),
    };
    Crumb {
        distance: if at.is_some() && event_ms != 0 {
            distance(crumb.at_ms, event_ms)
        } else {
            String::new()
        },
        exact: at.map(|at| at.exact).unwrap_or_default(),
        kind: kind.to_owned(),
        group: group_of(kind),
        is_long: content.len() > LONG,
        content,
        result: if result.is_empty() { level_word.to_owned() } else { result },
        tone: if tone.is_empty() { level_tone } else { tone },
    }
}

/// The protocol's categories in the words of this page; others as they are.
fn kind_of(crumb: &Breadcrumb) -> &str {
    match crumb.category.as_str() {
        "fetch" | "xhr" | "http" => "request",
        "ui.click" => "click",
        "ui.input" => "input",
        "" => match crumb.kind.as_str() {
            "http" => "request",
            "" => "default",
            kind => kind,
        },
        category => category,
    }
}

/// `GET /api/cart`, and `200`, or in words that none is known.
fn request(crumb: &Breadcrumb) -> (String, String, &'static str) {
    let data = &crumb.data;
    let url = text(data, "url");
    if url.is_empty() {
        return (message(crumb), String::new(), "");
    }
    let method = text(data, "method");
    let content = if method.is_empty() { url } else { format!("{method} {url}") };
    let status = data.get("status_code").and_then(status_code);
    match status {
        Some(code @ 400..) => (content, code.to_string(), "bad"),
        Some(code @ 1..) => (content, code.to_string(), ""),
        Some(0) | None => (content, "no answer recorded".to_owned(), "warn"),
    }
}

/// SDKs send numbers, some relays strings.
fn status_code(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// `/cart → /checkout`
fn navigation(crumb: &Breadcrumb) -> String {
    match (text(&crumb.data, "from"), text(&crumb.data, "to")) {
        (from, to) if from.is_empty() && to.is_empty() => message(crumb),
        (from, to) => format!("{from} → {to}"),
    }
}

/// The message, else the details as they came.
fn message(crumb: &Breadcrumb) -> String {
    match crumb.message.as_str() {
        "" if crumb.data.is_empty() => String::new(),
        "" => plain(&Value::Object(crumb.data.clone())),
        message => message.to_owned(),
    }
}

fn text(data: &Map<String, Value>, key: &str) -> String {
    data.get(key).map(plain).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(category: &str, message: &str, data: Value, expected: [&str; 4]) {
        let read = Breadcrumb {
            at_ms: 951_800,
            category: category.into(),
            message: message.into(),
            level: Level::Info,
            data: data.as_object().cloned().unwrap_or_default(),
            ..Breadcrumb::default()
        };
        let shown = crumb(&read, 1_000_000);
        assert_eq!([&*shown.kind, &*shown.content, &*shown.result, shown.tone], expected);
        assert_eq!(shown.distance, "−48.2 s");
    }

    #[test]
    fn requests_say_how_they_ended() {
        let cart = |status: Value| json!({"method": "GET", "url": "/cart", "status_code": status});
        check("fetch", "", cart(json!(200)), ["request", "GET /cart", "200", ""]);
        check("xhr", "", cart(json!("503")), ["request", "GET /cart", "503", "bad"]);
        check("http", "", cart(json!(0)), ["request", "GET /cart", "no answer recorded", "warn"]);
        check("fetch", "said", json!({}), ["request", "said", "", ""]);
    }

    #[test]
    fn other_kinds_show_their_message_or_their_data() {
        let from_to = json!({"from": "/cart", "to": "/checkout"});
        check("navigation", "", from_to, ["navigation", "/cart → /checkout", "", ""]);
        check("ui.click", "button.pay", json!({}), ["click", "button.pay", "", ""]);
        check("cart", "", json!({"lines": 3}), ["cart", "{\"lines\":3}", "", ""]);
        check("", "", json!({}), ["default", "", "", ""]);
    }

    #[test]
    fn unknown_times_are_left_out() {
        let shown = crumb(&Breadcrumb::default(), 1_000_000);
        assert_eq!((&*shown.distance, &*shown.exact), ("", ""));
        let undated = crumb(&Breadcrumb { at_ms: 5, ..Breadcrumb::default() }, 0);
        assert_eq!(undated.distance, "");
    }
}
