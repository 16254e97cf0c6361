//! The same random positions, asked of the table, of npm's `source-map`, and of PyPI's `symbolic`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use trapline_symbols::Table;
use trapline_symbols::map::tidy_path;
use xtask::paths::Paths;

use super::{Answers, Bundle, columns_of, digest, output_of};
use crate::report::Report;
use crate::table::thousands;

/// Positions of each bundle: over 10,000 in all.
const POSITIONS: u32 = 4_000;
/// The version compared with.
pub(crate) const SYMBOLIC: &str = "symbolic==13.9.0";

/// One reader's agreement with the table.
#[derive(Debug, Default)]
struct Agreement {
    asked: usize,
    equal: usize,
    /// It says nothing, and the other reader says what the table says. `symbolic` keeps one of two mappings to one place,
    /// also where the second begins a line: the lines within a template literal.
    silent: usize,
    /// Of those where both name a function: how many name the same.
    named: usize,
    same_name: usize,
    first_difference: Option<String>,
}

/// Compares, prints, and notes differences as bars.
///
/// # Errors
/// A reader that cannot be run; that `symbolic` cannot be installed is said, and no error.
pub(super) fn run(paths: &Paths, bundles: &[Bundle], report: &mut Report) -> Result<Value> {
    let python = python_with_symbolic(paths);
    if let Err(reason) = &python {
        report.say(format!("symbolic is left out: {reason:#}."));
    }
    let (mut npm, mut pypi) = (Agreement::default(), Agreement::default());
    for bundle in bundles {
        let places = columns_of(&std::fs::read_to_string(&bundle.script)?, POSITIONS);
        let bytes = digest(bundle)?;
        let table = Table::parse(&bytes)?;
        let mut node = Command::new("node");
        node.arg("bench/symbolicate/source_map.mjs").arg(&bundle.map).current_dir(&paths.root);
        let nobody = vec![false; places.len()];
        let agreed = compare(&table, &places, &asked(&mut node, &places)?, 0, &nobody, &mut npm);
        if let Ok(python) = &python {
            let mut python = Command::new(python);
            python.arg(paths.root.join("bench/symbolicate/symbolic_lookup.py"));
            python.arg(&bundle.script).arg(&bundle.map);
            compare(&table, &places, &asked(&mut python, &places)?, 1, &agreed, &mut pypi);
        }
    }
    let mut rows = Vec::new();
    for (name, agreement) in [("npm source-map", &npm), ("PyPI symbolic", &pypi)] {
        let Agreement { asked, equal, silent, named, same_name, first_difference } = agreement;
        if *asked == 0 {
            continue;
        }
        let numbers = [asked, equal, silent, named, same_name];
        let numbers = numbers.map(|number| thousands(*number as u64));
        rows.push(std::iter::once(name.to_owned()).chain(numbers).collect());
        report.equal(
            format!("positions as {name} has them"),
            (equal + silent) as u64,
            *asked as u64,
        );
        if let Some(difference) = first_difference {
            report.say(format!("{name}: {difference}."));
        }
        ensure!(*asked >= 10_000, "{name} was asked for {asked} positions");
    }
    let headings = [
        "",
        "positions",
        "equal",
        "known to the other reader only",
        "functions named",
        "same name",
    ];
    report.table("positions", &headings, &rows);
    let figures =
        |agreement: &Agreement| json!({ "asked": agreement.asked, "equal": agreement.equal });
    Ok(json!({ "source_map": figures(&npm), "symbolic": figures(&pypi) }))
}

/// `column_base`: from what the reader counts columns. `agreed`: where another reader says what the table says. Gives back
/// where this one does.
fn compare(
    table: &Table<'_>,
    places: &[(u32, u32)],
    answers: &Answers,
    column_base: u64,
    agreed: &[bool],
    sum: &mut Agreement,
) -> Vec<bool> {
    let mut equal = Vec::with_capacity(places.len());
    for ((line, column), answer) in places.iter().zip(answers) {
        let is_agreed = agreed.get(equal.len()).copied().unwrap_or(false);
        let ours = table.look_up(*line, column + 1).ok();
        let text = |index: usize| answer.as_ref()?.get(index)?.as_str().map(str::to_owned);
        let number = |index: usize| answer.as_ref()?.get(index)?.as_u64();
        let theirs = text(0).map(|path| {
            let column = number(2).map(|column| column + 1 - column_base);
            (tidy_path(&path), number(1), column)
        });
        let own = ours.as_ref().map(|frame| {
            let path = frame.path.unwrap_or_default().to_owned();
            (path, Some(u64::from(frame.line)), Some(u64::from(frame.column)))
        });
        sum.asked += 1;
        equal.push(own == theirs);
        if own == theirs {
            sum.equal += 1;
        } else if theirs.is_none() && is_agreed {
            sum.silent += 1;
        } else if sum.first_difference.is_none() {
            sum.first_difference =
                Some(format!("at {line}:{column} they say {theirs:?}, the table {own:?}"));
        }
        if let (Some(one), Some(other)) = (ours.and_then(|frame| frame.function), text(4)) {
            sum.named += 1;
            sum.same_name += usize::from(one == other);
        }
    }
    equal
}

fn asked(command: &mut Command, places: &[(u32, u32)]) -> Result<Answers> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().context("standard input")?;
    input.write_all(serde_json::to_string(places)?.as_bytes())?;
    drop(input);
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{command:?} failed");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// A Python of its own below `target/`, made once.
fn python_with_symbolic(paths: &Paths) -> Result<std::path::PathBuf> {
    let folder = paths.target.join("symbolic");
    let python = folder.join("bin/python");
    let installs = |python: &Path| {
        let mut pip = Command::new(python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", SYMBOLIC]);
        output_of(&mut pip)
    };
    if !python.is_file() {
        output_of(Command::new("python3").args(["-m", "venv"]).arg(&folder)).context("no venv")?;
    }
    installs(&python).context("pip cannot install it")?;
    Ok(python)
}
