//! A bar that moves on a terminal, and nothing elsewhere: logs of CI keep the closing table alone.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};

const WIDTH: usize = 24;

/// Progress over a number of things, on standard error.
#[derive(Debug)]
pub(crate) struct Progress {
    title: &'static str,
    total: usize,
    done: Cell<usize>,
    moving: bool,
}

impl Progress {
    pub(crate) fn over(title: &'static str, total: usize) -> Self {
        Self { title, total, done: Cell::new(0), moving: io::stderr().is_terminal() }
    }

    /// Says what is being worked at.
    pub(crate) fn show(&self, what: &str) {
        if !self.moving {
            return;
        }
        let filled = WIDTH * self.done.get() / self.total.max(1);
        let bar = format!("{}{}", "━".repeat(filled), "─".repeat(WIDTH - filled.min(WIDTH)));
        let what: String = what.chars().take(40).collect();
        let line =
            format!("\r\x1b[2K{} {bar} {}/{} {what}", self.title, self.done.get(), self.total);
        // A terminal that is gone takes nothing more; the work goes on.
        let _ = io::stderr().write_all(line.as_bytes());
    }

    pub(crate) fn add(&self, count: usize) {
        self.done.set(self.done.get() + count);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.moving {
            let _ = io::stderr().write_all(b"\r\x1b[2K");
        }
    }
}
