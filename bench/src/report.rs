//! What a bench has to say, in the order of saying it: printed at once, and left behind as `target/report/bench-NAME.json`,
//! from which [`crate::results`] makes the report of all benches.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::{Value, json};
use xtask::paths::Paths;

use crate::table;

/// How long a bench may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Effort {
    /// Of what lasts as long as one likes.
    pub(crate) time: Duration,
    /// Few rounds, for those who work on a bench: its figures are rough.
    pub(crate) is_quick: bool,
}

impl Effort {
    /// `full` rounds, or `quick` ones.
    pub(crate) fn rounds(self, full: usize, quick: usize) -> usize {
        if self.is_quick { quick } else { full }
    }

    /// `full` requests, or a tenth.
    pub(crate) fn requests(self, full: u64) -> u64 {
        if self.is_quick { full / 10 } else { full }
    }
}

/// One bench's.
#[derive(Debug)]
pub(crate) struct Report {
    name: &'static str,
    title: &'static str,
    file: PathBuf,
    /// [`Paths::root`], which is told to nobody.
    root: String,
    parts: Vec<Value>,
    bars: Vec<Bar>,
}

/// A bar, and what was found.
#[derive(Debug)]
struct Bar {
    what: String,
    found: String,
    bar: String,
    is_met: bool,
}

impl Report {
    /// An empty one, in place of what an earlier run left.
    pub(crate) fn new(paths: &Paths, name: &'static str, title: &'static str) -> Result<Self> {
        let file = file(&paths.target, name);
        if file.exists() {
            fs::remove_file(&file)?;
        }
        println!("\n# {title}");
        let root = paths.root.display().to_string();
        Ok(Self { name, title, file, root, parts: Vec::new(), bars: Vec::new() })
    }

    /// A table below a line of headings. `id` is its own within the bench, and begins what its rows are linked to by.
    pub(crate) fn table(&mut self, id: &str, headings: &[&str], rows: &[Vec<String>]) {
        println!("\n{}", table::lines(headings, rows));
        let id = [self.name, id].into_iter().filter(|part| !part.is_empty());
        let id = id.collect::<Vec<_>>().join("-");
        self.parts.push(json!({ "table": id, "headings": headings, "rows": rows }));
    }

    /// A paragraph.
    pub(crate) fn say(&mut self, text: impl Into<String>) {
        let text = text.into();
        println!("{text}");
        self.parts.push(json!({ "text": text }));
    }

    /// What may not be higher.
    pub(crate) fn at_most(&mut self, what: impl Into<String>, found: f64, bar: f64) {
        self.bar(what, number(found), format!("≤ {}", number(bar)), found <= bar);
    }

    /// What may not be lower.
    pub(crate) fn at_least(&mut self, what: impl Into<String>, found: f64, bar: f64) {
        self.bar(what, number(found), format!("≥ {}", number(bar)), found >= bar);
    }

    /// What has to be one number.
    pub(crate) fn equal(&mut self, what: impl Into<String>, found: u64, bar: u64) {
        self.bar(what, table::thousands(found), table::thousands(bar), found == bar);
    }

    /// What may not be higher in any of these: those that are, or how high the highest is.
    pub(crate) fn none_above(&mut self, what: &str, found: &[(String, f64)], bar: f64) {
        let above = found.iter().filter(|(_, found)| *found > bar).collect::<Vec<_>>();
        if let ([], Some((name, highest))) =
            (above.as_slice(), found.iter().max_by(|one, other| one.1.total_cmp(&other.1)))
        {
            self.at_most(format!("{what}, highest: {name}"), *highest, bar);
        }
        for (name, found) in above {
            self.at_most(format!("{what}: {name}"), *found, bar);
        }
    }

    /// Any other bar.
    pub(crate) fn bar(
        &mut self,
        what: impl Into<String>,
        found: impl Into<String>,
        bar: impl Into<String>,
        is_met: bool,
    ) {
        let (what, found, bar) = (what.into(), found.into(), bar.into());
        self.bars.push(Bar { what, found, bar, is_met });
    }

    /// Writes all of it, with `figures` beside, and fails with every bar that is not met.
    pub(crate) fn finish(mut self, figures: Value) -> Result<()> {
        if !self.bars.is_empty() {
            let headings = ["bar", "found", "bar is", ""];
            let rows: Vec<Vec<String>> = self.bars.iter().map(Bar::cells).collect();
            self.table("bar", &headings, &rows);
        }
        let unmet = self.bars.iter().filter(|bar| !bar.is_met);
        let unmet: Vec<String> = unmet.map(Bar::failure).collect();
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let report = json!({
            "bench": self.name, "title": self.title, "cores": cores, "figures": figures,
            "bars": self.bars.iter().map(Bar::json).collect::<Vec<_>>(), "parts": self.parts,
        });
        if let Some(directory) = self.file.parent() {
            fs::create_dir_all(directory)?;
        }
        // Where this lies is told to nobody.
        let text = serde_json::to_string_pretty(&report)?.replace(&format!("{}/", self.root), "");
        fs::write(&self.file, text + "\n")?;
        if unmet.is_empty() {
            return Ok(());
        }
        bail!("\n  {}", unmet.join("\n  "))
    }
}

impl Bar {
    fn cells(&self) -> Vec<String> {
        let verdict = if self.is_met { "met" } else { "NOT met" };
        vec![self.what.clone(), self.found.clone(), self.bar.clone(), verdict.into()]
    }

    fn failure(&self) -> String {
        format!("{}: {}, bar {}", self.what, self.found, self.bar)
    }

    fn json(&self) -> Value {
        json!({ "what": self.what, "found": self.found, "bar": self.bar, "is_met": self.is_met })
    }
}

/// Where a bench's report lies.
pub(crate) fn file(target: &Path, name: &str) -> PathBuf {
    target.join("report").join(format!("bench-{name}.json"))
}

/// With as many digits as tell something: `0.254`, `4.16`, `24,613`.
pub(crate) fn number(number: f64) -> String {
    if number.fract() == 0.0 || number.abs() >= 1_000.0 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "figures are positive, and below 2^53"
        )]
        return table::thousands(number.round() as u64);
    }
    let decimals = if number < 1.0 { 3 } else { 2 };
    let text = format!("{number:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_digits_as_tell_something() {
        let all = [0.0, 0.2541, 0.25, 4.157, 6.0, 99.999, 24_612.7].map(number);
        assert_eq!(all, ["0", "0.254", "0.25", "4.16", "6", "100", "24,613"]);
    }

    #[test]
    fn bars_that_are_not_met_are_told_together_after_the_report_is_written() {
        let target = std::env::temp_dir().join(format!("bench-report-{}", std::process::id()));
        let paths = Paths { root: "/oak".into(), target: target.clone(), deploy: "/oak/d".into() };
        let mut report = Report::new(&paths, "oak", "Oak").unwrap();
        report.table("", &["", "ms"], &[vec!["acorn".into(), "1".into()]]);
        report.say("as /oak/bench/leaf.js has it");
        report.at_most("height", 3.0, 2.5);
        report.at_least("leaves", 7.0, 7.0);
        report.equal("roots", 1, 2);
        report.none_above("width", &[("oak".into(), 1.0), ("ash".into(), 2.0)], 2.0);
        let error = report.finish(json!({ "acorns": 1 })).unwrap_err().to_string();
        assert_eq!(error, "\n  height: 3, bar ≤ 2.5\n  roots: 1, bar 2");
        let written = fs::read_to_string(file(&target, "oak")).unwrap();
        let written: Value = serde_json::from_str(&written).unwrap();
        assert_eq!(written["parts"][0]["table"], "oak");
        assert_eq!(written["parts"][1]["text"], "as bench/leaf.js has it");
        assert_eq!(written["bars"][1]["is_met"], true);
        assert_eq!(written["bars"][3]["what"], "width, highest: ash");
        fs::remove_dir_all(target).unwrap();
    }
}
