//! Names as their ecosystems compare them, without making a new text where there is none to make.

use std::borrow::Cow;

use holdfast_model::Ecosystem;

/// The name under which a package stands in the index.
pub(crate) fn normal<'n>(ecosystem: &Ecosystem, name: &'n str) -> Cow<'n, str> {
    let is = match ecosystem.family() {
        Ecosystem::PYPI => is_pep_503(name),
        Ecosystem::NUGET | Ecosystem::COMPOSER | Ecosystem::ACTIONS => {
            name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
        }
        Ecosystem::SWIFT => is_repository(name),
        _ => true,
    };
    if is { Cow::Borrowed(name) } else { Cow::Owned(ecosystem.normal_name(name)) }
}

/// Whether the name of a Swift package is host and path of a repository already.
fn is_repository(name: &str) -> bool {
    let odd = |byte: u8| byte.is_ascii_uppercase() || matches!(byte, b':' | b'@' | 0..=b' ');
    let longer = name.ends_with('/') || name.strip_suffix(".git").is_some();
    !longer && name.bytes().all(|byte| byte.is_ascii() && !odd(byte))
}

/// Whether a Python name already stands in the form of PEP 503.
fn is_pep_503(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
        && !bytes.starts_with(b"-")
        && !bytes.ends_with(b"-")
        && !bytes.windows(2).any(|pair| pair == b"--")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_for_normal_is() {
        for family in ["PyPI", "NuGet", "SwiftURL", "npm"] {
            let ecosystem = Ecosystem::new(family);
            for name in [
                "a",
                "Zope.Interface",
                "zope-interface",
                "code.example/a/b",
                "code.example:8443/a",
                "https://code.example/a/b",
                "git@code.example:a/b",
                "code.example/A/b.git",
                "code.example/a/",
                " a",
                "\ta",
                "\u{c4}/a",
            ] {
                assert_eq!(
                    normal(&ecosystem, name),
                    ecosystem.normal_name(name),
                    "{family} {name}"
                );
            }
        }
    }
}
