//! Makes one map of an indexed one: each section's positions are shifted, its sources and names appended.

use super::json::{Lists, RawMap, Text};
use super::mappings;
use super::{BadMap, Mapping, NONE, Source, SourceMap};

/// Appends a map, or all of its sections in order. Sections may hold sections; how deep is bound by the JSON reader.
///
/// # Errors
/// The first thing that is refused.
pub(super) fn flatten(raw: RawMap<'_>, map: &mut SourceMap) -> Result<(), BadMap> {
    if !raw.is_map() {
        return Err(BadMap::Json("it has neither mappings nor sections".into()));
    }
    flatten_at(raw, (0, 0), map)
}

fn flatten_at(
    mut raw: RawMap<'_>,
    (line, column): (u32, u32),
    map: &mut SourceMap,
) -> Result<(), BadMap> {
    let Some(sections) = raw.sections.take() else {
        return append(raw.into_lists(), (line, column), map);
    };
    let mut before = (0, 0);
    for section in sections {
        let here = (section.offset.line, section.offset.column);
        if here < before {
            return Err(BadMap::SectionOrder);
        }
        before = here;
        let inner = section.map.filter(RawMap::is_map).ok_or_else(|| {
            BadMap::SectionUrl(section.url.0.unwrap_or_default().chars().take(200).collect())
        })?;
        let shifted = line.checked_add(here.0).ok_or(BadMap::SectionOrder)?;
        let column = if here.0 == 0 { column.saturating_add(here.1) } else { here.1 };
        // A section's end is the next one's beginning: what reaches beyond counts no more.
        map.mappings.truncate(beginning_of(&map.mappings, (shifted, column)));
        flatten_at(inner, (shifted, column), map)?;
    }
    Ok(())
}

/// How many of the mappings stand before a position. Those of the sections before are sorted, but for odd maps.
fn beginning_of(mappings: &[Mapping], position: (u32, u32)) -> usize {
    let last = mappings.iter().rposition(|one| (one.line, one.column) < position);
    last.map_or(0, |last| last + 1)
}

fn append(lists: Lists<'_>, at: (u32, u32), map: &mut SourceMap) -> Result<(), BadMap> {
    let (sources, names) = (map.sources.len(), map.names.len());
    let counts = (lists.sources.len(), lists.names.len());
    let shift = |index: u32, by: usize| {
        if index == NONE { NONE } else { u32::try_from(index as usize + by).unwrap_or(NONE) }
    };
    mappings::read(&lists.mappings, at, counts, |mapping| {
        map.mappings.push(Mapping {
            source: shift(mapping.source, sources),
            name: shift(mapping.name, names),
            ..mapping
        });
    })?;
    let mut contents = lists.contents.into_iter();
    for source in lists.sources {
        let content = contents.next().and_then(|content| content.0);
        let path = joined(&lists.root, source);
        map.sources.push(Source {
            path,
            content: content.map(std::borrow::Cow::into_owned),
            ignored: false,
        });
    }
    for index in lists.ignored {
        if let Some(source) =
            map.sources.get_mut(sources..).and_then(|own| own.get_mut(index as usize))
        {
            source.ignored = true;
        }
    }
    map.names.extend(lists.names.into_iter().map(|name| name.0.unwrap_or_default().into_owned()));
    Ok(())
}

/// `sourceRoot` stands before sources that are relative.
fn joined(root: &str, source: Text<'_>) -> String {
    let source = source.0.unwrap_or_default().into_owned();
    if root.is_empty() || source.starts_with('/') || source.contains("://") {
        return source;
    }
    format!("{}/{source}", root.trim_end_matches('/'))
}
