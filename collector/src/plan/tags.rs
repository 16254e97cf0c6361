//! What a group was seen with beside its facets: tags, flags, pages. Lines of its row, so they cost no rows.

use serde_json::Value;
use trapline_core::event::Event;

use super::columns::page_of;
use super::facets::line;

/// Lines of one event.
const MAX_LINES: usize = 40;

/// Longest name, in bytes.
const MAX_NAME: usize = 80;

/// The event's lines: `url=/checkout`, `tag.plan=pro`, `flag.new-cart=true`.
pub(super) fn lines(event: &Event) -> Vec<String> {
    let mut lines = Vec::new();
    let page = page_of(event);
    if !page.is_empty() {
        lines.push(line("url", &page));
    }
    for (name, value) in &event.tags {
        lines.push(line(&named("tag.", name), value));
    }
    let flags = event.contexts.get("flags").and_then(|flags| flags.get("values"));
    for flag in flags.and_then(Value::as_array).into_iter().flatten() {
        let name = flag.get("flag").and_then(Value::as_str).unwrap_or_default();
        let value = match flag.get("result") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Bool(is_on)) => is_on.to_string(),
            _ => continue,
        };
        lines.push(line(&named("flag.", name), &value));
    }
    lines.truncate(MAX_LINES);
    lines
}

fn named(kind: &str, name: &str) -> String {
    let name = name.get(..name.floor_char_boundary(MAX_NAME)).unwrap_or_default();
    let is_apart = |c: char| c == '=' || c.is_control() || c.is_whitespace();
    format!("{kind}{}", name.replace(is_apart, "-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use trapline_core::event::Request;

    #[test]
    fn tags_flags_and_the_page_are_lines() {
        let mut event = Event {
            tags: vec![("plan".into(), "pro".into()), ("a b=c".into(), "x\ny".into())],
            request: Request {
                url: Some("https://shop.test/cart?x=1".into()),
                ..Request::default()
            },
            ..Event::default()
        };
        let flags = json!({ "values": [{ "flag": "new-cart", "result": true }, { "flag": 1 }] });
        event.contexts.insert("flags".into(), flags);
        let expected = ["url=/cart", "tag.plan=pro", "tag.a-b-c=x y", "flag.new-cart=true"];
        assert_eq!(lines(&event), expected);
    }
}
