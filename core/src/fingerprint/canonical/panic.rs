//! Panics of Rust.

/// A panic in an error of another type: by the file and the message. `panicked at src/cart.rs:<n>:<n>:\nno such item`, and as
/// Rust wrote until 1.72: `panicked at 'no such item', src/cart.rs:<n>:<n>`
pub(super) fn panic(said: &str) -> Option<String> {
    let rest = said.strip_prefix("panicked at ")?;
    let (place, message) = match rest.strip_prefix('\'') {
        Some(rest) => rest.rsplit_once("', ").map(|(message, place)| (place, message))?,
        None => rest.split_once('\n')?,
    };
    let file = place.split(':').next().unwrap_or_default();
    let message = message.lines().next().unwrap_or_default();
    let message = super::words::without_quoted(message).to_lowercase();
    Some(format!("panic in {file}, {message}"))
}

/// How messages begin that Rust's own library has, in lower case and parameterised: any line of an app may panic with them.
/// What `expect` and `panic!` say is their author's.
const STOCK: [&str; 68] = [
    "`async fn` resumed after ",
    "`at` split index (is <n>) ",
    "`unwrap_throw` failed",
    "a display implementation returned an error unexpectedly",
    "already borrowed",
    "already mutably borrowed",
    "arithmetic operation overflow",
    "assertion failed: ",
    "assertion `",
    "attempt to add with overflow",
    "attempt to calculate the remainder ",
    "attempt to divide ",
    "attempt to multiply with overflow",
    "attempt to negate with overflow",
    "attempt to shift ",
    "attempt to subtract with overflow",
    "attempted to index slice ",
    "attempted to instantiate ",
    "attempted to leave type ",
    "attempted to zero-initialize ",
    "begin <= end (",
    "byte index <n> is ",
    "called `option::",
    "called `result::",
    "cannot access a thread local storage value ",
    "cannot recursively acquire mutex",
    "cannot remove a char from the end of a string",
    "capacity overflow",
    "chunk size must be non-zero",
    "chunk_size must be non-zero",
    "copy_from_slice: source slice length ",
    "dest is out of bounds",
    "destination and source slices have different lengths",
    "divide by zero error when dividing duration",
    "end byte index <n> is ",
    "explicit panic",
    "failed to spawn thread: ",
    "index out of bounds",
    "insertion index (is <n>) should be ",
    "internal error: entered unreachable code",
    "lazycell instance has previously been poisoned",
    "lazylock instance has previously been poisoned",
    "memory allocation of <n> bytes failed",
    "mid > len",
    "min > max, or either was nan",
    "misaligned pointer dereference",
    "no entry found for key",
    "not implemented",
    "not yet implemented",
    "null pointer dereference occurred",
    "once instance has previously been poisoned",
    "one-time initialization may not be performed recursively",
    "overflow in ",
    "overflow when adding duration",
    "overflow when subtracting duration",
    "range end index <n> out of range for slice ",
    "range start index <n> out of range for slice ",
    "range start is greater than range end in btree",
    "reentrant init",
    "refcell already ",
    "removal index (is <n>) should be ",
    "slice index starts at <n> but ends at <n>",
    "source slice length (<n>) does not match ",
    "start byte index <n> is ",
    "swap_remove index (is <n>) should be ",
    "time not implemented on this platform",
    "user-provided comparison function does not correctly implement a total order",
    "window size must be non-zero",
];

/// Whether the message of a panic is one of Rust's own.
pub(super) fn is_stock(said: &str) -> bool {
    let lower = said.to_lowercase();
    STOCK.iter().any(|start| lower.starts_with(start))
}
