//! One spelling for the address of a repository, however it was cloned.

/// The address without scheme, user, password, port and `.git`: `github.com/acme/shop`.
///
/// The host is lower case, the path is kept as it is: not every forge ignores its case. Addresses
/// of files (`/srv/shop.git`, `file:///srv/shop.git`) identify nothing beyond one machine: `None`.
pub fn normal_origin(address: &str) -> Option<String> {
    let address = address.trim();
    let (authority, path) = if let Some((scheme, rest)) = address.split_once("://") {
        let known = ["http", "https", "ssh", "git", "git+ssh", "ssh+git", "ftp", "ftps"];
        if !known.iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return None;
        }
        rest.split_once('/')?
    } else {
        // The short form of ssh: `user@host:path`. A slash before the colon makes it a file.
        split_short(address).filter(|(host, _)| !host.contains('/'))?
    };
    let host = host_of(authority)?;
    let path = path.split(['?', '#']).next().unwrap_or_default().trim();
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let last = parts.pop()?;
    let last = last.strip_suffix(".git").unwrap_or(last).trim_end();
    if !last.is_empty() {
        parts.push(last);
    }
    // A `..` would give one repository many names; whoever writes it means no forge.
    if parts.is_empty() || parts.iter().any(|part| matches!(*part, "." | "..")) {
        return None;
    }
    Some(format!("{host}/{}", parts.join("/")))
}

/// `host:path`, where the host may be an IPv6 address in brackets.
fn split_short(address: &str) -> Option<(&str, &str)> {
    // `helper::address` is handed to a helper program.
    if address.contains("::") && !address.contains('[') {
        return None;
    }
    if let Some((before, after)) = address.split_once("]:") {
        return before.contains('[').then(|| {
            let host = address.get(..=before.len()).unwrap_or(before);
            (host, after)
        });
    }
    address.split_once(':')
}

/// The host of `user:password@host:port`.
fn host_of(authority: &str) -> Option<String> {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(rest) => {
            let (inside, _) = rest.split_once(']')?;
            return (!inside.is_empty()).then(|| format!("[{}]", inside.to_ascii_lowercase()));
        }
        None => host.split_once(':').map_or(host, |(host, _)| host),
    };
    let end = |letter: char| letter == '.' || letter.is_whitespace();
    let host = host.trim_start().trim_end_matches(end).to_ascii_lowercase();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let named = !host.is_empty() && (!host.is_ascii() || host.bytes().all(plain));
    named.then_some(host)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_way_to_clone_is_one_origin() {
        for address in [
            "git@github.com:acme/shop.git",
            "git@github.com:/acme/shop.git",
            "github.com:acme/shop",
            "https://github.com/acme/shop",
            "https://github.com/acme/shop.git",
            "https://github.com/acme/shop/",
            "https://github.com/acme/shop.git/",
            "https://ana:secret@github.com/acme/shop.git",
            "https://token@GitHub.com:443/acme/shop",
            "ssh://git@github.com/acme/shop.git",
            "ssh://git@github.com:2222/acme//shop.git",
            "git://github.com/acme/shop.git",
            "HTTPS://github.com./acme/shop\n",
        ] {
            assert_eq!(
                normal_origin(address).as_deref(),
                Some("github.com/acme/shop"),
                "{address}"
            );
        }
    }

    #[test]
    fn the_path_keeps_its_case_and_depth() {
        let deep = normal_origin("https://gitlab.example/Group/Sub/Shop.git");
        assert_eq!(deep.as_deref(), Some("gitlab.example/Group/Sub/Shop"));
        let six = normal_origin("ssh://git@[2001:DB8::1]:22/acme/shop.git");
        assert_eq!(six.as_deref(), Some("[2001:db8::1]/acme/shop"));
        let short = normal_origin("git@[2001:DB8::1]:acme/shop.git");
        assert_eq!(short.as_deref(), Some("[2001:db8::1]/acme/shop"));
    }

    #[test]
    fn what_names_no_forge_is_none() {
        for address in [
            "",
            "/srv/git/shop.git",
            "../shop",
            "./a:b",
            "file:///srv/git/shop.git",
            "https://github.com",
            "https://github.com/",
            "https:///acme/shop",
            "git@github.com:",
            "https://github.com/../shop",
            "ext::sh -c 'touch x'",
        ] {
            assert_eq!(normal_origin(address), None, "{address}");
        }
    }

    #[test]
    fn blanks_at_the_ends_name_nothing() {
        for nothing in ["forge: ?", "forge:/ /", "forge: .git", "https:// /shop"] {
            assert_eq!(normal_origin(nothing), None, "{nothing}");
        }
        assert_eq!(normal_origin("forge: shop .git").as_deref(), Some("forge/shop"));
    }

    proptest! {
        #[test]
        fn secrets_never_survive(user in "[a-z]{1,8}", secret in "[A-Z0-9]{12,20}") {
            let address = format!("https://{user}:{secret}@forge.example/acme/shop.git");
            let origin = normal_origin(&address);
            prop_assert_eq!(origin.as_deref(), Some("forge.example/acme/shop"));
        }

        #[test]
        fn normal_is_a_fixed_point(address in "\\PC{0,60}") {
            if let Some(origin) = normal_origin(&address) {
                let again = normal_origin(&format!("https://{origin}"));
                // A second `.git` is part of the name the first time and a suffix the second.
                prop_assume!(origin.strip_suffix(".git").is_none());
                prop_assert_eq!(again.as_deref(), Some(origin.as_str()));
            }
        }
    }
}
