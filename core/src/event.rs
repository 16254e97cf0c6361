//! One error, as it is kept: the event payload of the Sentry protocol after decoding and normalising.
//!
//! Orders differ from the wire, because readers want the crash first: frames stand crashing frame first, exceptions
//! thrown one first and its causes after it. Times are milliseconds since 1970 UTC.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::defect::Defect;
use crate::resolution::{Image, RawFrame, Unresolved};

/// An event after decoding: every field is bounded, typed and optional where the sender may leave it out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Event {
    /// 32 lower-case hexadecimal digits.
    pub event_id: String,
    /// When it happened by the sender's clock; 0 if the sender did not say.
    pub claimed_ms: i64,
    /// When the collector read it.
    pub received_ms: i64,
    /// How far the sender's clock is behind the collector's (negative: ahead of it), if it is a minute or more.
    /// `claimed_ms` stays as it was sent: it tells a repeated delivery from a new event.
    pub drift_ms: i64,
    /// How bad it is.
    pub level: Level,
    /// What the sender runs on: `javascript`, `node`, `python`, …
    pub platform: String,
    /// The message of an event without an exception.
    pub message: Option<String>,
    /// Thrown exception first, then its cause, the cause's cause, …
    pub exceptions: Vec<Exception>,
    /// The page or route, as the sender names it.
    pub transaction: Option<String>,
    /// Which logger wrote it, on servers.
    pub logger: Option<String>,
    /// Which machine, on servers.
    pub server_name: Option<String>,
    /// Version of the page's code.
    pub release: Option<String>,
    /// `production`, `staging`, …
    pub environment: Option<String>,
    /// Distinguishes builds of one release.
    pub dist: Option<String>,
    /// Who saw the error.
    pub user: User,
    /// What the page was asked for.
    pub request: Request,
    /// Name and version, from the user agent or the sender's contexts.
    pub browser: Named,
    /// Name and version of the operating system.
    pub os: Named,
    /// What the page was shown on.
    pub device: Device,
    /// ISO 3166 code of the country that the event came from, `DE`; empty if unknown.
    pub country: String,
    /// Searchable pairs, in the sender's order.
    pub tags: Vec<(String, String)>,
    /// Oldest first.
    pub breadcrumbs: Vec<Breadcrumb>,
    /// Named objects set by the sender or the SDK.
    pub contexts: Map<String, Value>,
    /// Anything else that the sender attached.
    pub extra: Map<String, Value>,
    /// Packages that the sender runs with, and their versions.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub modules: Map<String, Value>,
    /// Files of the frames, with what ties them to uploads.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// The sender's own grouping; may hold `{{ default }}`.
    pub fingerprint: Vec<String>,
    /// Which SDK sent it.
    pub sdk: Named,
    /// How many occurrences this event stands for, at least 1.
    pub count: u32,
    /// The earlier event of which this one counts repeats.
    pub repeat_of: Option<String>,
    /// The page view that it happened in, 32 hexadecimal digits; empty if unknown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub page_view_id: String,
    /// The session that it happened in, 32 hexadecimal digits; empty if unknown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub session_id: String,
    /// What could not be read, and was left out.
    pub defects: Vec<Defect>,
    /// Where something secret was taken out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scrubbed: Vec<Scrubbed>,
}

/// Severity, least first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// For developers only.
    Debug,
    /// Worth noting.
    Info,
    /// Something may be wrong.
    Warning,
    /// Something broke.
    #[default]
    Error,
    /// Everything broke.
    Fatal,
}

/// One member of an exception chain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exception {
    /// `TypeError`, `ChunkLoadError`, …; empty if unknown.
    #[serde(rename = "type")]
    pub kind: String,
    /// The message.
    pub value: String,
    /// How it was caught.
    pub mechanism: Mechanism,
    /// Crashing frame first.
    pub frames: Vec<Frame>,
    /// Lines of the raw stack that no grammar read.
    pub unread_lines: Vec<String>,
}

/// How an exception reached the SDK.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mechanism {
    /// `onerror`, `onunhandledrejection`, `generic`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// `false` if nobody caught it; absent if the sender did not say.
    pub handled: Option<bool>,
    /// Whether the stack is of the call that reported it, because what was thrown has none.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub synthetic: bool,
}

/// One call of a stack.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Frame {
    /// Name as the engine or the source map gives it; empty if anonymous.
    pub function: String,
    /// URL or path of the file; empty if native.
    pub file: String,
    /// From 1; 0 if unknown.
    pub line: u32,
    /// From 1; 0 if unknown.
    pub column: u32,
    /// The owner's own code, as opposed to a library, an extension or the engine.
    pub in_app: bool,
    /// Source around the line, if the sender or a source map gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Local variables, which SDKs on servers send.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub vars: Map<String, Value>,
    /// The module that a wasm frame is in: its place in [`Event::images`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<u32>,
    /// What the engine said, where a source map or a debug file said more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<Box<RawFrame>>,
    /// Why nothing said more, where something could have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unresolved: Option<Unresolved>,
}

/// Source lines around a frame.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Source {
    /// Lines above, in file order.
    pub before: Vec<String>,
    /// The line itself.
    pub line: String,
    /// Lines below, in file order.
    pub after: Vec<String>,
}

/// Who saw the error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct User {
    /// The owner's own identifier.
    pub id: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Display name.
    pub username: Option<String>,
    /// Only if the sender set it itself, or asked for it with `{{auto}}`.
    pub ip_address: Option<String>,
    /// Whether the sender asks for its address to be filled in; settled by [`normalize`](crate::normalize).
    #[serde(skip)]
    pub asks_for_address: bool,
    /// What else the owner knows of the user: a plan, a role, ….
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
}

/// What the page was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Request {
    /// Without query and fragment once it is normalised.
    pub url: Option<String>,
    /// `GET`, …
    pub method: Option<String>,
    /// Names and values of the query, in the sender's order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<(String, String)>,
    /// What stands behind `#`; empty if nothing does.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub fragment: String,
    /// Name and value, in the sender's order.
    pub headers: Vec<(String, String)>,
    /// The body, as a text, a form or JSON, from SDKs on servers.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub data: Value,
}

/// What a page was shown on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Device {
    /// `Pixel 8`, `iPhone`; empty if the browser does not say.
    pub model: String,
    /// A phone or a tablet.
    pub mobile: bool,
}

/// One text of an event from which something secret was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scrubbed {
    /// Where: `request.headers.authorization`, `breadcrumbs[3].data.token`.
    pub path: String,
    /// What was taken: `secret key`, `card number`, `bearer token`, `JSON web token`, `key in URL`, `rule acct-*`, ….
    pub what: String,
}

/// A name with a version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Named {
    /// Empty if unknown.
    pub name: String,
    /// Empty if unknown.
    pub version: String,
}

impl Named {
    /// `Chrome 142`: without what follows the first full stop of the version; empty if unknown.
    pub fn with_major(&self) -> String {
        let major = self.version.split('.').next().unwrap_or_default();
        [&self.name, " ", major].concat().trim().to_owned()
    }
}

/// Something that happened before the error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Breadcrumb {
    /// By the sender's clock; 0 if the sender did not say.
    pub at_ms: i64,
    /// `navigation`, `http`, `default`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// `ui.click`, `console`, `fetch`, …
    pub category: String,
    /// What happened.
    pub message: String,
    /// How bad it is.
    pub level: Level,
    /// Details by category: `{"method", "url", "status_code"}` for requests, `{"from", "to"}` for navigations.
    pub data: Map<String, Value>,
}

impl Level {
    /// The protocol's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
            Level::Fatal => "fatal",
        }
    }

    /// Reads the protocol's words; also `log`, which `console.log` uses, and `critical`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "debug" => Some(Level::Debug),
            "info" | "log" => Some(Level::Info),
            "warning" | "warn" => Some(Level::Warning),
            "error" => Some(Level::Error),
            "fatal" | "critical" => Some(Level::Fatal),
            _ => None,
        }
    }
}

impl Event {
    /// The exception that reached the SDK, if the event has one.
    pub fn thrown(&self) -> Option<&Exception> {
        self.exceptions.first()
    }

    /// Whether somebody caught it: `false` only if the sender says so.
    pub fn handled(&self) -> bool {
        self.thrown().and_then(|thrown| thrown.mechanism.handled).unwrap_or(true)
    }
}
