//! Bugsink on this machine, as its own templates set it up for production on one server: SQLite, gunicorn for requests,
//! snappea for what is digested after the answer. Installed once into `target/tools/bugsink`; it listens on loopback alone.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, OpenFlags};
use xtask::group::Group;
use xtask::paths::Paths;
use xtask::run::{poll, tail};
use xtask::worker::http;

use xtask::processes::{self, Usage};

/// What is installed.
pub(crate) const BUGSINK: &str = "bugsink==2.6.2";

/// A first start compiles all of Django.
const PATIENCE: Duration = Duration::from_secs(60);

/// Behind what `bugsink-create-conf --template=singleserver` writes. Limits of events are lifted, or the bench would be
/// one of refusals; nothing is told to its makers.
const SETTINGS: &str = r#"
ALLOWED_HOSTS = ["127.0.0.1"]
BUGSINK["PHONEHOME"] = False
for scope in ["", "PER_PROJECT_"]:
    for span in ["5_MINUTES", "HOUR", "MONTH"]:
        BUGSINK[f"MAX_EVENTS_{scope}PER_{span}"] = 1_000_000_000
"#;

/// Prints the key of a new project.
const MAKE_PROJECT: &str = "from projects.models import Project; \
                            print('key', Project.objects.create(name='bench').sentry_key.hex)";

/// A running installation. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Bugsink {
    /// gunicorn with its workers, and snappea.
    groups: [Group; 2],
    state: PathBuf,
    /// Where envelopes go.
    pub(crate) url: String,
    pub(crate) dsn: String,
}

impl Bugsink {
    /// Installs it where it is not, and starts it on an empty database.
    pub(crate) fn start(paths: &Paths) -> Result<Self> {
        let programs = installed(paths)?;
        let state = paths.target.join("bench/bugsink");
        if state.exists() {
            fs::remove_dir_all(&state)?;
        }
        fs::create_dir_all(&state)?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let tool = |name: &str| {
            let mut command = Command::new(programs.join(name));
            command.current_dir(&state).env("PYTHONUNBUFFERED", "1");
            command
        };
        printed(tool("bugsink-create-conf").args([
            "--template=singleserver",
            "--host=127.0.0.1",
            &format!("--port={port}"),
            "--output-file=bugsink_conf.py",
            &format!("--base-dir={}", state.display()),
        ]))?;
        let conf = state.join("bugsink_conf.py");
        let base = format!("BUGSINK[\"BASE_URL\"] = \"http://127.0.0.1:{port}\"\n");
        fs::write(&conf, fs::read_to_string(&conf)? + SETTINGS + &base)?;
        printed(tool("bugsink-manage").arg("migrate"))?;
        printed(tool("bugsink-manage").args(["migrate", "snappea", "--database=snappea"]))?;
        let said = printed(tool("bugsink-manage").args(["shell", "-c", MAKE_PROJECT]))?;
        let key = said.lines().find_map(|line| line.strip_prefix("key "));
        let key = key.with_context(|| format!("no project was made: {said}"))?;
        let log = |name: &str| File::create(state.join(name));
        let (web, work) = (log("gunicorn.log")?, log("snappea.log")?);
        let mut gunicorn = tool("gunicorn");
        gunicorn
            .arg("--config")
            .arg(package(&programs)?.join("gunicorn.docker.conf.py"))
            .args(["--bind", &format!("127.0.0.1:{port}"), "bugsink.wsgi"])
            .stdout(web.try_clone()?)
            .stderr(web);
        let mut snappea = tool("bugsink-runsnappea");
        snappea.stdout(work.try_clone()?).stderr(work);
        let groups = [Group::spawn(&mut gunicorn)?, Group::spawn(&mut snappea)?];
        let site = format!("http://127.0.0.1:{port}");
        let answers = || http().get(format!("{site}/health/ready")).call().ok();
        poll(PATIENCE, answers).with_context(|| {
            format!("Bugsink does not answer: {}", tail(&state.join("gunicorn.log"), 20))
        })?;
        let dsn = format!("http://{key}@127.0.0.1:{port}/1");
        Ok(Self { groups, state, url: format!("{site}/api/1/envelope/"), dsn })
    }

    /// Events digested so far.
    pub(crate) fn digested(&self) -> Result<u64> {
        let file = self.state.join("db.sqlite3");
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(Duration::from_secs(30))?;
        let sql = "SELECT sum(digested_event_count) FROM projects_project";
        Ok(u64::try_from(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?)?)
    }

    /// Of all its processes.
    pub(crate) fn usage(&self) -> Option<Usage> {
        let [web, work] = &self.groups;
        let (web, work) = (usage(web)?, usage(work)?);
        Some(Usage {
            cpu_ms: web.cpu_ms + work.cpu_ms,
            peak_mib: web.peak_mib + work.peak_mib,
            resident_mib: web.resident_mib + work.resident_mib,
            proportional_mib: web.proportional_mib + work.proportional_mib,
        })
    }
}

fn usage(group: &Group) -> Option<Usage> {
    processes::usage_of(group.id(), |_| true)
}

/// Where its programs are.
fn installed(paths: &Paths) -> Result<PathBuf> {
    let folder = paths.target.join("tools/bugsink");
    let (programs, stamp) = (folder.join("bin"), folder.join("installed"));
    if fs::read_to_string(&stamp).is_ok_and(|version| version == BUGSINK) {
        return Ok(programs);
    }
    println!("installing {BUGSINK}");
    printed(Command::new("python3").args(["-m", "venv"]).arg(&folder)).context("no venv")?;
    printed(Command::new(programs.join("python")).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        BUGSINK,
    ]))
    .context("pip cannot install it")?;
    fs::write(stamp, BUGSINK)?;
    Ok(programs)
}

/// The Python package: its settings for gunicorn lie in it.
fn package(programs: &Path) -> Result<PathBuf> {
    let library = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let library = printed(Command::new(programs.join("python")).args(["-c", library]))?;
    Ok(PathBuf::from(library.trim()).join("bugsink"))
}

/// What a program prints that has to succeed.
fn printed(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?} could not be started"))?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(output.status.success(), "{command:?}: {}", said(&output.stderr));
    Ok(said(&output.stdout))
}
