//! What the benchmarks run on: real data where they are beside the project, else generated ones
//! of the same size.

use std::path::{Path, PathBuf};

use crate::tools::Done;

/// How many packages the generated lockfile has; the real one has as many.
const PACKAGES: usize = 1_425;
/// How many generated advisories stand for the whole of the real feeds.
const RECORDS: usize = 10_600;

/// The data folder: `HOLDFAST_SHARED`, else beside the project.
pub(super) fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("HOLDFAST_SHARED").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| PathBuf::from("../shared/data"));
    folder.join("osv").is_dir().then_some(folder)
}

/// A folder that goes away again.
#[derive(Debug)]
pub(super) struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// Makes it where temporary files belong, which must be outside of any repository: what git
    /// costs is not what is measured.
    pub(super) fn new() -> Result<Self, String> {
        let parent = std::env::temp_dir();
        let parent =
            parent.canonicalize().map_err(|error| format!("{}: {error}", parent.display()))?;
        if let Some(git) = parent.ancestors().find(|folder| folder.join(".git").exists()) {
            let git = git.display();
            return Err(format!(
                "`{git}` is a repository; help: set TMPDIR to a folder outside it"
            ));
        }
        let folder = parent.join(format!("holdfast-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self { folder })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left behind is in the folder for temporary files, which is swept.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A lockfile in a folder of its own, and the feeds to judge it by.
#[derive(Debug)]
pub(super) struct Tree {
    /// What `check` looks at.
    pub(super) folder: PathBuf,
    /// What `advisories sync` reads.
    pub(super) feeds: PathBuf,
    /// In words, with numbers.
    pub(super) about: String,
}

/// Puts a generated lockfile of so many packages into a folder of `scratch`.
pub(super) fn generated(scratch: &Scratch, packages: usize) -> Result<PathBuf, String> {
    let folder = scratch.path(&format!("tree-{packages}"));
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    write(&folder.join("Cargo.lock"), &lockfile(packages))?;
    Ok(folder)
}

/// Puts a lockfile into a folder of `scratch`.
pub(super) fn tree(scratch: &Scratch, shared: Option<&Path>) -> Result<Tree, String> {
    let folder = scratch.path("tree");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let real = shared
        .and_then(|shared| std::fs::read_to_string(shared.join("cargo-locks/omicron.lock")).ok());
    let which = if real.is_some() { "real" } else { "generated" };
    let text = real.unwrap_or_else(|| lockfile(PACKAGES));
    let packages = text.matches("[[package]]").count();
    write(&folder.join("Cargo.lock"), &text)?;
    let (feeds, of) = match shared {
        Some(shared) => (shared.join("osv"), "real"),
        None => (scratch.path("feeds"), "generated"),
    };
    if shared.is_none() {
        write_feed(&feeds)?;
    }
    let about = format!("{which} lockfile of {packages} packages, {of} feeds, outside git");
    Ok(Tree { folder, feeds, about })
}

fn write(path: &Path, text: &str) -> Done {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn package(number: usize) -> String {
    format!("package-{number:04}")
}

/// A lockfile as cargo writes it: one package of the tree, and each package needs up to three
/// others.
fn lockfile(packages: usize) -> String {
    let last = packages.saturating_sub(1);
    let blocks = (0..packages).map(|number| {
        // Cargo writes packages in the order of their names; `workspace` comes last.
        let (name, source) = if number == last {
            ("workspace".to_owned(), String::new())
        } else {
            let checksum = number * 7919;
            let source = format!(
                "source = \"registry+https://index.example/crates\"\nchecksum = \"{checksum:064x}\"\n"
            );
            (package(number), source)
        };
        let version = format!("{}.{}.{}", number % 5, number % 17, number % 9);
        let needs: Vec<String> = [3, 5, 7]
            .iter()
            .map(|step| (number + 1) * step % last.max(1))
            .filter(|need| *need > number || number == last)
            .map(|need| format!(" \"{}\",\n", package(need)))
            .collect();
        let needs = match needs.concat() {
            none if none.is_empty() => none,
            some => format!("dependencies = [\n{some}]\n"),
        };
        format!("\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{source}{needs}")
    });
    std::iter::once("version = 4\n".to_owned()).chain(blocks).collect()
}

/// One folder of records, a few of which are about packages of the generated lockfile.
fn write_feed(folder: &Path) -> Done {
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    (0..RECORDS)
        .try_for_each(|number| write(&folder.join(format!("GEN-{number}.json")), &record(number)))
}

/// A generated record of the usual length.
pub(super) fn record(number: usize) -> String {
    let (ecosystem, kind) = match number % 4 {
        0 => ("crates.example", "SEMVER"),
        1 => ("Go", "SEMVER"),
        2 => ("PyPI", "ECOSYSTEM"),
        _ => ("npm", "SEMVER"),
    };
    format!(
        r#"{{"id": "GEN-{number}", "modified": "2024-01-01T00:00:00Z",
"summary": "A summary of the usual length, which says what is wrong in a sentence",
"details": "{}", "aliases": ["CVE-1999-{number}"],
"affected": [{{"package": {{"ecosystem": "{ecosystem}", "name": "{}"}},
"ranges": [{{"type": "{kind}", "events": [{{"introduced": "0"}}, {{"fixed": "{}.{}.1"}}]}}]}}]}}"#,
        "Words that nobody keeps. ".repeat(30),
        package(number * 3),
        number % 3,
        number % 11
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_lockfile_is_whole() {
        let text = lockfile(60);
        assert_eq!(text.matches("[[package]]").count(), 60);
        assert!(text.contains("name = \"workspace\""));
        let names: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
            .collect();
        assert!(names.is_sorted(), "cargo sorts by name");
        let needs = text.lines().filter_map(|line| line.trim().strip_suffix("\","));
        let needs: Vec<&str> = needs.filter_map(|need| need.strip_prefix('"')).collect();
        assert!(needs.len() > 60, "{}", needs.len());
        assert!(needs.iter().all(|need| names.contains(need)), "every edge leads somewhere");
    }

    #[test]
    fn generated_records_are_json_and_speak_of_the_lockfile() {
        let text = lockfile(PACKAGES);
        let mut known = 0;
        for number in 0..RECORDS {
            let value: serde_json::Value = serde_json::from_str(&record(number)).unwrap();
            let package = &value["affected"][0]["package"];
            let name = format!("name = \"{}\"", package["name"].as_str().unwrap());
            known += usize::from(package["ecosystem"] == "crates.example" && text.contains(&name));
        }
        assert!((50..500).contains(&known), "{known}");
    }

    #[test]
    fn the_scratch_folder_goes_away() {
        let scratch = Scratch::new().unwrap();
        let folder = scratch.path("");
        write(&scratch.path("a"), "b").unwrap();
        assert!(folder.is_dir());
        drop(scratch);
        assert!(!folder.exists());
    }
}
