//! What users say: from an item to the inbox, tied to the issue of its event.

use anyhow::ensure;
use serde_json::{Value, json};
use trapline_tests::{Project, World, eventually_counted};

use crate::Test;
use crate::sender::{envelope, envelope_of, path, post};

pub const TESTS: &[Test] = &[
    ("feedback_lies_in_the_inbox_with_the_issue_of_its_event", inbox),
    ("whoever_floods_the_inbox_is_spam", flood),
];

fn feedback(number: u32, message: &str, event_id: &str) -> Value {
    json!({
        "event_id": format!("{:032x}", 0xfeed_0000_u32 + number), "release": "shop@1", "environment": "production",
        "request": { "url": "https://shop.test/checkout" }, "session_id": "5".repeat(32),
        "contexts": { "feedback": { "message": message, "contact_email": "jo@shop.test", "name": "Jo",
            "url": "https://shop.test/checkout?token=1", "associated_event_id": event_id } },
    })
}

fn send(world: &World, project: &Project, kind: &str, payload: &Value) {
    let reply = post(world, &path(project, "envelope"), &[], &envelope_of(kind, payload));
    assert_eq!(reply.status, 200, "{reply:?}");
}

fn inbox(world: &World) {
    let project = world.project();
    assert_eq!(
        post(world, &path(&project, "envelope"), &[], &envelope(7, "no answer")).status,
        200
    );
    let issue = project.api.only_issue().unwrap();
    let event_id = format!("{:032x}", 7);
    let html = "<img src=x onerror=alert(1)> My card 4242 4242 4242 4242 was not taken";
    send(world, &project, "feedback", &feedback(1, html, &event_id));
    send(world, &project, "feedback", &feedback(1, html, &event_id));
    let report = json!({ "event_id": event_id, "name": "Elin", "email": "elin@shop.test", "comments": "Only a grey box" });
    send(world, &project, "user_report", &report);
    let found = project.api.json("feedback/").unwrap();
    assert_eq!(found["counts"], json!({ "new": 2, "done": 0, "spam": 0 }));
    let list = found["feedback"].as_array().unwrap();
    let first = list.iter().find(|one| one["name"] == "Jo").unwrap();
    assert_eq!(first["message"], "<img src=x onerror=alert(1)> My card [Filtered] was not taken");
    assert_eq!((&first["issue"], &first["event_id"]), (&json!(issue.short_id), &json!(event_id)));
    assert_eq!(
        (&first["url"], &first["release"]),
        (&json!("https://shop.test/checkout"), &json!("shop@1"))
    );
    let second = list.iter().find(|one| one["name"] == "Elin").unwrap();
    assert_eq!(
        (&second["issue"], &second["message"]),
        (&json!(issue.short_id), &json!("Only a grey box"))
    );

    let one = format!("feedback/{}/", first["id"].as_str().unwrap());
    let done = project.api.send("PATCH", &one, &json!({ "status": "done" })).unwrap();
    assert_eq!(done.status, 200, "{done:?}");
    assert_eq!(project.api.json(&one).unwrap()["status"], "done");
    assert_eq!(project.api.send("PATCH", &one, &json!({ "status": "gone" })).unwrap().status, 400);
    assert_eq!(
        project.api.send("PATCH", "feedback/00/", &json!({ "status": "done" })).unwrap().status,
        404
    );
    let found = project.api.json("feedback/?status=done&text=CARD").unwrap();
    assert_eq!(found["feedback"].as_array().unwrap().len(), 1);
    let visits = project.api.json(&format!("issues/{}/visits/", issue.short_id)).unwrap();
    assert_eq!(visits["feedback"], 2);
}

fn flood(world: &World) {
    let project = world.project();
    for number in 0..12 {
        send(world, &project, "feedback", &feedback(number, &format!("message {number}"), ""));
    }
    send(world, &project, "feedback", &feedback(20, "https://casino.test", ""));
    let counts = project.api.json("feedback/").unwrap()["counts"].clone();
    assert_eq!((&counts["new"], &counts["spam"]), (&json!(5), &json!(8)), "{counts}");
    // What is not even spam is counted; a message that comes twice because an answer was lost is not.
    for number in (0..3).chain(21..40) {
        send(world, &project, "feedback", &feedback(number, &format!("message {number}"), ""));
    }
    send(world, &project, "feedback", &feedback(41, "message 30", ""));
    let counts = project.api.json("feedback/").unwrap()["counts"].clone();
    assert_eq!((&counts["new"], &counts["spam"]), (&json!(5), &json!(25)), "{counts}");
    eventually_counted(|| {
        let found = project.api.outcomes("filtered", "feedback_spam")?;
        ensure!(found == 3, "{found}");
        Ok(())
    });
}
