//! While a project waits for its first event: `POST /{project}/setup/check` looks at a page of the site, and says what
//! keeps its errors from arriving; `…/allow-origin` takes an origin that was refused; `…/test-event` stores an event as a
//! page would send it.

use trapline_core::dsn::Dsn;
use trapline_core::event::{Event, Exception, Frame};
use trapline_core::page_check::{Expected, Finding, Page, check};
use trapline_core::scrub::ScrubSettings;
use trapline_core::{origin, user_agent};
use worker::Response;

use crate::dashboard::{Visit, issues_page, visit};
use crate::failure::Failure;
use crate::memory::keep;
use crate::page_fetch::{self, Fetched};
use crate::people::Role;
use crate::plan::{Commit, Sender, digest_by};
use crate::request::{Incoming, field};
use crate::sql::Statement;
use crate::store::{Budget, Store};
use crate::view::{PageCheck, PageRead};
use crate::{account, alert, audit, key, pages, random, reply, settings, setup};

/// Longer addresses are no pages'.
const MAX_ADDRESS: usize = 2_000;

/// With `url` and `csrf`: the waiting page, with what was found.
pub async fn check_page(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let form = incoming.form().await;
    let visit = visit(incoming, slug).await?;
    account::check_form(incoming, &visit.viewer, &form)?;
    visit.viewer.must_be(Role::Admin)?;
    let url = field(&form, "url").trim().to_owned();
    if url.len() > MAX_ADDRESS {
        return Err(Failure::BadRequest(format!(
            "an address has at most {MAX_ADDRESS} characters"
        )));
    }
    let dsn = Dsn {
        origin: setup::site_origin(incoming),
        public_key: visit.project.public_key.clone().unwrap_or_default(),
        project_id: visit.project.id,
    };
    let read = match page_fetch::fetch(&url).await {
        Ok(fetched) => {
            PageRead::Findings { findings: findings(incoming, &fetched, &dsn), url: fetched.url }
        }
        Err(unread) => PageRead::Unread(unread.to_string()),
    };
    let page = issues_page(incoming, &visit).await?;
    Ok(reply::page(200, pages::checked(&page, &PageCheck { url, read })?))
}

fn findings(incoming: &Incoming, fetched: &Fetched, dsn: &Dsn) -> Vec<Finding> {
    let page = Page {
        url: &fetched.url,
        status: fetched.status,
        content_type: &fetched.content_type,
        policies: &[&fetched.policy],
        tried_policies: &[&fetched.tried_policy],
        html: &fetched.html,
    };
    let (script, ingest) =
        (format!("{}.js", incoming.agent_name()), incoming.ingest_path(dsn.project_id));
    check(&page, &Expected { dsn, script: &script, ingest: &ingest })
}

/// `GET /{project}/setup/check`: whoever loads the address again.
pub fn check_again(slug: &str) -> Response {
    reply::redirect(&format!("/{slug}/issues/"))
}

/// With `origin` and `csrf`: from now on it may send. A project that takes every origin goes on doing so.
pub async fn allow_origin(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let form = incoming.form().await;
    let visit = visit(incoming, slug).await?;
    account::check_form(incoming, &visit.viewer, &form)?;
    visit.viewer.must_be(Role::Admin)?;
    allow_typed(incoming, &visit, field(&form, "origin")).await?;
    Ok(reply::redirect(&format!("/{slug}/issues/")))
}

/// Adds an origin to those that may send.
pub async fn allow_typed(incoming: &Incoming, visit: &Visit, typed: &str) -> Result<(), Failure> {
    let origin = origin::parse(typed).ok_or_else(|| {
        Failure::BadRequest(format!("{typed:?} is no origin: write it like https://shop.example"))
    })?;
    let (slug, now_ms) = (&visit.project.slug, incoming.now_ms);
    let allow = [
        allow(visit.project.id, &origin),
        audit::note_of_change(&visit.viewer, now_ms, "origin allowed", slug, &origin),
    ];
    let store = Store::open(&incoming.env, now_ms).await?;
    store.write(|_| allow.to_vec()).await?;
    key::forget();
    Ok(())
}

/// Primary key of `project`.
fn allow(project_id: u32, origin: &str) -> Statement {
    Statement::new(
        "UPDATE project SET allowed_origins = json_insert(allowed_origins, '$[#]', ?2)
         WHERE id = ?1 AND json_array_length(allowed_origins) > 0
         AND ?2 NOT IN (SELECT value FROM json_each(allowed_origins))",
        [project_id.into(), origin.into()],
    )
}

/// With `csrf`: an event that says of itself what it is.
pub async fn send_test_event(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let form = incoming.form().await;
    let visit = visit(incoming, slug).await?;
    account::check_form(incoming, &visit.viewer, &form)?;
    visit.viewer.must_be(Role::Admin)?;
    let rules = settings::parse(&visit.project.settings).rules();
    let digested = digest_by(visit.project.id, test_event(incoming), &rules);
    let commit = Commit {
        project_id: visit.project.id,
        nonce: 0,
        now_ms: incoming.now_ms,
        sender: Sender::default(),
    };
    let scrub = ScrubSettings::default();
    let around = visit.symbolicator(incoming, &scrub, &rules);
    let budget = Budget::of_a_request();
    if keep(&around, &budget, &digested, &commit).await?.is_news {
        alert::deliver::follow_up(incoming, visit.project.database, budget);
    }
    Ok(reply::redirect(&format!("/{slug}/issues/")))
}

fn test_event(incoming: &Incoming) -> Event {
    let agent = incoming.header("user-agent").unwrap_or_default();
    let device = user_agent::parse(&agent);
    let frame = |function: &str, line: u32| Frame {
        function: function.into(),
        file: "https://trapline.invalid/test-event.js".into(),
        line,
        column: 9,
        in_app: true,
        ..Frame::default()
    };
    let exception = Exception {
        kind: "TestError".into(),
        value: "A test event, sent from the dashboard".into(),
        frames: vec![frame("sendTestEvent", 12), frame("onClick", 4)],
        ..Exception::default()
    };
    Event {
        event_id: random::public_key(),
        claimed_ms: incoming.now_ms,
        received_ms: incoming.now_ms,
        platform: "javascript".into(),
        exceptions: vec![exception],
        environment: Some("test".into()),
        browser: device.browser,
        os: device.os,
        tags: vec![("test".into(), "yes".into())],
        count: 1,
        ..Event::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::test_db::TestDb;

    #[test]
    fn an_origin_is_added_once_and_never_closes_an_open_project() {
        let db = TestDb::with_project();
        let allowed = || db.rows(&Statement::new("SELECT allowed_origins FROM project", []));
        db.batch(&[allow(1, "https://a.test")]);
        assert_eq!(allowed(), [["[]"]]);
        db.run("UPDATE project SET allowed_origins = '[\"https://shop.test\"]'");
        for _ in 0..2 {
            db.batch(&[allow(1, "https://a.test")]);
        }
        assert_eq!(allowed(), [[r#"["https://shop.test","https://a.test"]"#]]);
    }
}
