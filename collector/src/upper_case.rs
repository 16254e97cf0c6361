//! Letters in upper case, by the platform: the standard library's table of them would be 5 KB of the Worker.

/// All of them.
#[cfg(target_arch = "wasm32")]
pub fn upper_case(text: &str) -> String {
    js_sys::JsString::from(text).to_upper_case().into()
}

/// All of them.
#[cfg(not(target_arch = "wasm32"))]
pub fn upper_case(text: &str) -> String {
    text.to_uppercase()
}

/// The first: `envelope is empty` → `Envelope is empty`
pub fn capitalized(text: &str) -> String {
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    upper_case(first) + rest
}

#[cfg(test)]
mod tests {
    use super::capitalized;

    #[test]
    fn first_letter_is_a_capital() {
        assert_eq!(capitalized("envelope is empty"), "Envelope is empty");
        assert_eq!(capitalized("ärger"), "Ärger");
        assert_eq!(capitalized(""), "");
    }
}
