//! Whether an event is what the protocol's own JSON schema allows (`tests/corpora/event.schema.json`).

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

/// What our agent sends beside the protocol, as documented: of an event, and of each exception.
const OWN_OF_EVENT: [&str; 4] = ["count", "page_view_id", "repeat_of", "session_id"];
const OWN_OF_EXCEPTION: [&str; 1] = ["stack"];

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let mut schema: Value = serde_json::from_str(include_str!("../corpora/event.schema.json"))
        .expect("the schema is JSON");
    unwrap_single_choices(&mut schema);
    jsonschema::validator_for(&schema).expect("the schema is one")
});

/// Each breach of the schema as `path: why`; none for an event that may be sent.
pub fn breaches_of_schema(event: &Value) -> Vec<String> {
    let mut event = event.clone();
    leave_out(&mut event, &OWN_OF_EVENT);
    if let Some(Value::Array(chain)) = event.pointer_mut("/exception/values") {
        chain.iter_mut().for_each(|exception| leave_out(exception, &OWN_OF_EXCEPTION));
    }
    let breaches = SCHEMA.iter_errors(&event);
    breaches.map(|breach| format!("{}: {breach}", breach.instance_path())).collect()
}

fn leave_out(object: &mut Value, names: &[&str]) {
    if let Value::Object(map) = object {
        map.retain(|name, _| !names.contains(&name.as_str()));
    }
}

/// `{"anyOf": [x]}` is x, and a breach of it says what is wrong instead of "none of these".
fn unwrap_single_choices(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.values_mut().for_each(unwrap_single_choices);
            let Some(Value::Array(choices)) = map.get("anyOf") else { return };
            if let [Value::Object(only)] = choices.as_slice() {
                let only = only.clone();
                map.remove("anyOf");
                map.extend(only);
            }
        }
        Value::Array(members) => members.iter_mut().for_each(unwrap_single_choices),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::breaches_of_schema;

    #[track_caller]
    fn check(event: Value, expected: &[&str]) {
        let breaches = breaches_of_schema(&event);
        let is_as_expected = breaches.len() == expected.len()
            && breaches.iter().zip(expected).all(|(breach, start)| breach.starts_with(start));
        assert!(is_as_expected, "{breaches:#?}");
    }

    #[test]
    fn events_of_the_protocol_pass() {
        check(
            json!({
                "event_id": "9ec79c33ec9942ab8353589fcb2e04dc", "timestamp": 1_799_999_999.5,
                "platform": "javascript", "level": "error", "count": 3, "repeat_of": "9ec79c33ec9942ab8353589fcb2e04dd",
                "exception": {"values": [{"type": "TypeError", "value": "x", "stack": "at f (a.js:1:2)",
                    "mechanism": {"type": "onerror", "handled": false},
                    "stacktrace": {"frames": [{"function": "f", "filename": "a.js", "lineno": 1, "colno": 2}]}}]},
                "breadcrumbs": {"values": [{"timestamp": 1_799_999_998.0, "category": "ui.click"}]},
                "tags": {"plan": "gold"}, "user": {"id": "7"}, "request": {"url": "https://shop.test/"},
                "contexts": {"culture": {"locale": "de"}, "viewport": {"width": 1}}, "sdk": {"name": "a", "version": "1"}
            }),
            &[],
        );
    }

    #[test]
    fn breaches_say_where_they_are() {
        check(json!({"level": "terrible"}), &["/level: "]);
        check(json!({"timestamp": {}, "made_up": 1}), &["/timestamp: ", ": "]);
        check(
            json!({"exception": {"values": [{"stacktrace": {"frames": [{"lineno": "one"}]}}]}}),
            &["/exception"],
        );
    }
}
