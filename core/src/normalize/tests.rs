use serde_json::json;

use super::*;
use crate::decode::{self, Received};

const NOW_MS: i64 = 1_800_000_000_000;
const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
const EDGE_18: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";

/// A page's event, on its way.
fn normalized(mut payload: serde_json::Value, context: &Context) -> Event {
    if payload.get("platform").is_none() {
        payload["platform"] = "javascript".into();
    }
    let received = Received { now_ms: NOW_MS, ..Received::default() };
    let mut event = decode::event(payload.to_string().as_bytes(), &received).unwrap();
    let context = Context { received_ms: NOW_MS, ..*context };
    normalize(&mut event, &context);
    let once = event.clone();
    normalize(&mut event, &context);
    assert_eq!(event, once, "a second time changes nothing");
    event
}

/// When an event claims to have happened, and when it was sent, in seconds from now; when it happened in truth.
#[track_caller]
fn check_clock(claimed_s: i64, sent_s: Option<i64>, expected_s: i64) {
    let claimed_ms = NOW_MS + claimed_s * 1_000;
    let sent_at = sent_s.map(|sent_s| decode::rfc3339_of(NOW_MS + sent_s * 1_000));
    let context = Context { sent_at: sent_at.as_deref(), ..Context::default() };
    let event = normalized(json!({"timestamp": claimed_ms / 1_000}), &context);
    assert_eq!((event.at_ms() - NOW_MS) / 1_000, expected_s);
    assert_eq!(event.claimed_ms, claimed_ms, "what was sent stays");
}

#[test]
fn clocks_are_set_by_when_the_sender_sent() {
    const HOUR: i64 = 3_600;
    const YEAR: i64 = 365 * 24 * HOUR;
    check_clock(-10, Some(-1), -10);
    check_clock(-10, None, -10);
    // Slow networks are no wrong clocks.
    check_clock(-60, Some(-50), -60);
    check_clock(-HOUR - 30, Some(-HOUR), -30);
    check_clock(HOUR - 30, Some(HOUR), -30);
    check_clock(-10 * YEAR - 5, Some(-10 * YEAR), -5);
    // Kept for two days in an outbox, by a clock that is an hour ahead.
    check_clock(-47 * HOUR, Some(HOUR), -48 * HOUR);
    // Without a time of sending a wrong clock is not believed.
    check_clock(2 * HOUR, None, 0);
    check_clock(-2 * YEAR, None, 0);
    // An hour in the future that no drift explains.
    check_clock(HOUR, Some(0), 0);
}

#[test]
fn times_that_are_none_do_not_move_events() {
    for sent_at in ["", "soon", "9999-12-31T23:59:59Z", "-1", "NaN", "1e400"] {
        let context = Context { sent_at: Some(sent_at), ..Context::default() };
        let event = normalized(json!({"timestamp": NOW_MS / 1_000 - 10}), &context);
        assert_eq!(event.at_ms(), NOW_MS - 10_000, "{sent_at}");
    }
    for timestamp in [json!(-5), json!("9999-12-31T23:59:59Z"), json!(1e300), json!(null)] {
        let context = Context { sent_at: Some("2027-01-15T07:00:00Z"), ..Context::default() };
        let event = normalized(json!({"timestamp": timestamp}), &context);
        assert_eq!((event.at_ms(), event.claimed_ms), (NOW_MS, 0), "{timestamp}");
    }
}

#[test]
fn urls_are_split_and_cleaned() {
    let url = " HTTPS://Shop.Test/Cart?id=1&q=a%20b#Top";
    let event = normalized(json!({"request": {"url": url}}), &Context::default());
    let request = event.request;
    assert_eq!(request.url.as_deref(), Some("https://shop.test/Cart"));
    assert_eq!(request.query, [("id".into(), "1".into()), ("q".into(), "a b".into())]);
    assert_eq!(request.fragment, "Top");
    for query_string in [json!("?a=1&b"), json!({"a": 1, "b": ""}), json!([["a", "1"], ["b", ""]])]
    {
        let request = json!({"url": "https://a.test/p?x=y", "query_string": query_string});
        let event = normalized(json!({"request": request}), &Context::default());
        assert_eq!(event.request.query, [("a".into(), "1".into()), ("b".into(), "".into())]);
        assert_eq!(event.request.url.as_deref(), Some("https://a.test/p"));
    }
    let event = normalized(json!({"request": {"url": ""}}), &Context::default());
    assert_eq!(event.request.url, None);
}

#[track_caller]
fn check_device(agent: &str, hints: ClientHints, expected: [&str; 3], mobile: bool) {
    let context = Context { user_agent: Some(agent), client_hints: hints, ..Context::default() };
    let event = normalized(json!({}), &context);
    let named =
        |named: &crate::event::Named| format!("{} {}", named.name, named.version).trim().to_owned();
    let found = [named(&event.browser), named(&event.os), event.device.model.clone()];
    assert_eq!((found.each_ref().map(String::as_str), event.device.mobile), (expected, mobile));
}

#[test]
fn client_hints_say_what_user_agents_hide() {
    let hints = ClientHints {
        brands: Some(r#""Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99""#),
        mobile: Some("?0"),
        platform: Some("\"Windows\""),
        ..ClientHints::default()
    };
    check_device(CHROME, ClientHints::default(), ["Chrome 142", "Windows 10", ""], false);
    check_device(CHROME, hints, ["Chrome 142", "Windows 10", ""], false);
    let eleven = ClientHints { platform_version: Some("\"15.0.0\""), ..hints };
    check_device(CHROME, eleven, ["Chrome 142", "Windows 11", ""], false);
    let brave = ClientHints { brands: Some(r#""Brave";v="142", "Chromium";v="142""#), ..hints };
    check_device(CHROME, brave, ["Brave 142", "Windows 10", ""], false);
    let android = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36";
    let phone = ClientHints {
        mobile: Some("?1"),
        platform: Some("\"Android\""),
        platform_version: Some("\"15.0.0\""),
        model: Some("\"Pixel 8\""),
        ..hints
    };
    check_device(android, phone, ["Chrome Mobile 142", "Android 15", "Pixel 8"], true);
    let damaged = ClientHints {
        brands: Some("Brave;v=1,\"\";v=\"\",,"),
        mobile: Some("1"),
        platform: Some("\"\""),
        platform_version: Some("x"),
        model: Some("\"\""),
    };
    check_device(CHROME, damaged, ["Chrome 142", "Windows 10", ""], false);
    check_device("", ClientHints::default(), ["", "", ""], false);
}

#[test]
fn what_the_event_says_of_its_browser_counts_more_than_the_request() {
    let context = Context { user_agent: Some(CHROME), ..Context::default() };
    let contexts = json!({"contexts": {"browser": {"name": "Firefox", "version": "142.0"}}});
    assert_eq!(normalized(contexts, &context).browser.name, "Firefox");
    let own = json!({"request": {"headers": {"User-Agent": IPHONE}}});
    let hints = ClientHints { platform: Some("\"Windows\""), ..ClientHints::default() };
    let event = normalized(own, &Context { client_hints: hints, ..context });
    assert_eq!((&*event.os.name, event.request.headers.len()), ("iOS", 1));
    let server = normalized(json!({"platform": "python"}), &context);
    assert!(server.request.headers.is_empty() && server.browser.name.is_empty());
}

#[test]
fn countries_have_two_letters() {
    for (sent, expected) in
        [("de", "DE"), (" FR ", "FR"), ("XX", ""), ("T1", ""), ("DEU", ""), ("", ""), ("ü", "")]
    {
        let context = Context { country: Some(sent), ..Context::default() };
        assert_eq!(normalized(json!({}), &context).country, expected, "{sent}");
    }
}

#[track_caller]
fn check_address(payload: serde_json::Value, addresses: Addresses, expected: Option<&str>) {
    let context = Context {
        address: Some("192.0.2.1"),
        settings: Settings { addresses },
        ..Context::default()
    };
    let event = normalized(payload.clone(), &context);
    assert_eq!(event.user.ip_address.as_deref(), expected, "{payload}");
    let stored = serde_json::to_string(&event).unwrap();
    assert_eq!(stored.contains("192.0.2.1"), expected == Some("192.0.2.1"), "{stored}");
}

#[test]
fn addresses_are_kept_only_of_those_who_ask() {
    let auto = json!({"user": {"ip_address": "{{auto}}"}});
    let own = json!({"user": {"ip_address": "198.51.100.7"}});
    let infers =
        json!({"sdk": {"name": "sentry.javascript.browser", "settings": {"infer_ip": "auto"}}});
    check_address(json!({}), Addresses::WhenAsked, None);
    check_address(json!({"user": {"id": "7"}}), Addresses::WhenAsked, None);
    check_address(json!({"sdk": {"settings": {"infer_ip": "never"}}}), Addresses::WhenAsked, None);
    check_address(auto.clone(), Addresses::WhenAsked, Some("192.0.2.1"));
    check_address(infers, Addresses::WhenAsked, Some("192.0.2.1"));
    check_address(own.clone(), Addresses::WhenAsked, Some("198.51.100.7"));
    check_address(auto, Addresses::Never, None);
    check_address(own, Addresses::Never, None);
}

/// A message in a browser, and what is left of it.
#[track_caller]
fn check_language(agent: &str, value: &str, expected: &str) {
    let payload = json!({"exception": {"values": [{"type": "TypeError", "value": value}]}});
    let event = normalized(payload, &Context { user_agent: Some(agent), ..Context::default() });
    assert_eq!(event.exceptions[0].value, expected);
}

#[test]
fn messages_of_windows_become_english() {
    let expected = "Object doesn't support property or method 'includes'";
    for value in [
        "Das Objekt unterstützt die Eigenschaft oder Methode \"includes\" nicht",
        "L’objet ne gère pas la propriété ou la méthode « includes »",
        "L\u{2019}objet ne gère pas la propriété ou la méthode «\u{a0}includes\u{a0}»",
        "El objeto no acepta la propiedad o el método 'includes'",
        "L'oggetto non supporta la proprietà o il metodo 'includes'",
        "O objeto não oferece suporte à propriedade ou método 'includes'",
        "Obiekt nie obsługuje właściwości lub metody „includes”",
        "Объект не поддерживает свойство или метод \"includes\"",
        "オブジェクトは 'includes' プロパティまたはメソッドをサポートしていません。",
        "对象不支持“includes”属性或方法",
    ] {
        check_language(EDGE_18, value, expected);
    }
    check_language(
        EDGE_18,
        "TypeError: Impossible d’obtenir la propriété  « total » d’une référence null ou non définie",
        "TypeError: Unable to get property 'total' of undefined or null reference",
    );
    check_language(EDGE_18, "\"cart\" ist undefiniert", "'cart' is undefined");
    check_language(EDGE_18, "Zugriff verweigert\n", "Access is denied");
    check_language(
        EDGE_18,
        "Nie można pobrać właściwości „a” dla niezdefiniowanego lub pustego odwołania",
        "Unable to get property 'a' of undefined or null reference",
    );
}

#[test]
fn network_errors_of_apples_systems_become_english() {
    for value in [
        "Die Netzwerkverbindung wurde unterbrochen.",
        "ネットワーク接続が切れました。",
        "La connexion réseau a été perdue.",
    ] {
        check_language(IPHONE, value, "The network connection was lost.");
    }
    check_language(IPHONE, "Abgebrochen", "cancelled");
}

#[test]
fn what_the_page_says_stays_in_its_language() {
    for value in
        ["Zugriff verweigert", "Abgebrochen", "Objekt erwartet", "\"cart\" ist undefiniert"]
    {
        check_language(CHROME, value, value);
    }
    for value in ["Zugriff verweigert", "Der Warenkorb ist leer", "Load failed"] {
        check_language(IPHONE, value, value);
    }
    for value in ["Der Warenkorb \"x\" ist undefiniert", "Abgebrochen", "'a' is undefined", ""] {
        check_language(EDGE_18, value, value);
    }
}
