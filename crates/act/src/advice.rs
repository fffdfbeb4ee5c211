//! What to do about one vulnerable package: the choice, and its sentence for people.
//!
//! Knows who asks for a package and how far its requirement can be lifted. Must not compute
//! versions (`advisories` says which version is wanted and whether a range reaches it), nor make
//! steps.

use holdfast_model::{Ecosystem, Place, Requirement};

/// A package of the project itself through which another one comes in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parent {
    /// Its name.
    pub name: String,
    /// Where the project asks for it.
    pub place: Option<Place>,
}

/// Whether the versions that are asked for include the wanted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// They do.
    Within,
    /// They do not.
    Outside,
    /// The lockfile does not say what is asked for.
    Unknown,
}

/// One vulnerable package at one locus, as far as a choice needs it.
#[derive(Debug, Clone)]
pub struct Case<'a> {
    /// The ecosystem.
    pub ecosystem: &'a Ecosystem,
    /// The package's name.
    pub name: &'a str,
    /// The smallest version that mends it and leaves the fewest other known weaknesses.
    pub fixed_in: Option<&'a str>,
    /// The project's own line that asks for it, if there is one.
    pub requirement: Option<&'a Requirement>,
    /// That line's range lifted to `fixed_in`, with its operator kept; equal to the range where
    /// the range allows it already; `None` where it cannot be lifted, or is about another source.
    pub lifted: Option<&'a str>,
    /// Whether a lockfile pins it.
    pub locked: bool,
    /// The project's own packages through which it comes in.
    pub parents: &'a [Parent],
    /// Whether these allow `fixed_in`.
    pub parents_reach: Reach,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// Lift the requirement; bring the lockfile, where there is one, in line.
    EditAndRefresh {
        /// The new text of the requirement.
        after: String,
        /// Whether there is a lockfile to refresh.
        refresh: bool,
        /// For people.
        sentence: String,
    },
    /// The requirement allows the wanted version: only the lockfile is behind.
    RefreshOnly {
        /// For people.
        sentence: String,
    },
    /// It comes in through others, which have to be lifted.
    LiftParent {
        /// They, sorted.
        parents: Vec<Parent>,
        /// For people.
        sentence: String,
    },
    /// Nothing can be proposed.
    NoFix {
        /// Why, for people.
        because: String,
    },
}

impl Advice {
    /// The sentence for people.
    pub fn sentence(&self) -> &str {
        match self {
            Self::EditAndRefresh { sentence, .. }
            | Self::RefreshOnly { sentence }
            | Self::LiftParent { sentence, .. } => sentence,
            Self::NoFix { because } => because,
        }
    }
}

/// Chooses for one package.
pub fn advise(case: &Case<'_>) -> Advice {
    let name = case.name;
    let Some(to) = case.fixed_in else {
        return no_fix(format!("no version of `{name}` that mends it is known"));
    };
    match case.requirement {
        Some(requirement) => direct(case, requirement, to),
        None => transitive(case, to),
    }
}

fn no_fix(because: String) -> Advice {
    Advice::NoFix { because }
}

fn direct(case: &Case<'_>, requirement: &Requirement, to: &str) -> Advice {
    let (name, place) = (case.name, &requirement.place);
    // What lets any version in has nothing to lift, and holds nothing back.
    let admits = case.locked && case.lifted == Some(&*requirement.range);
    if !requirement.liftable && !admits {
        return no_fix(format!(
            "the line that asks for `{name}` cannot be lifted by itself ({place}): change it by hand to {to}"
        ));
    }
    match case.lifted {
        None => no_fix(format!(
            "`{}` for `{name}` cannot be lifted to {to} ({place}): change it by hand",
            requirement.range
        )),
        Some(_) if admits => Advice::RefreshOnly {
            sentence: format!("`{name}` may be {to} already ({place}): refresh the lockfile"),
        },
        Some(lifted) if *lifted == *requirement.range => no_fix(format!(
            "`{name}` may be {to} already ({place}), and no lockfile holds it back: install again"
        )),
        Some(lifted) => Advice::EditAndRefresh {
            after: lifted.to_owned(),
            refresh: case.locked,
            sentence: match &*requirement.range {
                "" => format!("ask for `{lifted}` of `{name}` ({place})"),
                range => format!("lift `{name}` from `{range}` to `{lifted}` ({place})"),
            },
        },
    }
}

fn transitive(case: &Case<'_>, to: &str) -> Advice {
    let name = case.name;
    let mut parents = case.parents.to_vec();
    parents.sort();
    parents.dedup();
    let through = listed(&parents);
    // A Go module may be lifted whoever needs it: the greatest version that is asked for wins.
    let free = case.ecosystem.family() == Ecosystem::GOLANG;
    if case.locked && (free || case.parents_reach == Reach::Within) {
        let sentence = match (parents.is_empty(), free) {
            (true, true) => format!("`{name}` may be lifted to {to}, whoever needs it"),
            (true, false) => format!("`{name}` may be {to} already: refresh the lockfile"),
            (false, _) => format!(
                "`{name}` comes through {through}, which may have {to}: refresh the lockfile"
            ),
        };
        return Advice::RefreshOnly { sentence };
    }
    if parents.is_empty() {
        return no_fix(format!("what brings `{name}` in is not known: find out, and lift that"));
    }
    let names: Vec<String> = parents.iter().map(|parent| format!("`{}`", parent.name)).collect();
    let sentence = format!("`{name}` comes through {through}: update {}", joined(&names));
    Advice::LiftParent { parents, sentence }
}

fn listed(parents: &[Parent]) -> String {
    let all: Vec<String> = parents
        .iter()
        .map(|parent| match &parent.place {
            Some(place) => format!("`{}` ({place})", parent.name),
            None => format!("`{}`", parent.name),
        })
        .collect();
    joined(&all)
}

/// `a`, `a and b`, `a, b and c`; at most four, then how many more.
fn joined(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [a, b, c, _, rest @ ..] if !rest.is_empty() => {
            format!("{a}, {b}, {c} and {} more", rest.len() + 1)
        }
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use holdfast_model::Span;

    use super::*;

    static CARGO: LazyLock<Ecosystem> = LazyLock::new(|| Ecosystem::new("cargo"));

    fn place(line: u32) -> Place {
        Place { path: "Cargo.toml".into(), line, column: 10 }
    }

    fn requirement(range: &str) -> Requirement {
        Requirement {
            ecosystem: Ecosystem::new("cargo"),
            name: "time".into(),
            range: range.into(),
            span: Span { start: 0, end: range.len() },
            place: place(9),
            dev: false,
            liftable: true,
        }
    }

    fn parent(name: &str, line: u32) -> Parent {
        Parent { name: name.to_owned(), place: Some(place(line)) }
    }

    /// What is advised for `time` that should be 0.2.23.
    fn advised<'a>(change: impl FnOnce(&mut Case<'a>)) -> Advice {
        let mut case = Case {
            ecosystem: &CARGO,
            name: "time",
            fixed_in: Some("0.2.23"),
            requirement: None,
            lifted: None,
            locked: true,
            parents: &[],
            parents_reach: Reach::Unknown,
        };
        change(&mut case);
        advise(&case)
    }

    #[test]
    fn a_direct_one_is_lifted_in_place() {
        let line = requirement("^0.1");
        let lift = |locked| {
            advised(|case| {
                case.requirement = Some(&line);
                case.lifted = Some("^0.2.23");
                case.locked = locked;
            })
        };
        let Advice::EditAndRefresh { after, refresh, sentence } = lift(true) else { panic!() };
        assert_eq!((after.as_str(), refresh), ("^0.2.23", true));
        assert_eq!(sentence, "lift `time` from `^0.1` to `^0.2.23` (Cargo.toml:9:10)");
        assert!(matches!(lift(false), Advice::EditAndRefresh { refresh: false, .. }));
    }

    #[test]
    fn a_range_that_allows_it_needs_no_edit() {
        let line = requirement("^0.2");
        let of = |locked| {
            advised(|case| {
                case.requirement = Some(&line);
                case.lifted = Some("^0.2");
                case.locked = locked;
            })
        };
        assert_eq!(
            of(true).sentence(),
            "`time` may be 0.2.23 already (Cargo.toml:9:10): refresh the lockfile"
        );
        assert!(matches!(of(true), Advice::RefreshOnly { .. }));
        assert!(matches!(of(false), Advice::NoFix { .. }));
    }

    /// A line without a range has no text that could be lifted, and needs none.
    #[test]
    fn a_line_that_lets_any_version_in_needs_no_edit() {
        for range in ["*", ""] {
            let line = Requirement { liftable: false, ..requirement(range) };
            let of = |lifted, locked| {
                advised(|case| {
                    case.requirement = Some(&line);
                    case.lifted = lifted;
                    case.locked = locked;
                })
            };
            let already = "`time` may be 0.2.23 already (Cargo.toml:9:10): refresh the lockfile";
            assert_eq!(of(Some(range), true).sentence(), already);
            assert!(matches!(of(Some(range), true), Advice::RefreshOnly { .. }));
            for by_hand in [of(Some(range), false), of(None, true), of(Some("^0.2"), true)] {
                assert!(by_hand.sentence().contains("change it by hand to 0.2.23"), "{by_hand:?}");
            }
        }
    }

    #[test]
    fn a_transitive_one_is_lifted_through_its_parents() {
        let parents = [parent("serde-x", 14), parent("chrono", 12), parent("chrono", 12)];
        let one = advised(|case| case.parents = &parents[1..]);
        assert_eq!(
            one.sentence(),
            "`time` comes through `chrono` (Cargo.toml:12:10): update `chrono`"
        );
        let Advice::LiftParent { parents: both, sentence } =
            advised(|case| case.parents = &parents)
        else {
            panic!()
        };
        assert_eq!(both.len(), 2);
        assert_eq!(
            sentence,
            "`time` comes through `chrono` (Cargo.toml:12:10) and `serde-x` (Cargo.toml:14:10): \
             update `chrono` and `serde-x`"
        );
    }

    #[test]
    fn parents_that_allow_it_are_left_alone() {
        let parents = [parent("chrono", 12)];
        let within = advised(|case| {
            case.parents = &parents;
            case.parents_reach = Reach::Within;
        });
        assert!(matches!(within, Advice::RefreshOnly { .. }));
        let outside = advised(|case| {
            case.parents = &parents;
            case.parents_reach = Reach::Outside;
        });
        assert!(matches!(outside, Advice::LiftParent { .. }));
        let go = Ecosystem::new("Go");
        let module = advised(|case| {
            case.ecosystem = &go;
            case.parents = &parents;
        });
        assert!(matches!(module, Advice::RefreshOnly { .. }));
        // The standard library is asked for by a line that is no requirement.
        let library = advised(|case| case.ecosystem = &go);
        assert!(matches!(library, Advice::RefreshOnly { .. }));
        assert_eq!(library.sentence(), "`time` may be lifted to 0.2.23, whoever needs it");
    }

    #[test]
    fn where_nothing_helps_it_says_why() {
        let because = |advice: Advice| match advice {
            Advice::NoFix { because } => because,
            other => panic!("{other:?}"),
        };
        let none = because(advised(|case| case.fixed_in = None));
        assert_eq!(none, "no version of `time` that mends it is known");
        let unknown = because(advised(|_| ()));
        assert_eq!(unknown, "what brings `time` in is not known: find out, and lift that");
        let git = Requirement { liftable: false, ..requirement("") };
        let by_hand = because(advised(|case| case.requirement = Some(&git)));
        assert!(by_hand.contains("change it by hand to 0.2.23"));
        let odd = requirement("0.1 || 0.3");
        let kept = because(advised(|case| case.requirement = Some(&odd)));
        assert!(kept.contains("`0.1 || 0.3` for `time` cannot be lifted to 0.2.23"));
    }

    #[test]
    fn long_lists_are_cut() {
        let words: Vec<String> = ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
        assert_eq!(joined(&words), "a, b, c and 2 more");
        assert_eq!(joined(&words[..4]), "a, b, c and d");
        assert_eq!(joined(&words[..2]), "a and b");
    }
}
