use super::*;
use proptest::prelude::*;

fn any_event() -> impl Strategy<Value = Event> {
    let frame =
        (0..6_usize, 0..5_usize, 1..3_u32, any::<bool>()).prop_map(|(name, file, line, own)| {
            let name = ["pay", "t", "", "async load", "emit", "formatTotal"][name];
            let file =
                ["https://a.test/x.js", "https://a.test/x-8f3a2b.js", "src/x.ts", "", "src/x.rs"]
                    [file];
            Frame { in_app: own, ..frame(name, file, line) }
        });
    let frames = prop::collection::vec(frame, 0..4);
    let messages = prop::sample::select(vec![
        "a 1",
        "a 2",
        "Failed to fetch",
        "JSON.parse: no",
        "x.id is not a function",
        "too much recursion",
        "<img> failed to load: https://a.test/1.png",
        "<img> failed to load: https://a.test/a.png",
        "index out of bounds: the len is 3 but the index is 7",
    ]);
    let kinds =
        prop::sample::select(vec!["Error", "t", "SyntaxError", "AbortError", "LoadError", "panic"]);
    let prints = prop::sample::select(vec![
        vec![],
        vec!["{{ default }}".to_owned()],
        vec!["{{ transaction }}".to_owned()],
        vec!["x".into()],
    ]);
    let crumbs = prop::sample::select(vec!["/a", "/b/7"]);
    let releases = prop::sample::select(vec![None, Some("1"), Some("2")]);
    (messages, kinds, frames, prints, crumbs, releases, any::<bool>()).prop_map(
        |(message, kind, frames, fingerprint, url, release, synthetic)| {
            let data =
                json!({"method": "GET", "url": url}).as_object().cloned().unwrap_or_default();
            let crumb = Breadcrumb { category: "fetch".into(), data, ..Breadcrumb::default() };
            let mut event = error(kind, message, frames);
            event.exceptions[0].mechanism.synthetic = synthetic;
            Event {
                fingerprint,
                release: release.map(str::to_owned),
                transaction: Some(url.into()),
                breadcrumbs: vec![crumb],
                tags: vec![("shop".into(), url.into())],
                ..event
            }
        },
    )
}

/// Rules that look at whatever there is to look at.
fn any_rules() -> impl Strategy<Value = Rules> {
    let lines = prop::sample::subsequence(
        vec![
            "tags.shop:/a type:t -> one, {{ function }}",
            "message:\"a 1\" -> two, {{ release }}",
            "!url:*/checkout* function:pay -> three, {{ default }}",
            "url:*/checkout* -> four, {{ url }}",
            "environment:prod !release:1 -> five, {{ tags.shop }}",
            "!level:error file:*src* -> {{ level }}, {{ message }}",
            "transaction:/b* -> six, {{ transaction }}, {{ tags.none }}",
            "logger:\"\" !function:* -> {{ type }}, {{ environment }}",
        ],
        0..5,
    );
    lines.prop_shuffle().prop_map(|lines| Rules::parse(&lines.join("\n")).unwrap())
}

/// The same event but for what rules alone read.
fn around(event: &Event) -> impl Strategy<Value = Event> + use<> {
    let event = event.clone();
    let value = prop::sample::select(vec!["/a", "/b", "prod", "1"]);
    (0..6_usize, value).prop_map(move |(at, value)| {
        let mut other = event.clone();
        match at {
            0 => other.request.url = Some(format!("https://a.test{value}/checkout")),
            1 => other.environment = Some(value.into()),
            2 => other.level = crate::event::Level::Warning,
            3 => other.logger = Some(value.into()),
            4 => other.transaction = Some(value.into()),
            _ => other.tags = vec![("shop".into(), value.into())],
        }
        other
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn equal_raw_is_equal_fingerprint(one in any_event(), two in any_event(), rules in any_rules()) {
        if raw_by(1, &one, &rules) == raw_by(1, &two, &rules) {
            prop_assert_eq!(group_by(&one, &rules).fingerprint(), group_by(&two, &rules).fingerprint());
        }
        if raw(1, &one) == raw(1, &two) {
            prop_assert_eq!(v1(&one), v1(&two));
        }
    }

    #[test]
    fn whatever_a_rule_reads_is_read_by_the_raw_fingerprint(
        (one, two) in any_event().prop_flat_map(|event| (around(&event), around(&event))), rules in any_rules(),
    ) {
        let same = group_by(&one, &rules).fingerprint() == group_by(&two, &rules).fingerprint();
        prop_assert!(same || raw_by(1, &one, &rules) != raw_by(1, &two, &rules));
    }

    /// What the fingerprint does not read may differ; whatever of it differs, raw fingerprints tell apart.
    #[test]
    fn a_change_that_the_fingerprint_sees_is_seen_by_the_raw_one(
        event in any_event(), at in 0..8_usize, text in prop::sample::select(vec!["", "t", "formatTotal", "7", "/b", "Qe2"]),
    ) {
        let mut changed = event.clone();
        let thrown = &mut changed.exceptions[0];
        match at {
            0 => thrown.value = text.into(),
            1 => thrown.kind = text.into(),
            2 => changed.release = Some(text.into()),
            3 => changed.transaction = Some(text.into()),
            4 => changed.breadcrumbs.clear(),
            5 => thrown.frames.iter_mut().take(1).for_each(|frame| frame.function = text.into()),
            6 => thrown.frames.iter_mut().take(1).for_each(|frame| frame.file = text.into()),
            _ => thrown.frames.clear(),
        }
        if v1(&event).hash != v1(&changed).hash {
            prop_assert_ne!(raw(1, &event), raw(1, &changed));
        }
    }

    #[test]
    fn any_message_is_rewritten_once(message: String) {
        prop_assert!(parameterised(&message).len() <= message.len() * 3);
    }

    #[test]
    fn any_message_has_a_canonical_form(kind: String, message: String) {
        let _ = v1(&error(&kind, &message, vec![]));
    }
}
