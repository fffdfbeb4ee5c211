//! Requirements that name the version in use.
//!
//! Knows how each tool writes one version and no other; and that Gradle and NuGet take a bare version,
//! which to them is the least that will do, as it stands unless another package asks for a later one
//! (Gradle's "Dependency Resolution", NuGet's "Dependency resolution": the lowest applicable version).

use holdfast_model::Ecosystem;

use super::admits;

/// The version that a requirement names, where that is the only one it admits or the one that its tool
/// takes; `None` for every other one.
pub fn pinned<'r>(ecosystem: &Ecosystem, range: &'r str) -> Option<&'r str> {
    let text = range.trim().trim_matches(['"', '\'']).trim();
    let version = match ecosystem.family() {
        Ecosystem::CARGO => text.strip_prefix('=')?,
        Ecosystem::NPM | Ecosystem::PUB | Ecosystem::COMPOSER | Ecosystem::GEM => {
            text.strip_prefix('=').unwrap_or(text)
        }
        // PEP 440 has no bare version; Poetry has, and means that one.
        Ecosystem::PYPI => text.trim_start_matches('='),
        Ecosystem::MAVEN | Ecosystem::NUGET => {
            let lone = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            lone.or_else(|| text.strip_suffix("!!")).unwrap_or(text)
        }
        _ => return None,
    };
    let version = version.trim();
    let number = version.strip_prefix('v').unwrap_or(version);
    let sign = |c: char| c.is_ascii_alphanumeric() || ".-_+!".contains(c);
    let written = number.starts_with(|c: char| c.is_ascii_digit()) && number.chars().all(sign);
    let whole = || {
        let numbers = number.split(['-', '+']).next().unwrap_or_default();
        let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        numbers.split('.').count() == 3 && numbers.split('.').all(number)
    };
    // `1.2` means `1.2.*` to these, and `1.x` has a letter in it.
    let parts = match ecosystem.family() {
        Ecosystem::CARGO | Ecosystem::NPM | Ecosystem::PUB => whole(),
        _ => !number.ends_with(['.', '+', '-']),
    };
    (written && parts && admits(ecosystem, range, version) != Some(false)).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_names_the_version_in_use_where_no_other_one_is_taken() {
        for (ecosystem, range, version) in [
            ("cargo", "=1.2.3", Some("1.2.3")),
            ("cargo", "1.2.3", None),
            ("cargo", "=1.2", None),
            ("npm", "1.2.3", Some("1.2.3")),
            ("npm", "=1.2.3-rc.1", Some("1.2.3-rc.1")),
            ("npm", "1.2", None),
            ("npm", "1.2.x", None),
            ("npm", "1.2.3 || 2.0.0", None),
            ("npm", "latest", None),
            ("pypi", "==1.2", Some("1.2")),
            ("pypi", "===1.2.3", Some("1.2.3")),
            ("pypi", "1.2.3", Some("1.2.3")),
            ("pypi", "==1.2.*", None),
            ("pypi", "==1.2,>1", None),
            ("pypi", "~=1.2", None),
            ("gem", "1.2.3", Some("1.2.3")),
            ("gem", "= 1.2", Some("1.2")),
            ("gem", "~> 1.2", None),
            ("composer", "v1.2.3", Some("v1.2.3")),
            ("composer", "1.2.*", None),
            ("composer", "^1.2", None),
            ("maven", "5.4.0.Final", Some("5.4.0.Final")),
            ("maven", "[1.2]", Some("1.2")),
            ("maven", "1.2!!", Some("1.2")),
            ("maven", "[1.2,2)", None),
            ("maven", "1.2.+", None),
            ("nuget", "12.0.1", Some("12.0.1")),
            ("nuget", "12.*", None),
            ("nuget", "$(Version)", None),
            ("golang", "v1.2.3", None),
        ] {
            assert_eq!(pinned(&Ecosystem::new(ecosystem), range), version, "{ecosystem} {range}");
        }
    }
}
