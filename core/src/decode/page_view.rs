//! The item `page_view`, as the agent writes it, becomes a [`PageView`]. Only its ID, its URL and its beginning are needed; any
//! other member of the wrong shape is left out and noted.

use serde_json::{Map, Value};

use super::fields::{Fields, object};
use super::{BOUNDS, DecodeError, bound, hex_id, repair};
use crate::defect::Defect;
use crate::page_view::{
    LongFrame, MAX_ENDPOINTS, MAX_FRAMES, MAX_PAGE_VIEW, PARTS, PHASES, PageView, Requests, VITALS,
    Vital, without_ids,
};
use crate::url;

/// Longest URL, selector or name.
const MAX_WORD: usize = 300;

/// Largest count, and largest number of milliseconds: four months.
const MAX_NUMBER: f64 = 1e10;

/// Buckets of one endpoint's durations.
const MAX_BUCKETS: usize = 250;

/// Resources of one view that are looked at, by kind.
const MAX_KINDS: usize = 20;

/// Decodes one item. Gives back what could not be read beside it.
///
/// # Errors
/// What is no JSON object, is too large, or has no ID, URL or beginning.
pub fn page_view(payload: &[u8]) -> Result<(PageView, Vec<Defect>), DecodeError> {
    if payload.len() > MAX_PAGE_VIEW {
        return Err(DecodeError::TooLarge { bytes: payload.len(), limit: MAX_PAGE_VIEW });
    }
    let mut defects = Vec::new();
    bound::check(payload, &BOUNDS)?;
    let map = object(repair::json(payload, &mut defects)?).ok_or(DecodeError::NotAnObject)?;
    let mut fields = Fields::new(map, defects);
    let id_of_view = id(&mut fields, "id").ok_or(DecodeError::Missing("id"))?;
    let mut view = PageView { id: id_of_view, ..PageView::default() };
    view.url = address(&mut fields, "url").ok_or(DecodeError::Missing("url"))?;
    view.started_ms =
        milliseconds(&mut fields, "started").ok_or(DecodeError::Missing("started"))?;
    view.session_id = id(&mut fields, "session_id").unwrap_or_default();
    view.page = word(&mut fields, "page");
    if view.page.is_empty() {
        view.page = without_ids(url::path(&view.url));
    }
    view.kind = word(&mut fields, "kind");
    view.release = word(&mut fields, "release");
    view.environment = word(&mut fields, "environment");
    view.device = word(&mut fields, "device");
    view.connection = word(&mut fields, "connection");
    view.weight = weight_of(fields.number("sample_rate"));
    view.visible_ms = positive(&mut fields, "visible_ms");
    view.hidden_start = fields.flag("hidden_start").unwrap_or(false);
    view.abandoned = fields.flag("abandoned").unwrap_or(false);
    view.errors = count(&mut fields, "errors");
    view.requests_left_out = count(&mut fields, "requests_left_out");
    within(&mut fields, "vitals", |fields| vitals(fields, &mut view));
    within(&mut fields, "load", |fields| {
        for (phase, name) in view.load.iter_mut().zip(PHASES) {
            *phase = positive(fields, name);
        }
    });
    within(&mut fields, "long_frames", |fields| {
        view.long_frames = count(fields, "count");
        view.blocking_ms = positive(fields, "blocking");
        view.frames = each(fields, "worst", MAX_FRAMES, long_frame);
    });
    view.requests = each(&mut fields, "requests", MAX_ENDPOINTS, requests);
    view.requests
        .retain(|requests| requests.count + requests.aborted > 0 && !requests.url.is_empty());
    for (kind, bytes) in each(&mut fields, "resources", MAX_KINDS, |fields| {
        (word(fields, "kind"), positive(fields, "bytes"))
    }) {
        view.bytes += bytes;
        view.script_bytes += if kind == "script" { bytes } else { 0.0 };
    }
    Ok((view, fields.into_defects()))
}

/// Hundredths of views that one stands for, which came with this probability.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
pub fn weight_of(sample_rate: Option<f64>) -> u64 {
    let rate = sample_rate.filter(|rate| *rate > 0.0).unwrap_or(1.0);
    (100.0 / rate).clamp(100.0, 1_000_000.0).round() as u64
}

fn vitals(fields: &mut Fields, view: &mut PageView) {
    let places = view.vitals.iter_mut().zip(VITALS).zip(PARTS);
    for ((place, name), parts) in places {
        within(fields, name, |fields| {
            let Some(value) =
                fields.number("value").filter(|value| (0.0..MAX_NUMBER).contains(value))
            else {
                return;
            };
            let mut vital = Vital {
                value,
                target: word(fields, "target"),
                url: address(fields, "url").unwrap_or_default(),
                kind: word(fields, "kind"),
                load_state: word(fields, "load_state"),
                script: address(fields, "script").unwrap_or_default(),
                function: word(fields, "function"),
                ..Vital::default()
            };
            for (part, name) in vital.parts.iter_mut().zip(parts) {
                *part = positive(fields, name);
            }
            *place = Some(vital);
        });
    }
}

fn long_frame(fields: &mut Fields) -> LongFrame {
    LongFrame {
        duration: positive(fields, "duration"),
        blocking: positive(fields, "blocking"),
        at: positive(fields, "at"),
        script: address(fields, "script").unwrap_or_default(),
        function: word(fields, "function"),
        invoker: word(fields, "invoker"),
    }
}

fn requests(fields: &mut Fields) -> Requests {
    let pairs = fields.take("durations").unwrap_or_default();
    let pairs = pairs.as_array().map(Vec::as_slice).unwrap_or_default();
    let pair = |pair: &Value| {
        let number = |index: usize| whole(pair.get(index)?);
        Some((u16::try_from(number(0)?).ok()?, u32::try_from(number(1)?).ok()?))
    };
    let durations: Vec<_> = pairs.iter().take(MAX_BUCKETS).filter_map(pair).collect();
    if durations.len() < pairs.len() {
        fields.note("durations", "some are no bucket and number");
    }
    Requests {
        durations,
        method: word(fields, "method").to_ascii_uppercase(),
        url: without_ids(&address(fields, "url").unwrap_or_default()),
        count: count(fields, "count"),
        no_answer: count(fields, "no_answer"),
        status_4xx: count(fields, "status_4xx"),
        status_5xx: count(fields, "status_5xx"),
        aborted: count(fields, "aborted"),
        sent: positive(fields, "sent"),
        received: positive(fields, "received"),
    }
}

/// Also of `66.0`, as some languages write a whole number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded before")]
fn whole(value: &Value) -> Option<u64> {
    let is_whole = |number: &f64| number.fract() == 0.0 && (0.0..MAX_NUMBER).contains(number);
    value.as_u64().or_else(|| value.as_f64().filter(is_whole).map(|number| number as u64))
}

fn within(fields: &mut Fields, name: &str, read: impl FnOnce(&mut Fields)) {
    if let Some(map) = fields.object(name) {
        fields.within(name.to_owned(), map, read);
    }
}

/// Reads the objects of a list, at most so many.
fn each<T>(fields: &mut Fields, name: &str, most: usize, read: fn(&mut Fields) -> T) -> Vec<T> {
    let Some(value) = fields.take(name) else { return Vec::new() };
    let Value::Array(members) = value else {
        fields.note(name, "not a list");
        return Vec::new();
    };
    if members.len() > most {
        fields.note(name, "too many");
    }
    let maps: Vec<Map<String, Value>> = members.into_iter().take(most).filter_map(object).collect();
    maps.into_iter().map(|map| fields.within(name.to_owned(), map, read)).collect()
}

/// 32 hexadecimal digits.
fn id(fields: &mut Fields, name: &str) -> Option<String> {
    let id = hex_id(&fields.text(name, MAX_WORD)?);
    if id.is_none() {
        fields.note(name, "not 32 hexadecimal digits");
    }
    id
}

fn word(fields: &mut Fields, name: &str) -> String {
    fields.text(name, MAX_WORD).map(|text| text.replace(char::is_control, " ")).unwrap_or_default()
}

/// A URL without what may be secret: user, query and fragment.
fn address(fields: &mut Fields, name: &str) -> Option<String> {
    let text = word(fields, name);
    let whole = url::cleaned(url::parts(&text).before_query);
    let without_user = match whole.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len()))?;
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            [scheme, "://", host, path].concat()
        }
        None => whole,
    };
    (!without_user.is_empty()).then_some(without_user)
}

fn positive(fields: &mut Fields, name: &str) -> f64 {
    fields.number(name).unwrap_or(0.0).clamp(0.0, MAX_NUMBER)
}

fn count(fields: &mut Fields, name: &str) -> u32 {
    fields.count(name, 1_000_000).unwrap_or(0)
}

#[expect(clippy::cast_possible_truncation, reason = "bounded before")]
fn milliseconds(fields: &mut Fields, name: &str) -> Option<i64> {
    const YEAR_2000_MS: f64 = 946_684_800_000.0;
    const YEAR_2100_MS: f64 = 4_102_444_800_000.0;
    let number = fields.number(name)?;
    // Seconds, as events have them.
    let number = if number < YEAR_2000_MS / 100.0 { number * 1_000.0 } else { number };
    (YEAR_2000_MS..YEAR_2100_MS).contains(&number).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{"id": "0123456789abcdef0123456789ABCDEF", "session_id": "fedcba9876543210fedcba9876543210",
        "started": 1764380000123.4, "url": "https://u:p@Shop.test/products/42?token=1#x", "page": "/products/{id}",
        "kind": "navigate", "release": "shop@1", "environment": "production", "sample_rate": 0.3, "visible_ms": 5300.26,
        "abandoned": true, "errors": 2, "device": "phone", "connection": "4g", "vitals": {
        "lcp": {"value": 1834.2, "target": "main > img.hero", "url": "https://shop.test/hero.webp?v=1", "ttfb": 210, "load_delay": 300,
        "load": 900, "render": 424.2}, "cls": {"value": 0.02137, "target": "div.banner", "at": 1200.5, "load_state": "complete"}},
        "load": {"dns": 5, "load": 1510}, "long_frames": {"count": 4, "blocking": 310, "worst": [{"duration": 280,
        "blocking": 230, "at": 1300, "script": "https://shop.test/app.js", "function": "render", "invoker": "BUTTON.onclick"}]},
        "requests": [{"method": "get", "url": "/api/items/{id}", "count": 10, "no_answer": 1, "status_5xx": 1,
        "durations": [[60, 8], [70.0, 1]], "received": 12000}, {"url": "/nothing", "count": 0}],
        "resources": [{"kind": "script", "count": 3, "bytes": 120000}, {"kind": "img", "bytes": 5000}]}"#;

    #[test]
    fn a_whole_view_is_read_and_kept() {
        let (view, defects) = page_view(WHOLE.as_bytes()).unwrap();
        assert_eq!(defects, []);
        assert_eq!(view.id, "0123456789abcdef0123456789abcdef");
        assert_eq!((view.url.as_str(), view.weight), ("https://shop.test/products/42", 333));
        assert_eq!((view.script_bytes, view.bytes), (120_000.0, 125_000.0));
        assert_eq!(view.requests.len(), 1);
        assert_eq!(view.requests[0].endpoint(), "GET /api/items/{id}");
        assert_eq!(view.requests[0].durations, [(60, 8), (70, 1)]);
        let lcp = view.vitals[0].as_ref().unwrap();
        assert_eq!(
            (lcp.parts, lcp.url.as_str()),
            ([210.0, 300.0, 900.0, 424.2, 0.0], "https://shop.test/hero.webp")
        );
        let kept = PageView::of_value(serde_json::from_str(&view.line()).unwrap());
        let rounded = |view: &PageView| {
            let mut view = view.clone();
            view.visible_ms = 5_300.3;
            view
        };
        assert_eq!(kept, rounded(&view));
        assert!(view.line().len() < 700, "{}", view.line());
    }

    #[test]
    fn damage_is_left_out_and_noted() {
        let damaged = r#"{"id": "0123456789abcdef0123456789abcdef", "url": "/a", "started": 1764380000123, "session_id": "7",
            "sample_rate": "x", "visible_ms": -5, "errors": -1, "vitals": {"lcp": {"value": "slow"}, "inp": 7, "cls": {"value": -1}},
            "load": [], "requests": [{"url": "/a", "count": 1, "durations": [[60.5, 1], [60, 1], 7]}], "long_frames": {"worst": [7, {}]}}"#;
        let (view, defects) = page_view(damaged.as_bytes()).unwrap();
        let paths: Vec<_> = defects.iter().map(|defect| defect.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "session_id",
                "sample_rate",
                "errors",
                "vitals.lcp.value",
                "vitals.inp",
                "load",
                "requests.durations"
            ]
        );
        assert_eq!((view.weight, view.page.as_str(), view.frames.len()), (100, "/a", 1));
        assert!(view.vitals.iter().all(Option::is_none));
    }

    #[test]
    fn without_id_url_or_beginning_it_is_none() {
        for text in
            ["{}", "7", r#"{"id": "0123456789abcdef0123456789abcdef", "url": "/a", "started": 12}"#]
        {
            assert!(page_view(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(
            (weight_of(Some(0.0)), weight_of(Some(1e-9)), weight_of(Some(7.0))),
            (100, 1_000_000, 100)
        );
    }
}
