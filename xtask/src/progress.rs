//! Numbered steps with their times: one line each that moves on a terminal, plain lines everywhere else. Of steps that are done
//! at the same time one moves, and each has its line when it is done.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

/// How often the moving line is drawn.
const FRAME: Duration = Duration::from_millis(150);
/// How often a step that takes long says so where no line can move.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// A command's steps. Their number is known from the start.
#[derive(Debug)]
pub struct Progress {
    total: usize,
    begun: AtomicUsize,
    moving: bool,
    /// Held by the step whose line moves.
    line: Mutex<()>,
}

/// What a step has to say about itself while it works.
#[derive(Debug, Default)]
pub struct Say {
    latest: Mutex<String>,
    note: Mutex<String>,
}

impl Say {
    /// The latest line of output, shown behind the step's title.
    pub fn latest(&self, line: &str) {
        set(&self.latest, line);
    }

    /// What became of the step, shown behind its time: "up to date".
    pub fn note(&self, note: &str) {
        set(&self.note, note);
    }
}

impl Progress {
    /// Progress over `total` steps, on standard output.
    #[must_use]
    pub fn over(total: usize) -> Self {
        let (begun, line) = Default::default();
        Self { total, begun, moving: io::stdout().is_terminal(), line }
    }

    /// Does one step, and shows that it is being done, how long it took, and whether it failed.
    ///
    /// # Errors
    /// The step's own.
    pub fn step<T>(&self, title: &str, work: impl FnOnce(&Say) -> Result<T>) -> Result<T> {
        let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        let width = self.total.to_string().len();
        let title = format!("[{number:>width$}/{}] {title}", self.total);
        let started = Instant::now();
        let say = Say::default();
        let (done, is_done) = channel::<()>();
        let result = thread::scope(|scope| {
            let (title, say) = (&title, &say);
            scope.spawn(move || self.show(title, started, say, &is_done));
            let result = work(say);
            drop(done);
            result
        });
        let seconds = started.elapsed().as_secs_f32();
        let note = if result.is_ok() { get(&say.note) } else { "FAILED".into() };
        let clear = if self.moving { "\r\x1b[K" } else { "" };
        println!("{clear}{title:<44} {seconds:>6.1} s  {note}");
        result
    }

    /// Shows the step until it is done.
    fn show(&self, title: &str, started: Instant, say: &Say, is_done: &Receiver<()>) {
        let pause = if self.moving { FRAME } else { HEARTBEAT };
        let mut line = None;
        while is_done.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            let seconds = started.elapsed().as_secs();
            let latest: String = get(&say.latest).trim().chars().take(60).collect();
            if self.moving {
                line = line.or_else(|| self.line.try_lock().ok());
                if line.is_none() {
                    continue;
                }
                print!("\r\x1b[K{title:<44} {seconds:>4} s    {latest}");
                let _ = io::stdout().flush();
            } else {
                println!("{title} … {seconds} s  {latest}");
            }
        }
    }
}

fn set(place: &Mutex<String>, text: &str) {
    text.clone_into(&mut place.lock().unwrap_or_else(PoisonError::into_inner));
}

fn get(place: &Mutex<String>) -> String {
    place.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
