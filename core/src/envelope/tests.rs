use super::*;

#[track_caller]
fn check(body: &str, expected: Result<&[(&str, &str)], &str>) {
    let envelope = parse(body.as_bytes());
    let items = envelope.as_ref().map(|envelope| {
        let pair =
            |item: &Item| (item.kind.clone(), String::from_utf8_lossy(item.payload).into_owned());
        envelope.items.iter().map(pair).collect::<Vec<_>>()
    });
    let expected = expected.map(|items| {
        items.iter().map(|(kind, payload)| (kind.to_string(), payload.to_string())).collect()
    });
    assert_eq!(items.map_err(ToString::to_string), expected.map_err(str::to_owned));
}

#[test]
fn items_end_by_length_or_by_line() {
    check("{}", Ok(&[]));
    check("{}\n", Ok(&[]));
    check("{}\n{\"type\":\"event\"}\n{\"a\":1}", Ok(&[("event", "{\"a\":1}")]));
    check("{}\r\n{\"type\":\"event\"}\r\n{}\n\n", Ok(&[("event", "{}")]));
    check(
        "{}\n{\"type\":\"a\",\"length\":3}\nx\ny\n{\"type\":\"b\"}\nz",
        Ok(&[("a", "x\ny"), ("b", "z")]),
    );
    check(
        "{}\n{\"type\":\"a\",\"length\":0}\n\n{\"type\":\"b\",\"length\":0}\n",
        Ok(&[("a", ""), ("b", "")]),
    );
    check("{}\n{\"type\":\"a\",\"length\":0}", Ok(&[("a", "")]));
}

#[test]
fn refusals_name_the_line() {
    check("", Err("envelope is empty"));
    check("\n \n", Err("envelope is empty"));
    check("nonsense", Err("line 1: envelope header is not a JSON object"));
    check("[]\n", Err("line 1: envelope header is not a JSON object"));
    check("{}\n{\"type\":\"a\"", Err("line 2: item header is not a JSON object"));
    check("{}\n{\"type\":\"a\",\"length\":9}\nx", Err("line 2: item says 9 bytes, 1 are left"));
    check("{}\n{\"type\":\"a\",\"length\":-1}\nx", Err("line 2: item says -1 bytes, 1 are left"));
    check(
        "{}\n{\"type\":\"a\",\"length\":1}\nxyz",
        Err("line 2: item does not end where its length of 1 says"),
    );
    check(
        "{}\n\n{\"type\":\"a\",\"length\":3}\nx\ny\nnonsense\n",
        Err("line 6: item header is not a JSON object"),
    );
    let many = "{}\n".to_owned() + &"{\"type\":\"a\",\"length\":0}\n\n".repeat(501);
    check(&many, Err("envelope has more than 500 items"));
}

#[test]
fn header_fields_are_read() {
    let body =
        br#"{"event_id":"ab","dsn":"https://k@h/1","sent_at":"2026-11-20T10:00:00Z","trace":{}}"#;
    let envelope = parse(body).unwrap();
    assert_eq!(envelope.event_id.as_deref(), Some("ab"));
    assert_eq!(envelope.dsn.as_deref(), Some("https://k@h/1"));
    assert_eq!(envelope.sent_at.as_deref(), Some("2026-11-20T10:00:00Z"));
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body: Vec<u8>) {
        let _ = parse(&body);
    }
}

/// What the public specification shows, and what it says is allowed.
#[test]
fn what_the_specification_allows_is_read() {
    let attachment = "{\"type\":\"attachment\",\"length\":10,\"content_type\":\"text/plain\",\"filename\":\"hello.txt\"}";
    check(
        &format!(
            "{{}}\n{attachment}\n\u{feff}Hello\r\n\n{{\"type\":\"event\",\"length\":2}}\n{{}}"
        ),
        Ok(&[("attachment", "\u{feff}Hello\r\n"), ("event", "{}")]),
    );
    check(
        "{\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04dc\"}\n{\"type\":\"attachment\"}\nhelloworld",
        Ok(&[("attachment", "helloworld")]),
    );
    check(
        "{}\n{\"type\":\"attachment\",\"length\":0}\n\n{\"type\":\"attachment\",\"length\":0}\n\n",
        Ok(&[("attachment", ""), ("attachment", "")]),
    );
    check("{\"unknown\":[1]}\n{\"type\":\"made_up\",\"unknown\":{}}\n\n", Ok(&[("made_up", "")]));
}

#[test]
fn other_line_ends_marks_and_missing_types_are_tolerated() {
    check(
        "{}\r\n{\"type\":\"a\",\"length\":2}\r\nxy\r\n\r\n{\"type\":\"b\"}\r\n{}\r\n",
        Ok(&[("a", "xy"), ("b", "{}\r")]),
    );
    check("\u{feff}{}\n{\"type\":\"a\"}\n1\n", Ok(&[("a", "1")]));
    check(" {} \n{\"type\":\"a\",\"length\":null}\n1", Ok(&[("a", "1")]));
    check(
        "{}\n{}\nx\n{\"type\":7}\ny\n{\"type\":\"a\"}\nz",
        Ok(&[("", "x"), ("", "y"), ("a", "z")]),
    );
    let body = b"{}\n{\"type\":\"attachment\",\"filename\":\"caf\xe9.txt\"}\nx";
    assert_eq!(parse(body).unwrap().items.len(), 1);
}

#[test]
fn limits_are_exact() {
    let full = "{}\n".to_owned() + &"{\"type\":\"a\",\"length\":1}\n1\n".repeat(500);
    assert_eq!(parse(full.as_bytes()).unwrap().items.len(), 500);
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(64 * 1024));
    check(&long, Err("line 1: envelope header is 65544 bytes, limit is 65536"));
    check(
        &format!("{{\"a\":{}}}", "[".repeat(1_000)),
        Err("line 1: envelope header is not a JSON object"),
    );
    check("{}\n{\"type\":\"a\",\"length\":1.5}\nx", Err("line 2: item says 1.5 bytes, 1 are left"));
    check(
        "{}\n{\"type\":\"a\",\"length\":18446744073709551616}\nx",
        Err("line 2: item says 1.8446744073709552e+19 bytes, 1 are left"),
    );
}
