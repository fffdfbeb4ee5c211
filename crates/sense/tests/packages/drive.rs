//! Plays the engine: answers a reader's needs from a handful of files held in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{Component, Fact, Offer, Problem};
use holdfast_sense::{Answer, Need, Reader, Sources, system_reader_for};

/// Files by their absolute path.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Lets the registry's reader read one of the files.
pub(crate) fn facts(files: &Files, path: &str) -> Vec<Fact> {
    let bytes = &files[path];
    let head = bytes.get(..4096).unwrap_or(bytes);
    let reader = system_reader_for(path, head).unwrap_or_else(|| panic!("nobody reads `{path}`"));
    read(reader, files, path)
}

fn read(reader: &dyn Reader, files: &Files, path: &str) -> Vec<Fact> {
    let mut sources = Sources::new(path, &files[path]);
    for round in 0.. {
        let needs = reader.needs(&sources);
        if needs.is_empty() {
            break;
        }
        assert!(round < 16, "`{path}` never has enough: {needs:?}");
        for need in needs {
            assert!(sources.answer(&need).is_none(), "`{path}` asks twice for {need:?}");
            let answer = answer(files, &need);
            sources.give(need, answer);
        }
    }
    let mut facts = Vec::new();
    reader.read(&sources, &mut |fact| facts.push(fact));
    facts
}

fn answer(files: &Files, need: &Need) -> Answer {
    match need {
        Need::File(path) => match files.get(&**path) {
            Some(bytes) => Answer::Bytes(bytes.as_slice().into()),
            None => Answer::Missing,
        },
        Need::Glob(pattern) => {
            let (start, end) = pattern.split_once('*').expect("a pattern has a star");
            assert!(start.ends_with('/') && !end.contains(['/', '*', '?']), "`{pattern}`");
            let fits = |path: &&String| {
                path.strip_prefix(start)
                    .and_then(|rest| rest.strip_suffix(end))
                    .is_some_and(|middle| !middle.contains('/'))
            };
            Answer::Paths(files.keys().filter(fits).map(|path| Arc::from(path.as_str())).collect())
        }
        // No program runs here.
        Need::Command(_) | Need::Walk { .. } => Answer::Missing,
        Need::Part { .. } | Need::Sieved(..) | Need::Stat(_) => panic!("only collectors ask so"),
    }
}

/// The components among some facts.
pub(crate) fn components(facts: &[Fact]) -> Vec<Component> {
    let component = |fact: &Fact| match fact {
        Fact::Component(component) => Some(component.clone()),
        _ => None,
    };
    facts.iter().filter_map(component).collect()
}

/// The offers among some facts.
pub(crate) fn offers(facts: &[Fact]) -> Vec<Offer> {
    let offer = |fact: &Fact| match fact {
        Fact::Offer(offer) => Some(offer.clone()),
        _ => None,
    };
    facts.iter().filter_map(offer).collect()
}

/// The problems among some facts.
pub(crate) fn problems(facts: &[Fact]) -> Vec<Problem> {
    let problem = |fact: &Fact| match fact {
        Fact::Problem(problem) => Some(problem.clone()),
        _ => None,
    };
    facts.iter().filter_map(problem).collect()
}

/// The names among some facts that cannot be judged.
pub(crate) fn unknown(facts: &[Fact]) -> Vec<String> {
    let name = |fact: &Fact| match fact {
        Fact::Unknown { name, .. } => Some(name.to_string()),
        _ => None,
    };
    facts.iter().filter_map(name).collect()
}
