//! Wordings without names: the same failure in the words of Chromium, Firefox and WebKit, old and new.

/// Recursion without an end.
pub(super) const ENDLESS: &str = "endless recursion";
/// A text that is no JSON.
pub(super) const JSON: &str = "invalid json";
/// What WebKit says where `response.json()` meets a text that is no JSON, and of invalid selectors, too.
pub(in crate::fingerprint) const WEBKIT_JSON: &str =
    "The string did not match the expected pattern.";
/// `Promise.any` without one that was fulfilled; WebKit says nothing.
pub(super) const ANY: &str = "all promises rejected";

/// How a wording is compared, in lower case and without its last full stop.
enum Is {
    /// All of it.
    All(&'static str),
    /// How it begins.
    Start(&'static str),
    /// What stands in it.
    Part(&'static str),
}

use Is::{All, Part, Start};

/// What an engine means, and how the engines say it. The first that fits counts.
const FIXED: &[(&str, &[Is])] = &[
    (
        ENDLESS,
        &[
            Start("maximum call stack size exceeded"),
            All("too much recursion"),
            All("out of stack space"),
        ],
    ),
    (
        JSON,
        &[
            Part(" is not valid json"),
            Start("json.parse: "),
            Start("json parse error: "),
            Start("unexpected end of json input"),
            Part(" in json at position"),
            Start("unterminated string in json"),
            Start("bad control character in string literal in json"),
            Start("bad escaped character in json"),
            Start("no number after minus sign in json"),
            Start("exponent part is missing a number in json"),
            Start("unterminated fractional number in json"),
            Start("unexpected non-whitespace character after json"),
            Start("unexpected token < in json"),
            Start("expected property name or '}' in json"),
        ],
    ),
    (
        "uninitialized variable",
        &[
            Start("can't access lexical declaration "),
            Start("cannot access uninitialized variable"),
            Part("' before initialization"),
        ],
    ),
    (
        "read-only",
        &[
            Start("assignment to constant variable"),
            Start("invalid assignment to const "),
            Start("attempted to assign to readonly property"),
            Start("cannot assign to read only property"),
            Part("\" is read-only"),
            Part("object is not extensible"),
            Part("is not extensible"),
            Start("can't define array index property past the end"),
            Start("attempting to define property on object that is not extensible"),
            Start("cannot assign to property "),
            Start("setting getter-only property"),
            Part("which has only a getter"),
        ],
    ),
    (
        "undeletable property",
        &[
            Start("cannot delete property"),
            Part("is non-configurable and can't be deleted"),
            Start("unable to delete property"),
        ],
    ),
    (
        "json of a cycle",
        &[
            Start("converting circular structure to json"),
            All("cyclic object value"),
            Part("cannot serialize cyclic structures"),
        ],
    ),
    (
        "json of a bigint",
        &[
            Start("do not know how to serialize a bigint"),
            Start("bigint value can't be serialized"),
            Start("json.stringify cannot serialize bigint"),
        ],
    ),
    (
        "array length",
        &[
            All("invalid array length"),
            Start("array size is not a small enough positive integer"),
            Start("array length must be a positive integer"),
            Start("invalid array buffer length"),
            Start("array buffer allocation failed"),
        ],
    ),
    (
        "string length",
        &[All("invalid string length"), All("allocation size overflow"), Start("out of memory")],
    ),
    (
        "repeat count",
        &[
            Start("invalid count value"),
            Start("repeat count must be"),
            Part("repeat argument must be greater than or equal"),
        ],
    ),
    (
        "number of digits",
        &[
            Part("digits argument must be between"),
            Part("tofixed() argument must be between"),
            Part("toprecision() argument must be between"),
            Part("toexponential() argument must be between"),
            Start("precision <n> out of range"),
        ],
    ),
    ("radix", &[Part("radix must be"), Part("radix argument must be between")]),
    (
        "invalid date",
        &[All("invalid time value"), All("invalid date"), Part("date value is not finite")],
    ),
    (
        "currency code",
        &[Start("invalid currency code"), Part("currency is not a well-formed currency code")],
    ),
    ("locale", &[Start("incorrect locale information"), Start("invalid language tag")]),
    ("time zone", &[Start("invalid time zone")]),
    ("percent-encoding", &[All("uri malformed"), All("malformed uri sequence"), All("uri error")]),
    ("reduce of nothing", &[Start("reduce of empty array with no initial value")]),
    (
        "instanceof",
        &[
            Start("right-hand side of 'instanceof' is not"),
            Start("invalid 'instanceof' operand"),
            Start("right hand side of instanceof is not"),
        ],
    ),
    (
        "in operator",
        &[
            Start("cannot use 'in' operator"),
            Start("right-hand side of 'in' should be"),
            Part(" is not an object. (evaluating '\""),
        ],
    ),
    (
        "symbol as a text",
        &[
            Start("cannot convert a symbol value to a"),
            Start("can't convert symbol to"),
            Start("cannot convert a symbol to"),
        ],
    ),
    (
        "bigint among numbers",
        &[
            Start("cannot mix bigint"),
            Start("can't convert bigint to number"),
            Start("invalid mix of bigint"),
            Start("conversion from 'bigint' to 'number'"),
        ],
    ),
    (
        "nothing as an object",
        &[
            Start("cannot convert undefined or null to object"),
            Start("can't convert undefined to object"),
            Start("can't convert null to object"),
        ],
    ),
    (
        "class without new",
        &[
            Part("cannot be invoked without 'new'"),
            Start("class constructors must be invoked with 'new'"),
            Start("cannot call a class constructor"),
        ],
    ),
    (
        "missing super call",
        &[
            Start("must call super constructor"),
            Part("must be called in derived constructor before accessing"),
        ],
    ),
    (
        "private member",
        &[
            Start("cannot read private member"),
            Start("cannot write private member"),
            Start("can't access private field"),
            Start("can't set private field"),
            Start("cannot access invalid private field"),
        ],
    ),
    (
        "illegal invocation",
        &[
            All("illegal invocation"),
            Part("called on an object that does not implement interface"),
            Start("can only call "),
        ],
    ),
    ("too few arguments", &[All("not enough arguments")]),
    (
        "invalid url",
        &[
            Part(": invalid url"),
            Part("failed to parse url from"),
            Part("is not a valid url"),
            Part("cannot be parsed as a url"),
            All("invalid url"),
            Start("url is not valid or contains user credentials"),
        ],
    ),
    (ANY, &[All("all promises were rejected"), Start("no promise in promise.any was resolved")]),
];

/// Traps, in WebAssembly's `RuntimeError`.
const TRAPS: &[(&str, &[Is])] = &[
    (
        "wasm unreachable",
        &[
            All("unreachable"),
            All("unreachable executed"),
            Start("unreachable code should not be executed"),
        ],
    ),
    (
        "wasm division by zero",
        &[
            All("divide by zero"),
            All("remainder by zero"),
            Start("integer divide by zero"),
            Start("division by zero"),
        ],
    ),
    (
        "wasm out of bounds",
        &[
            Start("memory access out of bounds"),
            Start("index out of bounds"),
            Start("out of bounds memory access"),
            Start("table index is out of bounds"),
            Start("out of bounds table access"),
            Start("table access out of bounds"),
        ],
    ),
    (
        "wasm integer overflow",
        &[
            Start("integer overflow"),
            Start("divide result unrepresentable"),
            Start("float unrepresentable in integer range"),
            Start("out of bounds trunc operation"),
        ],
    ),
    (
        "wasm indirect call",
        &[
            Start("null function or function signature"),
            Start("indirect call to null"),
            Start("indirect call signature mismatch"),
            Start("call_indirect to a"),
        ],
    ),
];

/// Regular expressions and code that are read while the page runs, in `SyntaxError`.
const SYNTAX: &[(&str, &[Is])] = &[
    (
        "regular expression",
        &[
            Start("invalid regular expression"),
            Start("invalid flags supplied to regexp"),
            All("unterminated parenthetical"),
            All("nothing to repeat"),
            Start("unmatched ) in regular expression"),
            Start("unterminated character class"),
            Start("invalid range in character class"),
            Start("invalid regexp group"),
            Start("numbers out of order in {} quantifier"),
            Start("invalid capture group name"),
            Start("invalid identity escape in regular expression"),
            Start("invalid property name in regular expression"),
            Start("\\ at end of pattern"),
            Start("invalid escape in regular expression"),
            Start("raw bracket is not allowed in regular expression"),
            Start("incomplete quantifier in regular expression"),
            Start("duplicate capture group name"),
        ],
    ),
    (
        "code that is none",
        &[
            Start("unexpected "),
            Start("invalid or unexpected token"),
            Start("expected expression, got"),
            Start("missing "),
            Start("illegal character"),
            Start("unterminated "),
            Start("redeclaration of "),
            Start("identifier '"),
            Start("invalid character"),
            Start("cannot declare a "),
            Start("parser error"),
            Start("function statement requires a name"),
            Start("await is only valid in"),
            Start("illegal return statement"),
            Start("return not in function"),
            Start("return statements are only valid"),
            Part("' has already been declared"),
            Start("expected "),
        ],
    ),
];

/// Looks a wording up; in lower case, without its last full stop.
pub(super) fn fixed(kind: &str, said: &str) -> Option<&'static str> {
    match kind {
        "RuntimeError" => {
            if let Some(found) = find(TRAPS, said) {
                return Some(found);
            }
        }
        "CompileError" => return Some("wasm that is none"),
        "LinkError" => return Some("wasm import"),
        _ => {}
    }
    let is_in = said.contains(" is not an object. (evaluating ") && said.contains(" in ");
    if is_in {
        return Some("in operator");
    }
    find(FIXED, said)
}

/// The same for code that was read while the page ran.
pub(super) fn syntax(kind: &str, said: &str) -> Option<&'static str> {
    if kind == "SyntaxError" { find(SYNTAX, said) } else { None }
}

fn find(phrases: &[(&'static str, &[Is])], said: &str) -> Option<&'static str> {
    let fits = |is: &Is| match is {
        All(all) => said == *all,
        Start(start) => said.starts_with(start),
        Part(part) => said.contains(part),
    };
    phrases.iter().find(|(_, wordings)| wordings.iter().any(fits)).map(|(what, _)| *what)
}
