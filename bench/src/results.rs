//! All benches in one run, and the report of it: `target/report/bench.json`, and `bench/RESULTS.md`, whose rows have names
//! that README's claims link to.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use xtask::paths::Paths;

use crate::claims;
use crate::environment;
use crate::report::{self, Effort};

/// Below `target/`: all of a run.
const JSON: &str = "report/bench.json";

/// A bench by its name.
pub(crate) type Bench = (&'static str, fn(&Paths, Effort) -> Result<()>);

/// Runs them one after another, also behind one that fails; writes the report; then fails with all that was not met.
pub(crate) fn run_all(paths: &Paths, effort: Effort, benches: &[Bench]) -> Result<()> {
    let (start, date) = (Instant::now(), environment::date());
    for (name, _) in benches {
        let _ = fs::remove_file(report::file(&paths.target, name));
    }
    let mut failures = Vec::new();
    let mut reports = Vec::new();
    for (name, run) in benches {
        let begun = Instant::now();
        let failure = run(paths, effort).err().map(|error| format!("{error:#}"));
        println!("\n{name} took {:.0} s", begun.elapsed().as_secs_f64());
        if let Some(failure) = &failure {
            println!("{name} FAILED: {failure}");
            failures.push(format!("{name}: {failure}"));
        }
        let written = fs::read_to_string(report::file(&paths.target, name)).ok();
        let written = written.and_then(|text| serde_json::from_str(&text).ok());
        let root = format!("{}/", paths.root.display());
        reports.push(written.unwrap_or_else(|| {
            let failure = failure.unwrap_or_default().replace(&root, "");
            json!({ "bench": name, "title": name, "failure": failure })
        }));
    }
    let browser = reports.iter().find_map(|report| report.pointer("/figures/browser")?.as_str());
    let all = json!({
        "date": date, "minutes": start.elapsed().as_secs_f64() / 60.0, "is_quick": effort.is_quick,
        "machine": environment::machine(), "versions": environment::versions(paths, browser),
        "benches": reports,
    });
    fs::write(paths.target.join(JSON), serde_json::to_string_pretty(&all)? + "\n")?;
    failures.extend(write_page(paths, &all)?);
    if failures.is_empty() {
        return Ok(());
    }
    bail!("\n{}", failures.join("\n"))
}

/// Writes the page of the last run anew, and fails with README's claims that disagree.
pub(crate) fn rewrite(paths: &Paths) -> Result<()> {
    let last = fs::read_to_string(paths.target.join(JSON));
    let last = last.context("there is no report of a run; cargo xtask bench makes it")?;
    let wrong = write_page(paths, &serde_json::from_str(&last)?)?;
    ensure!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    Ok(())
}

/// Gives back README's claims that disagree.
fn write_page(paths: &Paths, all: &Value) -> Result<Vec<String>> {
    let results = markdown(all);
    fs::write(paths.root.join("bench/RESULTS.md"), &results)?;
    println!("\nwritten: bench/RESULTS.md");
    let readme = fs::read_to_string(paths.root.join("README.md"))?;
    Ok(claims::disagreements(&readme, &results))
}

/// The report as it is committed.
fn markdown(all: &Value) -> String {
    let text = |name: &str| all.get(name).and_then(Value::as_str).unwrap_or_default();
    let minutes = all.get("minutes").and_then(Value::as_f64).unwrap_or_default();
    let quick = if all.get("is_quick") == Some(&true.into()) {
        " With `--quick`: few rounds, rough figures."
    } else {
        ""
    };
    let mut page = format!(
        "# Results\n\nThe output of `cargo xtask bench`: one run of {minutes:.0} minutes on {}, on {}.{quick}\n\n",
        text("date"),
        text("machine")
    );
    let versions = list(all.get("versions")).iter().map(strings).collect::<Vec<_>>();
    page += &table("version", &["".into(), "version".into()], &versions);
    let benches = list(all.get("benches"));
    let bars = || benches.iter().flat_map(|bench| list(bench.get("bars")));
    let unmet = bars().filter(|bar| bar.get("is_met") != Some(&true.into())).count();
    let _ = writeln!(page, "\n{} of {} bars are met.", bars().count() - unmet, bars().count());
    for bench in benches {
        let text = |name: &str| bench.get(name).and_then(Value::as_str).unwrap_or_default();
        let _ = write!(page, "\n## {}\n\n`cargo xtask bench {}`\n", text("title"), text("bench"));
        if !text("failure").is_empty() {
            let _ = writeln!(page, "\nIt did not come to its end: {}", text("failure").trim());
        }
        for part in list(bench.get("parts")) {
            page.push('\n');
            match (part.get("table").and_then(Value::as_str), part.get("text")) {
                (Some(id), _) => {
                    let rows: Vec<_> = list(part.get("rows")).iter().map(strings).collect();
                    page += &table(id, &strings(part.get("headings").unwrap_or_default()), &rows);
                }
                (None, text) => {
                    page += text.and_then(Value::as_str).unwrap_or_default();
                    page.push('\n');
                }
            }
        }
    }
    page
}

/// A table whose rows can be linked to.
fn table(id: &str, headings: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let escaped = |cell: &String| cell.replace('|', "\\|");
    let mut text = line(headings.iter().map(escaped).collect());
    let rules = (0..headings.len()).map(|column| if column == 0 { "---" } else { "---:" });
    text += &line(rules.map(str::to_owned).collect());
    for (row, id) in rows.iter().zip(row_ids(id, rows)) {
        let mut cells: Vec<String> = row.iter().map(escaped).collect();
        if let Some(first) = cells.first_mut() {
            *first = format!("<a id=\"{id}\"></a>{first}");
        }
        text += &line(cells);
    }
    text
}

/// `agent-loaded-bytes-brotli`: the table's, and as many cells as tell its rows apart.
fn row_ids(table: &str, rows: &[Vec<String>]) -> Vec<String> {
    let most = rows.iter().map(Vec::len).max().unwrap_or(0);
    let ids = |cells: usize| -> Vec<String> {
        let id = |row: &Vec<String>| {
            let names = row.iter().take(cells).map(|cell| slug(cell));
            std::iter::once(table.to_owned()).chain(names).collect::<Vec<_>>().join("-")
        };
        rows.iter().map(id).collect()
    };
    let differ = |ids: &Vec<String>| ids.iter().collect::<BTreeSet<_>>().len() == ids.len();
    (1..=most).map(ids).find(differ).unwrap_or_else(|| ids(1))
}

/// `loaded, bytes (brotli)` → `loaded-bytes-brotli`
fn slug(text: &str) -> String {
    let words =
        text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_lowercase()
}

fn strings(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list(Some(value)).iter().map(text).collect()
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_named_by_the_cells_that_tell_them_apart() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let rows = [row(&["loaded, bytes (brotli)", "1"]), row(&["heap", "2"])];
        assert_eq!(row_ids("agent", &rows), ["agent-loaded-bytes-brotli", "agent-heap"]);
        let rows = [row(&["ours", "1", "9"]), row(&["ours", "8", "9"])];
        assert_eq!(row_ids("speed", &rows), ["speed-ours-1", "speed-ours-8"]);
    }

    #[test]
    fn the_page_says_what_was_met_and_what_did_not_end() {
        let all = json!({
            "date": "2026-11-29", "minutes": 51.4, "machine": "2 × CPU",
            "versions": [["rustc", "1.95.0"]],
            "benches": [
                {
                    "bench": "oak", "title": "Oak",
                    "bars": [{ "is_met": true }, { "is_met": false }],
                    "parts": [{ "text": "Leaves." }, { "table": "oak", "headings": ["", "a|b"], "rows": [["x", "1"]] }],
                },
                { "bench": "ash", "title": "ash", "failure": "no ground" },
            ],
        });
        let expected = r#"# Results

The output of `cargo xtask bench`: one run of 51 minutes on 2026-11-29, on 2 × CPU.

|  | version |
| --- | ---: |
| <a id="version-rustc"></a>rustc | 1.95.0 |

1 of 2 bars are met.

## Oak

`cargo xtask bench oak`

Leaves.

|  | a\|b |
| --- | ---: |
| <a id="oak-x"></a>x | 1 |

## ash

`cargo xtask bench ash`

It did not come to its end: no ground
"#;
        assert_eq!(markdown(&all), expected);
    }
}
