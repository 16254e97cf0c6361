//! The paths of the JSON API, as its description has them (`www/openapi`; the build makes a list of it). The map of URLs asks
//! here first: what nobody described does not answer, and what is described answers other methods with those that it has.

/// `GET,POST projects/*/keys`, a line a path under `/api/0/`; `*` stands for any segment.
const LIST: &str = include_str!(concat!(env!("OUT_DIR"), "/described.txt"));

/// Methods of a path, given its segments after `/api/0/`: `GET,HEAD,POST`. `None`: there is no such path. Where several fit,
/// those with most words of their own: `artifacts/missing` is not `artifacts/*`.
pub fn methods(segments: &[&str]) -> Option<String> {
    let mut found: Vec<&str> = Vec::new();
    let mut most = 0;
    for line in LIST.lines() {
        let Some((methods, path)) = line.split_once(' ') else { continue };
        let Some(words) = words_that_fit(path, segments) else { continue };
        if words > most {
            found.clear();
        }
        if words >= most {
            found.extend(methods.split(','));
            most = words;
        }
    }
    if found.contains(&"GET") {
        found.push("HEAD");
    }
    found.sort_unstable();
    found.dedup();
    (!found.is_empty()).then(|| found.join(","))
}

fn words_that_fit(path: &str, segments: &[&str]) -> Option<usize> {
    let mut wanted = path.split('/').filter(|segment| !segment.is_empty());
    let mut words = 0;
    for is in segments {
        match wanted.next()? {
            "*" => {}
            word if word == *is => words += 1,
            _ => return None,
        }
    }
    wanted.next().is_none().then_some(words)
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
        check("projects/shop/artifacts/missing", Some("POST"));
        check("projects/shop/artifacts/00", Some("PUT"));
        check("nothing", None);
        check("projects/shop/keys/abc/more", None);
    }

    #[test]
    fn any_segment_is_one_segment() {
        assert_eq!(words_that_fit("a/*/b", &["a", "x", "b"]), Some(2));
        for (path, segments) in [("a/*/b", &["a", "b"][..]), ("a/*", &["a"]), ("a", &["a", "x"])] {
            assert_eq!(words_that_fit(path, segments), None, "{path}");
        }
    }
}
