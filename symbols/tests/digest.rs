//! Bundles of one TypeScript source, by esbuild, terser, Vite and webpack, read back as the source; maps of all kinds.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by them"
)]

use trapline_symbols::digest::{Digest, Input, Refused, digest_source_map};
use trapline_symbols::map::BadMap;
use trapline_symbols::{Table, debug_id};

const MEMORY: usize = 100 << 20;

fn corpus(name: &str) -> String {
    let path = format!("{}/tests/corpora/shop/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn digest(minified: Option<&str>, map: &str) -> Result<Digest, Refused> {
    let input = Input { name: "~/main.js", minified, map: map.as_bytes(), memory_bytes: MEMORY };
    digest_source_map(&input)
}

/// Line and column (from 1) of a text in a script.
fn place(script: &str, text: &str) -> (u32, u32) {
    let at = script.find(text).unwrap_or_else(|| panic!("no {text:?} in the bundle"));
    let before = &script[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap().encode_utf16().count() + 1;
    (line.try_into().unwrap(), column.try_into().unwrap())
}

/// What stands in the bundle, and where it comes from: file, line, function, a word of the line.
const FRAMES: [(&str, &str, u32, Option<&str>, &str); 8] = [
    ("negative price", "src/cart.ts", 15, Some("Cart.addItem"), "throw new Error(`negative"),
    ("no price", "src/cart.ts", 37, Some("checkedPrice"), "größe 😀"),
    ("empty cart", "src/checkout.ts", 6, Some("steps.validateCart"), "RangeError"),
    ("/pay", "src/checkout.ts", 9, Some("steps.payOrder"), "await postOrder"),
    ("odd question", "src/checkout.ts", 13, Some("steps.nested.askAgain"), "throw"),
    ("a/b", "src/checkout.ts", 29, None, "askAgain(\"a/b\")"),
    ("gave up on", "src/vendor/post.ts", 9, Some("postOrder"), "gave up"),
    ("POST", "src/vendor/post.ts", 14, Some("sendOnce"), "method: \"POST\""),
];

fn reads_like_the_source(bundler: &str) {
    let script = corpus(&format!("{bundler}/main.js"));
    let map = corpus(&format!("{bundler}/main.js.map"));
    let digest = digest(Some(&script), &map).unwrap();
    let table = Table::parse(&digest.table).unwrap();
    for (text, path, original_line, function, word) in FRAMES {
        let (line, column) = place(&script, text);
        let frame = table.look_up(line, column).unwrap();
        assert_eq!((frame.path, frame.line), (Some(path), original_line), "{bundler}: {text}");
        assert_eq!(frame.function, function, "{bundler}: {text}");
        assert!(frame.in_app);
        let context = table.context(frame.source.unwrap(), frame.line, 5).unwrap();
        assert!(context.line.contains(word), "{bundler}: {:?}", context.line);
        assert_eq!(context.before.len(), (original_line - 1).min(5) as usize);
    }
}

/// `sentry` 0.49 marks once more what the plugins of the same maker have marked, on a line that is not served.
#[test]
fn mark_of_an_uploader_is_not_of_the_served_file() {
    let mark = "!function(){try{e._sentryDebugIdIdentifier=\"sentry-dbid-4121c6f7-c825-4a5f-bc9e-5b08f3db09a7\"}catch(e){}}();";
    let script = format!("{mark}a();b()\n//# sourceMappingURL=main.js.map");
    let at = mark.len();
    let mappings = |lines: &str| {
        format!(r#"{{"version":3,"sources":["a.ts"],"names":[],"mappings":"{lines}{}"}}"#, vlq(at))
    };
    let plain = digest(Some(&script), &mappings("")).unwrap();
    let twice = digest(Some(&format!(";{mark}\n{script}")), &mappings(";")).unwrap();
    assert_eq!(plain.table, twice.table);
    let column = u32::try_from(at + 1).unwrap();
    let frame = Table::parse(&twice.table).unwrap();
    assert_eq!(frame.look_up(1, column).unwrap().path, Some("a.ts"));
    // One mark alone is served as it is.
    let once = digest(Some(&format!("{mark}\na();b()")), &mappings(";").replace(&vlq(at), "AAAA"))
        .unwrap();
    assert!(Table::parse(&once.table).unwrap().look_up(2, 1).is_ok());
}

/// A mapping at a column, to the beginning of the first source.
fn vlq(column: usize) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut rest, mut text) = (column << 1, String::new());
    loop {
        let digit = rest & 31;
        rest >>= 5;
        text.push(char::from(DIGITS[digit | if rest > 0 { 32 } else { 0 }]));
        if rest == 0 {
            return text + "AAA";
        }
    }
}

#[test]
fn bundle_of_esbuild_reads_like_the_source() {
    reads_like_the_source("esbuild");
}

#[test]
fn bundle_of_terser_reads_like_the_source() {
    reads_like_the_source("terser");
}

#[test]
fn bundle_of_vite_reads_like_the_source() {
    reads_like_the_source("vite");
}

#[test]
fn bundle_of_webpack_reads_like_the_source() {
    reads_like_the_source("webpack");
}

/// `function pay(){throw 1}` from the second line of `src/a.ts`.
const SCRIPT: &str = "function n(){throw 1}n();";
const SOURCE: &str = "// a comment\\nfunction pay() {\\n  throw 1;\\n}\\npay();\\n";

fn plain(fields: &str) -> String {
    format!(
        "{{\"version\":3,\"sources\":[\"src/a.ts\"],\"names\":[\"pay\"],\
         \"mappings\":\"AACA,SAASA,IACP,MAAM,CACR,CACAA\",{fields}\"file\":\"a.js\"}}"
    )
}

#[track_caller]
fn check(map: &str, expected: (&str, u32, Option<&str>)) {
    let digest = digest(Some(SCRIPT), map).unwrap();
    let table = Table::parse(&digest.table).unwrap();
    let frame = table.look_up(1, 14).unwrap();
    assert_eq!((frame.path.unwrap(), frame.line, frame.function), expected, "{map}");
}

#[test]
fn map_without_content_resolves_without_context() {
    check(&plain(""), ("src/a.ts", 3, Some("pay")));
    let digest = digest(Some(SCRIPT), &plain("")).unwrap();
    let table = Table::parse(&digest.table).unwrap();
    assert!(table.context(0, 3, 5).unwrap_err().to_string().contains("sourcesContent"));
}

#[test]
fn name_is_read_from_the_source_where_the_map_has_none() {
    let map = plain(&format!("\"sourcesContent\":[\"{SOURCE}\"],"));
    let map = map.replace("\"names\":[\"pay\"]", "\"names\":[]").replace("SAASA", "SAAS");
    let map = map.replace("CACAA", "CACA");
    check(&map, ("src/a.ts", 3, Some("pay")));
}

#[test]
fn source_root_stands_before_the_path() {
    check(&plain("\"sourceRoot\":\"webpack://shop/./app/\","), ("app/src/a.ts", 3, Some("pay")));
}

#[test]
fn indexed_map_resolves_as_a_plain_one() {
    let inner = plain("");
    let map = format!(
        "{{\"version\":3,\"sections\":[{{\"offset\":{{\"line\":0,\"column\":0}},\"map\":{inner}}},\
         {{\"offset\":{{\"line\":2,\"column\":4}},\"map\":{}}}]}}",
        inner.replace("src/a.ts", "src/b.ts")
    );
    let script = format!("{SCRIPT}\n\n    {SCRIPT}");
    let digest = digest(Some(&script), &map).unwrap();
    let table = Table::parse(&digest.table).unwrap();
    for (line, column, path) in [(1, 14, "src/a.ts"), (3, 18, "src/b.ts")] {
        let frame = table.look_up(line, column).unwrap();
        assert_eq!((frame.path, frame.line), (Some(path), 3));
        assert_eq!(frame.function, Some("pay"));
    }
}

#[test]
fn ignored_source_is_not_in_app() {
    for key in ["ignoreList", "x_google_ignoreList"] {
        let digest = digest(None, &plain(&format!("\"{key}\":[0],"))).unwrap();
        assert!(!Table::parse(&digest.table).unwrap().look_up(1, 14).unwrap().in_app);
    }
}

#[test]
fn debug_id_is_read_in_both_spellings() {
    let id = "0f1e2d3c-4b5a-8697-8897-a6b5c4d3e2f1";
    for key in ["debugId", "debug_id"] {
        let digest = digest(None, &plain(&format!("\"{key}\":\"{id}\","))).unwrap();
        assert_eq!(digest.debug_id.map(trapline_symbols::debug_id::text_of).as_deref(), Some(id));
    }
}

#[test]
fn guard_and_byte_order_mark_are_passed_over() {
    check(&format!(")]}}'\n{}", plain("")), ("src/a.ts", 3, Some("pay")));
    check(&format!("\u{feff}{}", plain("")), ("src/a.ts", 3, Some("pay")));
}

#[test]
fn map_of_another_build_is_refused() {
    let mappings = format!("{}AACA,SAASA,IACP,MAAM", ";".repeat(90));
    let map = plain("").replace("AACA,SAASA,IACP,MAAM,CACR,CACAA", &mappings);
    let error = digest(Some(SCRIPT), &map).unwrap_err();
    assert!(matches!(error, Refused::OtherBuild { outside: 4, total: 4, .. }), "{error}");
    assert!(error.to_string().contains("~/main.js"), "the file is named: {error}");
    let error = digest(Some("n()"), &plain("")).unwrap_err();
    assert!(matches!(error, Refused::OtherBuild { .. }), "{error}");
}

#[test]
fn broken_map_is_refused_with_its_reason() {
    let with = |mappings: &str| plain("").replace("AACA,SAASA,IACP,MAAM,CACR,CACAA", mappings);
    let deep =
        "{\"version\":3,\"sections\":[{\"offset\":{\"line\":0,\"column\":0},\"map\":".repeat(5000);
    for (map, expected) in [
        (with("AAC!"), "broken at byte 3 (no base 64 digit)"),
        (with("AAg"), "broken at byte 3 (they end within a segment)"),
        (with("AA"), "broken at byte 2 (they end within a segment)"),
        (with("AAAAAA"), "1, 4 or 5 numbers"),
        (with("AAAAD"), "out of range"),
        (with("ACAA"), "source 1, but it has 1"),
        (with("AAAAC"), "name 1, but it has 1"),
        (with("AAAA,DAAA"), "out of range"),
        (with("ggggggggggggC"), "more than 32 bits"),
        (plain("").replace(":3,", ":2,"), "only version 3"),
        ("<!doctype html>".into(), "the file that the bundler wrote"),
        ("[]".into(), "the file that the bundler wrote"),
        ("{\"version\":3}".into(), "neither mappings nor sections"),
        (plain("")[..40].into(), "the file that the bundler wrote"),
        (deep, "the file that the bundler wrote"),
        (
            "{\"sections\":[{\"offset\":{\"line\":0,\"column\":0},\"url\":\"b.map\"}]}".into(),
            "another file (b.map)",
        ),
    ] {
        let error = digest(None, &map).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("~/main.js"), "{error}");
    }
}

#[test]
fn map_that_does_not_fit_names_the_command_line() {
    let map = plain("").replace("AACA,SAASA", &"A,".repeat(50_000));
    let input = Input { name: "a.js", minified: None, map: map.as_bytes(), memory_bytes: 1 << 20 };
    let error = digest_source_map(&input).unwrap_err();
    assert!(matches!(&error, Refused::Map { reason: BadMap::TooLarge { .. }, .. }), "{error}");
    assert!(error.to_string().contains("trapline upload"), "{error}");
}

/// A directive in the middle of a line: what follows moves to a line of its own, and its mappings with it.
#[test]
fn debug_id_is_put_in_behind_a_directive_and_mappings_follow() {
    let script = format!(
        "#!/usr/bin/env node\n/* licence */'use strict';{SCRIPT}\n//# sourceMappingURL=a.js.map"
    );
    let map = plain("").replace("AACA,", ";yBACA,");
    let before = digest(Some(&script), &map).unwrap();
    let injected = debug_id::inject(&script, map.as_bytes()).unwrap();
    let (new_script, new_map) = (injected.script.unwrap(), injected.map.unwrap());
    assert!(
        new_script.starts_with("#!/usr/bin/env node\n/* licence */'use strict';\n;(function"),
        "{new_script}"
    );
    let after = digest(Some(&new_script), std::str::from_utf8(&new_map).unwrap()).unwrap();
    for text in ["throw 1", "n();"] {
        let look = |script: &str, table: &[u8]| {
            let (line, column) = place(script, text);
            let frame = Table::parse(table).unwrap().look_up(line, column).unwrap();
            (frame.line, frame.column, frame.function.map(str::to_owned))
        };
        assert_eq!(look(&script, &before.table), look(&new_script, &after.table), "{text}");
    }
    let again = debug_id::inject(&new_script, &new_map).unwrap();
    assert_eq!((again.debug_id, again.script, again.map), (injected.debug_id, None, None));
}

#[test]
fn debug_id_that_is_there_is_kept() {
    let id = "0f1e2d3c-4b5a-8697-8897-a6b5c4d3e2f1";
    let sentry = format!(
        "!function(){{try{{e._sentryDebugIds[n]=\"{id}\",e.x=\"sentry-dbid-{id}\"}}catch(e){{}}}}();\n{SCRIPT}"
    );
    let injected = debug_id::inject(&sentry, plain("").as_bytes()).unwrap();
    assert_eq!(debug_id::text_of(injected.debug_id), id);
    assert_eq!(injected.script, None, "another tool has put it in");
    // A bundler's comment alone is seen by no SDK.
    let commented = format!("{SCRIPT}\n//# debugId={id}\n");
    let injected = debug_id::inject(&commented, plain("").as_bytes()).unwrap();
    let script = injected.script.unwrap();
    assert_eq!(
        (debug_id::text_of(injected.debug_id).as_str(), script.matches(id).count()),
        (id, 2)
    );
}
