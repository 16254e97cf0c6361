use super::super::zip::tests::{Packed, archive, read};
use super::*;
use proptest::prelude::*;

/// Entries of these names, told apart by where they begin.
fn entries(names: &[&str]) -> Vec<Entry> {
    let entry = |(start, name): (usize, &&str)| Entry {
        name: (*name).to_owned(),
        part: Part { start, ..Part::default() },
    };
    names.iter().enumerate().map(entry).collect()
}

/// `url debug_id script map`, the parts by the number of their entry.
#[track_caller]
fn check(manifest: &str, names: &[&str], expected: &[&str]) {
    let part = |part: Option<Part>| part.map_or("-".to_owned(), |part| part.start.to_string());
    let found = to_do(manifest.as_bytes(), &entries(names)).unwrap();
    let found: Vec<String> = found
        .into_iter()
        .map(|one| format!("{} {} {} {}", one.url, one.debug_id, part(one.script), part(one.map)))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn the_recorded_bundle_is_one_table() {
    let bytes = include_bytes!("../../../../tests/corpora/sentry_cli/bundle.zip");
    assert!(bytes.starts_with(MAGIC));
    let files = read(bytes).unwrap();
    let manifest = files.iter().find(|(name, _)| name == MANIFEST).unwrap();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let expected = "~/app.min.js f3c5046b54b5545e85631789f5ff7c62 0 1";
    check(std::str::from_utf8(&manifest.1).unwrap(), &names, &[expected]);
}

#[test]
fn a_file_takes_the_map_that_it_names_else_that_of_its_debug_id() {
    let manifest = r#"{"files": {
        "a": {"type": "minified_source", "url": "~/js/a.js", "headers": {"Sourcemap": "../maps/a.map", "debug-id": "AAAAAAAA-0000-4000-8000-000000000001"}},
        "b": {"type": "minified_source", "url": "https://cdn.test/b.js", "headers": {"sourcemap": "https://maps.test/b.map"}},
        "c": {"type": "minified_source", "url": "~/c.js", "headers": {"sourcemap": "elsewhere.map", "debug-id": "cccccccc-0000-4000-8000-000000000001"}},
        "d": {"type": "minified_source", "url": "~/d.js"},
        "m1": {"type": "source_map", "url": "~/maps/a.map"},
        "m2": {"type": "source_map", "url": "https://maps.test/b.map"},
        "m3": {"type": "source_map", "url": "~/x/c.js.map", "headers": {"debug-id": "cccccccc000040008000000000000001"}},
        "m4": {"type": "source_map", "url": "~/alone.js.map", "headers": {"debug-id": "dddddddd-0000-4000-8000-000000000001"}},
        "s": {"type": "source", "url": "~/a.ts"}}}"#;
    check(
        manifest,
        &["a", "b", "c", "d", "m1", "m2", "m3", "m4", "s"],
        &[
            "~/js/a.js aaaaaaaa000040008000000000000001 0 4",
            "https://cdn.test/b.js  1 5",
            "~/c.js cccccccc000040008000000000000001 2 6",
            "~/d.js  3 -",
            "~/alone.js dddddddd000040008000000000000001 - 7",
        ],
    );
}

#[test]
fn references_are_joined_as_urls_are() {
    for (url, reference, expected) in [
        ("~/js/a.js", "a.js.map", "~/js/a.js.map"),
        ("~/js/a.js", "./a.js.map", "~/js/a.js.map"),
        ("~/js/a.js", "../../../a.js.map", "~/a.js.map"),
        ("~/js/a.js", "/m/a.js.map", "~/m/a.js.map"),
        ("https://a.test/js/a.js", "b.map", "https://a.test/js/b.map"),
        ("https://a.test", "b.map", "https://a.test/b.map"),
        ("~/a.js", "https://b.test/a.map", "https://b.test/a.map"),
    ] {
        assert_eq!(joined(url, reference), expected);
    }
}

#[test]
fn manifests_that_are_wrong_are_refused() {
    let found = |manifest: &str| to_do(manifest.as_bytes(), &entries(&["a"]));
    let missing = r#"{"files": {"b": {"type": "source_map", "url": "~/b.map"}}}"#;
    assert_eq!(found(missing), Err(BadBundle::Missing("b".into())));
    assert!(matches!(found("{"), Err(BadBundle::Manifest(_))));
    assert!(matches!(found(r#"{"files": []}"#), Err(BadBundle::Manifest(_))));
    assert_eq!(found("{}"), Ok(Vec::new()));
    let many: Vec<String> = (0..=MAX_FILES)
        .map(|n| format!(r#""{n}": {{"type": "minified_source", "url": "~/{n}.js"}}"#))
        .collect();
    let names: Vec<String> = (0..=MAX_FILES).map(|n| n.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let many = format!(r#"{{"files": {{{}}}}}"#, many.join(","));
    assert_eq!(
        to_do(many.as_bytes(), &entries(&names)),
        Err(BadBundle::TooMany { found: MAX_FILES + 1 })
    );
}

#[test]
fn an_archive_of_ours_is_read_like_one_of_theirs() {
    let manifest = br#"{"files": {"f": {"type": "minified_source", "url": "~/f.js"}}}"#;
    let bytes = archive(
        b"SYSB\x02\0\0\0",
        &[Packed { name: "f", content: b"x" }, Packed { name: MANIFEST, content: manifest }],
    );
    assert_eq!(read(&bytes).unwrap()[1].1, manifest);
}

proptest! {
    #[test]
    fn any_manifest_is_read_or_refused(manifest in r#"\{"files": ?\{("[a-c]": ?\{("(type|url|headers)": ?("(source_map|minified_source|\.\./x)"|\{\}|1),?){0,3}\},?){0,3}\}\}"#) {
        let _ = to_do(manifest.as_bytes(), &entries(&["a", "b"]));
    }

    #[test]
    fn any_reference_is_joined(url: String, reference: String) {
        joined(&url, &reference);
    }
}
