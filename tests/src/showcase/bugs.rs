//! The bugs of an invented furniture shop, one of each kind that the dashboard shows in another way. The same on every
//! run, but for the time: all of it is told from now.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::{report, send as send_event};
use crate::Project;

/// A bug, and what has become of its issue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bug {
    /// What stands for its issue in paths.
    pub(super) name: &'static str,
    /// Its message, or its type where it has none: what its issue is found by.
    pub(super) value: &'static str,
    pub(super) state: State,
    /// How many minutes ago its events happened.
    minutes: &'static [u64],
    /// The event's own fields.
    event: fn(&Bug) -> Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Open,
    Resolved,
    Ignored,
    Regressed,
    Escalating,
}

const fn bug(
    name: &'static str,
    value: &'static str,
    state: State,
    minutes: &'static [u64],
    event: fn(&Bug) -> Value,
) -> Bug {
    Bug { name, value, state, minutes, event }
}

const OFTEN: &[u64] = &[
    1_270, 1_268, 1_200, 1_140, 1_139, 1_138, 1_030, 900, 840, 839, 838, 600, 420, 418, 300, 299,
    298, 240, 239, 180, 179, 178, 120, 119, 118, 117, 60, 59, 58, 57, 30, 29, 28, 27, 12, 11, 10,
    9, 4, 3, 2,
];
const SOMETIMES: &[u64] = &[1_300, 700, 350, 90, 31];
const DAYS: &[u64] = &[12_000, 9_000, 4_400, 2_900, 1_500, 800, 20];
const ONCE: &[u64] = &[47];

const LONG: &str = "the basket that was kept for \
aVeryLongIdentifierWithoutAnySpacesThatNoLineCanBreakAnywhereAndThatGoesOnAndOnUntilItHasLeftEveryScreenOfEveryPhone \
could not be written, because https://shop.test/a/very/long/path/of/an/address/that/somebody/has/put/into/a/message?with=a&query=too \
has filled the store; مرحبا بالعالم; 家具の店; 🪑🪑🪑";

pub(super) const BUGS: &[Bug] = &[
    bug("long", LONG, State::Open, ONCE, long),
    bug("server", "connection pool exhausted after 30 s", State::Open, SOMETIMES, server),
    bug("message", "a shopper asked for walnut", State::Open, ONCE, message),
    bug(
        "ignored",
        "the letter was not sent, as nobody had subscribed",
        State::Ignored,
        SOMETIMES,
        plain,
    ),
    bug("resolved", "voucher OAK10 is too short", State::Resolved, SOMETIMES, plain),
    bug("regressed", "the shelf has no height", State::Regressed, DAYS, plain),
    bug(
        "extension",
        "Cannot read properties of null (reading 'wallet')",
        State::Open,
        ONCE,
        extension,
    ),
    bug(
        "stale",
        "Loading chunk 417 failed.\n(error: https://shop.test/assets/417.9f8e7d.js)",
        State::Open,
        SOMETIMES,
        stale,
    ),
    bug("network", "Failed to fetch", State::Open, DAYS, network),
    bug("opaque", "Script error.", State::Open, OFTEN, opaque),
    bug("escalating", "out of stock: bench-oak", State::Escalating, OFTEN, rejection),
    bug(
        "panic",
        "index out of bounds: the len is 3 but the index is 7",
        State::Open,
        SOMETIMES,
        panic,
    ),
    bug("policy", "CSPViolation", State::Open, &[], plain),
    bug(
        "crash",
        "Cannot read properties of undefined (reading 'value')",
        State::Open,
        OFTEN,
        crash,
    ),
];

/// Sends all of them, oldest first as far as one bug is concerned.
pub(super) fn send(project: &Project<'_>, now_s: u64) -> Result<()> {
    for (index, bug) in BUGS.iter().enumerate() {
        for (number, minutes) in bug.minutes.iter().enumerate() {
            send_event(project, &event(bug, index * 1_000 + number, now_s - minutes * 60))?;
        }
    }
    report(
        project,
        &json!({
            "document-uri": "https://shop.test/basket", "blocked-uri": "https://metrics.example/collect.js",
            "effective-directive": "script-src-elem", "disposition": "enforce",
            "original-policy": "script-src 'self'; report-uri /report", "status-code": 200,
        }),
    )
}

/// One event more: of a resolved bug it is a regression.
pub(super) fn send_again(project: &Project<'_>, bug: &Bug, now_s: u64) -> Result<()> {
    send_event(project, &event(bug, 999_000, now_s))
}

/// More than a project takes that takes two events an hour; and what nobody stores.
pub(super) fn send_too_many(project: &Project<'_>, now_s: u64) {
    for (number, bug) in BUGS.iter().enumerate() {
        let _ = project.send(&super::envelope(&event(bug, 500_000 + number, now_s - 60)));
    }
    let _ = project.send(b"{}\n{\"type\":\"replay_event\"}\n{}");
    let _ = project.send(b"{}\nnonsense\n{}");
}

/// What all events have, with what this one's bug has of its own.
fn event(bug: &Bug, number: usize, at_s: u64) -> Value {
    const BROWSERS: [(&str, &str); 4] =
        [("Chrome", "142.0"), ("Chrome", "141.0"), ("Safari", "26.1"), ("Firefox", "145.0")];
    const SYSTEMS: [(&str, &str); 4] =
        [("Windows", "11"), ("Android", "16"), ("iOS", "26.1"), ("macOS", "26.0")];
    const PAGES: [&str; 3] = ["checkout", "basket", "tables/long-table"];
    let ((browser, version), (os, os_version)) = (BROWSERS[number % 4], SYSTEMS[number * 3 % 4]);
    let release = if number % 1_000 < 4 { "shop@2026.11.2" } else { "shop@2026.11.3" };
    let mut event = json!({
        "event_id": format!("{:032x}", 0x0a5e_0000_0000_u64 + number as u64),
        "timestamp": at_s, "platform": "javascript", "level": "error",
        "release": release, "environment": "production", "transaction": "/checkout",
        "user": { "id": format!("shopper-{}", number % 7), "username": "Ida Birkeland" },
        "request": {
            "url": format!("https://shop.test/{}?from=letter&step=2#pay", PAGES[number % 3]),
            "headers": { "Referer": "https://shop.test/basket", "Accept-Language": "en-GB" },
        },
        "contexts": {
            "browser": { "name": browser, "version": version },
            "os": { "name": os, "version": os_version },
            "viewport": { "width": 1_440, "height": 900, "ratio": 2 },
            "cart": { "lines": 2, "total": "EUR 1290", "voucher": null },
        },
        "tags": { "shop.theme": "winter", "checkout.variant": if number.is_multiple_of(3) { "b" } else { "a" } },
        "extra": { "order": "HO-2041" },
        "sdk": { "name": "trapline", "version": "0.1.0" },
        "breadcrumbs": breadcrumbs(at_s),
    });
    let own = (bug.event)(bug);
    if let (Some(event), Value::Object(own)) = (event.as_object_mut(), own) {
        event.extend::<Map<String, Value>>(own);
    }
    event
}

fn breadcrumbs(at_s: u64) -> Value {
    json!([
        { "timestamp": at_s - 42, "type": "navigation", "category": "navigation",
          "data": { "from": "/basket", "to": "/checkout" } },
        { "timestamp": at_s - 30, "category": "ui.click", "message": "main > form#letter > button.button" },
        { "timestamp": at_s - 21, "category": "console", "level": "warning", "message": "price of lamp-ash is 3 days old" },
        { "timestamp": at_s - 9, "type": "http", "category": "fetch",
          "data": { "method": "GET", "url": "https://shop.test/api/stock?sku=bench-oak", "status_code": 200 } },
        { "timestamp": at_s - 3, "category": "ui.input", "message": "input#letter-mail" },
        { "timestamp": at_s - 2, "type": "http", "category": "fetch", "level": "error",
          "data": { "method": "POST", "url": "https://shop.test/api/orders", "status_code": 503 } },
        { "timestamp": at_s - 1, "category": "ui.click", "message": "dialog#basket > button#checkout" },
        { "timestamp": at_s, "type": "http", "category": "xhr", "data": { "method": "GET", "url": "https://shop.test/api/price" } },
    ])
}

/// One exception that nobody caught.
fn thrown(kind: &str, value: &str, mechanism: &str, frames: &Value) -> Value {
    json!({ "exception": { "values": [{
        "type": kind, "value": value, "mechanism": { "type": mechanism, "handled": false },
        "stacktrace": { "frames": frames },
    }] } })
}

fn frame(function: &str, file: &str, line: u32, source: [&str; 5]) -> Value {
    let [a, b, line_text, c, d] = source;
    json!({
        "function": function, "filename": format!("https://shop.test/{file}"), "lineno": line, "colno": 23,
        "in_app": true, "pre_context": [a, b], "context_line": line_text, "post_context": [c, d],
    })
}

fn library(function: &str, package: &str, line: u32) -> Value {
    json!({
        "function": function, "filename": format!("https://shop.test/node_modules/{package}/index.js"),
        "lineno": line, "colno": 9, "in_app": false,
    })
}

fn plain(bug: &Bug) -> Value {
    let source = [
        "",
        "function applyVoucher(code) {",
        "  if (code.length < 8) throw new Error(`voucher ${code} is too short`);",
        "}",
        "",
    ];
    let frames = json!([
        library("dispatch", "scheduler", 120),
        frame(bug.name, "src/basket/voucher.ts", 31, source)
    ]);
    thrown("Error", bug.value, "generic", &frames)
}

fn crash(bug: &Bug) -> Value {
    let total = [
        "/** What the server calls `total` was `amount` until last week. */",
        "export function formatTotal(order: Order): string {",
        "  return order.amount.value.toFixed(2); // in euros",
        "}",
        "",
    ];
    let summary = [
        "export function renderSummary(order: Order) {",
        "  const note = byId(\"checkout-note\");",
        "  note.textContent = `You pay € ${formatTotal(order)}.`;",
        "}",
        "",
    ];
    let click = [
        "",
        "async function onCheckout() {",
        "  renderSummary(await api.post(\"/api/orders\", basket));",
        "}",
        "",
    ];
    let frames = json!([
        library("performWorkUntilDeadline", "scheduler", 45),
        library("batchedUpdates", "react-dom", 1_203),
        library("dispatchEvent", "react-dom", 5_210),
        frame("onCheckout", "src/checkout/Checkout.tsx", 88, click),
        library("commitRoot", "react-dom", 9_120),
        frame("renderSummary", "src/checkout/Summary.tsx", 42, summary),
        frame("formatTotal", "src/checkout/money.ts", 17, total),
    ]);
    let mut event = thrown("TypeError", bug.value, "onerror", &frames);
    let cause = json!({
        "type": "OrderError", "value": "order HO-2041 has no amount",
        "mechanism": { "type": "chained", "handled": true },
        "stacktrace": { "frames": [frame("parseOrder", "src/api/orders.ts", 9, ["", "", "  throw new OrderError(order.number);", "", ""])] },
    });
    if let Some(values) = event.pointer_mut("/exception/values").and_then(Value::as_array_mut) {
        values.insert(0, cause);
    }
    event
}

fn rejection(bug: &Bug) -> Value {
    let source = [
        "async function reserveStock(sku) {",
        "  await null;",
        "  throw new Error(`out of stock: ${sku}`);",
        "}",
        "",
    ];
    let frames = json!([frame("reserveStock", "src/stock.ts", 6, source)]);
    thrown("Error", bug.value, "onunhandledrejection", &frames)
}

fn panic(bug: &Bug) -> Value {
    let source = [
        "pub fn pack(parcels: &[Parcel], index: usize) -> Parcel {",
        "    // The seventh is the one that nobody ordered.",
        "    parcels[index].clone()",
        "}",
        "",
    ];
    let frames = json!([
        { "function": "onPack", "filename": "https://shop.test/demo/shop.js", "lineno": 30, "colno": 3, "in_app": true },
        { "function": "core::panicking::panic_bounds_check", "filename": "library/core/src/panicking.rs", "lineno": 271, "in_app": false },
        { "function": "packing::pack", "filename": "packing/src/lib.rs", "lineno": 41, "colno": 5, "in_app": true,
          "pre_context": [source[0], source[1]], "context_line": source[2], "post_context": [source[3], source[4]] },
    ]);
    thrown("panic", bug.value, "panic", &frames)
}

fn opaque(bug: &Bug) -> Value {
    json!({ "exception": { "values": [{
        "type": "Error", "value": bug.value, "mechanism": { "type": "onerror", "handled": false },
    }] } })
}

fn stale(bug: &Bug) -> Value {
    let frames = json!([{ "function": "a.f.j", "filename": "https://shop.test/assets/main.1a2b3c.js", "lineno": 1, "colno": 8_120 }]);
    thrown("ChunkLoadError", bug.value, "onunhandledrejection", &frames)
}

fn network(bug: &Bug) -> Value {
    let source = [
        "export async function stock(sku) {",
        "  const path = `/api/stock?sku=${sku}`;",
        "  const answer = await fetch(path);",
        "  return answer.json();",
        "}",
    ];
    let frames = json!([frame("stock", "src/api/stock.ts", 12, source)]);
    thrown("TypeError", bug.value, "onunhandledrejection", &frames)
}

fn extension(bug: &Bug) -> Value {
    let frames = json!([{ "function": "inject", "filename": "https://shop.test/injected/inpage.js", "lineno": 1, "colno": 77 }]);
    thrown("TypeError", bug.value, "onerror", &frames)
}

fn long(bug: &Bug) -> Value {
    let file =
        format!("src/{}/store.ts", "a-folder-with-a-long-name/".repeat(8).trim_end_matches('/'));
    let line = format!(
        "  localStorage.setItem(\"basket\", JSON.stringify({{ {} }}));",
        "line: products.find((product) => product.sku === sku), ".repeat(6)
    );
    let frames = json!([frame(
        &"keepTheBasketOfThisShopperInTheStoreOfTheBrowser".repeat(3),
        &file,
        120_345,
        ["", "", &line, "", ""]
    )]);
    let mut event = thrown("QuotaExceededError", bug.value, "onerror", &frames);
    if let Some(event) = event.as_object_mut() {
        event.insert("tags".into(), json!({ "a.tag.with.a.long.name.x": "v".repeat(180) }));
        event.insert("extra".into(), json!({ "token": "Bearer 0123456789abcdef0123456789abcdef", "note": "word ".repeat(400) }));
        event.insert("level".into(), json!("very bad"));
    }
    event
}

fn message(bug: &Bug) -> Value {
    json!({ "message": bug.value, "level": "warning" })
}

fn server(bug: &Bug) -> Value {
    json!({
        "platform": "python", "server_name": "api-3", "logger": "shop.orders",
        "modules": { "flask": "3.1.0", "psycopg": "3.2.1" },
        "request": { "url": "https://api.shop.test/orders", "method": "POST", "data": { "sku": "bench-oak", "count": 2 } },
        "exception": { "values": [{
            "type": "ConnectionError", "value": bug.value, "mechanism": { "type": "logging", "handled": true },
            "stacktrace": { "frames": [{
                "function": "place_order", "filename": "shop/orders.py", "lineno": 77, "in_app": true,
                "pre_context": ["def place_order(order):", "    with pool.connection(timeout=30) as connection:"],
                "context_line": "        connection.execute(INSERT, order)", "post_context": ["    return order.number"],
                "vars": { "order": { "number": "HO-2041", "lines": 2 }, "attempt": "3" },
            }] },
        }] },
    })
}
