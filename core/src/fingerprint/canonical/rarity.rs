//! How many bugs of a page may say the same.

use super::phrases::{ANY, ENDLESS, JSON};

/// Failures of which a page has hardly two: what throws them is hardly called.
const SINGULAR: [&str; 31] = [
    "dom exception DataCloneError",
    "dom exception EncodingError",
    "dom exception HierarchyRequestError",
    "dom exception InUseAttributeError",
    "dom exception IndexSizeError",
    "dom exception InvalidCharacterError",
    "dom exception InvalidNodeTypeError",
    "dom exception NamespaceError",
    "dom exception WrongDocumentError",
    "percent-encoding",
    "regular expression",
    "wasm that is none",
    "bigint among numbers",
    "class without new",
    "currency code",
    "in operator",
    "instanceof",
    "json of a bigint",
    "locale",
    "missing super call",
    "number of digits",
    "private member",
    "radix",
    "reduce of nothing",
    "repeat count",
    "string length",
    "symbol as a text",
    "time zone",
    "wasm division by zero",
    "wasm import",
    "wasm integer overflow",
];

/// Failures that many places of a page may have. Of the others a page rarely has two.
const FREQUENT: [&str; 17] = [
    "nullish access",
    "no function",
    "no constructor",
    "not iterable",
    "read-only",
    "uninitialized variable",
    ENDLESS,
    JSON,
    ANY,
    "invalid date",
    "nothing as an object",
    "wasm unreachable",
    "dom exception NotFoundError",
    "dom exception SyntaxError",
    "dom exception InvalidStateError",
    "dom exception NotAllowedError",
    "dom exception NotSupportedError",
];

/// Whether a page has hardly two bugs that say this.
pub(super) fn is_singular(text: &str) -> bool {
    SINGULAR.contains(&text)
}

/// Whether a page rarely has two bugs that say this.
pub(super) fn is_rare(text: &str) -> bool {
    text.starts_with("argument: ")
        || !FREQUENT.contains(&text)
            && !text.contains(": ")
            && text != "dom exception AbortError"
            && !text.starts_with("panic in ")
}
