//! An HTTP/1.1 server on a loopback port of its own, for as long as the process lives. It takes what Chromium sends: a
//! body has a length, a connection serves one request after another.
//!
//! Written here because time is measured through it: an answer is one packet, sent at once. `tiny_http` sends head and
//! body in two without `TCP_NODELAY`, and the second waits 40 ms for the browser to acknowledge the first.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// A request that has come in full.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Without its query.
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// Of the first line and the headers.
    pub(crate) header_bytes: usize,
    pub(crate) body: Vec<u8>,
}

/// What it is answered with.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// A header by its name in lower case; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

/// Answers requests from now on; gives the port.
pub(crate) fn serve(
    answer: impl Fn(&Request) -> Answer + Send + Sync + 'static,
) -> io::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            // Whoever asked may go at any time.
            thread::spawn(move || converse(connection, &*answer));
        }
    });
    Ok(port)
}

fn converse(connection: TcpStream, answer: &dyn Fn(&Request) -> Answer) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut reader = BufReader::new(connection.try_clone()?);
    let mut writer = connection;
    while let Some(request) = read(&mut reader)? {
        writer.write_all(&written(answer(&request)))?;
    }
    Ok(())
}

/// `None` where the connection ends, or is none of HTTP.
fn read(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut request = Request::default();
    let mut line = String::new();
    request.header_bytes += reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
    request.method = method.to_owned();
    request.path = target.split('?').next().unwrap_or_default().to_owned();
    loop {
        let mut line = String::new();
        request.header_bytes += reader.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = request.header("content-length").parse().unwrap_or(0);
    request.body.resize(length, 0);
    reader.read_exact(&mut request.body)?;
    Ok(Some(request))
}

fn written(answer: Answer) -> Vec<u8> {
    let Answer { status, headers, mut body } = answer;
    let mut head = format!("HTTP/1.1 {status} \r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    let mut bytes = (head + "\r\n").into_bytes();
    bytes.append(&mut body);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_follow_each_other_on_a_connection() {
        let first = "POST /api/1/envelope/?a=b HTTP/1.1\r\nOrigin: http://a.test\r\nContent-Length: 3\r\n\r\n";
        let text = format!("{first}oakGET / HTTP/1.1\r\n\r\n");
        let mut reader = text.as_bytes();
        let request = read(&mut reader).unwrap().unwrap();
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/api/1/envelope/"));
        assert_eq!((request.header("origin"), request.header("cookie")), ("http://a.test", ""));
        assert_eq!(
            (request.header_bytes, request.body.as_slice()),
            (first.len(), b"oak".as_slice())
        );
        assert_eq!(read(&mut reader).unwrap().unwrap().path, "/");
        assert_eq!(read(&mut reader).unwrap(), None);
    }

    #[test]
    fn answers_say_how_long_they_are() {
        let headers = vec![("Vary".to_owned(), "Origin".to_owned())];
        let answer = Answer { status: 200, headers, body: b"oak".to_vec() };
        let expected = "HTTP/1.1 200 \r\nContent-Length: 3\r\nVary: Origin\r\n\r\noak";
        assert_eq!(written(answer), expected.as_bytes());
    }
}
