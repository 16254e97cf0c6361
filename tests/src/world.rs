//! What a run starts once, and what each test takes from it.

use std::fs;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use xtask::browser::Engine;
use xtask::paths::Paths;
use xtask::worker::{Options, Setup, Worker};

use crate::api::{get, post, post_to};
use crate::browser::Browsers;
use crate::faulty::{Calm, Faulty};
use crate::{Answer, Api, Database, Gate, Receiver, Showcase, Site, Tab};

/// The running Worker, its database, and the browsers.
#[derive(Debug)]
pub struct World {
    /// Where things are.
    pub paths: Paths,
    /// The Worker in `deploy/`, with a fresh database.
    pub worker: Worker,
    /// Its D1, from behind.
    pub database: Database,
    /// The project that the demo shop reports to: the first one.
    pub demo: Setup,
    /// Where the Worker may send alerts.
    pub receiver: Receiver,
    browsers: Browsers,
    faulty: OnceLock<Faulty>,
    showcase: OnceLock<Showcase>,
    projects: AtomicU32,
}

/// A project of one test's own.
#[derive(Debug)]
pub struct Project<'world> {
    worker: &'world Worker,
    /// Its slug.
    pub slug: String,
    /// Its DSN, on the Worker's site.
    pub dsn: String,
    /// A sign-in link not used yet.
    pub sign_in: String,
    /// A signed-in client.
    pub api: Api,
}

impl World {
    /// Starts everything. The Worker has to be built.
    ///
    /// # Errors
    /// What did not start, and why.
    pub fn start() -> Result<Self> {
        Self::start_in("e2e")
    }

    /// The same in another folder of `target/`.
    ///
    /// # Errors
    /// What did not start, and why.
    pub fn start_in(folder: &str) -> Result<Self> {
        let paths = Paths::of_this_repository();
        let directory = paths.target.join(folder);
        let state = directory.join("state");
        if state.exists() {
            fs::remove_dir_all(&state)?;
        }
        let receiver = Receiver::start()?;
        let worker = Worker::start(
            &paths,
            &Options {
                state: state.clone(),
                log: directory.join("wrangler.log"),
                port: None,
                variables: vec![("ALERT_ALLOW_HOSTS".into(), receiver.host())],
                config: None,
            },
        )?
        .kept_fresh();
        let demo = worker.set_up("Hazel shop", "shop")?;
        let database = Database::open(&state)?;
        let (browsers, faulty, showcase) = (Browsers::default(), OnceLock::new(), OnceLock::new());
        let projects = AtomicU32::new(0);
        Ok(Self { paths, worker, database, demo, receiver, browsers, faulty, showcase, projects })
    }

    /// A fresh project.
    ///
    /// # Panics
    /// When the Worker refuses.
    #[must_use]
    pub fn project(&self) -> Project<'_> {
        self.project_for(&[])
    }

    /// A fresh project that takes events from these origins only.
    ///
    /// # Panics
    /// When the Worker refuses.
    #[must_use]
    pub fn project_for(&self, origins: &[&str]) -> Project<'_> {
        let slug = format!("test-{}", self.projects.fetch_add(1, Ordering::Relaxed) + 1);
        let made = self.worker.set_up_for(&slug, &slug, origins);
        made.and_then(|_| Project::of(&self.worker, &slug)).expect("a project")
    }

    /// A project of this name, made where it is missing.
    ///
    /// # Panics
    /// When the Worker refuses.
    #[must_use]
    pub fn project_named(&self, name: &str, slug: &str) -> Project<'_> {
        let made = self.worker.set_up(name, slug);
        made.and_then(|_| Project::of(&self.worker, slug)).expect("a project")
    }

    /// A client of the demo shop's project.
    ///
    /// # Panics
    /// When the Worker refuses.
    #[must_use]
    pub fn demo_project(&self) -> Project<'_> {
        Project::of(&self.worker, &self.demo.project).expect("the demo's project")
    }

    /// The Worker whose database fails when it is told to, started by the first test that needs it.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn faulty(&self) -> Calm<'_> {
        let start = || Faulty::start(&self.paths).expect("a Worker on a faulty database");
        Calm::of(self.faulty.get_or_init(start))
    }

    /// The project in which every kind of issue stands, filled by the first test that needs it. Nobody changes it.
    ///
    /// # Panics
    /// When something of it is refused.
    #[must_use]
    pub fn showcase(&self) -> &Showcase {
        self.showcase.get_or_init(|| Showcase::fill(self).expect("every kind of issue"))
    }

    /// A new tab in which somebody is signed in.
    ///
    /// # Panics
    /// When the Worker refuses.
    #[must_use]
    pub fn signed_in_tab(&self, engine: Engine) -> Tab<'_> {
        let setup = self.worker.set_up("Hazel shop", "shop").expect("a sign-in link");
        let tab = self.tab_in(engine);
        tab.open(&setup.sign_in);
        tab
    }

    /// A new tab, in Chromium.
    #[must_use]
    pub fn tab(&self) -> Tab<'_> {
        self.tab_in(Engine::Chromium)
    }

    /// A new tab. The first one of an engine starts its browser.
    ///
    /// # Panics
    /// When the browser cannot be started: why.
    #[must_use]
    pub fn tab_in(&self, engine: Engine) -> Tab<'_> {
        self.browsers.of(engine, &self.paths).tab()
    }

    /// A gate before the Worker, open.
    #[must_use]
    pub fn gate(&self) -> Gate {
        Gate::before(&self.worker)
    }

    /// Asks the site's origin, as a page may.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn get_site(&self, path: &str) -> Answer {
        get(&self.worker, &self.worker.site(), path).expect("an answer")
    }

    /// Asks the dashboard's origin without a session.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn get_signed_out(&self, path: &str) -> Answer {
        get(&self.worker, &self.worker.dashboard(), path).expect("an answer")
    }

    /// Posts to the Worker's site.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn post(&self, path: &str, body: &[u8]) -> Answer {
        post(&self.worker, path, body).expect("an answer")
    }
}

impl<'world> Project<'world> {
    /// The project of this slug, made where it is missing.
    ///
    /// # Errors
    /// When the Worker refuses.
    pub fn of(worker: &'world Worker, slug: &str) -> Result<Self> {
        // A link works once: one for the API, one for whoever opens the dashboard in a tab.
        let api = Api::sign_in(worker, &worker.set_up(slug, slug)?)?;
        let Setup { sign_in, dsn, project } = worker.set_up(slug, slug)?;
        Ok(Self { worker, slug: project, dsn, sign_in, api })
    }

    /// The line that a page places first.
    #[must_use]
    pub fn snippet(&self) -> String {
        self.tag(&self.dsn, &[("data-release", "shop@1.0.0")])
    }

    /// The same with another DSN, such as a gate's, and attributes of the page's choice. Unless they say otherwise, the
    /// page tells of nothing but errors: what is sent can be counted, and does not hang on chance.
    #[must_use]
    pub fn snippet_to(&self, dsn: &str, attributes: &[(&str, &str)]) -> String {
        let quiet = [("data-auto-session-tracking", "false"), ("data-page-view-sample-rate", "0")];
        let is_given = |name: &str| attributes.iter().any(|(given, _)| *given == name);
        let quiet = quiet.into_iter().filter(|(name, _)| !is_given(name));
        self.tag(dsn, &attributes.iter().copied().chain(quiet).collect::<Vec<_>>())
    }

    fn tag(&self, dsn: &str, attributes: &[(&str, &str)]) -> String {
        let attribute =
            |(name, value): &(&str, &str)| format!(" {name}=\"{}\"", value.replace('"', "&quot;"));
        let attributes: String =
            [("data-dsn", dsn)].iter().chain(attributes).map(attribute).collect();
        format!("<script src=\"{}/trapline.js\"{attributes}></script>", self.worker.site())
    }

    /// A site whose only page has the snippet and then `/app.js`, and a button.
    #[must_use]
    pub fn site(&self, app_js: &str) -> Site {
        site_with(&self.snippet(), app_js)
    }

    /// The same with another DSN, such as a gate's, and attributes of the page's choice.
    #[must_use]
    pub fn site_to(&self, dsn: &str, attributes: &[(&str, &str)], app_js: &str) -> Site {
        site_with(&self.snippet_to(dsn, attributes), app_js)
    }

    /// Posts an envelope, its key in the query.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn send(&self, envelope: &[u8]) -> Answer {
        post_to(&self.address(), envelope).expect("an answer")
    }

    /// Where envelopes go, with the key.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}{}?sentry_key={}", self.worker.site(), self.ingest(), self.key())
    }

    /// `/api/1/envelope/`
    #[must_use]
    pub fn ingest(&self) -> String {
        format!("/api/{}/envelope/", self.id())
    }

    /// The number that the DSN ends with.
    #[must_use]
    pub fn id(&self) -> &str {
        self.dsn.rsplit('/').next().unwrap_or_default()
    }

    /// The public key in the DSN.
    ///
    /// # Panics
    /// When the DSN has none.
    #[must_use]
    pub fn key(&self) -> String {
        let key = self.dsn.split_once("://").and_then(|(_, rest)| rest.split_once('@'));
        key.context("a DSN with a key").expect(&self.dsn).0.to_owned()
    }
}

fn site_with(snippet: &str, app_js: &str) -> Site {
    Site::serve(&[("/", &shop_page(snippet)), ("/app.js", app_js)])
}

/// A page with `head` first and `/app.js` last, and a button.
#[must_use]
pub fn shop_page(head: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Shop</title>{head}</head>\
         <body><button id=\"buy\">Buy</button><script src=\"/app.js\"></script></body></html>"
    )
}
