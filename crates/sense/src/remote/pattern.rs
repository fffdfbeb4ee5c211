//! Patterns of paths: as words of a shell that find at least what they mean, and as what they mean.
//!
//! Ours know `*` and `?` within a segment, take hidden names as all others, and take brackets for
//! brackets. A shell's do not, so that it is asked for more than is wanted, and the rest is left.

use std::sync::Arc;

use super::script::quoted;

/// A pattern of absolute paths, by segments.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern<'a> {
    segments: Vec<&'a str>,
}

/// More words than this are no sensible pattern: each wildcard at the start of a segment doubles
/// them.
const MAX_WORDS: usize = 64;

pub(super) fn is_wild(segment: &str) -> bool {
    segment.contains(['*', '?'])
}

impl<'a> Pattern<'a> {
    /// Reads a pattern; why it cannot be asked otherwise.
    pub(super) fn new(pattern: &'a str) -> Result<Self, Arc<str>> {
        let mut segments: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
        if segments.contains(&"..") {
            return Err("it leads outside the folder that is looked at".into());
        }
        if segments.contains(&"**") {
            return Err("a host is not searched through over the network".into());
        }
        segments.retain(|segment| *segment != ".");
        let wild = segments.iter().filter(|segment| segment.starts_with(['*', '?'])).count();
        if 3_usize.saturating_pow(u32::try_from(wild).unwrap_or(u32::MAX)) > MAX_WORDS {
            return Err("it has too many wildcards".into());
        }
        Ok(Self { segments })
    }

    /// Whether a path is one that the pattern means, as a name.
    pub(super) fn fits(&self, path: &str) -> bool {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        self.segments.iter().all(|segment| {
            let fits = |part| !matches!(part, "." | ".." | ".git") && matches(segment, part);
            parts.next().is_some_and(fits)
        }) && parts.next().is_none()
    }

    /// Its segments, in order.
    pub(super) fn segments(&self) -> &[&'a str] {
        &self.segments
    }

    /// The words that find it. Several, since a shell's wildcards pass over hidden names.
    pub(super) fn words(&self) -> Vec<String> {
        words(&self.segments)
    }

    /// Folders on the way, each with whether it must be listed (`r`) and entered (`x`), so that
    /// what a pattern finds is all there is.
    pub(super) fn folders(&self) -> Vec<(&'static str, Vec<String>)> {
        let mut out = Vec::new();
        for (at, segment) in self.segments.iter().enumerate() {
            let deeper = self.segments.iter().skip(at + 1).any(|segment| is_wild(segment));
            let needed = match (is_wild(segment), deeper) {
                (true, true) => "rx",
                (true, false) => "r",
                // The way to a folder of a plain name is seen when that is looked at.
                (false, true) if self.segments.iter().take(at).any(|s| is_wild(s)) => "x",
                _ => continue,
            };
            out.push((needed, words(self.segments.get(..at).unwrap_or_default())));
        }
        out
    }
}

/// The words of a shell for segments; `/` where there is none.
fn words(segments: &[&str]) -> Vec<String> {
    let mut all = vec![String::new()];
    for segment in segments {
        let forms = forms(segment);
        all = all
            .iter()
            .flat_map(|before| forms.iter().map(move |form| format!("{before}/{form}")))
            .collect();
    }
    if segments.is_empty() { vec!["/".to_owned()] } else { all }
}

/// One segment, and its other forms that find hidden names.
fn forms(segment: &str) -> Vec<String> {
    let Some(rest) = segment.strip_prefix(['*', '?']) else { return vec![word(segment)] };
    let any = segment.starts_with('*');
    let mut forms = vec![word(segment), format!(".{}", word(&format!("*{rest}")))];
    if !any {
        // `?` may stand for the dot alone.
        forms = vec![word(segment), word(&format!(".{rest}"))];
    } else if rest.trim_start_matches(['*', '?']).starts_with('.') || rest.starts_with(['*', '?']) {
        // `*` may stand for nothing, and the name begin with what is behind it.
        forms.extend(self::forms(rest));
    }
    forms
}

/// A segment as a word: its plain parts quoted, its wildcards not. In the locale of the script `?`
/// is a byte and not a character, so that `*` stands for it.
fn word(segment: &str) -> String {
    let mut out = String::new();
    let mut plain = String::new();
    for c in segment.chars() {
        if matches!(c, '*' | '?') {
            if !plain.is_empty() {
                out.push_str(&quoted(&std::mem::take(&mut plain)));
            }
            if !out.ends_with('*') {
                out.push('*');
            }
        } else {
            plain.push(c);
        }
    }
    if !plain.is_empty() {
        out.push_str(&quoted(&plain));
    }
    out
}

/// Whether a name fits a segment. On a mismatch only the last `*` takes one more character, so
/// that many stars cost no more than few.
pub(super) fn matches(segment: &str, name: &str) -> bool {
    let (mut signs, mut rest) = (segment.chars(), name.chars());
    let mut star: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let here = rest.clone();
        match (signs.next(), rest.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                rest = here;
                star = Some((signs.clone(), rest.clone()));
                continue;
            }
            (Some(sign), Some(c)) if sign == '?' || sign == c => continue,
            _ => {}
        }
        let Some((behind, left)) = &mut star else { return false };
        if left.next().is_none() {
            return false;
        }
        signs = behind.clone();
        rest = left.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_names_are_asked_for_in_words_of_their_own() {
        let words = |pattern: &str| Pattern::new(pattern).unwrap().words();
        assert_eq!(words("/etc/a b/x"), ["/'etc'/'a b'/'x'"]);
        assert_eq!(words("/etc/*"), ["/'etc'/*", "/'etc'/.*"]);
        assert_eq!(words("/e/*.conf"), ["/'e'/*'.conf'", "/'e'/.*'.conf'", "/'e'/'.conf'"]);
        assert_eq!(words("/e/?x"), ["/'e'/*'x'", "/'e'/'.x'"]);
        assert_eq!(words("/e/x[1]*'"), ["/'e'/'x[1]'*''\\'''"]);
        assert_eq!(words("/"), ["/"]);
    }

    #[test]
    fn folders_that_must_be_listed_are_named() {
        let folders = |pattern: &str| Pattern::new(pattern).unwrap().folders();
        let word = |text: &str| vec![text.to_owned()];
        assert_eq!(folders("/etc/x/*.conf"), [("r", word("/'etc'/'x'"))]);
        let both = folders("/a/*/b/*");
        assert_eq!(both.len(), 3);
        assert_eq!(both[0], ("rx", word("/'a'")));
        assert_eq!((both[1].0, both[1].1.len()), ("x", 2));
        assert_eq!((both[2].0, both[2].1.len()), ("r", 2));
        assert_eq!(folders("/home/*/.ssh/keys"), [("r", word("/'home'"))]);
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        for bad in ["/a/**/b", "/a/../*", "/*/*/*/*"] {
            assert!(Pattern::new(bad).is_err(), "{bad}");
        }
        assert!(Pattern::new("/*/*/*").is_ok());
    }

    #[test]
    fn names_fit_as_they_do_at_home() {
        let fits = |pattern: &str, path: &str| Pattern::new(pattern).unwrap().fits(path);
        assert!(fits("/e/*.conf", "/e/.conf") && fits("/e/*.conf", "/e/.a.conf"));
        assert!(fits("/e/?.conf", "/e/é.conf") && !fits("/e/?.conf", "/e/ab.conf"));
        assert!(fits("/e/[a]*", "/e/[a]b") && !fits("/e/[a]*", "/e/ab"));
        assert!(!fits("/e/*", "/e/..") && !fits("/e/*", "/e/.git") && !fits("/e/*", "/e/a/b"));
        assert!(!matches(&"*a".repeat(50), &"a".repeat(49)));
    }
}
