//! The stack of a panic, from the text that the engine gave inside the hook.
//!
//! ```text
//! text = [ "Error" ] { glue } { wasm call } { any call }
//! ```
//!
//! The calls stand crashing one first. Above them are wasm-bindgen's glue, through which the hook has asked for the text,
//! and the machinery of the panic, which the collector knows by its names once these are known. What the text lacks is
//! where the panic is: that place, which the compiler knows, is put first, in the words of the same engine.

use crate::place::Place;

/// Every engine writes so of a call in wasm; WebKit until 18 has `<?>.wasm-function[render]@[wasm code]`.
const IN_WASM: &str = "wasm-function[";

/// The calls without the glue, led by the place of the panic where that is the app's own.
pub(crate) fn of_panic(text: &str, place: Option<&Place>) -> String {
    let calls = || text.lines().filter(|line| !line.trim().is_empty() && line.trim() != "Error");
    let glue = calls().position(|line| line.contains(IN_WASM)).unwrap_or(0);
    let is_v8 = calls().any(|line| line.trim_start().starts_with("at "));
    let told = place.filter(|place| place.is_own).map(|Place { file, line, column, .. }| {
        let lead = if is_v8 { "    at " } else { "@" };
        format!("{lead}{file}:{line}:{column}")
    });
    told.as_deref().into_iter().chain(calls().skip(glue)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(is_own: bool) -> Place {
        Place { file: "src/cart.rs".into(), line: 12, column: 5, is_own }
    }

    #[track_caller]
    fn check(text: &str, is_own: bool, expected: &str) {
        assert_eq!(of_panic(text, Some(&place(is_own))), expected);
    }

    #[test]
    fn glue_goes_and_the_place_comes_first_in_every_engine() {
        check(
            "Error\n    at __wbg_new_1 (https://shop.test/app.js:9:1)\n    at app.wasm.hook (https://shop.test/app.wasm:wasm-function[7]:0x1f)\n    at HTMLButtonElement.onclick (https://shop.test/app.js:3:4)",
            true,
            "    at src/cart.rs:12:5\n    at app.wasm.hook (https://shop.test/app.wasm:wasm-function[7]:0x1f)\n    at HTMLButtonElement.onclick (https://shop.test/app.js:3:4)",
        );
        check(
            "__wbg_new_1@https://shop.test/app.js:9:1\nhook@https://shop.test/app.wasm:wasm-function[7]:0x1f\nonclick@https://shop.test/app.js:3:4\n",
            true,
            "@src/cart.rs:12:5\nhook@https://shop.test/app.wasm:wasm-function[7]:0x1f\nonclick@https://shop.test/app.js:3:4",
        );
        check(
            "__wbg_new_1@https://shop.test/app.js:9:1\nwasm-stub@[wasm code]\n<?>.wasm-function[7]@[wasm code]",
            true,
            "@src/cart.rs:12:5\n<?>.wasm-function[7]@[wasm code]",
        );
    }

    #[test]
    fn place_in_a_library_is_not_taken_for_the_app() {
        check(
            "@https://shop.test/app.wasm:wasm-function[7]:0x1f",
            false,
            "@https://shop.test/app.wasm:wasm-function[7]:0x1f",
        );
    }

    #[test]
    fn stack_without_wasm_is_kept_whole() {
        check(
            "Error\n    at f (app.js:1:2)",
            true,
            "    at src/cart.rs:12:5\n    at f (app.js:1:2)",
        );
        check("", true, "@src/cart.rs:12:5");
    }
}
