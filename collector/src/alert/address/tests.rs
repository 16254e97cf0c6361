use super::*;

#[test]
fn public_hosts_by_https_are_sent_to() {
    for address in [
        "https://hooks.slack.com/services/T0/B0/x",
        " https://discord.com/api/webhooks/1/x ",
        "https://shop.test:443/hook?key=1",
        "https://HOOKS.shop.test/",
        "https://hooks.shop.test./",
        "https://1.2.3.example/",
        "https://xn--lden-noa.example/",
        "https://mylocal.example/",
        "https://localhost.example/",
    ] {
        assert!(checked(address, "").is_ok(), "{address}: {:?}", checked(address, ""));
    }
}

/// Each leads, in one reading or another, to one's own machine or network, or is no address at all.
const REFUSED: [&str; 72] = [
    "",
    "hooks.slack.com/services",
    "//hooks.slack.com/",
    "http://hooks.slack.com/",
    "ftp://hooks.slack.com/",
    "file:///etc/passwd",
    "data:text/plain,x",
    "javascript:alert(1)",
    "gopher://127.0.0.1:25/",
    "https://",
    "https:///",
    "https://user@shop.test/",
    "https://user:key@shop.test/",
    "https://:key@shop.test/",
    "https://@shop.test/",
    "https://shop.test@127.0.0.1/",
    "https://127.0.0.1#@shop.test/",
    "https://shop.test:8443/",
    "https://shop.test:80/",
    "https://shop.test:22/",
    "https://shop.test:0/",
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0x7f.1/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://0177.0.0.01/",
    "https://00000177.0.0.1/",
    "https://127.0.0.0x1/",
    "https://%31%32%37.0.0.1/",
    "https://127%2e0%2e0%2e1/",
    "https:127.0.0.1/",
    "https:/127.0.0.1/",
    "https:\\\\127.0.0.1\\",
    "HTTPS://127.0.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.0.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://0xa9fea9fe/",
    "https://2852039166/",
    "https://8.8.8.8/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[fe80::1]/",
    "https://[fd00:ec2::254]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2606:4700::1111]/",
    "https://[::1%25eth0]/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://shop.localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://metadata/",
    "https://intranet/",
    "https://127.0.0.1.nip.io/",
    "https://a.localtest.me./",
    "https://1.0.0.127.in-addr.arpa/",
];

#[test]
fn private_hosts_are_refused_in_every_spelling() {
    for address in REFUSED {
        let refused = checked(address, "");
        assert!(refused.is_err(), "{address:?} was taken as {refused:?}");
    }
    assert!(checked(&format!("https://shop.test/{}", "x".repeat(2_000)), "").is_err());
}

#[test]
fn listed_hosts_are_sent_to_with_their_port_alone() {
    let allowed = "127.0.0.1:8080, hooks.internal, [::1]:9000";
    for address in [
        "http://127.0.0.1:8080/x",
        "https://0x7f.1:8080/",
        "https://hooks.internal/",
        "http://[::1]:9000/",
    ] {
        assert!(checked(address, allowed).is_ok(), "{address}");
    }
    for address in [
        "http://127.0.0.1:8081/",
        "http://127.0.0.1/",
        "http://hooks.internal/",
        "https://hooks.internal:8443/",
        "ftp://127.0.0.1:8080/",
        "http://jo@127.0.0.1:8080/",
        "https://other.internal/",
    ] {
        assert!(checked(address, allowed).is_err(), "{address}");
    }
}

#[test]
fn a_refusal_says_what_to_do() {
    let said = checked("http://127.0.0.1:8080/", "").unwrap_err();
    assert!(said.contains("127.0.0.1:8080 stands in the variable ALERT_ALLOW_HOSTS"), "{said}");
}

#[test]
fn a_mailbox_is_one_and_no_header() {
    assert_eq!(checked_mailbox(" team+alerts@shop.test ").unwrap(), "team+alerts@shop.test");
    for text in [
        "",
        "team",
        "team@",
        "@shop.test",
        "a@b",
        "a b@shop.test",
        "a@shop.test, b@shop.test",
        "a@shop.test\nBcc: x@y.z",
        "<a@shop.test>",
        "a@b@shop.test",
        "\"a\"@shop.test",
    ] {
        assert!(checked_mailbox(text).is_err(), "{text:?}");
    }
}

#[test]
fn secrets_in_addresses_are_not_shown() {
    for (target, shown) in [
        ("https://hooks.slack.com/services/T0/B0/abcdefQx7z", "https://hooks.slack.com/…Qx7z"),
        ("https://shop.test/hook?key=secret", "https://shop.test/…"),
        ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/…"),
        ("team@shop.test", "team@shop.test"),
    ] {
        assert_eq!(masked(target), shown);
    }
}
