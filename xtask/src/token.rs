//! A token for uploads, made as somebody who is signed in makes one, for as long as it is needed.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::worker::{Setup, Worker, http};

/// Of one project of a running Worker.
#[derive(Debug)]
pub struct Token<'a> {
    worker: &'a Worker,
    cookie: String,
    project: String,
    text: String,
    id: String,
}

impl<'a> Token<'a> {
    /// Makes one. The sign-in link of `setup` is used up by it.
    ///
    /// # Errors
    /// When the Worker does not make one.
    pub fn make(worker: &'a Worker, setup: &Setup, label: &str) -> Result<Self> {
        let cookie = worker.sign_in(&setup.sign_in)?;
        let url = format!("{}/api/0/projects/{}/tokens/", worker.site(), setup.project);
        let request = http().post(url).header("Host", worker.host()).header("Cookie", &cookie);
        let mut answer = request.send_json(json!({ "label": label }))?;
        let made: Value = answer.body_mut().read_json()?;
        let field = |name: &str| {
            let value = made.get(name).and_then(Value::as_str).map(str::to_owned);
            value.with_context(|| format!("no token was made: {made}"))
        };
        let (text, id) = (field("token")?, field("id")?);
        Ok(Self { worker, cookie, project: setup.project.clone(), text, id })
    }

    /// As programs send it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Ends its life.
    ///
    /// # Errors
    /// When the Worker does not take it back.
    pub fn revoke(self) -> Result<()> {
        let Self { worker, project, id, .. } = &self;
        let url = format!("{}/api/0/projects/{project}/tokens/{id}/", worker.site());
        let request = http().delete(url).header("Host", worker.host());
        let answer = request.header("Cookie", &self.cookie).call()?;
        ensure!(answer.status().is_success(), "the token was not revoked: {}", answer.status());
        Ok(())
    }
}
