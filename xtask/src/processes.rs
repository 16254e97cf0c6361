//! What a server costs the machine: CPU time and memory of processes in its group, from Linux' `/proc`. `wrangler dev` runs
//! two of workerd, the Worker's and a proxy before it; both are counted, for every target alike.

use std::fs;

/// Ticks of `/proc/PID/stat` are hundredths of a second on every Linux that workerd runs on.
const MS_A_TICK: f64 = 10.0;

/// Of all workerd processes of a group together.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    /// User and system time since they started.
    pub cpu_ms: f64,
    /// Most memory that was ever resident.
    pub peak_mib: f64,
    /// Resident now.
    pub resident_mib: f64,
    /// The same, where what processes share counts once.
    pub proportional_mib: f64,
}

/// What workerd used so far in a process group; `None` where there is no `/proc`.
#[must_use]
pub fn usage(group: i32) -> Option<Usage> {
    usage_of(group, |command| command == "workerd")
}

/// What some of a group's processes used so far.
pub fn usage_of(group: i32, is_one: impl Fn(&str) -> bool) -> Option<Usage> {
    let mut sum = None;
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let read = |file: &str| fs::read_to_string(entry.path().join(file)).unwrap_or_default();
        let Some(stat) = parse_stat(&read("stat")) else { continue };
        if stat.group == group && is_one(&stat.command) {
            let status = read("status");
            let sum: &mut Usage = sum.get_or_insert_default();
            sum.cpu_ms += stat.ticks * MS_A_TICK;
            sum.peak_mib += mib(&status, "VmHWM:");
            sum.resident_mib += mib(&status, "VmRSS:");
            sum.proportional_mib += mib(&read("smaps_rollup"), "Pss:");
        }
    }
    sum
}

#[derive(Debug, PartialEq)]
struct Stat {
    command: String,
    group: i32,
    /// User and system.
    ticks: f64,
}

/// `12 (workerd) S 1 77 77 0 -1 … utime stime …`: a command may hold spaces and parentheses itself.
fn parse_stat(text: &str) -> Option<Stat> {
    let (head, tail) = text.rsplit_once(')')?;
    let (_, command) = head.split_once('(')?;
    // From the state on, which is field 3 of proc(5).
    let fields: Vec<&str> = tail.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
    Some(Stat {
        command: command.to_owned(),
        group: fields.get(5 - 3)?.parse().ok()?,
        ticks: ticks(14)? + ticks(15)?,
    })
}

/// `VmHWM: 123456 kB`
fn mib(status: &str, name: &str) -> f64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let kib = line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1_024.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_after_the_last_parenthesis() {
        let stat = "42 (a (b) c) S 1 77 77 0 -1 4194560 9 0 0 0 150 25 0 0 20 0 8 0 100 5 6";
        let expected = Stat { command: "a (b) c".into(), group: 77, ticks: 175.0 };
        assert_eq!(parse_stat(stat), Some(expected));
        assert_eq!(parse_stat("42 (a"), None);
    }

    #[test]
    fn memory_is_read_by_name() {
        let status = "Name:\tworkerd\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n";
        assert_eq!((mib(status, "VmHWM:"), mib(status, "VmRSS:")), (200.0, 100.0));
        assert_eq!(mib(status, "VmSwap:"), 0.0);
    }
}
