//! Where things are. All that is made lies under `target/` and `deploy/`; both may be deleted at any time.

use std::env;
use std::path::PathBuf;

/// The directories that every command works in. All paths are absolute.
#[derive(Debug, Clone)]
pub struct Paths {
    /// The repository.
    pub root: PathBuf,
    /// Cargo's output, tools, stamps, logs: `target/`, or what `CARGO_TARGET_DIR` says.
    pub target: PathBuf,
    /// What is deployed: `deploy/`.
    pub deploy: PathBuf,
}

impl Paths {
    /// The repository that cargo runs this program for; it may have been built in another folder, whose target was copied.
    #[must_use]
    pub fn of_this_repository() -> Self {
        let here = env::var_os("CARGO_MANIFEST_DIR");
        let here = here.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = here.parent().unwrap_or(&here).to_path_buf();
        // `join` keeps an absolute path as it is.
        let target = root.join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
        Self { deploy: root.join("deploy"), root, target }
    }

    /// A program that npm installed for this repository, such as `esbuild/bin/esbuild`.
    #[must_use]
    pub fn node_module(&self, path: &str) -> PathBuf {
        self.root.join("node_modules").join(path)
    }
}
