//! The gate's HTTP: reads a browser's request, and gives the bytes of an answer.
//!
//! ```text
//! request = method " " target " HTTP/1.1\r\n" { name ":" value "\r\n" } "\r\n" body
//! target  = path [ "?" query ]
//! ```

use std::io::{self, BufRead, BufReader, Read};
use std::net::TcpStream;
use std::time::Instant;

use ureq::http::Request;
use xtask::worker::http;

use super::Seen;

pub(crate) const ANY_ORIGIN: &str = "Access-Control-Allow-Origin: *\r\n";

/// What belongs to one connection, and is said anew for the next.
const HOP_BY_HOP: [&str; 6] =
    ["connection", "content-length", "host", "keep-alive", "proxy-connection", "transfer-encoding"];

/// The request on a connection; `None` when it is closed without one.
pub(crate) fn read_request(stream: &TcpStream) -> io::Result<Option<Seen>> {
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
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, length)| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Seen {
        at: Instant::now(),
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body,
        status: None,
    }))
}

fn read_line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(Some(line))
}

/// What the Worker answers to the request. It sees the page's headers, and the `Host` of its site.
pub(super) fn forward(seen: &Seen, port: u16) -> anyhow::Result<Vec<u8>> {
    let question = if seen.query.is_empty() { "" } else { "?" };
    let address = format!("http://127.0.0.1:{port}{}{question}{}", seen.path, seen.query);
    let mut request = Request::builder().method(seen.method.as_str()).uri(address);
    for (name, value) in seen.headers.iter().filter(|(name, _)| is_end_to_end(name)) {
        request = request.header(name, value);
    }
    let mut response = http().run(request.body(seen.body.as_slice())?)?;
    let body = response.body_mut().with_config().limit(u64::MAX).read_to_vec()?;
    let mut lines = String::new();
    for (name, value) in response.headers().iter().filter(|(name, _)| is_end_to_end(name.as_str()))
    {
        lines += &format!("{name}: {}\r\n", value.to_str()?);
    }
    Ok(closing(response.status().as_u16(), &lines, &body))
}

fn is_end_to_end(name: &str) -> bool {
    !HOP_BY_HOP.contains(&name)
}

/// An answer without a body, all of whose headers a page of any origin may read.
pub(super) fn answer(status: u16, headers: &[(String, String)]) -> Vec<u8> {
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let lines: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let exposed = format!("Access-Control-Expose-Headers: {}\r\n", names.join(", "));
    closing(status, &(ANY_ORIGIN.to_owned() + &exposed + &lines), &[])
}

/// Whatever a preflight asks for.
pub(crate) fn permission(seen: &Seen) -> Vec<u8> {
    let asked = seen.header("access-control-request-headers").unwrap_or_default();
    let methods = "Access-Control-Allow-Methods: GET, HEAD, POST, PUT, DELETE\r\n";
    let headers = format!("Access-Control-Allow-Headers: {asked}\r\n");
    closing(204, &(ANY_ORIGIN.to_owned() + methods + &headers), &[])
}

pub(crate) fn closing(status: u16, lines: &str, body: &[u8]) -> Vec<u8> {
    // A 204 must not have a length.
    let length = match status {
        204 => String::new(),
        _ => format!("Content-Length: {}\r\n", body.len()),
    };
    let head = format!("HTTP/1.1 {status} -\r\n{lines}{length}Connection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// `HTTP/1.1 200 OK` is 200.
pub(super) fn status_of(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|byte| *byte == b'\r').next()?;
    str::from_utf8(line).ok()?.split(' ').nth(1)?.parse().ok()
}
