//! Who is tested when. Each engine's browser shows one page at a time; the engines do not disturb each other. Whoever looks
//! at the whole deployment, or at times of a millisecond, has the stage for himself.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use trapline_tests::{Engine, World};

/// Tests at a time: one an engine.
pub const LANES: usize = Engine::ALL.len();

/// How many of the tests that took longest are named.
const NAMED: usize = 12;

/// What all tests share.
pub struct Stage {
    world: World,
    queue: Queue,
    engines: [Mutex<()>; LANES],
    took: Mutex<BTreeMap<String, Duration>>,
}

impl Stage {
    /// Everybody is waiting.
    pub fn new(world: World) -> Self {
        let (queue, engines, took) = <(Queue, [Mutex<()>; LANES], _)>::default();
        Self { world, queue, engines, took }
    }

    /// Runs a test beside those of the other engines. One that failed before has harmed nothing but itself.
    pub fn beside(&self, name: &str, engine: Engine, test: impl FnOnce(&World)) {
        // First the own one: who waits for it must not keep others waiting.
        let lane = self.engines.get(engine as usize);
        let _lane = lane.map(|lane| lane.lock().unwrap_or_else(PoisonError::into_inner));
        let _part = self.queue.enter(false);
        self.run(name, test);
    }

    /// Runs a test while no other runs.
    pub fn alone(&self, name: &str, test: impl FnOnce(&World)) {
        let _whole = self.queue.enter(true);
        self.run(name, test);
    }

    fn run(&self, name: &str, test: impl FnOnce(&World)) {
        let began = Instant::now();
        test(&self.world);
        let mut took = self.took.lock().unwrap_or_else(PoisonError::into_inner);
        took.insert(name.to_owned(), began.elapsed());
    }

    /// Prints which tests that passed took longest.
    pub fn say_what_took_long(&self) {
        let took = self.took.lock().unwrap_or_else(PoisonError::into_inner);
        let mut longest: Vec<_> = took.iter().collect();
        longest.sort_by_key(|(_, time)| std::cmp::Reverse(**time));
        println!("what took longest:");
        for (name, time) in longest.iter().take(NAMED) {
            println!("{:>7.1} s  {name}", time.as_secs_f64());
        }
    }
}

/// Who comes first is served first: tests that are run alone keep their order.
#[derive(Default)]
struct Queue {
    state: Mutex<Served>,
    changed: Condvar,
}

#[derive(Default)]
struct Served {
    tickets: u64,
    /// The ticket that may enter next.
    now: u64,
    inside: usize,
}

/// Somebody is inside; leaves when dropped.
struct Inside<'queue> {
    queue: &'queue Queue,
    is_alone: bool,
}

impl Queue {
    fn enter(&self, is_alone: bool) -> Inside<'_> {
        let mut state = self.state();
        let ticket = state.tickets;
        state.tickets += 1;
        while state.now != ticket || (is_alone && state.inside > 0) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.inside += 1;
        if !is_alone {
            state.now += 1;
            self.changed.notify_all();
        }
        Inside { queue: self, is_alone }
    }

    fn state(&self) -> MutexGuard<'_, Served> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        state.inside -= 1;
        state.now += u64::from(self.is_alone);
        self.queue.changed.notify_all();
    }
}
