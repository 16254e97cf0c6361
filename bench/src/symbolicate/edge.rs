//! What resolving costs in workerd, to the client of the collector behind the meter: 50 frames asked for in place of one, of a
//! file whose table the isolate has read, and of one that it has not; and a new group's event stored with its frames resolved
//! in place of raw, queries and the larger body included. Then one group again and again, which is to ask for no map at all.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use trapline_symbols::debug_id;
use xtask::paths::Paths;
use xtask::token::Token;
use xtask::worker::Worker;

use super::{columns_of, output_of};
use crate::database::Database;
use crate::event::scrambled;
use crate::meter;
use crate::report::Report;
use crate::statistics::median;
use crate::table::thousands;
use crate::target;
use crate::visitor::Visitor;

const FRAMES: u32 = 50;
/// Bundles with a 10 MB map each, and rounds with a table that the isolate has not read yet.
const COLD: usize = 12;
const WARM: usize = 150;
/// Events of a group that is known.
const REPEATS: u64 = 1_000;

const MAX_WARM_MS: f64 = 2.0;
const MAX_COLD_MS: f64 = 30.0;
const MAX_KV_READS: u64 = 3;

/// A minified file, and where frames in it are.
struct File {
    url: String,
    debug_id: String,
    places: Vec<(u32, u32)>,
}

/// Measures, prints, and notes bars that are not met. `bundle` is a folder with `main.js` and `main.js.map`.
///
/// # Errors
/// What cannot be uploaded or sent.
pub(super) fn run(
    paths: &Paths,
    program: &Path,
    bundle: &Path,
    report: &mut Report,
) -> Result<Value> {
    let folder = paths.target.join("bench-symbolicate/edge");
    copy(bundle, &folder)?;
    let target = target::metered(paths, "symbolicate")?;
    let visitor = Visitor::sign_in(&target.worker, "Bench", "bench")?;
    let setup = target.worker.set_up("Bench", "bench")?;
    let token = Token::make(&target.worker, &setup, "bench")?;
    upload(program, &folder, &target.worker, &token, &visitor.project)?;
    let files = (0..COLD).map(|number| file(&folder, number)).collect::<Result<Vec<_>>>()?;
    let mut sender = Sender { visitor: &visitor, token: token.text(), number: 0 };
    let (first, others) = files.split_first().context("files")?;
    // Compiles, migrates, and fills the caches of settings.
    for _ in 0..20 {
        sender.store(None, 0)?;
        sender.resolve(first, FRAMES)?;
    }
    let cold = cold(&sender, first, others, &target.worker)?;
    let warm = warm(&sender, first)?;
    let stored = stored(&mut sender, first)?;
    let row = |name: &str, cost: &Cost| {
        vec![
            name.to_owned(),
            format!("{:.2}", median(&cost.without_ms)),
            format!("{:.2}", median(&cost.with_ms)),
            format!("{:.2}", cost.added_ms()),
            cost.kv_reads.iter().max().map_or_else(|| "0".into(), u64::to_string),
        ]
    };
    let rows = [
        row("50 frames in place of one, warm", &warm),
        row("50 frames in place of one, table not read before", &cold),
        row("a new group of 50 frames, stored resolved in place of raw", &stored),
    ];
    let headings = ["in workerd, ms", "without", "with", "added", "KV reads a module"];
    report.table("workerd", &headings, &rows);
    let kv_reads = cold.kv_reads.iter().copied().max().unwrap_or(0);
    for (what, cost, bar) in [("warm", &warm, MAX_WARM_MS), ("cold", &cold, MAX_COLD_MS)] {
        report.at_most(format!("ms that 50 frames add, {what}"), cost.added_ms(), bar);
    }
    let (read, most) = (kv_reads.to_string(), format!("≤ {MAX_KV_READS}"));
    report.bar("reads of KV for one module", read, most, kv_reads <= MAX_KV_READS);
    let known = known(&mut sender, &files, &target, report)?;
    Ok(json!({
        "warm_ms": warm.added_ms(), "cold_ms": cold.added_ms(), "kv_reads": kv_reads,
        "stored_ms": stored.added_ms(), "known_group": known,
    }))
}

/// Answers of more and of less work, in turn.
#[derive(Default)]
struct Cost {
    with_ms: Vec<f64>,
    without_ms: Vec<f64>,
    /// Of each answer of more work, if they were counted.
    kv_reads: Vec<u64>,
}

impl Cost {
    fn added_ms(&self) -> f64 {
        median(&self.with_ms) - median(&self.without_ms)
    }
}

/// Each file for the first time.
fn cold(sender: &Sender, known: &File, files: &[File], worker: &Worker) -> Result<Cost> {
    let mut cost = Cost::default();
    for file in files {
        cost.without_ms.push(sender.resolve(known, 1)?);
        meter::reset(worker)?;
        cost.with_ms.push(sender.resolve(file, FRAMES)?);
        cost.kv_reads.push(meter::read(worker)?.kv_reads);
    }
    Ok(cost)
}

fn warm(sender: &Sender, file: &File) -> Result<Cost> {
    let mut cost = Cost::default();
    for _ in 0..WARM {
        cost.without_ms.push(sender.resolve(file, 1)?);
        cost.with_ms.push(sender.resolve(file, FRAMES)?);
    }
    Ok(cost)
}

/// All that a new group costs, including a larger body and the queries.
fn stored(sender: &mut Sender, file: &File) -> Result<Cost> {
    let mut cost = Cost::default();
    for _ in 0..WARM {
        cost.without_ms.push(sender.store(None, 0)?);
        cost.with_ms.push(sender.store(Some(file), 0)?);
    }
    Ok(cost)
}

/// One bug again and again: the maps are asked for only where the event is kept whole.
fn known(
    sender: &mut Sender,
    files: &[File],
    target: &target::Target,
    report: &mut Report,
) -> Result<Value> {
    let file = files.first().context("a file")?;
    sender.store(Some(file), 1)?;
    meter::reset(&target.worker)?;
    for _ in 0..REPEATS {
        sender.store(Some(file), 1)?;
    }
    let reading = meter::read(&target.worker)?;
    let (asked, kept) = (reading.statements("artifact_file"), reading.written("body"));
    let groups = Database::open(&target.state)?
        .number("SELECT count(*) FROM event_group WHERE events > 1")?;
    report.say(format!(
        "{} events of {groups} known group: maps asked for {asked} times, {kept} bodies kept, {} reads of KV.",
        thousands(REPEATS),
        reading.kv_reads
    ));
    report.equal("groups of one bug", groups, 1);
    report.bar(
        format!("maps asked for by {} events of a known group", thousands(REPEATS)),
        asked.to_string(),
        format!("≤ {kept} bodies kept, and they ≤ {}", REPEATS / 20),
        asked <= kept && kept * 20 <= REPEATS,
    );
    Ok(json!({ "events": REPEATS, "asked": asked, "bodies": kept, "kv_reads": reading.kv_reads }))
}

struct Sender<'a> {
    visitor: &'a Visitor,
    token: &'a str,
    number: u64,
}

impl Sender<'_> {
    /// Asks what frames resolve to, and says how long the answer took, in ms.
    fn resolve(&self, file: &File, frames: u32) -> Result<f64> {
        let frame = |(line, column): &(u32, u32)| json!({ "url": file.url, "debug_id": file.debug_id, "line": line, "column": column });
        let places = file.places.iter().step_by(17).take(frames as usize);
        let asked = json!({ "frames": places.map(frame).collect::<Vec<_>>() });
        let answer = self.visitor.post_with(self.token, "artifacts/resolve/", &asked)?;
        let resolved = answer.body.matches("\"path\":").count();
        ensure!(resolved as u32 * 10 >= frames * 9, "most frames resolve: {}", answer.body);
        Ok(answer.ms)
    }

    /// Sends an event, and says how long the answer took, in ms. `bug` 0 is a new one each time.
    fn store(&mut self, file: Option<&File>, bug: u64) -> Result<f64> {
        self.number += 1;
        let bug = if bug == 0 { scrambled(self.number) } else { bug };
        let id = format!("{:016x}{:016x}", scrambled(self.number), self.number);
        let header = json!({ "event_id": id, "dsn": self.visitor.dsn });
        let event = event(&id, bug, file);
        let envelope = format!("{header}\n{{\"type\":\"event\"}}\n{event}");
        Ok(self.visitor.send(envelope.as_bytes())?.ms)
    }
}

/// Without a file, frames are of the same size and in no file that a map could be for.
fn event(id: &str, bug: u64, file: Option<&File>) -> Value {
    let url = file.map_or("the host program", |file| &file.url);
    let frame = |depth: u32| {
        let at = (bug as usize).wrapping_add(depth as usize * 7);
        let place = file.and_then(|file| file.places.get(at % file.places.len()));
        let (line, column) = place.copied().unwrap_or((1, 1_000 + depth));
        json!({ "function": "t", "filename": url, "lineno": line, "colno": column, "in_app": true })
    };
    let images: Vec<Value> = file
        .into_iter()
        .map(
            |file| json!({ "type": "sourcemap", "code_file": file.url, "debug_id": file.debug_id }),
        )
        .collect();
    json!({
        "event_id": id, "timestamp": target::now_s().unwrap_or_default(), "platform": "javascript",
        "exception": {"values": [{
            "type": "TypeError", "value": format!("bug {}", letters(bug)),
            "mechanism": {"type": "onerror", "handled": false},
            "stacktrace": {"frames": (0..FRAMES).map(frame).collect::<Vec<_>>()},
        }]},
        "debug_meta": {"images": images},
    })
}

/// Digits would be taken for what varies.
fn letters(number: u64) -> String {
    format!("{number:x}").bytes().map(|digit| char::from(digit % 26 + b'a')).collect()
}

/// The bundle under other names, with other sources: tables of their own.
fn copy(bundle: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let script = fs::read_to_string(bundle.join("main.js"))?;
    let map = fs::read_to_string(bundle.join("main.js.map"))?;
    for number in 0..COLD {
        let name = format!("cold{number}.js");
        let script = script.replace("=main.js.map", &format!("={name}.map"));
        fs::write(folder.join(&name), script)?;
        let map = map.replacen("copy0.js", &format!("copy0-{number}.js"), 1);
        fs::write(folder.join(format!("{name}.map")), map)?;
    }
    Ok(())
}

/// A copy as the upload left it: with its debug ID.
fn file(folder: &Path, number: usize) -> Result<File> {
    let name = format!("cold{number}.js");
    let script = fs::read_to_string(folder.join(&name))?;
    let debug_id = debug_id::of_script(&script).context("a debug ID")?;
    let places = columns_of(&script, 2_000);
    Ok(File {
        url: format!("https://shop.test/{name}"),
        debug_id: debug_id::text_of(debug_id),
        places: places.into_iter().map(|(line, column)| (line, column + 1)).collect(),
    })
}

fn upload(
    program: &Path,
    folder: &Path,
    worker: &Worker,
    token: &Token,
    project: &str,
) -> Result<()> {
    let mut command = Command::new(program);
    command.arg("upload").arg(folder).args(["--release", "shop@1", "--project", project]);
    command.args(["--token", token.text(), "--url", &worker.dashboard()]);
    output_of(&mut command).context("cannot upload").map(drop)
}
