//! A table's bytes: from the isolate's memory, else from KV.

use std::cell::RefCell;
use std::rc::Rc;

use worker::Env;

use super::find::Found;
use super::kv::{Kv, KvError};

/// What an isolate keeps of tables that it has read, in bytes: of 128 MB, beside what a request needs.
const MAX_KEPT: usize = 24 * 1024 * 1024;

/// A larger table would push out all others.
const MAX_KEPT_TABLE: usize = MAX_KEPT / 2;

/// Tables that were read, the one used last at the end. A few dozen at most.
#[derive(Default)]
struct Kept {
    bytes: usize,
    tables: Vec<(String, Rc<[u8]>)>,
}

thread_local! {
    static KEPT: RefCell<Kept> = RefCell::default();
}

/// A key in KV.
pub(super) fn pack_key(project_id: u32, pack: &str) -> String {
    format!("pack/{project_id}/{pack}")
}

/// The bytes of a table: one read of KV, or none.
///
/// # Errors
/// [`KvError::Later`] where the database knows of a pack that KV does not have here yet: never "no".
pub async fn load(env: &Env, project_id: u32, found: &Found) -> Result<Rc<[u8]>, KvError> {
    if let Some(table) = KEPT.with_borrow_mut(|kept| kept.recall(&found.table)) {
        return Ok(table);
    }
    let pack = Kv::open(env)?.get(&pack_key(project_id, &found.pack)).await?;
    let end = found.offset.saturating_add(found.length);
    let slice = pack.get(found.offset..end).ok_or_else(|| KvError::Failed {
        reason: format!("the pack has {} bytes, the table ends at {end}", pack.len()),
    })?;
    let table: Rc<[u8]> = slice.into();
    KEPT.with_borrow_mut(|kept| kept.keep(&found.table, &table));
    Ok(table)
}

impl Kept {
    fn recall(&mut self, hash: &str) -> Option<Rc<[u8]>> {
        let index = self.tables.iter().position(|(kept, _)| kept == hash)?;
        let entry = self.tables.remove(index);
        let table = Rc::clone(&entry.1);
        self.tables.push(entry);
        Some(table)
    }

    fn keep(&mut self, hash: &str, table: &Rc<[u8]>) {
        let is_kept = self.tables.iter().any(|(kept, _)| kept == hash);
        if is_kept || table.len() > MAX_KEPT_TABLE {
            return;
        }
        self.bytes += table.len();
        self.tables.push((hash.to_owned(), Rc::clone(table)));
        while self.bytes > MAX_KEPT && !self.tables.is_empty() {
            let (_, oldest) = self.tables.remove(0);
            self.bytes -= oldest.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_forgets_what_was_not_used() {
        let mut kept = Kept::default();
        let table: Rc<[u8]> = vec![0; MAX_KEPT / 4].into();
        for hash in ["a", "b", "c", "d"] {
            kept.keep(hash, &table);
        }
        assert!(kept.recall("a").is_some());
        kept.keep("e", &table);
        assert!(kept.recall("b").is_none(), "the one not used");
        assert!(kept.recall("a").is_some());
        kept.keep("large", &vec![0; MAX_KEPT_TABLE + 1].into());
        assert!(kept.recall("large").is_none());
        kept.keep("a", &table);
        assert_eq!(kept.bytes, MAX_KEPT);
    }
}
