//! The unmodified `sentry-cli` of npm: injects debug IDs, uploads, and tells of releases; what it has uploaded resolves the frames
//! of the file that it has injected.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use trapline_core::event::{Event, Frame};
use trapline_tests::{Program, Project, World, eventually};

use crate::Test;

pub const TESTS: &[Test] = &[
    ("sentry_cli_uploads_and_frames_are_resolved", upload),
    ("sentry_cli_uploads_without_waiting_and_cron_makes_the_rest_ready", without_waiting),
    ("sentry_cli_and_trapline_upload_leave_the_same_answer", same_answer),
    ("sentry_cli_tells_of_releases", releases),
    ("cron_takes_away_artifacts_that_no_event_needs", retention),
    ("a_bundle_that_is_damaged_is_refused_in_words", damaged_bundles),
];

/// Where it throws: line 3, in `add`.
const SOURCE: &str = "export function outer(price: number) { return add(price) }\n\
    function add(price: number) {\n\
    \u{20} if (price < 0) throw new Error(\"negative price\")\n\
    \u{20} return price + 1\n\
    }\n\
    (globalThis as any).outer = outer\n";

/// A folder of its own with `out/app.js`, minified, and its map.
fn built(world: &World, name: &str) -> PathBuf {
    built_of(world, name, SOURCE)
}

fn built_of(world: &World, name: &str, source: &str) -> PathBuf {
    let folder = world.paths.target.join("e2e/sentry-cli").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("app.ts"), source).unwrap();
    let output = Command::new(world.paths.esbuild())
        .args(["app.ts", "--bundle", "--minify", "--sourcemap", "--outfile=out/app.js"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", words(&output));
    folder
}

fn words(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

#[track_caller]
fn ran(output: &Output) -> String {
    assert!(output.status.success(), "{}", words(output));
    words(output)
}

/// The debug ID that was injected into `out/app.js`.
fn debug_id(folder: &Path) -> String {
    let script = fs::read_to_string(folder.join("out/app.js")).unwrap();
    let (_, id) = script.rsplit_once("//# debugId=").expect(&script);
    id.trim().to_owned()
}

/// Sends the error that the minified file throws; the event as it is read back.
fn thrown(project: &Project<'_>, folder: &Path, id: &str, extra: &Value) -> Event {
    let script = fs::read_to_string(folder.join("out/app.js")).unwrap();
    let at = script.find("new Error").unwrap();
    let before = script.get(..at).unwrap();
    let line = before.matches('\n').count() + 1;
    let column = at - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
    let mut event = json!({
        "event_id": id,
        "exception": { "values": [{ "type": "Error", "value": format!("negative price {id}"), "stacktrace": { "frames": [
            { "function": "n", "filename": "https://shop.test/app.js", "lineno": line, "colno": column, "in_app": true }
        ] } }] },
    });
    event.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}");
    assert_eq!(project.send(envelope.as_bytes()).status, 200);
    project.api.event(id).unwrap()
}

fn with_debug_id(folder: &Path) -> Value {
    json!({ "debug_meta": { "images": [
        { "type": "sourcemap", "code_file": "https://shop.test/app.js", "debug_id": debug_id(folder) }
    ] } })
}

fn first_frame(event: &Event) -> &Frame {
    &event.exceptions[0].frames[0]
}

#[track_caller]
fn check_resolved(event: &Event) {
    check_resolved_as(event, "negative price");
}

#[track_caller]
fn check_resolved_as(event: &Event, words: &str) {
    let frame = first_frame(event);
    assert!(frame.file.ends_with("app.ts"), "{frame:?}");
    assert_eq!((frame.function.as_str(), frame.line), ("add", 3), "{frame:?}");
    let source = frame.source.as_ref().expect("lines around it");
    assert!(source.line.contains(words), "{source:?}");
}

fn upload(world: &World) {
    let project = world.project();
    let program = Program::of(world, &project, &["artifacts:write"]).unwrap();
    let folder = built(world, "upload");
    let run =
        |arguments: &[&str]| ran(&program.sentry_cli(world, &project, &folder, arguments).unwrap());
    let info = run(&["info"]);
    assert!(info.contains("artifacts:write"), "{info}");
    run(&["sourcemaps", "inject", "out"]);
    let upload = ["sourcemaps", "upload", "out", "--release", "shop@1+2", "--dist", "7", "--wait"];
    let said = run(&upload);
    assert!(said.contains("File processing complete"), "{said}");
    check_resolved(&thrown(&project, &folder, &"a1".repeat(16), &with_debug_id(&folder)));
    // An event of an older SDK has no debug ID: release, dist and URL tell.
    check_resolved(&thrown(
        &project,
        &folder,
        &"a2".repeat(16),
        &json!({ "release": "shop@1+2", "dist": "7" }),
    ));

    let chunks = || world.database.number("SELECT coalesce(max(stored_ms), 0) FROM upload_chunk");
    let before = chunks();
    let again = run(&upload);
    assert!(!again.contains("Uploaded files"), "{again}");
    assert_eq!(chunks(), before, "uploading again sends nothing");
}

/// 300 files, each with a map of its own.
fn many(world: &World, name: &str) -> PathBuf {
    let folder = built(world, name);
    let script = fs::read_to_string(folder.join("out/app.js")).unwrap();
    let map = fs::read_to_string(folder.join("out/app.js.map")).unwrap();
    for number in 0..299 {
        let of = |text: &str| {
            text.replace("app.js", &format!("f{number}.js"))
                .replace("negative price", &format!("price {number}"))
        };
        fs::write(folder.join(format!("out/f{number}.js")), of(&script)).unwrap();
        // As large as maps of a site's chunks are: 30 KB of source that nothing compresses away.
        let mut map: Value = serde_json::from_str(&of(&map)).unwrap();
        let noise: Vec<String> = (0_u32..3_000)
            .map(|n| format!("// {:08x}", n.wrapping_mul(2_654_435_761).wrapping_add(number)))
            .collect();
        let content = map["sourcesContent"][0].as_str().unwrap().to_owned() + &noise.join("\n");
        map["sourcesContent"][0] = content.into();
        fs::write(folder.join(format!("out/f{number}.js.map")), map.to_string()).unwrap();
    }
    folder
}

fn without_waiting(world: &World) {
    let project = world.project();
    let program = Program::of(world, &project, &["artifacts:write"]).unwrap();
    let folder = many(world, "many");
    let run =
        |arguments: &[&str]| ran(&program.sentry_cli(world, &project, &folder, arguments).unwrap());
    run(&["sourcemaps", "inject", "out"]);
    let said = run(&["sourcemaps", "upload", "out", "--release", "many@1"]);
    assert!(said.contains("processing pending"), "{said}");
    let count = |sql: &str| world.database.number(&sql.replace("{project}", project.id()));
    let files = "SELECT count(*) FROM artifact_file WHERE project_id = {project}";
    let made =
        "SELECT count(*) FROM artifact_file WHERE project_id = {project} AND hash IS NOT NULL";
    assert_eq!(count(files), 300);
    eventually(|| {
        let answer = world.get_site("/__scheduled?cron=3-58/5+*+*+*+*");
        anyhow::ensure!(answer.status == 200, "{answer:?}");
        anyhow::ensure!(count(made) == 300, "{} of 300", count(made));
        Ok(())
    });
    check_resolved(&thrown(&project, &folder, &"b1".repeat(16), &with_debug_id(&folder)));
    let packs = count("SELECT count(*) FROM artifact_pack WHERE project_id = {project}");
    let chunks =
        count("SELECT json_array_length(chunks) FROM artifact_bundle WHERE project_id = {project}");
    assert!(packs + chunks <= 60, "{packs} packs and {chunks} chunks were written to KV");
}

fn same_answer(world: &World) {
    let (ours, theirs) = (world.project(), world.project());
    let folder = built(world, "same");
    let program = Program::of(world, &theirs, &["artifacts:write"]).unwrap();
    let run =
        |arguments: &[&str]| ran(&program.sentry_cli(world, &theirs, &folder, arguments).unwrap());
    run(&["sourcemaps", "inject", "out"]);
    run(&["sourcemaps", "upload", "out", "--release", "same@1", "--wait"]);

    let program = Program::of(world, &ours, &["artifacts:write"]).unwrap();
    let upload = || {
        let output = Command::new(env!("CARGO"))
            .args([
                "run",
                "--quiet",
                "--package",
                "trapline",
                "--",
                "upload",
                "out",
                "--release",
                "same@1",
            ])
            .arg("--json")
            .current_dir(&folder)
            .env("TRAPLINE_URL", world.worker.dashboard())
            .env("TRAPLINE_TOKEN", &program.token)
            .env("TRAPLINE_PROJECT", &ours.slug)
            .output()
            .unwrap();
        ran(&output)
    };
    upload();
    let answer = |project: &Project<'_>, id: &str, extra: &Value| {
        let event = thrown(project, &folder, &id.repeat(16), extra);
        check_resolved(&event);
        first_frame(&event).clone()
    };
    let by_id = with_debug_id(&folder);
    assert_eq!(answer(&ours, "c1", &by_id), answer(&theirs, "c2", &by_id));
    let by_release = json!({ "release": "same@1" });
    assert_eq!(answer(&ours, "c3", &by_release), answer(&theirs, "c4", &by_release));
    let writes = || world.database.number("SELECT coalesce(max(created_ms), 0) FROM artifact_pack");
    let before = writes();
    upload();
    assert_eq!(writes(), before, "uploading again sends nothing");
}

fn retention(world: &World) {
    let project = world.project();
    let program = Program::of(world, &project, &["artifacts:write"]).unwrap();
    let (old, new) =
        (built(world, "old"), built_of(world, "new", &SOURCE.replace("price", "cost")));
    for (folder, release) in [(&old, "old@1"), (&new, "new@1")] {
        for arguments in [
            &["sourcemaps", "inject", "out"][..],
            &["sourcemaps", "upload", "out", "--release", release, "--wait"],
        ] {
            ran(&program.sentry_cli(world, &project, folder, arguments).unwrap());
        }
    }
    let id = project.id();
    let count = |table: &str| {
        world.database.number(&format!("SELECT count(*) FROM {table} WHERE project_id = {id}"))
    };
    let all = || ["artifact_release", "artifact_file", "artifact", "artifact_pack"].map(count);
    assert_eq!(all(), [2, 2, 2, 2]);
    let cron = || {
        let answer = world.get_site("/__scheduled?cron=3-58/5+*+*+*+*");
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    cron();
    assert_eq!(all(), [2, 2, 2, 2], "both are needed still");
    // As if all of it had happened long ago, one release after the other.
    world.database.run(&format!(
        "UPDATE artifact_release SET uploaded_ms = 1 + (release = 'new@1'), used_ms = 1 WHERE project_id = {id};
         UPDATE artifact_pack SET created_ms = 1 WHERE project_id = {id}"
    ));
    eventually(|| {
        cron();
        // Time passes between a pack's rows and its bytes.
        world.database.run("UPDATE artifact_pack SET going_ms = 1 WHERE going_ms > 1");
        anyhow::ensure!(all() == [1, 1, 1, 1], "{:?}", all());
        Ok(())
    });
    let frame = thrown(&project, &new, &"d1".repeat(16), &with_debug_id(&new));
    check_resolved_as(&frame, "negative cost");
    let frame = thrown(&project, &old, &"d2".repeat(16), &with_debug_id(&old));
    assert!(first_frame(&frame).unresolved.is_some(), "{frame:?}");
}

fn releases(world: &World) {
    let project = world.project();
    let program = Program::of(world, &project, &["artifacts:write"]).unwrap();
    let folder = built(world, "releases");
    let run =
        |arguments: &[&str]| ran(&program.sentry_cli(world, &project, &folder, arguments).unwrap());
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(["-c", "user.email=jo@shop.test", "-c", "user.name=Jo"])
            .args(arguments)
            .current_dir(&folder)
            .output()
            .unwrap();
        ran(&output)
    };
    git(&["init", "--quiet"]);
    git(&["add", "app.ts"]);
    git(&["commit", "--quiet", "--message", "Sell hazelnuts"]);
    run(&["releases", "new", "shop@2"]);
    run(&["releases", "set-commits", "shop@2", "--local"]);
    run(&[
        "releases",
        "set-commits",
        "shop@2",
        "--commit",
        "shop/web@0123456789012345678901234567890123456789",
    ]);
    run(&["releases", "finalize", "shop@2"]);
    run(&["releases", "deploys", "shop@2", "new", "--env", "production"]);
    let deploys = run(&["releases", "deploys", "shop@2", "list"]);
    assert!(deploys.contains("production"), "{deploys}");
    let listed = run(&["releases", "list"]);
    assert!(listed.contains("shop@2"), "{listed}");
    assert!(run(&["releases", "info", "shop@2"]).contains("shop@2"));
    let detail = world.database.number(
        "SELECT json_array_length(detail, '$.commits') FROM release_detail WHERE version = 'shop@2' AND released_ms > 0",
    );
    assert_eq!(detail, 1);
    run(&["releases", "delete", "shop@2"]);
    assert!(!run(&["releases", "list"]).contains("shop@2"));
}

/// The recorded bundle of the corpora, whole and with a byte changed.
fn damaged_bundles(world: &World) {
    use sha1::{Digest, Sha1};
    let project = world.project();
    let program = Program::of(world, &project, &["artifacts:write"]).unwrap();
    let whole = fs::read(world.paths.root.join("tests/corpora/sentry_cli/bundle.zip")).unwrap();
    let hex = |bytes: &[u8]| trapline_core::fingerprint::hex(&Sha1::digest(bytes));
    let assembled = |bundle: &[u8], checksum: &str| {
        let name = hex(bundle);
        let mut body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        )
        .into_bytes();
        body.extend(bundle);
        body.extend(b"\r\n--x--\r\n");
        let kind = "multipart/form-data; boundary=x";
        let sent =
            program.send("POST", "/api/0/organizations/any/chunk-upload/", kind, &body).unwrap();
        assert_eq!(sent.status, 200, "{sent:?}");
        let asked = json!({ "checksum": checksum, "chunks": [name], "projects": [project.slug] });
        let answer = program
            .json("POST", "/api/0/organizations/any/artifactbundle/assemble/", &asked)
            .unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        (
            answer["state"].as_str().unwrap().to_owned(),
            answer["detail"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let count = || {
        world.database.number(&format!(
            "SELECT count(*) FROM artifact_file WHERE project_id = {}",
            project.id()
        ))
    };
    let (state, detail) = assembled(&whole, &"ab".repeat(20));
    assert_eq!(state, "error");
    assert!(detail.contains("together have the SHA-1"), "{detail}");
    for (bundle, expected) in [
        (whole[..whole.len() - 1].to_vec(), "no whole zip archive"),
        (b"SYSB\x02\0\0\0".to_vec(), "no whole zip archive"),
        (b"PK\x03\x04 no bundle".to_vec(), "SYSB"),
    ] {
        let (state, detail) = assembled(&bundle, &hex(&bundle));
        assert_eq!(state, "error");
        assert!(detail.contains(expected), "{detail}");
    }
    assert_eq!(count(), 0, "nothing was stored");
    let mut damaged = whole.clone();
    damaged[400] ^= 0xff;
    let (state, detail) = assembled(&damaged, &hex(&damaged));
    assert_eq!(state, "error");
    assert!(detail.contains("~/app.min.js: its bytes in the bundle are damaged"), "{detail}");
    let (state, _) = assembled(&whole, &hex(&whole));
    assert_eq!(state, "ok");
    assert_eq!(count(), 2, "each bundle without a release is its own");
}
