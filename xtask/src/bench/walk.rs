//! The walk through all files of a root, which `holdfast audit` does once for all controls, beside
//! GNU find over the same tree with the same tests.
//!
//! What the walk costs is the difference between a root with the tree and the same root without it:
//! the other controls find the same in both.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use super::data::Scratch;
use super::figures::{Figure, Target, short};
use super::{Case, Measured, apart, built, interleaved, number};
use crate::tools::{self, Done};

/// How often each process runs.
const ROUNDS: usize = 9;
/// How many folders the tree has; of files about ten times as many.
const FOLDERS: u64 = 20_000;
/// The walk to GNU find.
const TARGET: f64 = 1.0;
/// What both roots have: whose numbers are whose, and that it is no container.
const FILES: [(&str, &str); 3] = [
    ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
    ("etc/group", "root:x:0:\n"),
    ("sbin/init", ""),
];
/// What find looks for, as the controls do.
const RIGHTS: &str = "-perm -4000 -o -perm -2000 -o -perm -0002";
const NAMES: &str = "-o -name .rhosts -o -name .shosts -o -name .netrc";
const OWNERS: &str = "-o -nouser -o -nogroup";

/// The walk, and what find costs.
pub(super) fn root() -> Result<Vec<Figure>, String> {
    if !tools::installed("find") {
        tools::complain("`find` is not installed: there is nothing to compare the walk with");
        return Ok(Vec::new());
    }
    tools::run(tools::cargo(&["build", "--quiet", "--release", "--package", "holdfast"]))?;
    let built = built("holdfast")?;
    let program = Path::new(&built).canonicalize().map_err(|error| format!("{built}: {error}"))?;
    let program = program.display().to_string();
    let scratch = Scratch::new()?;
    let [with, without, empty] = ["with", "without", "empty"].map(|name| scratch.path(name));
    folder(&empty)?;
    for root in [&with, &without] {
        ["etc", "sbin", "srv"].iter().try_for_each(|name| folder(&root.join(name)))?;
        FILES.iter().try_for_each(|(name, text)| file(&root.join(name), text, 0o644))?;
    }
    let files = tree(&with.join("srv"))?;
    let [with, without] = [with, without].map(|root| root.display().to_string());
    let data = scratch.path("data").display().to_string();
    let case = |name: &str, command: &[&str], codes: &[i32]| Case {
        name: name.to_owned(),
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        codes: codes.to_vec(),
        folder: Some(empty.clone()),
    };
    let audit = |root: &str| {
        let target = format!("root:{root}");
        case("audit", &[&program, "audit", &target, "--data", &data], &[0, 1])
    };
    let find = |name: &str, owners: &str| {
        let tests = [RIGHTS, owners, NAMES].into_iter().flat_map(str::split_whitespace);
        let command = ["find", with.as_str(), "-xdev", "("].into_iter().chain(tests);
        let command: Vec<&str> = command.chain([")", "-printf", "%m %U %G %p\\n"]).collect();
        case(name, &command, &[0])
    };
    let cases = [
        audit(&with),
        audit(&without),
        find("`find` with the same tests", OWNERS),
        find("`find` by rights and names alone", ""),
    ];
    figures(&interleaved(&cases, ROUNDS, apart)?, files)
}

/// A tree as deep and as wide as those of packages; how many files it has. One of 5,000 is setuid,
/// and one of 2,000 may be written to by everybody.
fn tree(root: &Path) -> Result<u64, String> {
    let mut files = 0;
    for number in 0..FOLDERS {
        let (part, group) = (number % 20, number / 20 % 32);
        let parent = root.join(format!("part-{part}/group-{group}/folder-{number}"));
        folder(&parent)?;
        for _ in 0..files_in(number) {
            file(&parent.join(format!("file-{files}.dat")), "", mode_of(files))?;
            files += 1;
        }
    }
    Ok(files)
}

/// Between 1 and 19.
fn files_in(folder: u64) -> u64 {
    1 + folder * 7 % 19
}

fn mode_of(file: u64) -> u32 {
    match (file % 5_000, file % 2_000) {
        (0, _) => 0o4755,
        (_, 7) => 0o666,
        _ => 0o644,
    }
}

fn folder(path: &Path) -> Done {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o755);
    builder.create(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn file(path: &Path, text: &str, mode: u32) -> Done {
    let cannot = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut options = std::fs::OpenOptions::new();
    let mut made = options.write(true).create_new(true).mode(0o644).open(path).map_err(cannot)?;
    made.write_all(text.as_bytes()).map_err(cannot)?;
    if mode == 0o644 {
        return Ok(());
    }
    // Of the mode of a new file the umask takes some bits away.
    made.set_permissions(Permissions::from_mode(mode)).map_err(cannot)
}

fn figures(measured: &[Measured], files: u64) -> Result<Vec<Figure>, String> {
    let [with, without, same, fewer] = measured else {
        return Err("some processes were not measured".to_owned());
    };
    let base = format!(
        "{} files in {} folders; {ROUNDS} runs",
        short(number(files)),
        short(number(FOLDERS))
    );
    let figure = |what: String, value: f64, unit: &'static str, target, base: &str| Figure {
        what,
        value,
        unit,
        target,
        base: base.to_owned(),
    };
    let walk = [
        number(with.least_us().saturating_sub(without.least_us())),
        number(with.median_us().saturating_sub(without.median_us())),
    ];
    let differ = format!("{base}; `audit` of the root with the tree, less of the same without it");
    let mut out = Vec::new();
    for find in [same, fewer] {
        let costs = [find.least_us(), find.median_us()].map(number);
        for (which, (walk, find_us)) in ["least", "median"].iter().zip(walk.iter().zip(costs)) {
            let what = format!("walk to {}, CPU, {which}", find.name);
            out.push(figure(what, walk / find_us, "times", Target::AtMost(TARGET), &differ));
        }
    }
    let [_, median] = walk;
    out.push(figure("walk, CPU, median".to_owned(), median / 1e3, "ms", Target::None, &differ));
    for find in [same, fewer] {
        let (what, cost) = (format!("{}, CPU, median", find.name), number(find.median_us()) / 1e3);
        out.push(figure(what, cost, "ms", Target::None, &base));
    }
    let memory = number(with.memory_kib()) * 1024.0 / 1e6;
    let what = "`audit` with the walk, peak memory".to_owned();
    out.push(figure(what, memory, "MB", Target::None, &base));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::super::Sample;
    use super::*;

    fn row(name: &str, times: [u64; 3]) -> Measured {
        let samples = times.map(|cpu_us| Sample { cpu_us, memory_kib: 1_000 }).to_vec();
        Measured { name: name.to_owned(), samples }
    }

    #[test]
    fn the_walk_is_what_the_tree_adds() {
        let measured = [
            row("audit", [620_000, 520_000, 720_000]),
            row("audit", [20_000, 20_000, 30_000]),
            row("`find`", [1_200_000, 1_000_000, 2_000_000]),
            row("`find` of less", [500_000, 400_000, 600_000]),
        ];
        let figures = figures(&measured, 199_993).unwrap();
        let near = |what: &str, wanted: f64| {
            let found = figures.iter().find(|one| one.what == what).unwrap();
            assert!((found.value - wanted).abs() < 1e-9, "{found:?}");
        };
        near("walk to `find`, CPU, least", 0.5);
        near("walk to `find`, CPU, median", 0.5);
        near("walk to `find` of less, CPU, least", 1.25);
        near("walk, CPU, median", 600.0);
        near("`audit` with the walk, peak memory", 1.024);
        assert!(figures.iter().all(|one| one.base.starts_with("199,993 files in 20,000 folders")));
        assert!(super::figures(&measured[1..], 0).is_err());
    }

    #[test]
    fn the_tree_has_about_as_many_files_as_it_says_and_some_stand_out() {
        let files: u64 = (0..FOLDERS).map(files_in).sum();
        assert!(files.abs_diff(200_000) < 1_000, "{files}");
        let modes = |mode| (0..files).filter(|file| mode_of(*file) == mode).count();
        assert_eq!((modes(0o4755), modes(0o666)), (40, 100));
    }

    #[test]
    fn a_file_has_the_mode_that_it_was_made_with() {
        let folder = std::env::temp_dir().join(format!("holdfast-walk-{}", std::process::id()));
        super::folder(&folder).unwrap();
        for mode in [0o4755, 0o666, 0o644] {
            let path = folder.join(format!("{mode:o}"));
            file(&path, "text", mode).unwrap();
            assert_eq!(path.metadata().unwrap().mode() & 0o7777, mode);
            assert!(file(&path, "", mode).is_err(), "nothing is written over");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
