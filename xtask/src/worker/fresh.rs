//! Keeps a local Worker's connections fresh.
//!
//! wrangler's proxy keeps connections to workerd, and workerd closes one that nobody has used for five seconds. A request
//! that the proxy makes at this very moment is lost: what writes is answered 503 in workerd's place ("restarted
//! mid-request"), what reads has no answer until somebody else asks. Sixteen requests every two seconds
//! leave none of as many connections old enough; where more are used together, one may be.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(2);
/// As many as browsers, tests and the agent have under way together.
const AT_ONCE: usize = 16;

/// While this lives.
#[derive(Debug)]
pub(super) struct Fresh {
    stop: Option<Sender<()>>,
    asking: Option<JoinHandle<()>>,
}

impl Fresh {
    /// Begins, on a port of this machine.
    pub(super) fn keep(port: u16) -> Self {
        let (stop, stopped) = channel();
        let asking = spawn(move || {
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                let asked: Vec<_> = (0..AT_ONCE).filter_map(|_| ask(port).ok()).collect();
                asked.into_iter().for_each(drain);
            }
        });
        Self { stop: Some(stop), asking: Some(asking) }
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(asking) = self.asking.take() {
            let _ = asking.join();
        }
    }
}

/// Nobody reads the answer.
fn ask(port: u16) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(EVERY))?;
    let host = format!("127.0.0.1:{port}");
    write!(stream, "HEAD /trapline.js HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    Ok(stream)
}

fn drain(mut stream: TcpStream) {
    // The Worker may have ended.
    let _ = stream.read_to_end(&mut Vec::new());
}
