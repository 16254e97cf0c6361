//! A gate between a page and the Worker: a loopback HTTP proxy whose origin a page's DSN names. It records each request, and
//! lets it pass, or does what a collector does that is away, overloaded or stuck. Switched at any time, it holds for every
//! request that has not been answered.
//!
//! HTTP/1.1 as browsers write it, one request a connection: a body has a `Content-Length`, and every answer closes.

pub(crate) mod http;

use std::collections::HashMap;
use std::io::Write;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use anyhow::Result;
use serde_json::Value;
use trapline_core::envelope;
use trapline_core::inflate::inflate;
use xtask::worker::Worker;

use crate::Project;

/// Far more than any page of a test sends.
const MAX_INFLATED: usize = 64 << 20;

/// A running gate, open at first. It ends, with its connections, when it is dropped.
#[derive(Debug)]
pub struct Gate {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

/// A request as the page sent it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// When it had arrived as a whole.
    pub at: Instant,
    /// `POST`
    pub method: String,
    /// `/api/1/envelope/`
    pub path: String,
    /// What stands after the `?`, or nothing.
    pub query: String,
    /// Names in lower case, in the browser's order.
    pub headers: Vec<(String, String)>,
    /// As it was sent, maybe compressed.
    pub body: Vec<u8>,
    /// What it was answered, by the Worker or the gate; `None` while it is held, and when it was dropped.
    pub status: Option<u16>,
}

impl Seen {
    /// A header's value; the name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Whether the browser asks for permission first, and this is no request of the page.
    #[must_use]
    pub fn is_preflight(&self) -> bool {
        self.method == "OPTIONS" && self.header("access-control-request-method").is_some()
    }

    /// Whether it brings an envelope.
    #[must_use]
    pub fn is_envelope(&self) -> bool {
        self.method == "POST" && self.path.ends_with("/envelope/")
    }

    /// The payloads of the envelope's items of type `event`.
    ///
    /// # Panics
    /// When the body is no envelope.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.items("event")
    }

    /// The payloads of the envelope's items of a type.
    ///
    /// # Panics
    /// When the body is no envelope.
    #[must_use]
    pub fn items(&self, kind: &str) -> Vec<Value> {
        let body = inflate(&self.body, self.header("content-encoding"), MAX_INFLATED);
        let body = body.expect("a body that can be inflated");
        let envelope = envelope::parse(&body).expect("an envelope");
        let items = envelope.items.iter().filter(|item| item.kind == kind);
        items.map(|item| serde_json::from_slice(item.payload).expect("an item in JSON")).collect()
    }
}

#[derive(Debug)]
struct Shared {
    worker_port: u16,
    state: Mutex<State>,
    switched: Condvar,
}

#[derive(Debug)]
struct State {
    mode: Mode,
    seen: Vec<Seen>,
    refusals: usize,
    /// By a number of their own, so that all can be closed at once.
    connections: HashMap<u64, TcpStream>,
    last_connection: u64,
}

#[derive(Debug, Clone)]
enum Mode {
    Pass,
    Hold,
    Refuse,
    Answer(u16, Vec<(String, String)>),
    /// The gate is being dropped.
    End,
}

impl Gate {
    /// Opens a gate before a Worker, on a free port.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn before(worker: &Worker) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = State {
            mode: Mode::Pass,
            seen: Vec::new(),
            refusals: 0,
            connections: HashMap::new(),
            last_connection: 0,
        };
        let shared = Shared {
            worker_port: worker.port(),
            state: Mutex::new(state),
            switched: Condvar::new(),
        };
        let shared = Arc::new(shared);
        let accepted = Arc::clone(&shared);
        let accepting = thread::spawn(move || accept(&listener, &accepted));
        Self { address, shared, accepting: Some(accepting) }
    }

    /// `http://127.0.0.1:P`
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The project's DSN, by way of the gate.
    #[must_use]
    pub fn dsn(&self, project: &Project) -> String {
        format!("http://{}@{}/{}", project.key(), self.address, project.id())
    }

    /// Requests reach the Worker, and its answers the page.
    pub fn pass(&self) {
        self.shared.switch(Mode::Pass);
    }

    /// The collector is away: every connection is closed at once, those that are open too.
    pub fn refuse(&self) {
        self.shared.switch(Mode::Refuse);
    }

    /// Every request is answered so, in a way that a page of any origin may read; its preflight is granted.
    pub fn answer(&self, status: u16, headers: &[(&str, &str)]) {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        self.shared.switch(Mode::Answer(status, headers.iter().map(owned).collect()));
    }

    /// Requests are taken, and have no answer until the gate is switched again.
    pub fn hold(&self) {
        self.shared.switch(Mode::Hold);
    }

    /// All that arrived as a whole, preflights too, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.lock().seen.clone()
    }

    /// The payloads of all events that arrived, however often each, in the order of arrival.
    ///
    /// # Panics
    /// When a page sent something else than an envelope to where envelopes go.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.items("event")
    }

    /// The payloads of all items of a type that arrived, however often each, in the order of arrival.
    ///
    /// # Panics
    /// When a page sent something else than an envelope to where envelopes go.
    #[must_use]
    pub fn items(&self, kind: &str) -> Vec<Value> {
        let requests = self.requests();
        let envelopes = requests.iter().filter(|seen| seen.is_envelope());
        envelopes.flat_map(|seen| seen.items(kind)).collect()
    }

    /// How many connections were closed without an answer while the collector was away: how a test knows that the page
    /// has tried.
    #[must_use]
    pub fn refusals(&self) -> usize {
        self.shared.lock().refusals
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.shared.switch(Mode::End);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn switch(&self, mode: Mode) {
        let mut state = self.lock();
        if matches!(mode, Mode::Refuse | Mode::End) {
            for connection in state.connections.values() {
                // The page may have closed it before.
                let _ = connection.shutdown(Shutdown::Both);
            }
        }
        state.mode = mode;
        drop(state);
        self.switched.notify_all();
    }

    /// What holds for a request now, once it is not to be held any longer.
    fn mode(&self) -> Mode {
        let state = self.lock();
        let held = |state: &mut State| matches!(state.mode, Mode::Hold);
        let state = self.switched.wait_while(state, held);
        state.unwrap_or_else(PoisonError::into_inner).mode.clone()
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        let mut state = shared.lock();
        match (&state.mode, stream) {
            (Mode::End, _) => return,
            // Dropping it closes it.
            (Mode::Refuse, Ok(_)) => state.refusals += 1,
            (_, Ok(stream)) => {
                // A second handle, by which `switch` closes it.
                let Ok(handle) = stream.try_clone() else { continue };
                state.last_connection += 1;
                let number = state.last_connection;
                state.connections.insert(number, handle);
                let shared = Arc::clone(shared);
                thread::spawn(move || {
                    // Whoever asked may have gone.
                    let _ = serve(&stream, &shared);
                    let _ = stream.shutdown(Shutdown::Both);
                    shared.lock().connections.remove(&number);
                });
            }
            (_, Err(_)) => {}
        }
    }
}

fn serve(mut stream: &TcpStream, shared: &Shared) -> Result<()> {
    // Browsers open connections that they do not use.
    let Some(seen) = http::read_request(stream)? else { return Ok(()) };
    let mut state = shared.lock();
    if matches!(state.mode, Mode::Refuse) {
        state.refusals += 1;
        return Ok(());
    }
    let index = state.seen.len();
    state.seen.push(seen.clone());
    drop(state);
    let answer = match shared.mode() {
        Mode::Pass => http::forward(&seen, shared.worker_port)?,
        Mode::Answer(..) if seen.is_preflight() => http::permission(&seen),
        Mode::Answer(status, headers) => http::answer(status, &headers),
        Mode::Refuse | Mode::End | Mode::Hold => {
            shared.lock().refusals += 1;
            return Ok(());
        }
    };
    if let Some(seen) = shared.lock().seen.get_mut(index) {
        seen.status = http::status_of(&answer);
    }
    Ok(stream.write_all(&answer)?)
}
