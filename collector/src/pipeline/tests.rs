use super::*;
use trapline_core::envelope;
use trapline_core::filter::FilterSettings;

fn judge_all(body: &str, settings: &Settings) -> Judged {
    let envelope = envelope::parse(body.as_bytes()).unwrap();
    let context = Context {
        now_ms: 1_800_000_000_000,
        project_id: 1,
        settings,
        rules: &settings.rules(),
        event_id: None,
        sent_at: None,
        user_agent: None,
        client_hints: ClientHints::default(),
        country: None,
        address: Some("192.0.2.7"),
    };
    judge(&envelope.items, &context)
}

/// Kept events, outcomes, and the refusal.
#[track_caller]
fn check(body: &str, events: usize, ended: &[(&str, &str, &str)], refused: Option<&str>) {
    let judged = judge_all(body, &Settings { max_event_bytes: 100, ..Settings::default() });
    assert_eq!(judged.events.len(), events);
    let found: Vec<_> = judged
        .ended
        .iter()
        .map(|ended| (ended.outcome, ended.reason, ended.detail.as_str()))
        .collect();
    assert_eq!(found, ended);
    assert_eq!(judged.unreadable.map(|refused| refused.to_string()).as_deref(), refused);
}

#[test]
fn an_item_that_is_no_json_harms_nobody_else() {
    let broken =
        ("invalid", "malformed", "item 1: event is not JSON: expected ident at line 1 column 2");
    check(
        "{}\n{\"type\":\"event\"}\nnonsense\n{\"type\":\"event\"}\n{\"message\":\"m\"}",
        1,
        &[broken],
        None,
    );
    check("{}\n{\"type\":\"event\"}\nnonsense", 0, &[broken], Some(broken.2));
    check(
        "{}\n{\"type\":\"check_in\"}\n{}\n{\"type\":\"check_in\"}\n{\n{\"type\":\"attachment\"}\n\u{1}",
        0,
        &[
            ("dropped", "unsupported_item", "check_in"),
            (
                "invalid",
                "malformed",
                "item 2: event is not JSON: EOF while parsing an object at line 1 column 1",
            ),
            ("dropped", "unsupported_item", "attachment"),
        ],
        None,
    );
}

#[test]
fn an_event_above_the_projects_limit_is_too_large() {
    let long = format!("{{\"message\":\"{}\"}}", "x".repeat(100));
    let words = "event is 114 bytes, this project's limit is 100";
    check(
        &format!("{{}}\n{{\"type\":\"event\"}}\n{long}"),
        0,
        &[("invalid", "too_large", words)],
        Some(words),
    );
}

#[test]
fn what_the_sender_kept_back_is_counted_by_its_reason() {
    check(
        "{}\n{\"type\":\"client_report\"}\n{\"discarded_events\":[{\"reason\":\"sample_rate\",\"category\":\"error\",\"quantity\":3}]}",
        0,
        &[("discarded", "sample_rate", "error")],
        None,
    );
}

#[test]
fn a_filtered_event_is_counted_and_others_stay() {
    let settings = Settings {
        filters: FilterSettings { messages: vec!["*nobody*".into()], ..FilterSettings::default() },
        ..Settings::default()
    };
    let body = "{}\n{\"type\":\"event\"}\n{\"event_id\":\"00000000000000000000000000000007\",\"message\":\"for nobody\"}\n\
        {\"type\":\"event\"}\n{\"message\":\"for all\"}";
    let judged = judge_all(body, &settings);
    assert_eq!(judged.ended, [Ended::one("filtered", "message_pattern", "*nobody*")]);
    assert_eq!(judged.events.len(), 1);
    assert_eq!(judged.first_id.as_deref(), Some("00000000000000000000000000000007"));
}

#[test]
fn addresses_are_kept_only_where_the_owner_wants_them() {
    let event = |store_ip_addresses: bool, address: &str| {
        let body = format!(
            "{{}}\n{{\"type\":\"event\"}}\n{{\"user\":{{\"ip_address\":\"{address}\"}},\"extra\":{{\"password\":\"x\"}}}}"
        );
        let settings = Settings { store_ip_addresses, ..Settings::default() };
        judge_all(&body, &settings).events.remove(0).event().clone()
    };
    assert_eq!(event(false, "{{auto}}").user.ip_address, None);
    assert_eq!(event(false, "192.0.2.1").user.ip_address, None);
    assert_eq!(event(true, "{{auto}}").user.ip_address.as_deref(), Some("192.0.2.7"));
    assert_eq!(event(true, "192.0.2.1").user.ip_address.as_deref(), Some("192.0.2.1"));
    assert_eq!(event(true, "{{auto}}").extra["password"], "[Filtered]");
}
