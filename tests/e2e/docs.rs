//! What the documents tell to type does what they say: each fenced block of `docs/src` and of the READMEs is run, with a project of
//! its own in the place of `shop`, this machine in the place of `errors.example` and `trapline.example`.

mod apps;
pub mod commands;
mod pages;

use trapline_tests::{Program, Project, World, readmes};
use xtask::docs::{self, Block, blocks};

use crate::Test;

/// All of them take a minute or more: they build apps.
pub const TESTS: &[Test] = &[
    ("commands_of_the_documents_run", commands::run),
    ("backup_of_the_documents_is_restored", commands::backup),
    ("pages_of_the_documents_report", pages::html),
    ("scripts_of_the_documents_report", pages::scripts),
    ("searches_of_the_documents_have_a_meaning", pages::searches),
    ("apps_of_the_documents_report", apps::frameworks),
    ("rust_of_the_documents_compiles", apps::rust),
    ("signature_of_the_documents_is_verified_in_node", apps::signature),
];

/// A document with its blocks.
struct Document {
    /// `docs/src/api.md`
    file: String,
    blocks: Vec<Block>,
}

fn documents(world: &World) -> Vec<Document> {
    let chapters = docs::chapters(&world.paths).expect("chapters").into_iter();
    let chapters = chapters.map(|one| (format!("docs/src/{}", one.entry.file), one.text));
    let all = chapters.chain(readmes(&world.paths));
    all.map(|(file, text)| Document { blocks: blocks(&text), file }).collect()
}

/// Blocks of a language with exactly these marks, each with where it stands.
pub fn all_blocks(world: &World, language: &str, mark: &str) -> Vec<(String, Block)> {
    let mut found = Vec::new();
    for document in documents(world) {
        for block in document.blocks {
            if block.language == language && block.marks.join(",") == mark {
                found.push((format!("{}:{}", document.file, block.line), block));
            }
        }
    }
    assert!(!found.is_empty(), "no document has a block {language},{mark}");
    found
}

/// A block with what is there in the place of what stands for it.
pub fn filled(
    code: &str,
    world: &World,
    project: &Project<'_>,
    program: Option<&Program>,
) -> String {
    let host = |origin: String| origin.trim_start_matches("http://").to_owned();
    let site = host(world.worker.site());
    let code = code
        .replace("https://KEY@errors.example/1", &project.dsn)
        .replace("https://errors.example", &world.worker.site())
        .replace("https://trapline.example", &world.worker.dashboard())
        .replace("errors.example", &site)
        .replace("/api/1/", &format!("/api/{}/", project.id()))
        .replace("sentry_key=KEY", &format!("sentry_key={}", project.key()))
        .replace("projects/shop/", &format!("projects/{}/", project.slug))
        .replace("--project shop", &format!("--project {}", project.slug))
        .replace("SENTRY_PROJECT=shop", &format!("SENTRY_PROJECT={}", project.slug))
        .replace("project = \"shop\"", &format!("project = \"{}\"", project.slug));
    match program {
        Some(program) => code
            .replace("TOKEN ", &format!("{} ", program.token))
            .replace("TOKEN\n", &format!("{}\n", program.token))
            .replace("Bearer TOKEN", &format!("Bearer {}", program.token)),
        None => code,
    }
}
