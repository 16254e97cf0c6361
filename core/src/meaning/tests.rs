use super::*;
use crate::event::{Frame, Mechanism};

fn thrown(kind: &str, value: &str) -> Event {
    let exception = Exception { kind: kind.into(), value: value.into(), ..Exception::default() };
    Event { exceptions: vec![exception], ..Event::default() }
}

#[track_caller]
fn check(kind: &str, value: &str, expected: &str) {
    let meaning = meaning(&thrown(kind, value)).unwrap();
    assert!(meaning.what.contains(expected), "{kind} {value}: {}", meaning.what);
    assert!(meaning.remedy.len() > 20 && meaning.what.ends_with('.'), "{meaning:?}");
}

#[test]
fn a_missing_value_is_named_whatever_the_engine() {
    check(
        "TypeError",
        "Cannot read properties of undefined (reading 'amount')",
        "undefined where the code expected an object with amount",
    );
    check(
        "TypeError",
        "Cannot set properties of null (setting 'x')",
        "null where the code expected an object with x",
    );
    check("TypeError", "cart.totals is undefined", "cart.totals is undefined: the code expected");
    check(
        "TypeError",
        "undefined is not an object (evaluating 'cart.totals.amount')",
        "A part of cart.totals.amount was undefined",
    );
    check(
        "TypeError",
        "Cannot destructure property 'a' of 'b' as it is undefined.",
        "A value was undefined",
    );
}

#[test]
fn classes_are_told_by_the_words_of_each_engine() {
    for (kind, value, expected) in [
        ("TypeError", "items.map is not a function", "items.map was called"),
        (
            "TypeError",
            "items.map is not a function. (In 'items.map(x)', 'items.map' is undefined)",
            "items.map was called",
        ),
        ("ReferenceError", "gtag is not defined", "does not exist there"),
        (
            "ReferenceError",
            "Cannot access 'a' before initialization",
            "before the line that declares it",
        ),
        ("ReferenceError", "Can't find variable: gtag", "does not exist there"),
        ("RangeError", "Maximum call stack size exceeded", "called itself"),
        ("InternalError", "too much recursion", "called itself"),
        ("RangeError", "Invalid array length", "more memory"),
        ("RangeError", "toFixed() digits argument must be between 0 and 100", "outside what"),
        (
            "SyntaxError",
            "Unexpected token '<', \"<!doctype \"... is not valid JSON",
            "read as JSON",
        ),
        ("SyntaxError", "JSON.parse: unexpected character at line 1", "read as JSON"),
        ("SyntaxError", "JSON Parse error: Unexpected EOF", "read as JSON"),
        ("SyntaxError", "Unexpected token '?'", "could not read a script"),
        ("Error", "Minified React error #418; visit …", "differs from the HTML"),
        (
            "Error",
            "Hydration failed because the initial UI does not match",
            "differs from the HTML",
        ),
        (
            "NotFoundError",
            "Failed to execute 'removeChild' on 'Node': The node to be removed is not a child of this node.",
            "no longer where",
        ),
        ("QuotaExceededError", "The quota has been exceeded.", "storage for this site is full"),
        ("AbortError", "signal is aborted without reason", "cancelled"),
        ("SecurityError", "Blocked a frame with origin", "across origins"),
        ("NotAllowedError", "play() failed", "did not allow it"),
        ("RuntimeError", "unreachable", "trap"),
        ("CompileError", "WebAssembly.instantiate(): expected magic word", "could not be compiled"),
        ("EvalError", "Refused to evaluate: 'unsafe-eval'", "content security policy"),
        ("Error", "ResizeObserver loop limit exceeded", "ResizeObserver"),
        ("TypeError", "Converting circular structure to JSON", "contains itself"),
        ("DataCloneError", "x could not be cloned.", "cannot be copied"),
        ("TypeError", "x is not iterable", "neither"),
        ("InvalidStateError", "The connection is closing", "at a moment"),
        ("URIError", "URI malformed", "percent sign"),
        ("TypeError", "weird", "not of the type"),
    ] {
        check(kind, value, expected);
    }
}

#[test]
fn what_has_no_class_says_how_it_came() {
    let with = |kind: &str, handled, synthetic| {
        let mut event = thrown("PayError", "declined");
        event.exceptions[0].mechanism = Mechanism { kind: kind.into(), handled, synthetic };
        meaning(&event).unwrap().what
    };
    assert_eq!(
        with("onunhandledrejection", Some(false), false),
        "PayError rejected a promise, and nobody caught it."
    );
    assert_eq!(with("onerror", Some(false), false), "PayError was thrown, and nobody caught it.");
    assert_eq!(
        with("generic", Some(true), false),
        "PayError was thrown, and the code caught and reported it."
    );
    assert!(
        with("onunhandledrejection", Some(false), true).starts_with("Something that is no Error")
    );
    assert!(meaning(&Event::default()).is_none());
    let message = Event { message: Some("hello".into()), ..Event::default() };
    assert_eq!(meaning(&message).unwrap().what, "The code sent a message: nothing was thrown.");
}

#[test]
fn the_first_own_function_is_named_and_words_of_the_page_are_cut() {
    let mut event = thrown("TypeError", &format!("{} is not a function", "é".repeat(500)));
    let frame =
        |function: &str, in_app| Frame { function: function.into(), in_app, ..Frame::default() };
    event.exceptions[0].frames = vec![frame("lib", false), frame("formatTotal", true)];
    let what = meaning(&event).unwrap().what;
    assert!(what.ends_with(" It happened in formatTotal.") && what.len() < 200, "{what}");
}
