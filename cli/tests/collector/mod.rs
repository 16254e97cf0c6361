//! A collector in a thread: it keeps what the protocol says (`cli/src/api.rs`), checks what it is sent, and can be made
//! to fail.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by them")]

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tiny_http::{Header, Method, Request, Response, Server};
use trapline_symbols::{Table, debug_id, pack};

/// What it holds and has heard.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) tables: HashMap<String, Vec<u8>>,
    pub(crate) packs: usize,
    pub(crate) manifests: Vec<Value>,
    /// Answers 503 to packs after this many.
    pub(crate) fail_after_packs: Option<usize>,
    pub(crate) pages: HashMap<String, Vec<u8>>,
}

/// A running one. It ends with the process.
#[derive(Debug, Clone)]
pub(crate) struct Collector {
    pub(crate) url: String,
    pub(crate) state: Arc<Mutex<State>>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let server = Server::http("127.0.0.1:0").unwrap();
        let url = format!("http://{}", server.server_addr());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for request in server.incoming_requests() {
                answer(&shared, request);
            }
        });
        Self { url, state }
    }
}

fn answer(state: &Mutex<State>, mut request: Request) {
    let mut body = Vec::new();
    request.as_reader().read_to_end(&mut body).unwrap();
    let url = request.url().to_owned();
    let mut state = state.lock().unwrap();
    let (status, answer) = match url.strip_prefix("/api/0/projects/shop/artifacts/") {
        None if url.starts_with("/api/") => (404, b"{}".to_vec()),
        None => match state.pages.get(&url) {
            Some(page) => (200, page.clone()),
            None => (404, Vec::new()),
        },
        Some(_) if !is_allowed(&request) => (403, br#"{"detail":"no scope"}"#.to_vec()),
        Some(path) => {
            let (status, answer) = artifacts(&mut state, request.method(), path, &body);
            (status, answer.to_string().into_bytes())
        }
    };
    let again = Header::from_bytes("Retry-After", "0").unwrap();
    let _ =
        request.respond(Response::from_data(answer).with_status_code(status).with_header(again));
}

fn is_allowed(request: &Request) -> bool {
    request.headers().iter().any(|header| {
        header.field.equiv("Authorization") && header.value.as_str() == "Bearer secret"
    })
}

fn artifacts(state: &mut State, method: &Method, path: &str, body: &[u8]) -> (u16, Value) {
    let json = || -> Value { serde_json::from_slice(body).unwrap() };
    match (method, path) {
        (Method::Post, "missing/") => {
            let body = json();
            let ids = body["ids"].as_array().unwrap().iter();
            let missing: Vec<&str> = ids
                .map(|id| id.as_str().unwrap())
                .filter(|id| !state.tables.contains_key(*id))
                .collect();
            (200, json!({ "missing": missing }))
        }
        (Method::Put, hash) => {
            if state.fail_after_packs == Some(state.packs) {
                return (503, json!({ "detail": "not now" }));
            }
            assert_eq!(hex(&pack::hash_of(body)), hash.trim_end_matches('/'));
            for member in pack::members(body).unwrap() {
                let table = pack::table_of(body, &member).unwrap().to_vec();
                state.tables.insert(hex(&member.hash), table);
            }
            state.packs += 1;
            (201, json!({}))
        }
        (Method::Post, "resolve/") => {
            let body = json();
            let frames = body["frames"].as_array().unwrap().iter();
            (
                200,
                json!({ "frames": frames.map(|frame| resolve(state, frame)).collect::<Vec<_>>() }),
            )
        }
        (Method::Post, "") => {
            let manifest = json();
            for file in manifest["files"].as_array().unwrap() {
                assert!(state.tables.contains_key(file["hash"].as_str().unwrap()), "{file}");
            }
            state.manifests.push(manifest);
            (200, json!({}))
        }
        _ => (404, json!({})),
    }
}

fn resolve(state: &State, frame: &Value) -> Value {
    let id = frame["debug_id"].as_str().unwrap_or_default();
    let of_id = state.tables.values().find(|table| {
        Table::parse(table).unwrap().debug_id().map(debug_id::text_of).as_deref() == Some(id)
    });
    let Some(table) = of_id else {
        return json!({ "reason": format!("no map with debug ID {id} was uploaded") });
    };
    let number = |key: &str| u32::try_from(frame[key].as_u64().unwrap()).unwrap();
    match Table::parse(table).unwrap().look_up(number("line"), number("column")) {
        Ok(found) => json!({ "path": found.path, "line": found.line, "function": found.function }),
        Err(reason) => json!({ "reason": reason.to_string() }),
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hashes named by a manifest.
pub(crate) fn hashes(manifest: &Value) -> HashSet<String> {
    let files = manifest["files"].as_array().unwrap().iter();
    files.map(|file| file["hash"].as_str().unwrap().to_owned()).collect()
}
