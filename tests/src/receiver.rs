//! A receiver of alerts on this machine: a real HTTP server that writes down every message, and answers as a test says. One
//! stands beside each Worker, which is allowed to send to it.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, anyhow};
use serde_json::Value;
use tiny_http::{Header, Request, Response, Server};

/// A running receiver. It ends when it is dropped.
pub struct Receiver {
    server: Arc<Server>,
    shared: Arc<Mutex<Shared>>,
    thread: Option<JoinHandle<()>>,
}

/// A message as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// `/test-1`
    pub path: String,
    /// `Trapline-Delivery`
    pub delivery: String,
    /// `Trapline-Signature`
    pub signature: String,
    /// As it was sent.
    pub body: String,
}

/// What a path answers, once.
#[derive(Debug, Clone)]
pub enum Answers {
    /// With a status, and headers.
    Status(u16, Vec<(&'static str, String)>),
    /// Not as long as the receiver lives.
    Never,
}

#[derive(Default)]
struct Shared {
    received: Vec<Received>,
    answers: HashMap<String, VecDeque<Answers>>,
    held: Vec<Request>,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Receiver on {}", self.server.server_addr())
    }
}

impl Received {
    /// Its body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a body of JSON")
    }

    /// Kinds of the conditions that it tells.
    #[must_use]
    pub fn kinds(&self) -> Vec<String> {
        let json = self.json();
        let conditions = json["conditions"].as_array().cloned().unwrap_or_default();
        conditions.iter().filter_map(|one| one["kind"].as_str().map(str::to_owned)).collect()
    }
}

impl Receiver {
    /// Starts one on a free port.
    ///
    /// # Errors
    /// When there is none.
    pub fn start() -> Result<Self> {
        let server = Server::http("127.0.0.1:0").map_err(|error| anyhow!(error))?;
        let (server, shared) = (Arc::new(server), Arc::<Mutex<Shared>>::default());
        let (serving, noting) = (Arc::clone(&server), Arc::clone(&shared));
        let thread = thread::spawn(move || {
            for request in serving.incoming_requests() {
                answer(request, &noting);
            }
        });
        Ok(Self { server, shared, thread: Some(thread) })
    }

    /// `127.0.0.1:P`
    ///
    /// # Panics
    /// When it listens on something else than a port.
    #[must_use]
    pub fn host(&self) -> String {
        let address: SocketAddr = self.server.server_addr().to_ip().expect("an IP address");
        address.to_string()
    }

    /// The address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host())
    }

    /// What the next requests for a path are answered; afterwards 204.
    pub fn answers(&self, path: &str, next: &[Answers]) {
        locked(&self.shared)
            .answers
            .entry(path.to_owned())
            .or_default()
            .extend(next.iter().cloned());
    }

    /// All that came to a path, oldest first.
    #[must_use]
    pub fn received(&self, path: &str) -> Vec<Received> {
        let shared = locked(&self.shared);
        shared.received.iter().filter(|one| one.path == path).cloned().collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        locked(&self.shared).held.clear();
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn locked(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(mut request: Request, shared: &Mutex<Shared>) {
    let mut body = String::new();
    // Whoever sent it may have gone.
    let _ = request.as_reader().read_to_string(&mut body);
    let header = |name: &'static str| {
        let found = request.headers().iter().find(|header| header.field.equiv(name));
        found.map(|header| header.value.to_string()).unwrap_or_default()
    };
    let received = Received {
        path: request.url().to_owned(),
        delivery: header("Trapline-Delivery"),
        signature: header("Trapline-Signature"),
        body,
    };
    let mut shared = locked(shared);
    let next = shared.answers.get_mut(&received.path).and_then(VecDeque::pop_front);
    shared.received.push(received);
    match next.unwrap_or(Answers::Status(204, Vec::new())) {
        Answers::Never => shared.held.push(request),
        Answers::Status(status, headers) => {
            let mut response = Response::from_string("said the receiver").with_status_code(status);
            for (name, value) in headers {
                let header = Header::from_bytes(name, value.as_bytes());
                response = response.with_header(header.ok().context(name).expect("a header"));
            }
            let _ = request.respond(response);
        }
    }
}
