//! The section `name`: functions by index.
//!
//! ```text
//! name    = { kind:u8 size:leb content }
//! functions (kind 1) = count:leb { index:leb name:vec(byte) }
//! ```
//! A name that is no UTF-8 is left out; what is truncated ends the list.

use std::collections::BTreeMap;

use super::module::{Module, Reader};

const FUNCTIONS: u8 = 1;

/// Names of functions as the linker wrote them; where there are none, those of exports.
pub(super) fn functions<'a>(module: &Module<'a>) -> BTreeMap<u32, &'a str> {
    let mut names: BTreeMap<u32, &str> = module.exports().into_iter().collect();
    let mut reader = Reader { bytes: module.custom("name").unwrap_or_default(), at: 0 };
    while let Some((kind, content)) = subsection(&mut reader) {
        if kind == FUNCTIONS {
            let mut entries = Reader { bytes: content, at: 0 };
            let count = entries.leb().unwrap_or(0);
            for _ in 0..count {
                let Some((index, name)) = entry(&mut entries) else { break };
                names.extend(name.map(|name| (index, name)));
            }
        }
    }
    names
}

fn subsection<'a>(reader: &mut Reader<'a>) -> Option<(u8, &'a [u8])> {
    let kind = reader.byte()?;
    let size = reader.leb()? as usize;
    let end = reader.at.checked_add(size)?;
    let content = reader.bytes.get(reader.at..end)?;
    reader.at = end;
    Some((kind, content))
}

fn entry<'a>(reader: &mut Reader<'a>) -> Option<(u32, Option<&'a str>)> {
    let index = reader.leb()?;
    let length = reader.leb()? as usize;
    let end = reader.at.checked_add(length)?;
    let bytes = reader.bytes.get(reader.at..end)?;
    reader.at = end;
    Some((index, std::str::from_utf8(bytes).ok().filter(|name| !name.is_empty())))
}
