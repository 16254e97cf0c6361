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
const STOCK: [&str; 45] = [
    "`async fn` resumed after ",
    "`unwrap_throw` failed",
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
    "attempted to ",
    "begin <= end (",
    "byte index <n> is ",
    "called `option::",
    "called `result::",
    "cannot access a thread local storage value ",
    "cannot recursively acquire mutex",
    "capacity overflow",
    "chunk size must be non-zero",
    "chunk_size must be non-zero",
    "copy_from_slice: source slice length ",
    "destination and source slices have different lengths",
    "end byte index <n> is ",
    "explicit panic",
    "index out of bounds: ",
    "insertion index (is <n>) should be ",
    "internal error: entered unreachable code",
    "memory allocation of <n> bytes failed",
    "mid > len",
    "no entry found for key",
    "not implemented",
    "not yet implemented",
    "range end index <n> out of range for slice ",
    "range start index <n> out of range for slice ",
    "refcell already ",
    "removal index (is <n>) should be ",
    "slice index starts at <n> but ends at <n>",
    "source slice length (<n>) does not match ",
    "start byte index <n> is ",
    "swap_remove index (is <n>) should be ",
    "window size must be non-zero",
];

/// Whether the message of a panic is one of Rust's own.
pub(super) fn is_stock(said: &str) -> bool {
    let lower = said.to_lowercase();
    STOCK.iter().any(|start| lower.starts_with(start))
}
