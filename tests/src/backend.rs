//! A site whose answers take as long as a page asks: its own back end, in which requests are slow, and fail.
//!
//! `/any/path?wait=120&status=503&bytes=2000`: after 120 ms, status 503, a body of so many bytes. All of it may be left out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tiny_http::{Header, Request, Response, Server};

/// A running back end. It ends when it is dropped.
pub struct Backend {
    server: Arc<Server>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Backend on {}", self.server.server_addr())
    }
}

impl Backend {
    /// Starts one on a free port.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn start() -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").expect("a free port"));
        let serving = Arc::clone(&server);
        let thread = thread::spawn(move || {
            for request in serving.incoming_requests() {
                // Each waits for itself.
                thread::spawn(move || answer(request));
            }
        });
        Self { server, thread: Some(thread) }
    }

    /// The address of a path.
    ///
    /// # Panics
    /// When it listens on something else than a port.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        let address: SocketAddr = self.server.server_addr().to_ip().expect("an IP address");
        format!("http://{address}{path}")
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer(request: Request) {
    let query =
        request.url().split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default();
    let number = |name: &str| {
        let found = query.split('&').filter_map(|pair| pair.split_once('='));
        found.filter(|(key, _)| *key == name).find_map(|(_, value)| value.parse::<u16>().ok())
    };
    let (wait, status, bytes) = (number("wait"), number("status"), number("bytes"));
    let body = "x".repeat(bytes.unwrap_or(2).into());
    thread::sleep(Duration::from_millis(wait.unwrap_or(0).into()));
    let mut response = Response::from_string(body).with_status_code(status.unwrap_or(200));
    for (name, value) in [("Content-Type", "text/plain"), ("Access-Control-Allow-Origin", "*")] {
        response = response.with_header(Header::from_bytes(name, value).expect("a header"));
    }
    // Whoever asked may have gone.
    let _ = request.respond(response);
}
