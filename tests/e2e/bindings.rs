//! What else can be bound: more databases, and a queue in front of them.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::ensure;
use serde_json::json;
use toml_edit::{DocumentMut, value};
use trapline_tests::{
    Database, Faulty, Gate, Project, Site, World, eventually, eventually_within, fresh_state,
    shop_page,
};
use xtask::agent;
use xtask::names::Names;
use xtask::paths::Paths;
use xtask::progress::Progress;
use xtask::worker::{Options, Worker};

use crate::Test;
use crate::faults::{EVENT, WHEN};
use crate::ledger::{assert_stored, counted, envelope};
use crate::sender;

pub const TESTS: &[Test] = &[
    ("projects_are_spread_over_the_databases_that_are_bound", two_databases),
    ("queued_events_count_once_however_often_they_are_delivered", queue),
    ("agent_of_another_name_sends_to_its_own_path", other_name),
];

const SECOND: &str = "[[d1_databases]]\nbinding = \"DB_1\"\ndatabase_name = \"trapline-1\"\n";

fn two_databases(world: &World) {
    let name = "databases";
    let faulty = Faulty::start_with(&world.paths, name, SECOND).expect("a Worker");
    let (first, second) = (faulty.project(), faulty.project());
    let numbers: Vec<u32> = (0..10).collect();
    for number in numbers.iter().copied() {
        for project in [&first, &second, &second] {
            // A new database is brought up to date by several requests: until then a sender comes again.
            eventually(|| {
                let answer = project.send(&envelope(number));
                ensure!(answer.status == 200, "{answer:?}");
                Ok(())
            });
        }
    }
    for project in [&first, &second] {
        assert_eq!(count(project).expect("issues"), counted(&numbers));
    }
    let state = world.paths.target.join("e2e/faults").join(name);
    let mut events: Vec<i64> = Database::open_all(&state)
        .expect("databases")
        .iter()
        .map(|database| database.rows().events)
        .collect();
    events.sort_unstable();
    assert_eq!(events, [10, 10], "each project has a database of its own");
}

/// Delivered at once, and again soon where it failed.
const QUEUE: &str = "\
[[queues.producers]]
binding = \"QUEUE\"
queue = \"trapline-events\"

[[queues.consumers]]
queue = \"trapline-events\"
max_batch_size = 4
max_batch_timeout = 0
max_retries = 10
dead_letter_queue = \"trapline-dead\"

[[queues.consumers]]
queue = \"trapline-dead\"
max_batch_size = 4
max_batch_timeout = 0
max_retries = 100
";

fn queue(world: &World) {
    let faulty = Faulty::start_with(&world.paths, "queue", QUEUE).expect("a Worker");
    let project = faulty.project();
    // Committed, and nobody hears of it, three times: the message comes again.
    let lost: Vec<_> = WHEN.iter().cycle().take(9).map(|when| json!({ "when": when })).collect();
    faulty.queue(&json!({ "match": EVENT, "next": lost }));
    let numbers: Vec<u32> = (0..20).collect();
    for number in numbers.iter().copied() {
        // The sender hears only of the queue.
        assert_eq!(project.send(&envelope(number)).status, 200);
        assert_eq!(project.send(&envelope(number)).status, 200);
    }
    eventually_within(Duration::from_secs(60), || {
        let (count, left) = (count(&project)?, faulty.report().left);
        ensure!(count >= counted(&numbers) && left == 0, "{count} events, {left} faults left");
        Ok(())
    });
    assert_stored(&faulty.database, &project, &numbers);
    assert!(faulty.report().refused.is_empty(), "{:?}", faulty.report());
    // Rules of the project come along.
    project.api.set(&json!({ "grouping_rules": "message:joined* -> joined" })).expect("a rule");
    for (number, message) in [(101, "joined by a rule"), (102, "joined, too, by that")] {
        assert_eq!(project.send(&sender::envelope(number, message)).status, 200);
    }
    eventually_within(Duration::from_secs(60), || {
        let issues = project.api.issues()?;
        let joined: Vec<u64> = issues
            .iter()
            .filter(|issue| issue.value.starts_with("joined"))
            .map(|issue| issue.count)
            .collect();
        ensure!(joined == [2], "{issues:?}");
        Ok(())
    });
}

fn count(project: &Project) -> anyhow::Result<u64> {
    Ok(project.api.issues()?.iter().map(|issue| issue.count).sum())
}

/// As with `TRAPLINE_NAME=oak cargo xtask build`.
fn other_name(world: &World) {
    let directory = world.paths.target.join("e2e/named");
    let paths = Paths { deploy: directory.join("deploy"), ..world.paths.clone() };
    let names = Names::new("oak").expect("a name");
    let built = Progress::over(1).step("agent", |say| agent::lay_out(&paths, &names, say));
    built.expect("an agent");
    let worker = Worker::start(&paths, &named(world, &paths)).expect("a Worker");
    let project = Project::of(&worker, "shop").expect("a project");
    let gate = Gate::before(&worker);
    let head = format!(
        "<script src=\"{}/oak.js\" data-dsn=\"{}\"></script>",
        worker.site(),
        gate.dsn(&project)
    );
    let app = "setTimeout(() => { throw new TypeError('no oak'); });";
    let site = Site::serve(&[("/", &shop_page(&head)), ("/app.js", app)]);
    let tab = world.tab();
    tab.open(&site.url("/"));
    eventually(|| {
        let issue = project.api.only_issue()?;
        ensure!(issue.value == "no oak", "{issue:?}");
        Ok(())
    });
    let loaded =
        tab.eval("performance.getEntriesByType('resource').map(({ name }) => name).join(' ')");
    let loaded = loaded.as_str().expect("addresses");
    assert!(!loaded.contains("trapline") && !loaded.contains("agent/"), "{loaded}");
    let sent: Vec<_> = gate.requests().iter().map(|seen| seen.path.clone()).collect();
    assert!(sent.iter().all(|path| path == &format!("/oak/{}", project.id())), "{sent:?}");
    assert!(!paths.deploy.join("assets/trapline.js").exists());
}

/// The settings that are deployed, with these assets.
fn named(world: &World, paths: &Paths) -> Options {
    let settings = fs::read_to_string(world.paths.deploy.join("wrangler.toml")).expect("settings");
    let mut settings: DocumentMut = settings.parse().expect("TOML");
    let absolute = |path: PathBuf| value(path.to_string_lossy().into_owned());
    settings["main"] = absolute(world.paths.deploy.join("worker/index.js"));
    settings["assets"]["directory"] = absolute(paths.deploy.join("assets"));
    let config = paths.deploy.join("wrangler.toml");
    fs::write(&config, settings.to_string()).expect("a file");
    let state = fresh_state(&world.paths, "named").expect("a folder");
    Options {
        log: paths.deploy.join("worker.log"),
        state,
        port: None,
        variables: vec![("AGENT_NAME".to_owned(), "oak".to_owned())],
        config: Some(config),
    }
}
