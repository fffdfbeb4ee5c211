//! `condition`: over the names of the rule's detections.

use holdfast_rulefile::{Decoder, Node, Value, suggest};
use rsigma_parser::{ConditionExpr, Quantifier, SelectorPattern, parse_condition};

use crate::detection::Expr;

/// Reads a condition, or a list of which any may hold.
pub(super) fn read(decoder: &mut Decoder<'_>, node: &Node, names: &[&str]) -> Option<Expr> {
    let Value::Seq(nodes) = &node.value else { return one(decoder, node, names) };
    if nodes.is_empty() {
        let help = "write `condition: selection`";
        decoder.refuse("event-condition", node, "this list is empty", help);
        return None;
    }
    let parts: Vec<Option<Expr>> = nodes.iter().map(|node| one(decoder, node, names)).collect();
    Some(Expr::Any(parts.into_iter().collect::<Option<_>>()?))
}

fn one(decoder: &mut Decoder<'_>, node: &Node, names: &[&str]) -> Option<Expr> {
    let text = decoder.text(node)?;
    match parse_condition(text) {
        Ok(expr) => resolved(decoder, node, &expr, names),
        Err(error) => {
            let at = error.location().and_then(|place| offset(text, place.line, place.col));
            let length = at.and_then(|at| text.get(at..)?.chars().next()).map_or(0, char::len_utf8);
            let span = at
                .filter(|_| length > 0)
                .map_or(node.span, |at| decoder.source().span_in(node, at..at + length));
            let help = if text.contains('|') {
                "counting behind `|` belongs to the old Sigma, and is not supported"
            } else {
                "combine names with `and`, `or`, `not`, `1 of name_*`, `all of them` and brackets"
            };
            let message = "this condition cannot be read from here on";
            let problem = decoder.source().problem("event-condition", span, message).help(help);
            decoder.report(problem);
            None
        }
    }
}

/// The byte at a line and column from 1, in characters.
fn offset(text: &str, line: u32, column: u32) -> Option<usize> {
    let (line, column) = (line as usize, column as usize);
    let start: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let rest = text.get(start..)?;
    let (at, _) = rest.char_indices().nth(column.checked_sub(1)?)?;
    Some(start + at)
}

fn resolved(
    decoder: &mut Decoder<'_>,
    node: &Node,
    expr: &ConditionExpr,
    names: &[&str],
) -> Option<Expr> {
    let mut all = |parts: &[ConditionExpr]| -> Option<Vec<Expr>> {
        let parts: Vec<Option<Expr>> =
            parts.iter().map(|part| resolved(decoder, node, part, names)).collect();
        parts.into_iter().collect()
    };
    match expr {
        ConditionExpr::And(parts) => Some(Expr::All(all(parts)?)),
        ConditionExpr::Or(parts) => Some(Expr::Any(all(parts)?)),
        ConditionExpr::Not(part) => {
            Some(Expr::Not(Box::new(resolved(decoder, node, part, names)?)))
        }
        ConditionExpr::Identifier(name) => {
            if let Some(at) = names.iter().position(|known| known == name) {
                return Some(Expr::Detection(at));
            }
            let help = suggest(name, names.iter().copied()).map_or_else(
                || "name one of the detections of this rule".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            unknown(decoder, node, name, format!("there is no detection `{name}`"), help);
            None
        }
        ConditionExpr::Selector { quantifier, pattern } => {
            let named = names.iter().enumerate();
            let parts: Vec<Expr> = named
                .filter(|(_, name)| pattern.matches_detection_name(name))
                .map(|(at, _)| Expr::Detection(at))
                .collect();
            if parts.is_empty() {
                let shown = match pattern {
                    SelectorPattern::Them => "them",
                    SelectorPattern::Pattern(pattern) => pattern,
                };
                let message = format!("no detection is called `{shown}`");
                let help = "this part could never hold: correct the name, or remove it";
                unknown(decoder, node, shown, message, help.to_owned());
                return None;
            }
            Some(match quantifier {
                Quantifier::Any => Expr::Any(parts),
                Quantifier::All => Expr::All(parts),
                Quantifier::Count(count) => Expr::Count(*count, parts),
            })
        }
    }
}

/// Shows the first place at which a name stands as a word.
fn unknown(decoder: &mut Decoder<'_>, node: &Node, name: &str, message: String, help: String) {
    let text = node.as_text().unwrap_or_default();
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '*');
    let at = text.match_indices(name).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).and_then(|head| head.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|rest| rest.chars().next());
        !before.is_some_and(part) && !after.is_some_and(part)
    });
    let span = at.map_or(node.span, |at| decoder.source().span_in(node, at..at + name.len()));
    let problem = decoder.source().problem("event-condition", span, message).help(help);
    decoder.report(problem);
}
