//! What other packages ask for decides how a package that they bring in is lifted, and the finding and
//! the fix say the same of it.

use holdfast_engine::fix::{Fixed, fix};
use holdfast_model::{FindingKind, FixKind};

use super::all::{advice, all, index, shop};
use super::data;
use super::support::{judged, look};

/// What a fix of a package would do, and how safe its finding calls that.
fn proposed(known: (&str, &str, &str), files: &[(&str, &str)]) -> (Fixed, FixKind) {
    let index = index(&[known]);
    let world = shop(&index, files, &[]);
    let fixed = fix(&world, data(), &all(false)).unwrap();
    assert_eq!(fixed.diff, "", "{fixed:#?}");
    let (look, settings) = look(&world);
    let findings = judged(&look, &settings, &index).findings;
    let named = |title: &str| title.starts_with(&format!("{} ", known.1));
    let mut about =
        findings.iter().filter(|one| one.kind == FindingKind::Package && named(&one.title));
    let kind = about.next().unwrap().fix;
    assert!(about.next().is_none(), "{findings:#?}");
    (fixed, kind)
}

const SHOP: &str = "{\n  \"dependencies\": {\n    \"frame\": \"^1.0.0\",\n    \"mast\": \"^1.0.0\"\n  \
                    }\n}\n";

/// A lockfile of that shop: the folder, the version and the needs of each package.
fn npm_lock(packages: &[(&str, &str, &str)]) -> String {
    let all: Vec<String> = packages
        .iter()
        .map(|(folder, version, needs)| {
            format!(
                "    \"node_modules/{folder}\": {{\"version\": \"{version}\", \"dependencies\": \
                 {{{needs}}}}}"
            )
        })
        .collect();
    format!(
        "{{\n  \"name\": \"shop\",\n  \"lockfileVersion\": 3,\n  \"packages\": {{\n    \"\": {{\"name\": \
         \"shop\", \"dependencies\": {{\"frame\": \"^1.0.0\", \"mast\": \"^1.0.0\"}}}},\n{}\n  }}\n}}\n",
        all.join(",\n")
    )
}

const BEHIND: &str = "; if none of its releases helps, `--override` decides";

/// A step that habit calls small is none where somebody asks for one version: nothing would come of a
/// refresh.
#[test]
fn a_parent_that_asks_for_one_version_is_named() {
    let lock = npm_lock(&[
        ("frame", "1.4.0", "\"rigging\": \"^2.0.0\""),
        ("mast", "1.0.0", ""),
        ("rigging", "2.1.0", "\"tiller\": \"1.0.0\""),
        ("tiller", "1.0.0", ""),
    ]);
    let files = [("package.json", SHOP), ("package-lock.json", lock.as_str())];
    let (fixed, kind) = proposed(("npm", "tiller", "1.0.3"), &files);
    let wanted = "`tiller` comes through `frame` (package.json:3:15): `rigging` 2.1.0 asks for \
                  `1.0.0`, so update `frame`";
    assert_eq!(advice(&fixed, "tiller"), format!("{wanted}{BEHIND}"));
    assert_eq!((fixed.commands.len(), kind), (0, FixKind::Risky), "{fixed:#?}");

    // What does not even admit the version that is there was overridden, and says nothing.
    let manifest = SHOP.replace("\n}\n", ",\n  \"overrides\": {\"tiller\": \"^1.0.0\"}\n}\n");
    let lock = lock.replace("\"tiller\": \"1.0.0\"", "\"tiller\": \"0.9.0\"");
    let files = [("package.json", manifest.as_str()), ("package-lock.json", lock.as_str())];
    let (fixed, kind) = proposed(("npm", "tiller", "1.0.3"), &files);
    let told = advice(&fixed, "tiller");
    assert!(told.ends_with("which may have 1.0.3: refresh the lockfile"), "{told}");
    assert_eq!((fixed.commands.len(), kind), (1, FixKind::Safe), "{fixed:#?}");
}

/// A step that habit calls large is none where everybody lets it in.
#[test]
fn parents_that_admit_a_large_step_leave_it_to_the_lockfile() {
    for range in [">=1", "^1 || ^2", "*", ""] {
        let lock = npm_lock(&[
            ("frame", "1.4.0", &format!("\"tiller\": \"{range}\"")),
            ("mast", "1.0.0", ""),
            ("tiller", "1.0.0", ""),
        ]);
        let files = [("package.json", SHOP), ("package-lock.json", lock.as_str())];
        let (fixed, kind) = proposed(("npm", "tiller", "2.0.0"), &files);
        let wanted = "`tiller` comes through `frame` (package.json:3:15), which may have 2.0.0: \
                      refresh the lockfile";
        assert_eq!(advice(&fixed, "tiller"), wanted, "{range}");
        assert!(fixed.commands[0].starts_with("npm update tiller "), "{range}: {fixed:#?}");
        assert_eq!((fixed.commands.len(), kind), (1, FixKind::Safe), "{range}: {fixed:#?}");
    }
}

/// One who refuses is enough, and it is the one to be updated. Who needs another copy has no say.
#[test]
fn whoever_refuses_is_to_be_updated() {
    let frame = ("frame", "1.4.0", "\"tiller\": \">=1\"");
    let refused = |range: &str| {
        format!(
            "`tiller` comes through `mast` (package.json:4:14), which asks for `{range}`: update \
             `mast`{BEHIND}"
        )
    };
    let known = ("npm", "tiller", "1.2.0");
    let lock =
        npm_lock(&[frame, ("mast", "1.0.0", "\"tiller\": \"~1.0.0\""), ("tiller", "1.0.0", "")]);
    let files = [("package.json", SHOP), ("package-lock.json", lock.as_str())];
    let (fixed, kind) = proposed(known, &files);
    assert_eq!(advice(&fixed, "tiller"), refused("~1.0.0"));
    assert_eq!((fixed.commands.len(), kind), (0, FixKind::Risky), "{fixed:#?}");

    let lock = npm_lock(&[
        frame,
        ("mast", "1.0.0", "\"tiller\": \"1.0.0\""),
        ("mast/node_modules/tiller", "1.0.0", ""),
        ("tiller", "1.1.0", ""),
    ]);
    let files = [("package.json", SHOP), ("package-lock.json", lock.as_str())];
    let (fixed, kind) = proposed(known, &files);
    let told = advice(&fixed, "tiller");
    let other = "`tiller` comes through `frame` (package.json:3:15), which may have 1.2.0: refresh \
                 the lockfile";
    assert!(told.contains(&refused("1.0.0")) && told.contains(other), "{told}");
    assert_eq!((fixed.commands.len(), kind), (1, FixKind::Risky), "{fixed:#?}");
}

/// A project of one package manager in which `frame` brings `tiller` 1.0.0 in.
struct Row {
    /// The ecosystem and the package.
    of: (&'static str, &'static str),
    manifest: (&'static str, &'static str),
    /// `RANGE` stands for what is asked for.
    lockfile: (&'static str, &'static str),
    /// A range without 1.1.0, which habit would go to.
    refuses: &'static str,
    /// One with 2.0.0, which habit would not.
    admits: &'static str,
    /// What is to be done then, and the command for it.
    does: &'static str,
    command: Option<&'static str>,
}

const REFRESH: &str = "refresh the lockfile";
const PACKAGE_JSON: (&str, &str) =
    ("package.json", "{\n  \"dependencies\": {\n    \"frame\": \"^1.0.0\"\n  }\n}\n");
const YARN: (&str, &str) = (
    "yarn.lock",
    "# yarn lockfile v1\n\n\nframe@^1.0.0:\n  version \"1.4.0\"\n  dependencies:\n    tiller \
     \"RANGE\"\n\n\"tiller@RANGE\":\n  version \"1.0.0\"\n",
);
const BERRY: (&str, &str) = (
    "yarn.lock",
    "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n\"frame@npm:^1.0.0\":\n  version: 1.4.0\n  \
     resolution: \"frame@npm:1.4.0\"\n  dependencies:\n    tiller: \"npm:RANGE\"\n  checksum: \
     10c0/aa\n  languageName: node\n  linkType: hard\n\n\"shop@workspace:.\":\n  version: \
     0.0.0-use.local\n  resolution: \"shop@workspace:.\"\n  dependencies:\n    frame: \
     \"npm:^1.0.0\"\n  languageName: unknown\n  linkType: soft\n\n\"tiller@npm:RANGE\":\n  version: \
     1.0.0\n  resolution: \"tiller@npm:1.0.0\"\n  checksum: 10c0/aa\n  languageName: node\n  linkType: \
     hard\n",
);

fn rows() -> Vec<Row> {
    let npm = ("npm", "tiller");
    let javascript = |lockfile, command| Row {
        of: npm,
        manifest: PACKAGE_JSON,
        lockfile,
        refuses: "~1.0.0",
        admits: ">=1",
        does: REFRESH,
        command,
    };
    let mut rows = python();
    // The first yarn has no command for one package.
    rows.extend([javascript(YARN, None), javascript(BERRY, Some("yarn up --recursive tiller"))]);
    rows.push(Row {
        of: ("RubyGems", "tiller"),
        manifest: ("Gemfile", "source \"https://gems.example\"\n\ngem \"frame\"\n"),
        lockfile: (
            "Gemfile.lock",
            "GEM\n  remote: https://gems.example/\n  specs:\n    frame (1.4.0)\n      tiller \
             (RANGE)\n    tiller (1.0.0)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  frame\n",
        ),
        refuses: "~> 1.0.0",
        admits: ">= 1, < 3",
        does: REFRESH,
        command: Some("bundle lock --conservative --update tiller"),
    });
    rows.push(Row {
        of: ("Packagist", "acme/tiller"),
        manifest: ("composer.json", "{\n  \"require\": {\n    \"acme/frame\": \"^1.0\"\n  }\n}\n"),
        lockfile: (
            "composer.lock",
            "{\n  \"packages\": [\n    {\n      \"name\": \"acme/frame\",\n      \"version\": \
             \"1.4.0\",\n      \"require\": {\"php\": \">=8\", \"acme/tiller\": \"RANGE\"},\n      \
             \"type\": \"library\"\n    },\n    {\n      \"name\": \"acme/tiller\",\n      \
             \"version\": \"1.0.0\",\n      \"type\": \"library\"\n    }\n  ],\n  \"packages-dev\": \
             []\n}\n",
        ),
        refuses: "1.0.*",
        admits: "^1.0|^2.0",
        does: REFRESH,
        command: Some("composer update acme/tiller"),
    });
    // NuGet takes the least version that will do: no refresh lifts it.
    rows.push(Row {
        of: ("NuGet", "tiller"),
        manifest: (
            "shop.csproj",
            "<Project Sdk=\"Microsoft.NET.Sdk\">\n  <ItemGroup>\n    <PackageReference \
             Include=\"Frame\" Version=\"1.4.0\" />\n  </ItemGroup>\n</Project>\n",
        ),
        lockfile: (
            "packages.lock.json",
            "{\"version\": 1, \"dependencies\": {\"net8.0\": {\n  \"Frame\": {\"type\": \"Direct\", \
             \"requested\": \"[1.4.0, )\", \"resolved\": \"1.4.0\", \"contentHash\": \"aa\",\n    \
             \"dependencies\": {\"Tiller\": \"RANGE\"}},\n  \"Tiller\": {\"type\": \"Transitive\", \
             \"resolved\": \"1.0.0\", \"contentHash\": \"bb\"}\n}}}\n",
        ),
        refuses: "[1.0.0, 1.1.0)",
        admits: "1.0.0",
        does: "ask for 2.0.0 in the project's file and run `dotnet restore --force-evaluate`",
        command: None,
    });
    rows
}

fn python() -> Vec<Row> {
    let of = ("PyPI", "tiller");
    vec![
        Row {
            of,
            manifest: (
                "pyproject.toml",
                "[tool.poetry]\nname = \"shop\"\nversion = \"0.1.0\"\n\n[tool.poetry.dependencies]\n\
                 python = \"^3.11\"\nframe = \"^1.0\"\n",
            ),
            lockfile: (
                "poetry.lock",
                "[[package]]\nname = \"frame\"\nversion = \"1.4.0\"\ndescription = \"\"\noptional = \
                 false\npython-versions = \"*\"\nfiles = []\n\n[package.dependencies]\ntiller = \
                 \"RANGE\"\n\n[[package]]\nname = \"tiller\"\nversion = \"1.0.0\"\ndescription = \
                 \"\"\noptional = false\npython-versions = \"*\"\nfiles = []\n\n[metadata]\n\
                 lock-version = \"2.0\"\npython-versions = \"^3.11\"\ncontent-hash = \"00\"\n",
            ),
            refuses: ">=1.0,<1.1",
            admits: ">=1",
            does: REFRESH,
            command: Some("poetry update --lock --no-interaction tiller"),
        },
        Row {
            of,
            manifest: (
                "pyproject.toml",
                "[project]\nname = \"shop\"\nversion = \"0.1.0\"\ndependencies = [\"frame>=1\"]\n",
            ),
            lockfile: (
                "pdm.lock",
                "[metadata]\ngroups = [\"default\"]\nlock_version = \"4.5.0\"\n\n[[package]]\nname = \
                 \"frame\"\nversion = \"1.4.0\"\ngroups = [\"default\"]\ndependencies = [\n    \
                 \"tillerRANGE\",\n]\nfiles = []\n\n[[package]]\nname = \"tiller\"\nversion = \
                 \"1.0.0\"\ngroups = [\"default\"]\nfiles = []\n",
            ),
            refuses: "<1.1",
            admits: ">=1",
            does: REFRESH,
            command: Some("pdm update --no-sync --update-reuse tiller"),
        },
    ]
}

#[test]
fn every_lockfile_that_writes_ranges_is_heard() {
    for row in rows() {
        let (ecosystem, name) = row.of;
        let asks = |range: &str, fixed: &str| {
            let lock = row.lockfile.1.replace("RANGE", range);
            proposed((ecosystem, name, fixed), &[row.manifest, (row.lockfile.0, lock.as_str())])
        };
        let what = format!("{ecosystem}: {}", row.lockfile.0);
        let (fixed, kind) = asks(row.refuses, "1.1.0");
        let told = advice(&fixed, name);
        let wanted = format!(", which asks for `{}`: update `", row.refuses);
        assert!(told.contains(&wanted) && told.contains("frame`"), "{what}: {told}");
        assert_eq!((fixed.commands.len(), kind), (0, FixKind::Risky), "{what}: {fixed:#?}");

        let (fixed, kind) = asks(row.admits, "2.0.0");
        let told = advice(&fixed, name);
        let wanted = format!(", which may have 2.0.0: {}", row.does);
        assert!(told.ends_with(&wanted), "{what}: {told}");
        let command = fixed.commands.iter().any(|one| row.command.is_some_and(|c| one.contains(c)));
        assert_eq!((command, kind), (row.command.is_some(), FixKind::Safe), "{what}: {fixed:#?}");
    }
}
