//! The digest itself: which source of information is used, and how it becomes ranges of code.

use std::collections::{BTreeMap, HashMap};

use super::frame::tidy_name;
use super::module::Module;
use super::{Refused, names};
use crate::map::{self, NONE, is_library};
use crate::table::{CodeRange, Function, Inlined, Kind, MAX_SOURCE_BYTES, Writer};

/// A module, and what belongs to it.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// How messages and the table call it: `~/assets/app_bg.wasm`.
    pub name: &'a str,
    /// The module as it is served.
    pub served: &'a [u8],
    /// The same module with names and debug information, if that is another file.
    pub debug: Option<&'a [u8]>,
    /// Its source map, if it has one.
    pub map: Option<&'a [u8]>,
    /// Bytes of memory that there are for the map.
    pub memory_bytes: usize,
    /// The text of a source, by its path as the compiler wrote it; asked once for each source of the owner's own that DWARF
    /// names. A source map has the texts itself.
    pub source: fn(&str) -> Option<String>,
}

/// For [`Input::source`]: no texts.
#[must_use]
pub fn no_source(_path: &str) -> Option<String> {
    None
}

/// What became of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// The table's bytes.
    pub table: Vec<u8>,
    /// What events call the served module.
    pub debug_id: [u8; 16],
    /// How many functions have a name.
    pub names: u32,
    /// How many source files its code comes from; 0 if only names are known.
    pub sources: u32,
    /// How many of them have their text.
    pub contents: u32,
}

/// A frame before strings have numbers; function names are as the debug information has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) function: String,
    /// Tidied; empty if unknown.
    pub(super) path: String,
    /// As the compiler wrote it, of the owner's own; empty in a source map.
    pub(super) compiled: String,
    pub(super) in_app: bool,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// Makes the table: from DWARF, or the source map, or names alone.
///
/// # Errors
/// Why the module is refused.
pub fn digest(input: &Input<'_>) -> Result<Digest, Refused> {
    let file = || input.name.to_owned();
    let module =
        |bytes| Module::parse(bytes).map_err(|reason| Refused::Module { file: file(), reason });
    let served = module(input.served)?;
    let debug = input.debug.map(module).transpose()?;
    if debug.as_ref().is_some_and(|debug| !is_same_code(debug, &served)) {
        return Err(Refused::OtherBuild { file: file() });
    }
    let described = debug.as_ref().unwrap_or(&served);
    let function_names = names::functions(described);
    let debug_id = served.debug_id();
    let writer = Writer::new(Kind::Wasm, input.name, Some(debug_id));
    let mut tables = Tables::new(writer, input.source);
    let has_code = ranges(input, described, &served, &function_names, &mut tables)?;
    // Exports alone are no names: they are there in what is stripped too.
    if !has_code && described.custom("name").is_none() {
        return Err(Refused::Stripped { file: file() });
    }
    let names = tables.functions(&served, &function_names);
    let sources = u32::try_from(tables.sources.len()).unwrap_or(u32::MAX);
    let contents = tables.contents;
    Ok(Digest { table: tables.writer.finish(), debug_id, names, sources, contents })
}

fn is_same_code(one: &Module<'_>, other: &Module<'_>) -> bool {
    one.imported == other.imported
        && one.code().map(|(_, code)| code) == other.code().map(|(_, code)| code)
}

/// Writes ranges of code from the best that there is. Says whether there was something.
fn ranges(
    input: &Input<'_>,
    described: &Module<'_>,
    served: &Module<'_>,
    names: &BTreeMap<u32, &str>,
    tables: &mut Tables,
) -> Result<bool, Refused> {
    #[cfg(feature = "dwarf")]
    if let Some((start, _)) = served.code() {
        let damaged = |reason: gimli::Error| Refused::Dwarf {
            file: input.name.to_owned(),
            reason: reason.to_string(),
        };
        let found = super::dwarf::ranges(described, |address, frames| {
            // Damage may name any address.
            tables.range(start.saturating_add(address), frames);
        });
        if found.map_err(damaged)? {
            return Ok(true);
        }
    }
    #[cfg(not(feature = "dwarf"))]
    let _ = described;
    let Some(map) = input.map else { return Ok(false) };
    let refused = |reason| Refused::Map { file: input.name.to_owned(), reason };
    let mut map = map::parse(map, input.memory_bytes).map_err(refused)?;
    let tidied = map.sources.iter().map(|source| map::tidy_path(&source.path));
    let tidied: Vec<_> = tidied.map(|path| super::tidy_path(&path, &[])).collect();
    for (source, (path, _)) in map.sources.iter_mut().zip(&tidied) {
        tables.texts.extend(source.content.take().map(|text| (path.clone(), text)));
    }
    let name_of = |offset: usize| {
        let after = served.bodies.partition_point(|(start, _)| *start <= offset);
        let index = after
            .checked_sub(1)
            .filter(|at| served.bodies.get(*at).is_some_and(|(_, end)| offset < *end))?;
        names.get(&(served.imported + u32::try_from(index).ok()?))
    };
    for mapping in map.mappings.iter().filter(|mapping| mapping.line == 0) {
        let offset = mapping.column as usize;
        let number = Some(mapping.source as usize).filter(|_| mapping.source != NONE);
        let source = number.and_then(|number| map.sources.get(number).zip(tidied.get(number)));
        let frames = source.map(|(source, (path, in_app))| Found {
            function: name_of(offset).copied().unwrap_or_default().to_owned(),
            in_app: *in_app && !source.ignored && !is_library(path),
            path: path.clone(),
            compiled: String::new(),
            line: mapping.source_line.saturating_add(1),
            column: mapping.source_column.saturating_add(1),
        });
        tables.range(offset, &frames.into_iter().collect::<Vec<_>>());
    }
    Ok(!map.mappings.is_empty())
}

/// The table in the making, and the numbers given out.
struct Tables {
    writer: Writer,
    sources: HashMap<String, u32>,
    tidied: HashMap<String, u32>,
    last: Vec<Inlined>,
    /// By tidied path, what a source map has.
    texts: HashMap<String, String>,
    source: fn(&str) -> Option<String>,
    contents: u32,
}

impl Tables {
    fn new(writer: Writer, source: fn(&str) -> Option<String>) -> Self {
        let (sources, tidied, texts) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { writer, sources, tidied, last: Vec::new(), texts, source, contents: 0 }
    }

    fn text_of(&mut self, frame: &Found) -> Option<String> {
        let of_own = || (!frame.compiled.is_empty()).then(|| (self.source)(&frame.compiled))?;
        let text = self.texts.remove(&frame.path).or_else(of_own);
        text.filter(|text| text.len() <= MAX_SOURCE_BYTES)
    }

    /// From `offset` on, code comes from these frames, innermost first.
    fn range(&mut self, offset: usize, frames: &[Found]) {
        let frames: Vec<Inlined> = frames.iter().map(|frame| self.numbers_of(frame)).collect();
        if frames != self.last
            && let Ok(offset) = u32::try_from(offset)
        {
            self.writer.code(&CodeRange { offset, frames: frames.clone() });
            self.last = frames;
        }
    }

    fn numbers_of(&mut self, frame: &Found) -> Inlined {
        let source = (!frame.path.is_empty()).then(|| match self.sources.get(&frame.path) {
            Some(number) => *number,
            None => {
                let text = self.text_of(frame);
                self.contents += u32::from(text.is_some());
                let number = self.writer.source(&frame.path, frame.in_app, text.as_deref());
                self.sources.insert(frame.path.clone(), number);
                number
            }
        });
        let function = self.name(&frame.function);
        Inlined { function, source, line: frame.line, column: frame.column }
    }

    /// The number of a name, tidied once.
    fn name(&mut self, name: &str) -> u32 {
        if let Some(number) = self.tidied.get(name) {
            return *number;
        }
        let number = self.writer.string(&tidy_name(name));
        self.tidied.insert(name.to_owned(), number);
        number
    }

    /// All functions by index. Returns how many have a name.
    fn functions(&mut self, module: &Module<'_>, names: &BTreeMap<u32, &str>) -> u32 {
        let imports = (0..module.imported).map(|_| (0, 0));
        let all = imports.chain(module.bodies.iter().copied());
        let mut named = 0;
        for (index, (start, end)) in (0..).zip(all) {
            let name = names.get(&index).map_or(0, |name| self.name(name));
            named += u32::from(name != 0);
            let [start, end] = [start, end].map(|offset| u32::try_from(offset).unwrap_or(0));
            self.writer.function(&Function { start, end, name });
        }
        named
    }
}
