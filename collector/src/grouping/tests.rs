use super::*;
use trapline_core::event::{Exception, Frame};
use trapline_core::fingerprint::ComponentKind;

/// Thrown in this function of a readable file.
fn event(kind: &str, value: &str, function: &str) -> Event {
    let frame = Frame {
        function: function.into(),
        file: "https://shop.test/app.js".into(),
        line: 7,
        in_app: true,
        ..Frame::default()
    };
    let (kind, value) = (kind.into(), value.into());
    let exception = Exception { kind, value, frames: vec![frame], ..Exception::default() };
    Event { exceptions: vec![exception], ..Event::default() }
}

fn own(event: Event) -> Event {
    Event { fingerprint: vec!["mine".into()], ..event }
}

fn rules(text: &str) -> Rules {
    Rules::parse(text).unwrap()
}

#[test]
fn it_is_said_what_decided_and_what_counted_before() {
    let pay = event("TypeError", "Invalid state", "pay");
    let by = |event: &Event, text: &str| explained(event, &rules(text), "invalid state + pay");
    let plain = by(&pay, "");
    assert_eq!((plain.decided_by, plain.stored_fingerprint), (Decided::Thrown, None));
    let rule = by(&pay, "type:No -> a\ntype:TypeError -> b");
    assert_eq!((rule.decided_by, rule.rule.as_str()), (Decided::Rule, "type:TypeError -> b"));
    assert_eq!(
        (rule.fingerprint.as_str(), rule.stored_fingerprint.as_deref()),
        ("b", Some("invalid state + pay"))
    );
    assert_eq!(by(&own(pay), "type:* -> b").decided_by, Decided::Sender);
}

/// Why they are two issues, and what would make them one.
#[track_caller]
fn check_compared(one: Option<&Event>, other: Option<&Event>, by: &str, why: &str, rule: &str) {
    let rules = rules(by);
    let label = |event: Option<&Event>| {
        event.map_or("label".into(), |event| explained(event, &rules, "").fingerprint)
    };
    let (left, right) = (label(one), label(other));
    let one = Side { short_id: "SHOP-1", event: one, label: &left };
    let other = Side { short_id: "SHOP-2", event: other, label: &right };
    let compared = compared(&one, &other, &rules);
    assert_eq!(compared.why, why);
    assert_eq!(compared.proposed_rules, rule);
}

#[test]
fn the_first_difference_is_a_sentence() {
    let (pay, ship) =
        (event("TypeError", "Invalid state", "pay"), event("TypeError", "Invalid state", "ship"));
    let rule = "type:TypeError message:\"Invalid state*\" -> invalid-state";
    check_compared(
        Some(&pay),
        Some(&ship),
        "",
        "The function differs: pay here, ship there.",
        rule,
    );
    let by = "function:pay -> paying";
    check_compared(
        Some(&pay),
        Some(&ship),
        by,
        "A rule catches the first, and not the other: function:pay -> paying",
        rule,
    );
    check_compared(
        Some(&ship),
        Some(&pay),
        by,
        "A rule catches the other, and not the first: function:pay -> paying",
        rule,
    );
    let why = "The page sets a fingerprint of its own for the other, and none for the first.";
    check_compared(Some(&pay), Some(&own(pay.clone())), "", why, "");
    check_compared(
        Some(&pay),
        Some(&pay),
        "",
        "Their newest events say the same: somebody split them.",
        "",
    );
    let why = "No event of SHOP-2 is kept whole, so it is only known by what was hashed: label.";
    check_compared(Some(&pay), None, "", why, "");
}

#[test]
fn rules_that_would_make_them_one_are_said_to() {
    let (pay, ship) =
        (event("TypeError", "Invalid state", "pay"), event("TypeError", "Invalid state", "ship"));
    let one = Side { short_id: "SHOP-1", event: Some(&pay), label: "invalid state + pay" };
    let other = Side { short_id: "SHOP-2", event: Some(&ship), label: "invalid state + ship" };
    let compared = compared(&one, &other, &rules("type:TypeError -> x"));
    assert!(compared.one_today);
    assert!(compared.why.starts_with("Today they would be one: "), "{}", compared.why);
}

#[test]
fn components_stand_side_by_side() {
    let mut wrapped = event("Error", "Checkout failed in the shop", "submit");
    wrapped.exceptions.push(event("TypeError", "Invalid state", "pay").exceptions.remove(0));
    let plain = event("Error", "Invalid state", "pay");
    let side = |event| Side { short_id: "", event: Some(event), label: "" };
    let compared = compared(&side(&wrapped), &side(&plain), &Rules::default());
    let [Some(left), Some(right)] = &compared.newest_events else { panic!("both are kept") };
    let value = |side: &Option<&trapline_core::fingerprint::Component>| {
        side.as_ref().map_or("none".to_owned(), |component| component.value.clone())
    };
    let found: Vec<(&str, String, String, bool)> = pairs(left, right)
        .iter()
        .map(|pair| (pair.kind.name(), value(&pair.sides[0]), value(&pair.sides[1]), pair.differs))
        .collect();
    let row =
        |kind, one: &str, other: &str, differs| (kind, one.to_owned(), other.to_owned(), differs);
    assert_eq!(found[1], row("message", "checkout failed in the shop", "invalid state", true));
    assert_eq!(found[0], row("type", "Error", "Error", false), "neither counts");
    assert!(found.contains(&row("message", "invalid state", "none", true)), "{found:?}");
}

fn sampled(number: u32, event: Event) -> Sampled {
    Sampled { issue: Example { short_id: format!("SHOP-{number}"), title: "title".into() }, event }
}

#[test]
fn a_preview_counts_events_and_issues_and_warns_of_rules_that_do_nothing() {
    let sample = vec![
        sampled(1, event("TypeError", "a", "pay")),
        sampled(1, event("TypeError", "b", "pay")),
        sampled(2, event("RangeError", "c", "ship")),
        sampled(3, event("QuoteError", "d", "read")),
        sampled(4, event("OtherError", "e", "read")),
        sampled(5, own(event("TypeError", "f", "pay"))),
    ];
    let lines = "type:TypeError -> a\ntype:*Error -> b\nfunction:pay -> c\ntype:None -> d";
    let preview = preview(&rules(lines), sample);
    assert_eq!((preview.events, preview.with_own_fingerprint), (6, 1));
    let found: Vec<(usize, usize, Vec<&str>, &str)> = preview
        .rules
        .iter()
        .map(|caught| {
            let examples =
                caught.examples.iter().map(|example| example.short_id.as_str()).collect();
            (caught.events, caught.issues, examples, caught.warning.as_str())
        })
        .collect();
    let expected = [
        (2, 1, vec!["SHOP-1"], ""),
        (
            3,
            3,
            vec!["SHOP-2", "SHOP-3", "SHOP-4"],
            "Rules before it catch 2 more. The first is type:TypeError -> a",
        ),
        (
            0,
            0,
            vec![],
            "Does nothing: rules before it catch all that it fits. The first is type:TypeError -> a",
        ),
        (0, 0, vec![], "Catches none of these events."),
    ];
    assert_eq!(found, expected);
}

fn looked(hash: &str, events: u64, event: Option<Event>) -> Looked {
    Looked::of(hash.into(), events, 0, event)
}

#[test]
fn an_issue_is_split_by_what_some_of_its_groups_have() {
    let groups = [
        looked("a", 5, Some(event("TypeError", "Invalid state", "pay"))),
        looked("b", 2, Some(own(event("TypeError", "Invalid token", "pay")))),
        looked("c", 9, Some(event("TypeError", "Invalid state", "ship"))),
        looked("d", 1, None),
    ];
    let part = |value: &str, groups: u64, events| Part { value: value.into(), groups, events };
    let aspects = aspects(&groups);
    let of =
        |kind| aspects.iter().find(|aspect| aspect.kind == kind).map(|aspect| aspect.parts.clone());
    assert_eq!(of(ComponentKind::Function), Some(vec![part("pay", 2, 7), part("ship", 1, 9)]));
    assert_eq!(
        of(ComponentKind::Message),
        Some(vec![part("invalid state", 2, 14), part("invalid token", 1, 2)])
    );
    assert_eq!(of(ComponentKind::Sender), Some(vec![part("mine", 1, 2)]));
    let having = |function: &str| -> Vec<&str> {
        let having = groups.iter().filter(|one| one.has("function", function));
        having.map(|one| one.hash.as_str()).collect()
    };
    assert_eq!((having("pay"), having("nobody")), (vec!["a", "b"], vec![]));
}

#[test]
fn what_all_groups_share_parts_nothing() {
    let pay = || Some(event("TypeError", "Invalid state", "pay"));
    assert_eq!(aspects(&[looked("a", 1, pay()), looked("b", 1, pay())]), []);
}
