//! Tells the owner's code from that of libraries, extensions and engines, by the file's name alone.
//!
//! A guess, for stacks before symbolication and after it: what no list below names is taken for the owner's, since a
//! frame too many is a smaller loss than the one that crashed.

use super::location::{ENGINE_WORDS, find};

/// Whether the file is likely the owner's, as opposed to a library's, an extension's or the engine's.
///
/// Wasm is: `[wasm code]` is all that Safari says of the owner's module.
pub fn is_in_app(file: &str) -> bool {
    let scheme = file.split_once(':').map_or("", |(scheme, _)| scheme);
    !(scheme.ends_with("-extension")
        || FOREIGN_SCHEMES.contains(&scheme)
        || ENGINE_WORDS.contains(&file)
        || NO_FILES.contains(&file)
        || LIBRARY_STARTS.iter().any(|start| file.starts_with(start))
        || LIBRARY_PARTS.iter().any(|part| find(file, part).is_some()))
}

/// Whether an engine's word stands where the file should: `<anonymous>`, `[native code]`, nothing at all.
pub fn is_engine_word(file: &str) -> bool {
    ENGINE_WORDS.contains(&file)
}

/// `user-script:2` is what an app injects into its iOS web view; `extensions::SafeBuiltins` is Chromium's.
const FOREIGN_SCHEMES: [&str; 5] = ["chrome", "extensions", "node", "resource", "user-script"];

/// Whether a function of a wasm module is, by its name, the owner's: Rust's libraries and the machinery of its panics are
/// compiled into the same file as the app.
pub fn is_in_app_function(function: &str) -> bool {
    let path = function.trim_start_matches(['<', '&', '*', '[', '(']);
    let path = path.strip_prefix("dyn ").or_else(|| path.strip_prefix("mut ")).unwrap_or(path);
    // `core::panicking::panic_fmt`, `core[8c2d0f1e]::panicking::panic_fmt`
    let is_library = RUST_LIBRARIES.iter().any(|name| {
        path.strip_prefix(name).is_some_and(|rest| rest.starts_with("::") || rest.starts_with('['))
    });
    !(is_library
        || RUST_MACHINERY.iter().any(|start| path.starts_with(start))
        || find(path, "::__wasm_bindgen_generated_").is_some()
        || is_export_shim(path))
}

/// `pack_1d461ddffc7b55d6`: what wasm-bindgen exports in front of a function `pack`.
fn is_export_shim(path: &str) -> bool {
    path.rsplit_once('_').is_some_and(|(_, hash)| {
        hash.len() == 16 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Crates that no app writes itself.
const RUST_LIBRARIES: [&str; 13] = [
    "alloc",
    "compiler_builtins",
    "console_error_panic_hook",
    "core",
    "dlmalloc",
    "hashbrown",
    "js_sys",
    "panic_abort",
    "std",
    "trapline_panic",
    "wasm_bindgen",
    "wasm_bindgen_futures",
    "web_sys",
];

/// Functions of the compiler and of wasm-bindgen's glue, in wasm and in JavaScript.
const RUST_MACHINERY: [&str; 6] =
    ["__externref", "__rust", "__wbg_", "__wbindgen_", "rust_begin_unwind", "rust_panic"];

/// Code that stands in no file: consoles, and what apps inject into iOS web views.
const NO_FILES: [&str; 3] = ["eval code", "debugger eval code", "undefined"];

/// `native array.js` and `internal/process/task_queues.js` are Node's before version 16.
const LIBRARY_STARTS: [&str; 2] = ["native ", "internal/"];

/// What paths of libraries and bundlers contain, in the browser or after symbolication.
const LIBRARY_PARTS: [&str; 8] = [
    "node_modules",
    "/~/", // webpack 1 writes node_modules so.
    "webpack/runtime",
    "webpack/bootstrap",
    "(webpack)",
    "/@vite/",
    "/rustc/", // Rust's standard library.
    "/.cargo/registry/",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_code_is_in_app() {
        for file in [
            "https://a.test/m.js",
            "/src/main.rs",
            "wasm://wasm/0a1b",
            "[wasm code]",
            "webpack:///./a.js",
        ] {
            assert!(is_in_app(file), "{file}");
        }
        for file in [
            "",
            "<anonymous>",
            "[native code]",
            "chrome-extension://abc/a.js",
            "safari-web-extension://abc/a.js",
            "node:internal/process/task_queues",
            "user-script:2",
            "https://a.test/node_modules/x.js",
            "webpack:///webpack/bootstrap",
            "/rustc/0a1b/library/core/src/panicking.rs",
        ] {
            assert!(!is_in_app(file), "{file}");
        }
    }

    #[test]
    fn libraries_inside_a_wasm_module_are_not_in_app() {
        for function in [
            "shop::cart::Cart::add::h0123456789abcdef",
            "<shop::Cart as core::fmt::Debug>::fmt",
            "corelib::run",
            "alloc",
            "wasm-function[12]",
            "render",
            "",
        ] {
            assert!(is_in_app_function(function), "{function}");
        }
        for function in [
            "core::panicking::panic_fmt::h0123456789abcdef",
            "core[8c2d0f1e8c2d0f1e]::option::unwrap_failed",
            "<alloc::vec::Vec<T,A> as core::ops::index::Index<I>>::index",
            "<dyn core::any::Any>::type_id",
            "__rustc[5224e6b81cd82a8f]::__rust_start_panic",
            "rust_begin_unwind",
            "__wbg_new_8a6f238a6ece86ea",
            "trapline_panic::hook::tell",
            "<alloc::vec::Vec as core::ops::index::Index>::index",
            "pack_1d461ddffc7b55d6",
            "__rustc::__rust_start_panic",
            "shop::_::__wasm_bindgen_generated_pack::{closure}",
        ] {
            assert!(!is_in_app_function(function), "{function}");
        }
    }
}
