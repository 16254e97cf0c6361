//! Failures of requests count by the request, since engines do not tell where it was made: Firefox and Safari reject
//! without a stack.

use super::canonical::WEBKIT_JSON;
use super::message::parameterised;
use super::place::is_called;
use crate::event::{Breadcrumb, Event, Exception};
use crate::noise::{self, Class};
use crate::stack::is_engine_word;
use crate::title::path_of;
use crate::url;

/// How far back the request is looked for: others may have been answered meanwhile.
const MAX_BACK: usize = 8;

/// What the fingerprint reads beside the exception itself: equal for equal raw fingerprints.
pub(super) fn read_beside(
    event: &Event,
    exception: &Exception,
    parameterised: &str,
) -> Option<String> {
    resource_of(&exception.kind, &exception.value).or_else(|| {
        if noise::class_of(exception) == Some(Class::Network) || exception.kind == "AbortError" {
            return failed(event);
        }
        if let Some(status) = status_of(parameterised) {
            return answered(event, status);
        }
        let is_json = super::canonical::canonical(&exception.kind, parameterised).json;
        (is_json && is_of_answer(exception)).then(|| last(event)).flatten()
    })
}

/// The request that got no answer: `GET /api/cart/<n>`.
pub(super) fn failed(event: &Event) -> Option<String> {
    let is_failed = |crumb: &&Breadcrumb| match crumb
        .data
        .get("status_code")
        .and_then(|status| status.as_u64())
    {
        None | Some(0) => true,
        Some(_) => false,
    };
    requests(event).find(is_failed).map(told)
}

/// The request that was made last, whatever became of it.
pub(super) fn last(event: &Event) -> Option<String> {
    requests(event).next().map(told)
}

/// Whether what could not be read was the answer to a request: such a rejection comes without a stack, or with one that
/// was resumed.
pub(super) fn is_of_answer(exception: &Exception) -> bool {
    let is_native = exception.frames.first().is_some_and(|frame| is_engine_word(&frame.file));
    !is_called(exception) || exception.value.trim() == WEBKIT_JSON && !is_native
}

/// The status that a message (parameterised) tells: `Request failed with status code 404` → 404
pub(super) fn status_of(parameterised: &str) -> Option<u64> {
    let digits =
        parameterised.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == 3)?;
    digits.parse().ok().filter(|status| (400..600).contains(status))
}

/// The request that was answered so.
pub(super) fn answered(event: &Event, status: u64) -> Option<String> {
    let is_so = |crumb: &&Breadcrumb| {
        crumb.data.get("status_code").and_then(|code| code.as_u64()) == Some(status)
    };
    requests(event).find(is_so).map(told)
}

/// Newest first.
fn requests(event: &Event) -> impl Iterator<Item = &Breadcrumb> {
    let recent = event.breadcrumbs.iter().rev().take(MAX_BACK);
    recent.filter(|crumb| matches!(crumb.category.as_str(), "fetch" | "xhr"))
}

fn told(crumb: &Breadcrumb) -> String {
    let text =
        |name: &str| crumb.data.get(name).and_then(|value| value.as_str()).unwrap_or_default();
    format!("{} {}", text("method"), path(text("url")))
}

/// What did not load, or was blocked: `img /pictures/<n>.png`, `script-src https://ads.test`.
pub(super) fn resource_of(kind: &str, value: &str) -> Option<String> {
    match kind {
        "LoadError" => {
            let (element, address) = value.split_once(" failed to load: ")?;
            Some(format!("{} {}", element.trim_matches(['<', '>']), path(address)))
        }
        "CSPViolation" => {
            let (directive, blocked) = value.strip_prefix("Blocked '")?.split_once("' from '")?;
            let blocked = blocked.trim_end_matches('\'');
            let origin = match blocked.split_once("://") {
                Some((scheme, _)) => format!("{scheme}://{}", url::host(blocked)),
                None => blocked.to_owned(),
            };
            Some(format!("{directive} {origin}"))
        }
        _ => None,
    }
}

/// `https://shop.test/api/cart/4711?x=1` → `/api/cart/<n>`
fn path(address: &str) -> String {
    let path = path_of(address);
    let segments = path.split('/').filter(|segment| !segment.is_empty()).map(segment);
    format!("/{}", segments.collect::<Vec<_>>().join("/"))
}

/// An ID, a hash or a number in a path is left out: `photo-8f3a2b1c.png` → `photo.png`
fn segment(segment: &str) -> String {
    let varies = |part: &str| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        part.len() >= 6 && digits > 0 && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let whole = parameterised(segment);
    if whole.contains('<') {
        return whole;
    }
    if varies(segment) {
        return "<id>".into();
    }
    let pieces = segment.split('.').map(|piece| {
        let kept = piece.split('-').filter(|part| !varies(part));
        kept.collect::<Vec<_>>().join("-")
    });
    pieces.filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join(".")
}
