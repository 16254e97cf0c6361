//! One function a target: any bytes go in, and what has to hold for all of them is asserted.

use trapline_core::decode::{self, Received};
use trapline_core::dsn::Dsn;
use trapline_core::event::Event;
use trapline_core::filter::{FilterSettings, filter};
use trapline_core::inflate::{deflate, inflate};
use trapline_core::limits::{MAX_DEFECTS, MAX_FRAMES, MAX_ITEMS, MAX_SCRUBBED};
use trapline_core::noise::{Releases, classify, explain};
use trapline_core::normalize::{ClientHints, Context, normalize};
use trapline_core::scrub::{ScrubSettings, scrub};
use trapline_core::{client_report, envelope, fingerprint, origin, stack, title, url, user_agent};

use super::replay::Target;

/// All targets.
pub const TARGETS: [Target; 7] = [
    ("envelope", envelope),
    ("event", event),
    ("inflate", inflated),
    ("rules", rules),
    ("stack", stack_text),
    ("url", any_url),
    ("user_agent", any_user_agent),
];

const NOW_MS: i64 = 1_800_000_000_000;

/// An envelope, and the events and reports inside of it.
pub fn envelope(bytes: &[u8]) {
    let Ok(envelope) = envelope::parse(bytes) else { return };
    assert!(envelope.items.len() <= MAX_ITEMS);
    let of_payloads: usize = envelope.items.iter().map(|item| item.payload.len()).sum();
    assert!(of_payloads <= bytes.len());
    for item in &envelope.items {
        match item.kind.as_str() {
            "event" => event(item.payload),
            _ => assert!(client_report::parse(item.payload).len() <= 100),
        }
    }
}

/// An event's way from its bytes to its fingerprint.
pub fn event(bytes: &[u8]) {
    let received = Received { now_ms: NOW_MS, ..Received::default() };
    let Ok(mut event) = decode::event(bytes, &received) else { return };
    let context = Context {
        received_ms: NOW_MS,
        sent_at: Some("2027-01-15T07:00:00Z"),
        user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"),
        address: Some("192.0.2.1"),
        country: Some("DE"),
        ..Context::default()
    };
    normalize(&mut event, &context);
    assert_scrubbed(&mut event, &ScrubSettings::default());
    assert!(event.defects.len() <= MAX_DEFECTS);
    assert!(event.scrubbed.len() <= MAX_SCRUBBED + 1);
    assert!((0..=NOW_MS + 60_000).contains(&event.at_ms()));
    judge(&event, &FilterSettings::default());
    let stored = serde_json::to_vec(&event).expect("an event can be written");
    let read: Event = serde_json::from_slice(&stored).expect("and read again");
    assert_eq!(read, event);
    assert_eq!(fingerprint::raw(1, &read), fingerprint::raw(1, &event));
}

/// Scrubbing a second time finds nothing.
fn assert_scrubbed(event: &mut Event, settings: &ScrubSettings) {
    scrub(event, settings);
    let once = event.clone();
    scrub(event, settings);
    assert_eq!(*event, once);
}

fn judge(event: &Event, settings: &FilterSettings) {
    let found = filter(event, settings);
    assert_eq!(filter(event, settings), found);
    if let Some(class) = classify(event) {
        assert!(!explain(class, &Releases::default()).explanation.is_empty());
    }
    assert!(title::title(event).value.len() <= 300);
    assert!(fingerprint::v1(event).label.len() <= 300);
}

/// The first byte chooses the encoding.
pub fn inflated(bytes: &[u8]) {
    const MAX_BYTES: usize = 1024 * 1024;
    let Some((first, body)) = bytes.split_first() else { return };
    let encodings = [None, Some("gzip"), Some("deflate"), Some("br"), Some("identity")];
    let encoding = encodings[usize::from(*first) % encodings.len()];
    if let Ok(inflated) = inflate(body, encoding, MAX_BYTES) {
        let is_as_it_came = matches!(inflated, std::borrow::Cow::Borrowed(_));
        assert!(is_as_it_came || inflated.len() <= MAX_BYTES);
    }
    assert_eq!(inflate(&deflate(body), Some("deflate"), body.len()).as_deref(), Ok(body));
}

/// Eight lines of patterns, then the message that they are compared with.
pub fn rules(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.splitn(9, '\n').map(str::to_owned);
    let mut list = || vec![lines.next().unwrap_or_default()];
    let filters = FilterSettings {
        messages: list(),
        urls: list(),
        releases: list(),
        legacy_browsers: true,
        localhost: true,
        ..FilterSettings::default()
    };
    let settings = ScrubSettings {
        mask_keys: list(),
        keep_keys: list(),
        mask_words: list(),
        keep_words: list(),
        defaults: list().iter().all(|line| line.is_empty()),
    };
    let message = lines.next().unwrap_or_default();
    let mut event = Event { release: Some(message.clone()), ..Event::default() };
    event.extra.insert(message.chars().take(40).collect(), message.clone().into());
    event.request.url = Some(message.clone());
    event.message = Some(message);
    judge(&event, &filters);
    scrub(&mut event, &settings);
    judge(&event, &filters);
}

/// Frames and unread lines are bounded by the text.
pub fn stack_text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let stack = stack::parse(&text);
    assert!(stack.frames.len() <= MAX_FRAMES && stack.unread_lines.len() <= MAX_FRAMES);
    let of_frames: usize = stack.frames.iter().map(|f| f.function.len() + f.file.len()).sum();
    assert!(of_frames <= 2 * text.len());
    for frame in &stack.frames {
        stack::is_in_app(&frame.file);
    }
}

/// URLs, origins and DSNs.
pub fn any_url(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let cleaned = url::cleaned(&text);
    assert_eq!(url::cleaned(&cleaned), cleaned);
    assert_eq!(url::host(&cleaned), url::host(&text));
    let parts = url::parts(&text);
    assert!(parts.before_query.len() + parts.query.len() + parts.fragment.len() <= text.len());
    assert!(url::query(parts.query).len() <= parts.query.len());
    if let Some(allowed) = origin::parse(&text) {
        assert_eq!(origin::parse(&allowed), Some(allowed.clone()));
        origin::is_allowed(&serde_json::json!([allowed]).to_string(), &text);
    }
    if let Ok(dsn) = Dsn::parse(&text) {
        assert!(!dsn.public_key.is_empty() && dsn.origin.len() <= text.len());
    }
}

/// A user agent, and client hints a line each.
pub fn any_user_agent(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let agent = lines.next().unwrap_or_default();
    let device = user_agent::parse(agent);
    assert!(device.browser.version.len() <= agent.len() && device.os.version.len() <= agent.len());
    let client_hints = ClientHints {
        brands: lines.next(),
        mobile: lines.next(),
        platform: lines.next(),
        platform_version: lines.next(),
        model: lines.next(),
    };
    let context = Context { user_agent: Some(agent), client_hints, ..Context::default() };
    let mut event = Event { platform: "javascript".into(), ..Event::default() };
    normalize(&mut event, &context);
    let once = event.clone();
    normalize(&mut event, &context);
    assert_eq!(event, once);
    judge(&event, &FilterSettings { legacy_browsers: true, ..FilterSettings::default() });
}
