//! Columns of a table of numbers, each a link that sorts by it, and links that open a row.

use crate::scope::Scope;

/// A column that the table can be sorted by.
pub(super) struct Column {
    pub(super) link: String,
    pub(super) words: &'static str,
    pub(super) class: &'static str,
    pub(super) is_current: bool,
}

/// What each link of the page keeps.
pub(super) struct Links<'a> {
    pub(super) scope: &'a Scope,
    /// Other parameters of the page: name, value.
    pub(super) kept: &'a [(&'static str, &'a str)],
    /// By what the table is sorted.
    pub(super) sort: &'a str,
    /// The parameter that names the open row.
    pub(super) row: &'static str,
}

impl Links<'_> {
    /// The table sorted like this.
    pub(super) fn column(
        &self,
        sort: &'static str,
        words: &'static str,
        class: &'static str,
    ) -> Column {
        Column { link: self.link(sort, ""), words, class, is_current: self.sort == sort }
    }

    /// The table with a row open, or without one.
    pub(super) fn opening(&self, row: &str) -> String {
        self.link(self.sort, row)
    }

    fn link(&self, sort: &str, row: &str) -> String {
        let scope = self.scope.query();
        let scope = form_urlencoded::parse(scope.strip_prefix('?').unwrap_or_default().as_bytes());
        let mut link = form_urlencoded::Serializer::new(String::new());
        link.extend_pairs(scope);
        let own = [("sort", sort), (self.row, row)];
        let others = self.kept.iter().chain(&own);
        link.extend_pairs(others.filter(|(_, value)| !value.is_empty()));
        format!("?{}", link.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::Links;
    use crate::scope::Scope;

    #[test]
    fn links_keep_what_was_chosen() {
        let scope = Scope { release: "shop@1".into(), ..Scope::default() };
        let links = Links { scope: &scope, kept: &[("device", "phone")], sort: "inp", row: "page" };
        let column = links.column("lcp", "LCP", "");
        assert_eq!(column.link, "?release=shop%401&device=phone&sort=lcp");
        assert!(!column.is_current && links.column("inp", "INP", "").is_current);
        assert_eq!(links.opening("/a"), "?release=shop%401&device=phone&sort=inp&page=%2Fa");
    }
}
