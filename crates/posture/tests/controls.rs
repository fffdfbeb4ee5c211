//! The controls that are always there: they read, their examples come out as they say, and no
//! part of them could be left out without an example that notices.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may end loudly"
)]

mod coverage;
#[path = "../../holdfast/tests/support/skip.rs"]
mod skip;

use std::collections::BTreeSet;

use holdfast_model::{Aspect, Desired, ModeWanted, Only, Startups, Wanted};
use holdfast_posture::{
    BuiltIn, Control, Manual, built_in, is_manual, read, read_built_in, read_manual, run_tests,
};
use holdfast_rulefile::Condition;

/// Those that are judged by what is seen.
fn judged() -> impl Iterator<Item = &'static BuiltIn> {
    built_in().iter().filter(|rule| !is_manual(rule.text))
}

fn controls() -> Vec<Control> {
    judged()
        .map(|rule| {
            let (control, problems) = read(&rule.path.into(), rule.text);
            assert_eq!(problems, [], "{}", rule.path);
            control.unwrap()
        })
        .collect()
}

/// Those that only a person can answer.
fn manuals() -> Vec<Manual> {
    built_in()
        .iter()
        .filter(|rule| is_manual(rule.text))
        .map(|rule| {
            let (manual, problems) = read_manual(&rule.path.into(), rule.text);
            assert_eq!(problems, [], "{}", rule.path);
            manual.unwrap()
        })
        .collect()
}

/// All of them.
fn everything() -> Vec<Control> {
    controls().into_iter().chain(manuals().into_iter().map(|manual| manual.control)).collect()
}

/// Whoever declares nothing is asked nothing: a question on every host would be answered by rote.
#[test]
fn what_people_are_asked_is_a_question_and_asked_only_where_it_is_declared() {
    let manuals = manuals();
    assert!(manuals.len() >= 9, "only {} were found", manuals.len());
    for Manual { control, ask, days } in &manuals {
        assert!(ask.ends_with('?') && *days >= 90, "{}: {ask}", control.id);
        assert!(control.asks().iter().any(|field| field.starts_with("setting.")), "{}", control.id);
    }
}

#[test]
fn they_read_and_their_examples_come_out_as_they_say() {
    let controls = controls();
    assert!(controls.len() >= 97, "only {} were found", controls.len());
    for control in &controls {
        assert_eq!(run_tests(control), [], "{}", control.id);
    }
}

/// At run time they are read from what was scanned before, without their examples, and are the same.
#[test]
fn without_their_examples_they_are_the_same() {
    for (rule, mut control) in judged().zip(controls()) {
        let (without, problems) = read_built_in(rule);
        assert_eq!(problems, [], "{}", rule.path);
        assert!(!control.examples.is_empty());
        control.examples.clear();
        assert_eq!(without.unwrap(), control);
    }
}

#[test]
fn each_is_named_once_and_speaks_in_whole_words() {
    let mut ids = BTreeSet::new();
    for control in everything() {
        assert!(ids.insert(control.id.clone()), "{} stands twice", control.id);
        for text in [&control.title, &control.wrong] {
            assert!(!text.ends_with('.') && text.chars().count() <= 72, "{}: {text}", control.id);
        }
        assert!(control.why.ends_with('.'), "{}", control.id);
        assert!(!control.refs.is_empty(), "{}", control.id);
    }
}

#[test]
fn every_clause_of_every_condition_is_needed() {
    let mut tried = 0;
    for control in controls() {
        for (clause, when) in control.when.iter().flat_map(Condition::mutants) {
            tried += 1;
            let mutant = Control { when, ..control.clone() };
            assert!(!run_tests(&mutant).is_empty(), "{}: without `{clause}`", control.id);
        }
    }
    assert!(tried >= 50, "only {tried} clauses were tried");
}

#[test]
fn every_line_of_every_control_is_needed() {
    for control in controls() {
        for (at, line) in control.ensure.iter().enumerate() {
            let others = control.ensure.iter().enumerate().filter(|(other, _)| *other != at);
            let ensure = others.map(|(_, line)| line.clone()).collect();
            let mutant = Control { ensure, ..control.clone() };
            let noticed = !run_tests(&mutant).is_empty();
            assert!(noticed, "{}: without `{}`", control.id, line.subject());
        }
    }
}

#[test]
fn every_wanted_value_is_neither_looser_nor_tighter_than_the_examples() {
    let mut tried = 0;
    for control in controls() {
        for (at, line) in control.ensure.iter().enumerate() {
            for (how, other) in variants(line) {
                tried += 1;
                let mut lines = control.ensure.to_vec();
                lines[at] = other;
                let mutant = Control { ensure: lines.into(), ..control.clone() };
                let noticed = !run_tests(&mutant).is_empty();
                assert!(noticed, "{}: `{}` {how}", control.id, line.subject());
            }
        }
    }
    assert!(tried >= 300, "only {tried} variants were tried");
}

/// The same state, each time a little looser or tighter.
fn variants(desired: &Desired) -> Vec<(String, Desired)> {
    match desired {
        Desired::Sysctl { key, value } => values(value)
            .into_iter()
            .map(|(how, value)| (how, Desired::Sysctl { key: key.clone(), value }))
            .collect(),
        Desired::Key { dialect, key, value } => values(value)
            .into_iter()
            .map(|(how, value)| (how, Desired::Key { dialect: *dialect, key: key.clone(), value }))
            .collect(),
        Desired::Entry { files, style, key, value: Some(value) } => values(value)
            .into_iter()
            .map(|(how, value)| {
                let (files, key, value) = (files.clone(), key.clone(), Some(value));
                (how, Desired::Entry { files, style: *style, key, value })
            })
            .collect(),
        Desired::Sshd { option, value } => values(value)
            .into_iter()
            .map(|(how, value)| (how, Desired::Sshd { option: option.clone(), value }))
            .collect(),
        Desired::Ssh { option, value } => values(value)
            .into_iter()
            .map(|(how, value)| (how, Desired::Ssh { option: option.clone(), value }))
            .collect(),
        Desired::Keys { set, wanted } => clauses(wanted)
            .into_iter()
            .map(|(how, wanted)| (how, Desired::Keys { set: set.clone(), wanted }))
            .collect(),
        Desired::File { .. } => files(desired),
        Desired::Users { .. }
        | Desired::Group { .. }
        | Desired::Groups { .. }
        | Desired::Files { .. } => sets(desired),
        Desired::AnyOf { name, ways } => ways_of(ways)
            .into_iter()
            .map(|(how, ways)| (how, Desired::AnyOf { name: name.clone(), ways }))
            .collect(),
        Desired::Mounted { point, options } => {
            let mut more = options.clone();
            more.push("ro".into());
            let mut all = vec![("with `ro`".to_owned(), more)];
            for at in 0..options.len() {
                let mut fewer = options.clone();
                let gone = fewer.remove(at);
                all.push((format!("without `{gone}`"), fewer));
            }
            let made = |options| Desired::Mounted { point: point.clone(), options };
            all.into_iter().map(|(how, options)| (how, made(options))).collect()
        }
        // Of these nothing but the whole line can be left out.
        _ => Vec::new(),
    }
}

/// A set with one clause, one member that may be in it, or one thing in common less, and with each
/// clause a little looser or tighter. What would leave nothing is tried with the whole line.
fn sets(desired: &Desired) -> Vec<(String, Desired)> {
    let fewer = |only: &Only| -> Vec<(String, Only)> {
        let names = (0..only.names.len()).map(|at| {
            let mut fewer = only.clone();
            let gone = fewer.names.remove(at);
            (format!("without `{gone}`"), fewer)
        });
        let setting = only.setting.as_ref().map(|name| {
            (format!("without the setting {name}"), Only { setting: None, ..only.clone() })
        });
        names.chain(setting).collect()
    };
    let less = |unique: &[Aspect]| -> Vec<(String, Vec<Aspect>)> {
        let without = |at: usize| {
            let mut less = unique.to_vec();
            let gone = less.remove(at);
            (format!("with a {} in common", gone.word()), less)
        };
        if unique.len() > 1 { (0..unique.len()).map(without).collect() } else { Vec::new() }
    };
    match desired {
        Desired::Group { name, only } => fewer(only)
            .into_iter()
            .map(|(how, only)| (how, Desired::Group { name: name.clone(), only }))
            .collect(),
        Desired::Files { which, only } => fewer(only)
            .into_iter()
            .map(|(how, only)| (how, Desired::Files { which: which.clone(), only }))
            .collect(),
        Desired::Groups { set, unique } => less(unique)
            .into_iter()
            .map(|(how, unique)| (how, Desired::Groups { set: set.clone(), unique }))
            .collect(),
        Desired::Users { set, wanted, only, unique } => {
            let make = |wanted: &[(Aspect, Wanted)], only: &Option<Only>, unique: &[Aspect]| {
                let (wanted, only, unique) = (wanted.to_vec(), only.clone(), unique.to_vec());
                Desired::Users { set: set.clone(), wanted, only, unique }
            };
            let mut out = Vec::new();
            for (how, only) in only.iter().flat_map(fewer) {
                out.push((how, make(wanted, &Some(only), unique)));
            }
            out.extend(
                less(unique).into_iter().map(|(how, less)| (how, make(wanted, only, &less))),
            );
            for (how, changed) in clauses(wanted) {
                out.push((how, make(&changed, only, unique)));
            }
            out
        }
        _ => Vec::new(),
    }
}

/// Clauses without each of them where there are several, and each a little looser and tighter.
fn clauses(wanted: &[(Aspect, Wanted)]) -> Vec<(String, Vec<(Aspect, Wanted)>)> {
    let mut out = Vec::new();
    for (at, (aspect, value)) in wanted.iter().enumerate() {
        if wanted.len() > 1 {
            let mut rest = wanted.to_vec();
            rest.remove(at);
            out.push((format!("of any {}", aspect.word()), rest));
        }
        for (how, value) in values(value) {
            let mut changed = wanted.to_vec();
            changed[at].1 = value;
            out.push((how, changed));
        }
    }
    out
}

fn values(wanted: &Wanted) -> Vec<(String, Wanted)> {
    let of = |n: i64, make: fn(i64) -> Wanted| {
        [n - 1, n + 1].map(|n| (format!("with {n}"), make(n))).to_vec()
    };
    match wanted {
        Wanted::AtMost(n) => of(*n, Wanted::AtMost),
        Wanted::AtLeast(n) => of(*n, Wanted::AtLeast),
        Wanted::StartupsAtMost(most) => [
            Startups { begin: most.begin - 1, ..*most },
            Startups { begin: most.begin + 1, ..*most },
            Startups { rate: most.rate - 1, ..*most },
            Startups { rate: most.rate + 1, ..*most },
            Startups { full: most.full - 1, ..*most },
            Startups { full: most.full + 1, ..*most },
        ]
        .map(|most| (format!("with {most}"), Wanted::StartupsAtMost(most)))
        .to_vec(),
        Wanted::OneOf(all) => (0..all.len())
            .map(|at| {
                let mut fewer = all.clone();
                let gone = fewer.remove(at);
                (format!("without `{gone}`"), Wanted::OneOf(fewer))
            })
            .collect(),
        Wanted::SubsetOf(all) => (0..all.len())
            .map(|at| {
                let mut fewer = all.clone();
                let gone = fewer.remove(at);
                (format!("without `{gone}`"), Wanted::SubsetOf(fewer))
            })
            .collect(),
        Wanted::NoneOf(all) => (0..all.len())
            .map(|at| {
                let mut fewer = all.clone();
                let gone = fewer.remove(at);
                (format!("without `{gone}`"), Wanted::NoneOf(fewer))
            })
            .collect(),
        Wanted::Is(value) => match value.parse::<i64>() {
            Ok(n) => vec![
                (format!("at most {n}"), Wanted::AtMost(n)),
                (format!("at least {n}"), Wanted::AtLeast(n)),
            ]
            .into_iter()
            // Nothing lies below the least value of a switch.
            .filter(|(_, wanted)| *wanted != Wanted::AtMost(0) && *wanted != Wanted::AtLeast(1))
            .collect(),
            Err(_) => Vec::new(),
        },
    }
}

fn files(desired: &Desired) -> Vec<(String, Desired)> {
    let Desired::File { path, kind, owner, group, mode } = desired else { return Vec::new() };
    let make = |owner: &Option<_>, group: &Vec<_>, mode: Option<ModeWanted>| Desired::File {
        path: path.clone(),
        kind: kind.clone(),
        owner: owner.clone(),
        group: group.clone(),
        mode,
    };
    let mut out = Vec::new();
    if kind.is_some() {
        let other = |kind: Option<&str>| Desired::File {
            path: path.clone(),
            kind: kind.map(Into::into),
            owner: owner.clone(),
            group: group.clone(),
            mode: *mode,
        };
        out.push(("where it is there".to_owned(), other(None)));
        if kind.as_deref() != Some("any") {
            out.push(("whatever it is".to_owned(), other(Some("any"))));
        }
    }
    if owner.is_some() {
        out.push(("of anybody".to_owned(), make(&None, group, *mode)));
    }
    if !group.is_empty() {
        out.push(("of any group".to_owned(), make(owner, &Vec::new(), *mode)));
    }
    for at in 0..group.len().saturating_sub(usize::from(group.len() == 1)) {
        let mut fewer = group.clone();
        let gone = fewer.remove(at);
        out.push((format!("without the group {gone}"), make(owner, &fewer, *mode)));
    }
    let Some(ModeWanted::AtMost(bits)) = mode else { return out };
    for class in [0o007, 0o070, 0o7000] {
        let looser = bits | class;
        if looser != *bits {
            let mode = Some(ModeWanted::AtMost(looser));
            out.push((format!("at most {looser:04o}"), make(owner, group, mode)));
        }
        let tighter = bits & !class;
        if tighter != *bits {
            let mode = Some(ModeWanted::AtMost(tighter));
            out.push((format!("at most {tighter:04o}"), make(owner, group, mode)));
        }
    }
    out
}

fn ways_of(ways: &[Vec<Desired>]) -> Vec<(String, Vec<Vec<Desired>>)> {
    let mut out = Vec::new();
    for (at, way) in ways.iter().enumerate() {
        let mut fewer = ways.to_vec();
        fewer.remove(at);
        out.push((format!("without way {at}"), fewer));
        for (line, state) in way.iter().enumerate() {
            if way.len() > 1 {
                let mut looser = ways.to_vec();
                looser[at].remove(line);
                out.push((format!("without `{}` in way {at}", state.subject()), looser));
            }
            for (how, other) in variants(state) {
                let mut changed = ways.to_vec();
                changed[at][line] = other;
                out.push((format!("with `{}` {how}", state.subject()), changed));
            }
        }
    }
    out
}
