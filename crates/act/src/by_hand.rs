//! What people do where no step here can do it: the line to edit, the command of the tool that
//! keeps a lockfile, or the one that pins hashes anew.
//!
//! Knows files by their names. Must not run anything, nor put into a command what is no plain name.

/// What keeps a file of this name, and what is done there.
struct Kept {
    file: &'static str,
    /// `{name}` stands for the package, `{to}` for the version.
    does: &'static str,
    /// Nothing that is read beside it can be edited to lift a package: only people can.
    alone: bool,
}

const fn kept(file: &'static str, does: &'static str, alone: bool) -> Kept {
    Kept { file, does, alone }
}

const KEPT: [Kept; 12] = [
    kept(
        "Package.resolved",
        "ask for {to} in `Package.swift` and run `swift package update`",
        true,
    ),
    kept("mix.lock", "run `mix deps.update {name}`", true),
    kept("renv.lock", "run `renv::update(\"{name}\")` and `renv::snapshot()` in R", true),
    kept("conan.lock", "ask for {to} in the conanfile and run `conan lock create .`", true),
    kept("pubspec.lock", "run `dart pub upgrade {name}`", true),
    kept("Podfile.lock", "run `pod update {name}`", true),
    kept("cabal.project.freeze", "remove the file and run `cabal freeze`", true),
    kept("stack.yaml.lock", "ask for {to} in `stack.yaml` and build", true),
    kept("Pipfile.lock", "run `pipenv update {name}`", false),
    kept("bun.lock", "run `bun update {name}`", false),
    kept(
        "packages.lock.json",
        "ask for {to} in the project's file and run `dotnet restore --force-evaluate`",
        false,
    ),
    kept("gradle.lockfile", "run `gradle dependencies --write-locks`", false),
];

fn found(path: &str) -> Option<&'static Kept> {
    let file = path.rsplit_once('/').map_or(path, |(_, file)| file);
    KEPT.iter().find(|kept| kept.file == file)
}

/// A workflow or an action, whose lines are edited as they stand.
fn is_workflow(path: &str) -> bool {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let workflows = folder == ".github/workflows" || folder.ends_with("/.github/workflows");
    let written = matches!(file.rsplit_once('.'), Some((_, "yml" | "yaml")));
    (workflows && written) || matches!(file, "action.yml" | "action.yaml")
}

/// Every file that a tool keeps and of which [`by_hand`] knows what to do, by its name.
pub fn kept_by_hand() -> impl Iterator<Item = &'static str> {
    KEPT.iter().map(|kept| kept.file)
}

/// Whether nothing but a person lifts what stands in a file: `fix` cannot.
fn only_by_hand(path: &str) -> bool {
    is_workflow(path) || found(path).is_some_and(|kept| kept.alone)
}

/// What to do in a file, at a line from 1, so that a package is of a version; `None` where nothing is
/// known of the file, or where the command would hold what is no plain name.
pub fn by_hand((path, line): (&str, u32), name: &str, to: &str) -> Option<String> {
    if is_workflow(path) {
        return Some(format!("edit {path}:{line}"));
    }
    let does = found(path)?.does;
    let fits = |mark: &str, text: &str| !does.contains(mark) || is_plain(text);
    let written = fits("{name}", name) && fits("{to}", to);
    written.then(|| does.replace("{name}", name).replace("{to}", to))
}

/// The same for a finding about a package of this subject (a package URL), first found at a place and
/// in all of these files; `None` where `fix` makes a step in one of them.
pub fn finding_by_hand<'p>(
    subject: &str,
    to: &str,
    place: (&str, u32),
    files: impl IntoIterator<Item = &'p str>,
) -> Option<String> {
    let name = subject.rsplit('/').next().unwrap_or(subject);
    files.into_iter().all(only_by_hand).then(|| by_hand(place, name, to)).flatten()
}

/// A word that can stand in a command.
fn is_plain(text: &str) -> bool {
    let odd = |c: char| !c.is_ascii_alphanumeric() && !"._+-".contains(c);
    !text.is_empty() && !text.starts_with('-') && !text.contains(odd)
}

/// What makes a file of pip's whose versions have hashes (pip-tools, "Using hashes"; uv, "Locking
/// environments").
const COMPILERS: [&str; 2] = ["pip-compile", "uv pip compile"];

/// What to run so that a file of pip's, with this text, asks for another version of a package that has
/// hashes: those of that version are in no file, and beside the old ones pip refuses it. It is the
/// command that the file's own heading names, where it names one. `None` where the file is none of
/// pip's or holds no hashes, or where the command would hold what is no plain name.
pub fn with_hashes((path, text): (&str, &str), name: &str, to: &str) -> Option<String> {
    let of_pip = path.rsplit_once('.').is_some_and(|(_, end)| end == "txt");
    let hashed = of_pip && text.contains("--hash");
    if !hashed || !is_plain(name) || !is_plain(to) {
        return None;
    }
    let options = format!("--generate-hashes --upgrade-package {name}=={to}");
    if let Some((compiler, rest)) = heading(text) {
        let words: Vec<&str> = [compiler, &options].into_iter().chain(rest).collect();
        return Some(format!("run `{}`", words.join(" ")));
    }
    let commands = COMPILERS.map(|compiler| format!("`{compiler} {options}`"));
    Some(format!("run {} on the file that it is made of", commands.join(" or ")))
}

/// What to run so that a file of pip's, whose heading says that a compiler wrote it, pins another version
/// of a package: a line that is edited there is taken back by the next run. `None` where nobody says so.
pub fn compiled((path, text): (&str, &str), name: &str, to: &str) -> Option<String> {
    let of_pip = path.rsplit_once('.').is_some_and(|(_, end)| end == "txt");
    let comments = text.lines().map_while(|line| line.trim().strip_prefix('#'));
    let by = comments.take(LONGEST_HEADING).find_map(|line| {
        let (_, by) = line.split_once("autogenerated by ")?;
        let is_by = |word: &str| by.split([' ', ':', '.']).next() == Some(word);
        let own = [("pip-compile", "pip-compile"), ("uv", "uv pip compile")];
        own.iter().find(|one| is_by(one.0)).map(|one| one.1)
    });
    let by = by.filter(|_| of_pip)?;
    if !is_plain(name) || !is_plain(to) {
        return Some("let what wrote this file write it again".to_owned());
    }
    let options = format!("--upgrade-package {name}=={to}");
    Some(match heading(text) {
        Some((compiler, rest)) => {
            let words: Vec<&str> = [compiler, &options].into_iter().chain(rest).collect();
            format!("run `{}`", words.join(" "))
        }
        None => format!("run `{by} {options}` on the file that it is made of"),
    })
}

/// The command that a file names in its heading as the one that made it, without the option that it
/// is given in any case: the compiler, and the words behind it.
fn heading(text: &str) -> Option<(&'static str, Vec<&str>)> {
    let comments = text.lines().map_while(|line| line.trim().strip_prefix('#'));
    comments.take(LONGEST_HEADING).find_map(|line| {
        COMPILERS.iter().find_map(|compiler| {
            let rest = line.trim().strip_prefix(compiler)?.strip_prefix(' ')?;
            // Anybody may have written this line.
            let plain = |c: char| c.is_ascii_alphanumeric() || "._+-/=,".contains(c);
            let is_command = rest.chars().all(|c| plain(c) || c == ' ');
            let words = rest.split(' ').filter(|word| !word.is_empty());
            let words = words.filter(|word| *word != "--generate-hashes");
            is_command.then(|| (*compiler, words.collect()))
        })
    })
}

/// Lines of a heading in which a command is looked for.
const LONGEST_HEADING: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_has_its_way() {
        let says = |path: &str| by_hand((path, 5), "plug", "1.2.3");
        assert_eq!(says("a/mix.lock").as_deref(), Some("run `mix deps.update plug`"));
        let edit = "edit .github/workflows/ci.yml:5";
        assert_eq!(says(".github/workflows/ci.yml").as_deref(), Some(edit));
        let conan = "ask for 1.2.3 in the conanfile and run `conan lock create .`";
        assert_eq!(says("conan.lock").as_deref(), Some(conan));
        assert_eq!(says("Cargo.lock"), None);
        assert_eq!(says("mix.lock.old"), None);
    }

    #[test]
    fn every_file_that_is_kept_has_its_way() {
        assert!(kept_by_hand().all(|file| by_hand((file, 5), "plug", "1.2.3").is_some()));
    }

    #[test]
    fn no_command_holds_what_is_no_plain_name() {
        for name in ["", "--all", "a;b", "a b", "$(x)", "a`b", "a\"b"] {
            assert_eq!(by_hand(("mix.lock", 5), name, "1.0.0"), None, "{name}");
        }
        assert_eq!(by_hand(("conan.lock", 5), "zlib", "1 && x"), None);
    }

    #[test]
    fn a_finding_is_lifted_by_hand_where_all_of_its_files_are() {
        let says = |files: &[&str]| {
            finding_by_hand("pkg:hex/plug", "1.2.3", ("mix.lock", 5), files.iter().copied())
        };
        let run = Some("run `mix deps.update plug`".to_owned());
        assert_eq!(says(&["mix.lock", "apps/web/mix.lock"]), run);
        assert_eq!(says(&["mix.lock", "Cargo.lock"]), None);
    }

    #[test]
    fn hashes_are_pinned_anew_by_what_pinned_them() {
        let says = |heading: &str| {
            let text = format!("{heading}tiller==1.0.0 \\\n    --hash=sha256:00\n");
            with_hashes(("a.txt", &text), "tiller", "1.0.3").unwrap()
        };
        let pip = "#\n# This file is autogenerated by pip-compile with Python 3.11\n# by the following \
                   command:\n#\n#    pip-compile --generate-hashes --output-file=a.txt a.in\n#\n";
        let wanted = "run `pip-compile --generate-hashes --upgrade-package tiller==1.0.3 \
                      --output-file=a.txt a.in`";
        assert_eq!(says(pip), wanted);
        let bare = "# pip-compile --generate-hashes\n";
        let wanted_bare = "run `pip-compile --generate-hashes --upgrade-package tiller==1.0.3`";
        assert_eq!(says(bare), wanted_bare);
        let uv = "# This file was autogenerated by uv via the following command:\n#    uv pip compile \
                  pyproject.toml -o b.txt\n";
        let wanted = "run `uv pip compile --generate-hashes --upgrade-package tiller==1.0.3 \
                      pyproject.toml -o b.txt`";
        assert_eq!(says(uv), wanted);
        let nobody = "run `pip-compile --generate-hashes --upgrade-package tiller==1.0.3` or `uv pip \
                      compile --generate-hashes --upgrade-package tiller==1.0.3` on the file that it is \
                      made of";
        for heading in [
            "",
            "# pip-compile\n",
            "# pip-compiler a.in\n",
            "# pip-compile a.in; curl x\n",
            "# uv pip compile $(x)\n",
            "first==1\n# pip-compile a.in\n",
        ] {
            assert_eq!(says(heading), nobody, "{heading}");
        }
    }

    #[test]
    fn what_a_compiler_wrote_is_written_by_it_again() {
        let says = |heading: &str| {
            let text = format!("{heading}tiller==1.0.0\n    # via -r a.in\n");
            compiled(("a.txt", &text), "tiller", "1.0.3")
        };
        let pip = "#\n# This file is autogenerated by pip-compile with Python 3.11\n# by the following \
                   command:\n#\n#    pip-compile --output-file=a.txt a.in\n#\n";
        let wanted = "run `pip-compile --upgrade-package tiller==1.0.3 --output-file=a.txt a.in`";
        assert_eq!(says(pip).as_deref(), Some(wanted));
        let uv = "# This file was autogenerated by uv via the following command:\n#    uv pip compile \
                  a.in -o a.txt\n";
        let wanted = "run `uv pip compile --upgrade-package tiller==1.0.3 a.in -o a.txt`";
        assert_eq!(says(uv).as_deref(), Some(wanted));
        let own =
            "# This file is autogenerated by pip-compile\n# To update, run:\n#\n#    make $(x)\n";
        let wanted =
            "run `pip-compile --upgrade-package tiller==1.0.3` on the file that it is made of";
        assert_eq!(says(own).as_deref(), Some(wanted));
        for heading in ["", "# pip-compile is not used here\n", "# autogenerated by uvicorn\n"] {
            assert_eq!(says(heading), None, "{heading}");
        }
        assert!(compiled(("a.txt", pip), "a;b", "1").is_some_and(|does| !does.contains(';')));
        assert_eq!(compiled(("a.in", pip), "tiller", "1.0.3"), None);
    }

    #[test]
    fn nothing_is_run_where_there_are_no_hashes_or_names_are_odd() {
        let hashed = ("a.txt", "tiller==1.0.0 --hash=sha256:00\n");
        assert!(with_hashes(hashed, "tiller", "1.0.3").is_some());
        assert_eq!(with_hashes(("a.txt", "tiller==1.0.0\n"), "tiller", "1.0.3"), None);
        assert_eq!(with_hashes(("Dockerfile", hashed.1), "tiller", "1.0.3"), None);
        assert_eq!(with_hashes(hashed, "tiller;x", "1.0.3"), None);
        assert_eq!(with_hashes(hashed, "tiller", "1!2.0"), None);
    }

    #[test]
    fn what_a_manifest_beside_it_may_lift_is_left_to_fix() {
        for path in [
            "mix.lock",
            "Package.resolved",
            "renv.lock",
            ".github/workflows/a.yaml",
            "x/action.yml",
        ] {
            assert!(only_by_hand(path), "{path}");
        }
        for path in ["Cargo.lock", "packages.lock.json", "workflows/a.yaml"] {
            assert!(!only_by_hand(path), "{path}");
        }
    }
}
