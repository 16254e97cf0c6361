//! Tokens, and what is uploaded with them by the `trapline` protocol; hostile uploads are refused and leave nothing.

use serde_json::{Value, json};
use trapline_tests::{Program, Project, World};

use crate::Test;

pub const TESTS: &[Test] = &[
    ("a_token_is_shown_once_and_may_only_what_it_says", tokens),
    ("a_token_is_made_and_revoked_on_the_settings_page", settings_page),
    ("hostile_uploads_are_refused_and_leave_nothing", hostile),
];

const MISSING: &str = "artifacts/missing/";

fn path(project: &Project<'_>, rest: &str) -> String {
    format!("/api/0/projects/{}/{rest}", project.slug)
}

fn tokens(world: &World) {
    let (project, other) = (world.project(), world.project());
    let writer = Program::of(world, &project, &["artifacts:write"]).unwrap();
    let reader = Program::of(world, &project, &["project:read"]).unwrap();
    let listed = project.api.page(&path(&project, "tokens/")).unwrap();
    assert!(listed.body.contains(&writer.id), "{listed:?}");
    let secret = writer.token.rsplit('_').next().unwrap();
    assert!(!listed.body.contains(secret), "shown once");

    let ask = |program: &Program, project: &Project<'_>| {
        let asked = json!({ "ids": ["ab".repeat(32)] });
        program.json("POST", &path(project, MISSING), &asked).unwrap()
    };
    let answer = ask(&writer, &project);
    assert_eq!(
        (answer.status, answer.body),
        (200, json!({ "missing": ["ab".repeat(32)] }).to_string())
    );
    assert_eq!(ask(&reader, &project).status, 403);
    assert_eq!(ask(&writer, &other).status, 403, "another project's");

    let read = |program: &Program, project: &Project<'_>| {
        program.send("GET", &path(project, "issues/"), "", b"").unwrap().status
    };
    assert_eq!((read(&reader, &project), read(&writer, &project)), (200, 403));
    assert_eq!(read(&reader, &other), 404);
    let list = reader.send("GET", "/api/0/projects/", "", b"").unwrap();
    let list: Value = serde_json::from_str(&list.body).unwrap();
    assert_eq!(list, json!([{ "slug": project.slug, "name": project.slug }]));
    // A token that reads makes no tokens, and changes nothing.
    let more = reader.json("POST", &path(&project, "tokens/"), &json!({})).unwrap();
    assert_eq!(more.status, 403, "{more:?}");

    let revoked =
        project.api.send("DELETE", &format!("tokens/{}/", writer.id), &json!({})).unwrap();
    assert_eq!(revoked.status, 200, "{revoked:?}");
    assert_eq!(ask(&writer, &project).status, 401);
    let mut unknown = writer;
    unknown.token = "sntrys_e30=_nothing".into();
    let answer = ask(&unknown, &project);
    assert_eq!(
        (answer.status, answer.detail()),
        (401, "the token is not known here, or was revoked".into())
    );
}

fn settings_page(world: &World) {
    let project = world.project();
    let tab = world.tab();
    tab.open(&project.sign_in);
    tab.open(&format!("{}/{}/settings/tokens/", world.worker.dashboard(), project.slug));
    tab.fill("#token-label", "deploy");
    tab.click("#tokens > form button");
    let token = trapline_tests::eventually(|| {
        let token = tab.text("#new-token");
        anyhow::ensure!(token.starts_with("sntrys_"), "{token:?}");
        Ok(token)
    });
    let listed = project.api.page(&path(&project, "tokens/")).unwrap();
    let listed: Value = serde_json::from_str(&listed.body).unwrap();
    // Tokens for all projects are listed, too.
    let made = listed.as_array().unwrap().iter().find(|one| one["label"] == "deploy").unwrap();
    assert_eq!(made["scopes"], json!(["artifacts:write"]));
    tab.open(&format!("{}/{}/settings/tokens/", world.worker.dashboard(), project.slug));
    assert!(!tab.text("body").contains(&token), "shown once");
    tab.click("[aria-label^='Revoke the token deploy ']");
    let row = "[...document.querySelectorAll('#tokens tbody tr')].find((row) => row.cells[0].innerText === 'deploy').innerText";
    trapline_tests::eventually(|| {
        let text = tab.eval(row).to_string();
        anyhow::ensure!(text.contains("revoked"), "{text}");
        Ok(())
    });
}

fn hostile(world: &World) {
    let project = world.project();
    let program = Program::of(world, &project, &["artifacts:write"]).unwrap();
    let stored = || {
        ["artifact", "artifact_pack", "artifact_file", "artifact_bundle", "upload_chunk"]
            .map(|table| world.database.number(&format!("SELECT count(*) FROM {table}")))
    };
    let before = stored();
    let packs = format!("{}{}/", path(&project, "artifacts/"), "ab".repeat(32));
    let chunks = "/api/0/organizations/any/chunk-upload/";
    let form = "multipart/form-data; boundary=x";
    let named = |name: &str| {
        format!(
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\nabc\r\n--x--\r\n"
        )
    };
    for (method, path, kind, body, status, words) in [
        ("PUT", packs.as_str(), "application/octet-stream", b"garbage".to_vec(), 400, "SHA-256"),
        ("POST", chunks, form, b"garbage".to_vec(), 400, "multipart"),
        ("POST", chunks, form, named(&"0".repeat(40)).into_bytes(), 400, "damaged on the way"),
        ("POST", chunks, form, named("../../x").into_bytes(), 400, "damaged on the way"),
        ("POST", chunks, "text/plain", b"abc".to_vec(), 400, "multipart/form-data"),
        ("POST", chunks, form, vec![0; 18 << 20], 413, "more than"),
    ] {
        let answer = program.send(method, path, kind, &body).unwrap();
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.detail().contains(words), "{answer:?}");
    }
    let manifests = path(&project, "artifacts/");
    for (manifest, status) in [
        (json!({ "release": "1", "files": [] }), 400),
        (json!({ "release": "1", "files": [{ "url": "~/a.js", "hash": "zz" }] }), 400),
        (json!({ "release": "1", "files": [{ "url": "~/a.js", "hash": "ab".repeat(32) }] }), 409),
        (
            json!({ "release": "x".repeat(300), "files": [{ "url": "~/a.js", "hash": "ab".repeat(32) }] }),
            400,
        ),
        (json!([]), 400),
    ] {
        let answer = program.json("POST", &manifests, &manifest).unwrap();
        assert_eq!(answer.status, status, "{manifest}: {answer:?}");
    }
    let assemble = "/api/0/organizations/any/artifactbundle/assemble/";
    let sum = "ab".repeat(20);
    let answer = program
        .json(
            "POST",
            assemble,
            &json!({ "checksum": sum, "chunks": [sum], "projects": [project.slug] }),
        )
        .unwrap();
    assert!(answer.body.contains("not_found"), "{answer:?}");
    for wrong in [
        json!({ "checksum": "../x", "chunks": [sum], "projects": [project.slug] }),
        json!({ "checksum": sum, "chunks": [], "projects": [project.slug] }),
        json!({ "checksum": sum, "chunks": [sum], "projects": [] }),
    ] {
        assert_eq!(program.json("POST", assemble, &wrong).unwrap().status, 400, "{wrong}");
    }
    assert_eq!(stored(), before, "nothing was stored");
}
