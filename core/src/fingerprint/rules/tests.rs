use super::*;
use crate::event::Exception;
use crate::fingerprint::group_by;

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
fn preview_counts_each_event_at_the_first_rule_that_fits() {
    let rules = Rules::parse("type:Chunk* -> a\ntype:* -> b").unwrap();
    let own = Event { fingerprint: vec!["mine".into()], ..chunk_error() };
    let plain = Event {
        exceptions: vec![Exception { kind: "Error".into(), ..Exception::default() }],
        ..Event::default()
    };
    let caught: Vec<Vec<usize>> =
        rules.preview(&[plain, chunk_error(), own]).into_iter().map(|(_, events)| events).collect();
    assert_eq!(caught, [vec![1], vec![0]]);
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
