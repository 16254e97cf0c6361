use super::*;

#[track_caller]
fn check_message(message: &str, expected: &str) {
    assert_eq!(parameterised(message), expected);
}

#[test]
fn what_varies_in_a_message_is_replaced() {
    check_message("Order 4711 not found", "Order <n> not found");
    check_message("took 3.14 s, -2 left.", "took <n> s, <n> left.");
    check_message("utf8 h1 x_2 i18n", "utf8 h1 x_2 i18n");
    check_message("GET https://a.test/b?c=1 failed", "GET <url> failed");
    check_message("(\"https://a.test/b\")", "(\"<url>\")");
    check_message("mail to jo.doe@shop.test.", "mail to <email>.");
    check_message("id 123e4567-e89b-12d3-a456-426614174000!", "id <uuid>!");
    check_message("at 0x7f3a, commit 8f3a2b1c9d", "at <hex>, commit <hex>");
    check_message("deadbeef defaced", "deadbeef defaced");
    check_message("Größe 12 überschritten 🙂7", "Größe <n> überschritten 🙂<n>");
    check_message("a.b[0].c is undefined", "a.b[<n>].c is undefined");
    check_message("", "");
}

fn frame(function: &str, file: &str, line: u32) -> Frame {
    Frame {
        function: function.into(),
        file: file.into(),
        line,
        column: 5,
        in_app: true,
        ..Frame::default()
    }
}

fn error(kind: &str, value: &str, frames: Vec<Frame>) -> Event {
    let exception =
        Exception { kind: kind.into(), value: value.into(), frames, ..Exception::default() };
    Event { exceptions: vec![exception], ..Event::default() }
}

#[test]
fn lines_origins_and_engines_do_not_split() {
    let one =
        error("TypeError", "order 1", vec![frame("Cart.pay", "https://a.test/x-8f3a2b.js", 1)]);
    let two = error("TypeError", "order 2", vec![frame("pay/<", "https://b.test/x-9c01de.js", 9)]);
    assert_eq!(v0(&one), v0(&two));
    assert_eq!(v0(&one).label, "TypeError + order <n> + pay");
    assert_ne!(raw(1, &one), raw(1, &two));
}

#[test]
fn type_message_and_function_split() {
    let base = error("TypeError", "a", vec![frame("pay", "/x.js", 1)]);
    for other in [
        error("RangeError", "a", vec![frame("pay", "/x.js", 1)]),
        error("TypeError", "b", vec![frame("pay", "/x.js", 1)]),
        error("TypeError", "a", vec![frame("ship", "/x.js", 1)]),
    ] {
        assert_ne!(v0(&base).hash, v0(&other).hash);
        assert_ne!(raw(1, &base), raw(1, &other));
    }
}

#[test]
fn projects_never_share_a_group() {
    let event = error("TypeError", "a", vec![]);
    assert_ne!(raw(1, &event), raw(2, &event));
}

#[test]
fn minified_frames_are_raw_by_release() {
    let mut event = error("TypeError", "a", vec![frame("t", "/x.js", 1)]);
    event.release = Some("1".into());
    let first = raw(1, &event);
    event.release = Some("2".into());
    assert_ne!(raw(1, &event), first);
    event.exceptions[0].frames = vec![frame("formatTotal", "/x.js", 1)];
    let readable = raw(1, &event);
    event.release = Some("3".into());
    assert_eq!(raw(1, &event), readable);
}

#[test]
fn own_fingerprint_comes_first() {
    let mut event = error("TypeError", "a", vec![]);
    let default = v0(&event);
    event.fingerprint = vec!["{{ default }}".into()];
    assert_eq!(v0(&event), default);
    event.fingerprint = vec!["{{default}}".into(), "cart".into()];
    assert_eq!(v0(&event).label, "TypeError + a + cart");
    event.fingerprint = vec!["cart".into()];
    assert_eq!(v0(&event).label, "cart");
}

#[test]
fn files_stand_in_for_names() {
    let event =
        error("TypeError", "a", vec![frame("", "https://a.test/js/main-8f3a2b1c.min.js?v=2", 1)]);
    assert_eq!(v0(&event).label, "TypeError + a + main");
}

mod finer {
    use super::*;
    use proptest::prelude::*;

    fn any_event() -> impl Strategy<Value = Event> {
        let frame = (0..3_usize, 0..3_usize, 1..3_u32, any::<bool>()).prop_map(
            |(name, file, line, own)| {
                let name = ["pay", "t", ""][name];
                let file = ["https://a.test/x.js", "https://a.test/x-8f3a2b.js", ""][file];
                Frame { in_app: own, ..frame(name, file, line) }
            },
        );
        let frames = prop::collection::vec(frame, 0..3);
        let messages = prop::sample::select(vec![
            "a 1",
            "a 2",
            "b",
            "Script error.",
            "Failed to fetch",
            "Load failed (a1.test)",
            "Loading chunk 1 failed.",
            "Loading chunk 2 failed.",
            "Unexpected token '<'",
            "timeout of 10ms exceeded",
            "timeout of 20ms exceeded",
        ]);
        let kinds = prop::sample::select(vec!["E", "TypeError", "SyntaxError"]);
        let prints =
            prop::sample::select(vec![vec![], vec!["{{ default }}".to_owned()], vec!["x".into()]]);
        (kinds, messages, frames, prints).prop_map(|(kind, message, frames, fingerprint)| Event {
            fingerprint,
            ..error(kind, message, frames)
        })
    }

    proptest! {
        #[test]
        fn equal_raw_is_equal_fingerprint(one in any_event(), two in any_event()) {
            if raw(1, &one) == raw(1, &two) {
                prop_assert_eq!(v0(&one), v0(&two));
            }
        }

        #[test]
        fn any_message_is_rewritten_once(message: String) {
            let once = parameterised(&message);
            prop_assert!(once.len() <= message.len() * 3);
        }
    }
}
