//! Sessions: told by transitions, counted once, by release.

use serde_json::{Value, json};
use trapline_tests::{Project, World};

use crate::Test;
use crate::sender::{envelope_of, path, post};

pub const TESTS: &[Test] = &[("sessions_count_once_and_say_which_release_crashes", sessions)];

fn told(number: u32, release: &str, more: &Value) -> Value {
    let mut session = json!({
        "sid": format!("{number:032x}"), "did": format!("user-{number}"), "started": started(),
        "timestamp": started(), "attrs": { "release": release, "environment": "production" },
    });
    for (name, value) in more.as_object().expect("members") {
        session[name] = value.clone();
    }
    session
}

/// Now, in seconds.
fn started() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_secs()
}

fn send(world: &World, project: &Project, kind: &str, payload: &Value) {
    let reply = post(world, &path(project, "envelope"), &[], &envelope_of(kind, payload));
    assert_eq!(reply.status, 200, "{reply:?}");
}

fn sessions(world: &World) {
    let project = world.project();
    let begins = json!({ "init": true, "status": "ok", "errors": 0 });
    let error = json!({ "status": "ok", "errors": 1 });
    let crash = json!({ "status": "crashed", "errors": 1 });
    for number in 0..20 {
        send(world, &project, "session", &told(number, "shop@1", &begins));
        send(world, &project, "session", &told(number + 100, "shop@2", &begins));
    }
    // Each twice: an answer was lost.
    for _ in 0..2 {
        send(world, &project, "session", &told(3, "shop@1", &error));
        for number in [101, 102, 103] {
            send(world, &project, "session", &told(number, "shop@2", &error));
            send(world, &project, "session", &told(number, "shop@2", &crash));
        }
        send(world, &project, "session", &told(5, "shop@1", &begins));
        send(
            world,
            &project,
            "session",
            &told(6, "shop@1", &json!({ "status": "exited", "errors": 0 })),
        );
    }
    let minutes = json!({
        "attrs": { "release": "api@1", "environment": "production" },
        "aggregates": [{ "started": started(), "exited": 90, "crashed": 10 }],
    });
    send(world, &project, "sessions", &minutes);
    send(world, &project, "sessions", &minutes);
    let found = project.api.json("releases/?range=24h&environment=production").unwrap();
    let of = |release: &str| {
        let list = found["releases"].as_array().unwrap();
        list.iter().find(|one| one["release"] == release).cloned().expect("a release")
    };
    let (first, second, api) = (of("shop@1"), of("shop@2"), of("api@1"));
    assert_eq!(
        (&first["health"]["sessions"], &first["health"]["errored"]),
        (&json!(20), &json!(1))
    );
    assert_eq!(first["health"]["crash_free_sessions"], json!(1.0));
    assert_eq!(
        (&second["health"]["sessions"], &second["health"]["crashed"]),
        (&json!(20), &json!(3))
    );
    assert_eq!(second["health"]["crash_free_sessions"], json!(0.85));
    assert_eq!(second["health"]["crash_free_users"], json!(0.85));
    assert_eq!(api["health"]["crash_free_sessions"], json!(0.9));
    assert_eq!(found["all"]["sessions"], json!(140));
    assert_eq!(second["adoption"], json!(20.0 / 140.0));
    let elsewhere = project.api.json("releases/?environment=staging").unwrap();
    assert_eq!(elsewhere["all"]["sessions"], json!(0));
}
