//! Pictures of the dashboard, by `cargo xtask screenshots`: every page of the table in `tests/src/showcase.rs`, in light, in
//! dark and of a phone's size, into `target/screenshots`; with `--readme` those of README.md, into `www/pictures`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use trapline_tests::{Engine, PLACES, Preferences, Tab, World, eventually};
use xtask::{dev, group, progress::Say};

/// What is behind a picture's name, the size of the screen, and whether it is dark.
const LOOKS: [(&str, (u32, u32), bool); 3] = [
    ("light", (1_440, 1_000), false),
    ("dark", (1_440, 1_000), true),
    ("phone", (390, 844), false),
];

fn main() -> Result<()> {
    group::end_all_on_interruption()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let world = World::start_in("screenshots-world")?;
    if arguments.iter().any(|argument| argument == "--readme") {
        return of_readme(&world);
    }
    let filter = arguments.first().map_or("", String::as_str);
    let directory = world.paths.target.join("screenshots");
    fs::create_dir_all(&directory)?;
    let showcase = world.showcase();
    let tab = world.signed_in_tab(Engine::Chromium);
    for (look, (width, height), dark) in LOOKS {
        tab.resize(width, height);
        tab.prefer(Preferences { dark, ..Preferences::default() });
        for place in PLACES.iter().filter(|place| place.name.contains(filter)) {
            tab.open(&showcase.url(place));
            tab.shows("h1", place.heading);
            write(&tab, directory.join(format!("{}-{look}.png", place.name)))?;
        }
    }
    Ok(())
}

/// The demo shop's issues after a visit that broke everything, and one of them.
fn of_readme(world: &World) -> Result<()> {
    dev::upload(
        &world.paths,
        &world.worker,
        &world.worker.set_up("Hazel shop", "shop")?,
        &Say::default(),
    )?;
    let project = world.demo_project();
    let tab = world.tab();
    tab.open(&format!("{}/demo/", world.worker.site()));
    for selector in ["#sign-in", "#add-chair-hazel", "#add-shelf-oak", "#breaker-toggle"] {
        tab.click(selector);
    }
    for kind in
        ["image", "message", "handled", "cause", "rejection", "fetch", "panic", "minified", "throw"]
    {
        tab.click(&format!("#break-{kind}"));
    }
    let crash = eventually(|| {
        let issues = project.api.issues()?;
        ensure!(issues.len() >= 9, "{issues:#?}");
        let crash = issues
            .into_iter()
            .find(|issue| issue.kind == "TypeError" && issue.culprit.contains("formatTotal"));
        crash.context("the shop's own bug")
    });
    tab.open(&project.sign_in);
    tab.resize(1_264, 800);
    let list = format!("{}/{}/issues/", world.worker.dashboard(), project.slug);
    let pictures = world.paths.root.join("www/pictures");
    tab.open(&list);
    fs::write(pictures.join("issues.png"), tab.screenshot())?;
    tab.open(&format!("{list}{}/", crash.short_id));
    Ok(fs::write(pictures.join("issue.png"), tab.screenshot())?)
}

fn write(tab: &Tab<'_>, path: PathBuf) -> Result<()> {
    fs::write(&path, STANDARD.decode(tab.whole_picture())?)?;
    println!("{}", path.display());
    Ok(())
}
