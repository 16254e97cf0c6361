//! The Worker's HTTP interfaces as tests use them: envelopes in, the signed-in JSON API and pages out.
//!
//! The address is always 127.0.0.1, so that no resolver decides; the `Host` header says which origin is meant.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use trapline_core::event::Event;
use ureq::Body;
use ureq::http::Response;
use xtask::worker::{Setup, Worker, http};

/// A signed-in client of one project.
#[derive(Debug)]
pub struct Api {
    port: u16,
    cookie: String,
    project: String,
}

/// A line of the issue list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// `SHOP-1`
    pub short_id: String,
    /// `TypeError`
    pub kind: String,
    /// The message.
    pub value: String,
    /// Where it happened.
    pub culprit: String,
    /// `error`
    pub level: String,
    /// `unresolved`
    pub status: String,
    /// It was seen again after it had been resolved.
    pub regressed: bool,
    /// It happens far more often than it used to.
    pub escalating: bool,
    /// How often it happened.
    pub count: u64,
    /// How many users saw it.
    pub users: u64,
    /// How often it happened within the last 24 hours: the sum of the chart's bars.
    pub last_day: u64,
}

/// An answer, read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// `Retry-After`, when there is one.
    pub retry_after: Option<String>,
    /// Its body.
    pub body: String,
}

impl Answer {
    /// The member `detail` of a JSON refusal, or the empty text.
    #[must_use]
    pub fn detail(&self) -> String {
        let value: Value = serde_json::from_str(&self.body).unwrap_or_default();
        value.get("detail").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    pub(crate) fn of(mut response: Response<Body>) -> Result<Self> {
        let retry_after = response.headers().get("retry-after");
        let retry_after = retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let status = response.status().as_u16();
        Ok(Self { status, retry_after, body: response.body_mut().read_to_string()? })
    }
}

impl Api {
    /// Opens the sign-in link and keeps the session's cookie.
    ///
    /// # Errors
    /// When the link does not sign in.
    pub fn sign_in(worker: &Worker, setup: &Setup) -> Result<Self> {
        let port = worker.port();
        let path = setup.sign_in.strip_prefix(&worker.dashboard()).with_context(|| {
            format!("{} is not on the dashboard's origin {}", setup.sign_in, worker.dashboard())
        })?;
        let response = http()
            .get(format!("http://127.0.0.1:{port}{path}"))
            .header("Host", format!("localhost:{port}"))
            .call()?;
        let cookie = response.headers().get("set-cookie").and_then(|value| value.to_str().ok());
        let cookie = cookie.and_then(|cookie| cookie.split(';').next());
        let Some(cookie) = cookie.map(str::to_owned) else {
            bail!("the sign-in link gave no cookie: {:?}", Answer::of(response)?);
        };
        Ok(Self { port, cookie, project: setup.project.clone() })
    }

    /// The project's open issues, newest first.
    ///
    /// # Errors
    /// When the API answers otherwise than promised.
    pub fn issues(&self) -> Result<Vec<Issue>> {
        self.issues_of("unresolved")
    }

    /// The project's issues of a status, newest first.
    ///
    /// # Errors
    /// When the API answers otherwise than promised.
    pub fn issues_of(&self, status: &str) -> Result<Vec<Issue>> {
        let list = self.json(&format!("issues/?status={status}"))?;
        list.as_array().context("issues are no list")?.iter().map(issue_of).collect()
    }

    /// The only open issue there is.
    ///
    /// # Errors
    /// While there is none, or more than one.
    pub fn only_issue(&self) -> Result<Issue> {
        self.only_issue_of("unresolved")
    }

    /// The only issue of a status.
    ///
    /// # Errors
    /// While there is none, or more than one.
    pub fn only_issue_of(&self, status: &str) -> Result<Issue> {
        let mut issues = self.issues_of(status)?;
        ensure!(issues.len() == 1, "{} {status} issues: {issues:#?}", issues.len());
        issues.pop().context("one issue")
    }

    /// The IDs of the events kept of an issue, newest first.
    ///
    /// # Errors
    /// When there is no such issue.
    pub fn kept(&self, short_id: &str) -> Result<Vec<String>> {
        let list = self.json(&format!("issues/{short_id}/events/"))?;
        let id = |event: &Value| event.get("event_id").and_then(Value::as_str).map(str::to_owned);
        let ids = list.as_array().and_then(|events| events.iter().map(id).collect());
        ids.with_context(|| format!("{short_id} has no list of events: {list}"))
    }

    /// The latest event kept of an issue.
    ///
    /// # Errors
    /// When there is none.
    pub fn latest_event(&self, short_id: &str) -> Result<Event> {
        let kept = self.kept(short_id)?;
        self.event(kept.first().with_context(|| format!("{short_id} has no event"))?)
    }

    /// A stored event.
    ///
    /// # Errors
    /// When it is not there.
    pub fn event(&self, event_id: &str) -> Result<Event> {
        let event = self.json(&format!("events/{event_id}/"))?;
        serde_json::from_value(event).context("an event is as trapline-core says")
    }

    /// A page of the dashboard, as its HTML.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn page(&self, path: &str) -> Result<Answer> {
        Answer::of(self.get(path)?)
    }

    /// A page of the dashboard, if it is not what this tag names.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn unless(&self, etag: &str, path: &str) -> Result<Answer> {
        let request = http().get(format!("http://127.0.0.1:{}{path}", self.port));
        let request = request.header("Host", format!("localhost:{}", self.port));
        let request = request.header("Cookie", &self.cookie).header("If-None-Match", etag);
        Answer::of(request.call()?)
    }

    /// Sends JSON to a path below the project's API, as a program does.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn send(&self, method: &str, path: &str, body: &Value) -> Result<Answer> {
        self.send_as(method, path, "application/json", &body.to_string())
    }

    /// Sends a body of another type.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn send_as(&self, method: &str, path: &str, kind: &str, body: &str) -> Result<Answer> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("http://127.0.0.1:{}/api/0/projects/{}/{path}", self.port, self.project))
            .header("Host", format!("localhost:{}", self.port))
            .header("Cookie", &self.cookie)
            .header("Content-Type", kind)
            .body(body.to_owned())?;
        Answer::of(http().run(request)?)
    }

    /// Sets some of the project's settings.
    ///
    /// # Errors
    /// When they are refused.
    pub fn set(&self, settings: &Value) -> Result<()> {
        let answer = self.send("PATCH", "settings/", settings)?;
        ensure!(answer.status == 200, "{settings}: {answer:?}");
        Ok(())
    }

    /// Decides about an issue, by the form of its page.
    ///
    /// # Errors
    /// When it is refused.
    pub fn decide(&self, short_id: &str, fields: &[(&str, &str)]) -> Result<()> {
        let page = format!("/{}/issues/{short_id}/", self.project);
        self.submit(&page, &format!("{page}status"), fields)
    }

    /// Sends a form to `path` as the page at `page` would, with its token.
    ///
    /// # Errors
    /// When it is refused.
    pub fn submit(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> Result<()> {
        let shown = self.page(page)?.body;
        let token = shown.split_once("name=\"csrf\" value=\"").map(|(_, rest)| rest);
        let token = token.and_then(|rest| rest.split('"').next()).context("a page with a form")?;
        let request = http().post(format!("http://127.0.0.1:{}{path}", self.port));
        let request = request.header("Host", format!("localhost:{}", self.port));
        let fields = [fields, &[("csrf", token)]].concat();
        let answer = Answer::of(request.header("Cookie", &self.cookie).send_form(fields)?)?;
        ensure!(matches!(answer.status, 200 | 303), "{path}: {answer:?}");
        Ok(())
    }

    /// How often items ended so within the last 24 hours.
    ///
    /// # Errors
    /// When the API answers otherwise than promised.
    pub fn outcomes(&self, outcome: &str, reason: &str) -> Result<u64> {
        let rows = self.json("outcomes/")?;
        let is_asked = |row: &&Value| row["outcome"] == outcome && row["reason"] == reason;
        let rows = rows.as_array().context("outcomes are no list")?.iter().filter(is_asked);
        Ok(rows.filter_map(|row| row["quantity"].as_u64()).sum())
    }

    /// Reads JSON below the project's API.
    ///
    /// # Errors
    /// When the answer is not 200.
    pub fn json(&self, path: &str) -> Result<Value> {
        let path = format!("/api/0/projects/{}/{path}", self.project);
        let answer = self.page(&path)?;
        ensure!(answer.status == 200, "{path} answered {}: {}", answer.status, answer.body);
        serde_json::from_str(&answer.body).with_context(|| format!("{path}: {}", answer.body))
    }

    fn get(&self, path: &str) -> Result<Response<Body>> {
        // A connection each time: one that is kept may be closed by the Worker just as it is used again.
        let request = http().get(format!("http://127.0.0.1:{}{path}", self.port));
        let request = request.header("Host", format!("localhost:{}", self.port));
        Ok(request.header("Cookie", &self.cookie).call()?)
    }
}

fn issue_of(value: &Value) -> Result<Issue> {
    let text = |name: &str| {
        let text = value.get(name).and_then(Value::as_str).map(str::to_owned);
        text.with_context(|| format!("an issue without {name}: {value}"))
    };
    let number = |name: &str| {
        let number = value.get(name).and_then(Value::as_u64);
        number.with_context(|| format!("an issue without {name}: {value}"))
    };
    let flag = |name: &str| {
        let flag = value.get(name).and_then(Value::as_bool);
        flag.with_context(|| format!("an issue without {name}: {value}"))
    };
    let hours = value.get("hours").and_then(Value::as_array);
    let hours = hours.with_context(|| format!("an issue without hours: {value}"))?;
    Ok(Issue {
        short_id: text("short_id")?,
        kind: text("type")?,
        value: text("value")?,
        culprit: text("culprit")?,
        level: text("level")?,
        status: text("status")?,
        regressed: flag("regressed")?,
        escalating: flag("escalating")?,
        count: number("count")?,
        users: number("users")?,
        last_day: hours.iter().filter_map(Value::as_u64).sum(),
    })
}

/// Posts bytes to the site's origin, as a page or an SDK does.
///
/// # Errors
/// When there is no answer.
pub(crate) fn post(worker: &Worker, path: &str, body: &[u8]) -> Result<Answer> {
    post_to(&format!("{}{path}", worker.site()), body)
}

/// Posts bytes to an address, whoever may be there.
///
/// # Errors
/// When there is no answer.
pub fn post_to(address: &str, body: &[u8]) -> Result<Answer> {
    post_with(address, &[], body)
}

/// The same by a browser of this name.
///
/// # Errors
/// When there is no answer.
pub fn post_as(user_agent: &str, address: &str, body: &[u8]) -> Result<Answer> {
    post_with(address, &[("User-Agent", user_agent)], body)
}

fn post_with(address: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer> {
    let request = http().post(address).header("Content-Type", "text/plain;charset=UTF-8");
    let with = |request: ureq::RequestBuilder<_>, (name, value): &(&str, &str)| {
        request.header(*name, *value)
    };
    Answer::of(headers.iter().fold(request, with).send(body)?)
}

/// Asks one of the Worker's origins without a session.
///
/// # Errors
/// When there is no answer.
pub(crate) fn get(worker: &Worker, origin: &str, path: &str) -> Result<Answer> {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let request = http().get(format!("http://127.0.0.1:{}{path}", worker.port()));
    Answer::of(request.header("Host", host).call()?)
}

/// How many rows tell of events: equal before and after what must leave no trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    /// Occurrences.
    pub events: i64,
    /// Events that say the same.
    pub groups: i64,
    /// Bugs.
    pub issues: i64,
}
