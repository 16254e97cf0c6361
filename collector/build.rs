//! Names the version of the static files: `TRAPLINE_STATIC_VERSION`, 16 hexadecimal digits of what they hold.
//!
//! Pages ask for `/static/app.css?v=…`, so that the files can be cached for a year and still change with a deploy.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

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
    Ok(())
}

/// Names and contents of all files, in the order of their names: the same on every machine.
fn with_files_of(mut hash: u64, dir: &Path) -> io::Result<u64> {
    let mut files =
        fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>()?;
    files.sort();
    for file in files.iter().filter(|file| file.is_file()) {
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
