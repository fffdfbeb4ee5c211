//! Patterns over paths of a revision; `world` has its own for folders.

/// Whether a path fits a pattern: `*` and `?` stay within a segment, `**` spans several.
pub(crate) fn glob(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    fits(&pattern, &path, &|part| *part == "**", &|part, segment| {
        fits(part.as_bytes(), segment.as_bytes(), &|letter| *letter == b'*', &|letter, other| {
            *letter == b'?' || letter == other
        })
    })
}

/// Wildcard matching in time proportional to the product of both lengths: only the last star
/// ever has to be tried again.
fn fits<P, T>(
    pattern: &[P],
    text: &[T],
    is_star: &dyn Fn(&P) -> bool,
    is_one: &dyn Fn(&P, &T) -> bool,
) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(item) = text.get(t) {
        match pattern.get(p) {
            Some(part) if is_star(part) => {
                star = Some((p, t));
                p += 1;
            }
            Some(part) if is_one(part, item) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                p = at + 1;
                t = from + 1;
                star = Some((at, from + 1));
            }
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(is_star))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_respect_segments() {
        assert!(glob("crates/*/Cargo.toml", "crates/a/Cargo.toml"));
        assert!(!glob("crates/*/Cargo.toml", "crates/a/b/Cargo.toml"));
        assert!(glob("**/Cargo.toml", "Cargo.toml"));
        assert!(glob("**/Cargo.toml", "a/b/Cargo.toml"));
        assert!(glob("*_InRelease", "x_InRelease"));
        assert!(glob("a?c*e", "abcdde"));
        assert!(!glob("a?c*e", "abcddf"));
    }
}
