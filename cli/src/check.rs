//! `trapline check URL`: each script of a page, what a frame in it would resolve to, and if not, why.

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::json;
use trapline_symbols::digest::{Input, digest_source_map};
use trapline_symbols::map::{MapComment, map_comment};
use trapline_symbols::{Table, debug_id, scanner};
use url::Url;

use crate::Outcome;
use crate::api::{Answered, Api, Asked, MAX_ASKED};
use crate::arguments::Check;
use crate::page::{Loader, scripts_of};
use crate::settings::Settings;

const MEMORY_BYTES: usize = 4 << 30;

/// A script, and what is known of it.
#[derive(Debug, Serialize)]
struct Checked {
    url: String,
    debug_id: Option<String>,
    /// What a frame would resolve to: `src/cart.ts:15 in Cart.addItem`.
    resolves_to: Option<String>,
    /// Why it would not.
    reason: Option<String>,
    /// What the map at the script's address says, if that is not what the collector says.
    note: Option<String>,
    #[serde(skip)]
    place: (u32, u32),
}

/// Checks a page. With a collector told, its answer counts; without one, the maps that the page itself serves.
///
/// # Errors
/// A page that does not load, or a collector that does not answer.
pub(crate) fn run(arguments: &Check) -> Result<Outcome> {
    let settings = Settings::from(&std::env::current_dir()?)?;
    let target = settings.target(&arguments.collector).ok();
    let page =
        Url::parse(&arguments.page).with_context(|| format!("{} is no URL", arguments.page))?;
    let loader = Loader::new();
    let html = loader.load(&page)?;
    let scripts = scripts_of(&page, &String::from_utf8_lossy(&html));
    let mut checked: Vec<Checked> = scripts.iter().map(|url| check_script(&loader, url)).collect();
    let asks = target.is_some();
    if let Some(target) = target {
        let release = settings.value(arguments.release.as_ref(), "release");
        ask(&Api::to(target), release.as_deref(), arguments.dist.as_deref(), &mut checked)?;
    }
    if arguments.json {
        println!(
            "{}",
            serde_json::to_string_pretty(&json!({ "page": page.as_str(), "scripts": checked }))?
        );
    } else {
        checked.iter().for_each(print);
        if checked.is_empty() {
            println!("{page} loads no script");
        } else if !asks {
            println!(
                "asked no collector: with --url, --token and --project, what was uploaded counts"
            );
        }
    }
    let all = checked.iter().all(|script| script.resolves_to.is_some());
    Ok(match (checked.is_empty(), all) {
        (true, _) => Outcome::NothingFound,
        (_, true) => Outcome::Done,
        (_, false) => Outcome::SomeFailed,
    })
}

/// What the script and its map say.
fn check_script(loader: &Loader, url: &Url) -> Checked {
    let mut checked = Checked {
        url: url.to_string(),
        debug_id: None,
        resolves_to: None,
        reason: None,
        note: None,
        place: (1, 1),
    };
    let script = match loader.load(url) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            checked.reason = Some(format!("{error:#}"));
            return checked;
        }
    };
    checked.debug_id = debug_id::of_script(&script).map(debug_id::text_of);
    checked.place = place_in_a_function(&script);
    match map_of(loader, url, &script).and_then(|map| resolved(url, &script, &map, checked.place)) {
        Ok(frame) => checked.resolves_to = Some(frame),
        Err(error) => checked.reason = Some(format!("{error:#}")),
    }
    if checked.debug_id.is_none() {
        checked.note = Some("no debug ID: maps are found by release and URL only; run `trapline upload` on the build".into());
    }
    checked
}

fn map_of(loader: &Loader, url: &Url, script: &str) -> Result<Vec<u8>> {
    match map_comment(script) {
        MapComment::Inline(map) => Ok(map),
        MapComment::BrokenInline => anyhow::bail!("the map in its comment cannot be read"),
        MapComment::Absent => anyhow::bail!("no comment names a map (//# sourceMappingURL=…)"),
        MapComment::Url(map) => {
            let map = url
                .join(map)
                .with_context(|| format!("its comment names {map}, which is no URL"))?;
            loader.load(&map).context("its map is not served")
        }
    }
}

fn resolved(url: &Url, script: &str, map: &[u8], (line, column): (u32, u32)) -> Result<String> {
    let input =
        Input { name: url.as_str(), minified: Some(script), map, memory_bytes: MEMORY_BYTES };
    let digest = digest_source_map(&input)?;
    let frame = Table::parse(&digest.table)?.look_up(line, column)?;
    Ok(shown(frame.path.unwrap_or_default(), frame.line, frame.function))
}

/// The collector's answer counts: it is what issues show.
fn ask(
    api: &Api,
    release: Option<&str>,
    dist: Option<&str>,
    checked: &mut [Checked],
) -> Result<()> {
    let frames: Vec<Asked<'_>> = checked
        .iter()
        .map(|script| Asked {
            url: &script.url,
            debug_id: script.debug_id.clone(),
            line: script.place.0,
            column: script.place.1,
        })
        .collect();
    let mut answers = Vec::new();
    for frames in frames.chunks(MAX_ASKED) {
        answers.extend(api.resolve(release, dist, frames)?);
    }
    let mut answers = answers.into_iter();
    for script in checked {
        let answer = answers.next().unwrap_or_default();
        let served = script.reason.take();
        (script.resolves_to, script.reason) = match answer {
            Answered { path: Some(path), line, function, .. } => {
                (Some(shown(&path, line, function.as_deref())), None)
            }
            Answered { reason, .. } => {
                let reason = reason.unwrap_or_else(|| "the collector does not say why".into());
                // Not uploaded, and here is why the page itself could not help either.
                let reason = reason.trim_end_matches('.');
                (
                    None,
                    Some(match served {
                        Some(served) => format!("{reason}; {served}"),
                        None => reason.to_owned(),
                    }),
                )
            }
        };
    }
    Ok(())
}

fn shown(path: &str, line: u32, function: Option<&str>) -> String {
    match function {
        Some(function) => format!("{path}:{line} in {function}"),
        None => format!("{path}:{line}"),
    }
}

/// A place within the middle one of the script's named functions: most likely the owner's code, and mapped.
fn place_in_a_function(script: &str) -> (u32, u32) {
    let mut functions = scanner::functions(script);
    functions.retain(|function| !function.name.is_empty());
    let Some(function) = functions.get(functions.len() / 2) else { return (1, 1) };
    let body = script.get(function.start..function.end).unwrap_or_default();
    let at = function.start + body.find(['{', '>']).map_or(0, |brace| brace + 1);
    let before = script.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or(before).encode_utf16().count() + 1;
    (u32::try_from(line).unwrap_or(1), u32::try_from(column).unwrap_or(1))
}

fn print(script: &Checked) {
    match (&script.resolves_to, &script.reason) {
        (Some(frame), _) => println!("✓ {}\n    {frame}", script.url),
        (None, reason) => {
            println!("✗ {}\n    {}", script.url, reason.as_deref().unwrap_or("unknown"))
        }
    }
    if let Some(note) = &script.note {
        println!("    {note}");
    }
}
