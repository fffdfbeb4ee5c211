//! The real tools as oracles: random pairs, all of one order in one process.
#![expect(clippy::disallowed_methods, reason = "these tests ask the real tools")]

#[path = "../../../../holdfast/tests/support/skip.rs"]
mod skip;

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use self::skip::skip;
use super::*;

/// How many pairs a tool gets.
const PAIRS: usize = 3000;

/// Random pairs, a few of them twice the same.
fn pairs(versions: impl Strategy<Value = String>) -> Vec<(String, String)> {
    let mut runner = TestRunner::deterministic();
    let mut draw = || versions.new_tree(&mut runner).unwrap().current();
    (0..PAIRS)
        .map(|round| {
            let (a, b) = (draw(), draw());
            if round % 30 == 1 { (a.clone(), a) } else { (a, b) }
        })
        .collect()
}

/// The same, a third of them with the beginning of the other one, so that the later parts are
/// compared as well.
fn related(versions: impl Strategy<Value = String>) -> Vec<(String, String)> {
    let mut pairs = pairs(versions);
    for (a, b) in pairs.iter_mut().step_by(3) {
        let cut = |text: &str| text.find(['-', '_', '~', '+']).unwrap_or(text.len());
        let (head, _) = a.split_at(cut(a));
        let (_, tail) = b.split_at(cut(b));
        if !head.is_empty() {
            *b = format!("{head}{tail}");
        }
    }
    pairs
}

/// What the tool prints of each pair; `None` where it cannot be run.
fn ask(program: &str, args: &[&str], pairs: &[(String, String)]) -> Option<Vec<Option<Ordering>>> {
    let mut input = tempfile::NamedTempFile::new().unwrap();
    for (a, b) in pairs {
        writeln!(input, "{a} {b}").unwrap();
    }
    let stdin = File::open(input.path()).unwrap();
    let run = Command::new(program).args(args).stdin(stdin).stderr(Stdio::inherit()).output();
    let output = run.ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<_> = text
        .split_whitespace()
        .map(|answer| match answer {
            "-1" => Some(Ordering::Less),
            "0" => Some(Ordering::Equal),
            "1" => Some(Ordering::Greater),
            "x" => None,
            other => panic!("{program} answered {other}"),
        })
        .collect();
    assert_eq!(answers.len(), pairs.len(), "{program} left out pairs");
    Some(answers)
}

/// Every pair that the tool compares, we compare alike; and there are enough of each answer.
fn agree(order: &Order, pairs: &[(String, String)], answers: &[Option<Ordering>], at_least: usize) {
    let mut seen = [0_usize; 3];
    for ((a, b), answer) in pairs.iter().zip(answers) {
        let Some(answer) = answer else { continue };
        assert_eq!(order.compare(a, b), Some(*answer), "{}: {a} {b}", order.about.id);
        match answer {
            Ordering::Less => seen[0] += 1,
            Ordering::Equal => seen[1] += 1,
            Ordering::Greater => seen[2] += 1,
        }
    }
    eprintln!("{}: {seen:?} of {} pairs", order.about.id, pairs.len());
    assert!(seen.iter().sum::<usize>() >= at_least, "{}: {seen:?}", order.about.id);
    assert!(seen.iter().all(|count| *count > 0), "{}: {seen:?}", order.about.id);
}

/// Small numbers, so that many pairs agree in their first parts; some with zeros, some long.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![8 => "[0-3]", 3 => "[0-9]{2}", 1 => "0[0-9]", 1 => "[1-9][0-9]{10,25}"]
}

fn dotted(parts: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    proptest::collection::vec(number(), parts).prop_map(|parts| parts.join("."))
}

/// A random head and tail.
fn joined(
    head: impl Strategy<Value = String>,
    tail: impl Strategy<Value = String>,
) -> impl Strategy<Value = String> {
    (head, tail).prop_map(|(head, tail)| format!("{head}{tail}"))
}

/// One word of a list.
fn of(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::sample::select(words).prop_map(str::to_owned)
}

#[test]
fn rpm_agrees_with_rpm() {
    let tail = "[-~^+._a-c0-3]{0,7}";
    let versions = prop_oneof![
        5 => joined(dotted(1..4), tail),
        1 => (number(), dotted(1..3), tail).prop_map(|(e, v, t)| format!("{e}:{v}{t}")),
        1 => "[a-c0-2.~^:_+-]{1,8}",
    ];
    let pairs = related(versions);
    let script = "%{lua: for line in io.lines() do \
                  local a, b = line:match(\"(%S+) (%S+)\") \
                  print(rpm.vercmp(a, b) .. \"\\n\") end}";
    let Some(answers) = ask("rpm", &["--eval", script], &pairs) else {
        return skip("no rpm");
    };
    agree(&rpm::RPM, &pairs, &answers, PAIRS);
}

#[test]
fn ruby_agrees_with_ruby() {
    let tail = prop_oneof![
        2 => Just(String::new()),
        2 => "[.](a|b|rc|pre|A|beta)[.]?[0-3]?([.][0-2]){0,2}",
        1 => "([.-][0ab][0-2]?){1,4}",
    ];
    let pairs = related(joined(dotted(1..5), tail));
    let script = "STDIN.each_line { |line| a, b = line.split; \
                  begin; puts(Gem::Version.new(a) <=> Gem::Version.new(b)); \
                  rescue ArgumentError; puts 'x'; end }";
    let Some(answers) = ask("ruby", &["-e", script], &pairs) else {
        return skip("no ruby");
    };
    agree(&gem::GEM, &pairs, &answers, PAIRS * 8 / 10);
}

#[test]
fn composer_agrees_with_php() {
    // Composer's normal form: four numbers and words in lower case, which PHP then compares. PHP's
    // own numbers end at 2^63.
    let four = proptest::collection::vec("[0-3]|[0-9]{2}|[1-9][0-9]{9}", 4..6)
        .prop_map(|parts| parts.join("."));
    let tail = prop_oneof![
        1 => Just(String::new()),
        3 => "[-._]?(dev|alpha|a|beta|b|RC|rc|patch|pl|p|foo|x)([-.]?[0-3]([.][0-2])?)?",
        1 => "([-._](dev|a|b|rc|pl|2)){1,3}",
    ];
    let pairs = related(joined(four, tail));
    let script = "while (($line = fgets(STDIN)) !== false) { \
                  [$a, $b] = explode(' ', trim($line)); echo version_compare($a, $b), \"\\n\"; }";
    let Some(answers) = ask("php", &["-r", script], &pairs) else {
        return skip("no php");
    };
    agree(&composer::COMPOSER, &pairs, &answers, PAIRS);
}

#[test]
fn python_agrees_with_packaging() {
    let tail = "([-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?[0-3]?)?([-_.]?(post|rev|r)[-_.]?[0-2]?)?\
                ([-_.]?dev[-_.]?[0-2]?)?([+][a-c0-2]{1,2}([._-][a-c0-2]){0,2})?";
    let head = prop_oneof![5 => Just(String::new()), 1 => of(&["v", "1!", "0!"])];
    let pairs = related(joined(head, joined(dotted(1..4), tail)));
    let script = "import sys\nfrom packaging.version import Version, InvalidVersion\n\
                  for line in sys.stdin:\n  a, b = line.split()\n  try:\n    \
                  a, b = Version(a), Version(b)\n    print((a > b) - (a < b))\n  \
                  except InvalidVersion:\n    print('x')\n";
    // A python of one's own in the path may have no `packaging`; the system's has Debian's.
    let pythons = ["python3", "/usr/bin/python3"];
    let has = |python: &&&str| {
        let mut check = Command::new(python);
        check.args(["-c", "import packaging"]).stderr(Stdio::null());
        check.status().is_ok_and(|status| status.success())
    };
    let Some(python) = pythons.iter().find(has) else {
        return skip("no python3 with packaging");
    };
    let answers = ask(python, &["-c", script], &pairs).unwrap();
    agree(&pypi::PYPI, &pairs, &answers, PAIRS * 8 / 10);
}

#[test]
fn npm_agrees_with_node_semver() {
    let three =
        proptest::collection::vec("[0-3]|[1-9][0-9]{1,9}", 3..4).prop_map(|parts| parts.join("."));
    let tail = prop_oneof![
        1 => Just(String::new()),
        4 => "-[0a-cA-C1-3-]{1,3}([.](0|[1-9][0-9]?|[a-c-]{1,2})){0,3}([+][a-c]{1,2})?",
    ];
    let pairs = related(joined(joined(of(&["", "", "v"]), three), tail));
    let script = "const semver = (() => { for (const at of ['semver', \
                  '/usr/lib/node_modules/npm/node_modules/semver', '/usr/share/nodejs/semver', \
                  '/usr/local/lib/node_modules/npm/node_modules/semver']) \
                  { try { return require(at) } catch {} } process.exit(3) })();\
                  const lines = require('fs').readFileSync(0, 'utf8').trim().split('\\n');\
                  console.log(lines.map(line => { const [a, b] = line.split(' ');\
                  try { return semver.compare(a, b) } catch { return 'x' } }).join('\\n'))";
    let Some(answers) = ask("node", &["-e", script], &pairs) else {
        return skip("node with semver is not installed");
    };
    agree(&npm::NPM, &pairs, &answers, PAIRS * 8 / 10);
}

/// Maven prints how each version compares with the next one of its arguments.
fn maven_says(jar: &str, versions: &[&str]) -> Option<Vec<Ordering>> {
    let path = format!("{jar}:/usr/share/java/commons-lang3.jar");
    let class = "org.apache.maven.artifact.versioning.ComparableVersion";
    let run = Command::new("java").args(["-cp", &path, class]).args(versions).output();
    let output = run.ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).unwrap();
    let said = text.lines().filter_map(|line| {
        let [_, sign, _] = line.strip_prefix("   ")?.split(' ').collect::<Vec<_>>()[..] else {
            panic!("Maven answered {line}");
        };
        Some(match sign {
            "<" => Ordering::Less,
            "==" => Ordering::Equal,
            ">" => Ordering::Greater,
            other => panic!("Maven answered {other}"),
        })
    });
    Some(said.collect())
}

#[test]
fn maven_agrees_with_maven() {
    let jars = ["/usr/share/java/maven3-artifact.jar", "/usr/share/java/maven-artifact-3.x.jar"];
    let Some(jar) = jars.into_iter().find(|jar| Path::new(jar).exists()) else {
        return skip("Maven's library (libmaven3-core-java) is not installed");
    };
    // Before 3.8.7 `.RC` was not `-RC`; Maven 4 has again other rules for zeros before numbers.
    match maven_says(jar, &["1.5.9.RC1", "1.5.9-RC1", "1.0.0-1", "1-1"]) {
        None => return skip("java is not installed"),
        Some(said) if said[0] == Ordering::Equal && said[2] == Ordering::Equal => {}
        Some(_) => return skip("Maven's library has rules of another age than 3.8.7"),
    }
    // What 3.8.7 gets wrong by its own specification is left out: a word between dots, words for
    // "release" and dashed zeros before something else (it says `1-1 > 1-ga-1`).
    let words = || {
        of(&[
            "alpha",
            "beta",
            "milestone",
            "rc",
            "cr",
            "snapshot",
            "sp",
            "xyz",
            "foo",
            "RC",
            "Beta",
            "SNAPSHOT",
            "a",
            "b",
            "m",
            "x",
        ])
    };
    let middle = prop_oneof![
        3 => Just(String::new()),
        1 => "-[1-3]",
        3 => (of(&["-", ""]), words(), prop_oneof!["", "-?[1-3]"])
            .prop_map(|(separator, word, count)| format!("{separator}{word}{count}")),
    ];
    let end = prop_oneof![
        2 => Just(String::new()),
        2 => "-[0-3]",
        1 => of(&["-ga", "-final", "-release", "-Final"]),
        3 => joined(joined(Just("-".to_owned()), words()), prop_oneof!["", "[0-3]"]),
    ];
    let dotted_word = joined(
        joined(dotted(1..4), Just(".".to_owned())),
        joined(words(), prop_oneof!["", "[0-3]"]),
    );
    let pairs = pairs(prop_oneof![
        5 => joined(dotted(1..4), joined(middle, end)),
        1 => dotted_word,
    ]);
    let versions: Vec<&str> = pairs.iter().flat_map(|(a, b)| [a.as_str(), b.as_str()]).collect();
    let said = maven_says(jar, &versions).unwrap();
    assert_eq!(said.len(), versions.len() - 1, "Maven left out pairs");
    let answers: Vec<_> = said.into_iter().step_by(2).map(Some).collect();
    agree(&maven::MAVEN, &pairs, &answers, PAIRS);
}

/// dpkg itself: each pair starts a process, so these are fewer.
#[test]
fn debian_agrees_with_dpkg() {
    let asks = |a: &str, b: &str| {
        let mut command = Command::new("dpkg");
        command.args(["--compare-versions", a, "lt", b]).stderr(Stdio::null()).status()
    };
    if asks("1", "2").is_err() {
        return skip("dpkg is not installed");
    }
    let mut compared = 0;
    for (a, b) in related(versions()).into_iter().take(250) {
        let Some(found) = debian::DEBIAN.compare(&a, &b) else { continue };
        // Exit 0 is yes, 1 is no, 2 is an error of syntax that we tolerate.
        match asks(&a, &b).unwrap().code() {
            Some(0) => assert_eq!(found, Ordering::Less, "{a} {b}"),
            Some(1) => assert_ne!(found, Ordering::Less, "{a} {b}"),
            _ => continue,
        }
        compared += 1;
    }
    assert!(compared > 100, "{compared}");
}
