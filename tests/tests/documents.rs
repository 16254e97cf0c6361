//! What the documents say is what is there: links, options, search keys, reasons, limits, settings, and the tests that SECURITY.md
//! names. What they tell to type is run by `e2e/docs.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use trapline_core::fingerprint::rules::Rules;
use trapline_core::limits;
use trapline_tests::{MARKS, readmes};
use xtask::docs::{self, Chapter, anchors, blocks, links};
use xtask::paths::Paths;
use xtask::stamp::files_under;

fn paths() -> Paths {
    Paths::of_this_repository()
}

fn source(path: &str) -> String {
    fs::read_to_string(paths().root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn chapters() -> Vec<Chapter> {
    docs::chapters(&paths()).expect("chapters")
}

fn chapter(file: &str) -> String {
    let found = chapters().into_iter().find(|chapter| chapter.entry.file == file);
    found.unwrap_or_else(|| panic!("no chapter {file}")).text
}

/// What stands below a heading, up to the next of its level.
fn section(text: &str, heading: &str) -> String {
    let level = heading.split(' ').next().unwrap_or_default().to_owned() + " ";
    let begin = text.find(&format!("{heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let rest = &text[begin + heading.len()..];
    rest.split(&format!("\n{level}")).next().unwrap_or_default().to_owned()
}

/// What stands between backticks in the first column of a text's tables.
fn first_column(text: &str) -> BTreeSet<String> {
    let rows = text.lines().filter_map(|line| line.strip_prefix('|')?.split(" | ").next());
    rows.flat_map(codes).collect()
}

/// What stands between backticks.
fn codes(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn set<T: Into<String>>(names: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    names.into_iter().map(Into::into).collect()
}

/// What stands between `begin` and `end` in a source, as often as it does.
fn between<'text>(text: &'text str, begin: &str, end: &str) -> Vec<&'text str> {
    text.split(begin).skip(1).filter_map(|rest| rest.split(end).next()).collect()
}

/// Without the tests below.
fn code_of(path: &str) -> String {
    source(path).split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned()
}

#[test]
fn links_lead_somewhere() {
    assert_eq!(docs::broken_links(&chapters()), [""; 0]);
    for (file, text) in readmes(&paths()) {
        for link in links(&text).into_iter().filter(|link| !link.contains("://")) {
            let (name, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let folder = Path::new(&file).parent().unwrap_or(Path::new(""));
            let target = if name.is_empty() { Path::new(&file).into() } else { folder.join(name) };
            assert!(paths().root.join(&target).exists(), "{file}: {link} leads nowhere");
            if !anchor.is_empty() {
                let text = source(&target.display().to_string());
                // A row of a table has no heading, but an anchor of its own.
                let is_named = text.contains(&format!("<a id=\"{anchor}\">"));
                let is_there = is_named || anchors(&text).iter().any(|one| one == anchor);
                assert!(is_there, "{file}: nothing is called {link}");
            }
        }
    }
}

#[test]
fn options_of_init_are_those_of_the_types() {
    let types = source("agent/js/index.d.ts");
    let options = between(&types, "export interface BrowserOptions {", "\n}")[0];
    let name = |line: &str| {
        let (name, _) = line.trim().split_once('?')?;
        name.chars().all(char::is_alphanumeric).then(|| name.to_owned())
    };
    let typed: BTreeSet<String> = options.lines().filter_map(name).collect();
    assert!(typed.len() > 20, "{typed:?}");
    assert_eq!(first_column(&section(&chapter("agent.md"), "## Options of init")), typed);
}

#[test]
fn functions_of_the_agent_are_those_of_the_types() {
    let types = source("agent/js/index.d.ts");
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut typed = BTreeSet::new();
    for (index, declaration) in types.split("export declare ").enumerate().skip(1) {
        let (kind, rest) = declaration.split_once(' ').unwrap_or_default();
        let whole = rest.split([';', '(']).next().unwrap_or_default();
        // `const a: X, b: X`
        let parts = if kind == "const" { whole.split(',').collect() } else { vec![whole] };
        for part in parts {
            let name: String = part.trim().chars().take_while(|c| is_name(*c)).collect();
            assert!(!name.is_empty(), "declaration {index}: {whole}");
            typed.insert(name);
        }
    }
    let (agent, visits) = (chapter("agent.md"), chapter("visits.md"));
    let said: BTreeSet<String> = codes(&agent)
        .into_iter()
        .chain(codes(&visits))
        .map(|code| code.chars().take_while(|c| is_name(*c)).collect())
        .collect();
    let missing: Vec<_> = typed.difference(&said).collect();
    assert!(missing.is_empty(), "not documented: {missing:?}");
    // And nothing is documented that is not there: what looks like a function, or like an integration.
    let methods = types.clone();
    for code in codes(&agent).into_iter().chain(codes(&visits)) {
        let name: String = code.chars().take_while(|c| is_name(*c)).collect();
        let is_called = code[name.len()..].starts_with('(') || name.ends_with("Integration");
        let is_method =
            methods.contains(&format!("{name}(")) || methods.contains(&format!("{name}?("));
        assert!(!is_called || typed.contains(&name) || is_method, "there is no {name}");
    }
}

#[test]
fn search_keys_are_those_of_the_collector() {
    let code = code_of("collector/src/search.rs");
    let list = between(&code, "pub const KEYS: [(&str, &str); ", "];")[0];
    let known = set(between(list, "    (\"", "\""));
    let keys = section(&chapter("search.md"), "## Keys");
    let said: BTreeSet<String> =
        first_column(&keys).into_iter().filter(|key| !key.contains('.')).collect();
    assert_eq!(said, known);
    let list = between(&code, "pub const IS: [&str; 11] = [", "];")[0];
    let row = keys.lines().find(|line| line.starts_with("| `is` |")).expect("the row of is");
    let mut said = set(codes(row));
    assert!(said.remove("is") && said.remove("open"));
    assert_eq!(said, set(between(list, "    \"", "\"")));
}

#[test]
fn every_reason_is_documented_and_no_other() {
    let mut known: Vec<(String, String)> = Vec::new();
    let mut add = |outcome: &str, reasons: Vec<&str>| {
        assert!(!reasons.is_empty(), "no reasons of {outcome} were found");
        known.extend(reasons.iter().map(|one| (outcome.to_owned(), (*one).to_owned())));
    };
    let filter = code_of("core/src/filter.rs");
    add("filtered", between(&filter, "=> \"", "\""));
    let quota = code_of("collector/src/quota.rs");
    add("limited", between(between(&quota, "pub fn name", "}\n    }")[0], "=> \"", "\""));
    let reserve = code_of("collector/src/reserve.rs");
    add("limited", between(&reserve, "pub const REASON: &str = \"", "\""));
    let others = code_of("collector/src/ingest/others.rs");
    add("limited", between(&others, ".reason = \"", "\""));
    add("filtered", between(&others, "Ended::one(\"filtered\", \"", "\""));
    let refused = code_of("collector/src/refused.rs");
    let pipeline = code_of("collector/src/pipeline.rs");
    let visit = code_of("collector/src/pipeline/visit.rs");
    for outcome in ["invalid", "limited"] {
        add(outcome, between(&refused, &format!("Some((\"{outcome}\", \""), "\""));
    }
    add("invalid", between(between(&pipeline, "let reason = if", ";")[0], "{ \"", "\""));
    for code in [&pipeline, &visit] {
        add("dropped", between(code, "Ended::one(\"dropped\", \"", "\""));
    }
    let report = code_of("core/src/client_report.rs");
    add(
        "discarded",
        between(between(&report, "const REASONS: [&str; 13] = [", "];")[0], "    \"", "\""),
    );
    add("discarded", vec!["other"]);
    let text = chapter("outcomes.md");
    for outcome in ["filtered", "limited", "invalid", "dropped", "discarded"] {
        let of_this = known.iter().filter(|(one, _)| one == outcome);
        let of_this: BTreeSet<String> = of_this.map(|(_, reason)| reason.clone()).collect();
        let section = section(&text, &format!("## {outcome}"));
        let said =
            if outcome == "discarded" { set(codes(&section)) } else { first_column(&section) };
        assert_eq!(said, of_this, "{outcome}");
    }
}

#[test]
fn limits_are_those_of_the_code() {
    let text = chapter("limits.md");
    for (what, most) in [
        ("items of an envelope", limits::MAX_ITEMS),
        ("exceptions of a chain", limits::MAX_EXCEPTIONS),
        ("frames of a stack", limits::MAX_FRAMES),
        ("breadcrumbs", limits::MAX_BREADCRUMBS),
    ] {
        let row = format!("| {what} | {most} |");
        assert!(text.contains(&row), "{row}");
    }
    let (mib, kib) = (1024 * 1024, 1024);
    for row in [
        format!("{} MiB / {} MiB", limits::MAX_ENVELOPE / mib, limits::MAX_INFLATED / mib),
        format!("| an event | {} MiB |", limits::MAX_EVENT / mib),
        format!("| a message | {} KiB |", limits::MAX_MESSAGE / kib),
        format!(
            "{}; a key {}, a value {} bytes",
            limits::MAX_TAGS,
            limits::MAX_TAG_KEY,
            limits::MAX_TAG_VALUE
        ),
    ] {
        assert!(text.contains(&row), "{row}");
    }
}

#[test]
fn settings_of_a_deployment_are_those_that_the_collector_reads() {
    let mut known = BTreeSet::new();
    for file in files_under(&paths().root.join("collector/src")).expect("sources") {
        let code = fs::read_to_string(file).unwrap_or_default();
        for begin in ["setting(\"", ".var(\""] {
            known.extend(set(between(&code, begin, "\"")));
        }
    }
    // A secret, which has a chapter of its own, and what the build sets.
    assert!(known.remove("SETUP_SECRET") && known.remove("AGENT_NAME"));
    let text = section(&chapter("operation.md"), "## Settings of a deployment");
    let variables = text.split("| binding |").next().unwrap_or_default();
    assert_eq!(first_column(variables), known);
}

#[test]
fn channels_and_scopes_are_those_of_the_collector() {
    let code = code_of("collector/src/alert/rule.rs");
    let channels = between(&code, "pub const CHANNELS: [&str; 5] = [", "]")[0];
    let said = first_column(&section(&chapter("alerts.md"), "## Receivers"));
    assert_eq!(said, set(codes(&channels.replace('"', "`"))));
    let code = code_of("collector/src/artifacts/token.rs");
    let scopes = between(&code, ": &str = \"", "\"").into_iter().filter(|one| one.contains(':'));
    assert_eq!(first_column(&section(&chapter("api.md"), "## Tokens")), set(scopes));
}

#[test]
fn blocks_have_known_languages_and_are_what_they_say() {
    for (file, text) in readmes(&paths()).into_iter().chain(
        chapters()
            .into_iter()
            .map(|chapter| (format!("docs/src/{}", chapter.entry.file), chapter.text)),
    ) {
        for block in blocks(&text) {
            let place = format!("{file}:{}", block.line);
            assert!(
                MARKS.contains(&(block.language.as_str(), block.marks.join(",").as_str())),
                "{place}: nobody runs {:?} with {:?}",
                block.language,
                block.marks
            );
            match block.language.as_str() {
                "json" => drop(serde_json::from_str::<Value>(&block.code).expect(&place)),
                "toml" => drop(block.code.parse::<toml_edit::DocumentMut>().expect(&place)),
                "text" if block.has("rules") => {
                    let rules = Rules::parse(&block.code).expect(&place);
                    assert!(!rules.all().is_empty(), "{place}");
                }
                _ => {}
            }
        }
    }
}

/// In SECURITY.md a test's name is what stands between backticks in the last column.
#[test]
fn every_test_that_security_names_exists() {
    let mut sources = String::new();
    for folder in ["tests", "core", "collector/src", "agent/src", "symbols", "cli", "xtask/src"] {
        for file in files_under(&paths().root.join(folder)).expect("sources") {
            if file.extension().is_some_and(|end| end == "rs") {
                sources += &fs::read_to_string(file).expect("a source");
            }
        }
    }
    let mut named = 0;
    for row in source("SECURITY.md").lines().filter(|line| line.starts_with('|')) {
        let last = row.trim_end_matches(['|', ' ']).rsplit(" | ").next().unwrap_or_default();
        for name in codes(last) {
            named += 1;
            let is_there = sources.contains(&format!("(\"{name}\""))
                || sources.contains(&format!("fn {name}()"));
            assert!(is_there, "SECURITY.md names {name}, and there is no such test");
        }
    }
    assert!(named > 30, "{named} tests are named");
}
