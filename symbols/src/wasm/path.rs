//! Paths of Rust sources, without what is of the machine that compiled them.

/// Tidies a path and says whether it is the owner's own:
///
/// | path | tidied | own |
/// |---|---|---|
/// | `/rustc/59807616e…/library/core/src/option.rs` | `std/core/src/option.rs` | no |
/// | `/home/ida/.cargo/registry/src/index.crates.io-1949cf8c/serde-1.0.2/src/lib.rs` | `serde-1.0.2/src/lib.rs` | no |
/// | `/home/ida/.cargo/git/checkouts/yew-0f1e/8c2d/src/app.rs` | `yew-0f1e/8c2d/src/app.rs` | no |
/// | `/home/ida/shop/src/cart.rs`, compiled in `/home/ida/shop` | `src/cart.rs` | yes |
///
/// `directories` are those that were compiled in; the longest that fits is cut off.
#[must_use]
pub fn tidy_path(path: &str, directories: &[String]) -> (String, bool) {
    let path = without_dots(&path.replace('\\', "/"));
    if let Some(foreign) = foreign(&path) {
        return (foreign, false);
    }
    let fits = |directory: &&String| {
        let rest = path.strip_prefix(directory.as_str());
        rest.is_some_and(|rest| rest.starts_with('/') || directory.ends_with('/'))
    };
    let longest = directories.iter().filter(fits).map(String::len).max().unwrap_or(0);
    let rest = path.get(longest..).unwrap_or(&path);
    let rest = if longest > 0 { rest.trim_start_matches('/') } else { rest };
    (rest.to_owned(), true)
}

fn foreign(path: &str) -> Option<String> {
    let after = |text: &str| path.find(text).and_then(|at| path.get(at + text.len()..));
    if let Some(rest) = after("/library/")
        && (path.starts_with("/rustc/") || path.contains("/rustlib/src/rust/"))
    {
        return Some(["std/", rest].concat());
    }
    if let Some(rest) = after("/registry/src/") {
        return rest.split_once('/').map(|(_, rest)| rest.to_owned());
    }
    // Packages that the standard library is made of.
    if let Some(rest) = after("/rust/deps/") {
        return Some(rest.to_owned());
    }
    after("/git/checkouts/").map(str::to_owned)
}

/// `a/./b/../c` → `a/c`
fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." if parts.last().is_some_and(|last| !last.is_empty() && *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: &str, own: bool) {
        let directories = ["/home/ida/shop", "/home/ida"].map(str::to_owned);
        assert_eq!(tidy_path(path, &directories), (expected.to_owned(), own));
    }

    #[test]
    fn paths_say_nothing_of_the_machine() {
        check("/home/ida/shop/src/cart.rs", "src/cart.rs", true);
        check("/home/ida/shop/./src/../src/cart.rs", "src/cart.rs", true);
        check("/home/idas/shop/src/cart.rs", "/home/idas/shop/src/cart.rs", true);
        check("src/cart.rs", "src/cart.rs", true);
        check("/rustc/59807616e/library/core/src/option.rs", "std/core/src/option.rs", false);
        check("/rustc/59807616e\\library\\core\\src\\option.rs", "std/core/src/option.rs", false);
        check("/rust/deps/dlmalloc-0.2.10/src/lib.rs", "dlmalloc-0.2.10/src/lib.rs", false);
        let registry =
            "/home/ida/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/a-1.0.2/src/lib.rs";
        check(registry, "a-1.0.2/src/lib.rs", false);
        check("/home/ida/.cargo/git/checkouts/yew-0f1/8c2/a.rs", "yew-0f1/8c2/a.rs", false);
    }
}
