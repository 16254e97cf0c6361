//! Knowing that nothing has to be done: a step's inputs are hashed, and the hash is kept beside its outputs.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// A hash over all that a step depends on: files by path and content, settings by text.
#[derive(Debug, Clone)]
pub struct Inputs {
    root: PathBuf,
    hash: Sha256,
}

impl Inputs {
    /// Nothing yet. Paths given later are relative to `root`.
    #[must_use]
    pub fn within(root: &Path) -> Self {
        Self { root: root.to_path_buf(), hash: Sha256::new() }
    }

    /// A file, or a directory with all that is in it. What does not exist counts as empty.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn path(mut self, path: &str) -> io::Result<Self> {
        let full = self.root.join(path);
        for file in files_under(&full)? {
            self.hash.update(
                file.strip_prefix(&self.root).unwrap_or(&file).as_os_str().as_encoded_bytes(),
            );
            self.hash.update([0]);
            self.hash.update(Sha256::digest(fs::read(&file)?));
        }
        Ok(self)
    }

    /// A setting.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.hash.update(text.as_bytes());
        self.hash.update([0]);
        self
    }

    /// The first 16 hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> String {
        let bytes = self.hash.clone().finalize();
        bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Whether `stamp` holds `digest` and all `outputs` exist.
#[must_use]
pub fn is_fresh(stamp: &Path, digest: &str, outputs: &[PathBuf]) -> bool {
    fs::read_to_string(stamp).is_ok_and(|kept| kept == digest)
        && outputs.iter().all(|output| output.exists())
}

/// Keeps `digest`, after the step has succeeded.
///
/// # Errors
/// When the file cannot be written.
pub fn keep(stamp: &Path, digest: &str) -> io::Result<()> {
    if let Some(parent) = stamp.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(stamp, digest)
}

/// All files under a directory (or the file itself), sorted; empty when there is none.
///
/// # Errors
/// A directory that cannot be read.
pub fn files_under(path: &Path) -> io::Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut files = Vec::new();
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            files.extend(files_under(&entry?.path())?);
        }
        files.sort();
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_file_changes_the_digest() {
        let root = std::env::temp_dir().join(format!("trapline-stamp-{}", std::process::id()));
        fs::create_dir_all(root.join("a")).unwrap();
        fs::write(root.join("a/one"), "1").unwrap();
        let before = Inputs::within(&root).path("a").unwrap().digest();
        fs::rename(root.join("a/one"), root.join("a/two")).unwrap();
        let after = Inputs::within(&root).path("a").unwrap().digest();
        assert_ne!(before, after);
        fs::remove_dir_all(root).unwrap();
    }
}
