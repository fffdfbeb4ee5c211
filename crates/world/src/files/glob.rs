//! Patterns of paths, as readers ask for them: `*` and `?` within a segment, `**` over several.
//!
//! A pattern is resolved segment by segment, so that only folders that can match are listed:
//! `/var/lib/apt/lists/*_Packages` reads one folder, not the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::{Files, Kind, Named, ReadError};

/// How many entries of folders one pattern may look at.
const MAX_ENTRIES: usize = 1_000_000;

/// See [`Files::glob`].
pub(super) fn glob<F: Files + ?Sized>(
    files: &F,
    root: &Path,
    pattern: &str,
) -> Result<Vec<Arc<str>>, ReadError> {
    let absolute = pattern.starts_with('/');
    if absolute && root != Path::new("/") {
        return Err(ReadError::Outside);
    }
    let mut segments: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
    if segments.contains(&"..") {
        return Err(ReadError::Outside);
    }
    segments.retain(|segment| *segment != ".");
    // `**/**` means what `**` means, and would only cost more.
    segments.dedup_by(|a, b| *a == "**" && *b == "**");
    let mut search = Search {
        files,
        root,
        absolute,
        listed: BTreeMap::new(),
        entries: 0,
        found: BTreeSet::new(),
    };
    search.below("", &segments)?;
    Ok(search.found.into_iter().collect())
}

struct Search<'a, F: ?Sized> {
    files: &'a F,
    root: &'a Path,
    absolute: bool,
    /// Folders that were listed: `**` comes by more than once.
    listed: BTreeMap<String, Arc<[Named]>>,
    entries: usize,
    found: BTreeSet<Arc<str>>,
}

impl<F: Files + ?Sized> Search<'_, F> {
    fn below(&mut self, folder: &str, segments: &[&str]) -> Result<(), ReadError> {
        let Some((segment, rest)) = segments.split_first() else { return Ok(()) };
        if *segment == "**" {
            // No segment at all, and then one more each time.
            self.below(folder, rest)?;
            for (name, kind) in self.list(folder)?.iter() {
                let Some(name) = name.to_str() else { continue };
                if *kind == Kind::Folder {
                    self.below(&join(folder, name), segments)?;
                } else if rest.is_empty() && *kind == Kind::File {
                    self.take(&join(folder, name));
                }
            }
            return Ok(());
        }
        if !segment.contains(['*', '?']) {
            return self.step(&join(folder, segment), rest);
        }
        for (name, kind) in self.list(folder)?.iter() {
            let Some(name) = name.to_str() else { continue };
            if !segment_matches(segment, name) {
                continue;
            }
            match kind {
                Kind::Other => {}
                Kind::File if !rest.is_empty() => {}
                Kind::Folder if rest.is_empty() => {}
                // A mount over a file is another thing than what its folder says.
                Kind::File | Kind::Folder | Kind::Link => self.step(&join(folder, name), rest)?,
            }
        }
        Ok(())
    }

    /// One segment is settled: either it is the file, or a folder to go on in.
    fn step(&mut self, path: &str, rest: &[&str]) -> Result<(), ReadError> {
        if path == ".git" || path.ends_with("/.git") {
            return Ok(());
        }
        if !rest.is_empty() {
            return self.below(path, rest);
        }
        match self.files.metadata(self.root, Path::new(path)) {
            Ok(metadata) if metadata.kind == Kind::File => self.take(path),
            // What is no file, leads outside or cannot be seen does not match.
            Ok(_)
            | Err(
                ReadError::Missing
                | ReadError::Outside
                | ReadError::Denied
                | ReadError::NotAFile
                | ReadError::Loop,
            ) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn take(&mut self, path: &str) {
        self.found.insert(if self.absolute { format!("/{path}").into() } else { path.into() });
    }

    /// The entries of a folder. One that is not there has none; one that may not be read is an
    /// error, so that nobody takes the matches for all there are.
    fn list(&mut self, folder: &str) -> Result<Arc<[Named]>, ReadError> {
        if let Some(listed) = self.listed.get(folder) {
            return Ok(Arc::clone(listed));
        }
        let listed: Arc<[Named]> = match self.files.names(self.root, Path::new(folder)) {
            Ok(entries) => entries.into_iter().filter(|(name, _)| name != ".git").collect(),
            Err(
                ReadError::Missing | ReadError::NotAFile | ReadError::Outside | ReadError::Loop,
            ) => Arc::new([]),
            Err(error) => return Err(error),
        };
        self.entries += listed.len();
        if self.entries > MAX_ENTRIES {
            return Err(ReadError::Other(format!("more than {MAX_ENTRIES} entries to look at")));
        }
        self.listed.insert(folder.to_owned(), Arc::clone(&listed));
        Ok(listed)
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Whether a name fits a pattern without `/`. Linear in pattern times name: on a mismatch only
/// the last `*` takes one more character.
pub(crate) fn segment_matches(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern.chars(), name.chars());
    // The pattern behind the last `*`, and the name that it has not swallowed yet.
    let mut last_star: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let name_here = name.clone();
        match (pattern.next(), name.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                name = name_here;
                last_star = Some((pattern.clone(), name.clone()));
                continue;
            }
            (Some(wanted), Some(found)) if wanted == '?' || wanted == found => continue,
            _ => {}
        }
        // A mismatch: the last `*` takes one character more, if there is one.
        let Some((behind, left)) = &mut last_star else { return false };
        if left.next().is_none() {
            return false;
        }
        pattern = behind.clone();
        name = left.clone();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Recorded, World};

    /// The definition, as slow and plain as it can be said.
    fn plainly(pattern: &[char], name: &[char]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some(('*', rest)) => (0..=name.len()).any(|skip| plainly(rest, &name[skip..])),
            Some((wanted, rest)) => name.split_first().is_some_and(|(found, name)| {
                (*wanted == '?' || wanted == found) && plainly(rest, name)
            }),
        }
    }

    proptest! {
        #[test]
        fn segments_match_as_defined(pattern in "[ab*?é]{0,8}", name in "[abé]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(
                segment_matches(&pattern, &name),
                plainly(&chars(&pattern), &chars(&name))
            );
        }
    }

    #[test]
    fn a_pattern_of_many_stars_ends() {
        assert!(!segment_matches(&"*a".repeat(50), &"a".repeat(49)));
    }

    fn found(pattern: &str) -> Vec<String> {
        let world = World::recorded(
            Recorded::new()
                .file("/r/Cargo.toml", "")
                .file("/r/crates/a/Cargo.toml", "")
                .file("/r/crates/b/Cargo.toml", "")
                .file("/r/crates/b/deep/Cargo.toml", "")
                .file("/r/.git/Cargo.toml", "")
                .file("/r/.hidden/Cargo.toml", "")
                .file("/r/.gitignore", "crates\n")
                .file("/elsewhere/Cargo.toml", "")
                .link("/r/crates/out", "/elsewhere")
                .link("/r/crates/in", "/r/crates/a"),
        );
        let root = world.root(Path::new("/r")).unwrap();
        root.glob(pattern).unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn patterns_stay_inside_and_see_ignored_files() {
        assert_eq!(
            found("crates/*/Cargo.toml"),
            ["crates/a/Cargo.toml", "crates/b/Cargo.toml", "crates/in/Cargo.toml"]
        );
        assert_eq!(found("crates/?/Cargo.toml"), ["crates/a/Cargo.toml", "crates/b/Cargo.toml"]);
        assert_eq!(found("./Cargo.toml"), ["Cargo.toml"]);
        assert_eq!(found("nowhere/*"), [""; 0]);
    }

    #[test]
    fn two_stars_mean_any_depth_but_follow_no_links() {
        let everywhere = [
            ".hidden/Cargo.toml",
            "Cargo.toml",
            "crates/a/Cargo.toml",
            "crates/b/Cargo.toml",
            "crates/b/deep/Cargo.toml",
        ];
        assert_eq!(found("**/Cargo.toml"), everywhere);
        assert_eq!(found("**/**/Cargo.toml"), everywhere);
        assert_eq!(found("crates/b/**"), ["crates/b/Cargo.toml", "crates/b/deep/Cargo.toml"]);
        assert_eq!(found("**/b/*"), ["crates/b/Cargo.toml"]);
    }

    #[test]
    fn a_pattern_cannot_leave_the_root() {
        let world = World::recorded(Recorded::new().file("/r/a", ""));
        let root = world.root(Path::new("/r")).unwrap();
        assert_eq!(root.glob("../*"), Err(ReadError::Outside));
        assert_eq!(root.glob("/etc/*"), Err(ReadError::Outside));
    }

    #[test]
    fn on_the_machine_patterns_are_absolute() {
        let world = World::recorded(
            Recorded::new().file("/var/lib/apt/lists/a_Packages", "").denied("/root/secret"),
        );
        let machine = world.machine();
        let found = machine.glob("/var/lib/apt/lists/*_Packages").unwrap();
        assert_eq!(found, [Arc::from("/var/lib/apt/lists/a_Packages")]);
    }

    #[test]
    fn a_folder_that_may_not_be_listed_is_an_error() {
        let world = World::recorded(Recorded::new().file("/r/x", "").denied_folder("/r/closed"));
        let root = world.root(Path::new("/r")).unwrap();
        assert_eq!(root.glob("closed/*"), Err(ReadError::Denied));
    }
}
