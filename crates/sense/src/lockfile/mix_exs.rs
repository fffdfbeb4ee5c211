//! `mix.exs`: what an Elixir project asks for.
//!
//! It is a program, of which only tuples are read that may be dependencies: a name, then a
//! requirement or options. What is locked is known elsewhere, and so is which names are packages.

use std::borrow::Cow;

use super::mix_term::{Kind, Term, term_at};

/// The longest tuple that is read, in bytes.
const LONGEST: usize = 2_000;

/// Something that a project may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked<'a> {
    pub(super) name: Cow<'a, str>,
    /// It is left out of what runs in the end.
    pub(super) dev: bool,
    /// Where it stands.
    pub(super) at: usize,
}

/// Everything in a project that may be a dependency: `{:name, "~> 1.0", only: :test}`.
pub(super) fn asked(text: &str) -> Vec<Asked<'_>> {
    let mut out = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim_start().starts_with('#') {
            let begins = line.match_indices("{:").map(|(at, _)| start + at);
            out.extend(begins.filter_map(|at| one(text, at)));
        }
        start += line.len();
    }
    out
}

fn one(text: &str, at: usize) -> Option<Asked<'_>> {
    let Some(term) = term_at(text, at, LONGEST) else {
        // Something in it is computed. It is asked for all the same, and may run.
        let rest = text.get(at + 2..)?;
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
        let name = rest.get(..end).filter(|name| !name.is_empty())?;
        return Some(Asked { name: Cow::Borrowed(name), dev: false, at });
    };
    let Kind::Tuple(parts) = term.kind else { return None };
    let says =
        |part: &Term<'_>| matches!(part.kind, Kind::Text(_) | Kind::Pair(..) | Kind::List(_));
    if !parts.get(1).is_some_and(says) {
        return None;
    }
    let dev = for_development(text, &parts);
    let Kind::Atom(name) = parts.into_iter().next()?.kind else { return None };
    Some(Asked { name, dev, at })
}

/// Whether it is `only:` for environments that are not `:prod`.
fn for_development(text: &str, parts: &[Term<'_>]) -> bool {
    let listed = parts.iter().filter_map(|part| match &part.kind {
        Kind::List(list) => Some(list),
        _ => None,
    });
    let only = parts.iter().chain(listed.flatten()).find_map(|part| match &part.kind {
        Kind::Pair(key, value) if key == "only" => Some(&**value),
        _ => None,
    });
    // A word without a colon is a variable, which may be anything.
    let other = |one: &Term<'_>| {
        let literal = one.span.of(text).is_some_and(|word| word.starts_with(':'));
        literal && one.atom().is_some_and(|name| name != "prod")
    };
    only.is_some_and(|only| match &only.kind {
        Kind::List(all) => !all.is_empty() && all.iter().all(other),
        _ => other(only),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_in_every_form() {
        let text = "defmodule Shop.MixProject do\n  use Mix.Project\n\n  defp deps do\n    [\n\
            {:phoenix, \"~> 1.6\"},\n{:credo, \"~> 1.0\", only: [:dev, :test], runtime: false},\n\
            {:ex_doc, \">= 0.0.0\", [only: :dev]},\n{:jason, \"~> 1.2\", only: [:test, :prod]},\n\
            # {:old, \"~> 1.0\"},\n{:g, git: \"https://git.example/g.git\", tag: \"v1\"},\n\
            {:envs, \"~> 1.0\", only: envs},\n{:made, path: Path.expand(\"../made\")},\n\
            {:ok, found}\n    ]\n  end\nend\n";
        let found = asked(text);
        let said: Vec<(&str, bool)> = found.iter().map(|one| (&*one.name, one.dev)).collect();
        let wanted = [
            ("phoenix", false),
            ("credo", true),
            ("ex_doc", true),
            ("jason", false),
            ("g", false),
            ("envs", false),
            ("made", false),
        ];
        assert_eq!(said, wanted);
        assert!(found.iter().all(|one| text.get(one.at + 2..).unwrap().starts_with(&*one.name)));
    }

    #[test]
    fn what_does_not_end_is_read_in_time() {
        assert!(asked(&"{:a, [".repeat(100_000)).iter().all(|one| one.name == "a"));
        assert_eq!(asked("{:"), []);
    }
}
