//! `SUMMARY.md`, as mdBook has it: `# Part`, `- [Title](file.md)`, and `[Title](file.md)` before the first part.

/// A chapter's place in the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is called.
    pub title: String,
    /// Its file in `docs/src`: `agent.md`.
    pub file: String,
    /// The part that it belongs to; empty before the first.
    pub part: String,
}

impl Entry {
    /// Its page: `agent.html`; that of `README.md` is `index.html`, as mdBook has it.
    #[must_use]
    pub fn page(&self) -> String {
        page_of(&self.file)
    }
}

/// `agent.md` → `agent.html`
#[must_use]
pub(super) fn page_of(file: &str) -> String {
    match file.strip_suffix(".md") {
        Some("README") => "index.html".to_owned(),
        Some(name) => format!("{name}.html"),
        None => file.to_owned(),
    }
}

/// All entries, in their order. A line that is none of the above says nothing.
#[must_use]
pub fn entries(summary: &str) -> Vec<Entry> {
    let mut part = String::new();
    let mut entries = Vec::new();
    for line in summary.lines() {
        if let Some(title) = line.strip_prefix("# ") {
            part = if title == "Summary" { String::new() } else { title.to_owned() };
        } else if let Some((title, file)) = link(line) {
            entries.push(Entry { title, file, part: part.clone() });
        }
    }
    entries
}

/// `- [The agent](agent.md)`
fn link(line: &str) -> Option<(String, String)> {
    let rest = line.trim().trim_start_matches("- ").strip_prefix('[')?;
    let (title, rest) = rest.split_once("](")?;
    Some((title.to_owned(), rest.strip_suffix(')')?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::entries;

    #[test]
    fn parts_and_chapters_stand_in_their_order() {
        let summary = "# Summary\n\n[What it is](README.md)\n\n# Errors\n\n- [Search](search.md)\n";
        let found: Vec<_> = entries(summary)
            .into_iter()
            .map(|entry| (entry.page(), entry.title, entry.part))
            .collect();
        let expected = [("index.html", "What it is", ""), ("search.html", "Search", "Errors")]
            .map(|(page, title, part)| (page.to_owned(), title.to_owned(), part.to_owned()));
        assert_eq!(found, expected);
    }
}
