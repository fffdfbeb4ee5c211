//! What the tests of reports share.

use holdfast_model::{Covered, Fact, Foreign, Named, Problem, Tested};
use holdfast_sense::report::{read_report, report_reader_for};

/// The id of the reader that takes the bytes, and what it says of them.
pub(crate) fn read(path: &str, bytes: &[u8]) -> (&'static str, Vec<Fact>) {
    let head = &bytes[..bytes.len().min(4096)];
    let reader = report_reader_for(path, head).unwrap_or_else(|| panic!("nobody takes {path}"));
    (reader.about().id, read_report(reader, path, bytes))
}

/// The same, pushed in pieces that end at `cuts`.
pub(crate) fn read_cut(path: &str, bytes: &[u8], cuts: &[usize]) -> Vec<Fact> {
    let head = &bytes[..bytes.len().min(4096)];
    let mut stream = report_reader_for(path, head).unwrap().start(&path.into());
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.sort_unstable();
    let mut facts = Vec::new();
    let mut from = 0;
    for cut in cuts {
        stream.push(&bytes[from..cut], false, &mut |fact| facts.push(fact));
        from = cut;
    }
    stream.push(&bytes[from..], true, &mut |fact| facts.push(fact));
    facts
}

pub(crate) fn foreign(facts: &[Fact]) -> Vec<&Foreign> {
    let one = facts.iter().filter_map(|fact| match fact {
        Fact::Foreign(foreign) => Some(foreign),
        _ => None,
    });
    one.collect()
}

pub(crate) fn tested(facts: &[Fact]) -> Vec<&Tested> {
    let one = facts.iter().filter_map(|fact| match fact {
        Fact::Tested(tested) => Some(tested),
        _ => None,
    });
    one.collect()
}

pub(crate) fn problems(facts: &[Fact]) -> Vec<&Problem> {
    let one = facts.iter().filter_map(|fact| match fact {
        Fact::Problem(problem) => Some(problem),
        _ => None,
    });
    one.collect()
}

pub(crate) fn codes(facts: &[Fact]) -> Vec<&str> {
    problems(facts).into_iter().map(|problem| problem.code.as_str()).collect()
}

pub(crate) fn named(facts: &[Fact]) -> Vec<&Named> {
    let one = facts.iter().filter_map(|fact| match fact {
        Fact::Named(named) => Some(named),
        _ => None,
    });
    one.collect()
}

pub(crate) fn covered(facts: &[Fact]) -> Vec<&Covered> {
    let one = facts.iter().filter_map(|fact| match fact {
        Fact::Covered(covered) => Some(covered),
        _ => None,
    });
    one.collect()
}
