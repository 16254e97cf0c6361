//! The paths of the JSON API, as its description has them (`www/openapi`; the build makes a list of it). The map of URLs asks
//! here first: what nobody described does not answer, and what is described answers other methods with those that it has.

/// `GET,POST projects/*/keys`, a line a path under `/api/0/`; `*` stands for any segment.
const LIST: &str = include_str!(concat!(env!("OUT_DIR"), "/described.txt"));

/// Methods of a path, given its segments after `/api/0/`: `GET,HEAD,POST`. `None`: there is no such path.
pub fn methods(segments: &[&str]) -> Option<String> {
    let mut found: Vec<&str> = Vec::new();
    for line in LIST.lines() {
        let Some((methods, path)) = line.split_once(' ') else { continue };
        if fits(path, segments) {
            found.extend(methods.split(','));
        }
    }
    if found.contains(&"GET") {
        found.push("HEAD");
    }
    found.sort_unstable();
    found.dedup();
    (!found.is_empty()).then(|| found.join(","))
}

fn fits(path: &str, segments: &[&str]) -> bool {
    let mut wanted = path.split('/').filter(|segment| !segment.is_empty());
    let fit = segments.iter().all(|is| wanted.next().is_some_and(|one| one == "*" || one == *is));
    fit && wanted.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_the_methods_that_are_described() {
        let check = |path: &str, expected: Option<&str>| {
            let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
            assert_eq!(methods(&segments).as_deref(), expected, "{path}");
        };
        check("", Some("GET,HEAD"));
        check("projects/shop/keys", Some("GET,HEAD,POST"));
        check("projects/shop/keys/abc", Some("DELETE"));
        check("projects/shop/settings", Some("GET,HEAD,PATCH"));
        check("nothing", None);
        check("projects/shop/keys/abc/more", None);
    }

    #[test]
    fn any_segment_is_one_segment() {
        assert!(fits("a/*/b", &["a", "x", "b"]));
        assert!(!fits("a/*/b", &["a", "b"]) && !fits("a/*", &["a"]) && !fits("a", &["a", "x"]));
    }
}
