use super::*;
use crate::fingerprint::parameterised;

/// Every wording says the same.
#[track_caller]
fn check(kind: &str, expected: &str, wordings: &[&str]) {
    for wording in wordings {
        assert_eq!(canonical(kind, &parameterised(wording)).text, expected, "{wording}");
    }
}

#[test]
fn access_to_nothing_is_named_by_its_property() {
    check(
        "TypeError",
        "nullish access: total",
        &[
            "Cannot read properties of undefined (reading 'total')",
            "Cannot read properties of null (reading 'total')",
            "Cannot set properties of undefined (setting 'total')",
            "Cannot read property 'total' of undefined",
            "Unable to get property 'total' of undefined or null reference",
            "can't access property \"total\", cart.sums[0] is undefined",
            "undefined is not an object (evaluating 'cart.total')",
            "null is not an object (evaluating 'this.cart.find(\"a.b\").total = 7')",
            "undefined is not an object (evaluating 'cart(1, [2]).total.map(x => x.y)')"
                .replace(".map(x => x.y)", "")
                .as_str(),
            "Uncaught TypeError: Cannot read properties of undefined (reading 'total')",
        ],
    );
    check(
        "TypeError",
        "nullish access: []",
        &[
            "Cannot read properties of undefined (reading '0')",
            "can't access property 0, e is undefined",
            "undefined is not an object (evaluating 'e.lines[0]')",
        ],
    );
    check(
        "TypeError",
        "nullish access",
        &["cart is undefined", "a.b[0] is null", "Right side of assignment cannot be destructured"],
    );
}

#[test]
fn calls_are_named_by_their_method_and_never_by_a_variable() {
    check(
        "TypeError",
        "no function: format",
        &[
            "price.format is not a function",
            "t.format is not a function",
            "this.price.format is not a function. (In 'this.price.format(\"EUR\")', 'this.price.format' is undefined)",
            "(intermediate value).format is not a function",
        ],
    );
    check(
        "TypeError",
        "no function",
        &["callback is not a function", "t is not a function. (In 't()', 't' is undefined)"],
    );
    check(
        "TypeError",
        "no constructor: Widget",
        &[
            "registry.Widget is not a constructor",
            "undefined is not a constructor (evaluating 'new registry.Widget(document.body)')",
        ],
    );
    check("TypeError", "the plugin is not a function", &["The plugin is not a function"]);
}

#[test]
fn undefined_names_stay_because_no_minifier_renames_them() {
    check(
        "ReferenceError",
        "not defined: gtag",
        &["gtag is not defined", "Can't find variable: gtag"],
    );
    check(
        "ReferenceError",
        "uninitialized variable",
        &[
            "Cannot access 't' before initialization",
            "can't access lexical declaration 'summary' before initialization",
            "Cannot access uninitialized variable.",
        ],
    );
}

#[test]
fn each_engine_says_the_same_in_its_own_words() {
    check(
        "TypeError",
        "not iterable",
        &[
            "lines is not iterable",
            "undefined is not iterable (cannot read property Symbol(Symbol.iterator))",
            "can't access property Symbol.iterator, lines is undefined",
            "undefined is not a function (near '...of lines...')",
            "Spread syntax requires ...iterable[Symbol.iterator] to be a function",
        ],
    );
    check(
        "RangeError",
        "endless recursion",
        &[
            "Maximum call stack size exceeded",
            "Maximum call stack size exceeded.",
            "too much recursion",
        ],
    );
    check(
        "SyntaxError",
        "invalid json",
        &[
            "Unexpected token '<', \"<!doctype \"... is not valid JSON",
            "Unexpected token < in JSON at position 0",
            "Unexpected end of JSON input",
            "JSON.parse: unexpected character at line 1 column 1 of the JSON data",
            "JSON Parse error: Unrecognized token '<'",
        ],
    );
    check(
        "TypeError",
        "json of a cycle",
        &[
            "Converting circular structure to JSON\n    --> starting at object with constructor 'Object'",
            "cyclic object value",
            "JSON.stringify cannot serialize cyclic structures.",
        ],
    );
    check(
        "RangeError",
        "array length",
        &[
            "Invalid array length",
            "invalid array length",
            "Array length must be a positive integer of safe magnitude.",
        ],
    );
    check(
        "TypeError",
        "read-only",
        &[
            "Assignment to constant variable.",
            "invalid assignment to const 'x'",
            "Attempted to assign to readonly property.",
            "\"vat\" is read-only",
        ],
    );
    check("RangeError", "invalid date", &["Invalid time value", "invalid date", "Invalid Date"]);
    check(
        "RuntimeError",
        "wasm unreachable",
        &[
            "unreachable",
            "unreachable executed",
            "Unreachable code should not be executed (evaluating 'e()')",
        ],
    );
    check(
        "AggregateError",
        "all promises rejected",
        &[
            "All promises were rejected",
            "No Promise in Promise.any was resolved",
            "",
            "No error message",
        ],
    );
    check(
        "SyntaxError",
        "regular expression",
        &[
            "Invalid regular expression: /a(/: Unterminated group",
            "unterminated parenthetical",
            "Invalid regular expression: missing )",
        ],
    );
}

#[test]
fn dom_exceptions_count_by_their_name() {
    let removed = [
        "Failed to execute 'removeChild' on 'Node': The node to be removed is not a child of this node.",
        "Node.removeChild: The node to be removed is not a child of this node",
        "The object can not be found here.",
    ];
    check("NotFoundError", "dom exception NotFoundError", &removed);
    check("NotFoundError", "customer not found", &["Customer not found"]);
    check(
        "AbortError",
        "dom exception AbortError",
        &["signal is aborted without reason", "The operation was aborted. ", "Fetch is aborted"],
    );
    let argument = [
        "Failed to execute 'appendChild' on 'Node': parameter 1 is not of type 'Node'.",
        "Node.appendChild: Argument 1 is not an object.",
        "Argument 1 ('node') to Node.appendChild must be an instance of Node",
    ];
    check("TypeError", "argument: appendChild", &argument);
}

#[test]
fn frameworks_number_their_failures() {
    check(
        "Error",
        "react 418",
        &[
            "Minified React error #418; visit https://react.dev/errors/418?args[]= for the full message",
            "Hydration failed because the server rendered HTML didn't match the client.",
        ],
    );
    check(
        "Error",
        "react 301",
        &[
            "Minified React error #301",
            "Too many re-renders. React limits the number of renders to prevent an infinite loop.",
        ],
    );
    check(
        "Svelte error",
        "svelte effect_update_depth_exceeded",
        &[
            "https://svelte.dev/e/effect_update_depth_exceeded",
            "effect_update_depth_exceeded\nMaximum update depth exceeded.",
        ],
    );
}

#[test]
fn panics_count_by_file_and_message() {
    check(
        "PanicError",
        "panic in src/cart.rs, index <n> out of range",
        &[
            "panicked at src/cart.rs:12:5:\nindex 7 out of range",
            "panicked at 'index 9 out of range', src/cart.rs:14:5",
        ],
    );
}

#[test]
fn what_somebody_wrote_stays_without_what_varies() {
    check(
        "Error",
        "coupon <text> is used up",
        &["Coupon \"HAZEL\" is used up", "Coupon 'SUMMER 20' is used up."],
    );
    check("Error", "can't open the customer's drawer", &["Can't open the customer's drawer"]);
    check(
        "Error",
        "object with keys code, reason",
        &[
            "{\"reason\":\"conflict\",\"code\":409}",
            "Object captured as promise rejection with keys: code, reason",
        ],
    );
    check("Error", "", &[""]);
}

#[track_caller]
fn check_tells(kind: &str, message: &str, expected: Tells) {
    assert_eq!(canonical(kind, &parameterised(message)).tells, expected, "{message}");
}

#[test]
fn messages_tell_more_or_less() {
    for message in [
        "Seat 614 is taken by reservation eb486438",
        "No delivery slot for https://a.test",
        "gtag is not defined",
    ] {
        check_tells("Error", message, Tells::Bug);
    }
    for message in [
        "Invalid state",
        "Request failed with status code 404",
        "Something went wrong",
        "Not found",
        "Unknown error",
        "x",
    ] {
        check_tells("Error", message, Tells::Kind);
    }
    check_tells(
        "TypeError",
        "Cannot read properties of undefined (reading 'shippingAddress')",
        Tells::Name,
    );
    check_tells("TypeError", "Cannot read properties of undefined (reading 'length')", Tells::Kind);
}
