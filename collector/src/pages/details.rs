//! What an event says beside its stack, as labelled facts: page, user, browser, context.

use serde_json::Value;
use trapline_core::event::{Event, Named};

use super::time::moment;

/// Characters of a value that are shown; the JSON has all of it.
const MAX_SHOWN: usize = 4_000;
/// Bytes from which a value gets a box of its own that scrolls.
pub(super) const LONG: usize = 400;

/// A titled block of facts.
#[derive(Debug)]
pub(super) struct Section {
    /// Target of links within the page; empty if nothing links to it.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) parts: Vec<Part>,
    /// Said when there are no facts.
    pub(super) nothing: &'static str,
}

/// Facts under a common name, which may be empty.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) facts: Vec<Fact>,
}

/// A label and its value.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Fact {
    pub(super) label: String,
    pub(super) value: String,
    /// Printed paler after the value: the query of a URL.
    pub(super) pale: String,
    pub(super) is_long: bool,
}

/// The four blocks below the breadcrumbs.
pub(super) fn sections(event: &Event) -> [Section; 4] {
    let section = |id, title, facts: Vec<Fact>, nothing| Section {
        id,
        title,
        parts: part("", facts).into_iter().collect(),
        nothing,
    };
    [
        section("request", "Page and request", page(event), "The sender named no page."),
        section("", "User and session", user(event), "The sender named no user."),
        section("", "Browser", browser(event), "The sender named no browser."),
        Section {
            id: "",
            title: "Context",
            parts: context(event),
            nothing: "The sender set no tags, contexts or extra data.",
        },
    ]
}

/// Where a name may be broken: behind its dots, underscores, hyphens and colons, rather than within a word.
pub(super) fn breakable(name: &str) -> std::str::SplitInclusive<'_, [char; 4]> {
    name.split_inclusive(['.', '_', '-', ':'])
}

fn page(event: &Event) -> Vec<Fact> {
    let request = &event.request;
    let mut facts = Vec::new();
    if let Some(url) = request.url.as_deref().filter(|url| !url.is_empty()) {
        let (path, rest) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
        let pale = rest.to_owned() + &behind(&request.query, &request.fragment);
        facts.push(Fact { pale, ..fact("URL", path) });
    }
    facts.extend(known("Method", request.method.as_deref()));
    facts.extend(known("Route", event.transaction.as_deref()));
    facts.extend(known("Release", event.release.as_deref()));
    facts.extend(known("Build", event.dist.as_deref()));
    facts.extend(known("Environment", event.environment.as_deref()));
    facts.extend(request.headers.iter().map(|(name, value)| fact(name, value)));
    if !request.data.is_null() {
        facts.push(fact("Body", &plain(&request.data)));
    }
    facts.extend(known("Sender's clock", exact(event.claimed_ms).as_deref()));
    facts.extend(known("Received", exact(event.received_ms).as_deref()));
    facts.extend(known("Repeats event", event.repeat_of.as_deref()));
    facts
}

/// `?step=2&plan=gold#top`
fn behind(query: &[(String, String)], fragment: &str) -> String {
    let pairs: Vec<String> = query
        .iter()
        .map(
            |(name, value)| if value.is_empty() { name.clone() } else { format!("{name}={value}") },
        )
        .collect();
    let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
    if fragment.is_empty() { query } else { format!("{query}#{fragment}") }
}

fn user(event: &Event) -> Vec<Fact> {
    let user = &event.user;
    let said = [
        ("User ID", &user.id),
        ("Email", &user.email),
        ("Username", &user.username),
        ("IP address", &user.ip_address),
    ];
    let said = said.into_iter().filter_map(|(label, value)| known(label, value.as_deref()));
    let country = known("Country", Some(event.country.as_str()));
    let data = event.user.data.iter().map(|(name, value)| fact(name, &plain(value)));
    said.chain(country).chain(data).collect()
}

fn browser(event: &Event) -> Vec<Fact> {
    let of = |context: &str, key: &str| {
        event.contexts.get(context).and_then(|object| object.get(key)).map(plain)
    };
    let viewport = of("viewport", "width")
        .zip(of("viewport", "height"))
        .map(|(width, height)| format!("{width} × {height}"));
    let facts = [
        ("Browser", Some(named(&event.browser))),
        ("System", Some(named(&event.os))),
        ("Device", of("device", "model").or_else(|| Some(event.device.model.clone()))),
        ("Viewport", viewport),
        ("Locale", of("culture", "locale")),
        ("Time zone", of("culture", "timezone")),
        ("Platform", Some(event.platform.clone())),
        ("SDK", Some(named(&event.sdk))),
    ];
    facts.into_iter().filter_map(|(label, value)| known(label, value.as_deref())).collect()
}

fn context(event: &Event) -> Vec<Part> {
    let tags = event.tags.iter().map(|(name, value)| fact(name, value)).collect();
    let contexts = event
        .contexts
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "browser" | "os" | "viewport" | "culture"))
        .flat_map(|(name, value)| flattened(name, value))
        .collect();
    let extra = event.extra.iter().map(|(name, value)| fact(name, &plain(value))).collect();
    [part("Tags", tags), part("Contexts", contexts), part("Extra", extra)]
        .into_iter()
        .flatten()
        .collect()
}

/// `react: {"version": "19"}` → `react.version 19`. What repeats the name (`"type": "react"`) says nothing.
fn flattened(name: &str, value: &Value) -> Vec<Fact> {
    let Value::Object(object) = value else { return vec![fact(name, &plain(value))] };
    let said = |(key, value): &(&String, &Value)| *key != "type" || value.as_str() != Some(name);
    let inner = object.iter().filter(said);
    inner.map(|(key, value)| fact(&format!("{name}.{key}"), &plain(value))).collect()
}

/// `Chrome 142.0.7444`; empty if unknown.
pub(super) fn named(named: &Named) -> String {
    format!("{} {}", named.name, named.version).trim().to_owned()
}

/// Strings as they are, anything else as compact JSON.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        _ => value.to_string(),
    }
}

fn part(name: &'static str, facts: Vec<Fact>) -> Option<Part> {
    (!facts.is_empty()).then_some(Part { name, facts })
}

fn known(label: &str, value: Option<&str>) -> Option<Fact> {
    value.filter(|value| !value.trim().is_empty()).map(|value| fact(label, value))
}

fn fact(label: &str, value: &str) -> Fact {
    let length = value.chars().count();
    let (value, pale) = if length > MAX_SHOWN {
        let shown = value.chars().take(MAX_SHOWN).collect();
        (shown, format!(" … {MAX_SHOWN} of {length} characters"))
    } else {
        (value.to_owned(), String::new())
    };
    Fact { label: label.to_owned(), is_long: value.len() > LONG, value, pale }
}

fn exact(at_ms: i64) -> Option<String> {
    moment(at_ms, at_ms).map(|at| at.exact)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: &Value) -> serde_json::Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    fn texts(parts: &[Part]) -> Vec<String> {
        let facts = parts.iter().flat_map(|part| &part.facts);
        facts.map(|fact| format!("{} = {}{}", fact.label, fact.value, fact.pale)).collect()
    }

    #[test]
    fn contexts_flatten_by_one_level() {
        let event = Event {
            tags: vec![("cart.lines".into(), "3".into())],
            contexts: object(&json!({
                "react": {"type": "react", "version": "19", "roots": [1, {"a": null}]},
                "flat": 7,
                "viewport": {"width": 390, "height": 844},
            })),
            extra: object(&json!({"ok": true})),
            ..Event::default()
        };
        let shown = sections(&event);
        let expected = [
            "cart.lines = 3",
            "flat = 7",
            "react.roots = [1,{\"a\":null}]",
            "react.version = 19",
            "ok = true",
        ];
        assert_eq!(texts(&shown[3].parts), expected);
        assert_eq!(texts(&shown[2].parts), ["Viewport = 390 × 844"]);
        assert!(texts(&shown[1].parts).is_empty());
    }

    #[test]
    fn query_is_pale_and_long_values_are_cut() {
        let mut event = Event::default();
        event.request.url = Some("https://shop.example/pay?step=2#top".into());
        event.transaction = Some("x".repeat(5_000));
        let facts = page(&event);
        assert_eq!(
            (&*facts[0].value, &*facts[0].pale),
            ("https://shop.example/pay", "?step=2#top")
        );
        // As it is once it was normalised.
        event.request.url = Some("https://shop.example/pay".into());
        event.request.query = vec![("step".into(), "2".into()), ("gift".into(), String::new())];
        event.request.fragment = "top".into();
        assert_eq!(page(&event)[0].pale, "?step=2&gift#top");
        assert_eq!(facts[1].pale, " … 4000 of 5000 characters");
        assert!(facts[1].is_long);
    }
}
