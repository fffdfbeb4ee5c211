//! Dependencies: their licences, where they come from, and those that we do not want.
//!
//! `cargo deny` reads `deny.toml` where it is installed. Elsewhere the same file is read here,
//! as far as it is written plainly: one section, one key, one list of strings or of tables.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::spdx;
use crate::tools::{self, Done};

/// Checks with the better tool that is there.
pub(crate) fn run() -> Done {
    if tools::installed("cargo-deny") {
        let args = ["deny", "--log-level", "error", "check", "bans", "licenses", "sources"];
        return tools::output(tools::cargo(&args)).map(drop);
    }
    let rules =
        std::fs::read_to_string("deny.toml").map_err(|error| format!("deny.toml: {error}"))?;
    let told = tools::output(tools::cargo(&["metadata", "--format-version", "1", "--locked"]))?;
    let metadata: Value = serde_json::from_str(&told).map_err(|error| error.to_string())?;
    let (complaints, remarks) = judge(&packages(&metadata), &Rules::read(&rules)?);
    if !remarks.is_empty() {
        tools::say(&remarks.join("\n"));
    }
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n")) }
}

/// What `deny.toml` says.
struct Rules {
    allow: Vec<String>,
    /// Names that are refused.
    deny: Vec<String>,
    /// Names that may stand in the tree twice.
    skip: Vec<String>,
}

impl Rules {
    fn read(text: &str) -> Result<Self, String> {
        let allow = strings(text, "licenses", "allow");
        if allow.is_empty() {
            return Err("deny.toml: `licenses.allow` names no licence".to_owned());
        }
        let named = |list: &str| {
            let tables = strings_of_tables(text, "bans", list, "crate");
            tables.into_iter().collect::<Vec<_>>()
        };
        Ok(Self { allow, deny: named("deny"), skip: named("skip") })
    }
}

/// The lines of one list.
fn list<'a>(text: &'a str, section: &str, key: &str) -> Vec<&'a str> {
    let mut inside = false;
    let mut lines = Vec::new();
    let mut within = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') && !within {
            inside = line == format!("[{section}]");
        } else if inside && !within && line.starts_with(&format!("{key} = [")) {
            within = !line.ends_with(']');
            lines.push(line.split_once('[').map_or("", |(_, rest)| rest));
        } else if within {
            within = !line.starts_with(']');
            lines.push(line);
        }
    }
    lines
}

/// Everything between quotes before a comment.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split(" #").next().unwrap_or_default();
    let code = if code.starts_with('#') { "" } else { code };
    code.split('"').skip(1).step_by(2)
}

fn strings(text: &str, section: &str, key: &str) -> Vec<String> {
    let lines = list(text, section, key);
    lines.into_iter().flat_map(quoted).map(str::to_owned).collect()
}

fn strings_of_tables(text: &str, section: &str, key: &str, field: &str) -> Vec<String> {
    let value = |line: &str| {
        let after = line.split_once(&format!("{field} = "))?.1;
        quoted(after).next().map(|name| name.split('@').next().unwrap_or(name).to_owned())
    };
    list(text, section, key).into_iter().filter_map(value).collect()
}

/// A package of the resolved tree.
#[derive(Debug, Clone, PartialEq)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    /// `None`: a folder of this tree.
    source: Option<String>,
}

fn packages(metadata: &Value) -> Vec<Package> {
    let all = metadata.get("packages").and_then(Value::as_array).map(Vec::as_slice);
    let text =
        |package: &Value, key: &str| package.get(key).and_then(Value::as_str).map(str::to_owned);
    let package = |package: &Value| Package {
        name: text(package, "name").unwrap_or_default(),
        version: text(package, "version").unwrap_or_default(),
        license: text(package, "license"),
        source: text(package, "source"),
    };
    all.unwrap_or_default().iter().map(package).collect()
}

/// What is wrong, and what is worth a look.
fn judge(packages: &[Package], rules: &Rules) -> (Vec<String>, Vec<String>) {
    let (mut complaints, mut remarks) = (Vec::new(), Vec::new());
    if packages.is_empty() {
        complaints.push("`cargo metadata` names no package".to_owned());
    }
    let mut used = BTreeSet::new();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let default = packages.iter().filter_map(|package| package.source.as_deref());
    let default = most_frequent(default.filter(|source| source.starts_with("registry+")));
    for package in packages {
        let shown = format!("{} {}", package.name, package.version);
        versions.entry(&package.name).or_default().insert(&package.version);
        let expression = package.license.as_deref().unwrap_or_default();
        if !spdx::allowed(expression, &rules.allow) {
            let help = "add it to `deny.toml` with the lead's consent, or use another package";
            complaints.push(format!("{shown}: its licence is `{expression}`; help: {help}"));
        }
        used.extend(rules.allow.iter().filter(|name| expression.contains(name.as_str())));
        if rules.deny.contains(&package.name) {
            let help = "`cargo tree --invert` names who brings it in; `deny.toml` says why not";
            complaints.push(format!("{shown}: this package is not wanted; help: {help}"));
        }
        let source = package.source.as_deref();
        if source.is_some() && source != default {
            let help = "depend on a published version";
            let source = source.unwrap_or_default();
            complaints.push(format!("{shown}: it comes from `{source}`; help: {help}"));
        }
    }
    for unused in rules.allow.iter().filter(|name| !used.contains(name)) {
        complaints
            .push(format!("deny.toml: no package has the licence `{unused}`; help: remove it"));
    }
    let twice = |(name, versions): &(&str, BTreeSet<&str>)| {
        versions.len() > 1 && !rules.skip.iter().any(|skip| skip == name)
    };
    let twice: Vec<&str> = versions.into_iter().filter(twice).map(|(name, _)| name).collect();
    if !twice.is_empty() {
        remarks.push(format!("remark: built in more than one version: {}", twice.join(", ")));
    }
    (complaints, remarks)
}

/// The registry that cargo uses by default is the one that nearly all packages come from; its
/// address is not written anywhere in this project.
fn most_frequent<'a>(sources: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for source in sources {
        *counts.entry(source).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(source, _)| source)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str = r#"
# Why.
[licenses]
allow = [
  "MIT", # the usual one
  # "GPL-3.0-only",
  "Apache-2.0 WITH LLVM-exception",
]

[bans]
multiple-versions = "warn"
deny = [
  { crate = "bad", reason = "it is \"bad\"" },
  { crate = "worse@1", reason = "it is worse" },
]
skip = [{ crate = "twice", reason = "known" }]

[sources]
allow = ["not a licence"]
"#;

    fn package(name: &str, version: &str, license: &str, source: &str) -> Package {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Package {
            name: name.to_owned(),
            version: version.to_owned(),
            license: some(license),
            source: some(source),
        }
    }

    const FEED: &str = "registry+https://index.example/crates";

    fn judged(packages: &[Package]) -> (Vec<String>, Vec<String>) {
        let rules = Rules { allow: vec!["MIT".to_owned()], ..Rules::read(DENY).unwrap() };
        judge(packages, &rules)
    }

    #[test]
    fn the_file_is_read() {
        let rules = Rules::read(DENY).unwrap();
        assert_eq!(rules.allow, ["MIT", "Apache-2.0 WITH LLVM-exception"]);
        assert_eq!(rules.deny, ["bad", "worse"]);
        assert_eq!(rules.skip, ["twice"]);
        assert!(Rules::read("[licenses]\n").is_err());
    }

    #[test]
    fn good_packages_pass() {
        let all = [package("own", "0.1.0", "MIT", ""), package("a", "1.0.0", "MIT OR X", FEED)];
        assert_eq!(judged(&all), (Vec::new(), Vec::new()));
    }

    #[test]
    fn each_rule_can_fail() {
        let with = |extra: Package| {
            let base = ["a", "b", "c"].map(|name| package(name, "1.0.0", "MIT", FEED));
            judged(&[base.as_slice(), &[extra]].concat()).0
        };
        let licence = with(package("x", "1.0.0", "GPL-3.0-only", FEED));
        assert!(licence[0].starts_with("x 1.0.0: its licence is `GPL-3.0-only`"), "{licence:?}");
        let none = with(package("x", "1.0.0", "", FEED));
        assert!(none[0].starts_with("x 1.0.0: its licence is ``"), "{none:?}");
        let banned = with(package("bad", "1.0.0", "MIT", FEED));
        assert!(banned[0].starts_with("bad 1.0.0: this package is not wanted"), "{banned:?}");
        for source in ["git+https://forge.example/x", "registry+https://other.example/"] {
            let foreign = with(package("x", "1.0.0", "MIT", source));
            let wanted = format!("x 1.0.0: it comes from `{source}`");
            assert!(foreign[0].starts_with(&wanted), "{foreign:?}");
        }
        assert_eq!(judged(&[]).0.len(), 2);
    }

    #[test]
    fn what_is_built_twice_is_remarked_unless_known() {
        let twice = |name: &str| {
            let versions = ["1.0.0", "2.0.0"].map(|version| package(name, version, "MIT", FEED));
            judged(&versions).1
        };
        assert_eq!(twice("x"), ["remark: built in more than one version: x"]);
        assert_eq!(twice("twice"), [""; 0]);
    }
}
