//! Reports that browsers send by themselves become events like those of our agent: one bug is one issue, whoever told of it.
//!
//! ```text
//! body   = {"csp-report": {…}}                    report-uri of a content security policy
//!        | {"expect-ct-report": {…}} | …          its siblings
//!        | [report, …] | report                   the Reporting API: application/reports+json
//! report = {"type": "csp-violation", "age": 10, "url": "https://…", "user_agent": "…", "body": {…}}
//! ```
//!
//! What comes out are payloads of event items, for the decoder that all events meet: it bounds, cleans and notes what is
//! damaged. Refused: what is no JSON of this shape, more reports than an envelope may have items.

use serde_json::{Map, Value, json};
use trapline_core::limits::MAX_ITEMS;

use crate::upper_case::capitalized;

/// Why a body is no report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// Not JSON.
    #[error("report is not JSON: {reason}")]
    Json {
        /// The parser's words.
        reason: String,
    },
    /// JSON of another shape.
    #[error("report is neither {{\"csp-report\": …}} nor a list of reports with a type and a body")]
    Shape,
    /// More than one request may have.
    #[error("more than {limit} reports")]
    TooMany {
        /// Reports allowed.
        limit: usize,
    },
}

/// What the request says beside its body.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The collector's clock.
    pub now_ms: i64,
    /// `sentry_release` of the query.
    pub release: Option<String>,
    /// `sentry_environment` of the query.
    pub environment: Option<String>,
}

/// One report, taken apart.
struct Report {
    kind: String,
    url: Option<String>,
    user_agent: Option<String>,
    age_ms: f64,
    body: Map<String, Value>,
}

/// Payloads of event items, each with an ID of `id`: reports have none of their own.
pub fn events(
    body: &[u8],
    told: &Told,
    mut id: impl FnMut() -> String,
) -> Result<Vec<Vec<u8>>, ReportError> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| ReportError::Json { reason: error.to_string() })?;
    let reports = match value {
        Value::Array(reports) if reports.len() > MAX_ITEMS => {
            return Err(ReportError::TooMany { limit: MAX_ITEMS });
        }
        Value::Array(reports) => reports,
        report => vec![report],
    };
    let payloads: Option<Vec<_>> = reports
        .into_iter()
        .map(|report| Some(event(read(report)?, told, id()).to_string().into_bytes()))
        .collect();
    payloads.filter(|payloads| !payloads.is_empty()).ok_or(ReportError::Shape)
}

/// The page that a payload of [`events`] tells of: `https://shop.test`. Browsers send some reports without an `Origin`.
pub fn origin_of(payload: &[u8]) -> Option<String> {
    let event: Value = serde_json::from_slice(payload).ok()?;
    let url = event.pointer("/request/url")?.as_str()?;
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    Some(format!("{scheme}://{host}"))
}

fn read(report: Value) -> Option<Report> {
    let Value::Object(mut report) = report else { return None };
    let text = |map: &Map<String, Value>, name: &str| {
        map.get(name).and_then(Value::as_str).map(str::to_owned)
    };
    if let Some(kind) = text(&report, "type") {
        let Some(Value::Object(body)) = report.remove("body") else { return None };
        let age_ms = report.get("age").and_then(Value::as_f64).unwrap_or(0.0);
        let (url, user_agent) = (text(&report, "url"), text(&report, "user_agent"));
        return Some(Report { kind, url, user_agent, age_ms, body });
    }
    // `{"csp-report": {…}}`; of several members only that one is a report.
    let (name, body) =
        report.into_iter().find(|(name, body)| name.ends_with("-report") && body.is_object())?;
    let Value::Object(body) = body else { return None };
    let kind = match name.strip_suffix("-report").unwrap_or_default() {
        "csp" => "csp-violation".to_owned(),
        other => other.to_owned(),
    };
    Some(Report { kind, url: None, user_agent: None, age_ms: 0.0, body })
}

fn event(report: Report, told: &Told, event_id: String) -> Value {
    let Report { kind, url, user_agent, age_ms, body } = report;
    let is_csp = kind == "csp-violation";
    let url = field(&body, &["documentURL", "document-uri"]).or(url);
    let (name, value, mechanism) = match is_csp {
        true => ("CSPViolation".to_owned(), blocked(&body), "csp"),
        false => (name_of(&kind), message(&kind, &body), "reporting"),
    };
    let exception = json!({
        "type": name,
        "value": value,
        "mechanism": { "type": mechanism, "handled": false },
        "stacktrace": stack(&body),
    });
    let referrer = field(&body, &["referrer"]).filter(|referrer| !referrer.is_empty());
    let headers: Map<String, Value> = [("User-Agent", user_agent), ("Referer", referrer)]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.into())))
        .collect();
    let context = if is_csp { ("csp", csp(&body)) } else { ("report", Value::Object(body)) };
    // Browsers keep reports for up to minutes; a time of the future is no time.
    #[expect(clippy::cast_precision_loss, reason = "times are below 2^53")]
    let at_s = (told.now_ms as f64 - age_ms.clamp(0.0, 86_400_000.0)) / 1_000.0;
    json!({
        "event_id": event_id,
        "timestamp": at_s,
        "platform": "javascript",
        "level": "warning",
        "release": told.release,
        "environment": told.environment,
        "request": { "url": url, "headers": headers },
        "exception": { "values": [exception] },
        "contexts": { context.0: context.1 },
    })
}

/// Where it happened, if the browser says so.
fn stack(body: &Map<String, Value>) -> Option<Value> {
    let file = field(body, &["sourceFile", "source-file"])?;
    let line = number(body, &["lineNumber", "line-number"]);
    let column = number(body, &["columnNumber", "column-number"]);
    let frame = json!({ "filename": file, "lineno": line, "colno": column, "in_app": true });
    Some(json!({ "frames": [frame] }))
}

/// As our agent puts it: `Blocked 'script-src-elem' from 'https://evil.test'`
fn blocked(body: &Map<String, Value>) -> String {
    let blocked = field(body, &["blockedURL", "blocked-uri"]).unwrap_or_default();
    format!("Blocked '{}' from '{blocked}'", directive(body))
}

/// Old browsers name the whole directive: `script-src 'self'`.
fn directive(body: &Map<String, Value>) -> String {
    let names = ["effectiveDirective", "effective-directive", "violated-directive"];
    let directive = names.iter().find_map(|name| field(body, &[name]).filter(|d| !d.is_empty()));
    let directive = directive.unwrap_or_default();
    directive.split_whitespace().next().unwrap_or("default-src").to_owned()
}

/// Both spellings, as the agent's context has it; the policy itself is the page's own.
fn csp(body: &Map<String, Value>) -> Value {
    json!({
        "effective_directive": directive(body),
        "blocked_uri": field(body, &["blockedURL", "blocked-uri"]),
        "disposition": field(body, &["disposition"]),
        "sample": field(body, &["sample", "script-sample"]),
        "document_uri": field(body, &["documentURL", "document-uri"]),
        "original_policy": field(body, &["originalPolicy", "original-policy"]),
        "status_code": number(body, &["statusCode", "status-code"]),
    })
}

/// `permissions-policy-violation` → `PermissionsPolicyViolation`
fn name_of(kind: &str) -> String {
    kind.split('-').map(capitalized).collect()
}

/// The browser's own words, or what the report is about.
fn message(kind: &str, body: &Map<String, Value>) -> String {
    let said = field(body, &["message"]);
    let about = || {
        let about =
            field(body, &["hostname", "policyId", "featureId", "blockedURL", "id", "phase"])?;
        Some(format!("{kind}: {about}"))
    };
    said.or_else(about).unwrap_or_else(|| kind.to_owned())
}

fn field(body: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| body.get(*name)?.as_str()).map(str::to_owned)
}

fn number(body: &Map<String, Value>, names: &[&str]) -> Option<u64> {
    names.iter().find_map(|name| body.get(*name)?.as_u64())
}

#[cfg(test)]
mod tests;
