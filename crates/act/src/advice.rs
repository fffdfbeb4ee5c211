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

/// A package whose range keeps another one from the wanted version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holder {
    /// Its name.
    pub name: String,
    /// Its version, where it is known.
    pub version: Option<String>,
    /// What it asks for, as written.
    pub range: String,
    /// Whether it is one of the parents itself.
    pub is_parent: bool,
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
    /// Whether all who need it allow `fixed_in`.
    pub parents_reach: Reach,
    /// Those who do not, as far as the lockfile says.
    pub holders: &'a [Holder],
    /// What people do to refresh the lockfile, where no command here does.
    pub by_hand: Option<&'a str>,
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
    let does = case.by_hand.unwrap_or("refresh the lockfile");
    if case.locked && (free || case.parents_reach == Reach::Within) {
        let sentence = match (parents.is_empty(), free) {
            (true, true) => format!("`{name}` may be lifted to {to}, whoever needs it"),
            (true, false) => format!("`{name}` may be {to} already: {does}"),
            (false, _) => {
                format!("`{name}` comes through {through}, which may have {to}: {does}")
            }
        };
        return Advice::RefreshOnly { sentence };
    }
    if parents.is_empty() {
        return no_fix(format!("what brings `{name}` in is not known: find out, and lift that"));
    }
    let names: Vec<String> = parents.iter().map(|parent| format!("`{}`", parent.name)).collect();
    let held = held(case.holders, names.len() == 1);
    let sentence = format!("`{name}` comes through {through}{held}update {}", joined(&names));
    Advice::LiftParent { parents, sentence }
}

/// How many of those that hold a package back are named.
const MOST_HOLDERS: usize = 2;

/// What stands between the parents and what to do with them: who asks for what. `alone` where there is
/// one parent, which was named just before.
fn held(holders: &[Holder], alone: bool) -> String {
    let mut holders = holders.to_vec();
    holders.sort();
    holders.dedup();
    let own = holders.iter().position(|holder| alone && holder.is_parent);
    let own = own.map(|at| format!(", which asks for {}", asked(&holders.remove(at).range)));
    let most = MOST_HOLDERS - usize::from(own.is_some());
    let own = own.unwrap_or_default();
    if holders.is_empty() {
        return format!("{own}: ");
    }
    let between = if own.is_empty() { ":" } else { ";" };
    format!("{own}{between} {}, so ", named(&holders, most))
}

/// Who asks for what: the first of them, and how many more.
fn named(holders: &[Holder], most: usize) -> String {
    let mut words: Vec<String> = Vec::new();
    for holder in holders.iter().take(most) {
        let version = holder.version.as_deref().map(|version| format!(" {version}"));
        let (version, range) = (version.unwrap_or_default(), asked(&holder.range));
        let asks = if words.is_empty() { " asks" } else { "" };
        words.push(format!("`{}`{version}{asks} for {range}", holder.name));
    }
    match holders.len().saturating_sub(most) {
        0 => {}
        1 => words.push("1 more holds it back".to_owned()),
        more => words.push(format!("{more} more hold it back")),
    }
    joined(&words)
}

/// Where any version will do, only one that is no release is refused.
fn asked(range: &str) -> String {
    if range.is_empty() { "a release".to_owned() } else { format!("`{range}`") }
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
            holders: &[],
            by_hand: None,
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

    fn holder(name: &str, version: Option<&str>, range: &str, is_parent: bool) -> Holder {
        let version = version.map(str::to_owned);
        Holder { name: name.to_owned(), version, range: range.to_owned(), is_parent }
    }

    #[test]
    fn who_holds_it_back_is_named_with_what_it_asks_for() {
        let parents = [parent("chrono", 12), parent("serde-x", 14)];
        let own = holder("chrono", Some("0.4.19"), "~0.1.40", true);
        let almanac = holder("almanac", Some("1.3.0"), "=0.1.43", false);
        let clock = holder("clock", None, "<0.2", false);
        let dial = holder("dial", Some("2.0.0"), "", false);
        let says = |rest: &str| format!("`time` comes through `chrono` (Cargo.toml:12:10){rest}");
        let one = "`almanac` 1.3.0 asks for `=0.1.43`";
        let rows = [
            // Twice the same is once.
            (1_usize, vec![&almanac, &almanac], format!(": {one}, so update `chrono`")),
            (1, vec![&own], ", which asks for `~0.1.40`: update `chrono`".to_owned()),
            (
                1,
                vec![&own, &almanac],
                format!(", which asks for `~0.1.40`; {one}, so update `chrono`"),
            ),
            (
                1,
                vec![&clock, &dial, &almanac],
                ": `almanac` 1.3.0 asks for `=0.1.43`, `clock` for `<0.2` and 1 more holds it back, so \
                 update `chrono`"
                    .to_owned(),
            ),
            (
                1,
                vec![&own, &clock, &dial, &almanac],
                format!(
                    ", which asks for `~0.1.40`; {one} and 2 more hold it back, so update `chrono`"
                ),
            ),
            (1, vec![&dial], ": `dial` 2.0.0 asks for a release, so update `chrono`".to_owned()),
            (
                2,
                vec![&own, &almanac],
                format!(
                    " and `serde-x` (Cargo.toml:14:10): {one} and `chrono` 0.4.19 for `~0.1.40`, so \
                     update `chrono` and `serde-x`"
                ),
            ),
        ];
        for (count, holders, wanted) in rows {
            let holders: Vec<Holder> = holders.into_iter().cloned().collect();
            let advice = advised(|case| {
                case.parents = &parents[..count];
                case.parents_reach = Reach::Outside;
                case.holders = &holders;
            });
            assert_eq!(advice.sentence(), says(&wanted));
        }
    }

    #[test]
    fn parents_that_allow_it_are_left_alone() {
        let parents = [parent("chrono", 12)];
        let within = advised(|case| {
            case.parents = &parents;
            case.parents_reach = Reach::Within;
        });
        assert!(matches!(within, Advice::RefreshOnly { .. }));
        let by_hand = advised(|case| {
            case.parents = &parents;
            case.parents_reach = Reach::Within;
            case.by_hand = Some("run `tick`");
        });
        assert_eq!(
            by_hand.sentence(),
            "`time` comes through `chrono` (Cargo.toml:12:10), which may have 0.2.23: run `tick`"
        );
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
