use super::*;
use crate::event::{Exception, Frame};
use crate::fingerprint::{group_by, raw, raw_by};

fn chunk_error() -> Event {
    let exception = Exception {
        kind: "ChunkLoadError".into(),
        value: "Loading chunk 7 failed.".into(),
        ..Exception::default()
    };
    Event {
        exceptions: vec![exception],
        tags: vec![("shop".into(), "eu".into())],
        transaction: Some("/cart".into()),
        ..Event::default()
    }
}

#[track_caller]
fn check_label(rules: &str, expected: &str) {
    let rules = Rules::parse(rules).unwrap();
    assert_eq!(group_by(&chunk_error(), &rules).fingerprint().label, expected);
}

#[test]
fn first_rule_that_fits_names_the_issue() {
    check_label(
        "# old tabs\n\ntype:ChunkLoadError -> stale-deploy\ntype:* -> rest",
        "stale-deploy",
    );
    check_label(
        "type:TypeError -> no\ntype:chunk* tags.shop:eu -> stale, {{ transaction }}",
        "stale + /cart",
    );
    check_label(
        "message:\"loading chunk * failed.\" !tags.shop:us -> {{ type }}, {{tags.shop}}",
        "ChunkLoadError + eu",
    );
    check_label("type:Nothing -> x", "stale_deploy");
    check_label("type:Chunk* -> {{ default }}, eu", "stale_deploy + eu");
}

#[test]
fn the_senders_own_fingerprint_is_stronger() {
    let rules = Rules::parse("type:* -> rule").unwrap();
    let event = Event { fingerprint: vec!["mine".into()], ..chunk_error() };
    assert_eq!(group_by(&event, &rules).fingerprint().label, "mine");
}

#[track_caller]
fn check_refused(rules: &str, expected: &str) {
    assert_eq!(Rules::parse(rules).unwrap_err().to_string(), expected);
}

#[test]
fn what_is_no_rule_says_what_is_wrong() {
    check_refused(
        "\ntype:X stale",
        "line 2: a rule needs ` -> ` between what it fits and what it makes",
    );
    check_refused("type -> x", "line 1: `type` is no matcher: write `key:pattern`");
    check_refused(
        "-> x",
        "line 1: nothing stands before ` -> `: write `key:pattern`, such as `type:ChunkLoadError`",
    );
    check_refused(
        "type:X ->",
        "line 1: nothing stands behind ` -> `: write a name for the issue, such as `stale-deploy`",
    );
    check_refused("type:\"X -> x", "line 1: a quote has no end");
    let keys = "there are type, message, function, file, transaction, url, release, environment, level, logger, tags.NAME";
    check_refused("kind:X -> x", &format!("line 1: `kind` is no key: {keys}"));
    assert!(
        Rules::parse("type:X -> {{ nobody }}").unwrap_err().to_string().contains("no variable")
    );
}

#[test]
fn what_is_quoted_is_one_whatever_stands_in_it() {
    check_label("type:Chunk*\tmessage:\"loading chunk*\" -> \"a, b\", c", "a, b + c");
    check_refused("type:X -> \"a", "line 1: a quote has no end");
    let long = format!("type:{} -> x", "x".repeat(MAX_RULE));
    check_refused(&long, "line 1: the rule has 1010 bytes, limit is 1000");
}

#[test]
fn what_is_not_there_fits_the_empty_pattern_alone() {
    let caught = |rule: &str| Rules::parse(rule).unwrap().first_for(&chunk_error()).is_some();
    assert!(caught("tags.shop:* -> x") && !caught("tags.user:* -> x"));
    assert!(!caught("tags.shop:\"\" -> x") && caught("tags.user:\"\" -> x"));
    assert!(caught("!tags.user:* -> x") && !caught("function:* -> x"));
    check_label("type:* -> chunk, {{ tags.user }}", "chunk + <no tags.user>");
}

#[test]
fn a_stored_line_that_is_none_any_more_costs_no_other() {
    let rules = Rules::stored("kind:X -> a\ntype:Chunk* -> b\nnonsense");
    assert_eq!(group_by(&chunk_error(), &rules).fingerprint().label, "b");
    assert_eq!(rules.all().len(), 1);
}

#[test]
fn preview_says_what_each_rule_catches_and_who_stands_before_it() {
    let rules = Rules::parse("type:Chunk* -> a\ntype:* -> b\nmessage:Loading* -> c\ntype:No -> d");
    let own = Event { fingerprint: vec!["mine".into()], ..chunk_error() };
    let plain = error("Error", "", &[]);
    let rules = rules.unwrap();
    let found: Vec<(Vec<usize>, usize, Option<usize>)> = rules
        .preview(&[plain, chunk_error(), own])
        .into_iter()
        .map(|previewed| (previewed.caught, previewed.lost, previewed.behind))
        .collect();
    let expected =
        [(vec![1], 0, None), (vec![0], 1, Some(0)), (vec![], 1, Some(0)), (vec![], 0, None)];
    assert_eq!(found, expected);
}

/// Thrown in these functions of a readable file.
fn error(kind: &str, value: &str, functions: &[&str]) -> Event {
    let frame = |function: &&str| Frame {
        function: (*function).into(),
        file: "https://shop.test/app.js".into(),
        line: 7,
        in_app: true,
        ..Frame::default()
    };
    let exception = Exception {
        kind: kind.into(),
        value: value.into(),
        frames: functions.iter().map(frame).collect(),
        ..Exception::default()
    };
    Event { exceptions: vec![exception], ..Event::default() }
}

/// The lines, which catch both and make them one.
#[track_caller]
fn check_proposal(one: &Event, other: &Event, expected: &str) {
    let lines = proposal(one, other).unwrap();
    assert_eq!(lines, expected);
    let rules = Rules::parse(&lines).unwrap();
    assert_ne!(group_by(one, &Rules::default()), group_by(other, &Rules::default()));
    assert_eq!(group_by(one, &rules).fingerprint(), group_by(other, &rules).fingerprint());
}

#[test]
fn a_rule_is_proposed_that_makes_two_issues_one() {
    check_proposal(
        &error("Error", "Order 17 has no lines", &["loadOrder"]),
        &error("Error", "Order 18 has no address", &["loadOrder"]),
        "type:Error message:\"Order * has no *\" function:loadOrder -> order-has-no-lines",
    );
    check_proposal(
        &error("TypeError", "Invalid state", &["pay"]),
        &error("TypeError", "Invalid state", &["ship"]),
        "type:TypeError message:\"Invalid state*\" -> invalid-state",
    );
    check_proposal(
        &error("QuoteError", "Quay", &["pay"]),
        &error("QuoteError", "Mole", &["ship"]),
        "type:QuoteError -> quay",
    );
    // They share nothing.
    check_proposal(
        &error("TypeError", "Invalid \"state\" -> 5\nmore", &["pay"]),
        &error("RangeError", "No such coupon", &[]),
        "type:TypeError message:\"Invalid ?state? -> *\" function:pay -> invalid-state\n\
         type:RangeError message:\"No such coupon*\" -> invalid-state",
    );
}

#[test]
fn no_rule_is_proposed_where_none_would_do() {
    let own = Event { fingerprint: vec!["mine".into()], ..chunk_error() };
    assert_eq!(proposal(&own, &chunk_error()), None);
    assert_eq!(proposal(&Event::default(), &chunk_error()), None);
}

#[test]
fn a_rule_makes_new_groups_of_what_it_catches_and_of_nothing_else() {
    let raw_with = |rules: &str, event: &Event| raw_by(1, event, &Rules::parse(rules).unwrap());
    let readable = error("Error", "a", &["loadOrder"]);
    let minified = error("Error", "a", &["t"]);
    for rule in ["type:Chunk* -> x", "tags.shop:eu -> x", "message:\"loading*\" -> x"] {
        assert_ne!(raw_with(rule, &chunk_error()), raw(1, &chunk_error()), "{rule}");
        assert_eq!(raw_with(rule, &readable), raw(1, &readable), "{rule}");
    }
    // A map may say that this is the function.
    assert_ne!(raw_with("function:pay -> x", &minified), raw(1, &minified));
    assert_eq!(raw_with("function:pay -> x", &readable), raw(1, &readable));
    // Another name is another issue, for events to come; a rule behind one that catches all changes nothing.
    let one = raw_with("type:Chunk* -> x", &chunk_error());
    assert_ne!(raw_with("type:Chunk* -> y", &chunk_error()), one);
    assert_eq!(raw_with("type:Chunk* -> x\ntype:* -> y", &chunk_error()), one);
    let own = Event { fingerprint: vec!["mine".into()], ..chunk_error() };
    assert_eq!(raw_with("type:* -> x", &own), raw(1, &own));
}

#[test]
fn rules_that_say_the_same_have_one_digest() {
    let digest = |text: &str| Rules::parse(text).unwrap().digest();
    assert_eq!(digest("# nothing\n\n"), "");
    assert_eq!(digest("type:A -> a").len(), 16);
    assert_eq!(digest("type:A -> a"), digest("# old tabs\n  type:A -> a\n"));
    assert_ne!(digest("type:A -> a"), digest("type:A -> b"));
    assert_ne!(digest("type:A -> a\ntype:B -> b"), digest("type:B -> b\ntype:A -> a"));
}
