//! A shop's own back end, whose answers take as long as a page asks, and fail when it says so.
//!
//! `/any/path?wait=120&status=503&bytes=2000`: after 120 ms, status 503, a body of so many bytes. All of it may be left out.
//! Pages of any origin may ask. An answer is written at once: in two parts, the second would wait 40 ms for nothing.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::gate::http::{closing, permission, read_request};

/// A running back end. It ends when it is dropped.
#[derive(Debug)]
pub struct Backend {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Backend {
    /// Starts one on a free port.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        let accepting = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if ends.load(Ordering::Relaxed) {
                    return;
                }
                // Each waits for itself; whoever asked may have gone.
                thread::spawn(move || answer(&stream));
            }
        });
        Self { address, is_over, accepting: Some(accepting) }
    }

    /// The address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn answer(mut stream: &TcpStream) -> io::Result<()> {
    let Some(seen) = read_request(stream)? else { return Ok(()) };
    if seen.is_preflight() {
        return stream.write_all(&permission(&seen));
    }
    let number = |name: &str| {
        let pairs = seen.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| *key == name).find_map(|(_, value)| value.parse::<u16>().ok())
    };
    thread::sleep(Duration::from_millis(number("wait").unwrap_or(0).into()));
    let body = "x".repeat(number("bytes").unwrap_or(2).into());
    let lines = "Access-Control-Allow-Origin: *\r\nContent-Type: text/plain\r\n";
    stream.write_all(&closing(number("status").unwrap_or(200), lines, body.as_bytes()))
}
