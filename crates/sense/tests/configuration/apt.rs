//! The keys of apt's configuration against `apt-config dump`: the same files, the same values.

#![expect(clippy::disallowed_methods, reason = "tests run the program that is the oracle")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use holdfast_model::{Dialect, Fact, Reading, Setting};

use crate::dice::Dice;
use crate::skip::skip;
use crate::support::Tree;

const CASES: usize = 250;
const FOLDER: &str = "/etc/apt/apt.conf.d";

const NAMES: &[&str] = &["A", "a", "B", "Long-Name", "b", "C"];
const VALUES: &[&str] = &[
    "\"1\"",
    "\"a b\"",
    "\"true\"",
    "yes",
    "\"\"",
    "\"x;y\"",
    "\"{\"",
    "\"// no\"",
    "\"/* no */\"",
    "\"#no\"",
    "\"say \\\"hi\\\"\"",
];
const NOISE: &[&str] = &[
    "// T::A \"no\";\n",
    "# T::A \"no\";\n",
    "/* T::A \"no\"; */\n",
    "/* over\n T::B \"no\"; lines */\n",
    "#clear T::A;\n",
    "#clear T::B::A;\n",
    "#clear T::List;\n",
    "\n",
];
/// What apt refuses.
const WRONG: &[&str] = &["T::A \"1\" \"2\" x y;\n", "{ \"x\"; };\n", "T::A \"open\n;\n"];

fn key(dice: &mut Dice) -> String {
    let parts: Vec<&str> = (0..=dice.roll(2)).map(|_| dice.pick(NAMES)).collect();
    parts.join("::")
}

fn text(dice: &mut Dice, wrong: bool) -> String {
    let mut out = String::new();
    for _ in 0..dice.roll(7) {
        let value = dice.pick(VALUES);
        let statement = match dice.roll(7) {
            0 | 1 => format!("T::{} {value};\n", key(dice)),
            2 => format!("t::{} {{ {} {value}; }};\n", key(dice), key(dice)),
            3 => {
                let (outer, inner, deep) = (key(dice), key(dice), dice.pick(VALUES));
                format!("T {{ {outer} {{ {inner} {value} ; }} ; {outer} {deep};\n}};\n")
            }
            4 => format!("T::List {{ {value}; {}; }};\n", dice.pick(&VALUES[..3])),
            5 => format!("T::List:: {value};\n"),
            _ => dice.pick(NOISE).to_owned(),
        };
        out += &statement;
    }
    if wrong {
        out += dice.pick(WRONG);
    }
    out
}

/// What `apt-config` says of the files of a folder; `Err` where it refuses them.
fn dump(folder: &Path) -> Option<Result<BTreeMap<String, String>, String>> {
    let root = folder.to_str()?;
    let config = folder.join("config");
    let text = format!("Dir::Etc::parts \"{root}/parts\"; Dir::Etc::main \"{root}/main\";");
    std::fs::write(&config, text).ok()?;
    let output = Command::new("apt-config")
        .arg("dump")
        .env("APT_CONFIG", &config)
        .env("LC_ALL", "C")
        .output()
        .ok()?;
    if !output.status.success() {
        return Some(Err(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Some((key, value)) = line.split_once(' ') else { continue };
        let key = key.to_lowercase();
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix("\";"));
        let value = value.unwrap_or_default();
        if key != "t" && !key.starts_with("t::") {
            continue;
        }
        match values.get_mut(&key) {
            Some(all) => *all = format!("{all} {value}"),
            None => drop(values.insert(key, value.to_owned())),
        }
    }
    Some(Ok(values))
}

fn every_key() -> Vec<String> {
    let mut keys = vec!["T::List::".to_owned()];
    let mut level = vec!["T".to_owned()];
    for _ in 0..4 {
        let names = ["a", "b", "c", "long-name"];
        level = level.iter().flat_map(|key| names.map(|name| format!("{key}::{name}"))).collect();
        keys.extend(level.iter().cloned());
    }
    keys
}

#[test]
fn apt_reads_the_same() {
    let keys = every_key();
    let names = [
        "10a",
        "20b.conf",
        "20B.conf",
        "05-c_d.conf",
        "x.bak",
        "y~",
        ".hidden",
        "z.conf.dpkg-old",
        "a:b",
        "a+b",
        "v1.2.conf",
        "v1.2",
    ];
    let mut compared = 0;
    let mut refused = 0;
    for seed in 0..CASES {
        let dice = &mut Dice::new(seed as u64 + 7_000);
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("parts")).unwrap();
        let wrong = dice.once_in(12);
        let mut tree = Tree::default();
        for name in names {
            if dice.once_in(3) {
                let text = text(dice, false);
                std::fs::write(folder.path().join("parts").join(name), &text).unwrap();
                tree = tree.file(&format!("{FOLDER}/{name}"), text);
            }
        }
        let main = text(dice, wrong);
        std::fs::write(folder.path().join("main"), &main).unwrap();
        tree = tree.file("/etc/apt/apt.conf", main);
        for key in &keys {
            tree = tree.key(Dialect::Apt, key);
        }
        let Some(theirs) = dump(folder.path()) else {
            return skip("no apt-config");
        };
        let facts = tree.facts("host-keys");
        let problems = facts.iter().filter(|fact| matches!(fact, Fact::Problem(_))).count();
        let theirs = match theirs {
            Ok(theirs) => theirs,
            Err(complaint) => {
                assert!(problems > 0, "seed {seed}: {complaint} {tree:?}");
                refused += 1;
                continue;
            }
        };
        assert!(wrong || problems == 0, "seed {seed}: {facts:?}");
        for fact in &facts {
            let Fact::Setting(Setting { resource, reading, .. }) = fact else { continue };
            let key = resource.to_string().to_lowercase();
            let key = key.split(' ').nth(1).unwrap();
            let ours = match reading {
                Reading::Is(value) => &**value,
                Reading::Absent => "",
                other => panic!("{other:?}"),
            };
            let theirs = theirs.get(key).map_or("", String::as_str);
            assert_eq!(ours, theirs, "seed {seed}: {key} {:?}", shown(&tree));
            compared += usize::from(!theirs.is_empty());
        }
    }
    println!("{compared} values compared, {refused} configurations refused");
    assert!(compared > CASES && refused > 0, "{compared} {refused}");
}

fn shown(tree: &Tree) -> Vec<(String, String)> {
    let text =
        |bytes: &Option<Vec<u8>>| String::from_utf8_lossy(bytes.as_ref().unwrap()).into_owned();
    tree.files.iter().map(|(path, bytes)| (path.clone(), text(bytes))).collect()
}
