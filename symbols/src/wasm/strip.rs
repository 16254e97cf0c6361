//! A module as it is served: without what only tools read. The code keeps every byte, and its place in the file unless
//! something stood before it; so debug information from before goes on to fit.

use super::module::{Module, NotWasm};

/// Custom sections that are there for tools: names, debug information, how it was made.
fn is_for_tools(name: &str) -> bool {
    name.starts_with(".debug_")
        || name.starts_with("reloc.")
        || ["name", "producers", "linking", "sourceMappingURL", "external_debug_info"]
            .contains(&name)
}

/// The module without names and debug information; `build_id` stays.
///
/// # Errors
/// Why the bytes are no module.
pub fn stripped(bytes: &[u8]) -> Result<Vec<u8>, NotWasm> {
    let module = Module::parse(bytes)?;
    let mut out = bytes.get(..8).unwrap_or_default().to_vec();
    for section in &module.sections {
        if section.id != 0 || !is_for_tools(section.name) {
            out.extend_from_slice(bytes.get(section.start..section.end).unwrap_or_default());
        }
    }
    Ok(out)
}

/// The module with a section `build_id` of these bytes at its end, as linkers write it; unchanged if it has one.
///
/// # Errors
/// Why the bytes are no module.
pub fn with_build_id(bytes: &[u8], build_id: [u8; 16]) -> Result<Vec<u8>, NotWasm> {
    let mut out = bytes.to_vec();
    if Module::parse(bytes)?.build_id().is_none() {
        const NAME: &[u8] = b"build_id";
        // ID, size of what follows, name with its length, content with its length: all below 128.
        out.extend([0, 1 + 8 + 1 + 16, 8]);
        out.extend(NAME);
        out.push(16);
        out.extend(build_id);
    }
    Ok(out)
}
