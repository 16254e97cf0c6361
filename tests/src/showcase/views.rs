//! How pages of the showcase felt: views of three days, visits of two releases, what users wrote.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::Project;

/// Path, how many in a hundred, how slow.
const PAGES: [(&str, u64, f64); 6] = [
    ("/", 24, 1.0),
    ("/products/{id}", 36, 1.4),
    ("/checkout", 10, 2.8),
    ("/basket", 12, 1.1),
    ("/search", 11, 0.9),
    ("/journal/{id}", 7, 0.7),
];

/// Method, URL, failures in a thousand, milliseconds.
const ENDPOINTS: [(&str, &str, u64, f64); 5] = [
    ("POST", "/api/cart/lines", 60, 240.0),
    ("GET", "/api/cart/totals", 30, 900.0),
    ("GET", "/api/products/{id}", 0, 70.0),
    ("GET", "https://media.hazelandoak.example/{id}", 8, 40.0),
    ("POST", "/api/checkout/pay", 15, 1_300.0),
];

const MESSAGES: [(&str, &str, &str); 4] = [
    (
        "",
        "The pay button does nothing. I pressed it five times and the summary is just gone. I have three items in the cart.",
        "checkout",
    ),
    ("Elin Sjöberg", "No picture of the walnut stool, only a grey box.", "products/7"),
    ("Tomás", "Would be great to see the delivery slot here as well.", "orders/88213"),
    (
        "Ruth K.",
        "Card was declined but the page said thank you? Please check order 88102-A.",
        "checkout",
    ),
];

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// About `middle`, seldom over four times as much.
    fn spread(&mut self, middle: f64) -> f64 {
        let exponent = (0..4).map(|_| self.roll(1_000) as f64 / 1_000.0).sum::<f64>() - 2.0;
        (middle * 2.2_f64.powf(exponent * 1.5) * 10.0).round() / 10.0
    }
}

/// Sends all of it.
pub(super) fn send(project: &Project<'_>, now_s: u64, crashed: &str) -> Result<()> {
    let mut dice = Dice(42);
    let views: Vec<Value> = (0..400).map(|number| view(&mut dice, number, now_s)).collect();
    for views in views.chunks(20) {
        let items: Vec<(&str, &Value)> = views.iter().map(|view| ("page_view", view)).collect();
        take(project, &items)?;
    }
    let sessions: Vec<Value> =
        (0..160).flat_map(|number| session(&mut dice, number, now_s)).collect();
    for sessions in sessions.chunks(20) {
        let items: Vec<_> = sessions.iter().map(|session| ("session", session)).collect();
        take(project, &items)?;
    }
    for (number, (name, message, path)) in MESSAGES.into_iter().enumerate() {
        let event = if number == 0 { crashed } else { "" };
        let feedback = json!({
            "event_id": format!("{:032x}", 0xfeed_0000 + number), "timestamp": now_s - number as u64 * 7_000,
            "release": "shop@2026.11.3", "environment": "production",
            "contexts": { "feedback": {
                "message": message, "name": name, "contact_email": if number == 1 { "elin@mail.example" } else { "" },
                "url": format!("https://shop.test/{path}"), "associated_event_id": event,
            } },
        });
        take(project, &[("feedback", &feedback)])?;
    }
    Ok(())
}

fn take(project: &Project<'_>, items: &[(&str, &Value)]) -> Result<()> {
    let mut body = String::from("{}");
    for (kind, item) in items {
        body += &format!("\n{{\"type\":\"{kind}\"}}\n{item}");
    }
    let answer = project.send(body.as_bytes());
    ensure!(answer.status == 200, "{answer:?}");
    Ok(())
}

fn view(dice: &mut Dice, number: usize, now_s: u64) -> Value {
    let mut ticket = dice.roll(100);
    let page = PAGES.iter().find(|(_, share, _)| {
        let is_it = ticket < *share;
        ticket = ticket.saturating_sub(*share);
        is_it
    });
    let (path, _, slow) = *page.unwrap_or(&PAGES[0]);
    let device = ["phone", "phone", "desktop", "tablet"][dice.roll(4) as usize];
    let (ttfb, lcp) =
        (dice.spread(300.0), dice.spread(if device == "phone" { 1_900.0 } else { 1_300.0 }));
    let (inp, blocking) = (dice.spread(110.0 * slow), dice.spread(120.0));
    let cls = dice.roll(100) as f64 / if path == "/search" { 300.0 } else { 1_500.0 };
    let target = ["button.pay", "input[name=voucher]", "#delivery"][dice.roll(3) as usize];
    let function = ["render", "hydrate"][dice.roll(2) as usize];
    let requests: Vec<Value> = (0..1 + dice.roll(4))
        .map(|_| {
            let (method, url, failures, time) = ENDPOINTS[dice.roll(5) as usize];
            let bucket = (dice.spread(time).max(1.0).ln() / 1.08_f64.ln()).ceil() as u16;
            json!({ "method": method, "url": url, "count": 2, "status_5xx": u64::from(dice.roll(1_000) < failures),
                "no_answer": u64::from(dice.roll(400) == 0), "durations": [[bucket, 2]], "received": 4_000 })
        })
        .collect();
    json!({
        "id": format!("{0:016x}{0:016x}", 0x71e3_0000 + number), "started": (now_s - dice.roll(240_000)) * 1_000,
        "url": format!("https://shop.test{}", path.replace("{id}", "42")), "page": path, "kind": "navigate",
        "release": if dice.roll(10) < 7 { "shop@2026.11.3" } else { "shop@2026.11.2" }, "environment": "production",
        "sample_rate": 0.1, "visible_ms": 20_000, "errors": u64::from(dice.roll(40) == 0), "device": device,
        "vitals": {
            "lcp": { "value": lcp.max(ttfb), "target": if dice.roll(3) > 0 { "main > img.hero" } else { "h1" },
                "ttfb": ttfb, "load_delay": lcp * 0.2, "load": lcp * 0.3, "render": lcp * 0.2 },
            "inp": { "value": inp, "target": target,
                "input_delay": inp * 0.1, "processing": inp * 0.7, "presentation": inp * 0.2 },
            "cls": { "value": cls, "target": "div.banner", "at": 900 },
            "fcp": { "value": ttfb + 500.0, "ttfb": ttfb }, "ttfb": { "value": ttfb, "request": ttfb },
        },
        "load": { "dns": 8, "connect": 30, "request": ttfb, "response": 40, "dom_interactive": ttfb + 400.0,
            "dom_complete": lcp + ttfb + 500.0, "load": lcp + ttfb + 550.0 },
        "long_frames": { "count": 2, "blocking": blocking, "worst": [{ "duration": blocking * 1.5, "blocking": blocking,
            "at": 900, "script": "https://shop.test/assets/app.js", "function": function }] },
        "requests": requests, "resources": [{ "kind": "script", "count": 8, "bytes": 412_000 }],
    })
}

/// From its beginning to its end.
fn session(dice: &mut Dice, number: u64, now_s: u64) -> [Value; 2] {
    let is_new = number % 5 < 3;
    let crashed = dice.roll(100) < if is_new { 3 } else { 1 };
    let begun = now_s - 120 - dice.roll(if is_new { 90_000 } else { 240_000 });
    let update = |is_first: bool, status: &str, at_s: u64| {
        json!({
            "sid": format!("{:032x}", 0x5e55_0000 + number), "did": format!("shopper-{}", number % 70), "init": is_first,
            "started": begun, "timestamp": at_s, "status": status, "errors": u64::from(status == "crashed"),
            "attrs": { "release": if is_new { "shop@2026.11.3" } else { "shop@2026.11.2" }, "environment": "production" },
        })
    };
    let end = if crashed { "crashed" } else { "exited" };
    [update(true, "ok", begun), update(false, end, begun + 60)]
}
