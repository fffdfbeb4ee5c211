//! Everything at once: what cannot be mended holds up nothing else.

use std::path::{Path, PathBuf};

use holdfast_advisories::{Compiler, Origin, osv};
use holdfast_engine::document::FindingRow;
use holdfast_engine::fix::{Fixed, Options, fix, undo};
use holdfast_model::Timestamp;
use holdfast_world::{Output, RecordedCommand, World};

use super::data;
use super::support::{NOW, SHOP, bytes, package_lock, record, recorded};

/// An index of these: ecosystem, package, the version that mends it, empty where none does. The
/// weaknesses are numbered.
pub(crate) fn index(rows: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut compiler = Compiler::new();
    for (at, (ecosystem, name, fixed)) in rows.iter().enumerate() {
        let (id, alias) = (format!("X-2026-{at}"), format!("CVE-2026-9100{at}"));
        let text = record(&id, &alias, ecosystem, name, fixed).replace(", {\"fixed\": \"\"}", "");
        let parsed = osv::parse("feed.json", text.as_bytes()).unwrap();
        compiler.add(ecosystem, &parsed, Origin::Feed);
    }
    compiler.finish(Timestamp(NOW)).bytes
}

/// What a tool answers to arguments that begin so, and what it leaves in files of the shop.
pub(crate) type Answer<'a> = (&'a [&'a str], i32, &'a [(&'a str, &'a str)]);

/// A shop with these files, in which the tools answer so.
pub(crate) fn shop(index: &[u8], files: &[(&str, &str)], tools: &[Answer<'_>]) -> World {
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    let mut world = recorded(data(), index, &files);
    for (words, status, writes) in tools {
        let (program, args) = words.split_first().unwrap();
        let output = Output { status: Some(*status), ..Output::default() };
        let writes = writes
            .iter()
            .map(|(path, text)| (Path::new(SHOP).join(path), text.as_bytes().to_vec()))
            .collect();
        let args = args.iter().map(|word| (*word).to_owned()).collect();
        let program = (*program).to_owned();
        world = world.answer(RecordedCommand { program, args, output, writes });
    }
    World::recorded(world)
}

pub(crate) fn all(apply: bool) -> Options {
    Options { path: PathBuf::from("."), all: true, apply, ..Options::default() }
}

pub(crate) fn text(world: &World, path: &str) -> String {
    String::from_utf8(bytes(world, path).unwrap()).unwrap()
}

/// What is said about a package.
#[track_caller]
pub(crate) fn advice<'a>(fixed: &'a Fixed, package: &str) -> &'a str {
    let begins = format!("{package} ");
    let row = fixed.findings.iter().find(|row| row.title.starts_with(&begins));
    &row.unwrap_or_else(|| panic!("nothing about {package}: {fixed:#?}")).advice
}

const GO_MOD: &str = "module shop.example\n\ngo 1.21.5\n\nrequire forge.example/tiller v1.0.0\n";

/// Nobody requires the standard library: the line `go` decides it.
#[test]
fn go_itself_is_lifted_beside_its_modules() {
    let known = [
        ("Go", "stdlib", "1.21.11"),
        ("Go", "toolchain", "1.21.11"),
        ("Go", "forge.example/tiller", "1.0.3"),
    ];
    let world = shop(&index(&known), &[("go.mod", GO_MOD)], &[]);
    let fixed = fix(&world, data(), &all(false)).unwrap();
    assert!(advice(&fixed, "stdlib").contains("lifted to 1.21.11"), "{fixed:#?}");
    assert!(fixed.diff.contains("+require forge.example/tiller v1.0.3"), "{}", fixed.diff);
    for told in ["go get go@1.21.11", "go get toolchain@go1.21.11", "go get forge.example/tiller@"]
    {
        let is_told = |command: &String| command.contains(told);
        assert!(fixed.commands.iter().any(is_told), "{told}: {:?}", fixed.commands);
    }
}

/// A module that stands in for another one goes by that one's name: `go get` would refuse its own.
#[test]
fn a_replacement_is_edited_and_never_got() {
    let go_mod = format!("{GO_MOD}\nreplace forge.example/tiller => fork.example/tiller v1.0.1\n");
    let known = index(&[("Go", "fork.example/tiller", "1.0.3")]);
    let world = shop(&known, &[("go.mod", &go_mod)], &[(&["go", "get"], 1, &[])]);
    let fixed = fix(&world, data(), &all(true)).unwrap();
    assert_eq!(fixed.commands, [] as [String; 0]);
    assert!(advice(&fixed, "fork.example/tiller").contains("run `go mod tidy`"), "{fixed:#?}");
    assert!(text(&world, "go.mod").contains("=> fork.example/tiller v1.0.3"), "{fixed:#?}");
    assert_eq!(fixed.findings[0].mended, Some(true), "{fixed:#?}");
}

const PROJECT: &str = "[project]\nname = \"shop\"\nversion = \"0.1.0\"\ndependencies = [\n    \
                       \"anchor>=1.0\",\n    \"tiller>=1.0.0,<2\",\n]\n";
const UV_LOCK: &str = "version = 1\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \
                       \"shop\"\nversion = \"0.1.0\"\nsource = { virtual = \".\" }\ndependencies = [\n    \
                       { name = \"anchor\" },\n    { name = \"tiller\" },\n]\n\n[[package]]\nname = \
                       \"anchor\"\nversion = \"1.0\"\nsource = { registry = \
                       \"https://feed.example/simple\" }\n\n[[package]]\nname = \"tiller\"\nversion = \
                       \"1.0.0\"\nsource = { registry = \"https://feed.example/simple\" }\n";

/// A version that no tool is given is that row's matter.
#[test]
fn an_argument_that_is_refused_is_told_in_its_row() {
    let known = [("PyPI", "anchor", "1!2.0"), ("PyPI", "tiller", "1.0.3")];
    let files = [("pyproject.toml", PROJECT), ("uv.lock", UV_LOCK)];
    let fixed = fix(&shop(&index(&known), &files, &[]), data(), &all(false)).unwrap();
    let refused = advice(&fixed, "anchor");
    assert!(refused.contains("`1!2.0` cannot be a version of `anchor`"), "{refused}");
    assert!(refused.contains("bring uv.lock in line by hand"), "{refused}");
    assert!(!advice(&fixed, "tiller").contains("by hand"), "{fixed:#?}");
    assert!(fixed.diff.contains("tiller>=1.0.3,<2"), "{}", fixed.diff);
    assert!(fixed.commands.iter().any(|command| command.contains("uv lock")), "{fixed:#?}");
}

const PACKAGE: &str =
    "{\n  \"name\": \"shop\",\n  \"dependencies\": {\n    \"tiller\": \"^1.0.0\"\n  }\n}\n";

/// A tool may bring in more than it was asked for: that is told, and where it is the same package,
/// nothing was mended.
#[test]
fn what_a_fix_brings_in_is_told() {
    let old = package_lock(&[("tiller", "1.0.0")]);
    let named = |id: &str, alias: &str, name: &str, since: &str| {
        record(id, alias, "npm", name, "1.0.5")
            .replace("{\"introduced\": \"0\"}", &format!("{{\"introduced\": \"{since}\"}}"))
    };
    let mut compiler = Compiler::new();
    for text in [
        record("X-1", "CVE-2026-91001", "npm", "tiller", "1.0.3"),
        named("X-2", "CVE-2026-91002", "tiller", "1.0.4"),
        named("X-3", "CVE-2026-91003", "rudder", "0"),
    ] {
        compiler.add("npm", &osv::parse("feed.json", text.as_bytes()).unwrap(), Origin::Feed);
    }
    let index = compiler.finish(Timestamp(NOW)).bytes;
    for (brought, mended) in [
        (package_lock(&[("tiller", "1.0.3"), ("rudder", "1.0.0")]), true),
        (package_lock(&[("tiller", "1.0.4")]), false),
        (package_lock(&[("tiller", "1.0.3")]), true),
    ] {
        let files = [("package.json", PACKAGE), ("package-lock.json", old.as_str())];
        let told: Answer<'_> = (&["npm"], 0, &[("package-lock.json", brought.as_str())]);
        let fixed = fix(&shop(&index, &files, &[told]), data(), &all(true)).unwrap();
        let rows: Vec<_> = fixed.findings.iter().map(|row| (&*row.weakness, row.mended)).collect();
        let mut wanted = vec![("CVE-2026-91001", Some(mended))];
        wanted.extend(brought.contains("rudder").then_some(("CVE-2026-91003", Some(false))));
        wanted.extend(brought.contains("1.0.4").then_some(("CVE-2026-91002", Some(false))));
        assert_eq!(rows, wanted, "{fixed:#?}");
        let new = fixed.findings.iter().skip(1);
        assert!(new.into_iter().all(|row| row.advice.contains("brings it in")), "{fixed:#?}");
    }
}

/// What no version mends holds up no other fix, and is named where it stays.
#[test]
fn what_has_no_fix_holds_up_no_other() {
    let known = index(&[("npm", "tiller", "1.0.3"), ("npm", "tiller", "")]);
    let old = package_lock(&[("tiller", "1.0.0")]);
    let new = package_lock(&[("tiller", "1.0.3")]);
    let files = [("package.json", PACKAGE), ("package-lock.json", old.as_str())];
    let told: Answer<'_> = (&["npm"], 0, &[("package-lock.json", new.as_str())]);
    let world = shop(&known, &files, &[told]);
    let fixed = fix(&world, data(), &all(true)).unwrap();
    let rows: Vec<_> = fixed.findings.iter().map(|row| (&*row.weakness, row.mended)).collect();
    assert_eq!(rows, [("CVE-2026-91000", Some(true))], "{fixed:#?}");
    let sentence =
        "lift `tiller` from `^1.0.0` to `^1.0.3` (package.json:4:16); CVE-2026-91001 stays open";
    assert_eq!(advice(&fixed, "tiller"), sentence);
    let asked = Options { names: vec!["CVE-2026-91001".to_owned()], all: false, ..all(false) };
    let left = fix(&world, data(), &asked).unwrap();
    assert_eq!(left.findings[0].target, None, "{left:#?}");
    assert_eq!(advice(&left, "tiller"), "no version of `tiller` that mends it is known");
}

/// A lockfile in which `frame` brings two packages in.
fn brought(tiller: &str, rudder: &str) -> String {
    let package = |name: &str, version: &str, needs: &str| {
        let sum = "0".repeat(64);
        format!(
            "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \
             \"registry+https://index.example/crates\"\nchecksum = \"{sum}\"\n{needs}"
        )
    };
    [
        "version = 4\n".to_owned(),
        package("frame", "2.4.0", "dependencies = [\n \"rudder\",\n \"tiller\",\n]\n"),
        package("rudder", rudder, ""),
        "\n[[package]]\nname = \"shop\"\nversion = \"0.1.0\"\ndependencies = [\n \"frame\",\n]\n"
            .to_owned(),
        package("tiller", tiller, ""),
    ]
    .concat()
}

const SHOP_TOML: &str =
    "[package]\nname = \"shop\"\nversion = \"0.1.0\"\n\n[dependencies]\nframe = \"2\"\n";

/// A shop whose two findings are lifted in the lockfile, one command each: one of them writes
/// `done`, the other one leaves `failed` and fails. Which one is which, `first` says.
fn two_entries(first: bool, done: &str, failed: &str) -> (World, Fixed) {
    let known =
        index(&[("crates.example", "tiller", "1.0.3"), ("crates.example", "rudder", "1.0.3")]);
    let old = brought("1.0.0", "1.0.0");
    let names =
        if first { ["tiller@1.0.0", "rudder@1.0.0"] } else { ["rudder@1.0.0", "tiller@1.0.0"] };
    let (well, ill) = (["cargo", "update", "-p", names[0]], ["cargo", "update", "-p", names[1]]);
    let tools: [Answer<'_>; 2] =
        [(&well, 0, &[("Cargo.lock", done)]), (&ill, 101, &[("Cargo.lock", failed)])];
    let world = shop(&known, &[("Cargo.toml", SHOP_TOML), ("Cargo.lock", &old)], &tools);
    let fixed = fix(&world, data(), &all(true)).unwrap();
    (world, fixed)
}

/// One command may take along what the next one would lift: that one has nothing to name any more.
#[test]
fn a_command_that_became_moot_is_left_out() {
    let done = brought("1.0.3", "1.0.3");
    let mut left_out = 0;
    for first in [true, false] {
        let (world, fixed) = two_entries(first, &done, &brought("1.0.0", "1.0.0"));
        assert!(fixed.findings.iter().all(|row| row.mended == Some(true)), "{fixed:#?}");
        assert_eq!(text(&world, "Cargo.lock"), done);
        left_out += fixed.notes.iter().filter(|note| note.contains("was left out")).count();
    }
    assert_eq!(left_out, 1, "in one of both orders the other command is not needed any more");
}

/// A command that fails takes back what it touched, and nothing of the others.
#[test]
fn a_command_that_fails_holds_up_no_other() {
    for first in [true, false] {
        let done = if first { brought("1.0.3", "1.0.0") } else { brought("1.0.0", "1.0.3") };
        let (world, fixed) = two_entries(first, &done, "half a lockfile");
        assert!(fixed.applied);
        assert_eq!(text(&world, "Cargo.lock"), done);
        let mended: Vec<_> = fixed.findings.iter().map(|row| row.mended).collect();
        assert!(mended.contains(&Some(true)) && mended.contains(&Some(false)), "{fixed:#?}");
        let told = |note: &String| note.contains("failed, so what it touches was put back");
        assert!(fixed.notes.iter().any(told), "{fixed:#?}");
        assert_eq!(undo(&world, data()).unwrap(), ["Cargo.lock"]);
        assert_eq!(text(&world, "Cargo.lock"), brought("1.0.0", "1.0.0"));
    }
}

/// Where a lockfile cannot follow, its manifest is put back too, and other projects are mended.
#[test]
fn a_manifest_whose_lockfile_cannot_follow_is_put_back() {
    let known = index(&[("npm", "tiller", "1.0.3"), ("PyPI", "tiller", "1.0.3")]);
    let lock = package_lock(&[("tiller", "1.0.0")]);
    let files = [
        ("till/package.json", PACKAGE),
        ("till/package-lock.json", lock.as_str()),
        ("requirements.txt", "tiller==1.0.0\n"),
    ];
    let world = shop(&known, &files, &[(&["npm"], 1, &[("till/package-lock.json", "half")])]);
    let fixed = fix(&world, data(), &all(true)).unwrap();
    assert_eq!(text(&world, "till/package.json"), PACKAGE);
    assert_eq!(text(&world, "till/package-lock.json"), lock);
    assert_eq!(text(&world, "requirements.txt"), "tiller==1.0.3\n");
    let mended = fixed.findings.iter().filter(|row| row.mended == Some(true)).count();
    assert_eq!((fixed.findings.len(), mended), (2, 1), "{fixed:#?}");
}

#[test]
fn what_only_people_can_lift_says_how() {
    let index = index(&[("GitHub Actions", "door/changed", "46.0.1"), ("Hex", "plug", "1.2.0")]);
    let workflow = "on: push\njobs:\n  a:\n    steps:\n      - uses: door/changed@v35.0.0\n";
    let lock =
        "%{\n  \"plug\": {:hex, :plug, \"1.0.0\", \"aa\", [:mix], [], \"hexpm\", \"bb\"},\n}\n";
    let world = shop(&index, &[(".github/workflows/ci.yml", workflow), ("mix.lock", lock)], &[]);
    let fixed = fix(&world, data(), &all(false)).unwrap();
    let action = "`door/changed` is lifted to 46.0.1 by hand: edit .github/workflows/ci.yml:5";
    assert_eq!(advice(&fixed, "door/changed"), action);
    let package = "`plug` is lifted to 1.2.0 by hand: run `mix deps.update plug`";
    assert_eq!(advice(&fixed, "plug"), package);
    let (look, settings) = super::support::look(&world);
    let judged = super::support::judged(&look, &settings, &index);
    // What else is found there, as of packages without a known problem, has no such way.
    let mut ways: Vec<String> = judged
        .findings
        .iter()
        .filter_map(|one| FindingRow::new(one, &look.asset.id, "shop").by_hand())
        .collect();
    ways.sort();
    assert_eq!(ways, ["edit .github/workflows/ci.yml:5", "run `mix deps.update plug`"]);
}

/// A line that is edited alone would leave the project with the folder of the old version.
#[test]
fn a_package_whose_folder_a_project_names_is_lifted_by_hand() {
    let known = index(&[("NuGet", "Tiller", "1.0.3")]);
    let config = "<packages>\n  <package id=\"Tiller\" version=\"1.0.0\" />\n</packages>\n";
    let named = r"<Project><HintPath>..\packages\Tiller.1.0.0\lib\Tiller.dll</HintPath></Project>";
    let files = [("till/packages.config", config), ("till/till.csproj", named)];
    let fixed = fix(&shop(&known, &files, &[]), data(), &all(false)).unwrap();
    let wanted = "`tiller` is lifted to 1.0.3 by hand (till/packages.config:2:33): a project beside \
                  it names the folder of the version that it has, so let NuGet update it, which \
                  changes both";
    assert_eq!(advice(&fixed, "tiller"), wanted);
    assert_eq!(fixed.diff, "");
    let other = [("packages.config", config), ("till/till.csproj", named)];
    let fixed = fix(&shop(&known, &other, &[]), data(), &all(false)).unwrap();
    assert!(fixed.diff.contains("+  <package id=\"Tiller\" version=\"1.0.3\" />"), "{fixed:#?}");
}
