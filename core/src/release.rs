//! Order of releases: `shop@1.10.0` is later than `shop@1.9.3`, whatever their bytes say.
//!
//! In: a release as pages name it. Out: its package, and a key that compares as the version does, or an empty one where
//! the version follows no order that could be known: then only the time when it was first seen tells.

/// A release that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// `shop` of `shop@1.2.3`; empty without one.
    pub package: String,
    /// Compares, byte by byte, as versions of one package do by semantic versioning 2.0; empty if it is none.
    pub sort_key: String,
}

/// Reads `package@1.2.3-beta.1+build`, with one to four numbers.
pub fn version(release: &str) -> Version {
    let (package, version) = release.rsplit_once('@').unwrap_or(("", release));
    Version { package: package.to_owned(), sort_key: sort_key(version).unwrap_or_default() }
}

/// Digits that a number is padded to.
const WIDTH: usize = 12;

/// Numbers of a version.
const NUMBERS: usize = 4;

fn sort_key(version: &str) -> Option<String> {
    let version = version.strip_prefix('v').unwrap_or(version);
    let without_build = version.split('+').next()?;
    let (numbers, pre) = match without_build.split_once('-') {
        Some((numbers, pre)) => (numbers, Some(pre)),
        None => (without_build, None),
    };
    let mut key = String::new();
    let mut count = 0;
    for number in numbers.split('.') {
        key.push_str(&padded(number)?);
        count += 1;
    }
    if count > NUMBERS {
        return None;
    }
    for _ in count..NUMBERS {
        key.push_str(&padded("0")?);
    }
    match pre {
        // Behind all pre-releases.
        None => key.push('~'),
        Some(pre) => {
            for identifier in pre.split('.') {
                // Below all that identifiers are made of: of two that begin alike, the shorter one comes first.
                key.push(' ');
                match padded(identifier) {
                    Some(number) => key.push_str(&number),
                    None if is_identifier(identifier) => {
                        // Numbers come before words.
                        key.push('A');
                        key.push_str(identifier);
                    }
                    None => return None,
                }
            }
        }
    }
    Some(key)
}

fn padded(number: &str) -> Option<String> {
    let is_number =
        (1..=WIDTH).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| format!("{number:0>WIDTH$}"))
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_as_semantic_versioning_does() {
        let ordered = [
            "1.0.0-1",
            "1.0.0-2",
            "1.0.0-11",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-alpha-1",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "v1.2",
            "1.9.3",
            "1.10",
            "2.0.0",
            "2026.11.3",
            "2026.11.3.1",
        ];
        for pair in ordered.windows(2) {
            let [earlier, later] = [&pair[0], &pair[1]].map(|text| version(text).sort_key);
            assert!(!earlier.is_empty() && earlier < later, "{pair:?}");
        }
    }

    #[test]
    fn the_package_is_told_from_the_version() {
        assert_eq!(version("@acme/shop@1.2.3").package, "@acme/shop");
        assert_eq!(version("shop@1.2.3+7").sort_key, version("1.2.3+8").sort_key);
        assert_eq!(version("1.2.3").package, "");
    }

    #[test]
    fn what_is_no_version_has_no_key() {
        for text in ["", "shop", "9f2c1ab", "1.2.x", "1..2", "1.2.3.4.5", "1.0-", "1.0-ä", "shop@"]
        {
            assert_eq!(version(text).sort_key, "", "{text:?}");
        }
    }
}
