//! Cloudflare Access signs in whom a team vouches for: real keys, a real server that publishes them, and every way to cheat.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use serde::Deserialize;
use serde_json::Value;
use trapline_tests::World;
use xtask::worker::{Options, Worker, http};

use crate::Test;
use crate::client::{Reply, address, between, get, host, post};

pub const TESTS: &[Test] = &[("access_signs_in_by_mail_address_and_believes_no_forgery", access)];

#[derive(Deserialize)]
struct Team {
    certs: Value,
    tokens: BTreeMap<String, String>,
}

/// A team at a loopback address, and how often its keys were asked for.
fn team(world: &World) -> (String, Team, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let script = world.paths.root.join("tests/e2e/access.mjs");
    let printed = Command::new("node").arg(script).arg(&issuer).output().unwrap().stdout;
    let team: Team = serde_json::from_slice(&printed).unwrap();
    let (certs, asked) = (team.certs.to_string(), Arc::new(AtomicU32::new(0)));
    let counted = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            let is_asked = request[..read].starts_with(b"GET /cdn-cgi/access/certs ");
            let (status, body) =
                if is_asked { ("200 OK", certs.as_str()) } else { ("404 Not Found", "") };
            counted.fetch_add(1, Ordering::SeqCst);
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
        }
    });
    (issuer, team, asked)
}

fn access(world: &World) {
    let (issuer, team, asked) = team(world);
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let directory = world.paths.target.join("e2e/access");
    let state = directory.join("state");
    let _ = std::fs::remove_dir_all(&state);
    let worker = Worker::start(
        &world.paths,
        &Options {
            state,
            log: directory.join("wrangler.log"),
            port: None,
            variables: vec![
                variable("ACCESS_TEAM_DOMAIN", &issuer),
                variable("ACCESS_AUD", "shop-aud"),
                variable("ACCESS_DEFAULT_ROLE", "viewer"),
            ],
            config: None,
        },
    )
    .unwrap();
    let comes = |path: &str, token: &str| {
        let request = http().get(address(&worker, path)).header("Host", host(&worker));
        Reply::of(request.header("Cf-Access-Jwt-Assertion", token).call().unwrap())
    };
    let early = comes("/sign-in", &team.tokens["good"]);
    assert_eq!((early.status, early.cookie), (403, None), "nobody claims what is not set up");
    let link = worker.set_up("Hazel shop", "shop").unwrap().sign_in;
    let owner = get(&worker, link.strip_prefix(&worker.dashboard()).unwrap(), "").cookie.unwrap();

    for (name, token) in &team.tokens {
        let answer = comes("/sign-in?next=/shop/issues/", token);
        if ["good", "new"].contains(&name.as_str()) {
            assert_eq!(answer.status, 303, "{name}: {answer:?}");
            assert_eq!(answer.location.as_deref(), Some("/shop/issues/"), "{name}");
            continue;
        }
        assert_eq!((answer.status, &answer.cookie), (403, &None), "{name}: {answer:?}");
        assert!(
            answer.body.contains("Cloudflare Access does not sign you in"),
            "{name}: {answer:?}"
        );
    }
    assert!(asked.load(Ordering::SeqCst) <= 2, "an unknown key is asked for once a minute at most");

    let people = get(&worker, "/settings/people/", &owner).body;
    assert!(people.contains("jo@shop.test") && people.contains("new@shop.test"), "{people}");
    assert!(!people.contains("boss@shop.test"), "{people}");
    let on = get(&worker, "/settings/access/", &owner).body;
    assert!(on.contains("Who is new becomes a viewer"), "{on}");
    let jo = comes("/sign-in", &team.tokens["good"]).cookie.unwrap();
    let page = get(&worker, "/settings/profile/", &jo);
    assert!(page.body.contains("You are a viewer"), "{page:?}");
    // Who signs out stays so until they want in again.
    let csrf = between(&page.body, "name=\"csrf\" value=\"", "\"").unwrap();
    let out = post(&worker, "/sign-out", &[("csrf", csrf)], &jo);
    let left = comes(&out.location.unwrap(), &team.tokens["good"]);
    assert_eq!((left.status, &left.cookie), (200, &None), "{left:?}");
    assert!(left.body.contains("Sign in with Cloudflare Access"), "{left:?}");
    // A page without a session leads to a sign-in that leads back.
    let away = comes("/shop/issues/?query=x", &team.tokens["good"]);
    let back = comes(&away.location.unwrap(), &team.tokens["good"]);
    assert_eq!(back.location.as_deref(), Some("/shop/issues/?query=x"));
}
