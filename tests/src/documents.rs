//! The documents beside `docs/`, and what marks of their blocks mean to the tests that run them.

use std::fs;

use xtask::paths::Paths;

/// Languages of blocks, each with the marks that it may have; whoever adds one says what runs it.
pub const MARKS: &[(&str, &str)] = &[
    // By bash, in order, against a Worker.
    ("sh", ""),
    // It needs an account or a terminal; each is listed by the test that runs the others.
    ("sh", "no_run"),
    // By wrangler, on a database of this machine.
    ("sh", "backup"),
    ("sh", "restore"),
    // By bash, in the folder of an app.
    ("sh", "wasm"),
    // In the page of a browser.
    ("html", ""),
    ("html", "integrity"),
    ("js", ""),
    ("jsx", ""),
    ("svelte", ""),
    ("js", "worker"),
    ("js", "node"),
    // Compiled for wasm32.
    ("rust", ""),
    // Read.
    ("json", ""),
    ("json", "webhook"),
    ("toml", ""),
    ("toml", "wrangler"),
    ("toml", "traplinerc"),
    ("text", ""),
    ("text", "rules"),
    ("text", "search"),
];

/// Beside `docs/`: what a newcomer reads, each by its path.
///
/// # Panics
/// When one is missing.
#[must_use]
pub fn readmes(paths: &Paths) -> Vec<(String, String)> {
    ["README.md", "SECURITY.md", "agent/js/README.md", "panic/README.md", "xtask/deploy/README.md"]
        .map(|file| (file.to_owned(), fs::read_to_string(paths.root.join(file)).expect(file)))
        .into()
}
