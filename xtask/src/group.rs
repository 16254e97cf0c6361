//! Child processes that end together with all their children.
//!
//! Every child leads a process group of its own. A group ends when its [`Group`] is dropped, and all groups end when this
//! process is interrupted (Ctrl-C, SIGTERM, SIGHUP): first politely, after a grace by SIGKILL. This matters because
//! `wrangler` starts `workerd` and `esbuild`, and `chromedriver` starts Chromium, and none of them ends them when killed.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

/// How long a group may take to end by itself. `wrangler dev` takes 2 s.
const GRACE: Duration = Duration::from_secs(5);

static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// 130 is what a shell expects of a program ended by Ctrl-C.
static EXIT_CODE: AtomicI32 = AtomicI32::new(130);

/// A child process and all its children.
#[derive(Debug)]
pub struct Group {
    leader: Child,
    id: Pid,
}

impl Group {
    /// Starts `command` as the leader of a new group, without standard input.
    ///
    /// # Errors
    /// What the system says when the program cannot be started.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        park_when_interrupted();
        let leader = command.process_group(0).stdin(Stdio::null()).spawn()?;
        let id = Pid::from_raw(i32::try_from(leader.id()).map_err(io::Error::other)?);
        running(|groups| groups.push(id));
        Ok(Self { leader, id })
    }

    /// The group's number, which every process in it carries.
    #[must_use]
    pub fn id(&self) -> i32 {
        self.id.as_raw()
    }

    /// What Ctrl-C on a terminal does to the group.
    ///
    /// # Errors
    /// When the group has ended.
    pub fn interrupt(&self) -> io::Result<()> {
        Ok(killpg(self.id, Signal::SIGINT)?)
    }

    /// Ends all of the group at once, as a crash does.
    ///
    /// # Errors
    /// When the group has ended.
    pub fn kill(&self) -> io::Result<()> {
        Ok(killpg(self.id, Signal::SIGKILL)?)
    }

    /// Waits for the leader.
    ///
    /// # Errors
    /// What the system says.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.leader.wait();
        park_when_interrupted();
        status
    }

    /// The leader's status when it has ended, `None` while it runs.
    ///
    /// # Errors
    /// What the system says.
    pub fn status(&mut self) -> io::Result<Option<ExitStatus>> {
        let status = self.leader.try_wait();
        park_when_interrupted();
        status
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        park_when_interrupted();
        end(&[self.id]);
        running(|groups| groups.retain(|id| *id != self.id));
    }
}

/// From now on an interruption ends all groups, and then this process.
///
/// # Errors
/// When a handler stands already, or the system refuses.
pub fn end_all_on_interruption() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| {
        INTERRUPTED.store(true, Ordering::SeqCst);
        end(&running(|groups| groups.clone()));
        std::process::exit(EXIT_CODE.load(Ordering::SeqCst));
    })
}

/// From now on an interruption is the ordinary way to end, and exits with 0.
pub fn interruption_is_success() {
    EXIT_CODE.store(0, Ordering::SeqCst);
}

/// Asks the groups to end, waits for [`GRACE`], then kills what is left.
fn end(groups: &[Pid]) {
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let mut left: Vec<Pid> =
            groups.iter().copied().filter(|id| killpg(*id, signal).is_ok()).collect();
        let deadline = Instant::now() + GRACE;
        while !left.is_empty() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
            left.retain(|id| is_alive(*id));
        }
        if left.is_empty() {
            return;
        }
    }
}

/// A leader that has ended stays in its group until somebody waits for it, so this does. `Child::wait` then finds
/// nothing, which matters to nobody: the group is being ended.
fn is_alive(group: Pid) -> bool {
    let _ = waitpid(group, Some(WaitPidFlag::WNOHANG));
    killpg(group, None) != Err(Errno::ESRCH)
}

/// An interrupted process reports nothing more: its children's deaths are not failures. The handler ends it.
fn park_when_interrupted() {
    while INTERRUPTED.load(Ordering::SeqCst) {
        thread::sleep(GRACE);
    }
}

fn running<T>(work: impl FnOnce(&mut Vec<Pid>) -> T) -> T {
    work(&mut RUNNING.lock().unwrap_or_else(PoisonError::into_inner))
}
