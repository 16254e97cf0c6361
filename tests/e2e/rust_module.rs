//! Which build of a module the page has, and what a panic reads like once that build has been uploaded.

use std::fs;

use anyhow::ensure;
use trapline_symbols::wasm;
use trapline_tests::{Engine, World, eventually};

use crate::reported::only_event;
use crate::rust_app::{MESSAGE, module_site};
use crate::symbolicated::uploaded;
use crate::{EngineTest, full, sampled};

pub const ENGINE_TESTS: &[EngineTest] = &[
    sampled("events_say_which_build_of_a_module_their_frames_are_of", images),
    full("modules_of_an_app_that_was_there_before_are_known_too", images_of_before),
    sampled("rust_panic_reads_like_its_source_once_uploaded", uploaded_module),
];

const ASK: &str = "Trapline.init({ integrations: [Trapline.wasmIntegration()] });\n";

/// The integration is there before the app, which is compiled from bytes, from a stream, or at once.
fn images(world: &World, engine: Engine) {
    for how in [
        "await rust.default({ module_or_path: bytes })",
        "rust.initSync({ module: bytes })",
        "await rust.default()",
    ] {
        check_images(world, engine, &format!("{ASK}{}", load(how)), how);
    }
}

/// Goes on once the integration is there, which puts a constructor of its own in place of the engine's.
const ONCE_THERE: &str = "const { Module } = WebAssembly;\n\
    const onceThere = (work) => setTimeout(WebAssembly.Module === Module ? onceThere : work, 100, work);\n";

/// Loads the app once the integration is there.
fn load(how: &str) -> String {
    format!(
        "{ONCE_THERE}const start = () => import('/packing.js').then(async (rust) => {{\n\
         const bytes = await (await fetch('/packing_bg.wasm')).arrayBuffer();\n\
         {how}; window.packing = rust; setTimeout(() => rust.pack(7)); }});\n\
         onceThere(start);"
    )
}

fn images_of_before(world: &World, engine: Engine) {
    let work = format!(
        "{ONCE_THERE}import('/packing.js').then(async (rust) => {{ await rust.default();\n\
         Trapline.addIntegration(Trapline.wasmIntegration()); onceThere(() => rust.pack(7)); }});"
    );
    check_images(world, engine, &work, "before");
}

#[track_caller]
fn check_images(world: &World, engine: Engine, app: &str, how: &str) {
    let project = world.project();
    let gate = world.gate();
    let served = fs::read(world.paths.demo().join("packing_bg.wasm")).expect("the module");
    let head = project.snippet_to(&gate.dsn(&project), &[]);
    let site = module_site(world, &head, app);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let _ = only_event(&project, &tab);
    let events = gate.events();
    let images = events[0]["debug_meta"]["images"]
        .as_array()
        .unwrap_or_else(|| panic!("{how}: {}", events[0]));
    let id = trapline_symbols::debug_id::text_of(wasm::debug_id_of(&served).expect("a module"));
    let ours: Vec<_> = images.iter().filter(|image| image["debug_id"] == id.as_str()).collect();
    assert!(!ours.is_empty(), "{how}: {id} in {images:#?}");
    assert!(images.iter().all(|image| image["type"] == "wasm"), "{how}: {images:#?}");
    let frames =
        events[0]["exception"]["values"][0]["stacktrace"]["frames"].as_array().expect("frames");
    let in_module: Vec<_> = frames.iter().filter(|frame| !frame["addr_mode"].is_null()).collect();
    assert!(in_module.len() >= 4, "{how}: {}", events[0]["exception"]);
    for frame in in_module {
        let number = frame["addr_mode"].as_str().and_then(|mode| mode.strip_prefix("rel:"));
        let image = &images[number.and_then(|number| number.parse::<usize>().ok()).expect("rel:N")];
        assert_eq!(image["debug_id"], id.as_str(), "{how}: {frame} of {images:#?}");
    }
}

/// The collector resolves what the native look-up above does: served module and debug file come by `trapline upload`.
fn uploaded_module(world: &World, engine: Engine) {
    let project = world.project();
    let folder = world.paths.target.join("e2e/builds").join(engine.name()).join("packing");
    fs::create_dir_all(&folder).expect("a folder");
    fs::copy(world.paths.demo().join("packing_bg.wasm"), folder.join("packing_bg.wasm"))
        .expect("a module");
    fs::copy(world.paths.demo_debug(), folder.join("packing_bg.debug.wasm"))
        .expect("its debug file");
    uploaded(world, &project, &folder);
    let work = format!("{ASK}{}", load("await rust.default()"));
    let site = module_site(world, &project.snippet(), &work);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let event = only_event(&project, &tab);
    let frames = &event.thrown().expect("an exception").frames;
    let own: Vec<_> = frames.iter().filter(|frame| frame.raw.is_some() && frame.in_app).collect();
    let names: Vec<_> = own.iter().filter_map(|frame| frame.function.rsplit("::").next()).collect();
    // WebKit tells no offsets, but the panic tells its line, and so what was inlined there.
    assert_eq!(names.get(..2), Some(&["volume_of", "fill"][..]), "{frames:#?}");
    assert!(own[0].file.ends_with("www/packing/src/lib.rs"), "{:#?}", own[0]);
    let said = own[0].source.as_ref().map(|source| source.line.as_str());
    assert_eq!(said, Some("    BOXES[number]"), "{:#?}", own[0]);
    assert!(
        frames.iter().all(|frame| frame.unresolved.is_none() || !frame.file.ends_with(".wasm"))
    );

    let _ = tab.eval("setTimeout(() => packing.lid(7))");
    let issues = eventually(|| {
        let issues = project.api.issues()?;
        ensure!(issues.len() == 2, "two panics in the same words are two bugs: {issues:#?}");
        Ok(issues)
    });
    assert!(issues.iter().all(|issue| issue.value == MESSAGE), "{issues:#?}");
}
