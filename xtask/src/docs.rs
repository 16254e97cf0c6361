//! `cargo xtask docs`: from `docs/src` to the pages that a deployment serves at `/docs`.
//!
//! In: an mdBook (`SUMMARY.md`, a file a chapter). Out: `assets/docs/NAME.html`, one stylesheet, one script. Rendered here
//! rather than by mdBook, which takes minutes to compile and whose pages need inline scripts; `mdbook build docs` reads the
//! same files. Refused: chapters that `SUMMARY.md` does not name, HTML in a chapter, links that lead nowhere.

mod blocks;
mod page;
mod summary;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::paths::Paths;
use crate::progress::{Progress, Say};
use crate::stamp::files_under;

pub use blocks::{Block, blocks};
pub use page::{Chapter, anchors, links};
pub use summary::{Entry, entries};

/// Nothing is loaded from elsewhere, nothing runs inline, nobody may frame a page: the dashboard's own policy, without forms.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Renders all into what is deployed, and says where.
///
/// # Errors
/// As [`build`].
pub fn docs(paths: &Paths) -> Result<()> {
    let to = paths.deploy.join("assets/docs");
    Progress::over(1).step("docs", |say| build(paths, &to, say))?;
    println!("\n{}", to.join("index.html").display());
    Ok(())
}

/// All chapters in reading order.
///
/// # Errors
/// A file that cannot be read, one that `SUMMARY.md` does not name, a chapter that is refused.
pub fn chapters(paths: &Paths) -> Result<Vec<Chapter>> {
    let source = paths.root.join("docs/src");
    let read = |name: &str| {
        fs::read_to_string(source.join(name)).with_context(|| format!("docs/src/{name} is missing"))
    };
    let entries = entries(&read("SUMMARY.md")?);
    for file in files_under(&source)? {
        let name = file.strip_prefix(&source)?.display().to_string();
        if name != "SUMMARY.md" && !entries.iter().any(|entry| entry.file == name) {
            bail!("docs/src/{name} does not stand in docs/src/SUMMARY.md");
        }
    }
    entries.into_iter().map(|entry| Ok(Chapter { text: read(&entry.file)?, entry })).collect()
}

/// Links of chapters to chapters and headings that are not there, a sentence each.
#[must_use]
pub fn broken_links(chapters: &[Chapter]) -> Vec<String> {
    let mut broken = Vec::new();
    for chapter in chapters {
        for link in links(&chapter.text) {
            let is_elsewhere = link.contains("://") || link.starts_with('/');
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let name = if file.is_empty() { &chapter.entry.file } else { file };
            let found = chapters.iter().find(|other| other.entry.file == name);
            let is_there = found.is_some_and(|found| {
                anchor.is_empty() || anchors(&found.text).iter().any(|known| known == anchor)
            });
            if !is_elsewhere && !is_there {
                broken.push(format!("docs/src/{}: {link} leads nowhere", chapter.entry.file));
            }
        }
    }
    broken
}

/// Renders all into `to`, which holds nothing else afterwards.
///
/// # Errors
/// As [`chapters`]; a link that leads nowhere.
pub fn build(paths: &Paths, to: &Path, say: &Say) -> Result<()> {
    let chapters = chapters(paths)?;
    let broken = broken_links(&chapters);
    if !broken.is_empty() {
        bail!("{}", broken.join("\n"));
    }
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    for (index, chapter) in chapters.iter().enumerate() {
        fs::write(to.join(chapter.entry.page()), page::whole(&chapters, index)?)?;
    }
    let read = |path: &str| {
        fs::read_to_string(paths.root.join(path)).with_context(|| format!("{path} is missing"))
    };
    // The dashboard's colours, so that both change together.
    let style = read("www/styles/00-tokens.css")? + &read("docs/theme/docs.css")?;
    fs::write(to.join("docs.css"), style)?;
    fs::write(to.join("docs.js"), read("docs/theme/docs.js")?)?;
    say.note(&format!("{} pages", chapters.len()));
    Ok(())
}
