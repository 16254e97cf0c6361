use super::*;
use proptest::prelude::*;

fn any_event() -> impl Strategy<Value = Event> {
    let frame =
        (0..6_usize, 0..4_usize, 1..3_u32, any::<bool>()).prop_map(|(name, file, line, own)| {
            let name = ["pay", "t", "", "async load", "emit", "formatTotal"][name];
            let file = ["https://a.test/x.js", "https://a.test/x-8f3a2b.js", "src/x.ts", ""][file];
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
    ]);
    let kinds = prop::sample::select(vec!["Error", "t", "SyntaxError", "AbortError", "LoadError"]);
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn equal_raw_is_equal_fingerprint(one in any_event(), two in any_event()) {
        let rules = Rules::parse("tags.shop:/a type:t -> one, {{ function }}\nmessage:\"a 1\" -> two, {{ release }}").unwrap();
        if raw_by(1, &one, &rules) == raw_by(1, &two, &rules) {
            prop_assert_eq!(group_by(&one, &rules).fingerprint(), group_by(&two, &rules).fingerprint());
        }
        if raw(1, &one) == raw(1, &two) {
            prop_assert_eq!(v1(&one), v1(&two));
        }
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
