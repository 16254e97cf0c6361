//! DOM exceptions, by their names.

use super::read::operation;

/// Names that only DOM exceptions have.
const DOM: [&str; 26] = [
    "AbortError",
    "DataCloneError",
    "EncodingError",
    "HierarchyRequestError",
    "InUseAttributeError",
    "IndexSizeError",
    "InvalidAccessError",
    "InvalidCharacterError",
    "InvalidModificationError",
    "InvalidNodeTypeError",
    "InvalidStateError",
    "NamespaceError",
    "NoModificationAllowedError",
    "NotAllowedError",
    "NotReadableError",
    "NotSupportedError",
    "OperationError",
    "OptOutError",
    "OverconstrainedError",
    "QuotaExceededError",
    "ReadOnlyError",
    "SecurityError",
    "TransactionInactiveError",
    "TypeMismatchError",
    "URLMismatchError",
    "WrongDocumentError",
];

/// Names that authors give to errors of their own as well: then the words must be an engine's.
const DOM_TOO: [&str; 8] = [
    "ConstraintError",
    "DataError",
    "NetworkError",
    "NotFoundError",
    "SyntaxError",
    "TimeoutError",
    "UnknownError",
    "VersionError",
];

/// WebKit's words for them.
const WEBKIT_DOM: [&str; 8] = [
    "The object can not be found here.",
    "The string did not match the expected pattern.",
    "A network error occurred.",
    "The operation timed out.",
    "Data provided to an operation does not meet requirements.",
    "A mutation operation in a transaction failed because a constraint was not satisfied.",
    "The operation failed for an unknown transient reason (e.g. out of memory).",
    "An attempt was made to open a database using a lower version than the existing version.",
];

/// A DOM exception counts by its name: what else is said differs by engine.
pub(super) fn dom(kind: &str, said: &str) -> Option<String> {
    let is_engines = || {
        operation(said).is_some()
            || WEBKIT_DOM.contains(&said)
            || said.ends_with(" is not a valid selector.")
            || said.ends_with(" is not a valid selector")
            || said.starts_with("An invalid or illegal string was specified")
            || said.starts_with("A network error occurred")
            || said.starts_with("The operation timed out")
    };
    let is_dom = DOM.contains(&kind) || DOM_TOO.contains(&kind) && is_engines();
    is_dom.then(|| format!("dom exception {kind}"))
}
