//! Many senders at once, on a database that fails at random, and a Worker that crashes: counts stay exact.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};
use trapline_tests::{Calm, Faulty, Project, World, eventually, fresh_state, post_to};

use crate::Test;
use crate::faults::{EVENT, WHEN};
use crate::ledger::{assert_stored, envelope};

pub const TESTS: &[Test] = &[
    ("same_envelope_fifty_times_at_once_counts_once", same_envelope),
    ("fifty_first_events_at_once_make_one_issue", first_events),
    ("counts_are_exact_on_a_database_that_fails_at_random", random_faults),
    ("counts_are_exact_when_the_worker_crashes_in_between", crash),
];

/// Senders at once. Local D1 does one batch after another; more would only wait longer.
const SENDERS: usize = 8;

fn same_envelope(world: &World) {
    let faulty = world.faulty();
    for orders in [json!({ "isolates": "at_once" }), a_third_fails(11)] {
        let project = faulty.project();
        faulty.queue(&orders);
        let all_the_same = vec![0; 50];
        send_at_once(&project, &all_the_same, 50);
        faulty.heal();
        assert_stored(&faulty.database, &project, &[0]);
    }
}

fn first_events(world: &World) {
    let faulty = world.faulty();
    for orders in [json!({ "isolates": "in_turn" }), a_third_fails(12)] {
        let project = faulty.project();
        faulty.queue(&orders);
        // Of one bug, and of one group of it.
        let numbers: Vec<u32> = (0..50).map(|number| 10 * number).collect();
        send_at_once(&project, &numbers, 50);
        faulty.heal();
        assert_stored(&faulty.database, &project, &numbers);
        assert_eq!(project.api.only_issue().unwrap().count, 50);
    }
}

fn random_faults(world: &World) {
    // With `--full` long enough to meet what is rare.
    let (rounds, events) =
        if std::env::var_os("TRAPLINE_FULL").is_some() { (5, 400) } else { (1, 200) };
    let faulty = world.faulty();
    for round in 0..rounds {
        let project = faulty.project();
        let numbers: Vec<u32> = (0..events).collect();
        faulty.queue(&a_third_fails(100 + round));
        send_at_once(&project, &numbers, SENDERS);
        let injected = faulty.report().injected;
        assert!(injected.before.min(injected.during).min(injected.after) > 10, "{injected:?}");
        faulty.heal();
        assert_stored(&faulty.database, &project, &numbers);
        send_at_once(&project, &numbers[..50], SENDERS);
        assert_stored(&faulty.database, &project, &numbers);
    }
}

fn crash(world: &World) {
    let state = fresh_state(&world.paths, "crashed").unwrap();
    let start = |name| {
        let orders = a_third_fails(13);
        Faulty::start_on(&world.paths, state.clone(), name, &orders).expect("a Worker")
    };
    let numbers: Vec<u32> = (0..60).collect();
    let first = start("crashed-1");
    let (address, key) = {
        let project = Project::of(&first.worker, "shop").unwrap();
        (project.address(), project.key())
    };
    let taken = AtomicUsize::new(0);
    thread::scope(|scope| {
        for part in numbers.chunks(numbers.len() / SENDERS) {
            let (address, taken) = (&address, &taken);
            scope.spawn(move || send_until_gone(address, part, taken));
        }
        eventually(|| {
            let taken = taken.load(Ordering::Relaxed);
            anyhow::ensure!(taken >= 15, "{taken} events were taken");
            Ok(())
        });
        drop(first);
    });
    let second = start("crashed-2");
    let calm = Calm::of(&second);
    let project = Project::of(&calm.worker, "shop").unwrap();
    assert_eq!(project.key(), key, "it is the same database");
    calm.queue(&a_third_fails(14));
    send_at_once(&project, &numbers, SENDERS);
    calm.heal();
    assert_stored(&calm.database, &project, &numbers);
}

/// Three batches of events in ten fail, in all ways. Two instances of the collector answer in turn: each knows only
/// half of what has happened.
fn a_third_fails(seed: u32) -> Value {
    let every = json!({ "share": 0.3, "seed": seed, "when": WHEN });
    json!({ "match": EVENT, "every": every, "isolates": "in_turn" })
}

/// Sends every event until it is taken, `senders` at once.
fn send_at_once(project: &Project<'_>, numbers: &[u32], senders: usize) {
    thread::scope(|scope| {
        for part in numbers.chunks(numbers.len().div_ceil(senders)) {
            scope.spawn(|| part.iter().for_each(|number| send_until_taken(project, *number)));
        }
    });
}

/// A sender would wait as long as `Retry-After` says; what counts is that it comes again.
fn send_until_taken(project: &Project<'_>, number: u32) {
    const TRIES: usize = 50;
    let envelope = envelope(number);
    for _ in 0..TRIES {
        let answer = project.send(&envelope);
        match answer.status {
            200 => return,
            503 => assert!(answer.retry_after.is_some(), "{answer:?}"),
            _ => panic!("event {number}: {answer:?}"),
        }
    }
    panic!("event {number} was refused {TRIES} times");
}

/// Sends events until there is no answer any more, or all are taken.
fn send_until_gone(address: &str, numbers: &[u32], taken: &AtomicUsize) {
    for number in numbers {
        let envelope = envelope(*number);
        loop {
            match post_to(address, &envelope).map(|answer| answer.status) {
                Ok(200) => break,
                Ok(503) => {}
                _ => return,
            }
        }
        taken.fetch_add(1, Ordering::Relaxed);
    }
}
