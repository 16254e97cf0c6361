//! Errors that the app has handled, and wants to be known.

use std::error::Error;

use wasm_bindgen::JsValue;

use crate::agent::{self, NAME};

/// Members of a source chain; the agent follows as many.
const MAX_SOURCES: usize = 32;

/// Tells an error and its sources to Trapline, as handled. Without Trapline on the page, or outside of a browser, it does
/// nothing.
///
/// Its type is read from what `Debug` says, as only that knows it of a `dyn Error`: `ParseIntError { … }` is a
/// `ParseIntError`.
pub fn report(error: &(dyn Error + 'static)) {
    if !cfg!(target_family = "wasm") {
        return;
    }
    let Some(agent) = agent::agent() else { return };
    let mut chain: Vec<_> =
        std::iter::successors(Some(error), |&error| error.source()).take(MAX_SOURCES).collect();
    let mut cause = JsValue::UNDEFINED;
    while let Some(member) = chain.pop() {
        let made = js_sys::Error::new(&member.to_string());
        agent::set(&made, NAME, &type_name(&format!("{member:?}")).into());
        // All have been made here: one stack says where.
        if !chain.is_empty() {
            agent::set(&made, "stack", &"".into());
        }
        if !cause.is_undefined() {
            agent::set(&made, "cause", &cause);
        }
        cause = made.into();
    }
    agent::call(&agent, "captureException", &[&cause]);
}

/// `ParseIntError { kind: InvalidDigit }`, `Declined("card")`, `Closed` → the name in front. What does not look like a
/// derived `Debug` is an `Error`.
fn type_name(debug: &str) -> &str {
    let end =
        debug.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(debug.len());
    let (name, rest) = debug.split_at(end);
    let is_derived = rest.is_empty() || rest.starts_with('(') || rest.starts_with(" {");
    if is_derived && name.starts_with(|char: char| char.is_ascii_uppercase()) {
        name
    } else {
        "Error"
    }
}

#[cfg(test)]
mod tests {
    use super::type_name;

    #[test]
    fn type_is_read_from_debug() {
        for (debug, expected) in [
            ("ParseIntError { kind: InvalidDigit }", "ParseIntError"),
            ("Declined(\"card\")", "Declined"),
            ("Closed", "Closed"),
            ("the bank is closed\n\nCaused by:\n    no money", "Error"),
            ("Bank is closed", "Error"),
            ("\"text\"", "Error"),
            ("", "Error"),
        ] {
            assert_eq!(type_name(debug), expected, "{debug}");
        }
    }

    #[test]
    fn outside_of_a_browser_nothing_happens() {
        super::report(&std::fmt::Error);
    }
}
