//! Counting: each check is one test, each program that runs tests says how many. What fails shows its output.

use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, bail};

use crate::progress::{Progress, Say};
use crate::run::capture;

/// A run over all that is checked, several things at a time.
#[derive(Debug)]
pub struct Suite {
    /// The steps' lines.
    pub progress: Progress,
    passed: AtomicUsize,
    failed: AtomicUsize,
}

/// How many tests passed and failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    passed: usize,
    failed: usize,
}

impl Suite {
    /// A suite of `steps`, none done.
    #[must_use]
    pub fn over(steps: usize) -> Self {
        let (passed, failed) = Default::default();
        Self { progress: Progress::over(steps), passed, failed }
    }

    /// A check that is one test. Returns whether it passed.
    pub fn check(&self, title: &str, work: impl FnOnce(&Say) -> Result<()>) -> bool {
        let result = self.progress.step(title, work);
        self.judge(result)
    }

    /// A check that is one program, which has to succeed.
    pub fn command(&self, title: &str, command: &mut Command) -> bool {
        self.check(title, |say| succeed(command, say))
    }

    /// A program that runs tests and says how many, in libtest's words. One that fails without saying so (it did not
    /// compile, it crashed) is one failed test.
    pub fn tests(&self, title: &str, command: &mut Command) {
        let mut tally = Tally::default();
        let result = self.progress.step(title, |say| {
            let captured = capture(command, say)?;
            tally = tally_of(&captured.output);
            say.note(&format!("{} passed, {} failed", tally.passed, tally.failed));
            if !captured.status.success() {
                bail!("{}", without_progress(&captured.output));
            }
            Ok(())
        });
        if let Err(error) = result {
            println!("{error:#}\n");
            tally.failed = tally.failed.max(1);
        }
        self.count(tally);
    }

    /// Something that was not done because what it needs failed: a failed test.
    pub fn skipped(&self, title: &str, why: &str) {
        let result = self.progress.step(title, |_| -> Result<()> { bail!("not run: {why}") });
        self.judge(result);
    }

    /// The outcome of something that stands for one test.
    pub fn judge<T>(&self, result: Result<T>) -> bool {
        if let Err(error) = &result {
            println!("{error:#}\n");
        }
        let failed = usize::from(result.is_err());
        self.count(Tally { passed: 1 - failed, failed });
        result.is_ok()
    }

    fn count(&self, tally: Tally) {
        self.passed.fetch_add(tally.passed, Ordering::Relaxed);
        self.failed.fetch_add(tally.failed, Ordering::Relaxed);
    }

    /// The closing line, and the exit code that it means.
    #[must_use]
    pub fn close(&self) -> ExitCode {
        let of = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        let (passed, failed) = (of(&self.passed), of(&self.failed));
        println!("\n{passed} passed, {failed} failed");
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// Runs a program; its output is the error when it fails.
fn succeed(command: &mut Command, say: &Say) -> Result<()> {
    let captured = capture(command, say)?;
    if !captured.status.success() {
        bail!("{}", without_progress(&captured.output));
    }
    Ok(())
}

/// Cargo's `   Compiling …` and `    Checking …` are news only while it runs.
fn without_progress(output: &str) -> String {
    let is_progress = |line: &&str| {
        ["Compiling ", "Checking ", "Downloaded ", "Documenting "]
            .iter()
            .any(|word| line.starts_with("   ") && line.trim_start().starts_with(word))
    };
    output.lines().filter(|line| !is_progress(line)).collect::<Vec<_>>().join("\n")
}

/// The sum over all lines `test result: ok. 12 passed; 0 failed; 0 ignored; …`.
fn tally_of(output: &str) -> Tally {
    let results = output.lines().filter_map(|line| line.trim().strip_prefix("test result: "));
    results.fold(Tally::default(), |sum, line| Tally {
        passed: sum.passed + count_before(line, " passed"),
        failed: sum.failed + count_before(line, " failed"),
    })
}

/// `ok. 12 passed; …` with ` passed` is 12.
fn count_before(line: &str, word: &str) -> usize {
    let number = line.split(word).next().and_then(|before| before.split_whitespace().next_back());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_several_programs_are_summed() {
        let output = "running 2 tests\n\
            test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured\n\
            test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured\n";
        assert_eq!(tally_of(output), Tally { passed: 15, failed: 2 });
    }

    #[test]
    fn what_did_not_compile_counts_nothing() {
        assert_eq!(tally_of("error: could not compile"), Tally::default());
    }
}
