//! What README claims in numbers is a link to a row of RESULTS.md, `[24,300 bytes](bench/RESULTS.md#agent-loaded)`, and says
//! what stands there, rounded to as many digits as it gives.

/// Where links lead to.
const TARGET: &str = "bench/RESULTS.md#";

/// Links to rows that are not there, and numbers that are not in them.
pub(crate) fn disagreements(readme: &str, results: &str) -> Vec<String> {
    let check = |(text, id): (&str, &str)| {
        let Some(row) = row(results, id) else {
            return Some(format!("README links to #{id}, which RESULTS.md has not"));
        };
        let claimed = numbers(text);
        let found: Vec<f64> = numbers(row).into_iter().map(|number| number.value).collect();
        let agrees = |number: &Number| found.iter().any(|value| number.is_rounded(*value));
        (claimed.is_empty() || !claimed.iter().all(agrees))
            .then(|| format!("README says {text:?} at #{id}, and RESULTS.md {:?}", row.trim()))
    };
    links(readme).filter_map(check).collect()
}

/// Text and row of each link.
fn links(readme: &str) -> impl Iterator<Item = (&str, &str)> {
    readme.match_indices(TARGET).filter_map(|(at, _)| {
        let text = readme.get(..at)?.strip_suffix("](")?;
        let text = text.get(text.rfind('[')? + 1..)?;
        let id = readme.get(at + TARGET.len()..)?;
        Some((text, id.get(..id.find(')')?)?))
    })
}

/// A row without its first cell, which says what is measured.
fn row<'a>(results: &'a str, id: &str) -> Option<&'a str> {
    let mark = format!("<a id=\"{id}\">");
    let line = results.lines().find(|line| line.contains(&mark))?;
    Some(line.get(line.find(&mark)?..)?.split_once(" | ")?.1)
}

struct Number {
    value: f64,
    /// What the last digit that says something is worth.
    unit: f64,
}

impl Number {
    fn is_rounded(&self, value: f64) -> bool {
        (self.value - value).abs() <= self.unit * 0.5 + 1e-9
    }
}

/// `1,143 of 25,000 bytes, 0.31` → 1143, 25000, 0.31
fn numbers(text: &str) -> Vec<Number> {
    let is_part = |letter: char| letter.is_ascii_digit() || letter == ',' || letter == '.';
    let parts = text.split(|letter: char| !is_part(letter));
    parts.filter_map(|part| number(part.trim_matches([',', '.']))).collect()
}

/// Zeros at the end say nothing, but the first two digits do.
fn number(text: &str) -> Option<Number> {
    let digits = text.replace(',', "");
    let value = digits.parse().ok()?;
    let power = match digits.split_once('.') {
        Some((_, decimals)) => -i32::try_from(decimals.len()).ok()?,
        None => {
            let zeros = digits.len() - digits.trim_end_matches('0').len();
            i32::try_from(zeros.min(digits.len().saturating_sub(2))).ok()?
        }
    };
    Some(Number { value, unit: 10_f64.powi(power) })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use xtask::paths::Paths;

    use super::*;

    #[track_caller]
    fn check(readme: &str, expected: usize) {
        let results = "| <a id=\"agent-bytes\"></a>bytes of 7 files | 1,143 | 24,613 | 0.254 |\n";
        let found = disagreements(readme, results);
        assert_eq!(found.len(), expected, "{found:?}");
    }

    #[test]
    fn a_claim_says_what_stands_in_its_row() {
        check("It is [1,143 bytes](bench/RESULTS.md#agent-bytes) small.", 0);
        check(
            "[about 25,000 bytes](bench/RESULTS.md#agent-bytes), [0.25](bench/RESULTS.md#agent-bytes)",
            0,
        );
        check("[1,144 bytes](bench/RESULTS.md#agent-bytes)", 1);
        check("[26,000 bytes](bench/RESULTS.md#agent-bytes)", 1);
        check("[7 files](bench/RESULTS.md#agent-bytes)", 1);
        check("[small](bench/RESULTS.md#agent-bytes)", 1);
        check("[1](bench/RESULTS.md#agent-heap)", 1);
        check("[all](bench/RESULTS.md), [none](ARCHITECTURE.md#oak)", 0);
    }

    #[test]
    fn readme_claims_what_was_measured() {
        let root = Paths::of_this_repository().root;
        let read = |name: &str| fs::read_to_string(root.join(name)).unwrap_or_default();
        let wrong = disagreements(&read("README.md"), &read("bench/RESULTS.md"));
        assert_eq!(wrong, Vec::<String>::new());
    }
}
