//! Licence expressions: whether one of the choices that they leave is on our list.
//!
//! The grammar is that of the SPDX specification, annex "SPDX license expressions", and the old
//! `MIT/Apache-2.0` of manifests, which means OR.

/// Whether an expression can be satisfied with licences of the list. What cannot be read cannot.
pub(crate) fn allowed(expression: &str, list: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let answer = any(&mut rest, list);
    answer.is_some_and(|answer| answer) && rest.is_empty()
}

fn any(rest: &mut &[&str], list: &[String]) -> Option<bool> {
    let mut answer = all(rest, list)?;
    while take(rest, "OR") {
        answer |= all(rest, list)?;
    }
    Some(answer)
}

fn all(rest: &mut &[&str], list: &[String]) -> Option<bool> {
    let mut answer = one(rest, list)?;
    while take(rest, "AND") {
        answer &= one(rest, list)?;
    }
    Some(answer)
}

fn one(rest: &mut &[&str], list: &[String]) -> Option<bool> {
    if take(rest, "(") {
        let answer = any(rest, list)?;
        return take(rest, ")").then_some(answer);
    }
    let (name, after) = rest.split_first()?;
    if matches!(*name, "OR" | "AND" | "WITH" | ")") {
        return None;
    }
    *rest = after;
    let mut name = (*name).to_owned();
    if take(rest, "WITH") {
        let (exception, after) = rest.split_first()?;
        *rest = after;
        name = format!("{name} WITH {exception}");
    }
    Some(list.contains(&name))
}

fn take(rest: &mut &[&str], word: &str) -> bool {
    match rest.split_first() {
        Some((first, after)) if *first == word => {
            *rest = after;
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(expression: &str, list: &[&str]) -> bool {
        let list: Vec<String> = list.iter().map(|name| (*name).to_owned()).collect();
        allowed(expression, &list)
    }

    #[test]
    fn or_needs_one_and_and_needs_both() {
        assert!(with("MIT OR GPL-3.0-only", &["MIT"]));
        assert!(with("MIT/GPL-3.0-only", &["MIT"]));
        assert!(with("GPL-3.0-only / MIT", &["MIT"]));
        assert!(!with("MIT AND GPL-3.0-only", &["MIT"]));
        assert!(with("MIT AND BSD-3-Clause", &["MIT", "BSD-3-Clause"]));
        assert!(!with("GPL-3.0-only", &["MIT"]));
    }

    #[test]
    fn and_binds_tighter_and_parentheses_tightest() {
        assert!(with("MIT OR A AND B", &["MIT"]));
        assert!(!with("(MIT OR A) AND B", &["MIT"]));
        assert!(with("(MIT OR A) AND Unicode-3.0", &["MIT", "Unicode-3.0"]));
    }

    #[test]
    fn an_exception_is_part_of_the_name() {
        assert!(!with("Apache-2.0 WITH LLVM-exception", &["Apache-2.0"]));
        assert!(with("Apache-2.0 WITH LLVM-exception OR MIT", &["MIT"]));
        let whole = ["Apache-2.0 WITH LLVM-exception"];
        assert!(with("Apache-2.0 WITH LLVM-exception", &whole));
    }

    #[test]
    fn what_cannot_be_read_is_not_allowed() {
        for broken in ["", "MIT OR", "OR MIT", "(MIT", "MIT)", "MIT MIT", "MIT WITH", "()"] {
            assert!(!with(broken, &["MIT"]), "{broken}");
        }
    }
}
