//! `trapline upload`: find → put debug IDs in and digest → ask what is missing → send it in packs → say which files there are.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::{Context, Result, ensure};
use trapline_symbols::{pack, wasm};

use crate::Outcome;
use crate::api::{Api, Listed, MAX_LISTED};
use crate::arguments::Upload;
use crate::files;
use crate::prepare::{Became, Files, Prepared, Sources, hex, prepare, source_below_here};
use crate::progress::Progress;
use crate::report::{Report, Row};
use crate::settings::Settings;

/// Where a table was sent to.
#[derive(Debug, Clone)]
struct Sent {
    pack: String,
    offset: u32,
    length: u32,
}

/// Uploads a folder.
///
/// # Errors
/// A setting that is missing, what the disk or the collector says. Files that are refused are part of the report.
pub(crate) fn run(arguments: &Upload) -> Result<Outcome> {
    let settings = Settings::from(&std::env::current_dir()?)?;
    let folder = &arguments.dist_folder;
    ensure!(folder.is_dir(), "{} is no folder", folder.display());
    // Before any work: a setting that is missing is told at once.
    let plan = if arguments.dry_run {
        None
    } else {
        let release = settings.needed(arguments.release.as_ref(), "release")?;
        Some((release, Api::to(settings.target(&arguments.collector)?)))
    };
    let (prepared, mut report) = digest_all(arguments)?;
    if let Some((release, api)) = &plan {
        send_all(api, release, arguments, &prepared, &mut report)?;
    }
    report.print(arguments.json)?;
    Ok(report.outcome())
}

fn digest_all(arguments: &Upload) -> Result<(Vec<Prepared>, Report)> {
    let found = files::find(&arguments.dist_folder)?;
    let files = if arguments.dry_run { Files::Keep } else { Files::Change };
    let source: Sources = if arguments.no_sources { wasm::no_source } else { source_below_here };
    let progress = Progress::over("digesting", found.len());
    let mut prepared = Vec::new();
    let mut report = Report::default();
    for one in &found {
        progress.show(&one.path);
        match prepare(one, &arguments.url_prefix, files, source)? {
            Became::Prepared(file) => {
                report.rows.push(Row::digested(&file.entry));
                prepared.push(*file);
            }
            Became::Skipped(reason) => report.rows.push(Row::skipped(&one.path, reason)),
            Became::Refused(reason) => report.rows.push(Row::refused(&one.path, reason)),
        }
        progress.add(1);
    }
    Ok((prepared, report))
}

fn send_all(
    api: &Api,
    release: &str,
    arguments: &Upload,
    prepared: &[Prepared],
    report: &mut Report,
) -> Result<()> {
    if prepared.is_empty() {
        return Ok(());
    }
    let missing = missing_of(api, prepared)?;
    let packs = packs_of(prepared, &missing);
    let progress = Progress::over("uploading", packs.len());
    let mut sent = HashMap::new();
    for pack in &packs {
        let hash = hex(&pack::hash_of(pack));
        progress.show(&format!("{} KB", pack.len() / 1024));
        api.put_pack(&hash, pack)?;
        report.sent_bytes += pack.len();
        for member in pack::members(pack).context("a pack that was just made is readable")? {
            let place = Sent { pack: hash.clone(), offset: member.offset, length: member.length };
            sent.insert(hex(&member.hash), place);
        }
        progress.add(1);
    }
    report.sent_packs = packs.len();
    report.mark_sent(|hash| sent.contains_key(hash));
    let listed: Vec<Listed<'_>> = prepared.iter().map(|file| listed(file, &sent)).collect();
    for files in listed.chunks(MAX_LISTED) {
        api.put_manifest(release, arguments.dist.as_deref(), files)?;
    }
    Ok(())
}

fn missing_of(api: &Api, prepared: &[Prepared]) -> Result<HashSet<String>> {
    let mut missing = HashSet::new();
    let ids: Vec<&str> = prepared.iter().map(|file| file.entry.hash.as_str()).collect();
    for ids in ids.chunks(MAX_LISTED) {
        missing.extend(api.missing(ids)?);
    }
    Ok(missing)
}

/// Packs filled one after the other, in the order of hashes, so that a run that is repeated makes the same ones.
fn packs_of(prepared: &[Prepared], missing: &HashSet<String>) -> Vec<Vec<u8>> {
    let wanted = prepared.iter().filter(|file| missing.contains(&file.entry.hash));
    let tables: BTreeMap<&str, &[u8]> =
        wanted.map(|file| (file.entry.hash.as_str(), file.table.as_slice())).collect();
    let mut packs = Vec::new();
    let mut filling: Vec<&[u8]> = Vec::new();
    let mut bytes = 0;
    for table in tables.into_values() {
        if bytes > 0 && bytes + table.len() > pack::FULL_BYTES {
            packs.push(pack::pack(&filling));
            filling.clear();
            bytes = 0;
        }
        filling.push(table);
        bytes += table.len();
    }
    if !filling.is_empty() {
        packs.push(pack::pack(&filling));
    }
    packs
}

fn listed<'a>(file: &'a Prepared, sent: &'a HashMap<String, Sent>) -> Listed<'a> {
    let place = sent.get(&file.entry.hash);
    Listed {
        entry: &file.entry,
        pack: place.map(|place| place.pack.as_str()),
        offset: place.map(|place| place.offset),
        length: place.map(|place| place.length),
    }
}
