//! The event payload, as an SDK writes it, becomes an [`Event`].
//!
//! Damage is data: a field of the wrong shape is left out and noted in [`Event::defects`]; a text that is too long
//! is cut and noted. Only a payload that is no JSON object, nests deeper than 120, or has more values than any honest
//! event, is refused. Attributes that nobody knows are passed over in silence, as the protocol asks.

mod exception;
mod fields;
mod images;
mod page_view;
mod repair;
mod session;
mod spans;
mod time;
mod transaction;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::bound::{self, BoundError, Bounds};
use crate::defect::Defect;
use crate::event::{Breadcrumb, Device, Event, Level, Named, Request, User};
use crate::limits::{
    MAX_BREADCRUMBS, MAX_COUNT, MAX_EVENT, MAX_HEADERS, MAX_JSON_DEPTH, MAX_JSON_VALUES,
    MAX_MESSAGE, MAX_NAME, MAX_QUERY, MAX_TAG_KEY, MAX_TAG_VALUE, MAX_TAGS, MAX_TEXT,
};
use crate::{url, user_agent};
use fields::{Fields, list, object};

pub use page_view::{page_view, weight_of};
pub use session::{Sessions, sessions};
pub use spans::spans;
pub use time::{milliseconds_of, rfc3339_of};
pub use transaction::transaction;

/// What the collector knows beside the payload.
#[derive(Clone, Copy, Debug, Default)]
pub struct Received<'a> {
    /// The collector's clock.
    pub now_ms: i64,
    /// The envelope's event ID, for payloads without one.
    pub event_id: Option<&'a str>,
    /// `User-Agent` of the request, for payloads without one.
    pub user_agent: Option<&'a str>,
}

/// Why a payload is no event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not JSON, or cut off.
    #[error("event is not JSON: {reason}")]
    Json {
        /// The parser's words, with line and column.
        reason: String,
    },
    /// Nested too deep, or of too many values.
    #[error("event {0}")]
    Bounds(#[from] BoundError),
    /// Without a member that it cannot be understood without.
    #[error("there is no {0} in it, or none that can be read")]
    Missing(&'static str),
    /// JSON, but a list, text or number.
    #[error("event is not a JSON object")]
    NotAnObject,
    /// More bytes than an event may have.
    #[error("event is {bytes} bytes, limit is {limit}")]
    TooLarge {
        /// Bytes of the payload.
        bytes: usize,
        /// Bytes allowed.
        limit: usize,
    },
}

/// What an event may nest and hold.
const BOUNDS: Bounds = Bounds { max_depth: MAX_JSON_DEPTH, max_values: MAX_JSON_VALUES };

/// Decodes one event item.
pub fn event(payload: &[u8], received: &Received) -> Result<Event, DecodeError> {
    if payload.len() > MAX_EVENT {
        return Err(DecodeError::TooLarge { bytes: payload.len(), limit: MAX_EVENT });
    }
    let mut defects = Vec::new();
    bound::check(payload, &BOUNDS)?;
    let Value::Object(map) = repair::json(payload, &mut defects)? else {
        return Err(DecodeError::NotAnObject);
    };
    let mut fields = Fields::new(map, defects);
    let mut event = Event { received_ms: received.now_ms, ..Event::default() };
    event.event_id = event_id(&mut fields, payload, received);
    event.claimed_ms = fields.time("timestamp").unwrap_or(0);
    event.platform = fields.text("platform", MAX_NAME).unwrap_or_else(|| "other".into());
    event.transaction = fields.text("transaction", MAX_NAME);
    event.logger = fields.text("logger", MAX_NAME).filter(|text| !text.is_empty());
    event.server_name = fields.text("server_name", MAX_NAME).filter(|text| !text.is_empty());
    event.release = fields.text("release", MAX_NAME).filter(|text| !text.is_empty());
    event.environment = fields.text("environment", MAX_NAME).filter(|text| !text.is_empty());
    event.dist = fields.text("dist", MAX_NAME);
    event.message = message(&mut fields);
    event.exceptions = exception::chain(&mut fields);
    event.level = level(&mut fields).unwrap_or_default();
    event.user = user(&mut fields);
    event.request = request(&mut fields);
    event.tags = tags(&mut fields);
    event.breadcrumbs = breadcrumbs(&mut fields);
    event.contexts = fields.bounded_object("contexts");
    event.extra = fields.bounded_object("extra");
    event.modules = modules(&mut fields);
    event.images = images::images(&mut fields);
    event.fingerprint = fingerprint(&mut fields);
    if let Some(sdk) = fields.object("sdk") {
        event.sdk = named(&sdk);
        event.user.asks_for_address |= infers_address(&sdk);
    }
    event.count = fields.count("count", MAX_COUNT).unwrap_or(1).max(1);
    event.repeat_of = fields.text("repeat_of", MAX_NAME).and_then(|id| hex_id(&id));
    let mut key = |name| fields.text(name, MAX_NAME).and_then(|id| hex_id(&id)).unwrap_or_default();
    event.page_view_id = key("page_view_id");
    event.session_id = key("session_id");
    // Last: reads what the others made.
    name_device(&mut event, received);
    event.defects = fields.into_defects();
    Ok(event)
}

impl Event {
    /// When it happened: the sender's clock where it is believable, else the collector's. A page's clock may be
    /// wrong by years, which shows when it also says when it sent; an outbox may hold an event for days.
    pub fn at_ms(&self) -> i64 {
        const MINUTE_MS: i64 = 60_000;
        const MONTH_MS: i64 = 30 * 24 * 60 * MINUTE_MS;
        if self.claimed_ms == 0 {
            return self.received_ms;
        }
        let at_ms = self.claimed_ms.saturating_add(self.drift_ms);
        let believable = self.received_ms - MONTH_MS..=self.received_ms + MINUTE_MS;
        if believable.contains(&at_ms) { at_ms.min(self.received_ms) } else { self.received_ms }
    }
}

/// The event's own ID, the envelope's, or one made of the payload, so that the same bytes are the same event.
fn event_id(fields: &mut Fields, payload: &[u8], received: &Received) -> String {
    let own = fields.text("event_id", MAX_NAME);
    if let Some(id) = own.as_deref().and_then(hex_id) {
        return id;
    }
    if own.is_some() {
        fields.note("event_id", "not 32 hexadecimal digits");
    }
    received.event_id.and_then(hex_id).unwrap_or_else(|| {
        let digest = Sha256::digest(payload);
        digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    })
}

/// 32 hexadecimal digits, as an UUID or without its dashes.
fn hex_id(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    let is_id = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| digits.to_ascii_lowercase())
}

/// `message` as a text or as an object, or the older `logentry`.
fn message(fields: &mut Fields) -> Option<String> {
    let entry = match fields.take("message") {
        Some(Value::Object(entry)) => Some(entry),
        Some(value) => return fields.text_of("message", value, MAX_MESSAGE),
        None => fields.object("logentry"),
    }?;
    let text = |name| entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let text = text("formatted").or_else(|| text("message"))?.to_owned();
    fields.text_of("logentry", Value::String(text), MAX_MESSAGE)
}

fn level(fields: &mut Fields) -> Option<Level> {
    let name = fields.text("level", MAX_NAME)?;
    let level = Level::parse(&name);
    if level.is_none() {
        fields.note("level", "not one of debug, info, warning, error, fatal");
    }
    level
}

fn user(fields: &mut Fields) -> User {
    let Some(user) = fields.object("user") else { return User::default() };
    fields.within("user".into(), user, |fields| {
        let mut text = |name: &str| fields.text(name, MAX_NAME).filter(|text| !text.is_empty());
        let address = text("ip_address");
        User {
            id: text("id"),
            email: text("email"),
            username: text("username"),
            asks_for_address: address.as_deref() == Some("{{auto}}"),
            ip_address: address.filter(|address| !address.starts_with("{{")),
            data: fields.bounded_rest(),
        }
    })
}

/// What SDKs say of their option `sendDefaultPii` since version 10.
fn infers_address(sdk: &Map<String, Value>) -> bool {
    let infers = sdk.get("settings").and_then(|settings| settings.get("infer_ip"));
    infers.and_then(Value::as_str) == Some("auto")
}

fn request(fields: &mut Fields) -> Request {
    let Some(request) = fields.object("request") else { return Request::default() };
    fields.within("request".into(), request, |fields| {
        let headers = fields.take("headers");
        let headers = pairs(fields, "headers", headers, [MAX_NAME, MAX_TEXT], MAX_HEADERS);
        Request {
            url: fields.text("url", MAX_NAME),
            method: fields.text("method", MAX_NAME),
            query: query(fields),
            fragment: fields.text("fragment", MAX_NAME).unwrap_or_default(),
            headers,
            data: fields.bounded("data"),
        }
    })
}

/// `query_string`: a text, an object or a list of pairs.
fn query(fields: &mut Fields) -> Vec<(String, String)> {
    match fields.take("query_string") {
        Some(Value::String(text)) => {
            url::query(fields::cut(text.trim_start_matches('?'), MAX_QUERY_TEXT))
        }
        value => pairs(fields, "query_string", value, [MAX_NAME, MAX_NAME], MAX_QUERY),
    }
}

/// How much of a query is read, in bytes.
const MAX_QUERY_TEXT: usize = 8 * MAX_NAME;

/// `{"react": "19.0.0"}`
fn modules(fields: &mut Fields) -> Map<String, Value> {
    let mut modules = fields.bounded_object("modules");
    modules.retain(|_, version| version.is_string());
    modules
}

fn tags(fields: &mut Fields) -> Vec<(String, String)> {
    let tags = fields.take("tags");
    pairs(fields, "tags", tags, [MAX_TAG_KEY, MAX_TAG_VALUE], MAX_TAGS)
}

/// `{"a": "b"}`, `[["a", "b"]]` or `[{"key": "a", "value": "b"}]`, at most `max_pairs`, cut to `max_bytes` of name and value.
fn pairs(
    fields: &mut Fields,
    path: &str,
    value: Option<Value>,
    max_bytes: [usize; 2],
    max_pairs: usize,
) -> Vec<(String, String)> {
    let raw: Vec<(String, Value)> = match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Object(map)) => map.into_iter().collect(),
        Some(Value::Array(members)) => members.into_iter().filter_map(pair).collect(),
        Some(_) => {
            fields.note(path, "not an object or a list of pairs");
            Vec::new()
        }
    };
    if raw.len() > max_pairs {
        fields.note(path, &format!("{max_pairs} of {} kept", raw.len()));
    }
    let [max_name, max_value] = max_bytes;
    let mut pairs = Vec::with_capacity(raw.len().min(max_pairs));
    for (name, value) in raw.into_iter().take(max_pairs) {
        let name = fields::cut(&name, max_name);
        let value = fields.text_of(&format!("{path}.{name}"), value, max_value);
        pairs.extend(value.map(|value| (name.to_owned(), value)));
    }
    pairs
}

fn pair(member: Value) -> Option<(String, Value)> {
    match member {
        Value::Array(pair) => {
            let [name, value] = <[Value; 2]>::try_from(pair).ok()?;
            Some((name.as_str()?.to_owned(), value))
        }
        Value::Object(mut pair) => {
            Some((pair.get("key")?.as_str()?.to_owned(), pair.remove("value")?))
        }
        _ => None,
    }
}

fn breadcrumbs(fields: &mut Fields) -> Vec<Breadcrumb> {
    let Some(value) = fields.take("breadcrumbs") else { return Vec::new() };
    let Some(mut members) = list(value) else {
        fields.note("breadcrumbs", "not a list");
        return Vec::new();
    };
    let surplus = members.len().saturating_sub(MAX_BREADCRUMBS);
    if surplus > 0 {
        fields.note("breadcrumbs", &format!("newest {MAX_BREADCRUMBS} of {} kept", members.len()));
        members.drain(..surplus);
    }
    let mut crumbs = Vec::with_capacity(members.len());
    for (index, member) in members.into_iter().enumerate() {
        let path = format!("breadcrumbs[{index}]");
        match object(member) {
            Some(map) => crumbs.push(fields.within(path, map, breadcrumb)),
            None => fields.note(&path, "not an object"),
        }
    }
    crumbs
}

fn breadcrumb(fields: &mut Fields) -> Breadcrumb {
    Breadcrumb {
        at_ms: fields.time("timestamp").unwrap_or(0),
        kind: fields.text("type", MAX_NAME).unwrap_or_default(),
        category: fields.text("category", MAX_NAME).unwrap_or_default(),
        message: fields.text("message", MAX_TEXT).unwrap_or_default(),
        level: level(fields).unwrap_or(Level::Info),
        data: fields.bounded_object("data"),
    }
}

fn fingerprint(fields: &mut Fields) -> Vec<String> {
    let Some(value) = fields.take("fingerprint") else { return Vec::new() };
    let Some(members) = list(value) else {
        fields.note("fingerprint", "not a list");
        return Vec::new();
    };
    let parts = members.into_iter().take(fields::MAX_PARTS);
    parts.filter_map(|part| fields.text_of("fingerprint", part, MAX_NAME)).collect()
}

fn named(map: &Map<String, Value>) -> Named {
    let text = |name| map.get(name).and_then(Value::as_str).unwrap_or_default();
    Named {
        name: fields::cut(text("name"), MAX_NAME).to_owned(),
        version: fields::cut(text("version"), MAX_NAME).to_owned(),
    }
}

/// Browser and system: as the sender's contexts say, else by the user agent of the page, else of the request.
fn name_device(event: &mut Event, received: &Received) {
    let context = |name: &str| event.contexts.get(name).and_then(Value::as_object).map(named);
    let (browser, os) = (context("browser"), context("os"));
    let own =
        event.request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
    let agent = own.map(|(_, value)| value.as_str()).or(received.user_agent);
    let device = agent.map(user_agent::parse).unwrap_or_default();
    event.browser = browser.filter(|browser| !browser.name.is_empty()).unwrap_or(device.browser);
    event.os = os.filter(|os| !os.name.is_empty()).unwrap_or(device.os);
    event.device = Device { model: device.model, mobile: device.mobile };
}

/// Adds a defect unless the list is full; the last one then counts the rest.
fn note(defects: &mut Vec<Defect>, path: String, reason: &str) {
    use crate::limits::MAX_DEFECTS;
    if defects.len() < MAX_DEFECTS {
        defects.push(Defect { path, reason: reason.to_owned() });
    } else if let Some(last) = defects.last_mut() {
        let more = last.path.strip_suffix(" more").and_then(|n| n.parse::<u32>().ok()).unwrap_or(1);
        *last = Defect {
            path: format!("{} more", more.saturating_add(1)),
            reason: "not listed".into(),
        };
    }
}
