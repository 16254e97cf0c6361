//! Who is tested when: in three parts, one after another. First what the agent does in pages, engine by engine, side by side;
//! then what has a project of its own; at last, one by one and in order, whoever looks at the whole deployment, or at times of a
//! millisecond.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Conclusion, Trial};
use trapline_tests::{Engine, World};

/// How many of the tests that took longest are named.
const NAMED: usize = 12;

/// Where one test at a time is run: beside others, which it does not disturb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// An engine's browser, which shows one page at a time.
    Browser(Engine),
    /// The Worker of all, without a browser.
    Requests,
    /// Workers of its own, or one whose database fails.
    OwnWorker,
}

impl Lane {
    const COUNT: usize = Engine::ALL.len() + 2;

    fn index(self) -> usize {
        match self {
            Lane::Browser(engine) => engine as usize,
            Lane::Requests => Engine::ALL.len(),
            Lane::OwnWorker => Engine::ALL.len() + 1,
        }
    }
}

/// A test and where it is run.
pub struct Act {
    /// Its whole name.
    pub name: String,
    /// Beside others, or while no other is run.
    pub lane: Option<Lane>,
    /// What it does; fails by panicking.
    pub run: Box<dyn FnOnce(&World) + Send>,
}

/// What all tests share.
pub struct Stage {
    world: World,
    lanes: [Mutex<()>; Lane::COUNT],
    took: Mutex<BTreeMap<String, (Option<Lane>, Duration)>>,
}

impl Stage {
    /// Nobody is on it.
    pub fn new(world: World) -> Self {
        let (lanes, took) = <([Mutex<()>; Lane::COUNT], _)>::default();
        Self { world, lanes, took }
    }

    /// One that failed before has harmed nothing but itself.
    fn run(&self, act: Act) {
        let lane = act.lane.and_then(|lane| self.lanes.get(lane.index()));
        let _lane = lane.map(|lane| lane.lock().unwrap_or_else(PoisonError::into_inner));
        let began = Instant::now();
        (act.run)(&self.world);
        let mut took = self.took.lock().unwrap_or_else(PoisonError::into_inner);
        took.insert(act.name, (act.lane, began.elapsed()));
    }

    /// Prints which tests that passed took longest, and how long each lane was taken.
    pub fn say_what_took_long(&self) {
        let took = self.took.lock().unwrap_or_else(PoisonError::into_inner);
        let mut longest: Vec<_> = took.iter().collect();
        longest.sort_by_key(|(_, (_, time))| std::cmp::Reverse(*time));
        println!("what took longest:");
        for (name, (_, time)) in longest.iter().take(NAMED) {
            println!("{:>7.1} s  {name}", time.as_secs_f64());
        }
        println!("how long each lane was taken:");
        let lanes =
            Engine::ALL.into_iter().map(Lane::Browser).chain([Lane::Requests, Lane::OwnWorker]);
        for lane in lanes.map(Some).chain([None]) {
            let sum: Duration =
                longest.iter().filter(|(_, (of, _))| *of == lane).map(|(_, (_, time))| *time).sum();
            let name = lane.map_or("alone".to_owned(), |lane| format!("{lane:?}"));
            println!("{:>7.1} s  {name}", sum.as_secs_f64());
        }
    }
}

/// Tests as they are listed and run. Those that are only listed need no stage.
pub fn trials(acts: Vec<Act>, stage: Option<&Arc<Stage>>) -> Vec<Trial> {
    let trial = |act: Act| {
        let stage = stage.cloned();
        Trial::test(act.name.clone(), move || {
            if let Some(stage) = stage {
                stage.run(act);
            }
            Ok(())
        })
    };
    acts.into_iter().map(trial).collect()
}

/// Runs a part: as many at a time as there are lanes, or one by one. A test that waits for its lane keeps nobody else waiting.
pub fn part(arguments: &Arguments, acts: Vec<Act>, stage: &Arc<Stage>) -> Conclusion {
    let is_side_by_side = acts.iter().all(|act| act.lane.is_some());
    let threads = if is_side_by_side { acts.len().max(1) } else { 1 };
    let arguments = Arguments { test_threads: Some(threads), ..arguments.clone() };
    libtest_mimic::run(&arguments, trials(acts, Some(stage)))
}
