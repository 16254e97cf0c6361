//! The collector's HTTP interface for artifacts. JSON both ways unless said otherwise; `Authorization: Bearer TOKEN`, the
//! token having the upload scope for the project. `{project}` is a slug or number. All hashes are SHA-256 in lower-case
//! hex.
//!
//! 1. `POST /api/0/projects/{project}/artifacts/missing/` `{"ids": [table hash, …]}` (1,000 at most) → 200
//!    `{"missing": [table hash, …]}`: those that the collector does not have.
//! 2. `PUT /api/0/projects/{project}/artifacts/{pack hash}/`, body: a pack (`application/octet-stream`, 25 MiB at most; its
//!    format: `trapline_symbols::pack`) → 200 or 201. The collector checks the hash of the body and, by
//!    `pack::members`, those of the tables, and from then on has these tables: an interrupted upload is finished by the
//!    next run, which asks 1 again. Sending a pack again changes nothing. 400 if the hashes differ.
//! 3. `POST /api/0/projects/{project}/artifacts/`, the manifest, idempotent → 200 or 201:
//!    ```json
//!    {"release": "shop@1", "dist": null, "files": [{"url": "~/assets/main.js", "debug_id": "uuid or null", "hash": "table",
//!      "pack": "pack, or null: sent before", "offset": 52, "length": 1234, "kind": "source_map", "names": 5, "sources": 2,
//!      "contents": 2, "bytes": 1234}]}
//!    ```
//!    At most 1,000 files a request; a larger deployment sends several. 409 if a table named is not there (any more): the
//!    client begins again.
//! 4. `POST /api/0/projects/{project}/artifacts/resolve/`, what `trapline check` asks:
//!    `{"release": "shop@1" or null, "dist": null, "frames": [{"url": "https://…/main.js", "debug_id": "uuid or null",
//!    "line": 1, "column": 17}]}` → 200 `{"frames": […]}`, in that order: `{"path", "line", "column", "function"}`
//!    or `{"reason": "no map with debug ID … was uploaded; …"}`.
//!
//! 5. `POST /api/0/projects/{project}/regroup/`, `…/regroup/step/`, `apply/`, `undo/`, body `{}`, the token having the scope
//!    `project:write` → 200 `{"state": "looking", "details": {…}}`. A step is taken by each `step/`, until the state is
//!    `ready`, `applied` or `undone`. 409 where there is nothing to apply or undo.
//!
//! Errors: `{"detail": "sentence"}` with 400, 401 (no or unknown token), 403 (without the scope), 404 (no such project), 413,
//! 429 with `Retry-After` in seconds, 5xx. 429 and 5xx are tried again, three times in all.

use std::time::Duration;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Response;

use crate::prepare::Entry;
use crate::settings::Target;

/// Ids and files of one request.
pub(crate) const MAX_LISTED: usize = 1000;
/// Frames of one question.
pub(crate) const MAX_ASKED: usize = 16;
/// A pack of 25 MiB over a slow line.
const TIMEOUT: Duration = Duration::from_secs(300);
/// Longest pause that the collector may ask for.
const MAX_PAUSE_S: u64 = 60;

/// Not the time for it, says the collector (409).
#[derive(Debug)]
pub(crate) struct Conflict(String);

impl std::fmt::Display for Conflict {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Conflict {}

/// A line to the collector.
#[derive(Debug)]
pub(crate) struct Api {
    agent: Agent,
    target: Target,
}

/// A file of the manifest.
#[derive(Debug, Serialize)]
pub(crate) struct Listed<'a> {
    #[serde(flatten)]
    pub(crate) entry: &'a Entry,
    pub(crate) pack: Option<&'a str>,
    pub(crate) offset: Option<u32>,
    pub(crate) length: Option<u32>,
}

/// A frame whose resolution is asked for.
#[derive(Debug, Serialize)]
pub(crate) struct Asked<'a> {
    pub(crate) url: &'a str,
    pub(crate) debug_id: Option<String>,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// What the collector makes of it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Answered {
    #[serde(default)]
    pub(crate) path: Option<String>,
    #[serde(default)]
    pub(crate) line: u32,
    #[serde(default)]
    pub(crate) function: Option<String>,
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

impl Api {
    pub(crate) fn to(target: Target) -> Self {
        Self { agent: agent(TIMEOUT), target }
    }

    /// Which of these tables the collector lacks.
    pub(crate) fn missing(&self, ids: &[&str]) -> Result<Vec<String>> {
        let answer = self.post("missing/", &json!({ "ids": ids }))?;
        let missing = answer.get("missing").cloned().unwrap_or_default();
        Ok(serde_json::from_value(missing)?)
    }

    /// Sends a pack.
    pub(crate) fn put_pack(&self, hash: &str, pack: &[u8]) -> Result<()> {
        let url = self.url(&format!("{hash}/"));
        self.tried("upload a pack", || {
            let request = self.agent.put(&url).header("Authorization", self.bearer());
            request.header("Content-Type", "application/octet-stream").send(pack)
        })?;
        Ok(())
    }

    /// Says which files there are.
    pub(crate) fn put_manifest(
        &self,
        release: &str,
        dist: Option<&str>,
        files: &[Listed<'_>],
    ) -> Result<()> {
        self.post("", &json!({ "release": release, "dist": dist, "files": files }))?;
        Ok(())
    }

    /// Asks what frames would resolve to.
    pub(crate) fn resolve(
        &self,
        release: Option<&str>,
        dist: Option<&str>,
        frames: &[Asked<'_>],
    ) -> Result<Vec<Answered>> {
        let body = json!({ "release": release, "dist": dist, "frames": frames });
        let answer = self.post("resolve/", &body)?;
        Ok(serde_json::from_value(answer.get("frames").cloned().unwrap_or_default())?)
    }

    /// Asks for something of the project that needs no words: `regroup/step/`.
    pub(crate) fn ask(&self, path: &str) -> Result<Value> {
        self.post_to(&format!("{}/{path}", self.project()), &json!({}))
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.post_to(&self.url(path), body)
    }

    fn post_to(&self, url: &str, body: &Value) -> Result<Value> {
        let mut response = self.tried(&format!("ask {url}"), || {
            self.agent.post(url).header("Authorization", self.bearer()).send_json(body)
        })?;
        let limit = 64 << 20;
        let text = response.body_mut().with_config().limit(limit).read_to_vec()?;
        Ok(serde_json::from_slice(&text).unwrap_or_default())
    }

    fn url(&self, path: &str) -> String {
        format!("{}/artifacts/{path}", self.project())
    }

    fn project(&self) -> String {
        format!("{}/api/0/projects/{}", self.target.url, self.target.project)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.target.token)
    }

    /// Tries up to three times where trying helps.
    fn tried(
        &self,
        what: &str,
        request: impl Fn() -> Result<Response<ureq::Body>, ureq::Error>,
    ) -> Result<Response<ureq::Body>> {
        let mut tries = 0;
        loop {
            tries += 1;
            let (problem, pause_s) = match request() {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) => {
                    let status = response.status().as_u16();
                    let pause_s = pause_of(&response, tries);
                    let problem = self.problem(status, response);
                    if status == 409 {
                        return Err(Conflict(format!("cannot {what}: {problem}")).into());
                    }
                    if status != 429 && status < 500 {
                        bail!("cannot {what}: {problem}");
                    }
                    (problem, pause_s)
                }
                Err(error) => (format!("{} does not answer ({error})", self.target.url), tries),
            };
            if tries >= 3 {
                bail!("cannot {what}: {problem}; run it again, what has arrived is not sent twice");
            }
            std::thread::sleep(Duration::from_secs(pause_s));
        }
    }

    /// What went wrong, and the remedy where there is one.
    fn problem(&self, status: u16, mut response: Response<ureq::Body>) -> String {
        let body: Value = response.body_mut().read_json().unwrap_or_default();
        let detail = body.get("detail").and_then(Value::as_str).unwrap_or_default();
        // A proxy in between says nothing of use.
        let said = match status {
            _ if !detail.is_empty() => detail.to_owned(),
            401 => "the token is not known; make one on the project's page".to_owned(),
            403 => "the token may not do that; make one with the scope for it".to_owned(),
            404 => format!("{} has no project {}", self.target.url, self.target.project),
            _ => return format!("answered {status}"),
        };
        format!("answered {status}: {said}")
    }
}

/// Asks, and hands out any status.
pub(crate) fn agent(timeout: Duration) -> Agent {
    let config = Agent::config_builder().timeout_global(Some(timeout)).http_status_as_error(false);
    config.build().into()
}

fn pause_of(response: &Response<ureq::Body>, tries: u64) -> u64 {
    let asked = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
    asked.and_then(|value| value.parse().ok()).unwrap_or(tries).min(MAX_PAUSE_S)
}
