use holdfast_model::{Ecosystem, Place};
use proptest::prelude::*;

use super::*;
use crate::diff;

const TEXT: &str = "[dependencies]\ntime = \"0.1.43\" # old\nring = \"0.16\"\n";

fn path() -> Arc<str> {
    "Cargo.toml".into()
}

fn requirement(text: &str, name: &str, range: &str) -> Requirement {
    let start = text.find(&format!("\"{range}\"")).unwrap() + 1;
    let lines = Lines::new(text.as_bytes());
    Requirement {
        ecosystem: Ecosystem::new("cargo"),
        name: name.into(),
        range: range.into(),
        span: Span { start, end: start + range.len() },
        place: lines.place(&path(), start),
        dev: false,
        liftable: true,
    }
}

fn edit(name: &str, range: &str, after: &str) -> Edit {
    edit_requirement(&path(), TEXT, &requirement(TEXT, name, range), after).unwrap()
}

#[test]
fn only_the_span_changes() {
    let edits = [edit("time", "0.1.43", "0.2.23"), edit("ring", "0.16", "0.17.12")];
    let after = apply(TEXT, &edits).unwrap();
    assert_eq!(after, "[dependencies]\ntime = \"0.2.23\" # old\nring = \"0.17.12\"\n");
    assert_eq!(undo(&edits, &after).unwrap(), TEXT);
    // Whatever order they come in, and however often.
    let twice = [edits[1].clone(), edits[0].clone(), edits[1].clone()];
    assert_eq!(apply(TEXT, &twice).unwrap(), after);
    assert_eq!(undo(&twice, &after).unwrap(), TEXT);
}

#[test]
fn a_file_that_changed_is_refused_with_its_place() {
    let edit = edit("time", "0.1.43", "0.2.23");
    let changed = TEXT.replace("ring", "rong");
    let problem = apply(&changed, std::slice::from_ref(&edit)).unwrap_err();
    assert_eq!(problem.code, "edit-stale");
    assert_eq!(problem.place, Some(Place { path: path(), line: 2, column: 9 }));
    assert_eq!(problem.excerpt.unwrap().line, "time = \"0.1.43\" # old");
    let stale = requirement(TEXT, "time", "0.1.43");
    let problem = edit_requirement(&path(), &format!("# x\n{TEXT}"), &stale, "0.2").unwrap_err();
    assert_eq!(problem.code, "edit-stale");
    // After more work on the file, nothing is undone.
    let after = apply(TEXT, std::slice::from_ref(&edit)).unwrap() + "more = \"1\"\n";
    assert_eq!(undo(std::slice::from_ref(&edit), &after).unwrap_err().code, "edit-stale");
    let shifted = format!("\n{after}");
    assert_eq!(undo(std::slice::from_ref(&edit), &shifted).unwrap_err().code, "edit-stale");
}

#[test]
fn what_contradicts_itself_is_refused() {
    let one = edit("time", "0.1.43", "0.2.23");
    let other = edit("time", "0.1.43", "0.3.0");
    assert_eq!(apply(TEXT, &[one.clone(), other]).unwrap_err().code, "edit-overlap");
    let mut wide = one.clone();
    wide.span.end += 1;
    wide.before.push('"');
    assert_eq!(apply(TEXT, &[one.clone(), wide]).unwrap_err().code, "edit-overlap");
    let elsewhere = Edit { path: "other".into(), span: Span { start: 0, end: 1 }, ..one.clone() };
    assert_eq!(apply(TEXT, &[one, elsewhere]).unwrap_err().code, "edit-overlap");
}

#[test]
fn what_is_no_range_or_no_change_is_refused() {
    let time = requirement(TEXT, "time", "0.1.43");
    let git = Requirement { liftable: false, ..time.clone() };
    let code = |requirement: &Requirement, new: &str| {
        edit_requirement(&path(), TEXT, requirement, new).unwrap_err().code
    };
    assert_eq!(code(&git, "1"), "edit-not-liftable");
    assert_eq!(code(&time, "0.1.43"), "edit-empty");
    assert_eq!(code(&time, "1\n[evil]"), "edit-empty");
}

#[test]
fn an_edit_at_a_broken_character_is_refused() {
    let mut broken = edit("time", "0.1.43", "0.2.23");
    let text = "ä".repeat(20);
    broken.before_digest = Digest::of(text.as_bytes());
    broken.span = Span { start: 1, end: 3 };
    assert_eq!(apply(&text, std::slice::from_ref(&broken)).unwrap_err().code, "edit-stale");
    broken.span = Span { start: 90, end: 96 };
    assert_eq!(apply(&text, &[broken]).unwrap_err().code, "edit-stale");
}

/// Words in a text of lines, some of which get a new text; their edits, and the words kept apart.
fn edited() -> impl Strategy<Value = (String, Vec<Edit>, Vec<String>)> {
    let piece = ("[a-zä#= \n\r]{0,12}", "[0-9.^~]{0,6}", proptest::option::of("[0-9.]{0,9}"));
    proptest::collection::vec(piece, 1..8).prop_map(|pieces| {
        let (mut text, mut edits, mut outside) = (String::new(), Vec::new(), Vec::new());
        for (between, word, new) in pieces {
            // The mark keeps two spans apart, so that two insertions never meet.
            text.push('|');
            text.push_str(&between);
            outside.push(between);
            if let Some(new) = new {
                let span = Span { start: text.len(), end: text.len() + word.len() };
                edits.push((span, word.clone(), new));
            }
            text.push_str(&word);
        }
        let before_digest = Digest::of(text.as_bytes());
        let edits = edits
            .into_iter()
            .map(|(span, before, after)| Edit { path: path(), span, before_digest, before, after })
            .collect();
        (text, edits, outside)
    })
}

proptest! {
    #[test]
    fn undo_is_the_way_back_and_nothing_else_changes((text, edits, outside) in edited()) {
        let after = apply(&text, &edits).unwrap();
        prop_assert_eq!(undo(&edits, &after).unwrap(), text.clone());
        let reversed: Vec<Edit> = edits.iter().rev().cloned().collect();
        prop_assert_eq!(&apply(&text, &reversed).unwrap(), &after);
        // Every piece between the spans stands in the text, in its order.
        let mut rest = after.as_str();
        for piece in &outside {
            let at = rest.find(&format!("|{piece}"));
            prop_assert!(at.is_some());
            rest = rest.split_at(at.unwrap() + 1 + piece.len()).1;
        }
        let grown: isize = edits.iter()
            .map(|edit| isize::try_from(edit.after.len()).unwrap()
                - isize::try_from(edit.before.len()).unwrap())
            .sum();
        prop_assert_eq!(isize::try_from(after.len()).unwrap(),
            isize::try_from(text.len()).unwrap() + grown);
    }

    #[test]
    fn a_diff_is_empty_only_for_equal_texts(a in "[ab\n\r]{0,20}", b in "[ab\n\r]{0,20}") {
        prop_assert_eq!(diff("x", &a, &b).is_empty(), a == b);
    }
}
