//! The names of known weaknesses in what scanners write.
//!
//! Knows how the families of names look; knows no weakness.

use std::sync::Arc;

/// Families besides CVE and GHSA; what follows must hold a digit.
const FAMILIES: [&str; 28] = [
    "ALAS", "ALAS2", "ALBA", "ALEA", "ALSA", "ASA", "BDSA", "CGA", "DLA", "DSA", "ELSA", "FEDORA",
    "GLSA", "GO", "GSD", "MAL", "MFSA", "OSV", "PYSEC", "RHBA", "RHEA", "RHSA", "RLSA", "RUSTSEC",
    "SNYK", "SSA", "TEMP", "USN",
];

/// Every name in some texts: CVE first, then GHSA, then the others, each sorted, without repeats.
pub(crate) fn names<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<Arc<str>> {
    let mut found: Vec<String> = Vec::new();
    for text in texts {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-:_.".contains(c)));
        found.extend(words.filter_map(name));
    }
    found.sort_by(|a, b| (rank(a), a).cmp(&(rank(b), b)));
    found.dedup();
    found.into_iter().map(Into::into).collect()
}

fn rank(name: &str) -> u8 {
    match name {
        _ if name.starts_with("CVE-") => 0,
        _ if name.starts_with("GHSA-") => 1,
        _ => 2,
    }
}

/// A word as a name: families in capitals, `-` behind them (Nessus writes `RHSA:2021:1234`).
fn name(word: &str) -> Option<String> {
    let word = word.trim_matches([':', '-', '_', '.']);
    let (family, rest) = word.split_once(['-', ':'])?;
    // Most names are of this family, and a report has hundreds of thousands.
    if family.eq_ignore_ascii_case("CVE") {
        let (year, number) = rest.split_once('-')?;
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let good = year.len() == 4 && number.len() >= 4 && digits(year) && digits(number);
        return good.then(|| ["CVE-", rest].concat());
    }
    match family.to_ascii_uppercase().as_str() {
        "GHSA" => {
            let mut parts = rest.split('-');
            let good = (0..3).all(|_| {
                let part = parts.next().unwrap_or_default();
                part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
            });
            (good && parts.next().is_none()).then(|| format!("GHSA-{}", rest.to_ascii_lowercase()))
        }
        known => {
            let good = FAMILIES.contains(&known) && rest.bytes().any(|byte| byte.is_ascii_digit());
            // Words such as `go-1.21` are versions; names of that family begin with a year.
            let dated = known != "GO" || rest.len() > 5 && rest.as_bytes().get(4) == Some(&b'-');
            (good && dated).then(|| format!("{known}-{rest}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_order_and_once() {
        let found = names([
            "RHSA:2021:1234",
            "ghsa-WCG3-cvx6-7396, CVE-2020-26235.",
            "BDSA-2020-1001 (CVE-2020-11022)",
            "(cve-2020-26235) go-1.21 USN-4667-1",
            "CVE-20-1 GHSA-x CWE-79 GO-2022-0493",
        ]);
        let found: Vec<&str> = found.iter().map(|name| &**name).collect();
        assert_eq!(
            found,
            [
                "CVE-2020-11022",
                "CVE-2020-26235",
                "GHSA-wcg3-cvx6-7396",
                "BDSA-2020-1001",
                "GO-2022-0493",
                "RHSA-2021:1234",
                "USN-4667-1"
            ]
        );
    }
}
