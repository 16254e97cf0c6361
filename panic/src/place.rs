//! Where the source says a panic is: `src/cart.rs:12:5`.

use std::panic::Location;

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// As the compiler was told it, without what is of the machine that compiled: `src/cart.rs`,
    /// `serde-1.0.200/src/de/mod.rs`, `library/core/src/option.rs`.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: u32,
    /// From 1.
    pub(crate) column: u32,
    /// Of the app itself: neither the standard library nor a package from a registry.
    pub(crate) is_own: bool,
}

impl Place {
    /// The place of a panic.
    pub(crate) fn of(location: &Location<'_>) -> Self {
        Self::new(location.file(), location.line(), location.column())
    }

    fn new(path: &str, line: u32, column: u32) -> Self {
        let path = path.replace('\\', "/");
        let (file, is_own) = match without_machine(&path) {
            Some(foreign) => (foreign, false),
            None => (path.as_str(), true),
        };
        Self { file: file.to_owned(), line, column, is_own }
    }
}

/// The part of a foreign file's path that is the same on all machines.
fn without_machine(path: &str) -> Option<&str> {
    // `/rustc/<hash>/library/core/src/option.rs`, or below the toolchain where its source is installed.
    if let Some(at) = path.find("/library/")
        && (path.starts_with("/rustc/") || path.contains("/rustlib/src/rust/"))
    {
        return path.get(at + 1..);
    }
    // `…/registry/src/index.crates.io-1949cf8c6b5b557f/serde-1.0.200/src/lib.rs`, `…/git/checkouts/yew-0f1/8c2/src/lib.rs`
    for (folder, skipped) in [("/registry/src/", 1), ("/git/checkouts/", 0)] {
        if let Some((_, rest)) = path.split_once(folder) {
            return rest.splitn(skipped + 1, '/').nth(skipped);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, file: &str, is_own: bool) {
        let place = Place::new(path, 1, 2);
        assert_eq!((place.file.as_str(), place.is_own), (file, is_own));
    }

    #[test]
    fn nothing_of_the_building_machine_is_told() {
        check("src/cart.rs", "src/cart.rs", true);
        check("src\\pay\\card.rs", "src/pay/card.rs", true);
        check("/home/ida/shop/src/cart.rs", "/home/ida/shop/src/cart.rs", true);
        check(
            "/home/ida/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/serde-1.0.2/src/lib.rs",
            "serde-1.0.2/src/lib.rs",
            false,
        );
        check(
            "C:\\u\\.cargo\\git\\checkouts\\yew-0f1\\8c2\\src\\a.rs",
            "yew-0f1/8c2/src/a.rs",
            false,
        );
        check("/rustc/59807616e/library/core/src/option.rs", "library/core/src/option.rs", false);
        check(
            "/root/.rustup/toolchains/1.95.0/lib/rustlib/src/rust/library/std/src/thread.rs",
            "library/std/src/thread.rs",
            false,
        );
    }
}
