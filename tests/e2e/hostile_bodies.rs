//! The bodies of `hostile.rs`: as large, as deep and as odd as an envelope may be, and more.

use serde_json::{Value, json};

use crate::sender::compressed;

/// A body that is made to hurt.
pub struct Hostile {
    pub name: &'static str,
    pub body: Vec<u8>,
    pub encoding: Option<&'static str>,
    /// How it may be answered.
    pub statuses: &'static [u16],
}

/// Refused as too large.
const LARGE: &[u16] = &[413];
/// Refused as something else than an envelope.
const REFUSED: &[u16] = &[400, 413];
/// Taken, with what is damaged left out.
const TAKEN: &[u16] = &[200];
/// Either: trimmed, or refused because it has more parts than any honest event.
const EITHER: &[u16] = &[200, 400, 413];

/// A little below the largest event.
const MEBIBYTE: usize = 1_000_000;

/// All of them.
pub fn bodies() -> Vec<Hostile> {
    [bombs(), shapes(), numbers(), texts(), lists()].concat()
}

impl Clone for Hostile {
    fn clone(&self) -> Self {
        Self { body: self.body.clone(), ..*self }
    }
}

fn hostile(name: &'static str, body: Vec<u8>, statuses: &'static [u16]) -> Hostile {
    Hostile { name, body, encoding: None, statuses }
}

fn event(name: &'static str, payload: &str, statuses: &'static [u16]) -> Hostile {
    hostile(name, format!("{{}}\n{{\"type\":\"event\"}}\n{payload}").into_bytes(), statuses)
}

fn json_event(name: &'static str, payload: &Value, statuses: &'static [u16]) -> Hostile {
    event(name, &payload.to_string(), statuses)
}

fn bombs() -> Vec<Hostile> {
    let zeros = vec![0; 200_000_000];
    let gzip = compressed("gzipSync", &zeros);
    let brotli = compressed("brotliCompressSync", &zeros[..20_000_000]);
    let nested = compressed("gzipSync", &gzip);
    let spaces = format!("{{}}\n{{\"type\":\"event\"}}\n{{\"a\":\"{}\"}}", " ".repeat(7_900_000));
    // Blocks that repeat a byte 128 Ki times.
    let mut zstd = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x68];
    for last in [vec![0; 4_000], vec![1]].concat() {
        let block = (128_u32 * 1024) << 3 | 1 << 1 | last;
        zstd.extend_from_slice(&block.to_le_bytes()[..3]);
        zstd.push(0);
    }
    let encoded =
        |name, body, encoding, statuses| Hostile { name, body, encoding: Some(encoding), statuses };
    vec![
        hostile("gzip of 200 MB of zeros, sniffed", gzip.clone(), LARGE),
        encoded("gzip of 200 MB of zeros", gzip.clone(), "gzip", LARGE),
        encoded("brotli of 20 MB of zeros", brotli, "br", LARGE),
        encoded("zstd of 500 MB of zeros", zstd, "zstd", LARGE),
        hostile("gzip within gzip", nested, REFUSED),
        hostile("gzip cut off", gzip[..gzip.len() / 2].to_vec(), REFUSED),
        hostile("gzip of one text of 8 MB", compressed("gzipSync", spaces.as_bytes()), LARGE),
    ]
}

fn shapes() -> Vec<Hostile> {
    let deep = |open: &str, close: &str| open.repeat(10_000) + "1" + &close.repeat(10_000);
    let items = |payload: &str, items: usize| {
        let item = format!("\n{{\"type\":\"event\",\"length\":{}}}\n{payload}", payload.len());
        ("{}".to_owned() + &item.repeat(items)).into_bytes()
    };
    vec![
        event("10,000 lists deep", &format!("{{\"extra\":{{\"a\":{}}}}}", deep("[", "]")), EITHER),
        event("10,000 objects deep", &format!("{{\"extra\":{}}}", deep("{\"a\":", "}")), EITHER),
        event("a million brackets that never close", &"[".repeat(MEBIBYTE), REFUSED),
        hostile("10,000 deep in the header", deep("{\"a\":", "}").into_bytes(), REFUSED),
        hostile(
            "a header of 1 MB",
            format!("{{\"a\":\"{}\"}}", "x".repeat(MEBIBYTE)).into(),
            EITHER,
        ),
        hostile("500 items of 1 byte", items("1", 500), REFUSED),
        hostile("500 items of nothing", items("", 500), REFUSED),
        hostile("501 items", items("{}", 501), REFUSED),
        hostile("a million line breaks", format!("{{}}{}", "\n".repeat(MEBIBYTE)).into(), TAKEN),
        hostile(
            "a length past the end",
            b"{}\n{\"type\":\"event\",\"length\":18446744073709551615}\n{}".to_vec(),
            REFUSED,
        ),
        hostile(
            "a length below zero",
            b"{}\n{\"type\":\"event\",\"length\":-1}\n{}".to_vec(),
            REFUSED,
        ),
        hostile("zeros", vec![0; 1_000_000], REFUSED),
        event("an empty event", "{}", TAKEN),
    ]
}

fn numbers() -> Vec<Hostile> {
    let with_time = |name, time: &str| {
        event(name, &format!("{{\"message\":\"{name}\",\"timestamp\":{time}}}"), TAKEN)
    };
    let mut bytes = b"{}\n{\"type\":\"event\"}\n{\"message\":\"".to_vec();
    bytes.extend_from_slice(b"caf\xe9 \xff\xfe \xc3\x28 \xf0\x82\x82\xac");
    bytes.extend_from_slice(b"\",\"tags\":{\"a\xff\":\"b\xfe\"}}");
    vec![
        hostile("bytes that are no UTF-8", bytes, TAKEN),
        event(
            "NaN and infinities",
            "{\"message\":\"nan\",\"extra\":{\"a\":NaN,\"b\":Infinity,\"c\":-Infinity}}",
            EITHER,
        ),
        event(
            "numbers beyond all types",
            &format!(
                "{{\"message\":\"big\",\"extra\":{{\"a\":1e999,\"b\":{}}}}}",
                "9".repeat(5_000)
            ),
            EITHER,
        ),
        with_time("a time before 1970", "-62135596801"),
        with_time("a time in 9999", "253402300799"),
        with_time("a time in 9999 as text", "\"9999-12-31T23:59:59Z\""),
        with_time("a time beyond all clocks", "1e300"),
        with_time("a time that is an object", "{\"a\":1}"),
        event(
            "digits, a million",
            &format!("{{\"message\":\"m\",\"extra\":{{\"a\":{}}}}}", "7".repeat(MEBIBYTE)),
            EITHER,
        ),
    ]
}

fn texts() -> Vec<Hostile> {
    let message = |name, text: &str| json_event(name, &json!({ "message": text }), TAKEN);
    let exception = |name, value: Value| {
        json_event(name, &json!({ "exception": { "values": [value] } }), TAKEN)
    };
    vec![
        message("a message of 1 MB", &"a".repeat(MEBIBYTE)),
        message("a message of card numbers", &"4111111111111111 ".repeat(MEBIBYTE / 17)),
        message("a message of digits", &"4111 1111-".repeat(MEBIBYTE / 10)),
        message(
            "a message of tokens",
            &"eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln ".repeat(MEBIBYTE / 38),
        ),
        message("a message of key=value", &"password=a&token=b;".repeat(MEBIBYTE / 19)),
        message("a message of URLs", &"https://u:p@h.test/?key=a ".repeat(MEBIBYTE / 26)),
        message("a message of braces", &"{{ default }}".repeat(MEBIBYTE / 13)),
        message("a message for patterns with stars", &"abc".repeat(MEBIBYTE / 3)),
        event(
            "a million escapes of half characters",
            &format!("{{\"message\":\"{}\"}}", "\\ud800".repeat(MEBIBYTE / 6)),
            TAKEN,
        ),
        event(
            "a million backslashes",
            &format!("{{\"message\":\"{}\"}}", "\\\\".repeat(MEBIBYTE / 2)),
            TAKEN,
        ),
        exception(
            "a stack of 1 MB in one line",
            json!({ "type": "Error", "stack": "x".repeat(MEBIBYTE) }),
        ),
        exception(
            "a stack of 60,000 lines",
            json!({ "type": "Error", "stack": "at a (b:1:1)\n".repeat(60_000) }),
        ),
        exception(
            "a stack of brackets",
            json!({ "type": "Error", "stack": "at ((((@@@@eval(\n".repeat(50_000) }),
        ),
        exception("a type of 1 MB", json!({ "type": "E".repeat(MEBIBYTE), "value": "v" })),
        json_event(
            "a URL of 1 MB",
            &json!({ "request": { "url": format!("https://a.test/?{}", "a=b&".repeat(MEBIBYTE / 4)) } }),
            TAKEN,
        ),
    ]
}

fn lists() -> Vec<Hostile> {
    let many = |member: Value, count: usize| Value::from(vec![member; count]);
    let tags = |count: usize| {
        let tags: Vec<String> = (0..count).map(|n| format!("\"{n}\":1")).collect();
        format!("{{\"tags\":{{{}}}}}", tags.join(","))
    };
    let frames = many(json!({ "function": "f", "filename": "a.js", "lineno": 1 }), 20_000);
    let crumb = json!({ "message": "m", "data": { "password": "x" } });
    let inner = json!({ "type": "Error", "value": "v" });
    let wide: Vec<String> = (0..80_000).map(|n| format!("\"k{n}\":{n}")).collect();
    let million = tags(1_000_000);
    let zipped = format!("{{}}\n{{\"type\":\"event\"}}\n{million}");
    vec![
        hostile("a million tags, in gzip", compressed("gzipSync", zipped.as_bytes()), LARGE),
        event("90,000 tags", &tags(90_000), EITHER),
        event(
            "300,000 tags without anything",
            &format!("{{\"tags\":[{}1]}}", "[],".repeat(300_000)),
            EITHER,
        ),
        event("500,000 commas", &format!("{{\"extra\":[{}1]}}", "1,".repeat(480_000)), EITHER),
        json_event(
            "20,000 frames",
            &json!({ "exception": { "values": [{ "type": "Error", "stacktrace": { "frames": frames } }] } }),
            EITHER,
        ),
        json_event("20,000 breadcrumbs", &json!({ "breadcrumbs": many(crumb, 20_000) }), EITHER),
        json_event(
            "25,000 exceptions",
            &json!({ "exception": { "values": many(inner, 25_000) } }),
            EITHER,
        ),
        json_event(
            "100,000 parts of a fingerprint",
            &json!({ "fingerprint": many(json!("a"), 100_000) }),
            EITHER,
        ),
        event("80,000 members of extra", &format!("{{\"extra\":{{{}}}}}", wide.join(",")), EITHER),
        event(
            "the same key 100,000 times",
            &format!("{{{}\"a\":1}}", "\"a\":{},".repeat(100_000)),
            EITHER,
        ),
        json_event(
            "a header for each letter",
            &json!({ "request": { "headers": many(json!(["a", "b"]), 80_000) } }),
            EITHER,
        ),
    ]
}
