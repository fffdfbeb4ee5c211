//! YAML that programs and people write, recovering from mistakes: `rulefile`'s parser, its
//! problems as mistakes.
//!
//! Knows how to go on where that parser stops; must not know any file written in YAML.

use holdfast_model::{Problem, Span};
use holdfast_rulefile::{Node, Value, yaml};

use super::Document;
use super::position::Positions;
use super::report::Mistake;

/// So many broken lines are taken out one after the other, before the rest is left out.
const ROUNDS: usize = 8;

/// Lines that are longer, in bytes, are left out: places in them would cost too much.
const LONGEST_LINE: usize = 8192;

/// Reads what can be read of a document. Anchors and tags are passed over: what an alias repeats
/// stands where its anchor does.
pub fn parse(document: &Document<'_>) -> (Option<Node>, Vec<Mistake>) {
    let mut mistakes = Vec::new();
    let mut text = short_lines(document.text(), &mut mistakes);
    for _ in 0..ROUNDS {
        let (node, problems) = yaml::parse(document.path(), &text);
        let positions = Positions::new(&text);
        let stopped = node.is_none();
        let mut last = None;
        for problem in problems {
            if matches!(problem.code.as_str(), "rule-alias" | "rule-tag") {
                continue;
            }
            let at = offset(&text, &positions, &problem);
            last = Some(at);
            let mistake = mistake(problem, at, &text, stopped);
            // What stands before the broken line is told in every round.
            let told = |known: &Mistake| (known.code, known.span) == (mistake.code, mistake.span);
            if !mistakes.iter().any(told) {
                mistakes.push(mistake);
            }
        }
        let Some(at) = last.filter(|_| stopped) else { return (node, mistakes) };
        text = without_line(&text, at);
        if text.trim().is_empty() {
            return (None, mistakes);
        }
    }
    // What is left makes no sense behind the first broken line.
    let first = mistakes.iter().map(|mistake| mistake.span.start).min().unwrap_or_default();
    let kept = document.text().get(..first).unwrap_or_default();
    let kept = kept.rsplit_once('\n').map_or("", |(before, _)| before);
    let (node, _) = yaml::parse(document.path(), &short_lines(kept, &mut Vec::new()));
    (node, mistakes)
}

fn short_lines(text: &str, mistakes: &mut Vec<Mistake>) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let visible = line.trim_end_matches(['\n', '\r']);
        if visible.len() <= LONGEST_LINE {
            out.push_str(line);
            continue;
        }
        let start = out.len();
        let message = format!("this line is longer than {LONGEST_LINE} bytes and was left out");
        let span = Span { start, end: start + 1 };
        let span = Span { end: text.ceil_char_boundary(span.end), ..span };
        mistakes.push(Mistake::loss("yaml-line-too-long", span, message).help("break the line"));
        out.extend(std::iter::repeat_n(' ', visible.len()));
        out.push_str(line.get(visible.len()..).unwrap_or_default());
    }
    out
}

/// The byte that a problem speaks of.
fn offset(text: &str, positions: &Positions, problem: &Problem) -> usize {
    let Some(place) = &problem.place else { return 0 };
    let line = positions.start(place.line);
    let rest = text.get(line..).unwrap_or_default();
    let skipped = rest.char_indices().nth(place.column.saturating_sub(1) as usize);
    skipped.map_or(text.len(), |(skipped, _)| line + skipped)
}

fn mistake(problem: Problem, at: usize, text: &str, stopped: bool) -> Mistake {
    let length = problem.excerpt.as_ref().map_or(1, |excerpt| excerpt.length as usize);
    let rest = text.get(at..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    let end = line.char_indices().nth(length).map_or(line.len(), |(end, _)| end);
    let span = Span { start: at, end: at + end };
    let code = match problem.code.as_str() {
        "rule-duplicate-key" => "yaml-duplicate-key",
        "rule-depth" => "yaml-too-deep",
        "rule-size" => "yaml-too-large",
        _ => "yaml-syntax",
    };
    let help = if problem.help.is_empty() { "mend this line".to_owned() } else { problem.help };
    let mistake = if stopped || code == "yaml-duplicate-key" {
        Mistake::loss(code, span, problem.message)
    } else {
        Mistake::slip(code, span, problem.message)
    };
    mistake.help(help)
}

/// The text with one line blank; where that is blank already, without what follows it.
fn without_line(text: &str, at: usize) -> String {
    let (before, after) = text.split_at(text.floor_char_boundary(at));
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = after.find('\n').map_or(text.len(), |length| before.len() + length);
    let mut out = String::with_capacity(text.len());
    let line = text.get(start..end).unwrap_or_default();
    if line.trim().is_empty() {
        // The parser stopped at the end of something that began further above.
        let kept = text.get(..start).unwrap_or_default().trim_end();
        let kept = kept.rsplit_once('\n').map_or("", |(before, _)| before);
        out.push_str(kept);
        return out;
    }
    out.push_str(text.get(..start).unwrap_or_default());
    out.extend(std::iter::repeat_n(' ', end - start));
    out.push_str(text.get(end..).unwrap_or_default());
    out
}

/// The pairs of a table; nothing where it is none.
pub fn pairs(node: &Node) -> &[(Node, Node)] {
    match &node.value {
        Value::Map(pairs) => pairs,
        Value::Null | Value::Text { .. } | Value::Seq(_) => &[],
    }
}

/// The entries of a list; nothing where it is none.
pub fn items(node: &Node) -> &[Node] {
    match &node.value {
        Value::Seq(items) => items,
        Value::Null | Value::Text { .. } | Value::Map(_) => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> (Vec<String>, Vec<&'static str>) {
        let document = Document::open(&"f.yaml".into(), text.as_bytes());
        let (node, mistakes) = parse(&document);
        let keys = node.map(|node| {
            pairs(&node).iter().filter_map(|(key, _)| Some(key.as_text()?.to_owned())).collect()
        });
        (keys.unwrap_or_default(), mistakes.iter().map(|mistake| mistake.code).collect())
    }

    #[test]
    fn a_broken_line_loses_no_neighbour() {
        let (found, codes) = keys("a: 1\nb: [1, 2\nc: 3\nd: 4\n");
        assert!(found.contains(&"a".to_owned()), "{found:?}");
        assert!(!codes.is_empty());
        let (found, codes) = keys("a: 1\n\"b: 2\nc: 3\n");
        assert_eq!(found, ["a", "c"]);
        assert_eq!(codes, ["yaml-syntax"]);
    }

    #[test]
    fn anchors_are_nothing_to_complain_about() {
        let (found, codes) = keys("a: &x {b: 1}\nc: *x\nd: !t 1\n");
        assert_eq!(found, ["a", "c", "d"]);
        assert!(codes.is_empty(), "{codes:?}");
    }

    #[test]
    fn long_lines_are_left_out_and_their_neighbours_are_not() {
        let (found, codes) = keys(&format!("a: 1\nb: {}\nc: 3\n", "é".repeat(LONGEST_LINE)));
        assert_eq!(found, ["a", "c"]);
        assert_eq!(codes, ["yaml-line-too-long"]);
    }
}
