//! What came of each file: a table for people, JSON for programs.

use anyhow::Result;
use serde::Serialize;
use serde_json::json;

use crate::Outcome;
use crate::prepare::Entry;

/// All rows of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) rows: Vec<Row>,
    pub(crate) sent_bytes: usize,
    pub(crate) sent_packs: usize,
}

/// A file.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    file: String,
    /// `digested` (in a dry run), `sent`, `present`, `skipped` or `refused`.
    state: &'static str,
    reason: Option<String>,
    #[serde(flatten)]
    entry: Option<Entry>,
}

impl Row {
    pub(crate) fn digested(entry: &Entry) -> Self {
        let file = entry.url.clone();
        Self { file, state: "digested", reason: None, entry: Some(entry.clone()) }
    }

    pub(crate) fn skipped(path: &str, reason: String) -> Self {
        Self { file: path.to_owned(), state: "skipped", reason: Some(reason), entry: None }
    }

    pub(crate) fn refused(path: &str, reason: String) -> Self {
        Self { file: path.to_owned(), state: "refused", reason: Some(reason), entry: None }
    }
}

impl Report {
    /// After the upload: what was sent, and what was there before.
    pub(crate) fn mark_sent(&mut self, is_sent: impl Fn(&str) -> bool) {
        for row in &mut self.rows {
            if let Some(entry) = &row.entry {
                row.state = if is_sent(&entry.hash) { "sent" } else { "present" };
            }
        }
    }

    pub(crate) fn outcome(&self) -> Outcome {
        if self.count("refused") > 0 {
            return Outcome::SomeFailed;
        }
        let has_any = self.rows.iter().any(|row| row.entry.is_some());
        if has_any { Outcome::Done } else { Outcome::NothingFound }
    }

    fn count(&self, state: &str) -> usize {
        self.rows.iter().filter(|row| row.state == state).count()
    }

    pub(crate) fn print(&self, as_json: bool) -> Result<()> {
        if as_json {
            let all = json!({ "files": self.rows, "sent_bytes": self.sent_bytes, "sent_packs": self.sent_packs });
            println!("{}", serde_json::to_string_pretty(&all)?);
            return Ok(());
        }
        self.print_table();
        if self.outcome() == Outcome::NothingFound {
            println!(
                "nothing to upload: no script with a map here; does the build write source maps?"
            );
        }
        Ok(())
    }

    fn print_table(&self) {
        let heading = ["file", "debug ID", "names", "sources", "size", "state"].map(str::to_owned);
        let mut lines = vec![heading];
        lines.extend(self.rows.iter().map(cells));
        let mut widths = [0; 6];
        for line in &lines {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for line in lines {
            let cells =
                line.iter().zip(widths).enumerate().map(|(index, (cell, width))| match index {
                    2..=4 => format!("{cell:>width$}"),
                    _ => format!("{cell:<width$}"),
                });
            println!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
        }
        let kb = self.sent_bytes.div_ceil(1024);
        let (sent, present) = (self.count("sent"), self.count("present"));
        println!("{sent} sent in {} ({kb} KB), {present} there before", packs(self.sent_packs));
    }
}

fn packs(number: usize) -> String {
    if number == 1 { "1 pack".into() } else { format!("{number} packs") }
}

fn cells(row: &Row) -> [String; 6] {
    let state = match &row.reason {
        Some(reason) => format!("{}: {reason}", row.state),
        None => row.state.to_owned(),
    };
    let Some(entry) = &row.entry else {
        let none = String::new;
        return [row.file.clone(), none(), none(), none(), none(), state];
    };
    let sources = if entry.contents == entry.sources {
        entry.sources.to_string()
    } else {
        format!(
            "{} ({} without content)",
            entry.sources,
            entry.sources.saturating_sub(entry.contents)
        )
    };
    [
        row.file.clone(),
        entry.debug_id.clone().unwrap_or_default(),
        entry.names.to_string(),
        sources,
        format!("{} KB", entry.bytes.div_ceil(1024)),
        state,
    ]
}
