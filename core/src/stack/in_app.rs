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
}
