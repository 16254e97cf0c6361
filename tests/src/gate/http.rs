//! The gate's HTTP: reads a browser's request, and gives the bytes of an answer.
//!
//! ```text
//! request = method " " target " HTTP/1.1\r\n" { name ":" value "\r\n" } "\r\n" body
//! target  = path [ "?" query ]
//! ```

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use super::Seen;

/// As long as any client of these tests waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// What belongs to one connection, and is said anew for the next.
const HOP_BY_HOP: [&str; 6] =
    ["connection", "content-length", "host", "keep-alive", "proxy-connection", "transfer-encoding"];

/// The request on a connection; `None` when it is closed without one.
pub(super) fn read_request(stream: &TcpStream) -> io::Result<Option<Seen>> {
    let mut reader = BufReader::new(stream);
    let Some(first) = read_line(&mut reader)? else { return Ok(None) };
    let mut words = first.split(' ');
    let (method, target) =
        words.next().zip(words.next()).ok_or_else(|| io::Error::other("no request line"))?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = Vec::new();
    while let Some(line) = read_line(&mut reader)?.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').ok_or_else(|| io::Error::other("no header"))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut seen = Seen {
        at: Instant::now(),
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: Vec::new(),
        status: None,
    };
    let length = seen.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    seen.body.resize(length, 0);
    reader.read_exact(&mut seen.body)?;
    seen.at = Instant::now();
    Ok(Some(seen))
}

fn read_line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(Some(line))
}

/// What the Worker answers to the request, byte for byte. It sees the page's headers, and the `Host` of its site.
pub(super) fn forward(seen: &Seen, port: u16) -> io::Result<Vec<u8>> {
    let mut worker = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    worker.set_read_timeout(Some(PATIENCE))?;
    let question = if seen.query.is_empty() { "" } else { "?" };
    let mut head = format!(
        "{} {}{question}{} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Length: {}\r\n",
        seen.method,
        seen.path,
        seen.query,
        seen.body.len()
    );
    let kept = seen.headers.iter().filter(|(name, _)| !HOP_BY_HOP.contains(&name.as_str()));
    for (name, value) in kept {
        head += &format!("{name}: {value}\r\n");
    }
    worker.write_all((head + "\r\n").as_bytes())?;
    worker.write_all(&seen.body)?;
    let mut answer = Vec::new();
    worker.read_to_end(&mut answer)?;
    Ok(answer)
}

/// An answer without a body, all of whose headers a page of any origin may read.
pub(super) fn answer(status: u16, headers: &[(String, String)]) -> Vec<u8> {
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let lines: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    closing(status, &format!("Access-Control-Expose-Headers: {}\r\n{lines}", names.join(", ")))
}

/// Whatever a preflight asks for.
pub(super) fn permission(seen: &Seen) -> Vec<u8> {
    let asked = seen.header("access-control-request-headers").unwrap_or_default();
    let allowed = "Access-Control-Allow-Methods: GET, HEAD, POST, PUT, DELETE\r\n";
    closing(204, &format!("{allowed}Access-Control-Allow-Headers: {asked}\r\n"))
}

fn closing(status: u16, lines: &str) -> Vec<u8> {
    // A 204 must not have a length.
    let length = if status == 204 { "" } else { "Content-Length: 0\r\n" };
    format!(
        "HTTP/1.1 {status} -\r\nAccess-Control-Allow-Origin: *\r\n{lines}{length}Connection: close\r\n\r\n"
    )
    .into_bytes()
}

/// `HTTP/1.1 200 OK` is 200.
pub(super) fn status_of(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|byte| *byte == b'\r').next()?;
    str::from_utf8(line).ok()?.split(' ').nth(1)?.parse().ok()
}
