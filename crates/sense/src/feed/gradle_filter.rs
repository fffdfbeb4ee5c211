//! Which names a repository of Gradle's is asked for (Gradle's documentation, "Filtering
//! repository content").
//!
//! Knows the methods of a filter; must not know what a repository is.

use super::dynamic;
use super::gradle_script::{Kind, Statement};
use crate::text::Mistake;

/// What filters say.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The only names; `None` for all.
    pub(super) only: Option<Vec<String>>,
    /// Names that are left out.
    pub(super) without: Vec<String>,
}

/// Methods that say nothing of names.
const SILENT: [&str; 5] = [
    "releasesOnly",
    "snapshotsOnly",
    "onlyForConfigurations",
    "notForConfigurations",
    "onlyForAttribute",
];

/// Reads the statements of a filter; what cannot be read is told, and promises nothing.
pub(super) fn read<'s, 't: 's>(
    statements: impl Iterator<Item = &'s Statement<'t>>,
    names: &mut Names,
    mistakes: &mut Vec<Mistake>,
) {
    for statement in statements {
        let name = statement.name();
        if SILENT.contains(&name) {
            continue;
        }
        let parts = statement.rest().iter();
        let texts: Option<Vec<&str>> = parts
            .filter_map(|token| match token.kind {
                Kind::Text { .. } => Some(Some(token.text)),
                Kind::Word => Some(None),
                _ => None,
            })
            .collect();
        let texts = texts.unwrap_or_default();
        let (includes, what) = match (name.strip_prefix("include"), name.strip_prefix("exclude")) {
            (Some(what), _) => (true, what),
            (_, Some(what)) => (false, what),
            _ => (true, ""),
        };
        let made = patterns(what, &texts);
        if made.is_none() {
            mistakes.push(dynamic(statement.span(), "the names of this filter cannot be read"));
        }
        let made = made.unwrap_or_default();
        if includes {
            names.only.get_or_insert_default().extend(made);
        } else {
            names.without.extend(made);
        }
    }
}

/// The patterns of names that a method means: none where it means some versions only, `None` where
/// it cannot be told.
fn patterns(what: &str, texts: &[&str]) -> Option<Vec<String>> {
    Some(match (what, texts) {
        ("Group", [group]) => vec![(*group).to_owned()],
        ("GroupAndSubgroups", [group]) => vec![(*group).to_owned(), format!("{group}.*")],
        ("GroupByRegex", [regex]) => of_regex(regex)?,
        ("Module", [group, module]) => vec![format!("{group}:{module}")],
        ("ModuleByRegex", [group, module]) => {
            let (groups, modules) = (of_regex(group)?, of_regex(module)?);
            let each = groups
                .iter()
                .flat_map(|group| modules.iter().map(move |module| format!("{group}:{module}")));
            each.collect()
        }
        ("Version" | "VersionByRegex", [_, _, _]) => Vec::new(),
        _ => return None,
    })
}

/// Patterns with `*` that mean no more than a simple regular expression does.
fn of_regex(regex: &str) -> Option<Vec<String>> {
    // Within quotes a backslash is written twice.
    let regex = regex.replace("\\\\", "\\");
    let body = regex.strip_prefix('^').unwrap_or(&regex);
    let body = body.strip_suffix('$').unwrap_or(body);
    let below = ["(\\..*)?", "(\\..+)?"].iter().find_map(|end| body.strip_suffix(end));
    let mut out = String::new();
    let mut signs = below.unwrap_or(body).chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => out.push(signs.next_if(|next| matches!(next, '.' | '-' | ':'))?),
            '.' if signs.next_if(|next| matches!(next, '*' | '+')).is_some() => out.push('*'),
            // Any sign: the one that is mostly meant.
            '.' | '-' | '_' | ':' => out.push(sign),
            _ if sign.is_alphanumeric() => out.push(sign),
            _ => return None,
        }
    }
    Some(match below {
        Some(_) => vec![out.clone(), format!("{out}.*")],
        None => vec![out],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_expressions_become_patterns() {
        let of = |regex: &str| of_regex(regex).map(|all| all.join(" "));
        assert_eq!(of("com\\\\.acme.*").as_deref(), Some("com.acme*"));
        assert_eq!(of("com\\.acme(\\..*)?").as_deref(), Some("com.acme com.acme.*"));
        assert_eq!(of("^com.acme$").as_deref(), Some("com.acme"));
        assert_eq!(of(".*").as_deref(), Some("*"));
        for open in ["com\\.(acme|other)", "[a-z]+", "a{2}", "com\\wacme"] {
            assert_eq!(of(open), None, "{open}");
        }
    }
}
