//! The marks that a merge leaves behind: `<<<<<<<`, `|||||||`, `=======`, `>>>>>>>`.
//!
//! Knows lines only. What stands under `<<<<<<<` is read, the other side is left out, so that
//! what follows keeps its shape and its places.

use std::borrow::Cow;

use holdfast_model::Span;

/// A text without its merge marks, and where each conflict began.
#[derive(Debug)]
pub struct Settled<'a> {
    /// As long as the original, byte for byte; marks and the other side are blank.
    pub text: Cow<'a, str>,
    /// The lines that begin a conflict.
    pub conflicts: Vec<Span>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Ours,
    Base,
    Split,
    Theirs,
}

/// Takes out merge marks. A `=======` outside a conflict is text; a conflict without an end
/// loses its marks only.
pub fn settle(text: &str) -> Settled<'_> {
    let untouched = Settled { text: Cow::Borrowed(text), conflicts: Vec::new() };
    if !text.starts_with("<<<<<<<") && !text.contains("\n<<<<<<<") {
        return untouched;
    }
    let marks = marks(text);
    let mut conflicts = Vec::new();
    let mut blanks: Vec<Span> = Vec::new();
    let mut rest = marks.as_slice();
    while let Some((&(mark, span), after)) = rest.split_first() {
        rest = after;
        if mark != Mark::Ours {
            continue;
        }
        conflicts.push(Span { start: span.start, end: span.end.min(span.start + 7) });
        blanks.push(span);
        // The other side: from the first of base and split to the end mark, if there is one
        // before the next conflict.
        let block = after.iter().take_while(|(mark, _)| *mark != Mark::Ours);
        let mut from = None;
        let mut seen = 0;
        let mut to = None;
        for (mark, span) in block {
            seen += 1;
            match mark {
                Mark::Theirs => {
                    to = Some(*span);
                    break;
                }
                _ if from.is_none() => from = Some(*span),
                _ => {}
            }
        }
        match (from, to) {
            (Some(from), Some(to)) => blanks.push(Span { start: from.start, end: to.end }),
            _ => blanks.extend(after.iter().take(seen).map(|(_, span)| *span)),
        }
        rest = after.get(seen..).unwrap_or_default();
    }
    if conflicts.is_empty() {
        return untouched;
    }
    Settled { text: Cow::Owned(blank(text, &blanks)), conflicts }
}

fn marks(text: &str) -> Vec<(Mark, Span)> {
    let mut out = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches(['\n', '\r']);
        if let Some(mark) = mark(body) {
            out.push((mark, Span { start: at, end: at + body.len() }));
        }
        at += line.len();
    }
    out
}

/// Git writes seven signs, and a label after a blank on all but the middle mark.
fn mark(line: &str) -> Option<Mark> {
    let (sign, mark) = match line.as_bytes().first()? {
        b'<' => ("<<<<<<<", Mark::Ours),
        b'|' => ("|||||||", Mark::Base),
        b'=' => ("=======", Mark::Split),
        b'>' => (">>>>>>>", Mark::Theirs),
        _ => return None,
    };
    let rest = line.strip_prefix(sign)?;
    (rest.is_empty() || (rest.starts_with(' ') && mark != Mark::Split)).then_some(mark)
}

fn blank(text: &str, spans: &[Span]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for span in spans {
        out.push_str(text.get(at..span.start).unwrap_or_default());
        for byte in text.as_bytes().get(span.start.max(at)..span.end).unwrap_or_default() {
            out.push(if matches!(byte, b'\n' | b'\r') { char::from(*byte) } else { ' ' });
        }
        at = span.end.max(at);
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn our_side_is_kept_and_places_stay() {
        let text = "a\n<<<<<<< HEAD\nours\n||||||| base\nold\n=======\ntheirs\n>>>>>>> topic\nz\n";
        let settled = settle(text);
        assert_eq!(settled.text.len(), text.len());
        assert_eq!(settled.text.split_whitespace().collect::<Vec<_>>(), ["a", "ours", "z"]);
        assert_eq!(settled.conflicts, [Span { start: 2, end: 9 }]);
        assert_eq!(settled.text.find('z'), text.rfind('z'));
    }

    #[test]
    fn a_conflict_without_end_loses_its_marks_only() {
        let settled = settle("<<<<<<< HEAD\na\n=======\nb\n");
        assert_eq!(settled.text.split_whitespace().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn lines_of_equals_signs_are_text() {
        assert!(settle("Title\n=======\n").conflicts.is_empty());
        assert!(settle("x <<<<<<< y").conflicts.is_empty());
    }

    proptest! {
        #[test]
        fn length_and_line_ends_stay(text in "(<<<<<<< a|=======|>>>>>>> b|\\|\\|\\|\\|\\|\\|\\|| x|ä|\\n|\\r\\n){0,40}") {
            let settled = settle(&text);
            prop_assert_eq!(settled.text.len(), text.len());
            let ends = |text: &str| text.match_indices('\n').map(|(at, _)| at).collect::<Vec<_>>();
            prop_assert_eq!(ends(&settled.text), ends(&text));
        }
    }
}
