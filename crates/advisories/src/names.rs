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
        _ => true,
    };
    if is { Cow::Borrowed(name) } else { Cow::Owned(ecosystem.normal_name(name)) }
}

/// Whether a Python name already stands in the form of PEP 503.
fn is_pep_503(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
        && !bytes.starts_with(b"-")
        && !bytes.ends_with(b"-")
        && !bytes.windows(2).any(|pair| pair == b"--")
}
