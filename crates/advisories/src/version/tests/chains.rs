//! Lists of comparisons: what a chain says, and where one ends.

use super::*;

fn read(text: &str) -> Compared {
    compare_lines(&Ecosystem::new("npm"), "list.txt", text)
}

/// Each problem as `line:column code`.
fn places(out: &Compared) -> Vec<String> {
    let told = out.problems.iter().map(|problem| {
        let place = problem.place.as_ref().unwrap();
        format!("{}:{} {}", place.line, place.column, problem.code)
    });
    told.collect()
}

#[test]
fn every_pair_of_a_chain_is_compared() {
    let out = read("1.0.0 < 1.0.1 = v1.0.1 < 1.1.0\n2.0.0 > 1.0.0 > 0.1.0\n");
    assert_eq!((out.compared, out.disagreements), (6 + 3, 0));
    assert_eq!(out.problems, []);
    // One version too early: three pairs are wrong, and the three others are not.
    let out = read("3.0.0 < 1.0.0 < 1.5.0 < 2.0.0");
    assert_eq!((out.compared, out.disagreements), (6, 3));
    let wrong: Vec<_> = out.wrong.iter().map(|wrong| (wrong.text.as_str(), wrong.found)).collect();
    assert_eq!(wrong, [("3.0.0 < 1.0.0", '>'), ("3.0.0 < 1.5.0", '>'), ("3.0.0 < 2.0.0", '>')]);
    // Neighbours say the same of what lies between two signs of equality only.
    let out = read("1.0.0 = v1.0.0 < 1.0.1 = 1.0.2");
    assert_eq!((out.compared, out.disagreements), (6, 1));
    assert_eq!(out.wrong[0].text, "1.0.1 = 1.0.2");
}

#[test]
fn a_chain_goes_on_over_lines() {
    let out = read("# a comment\n1.0.0 < 1.0.1\n\n// another one\n  < 1.0.2 = v1.0.2\n\t< 1.0.0\n");
    assert_eq!((out.compared, out.disagreements), (10, 4));
    assert!(out.wrong.iter().all(|wrong| wrong.line == 6), "{:?}", out.wrong);
    assert_eq!(out.problems, []);
    let windows = read("\u{feff}1.0.0\r\n  < 1.0.1\r\n  < 1.0.2\r\n");
    assert_eq!((windows.compared, windows.disagreements, windows.problems.len()), (3, 0, 0));
}

#[test]
fn what_is_no_chain_is_told_and_loses_nothing_else() {
    for (text, told, compared) in [
        ("1.0.0 < 1.0.1 > 1.0.0", "1:15 comparison-unreadable", 2),
        ("1.0.0 < 1.0.1\n> 1.0.0", "2:1 comparison-unreadable", 2),
        ("1.0.0 < 1.0.1 1.0.2 < 1.0.3", "1:15 comparison-unreadable", 1),
        ("1.0.0 < 1.0.1 < < 1.0.2", "1:17 comparison-unreadable", 1),
        ("1.0.0 <", "1:7 comparison-unreadable", 0),
        ("1.0.0 < 1.0.1 <\n  < 1.0.2", "1:15 comparison-unreadable", 3),
        ("< 1.0.0 < 1.0.1", "1:1 comparison-unreadable", 1),
        ("< 1.0.0", "1:1 comparison-unreadable", 0),
        ("1.0.0", "1:1 comparison-unreadable", 0),
        ("  äöü <= 1.0.0", "1:7 comparison-unreadable", 0),
        ("1.0.0 < x < 1.0.1 < 1.0.2", "1:9 version-unreadable", 3),
        ("1.0.0 ~ 1.0.1\n< 1.0.2 < 1.0.3", "1:7 comparison-unreadable", 1),
        ("1.0.0\n1.0.0 < 1.0.1", "1:1 comparison-unreadable", 1),
    ] {
        let out = read(text);
        assert_eq!(places(&out), [told], "{text}");
        assert_eq!((out.compared, out.disagreements), (compared, 0), "{text}");
        assert!(!out.problems[0].help.is_empty(), "{text}");
        assert!(out.problems[0].excerpt.is_some(), "{text}");
    }
    let out = read("1.0.0\n< x\n< y");
    assert_eq!(places(&out), ["2:3 version-unreadable", "3:3 version-unreadable"]);
}

#[test]
fn chains_and_what_is_told_of_them_are_bounded() {
    let chain = |count: usize| (0..count).map(|n| format!("1.0.{n}")).collect::<Vec<_>>();
    let pairs = |count: usize| (count * (count - 1) / 2) as u64;
    let whole = read(&chain(LONGEST_CHAIN).join(" < "));
    assert_eq!((whole.compared, whole.problems.len()), (pairs(LONGEST_CHAIN), 0));
    // The last of a full chain begins the next one.
    let more = read(&chain(LONGEST_CHAIN + 3).join(" < "));
    assert_eq!((more.compared, more.disagreements), (pairs(LONGEST_CHAIN) + pairs(4), 0));
    assert_eq!(more.problems.len(), 1);
    assert!(more.problems[0].message.contains("200"), "{}", more.problems[0].message);

    let back = read(&chain(LONGEST_CHAIN).join(" > "));
    assert_eq!((back.disagreements, back.wrong.len()), (pairs(LONGEST_CHAIN), MOST_WRONG));
    let noise = read(&"x\n".repeat(5000));
    let last = noise.problems.last().unwrap();
    assert_eq!((noise.problems.len(), last.code.as_str()), (1001, "comparison-problems-cut"));
    let long = read(&"ä".repeat(5000));
    assert!(long.problems[0].message.chars().count() < 100, "{}", long.problems[0].message);
}

proptest! {
    #[test]
    fn any_list_is_read(text in "([ab\n]|1[.]0[.][0-3]| [<=>] |<|=|//|#|\u{feff}|é){0,40}") {
        let out = read(&text);
        prop_assert!(out.disagreements <= out.compared);
        let lines = text.lines().count();
        for problem in &out.problems {
            let place = problem.place.as_ref().unwrap();
            prop_assert!((1..=lines).contains(&(place.line as usize)), "{text}");
            prop_assert!(place.column >= 1);
        }
    }
}
