//! A source's path as its author knows it: `webpack://shop/./src/cart.ts?a1b2` → `src/cart.ts`.

/// Schemes and folders that tools put before a path; what follows is relative to the project.
const PREFIXES: [&str; 12] = [
    "webpack-internal:///",
    "webpack://",
    "turbopack://",
    "rollup://",
    "vite://",
    "vite:",
    "parcel://",
    "app://",
    "ng://",
    "metro://",
    "file://",
    "/@fs/",
];

/// Tidies a path: the prefix of the tool, its query (`?a1b2`), `./`, leading `../` and `a/../` go. A URL keeps all but
/// its query. Empty stays empty.
#[must_use]
pub fn tidy_path(path: &str) -> String {
    let path = path.trim_start_matches('\0');
    let Some(prefix) = PREFIXES.iter().find(|prefix| path.starts_with(**prefix)) else {
        if let Some((scheme, rest)) = path.split_once("://") {
            return format!("{scheme}://{}", without_dots(without_query(rest)));
        }
        return without_dots(without_query(path));
    };
    let rest = path.get(prefix.len()..).unwrap_or_default();
    let rest = if matches!(*prefix, "file://" | "/@fs/" | "vite:" | "webpack-internal:///") {
        rest
    } else {
        // `webpack://shop/./src/x`, `webpack:///src/x`, `turbopack:///[project]/src/x`: a name, then the path.
        let rest = rest.split_once('/').map_or(rest, |(_, path)| path);
        rest.strip_prefix("[project]/").unwrap_or(rest)
    };
    without_dots(without_query(rest))
}

/// Whether a path is that of a library or of a tool's own code, by convention.
#[must_use]
pub fn is_library(path: &str) -> bool {
    path.starts_with('\0')
        || path.contains("node_modules/")
        || path.contains("webpack/runtime/")
        || path.contains("webpack/bootstrap")
        || path.contains("webpack/universalModuleDefinition")
        || path.starts_with("turbopack:///[turbopack]")
        || path.contains("/@vite/")
        || path.starts_with("vite/")
}

/// Loaders and bundlers add queries (`?vue&type=script`, `?a1b2`) to tell modules of one file apart.
fn without_query(path: &str) -> &str {
    // A group of routes in some frameworks is named `(a)?`; a query follows a file's extension.
    path.split_once('?').map_or(path, |(path, _)| path)
}

fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "." => (),
            ".." => {
                if parts.last().is_some_and(|last| !last.is_empty()) {
                    parts.pop();
                }
            }
            "" if !parts.is_empty() => (),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_as_in_the_project() {
        for (path, expected) in [
            ("webpack://shop/./src/cart.ts?a1b2", "src/cart.ts"),
            ("webpack:///./src/cart.ts", "src/cart.ts"),
            ("webpack:///src/cart.ts", "src/cart.ts"),
            ("webpack://_N_E/./app/page.tsx", "app/page.tsx"),
            ("webpack-internal:///./src/a.js", "src/a.js"),
            ("turbopack:///[project]/src/a.ts", "src/a.ts"),
            ("../../src/main.ts", "src/main.ts"),
            ("./src/./a/../b.js", "src/b.js"),
            ("/src/App.vue?vue&type=script", "/src/App.vue"),
            ("\0vite/preload-helper.js", "vite/preload-helper.js"),
            ("https://shop.test/src/../a.ts", "https://shop.test/a.ts"),
            ("file:///home/me/src/a.ts", "/home/me/src/a.ts"),
            ("src\\win\\a.ts", "src/win/a.ts"),
            ("", ""),
        ] {
            assert_eq!(tidy_path(path), expected, "{path}");
        }
    }

    #[test]
    fn libraries_are_told_from_own_code() {
        assert!(is_library("webpack://shop/./node_modules/react/index.js"));
        assert!(is_library("webpack://shop/webpack/runtime/jsonp"));
        assert!(is_library("\0vite/preload-helper.js"));
        assert!(!is_library("webpack://shop/./src/node.js"));
    }
}
