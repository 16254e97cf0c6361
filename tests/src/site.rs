//! A web site on an origin of its own, served from memory: the page that breaks, which is neither the Worker's site nor
//! the dashboard.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tiny_http::{Header, Response, Server};

/// A running site. It ends when it is dropped.
#[derive(Debug)]
pub struct Site {
    server: Arc<ServerHandle>,
    thread: Option<JoinHandle<()>>,
}

/// A file of a site. The end of its path says what it is.
#[derive(Debug, Clone)]
pub struct File {
    path: String,
    content: Vec<u8>,
    headers: Vec<Header>,
    wait: Duration,
}

struct ServerHandle(Server);

impl std::fmt::Debug for ServerHandle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Site on {}", self.0.server_addr())
    }
}

impl File {
    /// A file at `/main.js`, with the content type of its kind.
    #[must_use]
    pub fn new(path: &str, content: impl Into<Vec<u8>>) -> Self {
        let headers = vec![header("Content-Type", kind(path))];
        Self { path: path.to_owned(), content: content.into(), headers, wait: Duration::ZERO }
    }

    /// The same, served after a while; until then nothing else of the site is.
    #[must_use]
    pub fn after_ms(self, wait: u64) -> Self {
        Self { wait: Duration::from_millis(wait), ..self }
    }

    /// The same, served with one more header. It replaces one of that name.
    ///
    /// # Panics
    /// When no header can be so.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        let header = header(name, value);
        self.headers.retain(|other| other.field != header.field);
        self.headers.push(header);
        self
    }

    fn response(&self) -> Response<&[u8]> {
        let length = self.content.len();
        Response::new(200.into(), self.headers.clone(), self.content.as_slice(), Some(length), None)
    }
}

impl Site {
    /// Serves `files`, each a path and its content; the path's end says what it is. All else is 404.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn serve(files: &[(&str, &str)]) -> Self {
        Self::serve_files(files.iter().map(|(path, content)| File::new(path, *content)).collect())
    }

    /// Serves files that are more than a path and a text. All else is 404.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn serve_files(files: Vec<File>) -> Self {
        let server = Server::http("127.0.0.1:0").expect("a free port");
        let server = Arc::new(ServerHandle(server));
        let serving = Arc::clone(&server);
        let thread = thread::spawn(move || {
            for request in serving.0.incoming_requests() {
                let path = request.url().split('?').next().unwrap_or_default().to_owned();
                // Whoever asked may have gone.
                let _ = match files.iter().find(|file| file.path == path) {
                    Some(file) => {
                        thread::sleep(file.wait);
                        request.respond(file.response())
                    }
                    None => request.respond(Response::empty(404)),
                };
            }
        });
        Self { server, thread: Some(thread) }
    }

    /// `http://127.0.0.1:P`
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.server.0.server_addr())
    }

    /// The address of one of its files.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        self.origin() + path
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.0.unblock();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What ends with none of these is a page.
fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("wasm") => "application/wasm",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "text/html; charset=utf-8",
    }
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("a header of ASCII letters")
}
