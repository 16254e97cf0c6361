use super::*;

#[track_caller]
fn check(message: &str, expected: &str) {
    assert_eq!(parameterised(message), expected);
}

#[test]
fn what_varies_in_a_message_is_replaced() {
    check("Order 4711 not found", "Order <n> not found");
    check("took 3.14 s, -2 left.", "took <n> s, <n> left.");
    check("utf8 h1 x_2 i18n", "utf8 h1 x_2 i18n");
    check("GET https://a.test/b?c=1 failed", "GET <url> failed");
    check("(\"https://a.test/b\")", "(\"<url>\")");
    check("mail to jo.doe@shop.test.", "mail to <email>.");
    check("id 123e4567-e89b-12d3-a456-426614174000!", "id <uuid>!");
    check("at 0x7f3a, commit 8f3a2b1c9d", "at <hex>, commit <hex>");
    check("deadbeef defaced", "deadbeef defaced");
    check("Größe 12 überschritten 🙂7", "Größe <n> überschritten 🙂<n>");
    check("a.b[0].c is undefined", "a.b[<n>].c is undefined");
    check("", "");
}

#[test]
fn dates_times_addresses_and_amounts_are_one_thing_each() {
    check("since 2026-11-25T16:43:34.123Z.", "since <date>.");
    check("on 2026-11-25, at 16:43", "on <date>, at <time>");
    check("from 10.0.0.7 in 1500ms", "from <ip> in <n>ms");
    check("1.5s 3D 2x", "<n>s 3D <n>x");
}

#[test]
fn numbers_that_say_which_failure_it_is_stay() {
    check("Request failed with status code 404", "Request failed with status code 404");
    check("HTTP 503 after 3 tries", "HTTP 503 after <n> tries");
    check("Minified React error #418; visit it", "Minified React error #418; visit it");
    check(
        "https://svelte.dev/e/state_unsafe_mutation",
        "https://svelte.dev/e/state_unsafe_mutation",
    );
    check("item 404", "item <n>");
}
