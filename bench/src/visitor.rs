//! Somebody who is signed in to a Worker's dashboard and also sends to it, one request after another on one connection.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use ureq::{Agent, RequestBuilder};
use xtask::worker::{Worker, http};

use crate::target::envelope_url;

/// A signed-in client of one project.
#[derive(Debug)]
pub(crate) struct Visitor {
    http: Agent,
    port: u16,
    cookie: String,
    envelope_url: String,
    /// Where the project's events go.
    pub(crate) dsn: String,
    /// The project's short name.
    pub(crate) project: String,
}

/// An answer of success, and how long it took to its last byte.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) body: String,
    pub(crate) ms: f64,
}

impl Visitor {
    /// Makes sure that the project exists, and opens a sign-in link.
    pub(crate) fn sign_in(worker: &Worker, name: &str, slug: &str) -> Result<Self> {
        let setup = worker.set_up(name, slug)?;
        let (http, port) = (http(), worker.port());
        let cookie = worker.sign_in(&setup.sign_in)?;
        let envelope_url = envelope_url(worker, &setup.dsn);
        Ok(Self { http, port, cookie, envelope_url, dsn: setup.dsn, project: setup.project })
    }

    /// A page of the dashboard, or its JSON.
    pub(crate) fn get(&self, path: &str) -> Result<Answer> {
        let request = self.http.get(address(self.port, path)).header("Host", host(self.port));
        timed(path, request.header("Cookie", &self.cookie), RequestBuilder::call)
    }

    /// JSON of the project's API.
    pub(crate) fn json(&self, path: &str) -> Result<Value> {
        serde_json::from_str(&self.get(path)?.body).with_context(|| format!("{path} is no JSON"))
    }

    /// Asks the project's API for something with a token in place of the cookie.
    pub(crate) fn post_with(&self, token: &str, path: &str, body: &Value) -> Result<Answer> {
        let path = format!("/api/0/projects/{}/{path}", self.project);
        let request = self.http.post(address(self.port, &path)).header("Host", host(self.port));
        let request = request.header("Authorization", format!("Bearer {token}"));
        timed(&path, request, |request| request.send_json(body))
    }

    /// Sends an envelope.
    pub(crate) fn send(&self, envelope: &[u8]) -> Result<Answer> {
        let request = self.http.post(&self.envelope_url).header("Content-Type", "text/plain");
        timed("the envelope", request, |request| request.send(envelope))
    }

    /// The path that envelopes go to.
    pub(crate) fn envelope_path(&self) -> &str {
        let rest = self.envelope_url.split_once("://").map_or("", |(_, rest)| rest);
        rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or_default()
    }
}

fn timed<B>(
    what: &str,
    request: RequestBuilder<B>,
    send: impl FnOnce(RequestBuilder<B>) -> Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Answer> {
    let start = Instant::now();
    let mut response = send(request)?;
    let body = response.body_mut().read_to_string()?;
    let ms = start.elapsed().as_secs_f64() * 1_000.0;
    ensure!(response.status().is_success(), "{what} was answered {}: {body}", response.status());
    Ok(Answer { body, ms })
}

/// By number, so that no resolver decides; the `Host` header says which origin is meant.
fn address(port: u16, path: &str) -> String {
    format!("http://127.0.0.1:{port}{path}")
}

fn host(port: u16) -> String {
    format!("localhost:{port}")
}
