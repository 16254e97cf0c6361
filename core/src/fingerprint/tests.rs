use super::*;
use crate::event::{Breadcrumb, Exception};
use serde_json::json;

mod finer;
mod parameters;

pub(super) fn frame(function: &str, file: &str, line: u32) -> Frame {
    Frame {
        function: function.into(),
        file: file.into(),
        line,
        column: 5,
        in_app: true,
        ..Frame::default()
    }
}

pub(super) fn error(kind: &str, value: &str, frames: Vec<Frame>) -> Event {
    let exception =
        Exception { kind: kind.into(), value: value.into(), frames, ..Exception::default() };
    Event { exceptions: vec![exception], ..Event::default() }
}

#[test]
fn rust_panic_is_one_issue_across_builds_and_engines() {
    let place = || frame("", "src/cart.rs", 12);
    let of = |frames| v1(&error("panic", "no box of number 7", frames)).hash;
    let url = "https://a.test/a.wasm";
    let chromium = of(vec![place(), frame("wasm-function[12]", url, 1)]);
    assert_eq!(chromium, of(vec![place(), frame("wasm-function[13]", "[wasm code]", 0)]));
    let other = frame("", "src/pay.rs", 3);
    assert_ne!(chromium, of(vec![other, frame("wasm-function[12]", url, 1)]));
    let named = |hash| of(vec![place(), frame(hash, url, 1)]);
    assert_eq!(named("shop::pack::h0123456789abcdef"), named("shop::pack::h00000000deadbeef"));
    assert_ne!(named("shop::pack::h0123456789abcdef"), named("shop::seal::h0123456789abcdef"));
}

#[test]
fn rusts_own_words_are_a_bug_only_with_the_place_that_they_are_said_of() {
    let of = |message: &str, file: &str, function: &str| {
        let frames = vec![frame("", file, 12), frame(function, "https://a.test/a.wasm", 1)];
        v1(&error("panic", message, frames)).hash
    };
    for (message, elsewhere) in [
        (
            "index out of bounds: the len is 2 but the index is 5",
            "index out of bounds: the len is 3 but the index is 7",
        ),
        ("called `Option::unwrap()` on a `None` value", ""),
        ("called `Result::unwrap()` on an `Err` value: ParseIntError { kind: InvalidDigit }", ""),
        ("attempt to subtract with overflow", ""),
        ("attempt to divide by zero", ""),
        ("range end index 9 out of range for slice of length 3", ""),
        ("byte index 3 is not a char boundary; it is inside 'é' (bytes 2..4) of `café`", ""),
        ("internal error: entered unreachable code: the cart is never empty", ""),
        ("assertion failed: cart.total > 0.0", ""),
        ("assertion `left == right` failed: totals differ\n  left: 1\n right: 2", ""),
        ("RefCell already borrowed", ""),
        ("already borrowed: BorrowMutError", ""),
        ("user-provided comparison function does not correctly implement a total order", ""),
        ("failed to spawn thread: Error { kind: Unsupported, message: \"no threads\" }", ""),
    ] {
        let elsewhere = if elsewhere.is_empty() { message } else { elsewhere };
        let one = of(message, "src/cart.rs", "shop::price_of::h0123456789abcdef");
        let moved = of(elsewhere, "src/cart.rs", "shop::price_of::h00000000deadbeef");
        assert_eq!(one, moved, "{message}");
        let other = of(elsewhere, "src/cart.rs", "shop::volume_of::h0123456789abcdef");
        assert_ne!(one, other, "the function counts: {message}");
        // Each component has a function `view`.
        let view = |file| of(message, file, "<shop::Cart as yew::Component>::view");
        assert_ne!(view("src/cart.rs"), view("src/order.rs"), "the file counts: {message}");
        let stripped = |file, index| of(message, file, index);
        let (chromium, other_build) = ("wasm-function[12]", "wasm-function[44]");
        assert_eq!(stripped("src/cart.rs", chromium), stripped("src/cart.rs", other_build));
        assert_ne!(stripped("src/cart.rs", chromium), stripped("src/order.rs", chromium));
    }
}

#[test]
fn words_that_somebody_chose_for_a_panic_are_the_bug_wherever_it_is_said() {
    let of = |function: &str| {
        let frames = vec![frame("", "src/cart.rs", 12), frame(function, "src/cart.rs", 1)];
        v1(&error("panic", "the voucher of a cart has expired: Expired", frames)).hash
    };
    assert_eq!(of("shop::price_of"), of("shop::volume_of"));
}

/// A stack of functions in one bundle, crashing first.
fn stack(functions: &[&str]) -> Event {
    let frames =
        functions.iter().map(|function| frame(function, "https://a.test/app.js", 7)).collect();
    error("TypeError", "Invalid state", frames)
}

#[track_caller]
fn check_label(event: &Event, expected: &str) {
    assert_eq!(v1(event).label, expected);
}

#[test]
fn lines_origins_releases_and_engines_do_not_split() {
    let chromium = error(
        "TypeError",
        "Cannot read properties of undefined (reading 'id')",
        vec![frame("Cart.pay", "https://a.test/x-8f3a2b.js", 1)],
    );
    let firefox = error(
        "TypeError",
        "can't access property \"id\", e is undefined",
        vec![frame("pay", "https://b.test/y-9c01de.js", 9)],
    );
    assert_eq!(v1(&chromium), v1(&firefox));
    check_label(&chromium, "nullish access: id + pay");
    assert_ne!(raw(1, &chromium), raw(1, &firefox));
}

#[test]
fn message_and_function_split() {
    let base = error("TypeError", "Invalid state", vec![frame("pay", "/x.js", 1)]);
    for other in [
        error("TypeError", "Invalid token", vec![frame("pay", "/x.js", 1)]),
        error("TypeError", "Invalid state", vec![frame("ship", "/x.js", 1)]),
    ] {
        assert_ne!(v1(&base).hash, v1(&other).hash);
        assert_ne!(raw(1, &base), raw(1, &other));
    }
}

#[test]
fn first_given_name_counts_and_its_caller_where_any_code_has_it() {
    check_label(&stack(&["formatTotal", "renderSummary"]), "invalid state + formatTotal");
    check_label(&stack(&["invariant", "enterCard", "click"]), "invalid state + enterCard");
    check_label(&stack(&["Bus.emit", "emit", "updateBadge"]), "invalid state + emit ← updateBadge");
    check_label(
        &stack(&["", "checkout/<", "Array.map", "lineTitles"]),
        "invalid state + map ← lineTitles",
    );
    check_label(&stack(&["new HttpError", "HttpError", "showOrder"]), "invalid state + showOrder");
    check_label(&stack(&["async Object.pay2 [as onClick]"]), "invalid state + pay");
}

#[test]
fn minified_names_hold_within_a_release() {
    let mut event = stack(&["t", "Qe"]);
    event.release = Some("1".into());
    let first = v1(&event);
    event.release = Some("2".into());
    assert_ne!(v1(&event), first);
    // With a name in the message, releases are not told apart.
    let mut named = error(
        "TypeError",
        "Cannot read properties of undefined (reading 'gateway')",
        vec![frame("t", "https://a.test/a.js", 1)],
    );
    named.release = Some("1".into());
    let first = v1(&named);
    named.release = Some("2".into());
    assert_eq!(v1(&named), first);
}

#[test]
fn a_class_that_a_minifier_renamed_does_not_split() {
    let readable = error(
        "PaymentError",
        "Card was declined by the bank",
        vec![frame("payByCard", "src/pay.ts", 1)],
    );
    let minified =
        error("t", "Card was declined by the bank", vec![frame("payByCard", "src/pay.ts", 1)]);
    assert_eq!(v1(&readable), v1(&minified));
}

#[test]
fn recursion_is_one_whatever_its_depth_and_whoever_was_on_top() {
    let mut one = stack(&["parent", "ancestor", "parent", "ancestor", "start"]);
    let mut other = stack(&["ancestor", "parent", "ancestor", "parent", "ancestor", "parent"]);
    one.exceptions[0].value = "Maximum call stack size exceeded".into();
    other.exceptions[0].value = "too much recursion".into();
    other.exceptions[0].kind = "InternalError".into();
    assert_eq!(v1(&one), v1(&other));
    check_label(&one, "endless recursion + ancestor ↔ parent");
}

#[test]
fn requests_without_an_answer_count_by_the_request() {
    let with_request = |message: &str, url: &str, functions: Vec<Frame>| {
        let data = json!({"method": "GET", "url": url}).as_object().cloned().unwrap();
        let crumb = Breadcrumb { category: "fetch".into(), data, ..Breadcrumb::default() };
        Event { breadcrumbs: vec![crumb], ..error("TypeError", message, functions) }
    };
    let chromium = with_request(
        "Failed to fetch",
        "https://a.test/api/cart/4711?x=1",
        vec![frame("loadCart", "/x.js", 1)],
    );
    let safari = with_request("Load failed", "/api/cart/9", vec![]);
    let other = with_request("Load failed", "/api/profile", vec![]);
    check_label(&chromium, "network + GET /api/cart/<n>");
    assert_eq!(v1(&chromium), v1(&safari));
    assert_ne!(v1(&safari), v1(&other));
    assert_ne!(raw(1, &safari), raw(1, &other));
}

#[test]
fn resources_and_policies_count_by_kind_and_path_or_origin() {
    let label = |kind: &str, value: &str| v1(&error(kind, value, vec![])).label;
    assert_eq!(
        label("LoadError", "<img> failed to load: https://a.test/photos/4711.png?w=2"),
        "LoadError + img /photos/<n>.png"
    );
    assert_eq!(
        label("CSPViolation", "Blocked 'script-src-elem' from 'https://ads.test/a/b.js'"),
        "CSPViolation + script-src-elem https://ads.test"
    );
    assert_eq!(
        label("CSPViolation", "Blocked 'script-src' from 'inline'"),
        "CSPViolation + script-src inline"
    );
}

#[test]
fn every_member_of_a_chain_counts_and_equal_ones_once() {
    let member = |value: &str| Exception {
        kind: "Error".into(),
        value: value.into(),
        ..Exception::default()
    };
    let chain = |values: &[&str]| Event {
        exceptions: values.iter().map(|value| member(value)).collect(),
        ..Event::default()
    };
    let wallet = chain(&["Wallet could not be opened", "Berlin store is closed"]);
    assert_ne!(
        v1(&wallet),
        v1(&chain(&["Wallet could not be opened", "Courier drives no Sundays"]))
    );
    assert_eq!(
        v1(&wallet),
        v1(&chain(&[
            "Wallet could not be opened",
            "Berlin store is closed",
            "Berlin store is closed"
        ]))
    );
}

#[test]
fn stacks_of_the_sdk_and_of_reports_do_not_count() {
    let mut synthetic = stack(&["captureIt"]);
    synthetic.exceptions[0].mechanism.synthetic = true;
    check_label(&synthetic, "TypeError + invalid state");
    let sdk = error(
        "Error",
        "Invalid state",
        vec![frame("withScope", "https://a.test/sentry.min.js", 1)],
    );
    check_label(&sdk, "Error + invalid state");
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
    let mut event = error("TypeError", "Invalid state", vec![frame("pay", "/x.js", 1)]);
    event.transaction = Some("/cart".into());
    event.tags = vec![("shop".into(), "eu".into())];
    event.fingerprint = vec!["{{ default }}".into()];
    check_label(&event, "invalid state + pay");
    event.fingerprint = vec!["{{default}}".into(), "cart".into()];
    check_label(&event, "invalid state + pay + cart");
    let parts = [
        "{{ type }}",
        "{{ message }}",
        "{{ function }}",
        "{{ transaction }}",
        "{{ tags.shop }}",
        "{{ nothing }}",
    ];
    event.fingerprint = parts.map(str::to_owned).to_vec();
    check_label(&event, "TypeError + Invalid state + pay + /cart + eu + {{ nothing }}");
    let before = raw(1, &event);
    event.transaction = Some("/checkout".into());
    assert_ne!(raw(1, &event), before);
}

#[test]
fn what_was_left_out_says_why() {
    let grouping = group(&error(
        "Error",
        "Card was declined by the bank",
        vec![frame("payByCard", "/x.js", 1)],
    ));
    let function = grouping
        .components
        .iter()
        .find(|component| component.kind == ComponentKind::Function)
        .unwrap();
    assert_eq!((function.value.as_str(), function.used), ("payByCard", false));
    assert!(function.why.contains("message alone"), "{}", function.why);
}

#[test]
fn what_a_fingerprint_or_a_rule_hides_is_left_out_with_its_reason() {
    let event = error("TypeError", "Invalid state", vec![frame("pay", "/x.js", 1)]);
    let own = Event { fingerprint: vec!["mine".into()], ..event.clone() };
    let told = |grouping: Grouping| -> Vec<String> {
        let told = |c: &Component| {
            format!("{} {} {}", c.kind.name(), c.value, if c.used { "counts" } else { &c.why })
        };
        grouping.components.iter().map(told).collect()
    };
    let why = "The page set a fingerprint.";
    let hidden = |why: &str| {
        ["type TypeError", "message invalid state", "function pay"]
            .map(|part| format!("{part} {why}"))
    };
    assert_eq!(
        told(group(&own)),
        [vec!["sender mine counts".to_owned()], hidden(why).to_vec()].concat()
    );
    let rules = |text: &str| Rules::parse(text).unwrap();
    let why = "A rule of the project decides.";
    let expected = [vec!["rule x counts".to_owned()], hidden(why).to_vec()].concat();
    assert_eq!(told(group_by(&event, &rules("type:* -> x"))), expected);
    // With `{{ default }}` it counts.
    let both = group_by(&event, &rules("type:* -> x, {{ default }}"));
    assert_eq!(both.fingerprint().label, "x + invalid state + pay");
    assert_eq!(both.components.len(), 4);
}

#[test]
fn two_groupings_say_why_they_are_not_one() {
    let one = group(&stack(&["pay"]));
    let other = group(&stack(&["ship"]));
    let found = differences(&one, &other);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].why, "The function differs: pay here, ship there.");
    assert_eq!(differences(&one, &one), []);
    let nameless = group(&stack(&[]));
    assert!(!differences(&one, &nameless).is_empty());
}

#[test]
fn versions_share_no_hash_and_rules_are_noted() {
    let event = stack(&["pay"]);
    let found = v1(&event);
    assert_ne!(found.hash, found.earlier);
    assert_eq!((group(&event).version, found.rules.as_str()), (VERSION, ""));
    let rules = Rules::parse("type:TypeError -> pay").unwrap();
    let ruled = v1_by(&event, &rules);
    assert_eq!((ruled.label.as_str(), ruled.rules), ("pay", rules.digest()));
    assert_ne!(ruled.hash, found.hash);
}
