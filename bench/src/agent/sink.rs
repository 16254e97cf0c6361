//! Where all agents send: answers 200 to whatever comes, allows every origin, and remembers what came, by the origin of
//! the page that sent it, which no two visits share.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use flate2::read::GzDecoder;

use crate::agent::server::{self, Answer, Request};

/// A request, as it came.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    /// Milliseconds since 1970, when its last byte was there.
    pub(crate) at_ms: f64,
    /// Of the body on the wire.
    pub(crate) body_bytes: usize,
    /// Of the request's line and its headers.
    pub(crate) header_bytes: usize,
    /// The body, inflated if need be; empty of a preflight.
    pub(crate) text: String,
}

/// The running sink.
#[derive(Debug)]
pub(crate) struct Sink {
    /// Where it listens.
    pub(crate) port: u16,
    arrivals: Arc<Arrivals>,
}

#[derive(Debug, Default)]
struct Arrivals {
    by_origin: Mutex<HashMap<String, Vec<Arrival>>>,
    /// Origins whose requests are answered 503, and forgotten.
    refused: Mutex<HashSet<String>>,
    news: Condvar,
}

impl Sink {
    pub(crate) fn start() -> Result<Self> {
        let arrivals = Arc::new(Arrivals::default());
        let heard = Arc::clone(&arrivals);
        let port = server::serve(move |request| {
            let (origin, arrival) = (request.header("origin").to_owned(), arrival(request));
            if heard.refused().contains(&origin) {
                return Answer { status: 503, ..answer(request) };
            }
            heard.locked().entry(origin).or_default().push(arrival);
            heard.news.notify_all();
            answer(request)
        })?;
        Ok(Self { port, arrivals })
    }

    /// From now on, whether requests of an origin are answered 503.
    pub(crate) fn refuse(&self, origin: &str, is_refused: bool) {
        let mut refused = self.arrivals.refused();
        match is_refused {
            true => refused.insert(origin.to_owned()),
            false => refused.remove(origin),
        };
    }

    /// What pages of an origin have sent so far, in the order of arrival.
    pub(crate) fn of(&self, origin: &str) -> Vec<Arrival> {
        self.arrivals.locked().get(origin).cloned().unwrap_or_default()
    }

    /// Waits until an origin has sent something that `is_it`.
    pub(crate) fn wait_for(
        &self,
        origin: &str,
        patience: Duration,
        is_it: impl Fn(&Arrival) -> bool,
    ) -> Option<Arrival> {
        let is_missing = |all: &mut HashMap<String, Vec<Arrival>>| {
            !all.get(origin).is_some_and(|arrivals| arrivals.iter().any(&is_it))
        };
        let all =
            self.arrivals.news.wait_timeout_while(self.arrivals.locked(), patience, is_missing);
        let (all, _) = all.unwrap_or_else(PoisonError::into_inner);
        all.get(origin)?.iter().find(|arrival| is_it(arrival)).cloned()
    }

    /// Waits until an origin has sent nothing for `quiet`, at most for `patience`.
    pub(crate) fn wait_for_quiet(&self, origin: &str, quiet: Duration, patience: Duration) {
        let end = Instant::now() + patience;
        let mut all = self.arrivals.locked();
        while Instant::now() < end {
            let seen = all.get(origin).map_or(0, Vec::len);
            let is_same = |all: &mut HashMap<String, Vec<Arrival>>| {
                all.get(origin).map_or(0, Vec::len) == seen
            };
            let waited = self.arrivals.news.wait_timeout_while(all, quiet, is_same);
            let (after, waited) = waited.unwrap_or_else(PoisonError::into_inner);
            if waited.timed_out() {
                return;
            }
            all = after;
        }
    }
}

impl Arrivals {
    fn locked(&self) -> MutexGuard<'_, HashMap<String, Vec<Arrival>>> {
        self.by_origin.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refused(&self) -> MutexGuard<'_, HashSet<String>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn arrival(request: &Request) -> Arrival {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Arrival {
        at_ms: now.as_secs_f64() * 1_000.0,
        body_bytes: request.body.len(),
        header_bytes: request.header_bytes,
        text: inflated(&request.body),
    }
}

fn inflated(body: &[u8]) -> String {
    let mut text = Vec::new();
    match body {
        [0x1f, 0x8b, ..] => {
            let _ = GzDecoder::new(body).read_to_end(&mut text);
        }
        _ => text.extend_from_slice(body),
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn answer(request: &Request) -> Answer {
    let headers = [
        ("Access-Control-Allow-Origin", request.header("origin")),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Headers", request.header("access-control-request-headers")),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
        ("Content-Type", "application/json"),
    ];
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let body = b"{\"id\":\"0123456789abcdef0123456789abcdef\"}";
    Answer { status: 200, headers: headers.collect(), body: body.to_vec() }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn compressed_bodies_are_read() {
        let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
        writer.write_all(b"{\"message\":\"oak\"}").unwrap();
        assert_eq!(inflated(&writer.finish().unwrap()), r#"{"message":"oak"}"#);
        assert_eq!(inflated(b"{}"), "{}");
    }
}
