//! Each inbound filter and each class of noise against `tests/corpora/filters` and `tests/corpora/noise`: samples that it
//! has to know, and samples that look alike and have to pass. Each goes the way of an event: decode, normalise, judge.
#![cfg(feature = "decode")]
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "in helpers of tests, which clippy.toml does not reach: a damaged corpus shall stop the test"
)]

use serde_json::{Value, json};
use trapline_core::decode::{self, Received};
use trapline_core::event::Event;
use trapline_core::filter::{FilterSettings, Filtered, Reason, filter};
use trapline_core::fingerprint;
use trapline_core::noise::{Class, Releases, classify, explain};
use trapline_core::normalize::{Context, normalize};

const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";

fn corpus(name: &str) -> Value {
    let path = format!("{}/../tests/corpora/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The event of a sample. What it does not say is as on any page.
fn event_of(sample: &Value) -> Event {
    let mut payload = json!({
        "platform": "javascript",
        "release": "shop@1.2.3",
        "request": {"url": sample.get("page").unwrap_or(&json!("https://shop.test/cart"))},
    });
    if let Some(message) = sample.get("message") {
        payload["message"] = message.clone();
    } else {
        let text = |name, otherwise| sample.get(name).and_then(Value::as_str).unwrap_or(otherwise);
        let frames = sample.get("frames").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut frames: Vec<Value> = frames.iter().map(frame_of).collect();
        frames.reverse();
        payload["exception"] = json!({"values": [{
            "type": text("type", "TypeError"),
            "value": text("value", "Cannot read properties of undefined (reading 'total')"),
            "stacktrace": {"frames": frames},
        }]});
    }
    let mut event = decode::event(payload.to_string().as_bytes(), &Received::default()).unwrap();
    let user_agent = sample.get("agent").and_then(Value::as_str).unwrap_or(CHROME);
    normalize(&mut event, &Context { user_agent: Some(user_agent), ..Context::default() });
    event
}

/// `pay@https://shop.test/main.js:1:9041`
fn frame_of(text: &Value) -> Value {
    let (function, place) = text.as_str().unwrap().split_once('@').unwrap();
    let (rest, column) = place.rsplit_once(':').unwrap();
    let (file, line) = rest.rsplit_once(':').unwrap();
    let number = |digits: &str| digits.parse::<u32>().unwrap();
    json!({"function": function, "filename": file, "lineno": number(line), "colno": number(column)})
}

fn samples(corpus: &Value, list: &str) -> Vec<Value> {
    let samples = corpus[list].as_array().unwrap().clone();
    assert!(samples.len() >= 10, "{list} has {} samples", samples.len());
    samples
}

#[track_caller]
fn check_filter(reason: Reason, only: FilterSettings, off: FilterSettings) {
    let corpus = corpus(&format!("filters/{}", reason.name()));
    for sample in samples(&corpus, "filtered") {
        let event = event_of(&sample);
        let found = filter(&event, &only);
        assert_eq!(found.as_ref().map(|f| f.reason), Some(reason), "{sample}");
        assert!(!found.unwrap().detail.is_empty(), "{sample}");
        assert_eq!(filter(&event, &off), None, "switched off: {sample}");
    }
    for sample in samples(&corpus, "kept") {
        assert_eq!(filter(&event_of(&sample), &only), None, "{sample}");
    }
}

fn nothing() -> FilterSettings {
    FilterSettings {
        browser_extensions: false,
        injected_scripts: false,
        crawlers: false,
        resize_observer: false,
        ..FilterSettings::default()
    }
}

#[test]
fn browser_extensions_are_told_from_pages() {
    let only = FilterSettings { browser_extensions: true, ..nothing() };
    check_filter(Reason::BrowserExtension, only, nothing());
}

#[test]
fn injected_scripts_are_told_from_the_owners() {
    let only = FilterSettings { injected_scripts: true, ..nothing() };
    check_filter(Reason::InjectedScript, only, nothing());
}

#[test]
fn crawlers_are_told_from_people() {
    check_filter(Reason::Crawler, FilterSettings { crawlers: true, ..nothing() }, nothing());
}

#[test]
fn legacy_browsers_are_told_from_those_that_are_merely_old() {
    let only = FilterSettings { legacy_browsers: true, ..nothing() };
    check_filter(Reason::LegacyBrowser, only, nothing());
}

#[test]
fn localhost_is_told_from_hosts_that_are_called_so() {
    check_filter(Reason::Localhost, FilterSettings { localhost: true, ..nothing() }, nothing());
}

#[test]
fn the_warning_of_resize_observer_is_told_from_its_errors() {
    let only = FilterSettings { resize_observer: true, ..nothing() };
    check_filter(Reason::ResizeObserver, only, nothing());
}

#[test]
fn the_first_test_on_localhost_in_an_old_browser_is_kept() {
    let sample = json!({"page": "http://localhost:3000/",
        "agent": "Mozilla/5.0 (Windows NT 6.1; rv:52.0) Gecko/20100101 Firefox/52.0"});
    assert_eq!(filter(&event_of(&sample), &FilterSettings::default()), None);
    let corpus = corpus("filters/resize_observer");
    for sample in samples(&corpus, "kept") {
        assert_eq!(filter(&event_of(&sample), &FilterSettings::default()), None, "{sample}");
    }
}

/// Lists of patterns: messages, URLs, releases.
#[track_caller]
fn check_patterns(lists: [&[&str]; 3], sample: &Value, expected: Option<(Reason, &str)>) {
    let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect();
    let settings = FilterSettings {
        messages: owned(lists[0]),
        urls: owned(lists[1]),
        releases: owned(lists[2]),
        ..nothing()
    };
    let expected = expected.map(|(reason, detail)| Filtered { reason, detail: detail.into() });
    assert_eq!(filter(&event_of(sample), &settings), expected, "{lists:?} {sample}");
}

#[test]
fn patterns_of_messages_match_with_and_without_the_type() {
    let sample = json!({"type": "RangeError", "value": "Invalid array length"});
    for pattern in
        ["Invalid array length", "RangeError: *", "*ARRAY*", "rangeerror: invalid array ??????"]
    {
        check_patterns([&["x", pattern], &[], &[]], &sample, Some((Reason::Message, pattern)));
    }
    for pattern in ["array", "Invalid*x", "RangeError", "", " ", "RangeError Invalid*"] {
        check_patterns([&[pattern], &[], &[]], &sample, None);
    }
    let message = json!({"message": "cart is slow"});
    check_patterns([&["cart*"], &[], &[]], &message, Some((Reason::Message, "cart*")));
}

#[test]
fn patterns_of_urls_match_the_page_and_the_script() {
    let sample = json!({"page": "https://shop.test/admin/users?tab=1",
        "frames": ["f@https://cdn.ads.test/tag.js:1:1", "g@https://shop.test/main.js:1:1"]});
    for pattern in [
        "https://shop.test/admin/*",
        "*?tab=1",
        "https://shop.test/admin/users",
        "https://cdn.ads.test/*",
        "*/tag.js",
    ] {
        check_patterns([&[], &[pattern], &[]], &sample, Some((Reason::Url, pattern)));
    }
    for pattern in
        ["https://shop.test/", "https://shop.test/main.js", "/admin/*", "http://shop.test/*"]
    {
        check_patterns([&[], &[pattern], &[]], &sample, None);
    }
}

#[test]
fn patterns_of_releases_match_the_release() {
    for pattern in ["shop@1.2.3", "shop@1.*", "*", "SHOP@?.2.3"] {
        check_patterns([&[], &[], &[pattern]], &json!({}), Some((Reason::Release, pattern)));
    }
    for pattern in ["shop@1.2", "shop@2.*", "1.2.3"] {
        check_patterns([&[], &[], &[pattern]], &json!({}), None);
    }
}

/// Returns the fingerprints of the samples.
#[track_caller]
fn check_class(class: Class) -> Vec<fingerprint::Hash> {
    let corpus = corpus(&format!("noise/{}", class.name()));
    for sample in samples(&corpus, "kept") {
        assert_ne!(classify(&event_of(&sample)), Some(class), "{sample}");
    }
    let events = samples(&corpus, "samples").into_iter().map(|sample| {
        let event = event_of(&sample);
        assert_eq!(classify(&event), Some(class), "{sample}");
        fingerprint::v1(&event).hash
    });
    events.collect()
}

#[test]
fn script_errors_are_explained_and_one_issue() {
    let hashes = check_class(Class::ScriptError);
    assert!(hashes.iter().all(|hash| *hash == hashes[0]));
}

#[test]
fn stale_deploys_are_explained_and_one_issue_in_every_wording() {
    let hashes = check_class(Class::StaleDeploy);
    assert!(hashes.iter().all(|hash| *hash == hashes[0]));
}

#[test]
fn network_failures_are_explained_and_split_by_who_asked() {
    check_class(Class::Network);
    let asked = |value: &str, frame: &str| {
        let sample = json!({"type": "TypeError", "value": value, "frames": [frame]});
        fingerprint::v1(&event_of(&sample)).hash
    };
    let chrome = asked("Failed to fetch", "loadCart@https://shop.test/a.js:1:2");
    let safari = asked("Load failed", "loadCart@https://shop.test/a.js:1:3");
    let other = asked("Load failed", "loadMenu@https://shop.test/a.js:1:3");
    assert_eq!(chrome, safari);
    assert_ne!(chrome, other);
}

#[test]
fn extensions_and_injected_scripts_are_explained() {
    for name in ["filters/browser_extension", "filters/injected_script"] {
        let corpus = corpus(name);
        for sample in samples(&corpus, "filtered") {
            assert_eq!(classify(&event_of(&sample)), Some(Class::Extension), "{sample}");
        }
        for sample in samples(&corpus, "kept") {
            assert_ne!(classify(&event_of(&sample)), Some(Class::Extension), "{sample}");
        }
    }
}

#[test]
fn a_stale_deploy_names_the_release_that_removed_the_chunk() {
    let releases = Releases { own: Some("shop@1.2.3"), newest: Some("shop@1.3.0") };
    let stale = explain(Class::StaleDeploy, &releases);
    assert!(stale.explanation.contains("shop@1.3.0 had replaced it"), "{}", stale.explanation);
    for class in [Class::ScriptError, Class::StaleDeploy, Class::Network, Class::Extension] {
        let words = explain(class, &Releases::default());
        let texts = [words.title, &words.explanation, words.remedy];
        assert!(texts.iter().all(|text| text.len() > 15 && !text.contains("  ")), "{texts:?}");
    }
}
