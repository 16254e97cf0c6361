//! What a run was made on and with: the machine, without what would say whose it is, and versions.

use std::fs;
use std::path::Path;

use serde_json::Value;
use xtask::paths::Paths;
use xtask::run::answer;

use crate::collectors::BUGSINK;
use crate::symbolicate::SYMBOLIC;

/// npm's packages that are measured, or that what is measured runs in.
const PACKAGES: [&str; 8] = [
    "wrangler",
    "workerd",
    "@sentry/browser",
    "@bugsnag/browser",
    "@honeybadger-io/js",
    "rollbar",
    "@grafana/faro-web-sdk",
    "source-map",
];

/// `2026-11-29`, UTC.
pub(crate) fn date() -> String {
    answer("date", &["-u", "+%Y-%m-%d"]).unwrap_or_default()
}

/// `2 × Intel(R) Xeon(R) CPU, 24 GB of memory, Debian GNU/Linux 12 (bookworm), x86_64`
pub(crate) fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let (cpu, memory, system) =
        (read("/proc/cpuinfo"), read("/proc/meminfo"), read("/etc/os-release"));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let cpu = field(&cpu, "model name", ':').unwrap_or_else(|| "CPU of unknown kind".into());
    let system = field(&system, "PRETTY_NAME", '=');
    let system = system.unwrap_or_else(|| std::env::consts::OS.to_owned());
    format!(
        "{cores} × {cpu}, {:.0} GB of memory, {system}, {}",
        gigabytes(&memory),
        std::env::consts::ARCH
    )
}

/// Names with versions. The browser says its own to the bench that starts it.
pub(crate) fn versions(paths: &Paths, browser: Option<&str>) -> Vec<[String; 2]> {
    let mut all = vec![["Trapline".to_owned(), env!("CARGO_PKG_VERSION").to_owned()]];
    let says = |program: &str| answer(program, &["--version"]).unwrap_or_else(|| "none".into());
    all.push(["rustc".into(), says("rustc").trim_start_matches("rustc ").to_owned()]);
    all.push(["Node".into(), says("node")]);
    all.extend(PACKAGES.map(|package| {
        let version = package_version(&paths.node_module(package));
        [package.to_owned(), version.unwrap_or_else(|| "none".into())]
    }));
    all.extend([BUGSINK, SYMBOLIC].into_iter().filter_map(|package| {
        let (name, version) = package.split_once("==")?;
        Some([format!("{name} (PyPI)"), version.to_owned()])
    }));
    all.extend(browser.map(|name| ["browser".to_owned(), name.to_owned()]));
    all
}

fn package_version(package: &Path) -> Option<String> {
    let text = fs::read_to_string(package.join("package.json")).ok()?;
    let json: Value = serde_json::from_str(&text).ok()?;
    Some(json.get("version")?.as_str()?.to_owned())
}

/// `model name : Intel(R)` → `Intel(R)`; quotes are taken off.
fn field(text: &str, name: &str, separator: char) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(separator)?.1.trim().trim_matches('"').to_owned())
}

/// `MemTotal: 24602384 kB`
fn gigabytes(text: &str) -> f64 {
    let total = field(text, "MemTotal", ':').unwrap_or_default();
    let kib = total.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok());
    kib.unwrap_or(0.0) * 1_024.0 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_by_name() {
        let text = "MemTotal:       24602384 kB\nPRETTY_NAME=\"Debian 12\"\n";
        assert_eq!(field(text, "PRETTY_NAME", '=').as_deref(), Some("Debian 12"));
        assert_eq!(gigabytes(text).round(), 25.0);
        assert_eq!(field(text, "oak", '='), None);
    }
}
