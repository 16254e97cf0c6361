//! Names the version of the static files: `TRAPLINE_STATIC_VERSION`, 16 hexadecimal digits of what they hold. Pages ask for
//! `/static/app.css?v=…`, so that the files can be cached for a year and still change with a deploy.
//!
//! And makes a list of the JSON API out of its description, for `described.rs`: `GET,POST projects/*/keys` a line; and
//! migrations without their comments, for `migrate.rs`.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use serde_json::Value;

/// What `/static/` is made of.
const SOURCES: [&str; 3] = ["static", "styles", "scripts"];

fn main() -> io::Result<()> {
    let crate_dir = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let mut hash = FNV_OFFSET;
    for source in SOURCES {
        let dir = Path::new(&crate_dir).join("../www").join(source);
        hash = with_files_of(hash, &dir)?;
        println!("cargo:rerun-if-changed={}", dir.display());
    }
    println!("cargo:rustc-env=TRAPLINE_STATIC_VERSION={hash:016x}");
    println!("cargo:rerun-if-changed=askama.toml");
    let description = Path::new(&crate_dir).join("../www/openapi");
    println!("cargo:rerun-if-changed={}", description.display());
    let out_dir = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out_dir).join("described.txt"), described(&description)?)?;
    let migrations = Path::new(&crate_dir).join("migrations");
    println!("cargo:rerun-if-changed={}", migrations.display());
    for file in files_of(&migrations)? {
        let name = file.file_name().unwrap_or_default();
        fs::write(Path::new(&out_dir).join(name), compact(&fs::read_to_string(&file)?))?;
    }
    Ok(())
}

/// Without comments and indentation.
fn compact(sql: &str) -> String {
    let lines = sql.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("--"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// The paths under `/api/0/`, each with the methods that the description has of it.
fn described(dir: &Path) -> io::Result<String> {
    let mut lines = Vec::new();
    for file in files_of(dir)? {
        let part: Value = serde_json::from_slice(&fs::read(file)?)?;
        for (path, item) in part.get("paths").and_then(Value::as_object).into_iter().flatten() {
            let Some(path) = path.strip_prefix("/api/0/") else { continue };
            let segments = path.split('/').filter(|segment| !segment.is_empty());
            let segments = segments.map(|one| if one.starts_with('{') { "*" } else { one });
            let path = segments.collect::<Vec<_>>().join("/");
            let operations = item.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
            let methods = operations.filter(|name| METHODS.contains(name)).map(str::to_uppercase);
            lines.push(format!("{} {path}\n", methods.collect::<Vec<_>>().join(",")));
        }
    }
    lines.sort();
    Ok(lines.concat())
}

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// In the order of their names: the same on every machine.
fn files_of(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files =
        fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>()?;
    files.retain(|file| file.is_file());
    files.sort();
    Ok(files)
}

/// Names and contents of all files.
fn with_files_of(mut hash: u64, dir: &Path) -> io::Result<u64> {
    for file in &files_of(dir)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        hash = fnv1a(fnv1a(hash, name.as_bytes()), &fs::read(file)?);
    }
    Ok(hash)
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

fn fnv1a(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME))
}
