//! `cargo xtask deploy`: builds, and puts the result on the domain that `wrangler` is logged in to. An upgrade is the same.
//!
//! What follows `deploy` goes to `wrangler deploy` as it is: `cargo xtask deploy --dry-run`, `… --env staging`.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::build;
use crate::paths::Paths;
use crate::progress::{Progress, Say};
use crate::run::run;
use crate::stamp::{self, Inputs};

/// Options of `wrangler deploy` that say which Worker is meant: whoever asks for its secrets has to say the same.
const WHICH: [&str; 3] = ["--env", "-e", "--name"];

/// Builds, deploys, and prints what to do next.
///
/// # Errors
/// The first step that fails: one sentence, and what to do.
pub fn deploy(paths: &Paths, arguments: &[String]) -> Result<()> {
    let progress = Progress::over(build::STEPS + 1);
    build::build(paths, &progress)?;
    progress.step("wrangler in deploy/", |say| install_wrangler(paths, say))?;
    println!();
    // With the terminal, and in the terminal's own process group: it logs in, and asks which account is meant.
    let status = wrangler(paths).arg("deploy").args(arguments).status();
    let status = status.context("node could not be started")?;
    if !status.success() {
        bail!("wrangler deploy failed ({status}): fix what it says above, then run this again");
    }
    if arguments.iter().any(|argument| argument == "--dry-run") {
        println!("\nNothing was deployed.");
        return Ok(());
    }
    let secrets = wrangler(paths)
        .args(["secret", "list", "--format", "json"])
        .args(which(arguments))
        .stdin(Stdio::null())
        .output()?;
    println!("\n{}", next(has_secret(&secrets.stdout)));
    Ok(())
}

/// The one that `deploy/package.json` names: a folder that was deployed from is as a user has it.
fn install_wrangler(paths: &Paths, say: &Say) -> Result<()> {
    let digest = Inputs::within(&paths.deploy).path("package.json")?.digest();
    let stamp = paths.deploy.join("node_modules/.trapline-stamp");
    if stamp::is_fresh(&stamp, &digest, &[paths.deploy.join(WRANGLER)]) {
        say.note("up to date");
        return Ok(());
    }
    run(
        Command::new("npm").args(["install", "--no-audit", "--no-fund"]).current_dir(&paths.deploy),
        say,
        "check the network and the npm registry's address (npm config get registry), then run it again",
    )?;
    Ok(stamp::keep(&stamp, &digest)?)
}

/// Below the folder that is deployed from.
const WRANGLER: &str = "node_modules/wrangler/bin/wrangler.js";

fn wrangler(paths: &Paths) -> Command {
    let mut command = Command::new("node");
    command.arg(WRANGLER).current_dir(&paths.deploy);
    command
}

/// `--env staging`, `--env=staging`
fn which(arguments: &[String]) -> Vec<&str> {
    let mut kept = Vec::new();
    let mut arguments = arguments.iter().map(String::as_str);
    while let Some(argument) = arguments.next() {
        let name = argument.split('=').next().unwrap_or_default();
        if WHICH.contains(&name) {
            kept.push(argument);
            kept.extend(arguments.next().filter(|_| name == argument));
        }
    }
    kept
}

/// Whether `[{"name": "SETUP_SECRET", "type": "secret_text"}]` names it; `None` when that is no such list.
fn has_secret(listed: &[u8]) -> Option<bool> {
    let listed: Value = serde_json::from_slice(listed).ok()?;
    let is_ours = |secret: &Value| secret.get("name")?.as_str().map(|name| name == "SETUP_SECRET");
    Some(listed.as_array()?.iter().any(|secret| is_ours(secret) == Some(true)))
}

fn next(has_secret: Option<bool>) -> &'static str {
    match has_secret {
        Some(true) => {
            "Deployed. The first time, open /setup on the address above; after an upgrade there is nothing more to do."
        }
        Some(false) => {
            "Deployed. It has no SETUP_SECRET yet, so nobody can claim it. Set one of at least 20 characters:\n\n  \
             cd deploy && npx wrangler secret put SETUP_SECRET\n\n\
             Then open /setup on the address above."
        }
        None => {
            "Deployed. Whether SETUP_SECRET is set could not be found out (cd deploy && npx wrangler secret list).\n\
             Without it /setup on the address above says how to set it."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_asked_of_the_worker_that_was_deployed() {
        let check = |given: &[&str], expected: &[&str]| {
            let given: Vec<String> = given.iter().map(|&argument| argument.to_owned()).collect();
            assert_eq!(which(&given), expected);
        };
        check(&[], &[]);
        check(&["--minify", "--env", "staging"], &["--env", "staging"]);
        check(&["--name=shop", "--keep-vars"], &["--name=shop"]);
        check(&["-e"], &["-e"]);
    }

    #[test]
    fn a_missing_secret_is_seen() {
        let check = |listed: &str, expected| assert_eq!(has_secret(listed.as_bytes()), expected);
        check(r#"[{"name":"OTHER","type":"secret_text"},{"name":"SETUP_SECRET"}]"#, Some(true));
        check(r#"[{"name":"OTHER"},{}]"#, Some(false));
        check("[]", Some(false));
        check("You are not logged in", None);
    }
}
