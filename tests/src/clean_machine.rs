//! The machine of somebody who only deploys: a copy of `deploy/` far from the repository, and a `PATH` that has Node, npm
//! and the shell that npm starts, but no Rust.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use xtask::paths::Paths;
use xtask::stamp::files_under;
use xtask::worker::{Installation, Options, Worker};

/// What `cargo xtask build` puts into `deploy/`.
const DEPLOYED: [&str; 6] =
    ["README.md", "assets", "package.json", "sign-in-key.mjs", "worker", "wrangler.toml"];

/// The folder and what runs in it. All of it is removed when this is dropped.
#[derive(Debug)]
pub struct CleanMachine {
    root: PathBuf,
    installation: Installation,
}

impl CleanMachine {
    /// With the repository's `node_modules`, as if `npm install` had just run.
    ///
    /// # Panics
    /// When the files cannot be laid out.
    #[must_use]
    pub fn installed(paths: &Paths, name: &str) -> Self {
        let machine = Self::fresh(paths, name);
        symlink(paths.root.join("node_modules"), machine.file("node_modules")).expect("a link");
        machine
    }

    /// Before `npm install`.
    ///
    /// # Panics
    /// When the files cannot be laid out.
    #[must_use]
    pub fn fresh(paths: &Paths, name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("trapline-{name}-{}", std::process::id()));
        let installation =
            Installation { directory: root.join("deploy"), path: root.join("bin").into() };
        let machine = Self { root, installation };
        machine.lay_out(&paths.deploy).expect("a copy of deploy/");
        machine
    }

    /// A file of the folder.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.installation.directory.join(name)
    }

    /// Runs wrangler to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn wrangler(&self, arguments: &[&str]) -> Output {
        self.installation.wrangler().args(arguments).output().expect("node")
    }

    /// Runs npm to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn npm(&self, arguments: &[&str]) -> Output {
        self.installation.program("npm").args(arguments).output().expect("npm")
    }

    /// `wrangler dev`, with the folder's own database.
    ///
    /// # Panics
    /// When it does not answer.
    #[must_use]
    pub fn start(&self, variables: &[(&str, &str)]) -> Worker {
        let variable = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let options = Options {
            state: self.file("state"),
            log: self.file("wrangler.log"),
            port: None,
            variables: variables.iter().map(variable).collect(),
            config: None,
        };
        Worker::start_installed(&self.installation, &options).expect("a Worker")
    }

    fn lay_out(&self, deploy: &Path) -> Result<()> {
        let programs = self.root.join("bin");
        fs::create_dir_all(&programs)?;
        let node = Command::new("node").args(["-p", "process.execPath"]).output()?.stdout;
        symlink(String::from_utf8(node)?.trim(), programs.join("node"))?;
        for name in ["npm", "sh"] {
            symlink(on_path(name)?, programs.join(name))?;
        }
        // Not what a developer's own deployment left there.
        for name in DEPLOYED {
            let files = files_under(&deploy.join(name))?;
            ensure!(!files.is_empty(), "deploy/ has no {name}");
            for file in files {
                let copy = self.file(&file.strip_prefix(deploy)?.to_string_lossy());
                fs::create_dir_all(copy.parent().context("a folder")?)?;
                fs::copy(&file, copy)?;
            }
        }
        Ok(())
    }
}

impl Drop for CleanMachine {
    fn drop(&mut self) {
        // A link inside is removed, not followed.
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// The file that a program of this machine is.
fn on_path(program: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).map(|place| place.join(program));
    let found = places.find(|place| place.is_file());
    Ok(fs::canonicalize(found.with_context(|| format!("{program} is not on PATH"))?)?)
}
