//! `cargo xtask dev` itself, from its command line to its end. Takes long, so only with `--full`.

use std::fs::{self, File};
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use anyhow::ensure;
use trapline_tests::{World, eventually, eventually_within};
use xtask::group::Group;
use xtask::worker::is_taken;

use crate::Test;

pub const TESTS: &[Test] = &[("dev_says_where_it_is_and_leaves_no_process", dev)];

fn dev(world: &World) {
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let path = world.paths.target.join("e2e/dev.log");
    let log = File::create(&path).unwrap();
    let mut dev = Group::spawn(
        Command::new(env!("CARGO"))
            .args(["xtask", "dev", "--port", &port.to_string()])
            .current_dir(&world.paths.root)
            .stdout(log.try_clone().unwrap())
            .stderr(log),
    )
    .unwrap();
    // All is built: the tests around this one use it. The demo's maps are digested by a debug build.
    let printed = eventually_within(Duration::from_mins(1), || {
        let printed = fs::read_to_string(&path)?;
        ensure!(printed.contains("Ctrl-C ends it"), "{printed}");
        Ok(printed)
    });
    for expected in ["http://localhost:", "/demo/", "data-dsn=", "/sign-in/"] {
        assert!(printed.contains(expected), "{expected:?} is printed:\n{printed}");
    }
    check_demo(world, &printed);
    dev.interrupt().unwrap();
    let status = eventually(|| dev.status()?.ok_or_else(|| anyhow::anyhow!("it still runs")));
    assert!(status.success(), "{status}: {}", fs::read_to_string(&path).unwrap());
    let left = processes_with(&format!("127.0.0.1:{port}"));
    assert_eq!(left, [""; 0]);
    assert!(!is_taken(port));
}

/// What the demo's minified and Rust parts throw reads like their sources, because their maps were uploaded.
fn check_demo(world: &World, printed: &str) {
    let link = |name: &str| {
        let line = printed.lines().find_map(|line| line.trim().strip_prefix(name));
        let link = line.and_then(|rest| rest.split_whitespace().next());
        link.unwrap_or_else(|| panic!("no {name} in {printed}")).to_owned()
    };
    let (sign_in, demo) = (link("Dashboard"), link("Demo shop"));
    let tab = world.tab();
    tab.open(&demo);
    tab.click("#breaker-toggle");
    tab.click("#break-minified");
    tab.click("#break-panic");
    tab.open(&sign_in);
    let issues = sign_in.split("/sign-in/").next().unwrap_or_default().to_owned() + "/shop/issues/";
    for place in ["www/delivery/parcel.ts:11", "www/packing/src/lib.rs:40"] {
        eventually(|| {
            tab.open(&issues);
            let list = tab.text("body");
            ensure!(list.contains(place), "{place} is not in:\n{list}");
            Ok(())
        });
    }
}

/// Command lines that contain `text`: workerd's and wrangler's name their port.
fn processes_with(text: &str) -> Vec<String> {
    let output = Command::new("ps").args(["-eo", "args"]).output().expect("ps");
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    lines.lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
}
