//! Requests as senders of every kind make them: with headers, encodings and bodies of their own.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use trapline_tests::{Project, World};
use xtask::worker::http;

/// An answer with its headers.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    /// A header's value, or the empty text.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// What a refusal says.
    #[track_caller]
    pub fn detail(&self) -> String {
        let value: Value = serde_json::from_str(&self.body).expect("a JSON answer");
        assert!(value["causes"].is_array(), "{self:?}");
        value["detail"].as_str().expect("a detail").to_owned()
    }
}

/// Sends to a path of the site.
pub fn request(
    world: &World,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Reply {
    let mut request =
        ureq::http::Request::builder().method(method).uri(format!("{}{path}", world.worker.site()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.to_vec()).expect("a request");
    let mut response = http().run(request).expect("an answer");
    let header = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Reply {
        status: response.status().as_u16(),
        headers: response.headers().iter().map(header).collect(),
        body: response.body_mut().read_to_string().expect("an answer's end"),
    }
}

/// Posts to a path of the site.
pub fn post(world: &World, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    request(world, "POST", path, headers, body)
}

/// `/api/1/{endpoint}/?sentry_key=…`
pub fn path(project: &Project, endpoint: &str) -> String {
    format!("/api/{}/{endpoint}/?sentry_key={}", project.id(), project.key())
}

/// An error event with this number in its ID, and a message that makes an issue of its own.
pub fn event(number: u32, value: &str) -> Value {
    json!({
        "event_id": format!("{number:032x}"),
        "platform": "javascript",
        "exception": { "values": [{ "type": "Error", "value": value }] },
    })
}

/// An envelope without a header of its own, and one item of this type.
pub fn envelope_of(kind: &str, payload: &Value) -> Vec<u8> {
    format!("{{}}\n{}\n{payload}\n", json!({ "type": kind })).into_bytes()
}

/// An envelope with one event.
pub fn envelope(number: u32, value: &str) -> Vec<u8> {
    envelope_of("event", &event(number, value))
}

/// Compressed by Node: `gzipSync`, `deflateSync`, `deflateRawSync`, `brotliCompressSync`.
pub fn compressed(function: &str, bytes: &[u8]) -> Vec<u8> {
    let script =
        format!("process.stdout.write(require('zlib').{function}(require('fs').readFileSync(0)))");
    let mut node = Command::new("node")
        .args(["-e", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node");
    node.stdin.take().expect("its input").write_all(bytes).expect("its input");
    let output = node.wait_with_output().expect("its output");
    assert!(output.status.success());
    output.stdout
}

/// A frame of zstd whose only block is stored as it is: up to 128 KiB.
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    // Magic number, a descriptor without extras, a window of 8 MiB, the header of the last block.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x68];
    let block = u32::try_from(bytes.len()).expect("a short text") << 3 | 1;
    frame.extend_from_slice(&block.to_le_bytes()[..3]);
    frame.extend_from_slice(bytes);
    frame
}
