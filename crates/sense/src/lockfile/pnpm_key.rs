//! How pnpm names a package in its lockfile, through the formats 5 to 9.
//!
//! Knows keys; must not know entries.

/// Name and version of a key of `packages`, without the peers it was resolved with; `None` where
/// the key is an address or a path.
///
/// Format 5: `/name/1.0.0_peers`, `/@scope/name/1.0.0`, `feed.example/name/1.0.0`. Format 6:
/// `/name@1.0.0(peer@2.0.0)`. Format 9: `name@1.0.0`.
pub(super) fn name_and_version(key: &str, format: u32) -> Option<(&str, &str)> {
    let bare = without_peers(key, format);
    let local = bare.strip_prefix('/');
    let text = local.unwrap_or(bare);
    let (name, version) = if format >= 6 {
        let at = text.rfind('@').filter(|at| *at > 0)?;
        (text.get(..at)?, text.get(at + 1..)?)
    } else {
        let (name, version) = text.rsplit_once('/')?;
        // Before the name a feed that is not the default one may stand.
        let name = match (local, name.rsplit_once('/')) {
            (None, Some((before, last))) => match before.rsplit_once('/') {
                Some((_, scope)) if scope.starts_with('@') => {
                    name.get(name.len() - scope.len() - last.len() - 1..)?
                }
                _ => last,
            },
            _ => name,
        };
        (name, version)
    };
    let sound = !name.is_empty()
        && !name.contains(':')
        && version.starts_with(|first: char| first.is_ascii_digit())
        && !version.contains(['/', ':']);
    sound.then_some((name, version))
}

/// A key or reference without the peers that stand behind it: in brackets since format 6, behind
/// `_` in the version before.
pub(super) fn without_peers(key: &str, format: u32) -> &str {
    if format >= 6 {
        return key.split_once('(').map_or(key, |(bare, _)| bare);
    }
    let version = key.rfind('/').map_or(0, |slash| {
        // Peers may have scopes of their own: the version is what follows the first segment that
        // begins with a digit.
        let mut at = 0;
        for segment in key.split('/') {
            if at > 0 && segment.starts_with(|first: char| first.is_ascii_digit()) {
                return at;
            }
            at += segment.len() + 1;
        }
        slash + 1
    });
    match key.get(version..).and_then(|rest| rest.find('_')) {
        Some(at) => key.get(..version + at).unwrap_or(key),
        None => key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_all_formats() {
        for (format, key, wanted) in [
            (5, "/acorn/8.7.0", Some(("acorn", "8.7.0"))),
            (5, "/acorn-jsx/5.3.2_acorn@8.7.0", Some(("acorn-jsx", "5.3.2"))),
            (5, "/@s/a/1.0.0_@t+b@2.0.0", Some(("@s/a", "1.0.0"))),
            (5, "/a_b/1.0.0_c@2.0.0+d@3.0.0", Some(("a_b", "1.0.0"))),
            (5, "feed.example/a/1.0.0", Some(("a", "1.0.0"))),
            (5, "feed.example/npm/@s/a/1.0.0", Some(("@s/a", "1.0.0"))),
            (5, "invalidpath1", None),
            (5, "file:projects/a.tgz", None),
            (6, "/a@1.0.0", Some(("a", "1.0.0"))),
            (6, "/@s/a@1.0.0-rc.1(b@2.0.0)(@t/c@3.0.0)", Some(("@s/a", "1.0.0-rc.1"))),
            (9, "@s/a@1.0.0", Some(("@s/a", "1.0.0"))),
            (9, "a@https://h.example/a.tgz", None),
            (9, "a@file:packages/a", None),
            (9, "@s", None),
        ] {
            assert_eq!(name_and_version(key, format), wanted, "{key}");
        }
    }

    #[test]
    fn peers_are_cut_off_references_too() {
        assert_eq!(without_peers("5.3.2_acorn@8.7.0", 5), "5.3.2");
        assert_eq!(without_peers("1.0.0(a@2(b@3))", 9), "1.0.0");
        assert_eq!(without_peers("/a/1.0.0_@t/c@3.0.0", 5), "/a/1.0.0");
    }
}
