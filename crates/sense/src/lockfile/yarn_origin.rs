//! Where a package of a `yarn.lock` came from, and whether its checksum is kept.
//!
//! Knows yarn's notations for addresses; must not know entries.

use holdfast_model::Origin;

use super::npm_spec::{Spec, spec, split_name};

/// What an entry says of its package's source.
pub(super) struct Found {
    pub(super) origin: Origin,
    pub(super) integrity: Option<bool>,
}

/// Yarn 1: by what was asked for and by `resolved`, behind whose `#` older versions wrote the
/// checksum of the archive.
pub(super) fn classic(wishes: &[String], resolved: Option<&str>, integrity: bool) -> Found {
    let asked = || wishes.iter().map(|wish| spec(split_name(wish).1));
    let first = asked().next().unwrap_or(Spec::Range);
    let address = resolved.map(Into::into);
    let origin = match (first, address) {
        _ if resolved.is_none() && asked().any(|one| one == Spec::Tree) => Origin::Tree,
        // Without an address what was asked for is one, where it is no range.
        (Spec::Git, None) => {
            Origin::Git(wishes.first().map_or("", |wish| split_name(wish).1).into())
        }
        (_, None) => Origin::Feed(None),
        (Spec::Tree, Some(_)) => Origin::Tree,
        (Spec::Git, Some(address)) => Origin::Git(address),
        (_, Some(address)) if is_git(&address) => Origin::Git(address),
        (Spec::Archive, Some(address)) => Origin::Archive(address),
        (_, Some(address)) => Origin::Feed(Some(address)),
    };
    let sum = resolved.and_then(|address| address.rsplit_once('#')).is_some_and(|(path, sum)| {
        sum.len() == 40 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()) && !is_git(path)
    });
    let integrity = match origin {
        Origin::Feed(_) | Origin::Archive(_) => Some(integrity || sum),
        Origin::Git(_) | Origin::Tree => None,
    };
    Found { origin, integrity }
}

/// Yarn 2 and later: by `resolution`, e.g. `a@npm:1.0.0` or `a@workspace:packages/a`.
pub(super) fn berry(resolution: &str, checksum: bool, optional: bool) -> Found {
    let (_, reference) = split_name(resolution);
    let origin = match reference.split_once(':') {
        Some(("npm", rest)) => Origin::Feed(archive_url(rest).map(Into::into)),
        Some(("workspace" | "link" | "portal" | "file" | "exec", rest)) => {
            let archive = [".tgz", ".tar.gz"]
                .iter()
                .any(|end| rest.split(['#', ':']).next().is_some_and(|path| path.ends_with(end)));
            if archive { Origin::Archive(reference.into()) } else { Origin::Tree }
        }
        _ if is_git(reference) => Origin::Git(reference.into()),
        Some(("http" | "https", _)) => Origin::Archive(reference.into()),
        // What is patched is described behind `patch:`, with its own signs encoded.
        _ => Origin::Feed(None),
    };
    let integrity = match origin {
        _ if checksum => Some(true),
        Origin::Feed(_) | Origin::Archive(_) if !optional => Some(false),
        _ => None,
    };
    Found { origin, integrity }
}

/// `1.0.0::__archiveUrl=https%3A%2F%2Fh.example%2Fa.tgz`: a feed with addresses of its own.
fn archive_url(reference: &str) -> Option<String> {
    let (_, binding) = reference.split_once("::")?;
    let encoded = binding.split('&').find_map(|one| one.strip_prefix("__archiveUrl="))?;
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'%');
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            bytes.push(byte);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

/// Whether an address is one of version control: by its scheme or ending, or because a commit
/// stands behind its `#` and no archive before it.
fn is_git(address: &str) -> bool {
    if spec(address) == Spec::Git {
        return true;
    }
    let Some((path, commit)) = address.split_once('#') else { return false };
    let commit = commit.rsplit(['=', '&']).next().unwrap_or(commit);
    let archive = [".tgz", ".tar.gz", ".tar"].iter().any(|end| path.ends_with(end));
    !archive
        && path.contains("://")
        && commit.len() == 40
        && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(wish: &str, resolved: Option<&str>) -> Found {
        classic(&[wish.to_owned()], resolved, false)
    }

    #[test]
    fn classic_addresses() {
        let sum = "0a2d2506c1fe299691fc5db53a2097db3bd615bc";
        let feed = of("a@^1", Some(&format!("https://feed.example/a/-/a-1.0.0.tgz#{sum}")));
        assert!(matches!(feed.origin, Origin::Feed(Some(_))));
        assert_eq!(feed.integrity, Some(true));
        let bare = of("a@^1", Some("https://feed.example/a/-/a-1.0.0.tgz"));
        assert_eq!(bare.integrity, Some(false));
        let git = of("a@https://h.example/o/a#main", Some(&format!("https://h.example/o/a#{sum}")));
        assert!(matches!((git.origin, git.integrity), (Origin::Git(_), None)));
        assert_eq!(of("a@file:../a", None).origin, Origin::Tree);
        let archive = of("a@https://h.example/a.tgz", Some("https://h.example/a.tgz"));
        assert!(matches!(archive.origin, Origin::Archive(_)));
    }

    #[test]
    fn berry_references() {
        assert_eq!(berry("@s/a@npm:1.0.0", false, true).integrity, None);
        assert_eq!(berry("@s/a@npm:1.0.0", false, false).integrity, Some(false));
        let own = berry("a@npm:1.0.0::__archiveUrl=https%3A%2F%2Fh.example%2Fa.tgz", true, false);
        assert_eq!(own.origin, Origin::Feed(Some("https://h.example/a.tgz".into())));
        assert_eq!(berry("a@workspace:.", false, false).origin, Origin::Tree);
        let git = berry("a@https://h.example/a.git#commit=0a2d", true, false);
        assert!(matches!(git.origin, Origin::Git(_)));
        let patched = berry("a@patch:a@npm%3A1#~builtin<x>", false, false);
        assert_eq!(patched.origin, Origin::Feed(None));
        let packed = berry("a@file:./a.tgz#./a.tgz::hash=1", true, false);
        assert!(matches!(packed.origin, Origin::Archive(_)));
    }
}
