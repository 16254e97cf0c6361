//! A web site on an origin of its own, served from memory: the page that breaks, which is neither the Worker's site nor
//! the dashboard.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tiny_http::{Header, Response, Server};

/// A running site. It ends when it is dropped.
#[derive(Debug)]
pub struct Site {
    server: Arc<ServerHandle>,
    thread: Option<JoinHandle<()>>,
}

struct ServerHandle(Server);

impl std::fmt::Debug for ServerHandle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Site on {}", self.0.server_addr())
    }
}

impl Site {
    /// Serves `files`, each a path and its content; the path's end says what it is. All else is 404.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn serve(files: &[(&str, &str)]) -> Self {
        let files: Vec<(String, String)> =
            files.iter().map(|(path, content)| ((*path).into(), (*content).into())).collect();
        let server = Server::http("127.0.0.1:0").expect("a free port");
        let server = Arc::new(ServerHandle(server));
        let serving = Arc::clone(&server);
        let thread = thread::spawn(move || {
            for request in serving.0.incoming_requests() {
                let path = request.url().split('?').next().unwrap_or_default().to_owned();
                let file = files.iter().find(|(name, _)| *name == path);
                // Whoever asked may have gone.
                let _ = match file {
                    Some((name, content)) => {
                        request.respond(Response::from_string(content).with_header(kind(name)))
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

fn kind(path: &str) -> Header {
    let kind = if path.ends_with(".js") { "text/javascript" } else { "text/html" };
    let value = format!("{kind}; charset=utf-8");
    Header::from_bytes("Content-Type", value).expect("a header of ASCII letters")
}
