use proptest::prelude::*;

use super::*;

fn pattern(value: &str, stands: Stands) -> Pattern {
    Pattern::new(&SigmaString::new(value), stands, false, false)
}

fn whole(value: &str, text: &str) -> bool {
    pattern(value, Stands::Whole).matches(text)
}

#[test]
fn wildcards() {
    for (value, text, wanted) in [
        ("ana", "ANA", true),
        ("ana", "anna", false),
        ("a*a", "aa", true),
        ("a*a", "a", false),
        ("a*b*c", "axxbyyc", true),
        ("a*b*c", "axxcyyb", false),
        ("*", "", true),
        ("**", "x", true),
        ("?", "", false),
        ("?", "é", true),
        ("??", "é", false),
        ("*?*", "", false),
        ("a?c", "abc", true),
        ("*.exe", "x.EXE", true),
        ("*.exe", "x.exe.txt", false),
        ("ab*ab", "ab", false),
        ("ab*ab", "abab", true),
        ("", "", true),
        ("", "x", false),
        ("straße", "STRASSE", false),
        ("ÄRGER*", "ärger im log", true),
        ("*?b", "abb", true),
    ] {
        assert_eq!(whole(value, text), wanted, "{value} on {text}");
    }
}

#[test]
fn a_backslash_escapes_wildcards_and_itself_only() {
    assert!(whole(r"a\*b", "a*b"));
    assert!(!whole(r"a\*b", "axb"));
    assert!(whole(r"a\?b", "a?b"));
    assert!(whole(r"C:\Windows", r"c:\windows"));
    assert!(whole(r"C:\\Windows", r"c:\windows"));
    assert!(whole(r"\\\\host", r"\\host"));
    assert!(whole(r"dir\\*", r"dir\file"));
    assert!(whole("end\\", "end\\"));
}

#[test]
fn case_counts_where_asked() {
    let cased = Pattern::new(&SigmaString::new("An*a"), Stands::Whole, true, false);
    assert!(cased.matches("Anna"));
    assert!(!cased.matches("anna"));
}

#[test]
fn any_dash_means_any_other() {
    let dash = Pattern::new(&SigmaString::new(" -x *-y"), Stands::Anywhere, false, true);
    for text in ["cmd -x a -y", "cmd /x a -y", "cmd –x a —y", "cmd ―X a /Y"] {
        assert!(dash.matches(text), "{text}");
    }
    assert!(!dash.matches("cmd +x a -y"));
}

#[test]
fn only_whole_texts_are_the_only_ones() {
    assert_eq!(pattern("RunInstances", Stands::Whole).only().as_deref(), Some("runinstances"));
    assert_eq!(pattern("", Stands::Whole).only().as_deref(), Some(""));
    for (value, stands) in [("Run*", Stands::Whole), ("a?", Stands::Whole), ("a", Stands::Begins)] {
        assert_eq!(pattern(value, stands).only(), None);
    }
}

/// What wildcards mean, letter by letter and slowly.
fn naive(value: &[char], text: &[char]) -> bool {
    match value.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|at| naive(rest, &text[at..])),
        Some(('?', rest)) => !text.is_empty() && naive(rest, &text[1..]),
        Some((letter, rest)) => text.first() == Some(letter) && naive(rest, &text[1..]),
    }
}

proptest! {
    #[test]
    fn it_means_what_the_slow_way_means(value in "[abé*?]{0,7}", text in "[abé]{0,9}") {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        for (stands, around) in [
            (Stands::Whole, value.clone()),
            (Stands::Begins, format!("{value}*")),
            (Stands::Ends, format!("*{value}")),
            (Stands::Anywhere, format!("*{value}*")),
        ] {
            let wanted = naive(&letters(&around), &letters(&text));
            let cased = Pattern::new(&SigmaString::new(&value), stands, true, false);
            prop_assert_eq!(cased.matches(&text), wanted, "{:?}", stands);
            let shouted = text.to_uppercase();
            prop_assert_eq!(pattern(&value, stands).matches(&shouted), wanted, "{:?}", stands);
        }
    }

    #[test]
    fn nothing_ends_loudly(value in any::<String>(), text in any::<String>()) {
        for stands in [Stands::Whole, Stands::Begins, Stands::Ends, Stands::Anywhere] {
            let _ = Pattern::new(&SigmaString::new(&value), stands, false, true).matches(&text);
        }
        prop_assert!(Pattern::literal(&text, Stands::Whole, true).matches(&text));
    }
}
