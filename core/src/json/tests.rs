use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{JsonError, from_members, from_slice, from_value};
use crate::decode::Received;
use crate::event::Event;

#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
enum Kind {
    #[default]
    Plain,
    Named(String),
    Placed {
        line: u32,
    },
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
struct Inner {
    at: Option<i64>,
    share: f64,
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
struct Outer {
    id: u64,
    #[serde(rename = "label")]
    name: String,
    inner: Option<Box<Inner>>,
    #[serde(default)]
    kinds: Vec<Kind>,
    #[serde(default)]
    pairs: Vec<(String, u8)>,
    #[serde(default)]
    tags: BTreeMap<String, Value>,
    on: bool,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(default)]
struct Settings {
    limit: u32,
    name: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { limit: 7, name: None }
    }
}

fn full() -> Value {
    json!({
        "id": u64::MAX, "label": "cart", "inner": { "at": -5, "share": 0.1, "more": [1] },
        "kinds": ["Plain", { "Named": "x" }, { "Placed": { "line": 3 } }],
        "pairs": [["a", 1], ["b", 2]], "tags": { "k": [null, 1.5] }, "on": true,
    })
}

#[test]
fn what_serde_json_reads_is_read_alike() {
    let few = json!({ "id": 1, "label": "", "on": false });
    for value in [full(), few] {
        let expected: Outer = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(from_slice::<Outer>(value.to_string().as_bytes()).unwrap(), expected);
        assert_eq!(
            from_value::<Outer>(serde_json::to_value(&expected).unwrap()).unwrap(),
            expected
        );
    }
}

#[test]
fn defaults_of_a_whole_struct_stand_in() {
    assert_eq!(from_value::<Settings>(json!({})).unwrap(), Settings::default());
    let read: Settings = from_value(json!({ "name": "a" })).unwrap();
    assert_eq!(read, Settings { limit: 7, name: Some("a".into()) });
}

#[test]
fn errors_say_what_is_wrong() {
    let words = |text: &str| from_slice::<Outer>(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(words(r#"{"label": "a", "on": true}"#), "missing field `id`");
    assert_eq!(words(r#"{"id": 1, "label": "a"}"#), "missing field `on`");
    assert!(words(r#"{"id": 1, "label": 5, "on": true}"#).contains("expected a string"));
    assert!(words(r#"{"id": -1, "label": "a", "on": true}"#).contains("invalid value"));
    assert!(words("{").contains("EOF"));
    assert_eq!(words("7"), "expected an object");
    assert!(from_slice::<serde_json::Map<String, Value>>(b"null").is_err());
    let unknown = from_value::<Kind>(json!("Other")).unwrap_err().to_string();
    assert!(unknown.contains("unknown variant"), "{unknown}");
}

#[test]
fn members_come_from_anywhere() {
    let mut row = |name: &'static str| (name == "share").then(|| json!(2));
    assert_eq!(from_members::<Inner>(&mut row).unwrap(), Inner { at: None, share: 2.0 });
    assert_eq!(
        from_members::<Inner>(&mut |_| None),
        Err(JsonError::Words("missing field `share`".into()))
    );
}

#[test]
fn events_come_back_as_they_were() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpora/fuzz/event");
    let mut read = 0;
    for file in std::fs::read_dir(corpus).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let Ok(event) = crate::decode::event(&bytes, &Received::default()) else { continue };
        let stored = serde_json::to_vec(&event).unwrap();
        let expected: Event = serde_json::from_slice(&stored).unwrap();
        assert_eq!(from_slice::<Event>(&stored).unwrap(), expected);
        read += 1;
    }
    assert!(read > 20, "{read} events");
}
