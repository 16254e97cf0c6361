//! The sections of a module, as far as they are needed.
//!
//! ```text
//! module  = "\0asm" 1:u32 { section }
//! section = id:u8 size:leb content            custom (0): name:vec(byte) content
//! code    (10) = count:leb { size:leb body }
//! import  (2)  = count:leb { module:name name:name kind:u8 … }
//! export  (7)  = count:leb { name:name kind:u8 index:leb }
//! ```

use sha2::{Digest as _, Sha256};

/// Why bytes are no module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotWasm {
    /// They begin with something else.
    #[error("it is no WebAssembly module")]
    Foreign,
    /// A component, or a version that does not exist yet.
    #[error("it is no core WebAssembly module of version 1")]
    Version,
    /// They end before what they promise, or contradict themselves.
    #[error("it is truncated or damaged at byte {0:#x}")]
    Damaged(usize),
}

const CUSTOM: u8 = 0;
const IMPORT: u8 = 2;
const EXPORT: u8 = 7;
const CODE: u8 = 10;
/// Far more than engines allow.
const MAX_FUNCTIONS: usize = 1 << 20;

/// A section: where it begins, and its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Section<'a> {
    pub(super) id: u8,
    /// Of custom sections alone.
    pub(super) name: &'a str,
    /// Offset of the ID.
    pub(super) start: usize,
    /// Offset behind the section.
    pub(super) end: usize,
    /// Offset of the content; of a custom section, behind the name.
    pub(super) content_start: usize,
    pub(super) content: &'a [u8],
}

/// A module, read as far as its functions.
#[derive(Debug, Clone)]
pub struct Module<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) sections: Vec<Section<'a>>,
    /// Functions that are imported: they come first in the numbering.
    pub(super) imported: u32,
    /// Of each function with a body: offset of its first byte (its locals) and behind its last one.
    pub(super) bodies: Vec<(usize, usize)>,
}

impl<'a> Module<'a> {
    /// Reads a module's directory.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, NotWasm> {
        if bytes.get(..4) != Some(b"\0asm") {
            return Err(NotWasm::Foreign);
        }
        if bytes.get(4..8) != Some(&[1, 0, 0, 0]) {
            return Err(NotWasm::Version);
        }
        let mut module = Self { bytes, sections: Vec::new(), imported: 0, bodies: Vec::new() };
        let mut reader = Reader { bytes, at: 8 };
        while reader.at < bytes.len() {
            let at = reader.at;
            module.section(&mut reader).ok_or(NotWasm::Damaged(at))?;
        }
        Ok(module)
    }

    fn section(&mut self, reader: &mut Reader<'a>) -> Option<()> {
        let start = reader.at;
        let id = reader.byte()?;
        let size = reader.leb()? as usize;
        let end = reader.at.checked_add(size)?;
        let bytes = self.bytes.get(..end)?;
        let mut inner = Reader { bytes, at: reader.at };
        let name = if id == CUSTOM { inner.name()? } else { "" };
        let content = bytes.get(inner.at..)?;
        self.sections.push(Section { id, name, start, end, content_start: inner.at, content });
        match id {
            IMPORT => self.imported = imported_functions(&mut inner)?,
            CODE => self.bodies = bodies(&mut inner)?,
            _ => {}
        }
        reader.at = end;
        Some(())
    }

    /// How many functions are imported: they come first in the numbering.
    #[must_use]
    pub fn imported(&self) -> usize {
        self.imported as usize
    }

    /// The functions that are not imported, in their order: each its locals and its code.
    pub fn bodies(&self) -> impl Iterator<Item = &'a [u8]> {
        let bytes = self.bytes;
        self.bodies.iter().map(move |&(start, end)| bytes.get(start..end).unwrap_or_default())
    }

    /// The content of a custom section; of several of one name, the first.
    #[must_use]
    pub fn custom(&self, name: &str) -> Option<&'a [u8]> {
        let is_it = |section: &&Section<'_>| section.id == CUSTOM && section.name == name;
        self.sections.iter().find(is_it).map(|section| section.content)
    }

    /// The code section: the offset of its content, and that.
    pub(super) fn code(&self) -> Option<(usize, &'a [u8])> {
        let section = self.sections.iter().find(|section| section.id == CODE)?;
        Some((section.content_start, section.content))
    }

    /// Functions that are exported: index and name.
    pub(super) fn exports(&self) -> Vec<(u32, &'a str)> {
        let section = self.sections.iter().find(|section| section.id == EXPORT);
        let mut exports = Vec::new();
        if let Some(section) = section {
            let mut reader = Reader { bytes: section.content, at: 0 };
            let count = reader.leb().unwrap_or(0);
            for _ in 0..count {
                let Some((name, kind, index)) = export(&mut reader) else { break };
                if kind == 0 {
                    exports.push((index, name));
                }
            }
        }
        exports
    }

    /// The bytes of the section `build_id`: linkers write their number in front, other tools do not.
    #[must_use]
    pub fn build_id(&self) -> Option<&'a [u8]> {
        let content = self.custom("build_id").filter(|content| content.len() >= 8)?;
        let rest = content.get(1..)?;
        let is_counted = content.first().copied().map(usize::from) == Some(rest.len())
            && [8, 16, 20, 32].contains(&rest.len());
        Some(if is_counted { rest } else { content })
    }

    /// Where a map of it is, if it says so.
    #[must_use]
    pub fn source_mapping_url(&self) -> Option<&'a str> {
        let content = self.custom("sourceMappingURL")?;
        Reader { bytes: content, at: 0 }.name()
    }

    /// Where its debug information is, if it says so.
    #[must_use]
    pub fn external_debug_info(&self) -> Option<&'a str> {
        let content = self.custom("external_debug_info")?;
        Reader { bytes: content, at: 0 }.name()
    }

    /// What events call this very module: the first 16 bytes of its build ID, or of the SHA-256 of its bytes.
    #[must_use]
    pub fn debug_id(&self) -> [u8; 16] {
        let mut id = [0; 16];
        match self.build_id() {
            Some(build_id) => copy(&mut id, build_id),
            None => copy(&mut id, &Sha256::digest(self.bytes)),
        }
        id
    }
}

/// What events call the module with these bytes.
///
/// # Errors
/// Why they are no module.
pub fn debug_id_of(bytes: &[u8]) -> Result<[u8; 16], NotWasm> {
    Ok(Module::parse(bytes)?.debug_id())
}

fn copy(to: &mut [u8; 16], from: &[u8]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
}

fn export<'a>(reader: &mut Reader<'a>) -> Option<(&'a str, u8, u32)> {
    Some((reader.name()?, reader.byte()?, reader.leb()?))
}

/// Counts them; of the others, the types are skipped.
fn imported_functions(reader: &mut Reader<'_>) -> Option<u32> {
    let mut functions = 0_u32;
    for _ in 0..reader.leb()? {
        reader.name()?;
        reader.name()?;
        match reader.byte()? {
            0 => {
                reader.leb()?;
                functions = functions.checked_add(1)?;
            }
            1 => {
                // A reference type of the newer kind is a byte and a heap type.
                if matches!(reader.byte()?, 0x63 | 0x64) {
                    reader.leb()?;
                }
                limits(reader)?;
            }
            2 => limits(reader)?,
            3 => {
                if matches!(reader.byte()?, 0x63 | 0x64) {
                    reader.leb()?;
                }
                reader.byte()?;
            }
            4 => {
                reader.byte()?;
                reader.leb()?;
            }
            _ => return None,
        }
    }
    Some(functions)
}

fn limits(reader: &mut Reader<'_>) -> Option<()> {
    let flags = reader.byte()?;
    reader.long()?;
    if flags & 1 != 0 {
        reader.long()?;
    }
    // A custom page size.
    if flags & 8 != 0 {
        reader.leb()?;
    }
    Some(())
}

fn bodies(reader: &mut Reader<'_>) -> Option<Vec<(usize, usize)>> {
    let count = reader.leb()? as usize;
    let mut bodies = Vec::with_capacity(count.min(MAX_FUNCTIONS));
    for _ in 0..count.min(MAX_FUNCTIONS) {
        let size = reader.leb()? as usize;
        let end = reader.at.checked_add(size).filter(|end| *end <= reader.bytes.len())?;
        bodies.push((reader.at, end));
        reader.at = end;
    }
    Some(bodies)
}

/// Reads from bytes, at an offset of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// An unsigned LEB128 number of 32 bits.
    pub(super) fn leb(&mut self) -> Option<u32> {
        u32::try_from(self.long()?).ok()
    }

    fn long(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn name(&mut self) -> Option<&'a str> {
        let length = self.leb()? as usize;
        let end = self.at.checked_add(length)?;
        let bytes = self.bytes.get(self.at..end)?;
        self.at = end;
        std::str::from_utf8(bytes).ok()
    }
}
