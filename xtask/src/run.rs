//! Running other programs: their output is kept, its latest line shown as progress, and all of it printed when they fail.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::group::Group;
use crate::progress::Say;

/// What a program wrote, standard output and standard error in the order of writing, and how it ended.
#[derive(Debug)]
pub struct Captured {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote.
    pub output: String,
}

/// Runs a program to its end.
///
/// # Errors
/// When it cannot be started. A failing program is no error here.
pub fn capture(command: &mut Command, say: &Say) -> Result<Captured> {
    let program = command.get_program().to_string_lossy().into_owned();
    let (reader, writer) = io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut group =
        Group::spawn(command).with_context(|| format!("{program} could not be started"))?;
    close_our_end(command);
    let output = read_lines(reader, say)?;
    Ok(Captured { status: group.wait()?, output })
}

/// Runs a program that has to succeed; `advice` says what to do when it does not.
///
/// # Errors
/// One sentence with the advice; the program's own output has been printed above.
pub fn run(command: &mut Command, say: &Say, advice: &str) -> Result<()> {
    output_of(command, say, advice).map(drop)
}

/// Runs a program that has to succeed, as [`run`] does, and gives back what it wrote.
///
/// # Errors
/// The same.
pub fn output_of(command: &mut Command, say: &Say, advice: &str) -> Result<String> {
    let captured = capture(command, say)?;
    if !captured.status.success() {
        println!("\n{}", captured.output.trim_end());
        bail!("{} failed ({}): {advice}", shown(command), captured.status);
    }
    Ok(captured.output)
}

/// What a program prints, without surrounding space; `None` when it is missing or fails.
#[must_use]
pub fn answer(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The last lines of a file, for a message about a program that writes there.
#[must_use]
pub fn tail(path: &std::path::Path, lines: usize) -> String {
    let bytes = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let skipped = text.lines().count().saturating_sub(lines);
    text.lines().skip(skipped).collect::<Vec<_>>().join("\n")
}

/// Calls `attempt` until it gives something or `patience` is over.
pub fn poll<T>(patience: Duration, mut attempt: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = std::time::Instant::now() + patience;
    loop {
        if let Some(found) = attempt() {
            return Some(found);
        }
        if std::time::Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A `Command` holds its pipes until it is dropped or given others; the reader would never see the end.
fn close_our_end(command: &mut Command) {
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
}

fn read_lines(reader: impl Read, say: &Say) -> Result<String> {
    let mut reader = BufReader::new(reader);
    let mut output = String::new();
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        if !text.trim().is_empty() {
            say.latest(&text);
        }
        output.push_str(&text);
        line.clear();
    }
    Ok(output)
}

/// `cargo build -p trapline-agent …`: enough to know which command it was.
fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    let arguments =
        command.get_args().take(3).map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(name).chain(arguments).collect::<Vec<_>>().join(" ")
}
