//! Who is tested when. Each engine's browser shows one page at a time; the engines do not disturb each other. Whoever looks
//! at the whole deployment, or at times of a millisecond, has the stage for himself.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use trapline_tests::{Engine, World};

/// Tests at a time: one an engine.
pub const LANES: usize = Engine::ALL.len();

/// How many of the tests that took longest are named.
const NAMED: usize = 12;

/// What all tests share.
pub struct Stage {
    world: World,
    whole: RwLock<()>,
    engines: [Mutex<()>; LANES],
    took: Mutex<BTreeMap<String, Duration>>,
}

impl Stage {
    /// Everybody is waiting.
    pub fn new(world: World) -> Self {
        let (whole, engines, took) = <(RwLock<()>, [Mutex<()>; LANES], _)>::default();
        Self { world, whole, engines, took }
    }

    /// Runs a test beside those of the other engines. One that failed before has harmed nothing but itself.
    pub fn beside(&self, name: &str, engine: Engine, test: impl FnOnce(&World)) {
        // First the own one: who waits for it must not keep others waiting.
        let lane = self.engines.get(engine as usize);
        let _lane = lane.map(|lane| lane.lock().unwrap_or_else(PoisonError::into_inner));
        let _part = self.whole.read().unwrap_or_else(PoisonError::into_inner);
        self.run(name, test);
    }

    /// Runs a test while no other runs.
    pub fn alone(&self, name: &str, test: impl FnOnce(&World)) {
        let _whole = self.whole.write().unwrap_or_else(PoisonError::into_inner);
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
