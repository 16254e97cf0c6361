//! The command line's grammar.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Source maps and wasm debug files for Trapline, and regrouping of its issues.
///
/// Settings come from flags, else from the environment, else from `.traplinerc` (TOML: url, token, project, release) in
/// this folder or one above it.
#[derive(Debug, Parser)]
#[command(name = "trapline", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Put debug IDs into the files of a build, digest their maps, and upload what the collector lacks
    Upload(Upload),
    /// Load a page's scripts, and say for each what a frame in it would resolve to, and if not, why
    Check(Check),
    /// Say which issues would join or split by the rules of now, make it so, or undo that
    Regroup(Regroup),
}

#[derive(Debug, Args)]
pub(crate) struct Upload {
    /// The folder that is deployed
    pub(crate) dist_folder: PathBuf,
    /// The release that the build belongs to, as told to `init`
    #[arg(long, env = "TRAPLINE_RELEASE")]
    pub(crate) release: Option<String>,
    /// Tells builds of one release apart
    #[arg(long)]
    pub(crate) dist: Option<String>,
    /// What stands before the folder's paths in URLs
    #[arg(long, default_value = "~/")]
    pub(crate) url_prefix: String,
    #[command(flatten)]
    pub(crate) collector: Collector,
    /// Leave out the text of sources that a wasm module's debug information names; else those below this folder go along
    #[arg(long)]
    pub(crate) no_sources: bool,
    /// Digest and show, but change and send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The page
    pub(crate) page: String,
    /// The release that the page runs
    #[arg(long, env = "TRAPLINE_RELEASE")]
    pub(crate) release: Option<String>,
    /// Tells builds of one release apart
    #[arg(long)]
    pub(crate) dist: Option<String>,
    #[command(flatten)]
    pub(crate) collector: Collector,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Regroup {
    #[command(flatten)]
    pub(crate) action: RegroupAction,
    #[command(flatten)]
    pub(crate) collector: Collector,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct RegroupAction {
    /// Look at all groups, and say what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Change what the last dry run has said
    #[arg(long)]
    pub(crate) apply: bool,
    /// Take back what was applied last
    #[arg(long)]
    pub(crate) undo: bool,
}

/// Where to, and who asks.
#[derive(Debug, Args)]
pub(crate) struct Collector {
    /// The origin of the dashboard, such as `https://trapline.example.com`
    #[arg(long, env = "TRAPLINE_URL")]
    pub(crate) url: Option<String>,
    /// A token with the scope for uploads, or for regrouping
    #[arg(long, env = "TRAPLINE_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// The project, by its slug or number
    #[arg(long, env = "TRAPLINE_PROJECT")]
    pub(crate) project: Option<String>,
}
