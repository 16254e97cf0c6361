//! A program with a token, as CI runs it: requests of any kind to the dashboard's origin.

use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use xtask::worker::http;

use crate::api::Answer;
use crate::{Project, World};

/// Holds a token.
#[derive(Debug, Clone)]
pub struct Program {
    port: u16,
    /// As it was shown once.
    pub token: String,
    /// What it is revoked by.
    pub id: String,
}

impl Program {
    /// One with a new token of these scopes, for one project.
    ///
    /// # Errors
    /// When none is made.
    pub fn of(world: &World, project: &Project<'_>, scopes: &[&str]) -> Result<Self> {
        let wanted = json!({ "label": "CI", "scopes": scopes });
        let answer = project.api.send("POST", "tokens/", &wanted)?;
        ensure!(answer.status == 201, "{answer:?}");
        let made: Value = serde_json::from_str(&answer.body)?;
        let text = |name: &str| made[name].as_str().map(str::to_owned).context("a token");
        Ok(Self { port: world.worker.port(), token: text("token")?, id: text("id")? })
    }

    /// Sends a request; `path` begins with `/`.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Result<Answer> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("http://127.0.0.1:{}{path}", self.port))
            .header("Host", format!("localhost:{}", self.port))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", kind)
            .body(body.to_vec())?;
        Answer::of(http().run(request)?)
    }

    /// Sends JSON.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn json(&self, method: &str, path: &str, body: &Value) -> Result<Answer> {
        self.send(method, path, "application/json", body.to_string().as_bytes())
    }

    /// Runs the unmodified `sentry-cli`, with nothing set but the token and the project.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn sentry_cli(
        &self,
        world: &World,
        project: &Project<'_>,
        folder: &Path,
        arguments: &[&str],
    ) -> Result<Output> {
        let program = world.paths.node_module("@sentry/cli-linux-x64/bin/sentry-cli");
        Command::new(&program)
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("HOME", folder)
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("NO_COLOR", "1")
            .env("SENTRY_AUTH_TOKEN", &self.token)
            .env("SENTRY_PROJECT", &project.slug)
            .output()
            .with_context(|| format!("{} does not start", program.display()))
    }
}
