//! Links from frames to the code, in the repository, at the event's release.

use trapline_core::event::Frame;

/// The address of a frame's line by the project's template: `{release}`, `{version}` (of `shop@2.1.0`, the part behind the
/// `@`), `{path}`, `{line}`. Empty where the frame is not of the site's own code, or its path is no file's.
pub(super) fn code_link(template: &str, release: &str, frame: &Frame) -> String {
    let is_link = template.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
    let path = path_of(&frame.file);
    let needs_release = template.contains("{release}") || template.contains("{version}");
    if !is_link || !frame.in_app || path.is_empty() || needs_release && release.is_empty() {
        return String::new();
    }
    let version = release.rsplit_once('@').map_or(release, |(_, version)| version);
    // The path goes last: what it says is no placeholder.
    template
        .replace("{line}", &frame.line.to_string())
        .replace("{release}", &encoded(release))
        .replace("{version}", &encoded(version))
        .replace("{path}", &encoded(path))
}

/// `webpack://shop/./src/pay.ts?x` → `src/pay.ts`; empty of what a server or the engine has.
fn path_of(file: &str) -> &str {
    let path = file.split(['?', '#']).next().unwrap_or_default();
    let path = match path.split_once("://") {
        // webpack's namespace stands where a host would.
        Some(("webpack" | "webpack-internal" | "ng" | "turbopack", rest)) => {
            rest.split_once('/').map_or("", |(_, path)| path)
        }
        Some(_) => return "",
        None => path,
    };
    let mut path = path.trim_start_matches('/');
    while let Some(rest) = path.strip_prefix("./").or_else(|| path.strip_prefix("../")) {
        path = rest;
    }
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let climbs = path.split('/').any(|part| part == "..");
    if is_file && !climbs && !path.contains(':') { path } else { "" }
}

/// As part of a path: slashes stay.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded += &format!("%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "https://code.test/blob/{release}/{path}#L{line}";

    #[track_caller]
    fn check(file: &str, release: &str, expected: &str) {
        let frame = Frame { file: file.into(), line: 7, in_app: true, ..Frame::default() };
        assert_eq!(code_link(TEMPLATE, release, &frame), expected, "{file}");
    }

    #[test]
    fn paths_of_sources_become_links() {
        check("src/pay.ts", "shop@2", "https://code.test/blob/shop@2/src/pay.ts#L7");
        check("webpack://shop/./src/pay.ts?a1b2", "v2", "https://code.test/blob/v2/src/pay.ts#L7");
        check("../../src/a b.ts", "v2", "https://code.test/blob/v2/src/a%20b.ts#L7");
        check("src/{line}.ts", "v 2\"", "https://code.test/blob/v%202%22/src/%7Bline%7D.ts#L7");
    }

    #[test]
    fn what_is_no_file_of_the_repository_has_no_link() {
        for file in
            ["https://shop.test/app.js", "native", "", "a/../../b.ts", "javascript:x.ts", "C:/x.ts"]
        {
            check(file, "v2", "");
        }
        check("src/pay.ts", "", "");
        let library = Frame { file: "src/pay.ts".into(), ..Frame::default() };
        assert_eq!(code_link(TEMPLATE, "v2", &library), "");
        let own = Frame { in_app: true, ..library };
        assert_eq!(code_link("javascript:alert(1)//{path}", "v2", &own), "");
        assert_eq!(
            code_link("https://code.test/{version}/{path}", "shop@2", &own),
            "https://code.test/2/src/pay.ts"
        );
    }
}
