//! What people do where no step here can do it: the line to edit, or the command of the tool that
//! keeps a lockfile.
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

/// Whether nothing but a person lifts what stands in a file: `fix` cannot.
pub fn only_by_hand(path: &str) -> bool {
    is_workflow(path) || found(path).is_some_and(|kept| kept.alone)
}

/// What to do in a file, at a line from 1, so that a package is of a version; `None` where nothing is
/// known of the file, or where the command would hold what is no plain name.
pub fn by_hand((path, line): (&str, u32), name: &str, to: &str) -> Option<String> {
    if is_workflow(path) {
        return Some(format!("edit {path}:{line}"));
    }
    let does = found(path)?.does;
    let plain = |text: &str| {
        let odd = |c: char| !c.is_ascii_alphanumeric() && !"._+-".contains(c);
        !text.is_empty() && !text.starts_with('-') && !text.contains(odd)
    };
    let fits = |mark: &str, text: &str| !does.contains(mark) || plain(text);
    let written = fits("{name}", name) && fits("{to}", to);
    written.then(|| does.replace("{name}", name).replace("{to}", to))
}

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
    fn no_command_holds_what_is_no_plain_name() {
        for name in ["", "--all", "a;b", "a b", "$(x)", "a`b", "a\"b"] {
            assert_eq!(by_hand(("mix.lock", 5), name, "1.0.0"), None, "{name}");
        }
        assert_eq!(by_hand(("conan.lock", 5), "zlib", "1 && x"), None);
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
